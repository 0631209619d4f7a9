"""The report notebooks: how they are written, and what they print by every book that may come."""

from __future__ import annotations

import ast
import html
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from io import StringIO
from pathlib import Path

import nbformat
import pandas as pd
import papermill
import pytest
from babel.messages.pofile import read_po
from frames import frame
from IPython.display import HTML
from nbformat import NotebookNode

import amlib
from amlib import show, words
from amlib.book import Book, kpi_benchmarks, open_book, salary_benchmarks, save_book, sliced
from amlib.kpis import CATALOGUE
from amlib.kpis.engine import Query
from amlib.reports.audience import AUDIENCES, INTERACTIVE, meant_for

FOLDER = Path(amlib.__file__).parents[1] / "notebooks" / "reports"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
EVERY = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
LANGUAGES = pytest.mark.parametrize("lang", words.LANGUAGES)
MONTH = "2026-10"


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, 4)


def code_of(nb: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def parameters_of(nb: NotebookNode) -> NotebookNode:
    (cell,) = (cell for cell in nb.cells if "parameters" in cell.metadata.get("tags", []))
    return cell


def audiences_of(path: Path) -> list[str]:
    """For whom a notebook can be run."""
    return [*AUDIENCES] if "audience: str" in parameters_of(read(path)).source else ["internal"]


EACH_AUDIENCE = [(path, audience) for path in NOTEBOOKS for audience in audiences_of(path)]


# -- how they are written


def test_the_notebooks_of_the_issue_are_there():
    assert {"kpi_review", "am_review", "client_health", "pay_benchmark"} <= {path.stem for path in NOTEBOOKS}


@EVERY
def test_a_valid_notebook_with_ids_and_without_outputs(path):
    nb = read(path)
    nbformat.validate(nb)
    assert (nb.nbformat, nb.nbformat_minor >= 5) == (4, True)
    ids = [cell.id for cell in nb.cells]
    assert len(ids) == len({*ids})
    assert nb.metadata.amlib.per in ("book", "account_manager", "client")
    assert {*nb.metadata} == {"amlib", "kernelspec", "language_info"}
    for cell in code_of(nb):
        assert (cell.outputs, cell.execution_count) == ([], None)


@EVERY
def test_parameters_are_annotated_literals_with_a_comment(path):
    nb = read(path)
    cell = parameters_of(nb)
    assert cell is code_of(nb)[0]
    lines = cell.source.splitlines()
    names = []
    for line in lines:
        (statement,) = ast.parse(line).body
        assert isinstance(statement, ast.AnnAssign), line
        ast.literal_eval(statement.value)
        names.append(statement.target.id)
        comments = [t for t in tokenize.generate_tokens(StringIO(line).readline) if t.type == tokenize.COMMENT]
        assert comments, line
    subject = [] if nb.metadata.amlib.per == "book" else [nb.metadata.amlib.per]
    assert names[: 3 + len(subject)] == ["book", *subject, "month", "lang"]


@EVERY
def test_every_markdown_cell_has_its_partner_in_the_other_language(path):
    nb = read(path)
    tags = [cell.metadata.tags for cell in nb.cells if cell.cell_type == "markdown"]
    assert [tag for tag, *_ in tags] == ["vi", "en"] * (len(tags) // 2)
    for first, second in zip(nb.cells, nb.cells[1:], strict=False):
        if first.metadata.get("tags", ["code"])[0] == "vi":
            assert second.metadata.tags == ["en", *first.metadata.tags[1:]]
            for mark in ("#", "##"):
                heads = [bool(re.match(rf"{mark} \S", cell.source)) for cell in (first, second)]
                assert heads[0] == heads[1]
            assert first.source.count("\n\n") == second.source.count("\n\n")


@EVERY
def test_every_tag_is_one_that_is_known(path):
    for cell in read(path).cells:
        tags = {*cell.metadata.get("tags", [])}
        assert tags <= {"parameters", "nbval-skip", INTERACTIVE, *words.LANGUAGES, *AUDIENCES}
        assert ("nbval-skip" in tags) == (INTERACTIVE in tags)  # nbval runs notebooks as they stand


@EVERY
@LANGUAGES
def test_one_title_and_then_questions_without_a_number(path, lang):
    for audience in audiences_of(path):
        cells = meant_for(read(path), audience).cells
        sources = [cell.source for cell in cells if lang in cell.metadata.get("tags", [])]
        heads = [source.splitlines()[0] for source in sources]
        assert [head.split()[0] for head in heads] == ["#", *["##"] * (len(heads) - 1)]
        assert all(head.endswith("?") for head in heads[1:]), heads
        assert not re.search(r"\d", " ".join(sources))


@EVERY
def test_code_cells_are_short_and_define_nothing(path):
    for cell in code_of(read(path)):
        assert len(cell.source.splitlines()) <= 10, cell.source
        defined = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        assert defined == [], cell.source
        assert "print(" not in cell.source


@EVERY
def test_about_twenty_cells_a_reader_sees(path):
    for audience in audiences_of(path):
        cells = meant_for(read(path), audience).cells
        assert sum("en" not in cell.metadata.get("tags", []) for cell in cells) <= 30


# -- what they print


class Display:
    """Stands for IPython's display: keeps what each cell shows."""

    def __init__(self) -> None:
        self.shown: list[dict] = []

    def __call__(self, thing: object, raw: bool = False, metadata: dict | None = None) -> None:
        self.shown.append({**(thing if raw else {"text/html": thing.data}), "metadata": metadata})


def run(path: Path, book: Book, /, **parameters: object) -> list[dict]:
    """Run a notebook's cells for the audience on a book, without a kernel: what they showed."""
    seen, names, nb = Display(), {}, meant_for(read(path), parameters.get("audience", "internal"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(show, "display", seen)
        patch.setattr("amlib.book.open_book", lambda path: book)
        for cell in code_of(nb):
            exec(compile(cell.source, f"{path.stem}[{cell.id}]", "exec"), names)
            if cell is parameters_of(nb):
                assert set(parameters) <= set(names)
                names.update(parameters)
    return seen.shown


@pytest.fixture(scope="module")
def report(sample_book) -> Callable[..., list[dict]]:
    """What a notebook (by name) shows of the sample in a language, to an audience; each is run once."""

    @cache
    def report(name: str, lang: str, audience: str = "internal") -> list[dict]:
        path = FOLDER / f"{name}.ipynb"
        knows = {"audience": audience} if len(audiences_of(path)) > 1 else {}
        return run(path, sample_book, **given(path, sample_book, lang), **knows)

    return report


def given(path: Path, book: Book, lang: str) -> dict[str, str]:
    asked = {"book": "somewhere", "month": MONTH, "lang": lang}
    per = read(path).metadata.amlib.per
    # Who keeps a client is an account manager, also in a book without a table of them.
    subject = {"account_manager": "am_id", "client": "client_id"}
    return asked if per == "book" else {**asked, per: book.clients[subject[per]].iloc[0]}


def texts(shown: list[dict]) -> list[str]:
    """What a reader can read of what was shown: HTML without tags, charts without paths, alt texts."""
    found = []
    for one in shown:
        for mime in ("text/html", "image/svg+xml"):
            if mime in one:
                source = re.sub(r"<(style|defs|metadata)\b.*?</\1>", " ", one[mime], flags=re.DOTALL)
                found.append(html.unescape(re.sub(r"<[^>]*>", " ", source)))
        if one.get("metadata"):
            found.append(one["metadata"]["image/svg+xml"]["alt"])
    return found


def published() -> list[str]:
    """What stands as it was published, in its own language; the longest first."""
    frames = [salary_benchmarks(), kpi_benchmarks()]
    texts = [frame.get(name) for frame in frames for name in ("title", "what", "source", "note")]
    return sorted({*pd.concat(texts).dropna()}, key=len, reverse=True)


def english() -> Iterator[str]:
    """Stretches of two words or more that stand in an English text and not in its Vietnamese."""
    with Path(words.__file__).with_name("vi.po").open("rb") as file:
        for message in read_po(file, locale="vi"):
            for stretch in re.split(r"{\w*}", str(message.id)):
                stretch = stretch.strip(" .,:;()")
                if " " in stretch and stretch not in str(message.string):
                    yield stretch


def test_the_english_looked_for_is_what_english_pages_say():
    said = {*english()}
    assert "on the month before" in said
    assert "cannot be measured" in " ".join(said) or "Cannot measure" in said
    assert len(said) > 80


@LANGUAGES
@pytest.mark.parametrize(("path", "audience"), EACH_AUDIENCE, ids=lambda of: getattr(of, "stem", of))
def test_a_report_runs_and_keeps_its_language(path, audience, lang, report):
    shown = report(path.stem, lang, audience)
    said = texts(shown)
    assert len(said) >= 5
    assert not any("nan" in text.split() or "NaT" in text or "<NA>" in text or "None" in text for text in said)
    for one in shown:
        if "image/svg+xml" in one:
            assert one["metadata"]["image/svg+xml"]["alt"] == one["text/plain"]
    for cited in published():
        said = [text.replace(cited, "") for text in said]
    in_english = [stretch for stretch in english() if any(stretch in text for text in said)]
    if lang == "vi":
        assert in_english == []
    else:
        assert len(in_english) >= 3
        assert not any(CATALOGUE[kpi].vi in text for kpi in CATALOGUE for text in said)


@EVERY
@LANGUAGES
def test_a_book_of_clients_alone_says_what_it_cannot_measure(path, lang, book_of, sample_book):
    book = book_of(clients=sample_book.clients, language=lang)
    shown = run(path, book, **given(path, book, lang))
    said = " ".join(texts(shown))
    lacking = words.of(lang).text("Not in the book: {tables}.", tables="").rstrip(".")
    assert lacking in said
    if path.stem == "kpi_review":
        assert not any("image/svg+xml" in one for one in shown)
        for kpi in ("revenue", "nps", "response_time", "overdue_share"):
            name = getattr(CATALOGUE[kpi], lang)
            assert re.search(rf"{re.escape(name[1:])}:", said), kpi
        without = {"vi": "Không có dữ liệu", "en": "Without a table"}[lang]
        gaps = " ".join(text for text in texts(shown) if text.strip().startswith(without))
        for kpi in ("returning_clients", "lifetime_value", "win_rate", "unplanned_cost", "gross_retention"):
            assert getattr(CATALOGUE[kpi], lang)[1:] in gaps, kpi
    facts = [one[show.FACTS] for one in shown if show.FACTS in one]
    assert facts == ([{"score": None, "band": "grey"}] if path.stem == "client_health" else [])


@EVERY
def test_tables_without_rows_are_no_error(path, book_of, sample_book):
    empty = {name: table.iloc[:0] for name, table in sample_book.tables.items()}
    book = book_of(**{**empty, "clients": sample_book.clients})
    assert texts(run(path, book, **given(path, book, "en")))


@EVERY
@LANGUAGES
def test_an_agency_of_one_manager_and_one_client_with_one_invoice(path, lang, sample_book, book_of):
    mine = sample_book.of_client(sample_book.clients.client_id[0]).tables
    bill = mine["invoices"].tail(1)
    paid = mine["payments"][mine["payments"].invoice_id.isin(bill.invoice_id)]
    book = book_of(**{**mine, "invoices": bill, "payments": paid, "statements": mine["statements"].iloc[:0]})
    assert (len(book.clients), len(book.invoices), len(book.account_managers)) == (1, 1, 1)
    assert len(texts(run(path, book, **given(path, book, lang)))) >= 5


def test_facts_of_a_client_are_the_score_of_the_month(report):
    shown = report("client_health", "en")
    (facts,) = (one[show.FACTS] for one in shown if show.FACTS in one)
    said = next(text for text in texts(shown) if "out of 100" in text)
    assert f"The score is {facts['score']:.0f} out of 100 ({facts['band']})" in said


def test_a_client_who_has_left_has_no_score_and_no_fact(sample_book, book_of):
    path = FOLDER / "client_health.ipynb"
    gone = sample_book.clients.head(1).assign(until=pd.Timestamp("2026-09-15"))
    book = book_of(clients=gone)
    shown = run(path, book, **given(path, book, "en"))
    assert not any(show.FACTS in one for one in shown)
    assert any("not active in this month" in text for text in texts(shown))


CLIENT = frame("client_id name am_id segment since until", ("A", "Phở A", "lan", "small", "2026-08-03", None))
ONE_INVOICE = frame("invoice_id client_id issued_on due_on amount", ("I1", "A", "2026-09-01", "2026-10-01", 5e6))
NOT_PAID = frame("payment_id invoice_id paid_on amount")


def client_page(book: Book, audience: str, lang: str = "en") -> list[str]:
    asked = {"book": "somewhere", "client": "A", "month": MONTH, "lang": lang, "audience": audience}
    return texts(run(FOLDER / "client_health.ipynb", book, **asked))


def test_a_client_with_one_invoice(book_of):
    """Due on 1 October and not paid: 30 days overdue, one bar two months before the page's."""
    book = book_of(clients=CLIENT, invoices=ONE_INVOICE, payments=NOT_PAID)
    internal, said = client_page(book, "internal"), client_page(book, "client")
    fees = "fees in the twelve months to October 2026: VND 5 million."
    assert any(fees in text for text in said)
    assert any("Nothing was billed since September 2026." in text for text in internal)
    for page, owes in ((internal, "The client has 1 invoice open"), (said, "You have 1 invoice to pay")):
        assert any(f"{owes}, VND 5 million in all. Overdue is VND 5 million (1 to 30 days" in text for text in page)
        assert any("Fees, September 2026: VND 5 million." in text for text in page)
    assert any("Settle the overdue invoice I1" in text and "You, by 01/10/2026" in text for text in said)


def test_without_payments_nobody_is_told_to_pay(book_of):
    book = book_of(clients=CLIENT, invoices=ONE_INVOICE)
    for audience in AUDIENCES:
        said = " ".join(client_page(book, audience))
        assert "the book has no table of payments" in said
        assert "I1" not in said
    assert "Nothing calls for action now." in said


@LANGUAGES
@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_client_with_nothing_has_a_page_that_says_so_once(book_of, sample_book, audience, lang):
    empty = {name: table.iloc[:0] for name, table in sample_book.tables.items()}
    said = client_page(book_of(**{**empty, "clients": CLIENT}), audience, lang)
    no_invoice = words.of(lang).text("No invoice is open.")
    assert sum(no_invoice in text for text in said) == 1
    assert sum(words.of(lang).text("No survey was sent yet.") in text for text in said) == 1
    assert len(said) == len({*said})


def test_a_former_client_is_thanked_and_still_owes(book_of):
    """Until September: no score of October, no like clients, and what is open stays open."""
    left = CLIENT.assign(until=pd.Timestamp("2026-09-30"))
    contracts = frame(
        "contract_id client_id kind signed_on starts_on ends_on monthly_fee",
        ("R1", "A", "retainer", "2026-08-03", "2026-08-03", "2026-09-30", 5e6),
    )
    tasks = frame("task_id project_id department handed_on", ("T1", "P1", "media", "2026-08-20"))
    projects = frame("project_id client_id briefed_on", ("P1", "A", "2026-08-04"))
    book = book_of(
        clients=left, contracts=contracts, invoices=ONE_INVOICE, payments=NOT_PAID, tasks=tasks, projects=projects
    )
    internal, said = " ".join(client_page(book, "internal")), " ".join(client_page(book, "client"))
    assert "The client was not active in this month, so there is no score." in internal
    assert "this one has left, so there is nothing to compare" in internal
    assert "You worked with Agency A from August 2026 to September 2026. Thank you for your trust." in said
    for page in (internal, said):
        assert "The last retainer ended on 30/09/2026, 31 days ago." in page
        assert "Overdue is VND 5 million" in page


def test_a_clients_page_says_nothing_of_score_cost_or_band(report):
    internal, said = (" ".join(texts(report("client_health", "en", audience))) for audience in AUDIENCES)
    for word in ("score is", "nplanned", "segment", "Health score", "(green)"):
        assert word in internal
        assert word not in said


def test_an_offer_is_placed_among_the_bands(sample_book):
    path = FOLDER / "pay_benchmark.ipynb"
    shown = run(path, sample_book, **given(path, sample_book, "en"), level="manager", offer=45e6)
    said = " ".join(texts(shown))
    assert "The offer is VND 45 million gross a month for manager" in said
    # TopCV's account managers: 20 to 30 million, middle 22.5 million.
    (row,) = (row for row in rows(shown) if row[0] == "Account Manager · 2025" and len(row) == 9)
    assert row[5:8] == ["200%", "–", "15 million"]
    assert "The offer: VND 45 million" in said


def rows(shown: list[dict]) -> list[list[str]]:
    """The cells of every row of every table."""
    found = re.findall(r"<tr>(.*?)</tr>", " ".join(one.get("text/html", "") for one in shown), re.DOTALL)
    return [[html.unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in found]


@LANGUAGES
@pytest.mark.parametrize("asked", [{"offer": 25e6, "gross_or_net": "net", "dependants": 2}, {"city": "Huế"}])
@pytest.mark.parametrize("level", ["executive", "director"])
def test_pay_is_told_for_every_offer_and_level(sample_book, lang, asked, level):
    path = FOLDER / "pay_benchmark.ipynb"
    said = " ".join(texts(run(path, sample_book, **given(path, sample_book, lang), level=level, **asked)))
    assert "nan" not in said.split()
    assert ("25 triệu đồng net" if lang == "vi" else "VND 25 million net") in said or "city" in asked


def test_the_published_percentiles_stand_as_they_were_published(report):
    """US BLS, OEWS May 2025: 36.1/49.0/72.9/101.0/138.4 thousand dollars a year, and the others beside them."""
    told = {row[0]: row[1:8] for row in rows(report("pay_benchmark", "en")) if len(row) == 11}
    assert told["Advertising sales agents · agency · US · 2025"] == [
        *["36,100", "49,000", "72,900", "101,000", "138,400"],
        *["USD", "a year"],
    ]
    assert told["Public relations specialists · agency · US · 2025"][:5] == [
        *["47,900", "60,900", "77,500", "104,600", "175,500"]
    ]
    assert told["Account Manager · agency · NZ · 2016, old figure"][1] == "50,000"


def test_no_page_tells_a_single_persons_pay(sample_book, book_of):
    """Each record of the book is given pay that nobody else has; none of it is printed, drawn or told in words."""
    path = FOLDER / "pay_benchmark.ipynb"
    salaries = sample_book.tables["salaries"]
    marked = salaries.assign(mid=salaries.mid + 1_111 + 7 * salaries.index, low=None, high=None)
    marked = marked.astype(salaries.dtypes.to_dict())
    book = book_of(clients=sample_book.clients, salaries=marked)
    for lang in words.LANGUAGES:
        shown = run(path, book, **given(path, book, lang), offer=25e6)
        printed = re.sub(r"[.,\s\xa0]", "", " ".join(map(str, shown)))
        assert len(printed) > 10_000
        assert [pay for pay in marked.mid if f"{pay:.0f}" in printed] == []


@pytest.fixture(scope="module")
def saved(sample_book, tmp_path_factory) -> Path:
    """The sample as a saved book: kernels open it fast."""
    folder = tmp_path_factory.mktemp("saved")
    save_book(sample_book, folder)
    return folder


@pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if read(path).metadata.amlib.per == "client"], ids=lambda path: path.stem
)
def test_a_clients_page_reads_its_own_rows_alone(path, sample_book, saved, monkeypatch):
    """Once one client's page has asked for all, no other page computes anything or reads a row of somebody else."""
    first, second = sample_book.clients.client_id[:2]
    asked = given(path, sample_book, "en") | {"book": str(saved)}
    expected = texts(run(path, sample_book, **asked | {"client": second}))
    run(path, open_book(saved), **asked | {"client": first})
    reads, sliced_read = [], sliced.read
    monkeypatch.setattr(sliced, "read", lambda file, who=None: reads.append((file, who)) or sliced_read(file, who))
    monkeypatch.setattr(Query, "run", lambda *_: pytest.fail("a KPI was computed"))
    assert texts(run(path, open_book(saved), **asked | {"client": second})) == expected
    assert {who for _, who in reads} == {second}
    assert {file.parent.name for file, _ in reads} == {saved.name, "answers"}


@EVERY
def test_a_report_runs_in_a_kernel(path, sample_book, saved, tmp_path):
    """By papermill, as a run does, in English here; nothing but the page's outputs, and no error."""
    asked = given(path, sample_book, "en") | {"book": str(saved)}
    nbformat.write(meant_for(read(path), "internal"), tmp_path / "asked.ipynb")
    nb = papermill.execute_notebook(
        str(tmp_path / "asked.ipynb"), str(tmp_path / "executed.ipynb"), asked, cwd=str(tmp_path), progress_bar=False
    )
    outputs = [output for cell in code_of(nb) for output in cell.outputs]
    assert {output.output_type for output in outputs} == {"display_data"}
    assert all({"text/html", "image/svg+xml", show.FACTS} & set(output.data) for output in outputs)


def test_what_run_collects_is_what_ipython_is_given():
    seen = Display()
    seen(HTML("<p>"))
    seen({"text/plain": "x"}, raw=True, metadata={"a": 1})
    assert seen.shown == [{"text/html": "<p>", "metadata": None}, {"text/plain": "x", "metadata": {"a": 1}}]


# -- the page of an account manager


def of_manager(book: Book, am_id: str, month: str = MONTH, lang: str = "en") -> str:
    shown = run(FOLDER / "am_review.ipynb", book, book="x", account_manager=am_id, month=month, lang=lang)
    return re.sub(r"\s+", " ", " ".join(texts(shown)))


@pytest.fixture
def kept_by(sample_book) -> Callable[..., Book]:
    """The sample with other account managers of its clients."""

    def kept_by(am_id: str | list[str] | None) -> Book:
        clients = sample_book.clients.assign(am_id=am_id).astype({"am_id": "str"})
        return replace(sample_book, tables={**sample_book.tables, "clients": clients})

    return kept_by


def test_an_account_managers_page_names_own_clients_alone(kept_by):
    book = kept_by(["AM01", "AM02"] * 4)
    names = book.clients.set_index("client_id").name
    said = of_manager(book, "AM02")
    own = book.clients.am_id == "AM02"
    assert not any(name in said for name in names[~own.to_numpy()])
    active = own & ~(book.clients.until < "2026-10-01")
    assert all(name in said for name in names[active.to_numpy()])
    assert "so the comparison is with all 2 account managers." in said


def test_an_only_account_manager_is_compared_with_nobody(kept_by):
    said = of_manager(kept_by("AM01"), "AM01")
    assert "No other account manager keeps a client this month, so there is nobody to compare with." in said
    assert "There is no figure to compare." in said


def test_an_account_manager_without_clients_has_a_page_that_says_so(kept_by):
    said = of_manager(kept_by(None), "AM01")
    assert "keeps no client in October 2026." in said
    assert "Nothing calls for action now." in said
    assert "An account manager without clients is compared with nobody." in said


def test_an_account_manager_that_the_book_does_not_know_is_refused(sample_book):
    with pytest.raises(LookupError, match=r"The book has no account manager 'AM99' \(it has: AM01"):
        of_manager(sample_book, "AM99")


@LANGUAGES
def test_the_first_month_of_a_book_has_a_page(sample_book, lang):
    first = sample_book.invoices.issued_on.min().to_period("M")
    keeper = sample_book.as_of(str(first)).clients.am_id.iloc[0]
    assert words.of(lang).month(first) in of_manager(sample_book, keeper, str(first), lang)

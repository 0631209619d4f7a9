"""What the report notebooks print by every book that may come."""

from __future__ import annotations

import html
import re
from pathlib import Path

import nbformat
import papermill
import pytest
from IPython.display import HTML
from pages import (
    EACH_AUDIENCE,
    EVERY,
    LANGUAGES,
    NOTEBOOKS,
    Display,
    code_of,
    english,
    given,
    published,
    read,
    run,
    texts,
)

from amlib import show, words
from amlib.book import open_book, save_book, sliced
from amlib.kpis import CATALOGUE
from amlib.kpis.engine import Query
from amlib.reports.audience import meant_for
from amlib.sentences import glossary


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


@LANGUAGES
@pytest.mark.parametrize(("path", "audience"), EACH_AUDIENCE, ids=lambda of: getattr(of, "stem", of))
def test_a_definition_leads_the_agency_to_its_lesson_and_no_client(path, audience, lang, report):
    found = " ".join(one.get("text/html", "") for one in report(path.stem, lang, audience))
    names = re.findall(r'(?:<dt[^>]*>|class="am-definition"><strong>)([^<]*?) ?<', found)
    defined = {kpi.id for kpi in CATALOGUE.values() if html.escape(getattr(kpi, lang)) in names}
    taught = {command for kpi in defined for _, command, _ in glossary.lessons(words.of(lang), kpi)}
    named = {*re.findall(r"<code>(am lessons [^<]+)", found)}
    assert named == (set() if audience == "client" else taught)
    assert bool(taught) == (path.stem != "pay_benchmark" and audience == "internal")


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
            lacks = words.of(lang).text("the book has no table of {tables}", tables="")
            assert re.search(rf"{re.escape(name)}\s+–\s+{lacks}", said), kpi
        without = {"vi": "Không có dữ liệu", "en": "Without a table"}[lang]
        gaps = " ".join(text for text in texts(shown) if text.strip().startswith(without))
        for kpi in ("returning_clients", "lifetime_value", "win_rate", "unplanned_cost", "gross_retention"):
            assert getattr(CATALOGUE[kpi], lang)[1:] in gaps, kpi
    facts = [one[show.FACTS] for one in shown if show.FACTS in one]
    if path.stem == "kpi_review":
        told = [tile for fact in facts for tile in fact["glance"]]
        assert {(tile["value"], tile["change"]) for tile in told} == {("–", None)}
    else:
        assert facts == ([{"score": None, "band": "grey"}] if path.stem == "client_health" else [])


def test_a_month_that_nobody_was_billed_for_yet_is_no_fall_of_every_client(book_of, sample_book):
    tables = {**sample_book.tables, "invoices": sample_book.invoices[sample_book.invoices.issued_on < "2026-10-01"]}
    (path,) = (path for path in NOTEBOOKS if path.stem == "kpi_review")
    said = " ".join(" ".join(texts(run(path, book_of(**tables), **given(path, sample_book, "en")))).split())
    assert "Revenue of October 2026 cannot be measured." in said
    assert "Cannot measure revenue bridge: there is nothing to count in this period." in said
    assert "The largest falls" not in said
    assert "Not billed this month" not in said


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
    monkeypatch.setattr(sliced, "read", lambda file, *how: reads.append((file, how[0])) or sliced_read(file, *how))
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

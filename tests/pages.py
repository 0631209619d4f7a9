"""The report notebooks, run without a kernel, and what a reader can read of what they show."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from babel.messages.pofile import read_po
from nbformat import NotebookNode

import amlib
from amlib import kpis, show, words
from amlib.book import Book, kpi_benchmarks, salary_benchmarks
from amlib.checkup.checkup import Checkup, Wrong
from amlib.checkup.doubts import Doubt
from amlib.checkup.page import html as checkup_page
from amlib.reports.audience import AUDIENCES, meant_for
from amlib.reports.inputs import TEMPLATES, versions
from amlib.reports.job import Report
from amlib.reports.render import Page, render
from amlib.reports.site import BANDS, SHOWN, Look, Manifest, index, overview

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

ENTRANCES = ("index", "overview")
"""The pages that lead to the others."""

CHECK = "check"
"""The page of `am check`."""

PAGES = [
    *((path.stem, audience, lang) for path, audience in EACH_AUDIENCE for lang in words.LANGUAGES),
    *((name, "internal", lang) for name in (*ENTRANCES, CHECK) for lang in words.LANGUAGES),
]
"""Every kind of page: its notebook or what it leads to, its audience and its language."""


class Display:
    """Stands for IPython's display: keeps what each cell shows."""

    def __init__(self) -> None:
        self.shown: list[dict] = []

    def __call__(self, thing: object, raw: bool = False, metadata: dict | None = None) -> None:
        self.shown.append({**(thing if raw else {"text/html": thing.data}), "metadata": metadata})


def run(path: Path, book: Book, /, **parameters: object) -> list[dict]:
    """Run a notebook's cells for the audience on a book, without a kernel: what they showed."""
    return [one for _, shown in _run(path, book, parameters) for one in shown]


def page(path: Path, book: Book, lang: str, audience: str = "internal") -> str:
    """The page of a notebook about the first of its subjects, made without a kernel."""
    asked = given(path, book, lang) | ({"audience": audience} if len(audiences_of(path)) > 1 else {})
    nb, per = meant_for(read(path), audience), read(path).metadata.amlib.per
    for cell, (_, shown) in zip(code_of(nb), _run(path, book, asked), strict=True):
        for one in shown:
            data = {mime: content for mime, content in one.items() if mime != "metadata"}
            cell.outputs.append(nbformat.v4.new_output("display_data", data, metadata=one["metadata"] or {}))
    who = {"account_manager": ("account_managers", "am_id"), "client": ("clients", "client_id")}.get(per)
    name = book.tables[who[0]].set_index(who[1]).name[asked[per]] if who else ""
    day = date(2026, 11, 2)
    about = Page(
        book.settings.name, name, MONTH, lang, book.fingerprint, day, versions(), audience, book.settings.brand
    )
    return render(nb, about, TEMPLATES)


def page_of(name: str, audience: str, lang: str, book: Book) -> str:
    """One of `PAGES`."""
    if name == CHECK:
        return check_of(book, lang)
    return entrance(name, book, lang) if name in ENTRANCES else page(FOLDER / f"{name}.ipynb", book, lang, audience)


FAILURE = "KeyError: 'fee'"
_MONTHS = [str(month) for month in pd.period_range("2025-08", "2026-10", freq="M")]


def check_of(book: Book, lang: str) -> str:
    """The page of a check that found something of each kind, and stands beside an earlier one."""
    files = [
        {
            "table": name,
            "file": f"{name}.csv",
            "sheet": "",
            "rows": rows + 2,
            "set_aside": 1,
            "rejected": 1,
            "kept": rows,
        }
        for name, rows in book.counts.items()
    ]
    wrong = Wrong("invoices", "amount", 2, "invoices.csv row 4, column amount", "'many'", "a number")
    found = [
        Doubt("gap", "messages", ("2026-03", "2026-04")),
        Doubt("jump", "invoices", ("2026-06",), "amount", 1.2e7, (1.2e8, 9e7)),
        Doubt("jump", "projects", ("2026-02",), "", 2, (18, 13)),
        Doubt("twin", "payments", rows=4, keys=("P1", "P2", "P3")),
    ]
    lacking = {"nps": ["surveys"], "revenue_per_manager": ["clients.am_id"], "lifetime_value": []}
    check = Checkup(
        book.settings.name, lang, book.settings.currency, MONTH, True, files, [], [], [wrong], found,
        ["column 'x' is not read"], [id for id in kpis.CATALOGUE if id not in lacking], lacking, "abc",
        pd.DataFrame({"reason": ["wrong", "wrong"]}),
    )  # fmt: skip
    before = {"known_until": "2026-09", "files": files, "doubts": []}
    return checkup_page(check, before, "rejected.csv")


def entrance(name: str, book: Book, lang: str) -> str:
    """A page that leads to a month's reports, or to those of all months; every band is there, and a failure."""
    months = [month_of(book, lang, month) for month in _MONTHS[-SHOWN:]]
    if name == "overview":
        return overview(months, _MONTHS, months[-1], Look())
    return index(months[-1], Look(), _MONTHS)


def month_of(book: Book, lang: str, month: str) -> Manifest:
    """A month with a page for everyone in the book, but the failed one of its fourth client."""
    about = {"params": {}, "seconds": 1.0, "data": "abc", "book": "abc", "segment": None}
    made, failed = about | {"status": "ok"}, about | {"status": "failed", "html": None, "error": FAILURE}
    tiles = [{"label": "NPS", "value": "42", "change": "▲ 3", "tone": "good"}] * 5
    reports = [
        Report(
            "kpi_review", "book", "book", "KPI", "", html="k.html", executed=None, **made | {"facts": {"glance": tiles}}
        )
    ]
    for row in book.account_managers.itertuples():
        page = f"am/{row.Index}.html"
        reports.append(Report("am", row.am_id, "account_manager", "KPI", row.name, html=page, executed=None, **made))
    keepers = book.account_managers.set_index("am_id").name
    for row in book.clients.itertuples():
        band = BANDS[row.Index % 4]
        score = None if band == "grey" else {"red": 30, "amber": 60, "green": 85}[band] + row.Index % 7
        told = {"facts": {"score": score, "band": band}, "account_manager": keepers.get(row.am_id)}
        told |= {"segment": row.segment, "executed": f"executed/{row.Index}.ipynb"}
        how = failed if row.Index == 3 else made | {"html": f"client/{row.Index}.html"}
        reports.append(Report("client_health", row.client_id, "client", "KPI", row.name, **how | told))
    name = {"name": book.settings.name, "hash": "abc", "set_aside": 2}
    return Manifest(month, name, lang, {"amlib": "0.1"}, tuple(reports))


def _run(path: Path, book: Book, parameters: Mapping[str, object]) -> list[tuple[NotebookNode, list[dict]]]:
    """Each code cell and what it showed."""
    seen, names, nb = Display(), {}, meant_for(read(path), parameters.get("audience", "internal"))
    cells = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(show, "display", seen)
        patch.setattr("amlib.book.open_book", lambda path: book)
        for cell in code_of(nb):
            exec(compile(cell.source, f"{path.stem}[{cell.id}]", "exec"), names)
            if cell is parameters_of(nb):
                assert set(parameters) <= set(names)
                names.update(parameters)
            cells.append((cell, seen.shown))
            seen.shown = []
    return cells


def given(path: Path, book: Book, lang: str) -> dict[str, str]:
    asked = {"book": "somewhere", "month": MONTH, "lang": lang}
    per = read(path).metadata.amlib.per
    # Who keeps a client is an account manager, also in a book without a table of them.
    subject = {"account_manager": "am_id", "client": "client_id"}
    return asked if per == "book" else {**asked, per: book.clients[subject[per]].iloc[0]}


def texts(shown: list[dict]) -> list[str]:
    """What a reader can read of what was shown: HTML without tags, charts without paths, alt texts and numbers.

    A definition that a reader has to ask for is no part of it, nor is what says that it is in another language.
    """
    found = []
    for one in shown:
        for mime in ("text/html", "image/svg+xml"):
            if mime in one:
                source = re.sub(
                    r"<(style|defs|metadata)\b.*?</\1>|<div popover .*?</div>|<(\w+) lang=.*?</\2>",
                    " ",
                    one[mime],
                    flags=re.DOTALL,
                )
                found.append(html.unescape(re.sub(r"<[^>]*>", " ", source)))
        if one.get("metadata"):
            about = one["metadata"]["image/svg+xml"]
            found += [about["alt"], html.unescape(re.sub(r"<[^>]*>", " ", about.get("numbers", "")))]
    return found


@cache
def published() -> list[str]:
    """What stands as it was published, in its own language; the longest first."""
    frames = [salary_benchmarks(), kpi_benchmarks()]
    texts = [frame.get(name) for frame in frames for name in ("title", "what", "source", "note")]
    return sorted({*pd.concat(texts).dropna()}, key=len, reverse=True)


@cache
def english() -> list[str]:
    """Stretches of two words or more that stand in an English text and not in its Vietnamese."""
    with Path(words.__file__).with_name("vi.po").open("rb") as file:
        messages = [*read_po(file, locale="vi")]
    return [
        stretch
        for message in messages
        for part in re.split(r"{\w*}", str(message.id))
        if " " in (stretch := part.strip(" .,:;()")) and stretch not in str(message.string)
    ]


def rows(shown: list[dict]) -> list[list[str]]:
    """The cells of every row of every table."""
    found = re.findall(r"<tr>(.*?)</tr>", " ".join(one.get("text/html", "") for one in shown), re.DOTALL)
    return [[read_of(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in found]


def read_of(cell: str) -> str:
    """What stands in a cell; the definition of a KPI is shown when asked for."""
    name = re.match(r"<button [^>]*>(.*?)</button><div popover.*</div>$", cell)
    return html.unescape(name[1] if name else cell)

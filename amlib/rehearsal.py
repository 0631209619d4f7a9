"""Done once by the process that kernels are forked from: a page of a made-up client, so that none does it first.

The first chart, table and date of a process take several times as long as the next. No query is asked: a database
would leave threads behind, and a process with threads cannot be forked.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from amlib import charts, health, kpis, schema, sentences, show, words
from amlib.book import Book, Settings, open_book, save_book
from amlib.book.book import nothing_aside

MONTH = str(pd.Timestamp.today().to_period("M") - 1)
"""The month that most reports are of, so that the words on its charts have been measured."""


def rehearse() -> None:
    """Open a book, draw and print each kind of thing in each language; nothing of it is kept but what is faster now."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        book = _book(Path(folder))
        for lang in words.LANGUAGES:
            _page(show.Page(book.of_client("A"), MONTH, lang))
        book.of_client("A").answer("rehearsal", lambda whole: whole.clients[["client_id"]])


def _book(folder: Path) -> Book:
    """A saved book of one client and nothing else."""
    settings = Settings(name="A", currency="VND")
    tables = {name: table.empty(settings.time_zone) for name, table in schema.TABLES.items()}
    client = {"client_id": "A", "name": "A", "since": pd.Timestamp("2026-01-01")}
    types = tables["clients"].dtypes
    tables["clients"] = pd.DataFrame({name: pd.Series([client.get(name)], dtype=types[name]) for name in types.index})
    save_book(Book(folder, settings, tables, (), nothing_aside()), folder / "saved")
    return open_book(folder / "saved")


def _page(page: show.Page) -> None:
    known = page.book
    months = pd.DataFrame({"month": pd.period_range(end=MONTH, periods=13, freq="M"), "n": 9})
    measures = list(health.MEASURES)
    told = pd.DataFrame({"client_id": "A", "measure": measures, "value": 0.5, "weight": 1.0})
    told["points"] = np.linspace(0, 100, len(measures))
    told = told.assign(part=told.points / len(measures), lost=100.0 - told.points)
    score = health.score(told).iloc[0]
    bands = dict.fromkeys(("band", "own_band", "steady_band"), score.band)
    trend = months.assign(client_id="A", score=score.score, coverage=1.0, overridden=False, **bands)
    page.say(*sentences.score(page.words, trend, told))
    compared = {
        "kpi": list(kpis.CATALOGUE),
        "months": 3,
        "value": 0.5,
        "n": 9,
        "low": 0.4,
        "high": 0.6,
        "before": 0.4,
        "before_n": 9,
        "year_before": 0.3,
        "year_before_n": 9,
    }
    page.tiles(pd.DataFrame({**compared, "target": 0.7}))
    page.chart(charts.score_by_month, trend, "There is not enough data for a score.", edges=health.EDGES)
    moved = told.assign(label=[page.text(health.MEASURES[measure].name) for measure in measures], gained=1.0)
    page.chart(charts.points_moved, moved, "There is no score of last month to compare with.")
    page.table(
        sentences.findings(page.words, told, moved), {"measure": "text", "finding": "text", "at_most": "number1"}
    )
    page.chart(charts.revenue_by_month, months.assign(value=1e9), "revenue", currency="VND", target=2e9)
    billed = months.assign(value=1e9, pass_through=1e8)
    page.chart(charts.fees_by_month, billed, "revenue", currency="VND", last=page.month)
    shares = months.assign(value=0.5, low=0.4, high=0.6)
    page.chart(charts.kpi_by_month, shares, "nps", name="A", unit="share", level=0.7)
    page.actions(
        sentences.to_do(
            page.words,
            health.actions(health.reasons(told), known.clients, MONTH),
            known.clients,
            known.account_managers,
        )
    )
    page.table(known.clients.assign(issued_on=known.clients.since), {"name": "text", "issued_on": "day"})
    page.definitions(*kpis.CATALOGUE)
    page.basis()

"""A month's KPIs beside the month before, the same month of last year and what was aimed at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import SimpleNamespace

import pandas as pd

from .asking import Opened, ask, of_clients
from .period import month_of
from .registry import CATALOGUE


def target(targets: pd.DataFrame, kpi: str, month: pd.Period | str, scope: str = "book") -> float | None:
    """The target of a KPI that holds in a month: the one with the latest `from_month` not after it.

    In the KPI's own unit; None where none was set for that scope by then.
    """
    month = month_of(month)
    set_by_then = targets[(targets.kpi == kpi) & (targets["scope"] == scope) & (targets.from_month <= month)]
    return None if set_by_then.empty else float(set_by_then.sort_values("from_month").target.iloc[-1])


def measurable(book: Opened, kpi: str) -> bool:
    """Whether the book has all tables that a KPI is computed from: without payments, nothing is known to be overdue."""
    return not set(CATALOGUE[kpi].tables) & set(book.missing)


def looking_back(book: Opened, kpi: str, month: pd.Period, months: int | None, by: Iterable[str] = ()) -> pd.DataFrame:
    """A KPI asked of a month as `compare` asks it: over so many `months`, or since the first of them."""
    if "over" in CATALOGUE[kpi].questions:
        return ask(book, kpi, month, by, over=months)
    return ask(book, kpi, month, by, since=None if months is None else month - (months - 1))


def compare(
    book: Opened, month: pd.Period | str, questions: Mapping[str, int | None], scope: str | None = "book"
) -> pd.DataFrame:
    """One row per KPI: kpi, months, value, n, low, high, before, before_n, year_before, year_before_n, target.

    `questions` maps a KPI's id to how many `months` it looks back: 1 for the month alone, 3 for it and the two
    before, or, of a KPI that holds a month against an earlier one (retention), how many lie between them; None for
    all there is, and for a KPI of a state. Each month is asked (`ask`) of the book as it was known at that month's
    end, so `before` is what last month's report said, and `year_before` what that of the same month of last year
    did. low and high are null for a KPI without an interval; every figure is null where the KPI is undefined or the
    book lacks a table for it. `scope` says whose targets are meant, None for no targets. Of the book of one client the
    figures are that client's part of what is computed for all clients at once (`Book.answer`).
    """
    month = month_of(month)
    told = _told(book.as_of(month), month, {kpi: n for kpi, n in questions.items() if measurable(book, kpi)})
    said = {(row.kpi, row.when): row for row in told.itertuples()}
    rows = []
    for kpi, months in questions.items():
        now, before, year_before = (said.get((kpi, when), _NOTHING) for when in _each(month))
        rows.append(
            {
                "kpi": kpi,
                "months": months,
                **{name: getattr(now, name) for name in ("value", "n", "low", "high")},
                "before": before.value,
                "before_n": before.n,
                "year_before": year_before.value,
                "year_before_n": year_before.n,
                "target": target(book.tables["targets"], kpi, month, scope) if scope else None,
            }
        )
    types = dict.fromkeys(("value", "low", "high", "before", "year_before", "target"), "float64")
    types |= dict.fromkeys(("n", "before_n", "year_before_n"), "int64")
    return pd.DataFrame(rows).astype(types | {"months": "Int64"})


_FIGURES = {"value": "float64", "low": "float64", "high": "float64", "n": "int64"}
_NOTHING = SimpleNamespace(value=None, low=None, high=None, n=0)


def _each(month: pd.Period) -> tuple[pd.Period, ...]:
    """A month and those that it is held against."""
    return month, month - 1, month - 12


def _told(known: Opened, month: pd.Period, questions: Mapping[str, int | None]) -> pd.DataFrame:
    """What each KPI said in each month, one row for both: kpi, when, value, low, high, n; no row where it said nothing.

    Of a client it is that client's part of what is computed for all of them at once (`Book.answer`).
    """
    if known.client is None:
        return _asked(known, month, questions, [])
    clients = {kpi: months for kpi, months in questions.items() if of_clients(kpi)}
    nobodys = {kpi: months for kpi, months in questions.items() if kpi not in clients}
    by_client = known.answer(
        ["compared", month, list(clients.items())], lambda whole: _asked(whole, month, clients, ["client_id"])
    )
    return pd.concat([by_client, _asked(known, month, nobodys, [])])


def _asked(book: Opened, month: pd.Period, questions: Mapping[str, int | None], by: list[str]) -> pd.DataFrame:
    found = [
        looking_back(book, kpi, when, months, by).reindex(columns=[*by, *_FIGURES]).assign(kpi=kpi, when=when)
        for kpi, months in questions.items()
        for when in _each(month)
    ]
    columns = [*by, "kpi", "when", *_FIGURES]
    return pd.concat(found)[columns].astype(_FIGURES) if found else pd.DataFrame(columns=columns)

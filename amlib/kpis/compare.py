"""A month's KPIs beside the month before, the same month of last year and what was aimed at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from .asking import Opened, ask
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
    book lacks a table for it. `scope` says whose targets are meant, None for no targets.
    """
    month = month_of(month)

    def answers(when: pd.Period) -> dict[str, pd.Series]:
        nothing = pd.Series({"value": None, "n": 0})
        return {
            kpi: looking_back(book, kpi, when, months).iloc[0] if measurable(book, kpi) else nothing
            for kpi, months in questions.items()
        }

    now, before, year_before = answers(month), answers(month - 1), answers(month - 12)
    rows = [
        {
            "kpi": kpi,
            "months": months,
            **{name: now[kpi].get(name) for name in ("value", "n", "low", "high")},
            "before": before[kpi]["value"],
            "before_n": before[kpi]["n"],
            "year_before": year_before[kpi]["value"],
            "year_before_n": year_before[kpi]["n"],
            "target": target(book.tables["targets"], kpi, month, scope) if scope else None,
        }
        for kpi, months in questions.items()
    ]
    types = dict.fromkeys(("value", "low", "high", "before", "year_before", "target"), "float64")
    types |= dict.fromkeys(("n", "before_n", "year_before_n"), "int64")
    return pd.DataFrame(rows).astype(types | {"months": "Int64"})

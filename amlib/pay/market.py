"""Published pay, and what all pay is told by: levels, months, and how few records are too few."""

from __future__ import annotations

import pandas as pd

from amlib import schema

LADDER = pd.CategoricalDtype(schema.LEVELS, ordered=True)
"""The levels in the order of a career, for sorting."""

MIN_RECORDS = 5
"""Own records are shown from so many on; a smaller group would tell what single people earn."""

FEW_RECORDS = 20
"""Published figures that rest on fewer carry a warning."""

MONTHS = {"month": 1.0, "year": 1 / 12}
"""How many months a period of pay is divided into; pay per hour has none."""


def monthly(benchmarks: pd.DataFrame) -> pd.DataFrame:
    """Published figures per month: p10, low, mid, high and p90 of yearly figures are divided by twelve.

    Raises:
        ValueError: for a period other than month or year, naming it.
    """
    unknown = sorted(str(period) for period in set(benchmarks.period) - set(MONTHS))
    if unknown:
        raise ValueError(f"pay per {', '.join(unknown)} cannot be put per month: known are {', '.join(MONTHS)}")
    share = benchmarks.period.map(MONTHS).astype(float)
    money = [name for name in ("p10", "low", "mid", "high", "p90") if name in benchmarks]
    return benchmarks.assign(**{name: benchmarks[name] * share for name in money}, period="month")

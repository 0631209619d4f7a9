"""Bands set by hand: somebody knows what no measure sees, says why, and for how long."""

from __future__ import annotations

from typing import Any

import pandas as pd

COLUMNS = ["client_id", "band", "reason", "author", "from_on", "until_on"]


def overrides(book: Any, month: str | pd.Period) -> pd.DataFrame:
    """The bands set by hand that are in force on the last day of a month: client_id, band, reason, author, from_on,
    until_on.

    At most one per client: a book has no two that overlap. After `until_on` it is gone.
    """
    month = pd.Period(month, "M")
    return in_force(book.as_of(month).health_overrides, [month])[COLUMNS]


def in_force(rows: pd.DataFrame, months: list[pd.Period]) -> pd.DataFrame:
    """The overrides that hold on the last day of each of `months`, with the column month."""
    found = rows.merge(pd.DataFrame({"month": pd.PeriodIndex(months, freq="M")}), how="cross")
    today = found.month.dt.end_time.dt.normalize()
    return found[(found.from_on <= today) & (today <= found.until_on)].reset_index(drop=True)

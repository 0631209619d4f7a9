"""What was known at the end of each of several months, in one frame: no month sees what came after it.

Months are counted since January 1970 (`Period.ordinal`), in the column `at`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from amlib.schema import TABLES

Months = Sequence[int]
_NEVER = 10**9


def known(book: Any, name: str, months: Months, columns: str, back: int | None = None, dated: str = "") -> pd.DataFrame:
    """`columns` of a table as they were known at the end of each of `months` (`at`), a row for each month that sees it.

    With `back`, of the last so many months only: by the column `dated`, by the day a row became known unless it
    is named. For each month the rows of `book.as_of(month)`, in their order.
    """
    table = TABLES[name]
    hides = {column: table.columns[column].known_on for column in columns.split()}
    needed = dict.fromkeys([table.known_on, *([dated] if dated else []), *hides, *filter(None, hides.values())])
    rows = book.tables.some(name, *needed)
    since = month_number(rows[table.known_on])
    when = month_number(rows[dated]) if dated else since
    place, at = in_window(when, months, back)
    seen = since[place] <= at
    place, at = place[seen], at[seen]
    found = {"at": at}
    end = first_day(at + 1)
    for column, known_on in hides.items():
        values = rows[column].take(place).reset_index(drop=True)
        # As `Book.as_of` hides what became known later; what has no such day stays.
        if known_on:
            values = values.mask(days(rows[known_on]).take(place).to_numpy() >= end)
        found[column] = values
    return pd.DataFrame(found)


def in_window(when: np.ndarray, months: Months, back: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Place and month of everything of the months `when` that lies in the last `back` months of each of `months`."""
    inside = [np.flatnonzero((when <= at) & (True if back is None else when > at - back)) for at in months]
    return np.concatenate([[], *inside]).astype(int), np.repeat(months, [len(places) for places in inside]).astype(int)


def last_months(monthly: pd.DataFrame, months: Months, back: int, before: int = 0) -> pd.Series:
    """Sums of `value` by client_id and `at` over the `back` months that end `before` months before each of `months`.

    `monthly` has client_id, `of` (a month's number) and value.
    """
    place, at = in_window(monthly.of.to_numpy() + before, months, back)
    return monthly.take(place).assign(at=at).groupby(["client_id", "at"]).value.sum()


def days(values: pd.Series) -> pd.Series:
    """Days or instants as wall-clock time without a zone."""
    return values.dt.tz_localize(None) if isinstance(values.dtype, pd.DatetimeTZDtype) else values


def month_number(values: pd.Series | ir.TimestampValue) -> np.ndarray | ir.IntegerValue:
    """The month of each day or instant; of none, one that lies after all others."""
    if isinstance(values, ir.Value):
        return ((values.year() - 1970) * 12 + values.month() - 1).cast("int64").fill_null(_NEVER)
    number = days(values).to_numpy().astype("M8[M]").astype("int64")
    return np.where(values.isna(), _NEVER, number)


def first_day(months: np.ndarray | int) -> np.ndarray:
    """The first day of a month, or of each of several."""
    return np.asarray(months, dtype="int64").astype("M8[M]").astype("M8[us]")

"""The days and months that questions are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd

Day = date | pd.Timestamp | pd.Period | str
Month = str | pd.Period


def first_day(when: Day) -> date:
    """The day from which a period runs: a day is itself, a month ('2026-10' or a Period) its first day."""
    return _period(when).start_time.date()


def last_day(when: Day) -> date:
    """The day that an `as_of` means: a day is itself, a month ('2026-10' or a Period) its last day."""
    return _period(when).end_time.date()


def _period(when: Day) -> pd.Period:
    if isinstance(when, pd.Period):
        return when
    return pd.Period(when) if isinstance(when, str) else pd.Period(when, freq="D")


def months_of(month: Month | Iterable[Month]) -> list[pd.Period]:
    """The months asked for, one or several, in their order."""
    return sorted({pd.Period(m, "M") for m in ([month] if isinstance(month, str | pd.Period | date) else month)})


def in_each_month(table: ir.Table, month: Month | Iterable[Month], by: Sequence[str]) -> ir.Table:
    """`table` once for each month asked for, with the columns `month` (its first day) and `month_end`.

    Raises `ValueError` for no month, and for several unless `by` tells them apart.
    """
    months = months_of(month)
    if not months or (len(months) > 1 and "month" not in by):
        raise ValueError(f"{len(months)} months asked for: give one, or several together with by='month'")
    starts = [m.start_time.date() for m in months]
    if len(starts) == 1:
        table = table.mutate(month=ibis.literal(starts[0]))
    else:
        table = table.mutate(month=ibis.array(starts).unnest())
    return table.mutate(month_end=_as_date(month_after(table.month, 1) - ibis.interval(days=1)))


def month_after(day: ir.DateValue, months: int) -> ir.DateValue:
    """The date `months` months after `day`, before it where negative; `day` is the first of a month."""
    shifted = day + ibis.interval(months=months) if months >= 0 else day - ibis.interval(months=-months)
    return _as_date(shifted)


def _as_date(day: ir.DateValue) -> ir.DateValue:
    # Engines make an instant of a date that an interval was added to, and would then compare every row as one.
    # Ibis holds it for a date already, and leaves out a mere `cast`.
    return ops.Cast(day, "date").to_expr()

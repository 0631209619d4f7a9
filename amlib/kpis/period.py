"""The days and months that questions are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import numpy as np
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
    if isinstance(when, date | np.datetime64) and not pd.isna(when):
        when = pd.Timestamp(when)
        return pd.Period(year=when.year, month=when.month, day=when.day, freq="D")
    # Only as ISO writes it: pandas takes 05/10/2026 for the 10th of May, and 'October' for the year 1.
    if isinstance(when, str) and re.fullmatch(r"\d{4}(-\d{2}){0,2}|\d{4}Q[1-4]", when):
        try:
            return pd.Period(when)
        except ValueError as error:
            raise ValueError(f"{when!r} is no day of the calendar ({error})") from None
    raise ValueError(f"{when!r} is no day or month: write a day as '2026-10-31', a month as '2026-10'")


def quarter_of(when: Day) -> pd.Period:
    """The quarter that a period is ('2026Q3') or lies in ('2026-08'). Raises `ValueError` for more than one."""
    found = _period(when)
    quarter = found.asfreq("Q")
    if found.start_time < quarter.start_time:
        raise ValueError(f"{str(when)!r} is more than a quarter: write one as '2026Q3'")
    return quarter


def month_of(when: Day) -> pd.Period:
    """The month that a period is ('2026-10') or lies in ('2026-10-31'). Raises `ValueError` for more than one."""
    found = _period(when)
    month = found.asfreq("M")
    if found.start_time < month.start_time:
        raise ValueError(
            f"{str(when)!r} is more than a month: write one as '2026-10', several as ['2026-10', '2026-11']"
        )
    return month


def months_of(month: Month | Iterable[Month]) -> list[pd.Period]:
    """The months asked for, one or several, in their order."""
    several = isinstance(month, Iterable) and not isinstance(month, str)
    return sorted({month_of(m) for m in (month if several else [month])})


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


def with_idle_groups(found: ir.Table, rows: ir.Table, by: Sequence[str]) -> ir.Table:
    """`found`, sums and counts of some of the `rows`, with zeros for the groups of which none of the rows counted."""
    if not by:
        return found
    zeros = {column: ibis.literal(0, found[column].type()) for column in found.columns if column not in by}
    idle = rows.select(*by).distinct().mutate(**zeros)
    every = found.union(idle.select(found.columns))
    return every.aggregate(by=list(by), **{column: every[column].sum() for column in zeros})


def month_after(day: ir.DateValue, months: int) -> ir.DateValue:
    """The date `months` months after `day`, before it where negative; `day` is the first of a month."""
    shifted = day + ibis.interval(months=months) if months >= 0 else day - ibis.interval(months=-months)
    return _as_date(shifted)


def _as_date(day: ir.DateValue) -> ir.DateValue:
    # Engines make an instant of a date that an interval was added to, and would then compare every row as one.
    # Ibis holds it for a date already, and leaves out a mere `cast`.
    return ops.Cast(day, "date").to_expr()

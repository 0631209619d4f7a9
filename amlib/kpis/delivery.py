"""Whether projects arrive when they were promised."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir

from .interval import wilson
from .kpi import kpi
from .period import Day, last_day


@kpi(
    vi="Tỷ lệ giao đúng hạn",
    en="On-time delivery",
    definition_vi="Tỷ lệ dự án bàn giao đúng hạn hoặc sớm hơn trong tổng số dự án đã đến hạn.",
    unit="share",
    better="more",
    needs={"projects": ["due_on", "delivered_on"]},
    optional={"projects": ["won"]},
    month={"projects": "due_on"},
)
def on_time_delivery(projects: ir.Table, as_of: Day, *, by: Sequence[str] = ()) -> ir.Table:
    """Of the projects due, the share delivered on or before their due date.

    Due are projects with due_on up to `as_of`; those that the client turned down (won is false) were
    never to be delivered and are left out. n = projects due. Components: on_time, late (delivered later,
    or not yet), open_overdue (those of the late ones not delivered by `as_of`). low and high: 95 %
    Wilson interval. `by` month is the month of the due date.

    Null where no project was due.
    """
    end = last_day(as_of)
    due = projects.filter(projects.due_on.cast("date") <= end)
    if "won" in due.columns:
        due = due.filter(due.won.fill_null(True))
    delivered = due.delivered_on.cast("date")
    found = due.aggregate(
        by=by,
        n=due.count(),
        on_time=due.count(where=delivered <= due.due_on.cast("date")),
        open_overdue=due.count(where=delivered.isnull() | (delivered > end)),
    )
    low, high = wilson(found.on_time, found.n)
    return found.mutate(value=found.on_time / found.n.nullif(0), low=low, high=high, late=found.n - found.on_time)

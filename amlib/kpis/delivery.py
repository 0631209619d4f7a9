"""Whether projects arrive when they were promised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from .departures import CLIENTS, PROJECTS, still_due, still_there, tasks_with_departures, with_departures
from .interval import normal, wilson
from .kpi import kpi
from .period import Day, first_day, last_day
from .projects import ordered


@kpi(
    vi="Tỷ lệ giao đúng hạn",
    en="On-time delivery",
    definition_vi="Tỷ lệ dự án bàn giao đúng hạn hoặc sớm hơn trong tổng số dự án đã đến hạn.",
    unit="share",
    better="more",
    counted=True,
    needs={"projects": ["client_id", "due_on", "delivered_on"], **CLIENTS},
    optional={"projects": ["won"]},
    month={"projects": "due_on"},
)
def on_time_delivery(projects: ir.Table, clients: ir.Table, as_of: Day, *, by: Sequence[str] = ()) -> ir.Table:
    """Of the projects due, the share delivered on or before their due date.

    Due are projects with due_on up to `as_of`; those that the client has not said yes to (won is false, or
    empty where others are not) were never promised and are left out, and so are those that fell due after the
    client's last day and were not delivered: they ended with the client. n = projects due. Components: on_time,
    late (delivered later, or not yet), open_overdue (those of the late ones not delivered by `as_of`). low
    and high: 95 % Wilson interval. `by` month is the month of the due date.

    Null where no project was due.
    """
    end = last_day(as_of)
    return _on_time(_due(projects, clients, end), "delivered_on", end, by)


@kpi(
    vi="Tỷ lệ công việc xong đúng hạn",
    en="On-time tasks",
    definition_vi="Tỷ lệ công việc bộ phận hoàn thành đúng hạn hoặc sớm hơn trong tổng số công việc đã đến hạn.",
    unit="share",
    better="more",
    counted=True,
    needs={"tasks": ["project_id", "due_on", "done_on"], **PROJECTS, **CLIENTS},
    month={"tasks": "due_on"},
)
def on_time_tasks(
    tasks: ir.Table, projects: ir.Table, clients: ir.Table, as_of: Day, *, by: Sequence[str] = ()
) -> ir.Table:
    """Of the tasks due, the share that departments finished on or before their due date.

    Due are tasks with due_on up to `as_of`, but for those that fell due after the last day of the project's client
    and were not done: they ended with the client. by='department' shows which department, and so which stage of a
    project, holds others up. n = tasks due. Components on_time, late (finished later, or not yet),
    open_overdue (those of the late ones not done by `as_of`). low and high: 95 % Wilson interval. `by` month
    is the month of the due date.

    Null where no task was due.
    """
    end = last_day(as_of)
    due = tasks_with_departures(tasks.filter(tasks.due_on.cast("date") <= end), projects, clients)
    return _on_time(still_due(due, "done_on", end), "done_on", end, by)


@kpi(
    vi="Số ngày trễ hạn",
    en="Days late",
    definition_vi="Số ngày trễ trung bình của các dự án bàn giao trễ hoặc quá hạn mà chưa bàn giao.",
    unit="days",
    better="less",
    needs={"projects": ["client_id", "due_on", "delivered_on"], **CLIENTS},
    optional={"projects": ["won"]},
    month={"projects": "due_on"},
)
def days_late(projects: ir.Table, clients: ir.Table, as_of: Day, *, by: Sequence[str] = ()) -> ir.Table:
    """Mean calendar days by which late projects missed their due date.

    Late are projects due by `as_of` and delivered after their due date, or not delivered by `as_of`: those
    count the days so far, at most to the client's last day. Projects that the client has not said yes to (won is
    false, or empty where others are not) are left out, and so are those that fell due after the client's last day
    and were not delivered. n = late projects. Components worst, open_overdue (late and not delivered by `as_of`).
    `by` month is the month of the due date.

    Null where no project is late.
    """
    end = last_day(as_of)
    due = _due(projects, clients, end)
    delivered = due.delivered_on.cast("date")
    still_open = delivered.isnull() | (delivered > end)
    waited = ibis.ifelse(due.left_on < end, due.left_on, ibis.literal(end))
    days = ibis.ifelse(still_open, waited, delivered).delta(due.due_on.cast("date"), unit="day")
    is_late = days > 0
    return due.aggregate(
        by=by,
        value=days.mean(where=is_late),
        n=due.count(where=is_late),
        worst=days.max(where=is_late),
        open_overdue=due.count(where=is_late & still_open),
    )


@kpi(
    vi="Tỷ lệ công việc dở dang quá hạn",
    en="Open work overdue",
    definition_vi="Tỷ lệ công việc chưa xong đã quá hạn trong tổng số công việc chưa xong.",
    unit="share",
    better="less",
    counted=True,
    needs={"tasks": ["project_id", "handed_on", "due_on", "done_on"], **PROJECTS, **CLIENTS},
)
def open_overdue(
    tasks: ir.Table, projects: ir.Table, clients: ir.Table, as_of: Day, *, by: Sequence[str] = ()
) -> ir.Table:
    """Of the tasks that are open, the share that is past its due date.

    Open are tasks handed on by `as_of` and not done by then, but for those of projects whose client had left
    before; overdue those of them due before that day. n = open tasks. Components overdue, no_due_date (open, and
    never overdue), oldest (days past due of the worst one; null where none is overdue). low and high: 95 % Wilson
    interval.

    Null where no task is open.
    """
    end = last_day(as_of)
    handed, done = tasks.handed_on.cast("date"), tasks.done_on.cast("date")
    open_tasks = tasks.filter((handed <= end) & (done.isnull() | (done > end)))
    open_tasks = tasks_with_departures(open_tasks, projects, clients)
    open_tasks = open_tasks.filter(still_there(open_tasks, end))
    due = open_tasks.due_on.cast("date")
    found = open_tasks.aggregate(
        by=by,
        n=open_tasks.count(),
        overdue=open_tasks.count(where=due < end),
        no_due_date=open_tasks.count(where=due.isnull()),
        oldest=ibis.literal(end).delta(due, unit="day").max(where=due < end),
    )
    low, high = wilson(found.overdue, found.n)
    return found.mutate(value=found.overdue / found.n.nullif(0), low=low, high=high)


@kpi(
    vi="Thời gian chờ bàn giao giữa các bộ phận",
    en="Hand-over waiting time",
    definition_vi="Số ngày trung bình từ khi bộ phận trước làm xong đến khi bộ phận sau nhận việc trong cùng dự án.",
    unit="days",
    better="less",
    needs={"tasks": ["task_id", "project_id", "handed_on", "done_on"]},
    month={"tasks": "handed_on"},
)
def handover_wait(tasks: ir.Table, *, by: Sequence[str] = (), since: Day | None = None) -> ir.Table:
    """Mean calendar days from one task's end to the hand-over of the project's next task.

    The tasks of a project follow each other by handed_on (then task_id), whatever `by` asks for; a task
    handed on before the one ahead of it was done did not wait: 0 days. n = hand-overs: tasks with one ahead
    of them that is done; `since` leaves out those before it, and not the tasks they waited for. Components waited
    (hand-overs of more than 0 days), longest. low and high: 95 % normal interval of the mean, not below 0. `by`
    month is the month of the hand-over, and 'department' is the one that was waiting.

    Null where there is no hand-over; low and high null below two.
    """
    order = ibis.window(group_by="project_id", order_by=["handed_on", "task_id"])
    ahead = tasks.mutate(ahead_done=tasks.done_on.cast("date").lag().over(order))
    ahead = ahead if since is None else ahead.filter(ahead.handed_on.cast("date") >= first_day(since))
    days = ahead.handed_on.cast("date").delta(ahead.ahead_done, unit="day").cast("float64").clip(lower=0)
    found = ahead.aggregate(
        by=by,
        value=days.mean(),
        n=days.count(),
        waited=ahead.count(where=days > 0),
        longest=days.max(),
        deviation=days.std(),
    )
    low, high = normal(found.value, found.deviation, found.n)
    return found.mutate(low=low.clip(lower=0), high=high).drop("deviation")


def _due(projects: ir.Table, clients: ir.Table, end: date) -> ir.Table:
    """The projects that clients waited for when they fell due, by `end`."""
    projects = ordered(projects)
    due = with_departures(projects.filter(projects.due_on.cast("date") <= end), clients)
    return still_due(due, "delivered_on", end)


def _on_time(due: ir.Table, done: str, end: date, by: Sequence[str]) -> ir.Table:
    """Of the work due, how much was done on or before its day, with the date `done`."""
    done_on = due[done].cast("date")
    found = due.aggregate(
        by=by,
        n=due.count(),
        on_time=due.count(where=done_on <= due.due_on.cast("date")),
        open_overdue=due.count(where=done_on.isnull() | (done_on > end)),
    )
    low, high = wilson(found.on_time, found.n)
    return found.mutate(value=found.on_time / found.n.nullif(0), low=low, high=high, late=found.n - found.on_time)

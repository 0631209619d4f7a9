"""What ends with a client: contracts, projects and work of one who has left, for all KPIs of them."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir

CLIENTS = {"clients": ["client_id", "until"]}
"""What a KPI needs to know of who has left."""

PROJECTS = {"projects": ["project_id", "client_id"]}
"""What a KPI of tasks needs to know of whose they are."""


def with_departures(table: ir.Table, clients: ir.Table) -> ir.Table:
    """`table` with `left_on`, the last day of each row's client; null where it is still there, or not in `clients`."""
    left = clients.select(leaver=clients.client_id, left_on=clients.until.cast("date"))
    left = left.filter(left.left_on.notnull())
    return table.left_join(left, table.client_id == left.leaver).drop("leaver")


def tasks_with_departures(tasks: ir.Table, projects: ir.Table, clients: ir.Table) -> ir.Table:
    """`tasks` with `left_on` of the client of each task's project."""
    jobs = with_departures(projects.select(job=projects.project_id, client_id=projects.client_id), clients)
    jobs = jobs.filter(jobs.left_on.notnull()).select("job", "left_on")
    return tasks.left_join(jobs, tasks.project_id == jobs.job).drop("job")


def still_there(work: ir.Table, day: ir.DateValue | date) -> ir.BooleanValue:
    """Whether the client of each row `with_departures` had not left before a day."""
    return work.left_on.isnull() | (work.left_on >= day)


def still_due(work: ir.Table, done: str, end: date) -> ir.Table:
    """`work` `with_departures` without what nobody waited for when it fell due: not done, and its client had left."""
    due_on, done_on = work.due_on.cast("date"), work[done].cast("date")
    return work.filter(still_there(work, due_on) | (done_on <= end))


def runs_on(contracts: ir.Table, day: ir.DateValue | date) -> ir.BooleanValue:
    """Whether contracts `with_departures` run on a day: in their term, and not after their client's last day."""
    begins, ends = contracts.starts_on.cast("date"), contracts.ends_on.cast("date")
    return (begins <= day) & (ends.isnull() | (ends >= day)) & still_there(contracts, day)

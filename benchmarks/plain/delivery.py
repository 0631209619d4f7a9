"""Whether projects arrive when they were promised, in plain pandas."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .common import edges, last_day, last_days, mean, ordered, share, summed


def on_time_delivery(projects: pd.DataFrame, clients: pd.DataFrame, as_of: str, *, by: Sequence[str]) -> pd.DataFrame:
    return _on_time(_due(projects, clients, as_of), "delivered_on", as_of, by)


def on_time_tasks(
    tasks: pd.DataFrame, projects: pd.DataFrame, clients: pd.DataFrame, as_of: str, *, by: Sequence[str]
) -> pd.DataFrame:
    due = tasks[tasks.due_on <= last_day(as_of)]
    left = _left(due, projects, clients)
    return _on_time(due[_waited_for(due, left, "done_on", as_of)], "done_on", as_of, by)


def days_late(projects: pd.DataFrame, clients: pd.DataFrame, as_of: str, *, by: Sequence[str]) -> pd.DataFrame:
    end = last_day(as_of)
    due = _due(projects, clients, as_of)
    still_open = due.delivered_on.isna() | (due.delivered_on > end)
    until = last_days(due, clients).fillna(end).clip(upper=end)
    days = (due.delivered_on.mask(still_open, until) - due.due_on).dt.days
    figures = due[[*by]].assign(days=days.where(days > 0), open_overdue=still_open & (days > 0))
    groups = figures.groupby([*by], dropna=False)
    found = groups.days.agg(["mean", "count", "max"]).set_axis(["value", "n", "worst"], axis=1)
    return found.assign(open_overdue=groups.open_overdue.sum())


def open_overdue(
    tasks: pd.DataFrame, projects: pd.DataFrame, clients: pd.DataFrame, as_of: str, *, by: Sequence[str]
) -> pd.DataFrame:
    end = last_day(as_of)
    rows = tasks[(tasks.handed_on <= end) & (tasks.done_on.isna() | (tasks.done_on > end))]
    rows = rows[~(_left(rows, projects, clients) < end)]
    overdue = rows.due_on < end
    found = summed(rows, by, n=1, overdue=overdue, no_due_date=rows.due_on.isna())
    oldest = (end - rows[overdue].groupby([*by], dropna=False).due_on.min()).dt.days
    return share(found, found.overdue, found.n).assign(oldest=oldest)


def handover_wait(tasks: pd.DataFrame, *, by: Sequence[str], since: str) -> pd.DataFrame:
    ordered = tasks.sort_values(["project_id", "handed_on", "task_id"])
    ahead = ordered.done_on.shift().where(ordered.project_id == ordered.project_id.shift())
    recent = ordered.handed_on >= edges(since)[0]
    ordered, ahead = ordered[recent], ahead[recent]
    days = (ordered.handed_on - ahead).dt.days.clip(lower=0)
    groups = ordered[[*by]].assign(days=days, waited=days > 0).groupby([*by], dropna=False)
    found = groups.days.agg(["mean", "count", "max", "std"]).set_axis(["value", "n", "longest", "std"], axis=1)
    return mean(found, found["std"]).assign(waited=groups.waited.sum()).drop(columns="std")


def _due(projects: pd.DataFrame, clients: pd.DataFrame, as_of: str) -> pd.DataFrame:
    due = projects[(projects.due_on <= last_day(as_of)) & ordered(projects)]
    return due[_waited_for(due, last_days(due, clients), "delivered_on", as_of)]


def _left(tasks: pd.DataFrame, projects: pd.DataFrame, clients: pd.DataFrame) -> pd.Series:
    gone = clients.loc[clients.until.notna(), ["client_id", "until"]]
    of_project = projects[["project_id", "client_id"]].merge(gone).set_index("project_id").until
    return tasks.project_id.map(of_project)


def _waited_for(due: pd.DataFrame, left: pd.Series, done: str, as_of: str) -> pd.Series:
    return ~(due.due_on > left) | (due[done] <= last_day(as_of))


def _on_time(due: pd.DataFrame, done: str, as_of: str, by: Sequence[str]) -> pd.DataFrame:
    still_open = due[done].isna() | (due[done] > last_day(as_of))
    found = summed(due, by, n=1, on_time=due[done] <= due.due_on, open_overdue=still_open)
    return share(found, found.on_time, found.n).assign(late=found.n - found.on_time)

"""How much an account manager keeps, in plain pandas."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .common import earned, edges, in_all_groups, positive, summed


def clients_per_manager(
    clients: pd.DataFrame, account_managers: pd.DataFrame, month: str, *, by: Sequence[str]
) -> pd.DataFrame:
    first, last = edges(month)
    active = clients[(clients.since <= last) & (clients.until.isna() | (clients.until >= first))]
    found = active.groupby([*by], dropna=False).agg(n=("am_id", "nunique"), clients=("am_id", "count"))
    unassigned = active.am_id.isna().groupby([active[column] for column in by], dropna=False).sum()
    found = in_all_groups(found.assign(unassigned=unassigned), clients, by)
    return found.assign(value=found.clients / positive(found.n))


def revenue_per_manager(invoices: pd.DataFrame, clients: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    per_client = summed(invoices, [*by, "client_id"], revenue=earned(invoices)).reset_index()
    keeper = per_client.client_id.map(clients.set_index("client_id").am_id)
    known = keeper.notna()
    figures = per_client.assign(keeper=keeper, kept=per_client.revenue.where(known, 0))
    groups = figures.assign(unassigned=per_client.revenue.mask(known, 0)).groupby([*by], dropna=False)
    found = groups.agg(n=("keeper", "nunique"), revenue=("kept", "sum"), unassigned=("unassigned", "sum"))
    return found.assign(value=found.revenue / positive(found.n))


def utilisation(
    account_managers: pd.DataFrame,
    clients: pd.DataFrame,
    projects: pd.DataFrame,
    tasks: pd.DataFrame,
    month: str,
    *,
    by: Sequence[str],
) -> pd.DataFrame:
    first, last = edges(month)
    done = tasks.loc[tasks.done_on.between(first, last), ["project_id", "hours"]]
    worked = done.merge(projects[["project_id", "client_id"]], on="project_id")
    worked = worked.merge(clients[["client_id", "am_id"]], on="client_id").groupby("am_id").hours.sum()
    team = account_managers[account_managers.hired_on.isna() | (account_managers.hired_on <= last)]
    able = team.capacity_hours > 0
    hours, capacity = team.am_id.map(worked).where(able, 0), team.capacity_hours.where(able, 0)
    found = summed(team, by, n=able, hours=hours, capacity=capacity, no_capacity=~able)
    return found.assign(value=found.hours / positive(found.capacity))

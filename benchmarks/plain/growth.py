"""Growth from within, in plain pandas."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .common import earned, last_day, positive, summed
from .retention import fees


def expansion_per_client(
    contracts: pd.DataFrame, clients: pd.DataFrame, month: str, *, by: Sequence[str]
) -> pd.DataFrame:
    each = fees(contracts, clients, month, by, 12)
    more = (each.end - each.start).clip(lower=0).fillna(0)
    found = summed(each, by, n=each.start.notna(), expansion=more, expanded=more > 0)
    return found.assign(value=found.expansion / positive(found.n))


def white_space(
    clients: pd.DataFrame, projects: pd.DataFrame, tasks: pd.DataFrame, as_of: str, *, by: Sequence[str]
) -> pd.DataFrame:
    end = last_day(as_of)
    here = clients[(clients.since <= end) & (clients.until.isna() | (clients.until >= end))]
    handed = tasks.loc[tasks.handed_on <= end, ["project_id", "department"]].drop_duplicates()
    bought = handed.merge(projects[["project_id", "client_id"]], on="project_id")
    bought = pd.crosstab(bought.client_id, bought.department) > 0
    bought = bought.reindex(here.client_id, fill_value=False)
    like = here.segment.fillna("").to_numpy()
    usual = bought.groupby(like).transform("mean") >= 0.5
    gaps = (usual & ~bought).sum(axis=1).to_numpy()
    found = summed(here, by, n=1, gaps=gaps, with_gaps=gaps > 0)
    return found.assign(value=found.gaps / found.n)


def key_account_share(invoices: pd.DataFrame, clients: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    per_client = summed(invoices, [*by, "client_id"], revenue=earned(invoices)).reset_index()
    is_key = per_client.client_id.isin(clients.client_id[clients.segment == "key"])
    key = per_client.revenue.where(is_key, 0)
    found = summed(per_client, by, n=1, key=key, revenue=per_client.revenue, key_clients=is_key)
    return found.assign(value=found.key / positive(found.revenue))


def concentration(invoices: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    per_client = positive(earned(invoices).groupby([invoices[c] for c in [*by, "client_id"]], dropna=False).sum())
    groups = per_client.groupby([*by], dropna=False)
    found = groups.agg(["count", "max", "sum"]).set_axis(["n", "largest", "revenue"], axis=1)
    squares = (per_client**2).groupby([*by], dropna=False).sum()
    herfindahl = squares / found.revenue**2
    return found.assign(value=found.largest / found.revenue, herfindahl=herfindahl, equal_clients=1 / herfindahl)

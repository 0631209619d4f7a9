"""What was billed, in plain pandas."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .common import DAY, earned, edges, in_all_groups, last_days, positive, summed
from .retention import runs


def revenue(invoices: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    passed = invoices.pass_through.fillna(0)
    return summed(invoices, by, value=invoices.amount - passed, n=1, invoiced=invoices.amount, pass_through=passed)


def revenue_per_client(invoices: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    clients = summed(invoices, [*by, "client_id"], n=earned(invoices)).groupby([*by], dropna=False).n
    found = clients.agg(["size", "sum"]).set_axis(["n", "revenue"], axis=1)
    return found.assign(value=found.revenue / found.n)


def revenue_growth(invoices: pd.DataFrame, month: str, *, by: Sequence[str]) -> pd.DataFrame:
    two, now = _two_months(invoices, month)
    money = earned(two)
    found = summed(two, by, n=1, revenue=money.where(now, 0), before=money.mask(now, 0))
    found = in_all_groups(found, invoices, by)
    return found.assign(value=(found.revenue - found.before) / positive(found.before))


def revenue_bridge(invoices: pd.DataFrame, month: str, *, by: Sequence[str]) -> pd.DataFrame:
    first_ever = invoices.groupby("client_id").issued_on.min()
    two, now = _two_months(invoices, month)
    money = earned(two)
    keys = [*by, "client_id"]
    clients = summed(two, keys, start=money.mask(now, 0), end=money.where(now, 0), here=now, there=~now).reset_index()
    here, there = clients.here > 0, clients.there > 0
    change, came = clients.end - clients.start, here & ~there
    is_new = clients.client_id.map(first_ever) >= edges(month)[0]
    found = summed(
        clients,
        by,
        n=1,
        start=clients.start,
        new=clients.end.where(came & is_new, 0),
        returned=clients.end.where(came & ~is_new, 0),
        expansion=change.where(here & there, 0).clip(lower=0),
        contraction=-change.where(here & there, 0).clip(upper=0),
        lost=clients.start.where(there & ~here, 0),
        end=clients.end,
    )
    return found.assign(value=found.end - found.start)


def new_client_revenue(invoices: pd.DataFrame, *, by: Sequence[str], since: str) -> pd.DataFrame:
    first = invoices.groupby("client_id").issued_on.min()
    ends = (first.dt.to_period("M") + 12).dt.to_timestamp()
    recent = invoices[invoices.issued_on >= edges(since)[0]]
    money = earned(recent)
    found = summed(recent, by, n=1, new=money.where(recent.issued_on < recent.client_id.map(ends), 0), revenue=money)
    return found.assign(value=found.new / positive(found.revenue), existing=found.revenue - found.new)


def target_attainment(invoices: pd.DataFrame, targets: pd.DataFrame, month: str, *, by: Sequence[str]) -> pd.DataFrame:
    rows = invoices[invoices.issued_on.between(*edges(month))]
    found = in_all_groups(summed(rows, by, n=1, revenue=earned(rows)), invoices, by)
    aims = targets[(targets.kpi == "revenue") & (targets.from_month <= pd.Period(month))]
    aims = aims.sort_values("from_month").groupby("scope").target.last()
    found = found.assign(target=found.index.map(aims))
    return found.assign(value=found.revenue / found.target.where(found.target != 0))


def recurring_revenue(contracts: pd.DataFrame, clients: pd.DataFrame, month: str, *, by: Sequence[str]) -> pd.DataFrame:
    running = runs(contracts, last_days(contracts, clients), edges(month)[1])
    groups = contracts[(contracts.kind == "retainer") & running].groupby([*by], dropna=False)
    found = groups.agg(value=("monthly_fee", "sum"), n=("kind", "size"), clients=("client_id", "nunique"))
    found = in_all_groups(found, contracts, by)
    return found.assign(value=found.value.where(found.n > 0))


def _two_months(invoices: pd.DataFrame, month: str) -> tuple[pd.DataFrame, pd.Series]:
    """The invoices of a month and the one before, and which of them are of the month."""
    first, last = edges(month)
    two = invoices[invoices.issued_on.between(edges(pd.Period(month) - 1)[0], last + DAY, inclusive="left")]
    return two, two.issued_on >= first

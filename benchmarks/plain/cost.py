"""What projects cost and leave, in plain pandas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .common import last_day, last_days, ordered, positive, summed


def unplanned_cost(projects: pd.DataFrame, costs: pd.DataFrame, as_of: str, *, by: Sequence[str]) -> pd.DataFrame:
    spent = costs[costs.spent_on <= last_day(as_of)]
    extra, unknown = ~spent.planned.fillna(True).astype(bool), spent.planned.isna()
    spent = summed(spent, ["project_id"], unplanned=spent.amount.where(extra), unknown=spent.amount.where(unknown))
    budgeted = projects[ordered(projects) & (projects.budget_cost > 0)].merge(spent, on="project_id", how="left")
    groups = budgeted.groupby([*by], dropna=False)
    found = groups[["unplanned", "budget_cost", "unknown"]].sum().rename(columns={"budget_cost": "budget"})
    return found.assign(n=groups.size(), value=found.unplanned / positive(found.budget))


def unapproved_cost(costs: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    extra = ~costs.planned.fillna(True).astype(bool)
    alone = extra & costs.approved_by.isna()
    money = costs.amount
    found = summed(costs, by, n=extra, unplanned=money.where(extra, 0), unapproved=money.where(alone, 0))
    return found.assign(value=found.unapproved / positive(found.unplanned))


def billable_share(costs: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    extra = ~costs.planned.fillna(True).astype(bool)
    billed = extra & costs.billable.fillna(False).astype(bool)
    money = costs.amount
    found = summed(costs, by, n=extra, unplanned=money.where(extra, 0), billable=money.where(billed, 0))
    return found.assign(value=found.billable / positive(found.unplanned), absorbed=found.unplanned - found.billable)


def project_margin(
    projects: pd.DataFrame, invoices: pd.DataFrame, costs: pd.DataFrame, *, by: Sequence[str]
) -> pd.DataFrame:
    passed = invoices.groupby("project_id").pass_through.sum().rename("pass_through")
    cost = costs.groupby("project_id").amount.sum().rename("cost")
    priced = projects[ordered(projects) & projects.fee.notna()]
    priced = priced.merge(passed, on="project_id", how="left").merge(cost, on="project_id", how="left")
    groups = priced.groupby([*by], dropna=False)
    found = groups[["fee", "pass_through", "cost"]].sum()
    own = found.fee - found.pass_through
    return found.assign(n=groups.size(), value=(own - found.cost) / positive(own), margin=own - found.cost)


def budget_burn(
    projects: pd.DataFrame, costs: pd.DataFrame, clients: pd.DataFrame, as_of: str, *, by: Sequence[str]
) -> pd.DataFrame:
    end = last_day(as_of)
    spent = costs[costs.spent_on <= end].groupby("project_id").amount.sum().rename("cost")
    running = projects.assign(begun=projects.decided_on.fillna(projects.briefed_on))
    running = running[
        (running.budget_cost > 0)
        & running.due_on.notna()
        & (running.begun <= end)
        & (running.delivered_on.isna() | (running.delivered_on > end))
        & ordered(running)
        & ~(last_days(running, clients) < end)
    ].merge(spent, on="project_id", how="left")
    passed, planned = (end - running.begun).dt.days + 1, (running.due_on - running.begun).dt.days + 1
    elapsed = np.where(passed >= planned, 1, passed / planned.where(planned > 0))
    cost, budget = running.cost.fillna(0), running.budget_cost
    over = cost > budget
    found = summed(running, by, n=1, cost=cost, budget=budget, expected=budget * elapsed, over_budget=over)
    return found.assign(value=found.cost / positive(found.expected), spent_share=found.cost / positive(found.budget))


def fee_per_hour(projects: pd.DataFrame, tasks: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    worked = tasks.groupby("project_id").hours.sum()
    priced = projects[ordered(projects) & projects.fee.notna()].merge(worked[worked > 0], on="project_id")
    found = summed(priced, by, n=1, fee=priced.fee, hours=priced.hours)
    return found.assign(value=found.fee / found.hours)

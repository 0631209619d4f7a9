"""From brief to contract, in plain pandas."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .common import last_day, last_days, mean, positive, share, summed


def proposal_time(projects: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    days = (projects.proposed_on - projects.briefed_on).dt.days
    groups = projects[[*by]].assign(days=days).groupby([*by], dropna=False).days
    found = groups.agg(["mean", "count", "median", "max", "std", "size"])
    found = found.set_axis(["value", "n", "median", "slowest", "std", "waiting"], axis=1)
    return mean(found, found["std"]).assign(waiting=found.waiting - found.n).drop(columns="std")


def win_rate(projects: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    decided, won = projects.won.notna(), projects.won.fillna(False).astype(bool)
    gained, fees = projects.fee.where(won), projects.fee.where(decided)
    found = summed(projects, by, n=decided, won=won, open=~decided, by_value=gained, fees=fees)
    found = share(found, found.won, found.n)
    return found.assign(lost=found.n - found.won, by_value=found.by_value / positive(found.fees))


def open_briefs(projects: pd.DataFrame, clients: pd.DataFrame, as_of: str, *, by: Sequence[str]) -> pd.DataFrame:
    end = last_day(as_of)
    known = projects[projects.briefed_on <= end]
    is_open = (known.decided_on.isna() | (known.decided_on > end)) & ~(last_days(known, clients) < end)
    unproposed = known.proposed_on.isna() | (known.proposed_on > end)
    age = (end - known.briefed_on).dt.days.where(is_open)
    figures = known[[*by]].assign(value=is_open, without_proposal=is_open & unproposed, age=age)
    groups = figures.assign(fees=known.fee.where(is_open)).groupby([*by], dropna=False)
    found = groups[["value", "without_proposal", "fees"]].sum()
    return found.assign(n=groups.size(), mean_age=groups.age.mean(), oldest=groups.age.max())

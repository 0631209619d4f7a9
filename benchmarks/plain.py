"""The same figures in plain pandas and NumPy, as a good analyst would write them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from amlib.business_time import WorkingHours


def nps(surveys: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """NPS, answers, promoters, detractors and surveys sent of each group."""
    score = surveys.score
    marked = surveys[[*by]].assign(answered=score.notna(), promoters=score >= 9, detractors=score <= 6, sent=1)
    found = marked.groupby([*by], dropna=False)[["answered", "promoters", "detractors", "sent"]].sum()
    return found.assign(value=(found.promoters - found.detractors) / found.answered.where(found.answered > 0))


def response_time(messages: pd.DataFrame, hours: WorkingHours, by: Sequence[str]) -> pd.DataFrame:
    """Mean, median, 90th percentile, spread and counts of business hours of each group."""
    taken = business_hours(messages.received_at, messages.replied_at, hours)
    groups = messages.assign(taken=taken).groupby([*by], dropna=False).taken
    found = groups.agg(["mean", "count", "median", "std", "size"])
    return found.assign(p90=groups.quantile(0.9))


def business_hours(start: pd.Series, end: pd.Series, hours: WorkingHours) -> pd.Series:
    """Business hours between two columns of instants, looked up in an array of days."""
    days = hours.calendar(start.min().date(), max(start.max(), end.max()).date())
    before, works = days.before.to_numpy(), days.works.to_numpy()
    first = days.day.iloc[0].to_datetime64()

    def passed(moments: pd.Series) -> np.ndarray:
        moments = moments.to_numpy("M8[s]")
        known = ~np.isnat(moments)
        filled = np.where(known, moments, first.astype("M8[s]"))
        day = filled.astype("M8[D]")
        second = (filled - day).astype("int64")
        today = sum(
            np.clip(second - _seconds(opens), 0, _seconds(closes) - _seconds(opens)) for opens, closes in hours.periods
        )
        at = (day - first.astype("M8[D]")).astype("int64")
        return np.where(known, before[at] + np.where(works[at], today, 0), np.nan)

    return pd.Series((passed(end) - passed(start)) / 3600, index=start.index)


def _seconds(clock) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second

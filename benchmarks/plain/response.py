"""How fast clients are answered, in plain pandas: business hours are looked up in an array of days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

import numpy as np
import pandas as pd

from amlib.business_time import WorkingHours

from .common import mean


def response_time(messages: pd.DataFrame, hours: WorkingHours, *, by: Sequence[str]) -> pd.DataFrame:
    taken = business_hours(messages.received_at, messages.replied_at, hours)
    groups = messages[[*by]].assign(taken=taken).groupby([*by], dropna=False).taken
    found = groups.agg(["mean", "count", "median", "std", "size"])
    found = found.rename(columns={"mean": "value", "count": "n", "size": "received"})
    found = mean(found.assign(p90=groups.quantile(0.9)), found["std"])
    unanswered = found.received - found.n
    found = found.assign(unanswered=unanswered, unanswered_share=unanswered / found.received)
    return found.assign(share_within=np.nan).drop(columns="std")


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


def _seconds(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second

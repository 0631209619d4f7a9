"""Whether clients come back, in plain pandas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .common import edges, last_day, share, summed


def returning_clients(invoices: pd.DataFrame, since: str, as_of: str, *, by: Sequence[str]) -> pd.DataFrame:
    begins = edges(since)[0]
    orders = invoices[(invoices.amount > 0) & (invoices.issued_on <= last_day(as_of))]
    recent = orders.loc[orders.issued_on >= begins, [*by, "client_id"]].drop_duplicates()
    before = recent.client_id.isin(orders.client_id[orders.issued_on < begins].unique())
    found = summed(recent, by, n=1, returning=before, new=~before)
    return share(found, found.returning, found.n)


def repeat_rate(invoices: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    orders = invoices[invoices.amount > 0].groupby([*by, "client_id"], dropna=False).size()
    again = (orders >= 2).groupby([*by], dropna=False)
    found = again.agg(["size", "sum"]).set_axis(["n", "repeat"], axis=1)
    return share(found, found.repeat, found.n).assign(once=found.n - found.repeat)


def cohort_retention(invoices: pd.DataFrame, as_of: str, *, by: Sequence[str]) -> pd.DataFrame:
    """By age alone, for ages up to 12 months: that is how the benchmark asks."""
    end = last_day(as_of)
    orders = invoices.loc[(invoices.amount > 0) & (invoices.issued_on <= end), ["client_id", "issued_on"]]
    month = orders.issued_on.to_numpy("M8[M]").astype("int64")
    active = pd.DataFrame({"client_id": orders.client_id, "month": month}).drop_duplicates()
    cohort = active.groupby("client_id").month.transform("min")
    ages, last = np.arange(13), np.datetime64(end, "M").astype("int64")
    begun = cohort[active.month == cohort].to_numpy()
    found = pd.DataFrame({"n": [(begun + age <= last).sum() for age in ages]}, index=pd.Index(ages, name="age"))
    reached = (active.month - cohort).value_counts()
    found["active"] = reached.reindex(ages, fill_value=0)
    return share(found, found.active, found.n)

"""What a client is worth, in plain pandas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .common import earned, in_all_groups, last_day


def lifetime_value(invoices: pd.DataFrame, clients: pd.DataFrame, as_of: str, *, by: Sequence[str]) -> pd.DataFrame:
    """The method 'simple'."""
    end = last_day(as_of)
    orders = invoices[(invoices.amount > 0) & (invoices.issued_on <= end)]
    orders = earned(orders).groupby(orders.client_id).agg(["size", "sum"]).set_axis(["orders", "spent"], axis=1)
    begin = invoices.issued_on[invoices.issued_on <= end].min().to_period("M").start_time
    stays = clients[clients.since <= end].merge(orders, on="client_id", how="left")
    stays["left"] = stays.until <= end
    stays["entry"] = (begin - stays.since).dt.days.clip(lower=0)
    stays["exit"] = (stays.until.where(stays.left, end) - stays.since).dt.days + 1
    seen = stays[stays.exit > stays.entry].assign(years=lambda t: (t.exit - t.entry) / 365.25)
    groups = seen.groupby([*by], dropna=False)
    found = groups.agg(
        n=("years", "size"),
        years=("years", "sum"),
        stayed=("exit", "mean"),
        orders=("orders", "sum"),
        spent=("spent", "sum"),
    )
    found["average_order_value"] = found.spent / found.orders
    found["orders_per_year"] = found.orders / found.years
    found["years_retained"] = groups[["entry", "exit", "left"]].apply(kaplan_meier_mean) / 365.25
    found["years_retained_naive"] = found.stayed / 365.25
    found["value"] = found.average_order_value * found.orders_per_year * found.years_retained
    found = in_all_groups(found, stays, by)
    found["left_before"] = stays.groupby([*by], dropna=False).size() - found.n
    return found.drop(columns=["years", "stayed", "orders", "spent"])


def kaplan_meier_mean(stays: pd.DataFrame) -> float:
    """The area below the Kaplan–Meier curve of stays that are seen from day `entry` to day `exit` of them."""
    ages = np.unique(np.concatenate([[0], stays.exit]))
    gone = np.bincount(np.searchsorted(ages, stays.exit), weights=stays.left, minlength=len(ages))
    out = np.searchsorted(np.sort(stays.exit), ages)
    there = np.searchsorted(np.sort(stays.entry), ages) - out
    staying = np.cumprod(1 - np.minimum(gone, there - 1).clip(min=0) / np.maximum(there, 1))
    return float(np.diff(ages) @ staying[:-1])

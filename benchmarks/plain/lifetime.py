"""What a client is worth, in plain pandas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .common import earned, last_day


def lifetime_value(invoices: pd.DataFrame, clients: pd.DataFrame, as_of: str, *, by: Sequence[str]) -> pd.DataFrame:
    """The method 'simple'."""
    end = last_day(as_of)
    orders = invoices[(invoices.amount > 0) & (invoices.issued_on <= end)]
    orders = earned(orders).groupby(orders.client_id).agg(["size", "sum"]).set_axis(["orders", "spent"], axis=1)
    stays = clients[clients.since <= end].merge(orders, on="client_id", how="left")
    stays["left"] = stays.until <= end
    stays["years"] = ((stays.until.where(stays.left, end) - stays.since).dt.days + 1) / 365.25
    groups = stays.groupby([*by], dropna=False)
    found = groups.agg(n=("years", "size"), years=("years", "sum"), orders=("orders", "sum"), spent=("spent", "sum"))
    found["average_order_value"] = found.spent / found.orders
    found["orders_per_year"] = found.orders / found.years
    found["years_retained"] = groups[["years", "left"]].apply(kaplan_meier_mean)
    found["years_retained_naive"] = found.years / found.n
    found["value"] = found.average_order_value * found.orders_per_year * found.years_retained
    return found.drop(columns=["years", "orders", "spent"])


def kaplan_meier_mean(stays: pd.DataFrame) -> float:
    """The area below the Kaplan–Meier curve of stays of some `years`, those that `left` at their end."""
    stays = stays.sort_values(["years", "left"], ascending=[True, False])
    there = len(stays) - np.arange(len(stays))
    staying = np.cumprod(np.where(stays.left, 1 - 1 / there, 1))
    return float(np.diff(stays.years, prepend=0) @ np.concatenate([[1], staying[:-1]]))

"""When clients pay, in plain pandas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .common import last_day, summed
from .receivables import owed_on


def payment_delay(
    invoices: pd.DataFrame, payments: pd.DataFrame, as_of: str, *, by: Sequence[str], since: str
) -> pd.DataFrame:
    paid = _paid_in_full(invoices, payments, last_day(as_of))
    paid = paid[paid.paid_in_full >= pd.Timestamp(since)]
    groups = paid.assign(late=(paid.paid_in_full - paid.due_on).dt.days).groupby([*by], dropna=False).late
    found = groups.agg(["median", "count", "mean"]).rename(columns={"median": "value", "count": "n"})
    return found.assign(p25=groups.quantile(0.25), p75=groups.quantile(0.75))


def expected_cash(
    invoices: pd.DataFrame, payments: pd.DataFrame, as_of: str, *, by: Sequence[str], weeks: int = 8
) -> pd.DataFrame:
    end, days = last_day(as_of), 7 * weeks
    owed = owed_on(invoices, payments, end)
    owed = owed[owed.open > 0]
    paid = _paid_in_full(invoices, payments, end)
    recent = paid[paid.paid_in_full > end - pd.Timedelta(days=365)]
    late = (recent.paid_in_full - recent.due_on).dt.days
    own = late.groupby(recent.client_id).quantile([0.5, 0.25, 0.75]).unstack()
    own = own[late.groupby(recent.client_id).size() >= 5]
    of_all = late.quantile([0.5, 0.25, 0.75]) if len(late) >= 5 else pd.Series(0, index=[0.5, 0.25, 0.75])
    due_in = (owed.due_on - end).dt.days
    usual, early, slow = (
        due_in + np.ceil(owed.client_id.map(own[share]).fillna(of_all[share])) for share in (0.5, 0.25, 0.75)
    )
    within = usual.between(1, days)
    found = summed(
        owed,
        by,
        dated=owed.due_on.notna(),
        value=owed.open.where(within, 0),
        n=1,
        if_slow=owed.open.where(within & (slow <= days), 0),
        at_most=owed.open.where(early <= days, 0),
        late=owed.open.where(usual < 1, 0),
        later=owed.open.where(usual > days, 0),
        no_due_date=owed.open.where(owed.due_on.isna(), 0),
    )
    unknown = found.pop("dated") == 0
    return found.assign(**{name: found[name].mask(unknown) for name in ("value", "if_slow", "at_most")})


def _paid_in_full(invoices: pd.DataFrame, payments: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    due = invoices[(invoices.amount > 0) & invoices.due_on.notna()]
    paid = payments[payments.paid_on <= end].sort_values("paid_on", kind="stable")
    paid = paid[["invoice_id", "paid_on", "amount"]].merge(due[["invoice_id", "amount"]], on="invoice_id")
    so_far = paid.groupby("invoice_id").amount_x.cumsum()
    full = paid[(paid.amount_y - so_far).round(2) <= 0].groupby("invoice_id").paid_on.min().rename("paid_in_full")
    return due.merge(full, on="invoice_id")

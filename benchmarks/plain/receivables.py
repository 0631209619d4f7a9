"""What clients owe, in plain pandas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .common import DAY, edges, last_day, positive, summed


def overdue_share(invoices: pd.DataFrame, payments: pd.DataFrame, as_of: str, *, by: Sequence[str]) -> pd.DataFrame:
    end = last_day(as_of)
    owed = owed_on(invoices, payments, end)
    money = owed.open.clip(lower=0)
    found = summed(
        owed,
        by,
        n=money > 0,
        dated=(money > 0) & owed.due_on.notna(),
        open=money,
        overdue=money.where(owed.due_on < end, 0),
        no_due_date=money.where(owed.due_on.isna(), 0),
        credit=-owed.open.clip(upper=0),
    )
    return found.assign(value=(found.overdue / found.open).where(found.dated > 0)).drop(columns="dated")


def receivables_ageing(
    invoices: pd.DataFrame, payments: pd.DataFrame, as_of: str, *, by: Sequence[str]
) -> pd.DataFrame:
    end = last_day(as_of)
    owed = owed_on(invoices, payments, end)
    money, days = owed.open.clip(lower=0), (end - owed.due_on).dt.days
    bands = {
        "not_due": days <= 0,
        "days_1_30": days.between(1, 30),
        "days_31_60": days.between(31, 60),
        "days_61_90": days.between(61, 90),
        "over_90": days > 90,
        "no_due_date": days.isna(),
    }
    in_bands = {name: money.where(band, 0) for name, band in bands.items()}
    found = summed(owed, by, value=money, n=money > 0, **in_bands, credit=-owed.open.clip(upper=0))
    return found.assign(value=positive(found.value))


def credit_balance(invoices: pd.DataFrame, payments: pd.DataFrame, as_of: str, *, by: Sequence[str]) -> pd.DataFrame:
    owed = owed_on(invoices, payments, last_day(as_of))
    credit, is_note = -owed.open.clip(upper=0), owed.amount < 0
    notes, overpaid = credit.where(is_note, 0), credit.mask(is_note, 0)
    found = summed(owed, by, value=credit, n=credit > 0, credit_notes=notes, overpaid=overpaid)
    return found.assign(value=positive(found.value))


def days_sales_outstanding(
    invoices: pd.DataFrame, payments: pd.DataFrame, as_of: str, *, by: Sequence[str]
) -> pd.DataFrame:
    """For one column in `by`: that is how the benchmark asks."""
    end = last_day(as_of)
    owed = owed_on(invoices, payments, end)
    money, bills = owed.open.clip(lower=0), positive(owed.amount)
    found = summed(owed, by, n=money > 0, open=money, billed=bills.where(owed.issued_on > end - 90 * DAY))
    month = owed.issued_on.dt.to_period("M").rename("month")
    billed = bills.groupby([owed[by[0]], month], dropna=False).sum().unstack(fill_value=0.0)
    months = pd.period_range(billed.columns.min(), end, freq="M")
    billed = billed.reindex(columns=months, fill_value=0.0)
    billed_later = billed.iloc[:, ::-1].cumsum(axis=1).iloc[:, ::-1] - billed
    left = found.open.to_numpy()[:, None] - billed_later
    share = ((left / positive(billed)).clip(upper=1) * (left > 0)).fillna(left > 0)
    days = [*months.days_in_month[:-1], end.day]
    value = (share @ days).where(found.n > 0)
    return found.assign(value=value, simple=found.open / positive(found.billed) * 90)


def collection_rate(
    invoices: pd.DataFrame, payments: pd.DataFrame, as_of: str, *, by: Sequence[str], since: str
) -> pd.DataFrame:
    end = last_day(as_of)
    due = invoices[(invoices.amount > 0) & invoices.due_on.between(edges(since)[0], end)]
    paid = payments.loc[payments.paid_on <= end, ["invoice_id", "paid_on", "amount"]]
    paid = paid.merge(due[["invoice_id", "due_on"]], on="invoice_id")
    in_time = paid.amount.where(paid.paid_on <= paid.due_on, 0)
    paid = summed(paid, ["invoice_id"], paid=paid.amount, in_time=in_time)
    due = due.merge(paid, on="invoice_id", how="left")
    collected, on_time = (np.minimum(due[part].fillna(0), due.amount) for part in ("paid", "in_time"))
    found = summed(due, by, n=1, due=due.amount, collected=collected, on_time=on_time)
    return found.assign(value=found.collected / found.due, on_time_rate=found.on_time / found.due)


def reconciliation(
    invoices: pd.DataFrame, payments: pd.DataFrame, statements: pd.DataFrame, as_of: str, *, by: Sequence[str]
) -> pd.DataFrame:
    sent = statements[statements.as_of <= last_day(as_of)]
    stated_on = sent.groupby("client_id").as_of.max().rename("stated_on")
    sent = sent[sent.as_of == sent.client_id.map(stated_on)]
    theirs = sent[sent.amount.round(2) != 0].groupby(["client_id", "invoice_id"]).amount.sum().rename("theirs")
    ours = invoices[["client_id", "invoice_id", "issued_on", "amount"]].merge(stated_on, on="client_id")
    ours = ours[ours.issued_on <= ours.stated_on]
    paid = payments[["invoice_id", "paid_on", "amount"]].merge(ours[["invoice_id", "stated_on"]], on="invoice_id")
    paid = paid[paid.paid_on <= paid.stated_on].groupby("invoice_id").amount.sum().rename("paid")
    ours = ours.merge(paid, on="invoice_id", how="left")
    ours["ours"] = (ours.amount - ours.paid.fillna(0)).round(2)
    both = ours.loc[ours.ours != 0, ["client_id", "invoice_id", "ours"]]
    both = both.merge(theirs.reset_index(), on=["client_id", "invoice_id"], how="outer")
    both = both.merge(sent.groupby("client_id")[[*by]].max(), on="client_id")
    gap = (both.ours.fillna(0) - both.theirs.fillna(0)).abs().round(2)
    here, there = both.ours.notna(), both.theirs.notna()
    return summed(
        both,
        by,
        value=gap,
        n=1,
        matched=here & there & (gap == 0),
        differs=here & there & (gap > 0),
        missing_there=here & ~there,
        missing_here=there & ~here,
        missing_there_amount=both.ours.mask(there, 0),
        missing_here_amount=both.theirs.mask(here, 0),
        ours=both.ours.fillna(0),
        theirs=both.theirs.fillna(0),
    )


def owed_on(invoices: pd.DataFrame, payments: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    paid = payments[payments.paid_on <= end].groupby("invoice_id").amount.sum().rename("paid")
    owed = invoices[invoices.issued_on <= end].merge(paid, on="invoice_id", how="left")
    return owed.assign(open=(owed.amount - owed.paid.fillna(0)).round(2))

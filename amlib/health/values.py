"""What each measure finds: client_id, at and value for many months at once, each as known at its end.

A client who is not in the answer for a month cannot be told of.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from amlib import kpis
from amlib.health.windows import Months, first_day, in_window, known, last_months, month_number

CLIENT = ["client_id", "at"]


def survey_score(book: Any, months: Months) -> pd.DataFrame:
    answers = known(book, "surveys", months, "client_id sent_on answered_on score", back=6).dropna(subset="score")
    # An answer without a date is as old as its survey: it must not pass for the latest.
    answers = answers.assign(answered_on=answers.answered_on.fillna(answers.sent_on))
    latest = answers.sort_values("answered_on", kind="stable").groupby(CLIENT).score.last()
    return _values(latest.astype(float))


def share_in_time(book: Any, months: Months) -> pd.DataFrame:
    messages = _messages(book)
    place, at = in_window(messages.of.to_numpy(), months, back=2)
    messages = messages.take(place).assign(at=at)
    # Nobody knew then of an answer that came later.
    in_time = messages.in_time.where(messages.replied_in <= messages["at"], 0)
    sums = messages.assign(in_time=in_time).groupby(CLIENT)[["in_time", "received"]].sum()
    return _values(sums.in_time / sums.received)


def fee_trend(book: Any, months: Months) -> pd.DataFrame:
    # A retainer without a fee written down makes the client's fee unknown, not small.
    retainers = _retainers(book, months)
    now, before = (
        retainers[(retainers.starts_on < end) & ~(retainers.ends_on < end - _DAY)]
        .groupby(CLIENT)
        .monthly_fee.sum(skipna=False)
        for end in (first_day(retainers["at"] + 1), first_day(retainers["at"] - 2))
    )
    before = before[before > 0]
    return _values(now.reindex(before.index, fill_value=0) / before)


def days_to_renewal(book: Any, months: Months) -> pd.DataFrame:
    # An open-ended retainer has nothing to renew, whatever ended beside it.
    ends = _retainers(book, months).groupby(CLIENT).ends_on.max(skipna=False)
    today = first_day(ends.index.get_level_values("at").to_numpy() + 1) - _DAY
    left = (ends - today).dt.days
    # A retainer that ended long ago belongs to a client who works by the project now.
    return _values(left[left >= -60].clip(lower=0).astype(float))


def on_time(book: Any, months: Months) -> pd.DataFrame:
    due = known(book, "projects", months, "client_id due_on delivered_on won", back=6, dated="due_on")
    # Where by that month nobody has said of any project whether it was won, all were.
    decided = known(book, "projects", months, "won").groupby("at").won.count() > 0
    due["won"] = due.won.fillna(~due["at"].map(decided).astype(bool))
    return kpis.on_time_delivery(due, book.clients, _last(months), by=CLIENT)[[*CLIENT, "value"]]


def extra_cost(book: Any, months: Months) -> pd.DataFrame:
    # Where nobody wrote down whether a cost was planned, it tells neither way.
    costs = known(book, "costs", months, "project_id amount planned", back=6).dropna(subset="planned")
    costs = costs.merge(known(book, "projects", months, "project_id client_id"), on=["project_id", "at"])
    extra = costs.amount.mask(costs.planned.astype(bool), 0)
    sums = costs.assign(extra=extra).groupby(CLIENT)[["extra", "amount"]].sum()
    sums = sums[sums.amount > 0]
    return _values(sums.extra / sums.amount)


def overdue(book: Any, months: Months) -> pd.DataFrame:
    owed, dated = [], []
    for invoices, payments in _invoices_and_payments(book):
        owed.append(kpis.overdue_share(*_open_by_month(invoices, payments, months), _last(months), by=CLIENT))
        dated.append(invoices.dropna(subset="due_on").groupby("client_id").issued_on.min())
    owed, dated = pd.concat(owed).set_index(CLIENT).overdue, pd.concat(dated)
    billed = last_months(_billed_by_month(book, "invoiced"), months, back=6).clip(lower=0)
    owed, billed = owed.align(billed, fill_value=0)
    # Debt of a client who is not billed any more is infinite against its billing; no debt and no billing is 0 ÷ 0.
    found = _values(owed / billed)
    # Without any due date nobody knows what is overdue.
    return found[found["at"] >= month_number(dated.reindex(found.client_id))]


def message_trend(book: Any, months: Months) -> pd.DataFrame:
    messages = _messages(book)
    monthly = messages[["client_id", "of"]].assign(value=messages.received.astype("float64"))
    now, before = (last_months(monthly, months, back=3, before=before) for before in (0, 3))
    before = before[before >= 6]  # of fewer, one message more or less is a trend of nothing
    return _values(now.reindex(before.index, fill_value=0) / before)


def order_trend(book: Any, months: Months) -> pd.DataFrame:
    monthly = _billed_by_month(book, "value")
    now, before = (last_months(monthly, months, back=6, before=before) for before in (0, 6))
    before = before[before > 0]
    return _values(now.reindex(before.index, fill_value=0) / before)


_DAY = np.timedelta64(1, "D")


def _values(found: pd.Series) -> pd.DataFrame:
    return found.rename("value").reset_index()


def _last(months: Months) -> pd.Period:
    return pd.Period(ordinal=max(months), freq="M")


def _retainers(book: Any, months: Months) -> pd.DataFrame:
    contracts = known(book, "contracts", months, "client_id kind starts_on ends_on monthly_fee")
    return contracts[contracts.kind == "retainer"]


def _messages(book: Any) -> pd.DataFrame:
    """client_id, of and replied_in (numbers of months), received, and of these in_time."""
    return book.answer("messages by month of receipt and reply", _counted_messages)


def _counted_messages(book: Any) -> pd.DataFrame:
    rows, settings = kpis.rows(book, "messages"), book.settings
    replied_in = {"replied_in": month_number(rows["replied_at"])}
    rows = rows.assign(**replied_in) if isinstance(rows, pd.DataFrame) else rows.mutate(**replied_in)
    by = ["client_id", "month", "replied_in"]
    question = {"by": by, "hours": settings.working_hours, "within": settings.response_hours}
    asked = [*by, "received", "share_within"]
    found = kpis.compute(kpis.response_time, {"messages": rows}, question, asked)
    in_time = (found.share_within * found.received).round()
    return found.assign(of=found.month.astype("int64"), in_time=in_time).drop(columns="month")


def _billed_by_month(book: Any, what: str) -> pd.DataFrame:
    by = ["client_id", "month"]
    found = kpis.compute(kpis.revenue, {"invoices": kpis.rows(book, "invoices")}, {"by": by}, [*by, what])
    return pd.DataFrame({"client_id": found.client_id, "of": found.month.astype("int64"), "value": found[what]})


_AT_ONCE = 500_000
"""Invoices that are looked at together where all of them are too many for memory."""


def _invoices_and_payments(book: Any) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """All invoices and their payments; of invoices that stay where they are, those of some clients after others."""
    asked = {
        "invoices": ("invoice_id", "client_id", "issued_on", "due_on", "amount"),
        "payments": ("invoice_id", "paid_on", "amount"),
    }
    if (found := book.tables.in_place("invoices")) is None:
        yield tuple(book.tables.some(name, *columns) for name, columns in asked.items())
        return
    for clients in np.array_split(np.sort(found.values("client_id")), len(found) // _AT_ONCE + 1):
        if len(clients):
            yield tuple(book.tables.owned(name, clients[0], clients[-1], *columns) for name, columns in asked.items())


def _open_by_month(invoices: pd.DataFrame, payments: pd.DataFrame, months: Months) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Invoices that may be open at the end of each month, and what was paid on them by then.

    Each month has a copy of its own of an invoice, so that one question to the KPI answers for all months. The
    copy has the due day only once it is past.
    """
    paid = (
        payments.assign(of=month_number(payments.paid_on))
        .groupby("invoice_id")
        .agg(amount=("amount", "sum"), of=("of", "max"))
    )
    paid = paid.reindex(invoices.invoice_id)
    settled = (invoices.amount.to_numpy() - paid.amount.to_numpy()).round(2) == 0
    until = np.where(settled, paid.of.to_numpy(), np.inf)
    place, at = in_window(month_number(invoices.issued_on), months)
    place, at = place[at < until[place]], at[at < until[place]]
    copies = invoices[["invoice_id", "client_id", "issued_on", "due_on", "amount"]].take(place)
    copies = copies.assign(at=at, due_on=copies.due_on.where(copies.due_on < first_day(at + 1) - _DAY))
    parts = payments[["invoice_id", "paid_on", "amount"]].merge(copies[["invoice_id", "at"]], on="invoice_id")
    parts = parts[month_number(parts.paid_on) <= parts["at"]]
    return tuple(rows.assign(invoice_id=rows.invoice_id + " " + rows["at"].astype("str")) for rows in (copies, parts))

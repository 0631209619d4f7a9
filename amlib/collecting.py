"""Collecting what is owed: whom to call first, when money is expected, what the ledgers disagree on."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from amlib import kpis
from amlib.business_time import WorkingHours
from amlib.kpis.cash import ENOUGH_PAID


class Step(NamedTuple):
    """What to do about overdue money, and within how many days. `action` is an English message id."""

    action: str
    days: int


STEPS: dict[str, Step] = {
    "reconcile": Step("Settle with the client's accountant what the ledgers disagree on, then ask for payment", 2),
    "call": Step("Call the client's accountant and agree a day of payment", 1),
    "remind": Step("Send a written reminder with the statement of debts to be signed", 2),
    "meet": Step("Meet the client's decision maker and agree a plan of payments", 5),
    "stop": Step("Put new work on hold until a plan of payments is signed", 1),
    "claim": Step("Send a formal demand and agree a plan of payments: the client has left", 1),
}
"""The steps of a dunning order, from the mildest to the last."""

MOST_DAYS = 90
"""Days overdue beyond these add nothing to a client's place in the order: such a debt is no matter of calls."""

WEEKS = 8
"""How many weeks ahead money is expected."""

_BY_AGE = ((30, "call"), (60, "remind"), (90, "meet"), (float("inf"), "stop"))


def order(book: Any, month: str | pd.Period) -> pd.DataFrame:
    """One row per client with overdue money at a month's end, whom to call first on top.

    client_id, overdue (money past its due date), invoices (how many), oldest (days past the due date of the oldest),
    usual (the client's own `payment_delay` of the last year in days, null where fewer than five of its invoices were
    paid in full), beyond (Σ overdue amount × days past the due date beyond that delay, `MOST_DAYS` at most: money
    that waits longer than this client lets it wait; without a delay of its own every overdue day counts), disputed
    (open in the book or the client's ledger of these invoices, where the two differ) and step (a key of `STEPS`:
    'reconcile' while something is disputed, else by the age of the oldest: call up to 30 days, remind up to 60,
    meet up to 90, then stop, or claim from a client who has left).

    Sorted by beyond, then overdue, largest first. Without a table of statements nothing is disputed. No row for a
    book without invoices or payments.
    """
    month = pd.Period(month, "M")
    return book.as_of(month).answer(["dunning order", month], lambda known: _order(known, month))


def on_hold(book: Any, month: str | pd.Period) -> set[str]:
    """The clients of whom `order` says that new work waits until they have paid, or agreed when to."""
    found = order(book, month)
    return {*found.client_id[found.step.isin(["stop", "claim"])]}


def _order(book: Any, month: pd.Period) -> pd.DataFrame:
    end = month.end_time.normalize()
    owed = kpis.ask(book, "overdue_share", month, ["client_id", "invoice_id"], lacking="empty")
    owed = owed[owed.overdue > 0].merge(book.invoices[["invoice_id", "due_on"]], on="invoice_id")
    paid = kpis.ask(book, "payment_delay", month, "client_id", since=month - 11, lacking="empty")
    habit = paid[paid.n >= ENOUGH_PAID].set_index("client_id")["value"]
    days = (end - owed.due_on).dt.days
    usual = owed.client_id.map(habit).astype(float)
    beyond = owed.overdue * (days - usual.clip(lower=0).fillna(0)).clip(0, MOST_DAYS)
    gap = differences(book, month).set_index(["client_id", "invoice_id"]).gap.abs()
    keys = pd.MultiIndex.from_frame(owed[["client_id", "invoice_id"]])
    owed = owed.assign(days=days, usual=usual, beyond=beyond, disputed=gap.reindex(keys).fillna(0).to_numpy())
    found = owed.groupby("client_id", as_index=False).agg(
        overdue=("overdue", "sum"),
        invoices=("overdue", "size"),
        oldest=("days", "max"),
        usual=("usual", "first"),
        beyond=("beyond", "sum"),
        disputed=("disputed", "sum"),
    )
    by_age = [next(step for most, step in _BY_AGE if oldest <= most) for oldest in found.oldest]
    gone = found.client_id.isin(book.clients.client_id[book.clients.until <= end])
    step = pd.Series(by_age, dtype="str").mask(gone & (found.oldest > _BY_AGE[-2][0]), "claim")
    found["step"] = step.mask(found.disputed > 0, "reconcile")
    return found.sort_values(["beyond", "overdue"], ascending=False, kind="stable", ignore_index=True)


def differences(book: Any, month: str | pd.Period) -> pd.DataFrame:
    """What the agency's book and its clients' latest ledgers disagree on, one row per invoice, most money first.

    client_id, invoice_id, ours and theirs (open in the book, and in the ledger; null on the side that does not have
    it open), gap (ours less theirs) and kind: 'differs', 'missing_there' (in the book only) or 'missing_here'.
    """
    month = pd.Period(month, "M")
    found = kpis.ask(book, "reconciliation", month, ["client_id", "invoice_id"], lacking="empty")
    found = found[found["value"] > 0]
    kinds = ["differs", "missing_there", "missing_here"]
    kind = found[kinds].idxmax(axis=1) if len(found) else pd.Series(dtype="str")
    found = found.assign(gap=found.ours - found.theirs, kind=kind)
    found["ours"] = found.ours.mask(kind == "missing_here")
    found["theirs"] = found.theirs.mask(kind == "missing_there")
    found = found.sort_values("value", ascending=False, kind="stable", ignore_index=True)
    return found[["client_id", "invoice_id", "ours", "theirs", "gap", "kind"]]


def weeks_ahead(book: Any, month: str | pd.Period) -> pd.DataFrame:
    """The `WEEKS` weeks after a month's end, one row each, with the money expected in it.

    week (1 …), first and last day, value (of `kpis.expected_cash`; 0 where none is expected) and working_days.
    No row where nothing is open, or nothing that is has a due date.
    """
    month = pd.Period(month, "M")
    found = kpis.ask(book, "expected_cash", month, "week", lacking="empty").dropna(subset="week")
    told = kpis.ask(book, "expected_cash", month, lacking="empty")["value"].count()
    value = found.set_index(found.week.astype(int))["value"]
    weeks = range(1, WEEKS + 1) if told else range(0)
    first = pd.Series([month.end_time.normalize() + pd.Timedelta(days=7 * week - 6) for week in weeks])
    works = book.settings.working_hours.works_on
    working = [sum(works((day + pd.Timedelta(days=i)).date()) for i in range(7)) for day in first]
    columns = {"week": [*weeks], "first": first, "last": first + pd.Timedelta(days=6)} if told else {}
    frame = pd.DataFrame(columns, columns=["week", "first", "last"])
    return frame.assign(value=value.reindex(frame.week).fillna(0.0).to_numpy(), working_days=working)


def actions(
    calls: pd.DataFrame, clients: pd.DataFrame, month: str | pd.Period, hours: WorkingHours | None = None
) -> pd.DataFrame:
    """The rows of `order` with am_id and due_on: days after the month's end, on a working day as `health.actions`."""
    hours = hours or WorkingHours()
    end = pd.Period(month, "M").end_time.normalize()
    found = calls.merge(clients[["client_id", "am_id"]], on="client_id", how="left")
    due = [hours.working_day_from(end + pd.Timedelta(days=STEPS[step].days)) for step in found.step]
    return found.assign(due_on=pd.Series(due, dtype="datetime64[us]"))

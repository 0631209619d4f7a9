"""What one client owes: the invoices that are open, and how long they are overdue."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from amlib.sentences import grammar
from amlib.words import Words

_AGES = {
    "days_1_30": "1 to 30 days: {money}",
    "days_31_60": "31 to 60 days: {money}",
    "days_61_90": "61 to 90 days: {money}",
    "over_90": "over 90 days: {money}",
}


def open_invoices(words: Words, aged: pd.DataFrame, invoices: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """The invoices of one client that are open, what is due first on top: invoice_id, due_on, unpaid, status.

    `aged` is the KPI receivables_ageing by invoice_id.
    """
    found = aged[aged.value > 0].rename(columns={"value": "unpaid"})
    found = found.merge(invoices[["invoice_id", "due_on"]], on="invoice_id", how="left")
    days = (month.end_time.normalize() - found.due_on).dt.days
    status = [_age(words, late) for late in days]
    found = found.assign(status=pd.Series(status, index=found.index, dtype="str"))
    return found.sort_values(["due_on", "invoice_id"], kind="stable", ignore_index=True)


def _age(words: Words, late: float) -> str:
    if pd.isna(late):
        return words.text("no due date")
    days = words.measure(abs(late), "days", "")
    if late > 0:
        return words.text("{days} overdue", days=days)
    return words.text("due in {days}", days=days) if late else words.text("due that day")


def _overdue(words: Words, late: Mapping[str, float], open_: float, money: Callable[[float], str]) -> str:
    """How much of what is open is overdue, and for how long; no amount is said twice."""
    overdue, ages = sum(late.values()), [age for age, amount in late.items() if amount]
    if not overdue:
        return words.text("Nothing is overdue.")
    whole = money(overdue) == money(open_)
    if len(ages) == 1:
        message = "All of it is {age}." if whole else "{money} of it is {age}."
        return words.text(message, money=money(overdue), age=words.of_data(ages[0]))
    message = "All of it is overdue ({parts})." if whole else "Overdue is {money} ({parts})."
    parts = "; ".join(words.text(_AGES[age], money=money(late[age])) for age in ages)
    return words.text(message, money=money(overdue), parts=parts)


def owed(words: Words, aged: pd.DataFrame, currency: str, audience: str) -> list[str]:
    """What one client has open, how old the overdue part is, and what the agency owes to it, kept apart.

    `aged` is the KPI receivables_ageing by invoice_id.
    """

    def money(amount: float) -> str:
        return words.short_money(amount, currency)

    open_, late = aged.value.sum(), {age: aged[age].sum() for age in _AGES}
    said = []
    if not open_ > 0:
        said.append(words.text("No invoice is open."))
    else:
        said.append(
            words.addressed(
                audience,
                "The client has {invoices} open, worth {money}.",
                "You have {invoices} to pay, worth {money}.",
                invoices=grammar.count(words, int((aged.value > 0).sum()), "invoice"),
                money=money(open_),
            )
        )
        said.append(_overdue(words, late, open_, money))
        if (undated := aged.no_due_date.sum()) > 0:
            said.append(words.text("{money} has no due date.", money=money(undated)))
    if (credit := aged.credit.sum()) > 0:
        said.append(
            words.addressed(
                audience,
                "The client has a credit of {money} with the agency.",
                "You have a credit of {money} with us.",
                money=money(credit),
            )
        )
    return said

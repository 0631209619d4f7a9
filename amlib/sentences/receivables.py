"""What receivables say: what is open and overdue, what is expected, where the ledgers differ, whom to call."""

from __future__ import annotations

from typing import Any

import pandas as pd

from amlib.collecting import STEPS
from amlib.sentences import grammar
from amlib.words import Words

AGES = ("not_due", "days_1_30", "days_31_60", "days_61_90", "over_90", "no_due_date")
"""The columns of `kpis.receivables_ageing` that its value is made of."""

_KINDS = {
    "differs": "the amounts differ",
    "missing_there": "only in our book",
    "missing_here": "only in the client's ledger",
}


def owed(words: Words, owed: pd.Series, before: pd.Series, currency: str) -> list[str]:
    """How much is open and overdue (`kpis.overdue_share` of the whole book, one row), and how that changed."""
    if not owed.open:
        return [words.text("Nothing is open: every invoice has been paid.")]
    open_ = words.short_money(owed.open, currency)
    if pd.isna(owed["value"]):
        return [
            words.text("Clients owe {open}; no invoice says when it is due, so none can be called overdue.", open=open_)
        ]
    if not owed.overdue:
        said = words.text("Clients owe {open}; none of it is past its due date.", open=open_)
        return [said, *_undated(words, owed, currency)]
    said = [
        words.text(
            "Clients owe {open}; {overdue} of it ({share}) is past its due date.",
            open=open_,
            overdue=words.short_money(owed.overdue, currency),
            share=words.percent(owed.overdue / owed.open),
        )
    ]
    change = grammar.change(words, owed.overdue, before.overdue, "money", currency)
    if change is not None:
        moved = grammar.against(words, grammar.moved(words, change), "month")
        said.append(words.text("Overdue debt: {moved}.", moved=moved))
    return said


def expected(words: Words, expected: pd.Series, currency: str) -> list[str]:
    """What comes in within the next weeks (`kpis.expected_cash` of the whole book), and what nobody can date."""
    if not expected.n:
        return [words.text("Nothing is open: every invoice has been paid.")]
    if pd.isna(expected["value"]):
        return [words.text("No open invoice says when it is due, so nobody can tell when the money comes in.")]
    money = {name: words.short_money(expected[name], currency) for name in ("value", "if_slow", "at_most", "late")}
    said = [
        words.text(
            "About {value} is expected within eight weeks; {if_slow} if all clients pay late, at most {at_most}.",
            **money,
        )
    ]
    if expected.late:
        said.append(
            words.text(
                "{late} is later than its clients usually pay, so no day can be told for it.", late=money["late"]
            )
        )
    return [*said, *_undated(words, expected, currency)]


def _undated(words: Words, found: pd.Series, currency: str) -> list[str]:
    """How much of what is open nobody dated."""
    if not found.no_due_date:
        return []
    return [words.text("{money} has no due date.", money=words.short_money(found.no_due_date, currency))]


def quiet_weeks(words: Words, weeks: pd.DataFrame) -> list[str]:
    """The weeks ahead with two working days or fewer: few accountants pay in them."""
    quiet = weeks[weeks.working_days <= 2]
    if quiet.empty:
        return []
    named = words.enumerate([f"{words.day(row.first)}–{words.day(row.last)}" for row in quiet.itertuples()])
    return [words.text("Public holidays: hardly anyone pays in {weeks}; count on the week after.", weeks=named)]


def differences(words: Words, lines: pd.DataFrame, clients: int, currency: str) -> list[str]:
    """How many invoices the ledgers disagree on (`collecting.differences`); `clients` is how many sent a ledger."""
    if not clients:
        return [words.text("No client has sent its ledger yet.")]
    sent = grammar.count(words, clients, "client")
    if lines.empty:
        return [words.text("The ledgers of {clients} agree with the book on every open invoice.", clients=sent)]
    return [
        words.text(
            "The ledgers of {clients} were compared: {invoices} differ, {money} in all.",
            clients=sent,
            invoices=grammar.count(words, len(lines), "invoice"),
            money=words.short_money(lines.gap.abs().sum(), currency),
        )
    ]


def kinds(words: Words, lines: pd.DataFrame) -> pd.Series:
    """What is wrong with each line of `collecting.differences`, in words."""
    return lines.kind.map(lambda kind: words.text(_KINDS[kind]))


def call(words: Words, row: Any, currency: str) -> str:
    """Why a client stands in the dunning order (a row of `collecting.order`), as a clause."""
    said = words.plural(
        row.invoices,
        "{money} overdue on {count} invoice, by {days}",
        "{money} overdue on {count} invoices, the oldest by {days}",
        money=words.short_money(row.overdue, currency),
        days=words.measure(row.oldest, "days", ""),
    )
    if row.disputed:
        money = words.short_money(row.disputed, currency)
        return words.text("{said}; {money} of it is disputed", said=said, money=money)
    if pd.isna(row.usual):
        return said
    usual = words.measure(abs(row.usual), "days", "")
    if round(row.usual) <= 0:
        return words.text("{said}; usually pays on time", said=said)
    return words.text("{said}; usually pays {days} late", said=said, days=usual)


def calls(words: Words, todo: pd.DataFrame, managers: pd.DataFrame, currency: str) -> pd.DataFrame:
    """`collecting.actions`, with the `name` of each client, as `Page.actions` prints them."""
    owners = managers[["am_id", "name"]].rename(columns={"name": "owner"})
    found = todo.merge(owners, on="am_id", how="left")
    rows = [*found.itertuples(index=False)]
    return pd.DataFrame(
        {
            "action": [grammar.for_client(words, row.name, words.text(STEPS[row.step].action)) for row in rows],
            "why": [call(words, row, currency) for row in rows],
            "owner": found.owner.fillna(found.am_id),
            "due_on": found.due_on,
        }
    )


def in_use(found: pd.DataFrame) -> list[str]:
    """The columns of `ageing` that tell an age or a credit and are not empty."""
    return [column for column in (*AGES, "credit") if found[column].any()]


def not_in_use(words: Words, found: pd.DataFrame) -> list[str]:
    """Which columns `in_use` leaves out; nothing where it leaves out none, or there is no row."""
    names = {age: words.of_data(age) for age in AGES} | {"credit": grammar.in_a_sentence(words.text("Credit"))}
    empty = [name for column, name in names.items() if column not in in_use(found)]
    if found.empty or not empty:
        return []
    return [words.text("Columns without any money are left out: {columns}.", columns=words.enumerate(empty))]


def ageing(words: Words, found: pd.DataFrame, clients: pd.DataFrame, most: int) -> pd.DataFrame:
    """`kpis.receivables_ageing` by client, those with most overdue first, the rest of them summed in a last row.

    The columns are those of the KPI, with `name` for client_id and `overdue`: what is past its due date.
    """
    late = [age for age in AGES if age not in ("not_due", "no_due_date")]
    found = found.merge(clients[["client_id", "name"]], on="client_id", how="left")
    found = found.assign(name=found.name.fillna(found.client_id), overdue=found[late].sum(axis=1))
    found = found.sort_values(["overdue", "value"], ascending=False, kind="stable")
    money = ["value", *AGES, "credit", "overdue"]
    shown, rest = found[["name", *money]].head(most), found.iloc[most:]
    if rest.empty:
        return shown
    said = words.plural(len(rest), "{count} other client", "{count} other clients")
    return pd.concat([shown, pd.DataFrame([{"name": said, **rest[money].sum()}])], ignore_index=True)

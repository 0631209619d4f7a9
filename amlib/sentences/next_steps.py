"""What client and agency have to do next, as both may read it: dates that contracts, projects and invoices set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from amlib.sentences import grammar
from amlib.sentences.contract import SOON, unrenewed
from amlib.words import Words

Step = tuple[str, str, str, pd.Timestamp]

_NAMED = 3


def next_steps(
    words: Words, book: Any, projects: pd.DataFrame, invoices: pd.DataFrame, month: pd.Period
) -> pd.DataFrame:
    """The next steps with one client, as `Page.actions` prints them: action, why, owner, due_on.

    `book` is that client's, `projects` and `invoices` are `sentences.projects` and `sentences.open_invoices` of it.
    Steps of the agency are its account manager's, its own where the book names none. A proposal of the last `SOON`
    days that nobody has decided on is due on no day: due_on is null.
    """
    you = words.text("You")
    kept = book.clients[["am_id"]].merge(book.account_managers, on="am_id")
    we = book.settings.name if kept.empty else kept["name"].iloc[0]
    steps = [
        *_payments(words, invoices, you, month, book.settings.currency),
        *_proposals(words, book.projects, you, month),
        *_deliveries(words, projects, we),
        *_renewals(words, book.contracts, we, month),
    ]
    found = pd.DataFrame(steps, columns=["action", "why", "owner", "due_on"])
    found = found.assign(due_on=pd.to_datetime(found.due_on))
    return found.sort_values("due_on", kind="stable", ignore_index=True)


def _payments(words: Words, invoices: pd.DataFrame, you: str, month: pd.Period, currency: str) -> Iterator[Step]:
    late = invoices.due_on < month.end_time.normalize()
    if late.any():
        settle = words.plural(
            int(late.sum()),
            "Settle the overdue invoice {invoices}",
            "Settle the overdue invoices {invoices}",
            invoices=grammar.listing(words, list(invoices.invoice_id[late]), _NAMED),
        )
        yield settle, words.short_money(invoices.unpaid[late].sum(), currency), you, invoices.due_on[late].min()
    if len(coming := invoices[~late]):
        pay = words.plural(
            len(coming),
            "Pay the invoice {invoices}",
            "Pay the invoices {invoices}, each when it is due",
            invoices=grammar.listing(words, list(coming.invoice_id), _NAMED),
        )
        yield pay, words.short_money(coming.unpaid.sum(), currency), you, coming.due_on.min()


def _proposals(words: Words, projects: pd.DataFrame, you: str, month: pd.Period) -> Iterator[Step]:
    age = (month.end_time.normalize() - projects.proposed_on).dt.days
    for row in projects[projects.won.isna() & projects.decided_on.isna() & (age <= SOON)].itertuples():
        why = words.text("sent on {day}", day=words.day(row.proposed_on))
        yield words.text("Decide on the proposal {project}", project=row.project_id), why, you, pd.NaT


def _deliveries(words: Words, projects: pd.DataFrame, we: str) -> Iterator[Step]:
    for row in projects[projects.overdue | projects.late.isna()].itertuples():
        action = "Agree on a new day of delivery of {project}" if row.overdue else "Deliver the project {project}"
        yield words.text(action, project=row.project_id), row.status, we, row.promised_on


def _renewals(words: Words, signed: pd.DataFrame, we: str, month: pd.Period) -> Iterator[Step]:
    for row in unrenewed(signed, month).itertuples():
        why = words.text("ends on {day}", day=words.day(row.ends_on))
        yield words.text("Agree on the renewal of {contract}", contract=row.contract_id), why, we, row.ends_on

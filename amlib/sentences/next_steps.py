"""What agency and client have to do next, as both may read it: what waits, and dates of contracts and invoices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from amlib import health, portfolio
from amlib.collecting import STEPS
from amlib.sentences import grammar
from amlib.sentences.contract import SOON, unrenewed
from amlib.sentences.service import answered, unanswered
from amlib.words import Words

Step = tuple[str, str, pd.Timestamp]

_NAMED = 3
_UNHAPPY = 6  # who answers no more than this would not recommend the agency
_RECENT = 6


def next_steps(
    words: Words, book: Any, projects: pd.DataFrame, invoices: pd.DataFrame, month: pd.Period
) -> pd.DataFrame:
    """The next steps with one client, as `Page.actions` prints them: action, why, owner, due_on.

    `book` is that client's, `projects` and `invoices` are `sentences.projects` and `sentences.open_invoices` of it.
    First those of the agency, which are its account manager's, its own where the book names none; then the client's.
    What is late has the agency's answer beside it: a new day of delivery, a statement of what is owed. A proposal of
    the last `SOON` days that nobody has decided on is due on no day: due_on is null.
    """
    kept = book.clients[["am_id"]].merge(book.account_managers, on="am_id")
    we = book.settings.name if kept.empty else kept["name"].iloc[0]

    def soon(days: int) -> pd.Timestamp:
        return book.settings.working_hours.working_day_from(month.end_time.normalize() + pd.Timedelta(days=days))

    late = invoices[invoices.due_on < month.end_time.normalize()]
    ours = [
        *_replies(words, portfolio.waiting(book, month), soon(health.MEASURES["response_time"].days)),
        *_survey(words, book.surveys, month, soon(health.MEASURES["nps"].days)),
        *_statement(words, late, soon(STEPS["remind"].days)),
        *_deliveries(words, projects, soon(health.MEASURES["on_time"].days)),
        *_renewals(words, book.contracts, month),
    ]
    yours = [
        *_payments(words, late, invoices.drop(late.index), book.settings.currency),
        *_proposals(words, book.projects, month),
    ]
    sides = []
    for owner, steps in ((we, ours), (words.text("You"), yours)):
        found = pd.DataFrame(steps, columns=["action", "why", "due_on"]).assign(owner=owner)
        found = found.assign(due_on=pd.to_datetime(found.due_on)).sort_values("due_on", kind="stable")
        sides.append(found[["action", "why", "owner", "due_on"]])
    return pd.concat([side for side in sides if len(side)] or sides, ignore_index=True)


def _replies(words: Words, waiting: pd.DataFrame, day: pd.Timestamp) -> Iterator[Step]:
    for row in waiting.itertuples():
        yield words.text("Answer your open messages"), unanswered(words, row), day


def _survey(words: Words, surveys: pd.DataFrame, month: pd.Period, day: pd.Timestamp) -> Iterator[Step]:
    recent = answered(surveys[surveys.sent_on.dt.to_period("M") > month - _RECENT])
    for row in recent.head(1).itertuples():
        if row.score <= _UNHAPPY:
            said = {"day": words.day(row.answered_on), "score": words.measure(row.score, "of_ten", "")}
            why = words.text("your answer of {day}: {score}", **said)
            yield words.text("Talk with you about your survey answer and agree what to change"), why, day


def _statement(words: Words, late: pd.DataFrame, day: pd.Timestamp) -> Iterator[Step]:
    if len(late):
        why = words.text("{invoices} overdue", invoices=grammar.count(words, len(late), "invoice"))
        yield words.text("Send you the statement of debts, to be confirmed by both sides"), why, day


def _payments(words: Words, late: pd.DataFrame, coming: pd.DataFrame, currency: str) -> Iterator[Step]:
    if len(late):
        settle = words.plural(
            len(late),
            "Settle the overdue invoice {invoices}",
            "Settle the overdue invoices {invoices}",
            invoices=grammar.listing(words, list(late.invoice_id), _NAMED),
        )
        yield settle, words.short_money(late.unpaid.sum(), currency), late.due_on.min()
    if len(coming):
        pay = words.plural(
            len(coming),
            "Pay the invoice {invoices}",
            "Pay the invoices {invoices}, each when it is due",
            invoices=grammar.listing(words, list(coming.invoice_id), _NAMED),
        )
        yield pay, words.short_money(coming.unpaid.sum(), currency), coming.due_on.min()


def _proposals(words: Words, projects: pd.DataFrame, month: pd.Period) -> Iterator[Step]:
    age = (month.end_time.normalize() - projects.proposed_on).dt.days
    for row in projects[projects.won.isna() & projects.decided_on.isna() & (age <= SOON)].itertuples():
        why = words.text("sent on {day}", day=words.day(row.proposed_on))
        yield words.text("Decide on the proposal {project}", project=row.project_id), why, pd.NaT


def _deliveries(words: Words, projects: pd.DataFrame, day: pd.Timestamp) -> Iterator[Step]:
    for row in projects[projects.overdue | projects.late.isna()].itertuples():
        action = "Agree on a new day of delivery of {project}" if row.overdue else "Deliver the project {project}"
        yield words.text(action, project=row.project_id), row.status, day if row.overdue else row.promised_on


def _renewals(words: Words, signed: pd.DataFrame, month: pd.Period) -> Iterator[Step]:
    for row in unrenewed(signed, month).itertuples():
        why = words.text("ends on {day}", day=words.day(row.ends_on))
        yield words.text("Agree on the renewal of {contract}", contract=row.contract_id), why, row.ends_on

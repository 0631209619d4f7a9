"""The next steps with a client are those that its contracts, projects and invoices call for."""

from __future__ import annotations

import pandas as pd
import pytest
from frames import frame

from amlib import kpis, sentences, words

VI, EN = words.of("vi"), words.of("en")
OCTOBER = pd.Period("2026-10", "M")
NOBODY_PAID = frame("payment_id invoice_id paid_on amount")


def steps(say: words.Words, book) -> pd.DataFrame:
    due = kpis.on_time_delivery(book.projects, book.clients, "2026-10", by=["project_id"])
    aged = kpis.receivables_ageing(book.invoices, NOBODY_PAID, "2026-10", by=["invoice_id"])
    projects = sentences.projects(say, kpis.ordered_projects(book, OCTOBER), due, OCTOBER)
    invoices = sentences.open_invoices(say, aged, book.invoices, OCTOBER)
    return sentences.next_steps(say, book, projects, invoices, OCTOBER)


def test_everything_that_has_a_date_and_what_has_none(book_of):
    book = book_of(
        clients=frame("client_id name am_id since", ("A", "Client A", "lan", "2025-01-01")),
        account_managers=frame("am_id name", ("lan", "Lan")),
        contracts=frame(
            "contract_id client_id kind starts_on ends_on renews",
            ("R1", "A", "retainer", "2026-01-01", "2026-12-31", None),  # 61 days
            ("R2", "A", "retainer", "2026-01-01", "2026-11-30", None),
            ("R3", "A", "retainer", "2026-12-01", "2027-11-30", "R2"),
        ),
        projects=frame(
            "project_id client_id proposed_on decided_on due_on delivered_on won",
            ("P1", "A", "2026-09-01", "2026-09-10", "2026-10-21", None, True),
            ("P2", "A", "2026-09-01", "2026-09-10", "2026-11-20", None, True),
            ("P3", "A", "2026-10-20", None, "2026-12-20", None, None),
            ("P4", "A", "2026-08-01", None, "2026-12-20", None, None),  # 91 days: nobody waits for it any more
        ),
        invoices=frame(
            "invoice_id client_id issued_on due_on amount",
            ("I1", "A", "2026-08-01", "2026-09-15", 1e6),
            ("I2", "A", "2026-09-01", "2026-10-01", 2e6),
            ("I3", "A", "2026-10-20", "2026-11-19", 4e6),
            ("I4", "A", "2026-10-20", None, 8e6),
        ),
        messages=frame(
            "message_id client_id received_at replied_at closed_unanswered",
            ("M1", "A", "2026-10-20 09:00", None, False),
            ("M2", "A", "2026-10-21 09:00", None, None),
            ("M3", "A", "2026-10-19 09:00", "2026-10-19 10:00", False),
            ("M4", "A", "2026-10-18 09:00", None, True),
            ("M5", "A", "2026-07-31 09:00", None, False),  # of more than three months ago
        ),
        surveys=frame(
            "survey_id client_id sent_on answered_on score",
            ("S1", "A", "2026-06-01", "2026-06-02", 9),
            ("S2", "A", "2026-09-14", "2026-09-15", 6),
        ),
    )
    found = steps(EN, book)
    # The month ends on a Saturday: a day or two later is Monday.
    assert found.assign(due_on=found.due_on.astype("str").fillna("never")).to_numpy().tolist() == [
        ["Answer your open messages", "2 messages, the oldest of 20/10/2026", "Lan", "2026-11-02"],
        [
            "Talk with you about your survey answer and agree what to change",
            "your answer of 15/09/2026: 6 out of 10",
            "Lan",
            "2026-11-02",
        ],
        [
            "Send you the statement of debts, to be confirmed by both sides",
            "2 invoices overdue",
            "Lan",
            "2026-11-02",
        ],
        ["Agree on a new day of delivery of P1", "10 days overdue", "Lan", "2026-11-02"],
        ["Deliver the project P2", "runs, 20 days left", "Lan", "2026-11-20"],
        ["Agree on the renewal of R1", "ends on 31/12/2026", "Lan", "2026-12-31"],
        ["Settle the overdue invoices I1 and I2", "VND 3 million", "You", "2026-09-15"],
        ["Pay the invoices I3 and I4, each when it is due", "VND 12 million", "You", "2026-11-19"],
        ["Decide on the proposal P3", "sent on 20/10/2026", "You", "never"],
    ]
    assert steps(VI, book).owner.tolist()[5:7] == ["Lan", "Quý khách"]


@pytest.mark.parametrize(
    ("score", "sent", "said"),
    [(7, "2026-09-14", 0), (6, "2026-05-01", 1), (6, "2026-04-30", 0)],  # six months, this one among them
)
def test_an_answer_is_talked_about_where_it_is_bad_and_recent(book_of, score, sent, said):
    clients = frame("client_id name am_id since", ("A", "Client A", None, "2025-01-01"))
    surveys = frame("survey_id client_id sent_on answered_on score", ("S", "A", sent, sent, score))
    assert len(steps(EN, book_of(clients=clients, surveys=surveys))) == said


def test_nothing_to_do_and_no_account_manager(book_of):
    clients = frame("client_id name am_id since", ("A", "Client A", None, "2025-01-01"))
    assert steps(EN, book_of(clients=clients)).empty
    running = frame("project_id client_id due_on won", ("P", "A", "2026-11-20", True))
    assert steps(EN, book_of(clients=clients, projects=running)).owner.tolist() == ["Agency A"]

"""Whom to call first, what the ledgers disagree on, when money comes in: worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from frames import frame

from amlib import collecting
from amlib.book import Book
from amlib.business_time import WorkingHours

INVOICES = "invoice_id client_id issued_on due_on amount"
PAYMENTS = "payment_id invoice_id paid_on amount"
STATEMENTS = "client_id invoice_id amount as_of"
CLIENTS = frame("client_id name am_id", *((client, f"Client {client}", "lan") for client in "ABCDE"))
NOTHING_PAID = frame(PAYMENTS).astype({"amount": float})


@pytest.fixture
def book(book_of):
    """October 2026: A owes much since Monday, B little for long, C is late as ever, D disputes, E is due today."""
    habit = [(f"h{i}", "C", "2026-01-01", "2026-02-01", 1.0) for i in range(5)]
    paid = [(f"p{i}", f"h{i}", "2026-03-03", 1.0) for i in range(5)]  # 30 days late, five times
    invoices = frame(
        INVOICES,
        ("a", "A", "2026-09-26", "2026-10-26", 1000.0),  # 5 days late
        ("b1", "B", "2026-05-01", "2026-06-01", 40.0),  # 152 days late
        ("b2", "B", "2026-09-01", "2026-10-01", 10.0),  # 30 days late
        ("c", "C", "2026-09-01", "2026-10-01", 900.0),  # 30 days late, as usual
        ("d", "D", "2026-08-01", "2026-09-01", 20.0),  # 60 days late
        ("e", "E", "2026-10-01", "2026-10-31", 500.0),  # due today
        *habit,
    )
    statements = frame(STATEMENTS, ("D", "d", 15.0, "2026-10-20"), ("D", "x", 7.0, "2026-10-20"))
    statements["as_of"] = pd.to_datetime(statements.as_of).astype("datetime64[us]")
    return book_of(clients=CLIENTS, invoices=invoices, payments=frame(PAYMENTS, *paid), statements=statements)


def test_the_order_of_calls(book):
    found = collecting.order(book, "2026-10")
    # A 1000 × 5 = 5000; B 40 × 90 (152 is capped) + 10 × 30 = 3900; D 20 × 60 = 1200; C 900 × (30 − 30) = 0.
    assert found[["client_id", "beyond"]].to_numpy().tolist() == [["A", 5000], ["B", 3900], ["D", 1200], ["C", 0]]
    assert found.overdue.tolist() == [1000, 50, 20, 900]
    assert found.invoices.tolist() == [1, 2, 1, 1]
    assert found.oldest.tolist() == [5, 152, 60, 30]
    assert [None if pd.isna(days) else days for days in found.usual] == [None, None, None, 30]
    assert found.step.tolist() == ["call", "stop", "reconcile", "call"]
    assert collecting.on_hold(book, "2026-10") == {"B"}
    assert found.disputed.tolist() == [0, 0, 5, 0]


@pytest.mark.parametrize(
    ("days", "step"), [(1, "call"), (30, "call"), (31, "remind"), (60, "remind"), (61, "meet"), (91, "stop")]
)
def test_the_step_goes_by_the_oldest_invoice(book_of, days, step):
    due = pd.Timestamp("2026-10-31") - pd.Timedelta(days=days)
    invoices = frame(INVOICES, ("a", "A", "2026-01-01", due, 1.0))
    found = collecting.order(book_of(clients=CLIENTS, invoices=invoices, payments=NOTHING_PAID), "2026-10")
    assert found.step.tolist() == [step]


def test_an_early_payer_is_not_late_before_the_due_date(book_of):
    habit = [(f"h{i}", "A", "2026-01-01", "2026-02-20", 1.0) for i in range(5)]
    paid = frame(PAYMENTS, *((f"p{i}", f"h{i}", "2026-02-10", 1.0) for i in range(5)))  # ten days early
    invoices = frame(INVOICES, *habit, ("a", "A", "2026-09-01", "2026-10-28", 100.0))
    (row,) = collecting.order(book_of(clients=CLIENTS, invoices=invoices, payments=paid), "2026-10").to_dict("records")
    assert (row["usual"], row["beyond"]) == (-10, 300)


def test_actions_have_an_owner_and_a_day(book):
    found = collecting.actions(collecting.order(book, "2026-10"), CLIENTS, "2026-10")
    assert found.am_id.unique().tolist() == ["lan"]
    # 1 November 2026 is a Sunday.
    assert [day.strftime("%m-%d") for day in found.due_on] == ["11-02"] * 4
    every_day = WorkingHours(weekdays=tuple(range(7)), country=None)
    found = collecting.actions(collecting.order(book, "2026-10"), CLIENTS, "2026-10", every_day)
    assert [day.strftime("%m-%d") for day in found.due_on] == ["11-01", "11-01", "11-02", "11-01"]


def test_what_the_ledgers_disagree_on_line_by_line(book):
    found = collecting.differences(book, "2026-10")
    rows = [[None if pd.isna(cell) else cell for cell in row] for row in found.to_numpy().tolist()]
    assert rows == [["D", "x", None, 7, -7, "missing_here"], ["D", "d", 20, 15, 5, "differs"]]


def test_an_invoice_that_the_client_does_not_list(book_of):
    invoices = frame(INVOICES, *((name, "A", "2026-09-01", "2026-10-01", 10.0) for name in ("one", "two")))
    statements = frame(STATEMENTS, ("A", "one", 10.0, "2026-10-20"))
    statements["as_of"] = pd.to_datetime(statements.as_of).astype("datetime64[us]")
    known = book_of(clients=CLIENTS, invoices=invoices, payments=NOTHING_PAID, statements=statements)
    found = collecting.differences(known, "2026-10")
    assert found[["invoice_id", "ours", "gap", "kind"]].to_numpy().tolist() == [["two", 10, 10, "missing_there"]]
    assert found.theirs.isna().all()


def test_every_week_ahead_has_its_row_and_its_working_days(book_of):
    invoices = frame(INVOICES, ("a", "A", "2026-01-01", "2026-02-16", 5.0), ("b", "A", "2026-01-01", "2026-02-01", 3.0))
    found = collecting.weeks_ahead(book_of(clients=CLIENTS, invoices=invoices, payments=NOTHING_PAID), "2026-01")
    assert found.week.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    # 1 February 2026 is a Sunday; the 16th lies in the third week, in which Tết leaves no working day.
    assert found["first"].dt.strftime("%m-%d").tolist()[:3] == ["02-01", "02-08", "02-15"]
    assert found["last"].dt.strftime("%m-%d").tolist()[:3] == ["02-07", "02-14", "02-21"]
    assert found.value.tolist() == [3, 0, 5, 0, 0, 0, 0, 0]
    assert found.working_days.tolist()[:4] == [5, 5, 0, 5]


def test_a_book_that_owes_nothing_or_cannot_tell(book_of):
    paid_up: Book = book_of(clients=CLIENTS, invoices=frame(INVOICES).astype({"amount": float}), payments=NOTHING_PAID)
    for known in (paid_up, book_of(clients=CLIENTS)):
        assert len(collecting.order(known, "2026-10")) == 0
        assert len(collecting.differences(known, "2026-10")) == 0
        assert len(collecting.weeks_ahead(known, "2026-10")) == 0
        assert len(collecting.actions(collecting.order(known, "2026-10"), CLIENTS, "2026-10")) == 0


def test_no_week_is_empty_of_money_that_nobody_dated(book_of):
    invoices = frame(INVOICES, ("a", "A", "2026-01-01", None, 5.0))
    known = book_of(clients=CLIENTS, invoices=invoices, payments=NOTHING_PAID)
    assert len(collecting.weeks_ahead(known, "2026-01")) == 0
    assert len(collecting.order(known, "2026-01")) == 0


def late_payer(book_of, paid_on: str) -> Book:
    """A paid five invoices 50 days late on a day; two are open, 10 and 60 days late at the end of October 2026."""
    day = pd.Timestamp(paid_on)
    habit = [(f"h{i}", "A", "2025-01-01", day - pd.Timedelta(days=50), 1.0) for i in range(5)]
    paid = frame(PAYMENTS, *((f"p{i}", f"h{i}", day, 1.0) for i in range(5)))
    late = [("a", "A", "2026-01-01", "2026-10-21", 100.0), ("b", "A", "2026-01-01", "2026-09-01", 7.0)]
    return book_of(clients=CLIENTS, invoices=frame(INVOICES, *habit, *late), payments=paid)


def test_an_invoice_within_the_habit_takes_nothing_off_another_one(book_of):
    found = collecting.order(late_payer(book_of, "2026-06-01"), "2026-10")
    assert found[["usual", "beyond"]].to_numpy().tolist() == [[50, 70]]


def test_a_habit_is_that_of_twelve_months(book_of):
    assert collecting.order(late_payer(book_of, "2025-11-01"), "2026-10").usual.tolist() == [50]
    # A habit older than that is none, and every day overdue counts: 100 × 10 + 7 × 60.
    (row,) = collecting.order(late_payer(book_of, "2025-10-31"), "2026-10").to_dict("records")
    assert (pd.isna(row["usual"]), row["beyond"]) == (True, 1420)


def test_a_week_has_seven_days_of_which_the_last_may_be_a_working_day(book_of):
    invoices = frame(INVOICES, ("a", "A", "2026-01-01", "2026-10-07", 5.0))
    found = collecting.weeks_ahead(book_of(clients=CLIENTS, invoices=invoices, payments=NOTHING_PAID), "2026-09")
    # Thursday 1 October to Wednesday the 7th.
    assert (found.value[0], found.working_days[0]) == (5, 5)


@pytest.mark.parametrize(
    ("due", "until", "step"),
    [
        ("2026-07-31", "2026-10-31", "claim"),  # 92 days, and the client left on the last day
        ("2026-07-31", "2026-11-01", "stop"),  # who leaves tomorrow can still be told to wait
        ("2026-08-02", "2026-09-30", "meet"),  # 90 days: the client can still be met
    ],
)
def test_nobody_puts_work_on_hold_for_a_client_who_has_left(book_of, due, until, step):
    gone = frame("client_id name am_id until", ("A", "Client A", "lan", until))
    invoices = frame(INVOICES, ("a", "A", "2026-01-01", due, 1.0))
    book = book_of(clients=gone, invoices=invoices, payments=NOTHING_PAID)
    assert collecting.order(book, "2026-10").step.tolist() == [step]
    assert collecting.on_hold(book, "2026-10") == ({"A"} if step in ("stop", "claim") else set())

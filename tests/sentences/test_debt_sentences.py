"""What one client owes, by hand."""

from __future__ import annotations

import pandas as pd
from frames import frame

from amlib import kpis, sentences, words

VI, EN = words.of("vi"), words.of("en")
OCTOBER = pd.Period("2026-10", "M")


def aged(invoices: pd.DataFrame, payments: pd.DataFrame) -> pd.DataFrame:
    return kpis.receivables_ageing(invoices, payments, "2026-10", by=["invoice_id"])


def test_open_invoices_with_their_age(one_paid_late, one_half_paid):
    # Paid: I1. 100 left of I2, due 10 October; I3 is due on the last day; I4 has no due date; I5 is a credit note.
    found = aged(one_paid_late, one_half_paid)
    shown = sentences.open_invoices(EN, found, one_paid_late, OCTOBER)
    assert shown[["invoice_id", "unpaid", "status"]].to_numpy().tolist() == [
        ["I2", 100.0, "21 days overdue"],
        ["I3", 300.0, "due that day"],
        ["I4", 50.0, "no due date"],
    ]


def test_what_is_owed_in_words(one_paid_late, one_half_paid):
    found = aged(one_paid_late, one_half_paid)
    assert sentences.owed(EN, found, "VND", "internal") == [
        "The client has 3 invoices open, worth VND 450.",
        "VND 100 of it is 1–30 days overdue.",
        "VND 50 has no due date.",
        "The client has a credit of VND 40 with the agency.",
    ]
    assert sentences.owed(VI, found, "VND", "client") == [
        "Quý khách còn 3 hóa đơn chưa thanh toán, trị giá 450 đồng.",
        "Trong đó 100 đồng đã quá hạn 1–30 ngày.",
        "50 đồng không ghi hạn thanh toán.",
        "Quý khách đang có số dư 40 đồng tại chúng tôi.",
    ]


def test_the_overdue_part_is_told_by_age():
    invoices = frame(
        "invoice_id issued_on due_on amount",
        ("A", "2026-01-01", "2026-10-01", 1e6),  # 30 days
        ("B", "2026-01-01", "2026-09-30", 2e6),  # 31
        ("C", "2026-01-01", "2026-08-01", 3e6),  # 91
        ("D", "2026-10-01", "2026-12-31", 4e6),
    )
    found = aged(invoices, frame("payment_id invoice_id paid_on amount"))
    assert sentences.owed(EN, found, "VND", "client") == [
        "You have 4 invoices to pay, worth VND 10 million.",
        "Overdue is VND 6 million (1 to 30 days: VND 1 million; 31 to 60 days: VND 2 million; "
        "over 90 days: VND 3 million).",
    ]
    assert sentences.open_invoices(EN, found, invoices, OCTOBER).status.tolist() == [
        "91 days overdue",
        "31 days overdue",
        "30 days overdue",
        "due in 61 days",
    ]


def test_what_is_overdue_as_a_whole_is_said_without_its_amount():
    invoices = frame(
        "invoice_id issued_on due_on amount",
        ("B", "2026-01-01", "2026-09-30", 2e6),  # 31 days
        ("C", "2026-01-01", "2026-08-01", 3e6),  # 91
    )
    nobody_paid = frame("payment_id invoice_id paid_on amount")
    assert sentences.owed(EN, aged(invoices, nobody_paid), "VND", "client")[1:] == [
        "All of it is overdue (31 to 60 days: VND 2 million; over 90 days: VND 3 million)."
    ]
    old = aged(invoices.tail(1), nobody_paid)
    assert sentences.owed(EN, old, "VND", "client")[1:] == ["All of it is over 90 days overdue."]
    assert sentences.owed(VI, old, "VND", "internal") == [
        "Khách hàng còn 1 hóa đơn chưa thanh toán, trị giá 3 triệu đồng.",
        "Toàn bộ đã quá hạn trên 90 ngày.",
    ]


def test_one_invoice_that_is_not_due_and_none_at_all(one_paid_late, one_half_paid):
    one = one_paid_late[one_paid_late.invoice_id == "I3"]
    assert sentences.owed(EN, aged(one, one_half_paid), "VND", "internal") == [
        "The client has 1 invoice open, worth VND 300.",
        "Nothing is overdue.",
    ]
    none = aged(one_paid_late.iloc[:0], one_half_paid)
    assert sentences.owed(EN, none, "VND", "client") == ["No invoice is open."]
    assert sentences.open_invoices(EN, none, one_paid_late, OCTOBER).empty


def test_a_credit_alone_is_told_beside_nothing_open(one_paid_late, one_half_paid):
    credit = one_paid_late[one_paid_late.invoice_id == "I5"]
    assert sentences.owed(EN, aged(credit, one_half_paid), "VND", "client") == [
        "No invoice is open.",
        "You have a credit of VND 40 with us.",
    ]

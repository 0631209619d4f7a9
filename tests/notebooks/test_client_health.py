"""The page of a client, for the agency and for the client."""

from __future__ import annotations

import pandas as pd
import pytest
from frames import frame
from pages import (
    FOLDER,
    LANGUAGES,
    MONTH,
    given,
    run,
    texts,
)

from amlib import show, words
from amlib.book import Book
from amlib.reports.audience import AUDIENCES


def test_facts_of_a_client_are_the_score_of_the_month(report):
    shown = report("client_health", "en")
    (facts,) = (one[show.FACTS] for one in shown if show.FACTS in one)
    said = next(text for text in texts(shown) if "out of 100" in text)
    assert f"The score is {facts['score']:.0f} out of 100 ({facts['band']})" in said


def test_a_client_who_has_left_has_no_score_and_the_index_says_why(sample_book, book_of):
    path = FOLDER / "client_health.ipynb"
    gone = sample_book.clients.head(1).assign(until=pd.Timestamp("2026-09-15"))
    book = book_of(clients=gone)
    shown = run(path, book, **given(path, book, "en"))
    assert [one[show.FACTS] for one in shown if show.FACTS in one] == [{"note": "has left"}]
    assert any("not active in this month" in text for text in texts(shown))


CLIENT = frame("client_id name am_id segment since until", ("A", "Phở A", "lan", "small", "2026-08-03", None))
ONE_INVOICE = frame("invoice_id client_id issued_on due_on amount", ("I1", "A", "2026-09-01", "2026-10-01", 5e6))
NOT_PAID = frame("payment_id invoice_id paid_on amount")


def client_page(book: Book, audience: str, lang: str = "en") -> list[str]:
    asked = {"book": "somewhere", "client": "A", "month": MONTH, "lang": lang, "audience": audience}
    return texts(run(FOLDER / "client_health.ipynb", book, **asked))


def test_a_client_with_one_invoice(book_of):
    """Due on 1 October and not paid: 30 days overdue, one bar two months before the page's."""
    book = book_of(clients=CLIENT, invoices=ONE_INVOICE, payments=NOT_PAID)
    internal, said = client_page(book, "internal"), client_page(book, "client")
    fees = "fees in the twelve months to October 2026: VND 5 million."
    assert any(fees in text for text in said)
    assert any("Nothing was billed since September 2026." in text for text in internal)
    for page, owes in ((internal, "The client has 1 invoice open"), (said, "You have 1 invoice to pay")):
        assert any(f"{owes}, worth VND 5 million. All of it is 1–30 days overdue." in text for text in page)
        assert any("Fees, September 2026: VND 5 million." in text for text in page)
    steps = next(text for text in said if "Settle the overdue invoice I1" in text)
    assert "You, overdue since 01/10/2026" in steps
    assert steps.index("Send you the statement of debts") < steps.index("Settle the overdue invoice I1")


def test_without_payments_nobody_is_told_to_pay(book_of):
    book = book_of(clients=CLIENT, invoices=ONE_INVOICE)
    for audience in AUDIENCES:
        said = " ".join(client_page(book, audience))
        assert "the book has no table of payments" in said
        assert "I1" not in said
    assert "Nothing calls for action now." in said


@LANGUAGES
@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_client_with_nothing_has_a_page_that_says_so_once(book_of, sample_book, audience, lang):
    empty = {name: table.iloc[:0] for name, table in sample_book.tables.items()}
    said = client_page(book_of(**{**empty, "clients": CLIENT}), audience, lang)
    no_invoice = words.of(lang).text("No invoice is open.")
    assert sum(no_invoice in text for text in said) == 1
    assert sum(words.of(lang).text("No survey was sent yet.") in text for text in said) == 1
    assert len(said) == len({*said})


def test_a_former_client_is_thanked_and_still_owes(book_of):
    """Until September: no score of October, no like clients, and what is open stays open."""
    left = CLIENT.assign(until=pd.Timestamp("2026-09-30"))
    contracts = frame(
        "contract_id client_id kind signed_on starts_on ends_on monthly_fee",
        ("R1", "A", "retainer", "2026-08-03", "2026-08-03", "2026-09-30", 5e6),
    )
    tasks = frame("task_id project_id department handed_on", ("T1", "P1", "media", "2026-08-20"))
    projects = frame("project_id client_id briefed_on", ("P1", "A", "2026-08-04"))
    book = book_of(
        clients=left, contracts=contracts, invoices=ONE_INVOICE, payments=NOT_PAID, tasks=tasks, projects=projects
    )
    internal, said = " ".join(client_page(book, "internal")), " ".join(client_page(book, "client"))
    assert "The client was not active in this month, so there is no score." in internal
    assert "this one has left, so there is nothing to compare" in internal
    assert "You worked with Agency A from August 2026 to September 2026. Thank you for your trust." in said
    for page in (internal, said):
        assert "The last retainer ended on 30/09/2026, 31 days ago." in page
        assert "All of it is 1–30 days overdue." in page


def test_a_clients_page_says_nothing_of_score_cost_or_band(report):
    internal, said = (" ".join(texts(report("client_health", "en", audience))) for audience in AUDIENCES)
    for word in ("score is", "nplanned", "segment", "Health score", "(green)"):
        assert word in internal
        assert word not in said

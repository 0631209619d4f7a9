"""Asking a book: as it was known, for all and for one client, from files and from a saved book."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from frames import frame

from amlib import kpis
from amlib.book import Book, open_book, save_book
from amlib.kpis.engine import Query

pytestmark = pytest.mark.pandas_only("a book is asked in the same way whatever computes its KPIs")
MONTH = pd.Period("2026-10", "M")
CLIENTS = frame(
    "client_id name segment since until",
    ("A", "Phở", "key", "2025-01-01", None),
    ("B", "Trà", "key", "2025-01-01", None),
    ("C", "Bún", "key", "2025-01-01", None),
    ("D", "Cơm", "key", "2025-01-01", "2026-09-30"),
)
INVOICES = frame(
    "invoice_id client_id issued_on due_on amount pass_through",
    ("I1", "A", "2026-09-10", "2026-10-10", 80.0, 0.0),
    ("I2", "A", "2026-10-10", "2026-11-10", 120.0, 20.0),
    ("I3", "B", "2026-10-11", "2026-11-11", 300.0, 0.0),
    ("I4", "A", "2026-11-10", "2026-12-10", 999.0, 0.0),
)
PAYMENTS = frame("payment_id invoice_id paid_on amount", ("P1", "I1", "2026-10-20", 30.0))
PROJECTS = frame("project_id client_id briefed_on", *((f"J{id}", id, "2026-01-01") for id in "ABC"))
TASKS = frame(
    "task_id project_id department handed_on",
    ("T1", "JA", "creative", "2026-02-01"),
    ("T2", "JB", "creative", "2026-02-01"),
    ("T3", "JB", "media", "2026-02-01"),
    ("T4", "JC", "media", "2026-02-01"),
)


@pytest.fixture(scope="module")
def saved(sample_book, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    save_book(sample_book, folder)
    return folder


@pytest.fixture
def book(book_of) -> Book:
    return book_of(clients=CLIENTS, invoices=INVOICES, payments=PAYMENTS, projects=PROJECTS, tasks=TASKS)


@pytest.mark.parametrize(
    ("kpi", "by", "since"),
    [
        ("revenue", (), MONTH),
        ("revenue", ("month",), MONTH - 12),
        ("revenue", ("segment", "month"), None),
        ("response_time", (), MONTH),
        ("response_time", ("channel", "client_id"), MONTH - 5),
        ("on_time_delivery", (), MONTH - 5),
        ("overdue_share", (), None),
        ("overdue_share", ("invoice_id",), None),
        ("nps", (), MONTH - 2),
        ("active_clients", ("month",), MONTH - 2),
        ("white_space", ("department",), None),
        ("project_margin", (), None),
        ("utilisation", (), None),
    ],
)
def test_a_saved_book_answers_as_the_book_itself(sample_book, saved, kpi, by, since):
    for client_id in sample_book.clients.client_id:
        for month in (MONTH, MONTH - 1):
            expected = kpis.ask(sample_book.of_client(client_id), kpi, month, by, since=since)
            found = kpis.ask(open_book(saved).of_client(client_id), kpi, month, by, since=since)
            pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("kpi", kpis.CATALOGUE)
def test_a_client_has_its_rows_of_everybodys(sample_book, kpi):
    """Also in the columns, their order and their types, where the client has none."""
    whole = kpis.ask(sample_book, kpi, MONTH)
    for client_id in sample_book.clients.client_id[:4]:
        found = kpis.ask(sample_book.of_client(client_id), kpi, MONTH)
        assert list(found) == list(whole)
        assert len(found) == 1 or kpi == "cohort_retention"
        assert found["value"].dtype == "float64"
        assert found["n"].dtype == "int64"
        assert found["value"].isna().all() or found["n"].any()


def test_white_space_is_what_like_clients_have_and_this_one_has_not(book):
    """Of the three there, two have bought creative work and two media: A lacks media, C creative work, B nothing."""
    asked = {id: kpis.ask(book.of_client(id), "white_space", MONTH).iloc[0] for id in "ABCD"}
    assert {id: row.value for id, row in asked.items() if row.n} == {"A": 1, "B": 0, "C": 1}
    assert pd.isna(asked["D"].value)  # gone in September
    lacks = kpis.ask(book.of_client("C"), "white_space", MONTH, ["department"])
    assert lacks[lacks.value > 0].department.tolist() == ["creative"]


def test_a_client_without_a_row_has_a_null_that_rests_on_nothing(book):
    for kpi, counts in (("revenue", {}), ("overdue_share", {}), ("on_time_delivery", {"late": 0, "on_time": 0})):
        (row,) = kpis.ask(book.of_client("C"), kpi, MONTH).to_dict("records")
        assert pd.isna(row["value"])
        assert row["n"] == 0
        assert {name: row[name] for name in counts} == counts
        assert kpis.ask(book.of_client("C"), kpi, MONTH, ["month"] if kpi == "revenue" else ["segment"]).empty


def test_the_groups_of_a_client(book):
    one = book.of_client("A")
    by_month = kpis.ask(one, "revenue", MONTH, "month")
    assert by_month.month.tolist() == [MONTH - 1, MONTH]
    assert by_month.value.tolist() == [80, 100]
    owed = kpis.ask(one, "overdue_share", MONTH, ["invoice_id"])
    assert owed[["invoice_id", "open", "overdue"]].to_records(index=False).tolist() == [
        ("I1", 50, 50),
        ("I2", 120, 0),
    ]
    found = kpis.ask(one, "revenue", MONTH, ["segment", "client_id"], since=MONTH)
    assert list(found)[:3] == ["segment", "client_id", "value"]
    assert found.iloc[0, :3].tolist() == ["key", "A", 100]


def test_each_month_is_asked_of_what_was_known_then(book):
    one = book.of_client("A")
    assert [kpis.ask(one, "revenue", MONTH + k).value.item() for k in (-1, 0, 1)] == [80, 180, 1179]
    assert kpis.ask(one.as_of(MONTH), "revenue", MONTH + 1).value.item() == 180


def test_a_book_without_the_table(book_of):
    book = book_of(clients=CLIENTS, invoices=INVOICES)
    for asked in (book, book.of_client("A")):
        with pytest.raises(LookupError, match="overdue_share cannot be measured: the book has no payments"):
            kpis.ask(asked, "overdue_share", MONTH)
        without = kpis.ask(asked, "overdue_share", MONTH, ["invoice_id"], lacking="empty")
        assert without.open.sum() > 0
    none = kpis.ask(book, "response_time", MONTH, "month", lacking="empty")
    assert none.empty
    assert {"value", "p90", "share_within"} <= {*none}


@pytest.mark.parametrize("by", [(), ["segment"], ["client_id"], ["segment", "month"]])
def test_a_saved_book_keeps_what_was_asked_of_all(book, tmp_path, monkeypatch, by):
    save_book(book, tmp_path / "saved")
    expected = kpis.ask(book, "revenue", MONTH, by)
    pd.testing.assert_frame_equal(kpis.ask(open_book(tmp_path / "saved"), "revenue", MONTH, by), expected)
    monkeypatch.setattr(Query, "run", lambda *_: pytest.fail("a KPI was computed"))
    pd.testing.assert_frame_equal(kpis.ask(open_book(tmp_path / "saved"), "revenue", MONTH, by), expected)


def test_an_unknown_kpi(book):
    with pytest.raises(LookupError, match=r"there is no KPI .nsp.\. Did you mean .nps."):
        kpis.ask(book, "nsp", MONTH)


def test_a_column_that_no_table_has(book):
    for asked in (book, book.of_client("A")):
        with pytest.raises(kpis.ColumnMissing, match="revenue cannot be grouped by 'colour'"):
            kpis.ask(asked, "revenue", MONTH, ["colour"])

"""KPIs asked of a book since a month, by groups, in its own hours; and what cannot be asked."""

from __future__ import annotations

import pandas as pd
import pytest
from frames import frame

from amlib import kpis

pytestmark = pytest.mark.pandas_only("a book is asked in the process")

OF_WHAT_HAPPENED = [kpi.id for kpi in kpis.CATALOGUE.values() if kpi.month]


@pytest.mark.parametrize("kpi", kpis.CATALOGUE)
def test_every_kpi_can_be_asked_of_a_book(kpi, sample_book):
    found = kpis.ask(sample_book, kpi, sample_book.last_month)
    assert len(found) >= 1
    assert list(found)[-1] != "value"


@pytest.mark.parametrize("kpi", OF_WHAT_HAPPENED)
def test_a_month_alone_is_the_month_among_others(kpi, sample_book):
    """What came before the month is remembered either way: who ordered first, which task was ahead."""
    month = sample_book.last_month - 2
    alone = kpis.ask(sample_book, kpi, month, since=month)
    among = kpis.ask(sample_book, kpi, month, by="month")
    among = among[among["month"] == month].drop(columns="month").reset_index(drop=True)
    if among.empty:
        assert alone["n"].tolist() == [0]
    else:
        pd.testing.assert_frame_equal(alone, among, check_dtype=False, rtol=1e-9)


@pytest.fixture
def one_agency(book_of):
    """A pays 100 in September and 40 in October, B 60 in October; A is a key client, kept by Lan, a manager."""
    return book_of(
        clients=frame(
            "client_id name segment am_id since",
            ("A", "A", "key", "lan", "2025-01-01"),
            ("B", "B", None, None, "2025-01-01"),
        ),
        account_managers=pd.DataFrame({"am_id": ["lan"], "name": ["Lan"], "level": ["manager"]}),
        invoices=frame(
            "invoice_id client_id issued_on amount pass_through",
            ("I1", "A", "2026-09-30", 100.0, 0.0),
            ("I2", "A", "2026-10-01", 40.0, 0.0),
            ("I3", "B", "2026-10-31", 60.0, 0.0),
            ("I4", "B", "2026-11-01", 999.0, 0.0),
        ),
    )


def test_it_is_the_book_as_it_was_known(one_agency):
    assert kpis.ask(one_agency, "revenue", "2026-10").value.tolist() == [200.0]
    assert kpis.ask(one_agency, "revenue", "2026-10", since="2026-10").value.tolist() == [100.0]
    assert kpis.ask(one_agency, "revenue_growth", "2026-10").value.tolist() == [0.0]


def test_groups_may_come_from_linked_tables(one_agency):
    found = kpis.ask(one_agency, "revenue", "2026-10", by="segment")
    assert found["segment"].fillna("none").tolist() == ["key", "none"]
    assert found.value.tolist() == [140.0, 60.0]
    found = kpis.ask(one_agency, "revenue", "2026-10", by=["month", "level"], since="2026-10")
    assert found["level"].fillna("none").tolist() == ["manager", "none"]
    assert found.value.tolist() == [40.0, 60.0]
    with pytest.raises(kpis.ColumnMissing, match="revenue cannot be grouped by 'colour'"):
        kpis.ask(one_agency, "revenue", "2026-10", by="colour")


def test_a_state_is_asked_month_by_month(one_agency):
    found = kpis.ask(one_agency, "active_clients", "2026-10", by="month", since="2026-09")
    assert found["month"].astype(str).tolist() == ["2026-09", "2026-10"]
    assert found.value.tolist() == [2.0, 2.0]


def test_hours_and_service_level_are_the_books(book_of):
    # Friday 30 October 2026: three hours at the desk, and one over lunch, of which half an hour counts
    messages = frame(
        "message_id client_id received_at replied_at",
        ("M1", "A", "2026-10-30 08:30", "2026-10-30 11:30"),
        ("M2", "A", "2026-10-30 11:30", "2026-10-30 12:30"),
    )
    found = kpis.ask(book_of(messages=messages, response_hours=1.0), "response_time", "2026-10").iloc[0]
    assert (found["value"], found["share_within"]) == (1.75, 0.5)


def test_what_cannot_be_asked(one_agency):
    with pytest.raises(LookupError, match=r"there is no KPI 'revenu'\. Did you mean 'revenue'"):
        kpis.ask(one_agency, "revenu", "2026-10")
    with pytest.raises(LookupError, match="nps cannot be measured: the book has no surveys"):
        kpis.ask(one_agency, "nps", "2026-10")
    with pytest.raises(ValueError, match="'10/2026' is no day or month"):
        kpis.ask(one_agency, "revenue", "10/2026")
    with pytest.raises(ValueError, match=r"repeat_rate does not count from a month on: leave since=2026-09 out"):
        kpis.ask(one_agency, "repeat_rate", "2026-10", since="2026-09")
    with pytest.raises(ValueError, match="repeat_rate cannot be grouped by month: it has no date"):
        kpis.ask(one_agency, "repeat_rate", "2026-10", by="month")

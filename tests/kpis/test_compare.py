"""A month beside the month before and its target."""

from __future__ import annotations

import pandas as pd
import pytest
from frames import frame

from amlib import kpis

OCTOBER = pd.Period("2026-10", "M")
CLIENTS = frame("client_id name since", ("A", "Phở", "2025-01-01"))
INVOICES = frame(
    "invoice_id client_id issued_on amount pass_through",
    ("I1", "A", "2026-09-10", 80.0, 0.0),
    ("I2", "A", "2026-10-10", 120.0, 20.0),
    ("I3", "A", "2026-11-10", 999.0, 0.0),
)
SURVEYS = frame(
    "survey_id client_id sent_on answered_on score",
    ("S1", "A", "2026-09-01", "2026-09-02", 9),
    ("S2", "A", "2026-09-01", "2026-10-02", 0),  # answered after September's report
    ("S3", "A", "2026-10-01", "2026-11-02", 0),  # answered after October's
)
TARGETS = pd.DataFrame(
    [
        ("revenue", "book", 90.0, "2026-01"),
        ("revenue", "book", 110.0, "2026-10"),
        ("revenue", "book", 500.0, "2026-11"),
        ("revenue", "lan", 50.0, "2026-01"),
        ("nps", "book", 0.4, "2026-12"),
    ],
    columns=["kpi", "scope", "target", "from_month"],
).astype({"from_month": "period[M]"})
QUESTIONS = {"revenue": 1, "nps": 2}


@pytest.mark.parametrize(
    ("month", "scope", "expected"),
    [
        ("2025-12", "book", None),
        ("2026-01", "book", 90),
        ("2026-09", "book", 90),
        ("2026-10", "book", 110),
        ("2026-12", "book", 500),
        ("2026-10", "lan", 50),
        ("2026-10", "minh", None),
    ],
)
def test_the_target_is_the_last_one_set_by_then(month, scope, expected):
    for rows in (TARGETS, TARGETS[::-1]):
        assert kpis.target(rows, "revenue", month, scope) == expected


def test_no_targets_are_none(book_of):
    assert kpis.target(book_of(clients=CLIENTS).targets, "revenue", OCTOBER) is None


def test_measurable_needs_every_table(book_of):
    assert kpis.measurable(book_of(clients=CLIENTS, invoices=INVOICES), "revenue")
    assert not kpis.measurable(book_of(clients=CLIENTS, invoices=INVOICES), "overdue_share")
    assert not kpis.measurable(book_of(clients=CLIENTS), "revenue")


def test_each_month_is_seen_as_its_report_saw_it(book_of):
    book = book_of(clients=CLIENTS, invoices=INVOICES, surveys=SURVEYS, targets=TARGETS)
    found = kpis.compare(book, "2026-10", QUESTIONS).set_index("kpi")
    assert list(found.index) == ["revenue", "nps"]
    assert found.loc["revenue", ["value", "n", "before", "before_n", "target"]].tolist() == [100, 1, 80, 1, 110]
    assert found.loc["revenue", ["low", "high"]].isna().all()
    # In October one promoter and one detractor had answered, in September only the promoter.
    assert found.loc["nps", ["value", "n", "before", "before_n"]].tolist() == [0, 2, 1, 1]
    assert found.loc["nps", ["low", "high"]].notna().all()
    assert pd.isna(found.loc["nps", "target"])


def test_no_scope_is_no_target(book_of):
    book = book_of(clients=CLIENTS, invoices=INVOICES, targets=TARGETS)
    assert kpis.compare(book, OCTOBER, QUESTIONS, scope=None).target.isna().all()
    assert kpis.compare(book, OCTOBER, QUESTIONS, scope="lan").target.dropna().tolist() == [50]


def test_what_the_book_cannot_measure_is_null(book_of):
    book = book_of(clients=CLIENTS, invoices=INVOICES)
    found = kpis.compare(book, OCTOBER, {"overdue_share": None})
    assert found[["value", "low", "high", "before", "year_before", "target"]].isna().all(axis=None)
    assert found[["n", "before_n", "year_before_n"]].to_records(index=False).tolist() == [(0, 0, 0)]
    assert found.dtypes.drop("kpi").astype(str).to_dict() == {
        "months": "Int64",
        **dict.fromkeys(["value", "low", "high", "before", "year_before", "target"], "float64"),
        **dict.fromkeys(["n", "before_n", "year_before_n"], "int64"),
    }


def test_a_month_without_rows_is_null(book_of):
    book = book_of(clients=CLIENTS, invoices=INVOICES, surveys=SURVEYS)
    found = kpis.compare(book, "2026-03", QUESTIONS)
    assert found[["value", "before"]].isna().all(axis=None)
    assert found[["n", "before_n"]].eq(0).all(axis=None)


def test_a_kpi_looks_back_as_many_months_as_it_is_told(book_of):
    book = book_of(clients=CLIENTS, invoices=INVOICES)
    for months, value, before in ((1, 100, 80), (2, 180, 80), (None, 180, 80)):
        found = kpis.compare(book, OCTOBER, {"revenue": months}).iloc[0]
        assert (found.value, found.before) == (value, before), months
    assert kpis.compare(book, "2026-11", {"revenue": 2}).value.tolist() == [1099]


def test_the_year_before_is_what_that_report_said(book_of):
    late = frame("invoice_id client_id issued_on amount pass_through", ("I0", "A", "2025-10-31", 60.0, 10.0))
    surveys = frame(
        "survey_id client_id sent_on answered_on score",
        ("S0", "A", "2025-10-01", "2025-10-09", 9),
        ("S1", "A", "2025-10-01", "2025-11-02", 0),  # answered after that month's report
    )
    book = book_of(clients=CLIENTS, invoices=pd.concat([INVOICES, late], ignore_index=True), surveys=surveys)
    found = kpis.compare(book, OCTOBER, {"revenue": 1, "nps": 1}).set_index("kpi")
    assert found.year_before.tolist() == [50, 1]
    assert found.year_before_n.tolist() == [1, 1]
    assert found.months.tolist() == [1, 1]


def test_retention_goes_so_many_months_back(book_of):
    contracts = frame(
        "contract_id client_id kind signed_on starts_on ends_on monthly_fee",
        ("K1", "A", "retainer", "2025-01-01", "2025-01-01", None, 100.0),
        ("K2", "B", "retainer", "2025-01-01", "2025-01-01", "2026-03-31", 300.0),
    )
    book = book_of(clients=CLIENTS, contracts=contracts)
    for months, kept in ((1, 1), (12, 0.25), (None, 1)):
        assert kpis.compare(book, OCTOBER, {"gross_retention": months}).value.tolist() == [kept], months
    with pytest.raises(ValueError, match="revenue is not held against an earlier month: leave over=3 out"):
        kpis.ask(book_of(clients=CLIENTS, invoices=INVOICES), "revenue", OCTOBER, over=3)


@pytest.mark.pandas_only
def test_a_client_is_told_what_it_would_be_told_of_each_kpi_alone(book_of, agency):
    """What is computed for all clients at once is, for each, what the KPI says of its book; utilisation is nobody's."""
    questions = {"revenue": 3, "nps": 6, "overdue_share": None, "gross_retention": 12, "utilisation": None}

    def plain(figure: object) -> float | None:
        return None if pd.isna(figure) else float(figure)

    surveys = agency["surveys"].assign(survey_id=[f"S{i}" for i in range(len(agency["surveys"]))])
    book = book_of(**{**agency, "surveys": surveys})
    month = book.last_month
    for client in [*book.clients.client_id[:3], book.clients.client_id.iloc[-1]]:
        mine = book.of_client(client)
        found = kpis.compare(mine, month, questions, scope=None).set_index("kpi")
        for when, value, n in (
            (month, "value", "n"),
            (month - 1, "before", "before_n"),
            (month - 12, "year_before", "year_before_n"),
        ):
            for kpi, months in questions.items():
                how = {"over": months} if kpi == "gross_retention" else {"since": months and when - (months - 1)}
                alone = kpis.ask(mine, kpi, when, **how).iloc[0]
                told = found.loc[kpi]
                assert told[n] == alone["n"], (client, kpi, when)
                assert plain(told[value]) == plain(alone["value"]), (client, kpi, when)
                if when == month:
                    assert plain(told["low"]) == plain(alone.get("low")), (client, kpi)
        assert found.n.sum() > 0, client

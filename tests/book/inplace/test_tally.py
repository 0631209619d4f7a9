"""What is counted in one look at all rows is what pandas counts in them."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

from amlib import schema
from amlib.book.inplace.tally import Tally

ANSWERS = pa.table(
    {
        "_day": pa.array([None, pd.Timestamp("2026-01-31"), pd.Timestamp("2026-02-01")], pa.timestamp("us")).cast(
            "date32"
        ),
        "rows": [1, 5, 2],
        "with due_on": [1, 3, 0],
        "amount": [9.0, 50.0, 20.0],
        "filled amount": [1, 4, 2],
        "with project_id": [1, 2, 1],
    }
)
INVOICES = Tally.of(schema.TABLES["invoices"], ANSWERS, {"pass_through": 0.0, "currency": "VND"})


def test_days_rows_and_filled_cells():
    assert INVOICES.rows == 8
    assert INVOICES.days == (pd.Timestamp("2026-01-31"), pd.Timestamp("2026-02-01"))
    there = {name: INVOICES.filled(name) for name in schema.TABLES["invoices"].columns}
    required = dict.fromkeys(["invoice_id", "client_id", "issued_on", "amount"], 8)
    assert there == {**required, "project_id": 4, "due_on": 4, "pass_through": 8, "currency": 8}


def test_months_have_the_rows_with_a_day():
    months = pd.PeriodIndex(["2026-01", "2026-02"], freq="M")
    expected = {
        "rows": [5, 2],
        "amount": [50.0, 20.0],
        "filled amount": [4, 2],
        "pass_through": [0.0, 0.0],
        "filled pass_through": [0, 0],
    }
    pd.testing.assert_frame_equal(INVOICES.by_month(), pd.DataFrame(expected, index=months), check_names=False)


@pytest.mark.parametrize(
    ("constants", "expected"),
    [
        ({}, 2),  # as it was counted
        ({"done_on": None}, 5),  # no row has the day: all hours are without it
        ({"hours": None}, 0),
        ({"hours": None, "done_on": None}, 0),
        ({"hours": 1.0}, 8 - 6),
        ({"hours": 1.0, "done_on": None}, 8),
    ],
)
def test_values_without_the_day_by_which_they_are_known(constants, expected):
    answers = {"_day": ANSWERS["_day"], "rows": [1, 5, 2]}
    answers |= {"with hours": [0, 3, 2], "with done_on": [1, 3, 2], "hours without done_on": [0, 1, 1]}
    assert Tally.of(schema.TABLES["tasks"], pa.table(answers), constants).filled("hours", "done_on") == expected


def test_nothing_has_no_day():
    none = Tally.of(schema.TABLES["invoices"], ANSWERS.slice(0, 0), {"pass_through": 0.0})
    assert none.rows == 0
    assert all(pd.isna(day) for day in none.days)
    assert none.by_month().empty


def test_days_are_counted_anew():
    february, none = (ANSWERS.slice(at, 1) for at in (2, 0))
    one_less = february.set_column(1, "rows", pa.array([1]))
    days = [date(2026, 2, 1), None]
    found = INVOICES.with_days(days, Tally.of(INVOICES.table, one_less, INVOICES.constants))
    assert (found.rows, found.days) == (5 + 1, INVOICES.days)
    assert INVOICES.with_days(days, Tally.of(INVOICES.table, none, {})).days == (pd.Timestamp("2026-01-31"),) * 2

"""Frames of any make reach the engine with the values they have, nulls where nothing is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from amlib.kpis.tables import as_arrow

pytestmark = pytest.mark.pandas_only

DAY = pd.Timestamp("2026-10-31")


def column(values, **how):
    return as_arrow(pd.DataFrame({"amount": pd.Series(values, **how)}), "invoices", ["amount"])["amount"]


@pytest.mark.parametrize("filled", [0, 1, 7, 8, 9, 17])
def test_nan_is_null_and_every_other_number_stays(filled):
    numbers = [float(i) for i in range(filled)]
    assert column([*numbers, np.nan, -0.5, np.inf]).to_pylist() == [*numbers, None, -0.5, np.inf]


def test_a_column_without_a_gap_or_without_a_value():
    assert column([1.5, 2.5]).to_pylist() == [1.5, 2.5]
    assert column([np.nan, np.nan]).to_pylist() == [None, None]
    assert column([], dtype="float64").to_pylist() == []


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_instants_keep_their_unit(unit):
    found = column(pd.to_datetime([DAY, None, "1969-12-31 23:59:59"]).as_unit(unit))
    assert found.type == pa.timestamp(unit)
    assert [v and pd.Timestamp(v) for v in found.to_pylist()] == [DAY, None, pd.Timestamp("1969-12-31 23:59:59")]


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("float16", 1.5), ("float32", 1.5), ("int64", 3), ("Int64", 3), ("Float64", 1.5), ("boolean", True)],
)
def test_numbers_of_any_type(dtype, value):
    assert column([value, value], dtype=dtype).to_pylist() == [value, value]


@pytest.mark.parametrize(("dtype", "values"), [("Int64", [3, None, -5]), ("boolean", [True, None, False] * 6)])
def test_numbers_and_flags_with_empty_cells(dtype, values):
    assert column(values, dtype=dtype).to_pylist() == values
    assert column(values, dtype=dtype).null_count == sum(value is None for value in values)
    apart = pd.DataFrame({"amount": pd.Series(values, dtype=dtype)})[::-2]
    assert apart.amount.array._data.strides[0] < 0
    assert as_arrow(apart, "invoices", ["amount"])["amount"].to_pylist() == values[::-2]
    assert column([None], dtype=dtype).to_pylist() == [None]
    assert column([], dtype=dtype).to_pylist() == []


def test_rows_that_lie_apart_in_memory():
    table = pd.DataFrame(np.array([[1.0, 2.0], [np.nan, 4.0], [5.0, 6.0]]), columns=["amount", "pass_through"])
    assert as_arrow(table, "invoices", ["amount"])["amount"].to_pylist() == [1.0, None, 5.0]
    assert as_arrow(table[::-2], "invoices", ["amount"])["amount"].to_pylist() == [5.0, 1.0]


def test_months_become_their_first_day():
    table = pd.DataFrame({"from_month": pd.PeriodIndex(["2026-10", None], freq="M")})
    assert as_arrow(table, "targets", ["from_month"])["from_month"].to_pylist() == [pd.Timestamp("2026-10-01"), None]


def test_a_frame_is_taken_as_it_is_and_left_so():
    table = pd.DataFrame({"amount": [1.0, np.nan]}, index=[7, 7])
    before = table.copy()
    assert as_arrow(table, "invoices", ["amount"])["amount"].to_pylist() == [1.0, None]
    pd.testing.assert_frame_equal(table, before)

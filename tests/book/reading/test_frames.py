"""Columns in natural types keep every digit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest

from amlib.book.reading.frames import as_text, from_arrow, natural, unified

# Neither is a float64: those nearest are even.
ONE, OTHER = 90071992547409931, 90071992547409933


def column(cells: list, kind: pa.DataType) -> pd.Series:
    return from_arrow(pa.table({"id": pa.array(cells, kind)}))["id"]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([Decimal(ONE), Decimal(OTHER)], pa.decimal128(38, 0)),
        ([ONE, OTHER], pa.uint64()),
        ([ONE, OTHER], pa.int64()),
    ],
)
def test_whole_numbers_keep_their_digits(cells, kind):
    found = column([*cells, None], kind)
    assert found.dtype == "Int64"
    assert found.dropna().tolist() == [ONE, OTHER]


def test_whole_numbers_of_more_digits_than_a_number_holds_are_text():
    assert column([Decimal(10**30 + 1), None], pa.decimal128(38, 0)).tolist()[0] == "1" + "0" * 29 + "1"
    assert column([2**64 - 1], pa.uint64()).tolist() == ["18446744073709551615"]


def test_decimals_are_numbers():
    assert column([Decimal("2500000.50"), None], pa.decimal128(18, 2)).dropna().tolist() == [2500000.5]


def test_text_without_the_mark_of_text():
    assert column([b"KH01", "Phở".encode(), None], pa.binary()).tolist()[:2] == ["KH01", "Phở"]
    assert column([b"\xff\xfe"], pa.binary()).tolist() == [r"b'\xff\xfe'"]


def test_whole_numbers_beside_floats_keep_their_digits():
    frames = [pd.DataFrame({"id": pd.Series([ONE, OTHER], dtype="Int64")}), pd.DataFrame({"id": [1.0, 2.5]})]
    assert unified(frames, ["id"])["id"].tolist() == [str(ONE), str(OTHER), "1", "2.5"]
    frames[0] = pd.DataFrame({"id": pd.Series([7], dtype="Int64")})
    assert unified(frames, ["id"])["id"].tolist() == [7.0, 1.0, 2.5]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (12345.0, "12345"),
        (2.5, "2.5"),
        (1.125, "1.1250"),
        (-12.375, "-12.3750"),
        (True, "true"),
        (7, "7"),
        (dt.datetime(2026, 5, 4), "2026-05-04"),
        (dt.datetime(2026, 5, 4, 9, 30), "2026-05-04 09:30:00"),
    ],
)
def test_a_cell_as_text(cell, text):
    assert as_text(cell) == text


def test_cells_of_one_kind_keep_it():
    assert natural([1.0, "", 3.0]).dtype == "Int64"
    assert natural([1.5, None]).dtype == "float64"
    assert natural([True, None]).dtype == "boolean"
    assert natural([dt.date(2026, 5, 4), dt.datetime(2026, 5, 4, 9)]).dtype == "datetime64[us]"
    assert natural([True, 1]).tolist() == ["true", "1"]
    assert natural([2.0**53, 1.0]).dtype == "float64"

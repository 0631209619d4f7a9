"""Records whose pay stands as people wrote it."""

from __future__ import annotations

import pandas as pd
import pytest

from amlib import pay, schema
from amlib.pay import parsing, written

FILLED = ["low", "mid", "high", "currency", "period", "gross"]


def records(*rows: dict) -> pd.DataFrame:
    """Pay records as a book has them, with the columns given and all others empty."""
    empty = schema.TABLES["salaries"].empty("Asia/Ho_Chi_Minh")
    return pd.DataFrame([*rows], columns=empty.columns).astype(empty.dtypes)


def filled(**row: object) -> list:
    """What a record is read as, null as None."""
    read = pay.as_written(records(row), "VND").iloc[0]
    return [None if pd.isna(value) else value for value in read[FILLED]]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"pay": "15tr net"}, [None, 15e6, None, "VND", "month", False]),
        ({"pay": "17 - 25 triệu"}, [17e6, 21e6, 25e6, "VND", "month", None]),
        ({"pay": "15000000"}, [None, 15e6, None, "VND", "month", None]),  # as a sheet of numbers and texts has it
        ({"pay": "Tới 20 triệu (gross)"}, [None, None, 20e6, "VND", "month", True]),
        ({"pay": "Trên 1.000 USD"}, [1000, None, None, "USD", "month", None]),
        ({"pay": "25k/giờ"}, [None, 25e3, None, "VND", "hour", None]),
        # What the text does not say, the row says.
        ({"pay": "15tr", "gross": True}, [None, 15e6, None, "VND", "month", True]),
        ({"pay": "240tr", "period": "year"}, [None, 240e6, None, "VND", "year", None]),
        ({"pay": "60,000", "currency": "NZD", "period": "year"}, [None, 60e3, None, "NZD", "year", None]),
        # Not in words: as it is.
        ({"mid": 15e6, "period": "month", "gross": True}, [None, 15e6, None, None, "month", True]),
        ({"pay": "Thoả thuận"}, [None] * 6),
        ({"pay": "xin hỏi", "gross": True}, [None] * 5 + [True]),
    ],
)
def test_a_record_is_read_as_it_is_written(row, expected):
    assert filled(**row) == expected


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"pay": "15tr net"}, None),
        ({"mid": 15e6, "period": "year"}, None),
        ({"pay": "Thỏa thuận"}, written.AGREED),
        ({"pay": "Tới 20 triệu"}, written.ONE_END),
        ({"pay": "300k/ngày"}, written.NO_MONTH),
        ({"mid": 25e3, "period": "hour"}, written.NO_MONTH),
        ({"pay": "20tr + thưởng"}, parsing.NOT_UNDERSTOOD),
        ({"pay": "60,000", "currency": "NZD"}, parsing.NO_PERIOD),
        # The text and its row say two things.
        ({"pay": "15tr net", "gross": True}, parsing.TWO_MEANINGS),
        ({"pay": "1.000 USD", "currency": "VND"}, parsing.TWO_MEANINGS),
        ({"pay": "15tr/tháng", "period": "year"}, parsing.TWO_MEANINGS),
    ],
)
def test_what_is_in_no_figure_says_why_before_reading_and_after(row, why):
    table = records(row)
    for read in (table, pay.as_written(table, "VND")):
        found = pay.left_out(read, "VND").iloc[0]
        assert (None if pd.isna(found) else found) == why


def test_records_keep_their_rows_and_types_and_are_told_in_groups():
    texts = ["15tr", "17tr", "16 - 20tr", "19tr", "20tr", "thoả thuận", "20tr + KPI"]
    table = records(*({"pay": text, "level": "manager", "year": 2026} for text in texts))
    table.index = range(10, 17)
    read = pay.as_written(table, "VND")
    assert read.index.tolist() == table.index.tolist()
    assert read.dtypes.to_dict() == table.dtypes.to_dict()
    assert read.pay.tolist() == texts
    (band,) = pay.own_bands(read, "VND", [["level"]]).itertuples()
    # Of 15, 17, 18, 19 and 20: the means of three neighbours.
    assert (band.n, band.low, band.mid, band.high) == (5, 16.7e6, 18e6, 19e6)
    assert pay.left_out(read, "VND").dropna().index.tolist() == [15, 16]


def test_no_records_are_read_as_none():
    empty = schema.TABLES["salaries"].empty("Asia/Ho_Chi_Minh")
    pd.testing.assert_frame_equal(pay.as_written(empty, "VND"), empty)
    assert pay.left_out(empty, "VND").empty

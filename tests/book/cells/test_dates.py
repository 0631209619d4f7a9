"""Days and months as people write them; each value is worked by hand."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

LAST = dt.date(2026, 12, 31)


def days(found) -> list[dt.date | None]:
    return [None if pd.isna(value) else value.date() for value in found.values]


@pytest.mark.parametrize(
    "cell",
    [
        "2026-12-31",
        "2026-12-31 00:00:00",
        "2026/12/31",
        "2026.12.31",
        "20261231",
        "31/12/2026",
        "31-12-2026",
        "31.12.2026",
        "31 12 2026",
        "31/12/26",
        "31.12.26",
        "12/31/2026",
        "31/12/2026 00:00",
        "31/12/2026 0:00:00",
        "12/31/2026 12:00:00 AM",
        "31/12/2026 12:00:00 SA",
        "ngày 31/12/2026",
        "Ngày 31 tháng 12 năm 2026",
        "31 tháng 12 năm 2026",
        "31 tháng 12, 2026",
        "31 thg 12, 2026",
        "31 Th12 2026",
        "Thứ Năm, 31/12/2026",
        "Thứ năm, ngày 31 tháng 12 năm 2026",
        "31-Dec-2026",
        "31-Dec-26",
        "31 December 2026",
        "31st December 2026",
        "31DEC2026",
        "Dec 31, 2026",
        "December 31st, 2026",
        "Thursday, December 31, 2026",
    ],
)
def test_the_last_day_of_the_year(read, cell):
    found = read("date", [cell])
    assert (days(found), found.failures, found.undecided) == ([LAST], {}, None)


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        # 13 is no month: the column is day first, or month first.
        (["05/01/2026", "13/01/2026"], ["2026-01-05", "2026-01-13"]),
        (["05/01/2026", "01/13/2026"], ["2026-05-01", "2026-01-13"]),
        (["5-1-2026", "13.1.26"], ["2026-01-05", "2026-01-13"]),
        # The same day and month, and what has one order only, say nothing and need nothing.
        (["05/05/2026", "2026-01-13"], ["2026-05-05", "2026-01-13"]),
        (["ngày 05/01/2026", "06/06/2026"], ["2026-01-05", "2026-06-06"]),
        (["Jan 5, 2026", "5 Feb 2026"], ["2026-01-05", "2026-02-05"]),
    ],
)
def test_a_column_decides(read, cells, found):
    typed = read("date", cells)
    assert (days(typed), typed.failures) == ([dt.date.fromisoformat(day) for day in found], {})


def test_a_column_that_stays_open(read):
    found = read("date", ["05/05/2026", "05/01/2026", "06/02/2026"])
    assert found.undecided.cells == (1, 2)
    assert found.undecided.lines == (
        ("31/12/2026", "05/01/2026 is 5 January 2026"),
        ("12/31/2026", "05/01/2026 is 1 May 2026"),
    )
    assert found.values.isna().all()


def test_as_many_cells_for_either_order(read):
    found = read("date", ["31/12/2026", "12/31/2026"])
    assert found.undecided.cells == (0, 1)
    assert found.undecided.lines[1] == ("12/31/2026", "31/12/2026 is no day")


def test_the_fewest_cells_contradict(read):
    found = read("date", ["31/12/2026", "30/12/2026", "12/29/2026", "05/01/2026"])
    why = "the day first, as in the other cells; write 2026-12-29"
    assert found.failures == {2: ("'12/29/2026'", f"a date such as 2026-10-31 ({why})")}
    assert days(found)[3] == dt.date(2026, 1, 5)


def test_an_example_settles_it(read):
    assert days(read("date", ["05/01/2026"], form="31/12/2026")) == [dt.date(2026, 1, 5)]
    assert days(read("date", ["05/01/2026"], form="12/31/2026")) == [dt.date(2026, 5, 1)]
    found = read("date", ["12/31/2026"], form="31/12/2026")
    assert found.failures[0][1].endswith("(the day first, as in the other cells; write 2026-12-31)")


def test_dates_that_a_spreadsheet_may_have_turned_are_told(read):
    """Excel in America makes 1 May of 05/01/2026 and cannot read 31/01/2026."""
    turned = [f"2026-{month:02}-01" for month in range(1, 6)]
    (note,) = read("date", [*turned, "31/01/2026"]).notes
    assert note.endswith("all real dates are before the 13th, as if a program had turned day and month")
    assert "turned" not in read("date", [*turned, "2026-01-13", "31/01/2026"]).notes[0]
    assert "turned" not in read("date", [*turned, "05/02/2026", "31/01/2026"]).notes[0]
    times = [f"{day} 09:30" for day in [*turned, "31/01/2026"]]
    assert "turned day and month" in read("instant", times).notes[0]


@pytest.mark.parametrize("cells", [["46387", "25569"], [46387, 25569], [46387.0, 25569.0], ["46387.0", "25569"]])
def test_day_numbers_of_excel(read, cells):
    """46,387 days after 1899-12-30 is the last of 2026, 25,569 the first of 1970."""
    found = read("date", cells)
    assert days(found) == [LAST, dt.date(1970, 1, 1)]
    assert found.notes == ("is read as the day numbers of Excel",)


def test_a_day_number_among_dates_is_no_date(read):
    found = read("date", ["46387", "31/12/2026"])
    why = "if it is Excel's number of a day, write 2026-12-31"
    assert found.failures == {0: ("'46387'", f"a date such as 2026-10-31 ({why})")}


def test_numbers_that_are_no_days(read):
    assert set(read("date", ["12345", "46387"]).failures) == {0, 1}  # 1933 is before any date of a book
    assert set(read("date", [46387.5, 46387.0]).failures) == {0}
    assert set(read("date", [True, False]).failures) == {0, 1}
    assert days(read("date", [20261231, 20260101])) == [LAST, dt.date(2026, 1, 1)]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("31/02/2026", "no calendar has that day"),
        ("32/01/2026", "no calendar has that day"),
        ("2026-13-01", "no calendar has that day"),
        ("20261331", "no calendar has that day"),
        ("31/12/2026 14:05", "the day alone, without a time; or give such a cell under formats"),
        ("2026-12-31T14:05:00Z", "the day alone, without a time; or give such a cell under formats"),
        ("26-12-31", "the year in four digits"),
        ("31/12", ""),
        ("soon", ""),
        ("Q4 2026", ""),
        ("31/12-2026", ""),
        ("٣١/١٢/٢٠٢٦", ""),
    ],
)
def test_a_cell_that_is_no_day(read, cell, why):
    found = read("date", [cell])
    assert found.failures == {0: (repr(cell), "a date such as 2026-10-31" + (f" ({why})" if why else ""))}


@pytest.mark.parametrize("cell", ["31/12/1969", "1969-12-31", "01/01/2101", "31/12/2206"])
def test_a_day_out_of_all_calendars(read, cell):
    assert read("date", [cell]).failures == {0: (repr(cell), "a date such as 2026-10-31 (from 1970 to 2100)")}


def test_with_such_an_example_the_day_of_a_time_is_taken(read):
    """20:05 in Greenwich is 03:05 of the next day in Vietnam."""
    found = read("date", ["31/12/2026 14:05", "30/12/2026", "2026-12-31T20:05:00Z"], form="31/12/2026 09:30")
    assert days(found) == [LAST, dt.date(2026, 12, 30), dt.date(2027, 1, 1)]
    assert found.notes == ("is read from '##/##/####', the day first, without the time",)
    cells = [pd.Timestamp("2026-12-31 14:05"), pd.Timestamp("2026-12-30")]
    assert days(read("date", cells, form="2026-12-31 14:05")) == [LAST, dt.date(2026, 12, 30)]


@pytest.mark.parametrize(
    "cell",
    [
        "2026-10",
        "2026-10-01",
        "2026/10",
        "202610",
        "10/2026",
        "10-2026",
        "10.2026",
        "tháng 10/2026",
        "Tháng 10 năm 2026",
        "tháng 10, 2026",
        "thg 10 2026",
        "T10/2026",
        "T10-2026",
        "Th10 2026",
        "Oct 2026",
        "Oct-26",
        "October 2026",
        "01/10/2026",
        "10/01/2026",
        "1 tháng 10 năm 2026",
        "Oct 1, 2026",
        "46296",
    ],
)
def test_the_tenth_month(read, cell):
    found = read("month", [cell])
    assert (found.values.astype(str).tolist(), found.failures, found.undecided) == (["2026-10"], {}, None)


@pytest.mark.parametrize("cell", ["13/2026", "2026-00", "T0/2026", "31/12/2026", "10/26", "Q4 2026", "2026", "46297"])
def test_a_cell_that_is_no_month(read, cell):
    assert set(read("month", [cell]).failures) == {0}


@pytest.mark.parametrize(
    ("kind", "cells", "note"),
    [
        ("date", ["2026-12-31"], ()),
        ("date", ["31/12/2026"], ("is read from '##/##/####', the day first",)),
        ("date", ["12/31/2026"], ("is read from '##/##/####', the month first",)),
        ("date", ["31 tháng 12 năm 2026"], ("is read from '## tháng ## năm ####'",)),
        ("month", ["T10/2026"], ("is read from 'T##/####'",)),
    ],
)
def test_how_it_is_read_is_told(read, kind, cells, note):
    assert read(kind, cells).notes == note


FORMS = [
    "{d:02}/{m:02}/{y}",
    "{d}/{m}/{y}",
    "{d}-{m}-{y}",
    "{d:02}.{m:02}.{y}",
    "{y}/{m}/{d}",
    "{y}{m:02}{d:02}",
    "{d} tháng {m} năm {y}",
    "ngày {d}/{m}/{y}",
    "{d:02}-{name}-{y}",
    "{name} {d}, {y}",
]


@pytest.mark.parametrize("cell", ["Sept 5, 2026", "5 sept 2026", "5 September 2026", "5-Sep-26"])
def test_september_is_shortened_in_two_ways(read, cell):
    assert days(read("date", [cell])) == [dt.date(2026, 9, 5)]


@settings(max_examples=200, deadline=None)
@given(written=st.lists(st.dates(dt.date(1970, 1, 1), dt.date(2100, 12, 31)), min_size=1), form=st.sampled_from(FORMS))
def test_what_is_written_is_read_back(read, written, form):
    written = [*written, LAST]
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    cells = [form.format(d=day.day, m=day.month, y=day.year, name=names[day.month - 1]) for day in written]
    found = read("date", cells)
    assert (days(found), found.failures) == (written, {})

"""A day and a time of day, in whose zone; each value is worked by hand."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ZONE = "Asia/Ho_Chi_Minh"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2026-12-31 14:05", "2026-12-31 14:05"),
        ("31/12/2026 14:05", "2026-12-31 14:05"),
        ("31/12/2026 14:05:30", "2026-12-31 14:05:30"),
        ("31/12/2026, 14:05", "2026-12-31 14:05"),
        ("31/12/2026 - 14:05", "2026-12-31 14:05"),
        ("31-12-2026 9:05", "2026-12-31 09:05"),
        ("12/31/2026 2:05 PM", "2026-12-31 14:05"),
        ("12/31/2026 2:05pm", "2026-12-31 14:05"),
        ("12/31/2026 2:05:30 p.m.", "2026-12-31 14:05:30"),
        ("12/31/2026 12:05 AM", "2026-12-31 00:05"),
        ("12/31/2026 12:05 PM", "2026-12-31 12:05"),
        ("31/12/2026 2:05 CH", "2026-12-31 14:05"),
        ("31/12/2026 2:05:30 SA", "2026-12-31 02:05:30"),
        ("31/12/2026 12:05 SA", "2026-12-31 00:05"),
        ("14:05 31/12/2026", "2026-12-31 14:05"),
        ("14:05:30, 31/12/2026", "2026-12-31 14:05:30"),
        ("14h05 ngày 31/12/2026", "2026-12-31 14:05"),
        ("31 tháng 12 năm 2026 14:05", "2026-12-31 14:05"),
        ("Dec 31, 2026, 2:05 PM", "2026-12-31 14:05"),
        ("31-Dec-2026 14:05", "2026-12-31 14:05"),
        ("20261231 14:05", "2026-12-31 14:05"),
        ("2026/12/31 14:05:30.250", "2026-12-31 14:05:30.250"),
        ("2026-12-31T14:05:30Z", "2026-12-31 21:05:30"),
        ("2026-12-31T14:05:30.250+0100", "2026-12-31 20:05:30.250"),
        ("31/12/2026 14:05 +09:00", "2026-12-31 12:05"),
        ("31/12/2026 14:05 UTC", "2026-12-31 21:05"),
        ("31/12/2026 14:05 GMT+7", "2026-12-31 14:05"),
        ("31/12/2026 14:05 UTC +8", "2026-12-31 13:05"),
        ("31/12/2026 14:05 GMT-5:30", "2027-01-01 02:35"),
        ("31/12/2026 14:05 +7", None),
        ("31/12/2026 24:00", None),
        ("31/12/2026 23:59:60", None),
        ("31/12/2026 14:05 +15:00", None),
        ("31/12/2026 14:05 +07:60", None),
        ("31/12/2026 14:05 GMT+07:00", "2026-12-31 14:05"),
    ],
)
def test_a_cell_that_can_be_read_one_way(read, cell, value):
    found = read("instant", [cell])
    if value is None:
        assert set(found.failures) == {0}
    else:
        assert (found.values.tolist(), found.failures) == ([pd.Timestamp(value, tz=ZONE)], {})


@pytest.mark.parametrize("cell", ["31/12/2026 14:05 PST", "2026-12-31 14:05 Asia/Tokyo", "2026-12-31 14:05:30 ICT"])
def test_a_zone_that_is_not_known_is_named(read, cell):
    zone = cell.rpartition(" ")[2]
    (_, expected), *more = read("instant", [cell]).failures.values()
    assert f"({zone!r} is no zone that is known: write its offset, as in +07:00)" in expected
    assert not more


def test_a_column_decides_or_stays_open(read):
    found = read("instant", ["05/01/2026 10:00", "13/01/2026 10:00"])
    assert found.values.dt.strftime("%Y-%m-%d").tolist() == ["2026-01-05", "2026-01-13"]
    found = read("instant", ["05/01/2026 10:00"])
    assert found.undecided.lines[0] == ("31/12/2026", "05/01/2026 is 5 January 2026")
    found = read("instant", ["05/01/2026 10:00"], form="12/31/2026 09:30")
    assert found.values.tolist() == [pd.Timestamp("2026-05-01 10:00", tz=ZONE)]


def test_instants_of_a_table_in_another_zone(read):
    """20:00 in Greenwich is 03:00 of the next day in Vietnam; an offset in the cell counts for more than that zone."""
    cells = ["2026-12-31 20:00", "31/12/2026 20:00", "2026-12-31 20:00+07:00"]
    after, own = pd.Timestamp("2027-01-01 03:00", tz=ZONE), pd.Timestamp("2026-12-31 20:00", tz=ZONE)
    assert read("instant", cells, own_zone="UTC").values.tolist() == [after, after, own]
    stamps = [pd.Timestamp("2026-12-31 20:00")]
    assert read("instant", stamps, own_zone="UTC").values.tolist() == [after]


@pytest.mark.parametrize("cells", [["46387.25", "46387"], [46387.25, 46387.0], ["46387,25", "46387"]])
def test_day_numbers_of_excel(read, cells):
    """46,387 days after 1899-12-30 is the last of 2026; a quarter of a day is 06:00."""
    found = read("instant", cells)
    assert found.values.tolist() == [pd.Timestamp("2026-12-31 06:00", tz=ZONE), pd.Timestamp("2026-12-31", tz=ZONE)]
    assert found.notes == ("is read as the day numbers of Excel",)


def test_a_third_of_a_day_is_eight_o_clock_sharp(read):
    assert read("instant", [46387 + 1 / 3]).values.tolist() == [pd.Timestamp("2026-12-31 08:00", tz=ZONE)]


@pytest.mark.parametrize("cells", [["1767225600"], [1767225600], [1767225600000], ["1767225600000"]])
def test_seconds_and_milliseconds_since_1970(read, cells):
    """1,767,225,600 s = 20,454 days: the first of 2026 in Greenwich, where it is midnight."""
    assert read("instant", cells).values.tolist() == [pd.Timestamp("2026-01-01", tz="UTC")]


def test_counts_of_more_than_one_thing_are_none(read):
    assert set(read("instant", ["1767225600", "1767225600000"]).failures) == {0, 1}
    assert set(read("instant", ["46387", "46388"]).failures) == {0, 1}  # days without a time


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("2026-12-31", "with a time"),
        ("31/12/2026", "with a time"),
        ("31/12/2026 25:00", ""),
        ("31/12/2026 14:65", ""),
        ("31/12/2026 14:05 PM", ""),
        ("31/12/2026 0:05 PM", ""),
        ("14:05", ""),
        ("yesterday", ""),
        ("31/02/2026 14:05", ""),
    ],
)
def test_a_cell_that_is_no_instant(read, cell, why):
    expected = "a date and time such as 2026-10-31 14:05" + (f" ({why})" if why else "")
    assert read("instant", [cell]).failures == {0: (repr(cell), expected)}


def test_an_hour_that_the_clocks_skip_or_repeat(read):
    """London 2026: 01:30 on 29 March does not exist, 01:30 on 25 October is there twice."""
    found = read("instant", ["29/03/2026 01:30", "25/10/2026 01:30", "25/10/2026 01:30 +01:00"], zone="Europe/London")
    assert set(found.failures) == {0, 1}
    assert "clocks change then in Europe/London" in found.failures[0][1]


def test_the_fewest_cells_contradict(read):
    found = read("instant", ["31/12/2026 10:00", "30/12/2026 10:00", "12/29/2026 10:00"])
    why = "the day first, as in the other cells; write 2026-12-29"
    assert found.failures == {2: ("'12/29/2026 10:00'", f"a date and time such as 2026-10-31 14:05 ({why})")}


FORMS = ["%d/%m/%Y %H:%M:%S", "%d-%m-%Y %I:%M:%S %p", "%H:%M:%S %d/%m/%Y", "%Y/%m/%d %H:%M:%S", "%d %b %Y, %H:%M:%S"]


@settings(max_examples=200, deadline=None)
@given(
    written=st.lists(st.datetimes(dt.datetime(1980, 1, 1), dt.datetime(2100, 12, 30)), min_size=1),
    form=st.sampled_from(FORMS),
)
def test_what_is_written_is_read_back(read, written, form):
    """Vietnam's clocks have not changed since 1975, so each time of day is there once."""
    written = [when.replace(microsecond=0) for when in [*written, dt.datetime(2026, 12, 31, 14, 5)]]
    found = read("instant", [when.strftime(form) for when in written])
    assert found.failures == {}
    assert found.values.tolist() == [pd.Timestamp(when, tz=ZONE) for when in written]

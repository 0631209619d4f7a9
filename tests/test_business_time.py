from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlib.business_time import WorkingHours, with_business_hours

NINE_TO_FIVE = WorkingHours(((time(9), time(17)),), country=None)
EIGHT_TO_FIVE = WorkingHours(((time(8), time(17)),), country=None)


def elapsed(hours, *pairs):
    start, end = (pa.array(column, pa.timestamp("us")) for column in zip(*pairs, strict=True))
    table = ibis.memtable(pa.table({"start": start, "end": end, "day": range(len(start))}))
    found = with_business_hours(table, "start", "end", hours, name="took").order_by("day").to_pyarrow()
    assert found.column_names == ["start", "end", "day", "took"]
    return found["took"].to_pylist()


TUESDAY, FRIDAY = datetime(2026, 10, 6, 11), datetime(2026, 10, 9, 16)


def test_eight_hours_from_tuesday_eleven_are_over_on_wednesday_eleven():
    assert NINE_TO_FIVE.due(TUESDAY, 8) == datetime(2026, 10, 7, 11)
    assert elapsed(NINE_TO_FIVE, (TUESDAY, datetime(2026, 10, 7, 11))) == [8.0]


def test_four_hours_from_friday_four_are_over_on_monday_eleven():
    assert EIGHT_TO_FIVE.due(FRIDAY, 4) == datetime(2026, 10, 12, 11)
    assert elapsed(EIGHT_TO_FIVE, (FRIDAY, datetime(2026, 10, 12, 11))) == [4.0]


def test_lunch_does_not_count():
    # 8:30–12:00 and 13:30–17:30; 11:30 to 14:00 is half an hour before lunch and half an hour after
    assert elapsed(WorkingHours(), (datetime(2026, 10, 6, 11, 30), datetime(2026, 10, 6, 14))) == [1.0]
    assert WorkingHours().due(datetime(2026, 10, 6, 11, 30), 0.5) == datetime(2026, 10, 6, 12)
    assert WorkingHours().due(datetime(2026, 10, 6, 11, 30), 0.75) == datetime(2026, 10, 6, 13, 45)


def test_out_of_hours_takes_no_time():
    night = datetime(2026, 10, 9, 20)
    assert elapsed(
        NINE_TO_FIVE,
        (night, datetime(2026, 10, 9, 23)),
        (night, datetime(2026, 10, 11, 8)),
        (night, datetime(2026, 10, 12, 20)),
        (night, None),
        (None, night),
    ) == [0.0, 0.0, 8.0, None, None]


def test_time_is_counted_to_the_second():
    start = datetime(2026, 10, 6, 9)
    assert elapsed(NINE_TO_FIVE, (start, start), (start, start.replace(second=36))) == [0.0, 0.01]


def test_nothing_answered_is_null_not_an_error():
    assert elapsed(NINE_TO_FIVE, (None, None)) == [None]
    assert elapsed(NINE_TO_FIVE, (FRIDAY, None)) == [None]


def test_the_calendar_reaches_as_far_as_the_data():
    # 52 weeks and 6 weekdays of 2000 plus 261 of 2001: Monday 3 January 2000 to Monday 31 December 2001
    weekdays = sum(day.weekday() < 5 for day in pd.date_range("2000-01-03", "2001-12-30"))
    assert elapsed(NINE_TO_FIVE, (datetime(2000, 1, 3, 9), datetime(2001, 12, 31, 9))) == [8.0 * weekdays]


def test_make_up_saturdays_are_worked_and_holidays_are_not():
    vietnam = WorkingHours()
    assert vietnam.works_on(date(2025, 4, 26))
    assert vietnam.works_on(date(2026, 8, 22))
    assert not vietnam.works_on(date(2025, 5, 2))
    assert not vietnam.works_on(date(2026, 2, 17))  # Tết
    assert vietnam.works_on(date(2025, 11, 24))
    assert not vietnam.works_on(date(2026, 11, 24))
    # Friday 25 April 2025 17:00 to Saturday 9:00 is half an hour and half an hour
    assert elapsed(vietnam, (datetime(2025, 4, 25, 17), datetime(2025, 4, 26, 9))) == [1.0]


def test_calendar_of_a_week_with_a_make_up_saturday():
    found = WorkingHours().calendar(date(2026, 8, 21), date(2026, 8, 24))
    assert found["works"].tolist() == [True, True, False, True]
    assert found["worked_seconds"].tolist() == [27000, 27000, 0, 27000]
    assert found["before"].tolist() == [0, 27000, 54000, 54000]


def test_due_keeps_the_time_zone():
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    assert NINE_TO_FIVE.due(TUESDAY.replace(tzinfo=zone), 8) == datetime(2026, 10, 7, 11, tzinfo=zone)


def test_periods_may_adjoin():
    # 8–12 and 12–17 without a lunch break: 11:00 to 13:00 are two hours
    hours = WorkingHours(((time(8), time(12)), (time(12), time(17))), country=None)
    assert hours.seconds_per_day == 9 * 3600
    assert elapsed(hours, (datetime(2026, 10, 6, 11), datetime(2026, 10, 6, 13))) == [2.0]


def test_the_last_year_of_known_holidays():
    assert not WorkingHours().works_on(date(2100, 9, 2))  # Thursday, national day
    with pytest.raises(ValueError, match="the data reaches 2101: correct the date"):
        WorkingHours().works_on(date(2101, 1, 3))


def test_a_year_without_known_holidays_is_an_error():
    with pytest.raises(ValueError, match=r"known from .* to 2100, but the data reaches 2206"):
        elapsed(WorkingHours(), (datetime(2206, 1, 1), datetime(2206, 1, 2)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"periods": ()}, "no period"),
        ({"periods": ((time(17), time(9)),)}, "17:00-09:00: every period must open before it closes"),
        ({"periods": ((time(13), time(17)), (time(8), time(12)))}, "follow each other"),
        ({"periods": ((time(8), time(12)), (time(11), time(17)))}, "08:00-12:00, 11:00-17:00.*not overlap"),
        ({"weekdays": ()}, "weekdays"),
        ({"weekdays": (1, 7)}, r"\(1, 7\)"),
        ({"country": "XX"}, "country 'XX'"),
        ({"time_zone": "Asia/Saigong"}, "Asia/Saigong"),
    ],
)
def test_hours_that_contradict_themselves_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        WorkingHours(**wrong)


moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(second=0, microsecond=0))


@settings(max_examples=20, deadline=None)
@given(moments, st.integers(0, 60 * 40))
def test_due_and_elapsed_agree(start, minutes):
    assert elapsed(WorkingHours(), (start, WorkingHours().due(start, minutes / 60))) == [pytest.approx(minutes / 60)]

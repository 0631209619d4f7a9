from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from frames import frame

from amlib import kpis
from amlib.kpis.period import first_day, last_day, quarter_of

pytestmark = pytest.mark.pandas_only("which day is meant is said before any engine is asked")

BILLED = frame("client_id issued_on amount pass_through", ("A", "2026-10-05", 10.0, 0.0))


@pytest.mark.parametrize(
    ("when", "first", "last"),
    [
        ("2026-10-05", date(2026, 10, 5), date(2026, 10, 5)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2026Q3", date(2026, 7, 1), date(2026, 9, 30)),
        ("2028", date(2028, 1, 1), date(2028, 12, 31)),
        (pd.Period("2028-02"), date(2028, 2, 1), date(2028, 2, 29)),
        (date(2026, 10, 5), date(2026, 10, 5), date(2026, 10, 5)),
        (np.datetime64("2026-10-05"), date(2026, 10, 5), date(2026, 10, 5)),
        (datetime(2026, 10, 5, 23, 59), date(2026, 10, 5), date(2026, 10, 5)),
        # Wall-clock time where it was taken, whatever day it is in Greenwich
        (pd.Timestamp("2026-10-05 01:00", tz="Asia/Ho_Chi_Minh"), date(2026, 10, 5), date(2026, 10, 5)),
    ],
)
def test_the_days_that_are_meant(when, first, last):
    assert (first_day(when), last_day(when)) == (first, last)


@pytest.mark.parametrize(
    "when", ["05/10/2026", "10/2026", "October", "2026-10-05 10:00", "", None, 2026, 2026.5, pd.NaT]
)
def test_a_date_of_somebodys_habit_is_refused(when):
    with pytest.raises(ValueError, match=r"is no day or month: write a day as '2026-10-31', a month as '2026-10'"):
        last_day(when)


@pytest.mark.parametrize("when", ["2026-13", "2026-02-30", "2026-00"])
def test_a_day_that_no_calendar_has_is_refused(when):
    with pytest.raises(ValueError, match=f"'{when}' is no day of the calendar"):
        first_day(when)


def test_months_are_written_as_months():
    assert kpis.revenue_growth(BILLED, "2026-10-31")["revenue"].item() == 10.0
    assert kpis.revenue_growth(BILLED, np.array(["2026-10"]))["revenue"].item() == 10.0
    for wrong in ("10/2026", "October", ["2026-10", "thg 10"], 202610, None):
        with pytest.raises(ValueError, match="is no day or month: write"):
            kpis.revenue_growth(BILLED, wrong, by="month")
    for longer in ("2026", "2026Q4", pd.Period("2026")):
        with pytest.raises(ValueError, match=r"'2026(Q4)?' is more than a month: write one as '2026-10'"):
            kpis.revenue_growth(BILLED, longer)


def test_a_quarter_is_the_one_that_a_month_lies_in():
    assert quarter_of("2026Q3") == quarter_of("2026-08") == quarter_of("2026-09-30") == pd.Period("2026Q3")
    with pytest.raises(ValueError, match="'2026' is more than a quarter: write one as '2026Q3'"):
        quarter_of("2026")

"""A clock of real incidents, from opened to resolved: 861 of 890 were, and 29 went straight to closed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from amlib import kpis
from amlib.business_time import WorkingHours

LOG = Path(__file__).parents[3] / "shared/data/incident-log/incident_event_log.csv"
ONE_HOUR = pd.Timedelta(hours=1)
# What Vietnam was off from March 2016 to February 2017: Hùng Kings' Day and 30 April and 1 May (on a weekend, so
# made up for), National Day, New Year (a Sunday), Tết of 28 January.
FREE = [
    "2016-04-18",
    "2016-05-02",
    "2016-05-03",
    "2016-09-02",
    "2017-01-02",
    "2017-01-26",
    "2017-01-27",
    "2017-01-30",
    "2017-01-31",
    "2017-02-01",
]


@pytest.fixture(scope="module")
def incidents():
    """One row per incident; every event of one repeats its instants."""
    if not LOG.is_file():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("the real data (../shared/data) is not on this machine")
    log = pd.read_csv(LOG, na_values="?", usecols=["number", "opened_at", "resolved_at"])
    rows = log.drop_duplicates()
    assert len(log) == 5998
    assert len(rows) == rows["number"].nunique() == 890
    instants = {
        to: pd.to_datetime(rows[name], format="%d-%m-%Y %H:%M").astype("datetime64[us]")
        for to, name in (("received_at", "opened_at"), ("replied_at", "resolved_at"))
    }
    return pd.DataFrame(instants)


def in_business_hours(incidents, free=()):
    """Hours at 8:30-12:00 and 13:30-17:30 on weekdays: every minute of the log's year is worked or not."""
    minutes = pd.date_range("2016-02-01", "2017-03-01", freq="min")
    clock = minutes.hour * 60 + minutes.minute
    on_duty = ((clock >= 510) & (clock < 720)) | ((clock >= 810) & (clock < 1050))
    worked = on_duty & (minutes.day_of_week < 5) & ~minutes.normalize().isin(pd.to_datetime(list(free)))
    before = pd.Series(np.cumsum(worked) - worked, index=minutes)
    solved = incidents.dropna()
    return (before[solved["replied_at"]].to_numpy() - before[solved["received_at"]].to_numpy()) / 60


def test_calendar_time_has_the_median_and_mean_that_are_known(incidents):
    hours = (incidents["replied_at"] - incidents["received_at"]) / ONE_HOUR
    assert hours.count() == 861
    assert hours.median() == pytest.approx(54.5, abs=0.05)
    assert hours.mean() == pytest.approx(315.9, abs=0.05)


@pytest.mark.parametrize(("country", "free"), [(None, ()), ("VN", FREE)])
def test_business_time_equals_counting_minutes(incidents, country, free):
    (row,) = kpis.response_time(incidents, WorkingHours(country=country), within=8).to_dict("records")
    expected = in_business_hours(incidents, free)
    assert (row["n"], row["received"], row["unanswered"]) == (861, 890, 29)
    assert row["value"] == pytest.approx(expected.mean(), abs=1e-9)
    assert (row["median"], row["p90"]) == pytest.approx(np.quantile(expected, [0.5, 0.9]), abs=1e-9)
    assert row["share_within"] == pytest.approx((expected <= 8).sum() / 890, abs=1e-12)
    reach = 1.959963984540054 * expected.std(ddof=1) / 861**0.5
    assert (row["low"], row["high"]) == pytest.approx((expected.mean() - reach, expected.mean() + reach), abs=1e-9)


def test_long_waits_shrink_as_a_week_does_and_short_ones_less(incidents):
    """A week of 168 hours has 37½ of business; a wait of hours began while the agency was there, so keeps more."""
    hours = (incidents["replied_at"] - incidents["received_at"]) / ONE_HOUR
    found = kpis.response_time(incidents, WorkingHours(country=None)).iloc[0]
    assert found["value"] / hours.mean() == pytest.approx(37.5 / 168, abs=0.01)
    assert found["median"] / hours.median() > 1 / 3

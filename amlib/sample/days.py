"""The days the sample happens on: months, Vietnam's days off, Tết, working days and business minutes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import holidays
import numpy as np
import pandas as pd

HISTORY = 60  # months before the book's first month in which clients may have joined
RUN_UP = 6  # months simulated before the first, so that the book does not begin from nothing
_MORNING, _NOON, _AFTERNOON, _CLOSE = 8 * 60 + 30, 12 * 60, 13 * 60 + 30, 17 * 60 + 30
_MINUTES = (_NOON - _MORNING) + (_CLOSE - _AFTERNOON)  # of one working day
_YEAR = 366


@dataclass(frozen=True)
class Days:
    """Every day around a book of `months` months that ends with month `last` (datetime64[M]).

    Month numbers count from the book's first month (0), negative ones lie before it. Days are
    datetime64[D]; all methods take and give arrays.
    """

    last: np.datetime64
    months: int

    @property
    def first(self) -> np.datetime64:
        """The book's first month."""
        return self.last - (self.months - 1)

    @property
    def opening(self) -> np.datetime64:
        """First day of the book."""
        return self.first.astype("M8[D]")

    @property
    def closing(self) -> np.datetime64:
        """Last day of the book; nothing in it is later."""
        return (self.last + 1).astype("M8[D]") - 1

    @cached_property
    def all(self) -> np.ndarray:
        """Days from before the oldest hiring to two years after the book, so that open things have dates, too."""
        return np.arange(self.opening - (HISTORY // 12 + 8) * _YEAR, self.closing + 2 * _YEAR)

    @cached_property
    def _holidays(self) -> holidays.HolidayBase:
        years = self.all.astype("M8[Y]").astype(int) + 1970
        return holidays.country_holidays("VN", years=range(years[0], years[-1] + 1), language="en_US")

    @cached_property
    def working(self) -> np.ndarray:
        """Whether each of `all` is worked: Monday to Friday but public holidays, and make-up Saturdays."""
        off = np.array(sorted(self._holidays), dtype="M8[D]")
        made_up = np.array(sorted(self._holidays.weekend_workdays), dtype="M8[D]")
        return (np.is_busday(self.all) & ~np.isin(self.all, off)) | np.isin(self.all, made_up)

    @cached_property
    def tet(self) -> np.ndarray:
        """First day of each lunar year."""
        return np.array([day for day, name in sorted(self._holidays.items()) if name == "Lunar New Year"], "M8[D]")

    @cached_property
    def _to_tet(self) -> np.ndarray:
        """Days from each of `all` to the next first day of Tết, 0 on it."""
        return (self.tet[np.minimum(np.searchsorted(self.tet, self.all), len(self.tet) - 1)] - self.all).astype(int)

    @cached_property
    def near_tet(self) -> np.ndarray:
        """Whether each of `all` lies in the Tết weeks: from a week before the first day of Tết to 12 days after."""
        since = (self.all - self.tet[np.maximum(np.searchsorted(self.tet, self.all, "right") - 1, 0)]).astype(int)
        return ((self._to_tet >= 0) & (self._to_tet <= 7)) | ((since >= 0) & (since <= 12))

    @cached_property
    def bustle(self) -> np.ndarray:
        """How much clients write on each of `all`, against an ordinary working day = 1."""
        weight = np.where(self.working, 1.0, 0.1)
        ahead, month = self._to_tet, self.all.astype("M8[M]").astype(int) % 12 + 1
        weight *= np.where((ahead > 7) & (ahead <= 60), 1.15, 1.0)
        weight *= np.where((month == 9) | (month == 11) | ((month == 12) & (ahead > 60)), 1.08, 1.0)
        return weight * np.where(self.near_tet, 0.45, 1.0)

    @cached_property
    def campaigns(self) -> np.ndarray:
        """How many briefs come on each of `all`, against an ordinary working day = 1.

        More in the two months before Tết, and ahead of Mid-Autumn (June, July) and of 11.11 and 12.12
        (September, October).
        """
        ahead, month = self._to_tet, self.all.astype("M8[M]").astype(int) % 12 + 1
        weight = np.where((ahead > 20) & (ahead <= 80), 1.7, np.where(np.isin(month, (6, 7, 9, 10)), 1.25, 0.9))
        return weight * self.working * np.where(self.near_tet, 0.3, 1.0)

    def month(self, number: np.ndarray) -> np.ndarray:
        """First day of months `number`."""
        return (self.first + np.asarray(number)).astype("M8[D]")

    def number(self, dates: np.ndarray) -> np.ndarray:
        """Month number of `dates`."""
        return (np.asarray(dates).astype("M8[M]") - self.first).astype(int)

    def at(self, dates: np.ndarray) -> np.ndarray:
        """Position of `dates` in `all`, held inside it."""
        return np.clip((dates - self.all[0]).astype(int), 0, len(self.all) - 1)

    def total(self, weight: np.ndarray, number: np.ndarray) -> np.ndarray:
        """Sum of a day-by-day `weight` over months `number`, against an average month of the book = 1."""
        summed = np.concatenate([[0.0], np.cumsum(weight)])
        sums = summed[self.at(self.month(np.asarray(number) + 1))] - summed[self.at(self.month(number))]
        return sums / (weight.mean() * _YEAR / 12)

    def draw(self, number: np.ndarray, weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A random day of each of the months `number`, the likelier the more `weight` it has."""
        summed = np.cumsum(weight)
        start, stop = self.at(self.month(number)), self.at(self.month(np.asarray(number) + 1)) - 1
        before = np.where(start > 0, summed[start - 1], 0.0)
        target = before + (1 - rng.random(len(start))) * (summed[stop] - before)
        return self.all[np.clip(np.searchsorted(summed, target), start, stop)]

    @cached_property
    def _workdays(self) -> np.ndarray:
        return self.all[self.working]

    @cached_property
    def _passed(self) -> np.ndarray:
        """Working days before each of `all`."""
        return np.concatenate([[0], np.cumsum(self.working)[:-1]])

    def workday(self, dates: np.ndarray, later: np.ndarray | int = 0) -> np.ndarray:
        """The first working day from `dates` on, or the one `later` working days after it."""
        position = self._passed[self.at(dates)] + np.rint(later).astype(int)
        return self._workdays[np.clip(position, 0, len(self._workdays) - 1)]

    def last_workday(self, number: np.ndarray) -> np.ndarray:
        """The last working day of months `number`."""
        return self.workday(self.month(np.asarray(number) + 1), -1)

    def is_open(self, moments: np.ndarray) -> np.ndarray:
        """Whether `moments` (datetime64[m]) lie in working hours."""
        day = moments.astype("M8[D]")
        minute = (moments - day).astype(int)
        inside = ((minute >= _MORNING) & (minute < _NOON)) | ((minute >= _AFTERNOON) & (minute < _CLOSE))
        return self.working[self.at(day)] & inside

    def after(self, moments: np.ndarray, minutes: np.ndarray) -> np.ndarray:
        """The moment when `minutes` of working time have passed since `moments` (datetime64[m])."""
        day = moments.astype("M8[D]")
        minute, at = (moments - day).astype(int), self.at(day)
        worked = np.clip(minute, _MORNING, _NOON) - _MORNING + np.clip(minute, _AFTERNOON, _CLOSE) - _AFTERNOON
        total = self._passed[at] * _MINUTES + worked * self.working[at] + np.rint(minutes).astype(int)
        days, rest = np.divmod(total, _MINUTES)
        clock = rest + np.where(rest < _NOON - _MORNING, _MORNING, _MORNING + _AFTERNOON - _NOON)
        return self._workdays[np.minimum(days, len(self._workdays) - 1)].astype("M8[m]") + clock


def nulled(dates: np.ndarray, where: np.ndarray) -> np.ndarray:
    """`dates` with null in the rows of `where`."""
    return np.where(where, np.datetime64("NaT"), dates)


def numbered(prefix: str, dates: pd.Series, digits: int) -> np.ndarray:
    """Ids such as HD2025-0123 that count through the years of `dates`, in the order given."""
    year = dates.dt.year
    count = (year.groupby(year).cumcount() + 1).astype(str).str.zfill(digits)
    return (prefix + year.astype(str) + "-" + count).to_numpy()

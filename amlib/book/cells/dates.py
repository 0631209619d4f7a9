"""Days and months as people write them: `31/12/2026`, `31 tháng 12 năm 2026`, `Dec 31, 2026`, `T10/2026`, 46022."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from amlib.book.cells.found import Found, Undecided, matches, nothing, settle
from amlib.book.cells.text import text
from amlib.pay.wording import folded
from amlib.schema import FIRST_DAY, LAST_DAY

DATE = r"^\d{4}-\d{2}-\d{2}([ T]00:00(:00(\.0+)?)?)?$"
MONTH = r"^\d{4}-\d{2}(-01([ T]00:00(:00)?)?)?$"
DAY_FIRST, MONTH_FIRST = "31/12/2026", "12/31/2026"

TIMELESS = "the day alone, without a time; or give such a cell under formats"

# Of so many days one in a hundred times none is after the 12th.
SUSPECT = 5

# Excel counts days from here; 46022 is the last of 2025.
EPOCH = pd.Timestamp("1899-12-30")
SERIAL = r"^[2-7]\d{4}([.,]\d+)?$"

_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTHS = {word: n for n, name in enumerate(_NAMES, start=1) for word in (name, name[:3])} | {"sept": 9}
_NAME = f"(?P<name>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
_THANG = r"(?:thang|thg|th|t)\.? ?"
_DAY, _MONTH, _YEAR = r"(?P<day>\d{1,2})", r"(?P<month>\d{1,2})", r"(?P<year>\d{4})"

# On what day of the week it was, and that it was at midnight, says nothing.
_AROUND = re.compile(
    r"^(?:(?:thu (?:hai|ba|tu|nam|sau|bay|[2-7])|chu nhat|cn|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)[ ,]+)?"
    r"(?P<date>.+?)(?:(?: |t)(?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)? ?(?:am|sa)))?$"
)
# 26-12-31 may begin with the year, as ISO writes it.
_OPEN = re.compile(r"(\d{1,2})(?:([-/. ])(\d{1,2})\2(\d{4})|([/. ])(\d{1,2})\5(\d{2}))", re.ASCII)
_FIXED = tuple(
    re.compile(form, re.ASCII)
    for form in (
        rf"{_YEAR}([-/. ]){_MONTH}\2{_DAY}",
        rf"{_YEAR}(?P<month>\d{{2}})(?P<day>\d{{2}})",
        rf"(?:ngay )?{_DAY} {_THANG}{_MONTH}(?:,? nam |, ?|[/ ]){_YEAR}",
        rf"{_DAY}(?:st|nd|rd|th)?[-/. ]?{_NAME}[.,]?[-/ ]?(?P<year>\d{{4}}|\d{{2}})",
        rf"{_NAME}[. ] ?{_DAY}(?:st|nd|rd|th)?,? {_YEAR}",
    )
)
_OF_A_YEAR = tuple(
    re.compile(form, re.ASCII)
    for form in (
        rf"{_YEAR}[-/. ]{_MONTH}",
        rf"{_YEAR}(?P<month>\d{{2}})",
        rf"(?:{_THANG})?{_MONTH}(?: ?[-/.] ?|,? nam |,? ){_YEAR}",
        rf"{_NAME}[.,]?[-/' ]*(?P<year>\d{{4}}|\d{{2}})",
    )
)


class Day(NamedTuple):
    """The day that a cell is where the day stands first, and where the month does; None where it is none."""

    day_first: dt.date | None
    month_first: dt.date | None


NO_DAY = Day(None, None)


def day_of(cell: str) -> Day:
    """What a cell says; the same twice where only one order can be meant."""
    words = _AROUND.sub(r"\g<date>", folded(cell))
    if found := _OPEN.fullmatch(words.removeprefix("ngay ")):
        first, second, year = found[1], found[3] or found[6], found[4] or found[7]
        # Whoever writes 'ngày' before it writes the day first.
        month_first = None if words.startswith("ngay ") else _day(year, first, second)
        return Day(_day(year, second, first), month_first)
    for form in _FIXED:
        if found := form.fullmatch(words):
            return Day(*[_day(found["year"], _month_in(found), found["day"])] * 2)
    return NO_DAY


def month_of(cell: str) -> Day:
    """The first day of the month that a cell says, or of which it is the first day."""
    words = folded(cell)
    for form in _OF_A_YEAR:
        if found := form.fullmatch(words):
            return Day(*[_day(found["year"], _month_in(found), "1")] * 2)
    return Day(*(day if day and day.day == 1 else None for day in day_of(cell)))


def _month_in(found: re.Match[str]) -> str:
    groups = found.groupdict()
    return str(_MONTHS[groups["name"]]) if "name" in groups else groups["month"]


def _day(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return None


class Days(NamedTuple):
    """A column of days: the day of each cell, how they are read, whether the order of day and month shows in each."""

    values: pd.Series
    form: str
    undecided: Undecided | None
    day_first: bool
    plain: bool

    def told(self, ours: pd.Series) -> str:
        """How they are read beside `ours`, the cells in our own format.

        A spreadsheet that opens 05/01/2026 in the wrong order makes a date of it, of 1 May, and leaves 31/01/2026 as
        it is: then no date is later than the 12th of its month, and all the rest are.
        """
        real = ours.dropna().dt.normalize().unique()
        if self.plain and len(real) >= SUSPECT and (real.day <= 12).all():
            return (
                f"{self.form}; beside them all real dates are before the 13th, as if a program had turned day and month"
            )
        return self.form


def days(cells: pd.Series, example: str = "", read: Callable[[str], Day] = day_of) -> Days:
    """The day of each cell, in the order of day and month that `example` shows or else all cells leave."""
    codes, distinct = pd.factorize(cells)
    found = [read(word) for word in distinct]
    options = np.array(found, dtype="datetime64[D]").reshape(-1, 2)
    options = np.vstack([options, np.full((1, 2), "NaT", "datetime64[D]")])[codes]
    there = ~np.isnat(options)
    by_day, by_month = there[:, 0], there[:, 1]
    differ = options[:, 0] != options[:, 1]
    open_cells: tuple[int, ...] = ()
    if order := order_of(example):
        day_first = order == DAY_FIRST
    else:
        day_first, open_cells = settle(by_day & ~by_month, by_month & ~by_day, by_day & by_month & differ)
    undecided = None
    if open_cells:
        says = [
            f"{day.day} {_NAMES[day.month - 1].title()} {day.year}" if day else "no day"
            for day in found[codes[open_cells[0]]]
        ]
        cell = cells.iloc[open_cells[0]]
        lines = zip((DAY_FIRST, MONTH_FIRST), (f"{cell} is {said}" for said in says), strict=True)
        undecided = Undecided(open_cells, tuple(lines))
    values = pd.Series(options[:, 0 if day_first else 1], index=cells.index).astype("datetime64[us]")
    form = ""
    if values.notna().any():
        # Without its figures the cell tells its form and no value.
        form = f"read from '{re.sub(r'[0-9]', '#', cells[values.notna()].iloc[0])}'"
        form += f", the {'day' if day_first else 'month'} first" if (differ & (by_day | by_month)).any() else ""
    plain = bool((differ & (by_day ^ by_month)).any() and not (by_day & by_month).any())
    return Days(values, form, undecided, day_first, plain)


def order_of(example: str) -> str:
    """Whether the example of a date has the day or the month first; empty where that does not matter or show."""
    day, month = day_of(example)
    return DAY_FIRST if day and not month else MONTH_FIRST if month and not day else ""


def dates(cells: pd.Series, zone: str, example: str = "") -> Found:
    """The cells as days."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        local = cells.dt.tz_convert(zone).dt.tz_localize(None) if cells.dt.tz is not None else cells
        local = local.astype("datetime64[us]")
        return Found(local.where(local == local.dt.normalize()), lambda cell: TIMELESS)
    return _read(cells, DATE, slice(10), "%Y-%m-%d", day_of, example)


def months(cells: pd.Series, zone: str, example: str = "") -> Found:
    """The cells as months."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        first = dates(cells, zone).values
        return Found(first.where(first.dt.day == 1).dt.to_period("M"), lambda cell: "or the first day of the month")
    found = _read(cells, MONTH, slice(7), "%Y-%m", month_of, example)
    values = found.values.where(found.values.dt.day == 1).dt.to_period("M")
    return Found(values, found.hint, found.form, found.undecided)


def _read(cells: pd.Series, ours: str, part: slice, form: str, read: Callable[[str], Day], example: str) -> Found:
    if cells.dtype == "boolean":
        return Found(nothing(cells, "datetime64[us]"))
    cells = text(cells)
    values = exact(cells.where(matches(cells, ours)).str.slice(part.start, part.stop), form)
    left = values.isna() & cells.notna()
    if not left.any():
        return Found(values)
    theirs = cells.where(left)
    if (serial := serials(theirs)) is not None and theirs.notna().equals(cells.notna()):
        return Found(serial.where(serial == serial.dt.normalize()), day_hint, "read as the day numbers of Excel")
    found = days(theirs, example, read)
    return Found(values.fillna(found.values), order_hint(found), found.told(values), found.undecided)


def exact(words: pd.Series, form: str) -> pd.Series:
    """Text of one form as instants without a zone; null where the calendar has none."""
    return pd.to_datetime(words, format=form, errors="coerce").astype("datetime64[us]")


def serials(cells: pd.Series) -> pd.Series | None:
    """Excel's numbers of days as instants, to the millisecond; None unless all cells are such numbers."""
    there = cells.notna().to_numpy()
    if not there.any() or not matches(cells, SERIAL)[there].all():
        return None
    numbers = cells.str.replace(",", ".").astype("float64")
    found = EPOCH + pd.to_timedelta((numbers * 86_400_000).round(), unit="ms")
    return found.astype("datetime64[us]") if found.dropna().between(FIRST_DAY, LAST_DAY).all() else None


def order_hint(found: Days) -> Callable[[object], str]:
    """What is the matter with a cell of a column that is read day first, or month first."""

    def hint(cell: object) -> str:
        other = day_of(str(cell))[1 if found.day_first else 0]
        if other:
            order = "day" if found.day_first else "month"
            return f"the {order} first, as in the other cells; write {other}"
        return day_hint(cell)

    return hint


def day_hint(cell: object) -> str:
    """What is the matter with a cell that is no day."""
    words = _AROUND.sub(r"\g<date>", folded(str(cell)))
    if any(form.fullmatch(words.removeprefix("ngay ")) for form in (_OPEN, *_FIXED)):
        return "no calendar has that day"
    if re.search(r"\d[ T,]+\d{1,2}[:h]\d", str(cell)):
        return TIMELESS
    if re.fullmatch(r"\d{1,2}-\d{1,2}-\d{2}", words):
        return "the year in four digits"
    if re.match(SERIAL, str(cell)):
        return f"if it is Excel's number of a day, write {EPOCH.date() + dt.timedelta(int(str(cell)[:5]))}"
    return ""

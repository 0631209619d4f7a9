"""Instants: a day and a time of day, in the zone of the table unless the cell has an offset of its own."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amlib.book.cells.dates import DATE, Days, dates, day_hint, day_of, days, exact, order_hint, serials
from amlib.book.cells.found import Found, matches, nothing
from amlib.book.cells.text import text

OURS = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?$"
OFFSET = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)? ?(Z|[+-]\d{2}(:?\d{2})?)$"

_TIME = (
    r"(?P<time>\d{1,2}(?::\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?|[hH]\d{2}) ?(?:[AaPp]\.?[Mm]\.?|SA|CH|[Ss]a|[Cc]h|sa|ch)?)"
)
_ZONE = r"(?: ?(?P<offset>Z|(?:UTC|GMT)(?: ?[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}:?(?:\d{2})?))?"
_NAMED_ZONE = re.compile(r"(?P<moment>.+[:h]\d{2}) ?(?P<zone>[A-Za-z][\w/+-]+)", re.ASCII)
_DAY_AND_TIME = rf"^(?P<date>.+?)(?:[ ,]+|T| - ){_TIME}{_ZONE}$"
_TIME_AND_DAY = rf"^{_TIME}(?P<offset>)(?: - |[ ,]+)(?P<date>.+)$"

# Seconds and milliseconds since 1970, from 2001 to 2100: neither can be taken for the other, nor for a date in figures.
_SECONDS, _MILLISECONDS = r"^[1-4]\d{9}$", r"^[1-4]\d{12}$"


def instants(cells: pd.Series, zone: str, own: str, example: str = "") -> Found:
    """The cells as instants in `zone`; those without an offset are read in the zone `own`."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        if cells.dt.tz is not None:
            return Found(cells.astype(f"datetime64[us, {cells.dt.tz}]").dt.tz_convert(zone))
        return Found(_placed(cells.astype("datetime64[us]"), own, zone), _hint(own))
    if cells.dtype == "boolean":
        return Found(nothing(cells, f"datetime64[us, {zone}]"))
    numbers, cells = cells.dtype != "str", text(cells)
    values = _placed(exact(cells.where(matches(cells, OURS)), "ISO8601"), own, zone)
    if (offset := matches(cells, OFFSET)).any():
        moments = pd.to_datetime(
            cells[offset]
            .str.replace(" ?(Z|[+-])", r"\1", regex=True)
            .str.replace(r"[+-]\d{2}$", lambda hours: hours[0] + ":00", regex=True),
            format="ISO8601",
            errors="coerce",
            utc=True,
        )
        values = values.where(~offset, moments.dt.tz_convert(zone).astype(values.dtype))
    left = values.isna() & cells.notna()
    if not left.any():
        return Found(values, _hint(own))
    theirs = cells.where(left)
    if theirs.notna().equals(cells.notna()) and (found := _counted(theirs, zone, own)):
        return found
    if numbers:
        return Found(values, _hint(own))
    return _written(values, theirs, zone, own, example)


def has_time(example: str) -> bool:
    """Whether the example of a cell is a day with a time."""
    date, time, _ = _split(example)
    return bool(time) and any(day_of(date))


def days_of(cells: pd.Series, zone: str, own: str, example: str) -> Found:
    """The cells as days in `zone`: that of the instant, where a cell has a time."""
    alone = dates(cells, zone, example)
    timed = instants(cells.where(alone.values.isna()), zone, own, example)
    on = timed.values.dt.tz_localize(None).dt.normalize().astype("datetime64[us]")
    form = " and ".join(dict.fromkeys(part for part in (timed.form, alone.form) if part)) or "read"
    return Found(
        alone.values.fillna(on),
        timed.hint,
        f"{form}, without the time",
        timed.undecided or alone.undecided,
    )


def _counted(cells: pd.Series, zone: str, own: str) -> Found | None:
    """Numbers that count days or seconds, where all cells do."""
    there = cells.notna().to_numpy()
    for pattern, unit, told in ((_SECONDS, "s", "seconds"), (_MILLISECONDS, "ms", "milliseconds")):
        if matches(cells, pattern)[there].all():
            moments = pd.to_datetime(pd.to_numeric(cells), unit=unit, utc=True)
            return Found(_in(moments, zone), form=f"read as {told} since 1970")
    moments = serials(cells)
    # Whole numbers are days without a time.
    if moments is None or (moments.dropna() == moments.dropna().dt.normalize()).all():
        return None
    return Found(_placed(moments, own, zone), _hint(own), "read as the day numbers of Excel")


def _written(values: pd.Series, cells: pd.Series, zone: str, own: str, example: str) -> Found:
    part = _parts(cells)
    found = days(part["date"], date_in(example))
    moments = found.values + _each(part["time"], _time)
    fixed = part["offset"].fillna("") != ""
    read = _placed(moments.mask(fixed), own, zone)
    if fixed.any():
        utc = (moments - _each(part["offset"], _offset)).where(fixed).dt.tz_localize("UTC")
        read = read.where(~fixed, _in(utc, zone))
    form = found.told(values.dt.tz_localize(None)) if read.notna().any() else ""
    return Found(values.where(values.notna(), read), _hint(own, found), form, found.undecided)


def _parts(cells: pd.Series) -> dict[str, pd.Series]:
    """The date, the time and the offset of each cell, as they are written; null where it has no time."""
    words = pa.array(cells, pa.large_string(), from_pandas=True)
    first, turned = pc.extract_regex(words, _DAY_AND_TIME), pc.extract_regex(words, _TIME_AND_DAY)
    found = {
        name: pc.if_else(first.is_valid(), first.field(name), pc.if_else(turned.is_valid(), turned.field(name), None))
        for name in ("date", "time", "offset")
    }
    return {name: pd.Series(part, index=cells.index, dtype="str") for name, part in found.items()}


def _split(cell: str) -> tuple[str, str, str]:
    """Date, time and offset of one cell; the date alone where it has no time."""
    found = re.match(_DAY_AND_TIME, cell) or re.match(_TIME_AND_DAY, cell)
    return (found["date"], found["time"], found["offset"] or "") if found else (cell, "", "")


def date_in(example: str) -> str:
    """The date of an example, which may have a time too."""
    return _split(example)[0]


def _each(words: pd.Series, read: Callable[[str], pd.Timedelta | None]) -> pd.Series:
    """The length of time that each cell says, read once for each that is different."""
    codes, distinct = pd.factorize(words)
    lengths = np.array([*(read(word) for word in distinct), None], dtype="timedelta64[us]")
    return pd.Series(lengths[codes], index=words.index)


def _time(word: str) -> np.timedelta64 | None:
    found = re.fullmatch(r"(\d{1,2})[:h](\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)? ?([apsc])?[mah.]*", word.casefold())
    if not found:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[5]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[5] in "pc" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    micro = int((found[4] or "").ljust(6, "0")[:6])
    return np.timedelta64(((hour * 60 + minute) * 60 + second) * 1_000_000 + micro, "us")


def _offset(word: str) -> np.timedelta64 | None:
    found = re.fullmatch(r"(?:Z|UTC|GMT)? ?(?:([+-])(\d{1,2}):?(\d{2})?)?", word)
    if not found:
        return None
    hours, minutes = int(found[2] or 0), int(found[3] or 0)
    # No clock on earth is further from UTC.
    if hours > 14 or minutes > 59:
        return None
    minutes += hours * 60
    return np.timedelta64(-minutes if found[1] == "-" else minutes, "m").astype("timedelta64[us]")


def _placed(naive: pd.Series, own: str, zone: str) -> pd.Series:
    placed = naive.dt.tz_localize(own, ambiguous="NaT", nonexistent="NaT")
    return placed if own == zone else _in(placed, zone)


def _in(moments: pd.Series, zone: str) -> pd.Series:
    return moments.dt.tz_convert(zone).astype(f"datetime64[us, {zone}]")


def _hint(zone: str, found: Days | None = None) -> Callable[[object], str]:
    def hint(cell: object) -> str:
        date, time, offset = _split(str(cell))
        day = day_of(date)
        if not time or re.match(DATE, str(cell)):
            if (named := _NAMED_ZONE.fullmatch(str(cell))) and has_time(named["moment"]):
                return f"{named['zone']!r} is no zone that is known: write its offset, as in +07:00"
            return "with a time" if any(day) else day_hint(cell)
        if found and any(day) and not day[0 if found.day_first else 1]:
            return order_hint(found)(date)
        if not any(day) or _time(time) is None or offset:
            return ""
        return f"clocks change then in {zone}, so this time is there twice or not at all; add its offset, as in +01:00"

    return hint

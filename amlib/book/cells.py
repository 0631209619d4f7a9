"""Cells into typed values: strict for our own formats, because a guess about money or dates is a lie in a report.

Dates are `2026-10-31`, instants `2026-10-31 14:05` (with an offset they are converted to the book's zone),
months `2026-10`, numbers `1234.5` without thousands separators, flags true/false, 1/0, yes/no, có/không.
Blank cells are null. Cells that a file already holds as numbers, dates or flags are taken as such.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amlib.book.problem import printed
from amlib.book.reading import nfc
from amlib.schema import FIRST_DAY, LAST_DAY, Column

YES, NO = ("true", "1", "yes", "có"), ("false", "0", "no", "không")

NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
# `1.200` is 1200 in Vietnam and 1.2 elsewhere: only a dot that cannot separate thousands settles it for the column.
EITHER = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"
DECIMAL = r"^[+-]?(0?\.\d+|0\.\d+|\d+\.(\d{1,2}|\d{4,})|\d{4,}\.\d{3})([eE][+-]?\d+)?$"
DATE = r"^\d{4}-\d{2}-\d{2}([ T]00:00(:00(\.0+)?)?)?$"
INSTANT = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?$"
OFFSET = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)? ?(Z|[+-]\d{2}(:?\d{2})?)$"
MONTH = r"^\d{4}-\d{2}(-01([ T]00:00(:00)?)?)?$"


def typed(cells: pd.Series, column: Column, time_zone: str) -> tuple[pd.Series, dict[int, tuple[str, str]]]:
    """The cells as values of `column`'s dtype, and for each position that fails: what was found, what was expected.

    Failing cells are null in the values. Dates outside `schema.FIRST_DAY` … `LAST_DAY` fail.
    """
    cells = cells.reset_index(drop=True)
    if cells.dtype == "str":
        cells = nfc(cells)
    values, hint = KINDS[column.kind](cells, time_zone)
    bad = np.flatnonzero((values.isna() & cells.notna()).to_numpy())
    failures = {
        int(at): (printed(cell), column.expected + (f" ({why})" if (why := hint(cell)) else ""))
        for at, cell in zip(bad, cells.iloc[bad], strict=True)
    }
    if column.kind in ("date", "instant", "month"):
        days = values.dt.to_timestamp() if column.kind == "month" else values
        days = days.dt.tz_localize(None) if column.kind == "instant" else days
        outside = ((days < FIRST_DAY) | (days >= LAST_DAY + pd.Timedelta(days=1))).to_numpy()
        for at in np.flatnonzero(outside):
            years = f"{FIRST_DAY.year} to {LAST_DAY.year}"
            failures[int(at)] = (printed(cells.iloc[at]), f"{column.expected} (from {years})")
        values = values.mask(outside) if outside.any() else values
    return values, failures


Typed = tuple[pd.Series, Callable[[object], str]]


def _no_hint(cell: object) -> str:
    return ""


def _matches(cells: pd.Series, pattern: str) -> pd.Series:
    hits = pc.match_substring_regex(pa.array(cells, pa.large_string(), from_pandas=True), pattern)
    return pd.Series(pc.fill_null(hits, False).to_numpy(zero_copy_only=False), index=cells.index)


def _nothing(cells: pd.Series, dtype: str) -> pd.Series:
    return pd.Series(None, index=cells.index, dtype=dtype)


def _text(cells: pd.Series, zone: str) -> Typed:
    if cells.dtype == "str":
        return cells, _no_hint
    if cells.dtype == "float64" and (cells.dropna() % 1 == 0).all() and not np.isinf(cells).any():
        cells = cells.astype("Int64")
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        text = cells.map(printed, na_action="ignore").astype("str")
    elif cells.dtype == "float64":
        text = cells.map(lambda value: str(int(value)) if value.is_integer() else repr(value), na_action="ignore")
    elif cells.dtype == "boolean":
        text = cells.map({True: "true", False: "false"}, na_action="ignore")
    else:
        text = cells.astype("str")
    return text.astype("str").where(cells.notna()), _no_hint


def _number(cells: pd.Series, zone: str) -> Typed:
    if pd.api.types.is_bool_dtype(cells.dtype) or pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return _nothing(cells, "float64"), _no_hint
    if cells.dtype != "str":
        numbers = cells.astype("float64")
        return numbers.mask(
            np.isinf(numbers)
        ), lambda cell: "not an infinite one" if isinstance(cell, float) and math.isinf(cell) else ""
    plain = _matches(cells, NUMBER)
    either = _matches(cells, EITHER)
    if either.any() and not _matches(cells, DECIMAL).any():
        plain &= ~either
    text = pa.array(cells.where(plain), pa.large_string(), from_pandas=True)
    # Arrow reads neither a leading plus nor a bare trailing dot.
    text = pc.replace_substring_regex(text, r"^\+", "")
    text = pc.replace_substring_regex(text, r"\.($|[eE])", r"\1")
    numbers = pd.Series(pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False), index=cells.index, dtype="float64")
    return numbers.mask(np.isinf(numbers)), _number_hint


def _number_hint(cell: object) -> str:
    text = str(cell).replace("\u00a0", " ")
    bare = re.sub(r"\s*(₫|đ|vnd|vnđ|usd|gbp|eur|\$|€|£|%)\s*", "", text, flags=re.IGNORECASE).strip()
    if re.match(EITHER, text):
        return f"write {text.replace('.', '')}; no thousands separators; a decimal as {float(text):g}"
    if re.match(r"^[+-]?\d{1,3}([., ']\d{3})+$", bare):
        return f"write {re.sub('[., ]', '', bare)}; no thousands separators"
    if re.match(r"^[+-]?\d{1,3}(\.\d{3})*,\d+$", bare):
        return f"write {bare.replace('.', '').replace(',', '.')}; a dot before decimals, no thousands separators"
    if re.match(r"^[+-]?\d{1,3}(,\d{3})+\.\d+$", bare):
        return f"write {bare.replace(',', '')}; no thousands separators"
    if bare != text and re.match(NUMBER, bare):
        return f"write {bare}; no unit in the cell"
    return ""


def _integer(cells: pd.Series, zone: str) -> Typed:
    if cells.dtype == "Int64":
        return cells, _no_hint
    numbers, hint = _number(cells, zone)
    whole = numbers.where((numbers % 1 == 0) & (numbers.abs() < 2**53))
    return whole.astype("Int64"), hint


def _flag(cells: pd.Series, zone: str) -> Typed:
    if cells.dtype == "boolean":
        return cells, _no_hint
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return _nothing(cells, "boolean"), _no_hint
    words = _text(cells, zone)[0].str.lower()
    flags = words.map({**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}).astype("boolean")
    return flags, lambda cell: "or 1/0, yes/no, có/không"


def _date(cells: pd.Series, zone: str) -> Typed:
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        local = cells.dt.tz_convert(zone).dt.tz_localize(None) if cells.dt.tz is not None else cells
        local = local.astype("datetime64[us]")
        return local.where(local == local.dt.normalize()), lambda cell: "the day alone, without a time"
    if cells.dtype != "str":
        return _nothing(cells, "datetime64[us]"), _no_hint
    right = _matches(cells, DATE)
    return _instants(cells.str.slice(0, 10).where(right), "%Y-%m-%d"), _date_hint


def _instants(text: pd.Series, form: str) -> pd.Series:
    return pd.to_datetime(text, format=form, errors="coerce").astype("datetime64[us]")


def _date_hint(cell: object) -> str:
    text = str(cell)
    if re.match(r"^\d{4}-\d{2}-\d{2}[ T]\d", text):
        return "the day alone, without a time"
    if parts := re.match(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text):
        day, month, year = map(int, parts.groups())
        if month > 12 >= day:
            day, month = month, day
        if day > 12 and 1 <= month <= 12:
            return f"write {year}-{month:02d}-{day:02d}"
        return "year first, then month, then day"
    if re.match(DATE, text):
        return "no calendar has that day"
    return ""


def _instant(cells: pd.Series, zone: str) -> Typed:
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        if cells.dt.tz is not None:
            return cells.astype(f"datetime64[us, {cells.dt.tz}]").dt.tz_convert(zone), _no_hint
        return _local(cells.astype("datetime64[us]"), zone), _clock_hint(zone)
    if cells.dtype != "str":
        return _nothing(cells, f"datetime64[us, {zone}]"), _no_hint
    values = _local(_instants(cells.where(_matches(cells, INSTANT)), "ISO8601"), zone)
    if (offset := _matches(cells, OFFSET)).any():
        moments = pd.to_datetime(
            cells[offset]
            .str.replace(" ?(Z|[+-])", r"\1", regex=True)
            .str.replace(r"[+-]\d{2}$", lambda hours: hours[0] + ":00", regex=True),
            format="ISO8601",
            errors="coerce",
            utc=True,
        )
        values = values.where(~offset, moments.dt.tz_convert(zone).astype(values.dtype))
    return values, _clock_hint(zone)


def _local(naive: pd.Series, zone: str) -> pd.Series:
    return naive.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")


def _clock_hint(zone: str) -> Callable[[object], str]:
    def hint(cell: object) -> str:
        text = str(cell)
        if re.match(INSTANT, text) and not pd.isna(pd.to_datetime(text, format="ISO8601", errors="coerce")):
            return (
                f"clocks change then in {zone}, so this time is there twice or not at all; add its offset, as in +01:00"
            )
        if re.match(DATE, text):
            return "with a time"
        return "" if re.match(r"^\d{4}-", text) else _date_hint(cell)

    return hint


def _month(cells: pd.Series, zone: str) -> Typed:
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        days = _date(cells, zone)[0]
        return days.where(days.dt.day == 1).dt.to_period("M"), lambda cell: "or the first day of the month"
    if cells.dtype != "str":
        return _nothing(cells, "period[M]"), _no_hint
    text = cells.where(_matches(cells, MONTH)).str.slice(0, 7)
    return _instants(text, "%Y-%m").dt.to_period("M"), _month_hint


def _month_hint(cell: object) -> str:
    if parts := re.match(r"^(\d{1,2})[/.-](\d{4})$", str(cell)):
        return f"write {parts[2]}-{int(parts[1]):02d}"
    return ""


KINDS: Mapping[str, Callable[[pd.Series, str], Typed]] = {
    "text": _text,
    "date": _date,
    "instant": _instant,
    "month": _month,
    "number": _number,
    "integer": _integer,
    "flag": _flag,
}

"""The door: a column of cells by its kind, with what failed and how it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from amlib.book.cells.dates import dates, months, order_of
from amlib.book.cells.flags import flags
from amlib.book.cells.found import EMPTY, Found, Typed, nothing
from amlib.book.cells.instants import date_in, days_of, has_time, instants
from amlib.book.cells.numbers import integers, mark_of, numbers
from amlib.book.cells.text import text
from amlib.book.problem import printed
from amlib.book.reading import nfc
from amlib.schema import FIRST_DAY, LAST_DAY, Column, dtype


def typed(
    cells: pd.Series,
    column: Column,
    time_zone: str,
    *,
    own_zone: str = "",
    form: str = "",
    values: Mapping[str, str] | None = None,
) -> Typed:
    """The cells as values of `column`'s dtype, and for each position that fails: what was found, what was expected.

    `own_zone` is the zone of instants without an offset, where it is not the book's `time_zone`. `form` is the example
    of a cell, which settles what the cells may leave open. `values` maps words of the file to ours, in our own format;
    cells that it does not have are read as they are. Dates outside `schema.FIRST_DAY` … `LAST_DAY` fail.
    """
    cells = cells.reset_index(drop=True)
    if cells.dtype == "str":
        cells = nfc(cells)
    if values:
        return _mapped(cells, column, time_zone, values, own_zone=own_zone, form=form)
    notes, failures = [], {}
    found = _found(cells, column, time_zone, own_zone or time_zone, form)
    bad = np.flatnonzero(found.values.isna() & cells.notna())
    if len(bad) and (marks := _marks(cells, bad, column)).any():
        notes, failures = _told(cells[marks], column, len(cells))
        cells = cells.mask(marks)
        found = _found(cells, column, time_zone, own_zone or time_zone, form)
        bad = np.flatnonzero(found.values.isna() & cells.notna())
    if found.undecided:
        # Told once for the column, not for each cell.
        failed = dict.fromkeys(range(len(cells)), ("", ""))
        return Typed(nothing(cells, dtype(column, time_zone)), failures | failed, (), found.undecided)
    why = {cell: f" ({hint})" if (hint := found.hint(cell)) else "" for cell in cells.iloc[bad].unique()}
    failures |= {
        int(at): (printed(cell), column.expected + why[cell]) for at, cell in zip(bad, cells.iloc[bad], strict=True)
    }
    result = found.values
    if column.kind in ("date", "instant", "month"):
        result, outside = _within_calendar(result, column)
        years = f"{FIRST_DAY.year} to {LAST_DAY.year}"
        failures |= {int(at): (printed(cells.iloc[at]), f"{column.expected} (from {years})") for at in outside}
    notes = ([f"is {found.form}"] if found.form else []) + notes
    return Typed(result, failures, tuple(notes), units=found.units)


def example(text: str, column: Column) -> bool:
    """Whether `text` shows how the cells of a column are written."""
    if column.kind in ("number", "integer"):
        return mark_of(text) is not None
    if column.kind in ("date", "instant", "month"):
        return bool(order_of(date_in(text))) or (column.kind == "date" and has_time(text))
    return False


def fits(word: str, column: Column) -> bool:
    """Whether `word`, in our own format, is a value of the column; the empty word is where it may be empty."""
    if not word.strip():
        return column.optional
    read = typed(pd.Series([word], dtype="str"), column, "UTC")
    return not read.failures and not read.notes and (not column.values or word in column.values)


def _found(cells: pd.Series, column: Column, zone: str, own: str, form: str) -> Found:
    match column.kind:
        case "text":
            return Found(text(cells))
        case "number":
            return numbers(cells, column, form)
        case "integer":
            return integers(cells, column, form)
        case "flag":
            return flags(cells)
        case "date" if has_time(form):
            return days_of(cells, zone, own, form)
        case "date":
            return dates(cells, zone, form)
        case "month":
            return months(cells, zone, form)
        case "instant":
            return instants(cells, zone, own, form)


def _marks(cells: pd.Series, bad: np.ndarray, column: Column) -> pd.Series:
    """Which cells hold the mark of an empty one."""
    marks = pd.Series(False, index=cells.index)
    if column.kind != "text" and cells.dtype == "str":
        marks.iloc[bad] = cells.iloc[bad].str.casefold().isin(EMPTY)
    return marks


def _told(marks: pd.Series, column: Column, n: int) -> tuple[list[str], dict[int, tuple[str, str]]]:
    """The note of cells that are taken as empty; where a cell must be filled they fail."""
    if not column.optional:
        return [], {int(at): (printed(cell), column.expected) for at, cell in marks.items()}
    return [f"has {', '.join(map(repr, marks.unique()))}, taken as empty ({len(marks)} of {n} cells)"], {}


def _mapped(cells: pd.Series, column: Column, time_zone: str, values: Mapping[str, str], **how: str) -> Typed:
    """The cells with the words of a map replaced; what they are replaced with is in our format, not in the file's."""
    ours = {nfc(pd.Series([word])).fillna("").iloc[0].casefold(): target for word, target in values.items()}
    words = text(cells).fillna("").str.casefold()
    hit = words.isin(ours)
    read = typed(cells.mask(hit), column, time_zone, **how)
    targets = typed(words.where(hit).map(ours).astype("str"), column, time_zone)
    merged = read.values.where(~hit, targets.values)
    return replace(read, values=merged.astype(dtype(column, time_zone)))


def _within_calendar(values: pd.Series, column: Column) -> tuple[pd.Series, np.ndarray]:
    days = values.dt.to_timestamp() if column.kind == "month" else values
    days = days.dt.tz_localize(None) if column.kind == "instant" else days
    outside = ((days < FIRST_DAY) | (days >= LAST_DAY + pd.Timedelta(days=1))).to_numpy()
    return (values.mask(outside) if outside.any() else values), np.flatnonzero(outside)

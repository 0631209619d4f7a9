"""The header of a table: the first row that looks like one, under title lines and above rows of another kind."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amlib.book.reading.place import Place, column_name

SEEN = 60
"""So many rows are looked at: no title is longer."""
WIDE = 0.6
"""A header names at least this share of as many columns as the widest row fills."""

Row = Sequence[Any]
Merged = Sequence[tuple[tuple[int, int], tuple[int, int]]]
"""First and last cell (row, column) of each block of merged cells, from 0."""

_NUMBER = re.compile(r"[-+(]?\s*[\d.,\s ']*\d[\d.,\s ']*\)?\s*(%|₫|đ|vnđ|vnd|usd|\$|€)?", re.IGNORECASE)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?")
_ORDINAL = re.compile(r"\(?([A-Z]|\d{1,2})\)?(\s*=.*)?")


@dataclass(frozen=True)
class Header:
    """Positions of the header's first and last row, the columns' names, and what to note about it."""

    first: int
    last: int
    names: list[str]
    note: str = ""


def is_filled(cell: Any) -> bool:
    return cell is not None and cell != "" and not (isinstance(cell, str) and cell.isspace())


def is_figure(cell: Any) -> bool:
    """Whether a filled cell is a number or a date, or a text that says one."""
    if not isinstance(cell, str):
        return isinstance(cell, int | float | dt.date | dt.time | dt.timedelta)
    text = cell.strip()
    return bool(_NUMBER.fullmatch(text) or _DATE.fullmatch(text))


def find(
    rows: Sequence[Row], here: Place, asked: int | None = None, merged: Merged = (), *, told: bool = True
) -> Header:
    """The header among the first rows of a file, of which at least one is filled. Raises `Unreadable`.

    `asked` is the row as a spreadsheet counts. Where it is not plain which row it is, it is the first filled one. What
    the rows above it say is noted only where `told`.
    """
    rows = rows[: max(SEEN, (asked or 0) + SEEN)]
    filled = [at for at, row in enumerate(rows) if any(map(is_filled, row))]
    if asked is not None:
        if asked - 1 not in filled:
            raise here.unreadable(
                f"nothing in row {asked}, where book.toml says that the header is", "header = … with its row"
            )
        first, last, cells = _joined(rows, asked - 1, merged, above=False)
        return Header(first, last, here.header(cells, first + 1))
    first, last, cells = _found(rows, filled, merged)
    names = here.header(cells, first + 1)
    if last == filled[0]:
        return Header(first, last, names)
    place = f"row {last + 1}" if first == last else f"rows {first + 1} and {last + 1}"
    above = [" ".join(column_name(cell) for cell in rows[at] if is_filled(cell)) for at in filled if at < first]
    titles = f"; above it: {' | '.join(above)}" if above and told else ""
    return Header(first, last, names, f"{here.name}: the header is {place}{titles}")


def is_numbering(cells: Row) -> bool:
    """Whether a row under the header only numbers the columns: A, B, 1, 2, 3 = 1 × 2."""
    marks = [str(int(c) if isinstance(c, float) and c.is_integer() else c).strip() for c in cells if is_filled(c)]
    if len(marks) < 3 or not all(map(_ORDINAL.fullmatch, marks)):
        return False
    numbers = [int(found[0]) for mark in marks if (found := re.match(r"\d+", mark.lstrip("(")))]
    letters = [mark.strip("()") for mark in marks if not re.match(r"\d", mark.lstrip("("))]
    # Rows of data may hold small numbers too: brackets, letters or a long run tell.
    plain = not letters and all(mark.isdigit() for mark in marks) and len(marks) < 6
    in_order = numbers == list(range(1, len(numbers) + 1)) and letters == sorted(set(letters))
    return in_order and bool(numbers) and not plain


def _found(rows: Sequence[Row], filled: Sequence[int], merged: Merged) -> tuple[int, int, list]:
    top = filled[0]
    width = max(_count(rows[at]) for at in filled)
    for at in filled:
        if _count(rows[at]) < max(2, WIDE * width):
            continue
        first, last, cells = _joined(rows, at, merged, above=at > top)
        if at == top:
            return first, last, cells
        names = [column_name(cell).casefold() for cell in cells if is_filled(cell)]
        text = [cell for cell in rows[last] if is_filled(cell) and not is_figure(cell)]
        titles = width > 2 and all(_count(rows[above]) == 1 for above in filled if above < first)
        if (
            len(text) >= 0.8 * _count(rows[last])
            and len(set(names)) == len(names)
            and (titles or _differs(rows, last))
            # A row that is torn apart by commas is as wide, too, but alone so.
            and any(below > last and _count(rows[below]) >= WIDE * _count(rows[last]) for below in filled)
        ):
            return first, last, cells
        break
    return _joined(rows, top, merged, above=False)


def _count(row: Row) -> int:
    return sum(map(is_filled, row))


def _differs(rows: Sequence[Row], at: int) -> bool:
    """Whether the rows below hold figures in a column where the row `at` has words."""
    below = [row for row in rows[at + 1 : at + 21] if _count(row)]
    for column, cell in enumerate(rows[at]):
        if is_filled(cell) and not is_figure(cell):
            kinds = [is_figure(row[column]) for row in below if column < len(row) and is_filled(row[column])]
            if kinds and sum(kinds) >= len(kinds) / 2:
                return True
    return False


def _joined(rows: Sequence[Row], at: int, merged: Merged, *, above: bool) -> tuple[int, int, list]:
    """First and last row of a header of one or two lines, and its cells; of two, 'Invoice' over 'No' is 'Invoice No'.

    Two lines are what merged cells show, or a line that fills the gaps of the other one.
    """
    below = at + 1 < len(rows) and _are_lines(rows, at, at + 1, merged)
    if below:
        return at, at + 1, _names(rows[at], rows[at + 1], _groups(at, merged))
    if above and _are_lines(rows, at - 1, at, merged):
        return at - 1, at, _names(rows[at - 1], rows[at], _groups(at - 1, merged))
    return at, at, list(rows[at])


def _groups(at: int, merged: Merged) -> list[tuple[int, int]]:
    return [(left, right) for (top, left), (_, right) in merged if top == at and right > left]


def _are_lines(rows: Sequence[Row], upper: int, lower: int, merged: Merged) -> bool:
    one, two = rows[upper], rows[lower]
    if _count(one) < 2 or not _count(two) or any(is_filled(c) and is_figure(c) for c in (*one, *two)):
        return False
    if merged:
        groups = _groups(upper, merged)
        return any(all(is_filled(cell) for cell in two[left : right + 1]) and left < len(two) for left, right in groups)
    width = max(len(one), len(two))
    one, two = [*one, *[""] * (width - len(one))], [*two, *[""] * (width - len(two))]
    gaps = [c for c in range(1, width) if not is_filled(one[c]) and is_filled(two[c])]
    doubled = [c for c in range(width) if is_filled(one[c]) and is_filled(two[c])]
    starts = all(c + 1 in gaps for c in doubled)
    named = all(is_filled(one[c]) or is_filled(two[c]) for c in range(width))
    alone = _count(two) < width or len({column_name(c).casefold() for c in two}) < width
    return bool(gaps) and starts and named and alone and _differs(rows, lower)


def _names(one: Row, two: Row, groups: Sequence[tuple[int, int]]) -> list[str]:
    width = max(len(one), len(two))
    one, two = [*one, *[""] * (width - len(one))], [*two, *[""] * (width - len(two))]
    over, group = list(map(column_name, one)), ""
    for column in range(width):
        if groups:
            over[column] = next((over[left] for left, right in groups if left <= column <= right), over[column])
        elif is_filled(one[column]):
            group = over[column]
        elif is_filled(two[column]):
            over[column] = group
    return [" ".join(filter(None, (title, column_name(cell)))) for title, cell in zip(over, two, strict=True)]

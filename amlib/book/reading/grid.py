"""Rows of cells, as a sheet or a web page has them, as a table."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from amlib.book.problem import printed
from amlib.book.reading import headers
from amlib.book.reading.frames import natural
from amlib.book.reading.leftovers import listed, reasons
from amlib.book.reading.place import Place
from amlib.book.reading.stacking import Read

NOT_AVAILABLE = "#N/A"
Cells = list[list[Any]]
Errors = Mapping[tuple[int, int], str]
"""Position (row, column) of a cell -> the error that stands there instead of a value."""


def table(
    cells: Cells,
    here: Place,
    header: int | None,
    ids: Container[str],
    *,
    told: bool,
    merged: headers.Merged = (),
    errors: Errors | None = None,
) -> Read:
    """The rows below the header, in natural types; one with an error in a cell is a problem. Raises `Unreadable`."""
    errors = errors or {}
    if not any(any(map(headers.is_filled, row)) for row in cells):
        raise here.unreadable("an empty sheet" if here.sheet else "an empty table", "a header row and rows below it")
    cells = _with_room(cells, errors)
    found = headers.find(cells, here, header, merged, told=told)
    width = max(map(len, cells))
    names = here.header([*found.names, *[""] * (width - len(found.names))], found.first + 1)
    wrong = {row for row, _ in errors}
    rows = [r for r in range(found.last + 1, len(cells)) if any(map(headers.is_filled, cells[r])) or r in wrong]
    notes = [*([found.note] if found.note else []), *_fill_down(cells, here, names, found.last, merged, ids)]
    raw = {name: [cells[row][i] if i < len(cells[row]) else None for row in rows] for i, name in enumerate(names)}
    raw = {n: [cell if headers.is_filled(cell) else None for cell in column] for n, column in raw.items()}
    frame = pd.DataFrame(raw, index=range(len(rows)), columns=names, dtype=object)
    places = pd.DataFrame({"_file": here.file, "_sheet": here.sheet, "_row": np.array(rows, dtype="int64") + 1})
    why = pd.Series(reasons(frame, ids), dtype=object).reindex(frame.index)
    asides = [
        listed(places.loc[of], frame.loc[of] if told else frame.loc[of, []], reason)
        for reason, of in why.dropna().groupby(why.dropna()).groups.items()
    ]
    position = {rows[at]: at for at in np.flatnonzero(why.isna())}
    here_too = {(row, column): error for (row, column), error in sorted(errors.items()) if row in position}
    if missing := sum(error == NOT_AVAILABLE for error in here_too.values()):
        notes.append(f"{here.name}: {missing} cell{'s' if missing > 1 else ''} with {NOT_AVAILABLE} taken as empty")
    failed = {row: (names[c], error) for (row, c), error in reversed(here_too.items()) if error != NOT_AVAILABLE}
    problems = [
        here.problem(
            error,
            "a value: the formula of this cell fails in the workbook",
            row + 1,
            column,
            _text(frame.loc[position[row]]) if told else "",
        )
        for row, (column, error) in sorted(failed.items())
    ]
    kept = why.isna() & ~places["_row"].isin([problem.row for problem in problems])
    columns = {name: natural(frame.loc[kept, name].tolist()) for name in names}
    return Read(here.frame(columns, places.loc[kept, "_row"].to_numpy()), problems, asides, notes)


def _with_room(cells: Cells, errors: Errors) -> Cells:
    """The cells and as many empty ones as errors need that stand beyond the last filled one."""
    if not errors:
        return cells
    height, width = max(row for row, _ in errors) + 1, max(column for _, column in errors) + 1
    cells = [[*row, *[""] * (width - len(row))] for row in cells]
    return cells + [[""] * width for _ in range(height - len(cells))]


def _text(row: pd.Series) -> str:
    return ", ".join(f"{n}={c if isinstance(c, str) else printed(c)}" for n, c in row.items() if pd.notna(c))


def _at(cells: Cells, row: int, column: int) -> Any:
    return cells[row][column] if row < len(cells) and column < len(cells[row]) else None


def _fill_down(
    cells: Cells, here: Place, names: Sequence[str], header: int, merged: headers.Merged, ids: Container[str]
) -> list[str]:
    """Write the value of merged cells into each row that they cover, and note it.

    A number is not one per row (an invoice's total beside its three lines), so it stays in the first, but for ids.
    """
    filled: dict[str, int] = {}
    once: dict[str, int] = {}
    for (top, left), (bottom, _) in merged:
        # Blocks may be merged where no cell is filled, far from the table too.
        if top <= header or bottom == top or not headers.is_filled(_at(cells, top, left)):
            continue
        name, value = names[left], cells[top][left]
        covered = [row for row in cells[top + 1 : bottom + 1] if any(map(headers.is_filled, row))]
        if isinstance(value, int | float) and name not in ids:
            once[name] = once.get(name, 0) + len(covered)
            continue
        for row in covered:
            row[left : left + 1] = [value] if left < len(row) else [""] * (left - len(row)) + [value]
        filled[name] = filled.get(name, 0) + len(covered)
    return [
        *(f"{here.name}: column {n!r} filled in {count} rows that merged cells cover" for n, count in filled.items()),
        *(f"{here.name}: a number merged over rows of {n!r} stands in the first alone" for n in once),
    ]

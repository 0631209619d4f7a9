"""Where rows stand, for problems and for the rows themselves."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from amlib.book.problem import Problem

PLACE = ("_file", "_sheet", "_row")
WIDEST = 16_384
"""As many columns as a sheet can have."""


@dataclass(frozen=True)
class Unreadable(Exception):
    """A file that gives no rows at all; `problem` says why."""

    problem: Problem


@dataclass(frozen=True)
class Place:
    """The table that problems name, and the file and sheet that are being read."""

    table: str
    file: str
    sheet: str = ""

    @property
    def name(self) -> str:
        """As notes begin."""
        return f"{self.file} sheet {self.sheet!r}" if self.sheet else self.file

    def problem(self, found: str, expected: str, row: int | None = None, column: str = "", values: str = "") -> Problem:
        return Problem(self.table, found, expected, self.file, self.sheet, row, column, values=values)

    def unreadable(self, found: str, expected: str, row: int | None = None) -> Unreadable:
        return Unreadable(replace(self.problem(found, expected, row), of_all=True))

    def header(self, cells: Sequence[Any], row: int | None = 1) -> list[str]:
        """The column names of a header row; columns without a name are numbered (`column 3`), and so are those that
        share one (`Labels (1)`, `Labels (2)`), so that none of them is taken for the one that is meant.
        """
        if len(cells) > WIDEST:
            raise self.unreadable(f"{len(cells):,} columns", f"a table of at most {WIDEST:,}", row)
        names = [column_name(cell) or f"column {number}" for number, cell in enumerate(cells, start=1)]
        shared = {name: 0 for name, times in Counter(names).items() if times > 1}
        for at, name in enumerate(names):
            if name in PLACE:
                raise self.unreadable(f"a column called {name!r}", "another name; ours are reserved", row)
            if name in shared:
                shared[name] += 1
                names[at] = f"{name} ({shared[name]})"
        if (again := Counter(names).most_common(1)) and again[0][1] > 1:
            raise self.unreadable(f"the column name {again[0][0]!r} twice", "a name for each column", row)
        return names

    def frame(self, columns: Mapping[str, pd.Series], rows: np.ndarray) -> pd.DataFrame:
        """The columns with the place of each row, without rows that are blank and columns that have neither name
        nor cell."""
        columns = {n: cells for n, cells in columns.items() if not n.startswith("column ") or cells.notna().any()}
        frame = pd.DataFrame(dict(columns), index=pd.RangeIndex(len(rows)))
        frame["_file"] = pd.Series(self.file, index=frame.index, dtype="str")
        frame["_sheet"] = pd.Series(self.sheet, index=frame.index, dtype="str")
        frame["_row"] = np.asarray(rows).astype("int64")
        filled = _filled(frame[list(columns)])
        return frame if filled.all() else frame[filled].reset_index(drop=True)


def _filled(cells: pd.DataFrame) -> pd.Series:
    """Whether a row has any cell with something else than space in it."""
    filled = cells.notna().any(axis=1)
    for name in cells.columns[:1]:
        # A row of spaces alone begins with one, or with nothing.
        first = cells[name]
        blank = first.isna() | (first.str.isspace() if first.dtype == "str" else False)
        some = cells[filled & blank]
        if len(some):
            filled.loc[some.index] = some.map(lambda cell: not pd.isna(cell) and not str(cell).isspace()).any(axis=1)
    return filled


def column_name(cell: Any) -> str:
    """A header's cell as a name: one line, in Unicode NFC."""
    text = "" if cell is None else str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell)
    return unicodedata.normalize("NFC", " ".join(text.split()))

"""What reading gives, and several of it stacked to one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from amlib.book.problem import Problem
from amlib.book.reading.frames import unified
from amlib.book.reading.leftovers import AGAIN, listed
from amlib.book.reading.place import PLACE

ASIDE = {"file": "str", "sheet": "str", "row": "int64", "reason": "str", "values": "str"}


@dataclass(frozen=True)
class Read:
    """The rows of one or more files: as many as the files have = rows + aside + problems that name a row.

    `rows` are in natural types, with `_file`, `_sheet`, `_row`; `problems` are of single rows that cannot be rows;
    `aside` are rows that are none of the table's, or stand in two files, as in `Book.set_aside` without its
    `table`; `notes` say what else was found. Of files in which the rows stay, `left` has the name and how many rows
    there are, and `rows` those that must be looked at.
    """

    rows: pd.DataFrame
    problems: list[Problem] = field(default_factory=list)
    asides: Sequence[pd.DataFrame] = ()
    notes: list[str] = field(default_factory=list)
    left: Mapping[str, int] = field(default_factory=dict)

    @property
    def aside(self) -> pd.DataFrame:
        nothing = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in ASIDE.items()})
        return pd.concat([nothing, *self.asides], ignore_index=True).sort_values(
            ["file", "sheet", "row"], kind="stable", ignore_index=True
        )


def stacked(parts: Sequence[Read], *, told: bool) -> Read:
    """The rows of all parts, one below the other; a row that stands in two files is counted once.

    Columns are those of all parts. A row that one file has twice and another one once stays twice.
    """
    if len(parts) == 1:
        return parts[0]
    names = list(dict.fromkeys(name for part in parts for name in part.rows if name not in PLACE))
    rows = unified([part.rows for part in parts], [*names, *PLACE])
    notes = _told_once([note for part in parts for note in part.notes] + _absent(parts, names))
    again = _again(rows, names)
    asides = [aside for part in parts for aside in part.asides]
    if again is not None:
        out = again.notna()
        first = rows.loc[again[out].astype("int64")]
        seen = [_place(row) for row in first[list(PLACE)].itertuples(index=False)]
        asides.append(listed(rows[out], rows.loc[out, names] if told else rows.loc[out, []], AGAIN, seen))
        rows = rows[~out].reset_index(drop=True)
    return Read(rows, [problem for part in parts for problem in part.problems], asides, notes)


def _again(rows: pd.DataFrame, names: Sequence[str]) -> pd.Series | None:
    """For each row that an earlier file has as often, the index of that file's row; null for all others."""
    if rows["_file"].nunique() < 2 or not names or not rows.duplicated(list(names)).any():
        return None
    number = rows.groupby([*names, "_file"], dropna=False, sort=False).cumcount()
    same = rows.assign(_number=number).groupby([*names, "_number"], dropna=False, sort=False)
    first = pd.Series(rows.index, index=rows.index).groupby(same.ngroup()).transform("first")
    return first.where(first != rows.index).astype("Int64")


def _place(row: Sequence) -> str:
    file, sheet, number = row
    return f"as {file}" + (f" sheet {sheet!r}" if sheet else "") + f" row {number}"


def _told_once(notes: Sequence[str]) -> list[str]:
    """Notes that say the same of many files (but for the titles above a header) as one, in the words of the first."""
    alike: dict[str, list[str]] = {}
    for note in notes:
        alike.setdefault(note.partition(": ")[2].partition("; above it")[0], []).append(note)
    found = []
    for group in alike.values():
        place, _, said = group[0].partition(": ")
        found.append(f"{place} and {len(group) - 1} more: {said}" if len(group) > 1 else group[0])
    return found


def _absent(parts: Sequence[Read], names: Collection[str]) -> list[str]:
    """Notes on columns that one part has and another one lacks."""
    found = []
    for part in parts:
        if len(part.rows) and (lacking := [n for n in names if n not in part.rows and not n.startswith("column ")]):
            file, sheet = part.rows["_file"].iloc[0], part.rows["_sheet"].iloc[0]
            place = f"{file} sheet {sheet!r}" if sheet else file
            columns = ", ".join(map(repr, lacking))
            found.append(f"{place}: no column {columns}, which others have: taken as empty there")
    return found

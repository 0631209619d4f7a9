"""What is found in the cells of a column, and how one reading of two is settled by all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# What people write where there is nothing to write; 'nan' is a number that went wrong.
EMPTY = ("-", "--", "‐", "–", "—", "−", "n/a", "#n/a", "na", "null", "none")


def no_hint(cell: object) -> str:
    """Nothing more to say about a cell."""
    return ""


@dataclass(frozen=True)
class Undecided:
    """Two readings that both fit, or neither of which fits all: positions of cells, what each may be, what to write.

    `lines` holds two pairs: the example to write under `formats`, and what it makes of the cell at the first position.
    """

    cells: tuple[int, ...]
    lines: tuple[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True)
class Found:
    """The values of one kind of column: null where a cell is none, and then `hint` says what is the matter with it.

    `form` says how the column is read where that is not our own format. `units` holds the ISO 4217 code, or '%', that
    stands in a cell; None where there is none in any. `mark` is the example of a number with the marks that are read.
    """

    values: pd.Series
    hint: Callable[[object], str] = no_hint
    form: str = ""
    undecided: Undecided | None = None
    units: pd.Series | None = None
    mark: str = ""


@dataclass(frozen=True)
class Typed:
    """The values of a column; for each position that fails what was found and what was expected.

    Failing cells are null in the values. `notes` say how the column is read where it is not in our own format.
    """

    values: pd.Series
    failures: dict[int, tuple[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    undecided: Undecided | None = None
    units: pd.Series | None = None


def settle(first: np.ndarray, second: np.ndarray, both: np.ndarray) -> tuple[bool, tuple[int, ...]]:
    """Whether the first of two readings holds, by the cells that only one fits; the positions that leave it open.

    `both` are cells that either reading fits, with different values. Where some fit only one reading and some only
    the other, the one holds that fewer cells contradict; a tie is as open as no vote at all.
    """
    ones, others = int(first.sum()), int(second.sum())
    if ones == others and ones:
        return True, (int(first.argmax()), int(second.argmax()))
    if ones == others and both.any():
        return True, tuple(int(at) for at in np.flatnonzero(both)[:2])
    return ones >= others, ()


def nothing(cells: pd.Series, dtype: str) -> pd.Series:
    """As many nulls as there are cells."""
    return pd.Series(None, index=cells.index, dtype=dtype)


def matches(cells: pd.Series | pa.Array, pattern: str) -> np.ndarray:
    """Which cells a regular expression fits."""
    hits = pc.match_substring_regex(pa.array(cells, pa.large_string(), from_pandas=True), pattern)
    return pc.fill_null(hits, False).to_numpy(zero_copy_only=False)

"""What is wrong with a book, said so that its owner can mend it."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

SHOWN, SHOWN_ALIKE = 20, 5


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where (as a spreadsheet counts, the header is row 1), what was found, what was expected.

    `table` is empty for a problem of `book.toml`, whose key then stands in `column`. `row` is None
    where no single row is to blame; without a `file` it counts the rows of the table's query. `header`
    is the file's own name of the column where it differs. `found` and `expected` are words to print; `values` is the
    row as it stands in the file, of a row that is in no frame. `at` is the position of the row among those that the
    table was read from, for whoever leaves it out. `of_all` is one that names a row and leaves no row of its file.
    """

    table: str
    found: str
    expected: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    header: str = ""
    at: int | None = field(default=None, compare=False, repr=False)
    values: str = ""
    of_all: bool = False

    @property
    def of_a_row(self) -> bool:
        """Whether leaving out one row would do away with it."""
        return self.row is not None and not self.of_all

    @property
    def where(self) -> str:
        """The place, such as `exports.xlsx sheet 'May' row 17, column amount`."""
        place = self.file or f"table {self.table}"
        if self.sheet:
            place += f" sheet {self.sheet!r}"
        if self.row is not None:
            place += f" row {self.row}" if self.file else f", row {self.row} of its query"
        if self.column:
            place += f", {'column' if self.table else 'key'} {self.column}"
        if self.header:
            place += f" ({self.header!r})"
        return place

    def __str__(self) -> str:
        return f"{self.where}: found {self.found}, expected {self.expected}"


class BookError(ValueError):
    """A book cannot be opened, or was asked for something it does not have.

    `problems` holds every `Problem` of every table; the text shows the first of each sort.
    """

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(message)

    def __reduce__(self) -> tuple:
        return type(self), (str(self), self.problems)

    @classmethod
    def of(cls, book: Path, problems: Iterable[Problem]) -> BookError:
        """The error that lists `problems` of the book in the folder `book`: at most 20, at most 5 of a sort."""
        problems = tuple(problems)
        seen: Counter[tuple[str, str, str, str]] = Counter()
        shown = []
        for problem in problems:
            sort = (problem.table, problem.file, problem.column, problem.expected.split(" (")[0])
            seen[sort] += 1
            if seen[sort] <= SHOWN_ALIKE and len(shown) < SHOWN:
                shown.append(f"  {problem}")
        if more := len(problems) - len(shown):
            shown.append(f"  … and {more} more: see .problems")
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        return cls("\n".join([f"The book {book.resolve().name!r} has {count}:", *shown]), problems)


def near(name: str, names: Iterable[str]) -> str:
    """The end of a message: `. Did you mean 'x'?`, or nothing where no name is alike."""
    close = difflib.get_close_matches(name.casefold(), {n.casefold(): None for n in names}, n=1, cutoff=0.6)
    found = next((n for n in names if n.casefold() == close[0]), None) if close else None
    return f". Did you mean {found!r}?" if found else ""


def near_code(code: str, codes: Iterable[str]) -> str:
    """As `near`, of codes in the data: KH04 is another client than KH09, and no slip of the hand."""
    return near(code, [other for other in codes if _numbers(other) == _numbers(code)])


def _numbers(code: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"[0-9]+", code)]


def printed(value: Any) -> str:
    """A cell as a message shows it: text in quotes, a number without a needless `.0`, a day without midnight."""
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return "an empty cell"
    if isinstance(value, pd.Timestamp):
        return str(value.date()) if value == value.normalize() else str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(float(value))
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:59] + "…")
    return str(value)

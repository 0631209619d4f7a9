"""What was found where a book was opened, whether it can be used or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from amlib.book import checking
from amlib.book.book import Book
from amlib.book.problem import Problem
from amlib.book.reading import Read
from amlib.book.settings import Settings

FILES = {
    "table": "str",
    "file": "str",
    "sheet": "str",
    **dict.fromkeys(("rows", "set_aside", "rejected", "kept"), "int64"),
}


@dataclass(frozen=True)
class Examined:
    """What was found where a book was opened.

    `problems` leave no book (`book` is then None); `rejections` are of single rows, which `left_out` lists (columns of
    `SET_ASIDE`) with those that were set aside. `files` has a row for each sheet that was read, and each query:
    table (or source), file, sheet, rows, set_aside, rejected, kept, where rows = set_aside + rejected + kept.
    """

    settings: Settings
    book: Book | None
    problems: tuple[Problem, ...]
    rejections: tuple[Problem, ...]
    files: pd.DataFrame
    left_out: pd.DataFrame
    notes: tuple[str, ...]
    bad_rows: str

    @property
    def refused(self) -> tuple[Problem, ...]:
        """Why `open_book` gives no book: problems, and with `bad_rows` "refuse" rejections too; none where it does."""
        return (*self.problems, *(self.rejections if self.bad_rows == "refuse" else ()))


def files_of(read: Iterable[tuple[str, Read]], left_out: pd.DataFrame) -> pd.DataFrame:
    """`Examined.files`, of what each table was read from, with the rows that reading left out."""
    place = ["table", "file", "sheet"]
    counted: dict[tuple[str, str, str], int] = {}
    for name, found in read:
        if found.left:
            counted |= {(name, file, ""): rows for file, rows in found.left.items()}
            continue
        if found.rows.empty and not found.problems:
            counted[name, "", ""] = 0
        places = checking.places(found.rows).set_axis(["file", "sheet", "row"], axis="columns")
        unread = pd.DataFrame([(p.file, p.sheet, p.row) for p in found.problems], columns=["file", "sheet", "row"])
        parts = [part[["file", "sheet"]] for part in (places, found.aside, unread) if len(part)]
        for (file, sheet), count in pd.concat(parts).value_counts(sort=False).items() if parts else ():
            counted[name, file, sheet] = count
    files = pd.DataFrame([(*key, rows) for key, rows in counted.items()], columns=[*place, "rows"])
    out = left_out.groupby(place)["rejected"].agg(["size", "sum"])
    found = out.reindex(pd.MultiIndex.from_frame(files[place])).fillna(0).astype("int64").reset_index(drop=True)
    files = files.assign(set_aside=found["size"] - found["sum"], rejected=found["sum"])
    return files.assign(kept=files["rows"] - files["set_aside"] - files["rejected"]).astype(FILES)

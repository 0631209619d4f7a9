"""What is in a folder: every sheet of every file that can be read, and what cannot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from amlib.book.aliases import plain
from amlib.book.reading import ENDINGS, PLACE, Unreadable, read

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")


@dataclass(frozen=True)
class Sheet:
    """The rows of a file, or of sheets of it that have the same columns; several files where those agree too."""

    files: tuple[str, ...]
    sheets: tuple[str, ...]
    rows: pd.DataFrame

    @cached_property
    def headers(self) -> list[str]:
        """The columns as the file names them, without those that are empty and nameless."""
        names = (name for name in self.rows if name not in PLACE)
        return [name for name in names if not (name.startswith("column ") and self.rows[name].isna().all())]

    @property
    def title(self) -> str:
        """The place, for a reader: `hoa_don.xlsx, sheets 'T9', 'T10'`."""
        name = ", ".join(self.files)
        if self.sheets:
            name += f", sheet{'s' if len(self.sheets) > 1 else ''} {', '.join(map(repr, self.sheets))}"
        return name

    @property
    def names(self) -> list[str]:
        """The names that may say what the rows are: of the sheets, then of the files."""
        return [*self.sheets, *(Path(file).stem for file in self.files)]

    def examples(self, header: str, n: int = 3) -> list[str]:
        """The first cells of a column that are filled and differ."""
        cells = self.rows[header].dropna().head(1000).drop_duplicates().head(n)
        return [short(cell) for cell in cells]


@dataclass(frozen=True)
class Folder:
    """The sheets of a folder, and for each file that gives none the reason."""

    path: Path
    sheets: tuple[Sheet, ...]
    unread: tuple[str, ...]


def look(folder: Path) -> Folder:
    """Read every file of a folder that is a table; hidden files and the lock files of Excel are passed over."""
    found: list[Sheet] = []
    unread: list[str] = []
    for path in sorted(p for p in folder.iterdir() if p.is_file() and p.suffix.lower() in ENDINGS):
        if path.name.startswith((".", "~$")):
            continue
        for sheets in _sheets(path):
            try:
                rows, problems = read(path, "", sheets)
            except Unreadable as error:
                unread.append(f"{error.problem.where.removesuffix('table ')}: found {error.problem.found}")
                continue
            unread += [f"{problem.where}: found {problem.found}" for problem in problems[:3]]
            if len(rows):
                found.append(Sheet((path.name,), sheets, rows))
    return Folder(folder, tuple(_stacked(folder, found)), tuple(unread))


def _sheets(path: Path) -> list[tuple[str, ...]]:
    if path.suffix.lower() not in WORKBOOKS:
        return [()]
    try:
        names = CalamineWorkbook.from_path(path).sheet_names
    except (CalamineError, OSError):
        return [()]  # reading says what is wrong with it
    return [(name,) for name in names]


def _stacked(folder: Path, sheets: Sequence[Sheet]) -> list[Sheet]:
    """Sheets of one workbook with the same columns as one; so are files of months: `hoa_don_2026-09`, `…-10`."""
    stacks: dict[tuple, list[Sheet]] = {}
    for sheet in sheets:
        name = plain(re.sub(r"\d", "", Path(sheet.files[0]).stem))
        stacks.setdefault((tuple(sheet.headers), name), []).append(sheet)
    stacked = []
    for alike in stacks.values():
        files = tuple(dict.fromkeys(sheet.files[0] for sheet in alike))
        names = tuple(dict.fromkeys(name for sheet in alike for name in sheet.sheets))
        if len(alike) == 1:
            stacked += alike
        elif len(files) == 1:
            # Read at once, the sheets agree on the types of their columns.
            stacked.append(Sheet(files, names, read(folder / files[0], "", names)[0]))
        else:
            stacked.append(Sheet(files, names, _together([sheet.rows for sheet in alike])))
    return stacked


def _together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    for name in frames[0]:
        if len({frame[name].dtype for frame in frames}) > 1:
            frames = [frame.assign(**{name: frame[name].astype("str").where(frame[name].notna())}) for frame in frames]
    return pd.concat(frames, ignore_index=True)


def short(cell: object) -> str:
    """A cell in a comment: one line, of at most 30 letters."""
    if isinstance(cell, pd.Timestamp):
        cell = cell.date() if cell == cell.normalize() else cell
    text = " ".join(str(cell).split())
    return text if len(text) <= 30 else text[:29] + "…"


def counted(rows: int) -> str:
    """`1 row`, `1,042 rows`."""
    return f"{rows:,} row{'s' if rows != 1 else ''}"

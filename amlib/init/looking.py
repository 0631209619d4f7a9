"""What is in a folder: every sheet of every file that can be read, and what cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from itertools import takewhile
from pathlib import Path

import pandas as pd

from amlib.book import reading
from amlib.book.aliases import plain
from amlib.book.reading import ENDINGS, PLACE, Unreadable

OURS = ("out", "check")
"""Folders that `am report` and `am check` write."""


@dataclass(frozen=True)
class Sheet:
    """The rows of a file, or of sheets of it that have the same columns; several files where those agree too.

    `file` is what book.toml says of the files: their names, or a pattern that is theirs and that of files to come.
    """

    files: tuple[str, ...]
    sheets: tuple[str, ...]
    rows: pd.DataFrame
    file: tuple[str, ...] = ()

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
    """Read every file of a folder, and of the folders in it, that is a table.

    Hidden files, the lock files of Excel and what `am report` and `am check` wrote are passed over.
    """
    paths = [path for path in _paths(folder) if path.suffix.lower() in ENDINGS and path.is_file()]
    found: list[Sheet] = []
    unread: list[str] = []
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            # Before a byte of it is read: what a link leads to may be anybody's, and examples of it are printed.
            reading.find(folder, (name,), "")
            for sheet in reading.sheets(path) or [""]:
                read = reading.read(path, "", (sheet,) if sheet else (), folder=folder)
                unread += [f"{problem.where}: found {problem.found}" for problem in read.problems[:3]]
                if len(read.rows):
                    found.append(Sheet((name,), (sheet,) if sheet else (), read.rows, (name,)))
        except Unreadable as error:
            unread.append(f"{error.problem.where}: found {error.problem.found}, expected {error.problem.expected}")
    names = [path.relative_to(folder).as_posix() for path in paths]
    return Folder(folder, tuple(_stacked(folder, found, names)), tuple(unread))


def _paths(folder: Path) -> Iterable[Path]:
    there = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "~$")))
    inner = [path for path in there if path.is_dir() and path.name not in OURS]
    return [*there, *(p for path in inner for p in sorted(path.iterdir()) if not p.name.startswith((".", "~$")))]


def _stacked(folder: Path, sheets: Sequence[Sheet], there: Sequence[str]) -> list[Sheet]:
    """Sheets of one workbook with the same columns as one; so are files of months: `hoa_don_2026-09`, `…-10`."""
    stacks: dict[tuple, list[Sheet]] = {}
    for sheet in sheets:
        stacks.setdefault((tuple(sheet.headers), plain(re.sub(r"\d", "", sheet.files[0]))), []).append(sheet)
    stacked = []
    for alike in stacks.values():
        files = tuple(dict.fromkeys(sheet.files[0] for sheet in alike))
        names = tuple(dict.fromkeys(name for sheet in alike for name in sheet.sheets))
        same = len({sheet.sheets for sheet in alike}) == 1
        if len(alike) == 1:
            stacked += alike
        elif len(files) == 1 or same:
            # Read at once, they agree on the types of their columns, and a row of two files is there once.
            rows = reading.read([folder / file for file in files], "", names, folder=folder).rows
            stacked.append(Sheet(files, names, rows, _pattern(files, there)))
        else:
            stacked += alike
    return stacked


def _pattern(files: tuple[str, ...], there: Sequence[str]) -> tuple[str, ...]:
    """A pattern of what differs between files, where no other file has it; else their names."""
    folders = [file.split("/") for file in files]
    if len(files) == 1 or len({len(parts) for parts in folders}) > 1:
        return files
    # Folder by folder: the star of a pattern stands for no slash.
    patterns = [_alike_but(names) for names in zip(*folders, strict=True)]
    taken = [name for name in there if _fits(name.split("/"), patterns)]
    return ("/".join(patterns),) if taken == list(files) else files


def _fits(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    return len(parts) == len(patterns) and all(map(fnmatch, parts, patterns))


def _alike_but(names: Sequence[str]) -> str:
    """The pattern of names that differ in their numbers."""
    if len(set(names)) == 1:
        return names[0]
    start = re.sub(r"[\d.-]*$", "", _alike(names))
    end = re.sub(r"^([\d_-]|\.(?=\d))*", "", _alike([name[::-1] for name in names])[::-1])
    return f"{start}*{end}"


def _alike(names: Sequence[str]) -> str:
    """What all names begin with."""
    return "".join(letters[0] for letters in takewhile(lambda at: len(set(at)) == 1, zip(*names, strict=False)))


def short(cell: object) -> str:
    """A cell in a comment: one line, of at most 30 letters."""
    if isinstance(cell, pd.Timestamp):
        cell = cell.date() if cell == cell.normalize() else cell
    text = " ".join(str(cell).split())
    return text if len(text) <= 30 else text[:29] + "…"


def counted(rows: int) -> str:
    """`1 row`, `1,042 rows`."""
    return f"{rows:,} row{'s' if rows != 1 else ''}"

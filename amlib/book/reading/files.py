"""Which files a table is in: names, lists of names and patterns under the data folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from amlib.book.problem import near
from amlib.book.reading.place import Place

WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
ENDINGS = (".csv", ".parquet", *WORKBOOKS, ".duckdb")


def find(folder: Path, files: Sequence[str], table: str) -> list[Path]:
    """The files of `folder` that names and patterns (`2026-*/invoices.xlsx`) mean, each once, patterns in the order
    of names. Raises `Unreadable` for one that means none, or leads out of the folder.
    """
    found = dict.fromkeys(path for file in files for path in _meant(folder, file, table))
    for path in found:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise Place(table, shown(path, folder)).unreadable(
                "a file that leads out of the data folder",
                'one in it, or a copy; data = "…" in book.toml names the folder',
            )
    return list(found)


def shown(path: Path, folder: Path | None) -> str:
    """A file as problems name it: from the data folder on."""
    return path.relative_to(folder).as_posix() if folder and path.is_relative_to(folder) else path.name


def _meant(folder: Path, file: str, table: str) -> Iterable[Path]:
    path = folder / file
    if path.exists() or not any(sign in file for sign in "*?["):
        return [path]
    try:
        hits = sorted(p for p in folder.glob(file) if p.is_file() and not p.name.startswith(("~$", ".")))
    except (ValueError, NotImplementedError, OSError) as error:
        raise Place(table, file).unreadable(
            f"a pattern that means nothing ({error})", "such as 2026-*/invoices.xlsx"
        ) from None
    if hits := [path for path in hits if path.suffix.lower() in ENDINGS]:
        return hits
    there = [p.name for p in folder.iterdir() if p.suffix.lower() in ENDINGS] if folder.is_dir() else []
    listed = ", ".join(sorted(there)) or "no CSV, XLSX or Parquet file"
    raise Place(table, file).unreadable(
        "no such file", f"files in {folder.resolve().name!r}, which has: {listed}{near(file, there)}"
    )

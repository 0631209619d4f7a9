"""Files as they really arrive become frames whose rows remember where they stood.

A frame has the file's columns in their natural types (CSV: text; others: as the file says) and `_file`, `_sheet`,
`_row`: the row as a spreadsheet shows it. Empty cells are null, rows without any value are not rows. Nothing is left
out in silence: a row of a file is a row of the frame, is in `Read.aside` with its reason, or has a problem.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from pathlib import Path

from amlib.book.problem import near
from amlib.book.reading import columnar, delimited, grid, html, workbook
from amlib.book.reading.encodings import known as known_encoding
from amlib.book.reading.files import ENDINGS, WORKBOOKS, find, shown
from amlib.book.reading.frames import as_text, from_arrow, natural, nfc, to_arrow
from amlib.book.reading.leftovers import REASONS, listed
from amlib.book.reading.mending import mended
from amlib.book.reading.place import PLACE, Place, Unreadable
from amlib.book.reading.stacking import Read, stacked

__all__ = [
    "ENDINGS",
    "PLACE",
    "REASONS",
    "Place",
    "Read",
    "Unreadable",
    "as_text",
    "find",
    "from_arrow",
    "known_encoding",
    "listed",
    "mended",
    "natural",
    "nfc",
    "read",
    "sheets",
    "shown",
    "to_arrow",
]

_SPREADSHEET_XML = b"urn:schemas-microsoft-com:office:spreadsheet"


def read(
    paths: Path | Sequence[Path],
    table: str,
    sheets: Sequence[str] = (),
    *,
    folder: Path | None = None,
    header: int | None = None,
    encoding: str = "",
    ids: Container[str] = (),
    told: bool = True,
) -> Read:
    """The rows of one or more files, stacked. Raises `Unreadable` where one gives no rows at all.

    `table` is the name that problems give, `folder` the one that names of files are told from. `sheets` names sheets of
    workbooks (`*`: all that are shown), or the one table of a DuckDB file; none means the first. `header` is the row
    of the header as a spreadsheet counts, `encoding` that of the letters; both are found unless given. `ids` are
    columns that hold ids: where one is filled, a row is a row. What rows say is repeated only where `told`.
    """
    parts = []
    for path in [paths] if isinstance(paths, Path) else paths:
        here = Place(table, shown(path, folder))
        _there(path, here)
        found = _read(path, here, tuple(sheets), header, encoding.casefold(), ids, told=told)
        parts += [mended(part, here) for part in found]
    return stacked(parts, told=told)


def sheets(path: Path) -> list[str]:
    """The sheets of a workbook that are shown; none of any other file. Raises `Unreadable`."""
    data = path.read_bytes()
    return workbook.names(data, Place("", path.name)) if workbook.is_workbook(data) else []


def _there(path: Path, here: Place) -> None:
    ending = path.suffix.lower()
    if not path.is_file():
        files = [p.name for p in path.parent.iterdir() if p.suffix.lower() in ENDINGS] if path.parent.is_dir() else []
        there = ", ".join(sorted(files)) or "no CSV, XLSX or Parquet file"
        raise here.unreadable(
            "no such file", f"a file in {path.parent.resolve().name!r}, which has: {there}{near(path.name, files)}"
        )
    if ending not in ENDINGS:
        raise here.unreadable(f"the ending {path.suffix!r}", f"one of {', '.join(ENDINGS)}")


def _read(
    path: Path,
    here: Place,
    sheets: tuple[str, ...],
    header: int | None,
    encoding: str,
    ids: Container[str],
    *,
    told: bool,
) -> list[Read]:
    """The rows of each sheet of a file, which is read as what it is, whatever it is called."""
    ending = path.suffix.lower()
    if ending == ".duckdb":
        return [columnar.database(path, here, table) for table in sheets or ("",)]
    if sheets not in ((), (workbook.EVERY,)) and ending not in WORKBOOKS:
        raise here.unreadable(
            f"sheet {sheets[0]!r} asked for", "a workbook (.xlsx, .xls, .ods); other files have no sheets"
        )
    if ending == ".parquet":
        return [columnar.parquet(path, here)]
    data = path.read_bytes()
    note = []
    if workbook.is_workbook(data):
        found = workbook.read(data, here, sheets, header, encoding, ids, told=told)
        note = [f"{here.name}: a workbook by its content"] if ending == ".csv" else []
    elif html.is_page(data):
        text, note = delimited.text_of(data, here, encoding)
        cells, merged = html.tables(text, here)
        found = [grid.table(cells, here, header, ids, told=told, merged=merged)]
        note = [f"{here.name}: a web page (HTML) by its content; its largest table is read", *note]
    elif ending == ".csv":
        return [delimited.read(data, here, header, encoding, ids, told=told)]
    elif not data:
        raise here.unreadable("an empty file", "a workbook")
    elif _SPREADSHEET_XML in data[:4096]:
        raise here.unreadable("a workbook of Excel 2003 in XML", "open it in Excel and save it as .xlsx")
    else:
        found = [_delimited_after_all(data, here, header, encoding, ids, told=told)]
        note = [f"{here.name}: a CSV file by its content"]
    found[0].notes[:0] = note
    return found


def _delimited_after_all(
    data: bytes, here: Place, header: int | None, encoding: str, ids: Container[str], *, told: bool
) -> Read:
    """A text with delimiters that is called .xls, as many systems export it."""
    no_workbook = here.unreadable("a file that is no workbook, nor a table as text", "a workbook without password")
    try:
        found = delimited.read(data, here, header, encoding, ids, told=told)
    except Unreadable:
        raise no_workbook from None
    if len(found.rows.columns) - len(PLACE) < 2 or found.rows.empty:
        raise no_workbook
    return found

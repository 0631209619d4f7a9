"""Files as they are: CSV, XLSX and Parquet become frames whose rows remember where they stood.

A frame has the file's columns in their natural types (CSV: text; XLSX and Parquet: as the file says) and
`_file`, `_sheet`, `_row`: the row as a spreadsheet shows it, where the header is row 1. Empty cells are
null, rows without any value are not rows.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from python_calamine import CalamineError, CalamineWorkbook

from amlib.book.problem import Problem, near

ENDINGS = (".csv", ".parquet", ".xlsx")
PLACE = ("_file", "_sheet", "_row")


@dataclass(frozen=True)
class Unreadable(Exception):
    """A file that gives no rows at all; `problem` says why."""

    problem: Problem


def read(path: Path, table: str, sheets: Sequence[str] = ()) -> tuple[pd.DataFrame, list[Problem]]:
    """The rows of a file and what is wrong with single rows of it; raises `Unreadable` where nothing can be read.

    `table` is the name that problems give. `sheets` names sheets of a workbook, which are stacked; none
    means the first.
    """
    here = _Place(table, path.name)
    if not path.is_file():
        files = [p.name for p in path.parent.iterdir() if p.suffix.lower() in ENDINGS] if path.parent.is_dir() else []
        there = ", ".join(sorted(files)) or "no CSV, XLSX or Parquet file"
        raise Unreadable(
            here.problem(
                "no such file", f"a file in {path.parent.resolve().name!r}, which has: {there}{near(path.name, files)}"
            )
        )
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise Unreadable(here.problem(f"the ending {path.suffix!r}", f"one of {', '.join(ENDINGS)}"))
    if sheets and ending != ".xlsx":
        raise Unreadable(
            here.problem(f"sheet {sheets[0]!r} asked for", "a workbook (.xlsx); other files have no sheets")
        )
    if ending == ".xlsx":
        return _xlsx(path, here, sheets), []
    if ending == ".parquet":
        return _parquet(path, here), []
    return _csv(path, here)


@dataclass(frozen=True)
class _Place:
    table: str
    file: str
    sheet: str = ""

    def problem(self, found: str, expected: str, row: int | None = None, column: str = "") -> Problem:
        return Problem(self.table, found, expected, self.file, self.sheet, row, column)

    def header(self, cells: Sequence[Any]) -> list[str]:
        """The column names of a header row; columns without a name are numbered, as in `column 3`."""
        names = [_name(cell) or f"column {number}" for number, cell in enumerate(cells, start=1)]
        for number, name in enumerate(names):
            if name in names[:number]:
                raise Unreadable(self.problem(f"the column name {name!r} twice", "a name for each column", row=1))
            if name in PLACE:
                raise Unreadable(self.problem(f"a column called {name!r}", "another name; ours are reserved", row=1))
        return names

    def frame(self, columns: Mapping[str, pd.Series], rows: np.ndarray) -> pd.DataFrame:
        """The columns with the place of each row, without rows that are blank."""
        frame = pd.DataFrame(dict(columns), index=pd.RangeIndex(len(rows)))
        frame["_file"] = pd.Series(self.file, index=frame.index, dtype="str")
        frame["_sheet"] = pd.Series(self.sheet, index=frame.index, dtype="str")
        frame["_row"] = rows.astype("int64")
        filled = frame[list(columns)].notna().any(axis=1)
        return frame if filled.all() else frame[filled].reset_index(drop=True)


def _name(cell: Any) -> str:
    text = "" if cell is None else str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell)
    return unicodedata.normalize("NFC", " ".join(text.split()))


def nfc(text: pd.Series) -> pd.Series:
    """Text stripped of space around it and in Unicode NFC; what is then empty is null."""
    import pyarrow.compute as pc

    words = pc.utf8_trim_whitespace(pc.utf8_normalize(pa.array(text, pa.large_string(), from_pandas=True), form="NFC"))
    return pd.Series(pc.if_else(pc.equal(words, ""), None, words), index=text.index, dtype="str")


# -- CSV ---------------------------------------------------------------------------------------------------------


def _csv(path: Path, here: _Place) -> tuple[pd.DataFrame, list[Problem]]:
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    blank = len(data) - len(data.lstrip(b"\r\n"))
    above, data = data[:blank].count(b"\n"), data[blank:]
    if not data.strip():
        raise Unreadable(here.problem("an empty file", "a header row and rows below it"))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(
            here.problem(
                f"byte 0x{data[error.start]:02X}, which is not UTF-8",
                "a file saved as UTF-8 (in Excel: Save as, 'CSV UTF-8 (Comma delimited)')",
                row=above + data[: error.start].count(b"\n") + 1,
            )
        ) from None
    delimiter = _delimiter(text)
    names = here.header(next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)))
    problems: list[Problem] = []

    def ragged(row: pa.csv.InvalidRow) -> str:
        expected = f"{row.expected_columns}, as in the header (is there an unquoted {delimiter!r} or an open quote?)"
        found = f"{row.actual_columns} cell{'s' if row.actual_columns != 1 else ''}"
        problems.append(here.problem(found, expected, row=above + row.number))
        return "skip"

    data = data if data.endswith((b"\n", b"\r")) else data + b"\n"
    try:
        arrow = pa.csv.read_csv(
            pa.BufferReader(data),
            # One block and one thread: only then does pyarrow know the number of a ragged row.
            pa.csv.ReadOptions(
                use_threads=False, block_size=len(data) + 1, column_names=names, skip_rows_after_names=1
            ),
            pa.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=ragged
            ),
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid as error:
        raise Unreadable(here.problem(str(error), "a CSV file")) from None
    rows = np.arange(2, 2 + len(arrow) + len(problems)) + above
    rows = rows[~np.isin(rows, [problem.row for problem in problems])]
    return here.frame({name: pd.Series(arrow[name], dtype="str") for name in names}, rows), problems


def _delimiter(text: str) -> str:
    """Of `,` `;` tab `|` the one that stands most often in the header, outside quotes."""
    header = "".join(text.split('"')[::2]).partition("\n")[0]
    return max(",;\t|", key=header.count)


# -- XLSX --------------------------------------------------------------------------------------------------------


def _xlsx(path: Path, here: _Place, sheets: Sequence[str]) -> pd.DataFrame:
    try:
        workbook = CalamineWorkbook.from_path(path)
    except (CalamineError, OSError) as error:
        raise Unreadable(
            here.problem(f"a file that is no workbook ({error})", "an XLSX file without password")
        ) from None
    there = workbook.sheet_names
    for name in sheets:
        if name not in there:
            expected = f"one of {', '.join(map(repr, there))}{near(name, there)}"
            raise Unreadable(here.problem(f"no sheet {name!r}", expected))
    sheets = sheets or there[:1]
    stacked = [_sheet(workbook, _Place(here.table, here.file, name)) for name in sheets]
    names = list(dict.fromkeys(name for cells, _ in stacked for name in cells))
    frames = []
    for cells, rows in stacked:
        frames.append({name: cells.get(name, [None] * len(rows)) for name in names})
    # Types are found over all sheets at once: one text id among numbers makes the whole column text.
    columns = {name: natural([cell for cells in frames for cell in cells[name]]) for name in names}
    frame = here.frame(columns, np.concatenate([rows for _, rows in stacked]))
    names = np.repeat(np.array(sheets, dtype=object), [len(rows) for _, rows in stacked])
    return frame.assign(_sheet=pd.Series(names, dtype="str"))


def _sheet(workbook: CalamineWorkbook, here: _Place) -> tuple[dict[str, list], np.ndarray]:
    cells = workbook.get_sheet_by_name(here.sheet).to_python(skip_empty_area=False)
    filled = [number for number, row in enumerate(cells) if any(cell != "" for cell in row)]
    if not filled:
        raise Unreadable(here.problem("an empty sheet", "a header row and rows below it"))
    header, rows = filled[0], filled[1:]
    names = here.header(cells[header])
    return {name: [cells[row][i] for row in rows] for i, name in enumerate(names)}, np.array(rows, dtype="int64") + 1


def natural(cells: Sequence[Any]) -> pd.Series:
    """Spreadsheet cells as one column: whole numbers, numbers, flags or instants; mixed kinds become text."""
    cells = [None if cell == "" else cell for cell in cells]
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {float, int} and kinds:
        numbers = pd.Series(cells, dtype="float64")
        whole = (numbers.dropna() % 1 == 0).all() and (numbers.abs().max() < 2**53)
        return numbers.astype("Int64") if whole else numbers
    if kinds == {bool}:
        return pd.Series(cells, dtype="boolean")
    if kinds and kinds <= {dt.datetime, dt.date}:
        return pd.Series(pd.to_datetime(pd.Series(cells, dtype=object))).astype("datetime64[us]")
    return pd.Series([None if cell is None else as_text(cell) for cell in cells], dtype="str")


def as_text(cell: Any) -> str:
    """A spreadsheet cell as text: 12345.0 is `12345`, midnight is the day alone."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime):
        return str(cell.date()) if cell.time() == dt.time() else cell.isoformat(" ")
    return str(cell)


# -- Parquet and query results -----------------------------------------------------------------------------------


def _parquet(path: Path, here: _Place) -> pd.DataFrame:
    try:
        arrow = pa.parquet.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise Unreadable(here.problem(f"a file that is no Parquet ({reason})", "a Parquet file")) from None
    arrow = arrow.rename_columns(here.header(arrow.column_names))
    return here.frame(dict(from_arrow(arrow).items()), np.arange(2, 2 + len(arrow)))


def from_arrow(table: pa.Table) -> pd.DataFrame:
    """An Arrow table as a frame of natural types: Int64, float64, boolean, datetime64[us], text."""
    return pd.DataFrame({name: _from_arrow(table[name]) for name in table.column_names})


def _from_arrow(column: pa.ChunkedArray) -> pd.Series:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_boolean(kind):
        return column.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    if pa.types.is_integer(kind) and kind != pa.uint64():
        return column.cast(pa.int64()).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return column.cast(pa.float64(), safe=False).to_pandas()
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        zone = kind.tz if pa.types.is_timestamp(kind) else None
        return column.cast(pa.timestamp("us", zone), safe=False).to_pandas()
    if pa.types.is_null(kind):
        return pd.Series([None] * len(column), dtype="str")
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pd.Series(column.cast(pa.large_string()), dtype="str")
    return pd.Series([None if value is None else str(value) for value in column.to_pylist()], dtype="str")


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """A frame for DuckDB or Parquet; months become the first day of the month."""
    months = {
        name: column.dt.to_timestamp().astype("datetime64[us]")
        for name, column in frame.items()
        if isinstance(column.dtype, pd.PeriodDtype)
    }
    return pa.Table.from_pandas(frame.assign(**months) if months else frame, preserve_index=False)

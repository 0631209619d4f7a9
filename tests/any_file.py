"""Files of any kind, and what must hold of reading each: an error of ours or rows, and no row is lost.

Each row carries a mark of its own, which must come out once: in a row, among those set aside, in a problem, or in the
names and notes of a header that was found elsewhere.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from files import html, ods, xlsx
from hypothesis import strategies as st

from amlib.book import BookError, open_book
from amlib.book.reading import PLACE, Read, Unreadable, read

ENDINGS = ("csv", "xlsx", "xls", "ods", "xlsm", "xlsb", "parquet", "duckdb")
WORDS = [
    "Tổng cộng",
    "Total",
    "Người lập biểu",
    "Ghi chú: x",
    "Ngày 31 tháng 5 năm 2026",
    "(1)",
    "A",
    "1",
    "2026-05-04",
]
WORDS += [
    "1.234,5",
    "HÃ³a Ä‘Æ¡n",
    "Nguyễn",
    "NguyÔn V¨n",
    "#N/A",
    " ",
    "",
    "",
    "",
    'a "b" c',
    "sep=;",
    "café",
    "\ufffd",
]
LETTERS = st.characters(blacklist_categories=("Cs", "Cc"), max_codepoint=0xFFFD)
CELLS = st.one_of(st.sampled_from(WORDS), st.text(LETTERS, max_size=8), st.integers(-(10**6), 10**12).map(str))
VALUES = st.one_of(CELLS, st.none(), st.integers(-(10**9), 10**9), st.floats(-1e9, 1e9), st.booleans(), st.dates())
_MARK = re.compile(r"zq\d+qz")


@st.composite
def tables(draw: st.DrawFn, cells: st.SearchStrategy = CELLS, ragged: bool = False) -> list[list]:
    """Rows of 2 to 6 cells, each with a mark in one of them; of a ragged table some have more or fewer."""
    width = draw(st.integers(2, 6))
    rows = [[f"zq{1000 + n}qz name" for n in range(width)]]
    for n in range(draw(st.integers(0, 10))):
        length = draw(st.integers(1, 7)) if ragged and draw(st.integers(0, 4)) == 0 else width
        row = [draw(cells) for _ in range(length)]
        row[draw(st.integers(0, length - 1))] = f"zq{n}qz"
        rows.append(row)
    titles = [[f"zq{2000 + n}qz title"] for n in range(draw(st.integers(0, 2)))]
    return titles + rows


def as_csv(rows: list[list], delimiter: str, encoding: str, end: str) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_MINIMAL).writerows(rows)
    return file.getvalue().encode(encoding, "replace")


CSV_FILES = st.builds(
    as_csv,
    tables(ragged=True),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1258", "cp1252"]),
    st.sampled_from(["\n", "\r\n"]),
)


def _workbook_cell(value: object) -> object:
    """Nothing that a workbook would run, nor letters that XML has not."""
    text = re.sub(r"[\x00-\x1f\ufffe\uffff]", "", value) if isinstance(value, str) else value
    return f"x{text}" if isinstance(text, str) and text.startswith("=") else text


WORKBOOKS = tables(VALUES.map(_workbook_cell))
PAGES = tables(VALUES.map(_workbook_cell)).map(lambda rows: html([["" if c is None else c for c in r] for r in rows]))


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, bytes]:
    """A name, and bytes that are anything: noise, or a sound file with some bytes changed or cut off."""
    ending = draw(st.sampled_from(ENDINGS))
    if draw(st.booleans()):
        return f"table.{ending}", draw(st.binary(max_size=300))
    # A spoilt database is not made here: what DuckDB makes of one is its own affair.
    kind = draw(st.sampled_from(sorted(_SOUND)))
    data = bytearray(_SOUND[kind])
    for at in draw(st.lists(st.integers(0, len(data) - 1), max_size=8)):
        data[at] = draw(st.integers(0, 255))
    return f"table.{kind if draw(st.booleans()) else ending}", bytes(data[: draw(st.integers(0, len(data)))])


def _sound() -> dict[str, bytes]:
    rows = [["id", "name", "on"], [1, "Phở", "2026-05-04"], [2, "Trà", "2026-05-05"]]
    file = io.BytesIO()
    pq.write_table(pa.table({"id": [1, 2], "name": ["Phở", "Trà"]}), file)
    old = (Path(__file__).parent / "book" / "reading" / "bang_ke.xls").read_bytes()
    text = as_csv(rows, ";", "utf-16", "\r\n")
    return {"csv": text, "xlsx": xlsx(rows), "ods": ods(rows), "xls": old, "parquet": file.getvalue()}


_SOUND = _sound()


def _read(path: Path) -> Read | None:
    try:
        return read(path, "invoices")
    except Unreadable as error:
        told = error.problem
    assert told.found
    assert told.expected
    return None


def holds_of_bytes(folder: Path, name: str, data: bytes) -> None:
    """Reading gives rows or an error of ours, which can be told."""
    path = folder / name
    path.write_bytes(data)
    if (found := _read(path)) is None:
        return
    assert [*found.rows][-3:] == list(PLACE)
    assert all(str(problem) for problem in found.problems)
    assert found.rows["_row"].is_unique


def holds_of_rows(folder: Path, name: str, data: bytes, marks: int) -> None:
    """As `holds_of_bytes`, and each of `marks` comes out once."""
    path = folder / name
    path.write_bytes(data)
    if (found := _read(path)) is None:
        return
    columns = [column for column in found.rows if column not in PLACE]
    cells = [str(cell) for column in columns for cell in found.rows[column].dropna()]
    places = [*cells, *found.aside["values"], *(p.values for p in found.problems), *columns, *found.notes]
    seen = [mark for place in places for mark in _MARK.findall(place)]
    # A column with neither name nor cell is none; a group's title stands in several names.
    assert len(set(seen)) == marks, (sorted(set(seen)), marks)
    rows = [*found.rows["_row"], *found.aside["row"], *{problem.row for problem in found.problems}]
    assert len(rows) == len(set(rows))


def marks_in(rows: list[list]) -> int:
    return len({mark for row in rows for cell in row for mark in _MARK.findall(str(cell))})


def marks_of(data: bytes, encoding: str) -> int:
    return len(set(_MARK.findall(data.decode(encoding, "replace"))))


def holds_of_a_book(folder: Path, rows: list[list]) -> None:
    """A book of any invoices opens, or says what is wrong; what it leaves out is listed."""
    (folder / "book.toml").write_text('name = "A"\ncurrency = "VND"\nbad_rows = "reject"\n')
    (folder / "clients.csv").write_text("client_id,name,since\nC1,A,2025-01-01\n")
    header = ["invoice_id", "client_id", "issued_on", "amount", "currency", "note"][: max(map(len, rows))]
    (folder / "invoices.csv").write_bytes(as_csv([header, *rows], ",", "utf-8", "\n"))
    try:
        book = open_book(folder)
    except BookError as error:
        told = error.problems
        book = None
    if book is None:
        assert told
        return
    blank = [row for row in rows if not any(str(cell).strip() for cell in row if cell is not None)]
    assert len(book.invoices) + len(book.set_aside) == len(rows) - len(blank)


PROPERTIES: dict[str, tuple[st.SearchStrategy, Callable]] = {
    "spoilt files": (spoilt(), lambda folder, case: holds_of_bytes(folder, *case)),
    "CSV": (CSV_FILES, lambda folder, data: holds_of_rows(folder, "t.csv", data, _csv_marks(data))),
    "XLSX": (WORKBOOKS, lambda folder, rows: holds_of_rows(folder, "t.xlsx", xlsx(rows), marks_in(rows))),
    "ODS": (WORKBOOKS, lambda folder, rows: holds_of_rows(folder, "t.ods", ods(rows), marks_in(rows))),
    "web pages": (PAGES, lambda folder, data: holds_of_rows(folder, "t.xls", data, marks_of(data, "utf-8"))),
    "books": (tables(ragged=True), holds_of_a_book),
}
"""What is drawn, and what must hold of it in a folder."""


def _csv_marks(data: bytes) -> int:
    return marks_of(data, "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1")

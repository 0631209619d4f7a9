"""What a workbook's archive may hold."""

from __future__ import annotations

import struct

import pytest
from files import in_zip, ods, xlsx, zipped

from amlib.book.reading import archives
from amlib.book.reading.archives import Archive
from amlib.book.reading.place import Place, Unreadable

HERE = Place("invoices", "t.xlsx")
SHEET = "xl/worksheets/sheet1.xml"
BOOK = xlsx([["id", "amount"], ["I1", 1]])


def with_cells(cells: str) -> bytes:
    content = (
        f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData>'
    )
    return in_zip(BOOK, SHEET, lambda _: (content + "</worksheet>").encode())


def refused(data: bytes, sheet: str = "Data") -> str:
    with pytest.raises(Unreadable) as error:
        Archive(data, HERE).errors(sheet)
    return error.value.problem.found


def test_errors_are_found_where_they_stand():
    row = '<row r="2"><c r="A2"><v>1</v></c><c t="e" r="B2"><f>1/0</f><v>#DIV/0!</v></c>'
    row += '<c r="AB2" s="1" t="e"><v>#N/A</v></c></row>'
    assert Archive(with_cells(row), HERE).errors("Data") == {(1, 1): "#DIV/0!", (1, 27): "#N/A"}
    assert Archive(BOOK, HERE).errors("Data") == {}
    assert Archive(BOOK, HERE).errors("nowhere") == {}


def test_cells_of_a_style_alone_are_not_far_away():
    styled = '<row r="9"><c r="XFD9" s="1"/></row>'
    assert Archive(with_cells('<row r="1"><c r="A1"><v>1</v></c></row>' + styled), HERE).errors("Data") == {}
    # 1,048,576 rows of 60 columns are 62,914,560 cells.
    last = '<row r="1048576"><c r="BH1048576"><v>1</v></c></row>'
    assert refused(with_cells(last)) == "1,048,576 rows and 60 columns up to the last filled cell"


def test_an_entry_that_says_less_than_it_has():
    """The archive says that the sheet unpacks to 10 bytes; what reads it would not stop there."""
    data = bytearray(BOOK)
    entry = data.rindex(SHEET.encode()) - 46
    assert data[entry : entry + 4] == b"PK\x01\x02"
    data[entry + 24 : entry + 28] = struct.pack("<I", 10)
    assert refused(bytes(data)) == "an archive that unpacks to more than it says"


def test_an_entry_that_is_damaged():
    data = bytearray(BOOK)
    start = data.index(SHEET.encode()) + len(SHEET)
    data[start + 20] ^= 0xFF
    assert "is damaged" in refused(bytes(data))


def test_more_than_a_workbook_has(monkeypatch):
    monkeypatch.setattr(archives, "LARGEST", 1000)
    assert refused(zipped({"xl/workbook.xml": b"x" * 1001})).endswith("bytes that unpack to 1,001")


def test_an_ods_that_repeats_its_cells_without_end():
    """16,384 columns in 1,048,576 rows, all in a few bytes; empty cells are repeated so in every file."""

    def repeating(cell: str) -> bytes:
        row = f'<table:table-row table:number-rows-repeated="1048576"><table:table-cell {cell}/></table:table-row>'
        return in_zip(ods([["id", "amount"], ["I1", 1]]), "content.xml", lambda content: content.replace(
            b"</table:table>", row.encode() + b"</table:table>"))  # fmt: skip

    empty = 'table:number-columns-repeated="16384"'
    assert Archive(repeating(empty), HERE).errors("Data") == {}
    found = refused(repeating(f'{empty} office:value-type="float" office:value="7"'))
    assert found == f"a sheet of {16_384 * 1_048_576 + 4:,} cells and more"

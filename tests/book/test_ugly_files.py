"""Files with one trouble each: what a book makes of them, or the error that tells a beginner what to do.

Every case is a table of invoices, whose right rows are known: (invoice_id, client_id, amount).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from files import html, in_zip, ods, xlsx, zipped

from amlib.book import BookError, open_book

HEADER = ["invoice_id", "client_id", "issued_on", "amount", "currency"]
ONE, TWO = ["I1", "C1", "2026-05-04", 1500000, "VND"], ["I2", "C2", "2026-05-05", 2500000.5, "VND"]
RIGHT = [("I1", "C1", 1500000.0), ("I2", "C2", 2500000.5)]
FILE = '[tables.invoices]\nfile = "{}"\n'
TITLES = [["CÔNG TY TNHH TRUYỀN THÔNG A"], ["BẢNG KÊ HÓA ĐƠN"], ["Tháng 5 năm 2026"], []]
TOTAL, BELOW = "a total in the file, not a row of it", "a note or signature below the table"
AGAIN = "the same row stands in an earlier file"
LEGACY_CLIENTS = "client_id,name,since\nC1,Nguyễn Văn Ẩn,2025-01-01\nC2,Đỗ Thị Hương,2025-06-15\n"


def csv(*rows: Sequence[object], by: str = ",", end: str = "\n") -> str:
    return "".join(by.join("" if cell is None else str(cell) for cell in row) + end for row in rows)


PLAIN = csv(HEADER, ONE, TWO)
ARROWS = csv(["Số", *HEADER[1:]], ONE, TWO)
MAPPED = FILE + 'columns = {{ invoice_id = "Số" }}\n'


@dataclass(frozen=True)
class Ugly:
    """Files by name; the right rows, or words of the error; reasons and rows set aside; words of a note."""

    files: Mapping[str, bytes | str]
    rows: Sequence[tuple] = field(default_factory=lambda: RIGHT)
    error: Sequence[str] = ()
    aside: Sequence[tuple[int, str]] = ()
    note: str = ""
    toml: str = ""
    names: Sequence[str] = ()


def one(content: bytes | str, **more) -> Ugly:
    return Ugly({"invoices.csv": content}, **more)


def workbook(content: bytes, name: str = "invoices.xlsx", **more) -> Ugly:
    return Ugly({name: content}, **more)


def refused(content: bytes | str, *words: str, name: str = "invoices.csv", toml: str = "") -> Ugly:
    return Ugly({name: content}, error=words, toml=toml)


def clients(content: bytes | str, *, note: str = "", toml: str = "", name: str = "clients.csv") -> Ugly:
    return Ugly({name: content}, rows=[], note=note, toml=toml, names=["Nguyễn Văn Ẩn", "Đỗ Thị Hương"])


def merge(*ranges: str):
    def change(sheet) -> None:
        for cells in ranges:
            sheet.merge_cells(cells)

    return change


def tcvn3(text: str) -> bytes:
    """By the published table of TCVN 5712 (VN3), for the letters that the test needs."""
    letters = dict(zip("ễăẩđịươứếỗ", [0xD4, 0xA8, 0xC8, 0xAE, 0xDE, 0xAD, 0xAC, 0xF8, 0xD5, 0xE7], strict=True))
    return b"".join(bytes([letters[letter]]) if letter in letters else letter.encode() for letter in text)


WRONGLY = LEGACY_CLIENTS.encode()
IN_CP1258 = "client_id,name,since\nC1,Nguyê\u0303n Văn Â\u0309n,2025-01-01\nC2,Đô\u0303 Thị Hương,2025-06-15\n".replace(
    "ị", "i\u0323"
).encode("cp1258")

ENCODINGS = {
    "utf8": clients(LEGACY_CLIENTS.encode()),
    "utf8-with-a-mark": clients(b"\xef\xbb\xbf" + LEGACY_CLIENTS.encode()),
    "utf16-le-with-a-mark": clients(b"\xff\xfe" + LEGACY_CLIENTS.encode("utf-16-le"), note="read as utf-16-le"),
    "utf16-be-with-a-mark": clients(b"\xfe\xff" + LEGACY_CLIENTS.encode("utf-16-be"), note="read as utf-16-be"),
    "utf16-le-without-a-mark": clients(LEGACY_CLIENTS.encode("utf-16-le"), note="read as utf-16-le"),
    "utf16-be-without-a-mark": clients(LEGACY_CLIENTS.encode("utf-16-be"), note="read as utf-16-be"),
    "cp1258": clients(IN_CP1258, note="read as cp1258"),
    "cp1258-as-asked": clients(IN_CP1258, toml='[tables.clients]\nencoding = "cp1258"\n'),
    "cp1252": Ugly(
        {"clients.csv": "client_id,name,since\nC1,São João,2025-01-01\nC2,Müller Söhne,2025-06-15\n".encode("cp1252")},
        rows=[],
        names=["São João", "Müller Söhne"],
        note="read as cp1252",
    ),
    "mojibake-by-cp1252": clients(
        "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in WRONGLY), note="2 cells repaired"
    ),
    "mojibake-by-latin1": clients(WRONGLY.decode("latin-1"), note="2 cells repaired"),
    "mojibake-twice": clients(WRONGLY.decode("latin-1").encode().decode("latin-1"), note="2 cells repaired"),
    "mojibake-in-a-workbook": clients(
        xlsx(
            [
                ["client_id", "name", "since"],
                ["C1", "Nguyễn Văn Ẩn".encode().decode("latin-1"), "2025-01-01"],
                ["C2", "Đỗ Thị Hương", "2025-06-15"],
            ]
        ),
        name="clients.xlsx",
        note="1 cells repaired",
    ),
    "mojibake-with-letters-lost": Ugly(
        {"clients.csv": "client_id,name,since\nC1,Nguyá»?n VÄƒn,2025-01-01\nC2,B,2025-06-15\n"},
        rows=[],
        names=["Nguyá»?n VÄƒn", "B"],
        note="cannot be repaired",
    ),
    "letters-lost-before": Ugly(
        {"clients.csv": "client_id,name,since\nC1,Ph\ufffd,2025-01-01\nC2,B,2025-06-15\n"},
        rows=[],
        names=["Ph\ufffd", "B"],
        note="letters lost before the file was written",
    ),
    "tcvn3": refused(
        tcvn3(LEGACY_CLIENTS.replace("Ẩ", "ẩ").replace("Đ", "đ")),
        "letters of the font TCVN3, from before Unicode",
        'encoding = "tcvn3"',
        name="clients.csv",
    ),
    "tcvn3-as-asked": Ugly(
        {"clients.csv": tcvn3(LEGACY_CLIENTS.replace("Ẩ", "ẩ").replace("Đ", "đ"))},
        rows=[],
        names=["Nguyễn Văn ẩn", "đỗ Thị Hương"],
        toml='[tables.clients]\nencoding = "tcvn3"\n',
    ),
    "tcvn3-in-unicode": refused(
        "client_id,name,since\nC1,NguyÔn V¨n Hïng,2025-01-01\nC2,TrÇn ThÞ H\xad¬ng,2025-06-15\n",
        "letters of the font TCVN3",
        name="clients.csv",
    ),
    "vni-as-asked": Ugly(
        {"clients.csv": "client_id,name,since\nC1,Nguyeãn Vaên Haûi,2025-01-01\nC2,Ñoã Thò Höông,2025-06-15\n"
         .encode("cp1252")},
        rows=[],
        names=["Nguyễn Văn Hải", "Đỗ Thị Hương"],
        toml='[tables.clients]\nencoding = "vni"\n',
    ),
    "vni": refused(
        "client_id,name,since\nC1,Nguyeãn Vaên Haûi,2025-01-01\nC2,Ñoã Thò Höông,2025-06-15\n".encode("cp1252"),
        'encoding = "vni"',
        name="clients.csv",
    ),
    "not-the-encoding-that-was-asked": refused(
        IN_CP1258,
        "clients.csv row 2: found byte 0xEA, which is not UTF-8, expected a file saved as UTF-8",
        name="clients.csv",
        toml='[tables.clients]\nencoding = "utf-8"\n',
    ),
    "an-encoding-that-there-is-not": refused(
        LEGACY_CLIENTS,
        "key tables.clients.encoding: found 'cp1285', expected an encoding, such as",
        "Did you mean 'cp1258'?",
        name="clients.csv",
        toml='[tables.clients]\nencoding = "cp1285"\n',
    ),
    "utf8-with-a-byte-of-another": refused(
        "client_id,name,since\nC1,Nguyễn,2025-01-01\nC2,".encode() + b"Tr\xe0,2025-01-01\n",
        "clients.csv row 3: found byte 0xE0, which is not UTF-8",
        'encoding = "cp1258"',
        name="clients.csv",
    ),
    "letters-of-no-encoding": refused(
        b"client_id,name,since\nC1,a\x81b\xa4c,2025-01-01\n", "row 2: found byte 0x81", name="clients.csv"
    ),
}  # fmt: skip

DELIMITED = {
    "semicolons": one(csv(HEADER, ONE, TWO, by=";")),
    "tabs": one(csv(HEADER, ONE, TWO, by="\t")),
    "bars": one(csv(HEADER, ONE, TWO, by="|")),
    "sep-line-of-excel": one("sep=;\r\n" + csv(HEADER, ONE, TWO, by=";", end="\r\n")),
    "carriage-returns-alone": one(csv(HEADER, ONE, TWO, end="\r")),
    "line-ends-of-windows": one(csv(HEADER, ONE, TWO, end="\r\n")),
    "no-line-end-at-the-end": one(PLAIN.rstrip("\n")),
    "everything-in-quotes": one(csv(*([f'"{cell}"' for cell in row] for row in (HEADER, ONE, TWO)))),
    "a-delimiter-more-on-each-row": one(csv(HEADER, [*ONE, ""], [*TWO, ""])),
    "a-delimiter-more-on-one-row": one(csv(HEADER, [*ONE, ""], TWO)),
    "blank-lines-between": one(csv(HEADER, ONE, [], [""] * 5, TWO)),
    "commas-in-a-title-above-semicolons": one(
        "Kê khai, tháng 5, đợt 1, bản 2, gửi lại\n" + csv(HEADER, ONE, TWO, by=";"), note="the header is row 2"
    ),
    "title-lines": one(csv(*TITLES, HEADER, ONE, TWO), note="the header is row 5; above it: CÔNG TY TNHH"),
    "title-lines-padded-by-excel": one(
        csv(*[[*title, *[""] * (5 - len(title))] for title in TITLES], HEADER, ONE, TWO), note="the header is row 5"
    ),
    "the-header-is-told": one(
        csv(["Mã", "Khách", "Ngày", "Tiền", "Tệ"], HEADER, ONE, TWO), toml="[tables.invoices]\nheader = 2\n"
    ),
    "the-header-is-told-wrongly": refused(
        PLAIN,
        "found nothing in row 40, where book.toml says that the header is",
        toml="[tables.invoices]\nheader = 40\n",
    ),
    "the-header-is-no-number": refused(
        PLAIN, "found 'four', expected the row of the header", toml='[tables.invoices]\nheader = "four"\n'
    ),
    "a-header-of-two-lines": one(
        csv(["Hóa đơn", "", "", "Tiền", ""], ["Số", "Khách", "Ngày", "Số", "Loại"], ONE, TWO),
        note="the header is rows 1 and 2",
        toml='[tables.invoices.columns]\ninvoice_id = "Hóa đơn Số"\nclient_id = "Hóa đơn Khách"\n'
        'issued_on = "Hóa đơn Ngày"\namount = "Tiền Số"\ncurrency = "Tiền Loại"\n',
    ),
    "numbers-under-the-header": one(
        csv(HEADER, ["A", "B", "1", "2", "3=1x2"], ONE, TWO), aside=[(2, "the numbers of the columns, not a row")]
    ),
    "a-total": one(csv(HEADER, ONE, TWO, ["Tổng cộng", "", "", 4000000.5, ""]), aside=[(4, TOTAL)]),
    "a-total-without-cells-behind-it": one(csv(HEADER, ONE, TWO, ["Tổng cộng:"]), aside=[(4, TOTAL)]),
    "totals-of-groups": one(
        csv(HEADER, ONE, ["Cộng tháng 5/2026", "", "", 1500000, ""], TWO, ["", "", "TOTAL", 2500000.5, ""]),
        aside=[(3, TOTAL), (5, TOTAL)],
    ),
    "signatures": one(
        csv(HEADER, ONE, TWO, [], ["", "", "\"Hà Nội, ngày 31 tháng 5 năm 2026\"", "", ""],
            ["Người lập biểu", "", "Kế toán trưởng", "", ""], ["Trần Thị B", "", "", "", ""]),
        aside=[(5, BELOW), (6, BELOW), (7, BELOW)],
    ),
    "a-note-below": one(csv(HEADER, ONE, TWO, ["Ghi chú: đã gồm VAT"]), aside=[(4, BELOW)]),
    "an-invoice-called-total": one(
        csv(HEADER, ["Tổng công ty 1", *ONE[1:]], TWO), rows=[("Tổng công ty 1", "C1", 1500000.0), RIGHT[1]]
    ),
    "a-row-below-signatures": refused(
        csv(HEADER, ONE, ["Người lập biểu", "", "", "", ""], ["I9", "", "", "", ""]),
        "invoices.csv row 4, column client_id: found an empty cell",
    ),
    "a-row-with-a-cell-more": refused(
        csv(HEADER, ONE, [*TWO, "x"]), "invoices.csv row 3: found 6 cells, expected 5, as in the header"
    ),
    "a-row-with-a-cell-less": refused(csv(HEADER, ONE, TWO[:4]), "invoices.csv row 3: found 4 cells, expected 5"),
    "an-open-quote": refused(
        csv(HEADER, ['"I1', *ONE[1:]], TWO), "row 2: found a row that runs over 2 lines", "is a quote not closed?"
    ),
    "an-open-quote-where-wrong-rows-are-left-out": refused(
        csv(HEADER, ['"I1', *ONE[1:]], TWO), "row 2: found a row that runs over 2 lines", toml='bad_rows = "reject"\n'
    ),
    # Two rows are one, in which all cells are right: only the note tells of it.
    "quotes-that-begin-two-cells": one(
        "note,invoice_id,client_id,issued_on,amount\n"
        '"gift,I0,C1,2026-05-03,7\n"gift,I1,C1,2026-05-04,1500000\nok,I2,C2,2026-05-05,2500000.5\n',
        note="invoices.csv row 2: column 'note' runs over 2 lines, as if a quote were not closed",
    ),
    "a-row-torn-into-more-cells-than-any": refused(
        csv(HEADER, ONE, ["I3", "C1", *"abcdefghi"], TWO), "row 3: found 11 cells, expected 5, as in the header"
    ),
    "days-in-words-in-the-first-column": one(
        csv(
            ["issued_on", "invoice_id", "client_id", "amount", "paid_on", "a", "b", "c"],
            ["ngày 4 tháng 5 năm 2026", "I1", "C1", 1500000, "2026-06-01", "x", "y", "z"],
            ["ngày 5 tháng 5 năm 2026", "I2", "C2", 2500000.5, "", "", "", ""],
        )
    ),
    "a-nul-byte": refused(csv(HEADER, ONE) + "I2,C\0,x,1,\n", "row 3: found a NUL byte, which no text has"),
    "an-empty-file": refused("", "invoices.csv: found an empty file, expected a header row"),
    "blanks-alone": refused(" \r\n\t\r\n", "invoices.csv: found an empty file"),
    "delimiters-alone": refused(",,,\n,,,\n", "found no cell with anything in it"),
    "a-header-alone": one(csv(HEADER), rows=[]),
    "a-line-of-ten-million-columns": refused("a," * 10_000_000, "found 10,000,001 columns, expected a table of"),
    "two-columns-of-one-name": refused(
        csv([*HEADER, "amount"], [*ONE, 1]), "found 2 columns that may be it: 'amount (1)', 'amount (2)'"
    ),
    "a-column-of-ours": refused(csv([*HEADER, "_row"], [*ONE, 1]), "found a column called '_row'"),
    "columns-without-a-name": one(csv(["", *HEADER, ""], ["", *ONE, ""], ["", *TWO, ""])),
    "a-formula-is-text": one(
        csv([*HEADER], ["=cmd|' /C calc'!A0", *ONE[1:]], TWO), rows=[("=cmd|' /C calc'!A0", "C1", 1500000.0), RIGHT[1]]
    ),
}  # fmt: skip


def errors(sheet) -> None:
    """As Excel saves a formula that fails: the error beside it."""
    for cell, error in (("D2", "#REF!"), ("E3", "#N/A")):
        sheet[cell] = error
        sheet[cell].data_type = "e"


def days(sheet) -> None:
    for row in (2, 3):
        sheet[f"C{row}"] = dt.datetime(2026, 5, row + 2)


BOOK = xlsx([HEADER, ONE, TWO])
HUGE = b"<worksheet>" + b" " * 60_000_000
WORKBOOKS = {
    "dates-that-are-dates": workbook(xlsx([HEADER, ONE, TWO], days)),
    "titles-above": workbook(xlsx([*TITLES, HEADER, ONE, TWO]), note="sheet 'Data': the header is row 5"),
    "a-table-that-begins-far-right-and-down": workbook(
        xlsx([[], [], [None, None, *HEADER], [None, None, *ONE], [None, None, *TWO]])
    ),
    "groups-merged-above-names": workbook(
        xlsx(
            [["Hóa đơn", None, None, "Tiền", None], ["Số", "Khách", "Ngày", "Số", "Loại"], ONE, TWO],
            merge("A1:C1", "D1:E1"),
        ),
        toml='[tables.invoices.columns]\ninvoice_id = "Hóa đơn Số"\nclient_id = "Hóa đơn Khách"\n'
        'issued_on = "Hóa đơn Ngày"\namount = "Tiền Số"\ncurrency = "Tiền Loại"\n',
        note="the header is rows 1 and 2",
    ),
    "a-title-merged-above-names": workbook(
        xlsx([["BẢNG KÊ", *[None] * 4], HEADER, ONE, TWO], merge("A1:E1")), note="the header is row 2"
    ),
    "a-client-merged-over-rows": workbook(
        xlsx([HEADER, ["I1", "C1", "2026-05-04", 1, "VND"], ["I2", None, "2026-05-05", 2, "VND"]], merge("B2:B3")),
        rows=[("I1", "C1", 1), ("I2", "C1", 2)],
        note="column 'client_id' filled in 1 rows",
    ),
    "a-number-merged-over-rows": refused(
        xlsx([HEADER, ONE, ["I2", "C1", "2026-05-05", None, "VND"]], merge("D2:D3")),
        "sheet 'Data' row 3, column amount: found an empty cell",
        name="invoices.xlsx",
    ),
    "a-total-and-signatures": workbook(
        xlsx([HEADER, ONE, TWO, ["Tổng cộng", None, None, 4000000.5], [], [None, None, None, "Người lập biểu"]]),
        aside=[(4, TOTAL), (6, BELOW)],
    ),
    "ids-that-are-numbers-above-a-total": workbook(
        xlsx([HEADER, [1, *ONE[1:]], [2, *TWO[1:]], ["Total", None, None, 4000000.5]]),
        rows=[("1", "C1", 1500000.0), ("2", "C2", 2500000.5)],
        aside=[(4, TOTAL)],
    ),
    "blocks-merged-beside-and-below-the-table": workbook(
        xlsx(
            [*TITLES[:2], HEADER, ONE, TWO],
            lambda sheet: [sheet.merge_cells(cells) for cells in ("A1:J1", "L4:M6", "A9:B12")],
        ),
        note="the header is row 3",
    ),
    "a-number-of-three-decimals-beside-text": refused(
        xlsx([HEADER, [*ONE[:3], 1.125, "VND"], [*TWO[:3], "2,5", "VND"]]),
        "column amount: found '1.1250' in row 2 and '2,5' in row 3", "1.1250 is 1.125",
        name="invoices.xlsx",
    ),
    "an-error-in-a-cell": refused(
        xlsx([HEADER, ONE, TWO], errors),
        "invoices.xlsx sheet 'Data' row 2, column amount: found #REF!, expected a value: the formula of this cell",
        name="invoices.xlsx",
    ),
    "not-available": workbook(
        xlsx([HEADER, ONE, [*TWO[:4], None]], lambda sheet: (errors(sheet), sheet.__setitem__("D2", ONE[3]))),
        note="1 cell with #N/A taken as empty",
    ),
    "a-hidden-sheet-before": workbook(
        xlsx([["x"], ["y"]], lambda sheet: setattr(sheet, "sheet_state", "hidden"), Invoices=[HEADER, ONE, TWO]),
        note="hidden sheet 'Data' not read",
    ),
    "a-sheet-beside": workbook(xlsx([HEADER, ONE, TWO], More=[["x"]]), note="sheet 'More' not read; sheet = \"*\""),
    "every-sheet": workbook(
        xlsx([HEADER, ONE], June=[HEADER, TWO], Empty=[]),
        toml='[tables.invoices]\nsheet = "*"\n',
        note="'Empty': empty",
    ),
    "a-sheet-that-is-named-twice": workbook(
        xlsx([HEADER, ONE, TWO]), toml='[tables.invoices]\nsheet = ["Data", "Data"]\n'
    ),
    "a-sheet-that-there-is-not": refused(
        BOOK, "found no sheet 'Dat', expected one of 'Data'. Did you mean 'Data'?", name="invoices.xlsx",
        toml='[tables.invoices]\nsheet = "Dat"\n',
    ),
    "an-empty-workbook": refused(xlsx([]), "sheet 'Data': found an empty sheet", name="invoices.xlsx"),
    "an-ods": workbook(ods([*TITLES[:2], HEADER, ONE, TWO]), name="invoices.ods", note="the header is row 3"),
    "an-xls": workbook(
        (Path(__file__).parent / "reading" / "bang_ke.xls").read_bytes(), name="invoices.xls",
        rows=[("I1", "C1", 1500000.0), ("I2", "C1", 2500000.5)], aside=[(7, TOTAL), (9, BELOW)],
        note="hidden sheet 'ẩn'",
    ),
    "an-xlsx-called-xls": workbook(BOOK, name="invoices.xls"),
    "an-xlsx-called-csv": workbook(BOOK, name="invoices.csv", note="a workbook by its content"),
    "a-csv-called-xls": workbook(
        csv(HEADER, ONE, TWO, by="\t").encode(), name="invoices.xls", note="a CSV file by its content"
    ),
    "a-web-page-called-xls": workbook(html([HEADER, ONE, TWO]), name="invoices.xls", note="a web page (HTML)"),
    "a-web-page-called-xlsx": workbook(html([["menu"]]) + html([HEADER, ONE, TWO]), note="its largest table is read"),
    "a-web-page-called-csv": workbook(
        html([HEADER, ONE, TWO], "<style>td {color: red}</style>"), name="invoices.csv", note="a web page (HTML)"
    ),
    "a-web-page-without-a-table": refused(
        "<!DOCTYPE html><html><body>Please log in</body></html>", "found a web page (HTML) without a table",
        "open it in Excel and save it as .xlsx", name="invoices.xls",
    ),
    "a-web-page-with-cells-that-reach": workbook(
        b"<table><tr><th>invoice_id<th>client_id<th>issued_on<th>amount<th>currency"
        b"<tr><td>I1<td rowspan=2>C1<td>2026-05-04<td>1500000<td>VND"
        b"<tr><td>I2<td>2026-05-05<td>2500000.5<td>VND</table>",
        name="invoices.xls", rows=[("I1", "C1", 1500000.0), ("I2", "C1", 2500000.5)],
    ),
    "a-workbook-of-2003-in-xml": refused(
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        "found a workbook of Excel 2003 in XML, expected open it in Excel", name="invoices.xls",
    ),
    "a-workbook-with-a-password": refused(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(500),
        "found a workbook with a password, expected one saved without", name="invoices.xlsx",
    ),
    "a-workbook-cut-off": refused(BOOK[: len(BOOK) // 2], "no workbook, or is damaged", name="invoices.xlsx"),
    "an-old-workbook-of-noise": refused(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"noise" * 300, "no workbook, or is damaged", name="invoices.xls"
    ),
    "a-zip-of-something-else": refused(
        zipped({"letter.txt": b"hello"}), "no workbook, or is damaged", name="invoices.xlsx"
    ),
    "no-workbook": refused("hello", "found a file that is no workbook, nor a table as text", name="invoices.xlsx"),
    "an-empty-workbook-file": refused("", "found an empty file, expected a workbook", name="invoices.xlsx"),
    "a-bomb": refused(
        in_zip(BOOK, "xl/worksheets/sheet1.xml", lambda _: HUGE), "bytes that unpack to", "export it again",
        name="invoices.xlsx",
    ),
    "a-cell-in-the-last-corner": refused(
        xlsx([HEADER, ONE], lambda sheet: sheet.__setitem__("XFD1048576", 1)),
        "found 1,048,576 rows and 16,384 columns up to the last filled cell",
        "delete the empty rows", name="invoices.xlsx",
    ),
    "a-parquet-that-is-none": refused("PAR1", "found a file that is no Parquet", name="invoices.parquet"),
}  # fmt: skip

SEVERAL = {
    "a-pattern": Ugly(
        {"hoa_don_2026-05.csv": csv(HEADER, ONE), "hoa_don_2026-06.csv": csv(HEADER, TWO)},
        toml=FILE.format("hoa_don_2026-*.csv"),
    ),
    "folders-of-months": Ugly(
        {"2026-05/hoa_don.csv": csv(HEADER, ONE), "2026-06/hoa_don.xlsx": xlsx([HEADER, TWO])},
        toml=FILE.format("2026-*/hoa_don.*"),
    ),
    "numbers-as-people-write-them-in-two-files": Ugly(
        {
            "a.csv": csv(HEADER, [*ONE[:3], "1.500.000", "VND"]),
            "b.csv": csv(HEADER, [*TWO[:3], '"2.500.000,50"', "VND"]),
        },
        toml=FILE.format("[ab].csv"), note="1.234,5",
    ),
    "a-list": Ugly(
        {"may.csv": csv(HEADER, ONE), "june.csv": csv(HEADER, TWO)},
        toml='[tables.invoices]\nfile = ["may.csv", "june.csv"]\n',
    ),
    "the-same-row-in-two-files": Ugly(
        {"a.csv": csv(HEADER, ONE), "b.csv": csv(HEADER, ONE, TWO)}, toml=FILE.format("[ab].csv"), aside=[(2, AGAIN)]
    ),
    "the-same-file-twice": Ugly(
        {"a.csv": PLAIN, "a (1).csv": PLAIN}, toml=FILE.format("a*.csv"), aside=[(2, AGAIN), (3, AGAIN)]
    ),
    "the-same-row-twice-in-one-file": Ugly(
        {"a.csv": csv(HEADER, ONE, ONE), "b.csv": csv(HEADER, TWO)}, toml=FILE.format("[ab].csv"),
        error=["a.csv row 3, column invoice_id: found 'I1' again (first in row 2), expected each only once"],
    ),
    "another-row-of-the-same-id": Ugly(
        {"a.csv": csv(HEADER, ONE), "b.csv": csv(HEADER, [*ONE[:3], 7, "VND"])}, toml=FILE.format("[ab].csv"),
        error=["b.csv row 2, column invoice_id: found 'I1' again (first in a.csv row 2)"],
    ),
    "a-column-that-one-file-lacks": Ugly(
        {"a.csv": csv(HEADER, ONE), "b.csv": csv(HEADER[:4], TWO[:4])}, toml=FILE.format("[ab].csv"),
        note="b.csv: no column 'currency', which others have",
    ),
    "ids-that-are-text-in-one-workbook": Ugly(
        {"a.xlsx": xlsx([HEADER, [1, *ONE[1:]]]), "b.xlsx": xlsx([HEADER, ["A2", *TWO[1:]]])},
        toml=FILE.format("[ab].xlsx"), rows=[("1", "C1", 1500000.0), ("A2", "C2", 2500000.5)],
    ),
    "a-pattern-that-hits-nothing": Ugly(
        {"a.csv": PLAIN}, toml=FILE.format("b*.csv"), error=["b*.csv: found no such file, expected files in", "a.csv"]
    ),
    "lock-files-of-excel": Ugly(
        {"a.csv": PLAIN, "~$a.csv": b"\x00lock"}, toml=FILE.format("*a.csv")
    ),
    "a-file-out-of-the-folder": Ugly(
        {"../outside.csv": PLAIN}, toml=FILE.format("../outside.csv"),
        error=["found a file that leads out of the data folder"],
    ),
}  # fmt: skip

CASES = {**ENCODINGS, **DELIMITED, **WORKBOOKS, **SEVERAL}


def written(folder: Path, case: Ugly) -> Path:
    book = folder / "book"
    book.mkdir()
    (book / "book.toml").write_text('name = "A"\ncurrency = "VND"\n' + case.toml, encoding="utf-8")
    (book / "clients.csv").write_text("client_id,name,since\nC1,Phở Hòa,2025-01-01\nC2,Trà Đá,2025-06-15\n", "utf-8")
    for name, content in case.files.items():
        if name.startswith("clients."):
            (book / "clients.csv").unlink()
        (book / name).parent.mkdir(exist_ok=True)
        (book / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return book


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_ugly_file(tmp_path, case):
    folder = written(tmp_path, case)
    if case.error:
        with pytest.raises(BookError) as error:
            open_book(folder)
        text = "\n".join(map(str, error.value.problems))
        assert all(words in text for words in case.error), text
        assert len({(problem.file, problem.row, problem.sheet) for problem in error.value.problems}) == 1
        return
    book = open_book(folder)
    found = book.invoices[["invoice_id", "client_id", "amount"]].itertuples(index=False, name=None)
    assert list(found) == list(case.rows)
    assert list(book.set_aside[["row", "reason"]].itertuples(index=False, name=None)) == list(case.aside)
    assert case.note in "\n".join(book.notes)
    if case.names:
        assert book.clients["name"].tolist() == list(case.names)


def test_there_are_enough_of_them():
    assert len(CASES) >= 60


def test_the_same_row_is_told_with_both_places(tmp_path):
    book = open_book(written(tmp_path, CASES["the-same-row-in-two-files"]))
    (row,) = book.set_aside.to_dict("records")
    assert (row["file"], row["row"]) == ("b.csv", 2)
    assert row["values"].startswith("as a.csv row 2; invoice_id=I1, client_id=C1")


def test_a_link_that_leads_out_of_the_folder(tmp_path):
    folder = written(tmp_path, Ugly({}))
    (tmp_path / "secret.csv").write_text(PLAIN)
    (folder / "invoices.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(
        BookError, match=r"invoices.csv: found a file that leads out of the data folder, expected one in"
    ):
        open_book(folder)
    (folder / "invoices.csv").unlink()
    (folder / "2026-05").symlink_to(tmp_path)
    (folder / "book.toml").write_text('name = "A"\ncurrency = "VND"\n' + FILE.format("2026-*/secret.csv"))
    with pytest.raises(BookError, match=r"2026-05/secret.csv: found a file that leads out of the data folder"):
        open_book(folder)


@pytest.fixture
def database(tmp_path):
    """A book whose invoices are a table of a DuckDB file, which has a view of a file as well."""
    folder = written(tmp_path, Ugly({"secret.csv": PLAIN}))
    with duckdb.connect(folder / "agency.duckdb") as connection:
        connection.execute(
            "create table invoices (invoice_id int, client_id text, issued_on date, amount decimal(18,2))"
        )
        connection.execute(
            "insert into invoices values (1, 'C1', '2026-05-04', 1500000), (2, 'C2', '2026-05-05', 2500000.5)"
        )
        connection.execute(f"create view stolen as select * from read_csv('{folder / 'secret.csv'}')")
    return folder


def asking(folder: Path, sheet: str) -> Path:
    toml = 'name = "A"\ncurrency = "VND"\n' + FILE.format("agency.duckdb") + sheet
    (folder / "book.toml").write_text(toml)
    return folder


def test_a_table_of_a_duckdb_file(database):
    for sheet in ('sheet = "main.invoices"', 'sheet = "invoices"'):
        book = open_book(asking(database, sheet))
        assert book.invoices["invoice_id"].tolist() == ["1", "2"]
        assert book.invoices["amount"].tolist() == [1500000.0, 2500000.5]
        assert book.invoices["issued_on"].tolist() == [dt.datetime(2026, 5, 4), dt.datetime(2026, 5, 5)]


def test_several_tables_of_a_duckdb_file(database):
    with duckdb.connect(database / "agency.duckdb") as connection:
        connection.execute("create schema old")
        connection.execute("create table old.invoices as select 3 invoice_id, 'C1' client_id, issued_on, 7 amount "
                           "from invoices limit 1")  # fmt: skip
    book = open_book(asking(database, 'sheet = ["invoices", "old.invoices"]'))
    assert book.invoices["invoice_id"].tolist() == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        ("", r'found 2 tables, expected sheet = "…" with one of main.invoices, main.stolen'),
        ('sheet = "main.invoice"', r"found no table 'main.invoice', .* Did you mean 'main.invoices'\?"),
        ('sheet = "main.stolen"', r"found a DuckDB file that cannot be read \(Permission Error"),
    ],
)
def test_a_duckdb_file_gives_nothing_else(database, sheet, expected):
    with pytest.raises(BookError, match=expected):
        open_book(asking(database, sheet))


def test_a_duckdb_file_that_is_none(database):
    (database / "agency.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(BookError, match=r"agency.duckdb: found a DuckDB file that cannot be read"):
        open_book(asking(database, 'sheet = "main.invoices"'))

"""Files made by hand: workbooks, OpenDocument sheets, ZIP archives, web pages."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

Rows = Sequence[Sequence[object]]


def xlsx(rows: Rows, change: Callable[[Worksheet], object] | None = None, **more: Rows) -> bytes:
    """A workbook with the sheet `Data` and others; `change` has a last word on the first."""
    book = Workbook()
    book.active.title = "Data"
    for name, sheet in {"Data": rows, **more}.items():
        page = book[name] if name in book.sheetnames else book.create_sheet(name)
        for row in sheet:
            page.append(list(row))
    if change:
        change(book["Data"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def in_zip(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one part of its archive changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        return zipped({name: change(old.read(name)) if name == part else old.read(name) for name in old.namelist()})


def zipped(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def ods(rows: Rows, sheet: str = "Data") -> bytes:
    """An OpenDocument spreadsheet; numbers are numbers, all else is text."""

    def cell(value: object) -> str:
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, int | float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        return f'<table:table-cell office:value-type="string"><text:p>{escape(str(value))}</text:p></table:table-cell>'

    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="{escape(sheet)}">{lines}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    return zipped(
        {"mimetype": kind.encode(), "META-INF/manifest.xml": manifest.encode(), "content.xml": content.encode()}
    )


def html(rows: Rows, head: str = "") -> bytes:
    lines = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><head>{head}</head><body><table border=1>{lines}</table></body></html>".encode()

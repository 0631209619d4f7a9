"""What a workbook's ZIP archive would unpack to, looked at before anything reads it."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

from amlib.book.reading.place import Place

LARGEST = 2 * 1024**3
"""Bytes that a workbook may unpack to: a sheet of a million full rows has less."""
DENSE, SMALL = 250, 50 * 1024**2
"""No workbook of more than `SMALL` bytes packs to less than a `DENSE`th."""
CELLS = 50_000_000
"""Cells from the first to the last one that is filled: all of them take memory, filled or not."""

_BLOCK = 4 * 1024**2
_BROKEN = (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, struct.error, zlib.error)
_ROW = re.compile(rb'<row\b[^>]*?\br="(\d+)"')
_FAR = re.compile(rb'<c\b(?=[^>]*[^/]>)[^>]*?\br="([A-Z]{2,3})\d+"')
_ERROR = re.compile(
    rb'<c\b(?=[^>]*\bt="e")(?=[^>]*[^/]>)[^>]*?\br="([A-Z]{1,3})(\d+)"[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>', re.DOTALL
)
_ODS = "content.xml"
_ODS_ROW = re.compile(rb"<table:table-row\b([^>]*)>(.*?)</table:table-row>", re.DOTALL)
_ODS_FILLED = re.compile(rb"<table:table-cell\b(?=[^>]*(?:\boffice:value|[^/]>))[^>]*>")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class Archive:
    """The archive of a workbook. Raises `Unreadable` where it is none, is encrypted, or unpacks to too much."""

    def __init__(self, data: bytes, here: Place) -> None:
        self.here = here
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN as error:
            raise self._damaged(str(error)) from None
        entries = self._zip.infolist()
        if any(entry.flag_bits & 1 for entry in entries):
            raise here.unreadable("a workbook with a password", "one saved without")
        whole, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
        if whole > LARGEST or (whole > SMALL and whole > DENSE * packed):
            raise self._too_large(f"{len(data):,} bytes that unpack to {whole:,}")

    def _damaged(self, why: str) -> Exception:
        return self.here.unreadable(f"a file that is no workbook, or is damaged ({why})", "a workbook saved again")

    def _too_large(self, found: str) -> Exception:
        return self.here.unreadable(found, "a workbook of ordinary size; export it again, in parts or as CSV")

    def errors(self, sheet: str) -> Mapping[tuple[int, int], str]:
        """Where cells of a sheet hold errors, such as (4, 1) -> '#REF!'. Raises `Unreadable` for a sheet too large.

        The reader of workbooks gives such cells as empty ones, and makes room for all cells up to the last.
        """
        try:
            if _ODS in self._zip.namelist():
                self._count_repeated()
            part = self._parts().get(sheet)
            return self._looked_through(part) if part else {}
        except (*_BROKEN, ElementTree.ParseError) as error:
            raise self._damaged(str(error)) from None

    def _parts(self) -> dict[str, str]:
        """Sheet name -> its part of the archive, where it is an XLSX."""
        names = set(self._zip.namelist())
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
            return {}
        links = ElementTree.fromstring(self._zip.read("xl/_rels/workbook.xml.rels"))
        targets = {link.get("Id"): (link.get("Target") or "").lstrip("/") for link in links}
        sheets = ElementTree.fromstring(self._zip.read("xl/workbook.xml")).iter(f"{_MAIN}sheet")
        found = {sheet.get("name", ""): targets.get(sheet.get(_ID), "") for sheet in sheets}
        found = {name: part if part in names else f"xl/{part}" for name, part in found.items()}
        return {name: part for name, part in found.items() if part in names}

    def _looked_through(self, part: str) -> dict[tuple[int, int], str]:
        errors, rows, columns = {}, 1, 26
        for block in self._blocks(part, b"</row>"):
            rows = max([rows, *(int(row) for row in _ROW.findall(block))])
            columns = max([columns, *map(_column, set(_FAR.findall(block)))])
            if rows * columns > CELLS:
                raise self.here.unreadable(
                    f"{rows:,} rows and {columns:,} columns up to the last filled cell",
                    "a table without cells far from it: delete the empty rows below and the columns right of it",
                )
            if b't="e"' in block:
                found = _ERROR.findall(block)
                errors |= {(int(row) - 1, _column(letters) - 1): error.decode() for letters, row, error in found}
        return errors

    def _count_repeated(self) -> None:
        """Refuse an ODS whose cells, each written once with how often it is there, are too many."""
        cells = 0
        for block in self._blocks(_ODS, b"</table:table-row>"):
            for row in _ODS_ROW.finditer(block):
                times, filled = _times(row[1], b"rows"), _ODS_FILLED.finditer(row[2])
                cells += times * sum(_times(cell[0], b"columns") for cell in filled)
            if cells > CELLS:
                raise self._too_large(f"a sheet of {cells:,} cells and more")

    def _blocks(self, part: str, end: bytes) -> Iterator[bytes]:
        """The content of an entry, cut between rows, which have this `end`; never more than it says that it has."""
        entry = self._zip.getinfo(part)
        left, rest = entry.file_size, b""
        # What an entry says of its size may be a lie: without that number zipfile unpacks to the true end.
        entry.file_size = 1 << 62
        with self._zip.open(entry) as file:
            while block := file.read(_BLOCK):
                left -= len(block)
                if left < 0:
                    raise self._too_large("an archive that unpacks to more than it says")
                rest += block
                if (cut := rest.rfind(end)) >= 0:
                    yield rest[: cut + len(end)]
                    rest = rest[cut + len(end) :]
        yield rest


def _times(element: bytes, what: bytes) -> int:
    """How often a row or a cell of an ODS is there."""
    found = re.search(rb'number-%s-repeated="(\d{1,9})"' % what, element)
    return int(found[1]) if found else 1


def _column(letters: bytes) -> int:
    """A, Z, AA -> 1, 26, 27."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number

"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS) by python-calamine, sheet by sheet."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from amlib.book.problem import near
from amlib.book.reading import grid
from amlib.book.reading.archives import Archive
from amlib.book.reading.legacy import LEGACY
from amlib.book.reading.place import Place
from amlib.book.reading.stacking import Read

EVERY = "*"
_STDERR = 2
_PANIC = "PanicException"
"""What Python gets when the Rust beneath panics, as on some damaged files: no Exception, and printed before."""

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_workbook(data: bytes) -> bool:
    """Whether a file begins as a ZIP archive or an old binary workbook does."""
    return data.startswith((_ZIP, b"PK\x05\x06", _OLE))


def read(
    data: bytes,
    here: Place,
    sheets: Sequence[str],
    header: int | None,
    encoding: str,
    ids: Container[str],
    *,
    told: bool,
) -> list[Read]:
    """The rows of each sheet asked for: the first that is shown, unless `sheets` names others. Raises `Unreadable`."""
    workbook, archive = _opened(data, here)
    chosen, notes = _chosen(workbook, here, sheets)
    found = []
    for name in chosen:
        at = replace(here, sheet=name)
        errors = archive.errors(name) if archive else {}
        with _told(at):
            sheet = workbook.get_sheet_by_name(name)
            cells, merged = sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges or ()
        if not cells and sheets == (EVERY,):
            notes.append(f"{at.name}: empty")
            continue
        if convert := LEGACY.get(encoding):
            cells = [[convert(cell) if isinstance(cell, str) else cell for cell in row] for row in cells]
        found.append(grid.table(cells, at, header, ids, told=told, merged=merged, errors=errors))
    if not found:
        raise here.unreadable("no sheet with anything in it", "a header row and rows below it")
    found[0] = replace(found[0], notes=[*notes, *found[0].notes])
    return found


def names(data: bytes, here: Place) -> list[str]:
    """The sheets of a workbook that are shown. Raises `Unreadable`."""
    return list(_chosen(_opened(data, here)[0], here, (EVERY,))[0])


def _opened(data: bytes, here: Place) -> tuple[CalamineWorkbook, Archive | None]:
    if data.startswith(_OLE) and "EncryptedPackage".encode("utf-16-le") in data:
        raise here.unreadable("a workbook with a password", "one saved without: File, Info, Protect Workbook in Excel")
    archive = None if data.startswith(_OLE) else Archive(data, here)
    with _told(here):
        return CalamineWorkbook.from_object(io.BytesIO(data)), archive


@contextmanager
def _told(here: Place) -> Iterator[None]:
    """Raises `Unreadable` for whatever calamine finds wrong; what its panics print is left out."""
    with tempfile.TemporaryFile() as printed:
        try:
            usual = os.dup(_STDERR)
        except OSError:  # a process without any
            usual = None
        else:
            os.dup2(printed.fileno(), _STDERR)
        try:
            yield
        except BaseException as error:
            if type(error).__name__ == _PANIC:
                printed.truncate(0)
            raise _unreadable(error, here) from None
        finally:
            if usual is not None:
                os.dup2(usual, _STDERR)
                os.close(usual)
                # Another thread may have had something to say.
                printed.seek(0)
                os.write(_STDERR, printed.read())


def _unreadable(error: BaseException, here: Place) -> BaseException:
    if not isinstance(error, CalamineError | OSError) and type(error).__name__ != _PANIC:
        return error
    if isinstance(error, PasswordError):
        return here.unreadable("a workbook with a password", "one saved without")
    return here.unreadable(f"a file that is no workbook, or is damaged ({error})", "a workbook saved again")


def _chosen(workbook: CalamineWorkbook, here: Place, asked: Sequence[str]) -> tuple[Sequence[str], list[str]]:
    there = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    shown = [s.name for s in workbook.sheets_metadata if s.name in there and s.visible == SheetVisibleEnum.Visible]
    if asked and tuple(asked) != (EVERY,):
        for name in asked:
            if name not in there:
                expected = f"one of {', '.join(map(repr, there))}{near(name, there)}"
                raise here.unreadable(f"no sheet {name!r}", expected)
        return list(dict.fromkeys(asked)), []
    chosen = shown if asked else shown[:1]
    if not chosen:
        raise here.unreadable("no sheet that is shown", 'sheet = "…" with the name of a hidden one')
    hidden = [name for name in there if name not in shown]
    notes = []
    if more := [name for name in shown if name not in chosen]:
        notes.append(f'{here.name}: sheet {", ".join(map(repr, more))} not read; sheet = "*" reads all')
    if hidden:
        notes.append(f"{here.name}: hidden sheet {', '.join(map(repr, hidden))} not read")
    return chosen, notes

"""Letters that were spoilt before the file came: repaired where that is certain, and told where it is not."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amlib.book.reading import vietnamese
from amlib.book.reading.encodings import MOJIBAKE, repaired
from amlib.book.reading.legacy import LEGACY
from amlib.book.reading.place import PLACE, Place
from amlib.book.reading.stacking import Read

_SAMPLE = 2_000
_LOST = "\ufffd"
_MAY_BE = re.compile(MOJIBAKE)
_SPOILT = re.compile("Ã[\x80-\xbf]|á[º»]|Ä[\x80-\xbf‘]|Æ[°¡]")


def mended(read: Read, here: Place) -> Read:
    """The rows with UTF-8 that was read as cp1252 (`HÃ³a Ä‘Æ¡n`) made UTF-8 again.

    Raises `Unreadable` for letters of fonts from before Unicode.
    """
    rows, notes = read.rows, []
    names = {name: better for name in rows if name not in PLACE and (better := _repaired(name))}
    names = {name: better for name, better in names.items() if better not in rows}
    changed, cells, left, lost = {}, 0, 0, 0
    foreign = _foreign(rows)
    for name, texts in foreign.items():
        better = {text: good for text in texts if (good := _repaired(text))}
        left += sum(bool(_SPOILT.search(text)) for text in texts if text not in better)
        if spoilt := [text for text in texts if _LOST in text]:
            lost += int(rows[name].isin(spoilt).sum())
        if better:
            cells += int(rows[name].isin(list(better)).sum())
            changed[name] = rows[name].map(lambda text, better=better: better.get(text, text)).astype("str")
    if names or cells:
        what = " and ".join([f"{len(names)} column names"] * bool(names) + [f"{cells} cells"] * bool(cells))
        notes.append(f"{here.name}: {what} repaired, which were UTF-8 read as something else")
    if left:
        notes.append(f"{here.name}: {left} texts look like UTF-8 read as something else, and cannot be repaired")
    rows = rows.assign(**changed).rename(columns=names)
    if lost:
        notes.append(
            f"{here.name}: {lost} cells with {_LOST}: letters lost before the file was written; export it again"
        )
    _refuse_legacy([*rows.columns, *(text for texts in foreign.values() for text in texts[:_SAMPLE])], here)
    return Read(rows, read.problems, read.asides, [*read.notes, *notes])


def _foreign(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Column -> the different texts in it that have letters beyond ASCII, where there are any."""
    found = {}
    for name, column in rows.items():
        if column.dtype == "str" and name not in PLACE:
            text = pa.array(column, pa.large_string(), from_pandas=True)
            beyond = text.filter(pc.invert(pc.string_is_ascii(text)))
            if len(beyond):
                found[name] = pc.unique(beyond).to_pylist()
    return found


def _repaired(text: str) -> str | None:
    return repaired(text) if _MAY_BE.search(text) else None


def _refuse_legacy(texts: Iterable[str], here: Place) -> None:
    sample = [text for text in texts if not text.isascii()]
    text = "\n".join(sample)
    found, right = vietnamese.words(text)
    if not sample or right > 0.5 * found:
        return
    for name, unicode_of in LEGACY.items():
        if vietnamese.likely(unicode_of(text), least=3):
            raise here.unreadable(
                f"letters of the font {name.upper()}, from before Unicode",
                f'Unicode; write encoding = "{name}" beside file = … in book.toml, which converts them '
                "(capitals of a capital font come out small)",
            )

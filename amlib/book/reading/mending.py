"""Letters that were spoilt before the file came: repaired where that is certain, and told where it is not."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
_SPOILT = re.compile("Ã[\x80-\xbf]|á[º»]|Ä[\x80-\xbf‘]|Æ[°¡]")


def mended(read: Read, here: Place) -> Read:
    """The rows with UTF-8 that was read as cp1252 (`HÃ³a Ä‘Æ¡n`) made UTF-8 again.

    Raises `Unreadable` for letters of fonts from before Unicode.
    """
    rows, notes = read.rows, []
    names = {name: better for name in rows if name not in PLACE and (better := _repaired(name))}
    names = {name: better for name, better in names.items() if better not in rows}
    changed, cells, left = {}, 0, 0
    for name, column in _texts(rows, MOJIBAKE):
        texts = {text: _repaired(text) for text in column.unique()}
        better = column.map(texts).dropna()
        cells += len(better)
        left += sum(good is None and bool(_SPOILT.search(text)) for text, good in texts.items())
        changed[name] = rows[name].where(~rows.index.isin(better.index), better.reindex(rows.index)).astype("str")
    if names or cells:
        what = " and ".join([f"{len(names)} column names"] * bool(names) + [f"{cells} cells"] * bool(cells))
        notes.append(f"{here.name}: {what} repaired, which were UTF-8 read as something else")
    if left:
        notes.append(f"{here.name}: {left} texts look like UTF-8 read as something else, and cannot be repaired")
    rows = rows.assign(**changed).rename(columns=names)
    if lost := sum(len(column) for _, column in _texts(rows, _LOST)):
        notes.append(
            f"{here.name}: {lost} cells with {_LOST}: letters lost before the file was written; export it again"
        )
    _refuse_legacy(rows, here)
    return Read(rows, read.problems, read.asides, [*read.notes, *notes])


def _texts(rows: pd.DataFrame, pattern: str) -> Iterator[tuple[str, pd.Series]]:
    """The text columns and their cells in which `pattern` is found, where it is in any."""
    for name, column in rows.items():
        if column.dtype == "str" and name not in PLACE:
            hits = pc.match_substring_regex(pa.array(column, pa.large_string(), from_pandas=True), pattern)
            if pc.any(hits).as_py():
                yield name, column[pc.fill_null(hits, False).to_numpy(zero_copy_only=False)]


def _repaired(text: str) -> str | None:
    return None if text.isascii() else repaired(text)


def _refuse_legacy(rows: pd.DataFrame, here: Place) -> None:
    sample = [name for name in rows if name not in PLACE and not name.isascii()]
    for _, column in _texts(rows, r"[^\x00-\x7F]"):
        sample += column.head(_SAMPLE).tolist()
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

"""CSV: delimiter, header and odd rows are found on a first look; pyarrow reads the rest, as text."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from amlib.book.problem import Problem
from amlib.book.reading import headers
from amlib.book.reading.encodings import Undecodable, decode
from amlib.book.reading.leftovers import TOTAL, listed, reasons
from amlib.book.reading.place import PLACE, WIDEST, Place
from amlib.book.reading.stacking import Read

LOOKED_AT = 1_000_000
"""So many characters are looked at to find delimiter and header."""
_TOLD = 5
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_FILLED = re.compile(r"[^\s,;|\"]")
_SEP = re.compile(r'"?sep=(.)"?[,;\t]*(\r\n|\r|\n)', re.IGNORECASE)


class Record(NamedTuple):
    """A row as it stands in the text: where the line after it begins, and its cells."""

    end: int
    cells: list[str]


def text_of(data: bytes, here: Place, encoding: str) -> tuple[str, list[str]]:
    """The text of a file and a note where it is not in UTF-8. Raises `Unreadable`."""
    if not data.strip(b"\r\n \t\xef\xbb\xbf"):
        raise here.unreadable("an empty file", "a header row and rows below it")
    try:
        text, found = decode(data, encoding)
    except Undecodable as error:
        row = max(data.count(end, 0, error.at) for end in (b"\n", b"\r")) + 1
        raise here.unreadable(error.found, error.expected, row) from None
    if (at := text.find("\0")) >= 0:
        row = max(text.count(end, 0, at) for end in "\n\r") + 1
        raise here.unreadable("a NUL byte, which no text has", "a CSV file; export it again", row)
    return text, [] if found == "utf-8" or encoding else [f"{here.name}: read as {found}"]


def read(data: bytes, here: Place, header: int | None, encoding: str, ids: Container[str], *, told: bool) -> Read:
    """The rows of a CSV file. Raises `Unreadable`."""
    text, notes = text_of(data, here, encoding)
    skipped, sep = (len(said[0]), said[1]) if (said := _SEP.match(text)) else (0, "")
    begin = len(text) - len(text[skipped:].lstrip("\r\n"))
    above = len(_LINE.findall(text, 0, begin)) - 1 if begin else 0
    _not_too_wide(text, begin, above + 1, here)
    records, delimiter = _looked_at(text, begin, sep)
    if not _FILLED.search(text, begin):
        raise here.unreadable("no cell with anything in it", "a header row and rows below it")
    # What a spreadsheet counts are records: blank lines above the header are some, too.
    found = headers.find([[]] * above + [record.cells for record in records], here, header, told=told)
    names, first = found.names, found.last + 1
    last = records[found.last - above]
    width = _width(names, records[first - above :])
    names = [*names, *(f"column {number}" for number in range(len(names) + 1, width + 1))]
    frame, ragged = _parsed(text[last.end :], names, delimiter, first + 1, here)
    notes += [found.note] if found.note else []
    # Only a quote lets a row run over lines.
    notes += _running_on(frame, ragged, len(names), delimiter, here) if '"' in text else []
    return replace(_kept(frame, ragged, names, delimiter, here, ids, told=told), notes=notes)


def _not_too_wide(text: str, begin: int, row: int, here: Place) -> None:
    line = _LINE.match(text, begin)
    wide = max(text.count(delimiter, begin, line.end()) for delimiter in ",;\t|") + 1
    if wide > WIDEST:
        raise here.unreadable(f"{wide:,} columns", f"a table of at most {WIDEST:,}", row)


def _looked_at(text: str, begin: int, sep: str) -> tuple[list[Record], str]:
    """The first records and the delimiter: the one that most of them agree on, and the first such one most often."""
    best, fit = ([], ","), (-1.0, 0)
    for delimiter in sep or ",;\t|":
        records = list(_records(text, begin, delimiter))
        widths = [len(record.cells) for record in records if any(record.cells)]
        most, agree = Counter(widths).most_common(1)[0] if widths else (0, 0)
        here = (agree / len(widths) if most > 1 else 0.0, widths[0] if widths else 0)
        if here > fit:
            best, fit = (records, delimiter), here
    return best


def _records(text: str, begin: int, delimiter: str) -> Iterator[Record]:
    at, stop = begin, min(len(text), begin + LOOKED_AT)

    def lines() -> Iterator[str]:
        nonlocal at
        while at < stop:
            line = _LINE.match(text, at)
            at = line.end()
            yield line[0]

    rows = csv.reader(lines(), delimiter=delimiter)
    try:
        for number, cells in enumerate(rows):
            yield Record(at, cells)
            if number >= 2 * headers.SEEN:
                return
    except csv.Error:  # a cell larger than a look takes in: pyarrow reads it
        return


def _width(names: list[str], below: list[Record]) -> int:
    """As many columns as all rows have that were looked at, where those beyond the header's are all empty."""
    widths = {len(record.cells) for record in below if any(record.cells)}
    beyond = any(any(record.cells[len(names) :]) for record in below)
    return max(len(names), min(widths)) if widths and not beyond else len(names)


def _parsed(
    text: str, names: list[str], delimiter: str, row: int, here: Place
) -> tuple[pd.DataFrame, list[tuple[int, str]]]:
    """All rows, of which the first is `row`, and number and text of those with more or fewer cells."""
    ragged: list[tuple[int, str]] = []

    def skip(found: pa.csv.InvalidRow) -> str:
        ragged.append((row + found.number - 1, found.text))
        return "skip"

    data = text.encode() if text.endswith(("\n", "\r")) else text.encode() + b"\n"
    del text
    if data == b"\n":
        return here.frame({name: pd.Series([], dtype="str") for name in names}, np.array([], "int64")), []
    try:
        arrow = pa.csv.read_csv(
            pa.BufferReader(data),
            # One block and one thread: only then does pyarrow know the number of a ragged row.
            pa.csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
            pa.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip
            ),
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid as error:
        raise here.unreadable(str(error), "a CSV file") from None
    rows = np.arange(len(arrow) + len(ragged)) + row
    rows = rows[~np.isin(rows, [number for number, _ in ragged])]
    columns = {name: pd.Series(arrow[name], dtype="str") for name in names}
    return here.frame(columns, rows), ragged


def _running_on(
    frame: pd.DataFrame, ragged: list[tuple[int, str]], width: int, delimiter: str, here: Place
) -> list[str]:
    """Notes on cells whose line ends have a whole row's delimiters between them.

    A quote that begins a cell and is closed rows below makes one cell of them. Raises `Unreadable` where such a row is
    ragged: nobody knows then how many rows it is.
    """
    for row, text in ragged:
        lines = text.splitlines()[1:]
        if width > 1 and any(line.count(delimiter) >= width - 1 for line in lines):
            raise here.unreadable(
                f"a row that runs over {len(lines) + 1} lines", "one on a line of its own: is a quote not closed?", row
            )
    notes = []
    for name in frame.columns.difference(list(PLACE), sort=False) if width > 2 else ():
        cells = pa.array(frame[name], pa.large_string(), from_pandas=True)
        if not any(pc.any(pc.match_substring(cells, end)).as_py() for end in "\n\r"):
            continue
        ends, marks = pc.count_substring_regex(cells, "\r\n|\r|\n"), pc.count_substring(cells, delimiter)
        hits = pc.and_(pc.greater(ends, 0), pc.equal(marks, pc.multiply(ends, width - 1)))
        for at in np.flatnonzero(pc.fill_null(hits, False).to_numpy(zero_copy_only=False)):
            place = f"{here.name} row {frame['_row'].iat[at]}"
            lines = ends[int(at)].as_py() + 1
            notes.append(f"{place}: column {name!r} runs over {lines} lines, as if a quote were not closed")
    more = [f"{here.name}: {len(notes) - _TOLD} more rows run over lines like that"] if len(notes) > _TOLD else []
    return notes[:_TOLD] + more


def _kept(
    frame: pd.DataFrame,
    ragged: list[tuple[int, str]],
    names: list[str],
    delimiter: str,
    here: Place,
    ids: Container[str],
    *,
    told: bool,
) -> Read:
    """The rows less totals and the like, which ragged rows may be as well; what else is ragged is a problem."""
    cut = {row: (cells, text) for row, text in ragged if any(map(headers.is_filled, cells := _cells(text, delimiter)))}
    beyond = {row: _beyond(cells, len(names)) for row, (cells, _) in cut.items() if any(cells[len(names) :])}
    odd = {row for row, (cells, _) in cut.items() if len(cells) < len(names)} | {*beyond}
    if cut:
        padded = [[*cells, *[""] * len(names)][: len(names)] for cells, _ in cut.values()]
        more = pd.DataFrame(padded, columns=names, dtype="str").replace("", None)
        more = more.assign(_file=here.file, _sheet=here.sheet, _row=list(cut))
        frame = pd.concat([frame, more]).sort_values("_row", kind="stable").reset_index(drop=True)
        frame = frame.astype(dict.fromkeys(frame.columns.difference(["_row"]), "str"))
        frame = frame[[*(n for n in frame if n not in PLACE), *PLACE]]
    cells = frame.drop(columns=list(PLACE))
    why = pd.Series(reasons(cells, ids), index=None, dtype="object").reindex(frame.index)
    # Behind a total stand nothing but figures, also where the header has no name for them.
    words = [row for row, more in beyond.items() if not all(map(headers.is_figure, more.values()))]
    why = why.mask((why == TOTAL) & frame["_row"].isin(words))
    aside = [
        _listed(listed(frame.loc[of], cells.loc[of] if told else cells.loc[of, []], reason), beyond if told else {})
        for reason, of in why.dropna().groupby(why.dropna()).groups.items()
    ]
    out = why.isna() & frame["_row"].isin(odd)
    problems = [_problem(*cut[row], row, len(names), delimiter, here, told=told) for row in frame.loc[out, "_row"]]
    return Read(frame[why.isna() & ~out].reset_index(drop=True), problems, aside)


def _beyond(cells: list[str], width: int) -> dict[str, str]:
    """The filled cells of a row for which the header has no column, by the names that reading gives to such."""
    return {f"column {n}": cell for n, cell in enumerate(cells[width:], start=width + 1) if headers.is_filled(cell)}


def _listed(aside: pd.DataFrame, beyond: Mapping[int, Mapping[str, str]]) -> pd.DataFrame:
    """The rows set aside with the cells beyond the header, too."""
    more = [[f"{name}={cell}" for name, cell in beyond.get(row, {}).items()] for row in aside["row"]]
    values = [", ".join([value] * bool(value) + cells) for value, cells in zip(aside["values"], more, strict=True)]
    return aside.assign(values=pd.Series(values, index=aside.index, dtype="str"))


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return [text]


def _problem(cells: list[str], text: str, row: int, width: int, delimiter: str, here: Place, *, told: bool) -> Problem:
    expected = f"{width}, as in the header (is there an unquoted {delimiter!r} or an open quote?)"
    found = f"{len(cells)} cell{'s' if len(cells) != 1 else ''}"
    return here.problem(found, expected, row, values=text.rstrip("\r\n") if told else "")

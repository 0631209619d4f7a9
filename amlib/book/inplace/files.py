"""The files of a table, found to be such that it can stay in them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from amlib import schema
from amlib.book import aliases
from amlib.book.inplace import sieve
from amlib.book.inplace.table import AT, File, InPlace, again
from amlib.book.origins import Origin
from amlib.book.reading import PLACE, from_arrow, shown
from amlib.book.settings import Settings

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

LARGE = 1_000_000
"""Rows from which on a table stays in its files where it can; one of fewer is held in memory."""

_MEMORY = "2GB"
_HEADER = 2
"""The row in which a file's first row is shown: below a header, as in a spreadsheet."""


@dataclass(frozen=True)
class Standing:
    """A table that stays in its Parquet files, and the rows of it that must be looked at.

    `raw` has all columns of the files and `AT`, `theirs` maps our columns to them.
    """

    table: schema.Table
    raw: ir.Table
    theirs: Mapping[str, str]
    files: Sequence[File]
    suspects: pd.DataFrame
    settings: Settings

    @cached_property
    def in_place(self) -> InPlace:
        """All its rows."""
        import ibis

        cells = sieve.ours(self.raw, self.table, self.theirs)
        for name, column in self.table.columns.items():
            if column.default is not None:
                cells[name] = cells[name].fill_null(column.default)
        if self.table.money and "currency" in cells:
            cells["currency"] = ibis.literal(self.settings.currency)
        found = self.raw.select(**cells, **{AT: self.raw[AT]})
        return InPlace(self.table, found, self.files, self.settings.time_zone, self.settings.currency)

    @property
    def rows_of_files(self) -> dict[str, int]:
        return {file.name: file.rows for file in self.files}

    def places(self, shown: pd.DataFrame) -> np.ndarray:
        """The `AT` of rows by the file and row that are told of them."""
        return (shown["_file"].map(_first(self.files)) + shown["_row"] - _HEADER).to_numpy("int64")

    def linked(self, column: str, ids: Sequence[str]) -> pd.DataFrame:
        """The rows, as they were read, that link to one of `ids`."""
        import ibis

        of = ibis.memtable(pa.table({"id": pa.array(ids, pa.string())}))
        return _read(self.raw, self.raw[self.theirs[column]].cast("string").isin(of["id"]), self.files)


def engine(time_zone: str) -> Backend:
    """A DuckDB for the files of one book."""
    import ibis

    spill = os.path.join(tempfile.gettempdir(), f"amlib-{os.getpid()}")
    found = ibis.duckdb.connect(memory_limit=_MEMORY, temp_directory=spill)
    found.raw_sql(f"SET TimeZone = '{time_zone}'")
    return found


def standing(
    table: schema.Table,
    origin: Origin,
    paths: Sequence[Path],
    folder: Path,
    settings: Settings,
    server: Callable[[], Backend],
) -> Standing | None:
    """The table in its files; None where it is not large, or something of it has to be read.

    `server` gives the engine that all tables of a book share, which is not started before one needs it.
    """
    told = (origin.sheets, origin.header, origin.encoding, origin.formats, origin.values, origin.set_aside)
    if any(told) or origin.time_zone not in ("", settings.time_zone) or not sieve.stays(table):
        return None
    if not (files := _large(paths, folder)) or (names := _names(files)) is None:
        return None
    matched = aliases.match(table, names, origin.columns)
    theirs = {ours: name for ours, name in matched.columns.items() if name in names}
    asked = {ours for ours, name in origin.columns.items() if name}
    if matched.several or asked - {*theirs}:
        return None
    raw = _raw(files, server())
    if not sieve.fits(table, theirs, raw.schema(), settings.time_zone):
        return None
    return _looked_at(table, raw, theirs, files, settings)


def _looked_at(
    table: schema.Table, raw: ir.Table, theirs: Mapping[str, str], files: Sequence[File], settings: Settings
) -> Standing | None:
    cells = sieve.ours(raw, table, theirs)
    wrong = _any(sieve.breaks(table, cells))
    unread = _any(sieve.must_be_read(raw, table, theirs, cells, settings.currency, settings.time_zone))
    unusual = {n: raw[theirs[n]] for n, c in table.columns.items() if n in theirs and raw[theirs[n]].type().is_string()}
    unusual = {name: cell.re_search(sieve.UNUSUAL) | (cell == "") for name, cell in unusual.items()}
    counts = {"wrong": wrong, "unread": unread, **{f"unusual_{name}": cell for name, cell in unusual.items()}}
    found = (
        raw.aggregate(**{name: raw.count(where=condition) for name, condition in counts.items()})
        .to_pyarrow()
        .to_pylist()[0]
    )
    if found["unread"]:
        return None
    for name, condition in unusual.items():
        if found[f"unusual_{name}"]:
            texts = raw.filter(condition).select(text=raw[theirs[name]]).distinct().limit(sieve.MANY + 1)
            texts = texts.to_pyarrow()["text"].to_pandas().astype("str")
            if len(texts) > sieve.MANY or not sieve.clean(texts):
                return None
    key = raw[theirs[table.key[0]]]
    repeated = again(raw.filter(key.notnull()).select(hash=key.hash()))
    if len(repeated) and len(files) > 1:
        return None  # it may be that a row stands in two files, which counts once
    if len(repeated):
        import ibis

        wrong = wrong | key.hash().isin(ibis.memtable(pa.table({"hash": repeated}))["hash"])
    import ibis

    suspects = _read(raw, wrong if found["wrong"] or len(repeated) else ibis.literal(False), files)
    if suspects.drop(columns=list(PLACE)).isna().all(axis="columns").any():
        return None  # a row of nothing is none
    return Standing(table, raw, theirs, files, suspects, settings)


def _any(conditions: Iterable[ir.BooleanValue]) -> ir.BooleanValue:
    import ibis

    return reduce(or_, (condition.fill_null(False) for condition in conditions), ibis.literal(False))


def _large(paths: Sequence[Path], folder: Path) -> list[File]:
    """The files; none where they are not large, or not all such that DuckDB can be given their names."""
    if any(path.suffix.lower() != ".parquet" or any(sign in str(path) for sign in "*?[") for path in paths):
        return []
    try:
        files = [File.of(path, shown(path, folder), pq.read_metadata(path).num_rows) for path in paths]
    except (pa.ArrowException, OSError):
        return []
    return files if sum(file.rows for file in files) >= LARGE else []


def _names(files: Sequence[File]) -> list[str] | None:
    """The columns of all files; None where they differ, or are not such as they would be read."""
    schemas = [pq.read_schema(file.path) for file in files]
    names = schemas[0].names
    alike = all(other.equals(schemas[0]) for other in schemas)
    ours = {AT, "file_row_number", *PLACE}
    return names if alike and len({*names}) == len(names) and not ours & {*names} and sieve.clean_names(names) else None


def _raw(files: Sequence[File], server: Backend) -> ir.Table:
    import ibis

    parts = []
    for file in files:
        rows = server.read_parquet(file.path, file_row_number=True, hive_partitioning=False)
        first = _first(files)[file.name]
        parts.append(rows.mutate(**{AT: rows["file_row_number"] + first}).drop("file_row_number"))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _read(raw: ir.Table, condition: ir.BooleanValue, files: Sequence[File]) -> pd.DataFrame:
    """Rows as `reading.read` gives them, with the place of each."""
    found = np.sort(raw.filter(condition).select(AT).to_pyarrow()[AT].to_numpy())
    parts, places = [], []
    for file, first in zip(files, _first(files).values(), strict=True):
        at = found[(found >= first) & (found < first + file.rows)] - first
        parts.append(_rows(file, at))
        places += [(file.name, "", int(row) + _HEADER) for row in at]
    place = pd.DataFrame(places, columns=list(PLACE)).astype({"_file": "str", "_sheet": "str", "_row": "int64"})
    return pd.concat([from_arrow(pa.concat_tables(parts)), place], axis="columns")


def _rows(file: File, at: np.ndarray) -> pa.Table:
    """The rows of a file in these places."""
    with file.path.open("rb") as content, pq.ParquetFile(content) as parquet:
        sizes = [parquet.metadata.row_group(group).num_rows for group in range(parquet.num_row_groups)]
        group_of = np.searchsorted(np.cumsum(sizes), at, side="right")
        parts = [parquet.schema_arrow.empty_table()]
        for group in np.unique(group_of):
            within = at[group_of == group] - sum(sizes[:group])
            parts.append(parquet.read_row_group(group).take(within))
    return pa.concat_tables(parts)


def _first(files: Sequence[File]) -> dict[str, int]:
    """The name of each file -> the place of its first row among all rows."""
    before = np.cumsum([0, *(file.rows for file in files)])
    return {file.name: int(first) for file, first in zip(files, before, strict=False)}

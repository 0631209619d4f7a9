"""A table found to be such that it can stay where it is, and the rows of it that must be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from amlib import schema
from amlib.book import aliases, databases
from amlib.book.inplace import sieve
from amlib.book.inplace.parquet import AT, Files, files_of
from amlib.book.inplace.relation import Stored
from amlib.book.inplace.table import InPlace
from amlib.book.origins import Origin
from amlib.book.reading import PLACE
from amlib.book.settings import Settings

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend
    from ibis.backends.duckdb import Backend

LARGE = 1_000_000
"""Rows from which on a table stays where it is, if it can; one of fewer is held in memory."""


@dataclass(frozen=True)
class Standing:
    """A table that stays where it is: `theirs` maps our columns to its own, `suspects` are rows to be looked at."""

    table: schema.Table
    source: Files | Stored
    theirs: Mapping[str, str]
    suspects: pd.DataFrame
    settings: Settings

    @cached_property
    def in_place(self) -> InPlace:
        """All its rows."""
        import ibis

        raw = self.source.raw
        cells = sieve.ours(raw, self.table, self.theirs)
        for name, column in self.table.columns.items():
            if column.default is not None:
                cells[name] = cells[name].fill_null(column.default)
        if self.table.money and "currency" in cells:
            cells["currency"] = ibis.literal(self.settings.currency)
        found = raw.select(**cells, **({AT: raw[AT]} if AT in self.source.order else {}))
        return InPlace(self.table, found, self.source, self.settings.time_zone, self.settings.currency)

    def linked(self, column: str, ids: Sequence[str]) -> pd.DataFrame:
        """The rows, as they were read, that link to one of `ids`."""
        import ibis

        of = ibis.memtable(pa.table({"id": pa.array(ids, pa.string())}))
        return self.source.read(self.source.raw[self.theirs[column]].cast("string").isin(of["id"]))


def in_files(
    table: schema.Table,
    origin: Origin,
    paths: Sequence[Path],
    folder: Path,
    settings: Settings,
    server: Callable[[], Backend],
) -> Standing | None:
    """A table in its Parquet files; None where it is not large, or something of it has to be read.

    `server` gives the engine that all tables of a book share, which is not started before one needs it.
    """
    if not _may_stay(table, origin, settings) or origin.sheets or origin.header or origin.encoding:
        return None
    files = files_of(paths, folder)
    if not files or sum(file.rows for file in files) < LARGE:
        return None
    source = Files(files, server())
    theirs = _columns(table, origin, [name for name in source.raw.columns if name != AT])
    if theirs is None or not sieve.fits(table, theirs, source.raw.schema(), settings.time_zone):
        return None
    found = _looked_at(table, source, theirs, settings)
    # It may be that a row stands in two files, which counts once.
    return None if found and len(files) > 1 and found.suspects.duplicated([theirs[table.key[0]]]).any() else found


def in_database(
    table: schema.Table, origin: Origin, settings: Settings, servers: MutableMapping[str, BaseBackend]
) -> Standing | None:
    """A table in its database; None where it is not large, or something of it has to be read.

    `servers` has the connections by address and takes another one in. Raises `NotRead`.
    """
    if not _may_stay(table, origin, settings):
        return None
    raw = databases.lazy(origin.relation, servers, settings.time_zone)
    with databases.telling(origin.relation):
        theirs = _columns(table, origin, raw.columns)
        if theirs is None or not databases.can_be_asked(raw.get_backend(), origin.relation):
            return None
        raw = raw.select(list(dict.fromkeys(theirs.values())))
        if not sieve.fits(table, theirs, raw.schema(), settings.time_zone):
            return None
        if (rows := int(raw.count().to_pyarrow().as_py())) < LARGE:
            return None
        key = theirs[table.key[0]]
        found = _looked_at(table, Stored(origin.relation, raw, table.key[0], key, rows), theirs, settings)
    # Rows are left out by their key.
    bad_key = found and (found.suspects[key].isna().any() or found.suspects[key].duplicated().any())
    return None if bad_key else found


def _may_stay(table: schema.Table, origin: Origin, settings: Settings) -> bool:
    said = origin.formats or origin.values or origin.set_aside or origin.time_zone not in ("", settings.time_zone)
    return sieve.stays(table) and not said


def _columns(table: schema.Table, origin: Origin, names: Sequence[str]) -> dict[str, str] | None:
    """Our column -> theirs; None where something is to be said of that."""
    matched = aliases.match(table, names, origin.columns)
    theirs = {ours: name for ours, name in matched.columns.items() if name in names}
    asked = {ours for ours, name in origin.columns.items() if name}
    return None if matched.several or asked - {*theirs} or {*table.required} - {*theirs} else theirs


def _looked_at(
    table: schema.Table, source: Files | Stored, theirs: Mapping[str, str], settings: Settings
) -> Standing | None:
    raw = source.raw
    cells = sieve.ours(raw, table, theirs)
    wrong = _any(sieve.breaks(table, cells))
    unread = _any(sieve.must_be_read(raw, table, theirs, cells, settings.currency, settings.time_zone))
    texts = [name for name in theirs if table.columns[name].kind == "text" and raw[theirs[name]].type().is_string()]
    unusual = {f"unusual {name}": sieve.unusual(raw[theirs[name]]) for name in texts}
    asked = {"wrong": wrong, "unread": unread, **unusual}
    (found,) = raw.aggregate(**{name: raw.count(where=so) for name, so in asked.items()}).to_pyarrow().to_pylist()
    if found["unread"]:
        return None
    for name in texts:
        if found[f"unusual {name}"] and not _clean(raw, raw[theirs[name]], unusual[f"unusual {name}"]):
            return None
    repeated = source.repeated(raw[theirs[table.key[0]]])
    if repeated is not None:
        wrong = wrong | repeated.fill_null(False)
    suspects = source.read(wrong if found["wrong"] or repeated is not None else None)
    if suspects.drop(columns=list(PLACE)).isna().all(axis="columns").any():
        return None  # a row of nothing is none
    return Standing(table, source, theirs, suspects, settings)


def _clean(raw: ir.Table, cell: ir.StringValue, unusual: ir.BooleanValue) -> bool:
    found = raw.filter(unusual).select(text=cell).distinct().limit(sieve.MANY + 1)
    texts = found.to_pyarrow()["text"].to_pandas().astype("str")
    return len(texts) <= sieve.MANY and sieve.clean(texts)


def _any(conditions: Iterable[ir.BooleanValue]) -> ir.BooleanValue:
    import ibis

    return reduce(or_, (condition.fill_null(False) for condition in conditions), ibis.literal(False))

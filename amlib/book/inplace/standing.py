"""A table found to be such that it can stay where it is, and the rows of it that must be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from amlib import schema
from amlib.book import aliases, databases
from amlib.book.inplace import sieve, tally
from amlib.book.inplace.parquet import AT, File, Files, Kept, files_of
from amlib.book.inplace.relation import Stored
from amlib.book.inplace.table import InPlace, one_of
from amlib.book.inplace.tally import DAY, Tally
from amlib.book.origins import Origin
from amlib.book.reading import PLACE
from amlib.book.settings import Settings
from amlib.book.sliced import OWNER
from amlib.kpis.engine import answered

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend
    from ibis.backends.duckdb import Backend

LARGE = 1_000_000
"""Rows from which on a table stays where it is, if it can; one of fewer is held in memory."""


@dataclass(frozen=True)
class Standing:
    """A table that stays where it is: `theirs` maps our columns to its own, `suspects` are rows to be looked at.

    `in_place` has all its rows.
    """

    table: schema.Table
    source: Files | Stored
    theirs: Mapping[str, str]
    suspects: pd.DataFrame
    in_place: InPlace

    def linked(self, column: str, ids: Sequence[str]) -> pd.DataFrame:
        """The rows, as they were read, that link to one of `ids`."""
        return self.source.read(one_of(self.source.raw[self.theirs[column]].cast("string"), list(ids)))


def kept(
    table: schema.Table, file: Path, settings: Settings, known: str, server: Callable[[], Backend]
) -> InPlace | None:
    """A table in the file that `save_book` wrote of it, with its `known` hash; None where it is not large."""
    found = File.of(file, file.parent)
    if found.rows < LARGE:
        return None
    source = Kept([found], server(), known)
    cells = _cells(source.raw, table, {name: name for name in table.columns}, settings)
    cells = source.raw.select(**cells, **{name: source.raw[name] for name in (AT, OWNER)})
    return InPlace(table, cells, source, settings.time_zone, settings.currency)


def may_be_kept(table: schema.Table, rows: pd.DataFrame, settings: Settings) -> bool:
    """Whether a table in memory can stay in the file that `save_book` writes of it."""
    columns = {*table.columns, *(("original_currency", "rate") if table.money else ())}
    if not sieve.stays(table) or not sieve.steady(settings.time_zone) or not columns <= {*rows}:
        return False
    return not table.money or bool((rows["original_currency"].eq(settings.currency) & rows["rate"].eq(1)).all())


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
        if answered(raw.limit(LARGE).count()).as_py() < LARGE:
            return None
        key = theirs[table.key[0]]
        found = _looked_at(table, Stored(origin.relation, raw, table.key[0], key), theirs, settings)
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
    return None if matched.several or DAY in names or asked - {*theirs} or {*table.required} - {*theirs} else theirs


def _looked_at(
    table: schema.Table, source: Files | Stored, theirs: Mapping[str, str], settings: Settings
) -> Standing | None:
    raw, place = source.raw, _in_place(table, source, theirs, settings)
    told, conditions = place.tally, _conditions(raw, table, theirs, settings)
    if told.sum("unread"):
        return None
    for name in _texts(raw, table, theirs):
        if name in _leading_to_few(table):
            clean = sieve.clean(pd.Series(place.values(name), dtype="str"))
        else:
            unusual = f"unusual {name}"
            clean = not told.sum(unusual) or _clean(raw, raw[theirs[name]], conditions[unusual])
        if not clean:
            return None
    wrong, repeated = conditions["wrong"], source.repeated(raw[theirs[table.key[0]]])
    if repeated is not None:
        wrong = wrong | repeated
    suspects = source.read(wrong if told.sum("wrong") or repeated is not None else None)
    if suspects.drop(columns=list(PLACE)).isna().all(axis="columns").any():
        return None  # a row of nothing is none
    return Standing(table, source, theirs, suspects, place)


def _conditions(
    rows: ir.Table, table: schema.Table, theirs: Mapping[str, str], settings: Settings
) -> dict[str, ir.BooleanValue]:
    """What may be wrong with rows, what must be read of them, and where a text of theirs is unusual."""
    cells = sieve.ours(rows, table, theirs)
    texts = [name for name in _texts(rows, table, theirs) if name not in _leading_to_few(table)]
    return {f"unusual {name}": sieve.unusual(rows[theirs[name]]) for name in texts} | {
        "wrong": _any(sieve.breaks(table, cells)),
        "unread": _any(sieve.must_be_read(rows, table, theirs, cells, settings.currency, settings.time_zone)),
    }


def _in_place(table: schema.Table, source: Files | Stored, theirs: Mapping[str, str], settings: Settings) -> InPlace:
    """All rows, counted, and with them how many of `_conditions` are true of."""
    constants = {name: column.default for name, column in table.columns.items() if name not in theirs}
    constants |= {"currency": settings.currency} if table.money and "currency" in table.columns else {}
    rows = source.by_day(source.raw, sieve.ours(source.raw, table, theirs)[table.known_on])
    asked = tally.questions(table, _cells(rows, table, theirs, settings), rows.count(), constants)
    asked |= {name: rows.count(where=so) for name, so in _conditions(rows, table, theirs, settings).items()}
    told = Tally.of(table, answered(rows.group_by(DAY).aggregate(**asked)), constants)
    at = {AT: source.raw[AT]} if AT in source.order else {}
    cells = source.raw.select(**_cells(source.raw, table, theirs, settings), **at)
    return InPlace(table, cells, source, settings.time_zone, settings.currency, constants, remembered=told)


def _cells(rows: ir.Table, table: schema.Table, theirs: Mapping[str, str], settings: Settings) -> dict[str, ir.Value]:
    """Our columns as KPIs take them."""
    import ibis

    cells = sieve.ours(rows, table, theirs)
    for name, column in table.columns.items():
        if column.default is not None:
            cells[name] = cells[name].fill_null(column.default)
    if table.money and "currency" in cells:
        cells["currency"] = ibis.literal(settings.currency)
    return cells


def _texts(rows: ir.Table, table: schema.Table, theirs: Mapping[str, str]) -> list[str]:
    """The columns of text that are text there."""
    return [name for name in theirs if table.columns[name].kind == "text" and rows[theirs[name]].type().is_string()]


def _leading_to_few(table: schema.Table) -> set[str]:
    """The links to clients and people, whose different values are asked for anyway."""
    return {name for name, link in table.links.items() if not schema.TABLES[link.split(".")[0]].happens}


def _clean(raw: ir.Table, cell: ir.StringValue, unusual: ir.BooleanValue) -> bool:
    found = raw.filter(unusual).select(text=cell).distinct().limit(sieve.MANY + 1)
    texts = answered(found)["text"].to_pandas().astype("str")
    return len(texts) <= sieve.MANY and sieve.clean(texts)


def _any(conditions: Iterable[ir.BooleanValue]) -> ir.BooleanValue:
    import ibis

    return reduce(or_, conditions, ibis.literal(False))

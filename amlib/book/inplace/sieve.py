"""Whether a table can stay where it is, and which of its rows must be looked at before it does.

It can where no cell has to be changed: its columns have our types, its texts are clean, its money is in the book's
currency. Nothing is decided here of what is right: rows that may break the contract, and a few more, are found where
they stand, and `checking` looks at them as it does at any others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd

from amlib import schema
from amlib.book import databases
from amlib.book.keys import CURRENCIES
from amlib.book.reading import Place, Read, Unreadable, mended, nfc

if TYPE_CHECKING:
    import ibis.expr.datatypes as dt
    import ibis.expr.types as ir

UNUSUAL = r"^[^!-~]|[^ -~]|[^!-~]$"

MANY = 10_000
"""Different unusual texts of a column, of which more are not looked at one by one."""

STEADY_FROM = pd.Timestamp("1980-01-01")


def stays(table: schema.Table) -> bool:
    """Whether a table can stay where it is: what happens month after month, and does not link to itself."""
    return (
        table.happens
        and len(table.key) == 1
        and not any(link.startswith(f"{table.name}.") for link in table.links.values())
    )


def fits(table: schema.Table, theirs: Mapping[str, str], found: Mapping[str, dt.DataType], time_zone: str) -> bool:
    """Whether the columns have types in which nothing must be read. `theirs` maps our columns to those of `found`."""
    instants = any(table.columns[ours].kind == "instant" for ours in theirs)
    return all(_is(found[name], table.columns[ours].kind) for ours, name in theirs.items()) and (
        not instants or steady(time_zone)
    )


def _is(found: dt.DataType, kind: schema.Kind) -> bool:
    local = found.is_timestamp() and not found.timezone
    return {
        "text": found.is_string() or found.is_integer(),
        "date": found.is_date() or local,
        "instant": found.is_timestamp(),
        "month": found.is_date() or local,
        "number": (found.is_numeric() and not found.is_boolean()),
        "integer": found.is_integer(),
        "flag": found.is_boolean(),
    }[kind]


@lru_cache(8)
def steady(time_zone: str) -> bool:
    """Whether clocks are never changed in a zone from `STEADY_FROM` on, so that each local time is one instant."""
    zone = ZoneInfo(time_zone)
    days = pd.date_range(STEADY_FROM, schema.LAST_DAY, freq="7D", tz=zone)
    return len({day.utcoffset() for day in days}) == 1


def ours(raw: ir.Table, table: schema.Table, theirs: Mapping[str, str]) -> dict[str, ir.Value]:
    """Our columns of the rows as they stand in the files, in the types that KPIs take; without defaults."""
    import ibis

    cells = {}
    for name, column in table.columns.items():
        kind = databases.TYPES[column.kind]
        cells[name] = raw[theirs[name]].cast(kind) if name in theirs else ibis.null(kind)
        if column.kind == "number" and name in theirs and raw[theirs[name]].type().is_floating():
            cells[name] = raw[theirs[name]].isnan().ifelse(ibis.null(kind), cells[name])
    return cells


def breaks(table: schema.Table, cells: Mapping[str, ir.Value]) -> list[ir.BooleanValue]:
    """Conditions, of which one is true of each row that breaks the contract by itself."""
    found = []
    for name, column in table.columns.items():
        cell = cells[name]
        if not column.optional:
            found.append(cell.isnull())
        if column.values:
            found.append(cell.notin(column.values))
        if column.at_least is not None:
            found.append(cell < column.at_least)
        if column.at_most is not None:
            found.append(cell > column.at_most)
        if column.kind in ("date", "instant", "month"):
            found += [cell < schema.FIRST_DAY, cell >= schema.LAST_DAY + pd.Timedelta(days=1)]
        if column.kind == "number":
            found.append(cell.isinf())
        if name == "currency":
            found.append(cell.notin(CURRENCIES))
    return found + [cells[later] < cells[earlier] for earlier, later in table.order]


def must_be_read(
    raw: ir.Table,
    table: schema.Table,
    theirs: Mapping[str, str],
    cells: Mapping[str, ir.Value],
    currency: str,
    zone: str,
) -> Iterator[ir.BooleanValue]:
    """Conditions, of which none may be true of any row of a table that stays in its files."""
    for name in theirs:
        column, cell = table.columns[name], cells[name]
        if column.kind in ("date", "month") and raw[theirs[name]].type().is_timestamp():
            yield raw[theirs[name]] != raw[theirs[name]].truncate("D")
        if column.kind == "month":
            yield cell.day() != 1
        if column.kind == "instant" and zone != "UTC":
            yield cell < STEADY_FROM
        if name == "currency" and table.money:
            yield cell != currency


def unusual(cell: ir.StringValue) -> ir.BooleanValue:
    """Whether reading might change a text: it has a letter beyond ASCII, space at an end, or nothing."""
    if not databases.in_utf8(cell.get_backend()):
        return cell.re_search(UNUSUAL) | (cell == "")
    # PostgreSQL takes twice as long for a pattern. The code of nothing is 0.
    ends = (cell.ascii_str() <= ord(" ")) | (cell.right(1).ascii_str() <= ord(" "))
    return (databases.octets(cell) != cell.length()) | ends


def clean(texts: pd.Series) -> bool:
    """Whether reading would leave texts as they are."""
    return nfc(texts).equals(texts) and _as_it_is(pd.DataFrame({"texts": texts}))


def clean_names(names: Sequence[str]) -> bool:
    """Whether reading would leave the names of columns as they are."""
    try:
        return Place("", "").header(names) == names and _as_it_is(pd.DataFrame(columns=names, dtype="str"))
    except Unreadable:
        return False


def _as_it_is(rows: pd.DataFrame) -> bool:
    try:
        read = mended(Read(rows), Place("", ""))
    except Unreadable:
        return False
    return not read.notes and read.rows.equals(rows)

"""Looking at a table before a KPI is computed from it: whether its values can be right, by `checks`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from amlib.business_time import WorkingHours
from amlib.kpis.checks import clearly_right, clearly_unique, count_broken, explain
from amlib.kpis.engine import Query, remembered
from amlib.kpis.tables import require_types, wrong_value
from amlib.schema import TABLES


@remembered()
def _check_of(name: str, schema: pa.Schema, unique: tuple[str, ...]) -> Query | None:
    counted = count_broken(ibis.table(ibis.Schema.from_pyarrow(schema), name=name), name, unique)
    return None if counted is None else Query(counted)


def look_at_types(frame: pa.Table, name: str) -> None:
    """Raise `ValueError` for a column of a wrong type, with a value of it."""
    try:
        _fits(name, frame.schema)
    except ValueError:
        # What is remembered for a shape of tables knows no values.
        require_types(ibis.Schema.from_pyarrow(frame.schema), name, wrong_in(frame, name))
        raise


@remembered()
def _fits(name: str, schema: pa.Schema) -> None:
    require_types(ibis.Schema.from_pyarrow(schema), name)


def look_at_frame(frame: pa.Table, name: str) -> str | None:
    """Raise `ValueError` for values that are wrong; the currency of the amounts, None where there is nothing to say."""
    unique = key_of(name, frame.column_names)
    if unique and clearly_unique(frame, unique):
        unique = ()
    if (query := _check_of(name, frame.schema, unique)) is None:
        return None
    if not unique and clearly_right(frame, name):
        return next((code or "" for code in _first("currency", frame)), None)
    (broken,) = query.run({name: frame}).to_pylist()
    currency = broken.pop("currency", None)
    if any(broken.values()):
        table = ibis.table(ibis.Schema.from_pyarrow(frame.schema), name=name)
        explain(broken, table, name, unique, lambda wanted: Query(wanted).run({name: frame}).to_pylist())
    return currency


def _first(column: str, frame: pa.Table) -> list[Any]:
    """The first value of a column, if it is there and has any."""
    return frame[column][:1].to_pylist() if column in frame.column_names else []


def look_at_years(frame: pa.Table, name: str, question: Iterable[tuple[str, Any]]) -> None:
    """Raise `ValueError` for an instant in a year whose public holidays are not known."""
    if (hours := hours_of(question)) is None:
        return
    first, last = hours.years
    for column, wanted in TABLES[name].columns.items():
        if wanted.kind == "instant" and column in frame.column_names:
            for edge in pc.min_max(frame[column]).as_py().values():
                if edge is not None and not first <= edge.year <= last:
                    raise ValueError(
                        f"{name}.{column} reaches {edge:%Y-%m-%d}, but the public holidays of {hours.country} "
                        f"are known from {first} to {last}: correct the date"
                    )


def edges(table: ir.Table, name: str) -> pa.Table:
    """The first and the last instant in each column of instants of a table, as a frame of two rows."""
    instants = [
        column for column, of in TABLES[name].columns.items() if of.kind == "instant" and column in table.columns
    ]
    if not instants:
        return pa.table({})
    ends = {f"{end} {column}": getattr(table[column], end)() for column in instants for end in ("min", "max")}
    (found,) = table.aggregate(**ends).to_pyarrow().to_pylist()
    return pa.table({c: pa.array([found[f"min {c}"], found[f"max {c}"]], pa.timestamp("us")) for c in instants})


def look_at(table: ir.Table, name: str, unique: tuple[str, ...], whole: ir.Table) -> str | None:
    """As `look_at_frame`, for a table of an engine; `whole` has the key as well, to tell a wrong row by."""
    if (counted := count_broken(table, name, unique)) is None:
        return None
    (broken,) = counted.to_pyarrow().to_pylist()
    currency = broken.pop("currency", None)
    if any(broken.values()):
        explain(broken, whole, name, unique, lambda wanted: wanted.to_pyarrow().to_pylist(), table.columns)
    return currency


def wrong_in(table: pa.Table | ir.Table, name: str) -> Callable[[str], str]:
    """What `require_types` may say of a column: a value that is not of its type, and the row's key."""

    def shown(column: str) -> str:
        key = key_of(name, table.column_names if isinstance(table, pa.Table) else table.columns)
        rows = table.select(list(dict.fromkeys([column, *key])))
        rows = rows if isinstance(rows, pa.Table) else rows.limit(10_000).to_pyarrow()
        return wrong_value(rows.to_pylist(), name, column)

    return shown


def key_of(name: str, columns: Iterable[str]) -> tuple[str, ...]:
    """The key of the book's table `name`, if all of it is among `columns`."""
    key = TABLES[name].key if name in TABLES else ()
    return key if {*key} <= {*columns} else ()


def hours_of(question: Iterable[tuple[str, Any]]) -> WorkingHours | None:
    return next((value for _, value in question if isinstance(value, WorkingHours)), None)

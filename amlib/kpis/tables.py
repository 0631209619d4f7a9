"""Tables of any make as Ibis sees them: which columns they have, of which types, and what is wrong with them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amlib.schema import TABLES, Kind

ARROW_TYPES: Mapping[Kind, pa.DataType] = {
    "text": pa.string(),
    "date": pa.timestamp("us"),
    "instant": pa.timestamp("us"),
    "month": pa.date32(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "flag": pa.bool_(),
}

HOW_TO_CONVERT: Mapping[Kind, str] = {
    "date": "pd.to_datetime",
    "instant": "pd.to_datetime",
    "month": "pd.PeriodIndex(…, freq='M')",
    "number": "pd.to_numeric",
    "integer": "pd.to_numeric",
    "flag": "astype('boolean')",
    "text": "astype('str')",
}


class ColumnMissing(ValueError):
    """A table lacks a column that a KPI needs."""


def columns_of(table: Any) -> list[str]:
    """The column names of any table: Arrow calls them otherwise than pandas, Polars and Ibis."""
    return list(table.column_names if isinstance(table, pa.Table) else table.columns)


def require(table: Any, name: str, columns: Sequence[str]) -> None:
    """Raise `ColumnMissing` unless `table`, which is called `name`, has all `columns`."""
    has = columns_of(table)
    for column in columns:
        if column not in has:
            near = difflib.get_close_matches(column, has, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ColumnMissing(f"{name} has no column {column!r} (it has: {', '.join(map(str, has))}).{hint}")


def require_groups(tables: Mapping[str, Any], by: Iterable[str]) -> None:
    """Raise `ColumnMissing` unless every column of `by` is in one of `tables`."""
    for column in sorted(by):
        if not any(column in columns_of(table) for table in tables.values()):
            name, table = next(iter(tables.items()))
            try:
                require(table, name, [column])
            except ColumnMissing as error:
                raise ColumnMissing(
                    f"{error} To group by a column of another table, join it to {name} first, "
                    f"such as {name}.merge(clients[['client_id', {column!r}]], on='client_id')."
                ) from None


def require_types(schema: Mapping[str, dt.DataType], name: str) -> None:
    """Raise `ValueError` for a column of another type than the book's table `name` has for it.

    Nothing is converted here: text that looks like a date or a number would be read by somebody's habit.
    Ids may be of any type; an instant of an Ibis table must be wall-clock time, since engines disagree
    on the hour that one with a time zone then has.
    """
    contract = TABLES[name].columns if name in TABLES else {}
    for column, found in schema.items():
        if found.is_timestamp() and found.timezone:
            raise ValueError(
                f"{name}.{column} is {found}: an Ibis table must hold local wall-clock time, "
                f"such as SQL gives with {column} AT TIME ZONE 'Asia/Ho_Chi_Minh'"
            )
        if column in contract and not _fits(found, contract[column].kind, bool(contract[column].values)):
            wanted = contract[column]
            raise ValueError(
                f"{name}.{column} is {found}, but {wanted.expected} is expected: "
                f"convert it first, such as with {HOW_TO_CONVERT[wanted.kind]}"
            )


def _fits(found: dt.DataType, kind: Kind, listed: bool) -> bool:
    if found.is_null():
        return True
    return {
        "text": found.is_string() or not listed,
        "date": found.is_date() or found.is_timestamp(),
        "instant": found.is_timestamp(),
        "month": found.is_date() or found.is_timestamp(),
        "number": found.is_numeric() and not found.is_boolean(),
        "integer": found.is_numeric() and not found.is_boolean(),
        "flag": found.is_boolean(),
    }[kind]


def as_arrow(frame: Any, name: str, keep: Iterable[str], time_zone: str | None = None) -> pa.Table:
    """The columns of a pandas, Polars or Arrow frame that are in `keep`, as engines can take them.

    A column without any value takes the type that the book's table `name` has for it. Instants lose
    their time zone and keep the wall-clock time they have in `time_zone` (in their own where None).
    Months (`pandas.Period`) become the first day of the month, decimals and categories plain values.
    """
    keep = {*keep}
    kept = [column for column in columns_of(frame) if column in keep]
    if isinstance(frame, pd.DataFrame):
        frame = frame[kept]
        months = {c: frame[c].dt.to_timestamp() for c in kept if isinstance(frame[c].dtype, pd.PeriodDtype)}
        table = pa.Table.from_pandas(frame.assign(**months) if months else frame, preserve_index=False)
    else:
        table = (frame if isinstance(frame, pa.Table) else pa.table(frame)).select(kept)
    contract = TABLES[name].columns if name in TABLES else {}
    for i, field in enumerate(table.schema):
        column = table[i]
        if pa.types.is_null(field.type) and field.name in contract:
            column = column.cast(ARROW_TYPES[contract[field.name].kind])
        elif pa.types.is_timestamp(field.type) and field.type.tz:
            column = pc.local_timestamp(column.cast(pa.timestamp(field.type.unit, time_zone or field.type.tz)))
        elif pa.types.is_dictionary(field.type):
            column = column.cast(field.type.value_type)
        elif pa.types.is_string_view(field.type):
            column = column.cast(pa.string())  # as Polars has it; DuckDB cannot filter by it yet
        elif pa.types.is_decimal(field.type):
            column = column.cast(pa.float64())
        else:
            continue
        table = table.set_column(i, field.name, column)
    return table.replace_schema_metadata()


def of_engine(table: ir.Table, keep: Iterable[str]) -> ir.Table:
    """The columns of an Ibis table that are in `keep`; decimals as floating-point numbers, as frames have them."""
    keep = {*keep}
    table = table.select([column for column in table.columns if column in keep])
    decimals = {column: table[column].cast("float64") for column, kind in table.schema().items() if kind.is_decimal()}
    return table.mutate(**decimals) if decimals else table

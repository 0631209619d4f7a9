"""Tables of any make as Ibis sees them: which columns they have, of which types, and what is wrong with them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amlib.kpis.known import lasting
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
            of_book = TABLES[name].columns.get(column) if name in TABLES else None
            if of_book is not None and of_book.optional:
                hint += f" Where nobody knows it, add it empty, in pandas with {name}.assign({column}=None)."
            raise ColumnMissing(f"{name} has no column {column!r} (it has: {', '.join(map(str, has))}).{hint}")


def require_groups(tables: Mapping[str, Any], by: Iterable[str], months: bool) -> None:
    """Raise `ColumnMissing` unless every column of `by` is in one of `tables`.

    `months` says whether 'month' may be asked for: what is known on a day only has none.
    """
    for column in sorted(by):
        if not any(column in columns_of(table) for table in tables.values()):
            (name, table), *_ = tables.items()
            has = columns_of(table)
            said = f"{name} has no column {column!r} (it has: {', '.join(map(str, has))})"
            if column == "month":
                raise ColumnMissing(
                    f"{said}, and what is asked is known on one day: ask once for each month, or use kpis.ask"
                )
            if others := {other: of.key for other, of in TABLES.items() if column in of.columns}:
                join = next(((other, key[0]) for other, key in others.items() if len(key) == 1 and key[0] in has), None)
                such = f", such as {name}.merge({join[0]}[[{join[1]!r}, {column!r}]], on={join[1]!r})" if join else ""
                raise ColumnMissing(
                    f"{said}. To group by a column of another table "
                    f"({', '.join(others)}), join it to {name} first{such}."
                )
            near = difflib.get_close_matches(column, [*has, "month"] if months else has, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ColumnMissing(f"{said}. by names columns that are there{', or month' if months else ''}.{hint}")


def require_table(table: Any, name: str) -> None:
    """Raise `ValueError` unless `table` has columns, each of a name of its own."""
    if not isinstance(table, pa.Table) and not hasattr(table, "columns"):
        kind = type(table).__name__
        raise ValueError(
            f"{name} is of type {kind}, not a table: give a pandas, Polars or Arrow frame or an Ibis table"
        )
    has = columns_of(table)
    if twice := next((column for i, column in enumerate(has) if column in has[:i]), None):
        raise ValueError(f"{name} has {has.count(twice)} columns {twice!r}: leave one, or rename the others")


def require_types(schema: Mapping[str, dt.DataType], name: str, wrong: Callable[[str], str] | None = None) -> None:
    """Raise `ValueError` for a column of another type than the book's table `name` has for it.

    Nothing is converted here: text that looks like a date or a number would be read by somebody's habit.
    Ids may be of any type; an instant of an Ibis table must be wall-clock time, since engines disagree
    on the hour that one with a time zone then has. `wrong` says which value a column has, once it is refused.
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
                f"convert it first, such as with {HOW_TO_CONVERT[wanted.kind]}" + (wrong(column) if wrong else "")
            )


def wrong_value(rows: Iterable[Mapping[str, Any]], name: str, column: str) -> str:
    """In words the first value of a column that is not of its type, or that only looks like it, and its row's key."""
    filled = [row for row in rows if row[column] is not None]
    if not filled:
        return ""
    number = column in TABLES[name].columns and TABLES[name].columns[column].kind in ("number", "integer")
    row = next((row for row in filled if number and not _like_a_number(row[column])), filled[0])
    key = [f"{k} is {row[k]!r}" for k in TABLES[name].key if k in row and k != column]
    where = f" where {' and '.join(key)}" if key else ""
    return f". A value found is {row[column]!r}{where}"


def _like_a_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


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
        try:
            table = pa.table({column: _of_pandas(frame[column]) for column in kept})
        except (pa.ArrowTypeError, pa.ArrowInvalid):
            _explain_mixed(frame[kept], name)
            raise
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
        elif pa.types.is_decimal(field.type) or pa.types.is_float16(field.type):
            column = column.cast(pa.float64())
        else:
            continue
        table = table.set_column(i, field.name, column)
    return table.replace_schema_metadata()


def _of_pandas(column: pd.Series) -> pa.Array | pa.ChunkedArray:
    """A column as Arrow: texts, numbers and instants in the same memory; Arrow would take ten times as long to copy."""
    dtype = column.dtype
    if isinstance(dtype, pd.PeriodDtype):
        column, dtype = column.dt.to_timestamp(), np.dtype("M8[ns]")
    if isinstance(dtype, pd.StringDtype) and dtype.storage == "pyarrow":
        return lasting(column)
    if isinstance(dtype, (pd.BooleanDtype, pd.Int64Dtype)):
        # Without a public way to the same memory; pa.array, which asks pandas for it too, takes five times as long.
        return _in_memory(column.array._data, ~column.array._mask)
    if not isinstance(dtype, np.dtype) or not dtype.isnative or (dtype != "float64" and dtype.kind != "M"):
        return pa.array(column)
    values = column.to_numpy()
    # Where any value is NaN or NaT, the least is: to mark each would take longer, and most columns need no marks.
    least = (values.view("int64") if dtype.kind == "M" else values).min(initial=0).view(dtype)
    return _in_memory(values, ~np.isnan(values) if np.isnan(least) else None)


def _in_memory(values: np.ndarray, filled: np.ndarray | None) -> pa.Array:
    """Values as Arrow, null but where `filled`; None says that none is null."""
    marks = None if filled is None or filled.all() else pa.py_buffer(np.packbits(filled, bitorder="little"))
    memory = np.packbits(values, bitorder="little") if values.dtype == bool else np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [marks, pa.py_buffer(memory)])


def _explain_mixed(frame: pd.DataFrame, name: str) -> None:
    """Raise `ValueError` for the first column that Arrow cannot take since its values are of several types."""
    contract = TABLES[name].columns if name in TABLES else {}
    for column in frame:
        values = frame[column].reset_index(drop=True)
        kinds = values.dropna().map(type)
        if values.dtype != object or kinds.nunique() < 2:
            continue
        try:
            pa.array(values, from_pandas=True)
        except (pa.ArrowTypeError, pa.ArrowInvalid):
            first, other = kinds.index[0], kinds[kinds != kinds.iloc[0]].index[0]
            keys = [k for k in TABLES[name].key if k in frame and k != column] if contract else []
            where = " and ".join(f"{k} is {frame[k].iloc[other]!r}" for k in keys)
            kind = contract[column].kind if column in contract else "text"
            raise ValueError(
                f"{name}.{column} holds values of several types: {values[first]!r} is {kinds[first].__name__}, "
                f"{values[other]!r} is {kinds[other].__name__}{where and ' where ' + where}; expected: "
                f"{contract[column].expected if column in contract else 'values of one type'}. "
                f"Convert it first, such as with {HOW_TO_CONVERT[kind]}"
            ) from None


def of_engine(table: ir.Table, keep: Iterable[str]) -> ir.Table:
    """The columns of an Ibis table that are in `keep`; decimals as floating-point numbers, as frames have them."""
    keep = {*keep}
    table = table.select([column for column in table.columns if column in keep])
    decimals = {column: table[column].cast("float64") for column, kind in table.schema().items() if kind.is_decimal()}
    return table.mutate(**decimals) if decimals else table

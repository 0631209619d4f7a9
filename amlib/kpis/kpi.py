"""What makes a function a KPI: one decorator, the catalogue it fills, and the errors it raises.

A KPI is written once as an Ibis expression. The decorator lets it take pandas, Polars or Arrow frames
(computed by DuckDB in the process, pandas out) or Ibis tables (a lazy Ibis table out, computed where
the rows are).
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amlib.business_time import WorkingHours
from amlib.schema import TABLES, Kind

Day = date | pd.Timestamp | pd.Period | str
Unit = Literal["money", "share", "score", "hours", "days", "years", "count", "points"]

ARROW_TYPES: Mapping[Kind, pa.DataType] = {
    "text": pa.string(),
    "date": pa.timestamp("us"),
    "instant": pa.timestamp("us"),
    "month": pa.date32(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "flag": pa.bool_(),
}


class ColumnMissing(ValueError):
    """A table lacks a column that a KPI needs."""


@dataclass(frozen=True)
class Kpi:
    """A catalogue entry: what reports, lessons, the glossary and the data dictionary read about a KPI."""

    id: str
    vi: str
    en: str
    unit: Unit
    better: Literal["more", "less", "neither"]
    needs: Mapping[str, tuple[str, ...]]
    definition: str
    definition_vi: str
    function: Callable[..., Any]

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables of a book that it is computed from."""
        return tuple(self.needs)


CATALOGUE: dict[str, Kpi] = {}


def kpi(
    *,
    vi: str,
    en: str,
    definition_vi: str,
    unit: Unit,
    better: Literal["more", "less", "neither"],
    needs: Mapping[str, Sequence[str]],
    optional: Mapping[str, Sequence[str]] | None = None,
    month: Mapping[str, str] | None = None,
    groups: Sequence[str] = (),
) -> Callable:
    """Make a function of Ibis tables a KPI and enter it in the catalogue.

    `needs` names, for each table parameter, the columns it reads, `optional` those it reads where they
    are (a table read with its currency must be in one); the function sees no others, save those of `by`.
    `month` names the date column that gives a table its month where `by` asks for 'month' and the table
    has no such column. `groups` names the tables whose columns `by` may name (the first one unless told
    otherwise). The columns of the result are put into the order of every KPI: by, value, n, low, high, the rest.
    """

    def decorate(function: Callable[..., ir.Table]) -> Callable[..., Any]:
        signature = inspect.signature(function)

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            given = bound.arguments
            given["by"] = by = (given["by"],) if isinstance(given["by"], str) else tuple(given["by"])
            months = {} if "month" in given else {name: (month or {}).get(name) for name in needs}
            lazy = any(isinstance(given[name], ir.Table) for name in needs)
            hours = next((value for value in given.values() if isinstance(value, WorkingHours)), None)
            tables = {name: given[name] for name in needs}
            # A function that is told its months makes that column itself.
            asked = [column for column in by if column != "month" or "month" not in given]
            made = ["month"] if any(months.values()) else []
            require_groups({name: tables[name] for name in groups or list(needs)[:1]}, {*asked} - {*made})
            for name, table in tables.items():
                dated = months.get(name) if "month" in by and "month" not in columns_of(table) else None
                wanted = [*needs[name], dated] if dated else needs[name]
                require(table, name, wanted)
                if "currency" in (optional or {}).get(name, ()):
                    require_one_currency(table, name)
                kept = {*wanted, *(optional or {}).get(name, ()), *asked}
                given[name] = as_ibis(table, name, kept, hours.time_zone if hours else None)
                require_wall_time(given[name], name)
                if dated:
                    given[name] = given[name].mutate(month=given[name][dated].cast("date").truncate("M"))
            result = in_order(function(*bound.args, **bound.kwargs), by)
            return result if lazy else as_pandas(result)

        CATALOGUE[function.__name__] = Kpi(
            id=function.__name__,
            vi=vi,
            en=en,
            unit=unit,
            better=better,
            needs={name: tuple(columns) for name, columns in needs.items()},
            definition=inspect.getdoc(function).splitlines()[0],
            definition_vi=definition_vi,
            function=call,
        )
        return call

    return decorate


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


def require_wall_time(table: ir.Table, name: str) -> None:
    """Raise `ValueError` for an instant with a time zone: engines disagree on the hour it then has."""
    for column, kind in table.schema().items():
        if kind.is_timestamp() and kind.timezone:
            raise ValueError(
                f"{name}.{column} is {kind}: an Ibis table must hold local wall-clock time, "
                f"such as SQL gives with {column} AT TIME ZONE 'Asia/Ho_Chi_Minh'"
            )


def require_one_currency(table: Any, name: str) -> None:
    """Raise `ValueError` if `table` has a column 'currency' with more than one value.

    An empty currency is a value of its own, since only the book knows what it stands for. An Ibis table
    is asked by one small query; a table without that column is taken to be in one currency.
    """
    if "currency" not in columns_of(table):
        return
    if isinstance(table, ir.Table):
        found = table.select("currency").distinct().to_pyarrow()["currency"].to_pylist()
    else:
        found = as_arrow(table, ["currency"])["currency"].unique().to_pylist()
    if len(found) > 1:
        spoken = ", ".join(sorted(currency or "(empty)" for currency in found))
        raise ValueError(
            f"{name} has amounts in several currencies ({spoken}): convert them to one first; "
            "open_book does so with the rates of fx"
        )


def as_ibis(table: Any, name: str, keep: set[str], time_zone: str | None = None) -> ir.Table:
    """The columns of `table` that are in `keep`, as an Ibis table; a frame becomes an in-memory one.

    A column of a frame without any value takes the type that the book's table `name` has for it.
    Instants of frames lose their time zone and keep the wall-clock time they have in `time_zone` (in
    their own where None). Months (`pandas.Period`) become the first day of the month.
    """
    kept = [column for column in columns_of(table) if column in keep]
    if isinstance(table, ir.Table):
        return table.select(kept)
    table = as_arrow(table, kept)
    contract = TABLES[name].columns if name in TABLES else {}
    for i, field in enumerate(table.schema):
        if pa.types.is_null(field.type) and field.name in contract:
            table = table.set_column(i, field.name, table[i].cast(ARROW_TYPES[contract[field.name].kind]))
        elif pa.types.is_timestamp(field.type) and field.type.tz:
            local = pa.timestamp(field.type.unit, time_zone or field.type.tz)
            table = table.set_column(i, field.name, pc.local_timestamp(table[i].cast(local)))
    return ibis.memtable(table)


def as_arrow(frame: Any, columns: Sequence[str]) -> pa.Table:
    """`columns` of a pandas, Polars or Arrow frame; months (`pandas.Period`) as the first day of the month."""
    if isinstance(frame, pd.DataFrame):
        frame = frame[list(columns)]
        months = {name: c.dt.to_timestamp() for name, c in frame.items() if isinstance(c.dtype, pd.PeriodDtype)}
        return pa.Table.from_pandas(frame.assign(**months), preserve_index=False)
    return pa.table(frame).select(columns)


def first_day(when: Day) -> date:
    """The day from which a period runs: a day is itself, a month ('2026-10' or a Period) its first day."""
    return _period(when).start_time.date()


def last_day(when: Day) -> date:
    """The day that an `as_of` means: a day is itself, a month ('2026-10' or a Period) its last day."""
    return _period(when).end_time.date()


def _period(when: Day) -> pd.Period:
    if isinstance(when, pd.Period):
        return when
    return pd.Period(when) if isinstance(when, str) else pd.Period(when, freq="D")


def in_order(result: ir.Table, by: Sequence[str]) -> ir.Table:
    """`result` with the columns that every KPI has in front, its rows sorted by `by`."""
    front = [*by, "value", "n", *(column for column in ("low", "high") if column in result.columns)]
    result = result.select(*front, *(column for column in result.columns if column not in front))
    return result.order_by(list(by)) if by else result


def as_pandas(table: ir.Table) -> pd.DataFrame:
    """Compute an Ibis table; a column 'month' comes out as `Period`."""
    frame = table.to_pyarrow().to_pandas()
    if "month" in frame:
        frame["month"] = pd.PeriodIndex(pd.to_datetime(frame["month"]), freq="M")
    return frame

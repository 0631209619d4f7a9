"""What makes a function a KPI: one decorator, the catalogue it fills, and the errors it raises.

A KPI is written once as an Ibis expression. The decorator lets it take pandas, Polars or Arrow frames
(computed by DuckDB in the process, pandas out) or Ibis tables (a lazy Ibis table out, computed where
the rows are).
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

Unit = Literal["money", "share", "score", "hours", "days", "years", "count", "points"]


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
    unit: Unit,
    better: Literal["more", "less", "neither"],
    needs: Mapping[str, Sequence[str]],
    month: Mapping[str, str] | None = None,
) -> Callable:
    """Make a function of Ibis tables a KPI and enter it in the catalogue.

    `needs` names, for each table parameter, the columns it reads; `month` names the date column that
    gives a table its month where `by` asks for 'month' and the table has no such column.
    """

    def decorate(function: Callable[..., ir.Table]) -> Callable[..., Any]:
        signature = inspect.signature(function)

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            given = bound.arguments
            if "by" in given:
                given["by"] = (given["by"],) if isinstance(given["by"], str) else tuple(given["by"])
            by = given.get("by", ())
            given_tables = [name for name in needs if given[name] is not None]
            lazy = any(isinstance(given[name], ir.Table) for name in given_tables)
            for name in given_tables:
                table = as_ibis(given[name])
                if "month" in by and month and name in month and "month" not in table.columns:
                    require(table, name, [month[name]])
                    table = table.mutate(month=table[month[name]].cast("date").truncate("M"))
                require(table, name, needs[name])
                given[name] = table
            result = function(*bound.args, **bound.kwargs)
            result = result.order_by(list(by)) if by else result
            return result if lazy else as_pandas(result)

        CATALOGUE[function.__name__] = Kpi(
            id=function.__name__,
            vi=vi,
            en=en,
            unit=unit,
            better=better,
            needs={name: tuple(columns) for name, columns in needs.items()},
            definition=inspect.getdoc(function).splitlines()[0],
            function=call,
        )
        return call

    return decorate


def require(table: ir.Table, name: str, columns: Sequence[str]) -> None:
    """Raise `ColumnMissing` unless `table`, which is called `name`, has all `columns`."""
    for column in columns:
        if column not in table.columns:
            has = ", ".join(table.columns)
            near = difflib.get_close_matches(column, table.columns, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ColumnMissing(f"{name} has no column {column!r} (it has: {has}).{hint}")


def as_ibis(table: Any) -> ir.Table:
    """Any table as an Ibis table: an Ibis table as it is, a frame as an in-memory one.

    Instants lose their time zone and keep their wall-clock time: KPIs count the client's local hours.
    Months (`pandas.Period`) become the first day of the month.
    """
    if isinstance(table, ir.Table):
        return table
    if isinstance(table, pd.DataFrame):
        plain = {}
        for name, column in table.items():
            if isinstance(column.dtype, pd.DatetimeTZDtype):
                plain[name] = column.dt.tz_localize(None)
            elif isinstance(column.dtype, pd.PeriodDtype):
                plain[name] = column.dt.to_timestamp()
        table = table.assign(**plain) if plain else table
        return ibis.memtable(pa.Table.from_pandas(table, preserve_index=False))
    return ibis.memtable(pa.table(table))


def as_pandas(table: ir.Table) -> pd.DataFrame:
    """Compute an Ibis table of in-memory frames with DuckDB; a column 'month' comes out as `Period`."""
    frame = _duckdb().to_pyarrow(table).to_pandas()
    if "month" in frame:
        frame["month"] = pd.PeriodIndex(pd.to_datetime(frame["month"]), freq="M")
    return frame


@cache
def _duckdb() -> ibis.BaseBackend:
    return ibis.duckdb.connect()

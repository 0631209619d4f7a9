"""What makes a function a KPI: one decorator and the catalogue it fills.

A KPI is written once as an Ibis expression. The decorator lets it take pandas, Polars or Arrow frames
(computed by DuckDB in the process, pandas out) or Ibis tables (a lazy Ibis table out, computed where
the rows are), and looks at the values before anything is computed from them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from ibis.common.exceptions import RelationError

from amlib.kpis.checks import in_one_currency
from amlib.kpis.engine import FEW, Query, remembered
from amlib.kpis.looking import hours_of, key_of, look_at, look_at_frame, look_at_types, look_at_years, wrong_in
from amlib.kpis.registry import CATALOGUE, Better, EngineCannot, Kpi, Unit
from amlib.kpis.rewriting import for_duckdb
from amlib.kpis.tables import (
    as_arrow,
    columns_of,
    of_engine,
    require,
    require_groups,
    require_table,
    require_types,
)
from amlib.schema import TABLES

_IN_BOOKS = frozenset({"month"}.union(*(table.columns for table in TABLES.values())))


@dataclass(frozen=True)
class Fitted:
    """What a KPI returns that no engine can compute alone: `finish` turns the answer to `summary` into the result."""

    summary: ir.Table
    finish: Callable[[pd.DataFrame], pd.DataFrame]


def kpi(
    *,
    vi: str,
    en: str,
    definition_vi: str,
    unit: Unit,
    better: Better,
    needs: Mapping[str, Sequence[str]],
    optional: Mapping[str, Sequence[str]] | None = None,
    month: Mapping[str, str] | None = None,
    groups: Sequence[str] = (),
    makes: Sequence[str] = (),
    cannot: Mapping[str, str] | None = None,
    counted: bool = False,
) -> Callable:
    """Make a function of Ibis tables a KPI and enter it in the catalogue.

    `needs` names, for each table parameter, the columns it reads, `optional` those it reads where they
    are (a table read with its currency must be in one); the function sees no others, save those of `by`.
    `month` names the date column that gives a table its month where `by` asks for 'month' and the table
    has no such column. `groups` names the tables whose columns `by` may name (the first one unless told
    otherwise), `makes` columns of its own making that `by` may name as well. `cannot` says of an engine (its
    Ibis name) why it cannot compute the KPI. `counted` is that of `Kpi`. The columns of the result are put into the
    order of every KPI: by, value, n, low, high, the rest.

    The KPI takes `check=False` where its tables are known to be right. Otherwise each table is asked by one
    small query whether its values are what `amlib.schema` says; the key is looked at where the KPI reads it,
    and in a frame wherever it is there.
    """

    def decorate(function: Callable[..., ir.Table]) -> Callable[..., Any]:
        signature = inspect.signature(function)

        @wraps(function)
        def call(*args: Any, check: bool = True, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            given = bound.arguments
            by = given["by"] = _groups(given["by"])
            reads = _columns_to_read(entry, {name: given[name] for name in entry.needs}, by, "month" in given)
            question = tuple((name, _frozen(value)) for name, value in given.items() if name not in entry.needs)
            if not any(isinstance(given[name], ir.Table) for name in entry.needs):
                return _of_frames(entry, function, {name: given[name] for name in entry.needs}, reads, question, check)
            tables, currencies, engines = {}, {}, set()
            for name in entry.needs:
                table, wanted = given[name], [*reads[name], *key_of(name, columns_of(given[name]))]
                if not isinstance(table, ir.Table):
                    table = ibis.memtable(as_arrow(table, name, wanted, _time_zone(question)))
                for engine in _engines(table):
                    if reason := entry.cannot.get(engine):
                        raise EngineCannot(f"{entry.id} cannot be computed on {engine}: {reason}")
                    engines.add(engine)
                tables[name], whole = of_engine(table, reads[name]), of_engine(table, wanted)
                unbound = table.op().find(ops.UnboundTable)
                require_types(tables[name].schema(), name, None if unbound else wrong_in(whole, name))
                if check and not unbound:
                    currencies[name] = look_at(tables[name], name, key_of(name, entry.needs[name]), whole)
            in_one_currency(currencies)
            result = _expression(entry, function, tables, reads, dict(question))
            if isinstance(result, Fitted):
                answer = as_pandas(result.summary.to_pyarrow())
                return ibis.memtable(pa.Table.from_pandas(result.finish(answer), preserve_index=False))
            return for_duckdb(result) if engines == {"duckdb"} else result

        shown = inspect.Parameter("check", inspect.Parameter.KEYWORD_ONLY, default=True, annotation="bool")
        call.__signature__ = signature.replace(parameters=[*signature.parameters.values(), shown])
        entry = CATALOGUE[function.__name__] = Kpi(
            id=function.__name__,
            family=function.__module__.rpartition(".")[2],
            vi=vi,
            en=en,
            unit=unit,
            better=better,
            needs={name: tuple(columns) for name, columns in needs.items()},
            optional={name: tuple(columns) for name, columns in (optional or {}).items()},
            groups=tuple(groups) or tuple(needs)[:1],
            month=dict(month or {}),
            makes=tuple(makes),
            cannot=dict(cannot or {}),
            counted=counted,
            definition=inspect.getdoc(function).splitlines()[0],
            definition_vi=definition_vi,
            function=call,
        )
        return call

    return decorate


def _columns_to_read(
    entry: Kpi, tables: Mapping[str, Any], by: Sequence[str], told_months: bool
) -> dict[str, tuple[str, ...]]:
    """The columns that a question reads of each table; raises `ColumnMissing` where one is not there."""
    for name, table in tables.items():
        require_table(table, name)
    # A function that is told its months makes that column itself.
    asked = [column for column in by if column not in entry.makes and (column != "month" or not told_months)]
    made = {"month"} if entry.month and not told_months else set()
    groups = {name: tables[name] for name in entry.groups}
    require_groups(groups, {*asked} - made, months=told_months or bool(entry.month))
    reads = {}
    for name, table in tables.items():
        dated = [entry.month[name]] if name in entry.month and "month" in asked else []
        dated = [] if "month" in columns_of(table) else dated
        require(table, name, [*entry.needs[name], *dated])
        reads[name] = tuple(dict.fromkeys([*entry.needs[name], *dated, *entry.optional.get(name, ()), *asked]))
    return reads


def _expression(
    entry: Kpi,
    function: Callable[..., ir.Table],
    tables: Mapping[str, ir.Table],
    reads: Mapping[str, Sequence[str]],
    question: Mapping[str, Any],
) -> ir.Table | Fitted:
    # A column that no book has may be called as one that the function makes (open, before): it gets a name of its own.
    own = {column: f"{column}_" for column in question["by"] if column not in _IN_BOOKS.union(entry.makes)}
    back = {inner: column for column, inner in own.items()}
    given = {}
    for name, table in tables.items():
        given[name] = table.select(
            **{own.get(column, column): table[column] for column in reads[name] if column in table.columns}
        )
        if "month" in {*question["by"]} - {*question, *table.columns} and name in entry.month:
            given[name] = given[name].mutate(month=table[entry.month[name]].cast("date").truncate("M"))
    inner = {**question, "by": tuple(own.get(column, column) for column in question["by"])}
    try:
        result = function(**given, **inner)
    except RelationError as error:
        # Ibis says so where a figure has the name of a group: win_rate by 'won'.
        if taken := [column for column in question["by"] if f"'{column}'" in str(error)]:
            raise ValueError(
                f"by names {taken[0]!r}, which is a figure of {entry.id}: rename the column first"
            ) from None
        raise
    if isinstance(result, Fitted):
        summary = result.summary.op().replace(_portable).to_expr()
        return Fitted(summary, lambda answer: result.finish(answer).rename(columns=back))
    if taken := [column for column in own if column in result.columns]:
        raise ValueError(f"by names {taken[0]!r}, which is a figure of {entry.id}: rename the column first")
    result = result.rename(own)
    return in_order(result, question["by"]).op().replace(_portable).to_expr()


def _of_frames(
    entry: Kpi,
    function: Callable[..., ir.Table],
    tables: Mapping[str, Any],
    reads: Mapping[str, Sequence[str]],
    question: tuple[tuple[str, Any], ...],
    check: bool,
) -> pd.DataFrame:
    frames = {}
    for name, table in tables.items():
        frames[name] = as_arrow(table, name, [*reads[name], *key_of(name, columns_of(table))], _time_zone(question))
        look_at_types(frames[name], name)
    shapes = tuple((name, frame.schema) for name, frame in frames.items())

    def look() -> None:
        currencies = {}
        for name, frame in frames.items():
            currencies[name] = look_at_frame(frame, name)
            look_at_years(frame, name, question)
        in_one_currency(currencies)

    query, finish = _compiled(entry, function, shapes, tuple(reads.items()), question)
    found = as_pandas(query.run(frames, look) if check else query.run(frames))
    return finish(found) if finish else found


@remembered()
def _compiled(
    entry: Kpi, function: Callable, shapes: Any, reads: Any, question: Any
) -> tuple[Query, Callable[[pd.DataFrame], pd.DataFrame] | None]:
    unbound = {name: ibis.table(ibis.Schema.from_pyarrow(schema), name=name) for name, schema in shapes}
    result = _expression(entry, function, unbound, dict(reads), dict(question))
    return (Query(result.summary), result.finish) if isinstance(result, Fitted) else (Query(result), None)


def _groups(by: Any) -> tuple[str, ...]:
    """The columns to group by. Raises `ValueError` for what is no name, for one told twice and for a figure's."""
    names = (by,) if isinstance(by, str) or not isinstance(by, Iterable) else tuple(by)
    for place, name in enumerate(names):
        if not isinstance(name, str):
            raise ValueError(f"by is {by!r}: give the name of a column, or a list of several")
        if name in names[:place]:
            raise ValueError(f"by names {name!r} twice: name each column once")
        if name in ("value", "n", "low", "high"):
            raise ValueError(
                f"by names {name!r}, which is what a KPI calls a figure of its own: rename the column first"
            )
    return names


def _engines(table: ir.Table) -> list[str]:
    return [backend.name for backend in table._find_backends()[0]]


def _time_zone(question: Iterable[tuple[str, Any]]) -> str | None:
    hours = hours_of(question)
    return hours.time_zone if hours else None


def _frozen(value: Any) -> Any:
    """A list as a tuple, so that a question can be remembered."""
    return value if isinstance(value, str) or not isinstance(value, Iterable) else tuple(value)


def in_order(result: ir.Table, by: Sequence[str]) -> ir.Table:
    """`result` with the columns that every KPI has in front and their types, its rows sorted by `by`."""
    figures = ["value", *(column for column in ("low", "high") if column in result.columns)]
    front = [*by, "value", "n", *figures[1:]]
    result = result.select(*front, *(column for column in result.columns if column not in front))
    types = dict.fromkeys(figures, "float64") | {"n": "int64"}
    wrong = {column: result[column].cast(kind) for column, kind in types.items() if str(result[column].type()) != kind}
    result = result.mutate(**wrong) if wrong else result
    return result.order_by(list(by)) if by else result


def _portable(node: ops.Node, changed: Mapping[str, Any] | None) -> ops.Node:
    """What Ibis leaves to the engine where engines differ, said in full.

    PostgreSQL cuts the quotient of two whole numbers, and makes their mean a decimal. Spark gets
    `count(where=…)` as a sum, null where no row is.
    """
    node = node.__recreate__(changed) if changed else node
    if isinstance(node, ops.CountStar) and node.where is not None:
        return ibis.ifelse(node.where.to_expr(), 1, None).count().op()
    if isinstance(node, ops.Divide) and node.left.dtype.is_integer() and node.right.dtype.is_integer():
        return ops.Divide(ops.Cast(node.left, "float64"), node.right)
    if isinstance(node, ops.Mean) and node.arg.dtype.is_integer():
        return ops.Mean(ops.Cast(node.arg, "float64"), where=node.where)
    return node


def as_pandas(table: pa.Table) -> pd.DataFrame:
    """An Arrow table as pandas; a column 'month' comes out as `Period`."""
    frame = table.to_pandas(use_threads=len(table) > FEW)
    if "month" in frame:
        frame["month"] = pd.PeriodIndex(pd.to_datetime(frame["month"]), freq="M")
    return frame

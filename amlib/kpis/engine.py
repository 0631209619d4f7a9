"""Frames are computed by DuckDB in the process. A question is compiled once for each shape of its tables."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache
from typing import Any

import duckdb
import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa

from amlib.business_time import seconds_of_day

_THREAD = threading.local()
PLANS = 256
"""Questions whose plans a thread keeps: a book of a month is asked some hundred."""

FEW = 1 << 17
"""Tables of so many rows are left to one thread: starting and waiting for others takes longer than their work."""

AT_ONCE = 1 << 15
"""Rows of a batch: DuckDB gives each of its threads a batch at a time, and a frame arrives as a single one."""


class Query:
    """An Ibis expression over named tables, as SQL: `run` computes it over the frames given by those names."""

    def __init__(self, expression: ir.Table) -> None:
        """Compile an expression over unbound tables (`ibis.table`); tables made in the code go along."""
        expression = for_duckdb(expression)
        self.schema = expression.schema().to_pyarrow()
        self.constants = {op.name: op.data.to_pyarrow(op.schema) for op in expression.op().find(ops.InMemoryTable)}
        self.sql = str(ibis.to_sql(expression, dialect="duckdb"))

    def run(self, frames: Mapping[str, pa.Table], check: Callable[[], None] = lambda: None) -> pa.Table:
        """The result as an Arrow table of the types that Ibis gives it, or what `check` raises.

        `check` looks at the frames: before few rows, and while many are computed, which is stopped where it raises.
        """
        tables = {**self.constants, **frames}
        if few := all(len(table) <= FEW for table in tables.values()):
            check()
        plan = _planned(self.sql, tuple((name, table.schema) for name, table in tables.items()), few)
        found = plan.answer(tables) if few else _answer_beside(plan, tables, check)
        return found.cast(self.schema)


class _Plan:
    """A question that DuckDB has made its plan for: to ask it of other rows then takes half of the time, of few rows.

    It has a connection of its own: names that came or went in it would have the plan made anew.
    """

    def __init__(self, sql: str, names: Iterable[str], connection: duckdb.DuckDBPyConnection) -> None:
        self.sql, self.connection, self.prepared = sql, quiet(connection), False
        self.frames = {name: _Frame() for name in names}

    def answer(self, tables: Mapping[str, pa.Table]) -> pa.Table:
        for name, frame in self.frames.items():
            frame.rows = tables[name]
        try:
            if not self.prepared:
                for name, frame in self.frames.items():
                    self.connection.register(name, frame)
                self.connection.execute(f"PREPARE question AS {self.sql}")
                self.prepared = True
            return self.connection.execute("EXECUTE question").to_arrow_table()
        finally:
            for frame in self.frames.values():
                frame.rows = None  # not held until it is asked again


class _Frame:
    """The rows that a plan is asked of, as any reader of Arrow takes them."""

    rows: pa.Table | None = None

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        batches = pa.Table.from_batches(self.rows.to_batches(AT_ONCE), self.rows.schema)
        return batches.__arrow_c_stream__(requested_schema)


def _answer_beside(plan: _Plan, tables: Mapping[str, pa.Table], check: Callable[[], None]) -> pa.Table:
    with ThreadPoolExecutor(1) as aside:
        answer = aside.submit(plan.answer, tables)
        try:
            check()
            return answer.result()
        except BaseException:
            while not answer.done():
                plan.connection.interrupt()  # again and again: one that has not begun may not hear it
                wait([answer], timeout=0.01)
            raise


def answered(expression: ir.Expr) -> Any:
    """What an engine says to a question, as Arrow, where that is short: all of it is held at once.

    Ibis has PostgreSQL hold every answer and hand it over in parts, and then one process alone looks at all rows.
    """
    server = expression.get_backend()
    if server.name != "postgres":
        return expression.to_pyarrow()
    from amlib.kpis.at_once import at_once

    with at_once(server.con):
        return expression.to_pyarrow()


def for_duckdb(expression: ir.Table) -> ir.Table:
    """The same, as DuckDB computes it fastest; other engines have no such list of quantiles, nor days as numbers."""
    for faster in (
        _quantiles_at_once,
        _counts_as_sums,
        _grouped_by_what_differs,
        _months_by_day,
        _clock_at_once,
    ):
        expression = expression.op().replace(faster).to_expr()
    return expression


@ibis.udf.scalar.builtin(name="subtract", signature=(("date", "int32"), "date"))
def _days_before(day, days):
    """A day that many days earlier."""


def _months_by_day(node: ops.Node, changed: Mapping[str, Any] | None) -> ops.Node:
    """The first of a month by the number of the day: DuckDB's `date_trunc` takes three times as long, to an instant."""
    node = node.__recreate__(changed) if changed else node
    if not isinstance(node, ops.DateTruncate) or node.unit.value != "M":
        return node
    day = node.arg.to_expr()
    return _days_before(day, (day.day() - 1).cast("int32")).op()


@ibis.udf.scalar.builtin(name="epoch_us", signature=(("timestamp",), "int64"))
def _microseconds(moment):
    """Microseconds since 1970."""


@ibis.udf.scalar.builtin(name="divide", signature=(("int64", "int64"), "int64"))
def _whole(number, by):
    """The whole quotient, for which Ibis goes by way of floating point."""


def _clock_at_once(node: ops.Node, changed: Mapping[str, Any] | None) -> ops.Node:
    """The second of a day by one count in place of three: hour, minute and second are each cut out of the instant."""
    node = node.__recreate__(changed) if changed else node
    if not isinstance(node, ops.Add) or not isinstance(node.right, ops.ExtractSecond):
        return node
    moment = node.right.arg.to_expr()
    if node != seconds_of_day(moment).op():
        return node
    # Counted from the year 1, since the remainder of a negative number is negative.
    since = _whole(_microseconds(moment) + 62_135_596_800_000_000, 1_000_000)
    return (since % 86_400).cast("int32").op()


def _quantiles_at_once(node: ops.Node, changed: Mapping[str, Any] | None) -> ops.Node:
    """All quantiles of a column at once, of which DuckDB would keep the values apart.

    Half the memory and a third of the time of `response_time` over many rows.
    """
    node = node.__recreate__(changed) if changed else node
    if not isinstance(node, ops.Aggregate):
        return node
    asked: dict[tuple[ops.Node, ops.Node | None], dict[str, float]] = {}
    for name, metric in node.metrics.items():
        if isinstance(metric, ops.Median | ops.Quantile):
            share = 0.5 if isinstance(metric, ops.Median) else metric.quantile.value
            asked.setdefault((metric.arg, metric.where), {})[name] = share
    several = {f"quantiles_{i}": (of, shares) for i, (of, shares) in enumerate(asked.items()) if len(shares) > 1}
    if not several:
        return node
    apart = {name: (at, i) for at, (_, shares) in several.items() for i, name in enumerate(shares)}
    metrics = {name: metric for name, metric in node.metrics.items() if name not in apart}
    for at, ((arg, where), shares) in several.items():
        metrics[at] = ops.MultiQuantile(arg, tuple(shares.values()), where)
    found = ops.Aggregate(node.parent, node.groups, metrics).to_expr()
    columns = {name: found[apart[name][0]][apart[name][1]] if name in apart else found[name] for name in node.schema}
    return found.select(**columns).op()


def _counts_as_sums(node: ops.Node, changed: Mapping[str, Any] | None) -> ops.Node:
    """How many rows keep to something, as a sum of 1 and 0: for a count DuckDB sets the other rows apart."""
    node = node.__recreate__(changed) if changed else node
    if not isinstance(node, ops.Aggregate) or not any(_kept(metric) for metric in node.metrics.values()):
        return node
    sums = {name: _kept(metric) or metric for name, metric in node.metrics.items()}
    return ops.Aggregate(node.parent, node.groups, sums)


def _kept(metric: ops.Value) -> ops.Value | None:
    """The sum for a count of what keeps to something, however that is said; None for any other metric."""
    if isinstance(metric, ops.CountStar) and metric.where is not None:
        keeps = metric.where.to_expr()
    elif isinstance(metric, ops.Count) and metric.where is None and isinstance(metric.arg, ops.IfElse):
        keeps = metric.arg.bool_expr.to_expr()
        if metric.arg != ibis.ifelse(keeps, 1, None).op():
            return None
    else:
        return None
    # DuckDB's sum of whole numbers is wider than Ibis holds it for, which leaves out a mere `cast`.
    return ops.Cast(ibis.ifelse(keeps, 1, 0).sum().fill_null(0), "int64")


def _grouped_by_what_differs(node: ops.Node, changed: Mapping[str, Any] | None) -> ops.Node:
    """Groups by a column that is the same in all rows, such as the month asked for, without it: each key is hashed."""
    node = node.__recreate__(changed) if changed else node
    if not isinstance(node, ops.Aggregate):
        return node
    same = {name: of for name, key in node.groups.items() if (of := _constant(key)) is not None}
    if not same or len(same) == len(node.groups):
        return node
    groups = {name: key for name, key in node.groups.items() if name not in same}
    found = ops.Aggregate(node.parent, groups, node.metrics).to_expr()
    return found.select(**{name: same[name] if name in same else found[name] for name in node.schema}).op()


def _constant(value: ops.Value) -> ir.Value | None:
    """A value that no row has part in; None for any other."""
    while isinstance(value, ops.Field) and isinstance(value.rel, ops.Project):
        value = value.rel.values[value.name]
    of_rows = value.find((ops.Field, ops.Relation, ops.Impure))
    return value.to_expr() if value.shape.is_scalar() and not of_rows else None


def quiet(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A connection that draws no bar of its progress: a page would show it."""
    connection.execute("SET enable_progress_bar = false")
    return connection


def _planned(sql: str, shapes: tuple[tuple[str, pa.Schema], ...], few: bool) -> _Plan:
    """The plan of a question, in which DuckDB takes tables of other types than those it was made for as if of those."""
    if not hasattr(_THREAD, "planned"):
        # Plans and databases are a thread's own, and none is made before: a process that forks must not hold one.
        databases = lru_cache(lambda few: quiet(duckdb.connect(config={"threads": 1} if few else {})))

        @lru_cache(PLANS)
        def planned(sql: str, shapes: tuple[tuple[str, pa.Schema], ...], few: bool) -> _Plan:
            return _Plan(sql, (name for name, _ in shapes), databases(few).cursor())

        _THREAD.planned = planned
    return _THREAD.planned(sql, shapes, few)


def remembered(size: int = 512) -> Callable:
    """Keep what a function returns for arguments that can be hashed; compute it anew for others."""

    def decorate(function: Callable) -> Callable:
        kept = lru_cache(size)(function)

        def call(*args: Any) -> Any:
            try:
                hash(args)
            except TypeError:
                return function(*args)
            return kept(*args)

        return call

    return decorate

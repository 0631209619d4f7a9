"""Frames are computed by DuckDB in the process.

A question is compiled once for each shape of its tables, whatever days it names; its plan is kept for other rows.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, timedelta
from functools import lru_cache, partial
from typing import Any

import duckdb
import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa

from amlib.kpis.known import different
from amlib.kpis.rewriting import for_duckdb, groups_by_arrow

_THREAD = threading.local()
PLANS = 256
"""Questions whose plans a thread keeps: a book of a month is asked some hundred."""

FEW = 1 << 17
"""Tables of so many rows are left to one thread: starting and waiting for others takes longer than their work."""

LEAST_AT_ONCE = 1 << 14
"""Rows of the smallest batch: DuckDB gives each thread a batch at a time, and a frame arrives as a single one."""


class Query:
    """An Ibis expression over named tables, as SQL: `run` computes it over the frames given by those names."""

    def __init__(self, expression: ir.Table) -> None:
        """Compile an expression over unbound tables (`ibis.table`); tables made in the code go along.

        One that differs from another in its days alone is not compiled again.
        """
        days: dict[date, date] = {}
        statement = _statement(expression.op().replace(partial(_with_stand_ins, days)))
        named = {stand_in: day for day, stand_in in days.items()}
        self.schema, self.constants, self.texts = statement.schema, statement.constants, statement.texts
        self.sql = _DAY.sub(lambda found: _said(named[date(*map(int, found.groups()))]), statement.sql)

    def run(self, frames: Mapping[str, pa.Table], check: Callable[[], None] = lambda: None) -> pa.Table:
        """The result as an Arrow table of the types that Ibis gives it, or what `check` raises.

        `check` looks at the frames: before few rows, and while many are computed, which is stopped where it raises.
        """
        tables = {**self.constants, **frames}
        few = all(len(table) <= FEW for table in tables.values())
        shapes = {name: table.schema for name, table in tables.items()}
        shapes |= {name: pa.schema([frames[frame].field(column)]) for name, (frame, column) in self.texts.items()}
        plan = _planned(self.sql, tuple(shapes.items()), few)

        def answer() -> pa.Table:
            texts = {name: different(frames[frame][column]) for name, (frame, column) in self.texts.items()}
            return plan.answer(tables | {name: pa.table([texts[name]], shapes[name]) for name in texts})

        if few:
            check()
        return (answer() if few else _beside(answer, check, plan.connection.interrupt)).cast(self.schema)


class _Statement:
    """An expression as SQL, the types of its answer and the tables that go along."""

    def __init__(self, op: ops.Node) -> None:
        expression, self.texts = groups_by_arrow(op.to_expr())
        expression = for_duckdb(expression)
        self.schema = expression.schema().to_pyarrow()
        self.constants = {op.name: op.data.to_pyarrow(op.schema) for op in expression.op().find(ops.InMemoryTable)}
        self.sql = str(ibis.to_sql(expression, dialect="duckdb"))


_STAND_IN = date(9000, 1, 1)
_DAY = re.compile(r"MAKE_DATE\((9\d{3}), (\d+), (\d+)\)")  # as Ibis says one in SQL


def _with_stand_ins(days: dict[date, date], node: ops.Node, changed: Mapping[str, Any] | None) -> ops.Node:
    """A day as one of the year 9000 and after; `days` gets which stands for which.

    Parameters of DuckDB would not do: it makes the plan of a question that has one anew each time.
    """
    node = node.__recreate__(changed) if changed else node
    if not isinstance(node, ops.Literal) or not node.dtype.is_date() or node.value is None:
        return node
    return ops.Literal(days.setdefault(node.value, _STAND_IN + timedelta(days=len(days))), node.dtype)


def _said(day: date) -> str:
    return f"MAKE_DATE({day.year}, {day.month}, {day.day})"


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
        several = self.rows.to_batches(max(LEAST_AT_ONCE, len(self.rows) // 16))
        return pa.Table.from_batches(several, self.rows.schema).__arrow_c_stream__(requested_schema)


def _beside(answer: Callable[[], pa.Table], check: Callable[[], None], interrupt: Callable[[], None]) -> pa.Table:
    with ThreadPoolExecutor(1) as aside:
        answered = aside.submit(answer)
        try:
            check()
            return answered.result()
        except BaseException:
            while not answered.done():
                interrupt()  # again and again: one that has not begun may not hear it
                wait([answered], timeout=0.01)
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


def quiet(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A connection that draws no bar of its progress: a page would show it."""
    connection.execute("SET enable_progress_bar = false")
    return connection


def _database(few: bool) -> duckdb.DuckDBPyConnection:
    database = quiet(duckdb.connect(config={"threads": 1} if few else {}))
    # Which values one side of a join has helps to pass over parts of a file; of frames it has each value compared.
    database.execute("SET disabled_optimizers = 'join_filter_pushdown'")
    return database


def _planned(sql: str, shapes: tuple[tuple[str, pa.Schema], ...], few: bool) -> _Plan:
    """This thread's plan of a question over tables of those types: DuckDB would read any other as if of them."""
    if not hasattr(_THREAD, "planned"):
        # Plans and databases are a thread's own, and none is made before: a process that forks must not hold one.
        databases = lru_cache(_database)

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


# Each is kept with its expression, of which a hundred take 40 MB.
_statement = remembered(128)(_Statement)

"""The engines that KPI tests run on beside pandas: a DuckDB file, PostgreSQL, Spark. Each holds frames as tables."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from amlib.business_time import WorkingHours
from amlib.kpis.kpi import as_pandas
from amlib.kpis.registry import EngineCannot, Kpi
from amlib.kpis.tables import as_arrow
from amlib.schema import TABLES

WITH_POSTGRES = Path(__file__).parents[1] / ".ci" / "with-postgres"


@dataclass
class Engine:
    """A place that `store` writes named tables to. What it holds already is not written again."""

    store: Callable[[str, pa.Table], ir.Table]
    held: dict[str, ir.Table] = field(default_factory=dict)

    def table(self, rows: pa.Table) -> ir.Table:
        with pa.BufferOutputStream() as stream:
            with pa.ipc.new_stream(stream, rows.schema) as writer:
                writer.write_table(rows)
            content = hashlib.sha256(stream.getvalue()).hexdigest()
        if content not in self.held:
            self.held[content] = self.store(f"rows_{len(self.held)}", rows)
        return self.held[content]

    def asked(self, kpi: Kpi) -> Callable[..., pd.DataFrame]:
        """The KPI, whose pandas frames become tables of the engine and whose lazy answer becomes a pandas frame."""
        function = kpi.function

        @wraps(function)
        def ask(*args: Any, **kwargs: Any) -> Any:
            given, frames = _given(kpi, args, kwargs)
            if not frames:
                return function(*args, **kwargs)
            time_zone = next((v.time_zone for v in given.values() if isinstance(v, WorkingHours)), None)
            given.update({name: self.table(as_rows(frame, name, time_zone)) for name, frame in frames.items()})
            try:
                found = function(**given)
            except EngineCannot as error:
                pytest.skip(str(error))
            assert isinstance(found, ir.Table)
            return as_pandas(found.to_pyarrow())

        return ask


class Frames:
    """No engine: frames go in as they are, and must come out as they were."""

    def asked(self, kpi: Kpi) -> Callable[..., pd.DataFrame]:
        function = kpi.function

        @wraps(function)
        def ask(*args: Any, **kwargs: Any) -> Any:
            _, frames = _given(kpi, args, kwargs)
            before = {name: frame.copy() for name, frame in frames.items()}
            found = function(*args, **kwargs)
            for name, frame in frames.items():
                pd.testing.assert_frame_equal(frame, before[name])
            return found

        return ask


def _given(kpi: Kpi, args: tuple, kwargs: dict[str, Any]) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    given = inspect.signature(kpi.function).bind(*args, **kwargs).arguments
    return given, {name: given[name] for name in kpi.tables if isinstance(given.get(name), pd.DataFrame)}


def as_rows(frame: pd.DataFrame, name: str, time_zone: str | None = None) -> pa.Table:
    """A frame in the types that a database would have: dates are dates, instants wall-clock time to the microsecond.

    Columns of values that no database takes are left out.
    """
    months = {column for column in frame if isinstance(frame[column].dtype, pd.PeriodDtype)}
    rows = as_arrow(frame, name, [c for c in frame if c in months or _storable(frame[c])], time_zone)
    contract = TABLES[name].columns
    for i, (column, found) in enumerate(zip(rows.schema.names, rows.schema.types, strict=True)):
        wanted = found
        if pa.types.is_null(found) or pa.types.is_large_string(found):
            wanted = pa.string()
        elif pa.types.is_timestamp(found):
            dated = column in months or (column in contract and contract[column].kind == "date")
            whole = dated and pc.all(pc.equal(rows[i], pc.floor_temporal(rows[i], unit="day"))).as_py() is not False
            wanted = pa.date32() if whole else pa.timestamp("us")
        rows = rows.set_column(i, column, rows[i].cast(wanted))
    return rows


def _storable(column: pd.Series) -> bool:
    try:
        return not pa.types.is_nested(pa.array(column, from_pandas=True).type)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return False


@contextmanager
def duckdb_file(path: Path) -> Iterator[Engine]:
    connection = ibis.duckdb.connect(path)
    yield Engine(connection.create_table)
    connection.disconnect()


@contextmanager
def postgres() -> Iterator[Engine]:
    """The server at AMLIB_TEST_POSTGRES, or one of its own. It holds temporary tables only: nothing stays behind."""
    need(importlib.util.find_spec("psycopg"), "psycopg is not installed: the extra 'postgres' has it")
    import psycopg

    with postgres_server() as url, psycopg.connect(url, autocommit=True) as connection:
        backend = ibis.postgres.from_connection(connection)

        def store(name: str, rows: pa.Table) -> ir.Table:
            backend.create_table(name, schema=ibis.Schema.from_pyarrow(rows.schema), temp=True)
            with connection.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN") as copy:
                for row in rows.to_pylist():
                    copy.write_row(row.values())
            return backend.table(name)

        yield Engine(store)


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL: the one at AMLIB_TEST_POSTGRES, or one that lives as long as this."""
    if url := os.environ.get("AMLIB_TEST_POSTGRES"):
        yield url
        return
    installed = [*Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    need(installed, "AMLIB_TEST_POSTGRES is not set, and Debian's postgresql is not installed")
    # The server lives as long as the command beside it, and `cat` until its input is closed.
    beside = [WITH_POSTGRES, "sh", "-c", 'echo "$AMLIB_TEST_POSTGRES"; cat']
    with subprocess.Popen(beside, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield server.stdout.readline().strip()


@contextmanager
def postgres_database(name: str) -> Iterator[str]:
    """The address of an empty database in it, of this process alone."""
    need(importlib.util.find_spec("psycopg"), "psycopg is not installed: the extra 'postgres' has it")
    import psycopg

    name = f"{name}_{os.getpid()}"
    with postgres_server() as shared, psycopg.connect(shared, autocommit=True) as owner:
        owner.execute(f"create database {name}")
        yield shared.replace("/postgres?", f"/{name}?")
        owner.execute(f"drop database {name} with (force)")


@contextmanager
def spark(warehouse: Path) -> Iterator[Engine]:
    """Spark in this process, set for many small questions: one task each, run without compiling it first."""
    need(importlib.util.find_spec("pyspark"), "pyspark is not installed: the extra 'spark' has it")
    need(shutil.which("java") or os.environ.get("JAVA_HOME"), "Spark needs Java 17 or newer, which is not installed")
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.log.level": "ERROR",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": str(warehouse),
        "spark.ui.enabled": "false",
    }
    session = SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
    backend = ibis.pyspark.connect(session)
    backend.execute, backend.to_pyarrow = _asked_again(backend.execute), _asked_again(backend.to_pyarrow)

    def store(name: str, rows: pa.Table) -> ir.Table:
        session.createDataFrame(rows).createOrReplaceTempView(name)
        return backend.table(name)

    yield Engine(store)
    session.stop()


def _asked_again(ask: Callable[..., Any]) -> Callable[..., Any]:
    """`ask`, once more where its answer did not get through.

    Spark hands each answer over at a port of its own, for one caller only. A Jupyter client of a test beside this one
    that waits for its kernel knocks at a port that was free a moment ago, and now and then it is this one.
    """
    from pyspark.errors import PySparkRuntimeError

    def asked(*args: Any, **kwargs: Any) -> Any:
        try:
            return ask(*args, **kwargs)
        except PySparkRuntimeError as error:
            if error.getCondition() != "CANNOT_OPEN_SOCKET":
                raise
            return ask(*args, **kwargs)

    return asked


def need(there: Any, reason: str) -> None:
    """Where an engine is not there its tests are skipped, but never where they decide whether a change lands."""
    if not there:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)

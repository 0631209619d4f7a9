"""SQL over rows that were read: DuckDB in memory, sealed off from files, network and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb
import numpy as np
import pandas as pd

from amlib.book.reading import from_arrow, to_arrow
from amlib.kpis.engine import quiet


class QueryFailed(Exception):
    """Why a query gives no table, in DuckDB's own words where it was DuckDB that refused."""


def select(sql: str, sources: Mapping[str, pd.DataFrame], time_zone: str) -> pd.DataFrame:
    """The result of `sql` over the named `sources`, in natural types. Raises `QueryFailed`."""
    with _sealed(sources, time_zone) as connection:
        result = connection.sql(sql)
        if result is None:
            raise QueryFailed("the statement gives no rows; a SELECT is needed")
        for name in result.columns:
            if result.columns.count(name) > 1:
                raise QueryFailed(f"the query gives the column {name!r} twice")
        return from_arrow(result.to_arrow_table())


def hits(condition: str, rows: pd.DataFrame, time_zone: str) -> np.ndarray:
    """For each row whether the SQL `condition` holds; null counts as no. Raises `QueryFailed`."""
    rows = rows.assign(_position=np.arange(len(rows)))
    with _sealed({"rows": rows}, time_zone) as connection:
        # The line break ends a comment that a condition may close with.
        found = connection.sql(f"select _position, coalesce(({condition}\n)::boolean, false) as hit from rows")
        return found.order("_position").to_arrow_table()["hit"].to_numpy().astype(bool)


@contextmanager
def _sealed(sources: Mapping[str, pd.DataFrame], time_zone: str) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with duckdb.connect(":memory:") as connection:
            for name, frame in sources.items():
                connection.register(name, to_arrow(frame))
            connection.execute(f"SET TimeZone = '{time_zone}'")
            # One thread: sums of floats come out the same, to the last bit, in every run.
            connection.execute("SET threads = 1")
            quiet(connection)
            connection.execute("SET python_enable_replacements = false")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            yield connection
    except duckdb.Error as error:
        # What follows is the line of the query again, with a caret under a column that no one-line message keeps.
        reason = str(error).partition("\nLINE ")[0]
        raise QueryFailed(" ".join(reason.split())) from None

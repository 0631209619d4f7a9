"""How KPI tests compare a figure with the same figure worked out in plain SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import duckdb
import pandas as pd
import pyarrow as pa
import pytest


@pytest.fixture(scope="session")
def sql(agency: Mapping[str, pd.DataFrame]) -> Callable[[str], pd.DataFrame]:
    """Runs DuckDB SQL over the tables of `agency`, without Ibis."""
    connection = duckdb.connect()
    for name, table in agency.items():
        connection.register(name, pa.Table.from_pandas(table, preserve_index=False))
    return lambda query: connection.sql(query).to_arrow_table().to_pandas()


@pytest.fixture
def same() -> Callable[[pd.DataFrame, pd.DataFrame], None]:
    """Asserts that a KPI's columns equal those of an SQL answer to 1e-9, in the same row order."""

    def check(found: pd.DataFrame, expected: pd.DataFrame) -> None:
        assert len(expected) == len(found)
        assert len(expected) > 0
        if "month" in expected:
            expected = expected.assign(month=pd.PeriodIndex(pd.to_datetime(expected["month"]), freq="M"))
        pd.testing.assert_frame_equal(found[list(expected)], expected, check_dtype=False, rtol=1e-9, atol=1e-9)

    return check

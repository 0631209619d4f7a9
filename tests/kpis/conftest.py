"""The engines that every KPI test runs on, and how figures are compared with those of plain SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import duckdb
import engines
import pandas as pd
import pyarrow as pa
import pytest

from amlib import kpis

ON_SPARK = [
    pytest.mark.spark,
    # PySpark 4.0 was written before pandas 3.
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option is deprecated"),
]
ENGINES = (
    "pandas",
    "duckdb",
    pytest.param("postgres", marks=pytest.mark.postgres),
    pytest.param("spark", marks=ON_SPARK),
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each engine; drawn examples, and what is about frames only, run on pandas."""
    drawn = getattr(metafunc.function, "is_hypothesis_test", False)
    if not drawn and not metafunc.definition.get_closest_marker("pandas_only"):
        metafunc.parametrize("engine", ENGINES, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests on Spark come first, side by side: where tests run in several processes, one of them alone starts it."""
    items.sort(key=lambda item: item.get_closest_marker("spark") is None)


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The engine on which a test's KPIs are computed: frames become tables there, and the answers frames again."""
    name = getattr(request, "param", "pandas")
    on = request.getfixturevalue(f"on_{name}")
    for kpi in kpis.CATALOGUE.values():
        asked = on.asked(kpi)
        monkeypatch.setattr(kpis, kpi.id, asked)
        monkeypatch.setitem(vars(kpi), "function", asked)  # an entry is frozen, and a test may hold it already
    return name


@pytest.fixture(scope="session")
def on_pandas() -> engines.Frames:
    return engines.Frames()


@pytest.fixture(scope="session")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engines.Engine]:
    with engines.duckdb_file(tmp_path_factory.mktemp("duckdb") / "book.duckdb") as engine:
        yield engine


@pytest.fixture(scope="session")
def on_postgres() -> Iterator[engines.Engine]:
    with engines.postgres() as engine:
        yield engine


@pytest.fixture(scope="session")
def on_spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engines.Engine]:
    with engines.spark(tmp_path_factory.mktemp("spark")) as engine:
        yield engine


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

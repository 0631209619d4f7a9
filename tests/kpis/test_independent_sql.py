"""Every KPI against SQL written from its definition alone, by another way: `sql/<kpi id>.sql`, plain DuckDB SQL.

The comment lines at the head of a file are the question, such as `-- as_of: 2026-06` and `-- by: month, client_id`;
dates stand in the SQL as literals. `-- join: clients.segment` hands the KPI that column of the client of each row
where its table has none; the SQL joins for itself. The answer has the KPI's columns, in any order, and its row order.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from amlib import kpis
from amlib.book import Book, open_book
from amlib.business_time import WorkingHours
from amlib.schema import TABLES

ROOT = Path(__file__).parents[2]
FILES = {file.stem: file for file in sorted(Path(__file__).with_name("sql").glob("*.sql"))}
EXPORT = ROOT.parent / "shared/data/online-retail-export/online_retail_II_export.xlsx"
EXPORTED = {"clients", "invoices"}

every_kpi = pytest.mark.parametrize("kpi", kpis.CATALOGUE)


@every_kpi
def test_of_random_rows(kpi, agency):
    compare(kpi, agency, WorkingHours())


@every_kpi
def test_of_the_sample(kpi, written_sample):
    compare(kpi, written_sample.tables, written_sample.settings.working_hours)


# Nobody in the export keeps a client.
OF_EXPORT = [kpi.id for kpi in kpis.CATALOGUE.values() if {*kpi.tables} <= EXPORTED and kpi.id != "revenue_per_manager"]


@pytest.mark.parametrize("kpi", OF_EXPORT)
def test_of_the_real_export(kpi, export):
    compare(kpi, export.tables, export.settings.working_hours)


@pytest.mark.pandas_only("what files there are is the same on every engine")
def test_every_kpi_has_its_sql_and_every_sql_its_kpi():
    assert set(FILES) == set(kpis.CATALOGUE)


@pytest.fixture(scope="session")
def written_sample() -> Book:
    """The sample book of this repository: three years of sixty clients."""
    return open_book(ROOT / "data" / "sample")


@pytest.fixture(scope="session")
def export() -> Book:
    """The real invoices, moved from 2009-2011 to where the dates in the SQL are."""
    if not EXPORT.is_file():
        missing = "the real data (../shared/data) is not on this machine"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    book = open_book(ROOT / "examples" / "online-retail")
    assert set(book.tables) - set(book.missing) == EXPORTED
    for name in EXPORTED:
        for column in TABLES[name].columns:
            if TABLES[name].columns[column].kind == "date":
                book.tables[name][column] += pd.DateOffset(years=15)
    return book


def compare(kpi: str, tables: Mapping[str, pd.DataFrame], hours: WorkingHours) -> None:
    """Assert that a KPI and its SQL give the same columns, rows and, to 1e-9, numbers."""
    assert kpi in FILES, f"tests/kpis/sql/{kpi}.sql is missing"
    query = FILES[kpi].read_text(encoding="utf-8")
    entry, asked = kpis.CATALOGUE[kpi], question(query)
    given = {name: tables[name] for name in entry.tables}
    if join := asked.pop("join", None):
        name = next(name for name in entry.groups if join.split(".")[0] in linked(name))
        given[name] = joined(given[name], name, join, tables)
    if "hours" in entry.questions:
        asked["hours"] = hours
    found = getattr(kpis, kpi)(**given, **asked)
    expected = answer(query, tables, hours.time_zone)
    assert set(expected) == set(found)
    assert found["value"].notna().any(), "nothing is compared: the figures are all null"
    pd.testing.assert_frame_equal(found, expected[list(found)], check_dtype=False, rtol=1e-9, atol=1e-9)


def question(query: str) -> dict[str, Any]:
    """The keyword arguments in the comment lines at the head of an SQL file; other comments are for readers."""
    found = {}
    for line in query.splitlines():
        if not line.startswith("--"):
            break
        if told := re.fullmatch(r"-- ([a-z_]+): (.+)", line):
            found[told[1]] = literal(told[2].strip())
    if isinstance(found.get("by"), str):
        found["by"] = [column.strip() for column in found["by"].split(",")]
    return found


def literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def linked(name: str) -> dict[str, str]:
    """Table -> the column by which the table `name` points to it."""
    return {target.split(".")[0]: link for link, target in TABLES[name].links.items()}


def joined(frame: pd.DataFrame, name: str, join: str, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """`frame`, the table `name`, with a column such as clients.segment, unless it has it."""
    other, column = join.split(".")
    link = linked(name)[other]
    return frame if column in frame else frame.merge(tables[other][[link, column]], on=link, how="left")


def answer(query: str, tables: Mapping[str, pd.DataFrame], time_zone: str) -> pd.DataFrame:
    """What plain DuckDB says of the tables: dates are dates there, instants wall-clock time, months their first day."""
    with duckdb.connect() as connection:
        for name, frame in tables.items():
            connection.register(f"rows_of_{name}", pa.Table.from_pandas(as_stored(frame, time_zone)))
            kinds = {c: TABLES[name].columns[c].kind for c in frame if c in TABLES[name].columns}
            dated = [f'cast("{c}" as date) as "{c}"' for c, kind in kinds.items() if kind in ("date", "month")]
            replaced = f"replace ({', '.join(dated)})" if dated else ""
            connection.execute(f"create table {name} as select * {replaced} from rows_of_{name}")
        found = connection.execute(query).to_arrow_table().to_pandas()
    if "month" in found:
        found["month"] = pd.PeriodIndex(pd.to_datetime(found["month"]), freq="M")
    return found


def as_stored(frame: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    frame = frame.reset_index(drop=True)
    for column, dtype in frame.dtypes.items():
        if isinstance(dtype, pd.DatetimeTZDtype):
            frame[column] = frame[column].dt.tz_convert(time_zone).dt.tz_localize(None)
        elif isinstance(dtype, pd.PeriodDtype):
            frame[column] = frame[column].dt.to_timestamp()
    return frame

"""Every KPI against SQL written from its definition alone, by another way: `sql/<kpi id>.sql`, plain DuckDB SQL.

The comment lines at the head of a file are the question, such as `-- as_of: 2026-06` and `-- by: month, client_id`;
dates stand in the SQL as literals. `-- join: clients.segment` hands the KPI that column of the client of each row
where its table has none; the SQL joins for itself. The answer has the KPI's columns, in any order, and its row order.

A KPI with several methods has a file for each, `sql/<kpi id>.<method>.sql`. `-- fit: ShiftedBetaGeometric` names models
of `amlib.kpis.fits`, which meet published values in `test_fits.py`: there the first statement makes a table, each of
the next finds what a model is fitted on, and the parameters stand in the last as `$alpha`.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from amlib import kpis
from amlib.book import open_book
from amlib.business_time import WorkingHours
from amlib.kpis import fits
from amlib.kpis.lifetime import Method
from amlib.schema import TABLES

ROOT = Path(__file__).parents[2]
FILES = {file.stem: file for file in sorted(Path(__file__).with_name("sql").glob("*.sql"))}
EXPORT = ROOT.parent / "shared/data/online-retail-export/online_retail_II_export.xlsx"
EXPORTED = {"clients", "invoices"}
YOUNGER = pd.Timestamp("2025-06-01")

every_file = pytest.mark.parametrize("file", FILES)


def asked_of(file: str) -> kpis.Kpi:
    """The KPI that a file of SQL is of."""
    return kpis.CATALOGUE[file.split(".")[0]]


@every_file
def test_of_random_rows(file, random_rows):
    compare(file, random_rows)


@every_file
def test_of_the_sample(file, written_sample):
    compare(file, written_sample)


OF_LIFETIME = [file for file in FILES if asked_of(file).id == "lifetime_value"]


@pytest.mark.parametrize("file", OF_LIFETIME)
def test_of_clients_older_than_the_invoices(file, younger_invoices):
    """Some have left before the first invoice, and others are in sight late."""
    told = compare(file, younger_invoices)
    assert told["older" if "older" in told else "left_before"].sum() > 0


# Nobody in the export keeps a client, and nobody leaves.
NOT_OF_EXPORT = {"revenue_per_manager", "lifetime_value.contractual"}
OF_EXPORT = [file for file in FILES if {*asked_of(file).tables} <= EXPORTED and file not in NOT_OF_EXPORT]


@pytest.mark.parametrize("file", OF_EXPORT)
def test_of_the_real_export(file, export):
    compare(file, export)


@pytest.mark.pandas_only("what files there are is the same on every engine")
def test_every_kpi_has_its_sql_and_every_sql_its_kpi():
    of_kpis = {file for file in FILES if "." not in file}
    assert of_kpis == set(kpis.CATALOGUE)
    assert FILES.keys() - of_kpis == {f"lifetime_value.{method}" for method in get_args(Method) if method != "simple"}


class Rows:
    """Tables that KPIs are asked of on every engine, and what plain DuckDB says of them, which it is asked once.

    Dates are dates there, instants wall-clock time, months their first day.
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame], hours: WorkingHours) -> None:
        self.tables, self.hours = tables, hours
        self.answers: dict[str, pd.DataFrame] = {}
        self.connection = duckdb.connect()
        for name, frame in tables.items():
            self.connection.register("rows", pa.Table.from_pandas(as_stored(frame, hours.time_zone)))
            kinds = {c: TABLES[name].columns[c].kind for c in frame if c in TABLES[name].columns}
            dated = [f'cast("{c}" as date) as "{c}"' for c, kind in kinds.items() if kind in ("date", "month")]
            replaced = f"replace ({', '.join(dated)})" if dated else ""
            self.connection.execute(f"create table {name} as select * {replaced} from rows")
            self.connection.unregister("rows")

    def answer(self, text: str, models: Iterable[str]) -> pd.DataFrame:
        """What a file of SQL says in the end, with the parameters of models fitted on what it says before."""
        if text not in self.answers:
            *before, last = text.split(";\n")
            parameters: dict[str, float] = {}
            for statement, model in zip(before, ["", *models] if before else [], strict=True):
                rows = self.connection.execute(statement).to_arrow_table()
                parameters |= asdict(getattr(fits, model).fit(**rows.to_pydict())) if model else {}
            found = self.connection.execute(last, parameters).to_arrow_table().to_pandas()
            if "month" in found:
                found["month"] = pd.PeriodIndex(pd.to_datetime(found["month"]), freq="M")
            self.answers[text] = found
        return self.answers[text]


@pytest.fixture(scope="session")
def random_rows(agency) -> Rows:
    return Rows(agency, WorkingHours())


@pytest.fixture(scope="session")
def younger_invoices(agency) -> Rows:
    """Those of the last months alone."""
    invoices = agency["invoices"]
    return Rows({**agency, "invoices": invoices[invoices.issued_on >= YOUNGER]}, WorkingHours())


@pytest.fixture(scope="session")
def written_sample() -> Rows:
    """The sample book of this repository: three years of sixty clients."""
    book = open_book(ROOT / "data" / "sample")
    return Rows(book.tables, book.settings.working_hours)


@pytest.fixture(scope="session")
def export() -> Rows:
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
    return Rows(book.tables, book.settings.working_hours)


def compare(file: str, rows: Rows) -> pd.DataFrame:
    """Assert that a KPI and its SQL give the same columns, rows and, to 1e-9, numbers; what they give."""
    query = FILES[file].read_text(encoding="utf-8")
    entry, asked = asked_of(file), question(query)
    models = [model.strip() for model in asked.pop("fit", "").split(",") if model]
    given = {name: rows.tables[name] for name in entry.tables}
    if join := asked.pop("join", None):
        name = next(name for name in entry.groups if join.split(".")[0] in linked(name))
        given[name] = joined(given[name], name, join, rows.tables)
    if "hours" in entry.questions:
        asked["hours"] = rows.hours
    found = entry.function(**given, **asked)
    expected = rows.answer(query, models)
    assert set(expected) == set(found)
    assert found["value"].notna().any(), "nothing is compared: the figures are all null"
    # A maximum is found to so many digits only, from amounts that differ in their last.
    near = 1e-7 if models else 1e-9
    pd.testing.assert_frame_equal(found, expected[list(found)], check_dtype=False, rtol=near, atol=1e-9)
    return expected


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


def as_stored(frame: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    frame = frame.reset_index(drop=True)
    for column, dtype in frame.dtypes.items():
        if isinstance(dtype, pd.DatetimeTZDtype):
            frame[column] = frame[column].dt.tz_convert(time_zone).dt.tz_localize(None)
        elif isinstance(dtype, pd.PeriodDtype):
            frame[column] = frame[column].dt.to_timestamp()
    return frame

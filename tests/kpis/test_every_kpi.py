"""What holds for every KPI: each one in the catalogue is called in the same way and must answer alike."""

from __future__ import annotations

import importlib.util

import engines
import ibis
import pandas as pd
import polars
import pyarrow as pa
import pytest
from asked import ASKED

from amlib import kpis
from amlib.business_time import WorkingHours
from amlib.schema import TABLES

frames_only = pytest.mark.pandas_only("what a call looks like is the same on every engine")
every_kpi = pytest.mark.parametrize("kpi", kpis.CATALOGUE.values(), ids=kpis.CATALOGUE)


def ask(kpi, tables, **more):
    return kpi.function(**{name: tables[name] for name in kpi.tables}, **{**ASKED[kpi.id][0], **more})


def arrow(table: pd.DataFrame) -> pa.Table:
    months = {c: table[c].dt.to_timestamp() for c in table if isinstance(table[c].dtype, pd.PeriodDtype)}
    return pa.Table.from_pandas(table.assign(**months), preserve_index=False)


@pytest.fixture
def agency(agency):
    """A copy for each test, in which nothing else may have written."""
    return {name: table.copy() for name, table in agency.items()}


@pytest.fixture
def empty(agency):
    return {name: table.iloc[:0] for name, table in agency.items()}


@frames_only
def test_every_kpi_is_asked():
    assert set(ASKED) == set(kpis.CATALOGUE)
    assert set(kpis.CATALOGUE) <= set(kpis.__all__)


@frames_only
@every_kpi
def test_catalogue_entry_can_be_printed(kpi):
    assert kpi.definition.endswith(".")
    assert kpi.definition_vi.endswith(".")
    assert kpi.definition_vi != kpi.definition
    for name, columns in kpi.needs.items():
        assert set(columns) <= set(TABLES[name].columns)


@frames_only
@every_kpi
def test_columns_come_in_order(kpi, agency):
    by = ASKED[kpi.id][1]
    found = ask(kpi, agency, by=by)
    interval = ["low", "high"] if "low" in found else []
    assert list(found)[: 3 + len(interval)] == [by, "value", "n", *interval]
    assert found["value"].dtype == "float64"
    assert found["n"].dtype == "int64"
    assert found[by].dropna().is_monotonic_increasing
    assert found["value"].notna().any()


@every_kpi
def test_no_rows_give_a_null_and_no_groups(kpi, empty):
    (row,) = ask(kpi, empty).to_dict("records")
    assert pd.isna(row["value"])
    assert row["n"] == 0
    assert pd.isna(row.get("low"))
    assert pd.isna(row.get("high"))
    assert len(ask(kpi, empty, by=ASKED[kpi.id][1])) == 0


@frames_only
@every_kpi
def test_empty_tables_of_a_book_will_do(kpi):
    book = {name: table.empty("Asia/Ho_Chi_Minh") for name, table in TABLES.items()}
    assert ask(kpi, book)["n"].tolist() == [0]


@every_kpi
def test_no_value_at_all_in_optional_columns_will_do(kpi, agency):
    def emptied(name, table):
        return table.assign(
            **{c: None for c in table if TABLES[name].columns.get(c) and TABLES[name].columns[c].optional}
        )

    ask(kpi, {name: emptied(name, table) for name, table in agency.items()})


@every_kpi
@pytest.mark.parametrize("grouped", [False, True])
def test_every_engine_gives_the_same_numbers(kpi, agency, grouped):
    by = ASKED[kpi.id][1] if grouped else ()
    on_frames = kpi.function.__wrapped__  # below the proxy that takes the frames to the engine
    expected = on_frames(**{n: agency[n] for n in kpi.tables}, **{**ASKED[kpi.id][0], "by": by})
    pd.testing.assert_frame_equal(ask(kpi, agency, by=by), expected, rtol=1e-9, check_dtype=False)


@frames_only
@every_kpi
@pytest.mark.parametrize("frame", [arrow, lambda table: polars.from_arrow(arrow(table))], ids=["arrow", "polars"])
def test_every_frame_gives_the_same_numbers(kpi, agency, frame):
    expected = ask(kpi, agency, by=ASKED[kpi.id][1])
    found = ask(kpi, {n: frame(agency[n]) for n in kpi.tables}, by=ASKED[kpi.id][1])
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9)


@frames_only
@every_kpi
def test_a_missing_column_is_named_with_what_is_there(kpi, agency):
    for name, columns in kpi.needs.items():
        short = {**agency, name: agency[name].drop(columns=columns[-1]).assign(**{f"{columns[-1]}_x": 1})}
        hint = f"{name} has no column '{columns[-1]}' .it has: .*Did you mean '{columns[-1]}_x'"
        with pytest.raises(kpis.ColumnMissing, match=hint):
            ask(kpi, short)


@frames_only
@every_kpi
def test_a_group_of_another_table_must_be_joined(kpi, agency):
    with pytest.raises(kpis.ColumnMissing, match=r"no column 'industry' \(it has: .*\)\. To group by .*clients.*join"):
        ask(kpi, agency, by="industry")


@frames_only
def test_what_to_group_by_is_told(agency):
    surveys, invoices = agency["surveys"], agency["invoices"]
    with pytest.raises(kpis.ColumnMissing) as said:
        kpis.nps(surveys.drop(columns="segment", errors="ignore"), by="segment")
    assert str(said.value).endswith(
        "To group by a column of another table (clients), join it to surveys first, "
        "such as surveys.merge(clients[['client_id', 'segment']], on='client_id')."
    )
    with pytest.raises(kpis.ColumnMissing, match=r"\(account_managers, salaries\), join it to surveys first\.$"):
        kpis.nps(surveys, by="level")
    with pytest.raises(kpis.ColumnMissing, match=r"no column 'thang' .*by names columns that are there, or month\.$"):
        kpis.nps(surveys, by="thang")
    with pytest.raises(kpis.ColumnMissing, match=r"Did you mean 'month'\?$"):
        kpis.nps(surveys, by="months")
    with pytest.raises(
        kpis.ColumnMissing, match=r"add it empty, in pandas with invoices\.assign\(pass_through=None\)\.$"
    ):
        kpis.revenue(invoices.drop(columns="pass_through"))
    payments = agency["payments"]
    with pytest.raises(kpis.ColumnMissing, match=r"no column 'month' .* is known on one day: ask once for each month"):
        kpis.overdue_share(invoices, payments, "2026-06", by="month")
    with pytest.raises(kpis.ColumnMissing, match=r"no column 'thang' .*by names columns that are there\.$"):
        kpis.overdue_share(invoices, payments, "2026-06", by="thang")


@frames_only
@pytest.mark.parametrize("dialect", ["postgres", "databricks", "pyspark", "bigquery", "snowflake"])
@every_kpi
def test_the_expression_compiles_for_other_engines(kpi, agency, dialect):
    if dialect in kpi.cannot:
        pytest.skip(f"{dialect}: {kpi.cannot[dialect]}")
    if dialect == "pyspark":
        engines.need(importlib.util.find_spec("pyspark"), "pyspark is not installed: the extra 'spark' has it")
        assert ibis.pyspark  # Ibis knows how to write its SQL once the engine has been named
    unbound = {n: ibis.table(ibis.memtable(arrow(table)).schema(), name=n) for n, table in agency.items()}
    assert "SELECT" in ibis.to_sql(ask(kpi, unbound, by=ASKED[kpi.id][1]), dialect=dialect)


@frames_only
def test_instants_with_a_zone_in_an_ibis_table_are_refused(agency):
    zoned = agency["messages"].assign(received_at=lambda t: t["received_at"].dt.tz_localize("UTC"))
    with pytest.raises(ValueError, match=r"messages.received_at is timestamp\('UTC'.*wall-clock time"):
        kpis.response_time(ibis.memtable(arrow(zoned)), WorkingHours())


@frames_only
def test_months_of_a_frame_group_as_months(agency):
    invoices = agency["invoices"]
    own = invoices.assign(month=invoices["issued_on"].dt.to_period("M"))
    pd.testing.assert_frame_equal(kpis.revenue(own, by="month"), kpis.revenue(invoices, by="month"))
    pd.testing.assert_frame_equal(kpis.returning_clients(own, by="month"), kpis.returning_clients(invoices, by="month"))

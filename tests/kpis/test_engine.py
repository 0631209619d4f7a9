"""What DuckDB is asked in its own way is what the expression means."""

from datetime import date

import ibis
import pyarrow as pa

from amlib.kpis.engine import for_duckdb

DAYS = {
    date(2024, 2, 29): date(2024, 2, 1),  # a leap day
    date(2023, 1, 1): date(2023, 1, 1),
    date(2025, 12, 31): date(2025, 12, 1),
    date(1969, 12, 31): date(1969, 12, 1),  # before DuckDB's day 0
    None: None,
}


def test_the_month_of_a_day_is_its_first_day():
    days = ibis.memtable(pa.table({"row": range(len(DAYS)), "day": pa.array([*DAYS], pa.date32())}))
    asked = for_duckdb(days.mutate(month=days.day.truncate("M")).order_by("row"))
    assert "DATE_TRUNC" not in ibis.to_sql(asked, dialect="duckdb").upper()
    assert asked.to_pyarrow()["month"].to_pylist() == [*DAYS.values()]
    assert asked.schema()["month"].is_date()

"""What DuckDB is asked in its own way is what the expression means."""

from datetime import date, datetime

import ibis
import pyarrow as pa
import pytest

from amlib.business_time import seconds_of_day
from amlib.kpis.engine import Query
from amlib.kpis.rewriting import for_duckdb, groups_by_arrow

pytestmark = pytest.mark.pandas_only

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


@pytest.mark.parametrize(
    ("moment", "second"),
    [
        (datetime(2026, 10, 31), 0),
        (datetime(2026, 10, 31, 23, 59, 59, 999999), 86399),
        (datetime(2026, 10, 31, 8, 30, 7), 30607),
        (datetime(1969, 12, 31, 23, 59, 59, 500000), 86399),  # before DuckDB's second 0
        (datetime(1, 1, 1, 0, 0, 1), 1),
        (None, None),
    ],
)
def test_the_second_of_a_day(moment, second):
    moments = ibis.memtable(pa.table({"at": pa.array([moment], pa.timestamp("us"))}))
    asked = for_duckdb(moments.mutate(second=seconds_of_day(moments["at"])))
    assert "EXTRACT" not in ibis.to_sql(asked, dialect="duckdb").upper()
    assert asked.to_pyarrow()["second"].to_pylist() == [second]


@pytest.mark.parametrize(("values", "above_one"), [([1, 2, None, 5], 2), ([None, 1], 0), ([], 0)])
def test_what_keeps_to_something_is_counted(values, above_one):
    rows = ibis.memtable(pa.table({"a": pa.array(values, pa.int64()), "group": ["x"] * len(values)}))
    counts = {"where": rows.count(where=rows.a > 1), "case": ibis.ifelse(rows.a > 1, 1, None).count()}
    asked = for_duckdb(rows.aggregate(**counts, all=rows.count(), any=rows.a.count()))
    assert "CASE WHEN" in (sql := ibis.to_sql(asked, dialect="duckdb").upper())
    assert "FILTER" not in sql
    assert "COUNT(CASE" not in sql.replace("\n", "").replace(" ", "")
    known = len([value for value in values if value is not None])
    assert asked.to_pyarrow().to_pylist() == [
        {"where": above_one, "case": above_one, "all": len(values), "any": known},
    ]
    by_group = for_duckdb(rows.aggregate(by="group", **counts)).to_pyarrow()
    assert by_group["where"].to_pylist() == ([above_one] if values else [])
    assert by_group.schema.field("where").type == pa.int64()


@pytest.mark.parametrize("rows", [0, 3])
@pytest.mark.parametrize(
    ("by", "keys"),
    [
        (["group", "month"], 1),
        (["month", "at", "group"], 1),
        (["month"], 1),  # no row gives no group, where nothing to group by gives one
        (["group", "number"], 2),
        (["group", "drawn"], 2),
        (["group", "month_of"], 2),
    ],
)
def test_what_is_the_same_in_all_rows_is_no_key_to_group_by(by, keys, rows):
    given = {"group": ["a", "b", "a"], "x": [1, 4, 2], "day": [date(2026, 3, 9)] * 3}
    table = ibis.memtable(pa.table(given)[:rows]).mutate(
        month=ibis.date(2026, 3, 1), at=ibis.literal("here"), number=ibis.row_number(), drawn=ibis.random()
    )
    table = table.mutate(month_of=table.day.truncate("M"))
    asked = for_duckdb(table.group_by(by).agg(n=table.count(), x=table.x.sum()))
    assert asked.columns == (*by, "n", "x")
    grouped = ibis.to_sql(asked, dialect="duckdb").partition("GROUP BY")[2]
    assert [line.strip(" ,") for line in grouped.partition(")")[0].split()] == [str(i + 1) for i in range(keys)]
    found = asked.to_pyarrow().to_pylist()
    assert sum(row["x"] for row in found) == (7 if rows else 0)
    if "group" in by and keys == 1:
        assert sorted((row["group"], row["x"]) for row in found) == ([("a", 3), ("b", 4)] if rows else [])
    assert {row["month"] for row in found if "month" in by} <= {date(2026, 3, 1)}


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("texts", [["b", None, "a", "b", "a"], [], [None, None], ["", "a"]])
def test_the_texts_of_a_column_are_handed_over(texts, same):
    rows = ibis.table({"of": "string", "x": "int64"}, name="rows")
    month = ibis.literal(date(2026, 3, 1))
    asked = rows.mutate(month=month, group=rows.of).select("group", *(["month"] if same else [])).distinct()
    frames = {"rows": pa.table({"of": pa.array(texts, pa.string()), "x": [1] * len(texts)})}
    rewritten, handed = groups_by_arrow(asked)
    assert handed == {"texts_of_rows_of": ("rows", "of")}
    assert "DISTINCT" not in ibis.to_sql(rewritten, dialect="duckdb").upper()
    found = Query(asked).run(frames)
    assert sorted(map(str, found["group"].to_pylist())) == sorted({*map(str, texts)})
    assert tuple(found.column_names) == asked.columns
    if same:
        assert {*found["month"].to_pylist()} <= {date(2026, 3, 1)}


@pytest.mark.parametrize("make", ["two", "number", "other", "filtered"])
def test_other_groups_are_left_to_duckdb(make):
    rows = ibis.table({"of": "string", "also": "string", "x": "int64"}, name="rows")
    asked = {
        "two": rows.select("of", "also"),
        "number": rows.select("x"),
        "other": rows.select(of=rows.of.upper()),
        "filtered": rows.filter(rows.x > 1).select("of"),
    }[make].distinct()
    assert groups_by_arrow(asked)[1] == {}
    given = pa.table({"of": ["a", "a", "b", "a"], "also": ["y", "y", "y", "z"], "x": [1, 2, 2, 3]})
    found = Query(asked).run({"rows": given})
    kept = {"two": 3, "number": 3, "other": 2, "filtered": 2}
    assert len(found) == kept[make]

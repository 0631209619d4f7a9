"""What DuckDB is asked in its own way is what the expression means."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from amlib import kpis
from amlib.business_time import seconds_of_day
from amlib.kpis.engine import FEW, PLANS, Query, for_duckdb

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


def many(rows=FEW + 1):
    days = pd.Series(pd.date_range("2026-01-01", periods=1).repeat(rows))
    return pd.DataFrame({"survey_id": range(rows), "sent_on": days, "score": 9.0})


def test_many_rows_are_looked_at_while_they_are_computed():
    surveys = many()
    assert kpis.nps(surveys)["value"].item() == 1
    surveys.loc[FEW, "score"] = 11
    with pytest.raises(ValueError, match=rf"surveys.score is 11.0 where survey_id is {FEW} \(1 row like it"):
        kpis.nps(surveys)
    assert kpis.nps(surveys, check=False)["n"].item() == FEW + 1


def test_what_would_take_for_ever_is_stopped_where_the_look_finds_why():
    """An invoice that is there 200,000 times meets as many payments: 40 billion rows."""
    rows = 200_000
    day = pd.Series(pd.date_range("2026-01-01", periods=1).repeat(rows)).reset_index(drop=True)
    ids = pd.Series(["HD1"] * rows, dtype="str")
    invoices = pd.DataFrame({"invoice_id": ids, "issued_on": day, "due_on": day, "amount": 1.0})
    payments = pd.DataFrame({"invoice_id": ids, "paid_on": day, "amount": 1.0})
    with pytest.raises(ValueError, match=r"invoices.invoice_id is 'HD1' .*expected: each invoice_id once"):
        kpis.payment_delay(invoices, payments, "2026-10")
    assert kpis.payment_delay(invoices.head(1), payments.head(1), "2026-10")["value"].item() == 0


def test_a_look_that_fails_at_once_stops_what_has_not_begun():
    rows = pa.table({"row": range(FEW + 1)})
    one = ibis.table({"row": "int64"}, name="rows")
    pairs = one.cross_join(one.view())
    endless = Query(pairs.filter(pairs.row * pairs.row_right % 7 == 3).aggregate(n=lambda t: t.count()))

    def wrong():
        raise ValueError("a row is wrong")

    for _ in range(20):
        with pytest.raises(ValueError, match="a row is wrong"):
            endless.run({"rows": rows}, wrong)


def numbered(rows=3, text="string"):
    words = pa.array(["ä" * 20, None, "b"] * (rows // 3), getattr(pa, text)())
    return {"rows": pa.table({"row": range(rows), "of": words})}


def query():
    rows = ibis.table({"row": "int64", "of": "string"}, name="rows")
    return Query(rows.aggregate(by="of", n=rows.count(), most=rows.row.max()).order_by("n", "of"))


@pytest.mark.parametrize("rows", [3, FEW // 3 * 3 + 3])
def test_a_question_is_asked_again_of_other_rows(rows):
    asked = query()
    for times in (1, 2, 1):
        found = asked.run(numbered(rows * times)).to_pylist()
        assert [row["n"] for row in found] == [rows * times // 3] * 3
        assert max(row["most"] for row in found) == rows * times - 1
    assert asked.run(numbered(0)).num_rows == 0


def test_a_question_is_asked_of_text_of_another_type_in_memory():
    asked, found = query(), {"ä" * 20, "b", None}
    for text in ("string", "large_string", "string_view", "string"):
        assert {*asked.run(numbered(3, text))["of"].to_pylist()} == found


def test_a_question_does_not_hold_the_rows_that_it_was_asked_of():
    asked, frames = query(), numbered(9)
    for _ in range(2):
        asked.run(frames)
    column = weakref.ref(frames["rows"])
    del frames
    gc.collect()
    assert column() is None


def test_more_questions_than_a_thread_keeps_plans_for():
    rows = ibis.table({"row": "int64"}, name="rows")
    asked = [Query(rows.aggregate(most=rows.row.max() + ibis.literal(i, "int64"))) for i in range(PLANS + 2)]
    for i in (*range(PLANS + 2), 0):
        assert asked[i].run({"rows": pa.table({"row": [1, 7]})}).to_pylist() == [{"most": 7 + i}]


def test_each_thread_asks_for_itself():
    asked = query()
    with ThreadPoolExecutor(4) as threads:
        found = [*threads.map(lambda times: asked.run(numbered(3 * times)).to_pylist(), [1, 5, 9, 2] * 10)]
    assert [rows[0]["n"] for rows in found] == [1, 5, 9, 2] * 10

"""A question is computed over the rows and of the days that it is asked, and stopped where these are wrong."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from amlib import kpis
from amlib.kpis.engine import FEW, PLANS, Query

pytestmark = pytest.mark.pandas_only


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


def in_days(first, last, also):
    rows = ibis.table({"day": "date"}, name="rows")
    kept = rows.day.between(first, last) | (rows.day == also)
    return Query(rows.filter(kept).order_by("day").mutate(next=ibis.literal(last) + ibis.interval(days=1)))


@pytest.mark.parametrize("rows", [10, FEW + 1])
@pytest.mark.parametrize(
    ("days", "found"),
    [
        ((3, 5, 8), [3, 4, 5, 8]),
        ((2, 2, 9), [2, 9]),  # two of them the same
        ((1, 3, 1), [1, 2, 3]),
        ((4, 4, 4), [4]),
        ((8, 7, 3), [3]),
    ],
)
def test_a_question_is_asked_of_other_days(rows, days, found):
    calendar = {date(2026, 3, day): date(2026, 3, day + 1) for day in range(1, 11)}
    other = [date(1999, 1, 1)] * (rows - 10)
    frames = {"rows": pa.table({"day": [*calendar, *other]})}
    said = in_days(*(date(2026, 3, day) for day in days)).run(frames).to_pylist()
    assert said == [{"day": date(2026, 3, day), "next": date(2026, 3, days[1] + 1)} for day in found]


def test_what_differs_in_its_days_alone_is_compiled_once(monkeypatch):
    compiled, to_sql = [], ibis.to_sql
    monkeypatch.setattr(ibis, "to_sql", lambda *args, **kwargs: compiled.append(args) or to_sql(*args, **kwargs))
    rows = ibis.table({"a_day_of_this_test": "date"}, name="rows")
    days = [date(2026, 1, 1), date(2025, 2, 28), date(2026, 12, 3)]
    asked = [Query(rows.filter(rows.a_day_of_this_test >= day)) for day in days]
    assert len(compiled) == 1
    assert [
        query.sql.count(f"({day.year}, {day.month}, {day.day})") for query, day in zip(asked, days, strict=True)
    ] == [1] * 3
    Query(rows.filter(rows.a_day_of_this_test > days[0]))
    assert len(compiled) == 2


@pytest.mark.parametrize("day", [date(9000, 1, 1), date(9000, 1, 2), date(9999, 12, 31), date(1, 1, 1)])
def test_days_far_off_are_themselves(day):
    rows = ibis.table({"day": "date"}, name="rows")
    query = Query(rows.filter(rows.day.isin([day, date(9000, 1, 3)])))
    assert query.run({"rows": pa.table({"day": [day, date(2026, 1, 1)]})}).to_pylist() == [{"day": day}]


def test_many_days_in_one_question():
    days = [date.fromordinal(date(2026, 1, 1).toordinal() + i) for i in range(400)]
    rows = ibis.table({"day": "date"}, name="rows")
    for kept in (days[:200], days[200:]):
        found = Query(rows.filter(rows.day.isin(kept)).order_by("day")).run({"rows": pa.table({"day": days})})
        assert found["day"].to_pylist() == kept

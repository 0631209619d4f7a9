import pandas as pd
import pytest

from amlib import kpis


@pytest.fixture
def one_still_open():
    return pd.DataFrame(
        {
            "due_on": pd.to_datetime(["2026-09-10", "2026-09-20", "2026-10-05", "2026-10-31", "2026-11-05", None]),
            "delivered_on": pd.to_datetime(
                ["2026-09-10", "2026-09-25", None, "2026-11-02", "2026-11-01", "2026-10-01"]
            ),
        }
    )


def test_on_time_is_on_the_day_or_before(one_still_open):
    (row,) = kpis.on_time_delivery(one_still_open, "2026-10").to_dict("records")
    # Due by 31 October are four: on the day, five days late, never, and after as_of
    assert row["value"] == 0.25
    assert {name: row[name] for name in ("n", "on_time", "late", "open_overdue")} == {
        "n": 4,
        "on_time": 1,
        "late": 3,
        "open_overdue": 2,
    }
    # Wilson at 1 of 4, z² = 3.841459: middle (.25 + .480182)/1.960365 = .372473,
    # reach 1.959964/1.960365 × sqrt(.046875 + .060023) = .326886
    assert (row["low"], row["high"]) == pytest.approx((0.045587, 0.699358), abs=1e-5)


def test_by_month_of_the_due_date(one_still_open):
    found = kpis.on_time_delivery(one_still_open, "2026-10", by="month")
    assert found["month"].astype(str).tolist() == ["2026-09", "2026-10"]
    assert found["value"].tolist() == [0.5, 0.0]


def test_what_the_client_turned_down_was_never_due(one_still_open):
    won = pd.array([True, None, False, False, True, True], dtype="boolean")
    found = kpis.on_time_delivery(one_still_open.assign(won=won), "2026-10")
    assert found[["n", "on_time"]].to_numpy().tolist() == [[2, 1]]


def test_what_came_late_is_open_until_the_day_before(one_still_open):
    # The one due on 20 September came on the 25th
    assert kpis.on_time_delivery(one_still_open, "2026-09-24")["open_overdue"].item() == 1
    assert kpis.on_time_delivery(one_still_open, "2026-09-25")["open_overdue"].item() == 0


def test_nothing_due_is_null(one_still_open):
    found = kpis.on_time_delivery(one_still_open, "2026-08")
    assert found["n"].item() == 0
    assert found[["value", "low", "high"]].isna().all(axis=None)


def test_on_time_delivery_equals_sql(agency, sql, same):
    same(
        kpis.on_time_delivery(agency["projects"], "2026-09-15", by="month"),
        sql("""
            select date_trunc('month', due_on) as month,
                   avg((coalesce(delivered_on, '2999-01-01') <= due_on)::int) as value,
                   count(*) as n, sum((coalesce(delivered_on, '2999-01-01') > due_on)::int) as late,
                   sum((coalesce(delivered_on, '2999-01-01') > '2026-09-15')::int) as open_overdue
            from projects where due_on <= '2026-09-15' and won is distinct from false group by all order by month
        """),
    )

import pandas as pd
import pytest
from frames import frame

from amlib import kpis


def test_of_two_clients_with_an_order_in_october_one_had_ordered_before(one_client_returns):
    (row,) = kpis.returning_clients(one_client_returns, "2026-10").to_dict("records")
    assert (row["value"], row["n"], row["returning"], row["new"]) == (0.5, 2, 1, 1)
    # Wilson at 1 of 2, z² = 3.841459: middle .5, reach 1.959964/2.920729 × sqrt(.125 + .240091) = .405468
    assert (row["low"], row["high"]) == pytest.approx((0.094532, 0.905468), abs=1e-5)


def test_each_month_is_a_period(one_client_returns):
    found = kpis.returning_clients(one_client_returns, by="month")
    assert found["month"].astype(str).tolist() == ["2026-08", "2026-10"]
    assert found["value"].tolist() == [0.0, 0.5]


def test_since_leaves_out_months_but_not_the_memory_of_them(one_client_returns):
    found = kpis.returning_clients(one_client_returns, "2026-09", by="month")
    assert found["month"].astype(str).tolist() == ["2026-10"]
    assert found["returning"].tolist() == [1]


def test_orders_after_the_day_asked_for_are_not_known_yet(one_client_returns):
    # By the end of September October's orders have not come: A and C
    assert kpis.returning_clients(one_client_returns, "2026-08", "2026-09").n.tolist() == [2]
    found = kpis.returning_clients(one_client_returns, as_of="2026-09-30", by="month")
    assert found["month"].astype(str).tolist() == ["2026-08"]
    assert kpis.returning_clients(one_client_returns, "2026-10", "2026-10").n.tolist() == [2]


def test_a_period_is_needed(one_client_returns):
    with pytest.raises(ValueError, match="Give since"):
        kpis.returning_clients(one_client_returns)


def test_nobody_ordered_is_null(one_client_returns):
    (row,) = kpis.returning_clients(one_client_returns, "2027-01").to_dict("records")
    assert row["n"] == 0
    assert all(pd.isna(row[column]) for column in ("value", "low", "high"))


def test_repeat_rate_counts_clients_with_two_orders(one_client_returns):
    # A and B ordered twice, C once; D has a credit note only
    (row,) = kpis.repeat_rate(one_client_returns).to_dict("records")
    assert row["value"] == pytest.approx(2 / 3)
    assert (row["n"], row["repeat"], row["once"]) == (3, 2, 1)


def test_what_was_given_for_nothing_is_no_order():
    given = frame(
        "client_id issued_on amount",
        ("A", "2026-08-10", 0.0),
        ("A", "2026-10-10", 5.0),
        ("B", "2026-10-10", 0.0),
    )
    # B never ordered, and A had not before October
    (row,) = kpis.returning_clients(given, "2026-10").to_dict("records")
    assert (row["n"], row["returning"], row["new"]) == (1, 0, 1)
    (row,) = kpis.repeat_rate(given).to_dict("records")
    assert (row["n"], row["repeat"]) == (1, 0)
    assert kpis.cohort_retention(given, "2026-10", by=["cohort", "age"], ages=[0]).n.tolist() == [1]


def test_repeat_rate_of_one_client_is_one_or_nothing(one_client_returns):
    found = kpis.repeat_rate(one_client_returns, by="client_id")
    assert found["client_id"].tolist() == ["A", "B", "C"]
    assert found["value"].tolist() == [1.0, 1.0, 0.0]


def test_returning_clients_equal_sql(agency, sql, same):
    same(
        kpis.returning_clients(agency["invoices"], by=["month", "segment"]),
        sql("""
            with orders as (
                select distinct client_id, segment, date_trunc('month', issued_on) as month
                from invoices where amount > 0
            ), known as (
                select *, exists (from orders e where e.client_id = o.client_id and e.month < o.month)::int as again
                from orders o
            ), sums as (
                select month, segment, count(*) as n, sum(again) as hits, avg(again) as p, 3.8414588206941254 as zz
                from known group by all
            )
            select month, segment, p as value, n, hits as returning,
                   (p + zz / (2 * n) - sqrt(zz * (p * (1 - p) / n + zz / (4 * n * n))))
                   / (1 + zz / n) as low
            from sums order by month, segment nulls last
        """),
    )
    same(
        kpis.returning_clients(agency["invoices"], "2026-06-15"),
        sql("""
            select count(*) filter (client_id in (
                       select client_id from invoices where amount > 0 and issued_on < '2026-06-15'
                   )) / count(*) as value, count(*) as n
            from (select distinct client_id from invoices where amount > 0 and issued_on >= '2026-06-15')
        """),
    )


def test_repeat_rate_equals_sql(agency, sql, same):
    same(
        kpis.repeat_rate(agency["invoices"], by="segment"),
        sql("""
            select segment, count(*) filter (orders > 1) / count(*) as value, count(*) as n
            from (select segment, client_id, count(*) as orders from invoices where amount > 0 group by all)
            group by segment order by segment nulls last
        """),
    )


@pytest.fixture
def two_cohorts():
    """January: C1 comes back after one month and after two, C2 after two. February: C3 never."""
    rows = [
        ("C1", "2026-01-05"),
        ("C1", "2026-02-05"),
        ("C1", "2026-03-05"),
        ("C2", "2026-01-31"),
        ("C2", "2026-03-01"),
    ]
    table = pd.DataFrame([*rows, ("C3", "2026-02-10")], columns=["client_id", "issued_on"])
    return table.assign(issued_on=pd.to_datetime(table.issued_on), amount=10.0)


def test_a_cohort_curve_counts_who_could_have_come(two_cohorts):
    found = kpis.cohort_retention(two_cohorts, "2026-03", ages=[0, 1, 2])
    # at age 1 three could have, C1 did; at age 2 only January's two have got there, and both did
    assert found.age.tolist() == [0, 1, 2]
    assert found.n.tolist() == [3, 3, 2]
    assert found.value.tolist() == pytest.approx([1.0, 1 / 3, 1.0])


def test_a_month_that_is_not_over_has_not_been_reached(two_cohorts):
    assert kpis.cohort_retention(two_cohorts, "2026-03-30", ages=[2]).n.tolist() == []
    assert kpis.cohort_retention(two_cohorts, "2026-03-31", ages=[2]).n.tolist() == [2]


def test_an_order_on_the_last_day_counts(two_cohorts):
    last = two_cohorts.tail(1).assign(client_id="C2", issued_on=pd.Timestamp("2026-04-30"))
    found = kpis.cohort_retention(pd.concat([two_cohorts, last]), "2026-04-30", ages=[3])
    assert found[["n", "active"]].to_numpy().tolist() == [[2, 1]]


def test_clients_without_a_segment_have_their_curve(two_cohorts):
    segments = pd.Series(["key", "key", "key", None, None, "key"], dtype="str")
    found = kpis.cohort_retention(two_cohorts.assign(segment=segments), "2026-03", by="segment", ages=[0, 2])
    # key: C1 at both ages and C3 at its first; none: C2 at both
    assert found["segment"].fillna("none").tolist() == ["key", "none"]
    assert found[["n", "active"]].to_numpy().tolist() == [[3, 3], [2, 2]]


@pytest.mark.parametrize("ages", [[], [-1], [0, 0.5]])
def test_ages_are_whole_months_after_the_first(two_cohorts, ages):
    with pytest.raises(ValueError, match=r"ages=\[.*whole numbers of at least 0"):
        kpis.cohort_retention(two_cohorts, "2026-03", ages=ages)


def test_each_cohort_has_its_own_curve(two_cohorts):
    found = kpis.cohort_retention(two_cohorts, "2026-03", by=["cohort", "age"], ages=[1])
    assert found.active.tolist() == [1, 0]
    assert found.n.tolist() == [2, 1]


def test_cohorts_of_a_quarter_and_of_a_year_are_those_of_its_months_together():
    """A begins in January, B and C in March, D in April: three of the first quarter, four of the year."""
    orders = frame(
        "invoice_id client_id issued_on amount",
        *(("I1", "A", "2026-01-05", 1.0), ("I2", "A", "2026-02-05", 1.0), ("I3", "B", "2026-03-05", 1.0)),
        *(("I4", "B", "2026-04-05", 1.0), ("I5", "C", "2026-03-05", 1.0), ("I6", "D", "2026-04-05", 1.0)),
    )
    found = kpis.cohort_retention(orders, "2026-04", by=["cohort_quarter", "age"], ages=[0, 1])
    assert [str(first)[:10] for first in found.cohort_quarter] == ["2026-01-01", "2026-01-01", "2026-04-01"]
    assert found.age.tolist() == [0, 1, 0]
    assert (found.n.tolist(), found.active.tolist()) == ([3, 3, 1], [3, 2, 1])
    found = kpis.cohort_retention(orders, "2026-04", by=["cohort_year", "age"], ages=[0, 1])
    assert (found.n.tolist(), found.active.tolist()) == ([4, 3], [4, 2])

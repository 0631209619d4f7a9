import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from amlib import kpis

YEAR = 365.25


def clients(*days: int, left: tuple[bool, ...], end="2026-10-31"):
    """Clients who stayed so many days, those who have not left until `end`."""
    end, stayed = pd.Timestamp(end), pd.to_timedelta(np.array(days) - 1, "D")
    gone = end - pd.Timedelta(7, "D")
    lefts = pd.Series(left)
    last = pd.Series(gone, index=lefts.index).where(lefts, end)
    return pd.DataFrame(
        {
            "client_id": [f"C{i}" for i in range(len(days))],
            "since": (last - stayed).astype("datetime64[us]"),
            "until": last.where(lefts).astype("datetime64[us]"),
        }
    )


def invoices(*rows):
    table = pd.DataFrame(rows, columns=["client_id", "issued_on", "amount", "pass_through"])
    return table.assign(issued_on=pd.to_datetime(table["issued_on"]))


def kaplan_meier_mean(days, left) -> float:
    """Area under SciPy's survival curve up to the longest stay, in years."""
    days, left = np.array(days), np.array(left)
    curve = ecdf(CensoredData(uncensored=days[left], right=days[~left])).sf
    edges = np.unique([0, *days])
    return float(np.sum(curve.evaluate(edges[:-1]) * np.diff(edges))) / YEAR


@pytest.fixture
def one_left_after_a_year():
    return clients(365, 730, left=(True, False))


def test_lifetime_value_is_the_product_of_its_three_factors(one_left_after_a_year):
    billed = invoices(
        ("C0", "2026-01-10", 100.0, 0.0),
        ("C1", "2026-02-10", 500.0, 200.0),
        ("C1", "2026-03-10", 200.0, None),
        ("C1", "2026-04-10", -50.0, 0.0),  # a credit note is no order
        ("C1", "2026-11-10", 900.0, 0.0),  # after as_of
        ("X9", "2026-03-10", 900.0, 0.0),  # of no client listed
    )
    (row,) = kpis.lifetime_value(billed, one_left_after_a_year, "2026-10").to_dict("records")
    assert row["average_order_value"] == pytest.approx((100 + 300 + 200) / 3)
    assert row["orders_per_year"] == pytest.approx(3 / (1095 / YEAR))
    # all stay 365 days, then half of them the other 365
    assert row["years_retained"] == pytest.approx((365 + 365 / 2) / YEAR)
    assert row["years_retained_naive"] == pytest.approx(1095 / 2 / YEAR)
    # 200 × 3 ÷ 1095 × 547.5
    assert row["value"] == pytest.approx(300.0)
    assert row["n"] == 2


def test_of_one_client_it_is_what_it_has_brought(one_left_after_a_year):
    billed = invoices(("C0", "2026-01-10", 100.0, 20.0), ("C0", "2026-02-10", 40.0, 0.0))
    found = kpis.lifetime_value(billed, one_left_after_a_year, "2026-10-31", by="client_id")
    assert found["value"].tolist()[0] == pytest.approx(120.0)
    # C1 has never ordered: no order value, so no value; but 0 orders a year are 0
    assert found["value"].isna().tolist() == [False, True]
    assert found["orders_per_year"].tolist()[1] == 0.0


def test_nobody_has_left_yet():
    found = kpis.lifetime_value(
        invoices(("C0", "2026-01-10", 1.0, 0.0)), clients(100, 300, left=(False, False)), "2026-10"
    )
    assert found["years_retained"].item() == pytest.approx(300 / YEAR)


def test_departures_and_arrivals_after_as_of_are_not_known_yet(one_left_after_a_year):
    before = kpis.lifetime_value(invoices(), one_left_after_a_year, pd.Period("2026-09"))
    # Neither has left on 30 September: the longer has stayed 730 − 31 days.
    assert before["years_retained"].item() == pytest.approx(699 / YEAR)
    assert kpis.lifetime_value(invoices(), one_left_after_a_year, "2024-06")["n"].item() == 0


def test_who_leaves_on_the_day_has_left():
    """C0 left after 365 days, on 31 October; C1 is still there after 730."""
    both = clients(365, 730, left=(False, False))
    both.loc[0, "until"] = pd.Timestamp("2026-10-31")
    on_the_day = kpis.lifetime_value(invoices(), both, "2026-10")
    assert on_the_day["years_retained"].item() == pytest.approx((365 + 365 / 2) / YEAR)
    # A day before nobody has left: both have stayed a day less, and the longer of them says how long at least.
    the_day_before = kpis.lifetime_value(invoices(), both, "2026-10-30")
    assert the_day_before["years_retained"].item() == pytest.approx(729 / YEAR)


stays = st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=12)


@settings(max_examples=12, deadline=None)
@given(stays)
def test_years_retained_equal_scipy(drawn):
    days, left = zip(*drawn, strict=True)
    found = kpis.lifetime_value(invoices(), clients(*days, left=left), "2026-10")
    assert found["years_retained"].item() == pytest.approx(kaplan_meier_mean(days, left), abs=1e-9)


def test_lifetime_value_equals_sql_and_scipy(agency, sql, same):
    found = kpis.lifetime_value(agency["invoices"], agency["clients"], "2026-06", by="segment")
    expected = sql("""
        with stays as (
            select client_id, segment, until is not null and until <= '2026-06-30' as gone,
                   date_diff('day', since, least(coalesce(until, '2026-06-30'), timestamp '2026-06-30')) + 1 as days
            from clients where since <= '2026-06-30'
        ), orders as (
            select segment, count(*) as orders, sum(amount - coalesce(pass_through, 0)) as spent
            from (select client_id, amount, pass_through from invoices where amount > 0 and issued_on < '2026-07-01')
            join stays using (client_id) group by segment
        ), tenure as (
            select segment, count(*) as n, sum(days) as days, list(days order by client_id) as stayed,
                   list(gone order by client_id) as gone
            from stays group by segment
        )
        select t.segment, spent / orders as average_order_value, orders / (days / 365.25) as orders_per_year, n,
               days / 365.25 / n as years_retained_naive, stayed, gone
        from tenure t left join orders o on t.segment is not distinct from o.segment order by t.segment nulls last
    """)
    expected["years_retained"] = [
        kaplan_meier_mean(s, g) for s, g in zip(expected.pop("stayed"), expected.pop("gone"), strict=True)
    ]
    expected["value"] = expected.average_order_value * expected.orders_per_year * expected.years_retained
    same(found, expected)

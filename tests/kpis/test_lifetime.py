import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import CensoredData, ecdf

from amlib import kpis
from amlib.kpis.fits import BetaGeometricNBD, GammaGamma, ShiftedBetaGeometric

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


# Of nobody in `clients`: invoices begin before anybody who is came.
OPENED = ("X9", "2024-11-05", 1.0, 0.0)


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
        OPENED,
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
    assert (row["n"], row["left_before"]) == (2, 0)


def test_of_one_client_it_is_what_it_has_brought(one_left_after_a_year):
    billed = invoices(OPENED, ("C0", "2026-01-10", 100.0, 20.0), ("C0", "2026-02-10", 40.0, 0.0))
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


@pytest.fixture
def older_than_the_invoices():
    """C0 came a year before the invoices, C1 and C2 with them, C1 left after 90 days, C3 before there were any."""
    days = pd.DataFrame(
        {
            "since": ["2025-01-01", "2026-01-01", "2026-01-01", "2024-06-01"],
            "until": [None, "2026-03-31", None, "2025-12-31"],
        }
    )
    days = days.apply(pd.to_datetime).astype("datetime64[us]")
    return days.assign(client_id=["C0", "C1", "C2", "C3"], segment=["old", "new", "new", "gone"])


@pytest.fixture
def invoices_of_2026():
    """The first in the middle of January, so that the invoices begin with its first day."""
    return invoices(
        ("C0", "2026-01-20", 100.0, 0.0),
        ("C1", "2026-02-10", 500.0, 200.0),
        ("C2", "2026-03-10", 200.0, 0.0),
        ("C3", "2026-01-31", 700.0, 0.0),  # what is billed after a client left tells of no year in sight
    )


def test_years_before_the_invoices_are_not_in_sight(older_than_the_invoices, invoices_of_2026):
    (row,) = kpis.lifetime_value(invoices_of_2026, older_than_the_invoices, "2026-10").to_dict("records")
    assert (row["n"], row["left_before"]) == (3, 1)
    assert row["average_order_value"] == pytest.approx((100 + 300 + 200) / 3)
    # C0 and C2 are seen for the 304 days from January to October, C1 for 90
    assert row["orders_per_year"] == pytest.approx(3 / (698 / YEAR))
    # C0 is 365 days old when it is first seen. At 90 days there are C1 and C2, of whom half stays; nobody is seen to
    # leave until C0 is 669 days old: 90 + (669 − 90) ÷ 2
    assert row["years_retained"] == pytest.approx(379.5 / YEAR)
    assert row["years_retained_naive"] == pytest.approx((669 + 90 + 304) / 3 / YEAR)
    assert row["value"] == pytest.approx(200 * 3 / 698 * 379.5)


def test_the_last_one_in_sight_does_not_end_the_curve_for_the_older(older_than_the_invoices, invoices_of_2026):
    two = older_than_the_invoices[:2]
    # At 90 days C1 is alone; C0, seen from 365 to 669 days, shows that clients stay longer than that
    assert kpis.lifetime_value(invoices_of_2026, two, "2026-10")["years_retained"].item() == pytest.approx(669 / YEAR)
    # Two that leave together: the first of them counts
    both = pd.concat([two, two[1:].assign(client_id="C4")])
    found = kpis.lifetime_value(invoices_of_2026, both, "2026-10")
    assert found["years_retained"].item() == pytest.approx((90 + 579 / 2) / YEAR)
    # With nobody later it ends there, as it does without delayed entry
    alone = kpis.lifetime_value(invoices_of_2026, two[1:], "2026-10")
    assert alone["years_retained"].item() == pytest.approx(90 / YEAR)


def test_a_group_that_left_before_the_invoices_has_no_value(older_than_the_invoices, invoices_of_2026):
    for method in ("simple", "margin"):
        found = kpis.lifetime_value(invoices_of_2026, older_than_the_invoices, "2026-10", method=method, by="segment")
        assert found["segment"].tolist() == ["gone", "new", "old"]
        assert found["n"].tolist() == [0, 2, 1]
        assert found["left_before"].tolist() == [1, 0, 0]
        assert found["value"].isna().tolist() == [True, False, False]


def test_invoices_after_as_of_do_not_say_when_they_begin(older_than_the_invoices):
    found = kpis.lifetime_value(
        invoices(("C0", "2026-05-05", 1.0, 0.0)), older_than_the_invoices, "2026-04", by="segment"
    )
    assert found["n"].tolist() == [1, 2, 1]
    assert found["left_before"].tolist() == [0, 0, 0]


def test_the_margin_multiple_of_the_years_in_sight(older_than_the_invoices, invoices_of_2026):
    asked = {"method": "margin", "margin": 0.5, "discount": 0.1}
    (row,) = kpis.lifetime_value(invoices_of_2026, older_than_the_invoices, "2026-10", **asked).to_dict("records")
    # 600 in 698 days, half of it left; one of three left in them
    assert (row["n"], row["left_before"]) == (3, 1)
    assert row["margin_per_year"] == pytest.approx(300 / (698 / YEAR))
    assert row["retention"] == pytest.approx(np.exp(-YEAR / 698))
    assert row["value"] == pytest.approx(300 * YEAR / 698 * np.exp(-YEAR / 698) / (1.1 - np.exp(-YEAR / 698)))


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


@pytest.fixture
def one_left_after_a_year_with_a_credit_note():
    return invoices(
        OPENED,
        ("C0", "2026-01-10", 100.0, 0.0),
        ("C1", "2026-02-10", 500.0, 200.0),
        ("C1", "2026-03-10", 200.0, None),
        ("C1", "2026-04-10", -50.0, 0.0),
        ("C1", "2026-11-10", 900.0, 0.0),  # after as_of
    )


def test_the_margin_multiple(one_left_after_a_year, one_left_after_a_year_with_a_credit_note):
    asked = {"method": "margin", "margin": 0.4, "discount": 0.1}
    (row,) = kpis.lifetime_value(
        one_left_after_a_year_with_a_credit_note, one_left_after_a_year, "2026-10", **asked
    ).to_dict("records")
    # 100 + 300 + 200 − 50 = 550 in 1095 days, 2.997947 years: .4 × 550 ÷ 2.997947 = 73.383562 a year;
    # one departure in them, r = exp(−1 ÷ 2.997947) = .716368; 73.383562 × .716368 ÷ (1.1 − .716368) = 137.0313
    assert (row["n"], row["margin_per_year"]) == (2, pytest.approx(73.383562, abs=1e-6))
    assert row["retention"] == pytest.approx(0.716368, abs=1e-6)
    assert row["value"] == pytest.approx(137.0313, abs=1e-3)


def test_the_margin_multiple_of_who_never_leaves(one_left_after_a_year, one_left_after_a_year_with_a_credit_note):
    asked = {"method": "margin", "by": "client_id"}
    tables = one_left_after_a_year_with_a_credit_note, one_left_after_a_year
    found = kpis.lifetime_value(*tables, "2026-10", discount=0.25, **asked)
    # C1: r = 1, and 450 in 730 days, so 225.154110 a year ÷ .25
    assert found["value"].tolist()[1] == pytest.approx(225.15411 / 0.25, abs=1e-3)
    # Money that is worth the same for ever, for ever: no number
    assert kpis.lifetime_value(*tables, "2026-10", discount=0, **asked)["value"].isna().tolist() == [False, True]
    never_ordered = kpis.lifetime_value(invoices().astype({"amount": "float64"}), tables[1], "2026-10", method="margin")
    assert never_ordered["value"].isna().item()
    assert never_ordered["n"].item() == 2


def thousand_since(first: str) -> pd.DataFrame:
    """Fader & Hardie's "high end" customers as clients since a day: 131 leave with the last day of their first year,
    126 with that of their second, …"""
    since, lost = pd.Timestamp(first), [131, 126, 90, 60, 42, 34, 26]
    until = [
        since + pd.DateOffset(years=i + 1) - pd.Timedelta(1, "D") for i, count in enumerate(lost) for _ in range(count)
    ]
    table = pd.DataFrame({"until": pd.to_datetime([*until, *[None] * 491]).astype("datetime64[us]")})
    ids = [f"C{i:03}" for i in range(1000)]
    return table.assign(client_id=ids, since=since, segment=["gone"] * 509 + ["there"] * 491)


@pytest.fixture
def thousand_at_the_start():
    return thousand_since("2019-01-01")


@pytest.mark.parametrize("day", ["03-01", "07-15", "12-31"])
def test_years_are_counted_from_the_day_a_client_came(day):
    clients = thousand_since(f"2019-{day}")
    the_day = pd.Timestamp(f"2026-{day}")
    on_it, before = (
        kpis.lifetime_value(invoices(), clients, as_of, method="contractual", discount=0.1)["years_ahead"].item()
        for as_of in (the_day, the_day - pd.Timedelta(1, "D"))
    )
    assert round(on_it, 3) == 7.530
    # The day before, the seventh renewal has not come
    assert before < 7.5


def test_the_contractual_method_meets_the_paper(thousand_at_the_start):
    ids = thousand_at_the_start.client_id[509:]
    billed = invoices(("X9", "2019-01-31", 1.0, 0.0), *((client, "2020-05-05", 100.0, 0.0) for client in ids))
    asked = {"method": "contractual", "margin": 0.5, "discount": 0.1}
    # On 1 January 2026 the clients left renew for the seventh time: .5 × 100 in 2558 days are 7.139367 a year, and
    # the paper has 7.530 of them still to come
    (row,) = kpis.lifetime_value(billed, thousand_at_the_start, "2026-01-01", **asked).to_dict("records")
    assert (row["n"], round(row["years_ahead"], 3)) == (491, 7.530)
    assert row["margin_per_year"] == pytest.approx(7.139367, abs=1e-6)
    assert row["value"] == pytest.approx(7.139367 * 7.530, abs=0.005)
    grouped = thousand_at_the_start.assign(left=thousand_at_the_start.segment)
    found = kpis.lifetime_value(billed, grouped, "2026-01-01", by="left", **asked)
    assert found["left"].tolist() == ["gone", "there"]
    assert found["n"].tolist() == [0, 491]
    assert found["value"].isna().tolist() == [True, False]


def test_the_contractual_method_of_who_is_older_than_the_invoices(thousand_at_the_start):
    """Invoices from 2021 on know the 743 clients who had renewed twice, and what these did after that."""
    ids = thousand_at_the_start.client_id[509:]
    billed = invoices(*((client, "2021-01-31", 100.0, 0.0) for client in ids))
    asked = {"method": "contractual", "discount": 0.1}
    (row,) = kpis.lifetime_value(billed, thousand_at_the_start, "2026-01-01", **asked).to_dict("records")
    assert (row["n"], row["left_before"]) == (491, 131 + 126)
    # 100 from 2021 to 1 January 2026, which are 1827 days
    assert row["margin_per_year"] == pytest.approx(100 / (1827 / YEAR))
    alpha, beta = by_hazards(first=3, lost=[90, 60, 42, 34, 26], there=743)
    assert row["years_ahead"] == pytest.approx(ShiftedBetaGeometric(alpha, beta).residual(0.1, 7), rel=1e-4)


def by_hazards(first: int, lost: list[int], there: int) -> tuple[float, float]:
    """alpha and beta where those who stay of each year's clients, from the year `first` on, are the most likely.

    The share that stays in year t of those who began it is (β + t − 1) ÷ (α + β + t − 1).
    """
    left, year = np.array(lost), first + np.arange(len(lost))
    began = there - np.concatenate([[0], np.cumsum(left[:-1])])

    def cost(logs):
        alpha, beta = np.exp(logs)
        gone = alpha / (alpha + beta + year - 1)
        return -float(left @ np.log(gone) + (began - left) @ np.log1p(-gone))

    return tuple(np.exp(minimize(cost, [0, 1], method="BFGS", options={"gtol": 1e-7}).x))


@pytest.mark.parametrize("method", ["contractual", "noncontractual"])
def test_models_refuse_few_clients(thousand_at_the_start, method):
    few = thousand_at_the_start.iloc[480:509]
    billed = invoices(*((client, "2020-05-05", 100.0, 0.0) for client in few.client_id))
    with pytest.raises(ValueError, match=r"29 clients are too few .* at least 30 .* method='simple'"):
        kpis.lifetime_value(billed, few, "2026-01-01", method=method)


@pytest.mark.parametrize("wrong", [{"method": "best"}, {"discount": -0.1}, {"horizon": 0}, {"horizon": 1.5}])
def test_a_question_that_cannot_be_is_refused(one_left_after_a_year, wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=rf"{name}.*{value}.*: give "):
        kpis.lifetime_value(invoices(), one_left_after_a_year, "2026-10", **wrong)


def test_the_noncontractual_method_looks_at_days_with_an_order():
    rng = np.random.default_rng(11)
    ids = [f"C{i:02}" for i in range(50)]
    rows = [
        (c, day, spent)
        for c in ids
        for day, spent in zip(rng.integers(0, 700, rng.integers(1, 7)), rng.gamma(4, 25, 7), strict=False)
    ]
    table = pd.DataFrame(rows, columns=["client_id", "day", "amount"]).drop_duplicates(["client_id", "day"])
    table = table.assign(issued_on=pd.Timestamp("2024-01-01") + pd.to_timedelta(table.day, "D"), pass_through=0.0)
    # Seen until 1 January 2026, day 731: x, t_x and T in weeks, and the mean of the repeat orders
    x = table.groupby("client_id").day.count() - 1
    first, last = table.groupby("client_id").day.min(), table.groupby("client_id").day.max()
    recency, age = (last - first) / 7, (731 - first) / 7
    repeats = table[table.day > table.client_id.map(first)].groupby("client_id").amount.mean().reindex(x.index)
    often = BetaGeometricNBD.fit(x, recency, age)
    much = GammaGamma.fit(x[x > 0], repeats[x > 0])
    one, two = (often.expected_orders(years * 365.25 / 7, x, recency, age) for years in (1, 2))
    order_value = much.expected_spend(x, repeats.fillna(0))
    # A quarter of each order's value is left; the first year's is discounted for half a year, the second's for 1½
    value = 0.25 * order_value * (one / 1.2**0.5 + (two - one) / 1.2**1.5)

    # The same orders as a book has them: each in two invoices of a day, media money in one of them, a credit note, an
    # invoice after the day, and a client without any
    halves = table.assign(amount=table.amount / 2)
    others = table.head(2).assign(amount=[-500.0, 900.0], issued_on=pd.to_datetime(["2025-05-05", "2026-01-02"]))
    billed = pd.concat([halves, halves.assign(amount=halves.amount + 40, pass_through=40.0), others])
    clients = pd.DataFrame({"client_id": [*ids, "C99"], "since": pd.Timestamp("2024-01-01")})
    clients = clients.assign(until=pd.Series([pd.NaT] * 51, dtype="datetime64[us]"))
    asked = {"method": "noncontractual", "margin": 0.25, "discount": 0.2, "horizon": 2}
    found = kpis.lifetime_value(billed, clients, "2026-01-01", by="client_id", **asked)
    assert found["client_id"].tolist() == ids
    assert found["orders_ahead"].to_numpy() == pytest.approx(np.asarray(two), rel=1e-4)
    assert found["alive"].to_numpy() == pytest.approx(np.asarray(often.alive(x, recency, age)), rel=1e-4)
    assert found["order_value"].to_numpy() == pytest.approx(np.asarray(order_value), rel=1e-4)
    assert found["value"].to_numpy() == pytest.approx(np.asarray(value), rel=1e-4)
    (whole,) = kpis.lifetime_value(billed, clients, "2026-01-01", **asked).to_dict("records")
    assert (whole["n"], whole["value"]) == (50, pytest.approx(float(np.mean(value)), rel=1e-4))
    assert whole["older"] == 0

    # C00 left on the last day: it orders no more, and what is said of the others stays; C01 came before the invoices
    clients.loc[0, "until"] = pd.Timestamp("2026-01-01")
    clients.loc[[1, 50], "since"] = pd.Timestamp("2023-12-31")
    left = kpis.lifetime_value(billed, clients, "2026-01-01", by="client_id", **asked)
    assert left["n"].tolist() == [0, *[1] * 49]
    assert left["older"].tolist() == [0, 1, *[0] * 48]
    assert left["value"].isna().tolist() == [True, *[False] * 49]
    assert left["value"].to_numpy()[1:] == pytest.approx(np.asarray(value)[1:], rel=1e-4)
    (whole,) = kpis.lifetime_value(billed, clients, "2026-01-01", **asked).to_dict("records")
    assert (whole["n"], whole["older"]) == (49, 1)
    assert whole["value"] == pytest.approx(float(np.mean(np.asarray(value)[1:])), rel=1e-4)

"""Bonus, commission, and what a raise costs."""

from __future__ import annotations

import pytest

from amlib import pay

TIERS = [(0, 0.01), (1_000, 0.02), (3_000, 0.05)]


@pytest.mark.parametrize(
    ("revenue", "earned"),
    [
        (-50, 0),
        (0, 0),
        (500, 5),
        (1_000, 10),
        (2_000, 30),  # 10 + 2 % of 1,000
        (3_000, 50),
        (5_000, 150),  # 50 + 5 % of 2,000
    ],
)
def test_each_tier_holds_for_the_revenue_above_its_edge(revenue, earned):
    assert pay.Commission(TIERS).of(revenue) == pytest.approx(earned)


def test_a_threshold_earns_nothing_below_it_and_a_cap_nothing_above():
    scheme = pay.Commission([(2_000, 0.1)], cap=150)
    assert [scheme.of(revenue) for revenue in (1_999, 2_500, 3_500, 9_000)] == pytest.approx([0, 50, 150, 150])
    assert pay.Commission([(0, 0.05)]).of(200) == pytest.approx(10)


@pytest.mark.parametrize(
    ("tiers", "cap", "said"),
    [
        ([], None, r"tiers start at \[\]"),
        ([(0, 0.1), (0, 0.2)], None, r"tiers start at \[0, 0\]; expected one or more, rising"),
        ([(-1, 0.1)], None, r"tiers start at \[-1\]"),
        ([(0, 5)], None, "a tier's rate is 5; expected a share of revenue such as 0.05"),
        ([(0, 0.1)], -1, "the cap is -1; expected money, or None"),
    ],
)
def test_a_scheme_that_cannot_be_is_refused(tiers, cap, said):
    with pytest.raises(ValueError, match=said):
        pay.Commission(tiers, cap)


def test_rates_and_edges_are_a_scheme():
    assert pay.Commission.tiered([0.01, 0.02, 0.05], [0, 1_000, 3_000], 100) == pay.Commission(TIERS, 100)
    assert pay.Commission.tiered([], [0]) is None
    with pytest.raises(ValueError, match="the commission has 2 rates and 1 edges; expected one edge for each"):
        pay.Commission.tiered([0.01, 0.02], [0])


def test_total_pay_of_a_year():
    # 12 × 20 = 240; a 13th month and 10 more: 30; commission 30. 300 in all, 25 a month, a fifth of it variable.
    found = pay.total_pay(20, bonus_months=1, bonus=10, commission=pay.Commission(TIERS), revenue=2_000)
    expected = {"base": 240, "bonus": 30, "commission": 30, "total": 300, "per_month": 25, "variable": 0.2}
    assert found.to_dict() == pytest.approx(expected)
    assert pay.total_pay(20).to_dict() == pytest.approx(
        {"base": 240, "bonus": 0, "commission": 0, "total": 240, "per_month": 20, "variable": 0}
    )


@pytest.mark.parametrize(("base", "how"), [(0, {}), (-1, {}), (1, {"bonus_months": -1}), (1, {"bonus": -1})])
def test_pay_of_nothing_is_refused(base, how):
    with pytest.raises(ValueError, match="expected"):
        pay.total_pay(base, **how)


def test_what_a_raise_costs_and_what_of_it_arrives():
    found = pay.raise_cost(20_000_000, 23_000_000, "2026-10")
    # The net values of 2026: 17.780 and 20.33075 million; both below the cap of 50.6, so 21.5 % and the union's 2 %.
    assert found.net.tolist() == [17_780_000, 20_330_750, 2_550_750]
    assert found.gross.tolist() == [20_000_000, 23_000_000, 3_000_000]
    assert found.on_top.tolist() == [4_700_000, 5_405_000, 705_000]
    assert found.employer_cost.tolist() == [24_700_000, 28_405_000, 3_705_000]
    assert found.index.tolist() == ["now", "then", "raise"]


def test_above_the_caps_a_raise_costs_no_more_than_itself():
    assert pay.raise_cost(120_000_000, 130_000_000, "2026-10").loc["raise", "employer_cost"] == 10_000_000

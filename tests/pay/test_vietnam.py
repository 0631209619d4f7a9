"""Gross and net pay in Vietnam: golden values, figures worked by hand, and what must hold for any pay."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlib import pay
from amlib.pay import law

M = 1_000_000

GOLDEN = [
    (16, "2025-12", "14.154"),
    (16, "2026-01", "14.320"),
    (20, "2025-12", "17.460"),
    (20, "2026-01", "17.780"),
    (23, "2025-12", "19.8765"),
    (23, "2026-01", "20.33075"),
    (30, "2025-12", "25.2225"),
    (30, "2026-01", "26.215"),
    (50, "2025-12", "39.7905"),
    (50, "2026-06", "42.5986"),
    (50, "2026-07", "42.325"),
]


@pytest.mark.parametrize(("gross", "month", "net"), GOLDEN)
def test_golden_values_both_ways(gross, month, net):
    expected = int(Decimal(net) * M)
    assert pay.gross_to_net(gross * M, month).net == expected
    assert pay.net_to_gross(expected, month).gross == gross * M


@pytest.mark.parametrize(
    ("gross", "month", "insurance", "tax"),
    [
        # Below the cap insurance is 10.5 %. What is left above the deduction of 11 (2025) or 15.5 (2026) is taxed.
        (16, "2025-12", 16 * 0.105, 3.32 * 0.05),
        (16, "2026-01", 16 * 0.105, 0),  # 16 - 1.68 is below 15.5
        (20, "2025-12", 20 * 0.105, 0.25 + 1.9 * 0.10),  # of 6.9
        (20, "2026-01", 20 * 0.105, 2.4 * 0.05),
        (23, "2025-12", 23 * 0.105, 0.25 + 4.585 * 0.10),  # of 9.585
        (23, "2026-01", 23 * 0.105, 5.085 * 0.05),
        (30, "2025-12", 30 * 0.105, 0.25 + 0.5 + 5.85 * 0.15),  # of 15.85
        (30, "2026-01", 30 * 0.105, 0.5 + 1.35 * 0.10),  # of 11.35
        # Social and health on the cap of 46.8, unemployment on all of 50; from July 2026 the cap is above 50.
        (50, "2025-12", 46.8 * 0.095 + 0.5, 0.25 + 0.5 + 1.2 + 2.8 + 2.054 * 0.25),  # of 34.054
        (50, "2026-06", 46.8 * 0.095 + 0.5, 0.5 + 19.554 * 0.10),  # of 29.554
        (50, "2026-07", 50 * 0.105, 0.5 + 19.25 * 0.10),  # of 29.25
    ],
)
def test_golden_values_by_hand(gross, month, insurance, tax):
    slip = pay.gross_to_net(gross * M, month)
    assert (slip.insurance, slip.tax) == (round(insurance * M), round(tax * M))
    (golden,) = (net for of, on, net in GOLDEN if (of, on) == (gross, month))
    assert round((gross - insurance - tax) * M) == int(Decimal(golden) * M)


@pytest.mark.parametrize(
    ("gross", "month", "asked", "net"),
    [
        # insurance 3.15; 30 - 3.15 - 15.5 - 2 x 6.2 is below 0: no tax
        (30 * M, "2026-01", {"dependants": 2}, 26_850_000),
        # insurance 4.2; taxable 40 - 4.2 - 11 - 4.4 = 20.4; tax .25 + .5 + 1.2 + 20 % of 2.4
        (40 * M, "2025-12", {"dependants": 1}, 33_370_000),
        # insurance on 46.8, 46.8 and 106.2: 5.508; taxable 98.992; tax .5 + 2 + 6 + 30 % of 38.992
        (120 * M, "2026-01", {}, 94_294_400),
        # region IV insures at most 74 against unemployment: 5.186; taxable 99.314; tax 8.5 + 30 % of 39.314
        (120 * M, "2026-01", {"region": "IV"}, 94_519_800),
        # insurance on 10: 1.05; taxable 13.45; tax .5 + 10 % of 3.45
        (30 * M, "2026-01", {"insured": 10 * M}, 28_105_000),
        # no insurance: taxable 14.5; tax .5 + 10 % of 4.5
        (30 * M, "2026-01", {"insured": 0}, 29_050_000),
        # 2025, above the last edge: insurance on 46.8, 46.8, 99.2: 5.438; taxable 83.562;
        # tax .25 + .5 + 1.2 + 2.8 + 5 + 8.4 + 35 % of 3.562
        (100 * M, "2025-12", {}, 75_165_300),
        (0, "2026-01", {}, 0),
        # 10.5 % of 5 is .525 đồng, rounded to 1
        (5, "2026-01", {}, 4),
    ],
)
def test_by_hand(gross, month, asked, net):
    slip = pay.gross_to_net(gross, month, **asked)
    assert slip.net == net
    back = pay.net_to_gross(net, month, **asked)
    assert back.net == net
    assert back.gross <= gross


def test_a_payslip_says_its_parts_and_what_the_employer_pays():
    slip = pay.gross_to_net(20 * M, "2026-01")
    assert (slip.social, slip.health, slip.unemployment, slip.insurance) == (1_600_000, 300_000, 200_000, 2_100_000)
    assert slip.tax == 120_000  # 5 % of 20 - 2.1 - 15.5
    assert (slip.employer_social, slip.employer_health, slip.employer_unemployment) == (3_500_000, 600_000, 200_000)
    assert slip.union_fee == 400_000
    assert slip.employer_cost == 24_700_000


def test_the_employer_pays_on_the_insured_pay_and_no_more_than_the_cap():
    # On 50.6: 17.5 %, 3 % and 2 %; unemployment 1 % of 60.
    slip = pay.gross_to_net(60 * M, "2026-07")
    assert slip.employer_cost == 60 * M + 8_855_000 + 1_518_000 + 600_000 + 1_012_000
    assert pay.gross_to_net(60 * M, "2026-07", insured=10 * M).employer_cost == 60 * M + 2_350_000
    assert pay.gross_to_net(60 * M, "2026-07", insured=0).employer_cost == 60 * M


def test_a_year_with_a_thirteenth_month_is_settled_over_twelve():
    # Insurance 12 x 3.15; taxable 390 - 37.8 - 132 = 220.2, a month 18.35; tax 12 x (.25 + .5 + 1.2 + 20 % of .35).
    year = pay.year_of_pay(30 * M, 2025, bonus_months=1)
    assert (year.gross, year.bonus, year.insurance, year.tax, year.net) == (
        390 * M,
        30 * M,
        37_800_000,
        24_240_000,
        327_960_000,
    )
    # On the insured pay of twelve months: 23.5 % of 360.
    assert year.employer_cost == 390 * M + 84_600_000


def test_a_commission_is_taxed_with_the_year_and_not_insured():
    # Insurance 12 x 2.1; taxable 240 + 30 - 25.2 - 186 = 58.8, a month 4.9; tax 5 % of 58.8.
    year = pay.year_of_pay(20 * M, 2026, bonus_months=1, bonus=10 * M)
    assert (year.gross, year.bonus, year.insurance, year.tax, year.net) == (
        270 * M,
        30 * M,
        25_200_000,
        2_940_000,
        241_860_000,
    )
    with pytest.raises(ValueError, match="The bonus is -1; expected whole đồng, 0 or more"):
        pay.year_of_pay(20 * M, 2026, bonus=-1)


def test_a_year_pays_insurance_under_the_law_of_each_month():
    # Six months on 46.8 and six on 50 (cap 50.6): 6 x 4.946 + 6 x 5.25;
    # taxable 600 - 61.176 - 186; tax 6 + 10 % of 232.824.
    year = pay.year_of_pay(50 * M, 2026)
    assert (year.insurance, year.tax, year.net) == (61_176_000, 29_282_400, 509_541_600)


def test_a_year_without_bonus_and_without_change_is_twelve_months():
    assert pay.year_of_pay(30 * M, 2025).net == 12 * pay.gross_to_net(30 * M, "2025-05").net


@pytest.mark.parametrize(
    ("months", "bonus"), [(0.5, 15 * M), (Decimal("1.5"), 45 * M), (2, 60 * M), (np.float64(1), 30 * M)]
)
def test_bonus_months_may_be_parts(months, bonus):
    assert pay.year_of_pay(30 * M, 2025, bonus_months=months).bonus == bonus


@given(
    net=st.integers(0, 5_000 * M),
    year=st.sampled_from([2025, 2026]),
    bonus=st.sampled_from([0, 1, Decimal("1.5")]),
    dependants=st.integers(0, 4),
)
@settings(max_examples=15, deadline=None)
def test_a_years_net_is_reached_by_the_smallest_gross(net, year, bonus, dependants):
    asked = {"bonus_months": bonus, "dependants": dependants}
    gross, slip = pay.year_from_net(net, year, **asked)
    assert slip == pay.year_of_pay(gross, year, **asked)
    assert net <= slip.net <= net + 14
    assert gross == 0 or pay.year_of_pay(gross - 1, year, **asked).net < net


# -- For any pay -------------------------------------------------------------------------------------------------

FIRST_DAYS = sorted({rule["from"] for rules in law.law().values() for rule in rules if pay.is_told(rule["from"])})
DAYS = [*map(str, FIRST_DAYS), *(str(day - timedelta(days=1)) for day in FIRST_DAYS[1:]), "2030-01-01"]
"""The first and the last day of every regime that is told."""

# Where something begins or ends: caps of insurance, edges of brackets, deductions.
TURNS = [4_400_000, 5_000_000, 11 * M, 15_500_000, 46_800_000, 50_600_000, 74 * M, 99_200_000, 106_200_000]
PAY = st.one_of(
    st.integers(0, 1_000 * M),
    st.integers(0, 100),
    st.integers(0, 1_000).map(lambda million: million * M),
    st.builds(int.__add__, st.sampled_from(TURNS), st.integers(-3, 3)),
)
ASKED = st.fixed_dictionaries(
    {"on": st.sampled_from(DAYS), "dependants": st.integers(0, 6), "region": st.sampled_from(pay.REGIONS)}
)
INSURED = st.one_of(st.none(), st.just(0), st.integers(0, 200 * M), st.sampled_from(TURNS))
MORE = st.one_of(st.integers(1, 3), st.integers(1, 50 * M))
EVERYWHERE = pytest.mark.parametrize(("on", "region"), [*itertools.product(DAYS, pay.REGIONS)])


def test_every_regime_is_tried():
    assert [
        *("2024-07-01", "2025-07-01", "2026-01-01", "2026-07-01"),
        *("2025-06-30", "2025-12-31", "2026-06-30", "2030-01-01"),
    ] == DAYS


@EVERYWHERE
@given(net=PAY, dependants=st.integers(0, 6), insured=INSURED)
@settings(max_examples=15, deadline=None)
def test_net_of_gross_of_net_is_net(on, region, net, dependants, insured):
    asked = {"on": on, "region": region, "dependants": dependants}
    if insured is not None and (least := pay.gross_to_net(insured, **asked).net) > net:
        with pytest.raises(ValueError, match=f"expected {least:,} or more"):
            pay.net_to_gross(net, **asked, insured=insured)
        return
    slip = pay.net_to_gross(net, **asked, insured=insured)
    assert slip.net == net
    assert pay.gross_to_net(slip.gross, **asked, insured=insured) == slip
    if slip.gross > (insured or 0):
        assert pay.gross_to_net(slip.gross - 1, **asked, insured=insured).net < net


@EVERYWHERE
@given(
    gross=PAY, more=st.one_of(st.integers(1, 3), st.integers(1, 50 * M)), dependants=st.integers(0, 6), insured=INSURED
)
@settings(max_examples=20, deadline=None)
def test_net_never_falls_when_gross_rises(on, region, gross, more, dependants, insured):
    asked = {"on": on, "region": region, "dependants": dependants}
    gross = max(gross, insured or 0)
    before, after = (pay.gross_to_net(pay_, **asked, insured=insured).net for pay_ in (gross, gross + more))
    assert before <= after <= before + more


@given(gross=PAY, asked=ASKED, insured=INSURED)
@settings(max_examples=300, deadline=None)
def test_parts_are_whole_add_up_and_are_what_the_law_says(gross, asked, insured):
    """Against the law written down once more, in Decimals, with the quick method of payroll tables for the tax."""
    gross = max(gross, insured or 0)
    slip = pay.gross_to_net(gross, **asked, insured=insured)
    new, raised = asked["on"] >= "2026-01", asked["on"] >= "2026-07"
    minimum = dict(zip(pay.REGIONS, ("5.31 4.73 4.14 3.70" if new else "4.96 4.41 3.86 3.45").split(), strict=True))
    base = Decimal(gross if insured is None else insured)
    capped = min(base, Decimal("50.6" if raised else "46.8") * M)
    unemployment = min(base, 20 * Decimal(minimum[asked["region"]]) * M)
    insurance = capped * Decimal("0.095") + unemployment * Decimal("0.01")
    own, each = ("15.5", "6.2") if new else ("11", "4.4")
    taxable = max(Decimal(0), gross - insurance - (Decimal(own) + asked["dependants"] * Decimal(each)) * M)
    # rate of the bracket, less what the lower brackets make it too much
    quick = "5 0 10 .5 20 3.5 30 9.5 35 14.5" if new else "5 0 10 .25 15 .75 20 1.65 25 3.25 30 5.85 35 9.85"
    pairs = list(zip(*[iter(map(Decimal, quick.split()))] * 2, strict=True))
    tax = max(taxable * rate / 100 - less * M for rate, less in pairs)
    assert abs(slip.net - (gross - insurance - tax)) <= Decimal("0.5")
    assert abs(slip.tax - tax) < 1
    assert abs(slip.insurance - insurance) < 1
    assert abs(slip.social - capped * Decimal("0.08")) < 1
    assert slip.gross - slip.social - slip.health - slip.unemployment - slip.tax == slip.net
    on_top = capped * Decimal("0.225") + unemployment * Decimal("0.01")
    assert abs(slip.employer_cost - gross - on_top) <= Decimal("0.5")
    parts = slip.employer_social + slip.employer_health + slip.employer_unemployment + slip.union_fee
    assert slip.gross + parts == slip.employer_cost
    assert all(type(part) is int and part >= 0 for part in vars(slip).values())


# -- What is asked -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gross", [20 * M, 20e6, Decimal("20000000"), np.int64(20 * M), np.float64(20e6)])
def test_pay_comes_in_any_type_of_number(gross):
    assert pay.gross_to_net(gross, "2026-01") == pay.gross_to_net(20_000_000, "2026-01")
    assert pay.gross_to_net(30 * M, "2026-01", dependants=1.0) == pay.gross_to_net(30 * M, "2026-01", dependants=1)


@pytest.mark.parametrize(
    "on", ["2026-07", "2026-07-01", date(2026, 7, 1), pd.Timestamp("2026-07-01"), pd.Period("2026-07")]
)
def test_a_day_comes_in_any_type_of_day(on):
    assert pay.gross_to_net(50 * M, on).net == 42_325_000


@pytest.mark.parametrize("gross", [-1, 0.5, float("nan"), float("inf"), "20000000", None, True, pd.NA, Decimal("1.1")])
def test_what_is_no_pay_is_refused(gross):
    with pytest.raises(ValueError, match=r"The gross pay is .*; expected whole đồng, 0 or more"):
        pay.gross_to_net(gross, "2026-01")
    with pytest.raises(ValueError, match=r"The net pay is .*; expected whole đồng, 0 or more"):
        pay.net_to_gross(gross, "2026-01")


def test_what_else_cannot_be_is_refused():
    with pytest.raises(ValueError, match="The region is 'V'; expected one of I, II, III, IV"):
        pay.gross_to_net(M, "2026-01", region="V")
    for dependants in (-1, 0.5, "2"):
        with pytest.raises(ValueError, match=f"dependants is {dependants!r}; expected a whole number, 0 or more"):
            pay.gross_to_net(M, "2026-01", dependants=dependants)
    # Terms say it before any pay is known, also where no law of ours turns it into net.
    with pytest.raises(ValueError, match="The region is 'V'; expected one of I, II, III, IV"):
        pay.Terms(region="V")
    with pytest.raises(ValueError, match="dependants is -1; expected"):
        pay.Terms(dependants=-1)
    with pytest.raises(ValueError, match=r"The insured pay is -1; expected whole đồng, 0 or more"):
        pay.Terms(insured=-1)
    with pytest.raises(ValueError, match="The insured pay is 2,000,000, above the gross pay of 1,000,000"):
        pay.gross_to_net(M, "2026-01", insured=2 * M)
    with pytest.raises(ValueError, match=r"bonus_months is -1; expected 0 or more"):
        pay.year_of_pay(M, 2026, bonus_months=-1)
    with pytest.raises(ValueError, match="'1/7/2026' is no day or month"):
        pay.gross_to_net(M, "1/7/2026")

"""The models against their papers, against sums worked out one by one, and against clients made up by chance."""

from __future__ import annotations

import os
from importlib import metadata

import numpy as np
import pandas as pd
import pytest
from scipy.special import beta as beta_function

from amlib.kpis.fits import BetaGeometricNBD, GammaGamma, NotFitted, ShiftedBetaGeometric

pytestmark = pytest.mark.pandas_only("the models rest on arrays")

# Fader & Hardie's "high end" customers: 1,000 at the start, of whom so many are left after each year.
LEFT_AFTER = [1000, 869, 743, 653, 593, 551, 517, 491]


def reference(name: str) -> str:
    """The path of a data file of the package `lifetimes`, which is never imported."""
    try:
        files = metadata.files("lifetimes")
    except metadata.PackageNotFoundError:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "lifetimes, which has CDNOW's customers, is not installed"
        )
    return str(next(file for file in files if file.name == name).locate())


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    """CDNOW's 2,357 customers: repeat orders x, weeks from the first to the last t_x, and seen T."""
    return pd.read_csv(reference("cdnow_customers_summary.csv"))


@pytest.fixture(scope="module")
def cdnow_spend() -> pd.DataFrame:
    """The number and mean value of repeat orders until the end of September 1997, a day's orders taken together."""
    orders = pd.read_csv(reference("CDNOW_sample.txt"), sep=r"\s+", names=["master", "id", "day", "cds", "spend"])
    orders = orders[orders.day <= 19970930].groupby(["id", "day"], as_index=False).spend.sum()
    again = orders[orders.day > orders.groupby("id").day.transform("min")]
    spend = again.groupby("id").spend.agg(["count", "mean"])
    return spend[spend["mean"] > 0]


@pytest.fixture(scope="module")
def high_end() -> ShiftedBetaGeometric:
    lost = -np.diff(LEFT_AFTER)
    return ShiftedBetaGeometric.fit(lost, [0] * 6 + [491])


def test_sbg_meets_the_paper(high_end):
    assert round(high_end.alpha, 3) == 0.668
    assert round(high_end.beta, 3) == 3.806
    assert high_end.survival(np.arange(8, 13)).round(3).tolist() == [0.460, 0.436, 0.414, 0.395, 0.378]
    # the customers who are left have renewed seven times
    assert round(high_end.residual(0.1, renewals=7), 3) == 7.530


def test_sbg_residual_is_the_sum_of_discounted_renewals(high_end):
    for renewals in (0, 3):
        times = np.arange(1, 3_000)
        stays = high_end.survival(renewals + times) / high_end.survival(renewals)
        assert high_end.residual(0.2, renewals) == pytest.approx(float((stays / 1.2 ** (times - 1)).sum()), rel=1e-9)


def test_sbg_survival_is_a_product_of_retention_rates(high_end):
    # r(t) = (β + t − 1) ÷ (α + β + t − 1)
    rates = [(high_end.beta + t - 1) / (high_end.alpha + high_end.beta + t - 1) for t in range(1, 8)]
    assert high_end.survival(7) == pytest.approx(np.prod(rates), rel=1e-12)
    assert high_end.survival(0) == 1


def test_sbg_with_clients_of_different_ages_finds_what_made_them():
    rng = np.random.default_rng(3)
    stays = rng.geometric(rng.beta(1.2, 3.5, 40_000))
    seen = rng.integers(1, 9, 40_000)
    lost = np.bincount(stays[stays <= seen], minlength=9)[1:]
    active = np.bincount(seen[stays > seen], minlength=9)[1:]
    model = ShiftedBetaGeometric.fit(lost, active)
    assert model.alpha == pytest.approx(1.2, rel=0.1)
    assert model.beta == pytest.approx(3.5, rel=0.1)


def test_sbg_of_clients_who_come_in_sight_late_finds_what_made_them():
    rng = np.random.default_rng(5)
    stays, came = rng.geometric(rng.beta(1.2, 3.5, 80_000)), rng.integers(0, 5, 80_000)
    seen = stays > came  # who left before anybody looked is not known at all
    stays, came = stays[seen], came[seen]
    until = came + 4
    lost = np.bincount(stays[stays <= until], minlength=9)[1:]
    active, entered = np.bincount(until[stays > until])[1:], np.bincount(came)[1:]
    model = ShiftedBetaGeometric.fit(lost, active, entered)
    assert model.alpha == pytest.approx(1.2, rel=0.1)
    assert model.beta == pytest.approx(3.5, rel=0.1)
    # Taken for clients who were watched from their first day, they seem to stay far longer.
    assert ShiftedBetaGeometric.fit(lost, active).survival(3) > 1.3 * model.survival(3)


def test_bg_nbd_meets_the_paper(cdnow):
    assert len(cdnow) == 2357
    model = BetaGeometricNBD.fit(cdnow.frequency, cdnow.recency, cdnow["T"])
    assert [round(value, 3) for value in (model.r, model.alpha, model.a, model.b)] == [0.243, 4.414, 0.793, 2.426]
    assert round(float(model.expected_orders(39, 2, 30.43, 38.86)), 3) == 1.226


def test_bg_nbd_does_not_mind_the_unit_of_time(cdnow):
    weeks = BetaGeometricNBD.fit(cdnow.frequency, cdnow.recency, cdnow["T"])
    days = BetaGeometricNBD.fit(cdnow.frequency, cdnow.recency * 7, cdnow["T"] * 7)
    assert days.alpha == pytest.approx(weeks.alpha * 7, rel=1e-4)
    assert days.expected_orders(39 * 7, 2, 30.43 * 7, 38.86 * 7) == pytest.approx(
        weeks.expected_orders(39, 2, 30.43, 38.86), rel=1e-4
    )


def test_who_never_came_back_counts_as_there():
    model = BetaGeometricNBD(0.25, 4.4, 0.8, 2.4)
    assert model.alive(0, 0, 39) == 1
    # one order: odds of having left a ÷ b × ((α + T) ÷ (α + t_x)) ^ (r + 1)
    odds = 0.8 / 2.4 * ((4.4 + 39) / (4.4 + 20)) ** 1.25
    assert model.alive(1, 20, 39) == pytest.approx(1 / (1 + odds), rel=1e-12)


def test_expected_orders_grow_by_the_rate_at_first():
    model = BetaGeometricNBD(0.25, 4.4, 0.8, 2.4)
    # in a moment, alive × (r + x) ÷ (α + T) orders
    slope = float(model.expected_orders(1e-6, 3, 30, 39)) / 1e-6
    assert slope == pytest.approx(float(model.alive(3, 30, 39)) * 3.25 / 43.4, rel=1e-4)


def test_gamma_gamma_meets_the_paper(cdnow_spend):
    assert len(cdnow_spend) == 946
    model = GammaGamma.fit(cdnow_spend["count"], cdnow_spend["mean"])
    assert [round(value, 2) for value in (model.p, model.q, model.v)] == [6.25, 3.74, 15.44]


def test_expected_spend_lies_between_the_clients_own_and_everybodys():
    model = GammaGamma(6.25, 3.74, 15.44)
    everybodys = 6.25 * 15.44 / 2.74
    assert model.expected_spend(0, 0) == pytest.approx(everybodys)
    assert everybodys < model.expected_spend(2, 60) < 60
    assert model.expected_spend(10_000, 60) == pytest.approx(60, rel=1e-3)


def test_gamma_gamma_finds_what_made_the_spend():
    rng = np.random.default_rng(5)
    x = rng.integers(1, 10, 20_000)
    rate = rng.gamma(4.0, 1 / 30.0, 20_000)
    spend = rng.gamma(6.0 * x, 1 / (rate * x))
    model = GammaGamma.fit(x, spend)
    assert model.p == pytest.approx(6, rel=0.1)
    assert model.q == pytest.approx(4, rel=0.1)
    assert model.v == pytest.approx(30, rel=0.15)


def test_the_chances_of_leaving_and_staying_add_up():
    model = ShiftedBetaGeometric(0.7, 3.8)
    leaving = [beta_function(1.7, 3.8 + t - 1) / beta_function(0.7, 3.8) for t in range(1, 30)]
    assert sum(leaving) + model.survival(29) == pytest.approx(1, abs=1e-12)


def test_clients_who_are_all_alike_give_the_limit():
    # every client leaves with the chance 1/4 at each renewal: survival .75, .5625, …
    model = ShiftedBetaGeometric.fit([250, 187, 141, 106], [0, 0, 0, 316])
    assert model.survival(np.arange(1, 4)) == pytest.approx([0.75, 0.5625, 0.4219], abs=0.003)


def test_too_few_clients_are_refused_with_their_number():
    with pytest.raises(ValueError, match=r"29 clients are too few .* at least 30 .* method='simple'"):
        ShiftedBetaGeometric.fit([9], [20])
    with pytest.raises(ValueError, match="3 clients are too few"):
        BetaGeometricNBD.fit([1, 0, 2], [1, 0, 2], [3, 3, 3])
    with pytest.raises(ValueError, match="2 clients are too few"):
        GammaGamma.fit([1, 2], [10, 20])


def test_thirty_clients_are_enough():
    assert ShiftedBetaGeometric.fit([9, 2], [0, 19]).survival(1) == pytest.approx(21 / 30, abs=0.01)


def test_what_cannot_be_is_refused():
    many = np.ones(40)
    with pytest.raises(ValueError, match="must not be negative"):
        ShiftedBetaGeometric.fit([-1, 50], [10])
    with pytest.raises(ValueError, match="must not be negative"):
        ShiftedBetaGeometric.fit([1, 50], [10], [-1])
    with pytest.raises(ValueError, match="cannot come after its age"):
        BetaGeometricNBD.fit(many, many * 5, many * 4)
    with pytest.raises(ValueError, match="40 frequencies, 39 recencies"):
        BetaGeometricNBD.fit(many, many[1:], many)
    with pytest.raises(ValueError, match="above 0"):
        GammaGamma.fit(many, many * 0)


def test_data_that_do_not_tell_the_parameters_are_refused():
    with pytest.raises(NotFitted, match="0 of 50 clients left"):
        ShiftedBetaGeometric.fit([0, 0], [25, 25])
    with pytest.raises(NotFitted, match="no client ordered a second time"):
        BetaGeometricNBD.fit(np.zeros(40), np.zeros(40), np.ones(40))
    with pytest.raises(NotFitted, match="all clients spend the same"):
        GammaGamma.fit(np.ones(40), np.full(40, 7.0))

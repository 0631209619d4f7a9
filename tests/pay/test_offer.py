"""Where an offer stands."""

from __future__ import annotations

import pandas as pd
import pytest
from scipy.stats import binomtest

from amlib import pay

BANDS = pd.DataFrame(
    {
        "label": ["a", "b", "c", "d"],
        "low": [10.0, None, 30, 1],
        "mid": [20.0, 20, None, 2],
        "high": [30.0, 40, 50, 3],
        "spread": "range",
        "n": None,
    }
)


@pytest.mark.parametrize(
    ("offer", "places"),
    [
        (9.99, ["below", None, "below", "above"]),
        (10, ["within", None, "below", "above"]),
        (30, ["within", None, "within", "above"]),
        (30.01, ["above", None, "within", "above"]),
        (None, [None] * 4),
        (float("nan"), [None] * 4),
    ],
)
def test_where_an_offer_stands(offer, places):
    found = pay.position(offer, BANDS)
    assert [None if pd.isna(place) else place for place in found.place] == places
    assert found.percentile.isna().all()  # of ranges


def test_distance_is_to_the_nearer_end():
    assert pay.position(8, BANDS).distance.tolist()[2:] == [-22, 5]
    assert pay.position(25, BANDS).distance.fillna(-1).tolist() == [0, -1, -5, 22]
    assert pay.position(None, BANDS).distance.isna().all()


def test_compa_ratio_is_the_offer_against_the_middle():
    found = pay.position(25, BANDS)
    assert [None if pd.isna(ratio) else ratio for ratio in found.compa_ratio] == [1.25, 1.25, None, 12.5]
    assert pay.position(None, BANDS).compa_ratio.isna().all()
    assert pay.position(25, BANDS.iloc[:0]).empty


def test_each_band_may_have_its_own_offer():
    found = pay.position(pd.Series([20.0, None, 60, 2]), BANDS)
    assert found.place.fillna("").tolist() == ["within", "", "above", "within"]


# US BLS, OEWS May 2025, advertising sales agents, k$ a year; the second as a group of few records.
QUARTILES = pd.DataFrame(
    {
        "p10": [36.1, None],
        "low": [49.0, 49.0],
        "mid": [72.9, 72.9],
        "high": [101.0, 101.0],
        "p90": [138.4, None],
        "spread": "quartiles",
        "n": pd.array([100, None], dtype="Int64"),
    }
)


@pytest.mark.parametrize(
    ("offer", "percentiles"),
    [
        (72.9, [0.5, 0.5]),
        (86.95, [0.625, 0.625]),  # half way from the median to the upper quartile
        (119.7, [0.825, None]),  # half way from the upper quartile to the 90th
        (36.1, [0.1, None]),
        (36.0, [None, None]),
        (140, [None, None]),
    ],
)
def test_the_percentile_of_an_offer_lies_between_those_that_are_published(offer, percentiles):
    found = pay.position(offer, QUARTILES).percentile
    assert [None if pd.isna(share) else round(share, 9) for share in found] == percentiles


def test_the_interval_of_a_percentile_is_wilsons():
    found = pay.position(72.9, QUARTILES)
    expected = binomtest(50, 100).proportion_ci(method="wilson")
    assert found.percentile_low[0] == pytest.approx(expected.low)
    assert found.percentile_high[0] == pytest.approx(expected.high)
    assert found[["percentile_low", "percentile_high"]].iloc[1].isna().all()


def test_an_offer_that_is_several_percentiles_at_once_stands_in_their_middle():
    flat = QUARTILES.iloc[:1].assign(low=60.0, mid=60.0, high=60.0)
    assert pay.position(60, flat).percentile.tolist() == [pytest.approx(0.5)]


@pytest.mark.parametrize("offer", [0, -5])
def test_an_offer_of_nothing_is_refused(offer: float):
    with pytest.raises(ValueError, match=f"The offer is {offer}; expected pay per month, above 0"):
        pay.position(offer, BANDS)

"""Bands at their edges, and bands that hold while a score wavers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from amlib import health


def test_bands_at_the_edges():
    values = [0, 49.999, 50, 75, 75.001, 100, np.nan, None]
    assert [health.band(value) for value in values] == [
        "red",
        "red",
        "amber",
        "amber",
        "green",
        "green",
        "grey",
        "grey",
    ]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # the first score has its own band, whatever comes after
        ([49.9], "r"),
        ([50], "a"),
        ([75], "a"),
        ([75.1], "g"),
        # less than three points past an edge for one month changes nothing
        ([80, 74, 80], "ggg"),
        ([80, 72.1, 76, 72.1, 76], "ggggg"),
        ([60, 77.9, 60, 49, 51], "aaaaa"),
        ([40, 52.9, 40], "rrr"),
        # three points are enough, at each edge and in each direction
        ([80, 72], "ga"),
        ([60, 78], "ag"),
        ([60, 47], "ar"),
        ([40, 53], "ra"),
        # and so are two months in a row, on whichever side of three points they are
        ([80, 74, 73], "gga"),
        ([60, 76, 75.5], "aag"),
        ([60, 49.9, 49], "aar"),
        ([40, 50, 51], "rra"),
        ([80, 74, 73, 76, 74, 76, 77], "ggaaaag"),
        # the edge itself is amber, on both sides
        ([80, 75, 75], "gga"),
        ([60, 50, 50], "aaa"),
        # over both edges at once: each is passed on its own terms
        ([80, 40], "gr"),
        ([40, 90], "rg"),
        ([80, 48], "ga"),
        ([80, 48, 48], "gar"),
        ([40, 76], "ra"),
        ([40, 76, 76], "rag"),
        # a month without a score is grey, changes nothing and breaks the row of months
        ([80, None, 74], "g?g"),
        ([80, 74, None, 74, 74], "gg?ga"),
        ([80, None, 60], "g?a"),
        ([None, None, 49, 49.5], "??rr"),
        ([None], "?"),
    ],
)
def test_a_band_changes_when_the_score_is_clear_of_the_edge_or_stays(scores, expected):
    found = health.steady_bands(pd.DataFrame({"A": pd.Series(scores, dtype=float)}))["A"]
    names = {"r": "red", "a": "amber", "g": "green", "?": "grey"}
    assert found.tolist() == [names[letter] for letter in expected]


def one_by_one(scores: list[float]) -> list[str]:
    """The bands by the rule as it is written, told by one client and one month after the other."""
    order, found, held, before = ["red", "amber", "green"], [], None, None
    for value in scores:
        if np.isnan(value):
            found.append("grey")
            before = None
            continue
        at = order.index(health.band(value))
        if held is None:
            held = at
        while at > held and (value >= health.EDGES[held] + 3 or (before is not None and before > held)):
            held += 1
        while at < held and (value <= health.EDGES[held - 1] - 3 or (before is not None and before < held)):
            held -= 1
        before = at
        found.append(order[held])
    return found


def test_bands_of_many_clients_are_those_of_each_alone():
    rng = np.random.default_rng(5)
    scores = np.clip(65 + rng.normal(0, 4, (200, 40)).cumsum(axis=0), 0, 100).round(1)
    scores[rng.random(scores.shape) < 0.1] = np.nan
    found = health.steady_bands(pd.DataFrame(scores))
    assert {*np.unique(found)} == {"red", "amber", "green", "grey"}
    for client in found:
        assert found[client].tolist() == one_by_one(scores[:, client].tolist())


def test_bands_hold_more_than_scores_waver():
    """A score that swings by two points about an edge never changes the band that holds."""
    swing = pd.DataFrame({"A": [76.0, 74.0] * 12})
    assert health.steady_bands(swing)["A"].tolist() == ["green"] * 24

"""Weights and breakpoints: the book's, else the toolkit's."""

from __future__ import annotations

import pandas as pd
import pytest
from frames import FIVE_CLIENTS

from amlib import health
from amlib.health import MEASURES

OCTOBER = pd.Period("2026-10", "M")


def test_weights_of_a_segment_of_the_default_and_of_the_toolkit():
    given = {"key": {"nps": 3, "orders": 1}, "default": {"overdue": 2}}
    assert health.weights(given, "key").to_dict() == dict.fromkeys(MEASURES, 0.0) | {"nps": 3, "orders": 1}
    assert health.weights(given, "small").to_dict() == dict.fromkeys(MEASURES, 0.0) | {"overdue": 2}
    assert health.weights(given, None).sum() == 2
    assert health.weights({"key": {"nps": 3}}, "small").to_dict() == {n: m.weight for n, m in MEASURES.items()}


def test_an_unknown_measure_is_named_with_what_it_may_have_meant():
    with pytest.raises(
        ValueError, match=r"health\.weights\.key.*no measure 'nsp' \(there are: nps, .*\)\. Did you mean 'nps'"
    ):
        health.weights({"key": {"nsp": 3}}, "key")


@pytest.mark.parametrize("given", [{"nps": 0, "orders": 0}, {}, {"nps": 5, "orders": -1}])
def test_weights_that_weigh_nothing_are_refused(given):
    with pytest.raises(ValueError, match=r"health\.weights\.default.*not all 0"):
        health.weights({"default": given}, None)


def test_each_segment_has_its_own_weights(book_of):
    clients = FIVE_CLIENTS.assign(segment=["key", "small", None, "key", "small"])
    given = {"key": {"nps": 1}, "default": {"orders": 2}}
    told = health.measures(book_of(clients=clients, health_weights=given), OCTOBER)
    heavy = told[told.weight > 0].set_index("client_id")
    assert heavy.measure.to_dict() == {"A": "nps", "B": "orders", "C": "orders", "D": "nps", "E": "orders"}
    assert heavy.weight.to_dict() == {"A": 1, "B": 2, "C": 2, "D": 1, "E": 2}

"""Weights and breakpoints: the book's, else the toolkit's."""

from __future__ import annotations

import pandas as pd
import pytest
from frames import FIVE_CLIENTS, frame

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


def test_a_book_may_say_what_a_value_is_worth(book_of):
    """An answer of 8 is worth 70 points by the toolkit and 20 by this book; what it does not name stays."""
    surveys = frame("survey_id client_id sent_on answered_on score", ("S1", "A", "2026-10-01", "2026-10-02", 8))
    invoices = frame(
        "invoice_id client_id issued_on amount", ("I1", "A", "2026-04-30", 2.0), ("I2", "A", "2026-05-01", 2.0)
    )
    for given, expected in (({}, 70), ({"nps": ((7, 0), (9, 40))}, 20)):
        book = book_of(clients=FIVE_CLIENTS, surveys=surveys, invoices=invoices, health_breakpoints=given)
        told = health.measures(book, OCTOBER).set_index(["client_id", "measure"]).loc["A"]
        assert told.points.dropna().to_dict() == {"nps": expected, "orders": 80}

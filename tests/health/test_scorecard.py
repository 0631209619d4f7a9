"""The score of a month, worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from frames import FIVE_CLIENTS, frame

from amlib import health

OCTOBER = pd.Period("2026-10", "M")


SURVEY = frame("survey_id client_id sent_on answered_on score", ("S1", "A", "2026-10-01", "2026-10-02", 6))
BILLS = frame(
    "invoice_id client_id issued_on amount pass_through",
    ("I1", "A", "2026-04-30", 200.0, 0.0),
    ("I2", "A", "2026-05-01", 100.0, 0.0),
)


def scored(book_of, **weights: float) -> pd.Series:
    """The score of A, whose survey answer is worth 25 points and whose orders 22.5, by these weights."""
    book = book_of(clients=FIVE_CLIENTS, surveys=SURVEY, invoices=BILLS, health_weights={"default": weights})
    told = health.measures(book, OCTOBER)
    return health.score(told).set_index("client_id").loc["A"]


def test_the_score_is_the_weighted_mean_of_what_there_is(book_of):
    book = book_of(
        clients=FIVE_CLIENTS,
        surveys=SURVEY,
        invoices=BILLS,
        health_weights={"default": {"nps": 50, "orders": 30, "renewal": 20}},
    )
    told = health.measures(book, OCTOBER).set_index(["client_id", "measure"]).loc["A"]
    assert told.points.dropna().to_dict() == pytest.approx({"nps": 25, "orders": 22.5})
    assert told.part.dropna().to_dict() == pytest.approx({"nps": 25 * 50 / 80, "orders": 22.5 * 30 / 80})
    assert told.lost.dropna().to_dict() == pytest.approx({"nps": 75 * 50 / 80, "orders": 77.5 * 30 / 80})
    found = health.score(told.reset_index().assign(client_id="A")).iloc[0]
    assert found.score == pytest.approx((25 * 50 + 22.5 * 30) / 80)
    assert (found.coverage, found.band) == (0.8, "red")


def test_half_the_weight_is_enough_and_less_is_not(book_of):
    half = scored(book_of, nps=50, renewal=50)
    assert (half.score, half.coverage, half.band) == (25, 0.5, "red")
    less = scored(book_of, nps=49, renewal=51)
    assert pd.isna(less.score)
    assert (less.coverage, less.band) == (0.49, "grey")


def test_thirds_that_make_up_half_the_weight_are_half(book_of):
    """0.1 + 0.2 is a crumb more than 0.3: the measures that exist are half the weight all the same."""
    assert scored(book_of, nps=0.1, orders=0.2, renewal=0.1 + 0.2).band == "red"
    assert scored(book_of, nps=0.3, renewal=0.1, overdue=0.2).band == "red"


def test_parts_and_losses_of_a_client_add_up(october):
    told = october
    sums = told.groupby("client_id")[["part", "lost"]].sum()
    found = health.score(told).set_index("client_id")
    known = found.score.notna()
    assert known.any()
    np.testing.assert_allclose(sums.part[known], found.score[known])
    np.testing.assert_allclose(sums.part + sums.lost, 100)


def test_a_score_of_exactly_75_is_amber_however_the_weights_add_up():
    """Nine times 75 points, in weights whose sum leaves crumbs: 75, and not a little more."""
    for seed in range(20):
        weight = np.random.default_rng(seed).random(9)
        told = pd.DataFrame({"client_id": "A", "points": 75.0, "weight": weight})
        told["part"] = told.points * told.weight / weight.sum()
        assert health.score(told).band.tolist() == ["amber"]


def test_clients_without_any_data_are_grey(book_of):
    found = health.score(health.measures(book_of(clients=FIVE_CLIENTS), OCTOBER))
    assert found.score.isna().all()
    assert found.coverage.tolist() == [0] * 5
    assert found.band.tolist() == ["grey"] * 5


def test_nobody_is_active(book_of):
    book = book_of(clients=FIVE_CLIENTS.assign(since=pd.Timestamp("2026-11-01")))
    told = health.measures(book, OCTOBER)
    assert told.empty
    assert health.score(told).empty
    assert health.reasons(told).empty
    assert health.actions(health.reasons(told), book.clients, OCTOBER).empty


def test_active_is_whoever_was_there_on_a_day_of_the_month():
    clients = frame(
        "client_id since until",
        ("first day", "2026-10-31", None),
        ("too late", "2026-11-01", None),
        ("last day", "2026-01-01", "2026-10-01"),
        ("gone", "2026-01-01", "2026-09-30"),
    )
    assert health.active_clients(clients, OCTOBER).client_id.tolist() == ["first day", "last day"]


def test_the_book_of_one_client_gives_the_score_that_the_whole_book_gives(sample_book, october):
    for client in october.client_id.unique()[:2]:
        alone = health.measures(sample_book.of_client(client), OCTOBER)
        expected = october[october.client_id == client].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, expected, check_dtype=False)


def test_a_book_is_not_changed(sample_book):
    before = sample_book.fingerprint
    health.measures(sample_book, "2026-09")
    assert replace(sample_book).fingerprint == before


def test_who_leaves_in_a_month_still_has_a_card_of_it(book_of):
    until = ["2026-10-01", "2026-10-31", "2026-09-30", "2026-11-01", None]
    clients = FIVE_CLIENTS.assign(until=pd.to_datetime(until).astype("datetime64[us]"))
    told = health.measures(book_of(clients=clients), OCTOBER)
    assert sorted(told.client_id.unique()) == ["A", "B", "D", "E"]

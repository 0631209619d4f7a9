"""What moved a score, its reasons and the actions, worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from frames import FIVE_CLIENTS, frame

from amlib import health
from amlib.business_time import WorkingHours

OCTOBER = pd.Period("2026-10", "M")


def told(*rows: tuple[str, str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["client_id", "measure", "value", "points", "lost"])


def test_reasons_come_by_what_they_cost_and_good_measures_are_none():
    found = health.reasons(
        told(
            ("B", "nps", 3, 12.5, 10),
            ("A", "nps", 8, 70, 6),
            ("A", "overdue", 0.5, 10, 12.6),
            ("A", "renewal", 84, 75, 2.5),
            ("A", "orders", 1.0, 80, 30),  # a green client's points
            ("A", "messages", 0.3, 0, 6),
            ("A", "fee_trend", 0.5, 0, 0),  # weighs nothing
            ("A", "on_time", np.nan, np.nan, np.nan),
        )
    )
    assert found[["client_id", "measure"]].to_records(index=False).tolist() == [
        ("A", "overdue"),
        ("A", "nps"),  # as much as messages, and first in the list of measures
        ("A", "messages"),
        ("B", "nps"),
    ]
    assert health.reasons(found, most=1).measure.tolist() == ["overdue", "nps"]


def test_actions_are_due_so_many_days_after_the_months_end_or_on_the_next_working_day():
    clients = FIVE_CLIENTS.assign(am_id=["lan", None, "lan", "lan", "lan"])
    found = health.actions(
        told(
            ("A", "overdue", 0.5, 10, 12), ("A", "nps", 6, 25, 9), ("B", "renewal", 3, 3, 7), ("B", "orders", 0, 0, 6)
        ),
        clients,
        "2026-10",
    )
    assert found.due_on.dt.strftime("%d/%m").tolist() == [
        "02/11",
        "02/11",
        "05/11",
        "16/11",
    ]  # 1 and 14 November are no working days
    assert [None if pd.isna(am) else am for am in found.am_id] == ["lan", "lan", None, None]
    assert list(found.columns) == ["client_id", "measure", "value", "am_id", "due_on"]


def test_a_client_who_does_not_pay_is_not_asked_for_new_work():
    why = told(("A", "orders", 0.5, 22, 6), ("A", "overdue", 1, 0, 12), ("B", "orders", 0.5, 22, 6))
    found = health.actions(why, FIVE_CLIENTS, "2026-10", on_hold={"A"})
    assert found[["client_id", "measure"]].to_numpy().tolist() == [["A", "overdue"], ["B", "orders"]]


def test_a_due_day_is_a_working_day_of_the_agency():
    """Tết 2026 is free from 16 to 20 February, and 22 August 2026 is a make-up Saturday."""
    why = told(("A", "orders", 0.5, 22, 6))  # due in 14 days
    assert health.actions(why, FIVE_CLIENTS, "2026-01").due_on.tolist() == [pd.Timestamp("2026-02-23")]
    nobodys = WorkingHours(country=None)
    assert health.actions(why, FIVE_CLIENTS, "2026-01", nobodys).due_on.tolist() == [pd.Timestamp("2026-02-16")]
    made_up = told(("A", "overdue", 0.5, 10, 12))  # due in one day
    every_day = WorkingHours(weekdays=(0, 1, 2, 3, 4, 5, 6))
    assert health.actions(made_up, FIVE_CLIENTS, "2026-10", every_day).due_on.tolist() == [pd.Timestamp("2026-11-01")]


# -- what moved


def cards(book_of, **tables) -> pd.DataFrame:
    """What moved A's score from September to October."""
    book = book_of(clients=FIVE_CLIENTS, **tables)
    found = health.moved(book, OCTOBER)
    assert list(found.columns) == ["client_id", "measure", "points_before", "points", "gained"]
    return found[found.client_id == "A"].set_index("measure")


def answers(*scores: tuple[str, int]) -> pd.DataFrame:
    rows = ((f"S{day}", "A", day, day, score) for day, score in scores)
    return frame("survey_id client_id sent_on answered_on score", *rows)


def bills(*amounts: tuple[str, float]) -> pd.DataFrame:
    rows = ((f"I{day}", "A", day, amount) for day, amount in amounts)
    return frame("invoice_id client_id issued_on amount", *rows)


WEIGHTS = {"default": {"nps": 30, "orders": 10}}
# Billing of the half-year against that before it: 200 ÷ 200 at the end of September and of October, 80 points.
EVEN = bills(("2025-12-15", 200.0), ("2026-08-15", 200.0))


def test_a_measure_gained_its_share_of_the_change_of_its_points(book_of):
    """nps falls from 90 to 25 points and makes ¾ of the score, orders stay: 0 for them, and −65 × ¾ for nps."""
    surveys = answers(("2026-09-01", 9), ("2026-10-01", 6))
    found = cards(book_of, surveys=surveys, invoices=EVEN, health_weights=WEIGHTS)
    assert found.points_before.dropna().to_dict() == {"nps": 90, "orders": 80}
    assert found.points.dropna().to_dict() == {"nps": 25, "orders": 80}
    assert found.gained.dropna().to_dict() == pytest.approx({"nps": -48.75, "orders": 0})


def test_a_measure_that_comes_gained_what_it_lifts_the_score_above_the_others(book_of):
    """Orders alone make 80; with nps at 90 points the score is (30 × 90 + 10 × 80) ÷ 40 = 87.5."""
    surveys = answers(("2026-10-01", 9))
    weights = {"default": {"nps": 30, "orders": 30}}
    found = cards(book_of, surveys=surveys, invoices=EVEN, health_weights=weights)
    assert found.gained.dropna().to_dict() == pytest.approx({"nps": 5, "orders": 0})  # (90 − 80) ÷ 2


def test_a_measure_that_goes_took_what_it_had_lifted_the_score_by(book_of):
    """The survey of April is too old in October: the score falls from (90 + 80) ÷ 2 to 80."""
    surveys = answers(("2026-04-15", 9))
    weights = {"default": {"nps": 30, "orders": 30}}
    found = cards(book_of, surveys=surveys, invoices=EVEN, health_weights=weights)
    assert found.gained.dropna().to_dict() == pytest.approx({"nps": -5, "orders": 0})


def test_where_no_measure_is_of_both_months_the_whole_change_is_that_of_the_new_ones(book_of):
    """In September nps alone (90), in October orders alone (80): nps itself took nothing, orders −10."""
    surveys, invoices = answers(("2026-04-15", 9)), bills(("2026-04-15", 200.0), ("2026-08-15", 200.0))
    weights = {"default": {"nps": 30, "orders": 30}}
    found = cards(book_of, surveys=surveys, invoices=invoices, health_weights=weights)
    assert found.gained.dropna().to_dict() == pytest.approx({"nps": 0, "orders": -10})


def test_what_is_gained_adds_up_to_the_change_of_the_score(sample_book):
    """In every month of the sample, measures that come and go included."""
    came = went = 0
    for month in pd.period_range("2025-10", OCTOBER, freq="M"):
        found = health.moved(sample_book, month)
        both = health.scores(sample_book, [month - 1, month]).pivot(index="client_id", columns="month", values="score")
        change = (both[month] - both[month - 1]).dropna()
        gained = found.groupby("client_id").gained.sum(min_count=1).dropna()
        pd.testing.assert_series_equal(gained, change, check_names=False, atol=1e-8)
        assert (found.gained[found.points == found.points_before].fillna(0) == 0).all()
        came += (found.gained.notna() & found.points_before.isna()).sum()
        went += (found.gained.notna() & found.points.isna()).sum()
    assert min(came, went) > 5


def test_without_a_score_before_there_is_nothing_to_explain(book_of):
    new = FIVE_CLIENTS.assign(since=pd.Timestamp("2026-10-01"))
    found = health.moved(
        book_of(clients=new, surveys=answers(("2026-10-05", 9)), health_weights={"default": {"nps": 1}}), OCTOBER
    )
    assert found.points.notna().sum() == 1
    assert found[["points_before", "gained"]].isna().all(axis=None)


def test_of_two_actions_due_on_one_day_the_one_that_costs_more_points_comes_first():
    found = health.actions(
        told(("A", "nps", 6, 25, 4), ("B", "nps", 5, 20, 9), ("C", "overdue", 0.5, 10, 6)), FIVE_CLIENTS, "2026-10"
    )
    assert found.client_id.tolist() == ["B", "C", "A"]
    assert found.due_on.nunique() == 1


def test_a_measure_that_weighs_nothing_moved_nothing(book_of):
    """Orders have points in both months and no weight: all of the change, 25 − 90, is that of nps."""
    surveys = answers(("2026-09-01", 9), ("2026-10-01", 6))
    found = cards(book_of, surveys=surveys, invoices=EVEN, health_weights={"default": {"nps": 30, "orders": 0}})
    assert found.points_before.dropna().to_dict() == {"nps": 90, "orders": 80}
    assert found.gained.dropna().to_dict() == pytest.approx({"nps": -65})

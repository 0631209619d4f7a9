"""The back-test: small pasts worked by hand, and the sample's against plain loops and another library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from frames import frame
from scipy.stats import mannwhitneyu

from amlib import health
from amlib.book import open_book

OCTOBER = pd.Period("2026-10", "M")
# A score is what the latest answer is worth: 10 -> 100 points, 7 -> 60, 0 -> 0.
BY_ANSWERS = {
    "health_weights": {"default": {"nps": 1}},
    "health_breakpoints": {"nps": ((0, 0), (5, 40), (7, 60), (10, 100))},
}


def answers(**of_clients: dict[str, int]) -> pd.DataFrame:
    """A survey answer in a month, by client."""
    rows = (
        (f"S{client}{month}", client, f"2026-{month}-05", f"2026-{month}-06", score)
        for client, scores in of_clients.items()
        for month, score in scores.items()
    )
    return frame("survey_id client_id sent_on answered_on score", *rows)


@pytest.fixture
def two_left(book_of):
    """A falls to amber and red and leaves in June; B leaves in July without a sign; C and D stay; E left unheard."""
    clients = frame(
        "client_id name since until",
        ("A", "A", "2025-01-01", "2026-06-10"),
        ("B", "B", "2025-01-01", "2026-07-31"),
        ("C", "C", "2025-01-01", None),
        ("D", "D", "2025-01-01", None),
        ("E", "E", "2026-05-01", "2026-06-30"),
    )
    surveys = answers(
        A={"03": 10, "04": 7, "05": 0},
        B={"03": 10, "05": 9},
        C={"03": 0, "06": 10},
        D={"03": 10, "05": 7},
    )
    return book_of(clients=clients, surveys=surveys, **BY_ANSWERS)


def of_health(found: health.Backtest) -> pd.Series:
    return found.predictors.set_index("predictor").loc["health"]


def test_the_score_before_each_loss(two_left):
    found = health.backtest(two_left, "2026-10")
    losses = found.losses[found.losses.predictor == "health"]
    told = [
        (row.client_id, row.months_before, None if np.isnan(row.points) else round(row.points, 1), row.band)
        for row in losses.itertuples()
    ]
    assert told == [
        ("A", 1, 0, "red"),  # May
        ("A", 2, 60, "amber"),  # April
        ("A", 3, 100, "green"),  # March
        ("E", 1, None, "grey"),  # who had joined in May
        ("B", 1, pytest.approx(86.7), "green"),
        ("B", 2, pytest.approx(86.7), "green"),
        ("B", 3, 100, "green"),
    ]
    assert {*losses.lost_on} == {pd.Timestamp("2026-06-10"), pd.Timestamp("2026-07-31"), pd.Timestamp("2026-06-30")}
    health_row = of_health(found)
    assert health_row[["warned_1", "warned_2", "warned_3"]].tolist() == pytest.approx([1 / 3, 1 / 2, 0])


def test_of_two_losses_nobody_can_tell(two_left):
    found = health.backtest(two_left, "2026-10")
    row = of_health(found)
    assert not found.enough
    assert (row.lost, bool(row.enough)) == (2, False)  # E never had a score
    assert row[["lift", "auc", "low", "high"]].isna().all()
    # March to July: A three months, B four, C and D five each; E of May had none, but was there.
    assert row.n == 17
    # A in March, B always, C in June and July, D in March and April.
    assert row.green == pytest.approx((1 + 4 + 2 + 2) / 18)


def test_by_half_of_the_year_the_later_loss_is_not_known(two_left):
    """At the end of June, B has not left and nobody knows that it will; months from April on are still open."""
    found = health.backtest(two_left, "2026-06")
    assert {*found.losses.client_id} == {"A", "E"}
    assert of_health(found).n == 4  # A, B, C and D in March


@pytest.fixture
def twelve_left(book_of):
    """Of twenty clients twelve leave in June; eight of them answered 0, and two who stay."""
    ids = [f"K{i:02}" for i in range(20)]
    clients = frame(
        "client_id name since until",
        *((id, id, "2025-01-01", "2026-06-15" if i < 12 else None) for i, id in enumerate(ids)),
    )
    surveys = answers(**{id: {"05": 0 if i < 8 or i >= 18 else 10} for i, id in enumerate(ids)})
    return book_of(clients=clients, surveys=surveys, **BY_ANSWERS)


def test_lift_and_auc_by_hand(twelve_left):
    """In May 10 are red, 8 of whom leave; 12 of 20 leave: 0.8 ÷ 0.6. From June on the eight others are there."""
    found = health.backtest(twelve_left, "2026-08")
    row = of_health(found)
    assert (row.n, row.lost, bool(row.enough)) == (20, 12, True)
    assert row.lift == pytest.approx(0.8 / 0.6)
    assert row.green == 0.5
    # Pairs of one who left and one who stayed: 8 × 6 right, 8 × 2 and 4 × 6 even, 4 × 2 wrong.
    assert row.auc == pytest.approx((48 + (16 + 24) / 2) / 96)
    assert row.low < row.auc < row.high
    assert row[["warned_1", "warned_2", "warned_3"]].dropna().tolist() == pytest.approx([8 / 12])
    assert found.calibration[["group", "n", "lost", "share"]].to_numpy().tolist() == [[2, 10, 8, 0.8], [4, 10, 4, 0.4]]


def test_a_rival_is_the_points_of_one_measure_alone(twelve_left):
    rivals = health.backtest(twelve_left, "2026-08").predictors.set_index("predictor")
    assert rivals.index.tolist() == ["health", "overdue", "nps"]
    lead = ["lead_low", "lead_high"]
    pd.testing.assert_series_equal(rivals.loc["nps"].drop(lead), rivals.loc["health"].drop(lead), check_names=False)
    assert rivals.loc["nps", lead].tolist() == [0, 0]
    overdue = rivals.loc["overdue"]  # of which this book knows nothing
    assert (overdue.n, overdue.lost, bool(overdue.enough)) == (0, 0, False)
    assert overdue.warned_1 == 0
    assert overdue.green == 0
    assert overdue[["lift", "auc"]].isna().all()


def test_nobody_lost_nobody_there(book_of):
    clients = frame("client_id name since until", ("A", "A", "2026-01-01", None))
    found = health.backtest(book_of(clients=clients, surveys=answers(A={"01": 9}), **BY_ANSWERS), "2026-06")
    assert found.losses.empty
    assert not found.enough
    assert found.predictors[["warned_1", "lift", "auc"]].isna().all(axis=None)
    assert found.calibration.lost.sum() == 0
    nobody = book_of(clients=clients.assign(since=pd.Timestamp("2027-01-01")))
    empty = health.backtest(nobody, "2026-06")
    assert empty.losses.empty
    assert empty.calibration.empty
    assert empty.predictors.n.tolist() == [0, 0, 0]


def test_all_lost_have_nobody_to_be_told_from(book_of):
    ids = [f"K{i:02}" for i in range(11)]
    clients = frame("client_id name since until", *((id, id, "2025-01-01", "2026-06-15") for id in ids))
    book = book_of(clients=clients, surveys=answers(**{id: {"05": 3} for id in ids}), **BY_ANSWERS)
    row = of_health(health.backtest(book, "2026-09"))
    assert bool(row.enough)
    assert row.lift == 1
    assert row[["auc", "low", "high"]].isna().all()


# -- against other ways to compute it


@pytest.fixture(scope="module")
def committed():
    """The committed sample: sixty clients, three years."""
    return open_book(Path(__file__).parents[2] / "data" / "sample")


@pytest.fixture(scope="module")
def whole(committed) -> pd.DataFrame:
    """Its score in every month, with the months to the loss (null for those who stay)."""
    found = health.history(committed, OCTOBER, back=36)
    lost = committed.clients.set_index("client_id").until.dt.to_period("M")
    ahead = [
        np.nan if pd.isna(lost[row.client_id]) else lost[row.client_id].ordinal - row.month.ordinal
        for row in found.itertuples()
    ]
    return found.assign(ahead=ahead)


def test_the_sample_against_plain_pandas(committed, whole):
    row = of_health(health.backtest(committed, OCTOBER))
    for months in (1, 2, 3):
        before = whole[whole.ahead == months]
        assert row[f"warned_{months}"] == pytest.approx(before.steady_band.isin(["red", "amber"]).mean())
    there = whole[~(whole.ahead <= 0) & (whole.month <= pd.Period("2026-07"))]
    gone = there.ahead <= 3
    red = there.steady_band == "red"
    assert row.lift == pytest.approx((gone & red).sum() / red.sum() / gone.mean())
    assert row.green == pytest.approx((there.steady_band == "green").mean())
    left, stayed = (there.score[of & there.score.notna()] for of in (gone, ~gone))
    assert row.n == len(left) + len(stayed)
    assert row.auc == pytest.approx(mannwhitneyu(stayed, left).statistic / len(left) / len(stayed))


def test_the_interval_draws_whole_clients(committed, whole):
    """Against a bootstrap that draws clients one by one, with its own seed."""
    there = whole[~(whole.ahead <= 0) & (whole.month <= pd.Period("2026-07")) & whole.score.notna()]
    rows = [
        (group.score[group.ahead <= 3].tolist(), group.score[~(group.ahead <= 3)].tolist())
        for _, group in there.groupby("client_id")
    ]
    rng, found = np.random.default_rng(99), []
    for _ in range(400):
        drawn = [rows[i] for i in rng.integers(0, len(rows), len(rows))]
        left, stayed = (np.concatenate([pair[side] for pair in drawn]) for side in (0, 1))
        found.append(mannwhitneyu(stayed, left).statistic / len(left) / len(stayed))
    row = of_health(health.backtest(committed, OCTOBER))
    assert [row.low, row.high] == pytest.approx(np.quantile(found, [0.025, 0.975]), abs=0.03)


def test_the_lead_over_a_rival_is_that_of_the_same_clients(committed):
    """Both are judged by the same draws: the interval of the difference is narrower than the two together."""
    found = health.backtest(committed, OCTOBER).predictors.set_index("predictor")
    assert found.loc["health", ["lead_low", "lead_high"]].isna().all()
    for rival in ("overdue", "nps"):
        lead = found.auc["health"] - found.auc[rival]
        assert found.lead_low[rival] < lead < found.lead_high[rival]
        apart = (found.high["health"] - found.low["health"]) + (found.high[rival] - found.low[rival])
        assert found.lead_high[rival] - found.lead_low[rival] < apart


def test_the_score_of_the_sample_proves_itself(committed):
    """What the issue asks of it: a red client three times as likely to leave, at most four of five green."""
    found = health.backtest(committed, OCTOBER)
    row = of_health(found)
    assert found.enough
    assert row.lift >= health.AIMS["lift"]
    assert row.green <= health.AIMS["green"]
    assert row.low > 0.5
    assert found.calibration.share.is_monotonic_decreasing
    assert found.calibration.n.sum() == row.n


def test_the_same_past_gives_the_same_answer_in_any_order_of_rows(committed):
    """A seed is fixed, and clients are drawn by their ids."""
    once = health.backtest(committed, "2026-06").predictors
    mixed = {
        name: rows.sample(frac=1, random_state=2).reset_index(drop=True) for name, rows in committed.tables.items()
    }
    pd.testing.assert_frame_equal(health.backtest(replace(committed, tables=mixed), "2026-06").predictors, once)


def test_what_comes_later_changes_no_back_test(committed):
    """Nobody leaves any more after June, and all who stay answer 0: the back-test of June is the same."""
    end = pd.Timestamp("2026-07-01")
    clients = committed.clients.assign(until=committed.clients.until.mask(committed.clients.until >= end))
    surveys = committed.surveys.assign(score=committed.surveys.score.mask(committed.surveys.answered_on >= end, 0))
    other = replace(committed, tables={**committed.tables, "clients": clients, "surveys": surveys})
    before, after = (health.backtest(book, "2026-06") for book in (committed, other))
    assert len(before.losses) > 50
    for name in ("losses", "predictors", "calibration"):
        pd.testing.assert_frame_equal(getattr(after, name), getattr(before, name))
    assert health.backtest(other, OCTOBER).predictors.lost[0] < health.backtest(committed, OCTOBER).predictors.lost[0]


def test_an_override_is_no_part_of_the_proof(committed):
    by_hand = committed.health_overrides.iloc[:0]
    without = replace(committed, tables={**committed.tables, "health_overrides": by_hand})
    pd.testing.assert_frame_equal(
        health.backtest(without, OCTOBER).predictors, health.backtest(committed, OCTOBER).predictors
    )

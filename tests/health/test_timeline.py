"""Scores of many months: those of each month alone, and nothing of what came after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from frames import FIVE_CLIENTS, frame

from amlib import health, schema
from amlib.book import open_book, save_book
from amlib.health.scorecard import Cards
from amlib.health.timeline import timeline

OCTOBER = pd.Period("2026-10", "M")
COLUMNS = ["client_id", "month", "score", "coverage", "band", "own_band", "steady_band", "overridden"]


def test_scores_of_months_are_those_of_each_month(sample_book, october):
    found = health.scores(sample_book, ["2026-10", OCTOBER - 1])
    assert list(found.columns) == COLUMNS
    assert found.month.unique().tolist() == [OCTOBER, OCTOBER - 1]
    same = found[found.month == OCTOBER][["client_id", "score", "coverage", "own_band"]]
    pd.testing.assert_frame_equal(same.rename(columns={"own_band": "band"}), health.score(october))


def test_all_months_together_are_each_month_alone(sample_book):
    """Fifteen months of measures at once, against the book of each month, opened as it was then."""
    together = timeline(sample_book, OCTOBER)
    months = pd.period_range("2025-08", OCTOBER, freq="M")
    assert together.month.unique().tolist() == months.tolist()
    assert together.score.notna().sum() > 60
    for month in months:
        alone = health.measures(sample_book, month)
        points = alone.pivot(index="client_id", columns="measure", values="points")[list(health.MEASURES)]
        found = together[together.month == month].set_index("client_id")
        pd.testing.assert_frame_equal(found[list(health.MEASURES)], points, check_names=False)
        score = health.score(alone).set_index("client_id").rename(columns={"band": "own_band"})
        pd.testing.assert_frame_equal(found[["score", "coverage", "own_band"]], score)


def test_a_month_never_depends_on_which_months_were_asked(sample_book):
    whole = health.history(sample_book, OCTOBER, back=15)
    for month in pd.period_range("2026-01", OCTOBER, freq="M"):
        one = health.scores(sample_book, [month])
        pd.testing.assert_frame_equal(one, whole[whole.month == month].reset_index(drop=True))


def test_history_is_so_many_months_up_to_one(sample_book):
    found = health.history(sample_book, OCTOBER, back=3)
    assert found.month.unique().tolist() == [OCTOBER - 2, OCTOBER - 1, OCTOBER]
    assert health.history(sample_book, OCTOBER).month.nunique() == 15  # there are no more
    pd.testing.assert_frame_equal(found, health.scores(sample_book, [OCTOBER - 2, OCTOBER - 1, OCTOBER]))


def survey_of(score: int, month: str) -> tuple:
    return (f"S{month}", "A", f"{month}-01", f"{month}-02", score)


def test_a_band_holds_as_the_score_comes_and_goes(book_of):
    """A's only measure is the latest answer of six months: 9 is worth 90 points, 8 is 74, 6 is 48."""
    answers = [("2025-01", 9), ("2025-02", 8), ("2025-03", 9), ("2025-04", 8), ("2025-11", 8), ("2025-12", 6)]
    surveys = frame("survey_id client_id sent_on answered_on score", *(survey_of(s, m) for m, s in answers))
    breakpoints = {"nps": ((6, 48), (8, 74), (9, 90))}
    weights = {"default": {"nps": 1}}
    book = book_of(
        clients=FIVE_CLIENTS.head(1), surveys=surveys, health_weights=weights, health_breakpoints=breakpoints
    )
    found = health.history(book, "2026-01", back=13)
    assert found.score.fillna(-1).tolist() == [90, 74, 90, 74, 74, 74, 74, 74, 74, -1, 74, 48, 48]
    expected = ["green"] * 4 + ["amber"] * 5 + ["grey", "amber", "amber", "red"]
    assert found.steady_band.tolist() == found.band.tolist() == expected
    own = ["green", "amber", "green", *["amber"] * 6, "grey", "amber", "red", "red"]
    assert found.own_band.tolist() == own
    assert not found.overridden.any()


def test_what_a_run_keeps_of_a_month(sample_book, october):
    found = health.record(sample_book, OCTOBER)
    assert list(found.columns) == [*COLUMNS, *health.MEASURES]
    pd.testing.assert_frame_equal(found[COLUMNS], health.scores(sample_book, [OCTOBER]))
    points = october.pivot(index="client_id", columns="measure", values="points")
    pd.testing.assert_frame_equal(
        found.set_index("client_id")[[*health.MEASURES]], points[[*health.MEASURES]], check_names=False
    )


def test_a_book_that_cannot_tell_has_grey_clients(book_of):
    found = health.scores(book_of(clients=FIVE_CLIENTS), [OCTOBER])
    assert found.client_id.tolist() == list("ABCDE")
    assert found.score.isna().all()
    assert {*found.band} == {*found.own_band} == {*found.steady_band} == {"grey"}


def test_nobody_is_active(sample_book):
    early = health.scores(sample_book, ["2001-01"])
    assert list(early.columns) == COLUMNS
    assert early.empty


def test_all_clients_are_measured_once_for_everybody(sample_book, october, tmp_path, monkeypatch):
    """A month's measures and the scores of all months take one round each, whoever asks and however often."""
    rounds, of = [], Cards.of
    monkeypatch.setattr(Cards, "of", lambda known, months: rounds.append(len(months)) or of(known, months))
    save_book(sample_book, tmp_path)
    both = health.scores(sample_book, [OCTOBER - 1, OCTOBER])
    rounds.clear()
    for client_id in sample_book.clients.client_id:
        mine = open_book(tmp_path).of_client(client_id).as_of(OCTOBER)
        expected = october[october.client_id == client_id].reset_index(drop=True)
        pd.testing.assert_frame_equal(health.measures(mine, OCTOBER), expected)
        found = health.scores(mine, [OCTOBER - 1, OCTOBER])
        pd.testing.assert_frame_equal(found, both[both.client_id == client_id].reset_index(drop=True))
        assert found.month.tolist() == health.history(mine, OCTOBER, back=2).month.tolist()
    pd.testing.assert_frame_equal(health.measures(open_book(tmp_path), OCTOBER), october)
    assert rounds == [1, 15]


@pytest.mark.parametrize("month", ["2026-03", "2026-07"])
def test_nothing_that_happens_later_changes_a_score(sample_book, month):
    """Rows of later months are doubled and shuffled, values that became known later replaced: the same measures."""
    end = (pd.Period(month, "M") + 1).to_timestamp()
    rng = np.random.default_rng(11)
    tables, changed = {}, 0
    for name, rows in sample_book.tables.items():
        table = schema.TABLES[name]
        rows = rows.copy()
        days = {c: rows[c].dt.tz_localize(None) for c in rows.select_dtypes(["datetime", "datetimetz"])}
        for column, known in table.columns.items():
            if known.known_on in days and column in rows:
                hidden = days[known.known_on] >= end
                changed += hidden.sum()
                if column == known.known_on:
                    rows.loc[hidden, column] += pd.Timedelta(days=40)
                else:
                    rows.loc[hidden, column] = rng.choice(rows[column].dropna().to_numpy(), hidden.sum())
        if table.known_on in days:
            hidden = days[table.known_on] >= end
            changed += hidden.sum()
            later = rows[hidden].sample(frac=0.5, random_state=3)
            numbers = list(later.select_dtypes("float"))
            rows = pd.concat([rows[~hidden], later.assign(**{c: later[c] * 7 for c in numbers})])
        tables[name] = rows
    assert changed > 300
    other = replace(sample_book, tables=tables)
    pd.testing.assert_frame_equal(health.measures(other, month), health.measures(sample_book, month))
    # Also where the months that follow are asked with it.
    told, expected = (health.history(book, OCTOBER, back=15) for book in (other, sample_book))
    told, expected = (rows[rows.month <= month].reset_index(drop=True) for rows in (told, expected))
    assert expected.score.notna().sum() > 20
    pd.testing.assert_frame_equal(told, expected)


def test_scores_begin_in_the_month_in_which_half_the_weight_can_be_told(book_of):
    """Surveys are half the weight and begin in March; invoices, the other half, in June."""
    surveys = frame("survey_id client_id sent_on answered_on score", survey_of(9, "2026-03"))
    invoices = frame("invoice_id client_id issued_on amount", ("I1", "A", "2026-06-01", 10.0))
    weights = {"default": {"nps": 50, "orders": 50}}
    book = book_of(clients=FIVE_CLIENTS.head(1), surveys=surveys, invoices=invoices, health_weights=weights)
    found = health.history(book, "2026-06", back=5)
    assert found.month.astype(str).tolist() == ["2026-03", "2026-04", "2026-05", "2026-06"]
    assert found.score.tolist() == [90] * 4


def test_scores_begin_as_soon_as_the_weights_of_one_segment_can_tell(book_of):
    """Key clients are judged by surveys, which begin in March; all others by orders, which begin in June."""
    surveys = frame("survey_id client_id sent_on answered_on score", survey_of(9, "2026-03"))
    invoices = frame("invoice_id client_id issued_on amount", ("I1", "A", "2026-06-01", 10.0))
    weights = {"key": {"nps": 1}, "default": {"orders": 1}}
    clients = FIVE_CLIENTS.head(1).assign(segment="key")
    book = book_of(clients=clients, surveys=surveys, invoices=invoices, health_weights=weights)
    assert health.history(book, "2026-06", back=5).score.tolist() == [90] * 4

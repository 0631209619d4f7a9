import math

import numpy as np
import pandas as pd
import pytest
from frames import frame
from hypothesis import given, settings
from hypothesis import strategies as st

from amlib import kpis


def surveys(promoters=0, passives=0, detractors=0, silent=0):
    scores = [9] * promoters + [8] * passives + [3] * detractors + [None] * silent
    return pd.DataFrame({"sent_on": pd.Timestamp("2026-10-01"), "score": pd.array(scores, dtype="Int64")})


def test_nps_of_eight_promoters_five_passives_two_detractors():
    (row,) = kpis.nps(surveys(8, 5, 2, silent=5)).to_dict("records")
    # (8 − 2) ÷ 15
    assert row["value"] == pytest.approx(0.40)
    assert (row["n"], row["promoters"], row["passives"], row["detractors"], row["sent"]) == (15, 8, 5, 2, 20)
    assert row["response_rate"] == 0.75
    # n + 3 = 18: promoters 8.75/18 = .486111, detractors 2.75/18 = .152778, middle 6/18 = .333333,
    # variance (.638889 − .111111)/18 = .0293210, error .171233, reach 1.959964 × .171233 = .335611
    assert row["low"] == pytest.approx(0.333333 - 0.335611, abs=1e-5)
    assert row["high"] == pytest.approx(0.333333 + 0.335611, abs=1e-5)


def test_nps_of_many_answers_has_nearly_the_plain_standard_error():
    (row,) = kpis.nps(surveys(162, 108, 54)).to_dict("records")
    assert row["value"] == pytest.approx(1 / 3)
    # plain standard error sqrt((1/2 + 1/6 − 1/9)/324) = .0414
    assert (row["high"] - row["low"]) / 2 / 1.959964 == pytest.approx(0.0414, abs=2e-4)


def test_nps_by_month_the_survey_was_sent(nobody_answered):
    sent = pd.concat([surveys(promoters=1, detractors=1), nobody_answered.assign(sent_on=pd.Timestamp("2026-11-01"))])
    found = kpis.nps(sent, by="month", population=60)
    assert found["month"].astype(str).tolist() == ["2026-10", "2026-11"]
    assert found["value"].fillna(-9).tolist() == [0.0, -9]
    assert found["response_rate"].tolist() == [1.0, 0.0]


def test_nothing_sent_has_no_response_rate():
    assert pd.isna(kpis.nps(surveys())["response_rate"].item())


def test_the_interval_of_one_answer_reaches_as_far_as_the_answer():
    # 1.75/4 − .75/4 = .25 as the middle, variance (2.5/4 − .0625)/4 = .140625, reach 1.959964 × .375 = .734987:
    # .984987 would leave out the 1 that was answered
    (row,) = kpis.nps(surveys(promoters=1)).to_dict("records")
    assert (row["low"], row["value"], row["high"]) == pytest.approx((-0.484987, 1.0, 1.0), abs=1e-5)


def test_edges_of_the_scale():
    scores = surveys().reindex(range(5)).assign(score=pd.array([0, 6, 7, 8, 9], dtype="Int64"))
    (row,) = kpis.nps(scores).to_dict("records")
    assert (row["detractors"], row["passives"], row["promoters"]) == (2, 2, 1)


def test_nps_is_null_when_nobody_answered(nobody_answered):
    (row,) = kpis.nps(nobody_answered).to_dict("records")
    assert (row["n"], row["sent"], row["response_rate"]) == (0, 2, 0.0)
    assert all(pd.isna(row[column]) for column in ("value", "low", "high"))


def test_a_small_book_narrows_the_interval():
    wide = kpis.nps(surveys(8, 5, 2)).iloc[0]
    narrow = kpis.nps(surveys(8, 5, 2), population=60).iloc[0]
    # finite-population correction sqrt((60 − 15)/(60 − 1)) = .873338
    assert narrow.high - narrow.low == pytest.approx((wide.high - wide.low) * math.sqrt(45 / 59))


@pytest.mark.parametrize("population", [4, 3])
def test_once_the_whole_book_answered_nothing_is_left_to_chance(population):
    row = kpis.nps(surveys(promoters=4), population=population).iloc[0]
    assert (row.low, row.value, row.high) == (1.0, 1.0, 1.0)


def test_one_population_cannot_be_the_size_of_each_segment():
    with pytest.raises(ValueError, match=r"population=60 .* segment"):
        kpis.nps(surveys(1).assign(segment="key"), by="segment", population=60)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.sampled_from([None, 12, 50]))
def test_the_figure_lies_in_its_interval(promoters, passives, detractors, population):
    row = kpis.nps(surveys(promoters, passives, detractors), population=population).iloc[0]
    if row.n == 0:
        assert pd.isna(row.low)
    else:
        assert -1 <= row.low <= row.value <= row.high <= 1


def coverage(distributions, sizes, times=3000):
    """How often the interval holds the truth: (distribution, size) -> share of simulated surveys, out of one call."""
    rng = np.random.default_rng(20261031)
    cases = [(shares, n) for shares in distributions for n in sizes]
    # Promoters, passives, detractors of each simulated survey become as many rows of score 9, 8 and 3.
    counts = np.concatenate([rng.multinomial(n, shares, times) for shares, n in cases])
    scores = np.tile(np.array([9, 8, 3]), len(counts)).repeat(counts.ravel())
    survey = np.arange(len(counts)).repeat(counts.sum(axis=1))
    found = kpis.nps(pd.DataFrame({"survey": survey, "score": scores}), by="survey")
    truth = np.repeat([promoters - detractors for (promoters, _, detractors), _ in cases], times)
    held = (found["low"] <= truth + 1e-9) & (truth <= found["high"] + 1e-9)
    return dict(zip(cases, held.to_numpy().reshape(-1, times).mean(axis=1), strict=True))


@pytest.mark.pandas_only("how often an interval holds the truth is the same on every engine")
def test_the_interval_holds_the_truth_as_often_as_it_says():
    liked, mixed, split = (0.5, 1 / 3, 1 / 6), (1 / 3, 1 / 3, 1 / 3), (0.4, 0.2, 0.4)
    loved, disliked, lukewarm = (0.7, 0.25, 0.05), (0.2, 0.3, 0.5), (0.2, 0.6, 0.2)
    found = coverage([liked, mixed, split, loved, disliked, lukewarm], [20, 50, 200])
    assert {case: share for case, share in found.items() if not 0.93 <= share <= 0.975} == {}


@pytest.mark.pandas_only("how often an interval holds the truth is the same on every engine")
def test_the_interval_is_too_narrow_without_detractors_and_too_wide_without_opinions():
    no_detractors, no_opinions = (0.8, 0.2, 0.0), (0.05, 0.9, 0.05)
    found = coverage([no_detractors, no_opinions], [20, 200])
    # All outcomes of 20 answers, each with its multinomial probability, give .913 and .998; of 200 .955 and .958
    assert found[no_detractors, 20] == pytest.approx(0.913, abs=0.015)
    assert found[no_opinions, 20] > 0.99
    assert all(0.93 <= found[case, 200] <= 0.975 for case in (no_detractors, no_opinions))


def test_nps_equals_sql(agency, sql, same):
    same(
        kpis.nps(agency["surveys"], by="month"),
        sql("""
            with kinds as (
                select date_trunc('month', sent_on) as month, score is not null as answered,
                       case when score >= 9 then 1 when score <= 6 then -1 when score is not null then 0 end as point
                from surveys
            ), sums as (
                select month, avg(point) as value, sum(answered::int) as n,
                       (sum((point = 1)::int) + .75) / (sum(answered::int) + 3) as p,
                       (sum((point = -1)::int) + .75) / (sum(answered::int) + 3) as d,
                       avg(answered::int) as response_rate
                from kinds group by month
            )
            select month, value, n, greatest(-1, p - d - 1.959963984540054 * error) as low,
                   least(1, p - d + 1.959963984540054 * error) as high, response_rate
            from (select *, sqrt((p + d - (p - d) ** 2) / (n + 3)) as error from sums) order by month
        """),
    )


@pytest.fixture
def one_changed_their_mind():
    """In the third quarter A is a promoter, B and C detractors; in the fourth A is passive, B a promoter, D is new."""
    return frame(
        "client_id sent_on score",
        ("A", "2026-07-01", 9),
        ("B", "2026-09-30", 3),
        ("C", "2026-08-15", 6),
        ("A", "2026-10-01", 8),
        ("B", "2026-12-31", 9),
        ("D", "2026-11-15", 10),
        # Outside the two quarters, and not answered
        ("A", "2026-06-30", 0),
        ("A", "2027-01-01", 0),
        ("E", "2026-11-15", None),
    ).astype({"score": "Int64"})


def test_the_bridge_leads_from_one_quarter_to_the_next(one_changed_their_mind):
    (row,) = kpis.nps_bridge(one_changed_their_mind, "2026Q4").to_dict("records")
    # start (1 − 1 − 1)/3, end (0 + 1 + 1)/3; B improved by 2, A worsened by 1; D stands 1 − (−1/3) from the start;
    # A and B, who answered again, stood at 1 − 1 = 0 in sum, where the start had put them at −2/3
    assert row == {
        "value": pytest.approx(1.0),
        "n": 3,
        "n_before": 3,
        "start": pytest.approx(-1 / 3),
        "improved": pytest.approx(2 / 3),
        "worsened": pytest.approx(1 / 3),
        "joined": pytest.approx(4 / 9),
        "turnout": pytest.approx(2 / 9),
        "end": pytest.approx(2 / 3),
    }


def test_who_answers_twice_stood_in_between(one_changed_their_mind):
    twice = pd.concat([one_changed_their_mind, one_changed_their_mind.head(1).assign(score=2)])
    (row,) = kpis.nps_bridge(twice, "2026Q4").to_dict("records")
    # A was a promoter and a detractor: 0 on average, as the passive it is now
    assert (row["improved"], row["worsened"]) == (pytest.approx(2 / 3), 0.0)
    # start (1 − 1 − 1 − 1)/4; those who answered again stood at 0 − 1, where the start had put them at −1
    assert (row["start"], row["turnout"], row["joined"]) == pytest.approx((-0.5, 0.0, 0.5))


def test_the_bridge_of_each_segment_needs_both_quarters(one_changed_their_mind):
    segments = one_changed_their_mind["client_id"].map({"A": "key", "B": "key", "C": "lost", "D": "new", "E": "silent"})
    found = kpis.nps_bridge(one_changed_their_mind.assign(segment=segments), "2026Q4", by="segment")
    # key: start 0, end 1/2 = 0 + 2/2 − 1/2
    assert found["segment"].tolist()[:3] == ["key", "lost", "new"]
    assert found["value"].fillna(-9).tolist()[:3] == [0.5, -9, -9]
    assert found[["n_before", "n"]].to_numpy().tolist()[:3] == [[2, 2], [1, 0], [0, 1]]


def test_who_was_not_asked_in_either_quarter_has_no_bridge_and_a_row(one_changed_their_mind):
    long_ago = one_changed_their_mind.head(1).assign(client_id="F", sent_on=pd.Timestamp("2025-01-01"))
    asked = pd.concat([one_changed_their_mind.query("client_id in ('A', 'E')"), long_ago])
    found = kpis.nps_bridge(asked, "2026Q4", by="client_id").set_index("client_id")
    assert [*found.index] == ["A", "E", "F"]
    for silent in ("E", "F"):
        assert found.loc[silent, ["n", "n_before"]].tolist() == [0, 0]
        assert found.loc[silent].drop(["n", "n_before"]).isna().all()


def test_a_quarter_without_answers_has_no_bridge(one_changed_their_mind):
    for quarter, n in (("2027Q2", 0), ("2026Q2", 1)):
        (row,) = kpis.nps_bridge(one_changed_their_mind, quarter).to_dict("records")
        assert row["n"] == n
        assert all(pd.isna(row[name]) for name in ("value", "improved", "worsened", "joined", "turnout"))


@pytest.fixture
def one_complains_twice():
    return frame(
        "client_id received_at complaint",
        ("A", "2026-09-30 23:59", True),
        ("A", "2026-10-01 00:00", True),
        ("A", "2026-10-02 10:00", False),
        ("B", "2026-10-02 11:00", False),
        ("B", "2026-10-02 12:00", None),
    ).astype({"complaint": "boolean"})


def test_complaints_are_a_share_of_the_messages_marked(one_complains_twice):
    (row,) = kpis.complaint_rate(one_complains_twice).to_dict("records")
    assert (row["value"], row["n"], row["complaints"], row["clients"], row["unmarked"]) == (0.5, 4, 2, 1, 1)
    # Wilson at 2 of 4, z² = 3.841459: reach 1.959964/7.841459 × sqrt(1 + .960365) = .349961 about a half
    assert (row["low"], row["high"]) == pytest.approx((0.150039, 0.849961), abs=1e-5)


def test_complaints_by_month_and_client(one_complains_twice):
    found = kpis.complaint_rate(one_complains_twice, by="month")
    assert found["month"].astype(str).tolist() == ["2026-09", "2026-10"]
    assert found["value"].tolist() == pytest.approx([1.0, 1 / 3])
    assert kpis.complaint_rate(one_complains_twice, by="client_id")["clients"].tolist() == [1, 0]


def test_no_message_marked_is_null(one_complains_twice):
    (row,) = kpis.complaint_rate(one_complains_twice.tail(1)).to_dict("records")
    assert (row["n"], row["complaints"], row["clients"], row["unmarked"]) == (0, 0, 0, 1)
    assert all(pd.isna(row[name]) for name in ("value", "low", "high"))

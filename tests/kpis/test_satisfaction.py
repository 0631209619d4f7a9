import math

import numpy as np
import pandas as pd
import pytest
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

"""What is said of the back-test is what it found."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest

from amlib import sentences, words
from amlib.health import Backtest

VI, EN = words.of("vi"), words.of("en")
HEALTH = {"predictor": "health", "n": 900, "lost": 17, "enough": True, "lift": 3.92, "green": 0.573}
DEBT = {"predictor": "overdue", "n": 950, "lost": 17, "enough": True, "lift": 1.1, "green": 0.65}
SURVEY = {"predictor": "nps", "n": 800, "lost": 16, "enough": True, "lift": 2.1, "green": 0.39}
APART = {"auc": 0.771, "low": 0.678, "high": 0.843}
NOBODY_WARNED = {"health": (0, 0, 0)}


def backtest(
    health: dict, *rivals: dict, below: Mapping[str, tuple[int, int, int]] = NOBODY_WARNED, lost: int = 4
) -> Backtest:
    """A back-test in which `lost` clients left, by each sign so many of them `below` green 1, 2 and 3 months before."""
    losses = [
        {"client_id": f"K{i}", "months_before": months, "predictor": sign, "band": "red" if i < few else "grey"}
        for sign, warned in below.items()
        for months, few in enumerate(warned, start=1)
        for i in range(lost)
    ]
    losses = pd.DataFrame(losses, columns=["client_id", "months_before", "predictor", "band"])
    return Backtest(losses, pd.DataFrame([health, *rivals]), pd.DataFrame())


WHOLE = backtest(
    {**HEALTH, **APART},
    {**DEBT, "auc": 0.6, "low": 0.5, "high": 0.7, "lead_low": 0.05, "lead_high": 0.3},
    {**SURVEY, "auc": 0.76, "low": 0.67, "high": 0.85, "lead_low": -0.06, "lead_high": 0.08},
    below={"health": (3, 2, 1), "overdue": (1, 1, 0), "nps": (4, 2, 2)},
)


def test_the_verdict_in_words():
    assert sentences.backtest(EN, WHOLE) == [
        "The score foretells losses: in 77% of cases a client about to leave had fewer points than one who stayed "
        "(chance: 50%).",
        "It tells more than overdue debt alone.",
        "Whether it tells more than latest survey answer alone cannot be said: the difference may be chance.",
    ]
    assert sentences.backtest(VI, WHOLE) == [
        "Điểm sức khỏe báo trước được việc khách hàng rời đi: trong 77% trường hợp, khách hàng sắp rời đi có điểm "
        "thấp hơn khách hàng ở lại (đoán mò là 50%).",
        "Điểm này báo trước tốt hơn việc chỉ xem công nợ quá hạn.",
        "Chưa thể nói điểm này tốt hơn việc chỉ xem khảo sát gần nhất: chênh lệch có thể chỉ là ngẫu nhiên.",
    ]


def test_the_figures_of_the_score_and_its_rivals_side_by_side():
    found = sentences.proved(EN, WHOLE)
    assert found.to_numpy().tolist() == [
        ["Below green one month before the loss", "3 of 4", "1 of 4", "4 of 4"],
        ["Below green two months before the loss", "2 of 4", "1 of 4", "2 of 4"],
        ["Below green three months before the loss", "1 of 4", "0 of 4", "2 of 4"],
        [
            "A red client leaves more often (aim: at least 3 times)",
            "3.9 times",
            "1.1 times",
            "2.1 times",
        ],
        ["Clients who are green (aim: at most 80%)", "57%", "65%", "39%"],
        ["Who leaves has fewer points (chance: 50%)", "77%", "60%", "76%"],
        ["95% interval", "68% – 84%", "50% – 70%", "67% – 85%"],
    ]
    assert sentences.proved(VI, WHOLE).health_score.tolist() == [
        "3/4",
        "2/4",
        "1/4",
        "3,9 lần",
        "57%",
        "77%",
        "68% – 84%",
    ]


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        (
            {"low": 0.5},
            "The score is no better than chance: in 77% of cases a client about to leave had fewer points than one "
            "who stayed.",
        ),
        ({"lift": 2.96}, None),  # printed as 3: a reader could not see by what it falls short
        ({"lift": 2.94}, "But a red client is only 2.9 times as likely to leave as the average (aim: at least 3)."),
        ({"lift": None}, "No client was red."),
        ({"green": 0.804}, None),
        ({"green": 0.81}, "But 81% of the clients are green (aim: at most 80%): it warns of too few."),
    ],
)
def test_a_verdict_says_where_the_score_falls_short(figures, said):
    found = sentences.backtest(EN, backtest({**HEALTH, **APART, **figures}))
    assert (found == sentences.backtest(EN, backtest({**HEALTH, **APART}))) == (said is None)
    assert said is None or said in found


def test_a_rival_that_tells_more_is_not_passed_over():
    better = backtest(
        {**HEALTH, **APART}, {**DEBT, "auc": 0.93, "low": 0.9, "high": 0.97, "lead_low": -0.25, "lead_high": -0.1}
    )
    assert (
        sentences.backtest(EN, better)[-1] == "It tells less than overdue debt alone: its weights need a second look."
    )


def test_a_rival_that_knows_too_few_is_left_out():
    silent = {**SURVEY, "enough": False, "lost": 4, "lift": None, "auc": None, "low": None, "high": None}
    found = backtest({**HEALTH, **APART}, silent, below={"health": (3, 2, 1), "nps": (1, 0, 0)})
    assert len(sentences.backtest(EN, found)) == 1
    table = sentences.proved(EN, found)
    assert table.latest_survey_answer_alone.tolist() == ["1 of 4", "0 of 4", "0 of 4", "–", "39%", "–", "–"]
    assert {*table.overdue_debt_alone} == {"–"}


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        (0, "No client with a score has left yet, so nothing can tell whether the score foretells losses."),
        (1, "1 client with a score has left, and it takes 10 to tell whether the score foretells losses."),
        (9, "9 clients with a score have left, and it takes 10 to tell whether the score foretells losses."),
    ],
)
def test_too_few_losses_to_tell(lost, expected):
    few = backtest({**HEALTH, "lost": lost, "enough": False}, lost=lost)
    assert sentences.backtest(EN, few) == [expected]
    # What was seen of the few, without a rate.
    assert sentences.proved(EN, few).health_score.tolist() == ([f"0 of {lost}"] * 3 if lost else [])
    assert sentences.backtest(VI, few)[0].startswith("Chưa có" if not lost else f"Mới có {lost} khách hàng")

"""What is said of the back-test is what it found."""

from __future__ import annotations

import pandas as pd
import pytest

from amlib import sentences, words
from amlib.health import Backtest

VI, EN = words.of("vi"), words.of("en")
HEALTH = {"predictor": "health", "n": 900, "lost": 17, "enough": True, "lift": 3.92, "green": 0.573}
DEBT = {"predictor": "overdue", "n": 950, "lost": 17, "enough": True, "lift": 1.1, "green": 0.65}
SURVEY = {"predictor": "nps", "n": 800, "lost": 16, "enough": True, "lift": 2.1, "green": 0.39}
APART = {"auc": 0.771, "low": 0.678, "high": 0.843}


def proved(health: dict, *rivals: dict, below: tuple[int, int, int] = (3, 2, 1), lost: int = 4) -> Backtest:
    """A back-test in which `lost` clients left, so many of them below green one, two and three months before."""
    losses = [
        {"client_id": f"K{i}", "months_before": months, "predictor": "health", "band": "red" if i < few else "grey"}
        for months, few in enumerate(below, start=1)
        for i in range(lost)
    ]
    losses = pd.DataFrame(losses, columns=["client_id", "months_before", "predictor", "band"])
    return Backtest(losses, pd.DataFrame([health, *rivals]), pd.DataFrame())


WHOLE = proved(
    {**HEALTH, **APART},
    {**DEBT, "auc": 0.6, "low": 0.5, "high": 0.7, "lead_low": 0.05, "lead_high": 0.3},
    {**SURVEY, "auc": 0.76, "low": 0.67, "high": 0.85, "lead_low": -0.06, "lead_high": 0.08},
)


def test_the_proof_in_words():
    assert sentences.backtest(EN, WHOLE) == [
        "Of the clients lost, 3 of 4 stood below green one month before, 2 of 4 two months and 1 "
        "of 4 three months before.",
        "A red client was 3.9 times as likely to leave within three months as the average (aim: at least 3).",
        "On average 57% of the clients were green (aim: at most 80%).",
        "Of a client about to leave and one who stays, the former has the lower score in 77% of cases (95% between 68% "
        "and 84%; chance would be 50%).",
        "For comparison, overdue debt alone: 60% (50% to 70%) and latest survey answer alone: 76% (67% to 85%).",
        "The score tells more than overdue debt alone.",
        "Whether it tells more than latest survey answer alone cannot be said: the difference may be chance.",
    ]


def test_the_proof_in_vietnamese():
    assert sentences.backtest(VI, WHOLE)[:4] == [
        "Trong số khách hàng đã rời đi, 3/4 ở dưới mức xanh trước đó một tháng, 2/4 trước đó hai "
        "tháng và 1/4 trước đó ba "
        "tháng.",
        "Khách hàng ở mức đỏ có khả năng rời đi trong ba tháng tới cao gấp 3,9 lần mức trung bình "
        "(mục tiêu: ít nhất 3 lần).",
        "Trung bình 57% khách hàng ở mức xanh (mục tiêu: không quá 80%).",
        "Lấy một khách hàng sắp rời đi và một khách hàng ở lại: trong 77% trường hợp, khách hàng "
        "sắp rời đi có điểm thấp "
        "hơn (khoảng tin cậy 95%: từ 68% đến 84%; đoán mò là 50%).",
    ]


def test_a_rival_that_tells_more_is_not_passed_over():
    better = proved(
        {**HEALTH, **APART}, {**DEBT, "auc": 0.93, "low": 0.9, "high": 0.97, "lead_low": -0.25, "lead_high": -0.1}
    )
    assert (
        sentences.backtest(EN, better)[-1]
        == "The score tells less than overdue debt alone: its weights need a second look."
    )


def test_a_rival_that_knows_too_few_is_left_out():
    silent = {**SURVEY, "enough": False, "lost": 4, "auc": None, "low": None, "high": None}
    assert sentences.backtest(EN, proved({**HEALTH, **APART}, silent))[-1].startswith("Of a client about to leave")


def test_nobody_was_red():
    said = sentences.backtest(EN, proved({**HEALTH, **APART, "lift": None}))
    assert said[1] == "No client was red."


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        (0, "No client with a score has left yet, so nothing can tell whether the score foretells losses."),
        (1, "1 client with a score has left, and it takes 10 to tell whether the score foretells losses."),
        (9, "9 clients with a score have left, and it takes 10 to tell whether the score foretells losses."),
    ],
)
def test_too_few_losses_to_tell(lost, expected):
    few = proved({**HEALTH, "lost": lost, "enough": False}, below=(0, 0, 0), lost=lost)
    first, *rest = sentences.backtest(EN, few)
    assert first == expected
    assert len(rest) == (lost > 0)  # what was seen of the few, without a rate
    assert "%" not in " ".join(rest)
    assert sentences.backtest(VI, few)[0].startswith("Chưa có" if not lost else f"Mới có {lost} khách hàng")


def test_signs_by_name_for_the_picture():
    found = sentences.signs(EN, WHOLE)
    assert found.label.tolist() == ["Health score", "Overdue debt alone", "Latest survey answer alone"]
    assert found[["value", "low", "high"]].to_numpy().tolist() == [
        [0.771, 0.678, 0.843],
        [0.6, 0.5, 0.7],
        [0.76, 0.67, 0.85],
    ]

"""What health says is what the frame says, and nothing where it says nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from frames import frame

from amlib import health, sentences, words

VI, EN = words.of("vi"), words.of("en")
OCTOBER = pd.Period("2026-10", "M")


def test_bands_are_counted():
    found = pd.Series(["green", "red", "green", "grey"])
    assert sentences.bands(EN, found) == "Health of the clients: 1 red, 2 green and 1 not enough data."
    assert sentences.bands(VI, found) == "Sức khỏe khách hàng: 1 đỏ, 2 xanh và 1 chưa đủ dữ liệu."
    assert sentences.bands(EN, found.iloc[:0]) == "There is no active client in this month."


def trend(*scores: float | None, coverage: float = 0.8) -> pd.DataFrame:
    months = pd.period_range(end=OCTOBER, periods=len(scores), freq="M")
    score = pd.Series(scores, dtype="float64")
    bands = dict.fromkeys(("own_band", "steady_band", "band"), score.map(health.band))
    return pd.DataFrame({"month": months, "score": score, "coverage": coverage, **bands})


def told(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["measure", "value", "points", "lost"])
    return found.assign(client_id="A")


GOOD = ("orders", 1.2, 93, 1)


def test_the_score_and_what_pulls_it_down():
    weak = told(("nps", 6, 25, 9), ("overdue", 0.21, 53, 12), ("orders", 1.2, 93, 1), ("renewal", 1, 1, 2))
    assert sentences.score(EN, trend(58.4, 61.6), weak) == [
        "The score is 62 out of 100 (amber), up 4 points on the month before.",
        "Most points are lost by: overdue debt at 21% of six months' billing, latest survey answer 6 out of 10 "
        "and 1 day left on the retainer.",
    ]
    assert (
        sentences.score(VI, trend(58.4, 61.6), weak)[0]
        == "Điểm sức khỏe là 62/100 (vàng), tăng 4 điểm so với tháng trước."
    )


@pytest.mark.parametrize(
    ("scores", "change"),
    [
        ((80.0, 79.0), ", down 1 point on the month before"),
        ((79.4, 78.6), ", unchanged on the month before"),  # both are printed as 79
        ((None, 79.0), ""),
        ((79.0,), ""),
    ],
)
def test_the_change_is_that_of_the_printed_scores(scores, change):
    printed = EN.number(scores[-1])
    assert sentences.score(EN, trend(*scores), told(GOOD)) == [
        f"The score is {printed} out of 100 (green){change}.",
        "No measure pulls it down.",
    ]


def test_a_gap_in_the_months_is_no_month_before():
    gap = trend(10, 20, 80).iloc[[0, 2]]
    assert sentences.score(EN, gap, told(GOOD))[0] == "The score is 80 out of 100 (green)."


def test_months_may_come_in_any_order():
    assert "80 out of 100" in sentences.score(EN, trend(10, 80)[::-1], told(GOOD))[0]


def test_without_enough_data_there_is_one_sentence_and_no_reason():
    weak = told(("nps", 6, 25, 9))
    expected = "There is not enough data for a score: the measures that exist make up 40% of its weight."
    assert sentences.score(EN, trend(80, None, coverage=0.4), weak) == [expected]
    inactive = ["The client was not active in this month, so there is no score."]
    assert sentences.score(EN, trend(80), weak.iloc[:0]) == inactive
    assert sentences.score(EN, trend(80).iloc[:0], weak.iloc[:0]) == inactive


@pytest.mark.parametrize("measure", health.MEASURES)
@pytest.mark.parametrize("say", [EN, VI], ids=["en", "vi"])
def test_every_reason_says_its_number(say, measure):
    value = {"of_ten": 3, "days": 12}.get(health.MEASURES[measure].unit, 0.37)
    said = sentences.reason(say, measure, value)
    assert ("37%" if value == 0.37 else str(value)) in said
    assert "{" not in said


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        ("orders", "sáu tháng qua không phát sinh doanh thu"),
        ("on_time", "không dự án nào được giao đúng hạn"),
        ("response_time", "không tin nhắn nào được phản hồi đúng cam kết"),
        ("messages", "ba tháng qua không có tin nhắn nào"),
        ("fee_trend", "không còn hợp đồng duy trì như ba tháng trước"),
        ("renewal", "hợp đồng duy trì đã hết hạn"),
        ("nps", "khách hàng chấm 0/10 ở khảo sát gần nhất"),  # an answer like any other
    ],
)
def test_nothing_is_said_in_words_and_not_as_zero(measure, said):
    assert sentences.reason(VI, measure, 0.0) == said


def test_debt_of_a_client_who_is_not_billed_any_more():
    assert sentences.reason(EN, "overdue", np.inf) == "overdue debt, and no new invoice in six months"


def test_a_band_that_holds_is_told_apart_from_the_scores_own():
    held = trend(80.0, 74.0).assign(steady_band="green", band="green")
    assert sentences.score(EN, held, told(GOOD))[0] == (
        "The score is 74 out of 100 (green), down 6 points on the month before. By the score of "
        "this month alone it would "
        "be amber; a band changes once the score is 3 points past its edge, or past it two months in a row."
    )
    assert "Nếu chỉ tính tháng này thì là mức vàng" in sentences.score(VI, held, told(GOOD))[0]


# -- what moved it


def gained(*rows: tuple[str, float | None, float | None, float | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["measure", "points_before", "points", "gained"]).assign(client_id="A")


def test_what_took_most_and_what_added_most():
    found = gained(
        ("nps", 90, 25, -9.04),
        ("response_time", 80, 70, -1.2),
        ("overdue", 80, 75, -0.7),
        ("renewal", None, 80, 1.0),
        ("on_time", 80, 80, 0.0),
        ("orders", 70, None, 2.25),
    )
    assert sentences.moved(EN, found) == [
        "Since last month it lost most on: latest survey answer (9 points) and answered within the service level "
        "(1.2 points).",
        "It gained most on: billing against the half-year before (2.2 points, no longer known) and "
        "days to the end of the "
        "retainer (1 point, known since this month).",
    ]
    assert sentences.moved(VI, found)[0] == (
        "So với tháng trước, mất điểm nhiều nhất ở: điểm khảo sát gần nhất (9 điểm) và phản hồi đúng cam kết "
        "(1,2 điểm)."
    )


def test_first_the_way_the_score_went():
    found = gained(("nps", 25, 90, 9.0), ("orders", 80, 70, -1.0))
    assert sentences.moved(EN, found) == [
        "Since last month it gained most on: latest survey answer (9 points).",
        "It lost most on: billing against the half-year before (1 point).",
    ]


def test_a_score_that_did_not_move_and_one_without_a_month_before():
    still = gained(("nps", 90, 90, 0.0), ("orders", 80, 80.2, 0.04), ("overdue", None, None, None))
    assert sentences.moved(EN, still) == ["No measure moved the score since last month."]
    new = gained(("nps", None, 90, None))
    assert sentences.moved(EN, new) == ["There is no score of last month to compare with."]
    assert sentences.moved(EN, new.iloc[:0]) == []


def test_what_the_score_is_made_of_heaviest_loss_first():
    # Weights 30, 10 and 20: of 100 points the measures that exist can bring 75 and 25.
    measured = pd.DataFrame(
        {
            "client_id": "A",
            "measure": ["nps", "overdue", "renewal"],
            "value": [9.0, float("inf"), None],
            "points": [90.0, 0.0, None],
            "part": [67.5, 0.0, None],
            "lost": [7.5, 25.0, None],
        }
    )
    found = sentences.findings(
        EN, measured, gained(("nps", 80, 90, 7.5), ("overdue", 10, 0, -2.5), ("renewal", None, None, None))
    )
    assert list(found) == ["measure", "finding", "points", "in_the_score", "at_most", "since_last_month"]
    assert found.astype("object").where(found.notna(), None).to_numpy().tolist() == [
        ["Overdue against six months' billing", "nothing billed", 0.0, 0.0, 25.0, -2.5],
        ["Latest survey answer", "9 out of 10", 90.0, 67.5, 75.0, 7.5],
        ["Days to the end of the retainer", "–", None, None, None, None],
    ]


# -- set by hand


def test_an_override_says_why_who_until_when_and_what_is_computed():
    found = frame(
        "client_id band reason author from_on until_on",
        ("A", "red", "A tender {soon}.", "Lan", "2026-10-15", "2026-12-29"),
    )
    computed = trend(80.0, 86.0).assign(band="red")
    assert sentences.override(EN, found, computed) == [
        "Set by hand to red until 29/12/2026 by Lan: A tender {soon}. The computed band is green."
    ]
    assert sentences.override(VI, found, computed) == [
        "Mức đỏ do Lan đặt thủ công, áp dụng đến 29/12/2026: A tender {soon}. Tính theo điểm thì là mức xanh."
    ]
    assert sentences.override(EN, found.iloc[:0], computed) == []
    assert sentences.override(EN, found, computed.iloc[:0]) == []  # no client of this month


# -- actions


CLIENTS = frame("client_id name am_id", ("A", "Phở {Hòa}", "lan"), ("B", "Trà <Đá>", None), ("C", "Bún", "ghost"))
MANAGERS = frame("am_id name", ("lan", "Trần Lan"))
TODO = frame(
    "client_id measure value am_id due_on",
    ("A", "nps", 6.0, "lan", "2026-11-02"),
    ("B", "on_time", 0.5, None, "2026-11-02"),
    ("C", "messages", 0.5, "ghost", "2026-11-14"),
)


def test_what_to_do_why_who_and_when():
    found = sentences.to_do(EN, TODO, CLIENTS, MANAGERS)
    assert list(found.columns) == ["action", "why", "owner", "due_on"]
    assert found.why.tolist() == [
        "latest survey answer 6 out of 10",
        "50% of projects delivered on time",
        "messages at 50% of the quarter before",
    ]
    late = "o through the late projects with the departments and send the client new dates"
    assert found.action[1] == f"Trà <Đá>: g{late}"
    assert found.action[0].startswith("Phở {Hòa}: call the client")
    alone = sentences.to_do(EN, TODO, CLIENTS, MANAGERS, named=False)
    assert alone.action[1] == f"G{late}"
    assert alone.why.tolist() == found.why.tolist()
    assert found.due_on.tolist() == TODO.due_on.tolist()


def test_an_owner_the_book_does_not_name_is_an_id_and_not_nobody():
    owners = sentences.to_do(EN, TODO, CLIENTS, MANAGERS).owner
    assert [None if pd.isna(owner) else owner for owner in owners] == ["Trần Lan", None, "ghost"]
    unnamed = sentences.to_do(EN, TODO, CLIENTS, MANAGERS.iloc[:0]).owner
    assert [None if pd.isna(owner) else owner for owner in unnamed] == ["lan", None, "ghost"]


def test_nothing_to_do():
    assert sentences.to_do(VI, TODO.iloc[:0], CLIENTS, MANAGERS).empty

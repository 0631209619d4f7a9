"""Sentences say what the frame says, and nothing where it says nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from frames import frame

from amlib import health, kpis, pay, sentences, words

VI, EN = words.of("vi"), words.of("en")
OCTOBER = pd.Period("2026-10", "M")


def compared(*rows: tuple) -> pd.DataFrame:
    """A `kpis.compare` from kpi, value, before, target and n (10 unless given)."""
    rows = [(*row, 10) if len(row) == 4 else row for row in rows]
    found = pd.DataFrame(rows, columns=["kpi", "value", "before", "target", "n"])
    return found.astype(dict.fromkeys(["value", "before", "target"], "float64"))


def headline(*rows: tuple, say: words.Words = EN) -> list[str]:
    return sentences.headline(say, compared(*rows), OCTOBER, "VND")


# -- the headline


@pytest.mark.parametrize(
    ("value", "before", "change"),
    [
        (110e6, 100e6, ", up 10.0% on the month before"),
        (95.5e6, 100e6, ", down 4.5% on the month before"),
        (100e6, 100e6, ", as in the month before"),
        (100.04e6, 100e6, ", as in the month before"),
        (100e6, None, ""),
        (100e6, 0, ""),
        (100e6, -5e6, ""),
    ],
)
def test_the_first_kpi_against_last_month(value, before, change):
    said = "VND 95.5 million" if value == 95.5e6 else f"VND {value / 1e6:.0f} million"
    assert headline(("revenue", value, before, None)) == [f"Revenue of October 2026 was {said}{change}."]


def test_the_headline_in_vietnamese():
    assert headline(("revenue", 2.312e9, 2.1e9, 3e9), say=VI) == [
        "Doanh thu tháng 10/2026 đạt 2,31 tỷ đồng, tăng 10,1% so với tháng trước.",
        "Chưa đạt chỉ tiêu: doanh thu (2,31 tỷ đồng, chỉ tiêu 3 tỷ đồng).",
    ]


def test_a_kpi_without_a_value_claims_nothing():
    assert headline(("revenue", None, 100e6, 90e6)) == ["Revenue of October 2026 cannot be measured."]


def test_a_kpi_that_is_no_money_is_not_said_to_have_grown_by_a_share():
    assert headline(("response_time", 2.0, 1.0, None)) == ["Average response time of October 2026 was 2 hours."]


def test_less_is_better_for_what_is_waited_or_owed():
    rows = [("revenue", 1e6, None, None), ("response_time", 4.5, None, 4), ("overdue_share", 0.1, None, 0.2)]
    assert headline(*rows)[1] == "Behind target: average response time (4.5 hours against 4 hours)."


def test_more_is_better_for_what_is_earned_and_neither_is_judged():
    rows = [
        ("revenue", 1e6, None, 2e6),
        ("nps", 0.3, None, 0.4),
        ("returning_clients", 0.9, None, 0.9),
        ("clients_per_manager", 3, None, 8),
    ]
    assert headline(*rows)[1] == (
        "Behind target: revenue (VND 1 million against VND 2 million) and net promoter score (30 against 40)."
    )


def test_targets_that_are_met():
    rows = [("revenue", 1e6, None, 1e6), ("response_time", 3, None, 4), ("clients_per_manager", 3, None, 8)]
    assert headline(*rows)[1] == "All 2 KPIs with a target meet it."
    assert headline(*rows[:1])[1] == "The one KPI with a target meets it."
    assert headline(*rows[:1], say=VI)[1] == "Chỉ số duy nhất có chỉ tiêu đã đạt."
    assert len(headline(rows[2])) == 1


def test_a_kpi_is_not_behind_by_what_nobody_can_see():
    assert headline(("response_time", 4.02, None, 4))[1] == "The one KPI with a target meets it."


def test_an_nps_of_few_answers_is_not_held_against_its_target():
    revenue = ("revenue", 1e6, None, None)
    assert len(headline(revenue, ("nps", -1.0, None, 0.4, kpis.MIN_ANSWERS - 1))) == 1
    assert "Behind" in headline(revenue, ("nps", -1.0, None, 0.4, kpis.MIN_ANSWERS))[1]
    assert "Behind" in headline(revenue, ("returning_clients", 0.1, None, 0.4, 1))[1]


def test_names_inside_a_sentence():
    assert sentences.in_a_sentence("Net promoter score") == "net promoter score"
    assert sentences.in_a_sentence("NPS of October") == "NPS of October"
    assert sentences.in_a_sentence("Đơn hàng") == "đơn hàng"


# -- health


def test_bands_are_counted():
    found = pd.Series(["green", "red", "green", "grey"])
    assert sentences.bands(EN, found) == "Health of the clients: 1 red, 2 green and 1 not enough data."
    assert sentences.bands(VI, found) == "Sức khỏe khách hàng: 1 đỏ, 2 xanh và 1 chưa đủ dữ liệu."
    assert sentences.bands(EN, found.iloc[:0]) == "There is no active client in this month."


def trend(*scores: float | None, coverage: float = 0.8) -> pd.DataFrame:
    months = pd.period_range(end=OCTOBER, periods=len(scores), freq="M")
    score = pd.Series(scores, dtype="float64")
    return pd.DataFrame({"month": months, "score": score, "coverage": coverage, "band": score.map(health.band)})


def told(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["measure", "value", "points", "lost"])
    return found.assign(client_id="A")


GOOD = ("orders", 1.2, 93, 1)


def test_the_score_and_what_pulls_it_down():
    weak = told(("nps", 6, 25, 9), ("overdue", 0.21, 53, 12), ("orders", 1.2, 93, 1), ("renewal", 1, 1, 2))
    assert sentences.health(EN, trend(58.4, 61.6), weak) == [
        "The score is 62 out of 100 (amber), 4 points up on the month before.",
        "Most points are lost by: overdue debt at 21% of six months' billing, latest survey answer 6 out of 10 "
        "and 1 day left on the retainer.",
    ]
    assert (
        sentences.health(VI, trend(58.4, 61.6), weak)[0]
        == "Điểm sức khỏe là 62/100 (vàng), tăng 4 điểm so với tháng trước."
    )


@pytest.mark.parametrize(
    ("scores", "change"),
    [
        ((80.0, 79.0), ", 1 point down on the month before"),
        ((79.4, 78.6), ", as in the month before"),  # both are printed as 79
        ((None, 79.0), ""),
        ((79.0,), ""),
    ],
)
def test_the_change_is_that_of_the_printed_scores(scores, change):
    printed = EN.number(scores[-1])
    assert sentences.health(EN, trend(*scores), told(GOOD)) == [
        f"The score is {printed} out of 100 (green){change}.",
        "No measure pulls it down.",
    ]


def test_a_gap_in_the_months_is_no_month_before():
    gap = trend(10, 20, 80).iloc[[0, 2]]
    assert sentences.health(EN, gap, told(GOOD))[0] == "The score is 80 out of 100 (green)."


def test_months_may_come_in_any_order():
    assert "80 out of 100" in sentences.health(EN, trend(10, 80)[::-1], told(GOOD))[0]


def test_without_enough_data_there_is_one_sentence_and_no_reason():
    weak = told(("nps", 6, 25, 9))
    expected = "There is not enough data for a score: the measures that exist make up 40% of its weight."
    assert sentences.health(EN, trend(80, None, coverage=0.4), weak) == [expected]
    inactive = ["The client was not active in this month, so there is no score."]
    assert sentences.health(EN, trend(80), weak.iloc[:0]) == inactive
    assert sentences.health(EN, trend(80).iloc[:0], weak.iloc[:0]) == inactive


@pytest.mark.parametrize("measure", health.MEASURES)
@pytest.mark.parametrize("say", [EN, VI], ids=["en", "vi"])
def test_every_reason_says_its_number(say, measure):
    value = {"of_ten": 3, "days": 12}.get(health.MEASURES[measure].unit, 0.37)
    said = sentences.reason(say, measure, value)
    assert ("37%" if value == 0.37 else str(value)) in said
    assert "{" not in said


def test_debt_of_a_client_who_is_not_billed_any_more():
    assert sentences.reason(EN, "overdue", np.inf) == "overdue debt, and nothing billed in six months"


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
        "Phở {Hòa}: latest survey answer 6 out of 10",
        "Trà <Đá>: 50% of projects delivered on time",
        "Bún: messages at 50% of the quarter before",
    ]
    assert found.action[1] == "Go through the late projects with the departments and send the client new dates"
    assert found.due_on.tolist() == TODO.due_on.tolist()


def test_an_owner_the_book_does_not_name_is_an_id_and_not_nobody():
    owners = sentences.to_do(EN, TODO, CLIENTS, MANAGERS).owner
    assert [None if pd.isna(owner) else owner for owner in owners] == ["Trần Lan", None, "ghost"]
    unnamed = sentences.to_do(EN, TODO, CLIENTS, MANAGERS.iloc[:0]).owner
    assert [None if pd.isna(owner) else owner for owner in unnamed] == ["lan", None, "ghost"]


def test_nothing_to_do():
    assert sentences.to_do(VI, TODO.iloc[:0], CLIENTS, MANAGERS).empty


# -- pay


BANDS = pd.DataFrame(
    {
        "label": ["Ads", "Range", "Middle"],
        "low": [10e6, 20e6, None],
        "mid": [15e6, None, 14e6],
        "high": [20e6, 30e6, None],
        "n": pd.array([8, None, 13], dtype="Int64"),
    }
)


def test_pay_of_a_level_and_where_an_offer_stands():
    assert sentences.pay(EN, "manager", pay.position(18e6, BANDS), "VND", 18e6) == [
        "Figures for manager:",
        "Ads: VND 10 million to VND 20 million a month, middle VND 15 million (n = 8).",
        "An offer of VND 18 million lies within that band, at 120% of its middle.",
        "Range: VND 20 million to VND 30 million a month (n = –).",
        "An offer of VND 18 million lies below that band.",
        "Middle: VND 14 million a month in the middle (n = 13).",
    ]


def test_pay_without_an_offer_says_nothing_of_one():
    said = " ".join(sentences.pay(VI, "manager", pay.position(None, BANDS), "VND"))
    assert "đề nghị" not in said
    assert said.startswith("Mức lương tham khảo cho cấp Account Manager: Ads: từ 10 triệu đồng đến 20 triệu đồng")


def test_pay_of_a_level_that_nobody_publishes_and_of_none():
    empty = pay.position(None, BANDS.iloc[:0])
    assert sentences.pay(EN, "senior_manager", empty, "NOK") == ["No figure for senior manager is known in NOK."]
    with pytest.raises(ValueError, match="no level 'boss'; there are: executive, senior_executive, manager"):
        sentences.pay(EN, "boss", BANDS, "VND")


def test_own_records_are_labelled_gross_or_net():
    own = pd.DataFrame({"gross": pd.array([True, False, None], dtype="boolean")})
    assert sentences.own_records(EN, own).label.tolist() == [
        "Own records, gross",
        "Own records, net",
        "Own records, gross or net not stated",
    ]
    assert sentences.own_records(EN, own.iloc[:0]).label.empty


def test_figures_of_few_records_carry_a_warning():
    said = [sentences.few_records(EN, n, 20) for n in (19, 20, None, pd.NA)]
    assert said == ["fewer than 20 records", "", "number of records not stated", "number of records not stated"]

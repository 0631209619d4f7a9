"""What KPIs say is what the frame says, and nothing where it says nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from amlib import kpis, sentences, words
from amlib.sentences import grammar

VI, EN = words.of("vi"), words.of("en")
OCTOBER = pd.Period("2026-10", "M")


def compared(*rows: tuple) -> pd.DataFrame:
    """A `kpis.compare` from kpi, value, before, target and n (10 unless given)."""
    rows = [(*row, 10) if len(row) == 4 else row for row in rows]
    found = pd.DataFrame(rows, columns=["kpi", "value", "before", "target", "n"])
    found = found.assign(year_before=None, low=None, high=None, before_n=10)
    return found.astype(dict.fromkeys(["value", "before", "year_before", "target", "low", "high"], "float64"))


def headline(*rows: tuple, say: words.Words = EN) -> list[str]:
    return sentences.headline(say, compared(*rows), OCTOBER, "VND")


# -- the headline


@pytest.mark.parametrize(
    ("value", "before", "change"),
    [
        (110e6, 100e6, ", up 10.0% on the month before"),
        (95.5e6, 100e6, ", down 4.5% on the month before"),
        (100e6, 100e6, ", unchanged on the month before"),
        (100.04e6, 100e6, ", unchanged on the month before"),
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
        "Chưa đạt chỉ tiêu: doanh thu 2,31 tỷ đồng (chỉ tiêu 3 tỷ đồng).",
    ]


def test_a_kpi_without_a_value_claims_nothing():
    assert headline(("revenue", None, 100e6, 90e6)) == ["Revenue of October 2026 cannot be measured."]


def test_the_first_kpi_against_last_year():
    rows = compared(("revenue", 110e6, 100e6, None)).assign(year_before=200e6)
    assert sentences.headline(EN, rows, OCTOBER, "VND") == [
        "Revenue of October 2026 was VND 110 million, up 10.0% on the month before and down 45.0% on the year before."
    ]
    assert sentences.headline(VI, rows, OCTOBER, "VND") == [
        "Doanh thu tháng 10/2026 đạt 110 triệu đồng, tăng 10,0% so với tháng trước và giảm 45,0% "
        "so với cùng kỳ năm trước."
    ]


def worse(*rows: tuple, **columns: object) -> list[str]:
    return sentences.headline(EN, compared(("revenue", 1e6, None, None), *rows).assign(**columns), OCTOBER, "VND")[1:]


def test_what_got_worse_is_named_with_its_change():
    rows = [("overdue_share", 0.4, 0.3, None), ("response_time", 2.0, 3.0, None), ("clients_per_manager", 6, 5, None)]
    assert worse(*rows) == ["Worse than the month before: overdue share up 10 percentage points."]
    assert worse(*rows[1:]) == []


def test_a_month_within_the_interval_of_this_one_is_no_change():
    assert worse(("response_time", 3.0, 2.0, None), low=1.5, high=4.5) == []
    assert len(worse(("response_time", 3.0, 1.0, None), low=1.5, high=4.5)) == 1


def test_an_nps_of_few_answers_then_or_now_did_not_get_worse():
    assert worse(("nps", -0.5, 0.5, None, 4)) == worse(("nps", -0.5, 0.5, None), before_n=4) == []


def test_a_kpi_that_is_no_money_is_not_said_to_have_grown_by_a_share():
    assert headline(("response_time", 2.0, 1.0, None)) == ["Average response time of October 2026 was 2 hours."]


def test_less_is_better_for_what_is_waited_or_owed():
    rows = [("revenue", 1e6, None, None), ("response_time", 4.5, None, 4), ("overdue_share", 0.1, None, 0.2)]
    assert headline(*rows)[1] == "Behind target: average response time 4.5 hours (target 4 hours)."


def test_more_is_better_for_what_is_earned_and_neither_is_judged():
    rows = [
        ("revenue", 1e6, None, 2e6),
        ("nps", 0.3, None, 0.4),
        ("returning_clients", 0.9, None, 0.9),
        ("clients_per_manager", 3, None, 8),
    ]
    assert headline(*rows)[1] == (
        "Behind target: revenue VND 1 million (target VND 2 million) and net promoter score 30 (target 40)."
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
    assert len(headline(revenue, ("nps", -1.0, None, 0.4, kpis.MIN_COUNT - 1))) == 1
    assert "Behind" in headline(revenue, ("nps", -1.0, None, 0.4, kpis.MIN_COUNT))[1]
    assert "Behind" in headline(revenue, ("overdue_share", 0.9, None, 0.4, 1))[1]


def test_names_inside_a_sentence():
    assert grammar.in_a_sentence("Net promoter score") == "net promoter score"
    assert grammar.in_a_sentence("NPS of October") == "NPS of October"
    assert grammar.in_a_sentence("Đơn hàng") == "đơn hàng"


@pytest.mark.parametrize(
    ("kpi", "by", "since", "said"),
    [
        ("nps", [], None, "all up to October 2026"),
        ("nps", ["month"], None, "all up to October 2026"),
        ("nps", ["month"], "2026-08", "August 2026 to October 2026"),
        ("nps", [], "2026-10", "October 2026"),
        ("overdue_share", [], None, "October 2026"),
        ("active_clients", [], None, "October 2026"),
        ("active_clients", ["month"], None, "November 2025 to October 2026"),
        ("revenue_bridge", [], None, "October 2026"),
        ("returning_clients", [], None, "October 2026"),
        ("returning_clients", ["month"], None, "all up to October 2026"),
    ],
)
def test_the_months_that_a_figure_rests_on_are_said(kpi, by, since, said):
    first = kpis.counted_from(kpi, OCTOBER, by, since and pd.Period(since, "M"))
    assert sentences.counted(EN, first, OCTOBER) == said


def test_the_months_are_those_that_ask_counts(sample_book):
    for kpi, by in [("nps", "month"), ("active_clients", "month"), ("revenue", "month")]:
        first = kpis.counted_from(kpi, OCTOBER, [by])
        asked = kpis.ask(sample_book, kpi, OCTOBER, by).month.min()
        assert asked == first or first is None
    alone = kpis.ask(sample_book, "returning_clients", OCTOBER, since=OCTOBER)
    pd.testing.assert_frame_equal(kpis.ask(sample_book, "returning_clients", OCTOBER), alone)

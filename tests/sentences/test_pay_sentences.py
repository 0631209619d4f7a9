"""What pay says is what the frame says, and nothing where it says nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from amlib import pay, sentences, words

VI, EN = words.of("vi"), words.of("en")
OCTOBER = pd.Period("2026-10", "M")


BANDS = pd.DataFrame(
    {
        "label": ["Ads", "Range", "Middle"],
        "low": [10e6, 20e6, None],
        "mid": [15e6, None, 14e6],
        "high": [20e6, 30e6, None],
        "n": pd.array([8, None, 13], dtype="Int64"),
        "spread": "range",
    }
)


def test_pay_of_a_level_and_where_an_offer_stands():
    assert sentences.pay_of_level(EN, "manager", pay.position(18e6, BANDS), "VND", 18e6) == [
        "Figures for manager:",
        "Ads: VND 10 million to VND 20 million a month, middle VND 15 million (n = 8).",
        "An offer of VND 18 million lies within that band, at 120% of its middle.",
        "Range: VND 20 million to VND 30 million a month (n = –).",
        "An offer of VND 18 million lies below that band.",
        "Middle: VND 14 million a month in the middle (n = 13).",
    ]


def test_pay_without_an_offer_says_nothing_of_one():
    said = " ".join(sentences.pay_of_level(VI, "manager", pay.position(None, BANDS), "VND"))
    assert "đề nghị" not in said
    assert said.startswith("Mức lương tham khảo cho cấp Account Manager: Ads: từ 10 triệu đồng đến 20 triệu đồng")


def test_pay_of_a_level_that_nobody_publishes_and_of_none():
    empty = pay.position(None, BANDS.iloc[:0])
    assert sentences.pay_of_level(EN, "senior_manager", empty, "NOK") == [
        "No figure for senior manager is known in NOK."
    ]
    with pytest.raises(ValueError, match="no level 'boss'; there are: executive, senior_executive, manager"):
        sentences.pay_of_level(EN, "boss", BANDS, "VND")


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

"""What is left of pay, by month and by year, and by which law."""

from __future__ import annotations

import pandas as pd
import pytest

from amlib import pay, words
from amlib.sentences import payslip as said

VI, EN = words.of("vi"), words.of("en")
OCTOBER = pd.Period("2026-10", "M")
TWENTY = pay.Offer.of(20e6, "gross", OCTOBER)
NO_OFFER = pay.Offer.of(None, "gross", OCTOBER)


def test_payslips_of_an_offer_and_a_tenth_more():
    found = said.payslips(EN, "The offer", TWENTY, OCTOBER)
    assert found.case.tolist() == ["The offer", "With 10% more", "The difference"]
    assert found.gross.tolist() == [20_000_000, 22_000_000, 2_000_000]
    assert found.net.iloc[0] == 17_780_000
    assert said.payslips(EN, "The offer", NO_OFFER, OCTOBER).empty


def test_without_an_offer_the_middle_of_the_nearest_band_is_worked_with():
    bands = pd.DataFrame({"label": ["A", "B", "C"], "mid": [None, 20e6, 30e6], "gross": [True, True, False]})
    bands = bands.astype({"gross": "boolean"})
    assert said.worked_with(EN, bands, TWENTY, OCTOBER, "VND") == ("The offer", TWENTY)
    assert said.worked_with(EN, bands, NO_OFFER, OCTOBER, "VND") == ("The middle of B", TWENTY)
    assert said.worked_with(VI, bands.iloc[2:], NO_OFFER, OCTOBER, "VND")[1].basis == "net"
    unstated = bands.iloc[1:2].assign(gross=pd.array([None], dtype="boolean"))
    assert said.worked_with(EN, unstated, NO_OFFER, OCTOBER, "VND")[1] == TWENTY
    assert said.worked_with(EN, bands.iloc[:1], NO_OFFER, OCTOBER, "VND") == ("The offer", NO_OFFER)


def test_an_offers_terms_hold_for_its_payslips_the_middle_of_a_band_and_the_year():
    terms = pay.Terms(dependants=1, region="IV", insured=10e6)
    offer = pay.Offer.of(30e6, "gross", OCTOBER, terms=terms)
    # Insurance 1.05; 30 - 1.05 - 15.5 - 6.2 = 7.25, of which 5 % is 0.3625. A tenth more: 10.25, so .5 and 10 % of .25.
    slips = said.payslips(EN, "The offer", offer, OCTOBER)
    assert slips.net.tolist() == [28_587_500, 31_425_000, 2_837_500]
    assert slips.on_top.tolist() == [2_350_000, 2_350_000, 0]
    band = pd.DataFrame({"label": ["A"], "mid": [30e6], "gross": pd.array([True], dtype="boolean")})
    nothing = pay.Offer.of(None, "gross", OCTOBER, terms=terms)
    assert said.worked_with(EN, band, nothing, OCTOBER, "VND") == ("The middle of A", offer)
    year = said.whole_year(EN, offer, OCTOBER, bonus_months=1).set_index("part").a_year
    # 13 x 30 - 12 x 1.05 - 12 x 21.7 = 117, a month 9.75: 5 %.
    assert year["Left, net"] == 390e6 - 12.6e6 - 5.85e6
    assert year["What the employer pays"] == 390e6 + 12 * 2.35e6


def test_the_page_says_on_which_terms_it_reckons():
    assert said.reckoned(EN, pay.Terms(), "VND") == (
        "Reckoned with no dependants, in minimum wage region I, with insurance on the full gross pay up to the caps of "
        "the law."
    )
    assert said.reckoned(VI, pay.Terms(2, "III", 5_000_000), "VND") == (
        "Giảm trừ gia cảnh: 2 người phụ thuộc; lương tối thiểu vùng III; bảo hiểm đóng trên mức 5.000.000\u00a0₫ "
        "một tháng, không quá mức trần luật định."
    )
    assert "with 1 dependant, in" in said.reckoned(EN, pay.Terms(1), "VND")


SCHEME = pay.Commission([(0, 0.005), (1e9, 0.01)], 30e6)


def test_a_year_with_bonus_and_commission():
    # 12 x 20 + 20 + half of 10 = 270: 5 is 0.5 % of a billion, 5 more 1 % of the half above it; capped it is not.
    found = said.whole_year(EN, TWENTY, OCTOBER, bonus_months=1, commission=SCHEME, revenue=1.5e9)
    assert found.set_index("part").a_year.to_dict() == {
        "Base pay, twelve months": 240e6,
        "Bonus, 1 month of pay": 20e6,
        "Commission": 10e6,
        "Gross in all": 270e6,
        # Insurance 12 x 2.1; tax 5 % of 270 - 25.2 - 186.
        "Insurance and tax": 25.2e6 + 2.94e6,
        "Left, net": 241.86e6,
        "What the employer pays": 270e6 + 12 * 4.7e6,
    }
    assert found.a_month[:2].tolist() == [20e6, 20e6 / 12]
    assert found.share.tolist()[:4] == pytest.approx([240 / 270, 20 / 270, 10 / 270, 1])


def test_what_a_year_lacks_is_left_out():
    plain = said.whole_year(EN, TWENTY, OCTOBER)
    assert plain.part.tolist()[:3] == ["Base pay, twelve months", "Bonus, 0 months of pay", "Gross in all"]
    # The law is told from July 2024 on, so not for that whole year.
    early = said.whole_year(EN, pay.Offer.of(20e6, "gross", "2024-08"), pd.Period("2024-08"))
    assert early.part.tolist() == plain.part.tolist()[:3]
    euros = said.whole_year(EN, pay.Offer.of(2000, "gross", OCTOBER, currency="EUR"), OCTOBER, bonus_months=1)
    assert euros.a_year.tolist() == [24_000, 2_000, 26_000]
    assert said.whole_year(EN, pay.Offer.of(2000, "net", OCTOBER, currency="EUR"), OCTOBER).empty
    assert said.whole_year(EN, NO_OFFER, OCTOBER).empty
    unknown = said.whole_year(EN, TWENTY, OCTOBER, commission=SCHEME, revenue=float("nan"))
    assert unknown.set_index("part").a_year.isna().to_dict() == {
        "Base pay, twelve months": False,
        "Bonus, 0 months of pay": False,
        "Commission": True,
        "Gross in all": True,
    }


def test_a_commission_says_its_scheme_and_its_revenue():
    asked = said.commission_basis(EN, SCHEME, 2e9, 2e9, "VND")
    scheme = "0.5% of revenue, 1% of what is above VND 1 billion, at most VND 30 million"
    assert asked == [f"The commission rests on a revenue of VND 2 billion a year: {scheme}."]
    found = said.commission_basis(VI, pay.Commission([(0, 0.005)]), None, 6.11e9, "VND")
    assert found == [
        "Hoa hồng tính trên doanh thu 6,11 tỷ đồng (bình quân một account trong mười hai tháng qua): 0,5% doanh thu."
    ]
    assert said.commission_basis(EN, SCHEME, None, float("nan"), "VND") == [
        "The commission cannot be told: the book has no revenue per account manager."
    ]
    assert said.commission_basis(EN, None, None, 2e9, "VND") == [
        "No commission is counted: the report was given no scheme."
    ]


def test_the_law_is_named_with_its_first_day_and_what_it_is_known_from():
    reported, general = said.law(EN, OCTOBER)
    assert "tax brackets (Luật Thuế thu nhập cá nhân 109/2025/QH15, from 01/01/2026)" in reported
    assert "base wage (Nghị định về lương cơ sở năm 2026, from 01/07/2026)" in reported
    assert general == (
        "By general knowledge, not looked up: insurance rates (Luật Bảo hiểm xã hội 41/2024/QH15, from 01/07/2025) "
        "and union fee (Luật Công đoàn 50/2024/QH15, from 01/07/2025)."
    )
    assert len(said.law(EN, pd.Period("2025-12"))) == 1  # all that held before 2026 is general knowledge
    assert said.law(VI, pd.Period("2024-06")) == []

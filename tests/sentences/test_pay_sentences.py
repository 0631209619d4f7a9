"""What pay says is what the frame says, and nothing where it says nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from amlib import pay, words
from amlib.book import salary_benchmarks
from amlib.sentences import pay as said

VI, EN = words.of("vi"), words.of("en")
OCTOBER = pd.Period("2026-10", "M")


def own(*rows: dict) -> pd.DataFrame:
    """Groups as `pay.own_bands` makes them, gross and in đồng unless said."""
    nothing = dict.fromkeys(("level", "city", "employer", "years", "p10", "p90"))
    told = {"gross": True, "currency": "VND", "first_year": 2024, "last_year": 2026, "spread": "quartiles"}
    kinds = dict.fromkeys(("cut", "level", "city", "employer", "years"), "str") | {"gross": "boolean"}
    return pd.DataFrame([nothing | told | row for row in rows]).astype(kinds)


MANAGERS = {"cut": "level", "level": "manager", "n": 12, "low": 20e6, "mid": 24e6, "high": 30e6}


@pytest.fixture(scope="module")
def bands() -> pd.DataFrame:
    city = {"cut": "level, city", "city": "Hà Nội", "n": 5, "low": 18e6, "mid": 20e6, "high": 22e6}
    net = {"gross": False, "n": 40, "p10": 15e6, "p90": 35e6}
    groups = own(MANAGERS, MANAGERS | net, MANAGERS | city, {"cut": "city", "city": "Huế", "n": 30, "low": 1, "mid": 1})
    return said.side_by_side(EN, salary_benchmarks(), groups, OCTOBER)


def test_bands_stand_side_by_side_in_the_same_columns(bands):
    assert len(bands) == 4 + len(salary_benchmarks())
    labels = bands.set_index("label")
    assert labels.loc["Own, gross · 2024–2026", ["n", "mid", "weakness"]].tolist() == [12, 24e6, "n below 20"]
    assert labels.loc["Own, net · 2024–2026", "weakness"] == ""
    assert labels.loc["Hà Nội · Own, gross · 2024–2026", "cut"] == "level, city"
    zealand = labels.loc["Account Manager · agency · NZ · 2016, old figure"]
    assert zealand.low == pytest.approx(50_000 / 12)
    assert zealand.weakness == "n not stated; over 3 years old; gross/net not stated"
    assert (
        labels.loc["Account · top agency · ≤\u00a02026", "weakness"]
        == "n not stated; year not stated; gross/net not stated"
    )
    assert labels.loc["Marketing (all titles) · 2025", "weakness"] == "gross/net not stated"


def test_a_figure_is_old_after_three_years():
    figures = salary_benchmarks().query("id == 'topcv-marketing'")
    for year, old in ((2028, False), (2029, True)):
        told = said.side_by_side(EN, figures, own(MANAGERS), pd.Period(f"{year}-01", "M")).iloc[-1]
        assert ("old figure" in told.label, "over 3 years old" in told.weakness) == (old, old)


def test_an_offer_is_held_against_its_level_the_nearest_first(bands):
    found = said.of_level(bands, "manager", "Hà Nội", "VND").label.tolist()
    assert found[:3] == ["Hà Nội · Own, gross · 2024–2026", "Own, net · 2024–2026", "Own, gross · 2024–2026"]
    assert found[3] == "Account Manager · 2025"
    assert "Account (all titles) · Hà Nội · 2025" in found
    assert not any("TP. Hồ Chí Minh" in label or "NZ" in label or "Executive" in label for label in found)
    with pytest.raises(ValueError, match="no level 'boss'; there are: executive, senior_executive, manager"):
        said.of_level(bands, "boss", None, "VND")


def test_cities_then_employers_then_years_of_one_kind_of_pay(bands):
    years = [{"cut": "years", "years": of, "n": 9, "low": 1, "mid": 1} for of in ("0–2", "11+", "2–4")]
    mine = said.side_by_side(EN, salary_benchmarks().iloc[:0], own(*years), OCTOBER)
    found = said.by_group(pd.concat([mine, bands], ignore_index=True), "VND", gross=True)
    assert found.label.tolist() == [
        "Huế · Own, gross · 2024–2026",
        "Account (all titles) · Hà Nội · 2025",
        "Account (all titles) · TP. Hồ Chí Minh · 2025",
        "Account · top agency · ≤\u00a02026",
        "0–2 years in the trade · Own, gross · 2024–2026",
        "2–4 years in the trade · Own, gross · 2024–2026",
        "11+ years in the trade · Own, gross · 2024–2026",
    ]
    assert said.by_group(bands, "VND", gross=False).cut.isna().all()


FX = pd.DataFrame({"month": pd.PeriodIndex(["2026-09"], freq="M"), "currency": ["USD"], "rate": [26_321.0]})


def test_pay_in_another_currency_is_put_into_the_books_and_says_at_which_rate():
    dollars = MANAGERS | {"currency": "USD", "low": 800, "mid": 1000, "high": 1200}
    found = said.side_by_side(EN, salary_benchmarks(), own(dollars), OCTOBER, fx=FX).set_index("label")
    mine = found.loc["Own, gross · USD · 2024–2026"]
    assert mine[["low", "mid", "high"]].tolist() == [21_056_800, 26_321_000, 31_585_200]
    assert (mine.currency, mine.abroad) == ("VND", False)
    agents = found.loc["Advertising sales agents · agency · US · 2025"]
    assert agents[["p10", "mid"]].tolist() == pytest.approx([36_100 / 12 * 26_321, 72_900 / 12 * 26_321])
    assert agents.exchange == "1 USD = 26,321 VND (September 2026)"
    zealand = found.loc["Account Manager · agency · NZ · 2016, old figure"]
    assert (zealand.currency, zealand.exchange) == ("NZD", "no rate for NZD in the book")
    assert found.exchange[found.said_in == "VND"].isna().all()


def test_no_offer_is_held_against_pay_abroad():
    bands = said.side_by_side(EN, salary_benchmarks(), own(MANAGERS), OCTOBER, fx=FX)
    assert bands.abroad.sum() == 7
    assert not said.of_level(bands, "manager", None, "VND").abroad.any()
    assert not said.by_group(bands, "VND", gross=True).abroad.any()
    home = said.side_by_side(EN, salary_benchmarks(), own(MANAGERS), OCTOBER, "NZ", "NZD")
    level = said.of_level(home, "manager", None, "NZD")
    assert level.label.tolist() == ["Account Manager · agency · 2016, old figure"]


def test_own_records_of_years_ago_are_marked():
    told = [
        said.side_by_side(EN, salary_benchmarks().iloc[:0], own(MANAGERS | {"n": 20} | years), OCTOBER).weakness[0]
        for years in (
            {"first_year": 2023},
            {"first_year": 2022},
            {"first_year": 2020, "last_year": 2022},
        )
    ]
    assert told == ["", "partly over 3 years old", "over 3 years old"]


def standing(bands, offer, level="manager", city=None, lang=EN, **how) -> list[str]:
    asked = pay.Offer.of(offer, how.pop("basis", "gross"), OCTOBER, **how)
    return said.standing(lang, level, said.placed(bands, level, city, asked, "VND"), asked, "VND", city)


def test_where_an_offer_stands(bands):
    mine = bands[(bands.cut == "level") & bands.gross.fillna(False)]
    # Half way from the median to the upper quartile: the 62.5th percentile; Wilson's interval for 12 records.
    z, p, n = 1.959964, 0.625, 12
    reach = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    assert standing(mine, 27e6) == [
        "The offer is VND 27 million gross a month for manager, which is VND 23.7 million net.",
        "Against 1 band: above 0, within 1, below 0.",
        "Against the nearest own group (Own, gross · 2024–2026; n = 12) it is 112% of the middle.",
        f"About 62% of that group earn less (95% between {middle - reach:.0%} and {middle + reach:.0%}).",
    ]
    assert standing(mine, 33e6)[-1] == "It is VND 3 million above its upper quarter."
    assert standing(mine, 15e6)[-1] == "It is VND 5 million below its lower quarter."


def test_a_net_offer_is_held_against_net_pay_as_it_is_and_against_gross_as_gross(bands):
    placed = said.placed(bands, "manager", None, pay.Offer.of(20_330_750, "net", "2026-10"), "VND").set_index("label")
    assert placed.offer["Own, net · 2024–2026"] == 20_330_750
    assert placed.offer["Own, gross · 2024–2026"] == 23_000_000  # its gross in 2026
    assert placed.offer["Account Manager · 2025"] == 23_000_000  # not said which: mostly gross


def test_an_offer_in_dollars_is_told_to_the_dollar(bands):
    dollars = bands[(bands.cut == "level") & bands.gross.fillna(False)].assign(low=800.0, mid=1000.0, high=1200.0)
    asked = pay.Offer.of(1352, "gross", OCTOBER, currency="USD")
    placed = said.placed(dollars.assign(currency="USD"), "manager", None, asked, "USD")
    told = said.standing(EN, "manager", placed, asked, "USD")
    assert told[0] == "The offer is USD 1,352 gross a month for manager."
    assert told[-1] == "It is USD 152 above its upper quarter."


def test_a_city_without_figures_is_named(bands):
    assert "No figure is known for Cần Thơ: these are of all cities." in standing(bands, 25e6, city="Cần Thơ")
    assert not any("No figure" in text for text in standing(bands, 25e6, city="Hà Nội"))


def test_without_an_offer_the_nearest_band_is_told(bands):
    assert standing(bands, None, lang=VI) == [
        "Lương Account Manager từ 20 triệu đồng đến 30 triệu đồng một tháng, mức giữa 24 triệu đồng "
        "(Own, net · 2024–2026; n = 40)."
    ]
    unknown = "No figure for director is known in VND: the bands below are of no level in particular."
    assert standing(bands, None, level="director") == [unknown]
    assert standing(bands, 60e6, level="director")[1] == unknown
    empty = bands.iloc[:0]
    assert standing(empty, 25e6, level="director") == ["No figure for director is known in VND."]


def test_an_offer_in_another_currency_or_before_the_law_stays_as_it_was_said(bands):
    euros = pay.Offer.of(2000, "net", OCTOBER, currency="EUR")
    assert euros.slip is None
    assert euros.against(pd.Series([True, False, None], dtype="boolean")).fillna(-1).tolist() == [-1, 2000, -1]
    assert pay.Offer.of(20e6, "gross", "2019-01").slip is None
    assert standing(bands, 25e6, currency="EUR")[0] == "The offer is VND 25 million gross a month for manager."


@pytest.mark.parametrize(("offer", "basis", "told"), [(1e6, "brutto", "gross_or_net is 'brutto'"), (0, "net", "is 0")])
def test_an_offer_that_cannot_be_is_refused(offer, basis, told):
    with pytest.raises(ValueError, match=told):
        pay.Offer.of(offer, basis, OCTOBER)


def test_experience_says_what_a_year_pays_or_how_many_records_are_too_few():
    growth = {"growth": 0.143, "growth_low": 0.12, "growth_high": 0.161, "n": 55, "last_year": 2026}
    assert said.experience(EN, pd.DataFrame([growth]), True, "VND") == [
        "One more year in the trade pays about 14.3% more (95% between 12.0% and 16.1%), by 55 own records of gross "
        "pay, put at the pay of 2026."
    ]
    few = pd.DataFrame([{"growth": np.nan, "n": 1}])
    told = "1 own record of net pay states years of experience; a curve needs 30 that differ."
    assert said.experience(EN, few, False, "VND") == [told]
    assert said.experience(EN, few.assign(n=0), False, "USD") == [
        "No own record of net pay in USD states years of experience; a curve needs 30."
    ]
    assert said.experience(VI, few.assign(n=0), False, "VND")[0].startswith("Chưa có hồ sơ lương net nào bằng đồng")


def test_the_career_tells_its_largest_step_and_what_is_hidden():
    ladder = pd.DataFrame(
        {"level": ["executive", "manager", "director"], "mid": [10.0, 15, None], "step": [None, 0.5, None]}
    )
    ladder = ladder.astype({"step": "float64"})
    assert said.career(EN, ladder) == [
        "The largest step shown is from executive to manager: 50% more in the middle.",
        "Too few records to show without giving single people's pay away: director.",
    ]
    assert said.career(EN, ladder.assign(mid=np.nan, step=np.nan)) == []  # the chart says that nothing can be shown
    apart = ladder.assign(step=np.nan)  # no two levels beside each other are shown
    assert said.career(EN, apart) == ["Too few records to show without giving single people's pay away: director."]
    found = said.rungs(EN, ladder.assign(n=pd.array([17, 12, None], dtype="Int64"), level=ladder.level))
    assert found.label.tolist() == ["executive (n = 17)", "manager (n = 12) · +50%"]


def test_records_that_are_in_no_figure_are_counted_by_reason():
    why = pd.Series([None, "to be agreed", "two meanings at once", None, "to be agreed"], dtype="str")
    bands = own(MANAGERS)
    assert said.own_records(EN, bands, why) == [
        "3 own records are in no figure: to be agreed (2) and two meanings at once (1). Their rows are named by am "
        "check."
    ]
    assert said.own_records(VI, bands, why.iloc[:2]) == [
        "1 hồ sơ lương của agency chưa tính vào số liệu nào: thỏa thuận, không ghi mức (1). Lệnh am check cho biết hồ "
        "sơ nằm ở dòng nào."
    ]
    assert said.own_records(EN, bands, why.iloc[:1]) == []
    few = "No group of records is large enough to be shown."
    assert said.own_records(EN, bands.iloc[:0], why.iloc[:1]) == [few]
    assert said.own_records(EN, bands.iloc[:0], why)[0] == few
    assert said.own_records(EN, bands.iloc[:0], why.iloc[:0]) == [
        "The book has no pay records of the agency itself: these are published figures alone."
    ]


def test_an_offer_in_another_currency_says_at_which_rate_it_is_put():
    put = pay.Offer(31_585_200.0, "gross")
    assert said.offer_in(EN, 1200.0, "USD", put, "VND", OCTOBER) == [
        "The offer of 1,200 USD is put into VND: 1 USD = 26,321 VND (October 2026)."
    ]
    assert said.offer_in(VI, 1200.0, "USD", put, "VND", OCTOBER) == [
        "Mức đề nghị 1.200 USD được quy ra đồng theo tỷ giá 1 USD = 26.321 đồng (tháng 10/2026)."
    ]
    dollars = pay.Offer(1000.0, "gross")
    assert said.offer_in(EN, 25_000_000.0, "VND", dollars, "USD", OCTOBER) == [
        "The offer of 25,000,000 VND is put into USD: 1 USD = 25,000 VND (October 2026)."
    ]
    for same in ((None, "USD"), (25e6, None), (25e6, "VND")):
        assert said.offer_in(EN, *same, put, "VND", OCTOBER) == []


def test_figures_of_few_records_carry_a_warning():
    told = [said.few_records(EN, n) for n in (19, 20, None, pd.NA)]
    assert told == ["n below 20", "", "n not stated", "n not stated"]

"""Pay: own bands, published figures per month, and where an offer stands."""

from __future__ import annotations

import pandas as pd
import pytest

from amlib import pay, schema


def records(*rows: tuple) -> pd.DataFrame:
    """Pay records as a book has them: level, mid, period, gross, currency."""
    table = pd.DataFrame(rows, columns=["level", "mid", "period", "gross", "currency"])
    types = {"level": "str", "mid": "float64", "period": "str", "gross": "boolean", "currency": "str"}
    return table.astype(types)


FIVE = [("manager", pay, "month", True, "VND") for pay in (10, 20, 30, 40, 50)]


def test_a_band_is_the_middle_half_of_the_records():
    found = pay.own_bands(records(*FIVE), ["level"], "VND")
    # Of five the quartiles are the second, third and fourth.
    expected = {"level": "manager", "gross": True, "currency": "VND", "n": 5, "low": 20, "mid": 30, "high": 40}
    assert found.to_dict("records") == [expected]
    assert list(found.columns) == list(expected)


def test_groups_below_five_records_are_hidden():
    four = [("executive", 10, "month", True, "VND")] * 4
    assert pay.own_bands(records(*FIVE, *four), ["level"], "VND").level.tolist() == ["manager"]
    assert pay.own_bands(records(*four), ["level"], "VND").empty


def test_gross_net_and_unstated_are_never_mixed():
    net = [("manager", 100, "month", False, "VND")] * 4
    unstated = [("manager", 7, "month", None, "VND")] * 5
    found = pay.own_bands(records(*FIVE, *net, *unstated), ["level"], "VND")
    assert [(None if pd.isna(g) else g, n, mid) for g, n, mid in zip(found.gross, found.n, found.mid, strict=True)] == [
        (True, 5, 30),
        (None, 5, 7),
    ]
    named = pay.own_bands(records(*FIVE, *net, *unstated), ["gross"], "VND")
    assert list(named.columns) == ["gross", "currency", "n", "low", "mid", "high"]


def test_currencies_are_never_mixed_and_an_empty_one_is_the_books():
    dollars = [("manager", 1, "month", True, "USD")] * 5
    plain = [("manager", 30, "month", True, None)] * 2
    found = pay.own_bands(records(*FIVE[:3], *plain, *dollars), ["level"], "VND").set_index("currency")
    assert found.n.to_dict() == {"USD": 5, "VND": 5}
    assert found.mid.to_dict() == {"USD": 1, "VND": 30}


def test_pay_per_year_is_put_per_month_and_pay_per_hour_is_left_out():
    yearly = [("manager", pay * 12, "year", True, "VND") for pay in (10, 20, 30, 40, 50)]
    hourly = [("manager", 1000, "hour", True, "VND")] * 9
    found = pay.own_bands(records(*yearly, *hourly), ["level"], "VND")
    assert found[["n", "low", "mid", "high"]].to_records(index=False).tolist() == [(5, 20, 30, 40)]


def test_records_without_a_level_are_a_group():
    found = pay.own_bands(records(*[(None, 10, "month", True, "VND")] * 5), ["level"], "VND")
    assert found.level.isna().tolist() == [True]


def test_no_records_are_no_bands():
    found = pay.own_bands(schema.TABLES["salaries"].empty("Asia/Ho_Chi_Minh"), ["level"], "VND")
    assert list(found.columns) == ["level", "gross", "currency", "n", "low", "mid", "high"]
    assert found.empty


def test_levels_sort_as_a_career():
    levels = pd.Series(["director", "executive", "manager", "senior_executive", "senior_manager"])
    found = levels.astype(pay.LADDER).sort_values().tolist()
    assert found == ["executive", "senior_executive", "manager", "senior_manager", "director"]


def test_yearly_figures_are_divided_by_twelve_to_the_last_column():
    figures = pd.DataFrame(
        [[6.0, 12.0, 24.0, 36.0, 48.0, "year"], [None, 5.0, None, 7.0, None, "month"]],
        columns=["p10", "low", "mid", "high", "p90", "period"],
    )
    found = pay.monthly(figures)
    assert found.iloc[0].tolist() == [0.5, 1, 2, 3, 4, "month"]
    assert found.iloc[1].dropna().tolist() == [5, 7, "month"]
    assert figures.period.tolist() == ["year", "month"]


@pytest.mark.parametrize(("period", "named"), [("hour", "hour"), (None, "nan")])
def test_a_figure_without_a_month_is_refused(period, named):
    figures = pd.DataFrame({"low": [1.0], "mid": [1.0], "high": [1.0], "period": pd.Series([period], dtype="str")})
    with pytest.raises(ValueError, match=rf"pay per {named} cannot be put per month: known are month, year"):
        pay.monthly(figures)


BANDS = pd.DataFrame(
    {"label": ["a", "b", "c", "d"], "low": [10.0, None, 30, 1], "mid": [20.0, 20, None, 2], "high": [30.0, 40, 50, 3]}
)


@pytest.mark.parametrize(
    ("offer", "places"),
    [
        (9.99, ["below", None, "below", "above"]),
        (10, ["within", None, "below", "above"]),
        (30, ["within", None, "within", "above"]),
        (30.01, ["above", None, "within", "above"]),
        (None, [None] * 4),
        (float("nan"), [None] * 4),
    ],
)
def test_where_an_offer_stands(offer, places):
    found = pay.position(offer, BANDS)
    assert [None if pd.isna(place) else place for place in found.place] == places


def test_compa_ratio_is_the_offer_against_the_middle():
    found = pay.position(25, BANDS)
    assert [None if pd.isna(ratio) else ratio for ratio in found.compa_ratio] == [1.25, 1.25, None, 12.5]
    assert pay.position(None, BANDS).compa_ratio.isna().all()
    assert pay.position(25, BANDS.iloc[:0]).empty


def test_labels_say_title_employer_city_and_year_as_far_as_known():
    figures = pd.DataFrame(
        {
            "title": ["Account", "Lead"],
            "employer": ["top_agency", None],
            "city": [None, "Hà Nội"],
            "year": [2026, 2025],
            "year_is": ["read", "figures"],
        }
    ).astype({"title": "str", "employer": "str", "city": "str", "year": "Int64", "year_is": "str"})
    assert pay.labelled(figures).label.tolist() == ["Account · top agency · ≤ 2026", "Lead · Hà Nội · 2025"]


@pytest.mark.parametrize("offer", [0, -5])
def test_an_offer_of_nothing_is_refused(offer: float):
    with pytest.raises(ValueError, match=f"The offer is {offer}; expected pay per month, above 0"):
        pay.position(offer, pd.DataFrame({"low": [1.0], "mid": [2.0], "high": [3.0]}))

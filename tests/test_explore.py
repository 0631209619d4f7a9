"""The sliders of JupyterLab, on a stand-in for ipywidgets: what each move prints."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pandas as pd
import pytest

from amlib import explore, pay, schema, show
from amlib.book import salary_benchmarks
from amlib.sentences import pay as said


@pytest.fixture
def page(book_of, monkeypatch) -> show.Page:
    page = show.Page(book_of(), "2026-10", "en")
    page.shown = []
    monkeypatch.setattr(show, "display", lambda thing, **how: page.shown.append(thing))
    return page


@pytest.fixture
def widgets(monkeypatch) -> SimpleNamespace:
    """ipywidgets as far as it is asked for; `moved` is what `interact` was given."""
    told = SimpleNamespace(Dropdown=lambda **how: SimpleNamespace(**how))
    told.FloatSlider = lambda value, **how: SimpleNamespace(value=value, **how)
    told.interact = lambda moved, **controls: vars(told).update(moved=moved, controls=controls)
    monkeypatch.setitem(sys.modules, "ipywidgets", told)
    return told


def bands(page: show.Page):
    return said.side_by_side(page.words, salary_benchmarks(), pay.own_bands(page.book.salaries, "VND"), page.month)


def test_sliders_start_where_the_report_stands(page, widgets):
    explore.offers(page, bands(page), "manager", "Huế", pay.Offer.of(25e6, "gross", page.month))
    level, city, offer = (widgets.controls[name] for name in ("level", "city", "offer"))
    assert (level.value, city.value, offer.value) == ("manager", "Huế", 25e6)
    assert [value for _, value in level.options] == list(schema.LEVELS)
    assert [value for _, value in city.options] == ["", "Huế", "Hà Nội", "TP. Hồ Chí Minh"]
    assert offer.min <= 25e6 <= offer.max
    explore.offers(page, bands(page), "manager")
    offer = widgets.controls["offer"]
    assert 8e6 <= offer.value <= 30e6
    # Published for Vietnam are at most 30 million: one and a half times that, by round sums.
    assert (offer.max, offer.step, offer.value % offer.step) == (4e7, 2e5, 0)


def test_each_move_says_and_draws_where_the_offer_stands(page, widgets):
    explore.offers(page, bands(page), "manager")
    widgets.moved("executive", "", 12e6)
    told, chart = page.shown
    assert "The offer is VND 12 million gross a month for executive" in told.data
    assert "The offer: VND 12 million." in chart["text/plain"]


def test_anywhere_is_a_choice_that_shows(page, widgets):
    explore.offers(page, bands(page), "manager")
    city = widgets.controls["city"]
    assert (city.options[0], city.value) == (("anywhere", ""), "")
    widgets.moved("executive", "Hà Nội", 12e6)
    assert "for executive, Hà Nội" in page.shown[0].data


def test_a_browsers_slider_is_no_whole_number(page, widgets):
    explore.offers(page, bands(page), "manager")
    widgets.moved("executive", "", 11_999_999.999999998)
    assert "The offer is VND 12 million gross a month" in page.shown[0].data


def test_sliders_of_a_book_with_rates_are_not_made_for_pay_abroad(page, widgets):
    fx = pd.DataFrame({"month": pd.PeriodIndex(["2026-10"], freq="M"), "currency": ["USD"], "rate": [26_350.0]})
    own = pay.own_bands(page.book.salaries, "VND")
    explore.offers(page, said.side_by_side(page.words, salary_benchmarks(), own, page.month, fx=fx), "manager")
    assert widgets.controls["offer"].max == 4e7


def test_each_move_keeps_what_the_offer_is_reckoned_with(page, widgets):
    terms = pay.Terms(dependants=2, region="IV", insured=10_000_000)
    explore.offers(page, bands(page), "manager", None, pay.Offer.of(25e6, "gross", page.month, terms=terms))
    widgets.moved("manager", "", 30e6)
    # Insurance 1.05; 30 - 1.05 - 15.5 - 2 x 6.2 = 1.05, of which 5 % is 0.0525.
    assert "gross a month for manager, which is VND 28.9 million net" in page.shown[0].data
    widgets.moved("manager", "", 9e6)
    assert "Pay with ₫10,000,000 insured cannot be so low." in page.shown[-1].data


def test_what_is_missing_is_said(page, widgets, monkeypatch):
    with pytest.raises(ValueError, match="There is no pay in VND to hold an offer against"):
        explore.offers(page, bands(page).iloc[:0], "manager")
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(ImportError, match=r"pip install --editable '\.\[interactive\]'"):
        explore.offers(page, bands(page), "manager")

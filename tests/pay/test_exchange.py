"""Pay in another currency."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from amlib import pay

FX = pd.DataFrame(
    {
        "month": pd.PeriodIndex(["2026-09", "2026-10", "2026-10"], freq="M"),
        "currency": ["USD", "USD", "EUR"],
        "rate": [26000.0, 26300.1, 30100.0],
    }
)


def exchanged(amount, currency, to, month="2026-10"):
    return pay.exchanged(amount, currency, to, month=month, fx=FX, own="VND")


def test_at_the_rate_of_the_month():
    assert exchanged(1000, "USD", "VND") == Decimal("26300100")
    assert exchanged(1000, "USD", "VND", "2026-09") == Decimal("26000000")
    assert exchanged(26_000_000, "VND", "USD", pd.Period("2026-09")) == 1000


def test_between_two_other_currencies():
    assert exchanged(263001, "EUR", "USD").quantize(Decimal(1)) == 301000


def test_decimals_do_not_drift():
    assert exchanged(0.1, "USD", "VND") * 3 == Decimal("7890.03")


def test_the_same_currency_needs_no_rate():
    assert exchanged(5, "NZD", "NZD") == 5


def test_a_missing_rate_names_currency_and_month():
    with pytest.raises(
        ValueError, match=r"fx has no rate for NZD in 2026-10; expected a line 2026-10,NZD,<VND for 1 NZD>"
    ):
        exchanged(1, "NZD", "VND")
    with pytest.raises(ValueError, match=r"no rate for EUR in 2026-09"):
        exchanged(1, "USD", "EUR", "2026-09")


def test_the_rates_of_a_book(sample_book):
    fx = sample_book.fx
    last = fx[fx.currency == "USD"].iloc[-1]
    found = pay.exchanged(1, "USD", "VND", month=last.month, fx=fx, own=sample_book.settings.currency)
    assert float(found) == last.rate


def test_an_offer_is_put_into_the_books_currency():
    asked = {"month": "2026-10", "fx": FX}
    assert pay.offer_in(1000.5, "USD", "VND", **asked) == 26_313_250  # 26,313,250.05
    assert pay.offer_in(25e6, None, "VND", **asked) == pay.offer_in(25e6, "VND", "VND", **asked) == 25e6
    assert pay.offer_in(None, "USD", "VND", **asked) is None
    dollars = pd.DataFrame({"month": FX.month[:1], "currency": ["VND"], "rate": [0.00004]})
    assert pay.offer_in(25_000_100, "VND", "USD", month="2026-09", fx=dollars) == 1000
    with pytest.raises(ValueError, match=r"fx has no rate for NZD in 2026-10; expected a line 2026-10,NZD,<VND"):
        pay.offer_in(1000, "NZD", "VND", **asked)


def test_bands_at_the_newest_rate_up_to_the_month():
    bands = pd.DataFrame(
        {"currency": ["USD", "EUR", "NZD", "VND"], "low": [1000.0, 10, 3, 5e6], "mid": [None, 20, None, 7e6]}
    )
    found = pay.in_own_currency(bands, "VND", month=pd.Period("2026-11"), fx=FX)
    assert found.low.tolist() == [26_300_100, 301_000, 3, 5e6]
    assert found.mid.fillna(0).tolist() == [0, 602_000, 0, 7e6]
    assert found.currency.tolist() == ["VND", "VND", "NZD", "VND"]
    assert found.said_in.tolist() == ["USD", "EUR", "NZD", "VND"]
    assert found.rate.fillna(0).tolist() == [26_300.1, 30_100, 0, 0]
    assert found.rate_month.astype("str").tolist()[:2] == ["2026-10", "2026-10"]
    assert found.rate_month.isna().tolist() == [False, False, True, True]
    september = pay.in_own_currency(bands, "VND", month=pd.Period("2026-09"), fx=FX)
    assert september.rate.fillna(0).tolist() == [26_000, 0, 0, 0]  # the euro's rate came later


def test_a_book_without_rates_converts_nothing():
    bands = pd.DataFrame({"currency": ["USD", "VND"], "mid": [1.0, 2.0]})
    found = pay.in_own_currency(bands, "VND", month=pd.Period("2026-10"), fx=FX.iloc[:0])
    assert found.mid.tolist() == [1, 2]
    assert found.currency.tolist() == ["USD", "VND"]
    assert found.rate.isna().all()

"""Pay in another currency, at the rates of the book's table `fx`."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from amlib.pay.percentiles import SHARES


def exchanged(
    amount: int | float | Decimal, currency: str, to: str, *, month: str, fx: pd.DataFrame, own: str
) -> Decimal:
    """`amount` of `currency` in the currency `to`, at the rates of `month`; not rounded.

    `fx` is the book's table: one unit of `currency` in the book's `own` currency, by month. The rates are taken as
    they are written, so no binary fraction creeps in.

    Raises:
        ValueError: for a rate that `fx` does not have, naming currency and month.
    """
    if currency == to:
        return Decimal(str(amount))
    return Decimal(str(amount)) * _rate(currency, month, fx, own) / _rate(to, month, fx, own)


def offer_in(
    said: float | None, currency: str | None, to: str, *, month: str | pd.Period, fx: pd.DataFrame
) -> float | None:
    """An offer of pay in `currency` (null for the book's own, `to`) as pay in `to`, at the rates of `month`.

    To the đồng, in other currencies to the hundredth; an offer in the book's own currency stays as it was said.
    Raises `ValueError` as `exchanged`.
    """
    if said is None or currency in (None, to):
        return said
    return float(round(exchanged(said, currency, to, month=month, fx=fx, own=to), 0 if to == "VND" else 2))


def in_own_currency(bands: pd.DataFrame, own: str, *, month: pd.Period, fx: pd.DataFrame) -> pd.DataFrame:
    """`bands` (a column currency, and those of `SHARES`) in the book's `own` currency.

    Each at the newest rate up to `month`: the columns said_in (the currency it was in), rate and rate_month tell
    which. Where `fx` has no rate a band stays in its currency, with a null rate, and so does one in `own`.
    """
    newest = fx[fx.month <= month].sort_values("month").drop_duplicates("currency", keep="last").set_index("currency")
    abroad = bands.currency.where(bands.currency != own)
    found = newest.reindex(abroad).set_index(bands.index)
    return bands.assign(
        **{name: bands[name] * found.rate.fillna(1) for name in SHARES if name in bands},
        currency=bands.currency.mask(found.rate.notna(), own),
        said_in=bands.currency,
        rate=found.rate,
        rate_month=found.month,
    )


def _rate(currency: str, month: str | pd.Period, fx: pd.DataFrame, own: str) -> Decimal:
    if currency == own:
        return Decimal(1)
    rates = fx.rate[(fx.month == pd.Period(month, "M")) & (fx.currency == currency)]
    if rates.empty:
        raise ValueError(
            f"fx has no rate for {currency} in {month}; expected a line {month},{currency},<{own} for 1 {currency}>"
        )
    return Decimal(str(rates.iloc[0]))

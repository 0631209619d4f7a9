"""Pay in another currency, at the rate that the book's table `fx` has for the month."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd


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


def _rate(currency: str, month: str | pd.Period, fx: pd.DataFrame, own: str) -> Decimal:
    if currency == own:
        return Decimal(1)
    rates = fx.rate[(fx.month == pd.Period(month, "M")) & (fx.currency == currency)]
    if rates.empty:
        raise ValueError(
            f"fx has no rate for {currency} in {month}; expected a line {month},{currency},<{own} for 1 {currency}>"
        )
    return Decimal(str(rates.iloc[0]))

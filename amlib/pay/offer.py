"""Where an offer stands in bands of pay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from amlib.kpis.period import Day
from amlib.pay.law import is_told
from amlib.pay.percentiles import SHARES
from amlib.pay.vietnam import Payslip, Terms, gross_to_net, net_to_gross

_Z = 1.959963984540054  # the 97.5th percentile of the normal distribution


GROSS, NET = ("gross", "net")
_PLAIN = Terms()


@dataclass(frozen=True)
class Offer:
    """An offer of pay a month, null for none, as it was said (`basis` gross or net) and as both.

    `slip` is its payslip on its `terms`, null where there is no offer or no law is told that turns gross into net.
    """

    said: float | None
    basis: str
    slip: Payslip | None = None
    terms: Terms = _PLAIN

    @classmethod
    def of(cls, said: float | None, basis: str, on: Day, *, currency: str = "VND", terms: Terms = _PLAIN) -> Offer:
        """An offer under the law of `on`: Vietnam's, for pay in đồng; in other currencies it stays as it was said.

        Raises `ValueError` for another basis than gross and net, an offer of 0 or less, and what `gross_to_net` refuses
        beside a day before the law is told: then there is no payslip.
        """
        if basis not in (GROSS, NET):
            raise ValueError(f"gross_or_net is {basis!r}; expected {GROSS!r} or {NET!r}")
        if said is None or pd.isna(said):
            return cls(None, basis, terms=terms)
        if said <= 0:
            raise ValueError(f"The offer is {said:g}; expected pay per month, above 0")
        if currency != "VND" or not is_told(on):
            return cls(float(said), basis, terms=terms)
        turned = gross_to_net if basis == GROSS else net_to_gross
        return cls(float(said), basis, turned(said, on, **vars(terms)), terms)

    def against(self, gross: pd.Series) -> pd.Series:
        """The offer as each band wants it: net for one of net pay, else gross; null where it cannot be turned.

        `gross` is a band's: true, false, or null where it is not said, which mostly is gross.
        """
        told = {self.basis: self.said}
        if self.slip is not None:
            told = {GROSS: float(self.slip.gross), NET: float(self.slip.net)}
        wanted = gross.map({True: GROSS, False: NET}).fillna(GROSS)
        return wanted.map(told).astype("float64")


def position(offer: float | pd.Series | None, bands: pd.DataFrame) -> pd.DataFrame:
    """Where an offer stands in each band: the bands with compa_ratio, place, distance and percentile with interval.

    `offer` is pay a month in the bands' currency: one for all, or a Series with one for each (gross against gross,
    net against net). compa_ratio is offer ÷ mid (1 = the middle). place is 'below', 'within' or 'above' low…high, and
    distance how far from the nearer end (negative below, 0 within); both null where the band lacks an end.

    percentile is told where `spread` is 'quartiles' (a range that was named has none), by straight lines between the
    percentiles that the band has: it tells no more of single records than the band does. Beyond the outermost ones it
    is null. percentile_low and percentile_high are Wilson's 95 % interval for n records, null where n is.

    All are null without an offer. Raises `ValueError` for an offer of 0 or less.
    """
    given = pd.Series(offer, index=bands.index, dtype="float64")
    if (given <= 0).any():
        raise ValueError(f"The offer is {given[given <= 0].iloc[0]:g}; expected pay per month, above 0")
    known = bands.low.notna() & bands.high.notna() & given.notna()
    place = pd.Series("within", index=bands.index, dtype="str")
    place = place.mask(given < bands.low, "below").mask(given > bands.high, "above")
    distance = (given - bands.high).clip(lower=0) + (given - bands.low).clip(upper=0)
    percentile = _percentile(given, bands)
    low, high = _wilson(percentile, bands.n.astype("float64"))
    return bands.assign(
        offer=given,
        compa_ratio=given / bands.mid,
        place=place.where(known),
        distance=distance.where(known),
        percentile=percentile,
        percentile_low=low,
        percentile_high=high,
    )


def _percentile(given: pd.Series, bands: pd.DataFrame) -> pd.Series:
    found = pd.Series(np.nan, index=bands.index)
    told = bands.reindex(columns=[*SHARES]).astype(float)
    for row in bands.index[bands.spread == "quartiles"]:
        pay = told.loc[row].dropna()
        if len(pay) > 1 and pay.iloc[0] <= given[row] <= pay.iloc[-1]:
            at = [SHARES[name] for name in pay.index]
            # Where several percentiles are the same pay, the offer stands in the middle of them.
            found[row] = (np.interp(given[row], pay, at) - np.interp(-given[row], -pay[::-1], -np.array(at[::-1]))) / 2
    return found


def _wilson(share: pd.Series, n: pd.Series) -> tuple[pd.Series, pd.Series]:
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    reach = _Z / (1 + _Z**2 / n) * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return middle - reach, middle + reach

"""Pay: published bands, the agency's own bands, and where an offer stands among them."""

from __future__ import annotations

import pandas as pd

from amlib import schema

LADDER = pd.CategoricalDtype(schema.LEVELS, ordered=True)
"""The levels in the order of a career, for sorting."""

MIN_RECORDS = 5
"""Own records are shown from so many on; a smaller group would tell what single people earn."""

FEW_RECORDS = 20
"""Published figures that rest on fewer carry a warning."""

_MONTHS = {"month": 1.0, "year": 1 / 12}


def own_bands(salaries: pd.DataFrame, by: list[str], currency: str) -> pd.DataFrame:
    """Monthly pay per group of the agency's own records: by…, n, low (P25), mid (median), high (P75).

    `currency` is the book's, which an empty currency of a record stands for. Records per hour have no month and
    are left out; groups of fewer than `MIN_RECORDS` are left out, since they would tell what single people earn.
    Gross, net and unstated figures are never mixed, nor are currencies: where `by` does not name 'gross' and
    'currency', they are added.
    """
    by = [*by, *(column for column in ("gross", "currency") if column not in by)]
    monthly = salaries.mid * salaries.period.map(_MONTHS).astype(float)
    salaries = salaries.assign(monthly=monthly, currency=salaries.currency.fillna(currency))
    groups = salaries.dropna(subset="monthly").groupby(by, dropna=False).monthly
    shares = {"low": 0.25, "mid": 0.5, "high": 0.75}
    bands = pd.DataFrame({"n": groups.size(), **{name: groups.quantile(share) for name, share in shares.items()}})
    return bands[bands.n >= MIN_RECORDS].reset_index()


def monthly(benchmarks: pd.DataFrame) -> pd.DataFrame:
    """Published figures per month: p10, low, mid, high and p90 of yearly figures are divided by twelve.

    Raises:
        ValueError: for a period other than month or year, naming it.
    """
    unknown = sorted(str(period) for period in set(benchmarks.period) - set(_MONTHS))
    if unknown:
        raise ValueError(f"pay per {', '.join(unknown)} cannot be put per month: known are {', '.join(_MONTHS)}")
    share = benchmarks.period.map(_MONTHS)
    money = [name for name in ("p10", "low", "mid", "high", "p90") if name in benchmarks]
    return benchmarks.assign(**{name: benchmarks[name] * share for name in money}, period="month")


def position(offer: float | None, bands: pd.DataFrame) -> pd.DataFrame:
    """Where an offer stands in each band: the bands with compa_ratio and place.

    compa_ratio is offer ÷ mid (1 = the middle). place is 'below', 'within' or 'above' low…high, null where
    the band lacks an end. Both are null without an offer. The offer must be in the bands' currency and period.
    Raises `ValueError` for an offer of 0 or less.
    """
    if offer is not None and offer <= 0:
        raise ValueError(f"The offer is {offer:g}; expected pay per month, above 0")
    given = float("nan") if offer is None else float(offer)
    place = pd.Series("within", index=bands.index, dtype="str")
    place = place.mask(given < bands.low, "below").mask(given > bands.high, "above")
    known = bands.low.notna() & bands.high.notna() & pd.notna(given)
    return bands.assign(compa_ratio=given / bands.mid, place=place.where(known))


def labelled(benchmarks: pd.DataFrame) -> pd.DataFrame:
    """Published figures with the `label` that charts and sentences call them by: title, employer, city and year.

    A year that is only the one a figure was read in has `≤` before it: the figure may be older.
    """
    parts = benchmarks[["title", "employer", "city", "year"]].astype("str").replace("<NA>", pd.NA)
    parts["employer"] = parts.employer.str.replace("_", " ")
    parts["year"] = parts.year.where(benchmarks.year_is != "read", "≤ " + parts.year)
    return benchmarks.assign(label=[" · ".join(row.dropna()) for _, row in parts.iterrows()])

"""The agency's own pay records, told by groups that give nobody's pay away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from amlib.pay.market import FEW_RECORDS, LADDER, MIN_RECORDS, MONTHS
from amlib.pay.percentiles import SHARES, percentiles

CUTS = (("level",), ("level", "city"), ("city",), ("employer",), ("years",))
"""The groups that own records are told by."""

YEARS = (0, 2, 4, 7, 11)
"""Years of experience are grouped from each of these to below the next."""

_GROUPS = ("level", "city", "employer", "years")
_DIGITS = 3


def own_bands(salaries: pd.DataFrame, currency: str, cuts: Sequence[Sequence[str]] = CUTS) -> pd.DataFrame:
    """Monthly pay of the agency's own records by groups, one row per group of each cut.

    Columns: cut ('level', 'level, city', …), level, city, employer, years (null where the cut does not name them),
    gross, currency, n, first_year, last_year, p10, low (P25), mid (median), high (P75), p90, spread
    ('quartiles').

    `currency` is the book's, which an empty currency of a record stands for. Gross, net and unstated pay are never
    mixed, nor are currencies; records per hour have no month and are left out. p10 and p90 are null below 20 records.

    Nobody's pay is told: a group of fewer than `MIN_RECORDS` is not shown, nor one by which such a group could be
    found as a difference (of any group, or of all records, and the groups shown within it). A median of five is one
    person's pay: each figure is the mean of the percentile and those one record below and above it, to three digits.
    """
    records = _monthly(salaries, currency)
    found = [group for cut in [(), *cuts] for group in _groups(records, tuple(cut))]
    members = np.array([records.index.isin(rows) for _, rows in found]).reshape(len(found), len(records))
    shown = _safe(members, [told["cut"] for told, _ in found])
    rows = [told | _described(records.loc[rows]) for (told, rows), open_ in zip(found, shown, strict=True) if open_]
    columns = ["cut", *_GROUPS, "gross", "currency", "n", "first_year", "last_year", *SHARES, "spread"]
    kinds = {
        **dict.fromkeys(("cut", "city", "employer", "years", "currency", "spread"), "str"),
        **dict.fromkeys(("n", "first_year", "last_year"), "Int64"),
        **dict.fromkeys(SHARES, "float64"),
    }
    bands = pd.DataFrame(rows, columns=columns).astype(kinds | {"gross": "boolean"})
    return bands.astype({"level": LADDER})


def ladder(own: pd.DataFrame, gross: bool) -> pd.DataFrame:
    """What each level of the career pays in the agency: level, n, low, mid, high, step; one row per level.

    `own` is `own_bands` in one currency. step is the middle against that of the level below (0.4: 40 % more), null
    where one of the two is not shown.
    """
    levels = own[(own.cut == "level") & (own.gross == gross).fillna(False)].dropna(subset="level").set_index("level")
    columns = ["n", "first_year", "last_year", "low", "mid", "high"]
    told = levels[columns].reindex(pd.Index(LADDER.categories, name="level"))
    return told.assign(step=told.mid / told.mid.shift() - 1).reset_index()


def _monthly(salaries: pd.DataFrame, currency: str) -> pd.DataFrame:
    monthly = salaries.mid * salaries.period.map(MONTHS).astype(float)
    edges = [*YEARS, np.inf]
    names = [*(f"{low}–{high}" for low, high in pairwise(YEARS)), f"{YEARS[-1]}+"]
    years = pd.cut(salaries.years_experience, edges, right=False, labels=names).astype("str")
    told = salaries.assign(monthly=monthly, currency=salaries.currency.fillna(currency), years=years)
    return told.dropna(subset="monthly").reset_index(drop=True)


def _groups(records: pd.DataFrame, cut: tuple[str, ...]) -> Iterable[tuple[dict, pd.Index]]:
    """Each group of a cut: what it is called, and its records. Of no cut, all of one kind of pay."""
    by = ["gross", "currency", *cut]
    for values, rows in records.groupby(by, dropna=False, observed=True).groups.items():
        yield {"cut": ", ".join(cut), **dict(zip(by, values, strict=True))}, rows


def _safe(members: np.ndarray, cuts: Sequence[str]) -> np.ndarray:
    """Which groups may be shown; `members` has a row per group and a column per record, `cuts` the cut of each group.

    Of any group, shown or not, the shown groups of a cut within it leave nothing or at least `MIN_RECORDS`.
    """
    size = members.sum(axis=1)
    cut = np.array(cuts, dtype=object)
    shown = (size >= MIN_RECORDS) & (cut != "")
    within = members.astype(int) @ members.T.astype(int) == size[None, :]  # [a, b]: b is a part of a
    parts = [(a, within[a] & (cut == one)) for a in range(len(size)) for one in dict.fromkeys(cuts)]
    before = -1
    while before != shown.sum():
        before = shown.sum()
        for a, part in parts:
            while (part & shown).any() and 0 < size[a] - size[part & shown].sum() < MIN_RECORDS:
                left = np.flatnonzero(part & shown)
                shown[left[size[left].argmin()]] = False
    return shown


def _described(records: pd.DataFrame) -> dict[str, object]:
    told = [name for name in SHARES if len(records) >= FEW_RECORDS or name not in ("p10", "p90")]
    shares, step = np.array([SHARES[name] for name in told]), 1 / (len(records) - 1)
    around = np.mean([percentiles(records.monthly, shares + shift) for shift in (-step, 0, step)], axis=0)
    years = {"first_year": records.year.min(), "last_year": records.year.max()}
    return {"n": len(records), **years, **dict(zip(told, map(_rounded, around), strict=True)), "spread": "quartiles"}


def _rounded(pay: float) -> float:
    return float(f"{pay:.{_DIGITS}g}")

"""How pay grows with experience: the regression of log pay, as labour economists do it since Mincer (1974)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from amlib.pay.market import MONTHS

FEWEST = 30
"""Fewer records than these are no curve."""


class TooFewRecords(ValueError):
    """There are not enough records for a curve."""


@dataclass(frozen=True)
class LogPay:
    """A fit of log(pay) = constant + Σ coefficient × column, by least squares.

    `terms` has a row per term ('constant' first): estimate, error (standard error), low, high (95 %, Student's t).
    0.05 is 5 % more pay for one more of a column, nearly: exactly exp(0.05) − 1.
    """

    terms: pd.DataFrame
    n: int
    r_squared: float
    _covariance: np.ndarray
    _reach: float

    @classmethod
    def fit(cls, records: pd.DataFrame, pay: str, on: Sequence[str]) -> LogPay:
        """From the records that have `pay` above 0 and every column of `on`; others are left out.

        Raises:
            TooFewRecords: fewer than 30 of them, with the count.
            ValueError: columns that tell the same thing (or nothing), so that no coefficient can be told from another.
        """
        from scipy.stats import t

        known = records[records[pay] > 0].dropna(subset=[pay, *on])
        n, names = len(known), ["constant", *on]
        if n < FEWEST:
            raise TooFewRecords(f"{n} records have {pay} and {', '.join(on)}; a curve needs at least {FEWEST}")
        x = np.column_stack([np.ones(n), known[list(on)].astype(float)])
        y = np.log(known[pay].to_numpy(dtype=float))
        estimate, _, rank, _ = np.linalg.lstsq(x, y)
        if rank < len(names):
            raise ValueError(f"{', '.join(on)}: one is the same in all records, or follows from the others")
        left, free = y - x @ estimate, n - len(names)
        covariance = np.linalg.inv(x.T @ x) * (left @ left / free)
        error, reach = np.sqrt(covariance.diagonal()), float(t.ppf(0.975, free))
        edges = {"low": estimate - reach * error, "high": estimate + reach * error}
        terms = pd.DataFrame({"estimate": estimate, "error": error, **edges}, index=pd.Index(names, name="term"))
        spread = y - y.mean()
        share = 1 - left @ left / (spread @ spread) if spread.any() else np.nan
        return cls(terms, n, float(share), covariance, reach)

    def at(self, points: pd.DataFrame) -> pd.DataFrame:
        """Pay at the columns of `points`: them, value, low, high (95 % of the middle, not of one person's pay)."""
        x = np.column_stack([np.ones(len(points)), points[self.terms.index[1:]].astype(float)])
        middle = x @ self.terms.estimate.to_numpy()
        reach = self._reach * np.sqrt(np.einsum("ij,jk,ik->i", x, self._covariance, x))
        return points.assign(value=np.exp(middle), low=np.exp(middle - reach), high=np.exp(middle + reach))


def by_experience(salaries: pd.DataFrame, currency: str, gross: bool) -> pd.DataFrame:
    """Pay a month by whole years of experience, as of the newest year: years, value, low, high, n, growth….

    Rests on the book's own records in `currency` that are gross (or net), n of them. Where they are of several years,
    the year is a term of its own, so that old pay is not taken for low pay. growth, growth_low and growth_high are
    how much one more year of experience pays (0.07: 7 %), the same in each row. `last_year` is the newest year.

    Below 30 records, or where experience does not differ, one row whose figures are null, with n.
    """
    mine = salaries[(salaries.currency.fillna(currency) == currency) & (salaries.gross == gross).fillna(False)]
    mine = mine.assign(pay=mine.mid * mine.period.map(MONTHS).astype(float), years=mine.years_experience)
    mine = mine[mine.pay > 0].dropna(subset=["years", "year"])
    newest = mine.year.max()
    mine = mine.assign(behind=mine.year - newest)
    on = [name for name in ("years", "behind") if mine[name].nunique() > 1]
    if len(mine) < FEWEST or "years" not in on:
        figures = dict.fromkeys(("years", "value", "low", "high", "growth", "growth_low", "growth_high"), np.nan)
        return pd.DataFrame([{**figures, "n": len(mine), "last_year": newest}]).astype({"last_year": "Int64"})
    fit = LogPay.fit(mine, "pay", on)
    years = np.arange(np.floor(mine.years.quantile(0.05)), np.ceil(mine.years.quantile(0.95)) + 1)
    term = np.exp(fit.terms.loc["years"]) - 1
    growth = {"growth": term.estimate, "growth_low": term.low, "growth_high": term.high}
    curve = fit.at(pd.DataFrame({"years": years, "behind": 0})).drop(columns="behind")
    return curve.assign(**growth, n=fit.n, last_year=newest)

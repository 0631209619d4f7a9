"""Percentiles of pay: of records, or of published figures that each stand for many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

SHARES = {"p10": 0.10, "low": 0.25, "mid": 0.50, "high": 0.75, "p90": 0.90}
"""The percentiles that a band of pay is told by."""


def percentiles(values: pd.Series, shares: Sequence[float], weights: pd.Series | None = None) -> np.ndarray:
    """The percentiles of `values` at `shares` (0…1), by straight lines between the sorted values.

    `weights` says how many records each value stands for: the result is that of each value repeated so often.
    Null values, and values whose weight is null, are left out; null where nothing is left. Raises `ValueError` for a
    weight that is no whole number of 1 or more.
    """
    weights = pd.Series(1, index=values.index) if weights is None else weights
    known = values.notna() & weights.notna()
    counts = weights[known].astype(float).to_numpy()
    if (wrong := counts[(counts < 1) | (counts % 1 > 0)]).size:
        raise ValueError(f"a figure stands for {wrong[0]:g} records; expected a whole number, at least 1")
    if not known.any():
        return np.full(len(shares), np.nan)
    order = np.argsort(values[known].to_numpy(dtype=float), kind="stable")
    ranked, last = values[known].to_numpy(dtype=float)[order], np.cumsum(counts[order])
    at = np.asarray(shares) * (last[-1] - 1)
    below, above = (ranked[np.searchsorted(last, edge(at), side="right")] for edge in (np.floor, np.ceil))
    return below + (above - below) * (at % 1)


def pay_percentiles(figures: pd.DataFrame, by: Sequence[str], pay: str = "mid") -> pd.DataFrame:
    """Percentiles of the column `pay` per group: by…, n, p10, low (P25), mid (median), high (P75), p90.

    Where the figures have a column `n`, each counts as so many records, and a figure whose n is null cannot be
    weighed: such figures are left out and counted in `unweighed`. Period, basis and currency are the caller's to keep
    apart, by naming them in `by`.
    """
    rows = []
    for group, found in figures.dropna(subset=pay).groupby(list(by), dropna=False, observed=True):
        weights = found["n"] if "n" in found else pd.Series(1, index=found.index)
        told = dict(zip(SHARES, percentiles(found[pay], list(SHARES.values()), weights), strict=True))
        counted = {"n": int(weights.sum()), "unweighed": int(weights.isna().sum())}
        rows.append({**dict(zip(by, group, strict=True)), **counted, **told})
    return pd.DataFrame(rows, columns=[*by, "n", "unweighed", *SHARES])

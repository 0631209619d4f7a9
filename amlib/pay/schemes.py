"""Total pay: base, months of bonus, and commission on revenue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd


@dataclass(frozen=True)
class Commission:
    """What revenue earns: each tier's rate holds for the revenue above its edge, up to the next tier's.

    `tiers` are (edge, rate) with rising edges, the first usually 0; revenue below the first earns nothing. `cap` is
    the most that is paid, null for no cap. Raises `ValueError` for tiers or a cap that cannot be.
    """

    tiers: Sequence[tuple[float, float]]
    cap: float | None = None

    def __post_init__(self) -> None:
        edges, rates = [edge for edge, _ in self.tiers], [rate for _, rate in self.tiers]
        if not edges or edges[0] < 0 or any(b <= a for a, b in pairwise(edges)):
            raise ValueError(f"tiers start at {edges}; expected one or more, rising, from 0 or above")
        if wrong := [rate for rate in rates if not 0 <= rate <= 1]:
            raise ValueError(f"a tier's rate is {wrong[0]:g}; expected a share of revenue such as 0.05")
        if self.cap is not None and self.cap < 0:
            raise ValueError(f"the cap is {self.cap:g}; expected money, or None for no cap")

    @classmethod
    def tiered(cls, rates: Sequence[float], edges: Sequence[float], cap: float | None = None) -> Commission | None:
        """The scheme that pays each of `rates` above the edge in its place; null without rates.

        Raises `ValueError` where there are more of the one than of the other, and as the class does.
        """
        if not rates:
            return None
        if len(rates) != len(edges):
            raise ValueError(
                f"the commission has {len(rates)} rates and {len(edges)} edges; expected one edge for each"
            )
        return cls([*zip(edges, rates, strict=True)], cap)

    def of(self, revenue: float) -> float:
        """The commission on a revenue; a revenue below 0 (more credited than sold) earns nothing."""
        tops = [*(edge for edge, _ in self.tiers[1:]), float("inf")]
        parts = (
            rate * (min(revenue, top) - edge)
            for (edge, rate), top in zip(self.tiers, tops, strict=True)
            if revenue > edge
        )
        earned = float(sum(parts))
        return earned if self.cap is None else min(earned, self.cap)


def total_pay(
    base: float, *, bonus_months: float = 0, bonus: float = 0, commission: Commission | None = None, revenue: float = 0
) -> pd.Series:
    """Gross pay of a year: base, bonus, commission, total, per_month (total ÷ 12) and variable (share beyond base).

    `base` is pay a month; `bonus_months` are months paid on top of twelve (1 for the 13th month), `bonus` other money
    of the year; `commission` is paid on the `revenue` of the year. Raises `ValueError` for a base of 0 or less and for
    a bonus below 0.
    """
    if base <= 0:
        raise ValueError(f"base is {base:g}; expected pay per month, above 0")
    if bonus_months < 0 or bonus < 0:
        raise ValueError(f"bonus_months is {bonus_months:g} and bonus {bonus:g}; expected 0 or more")
    fixed, extra = 12 * base, bonus_months * base + bonus
    earned = commission.of(revenue) if commission else 0.0
    total = fixed + extra + earned
    told = {"base": fixed, "bonus": extra, "commission": earned, "total": total, "per_month": total / 12}
    return pd.Series(told | {"variable": (extra + earned) / total}, dtype="float64")

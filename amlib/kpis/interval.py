"""95 % intervals as Ibis expressions: how far a figure may lie from the truth, given how little it rests on.

Engines get these as text in which every use of an expression is spelled out again, so the formulas are
arranged to use each term as few times as can be.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

Z = 1.959963984540054  # the 97.5th percentile of the normal distribution


def wilson(hits: ir.NumericValue, n: ir.NumericValue) -> tuple[ir.NumericValue, ir.NumericValue]:
    """Low and high of the share hits ÷ n (Wilson's score interval); null where n is 0.

    It never leaves 0…1 and still says something where the share is 0 or 1, unlike share ± Z·error.
    """
    n = n.nullif(0)
    # Wilson's lower edge multiplied out, so that rounding cannot take it below 0.
    reach = Z * (hits * (n - hits) / n + Z**2 / 4).sqrt() + Z**2 / 2
    return hits * hits / (n * (hits + reach)), 1 - (n - hits) * (n - hits) / (n * (n - hits + reach))


def adjusted_wald(
    promoters: ir.NumericValue, detractors: ir.NumericValue, n: ir.NumericValue, population: int | None
) -> tuple[ir.NumericValue, ir.NumericValue]:
    """Low and high of (promoters − detractors) ÷ n, clipped to −1…1; null where n is 0.

    Adds three answers, ¾ of a promoter and ¾ of a detractor among them, so that it holds for few answers too
    where there are some of each (`nps` says where not). `population` is how many could answer: the nearer n comes
    to it, the narrower the interval (finite-population correction); once all have answered it is the figure itself.
    """
    n = n.nullif(0)
    balance, opinions = promoters - detractors, promoters + detractors + 1.5
    variance = opinions - balance * balance / (n + 3)
    if population is not None:
        # No negative root where more answered than there are; their interval is the figure anyway.
        variance = variance * ibis.ifelse(n < population, population - n, 0) / max(population - 1, 1)
    reach, figure = Z * variance.sqrt(), balance / n
    low, high = (balance - reach) / (n + 3), (balance + reach) / (n + 3)
    # The added answers pull towards 0: with one answer, or nearly all, the figure would stand outside.
    low = ibis.cases((low < -1, -1.0), (low > figure, figure), else_=low)
    high = ibis.cases((high > 1, 1.0), (high < figure, figure), else_=high)
    if population is not None:
        low, high = (ibis.ifelse(n >= population, figure, edge) for edge in (low, high))
    return low, high


def normal(
    mean: ir.NumericValue, deviation: ir.NumericValue, n: ir.NumericValue
) -> tuple[ir.NumericValue, ir.NumericValue]:
    """Low and high of a mean, from the sample's standard deviation; null where n is below 2."""
    reach = Z * deviation / ibis.ifelse(n >= 2, n, None).cast("float64").sqrt()
    return mean - reach, mean + reach

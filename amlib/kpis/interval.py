"""95 % intervals as Ibis expressions: how far a figure may lie from the truth, given how little it rests on."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

Z = 1.959963984540054  # the 97.5th percentile of the normal distribution


def wilson(hits: ir.NumericValue, n: ir.NumericValue) -> tuple[ir.NumericValue, ir.NumericValue]:
    """Low and high of the share hits ÷ n (Wilson's score interval); null where n is 0.

    It never leaves 0…1 and still says something where the share is 0 or 1, unlike share ± Z·error.
    """
    n = n.nullif(0).cast("float64")
    share = hits / n
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    reach = Z / (1 + Z**2 / n) * (share * (1 - share) / n + Z**2 / (4 * n**2)).sqrt()
    # Rounding may leave the edges a hair outside.
    return (middle - reach).clip(0, 1), (middle + reach).clip(0, 1)


def adjusted_wald(
    promoters: ir.NumericValue, detractors: ir.NumericValue, n: ir.NumericValue, population: int | None
) -> tuple[ir.NumericValue, ir.NumericValue]:
    """Low and high of (promoters − detractors) ÷ n, clipped to −1…1; null where n is 0.

    Adds three answers, ¾ of a promoter and ¾ of a detractor among them, so that it holds for few
    answers too. `population` is how many could answer: the nearer n comes to it, the narrower the
    interval (finite-population correction); once all have answered it is the figure itself.
    """
    n, more = n.nullif(0), n.nullif(0) + 3.0
    promoting, detracting = (promoters + 0.75) / more, (detractors + 0.75) / more
    middle, plain = promoting - detracting, (promoters - detractors) / n
    variance = (promoting + detracting - middle * middle) / more
    if population is not None:
        variance = variance * (population - n).clip(lower=0) / max(population - 1, 1)
    reach = Z * variance.sqrt()
    # The added answers pull the middle to 0: with very few, or nearly all, the figure would stand outside.
    low, high = ibis.least(middle - reach, plain).clip(-1, 1), ibis.greatest(middle + reach, plain).clip(-1, 1)
    if population is not None:
        low, high = (ibis.ifelse(n >= population, plain, edge) for edge in (low, high))
    return low, high


def normal(
    mean: ir.NumericValue, deviation: ir.NumericValue, n: ir.NumericValue
) -> tuple[ir.NumericValue, ir.NumericValue]:
    """Low and high of a mean, from the sample's standard deviation; null where n is below 2."""
    reach = Z * deviation / ibis.ifelse(n >= 2, n, None).cast("float64").sqrt()
    return mean - reach, mean + reach

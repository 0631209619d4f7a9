"""Which figures rest on too few to be read, and why five are enough."""

from __future__ import annotations

import math

import pytest

from amlib import kpis
from amlib.kpis.registry import MIN_COUNT, WIDEST

Z = 1.959964


def wilson_width(hits: int, n: int) -> float:
    """Low to high of Wilson's interval as textbooks have it."""
    share, z2 = hits / n, Z * Z
    return 2 * Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)


def test_of_five_no_share_spans_what_four_can():
    assert wilson_width(2, 4) == pytest.approx(0.70, abs=0.005)
    assert max(wilson_width(hits, MIN_COUNT - 1) for hits in range(MIN_COUNT)) > WIDEST
    for n in range(MIN_COUNT, 100):
        assert max(wilson_width(hits, n) for hits in range(n + 1)) < WIDEST


@pytest.mark.parametrize("kpi", kpis.CATALOGUE.values(), ids=lambda kpi: kpi.id)
def test_counted_is_what_has_an_interval_on_a_scale_with_two_ends(kpi, sample_book):
    found = kpis.ask(sample_book, kpi.id, "2026-10", lacking="empty")
    assert kpi.counted == ("low" in found and kpi.unit in ("share", "score"))


def test_few_are_too_few_of_what_is_counted_alone():
    assert kpis.too_few("nps", 4)
    assert kpis.too_few("on_time_delivery", 1)
    assert not kpis.too_few("on_time_delivery", 5)
    assert not kpis.too_few("revenue", 1)
    assert not kpis.too_few("overdue_share", 1)


def test_too_wide_is_an_interval_over_most_of_the_scale_of_a_share():
    assert kpis.too_wide("overdue_share", 0.0, 0.7)
    assert not kpis.too_wide("overdue_share", 0.0, 0.66)
    assert not kpis.too_wide("response_time", 1.0, 5.0)  # hours have no scale with an end
    assert not kpis.too_wide("overdue_share", math.nan, math.nan)

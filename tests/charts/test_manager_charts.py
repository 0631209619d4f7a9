"""Charts of an account manager: what is drawn is in the frame, and the alt text says it."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from amlib import charts, words
from amlib.charts.style import ACCENT, BANDS, Chart

VI, EN = words.of("vi"), words.of("en")
BOTH = pytest.mark.parametrize("say", [VI, EN], ids=["vi", "en"])


def axes_of(chart: Chart):
    (axes,) = chart.figure.axes
    return axes


def stands(*rows: tuple) -> pd.DataFrame:
    columns = ["kpi", "value", "n", "low", "high", "median", "others", "place"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(("value", "low", "high", "median"), float))


STANDS = stands(
    ("revenue", 3e9, 9, None, None, 2e9, [1e9, 2e9], "untold"),
    ("response_time", 3.0, 90, 2.5, 3.5, 2.0, [1.5, 2.0], "worse"),
    ("on_time_delivery", 0.6, 20, 0.5, 0.7, 0.8, [0.8, 1.0], "alike"),
    ("nps", 1.0, 2, 0.1, 1.0, 0.5, [0.5], "untold"),  # of two answers
    ("win_rate", None, 0, None, None, 0.5, [0.5], None),
    ("renewal_rate", 1.0, 3, 0.4, 1.0, None, [], None),
)


def test_better_is_to_the_right_for_every_kpi():
    chart = charts.standing_of_manager(STANDS, EN, "VND")
    assert chart.alt == (
        "Against the median of the peers: Revenue VND 3 billion against VND 2 billion (no interval, so no verdict); "
        "Average response time 3 hours against 2 hours (worse); On-time delivery 60% against 80% (not distinguishable)."
    )
    axes = axes_of(chart)
    (others,) = axes.lines
    # Revenue runs from 1 to 3 billion, response time from 3.5 down to 1.5 hours, on-time delivery from 50 % to 100 %.
    np.testing.assert_allclose(others.get_xdata(), [0, 0.5, 1, 0.75, 0.6, 1])
    assert others.get_ydata().tolist() == [0, 0, 1, 1, 2, 2]
    medians, intervals, own = axes.collections
    np.testing.assert_allclose([segment[0][0] for segment in medians.get_segments()], [0.5, 0.75, 0.6])
    np.testing.assert_allclose(own.get_offsets(), [[1, 0], [0.25, 1], [0.2, 2]])
    assert [mpl.colors.to_hex(colour) for colour in own.get_facecolors()] == [ACCENT, BANDS["red"], ACCENT]
    drawn = [sorted(x for x, _ in segment) for segment in intervals.get_segments() if len(segment)]
    np.testing.assert_allclose(drawn, [[0, 0.5], [0, 0.4]])
    assert [label.get_text().splitlines()[0] for label in axes.get_yticklabels()] == [
        *("Revenue", "Average response time", "On-time delivery")
    ]


def test_all_alike_stand_in_the_middle():
    chart = charts.standing_of_manager(stands(("win_rate", 0.5, 9, None, None, 0.5, [0.5], "untold")), VI, "VND")
    assert axes_of(chart).collections[-1].get_offsets().tolist() == [[0.5, 0]]


def clients(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["name", "band", "score", "revenue"])


def test_clients_in_their_order_with_band_and_score():
    chart = charts.clients_by_health_and_value(
        clients(("Phở", "red", 41.6, 2e8), ("$Bánh$", "grey", None, 3e8), ("Trà", "green", 90.0, -1e6)), EN, "VND"
    )
    assert chart.alt == (
        "Clients, those at risk first: Phở VND 200 million (42); $Bánh$ VND 300 million (–); Trà -VND 1 million (90)."
    )
    bars = axes_of(chart).patches
    assert [bar.get_width() for bar in bars] == [2e8, 3e8, -1e6]
    assert [mpl.colors.to_hex(bar.get_facecolor()) for bar in bars] == [BANDS["red"], BANDS["grey"], BANDS["green"]]
    assert [text.get_text() for text in axes_of(chart).texts] == [
        "200 million · 42",
        "300 million · –",
        "-1 million · 90",
    ]


def test_of_many_clients_the_first_twenty_are_drawn():
    chart = charts.clients_by_health_and_value(clients(*((f"C{i}", "red", 1.0, 1.0) for i in range(30))), EN, "VND")
    assert len(axes_of(chart).patches) == 20


def mix(*rows: tuple[float, float]) -> pd.DataFrame:
    months = pd.period_range(end="2026-10", periods=len(rows), freq="M")
    found = pd.DataFrame(rows, columns=["new", "existing"]).assign(month=months)
    return found.assign(revenue=found.new + found.existing, value=0.5)


def test_new_revenue_stands_on_existing_revenue():
    chart = charts.new_and_existing_revenue(mix((1e6, 3e6), (0, 4e6), (2e6, 2e6)), EN, "VND")
    # 3 of 12 million are new.
    assert chart.alt == (
        "Revenue, August 2026 to October 2026: held at VND 4 million; highest VND 4 million (August 2026), lowest "
        "VND 4 million (August 2026). New clients brought 25% of it."
    )
    bars = axes_of(chart).patches
    assert [bar.get_height() for bar in bars] == [3e6, 4e6, 2e6, 1e6, 0, 2e6]
    assert [bar.get_y() for bar in bars[3:]] == [3e6, 4e6, 2e6]


def test_no_share_of_what_was_only_credited():
    chart = charts.new_and_existing_revenue(mix((0, -4e6)), EN, "VND")
    assert chart.alt == "Revenue, October 2026: -VND 4 million."


def hours(*worked: float, capacity: float | None = 110.0) -> pd.DataFrame:
    months = pd.period_range(end="2026-10", periods=len(worked), freq="M")
    return pd.DataFrame({"month": months, "hours": worked, "value": 1.0, "capacity": capacity})


def test_hours_against_the_managers_own():
    chart = charts.hours_by_month(hours(120, 300.5), EN)
    assert chart.alt == (
        "Hours worked for the clients, September 2026 to October 2026: rose from 120 hours to 300.5 hours; highest "
        "300.5 hours (October 2026), lowest 120 hours (September 2026)."
    )
    axes = axes_of(chart)
    assert [bar.get_height() for bar in axes.patches] == [120, 300.5]
    assert axes.lines[0].get_ydata()[0] == 110
    assert axes.get_title("right") == "- - own hours: 110 hours"


@BOTH
def test_nothing_is_cut_off(say):
    long = "Công ty TNHH Thương mại Điện tử Quốc tế Kim Nhiên"
    drawn = [
        charts.standing_of_manager(STANDS, say, "VND"),
        charts.clients_by_health_and_value(
            clients((long, "amber", 100.0, 9.999e8), (long, "red", 7.0, 1.0)), say, "VND"
        ),
        charts.new_and_existing_revenue(mix(*[(1e9, 2e9)] * 12), say, "VND"),
        charts.hours_by_month(hours(*[1234.5] * 12), say),
    ]
    for chart in drawn:
        chart.figure.draw_without_rendering()
        needed, (width, height) = chart.figure.get_tightbbox(), chart.figure.get_size_inches()
        assert -0.01 <= needed.x0 <= needed.x1 <= width + 0.01
        assert -0.01 <= needed.y0 <= needed.y1 <= height + 0.01

"""The charts of the KPI review: what the alt text says is what is drawn, and both are in the frame."""

from __future__ import annotations

import datetime
import io

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from amlib import charts, words
from amlib.charts import style
from amlib.charts.style import Chart

mpl.use("agg")
VI, EN = words.of("vi"), words.of("en")
BOTH = pytest.mark.parametrize("say", [VI, EN], ids=["vi", "en"])
OCTOBER = pd.Period("2026-10", "M")
Q3 = pd.Period("2026Q3")


def axes_of(chart: Chart):
    (axes,) = chart.figure.axes
    return axes


def written(chart: Chart) -> list[str]:
    """The texts beside the bars."""
    return [text.get_text() for text in axes_of(chart).texts]


def svg(chart: Chart) -> str:
    file = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        chart.figure.savefig(file, format="svg")
    return file.getvalue()


def bars(chart: Chart) -> list[tuple[float, float]]:
    """Where each bar begins and ends."""
    return [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes_of(chart).patches]


# -- bridges


def revenue(start: float, new: float, returned: float, expansion: float, contraction: float, lost: float):
    end = start + new + returned + expansion - contraction - lost
    names = ["start", "new", "returned", "expansion", "contraction", "lost", "end", "value"]
    return pd.DataFrame([[start, new, returned, expansion, contraction, lost, end, end - start]], columns=names)


BRIDGE = revenue(5e9, 0, 0.2e9, 0.3e9, 1e9, 0.5e9)


def test_each_part_of_revenue_begins_where_the_one_before_ended():
    chart = charts.revenue_bridge(BRIDGE, EN, OCTOBER, "VND")
    flat = [edge for bar in bars(chart) for edge in bar]
    np.testing.assert_allclose(flat, np.array([0, 5, 5, 5, 5, 5.2, 5.2, 5.5, 5.5, 4.5, 4.5, 4, 0, 4]) * 1e9)
    assert written(chart) == [
        *("5 billion", "0", "+200 million", "+300 million"),
        *("-1 billion", "-500 million", "4 billion"),
    ]
    assert chart.alt == (
        "Revenue, Sep 2026 to Oct 2026: fell from VND 5 billion to VND 4 billion. Parts: New clients 0; "
        "Returned +200 million; Expansion +300 million; Contraction -1 billion; Not billed this month -500 million."
    )


def test_revenue_against_the_same_month_of_last_year():
    assert "from Oct 2025" not in charts.revenue_bridge(BRIDGE, EN, OCTOBER, "VND").alt
    assert charts.revenue_bridge(BRIDGE, EN, OCTOBER, "VND", over=12).alt.startswith("Revenue, Oct 2025 to Oct 2026")


def test_credit_notes_reach_below_nothing():
    chart = charts.revenue_bridge(revenue(1e6, 0, 0, 0, 3e6, 0), VI, OCTOBER, "VND")
    assert bars(chart)[-1] == (0, -2e6)
    assert axes_of(chart).get_xlim()[0] < -2e6
    assert "giảm từ 1 triệu đồng xuống -2 triệu đồng" in chart.alt


NPS = pd.DataFrame(
    [[0.5, 0.06, 0.14, -0.13, 0.03, 0.32, -0.18]],
    columns=["start", "improved", "worsened", "joined", "turnout", "end", "value"],
)
ENDS = pd.DataFrame({"low": [0.22, 0.07], "high": [0.68, 0.5]})


def test_the_nps_goes_from_quarter_to_quarter_between_its_intervals():
    chart = charts.nps_bridge(NPS, EN, Q3, ENDS)
    assert written(chart) == ["50", "+6", "-14", "-13", "+3", "32"]
    assert chart.alt == (
        "NPS, Q2 2026 to Q3 2026: fell from 50 to 32. Parts: Scored higher +6; Scored lower -14; "
        "First-time answers -13; Who answered again +3. With 95% confidence Q2 2026 lies between 22 and 68 and "
        "Q3 2026 lies between 7 and 50."
    )
    whiskers = [line.get_xdata() for line in axes_of(chart).lines if line.get_marker() == "|"]
    assert [tuple(line) for line in whiskers] == [(0.22, 0.68), (0.07, 0.5)]
    low, high = axes_of(chart).get_xlim()
    assert low < 0.07 < 0.68 < high


# -- cohorts


def cohorts(*rows: tuple) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["cohort_year", "age", "n", "active"])
    return found.assign(value=found.active / found.n, cohort_year=[datetime.date(y, 1, 1) for y in found.cohort_year])


COHORTS = cohorts(
    *((2024, 0, 10, 10), (2024, 1, 10, 8), (2024, 2, 10, 7)),
    *((2025, 0, 6, 6), (2025, 1, 6, 3), (2025, 2, 4, 4)),
    *((2026, 0, 2, 2), (2026, 1, 2, 1)),
)


def test_cohorts_too_small_to_read_stay_empty():
    chart = charts.cohort_heatmap(COHORTS, EN, "cohort_year")
    assert written(chart) == ["80", "70", "50"]
    assert [label.get_text() for label in axes_of(chart).get_yticklabels()] == [
        "2024 (n = 10)",
        "2025 (n = 6)",
        "2026 (n = 2)",
    ]
    assert chart.alt == (
        "Clients invoiced again after their first invoice. 2024 (10 clients): 80% in month 1, 70% in month 2; "
        "2025 (6 clients): 50% in month 1, 50% in month 1; 2026 (2 clients): too few to read."
    )


def test_cohorts_of_quarters():
    frame = COHORTS.rename(columns={"cohort_year": "cohort_quarter"}).head(3)
    assert "quý 1/2024 (10 khách hàng): 80% ở tháng thứ 1" in charts.cohort_heatmap(frame, VI, "cohort_quarter").alt


# -- waiting


def waits(*hours: float | None) -> pd.DataFrame:
    return pd.DataFrame({"value": pd.Series(hours, dtype="float64")})


def test_the_share_in_time_counts_the_unanswered():
    chart = charts.waiting_times(waits(1, 2, 3, 4, 6, 20, None, None), EN, 4, aim=0.9)
    assert chart.alt == (
        "Of 8 messages, 50% were answered within 4 hours and 25% not at all; half of the replies came within "
        "3.5 hours, nine in ten within 13 hours."
    )
    assert written(chart) == ["50% within 4 hours"]
    drawn = svg(chart)
    assert "promised: 90%" in drawn
    assert "messages answered (25% not yet)" in drawn
    curve = axes_of(chart).lines[0]
    assert curve.get_ydata()[-1] == curve.get_ydata().max() == 5 / 8  # the one of 20 hours lies outside
    assert curve.get_xdata().tolist()[:6] == [0, 1, 2, 3, 4, 6]


def test_no_promise_is_no_line():
    assert "promised" not in svg(charts.waiting_times(waits(1, 2), EN, 4))


# -- delivery


def test_departments_the_worst_first_and_the_small_ones_grey():
    frame = pd.DataFrame(
        [("creative", 0.6, 20, 12, 0.4, 0.8), ("media", 0.25, 4, 1, 0.1, 0.7), ("partner", None, 0, 0, None, None)],
        columns=["department", "value", "n", "on_time", "low", "high"],
    )
    chart = charts.on_time_by_department(frame, VI)
    assert chart.alt == "Tỷ lệ công việc xong đúng hạn, kém nhất trước: media 25% (1/4); sáng tạo 60% (12/20)."
    assert [bar.get_width() for bar in axes_of(chart).patches] == [0.25, 0.6]
    colours = [mpl.colors.to_hex(bar.get_facecolor()) for bar in axes_of(chart).patches]
    assert colours == [style.MUTED, style.PALE]
    assert [tuple(line.get_xdata()) for line in axes_of(chart).lines] == [(0.1, 0.7), (0.4, 0.8)]


# -- all of them


@BOTH
def test_nothing_is_cut_off_and_no_figure_stays_open(say):
    departments = pd.DataFrame(
        {"department": ["production"], "value": 1.0, "n": 1200, "on_time": 1200, "low": 0.9, "high": 1.0}
    )
    for chart in (
        charts.revenue_bridge(BRIDGE * 100, say, OCTOBER, "VND"),
        charts.nps_bridge(NPS, say, Q3, ENDS),
        charts.cohort_heatmap(COHORTS, say, "cohort_year"),
        charts.waiting_times(waits(1, 2, 30), say, 4, aim=0.9),
        charts.on_time_by_department(departments, say),
    ):
        chart.figure.draw_without_rendering()
        needed, (width, height) = chart.figure.get_tightbbox(), chart.figure.get_size_inches()
        assert -0.01 <= needed.x0 <= needed.x1 <= width + 0.01
        assert -0.01 <= needed.y0 <= needed.y1 <= height + 0.01
    assert mpl.pyplot.get_fignums() == []

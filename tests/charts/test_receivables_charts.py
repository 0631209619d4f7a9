"""Pictures of receivables: what they draw is what they say."""

from __future__ import annotations

import pandas as pd
import pytest

from amlib import charts, words
from amlib.sentences import receivables as said

VI, EN = words.of("vi"), words.of("en")


def owed(*rows: tuple) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["name", *said.AGES, "credit"])
    return found.assign(value=found[[*said.AGES]].sum(axis=1))


def test_ageing_is_stacked_to_what_each_client_owes():
    rows = owed(("A$1 & $2", 1e6, 2e6, 0, 0, 4e6, 0, 0), ("B", 0, 3e6, 0, 0, 0, 0, 9e6))
    chart = charts.ageing_of_clients(rows, EN, "VND")
    (axes,) = chart.figure.axes
    rows = [[bar for bar in axes.patches if round(bar.get_y() + 0.33) == row] for row in (0, 1)]
    ends = [max(bar.get_x() + bar.get_width() for bar in row) for row in rows]
    assert ends == [7e6, 3e6]
    assert [label.get_text() for label in axes.texts] == ["7 million", "3 million"]
    (legend,) = chart.figure.legends
    said_of_ages = [text.get_text() for text in legend.get_texts()]
    assert said_of_ages == [
        "not due yet",
        "1–30 days overdue",
        "over 90 days overdue",
    ]
    assert chart.alt == (
        "Receivables by age: not due yet VND 1 million; 1–30 days overdue VND 5 million; over 90 days overdue "
        "VND 4 million; most overdue: A$1 & $2."
    )


@pytest.mark.parametrize("say", [VI, EN], ids=["vi", "en"])
@pytest.mark.parametrize("clients", [1, 13])
def test_the_legend_covers_no_client(say: words.Words, clients: int):
    rows = [(f"Công ty TNHH Dược phẩm Lam Tùng {i}", 1e6, 2e6, 3e6, 4e6, 5e6, 0, 0) for i in range(clients)]
    figure = charts.ageing_of_clients(owed(*rows), say, "VND").figure
    figure.draw_without_rendering()  # lays it out
    (axes,), (legend,) = figure.axes, figure.legends
    bars, key = axes.get_tightbbox(), legend.get_window_extent()
    assert bars.y0 >= 0
    assert axes.bbox.height > 10 * clients  # room for each
    assert bars.y1 < key.y0 < key.y1 <= figure.bbox.height


def test_clients_who_owe_nothing_have_no_bar():
    chart = charts.ageing_of_clients(owed(("A", 1e6, 0, 0, 0, 0, 0, 0), ("B", 0, 0, 0, 0, 0, 0, 9e6)), VI, "VND")
    (axes,) = chart.figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["A"]


def test_both_methods_of_dso_are_drawn_and_the_first_is_told():
    months = pd.period_range("2026-08", "2026-10", freq="M")
    chart = charts.dso_by_month(
        pd.DataFrame({"month": months, "value": [40.0, 45, 50], "simple": [38.0, None, 60]}), EN
    )
    (axes,) = chart.figure.axes
    assert [[*line.get_ydata()][::2] for line in axes.lines] == [[38, 60], [40, 50]]
    assert chart.alt.startswith("Days sales outstanding, August 2026 to October 2026: rose from 40 days to 50 days")


def test_weeks_of_holidays_are_marked():
    first = pd.to_datetime(["2026-02-08", "2026-02-15"])
    weeks = pd.DataFrame(
        {"first": first, "last": first + pd.Timedelta(days=6), "value": [2e9, 1e9], "working_days": [5, 0]}
    )
    chart = charts.expected_by_week(weeks, VI, "VND")
    (axes,) = chart.figure.axes
    assert [label.get_text() for label in axes.texts] == ["2 tỷ", "1 tỷ · nghỉ lễ"]
    assert [bar.get_width() for bar in axes.patches] == [2e9, 1e9]
    assert len({bar.get_facecolor() for bar in axes.patches}) == 2
    assert chart.alt == (
        "Tiền dự kiến thu theo tuần, từ 08/02/2026 đến 21/02/2026: tổng 3 tỷ đồng, "
        "nhiều nhất tuần 08/02–14/02 (2 tỷ đồng)."
    )

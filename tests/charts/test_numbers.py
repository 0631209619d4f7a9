"""The numbers that a chart carries: those drawn, as its reader writes them, nulls as '–'."""

from __future__ import annotations

import pandas as pd

from amlib import charts, words

VI, EN = words.of("vi"), words.of("en")
OCTOBER = pd.Period("2026-10", "M")


def told(chart: charts.Chart) -> list[list[str]]:
    return [[*chart.numbers], *chart.numbers.to_numpy().tolist()]


def by_month(**columns: list) -> pd.DataFrame:
    months = pd.period_range(end=OCTOBER, periods=len(next(iter(columns.values()))), freq="M")
    return pd.DataFrame({"month": months, **columns})


def test_months_stand_the_latest_first():
    chart = charts.revenue_by_month(by_month(value=[1.5e9, None, 2e6]), VI, "VND")
    assert told(chart) == [
        ["Tháng", "Doanh thu"],
        ["10/2026", "2 triệu đồng"],
        ["9/2026", "–"],
        ["8/2026", "1,5 tỷ đồng"],
    ]


def test_a_kpi_stands_with_its_interval_where_it_has_one():
    chart = charts.kpi_by_month(by_month(value=[0.5, 0.6], low=[0.4, None], high=[0.7, None]), EN, "In time", "share")
    assert told(chart) == [
        ["Month", "In time", "95% interval"],
        ["Oct 2026", "60%", "–"],
        ["Sep 2026", "50%", "40% – 70%"],
    ]


def test_fees_stand_beside_the_media_money_where_there_was_any():
    frame = by_month(value=[5e6, 7e6], pass_through=[0.0, 1e6])
    assert told(charts.fees_by_month(frame, EN, "VND", OCTOBER))[1:] == [
        ["Oct 2026", "VND 7 million", "VND 1 million"],
        ["Sep 2026", "VND 5 million", "VND 0"],
    ]
    without = charts.fees_by_month(frame.assign(pass_through=0.0), EN, "VND", OCTOBER)
    assert told(without)[0] == ["Month", "Fees"]


def test_a_score_stands_with_the_band_that_counts():
    frame = by_month(score=[61.6, None, 49.4], band=["amber", None, "green"], overridden=[False, False, True])
    assert told(charts.score_by_month(frame, EN, (50, 75))) == [
        ["Month", "Score", "Band"],
        ["Oct 2026", "49", "green"],
        ["Sep 2026", "–", "–"],
        ["Aug 2026", "62", "amber"],
    ]


def test_points_stand_with_their_sign_and_nothing_has_no_table():
    moved = pd.DataFrame({"label": ["NPS", "Orders", "Debt"], "gained": [2.5, -4.0, 0.01]})
    assert told(charts.points_moved(moved, EN))[1:] == [["Orders", "−4"], ["NPS", "+2.5"]]
    assert charts.points_moved(moved.assign(gained=0.0), EN).numbers.empty


def test_a_debt_stands_in_the_ages_that_there_are():
    ages = {"not_due": 5e6, "days_1_30": 0.0, "days_31_60": 2e6, "days_61_90": 0.0, "over_90": 0.0, "no_due_date": 0.0}
    chart = charts.ageing_of_clients(pd.DataFrame([{"name": "<b>A</b>", "value": 7e6, **ages}]), VI, "VND")
    assert told(chart) == [
        ["Khách hàng", "Chưa thanh toán", "chưa đến hạn", "quá hạn 31–60 ngày"],
        ["<b>A</b>", "7 triệu", "5 triệu", "2 triệu"],
    ]


def test_both_methods_of_dso_stand_side_by_side():
    chart = charts.dso_by_month(by_month(value=[40.2, 38.0], simple=[50.0, None]), EN)
    assert told(chart) == [
        ["Month", "by count-back", "simple method"],
        ["Oct 2026", "38 days", "–"],
        ["Sep 2026", "40 days", "50 days"],
    ]


def test_pay_stands_with_the_ends_of_its_bands():
    bands = pd.DataFrame({"label": ["Own", "NZ"], "low": [1e7, 2e7], "mid": [1.5e7, None], "high": [2e7, 3e7]})
    assert told(charts.pay_bands(bands, VI, "VND")) == [
        ["Mức tham khảo", "Mức thấp", "Mức giữa", "Mức cao"],
        ["Own", "10 triệu", "15 triệu", "20 triệu"],
        ["NZ", "20 triệu", "–", "30 triệu"],
    ]


def test_clients_stand_with_band_score_and_revenue():
    rows = [("Phở", "red", 31.4, 2.5e8), ("Trà", "grey", None, 1e6)]
    frame = pd.DataFrame(rows, columns=["name", "band", "score", "revenue"])
    assert told(charts.clients_by_health_and_value(frame, EN, "VND"))[1:] == [
        ["Phở", "red", "31", "VND 250 million"],
        ["Trà", "not enough data", "–", "VND 1 million"],
    ]

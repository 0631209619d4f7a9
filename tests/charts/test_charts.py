"""Charts: what the alt text says is in the frame, and what is drawn is too."""

from __future__ import annotations

import io
import re
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from amlib import charts, health, words
from amlib.charts import style
from amlib.charts.style import BANDS, Chart

mpl.use("agg")
VI, EN = words.of("vi"), words.of("en")
BOTH = pytest.mark.parametrize("say", [VI, EN], ids=["vi", "en"])


def months(*values: float | None, end: str = "2026-10") -> pd.DataFrame:
    """A KPI by month up to October 2026, as a KPI returns it."""
    month = pd.period_range(end=end, periods=len(values), freq="M")
    return pd.DataFrame({"month": month, "value": pd.Series(values, dtype="float64")})


def svg(chart: Chart) -> str:
    """The chart as `show` draws it, its text as text."""
    file = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        chart.figure.savefig(file, format="svg")
    return file.getvalue()


def axes_of(chart: Chart):
    (axes,) = chart.figure.axes
    return axes


def ticks(chart: Chart, which: str) -> list[str]:
    """The labels that are drawn: matplotlib keeps some for values outside of the axis too."""
    return [label.get_text() for label in drawn_ticks(chart, which)]


def drawn_ticks(chart: Chart, which: str) -> list[mpl.text.Text]:
    chart.figure.draw_without_rendering()
    axis = getattr(axes_of(chart), f"{which}axis")
    low, high = sorted(axis.get_view_interval())
    return [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]


def touching(chart: Chart) -> bool:
    """Whether two labels of the horizontal axis touch."""
    boxes = [label.get_window_extent() for label in drawn_ticks(chart, "x")]
    return any(left.x1 >= right.x0 for left, right in pairwise(boxes))


OCTOBER = pd.Period("2026-10", "M")
YEAR = months(4.05e9, 3.7e9, 4.1e9, 4.3e9, 4.1e9, 5.2e9, 3.4e9, 4.05e9, 3.16e9, 3.5e9, 3.9e9, 5.44e9, 3.99e9)


# -- by month


def test_revenue_in_words_is_the_revenue_drawn():
    chart = charts.revenue_by_month(YEAR, EN, "VND", target=4.25e9)
    assert chart.alt == (
        "Revenue, October 2025 to October 2026: fell from VND 4.05 billion to VND 3.99 billion; "
        "highest VND 5.44 billion (September 2026), lowest VND 3.16 billion (June 2026)."
    )
    bars = axes_of(chart).patches
    assert [bar.get_height() for bar in bars] == YEAR.value.tolist()
    assert [bar.get_facecolor() == mpl.colors.to_rgba(style.ACCENT) for bar in bars] == [False] * 12 + [True]
    assert "target VND 4.25 billion" in svg(chart)
    assert ticks(chart, "x") == ["Oct 2025", "Jan 2026", "Apr 2026", "Jul 2026", "Oct 2026"]
    # The unit stands once, not at every tick.
    assert ticks(chart, "y") == ["0", "2 billion", "4 billion"]
    assert axes_of(chart).get_title("left") == "VND"


def test_revenue_in_vietnamese():
    chart = charts.revenue_by_month(YEAR.tail(2), VI, "VND")
    assert chart.alt == (
        "Doanh thu từ tháng 9/2026 đến tháng 10/2026: giảm từ 5,44 tỷ đồng xuống 3,99 tỷ đồng; "
        "cao nhất 5,44 tỷ đồng (tháng 9/2026), thấp nhất 3,99 tỷ đồng (tháng 10/2026)."
    )
    assert "chỉ tiêu" not in svg(chart)


@pytest.mark.parametrize(
    ("values", "moved"),
    [
        ((0.1, 0.3, 0.2), "rose from 10% to 20%; highest 30% (September 2026), lowest 10% (August 2026)"),
        ((0.2, 0.9, 0.2), "20% at both ends; highest 90% (September 2026), lowest 20% (August 2026)"),
        ((-0.2, None, -0.4), "fell from -20% to -40%; highest -20% (August 2026), lowest -40% (October 2026)"),
    ],
)
def test_the_way_a_line_goes(values, moved):
    chart = charts.kpi_by_month(months(*values), EN, "Share", "share")
    assert chart.alt == f"Share, August 2026 to October 2026: {moved}."


def test_one_month_is_one_figure():
    assert charts.kpi_by_month(months(2.25), EN, "Wait", "hours").alt == "Wait, October 2026: 2.2 hours."
    assert charts.kpi_by_month(months(None, 1.0), VI, "Chờ", "hours").alt == "Chờ tháng 10/2026: 1 giờ."


@pytest.mark.parametrize(
    ("say", "rows"), [(VI, 1), (VI, 13), (EN, 13), (EN, 40)], ids=lambda of: getattr(of, "language", of)
)
def test_any_number_of_months_is_drawn_without_touching_labels(say, rows):
    frame = months(*np.linspace(1, 3, rows))
    frame = frame.assign(low=frame.value - 0.5, high=frame.value + 0.5, score=frame.value * 20)
    frame = frame.assign(band="amber", overridden=False)
    for chart in (
        charts.kpi_by_month(frame, say, "Wait", "hours", level=2),
        charts.revenue_by_month(frame, say, "VND", target=2),
        charts.score_by_month(frame, say, health.EDGES),
    ):
        found = ticks(chart, "x")
        assert found[-1] == say.short_month("2026-10")
        assert len(found) == len({*found}) <= 5
        assert not touching(chart)


def test_a_month_without_a_value_keeps_its_place_and_breaks_the_line():
    frame = months(1, None, 3, None).assign(low=[0.5, None, 2, None], high=[2, None, 4, None])
    chart = charts.kpi_by_month(frame, EN, "Wait", "hours")
    line = axes_of(chart).lines[0]
    assert line.get_xdata().tolist() == [0, 1, 2]
    np.testing.assert_array_equal(line.get_ydata(), [1, np.nan, 3])
    assert "July 2026 to September 2026" in chart.alt  # October has no value to end on


def test_a_month_without_a_row_keeps_its_place():
    """A client billed in May, June and October has three bars in six months, in any order of rows."""
    frame = months(1e6, 2e6, 0, 0, 0, 4e6).iloc[[5, 0, 1]]
    chart = charts.revenue_by_month(frame, EN, "VND")
    heights = [bar.get_height() for bar in axes_of(chart).patches]
    np.testing.assert_array_equal(heights, [1e6, 2e6, np.nan, np.nan, np.nan, 4e6])
    assert "May 2026 to October 2026: rose from VND 1 million to VND 4 million" in chart.alt


def test_fees_up_to_the_month_and_the_media_money_on_top():
    """Billed in May, June and August: July keeps its place, and September and October are there without a bar.

    Media money of June and August lies on their fees.
    """
    frame = months(1e6, 2e6, None, 4e6, None, None).dropna().assign(pass_through=[0, 3e6, 0.5e6])
    chart = charts.fees_by_month(frame, EN, "VND", OCTOBER)
    bars = axes_of(chart).patches
    np.testing.assert_array_equal([bar.get_height() for bar in bars[:6]], [1e6, 2e6, np.nan, 4e6, np.nan, np.nan])
    tops = [(bar.get_x() + bar.get_width() / 2, bar.get_y(), bar.get_height()) for bar in bars[6:]]
    np.testing.assert_allclose(tops, [(1, 2e6, 3e6), (3, 4e6, 0.5e6)])
    assert [bar.get_facecolor() == mpl.colors.to_rgba(style.ACCENT) for bar in bars[:6]] == [False] * 5 + [True]
    assert ticks(chart, "x")[-1] == "Oct 2026"
    assert chart.alt == (
        "Fees, May 2026 to August 2026: rose from VND 1 million to VND 4 million; highest VND 4 million (August 2026), "
        "lowest VND 1 million (May 2026). Media money passed on: VND 3.5 million."
    )


def test_fees_of_one_invoice_and_without_media_money():
    chart = charts.fees_by_month(months(5e6).assign(pass_through=0.0), VI, "VND", OCTOBER)
    assert chart.alt == "Phí dịch vụ tháng 10/2026: 5 triệu đồng."
    assert len(axes_of(chart).patches) == 1
    assert "chi hộ" not in svg(chart)


def test_the_frame_is_left_as_it_was():
    frame = months(1, None, 3)
    before = frame.copy()
    charts.kpi_by_month(frame, EN, "Wait", "hours")
    pd.testing.assert_frame_equal(frame, before)


def test_no_level_is_drawn_for_a_target_that_is_not_there():
    for level in (None, float("nan")):
        assert len(axes_of(charts.kpi_by_month(months(1, 2), EN, "Wait", "hours", level=level)).lines) == 1
        assert "target" not in svg(charts.revenue_by_month(months(1, 2), EN, "VND", target=level))


def test_the_score_over_its_bands():
    frame = months(0, 0, 0).assign(score=[44.6, 60.2, 62.4], band=["red", "red", "amber"], overridden=False)
    chart = charts.score_by_month(frame, EN, health.EDGES)
    assert chart.alt == (
        "Health score, August 2026 to October 2026: rose from 45 to 62; "
        "highest 62 (October 2026), lowest 45 (August 2026)."
    )
    assert ticks(chart, "y") == ["0", "50", "75", "100"]
    assert len(axes_of(chart).patches) == 3
    assert ">62<" in svg(chart)
    assert dots(chart) == ["red", "red", "amber"]  # a band holds while the score wavers
    assert "set by hand" not in svg(chart)


def dots(chart: Chart) -> list[str]:
    """The bands whose colours the dots have, round ones first."""
    of = {mpl.colors.to_hex(colour): band for band, colour in BANDS.items()}
    faces = [face for dots in axes_of(chart).collections if len(dots.get_offsets()) for face in dots.get_facecolor()]
    return [of[mpl.colors.to_hex(face)] for face in faces]


def test_a_band_set_by_hand_is_a_diamond():
    frame = months(0, 0, 0, 0).assign(
        score=[80.0, None, 80.0, 82.0], band=["green", "red", "red", "green"], overridden=[False, True, True, False]
    )
    chart = charts.score_by_month(frame, EN, health.EDGES)
    round_ones, diamonds = axes_of(chart).collections
    assert round_ones.get_offsets().tolist() == [[0, 80], [3, 82]]
    assert diamonds.get_offsets().tolist() == [[2, 80]]
    assert dots(chart) == ["green", "green", "red"]
    assert chart.alt.endswith("Set by hand: September 2026.")
    assert "set by hand" in svg(chart)
    assert charts.score_by_month(frame, VI, health.EDGES).alt.endswith("Đặt thủ công: tháng 9/2026.")


@BOTH
@pytest.mark.parametrize("most", [0.5, 5.0, 12.3])
def test_points_taken_stand_clear_of_the_names_beside_them(say, most: float):
    names = [say.text(measure.name) for measure in health.MEASURES.values()]
    chart = charts.points_moved(pd.DataFrame({"label": names, "gained": np.linspace(-most, most, len(names))}), say)
    chart.figure.draw_without_rendering()
    (axes,) = chart.figure.axes
    names_end = max(name.get_window_extent().x1 for name in axes.get_yticklabels())
    assert min(points.get_window_extent().x0 for points in axes.texts) > names_end + 2


def test_points_moved_what_took_most_first():
    frame = pd.DataFrame({"label": list("abcde"), "gained": [4.26, -0.04, -9.0, None, -1.5]})
    chart = charts.points_moved(frame, EN)
    assert chart.alt == "Points of the score since last month: c −9; e −1.5; a +4.3."
    assert [bar.get_width() for bar in axes_of(chart).patches] == [-9.0, -1.5, 4.26]
    assert [text.get_text() for text in axes_of(chart).texts] == ["−9", "−1.5", "+4.3"]
    colours = [mpl.colors.to_hex(bar.get_facecolor()) for bar in axes_of(chart).patches]
    assert colours == [BANDS["red"], BANDS["red"], BANDS["green"]]
    assert charts.points_moved(frame, VI).alt == "Điểm thay đổi so với tháng trước: c −9; e −1,5; a +4,3."


def test_where_nothing_moved_the_chart_says_so():
    chart = charts.points_moved(pd.DataFrame({"label": ["a"], "gained": [0.0]}), EN)
    assert chart.alt == axes_of(chart).get_title() == "No measure moved the score since last month."
    assert not axes_of(chart).patches


FIFTHS = pd.DataFrame(
    {"group": [1, 2], "low": [16.8, 68.0], "high": [67.6, 100.0], "n": [246, 1247], "lost": [22, 0]}
).assign(share=lambda rows: rows.lost / rows.n)


def test_losses_by_the_score_before():
    chart = charts.losses_by_score(FIFTHS, EN)
    assert chart.alt == (
        "Clients lost within three months, by their score before: score 17 to 68: 8.9% (22 of 246); "
        "score 68 to 100: 0.0% (0 of 1,247)."
    )
    assert [bar.get_width() for bar in axes_of(chart).patches] == FIFTHS.share.tolist()
    assert ticks(chart, "y") == ["score 17 to 68", "score 68 to 100"]
    assert "8,9% (22/246)" in svg(charts.losses_by_score(FIFTHS, VI))
    assert charts.losses_by_score(FIFTHS.assign(lost=0, share=0.0), EN).figure  # nobody was lost


# -- bars


def managers(*rows: tuple) -> pd.DataFrame:
    """The load of account managers: name, hours, capacity, clients."""
    found = pd.DataFrame(rows, columns=["name", "hours", "capacity", "clients"]).astype({"capacity": "float64"})
    return found.assign(value=found.hours / found.capacity)


def test_the_load_of_each_manager_against_their_own_hours():
    rows = [("Lan", 40.0, 140, 1), ("Minh", 157.5, 110, 7), ("Hoa", 0.0, None, 2), ("Vy", 20.0, 130, None)]
    chart = charts.workload_of_managers(managers(*rows), EN)
    assert chart.alt == (
        "Hours worked for each account manager's clients, most first: Minh 157.5 of 110 hours · 7 clients; "
        "Lan 40 of 140 hours · 1 client; Vy 20 of 130 hours."
    )
    bars = axes_of(chart).patches
    assert [bar.get_width() for bar in bars] == [157.5, 40, 20]
    assert [mpl.colors.to_hex(bar.get_facecolor()) for bar in bars] == [style.TARGET, style.ACCENT, style.ACCENT]
    assert [line.get_xdata()[0] for line in axes_of(chart).lines] == [110, 140, 130]
    assert ticks(chart, "y") == ["Minh", "Lan", "Vy"]
    assert {"157.5 of 110 hours", "7 clients"} <= {*re.findall(r">([^<]+)</text>", svg(chart))}
    assert chart.numbers.to_numpy().tolist() == [
        ["Minh", "157.5", "110", "7"],
        ["Lan", "40", "140", "1"],
        ["Vy", "20", "130", "–"],
    ]


def test_two_managers_of_the_same_name_have_two_bars():
    chart = charts.workload_of_managers(managers(("Nguyễn An", 2.0, 100, 1), ("Nguyễn An", 6.0, 100, 1)), VI)
    assert [bar.get_width() for bar in axes_of(chart).patches] == [6, 2]
    assert ticks(chart, "y") == ["Nguyễn An"] * 2


@pytest.mark.parametrize("name", ["A$AP & $ons", "$x_{1}^$", "<script>x</script>", "50% \\frac"])
def test_names_are_drawn_as_they_are(name):
    chart = charts.workload_of_managers(managers((name, 2.0, 100, 3)), EN)
    drawn = svg(chart)
    assert "<script>" not in drawn
    assert name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in drawn
    bands = pd.DataFrame({"label": [name], "low": [1.0], "mid": [2.0], "high": [3.0]})
    assert name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in svg(
        charts.pay_bands(bands, EN, "VND")
    )


# -- pay


PAY = pd.DataFrame({"label": ["Ads", "Article"], "low": [20e6, 8e6], "mid": [22.5e6, None], "high": [30e6, 20e6]})


def test_pay_bands_in_words_are_those_drawn():
    chart = charts.pay_bands(PAY.assign(offer=[60e6, 50e6]), EN, "VND")
    assert chart.alt == (
        "Pay bands. Ads: VND 20 million to VND 30 million, middle VND 22.5 million; "
        "Article: VND 8 million to VND 20 million. The offer: VND 60 million / VND 50 million."
    )
    assert "the offer" in svg(chart)
    assert axes_of(chart).lines[-1].get_xdata().tolist() == [60e6, 50e6]
    assert axes_of(chart).get_xlim()[1] > 60e6
    assert ticks(chart, "y") == ["Ads", "Article"]


def test_a_band_of_its_middle_alone_says_so():
    middle = PAY.head(1).assign(low=np.nan, high=np.nan)
    assert charts.pay_bands(middle, EN, "VND").alt == "Pay bands. Ads: middle VND 22.5 million."


@pytest.mark.parametrize("frame", [PAY, PAY.assign(offer=float("nan"))])
def test_no_offer_is_no_line(frame):
    assert "offer" not in svg(charts.pay_bands(frame, EN, "VND"))


CURVE = pd.DataFrame({"years": [0.0, 1.0, 2.0], "value": [10e6, 11e6, 12.1e6], "low": 9e6, "high": 13e6})


def test_pay_by_experience_is_a_line_without_single_records():
    chart = charts.pay_by_experience(CURVE, EN, "VND")
    assert chart.alt == (
        "Pay a month by years in the trade: VND 10 million at 0 years, VND 12.1 million at 2 years, each the middle."
    )
    (line,) = axes_of(chart).lines
    assert line.get_ydata().tolist() == [10e6, 11e6, 12.1e6]
    assert axes_of(chart).get_ylim()[0] == 0
    assert not touching(charts.pay_by_experience(CURVE, VI, "VND"))


@BOTH
def test_ticks_of_pay_do_not_touch(say):
    assert not touching(charts.pay_bands(PAY, say, "VND"))
    assert len(ticks(charts.pay_bands(PAY, say, "VND"), "x")) >= 2


# -- all of them


@BOTH
def test_nothing_is_cut_off_and_no_figure_stays_open(say):
    long = "Nguyễn Hoàng Thị Phương Anh Đặng"
    points = pd.DataFrame({"label": [say.text(m.name) for m in health.MEASURES.values()], "points": 100.0})
    drawn = [
        charts.revenue_by_month(YEAR, say, "VND", target=4.25e9),
        charts.fees_by_month(YEAR.assign(pass_through=9e9), say, "VND", OCTOBER),
        charts.kpi_by_month(YEAR.assign(value=0.97), say, "x", "share", level=0.99),
        charts.workload_of_managers(managers((long, 150.0, 140, 12)), say),
        charts.score_by_month(YEAR.assign(score=100.0, band="green", overridden=True), say, health.EDGES),
        charts.points_moved(points.assign(gained=np.linspace(-40, 40, len(points))), say),
        charts.points_moved(points.assign(gained=0.0), say),
        charts.losses_by_score(FIFTHS, say),
        charts.pay_bands(PAY.assign(label=f"{long} {long}", offer=60e6), say, "VND"),
        charts.pay_by_experience(CURVE, say, "VND"),
    ]
    for chart in drawn:
        chart.figure.draw_without_rendering()  # lays it out
        needed, (width, height) = chart.figure.get_tightbbox(), chart.figure.get_size_inches()
        assert -0.01 <= needed.x0 <= needed.x1 <= width + 0.01
        assert -0.01 <= needed.y0 <= needed.y1 <= height + 0.01
    assert mpl.pyplot.get_fignums() == []

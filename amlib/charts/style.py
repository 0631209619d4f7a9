"""One style for all charts: colours, axes, labels, and the words that describe a figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from textwrap import wrap
from typing import NamedTuple

import pandas as pd
import seaborn as sns
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine
from matplotlib.ticker import MaxNLocator

from amlib.sentences import grammar
from amlib.words import NOTHING, Words

ACCENT, PALE, MUTED, TARGET, INK = "#1f5fa8", "#8fb1da", "#b9c3d0", "#c2570c", "#2b3440"
GRID, PAPER = "#e6eaef", "#fefefe"  # what lies behind: no white, which is also the text on dark cells
BANDS = {"red": "#c0392b", "amber": "#d99a1c", "green": "#3f8f5b", "grey": "#9aa3ad"}
AGES = {
    "not_due": MUTED,
    "days_1_30": "#f6c8a0",
    "days_31_60": "#e9965a",
    "days_61_90": "#c2570d",
    "over_90": "#6f2f05",
    "no_due_date": "#dde3ea",
}

# Inches: what a phone shows across without letters that are too small to read.
_WIDTH = 4.8
_SMALL = (0.3, 0.25, 0.5, 0.55)  # of the figure: the least that most plots become
_EDGE = 0.04  # inches between the words around a plot and the edge of its figure
_LINE = 22  # letters of a name in one line

_STYLE = {
    **sns.axes_style("whitegrid"),
    "axes.grid.axis": "y",
    "font.size": 10.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "text.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
_TICKS = {
    "length": 0,
    "labelsize": 10.5,
    "labelcolor": INK,
    "grid_color": GRID,
    "grid_linewidth": 0.8,
    "grid_solid_capstyle": "round",
}


class Chart(NamedTuple):
    """A figure, what it shows in words for whoever cannot see it, and the numbers drawn.

    `numbers` has a row for each row or month of the drawing, as printed in the reader's language; its columns are
    headings in that language, and the first column heads the rows.
    """

    figure: Figure
    alt: str
    numbers: pd.DataFrame


class _Fitted(LayoutEngine):
    """The one plot of a figure, as large as what is written around it and a legend on top leave room for."""

    # Matplotlib's own layouts always look twice, at any number of plots: a third of the time that a chart takes.
    _adjust_compatible = _colorbar_gridspec = False

    def execute(self, figure: Figure) -> None:
        (axes,) = figure.axes
        for axis in (axes.xaxis, axes.yaxis):
            if not axis.label.get_text():
                axis.set_label_coords(0, 0)  # else each look measures all ticks to place no word
        axes.set_position(_SMALL)
        beneath = min((legend.get_window_extent().y0 / figure.bbox.height for legend in figure.legends), default=1)
        for _ in range(3):
            plot = axes.get_position(original=True)
            written = axes.get_tightbbox(for_layout_only=True).transformed(figure.transFigure.inverted())
            across_up = _EDGE / figure.get_size_inches()
            left, low = plot.min - written.min + across_up
            right, high = (1, beneath) - written.max + plot.max - across_up
            if right <= left or high <= low:
                break
            axes.set_position((left, low, right - left, high - low))
            # In a plot that grows, words at its ends reach no further out than they did; in one that shrinks they do.
            if right - left >= plot.width and high - low >= plot.height:
                break
        axes.set_in_layout(True)


def canvas(height: float = 2.7) -> tuple[Figure, Axes]:
    # No pyplot: it would show the figure a second time, by the notebook's backend.
    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, height), layout=_Fitted())
        axes = figure.subplots()
    axes.tick_params(**_TICKS)
    for axis in (axes.xaxis, axes.yaxis):
        # So all ticks are made alike, and none needs to be made like the first: a fifth of the time of a chart.
        axis._copy_tick_props = lambda *_: None
    return figure, axes


def month_axis(axes: Axes, months: pd.Series, words: Words) -> None:
    """Label the last month and, back from it, every so many that labels do not touch."""
    step = max(1, ceil(0.22 * len(months)))
    at = list(range(len(months) - 1, -1, -step))[::-1]
    axes.tick_params(axis="x", pad=6)
    axes.set_xticks(at, [words.short_month(months.iloc[i]) for i in at])
    # Few months stand at the right, as wide as they would among many.
    axes.set_xlim(len(months) - max(len(months), 6) - 0.6, len(months) - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))


def level_line(axes: Axes, value: float, label: str) -> None:
    axes.axhline(value, color=TARGET, lw=1.4, ls=(0, (4, 3)))
    key(axes, "- -", label)


def key(axes: Axes, line: str, label: str) -> None:
    """What the coloured line means."""
    above(axes, f"{line} {label}", side="right", color=TARGET)


def above(axes: Axes, text: str, side: str = "left", color: str = INK) -> None:
    """A few words above the drawing, where nothing can cross them."""
    axes.set_title(text, loc=side, y=1, fontsize=9.5, color=color)  # told, or each look measures all ticks for it


def last_label(axes: Axes, values: pd.Series, label: str) -> None:
    """The last value, right of its dot, where no line can cross it."""
    last = (values.index[-1], values.iloc[-1])
    axes.annotate(
        label,
        last,
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        color=INK,
        weight="bold",
        annotation_clip=False,
    )


def bars(axes: Axes, names: pd.Series, values: pd.Series, colours: list[str], labels: list[str]) -> None:
    """Bars from the top down, one per row: two people of the same name have two."""
    drawn = axes.barh(range(len(values)), values, color=colours, height=0.66)
    row_names(axes, names)
    axes.set(xticks=[], ylim=(len(values) - 0.4, -0.6))
    axes.bar_label(drawn, labels, padding=4, color=INK)
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)


def row_names(axes: Axes, names: Iterable[str], width: int = _LINE) -> None:
    """Names beside the rows of a drawing, long ones in two lines."""
    most = 2 * width - 4  # words break somewhere
    lines = [in_lines(name if len(name) <= most else f"{name[: most - 1]}…", width)[:2] for name in names]
    axes.set_yticks(range(len(lines)), [plain("\n".join(two)) for two in lines], linespacing=1.05)


def in_lines(text: str, width: int) -> list[str]:
    """A text in as few lines of at most `width` letters as it needs, all of about the same length."""
    few = len(wrap(text, width))
    return next(lines for most in range(1, width + 1) if len(lines := wrap(text, most)) <= few)


def plain(text: str) -> str:
    """Text of the book as it is: a pair of $ would otherwise be read as a formula."""
    return text.replace("$", r"\$")


def every_month(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """From the first month with a value to the last, one row each: a month without one keeps its place, empty."""
    known = frame[frame[column].notna()].sort_values("month")
    months = pd.period_range(known.month.iloc[0], known.month.iloc[-1], name="month")
    if not months.equals(pd.PeriodIndex(known.month)):
        known = known.set_index("month").reindex(months).reset_index()
    return known.reset_index(drop=True)


def numbers_by_month(words: Words, shown: pd.DataFrame, columns: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The `numbers` of a chart by `month`, the latest first."""
    months = [words.short_month(month) for month in shown.month]
    return pd.DataFrame({words.text("Month"): months, **columns})[::-1]


def interval(words: Words, low: float, high: float, unit: str, currency: str = "") -> str:
    if pd.isna(low) or pd.isna(high):
        return NOTHING
    return f"{words.measure(low, unit, currency)} – {words.measure(high, unit, currency)}"


def trend(words: Words, name: str, shown: pd.DataFrame, unit: str, currency: str) -> str:
    def said(row: int) -> str:
        return words.measure(shown.value.iloc[row], unit, currency)

    high, low = int(shown.value.argmax()), int(shown.value.argmin())
    first, last = shown.value.iloc[0], shown.value.iloc[-1]
    if len(shown) == 1:
        return words.text("{name}, {month}: {value}.", name=name, month=words.month(shown.month.iloc[0]), value=said(0))
    if said(0) == said(-1) and said(high) != said(low):
        moved = words.text("{value} at both ends", value=said(-1))
    else:
        moved = grammar.from_to(words, first, last, unit, currency)
    return words.text(
        "{name}, {first_month} to {last_month}: {moved}; highest {high} ({high_month}), lowest {low} ({low_month}).",
        name=name,
        first_month=words.month(shown.month.iloc[0]),
        last_month=words.month(shown.month.iloc[-1]),
        moved=moved,
        high=said(high),
        high_month=words.month(shown.month.iloc[high]),
        low=said(low),
        low_month=words.month(shown.month.iloc[low]),
    )

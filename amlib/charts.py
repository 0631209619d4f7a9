"""Charts: a frame in, a figure and its alt text out; one function per chart, one style for all.

Every chart takes `words` (the reader's language) and returns a `Chart` whose alt text is written from the
same numbers. Frames are as KPIs return them; undefined values are left out of the drawing, never drawn as 0.
"""

from __future__ import annotations

from typing import NamedTuple

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from amlib.words import Words

ACCENT, MUTED, TARGET, INK = "#1f5fa8", "#b9c3d0", "#c2570c", "#2b3440"
BANDS = {"red": "#c0392b", "amber": "#d99a1c", "green": "#3f8f5b", "grey": "#9aa3ad"}

_STYLE = {
    "font.size": 10.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "grid.color": "#e6eaef",
}


class Chart(NamedTuple):
    """A figure and what it shows in words, for whoever cannot see it."""

    figure: Figure
    alt: str


def revenue_by_month(frame: pd.DataFrame, words: Words, currency: str, target: float | None = None) -> Chart:
    """Bars of `value` by `month`, the last one stressed, with the target as a line."""
    figure, axes = _axes()
    shown = frame.dropna(subset="value")
    colours = [MUTED] * (len(shown) - 1) + [ACCENT]
    axes.bar(range(len(shown)), shown.value, color=colours, width=0.72)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.short_money(value, currency)))
    _months(axes, shown.month, words)
    if target is not None and not pd.isna(target):
        _level(axes, target, words.text("target {value}", value=words.short_money(target, currency)))
    return Chart(figure, _trend(words, words.text("Revenue"), shown, "money", currency))


def kpi_by_month(frame: pd.DataFrame, words: Words, name: str, unit: str, level: float | None = None) -> Chart:
    """A line of `value` by `month` with its interval where there is one, and a level (a target) to hold it against."""
    figure, axes = _axes()
    shown = frame.dropna(subset="value").reset_index(drop=True)
    if "low" in shown:
        axes.fill_between(
            shown.index, shown.low.astype(float), shown.high.astype(float), color=ACCENT, alpha=0.14, lw=0
        )
    sns.lineplot(x=shown.index, y=shown.value, color=ACCENT, marker="o", ax=axes)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.measure(value, unit, "")))
    _months(axes, shown.month, words)
    _last_label(axes, shown, words.measure(shown.value.iloc[-1], unit, ""))
    if level is not None and not pd.isna(level):
        _level(axes, level, words.text("target {value}", value=words.measure(level, unit, "")))
    return Chart(figure, _trend(words, name, shown, unit, ""))


def clients_of_managers(frame: pd.DataFrame, words: Words) -> Chart:
    """Bars of active clients (`value`) per account manager (`name`), most first."""
    shown = frame.dropna(subset="value").sort_values("value", ascending=False)
    figure, axes = _axes(height=0.6 + 0.32 * len(shown))
    sns.barplot(x=shown.value, y=shown.name, color=ACCENT, ax=axes)
    axes.set(xlabel="", ylabel="")
    _bar_labels(axes, [words.number(value) for value in shown.value])
    return Chart(
        figure,
        words.text(
            "Active clients per account manager: from {most} ({who_most}) to {least} ({who_least}).",
            most=words.number(shown.value.iloc[0]),
            who_most=shown.name.iloc[0],
            least=words.number(shown.value.iloc[-1]),
            who_least=shown.name.iloc[-1],
        ),
    )


def score_by_month(frame: pd.DataFrame, words: Words, edges: tuple[float, float]) -> Chart:
    """The health score by `month` over the bands red, amber and green, which meet at `edges`."""
    figure, axes = _axes()
    shown = frame.dropna(subset="score").reset_index(drop=True)
    shown = shown.assign(value=shown.score.round())
    for low, high, band in ((0, edges[0], "red"), (edges[0], edges[1], "amber"), (edges[1], 100, "green")):
        axes.axhspan(low, high, color=BANDS[band], alpha=0.13, lw=0)
    sns.lineplot(x=shown.index, y=shown.score, color=INK, marker="o", ax=axes)
    axes.set(ylim=(0, 100), yticks=[0, *edges, 100])
    axes.grid(visible=False)
    _months(axes, shown.month, words)
    _last_label(axes, shown, words.number(shown.score.iloc[-1]))
    return Chart(figure, _trend(words, words.text("Health score"), shown, "count", ""))


def points_of_measures(frame: pd.DataFrame, words: Words, edges: tuple[float, float]) -> Chart:
    """Bars of `points` (0–100) per measure (`label`), coloured by band, lowest first."""
    shown = frame.dropna(subset="points").sort_values("points")
    figure, axes = _axes(height=0.6 + 0.36 * len(shown))
    band = pd.cut(shown.points, [-1, edges[0], edges[1], 101], right=False, labels=["red", "amber", "green"])
    # A bar of 0 points would be invisible; the label says 0 all the same.
    axes.barh(shown.label, shown.points.clip(lower=1), color=[BANDS[b] for b in band], height=0.66)
    axes.set(xlim=(0, 108), xticks=[])
    axes.invert_yaxis()
    _bar_labels(axes, [words.number(points) for points in shown.points])
    parts = [f"{label} {words.number(points)}" for label, points in zip(shown.label, shown.points, strict=True)]
    return Chart(figure, words.text("Points out of 100, lowest first: {parts}.", parts="; ".join(parts)))


def pay_bands(frame: pd.DataFrame, words: Words, currency: str, offer: float | None = None) -> Chart:
    """Ranges from `low` to `high` with a dot at `mid`, one per row (`label`), and the offer as a line."""
    figure, axes = _axes(height=0.9 + 0.42 * len(frame))
    for row, band in enumerate(frame.itertuples()):
        axes.plot([band.low, band.high], [row, row], color=MUTED, lw=7, solid_capstyle="round")
        axes.plot(band.mid, row, "o", color=ACCENT, ms=8)
    axes.set_yticks(range(len(frame)), frame.label)
    axes.set_ylim(len(frame) - 0.5, -0.7)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.short_money(value, currency)))
    plt.setp(axes.get_xticklabels(), fontsize=9)
    if offer is not None and not pd.isna(offer):
        axes.axvline(offer, color=TARGET, lw=1.6)
        said = words.text("offer {value}", value=words.short_money(offer, currency))
        axes.annotate(said, (offer, -0.62), color=TARGET, xytext=(5, 0), textcoords="offset points", va="center")
    parts = [
        words.text(
            "{label}: {low} to {high}, middle {mid}",
            label=band.label,
            **{name: words.short_money(getattr(band, name), currency) for name in ("low", "mid", "high")},
        )
        for band in frame.itertuples()
    ]
    return Chart(figure, words.text("Pay bands. {parts}.", parts="; ".join(parts)))


def _axes(height: float = 2.7) -> tuple[Figure, Axes]:
    with plt.rc_context({**sns.axes_style("whitegrid"), **_STYLE}):
        figure, axes = plt.subplots(figsize=(6.4, height), layout="constrained")
    plt.close(figure)  # shown by `show`, not a second time by the notebook's backend
    axes.grid(visible=False, axis="x")
    axes.tick_params(length=0)
    axes.set(xlabel="", ylabel="")
    return figure, axes


def _months(axes: Axes, months: pd.Series, words: Words) -> None:
    """Label the last month and, back from it, every so many that labels do not touch."""
    step = max(1, -(-len(months) // 5))
    at = list(range(len(months) - 1, -1, -step))[::-1]
    axes.set_xticks(at, [words.short_month(months.iloc[i]) for i in at])
    axes.set(xlabel="", ylabel="", xlim=(-0.6, len(months) - 0.4))
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _level(axes: Axes, value: float, label: str) -> None:
    axes.axhline(value, color=TARGET, lw=1.4, ls=(0, (4, 3)))
    where = axes.get_xlim()[0]
    axes.annotate(label, (where, value), color=TARGET, xytext=(3, 4), textcoords="offset points", fontsize=9)


def _last_label(axes: Axes, shown: pd.DataFrame, label: str) -> None:
    last = (len(shown) - 1, shown.value.iloc[-1])
    axes.annotate(
        label,
        last,
        xytext=(0, 8),
        textcoords="offset points",
        ha="center",
        color=INK,
        weight="bold",
        annotation_clip=False,
    )


def _bar_labels(axes: Axes, labels: list[str]) -> None:
    axes.bar_label(axes.containers[0], labels, padding=4)
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    axes.set_xticks([])


def _trend(words: Words, name: str, shown: pd.DataFrame, unit: str, currency: str) -> str:
    def said(row: int) -> str:
        return words.measure(shown.value.iloc[row], unit, currency)

    high, low = int(shown.value.to_numpy().argmax()), int(shown.value.to_numpy().argmin())
    first, last = shown.value.iloc[0], shown.value.iloc[-1]
    if len(shown) == 1:
        return words.text("{name}, {month}: {value}.", name=name, month=words.month(shown.month.iloc[0]), value=said(0))
    if said(0) == said(-1):
        moved = words.text("stayed at {value}", value=said(-1))
    else:
        rising = words.text("rose from {first} to {last}", first=said(0), last=said(-1))
        falling = words.text("fell from {first} to {last}", first=said(0), last=said(-1))
        moved = rising if last > first else falling
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

"""Charts: a frame in, a figure and its alt text out; one function per chart, one style for all.

Every chart takes `words` (the reader's language) and returns a `Chart` whose alt text is written from the
same numbers. Frames are as KPIs return them; undefined values are left out of the drawing, never drawn as 0.
"""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
import seaborn as sns
from matplotlib import rc_context
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
    shown = _every_month(frame, "value")
    colours = [MUTED] * (len(shown) - 1) + [ACCENT]
    axes.bar(shown.index, shown.value, color=colours, width=0.72)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.short_amount(value, currency)))
    axes.set_title(words.currency(currency), loc="left", fontsize=9, color=INK)
    _months(axes, shown.month, words)
    if target is not None and not pd.isna(target):
        _level(axes, target, words.text("target {value}", value=words.short_money(target, currency)))
    return Chart(figure, _trend(words, words.text("Revenue"), shown, "money", currency))


def kpi_by_month(frame: pd.DataFrame, words: Words, name: str, unit: str, level: float | None = None) -> Chart:
    """A line of `value` by `month` with its interval where there is one, and a level (a target) to hold it against.

    The line is broken where a month has no value.
    """
    figure, axes = _axes()
    shown = _every_month(frame, "value")
    if "low" in shown:
        low, high = shown.low.astype(float), shown.high.astype(float)
        axes.fill_between(shown.index, low, high, color=ACCENT, alpha=0.14, lw=0)
    axes.plot(shown.index, shown.value, color=ACCENT, marker="o", ms=5)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.measure(value, unit, "")))
    _months(axes, shown.month, words)
    if level is not None and not pd.isna(level):
        _level(axes, level, words.text("target {value}", value=words.measure(level, unit, "")))
    _last_label(axes, shown.value, words.measure(shown.value.iloc[-1], unit, ""))
    return Chart(figure, _trend(words, name, shown, unit, ""))


def clients_of_managers(frame: pd.DataFrame, words: Words) -> Chart:
    """Bars of active clients (`value`) per account manager (`name`), most first."""
    shown = frame.dropna(subset="value").sort_values("value", ascending=False, kind="stable")
    figure, axes = _axes(height=0.6 + 0.32 * len(shown))
    _bars(axes, shown.name, shown.value, [ACCENT] * len(shown), [words.number(value) for value in shown.value])
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
    shown = _every_month(frame, "score")
    for low, high, band in ((0, edges[0], "red"), (edges[0], edges[1], "amber"), (edges[1], 100, "green")):
        axes.axhspan(low, high, color=BANDS[band], alpha=0.13, lw=0)
    axes.plot(shown.index, shown.score, color=INK, marker="o", ms=5, clip_on=False)
    _months(axes, shown.month, words)
    axes.set(ylim=(0, 100), yticks=[0, *edges, 100])
    axes.grid(visible=False)
    _last_label(axes, shown.score, words.number(shown.score.iloc[-1]))
    # Readers compare the printed scores, so the words do too.
    return Chart(
        figure, _trend(words, words.text("Health score"), shown.assign(value=shown.score.round()), "count", "")
    )


def points_of_measures(frame: pd.DataFrame, words: Words, edges: tuple[float, float]) -> Chart:
    """Bars of `points` (0–100) per measure (`label`), coloured by band, lowest first."""
    shown = frame.dropna(subset="points").sort_values("points", kind="stable")
    figure, axes = _axes(height=0.6 + 0.36 * len(shown))
    band = ["red" if points < edges[0] else "green" if points > edges[1] else "amber" for points in shown.points]
    # A bar of 0 points would be invisible; the label says 0 all the same.
    said = [words.number(points) for points in shown.points]
    _bars(axes, shown.label, shown.points.clip(lower=1), [BANDS[b] for b in band], said)
    axes.set_xlim(0, 108)
    parts = [f"{label} {words.number(points)}" for label, points in zip(shown.label, shown.points, strict=True)]
    return Chart(figure, words.text("Points out of 100, lowest first: {parts}.", parts="; ".join(parts)))


def pay_bands(frame: pd.DataFrame, words: Words, currency: str, offer: float | None = None) -> Chart:
    """Ranges from `low` to `high` with a dot at `mid`, one per row (`label`), and the offer as a line."""
    figure, axes = _axes(height=0.9 + 0.42 * len(frame))
    for row, band in enumerate(frame.itertuples()):
        axes.plot([band.low, band.high], [row, row], color=MUTED, lw=7, solid_capstyle="round")
        axes.plot(band.mid, row, "o", color=ACCENT, ms=8)
    axes.set_yticks(range(len(frame)), [_plain(label) for label in frame.label])
    axes.set_ylim(len(frame) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.short_amount(value, currency)))
    axes.set_title(words.currency(currency), loc="left", fontsize=9, color=INK)
    if offer is not None and not pd.isna(offer):
        axes.axvline(offer, color=TARGET, lw=1.6)
        _key(axes, "|", words.text("offer {value}", value=words.short_money(offer, currency)))
    parts = [
        words.text(
            "{label}: {low} to {high}" if pd.isna(band.mid) else "{label}: {low} to {high}, middle {mid}",
            label=band.label,
            **{name: words.short_money(getattr(band, name), currency) for name in ("low", "mid", "high")},
        )
        for band in frame.itertuples()
    ]
    return Chart(figure, words.text("Pay bands. {parts}.", parts="; ".join(parts)))


def _axes(height: float = 2.7) -> tuple[Figure, Axes]:
    # No pyplot: it would show the figure a second time, by the notebook's backend.
    with rc_context({**sns.axes_style("whitegrid"), **_STYLE}):
        figure = Figure(figsize=(6.4, height), layout="constrained")
        axes = figure.subplots()
    axes.grid(visible=False, axis="x")
    axes.tick_params(length=0)
    axes.set(xlabel="", ylabel="")
    return figure, axes


def _months(axes: Axes, months: pd.Series, words: Words) -> None:
    """Label the last month and, back from it, every so many that labels do not touch."""
    step = max(1, -(-len(months) // 5))
    at = list(range(len(months) - 1, -1, -step))[::-1]
    axes.set_xticks(at, [words.short_month(months.iloc[i]) for i in at])
    # Few months stand at the right, as wide as they would among many.
    axes.set_xlim(len(months) - max(len(months), 6) - 0.6, len(months) - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))


def _level(axes: Axes, value: float, label: str) -> None:
    axes.axhline(value, color=TARGET, lw=1.4, ls=(0, (4, 3)))
    _key(axes, "- -", label)


def _key(axes: Axes, line: str, label: str) -> None:
    """What the coloured line means, above the drawing, where nothing can cross it."""
    axes.set_title(f"{line} {label}", loc="right", fontsize=9, color=TARGET)


def _last_label(axes: Axes, values: pd.Series, label: str) -> None:
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


def _bars(axes: Axes, names: pd.Series, values: pd.Series, colours: list[str], labels: list[str]) -> None:
    """Bars from the top down, one per row: two people of the same name have two."""
    drawn = axes.barh(range(len(values)), values, color=colours, height=0.66)
    axes.set_yticks(range(len(values)), [_plain(name) for name in names])
    axes.set(xticks=[], ylim=(len(values) - 0.4, -0.6))
    axes.bar_label(drawn, labels, padding=4)
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)


def _plain(text: str) -> str:
    """Text of the book as it is: a pair of $ would otherwise be read as a formula."""
    return text.replace("$", r"\$")


def _every_month(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """From the first month with a value to the last, one row each: a month without one keeps its place, empty."""
    known = frame.dropna(subset=column).set_index("month").sort_index()
    months = pd.period_range(known.index[0], known.index[-1], freq="M", name="month")
    return known.reindex(months).reset_index()


def _trend(words: Words, name: str, shown: pd.DataFrame, unit: str, currency: str) -> str:
    def said(row: int) -> str:
        return words.measure(shown.value.iloc[row], unit, currency)

    high, low = int(shown.value.argmax()), int(shown.value.argmin())
    first, last = shown.value.iloc[0], shown.value.iloc[-1]
    if len(shown) == 1:
        return words.text("{name}, {month}: {value}.", name=name, month=words.month(shown.month.iloc[0]), value=said(0))
    if said(0) == said(-1):
        moved = words.text("{value} at both ends", value=said(-1))
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

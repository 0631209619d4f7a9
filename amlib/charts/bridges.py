"""How a figure got from one period to the next, part by part."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes

from amlib.charts.style import (
    ACCENT,
    INK,
    MUTED,
    TARGET,
    Chart,
    above,
    canvas,
    interval,
)
from amlib.sentences import grammar
from amlib.words import NOTHING, Words


def revenue_bridge(frame: pd.DataFrame, words: Words, month: pd.Period, currency: str, over: int = 1) -> Chart:
    """`kpis.revenue_bridge` of a month as a waterfall from the month `over` months before."""
    parts = {
        words.text("New clients"): ("new", 1),
        words.text("Returned"): ("returned", 1),
        words.text("Expansion"): ("expansion", 1),
        words.text("Contraction"): ("contraction", -1),
        words.text("Not billed this month"): ("lost", -1),
    }
    figure, axes = canvas(height=3.1)
    ends = (words.short_month(month - over), words.short_month(month))
    rows = _waterfall(axes, frame.iloc[0], parts, ends, lambda value: words.short_amount(value, currency))
    above(axes, words.currency(currency))
    name = words.text("Revenue")
    told = _told(words, name, frame.iloc[0], rows, "money", currency)
    return Chart(figure, told, pd.DataFrame(rows, columns=[words.text("Part"), name]))


def nps_bridge(frame: pd.DataFrame, words: Words, quarter: pd.Period, ends: pd.DataFrame) -> Chart:
    """`kpis.nps_bridge` of a quarter as a waterfall, with the intervals (`low`, `high`) of both `ends`, start first."""
    parts = {
        words.text("Scored higher"): ("improved", 1),
        words.text("Scored lower"): ("worsened", -1),
        words.text("First-time answers"): ("joined", 1),
        words.text("Who answered again"): ("turnout", 1),
    }
    figure, axes = canvas(height=2.9)
    named = (words.quarter(quarter - 1), words.quarter(quarter))
    rows = _waterfall(axes, frame.iloc[0], parts, named, lambda value: words.number(value * 100))
    for row, end in zip((0, len(parts) + 1), ends.itertuples(), strict=True):
        axes.plot([end.low, end.high], [row + 0.43] * 2, color=INK, lw=1.6, marker="|", ms=7)
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, ends.low.min() - 0.03), max(high, ends.high.max() + 0.03))
    key = words.text("95% interval")
    above(axes, words.text("NPS"))
    above(axes, f"├─┤ {key}", side="right")
    alt = _told(words, words.text("NPS"), frame.iloc[0], rows, "score", "")
    intervals = [
        words.text(
            "{end} lies between {low} and {high}",
            end=name,
            low=words.measure(end.low, "score", ""),
            high=words.measure(end.high, "score", ""),
        )
        for name, end in zip(named, ends.itertuples(), strict=True)
    ]
    certain = words.text("With 95% confidence {intervals}.", intervals=words.enumerate(intervals))
    numbers = pd.DataFrame(rows, columns=[words.text("Part"), words.text("NPS")])
    sure = [interval(words, end.low, end.high, "score") for end in ends.itertuples()]
    numbers[words.text("95% interval")] = [sure[0], *[NOTHING] * len(parts), sure[1]]
    return Chart(figure, f"{alt} {certain}", numbers)


def _waterfall(
    axes: Axes,
    bridge: pd.Series,
    parts: dict[str, tuple[str, int]],
    ends: tuple[str, str],
    printed: Callable[[float], str],
) -> list[tuple[str, str]]:
    """Draw start, parts and end from the top down; each one's name, and what it is, adds or takes in words."""
    at, rows = float(bridge.start), [(ends[0], 0.0, float(bridge.start), MUTED, printed(bridge.start))]
    for label, (part, sign) in parts.items():
        change = sign * float(bridge[part])
        said = printed(change)
        said = f"+{said}" if change > 0 and any(digit in said for digit in "123456789") else said
        rows.append((label, at, at + change, ACCENT if change > 0 else TARGET, said))
        at += change
    rows.append((ends[1], 0.0, float(bridge.end), INK, printed(bridge.end)))
    for row, (_, first, last, colour, said) in enumerate(rows):
        axes.barh(row, last - first, left=first, color=colour, height=0.66)
        if row + 1 < len(rows):  # where the next part begins
            axes.plot([last, last], [row + 0.33, row + 0.67], color=INK, lw=0.8)
        axes.annotate(
            said,
            (max(first, last), row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            weight="bold",
            color=INK,
        )
    edges = [edge for _, *span, _, _ in rows for edge in span]
    low, high = min(edges), max(edges)
    axes.set_yticks(range(len(rows)), [label for label, *_ in rows])
    axes.set(xticks=[], ylim=(len(rows) - 0.4, -0.6), xlim=(low - 0.02 * (high - low), high + 0.22 * (high - low)))
    axes.axvline(0, color=MUTED, lw=0.8)
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    return [(label, said) for label, *_, said in rows]


def _told(words: Words, name: str, bridge: pd.Series, rows: list[tuple[str, str]], unit: str, currency: str) -> str:
    (first, _), *parts, (last, _) = rows
    return words.text(
        "{name}, {first} to {last}: {moved}. Parts: {steps}.",
        name=name,
        first=first,
        last=last,
        moved=grammar.from_to(words, bridge.start, bridge.end, unit, currency),
        steps="; ".join(f"{label} {said}" for label, said in parts),
    )

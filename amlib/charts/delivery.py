"""Which departments finish in time."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import INK, MUTED, PALE, Chart, bars, canvas
from amlib.kpis import MIN_COUNT
from amlib.words import Words


def on_time_by_department(frame: pd.DataFrame, words: Words) -> Chart:
    """Bars of `kpis.on_time_tasks` per `department` with their intervals, the worst first.

    A department with fewer than `MIN_COUNT` tasks is drawn grey: its share says little.
    """
    shown = frame.dropna(subset="value").sort_values("value", kind="stable")
    names = [words.of_data(department) for department in shown.department]
    counted = [f"{words.number(row.on_time)}/{words.number(row.n)}" for row in shown.itertuples()]
    said = [f"{words.percent(value)} ({part})" for value, part in zip(shown.value, counted, strict=True)]
    figure, axes = canvas(height=0.8 + 0.4 * len(shown))
    colours = [PALE if n >= MIN_COUNT else MUTED for n in shown.n]
    bars(axes, pd.Series(names), shown.value, colours, [""] * len(shown))
    for row, bar in enumerate(shown.itertuples()):
        axes.plot([bar.low, bar.high], [row, row], color=INK, lw=1.4, marker="|", ms=6)
        axes.annotate(said[row], (1.03, row), va="center", weight="bold", color=INK, annotation_clip=False)
    axes.set_xlim(0, 1.3)
    axes.set_title(words.text("tasks finished on time, of those due"), loc="left", fontsize=9, color=INK)
    key = words.text("95% interval")
    axes.set_title(f"├─┤ {key}", loc="right", fontsize=9, color=INK)
    parts = [f"{name} {share}" for name, share in zip(names, said, strict=True)]
    return Chart(figure, words.text("Tasks finished on time, the worst first: {parts}.", parts="; ".join(parts)))

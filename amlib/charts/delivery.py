"""Which departments finish in time."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import INK, MUTED, PALE, Chart, above, bars, canvas, interval
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
    above(axes, words.text("tasks finished on time, of those due") + "\n")  # over the key
    key = words.text("95% interval")
    above(axes, f"├─┤ {key}", side="right")
    parts = [f"{name} {share}" for name, share in zip(names, said, strict=True)]
    alt = words.text("Tasks finished on time, the worst first: {parts}.", parts="; ".join(parts))
    numbers = {
        words.text("Department"): names,
        words.text("On time"): [words.percent(value) for value in shown.value],
        key: [interval(words, row.low, row.high, "share") for row in shown.itertuples()],
        words.text("Finished on time"): [words.number(value) for value in shown.on_time],
        words.text("Due"): [words.number(n) for n in shown.n],
    }
    return Chart(figure, alt, pd.DataFrame(numbers))

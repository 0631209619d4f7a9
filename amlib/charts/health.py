"""The health of a client."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import BANDS, INK, Chart, bars, canvas, every_month, last_label, month_axis, trend
from amlib.words import Words


def score_by_month(frame: pd.DataFrame, words: Words, edges: tuple[float, float]) -> Chart:
    """The health score by `month` over the bands red, amber and green, which meet at `edges`."""
    figure, axes = canvas()
    shown = every_month(frame, "score")
    for low, high, band in ((0, edges[0], "red"), (edges[0], edges[1], "amber"), (edges[1], 100, "green")):
        axes.axhspan(low, high, color=BANDS[band], alpha=0.13, lw=0)
    axes.plot(shown.index, shown.score, color=INK, marker="o", ms=5, clip_on=False)
    month_axis(axes, shown.month, words)
    axes.set(ylim=(0, 100), yticks=[0, *edges, 100])
    axes.grid(visible=False)
    last_label(axes, shown.score, words.number(shown.score.iloc[-1]))
    # Readers compare the printed scores, so the words do too.
    return Chart(figure, trend(words, words.text("Health score"), shown.assign(value=shown.score.round()), "count", ""))


def points_of_measures(frame: pd.DataFrame, words: Words, edges: tuple[float, float]) -> Chart:
    """Bars of `points` (0–100) per measure (`label`), coloured by band, lowest first."""
    shown = frame.dropna(subset="points").sort_values("points", kind="stable")
    figure, axes = canvas(height=0.6 + 0.36 * len(shown))
    band = ["red" if points < edges[0] else "green" if points > edges[1] else "amber" for points in shown.points]
    # A bar of 0 points would be invisible; the label says 0 all the same.
    said = [words.number(points) for points in shown.points]
    bars(axes, shown.label, shown.points.clip(lower=1), [BANDS[b] for b in band], said)
    axes.set_xlim(0, 108)
    parts = [f"{label} {words.number(points)}" for label, points in zip(shown.label, shown.points, strict=True)]
    return Chart(figure, words.text("Points out of 100, lowest first: {parts}.", parts="; ".join(parts)))

"""Account managers side by side."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import (
    ACCENT,
    INK,
    TARGET,
    Chart,
    above,
    canvas,
    row_names,
)
from amlib.sentences import grammar
from amlib.words import Words


def workload_of_managers(frame: pd.DataFrame, words: Words) -> Chart:
    """`kpis.utilisation` per account manager (`name`): bars of `hours`, most first, against `capacity`.

    A bar beyond the manager's own hours has another colour; beside it stand the hours and the number of `clients`
    (null where not known).
    """
    shown = frame.dropna(subset="value").sort_values("hours", ascending=False, kind="stable")
    figure, axes = canvas(height=0.8 + 0.42 * len(shown))
    said = [_said(words, row) for row in shown.itertuples()]
    for row, one in enumerate(shown.itertuples()):
        axes.barh(row, one.hours, color=TARGET if one.hours > one.capacity else ACCENT, height=0.6)
        axes.plot([one.capacity] * 2, [row - 0.42, row + 0.42], color=INK, lw=2)
    row_names(axes, shown.name)
    # Labels of a second axis get their room whatever their length.
    beside = axes.secondary_yaxis("right")
    beside.set_yticks(range(len(shown)), [one.replace(" · ", "\n") for one in said], linespacing=1.05)
    beside.set_facecolor("none")
    beside.tick_params(length=0, labelcolor=INK)
    beside.spines["right"].set_visible(False)
    axes.set(xticks=[], ylim=(len(shown) - 0.4, -0.6))
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    above(axes, words.text("| own working hours of the month"))
    parts = [f"{name} {load}" for name, load in zip(shown.name, said, strict=True)]
    alt = words.text("Hours worked for each account manager's clients, most first: {parts}.", parts="; ".join(parts))
    numbers = {
        words.text("Account manager"): [*shown.name],
        words.text("Hours worked"): [words.number(hours, 1) for hours in shown.hours],
        words.text("Own hours"): [words.number(hours, 1) for hours in shown.capacity],
        words.text("Clients"): [words.number(clients) for clients in shown.clients],
    }
    return Chart(figure, alt, pd.DataFrame(numbers))


def _said(words: Words, row: tuple) -> str:
    hours = words.text(
        "{hours} of {capacity} hours", hours=words.number(row.hours, 1), capacity=words.number(row.capacity, 1)
    )
    if pd.isna(row.clients):
        return hours
    return f"{hours} · {grammar.count(words, int(row.clients), 'client')}"

"""Stays that are not over, and what each way of computing a client's worth looks at."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import ACCENT, INK, MUTED, PALE, PAPER, TARGET, Chart, canvas, row_names
from amlib.words import Words


def stays(words: Words, clients: pd.DataFrame) -> Chart:
    """How long clients have stayed: columns client, years and left; a stay that is not over goes on, dotted."""
    longest = clients.years.max()
    figure, axes = canvas(height=0.9 + 0.4 * len(clients))
    for at, row in enumerate(clients.itertuples()):
        axes.barh(at, row.years, height=0.5, color=MUTED if row.left else ACCENT)
        said = words.text("has left")
        if not row.left:
            said = words.text("still here: at least so long")
            axes.plot([row.years, longest + 0.6], [at, at], color=ACCENT, lw=2, ls=(0, (1, 2)))
        axes.text(0.1, at, said, va="center", color=INK if row.left else PAPER, fontsize=9)
    row_names(axes, clients.client)
    axes.set(xlim=(0, longest + 0.6), ylim=(len(clients) - 0.4, -0.6), xlabel=words.text("Years since the client came"))
    alt = words.text("The stays of clients who have left are over; those of the others go on, nobody knows how long.")
    state = [words.text("has left") if left else words.text("still here: at least so long") for left in clients.left]
    heads = [words.text("Client"), words.text("Years so far"), words.text("State")]
    return Chart(figure, alt, pd.DataFrame(zip(clients.client, clients.years, state, strict=True), columns=heads))


def views(words: Words) -> Chart:
    """The stretch of a client's life that each of the four methods counts, about today."""
    rows = [
        ("simple", -3, 2.4, words.text("A whole life, at the average of the past"), PALE),
        ("margin", 0, 6, words.text("All years ahead, each with the same chance to leave"), ACCENT),
        ("contractual", 0, 6, words.text("All renewals ahead, of clients still here"), ACCENT),
        ("noncontractual", 0, 3, words.text("Orders of the next three years"), ACCENT),
    ]
    figure, axes = canvas(height=3.3)
    for at, (_, first, last, said, colour) in enumerate(rows):
        axes.barh(at, last - first, left=first, height=0.3, color=colour)
        axes.plot([0, 0], [at - 0.24, at + 0.3], color=TARGET, lw=2)
        axes.text(-3, at - 0.28, said, va="bottom", color=INK, fontsize=9)
        if last == 6:
            axes.plot([6, 6.6], [at, at], color=ACCENT, lw=2, ls=(0, (1, 2)))
    axes.set_xticks([-3, 0, 3], [words.text("the client came"), words.text("today"), words.text("in three years")])
    row_names(axes, [name for name, *_ in rows])
    axes.set(xlim=(-3.2, 6.6), ylim=(3.4, -0.8))
    axes.grid(visible=False)
    told = words.enumerate([f"{name}: {said}" for name, _, _, said, _ in rows])
    alt = words.text("What each method counts. {told}.", told=told)
    heads = [words.text("Method"), words.text("What it counts")]
    return Chart(figure, alt, pd.DataFrame([(name, said) for name, _, _, said, _ in rows], columns=heads))

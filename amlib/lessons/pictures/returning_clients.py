"""Who counts as a returning client, and how far each cohort can be followed."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import ACCENT, GRID, INK, MUTED, TARGET, Chart, canvas, row_names
from amlib.words import Words


def roles(words: Words) -> Chart:
    """Four clients with their orders before a period and in it: what each counts as."""
    rows = [
        ("A", [-5, -3, 1, 3], words.text("returning"), ACCENT),
        ("B", [-4.5, 2], words.text("returning: once is enough"), ACCENT),
        ("C", [1.5, 2.5, 3.5], words.text("new: no order before"), TARGET),
        ("D", [-4, -2, -1], words.text("not counted: no order in the period"), MUTED),
    ]
    figure, axes = canvas(height=2.9)
    axes.axvspan(0, 4, color=GRID, zorder=0)
    for at, (_, orders, said, colour) in enumerate(rows):
        axes.plot([-5.4, 4], [at, at], color=GRID, lw=1)
        axes.plot(orders, [at] * len(orders), "o", color=colour, ms=9)
        axes.text(-5.4, at - 0.24, said, va="bottom", color=INK, fontsize=9)
    row_names(axes, [name for name, *_ in rows])
    axes.set_xticks([-2.7, 2], [words.text("before"), words.text("the period")])
    axes.set(xlim=(-5.6, 4.1), ylim=(3.5, -0.9))
    axes.grid(visible=False)
    told = words.enumerate([f"{name}: {said}" for name, _, said, _ in rows])
    alt = words.text("What four clients count as, by their orders before the period and in it. {told}.", told=told)
    heads = [words.text("Client"), words.text("Counts as")]
    return Chart(figure, alt, pd.DataFrame([(name, said) for name, _, said, _ in rows], columns=heads))


def reach(words: Words, begun: pd.Series, age: int, end: pd.Period) -> Chart:
    """Which cohorts have been there for `age` months by `end`: how many clients began in each month of `begun`."""
    counts = begun.value_counts().sort_index()
    old = [month + age <= end for month in counts.index]
    figure, axes = canvas(height=0.9 + 0.3 * len(counts))
    for at, (month, enough) in enumerate(zip(counts.index, old, strict=True)):
        lived = (end - month).n
        axes.barh(at, min(lived, age), height=0.55, color=ACCENT if enough else MUTED)
        if not enough:
            axes.barh(at, age - lived, left=lived, height=0.55, color="none", edgecolor=MUTED, ls=":")
    axes.axvline(age, color=TARGET, lw=1.4, ls=(0, (4, 3)))
    names = [
        f"{words.short_month(month)} ({words.plural(n, '{count} client', '{count} clients')})"
        for month, n in counts.items()
    ]
    row_names(axes, names)
    axes.set(ylim=(len(counts) - 0.4, -0.6), xlim=(0, age + 0.3), xlabel=words.text("Months since the first order"))
    axes.grid(visible=False)
    alt = words.text(
        "Of {clients} clients, {old} have been here for {age} months and can be asked; the others have not.",
        clients=len(begun),
        old=int(counts[old].sum()),
        age=age,
    )
    state = [words.text("reached") if enough else words.text("not reached yet") for enough in old]
    heads = [words.text("Cohort"), words.text("State")]
    return Chart(figure, alt, pd.DataFrame(zip(names, state, strict=True), columns=heads))

"""What counting clients hides, and what each scale finds heavy."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import ACCENT, AGES, INK, MUTED, PALE, Chart, above, canvas, in_lines, key, row_names
from amlib.words import Words


def bags(words: Words, clients: pd.DataFrame) -> Chart:
    """A circle for each client (`name` of its manager, client_id, hours) in a row per manager, its area the hours."""
    names = [*clients.groupby("name").hours.sum().sort_values(ascending=False).index]
    most = clients.hours.max()
    figure, axes = canvas(height=0.5 + 0.75 * len(names))
    said = []
    for row, name in enumerate(names):
        own = clients[clients.name == name].sort_values("hours", ascending=False)
        for at, hours in enumerate(own.hours):
            empty = hours == 0
            size = 45 if empty else 60 + 900 * hours / most
            axes.scatter(at, row, s=size, facecolor="none" if empty else PALE, edgecolor=MUTED if empty else ACCENT)
        count, hours = words.plural(len(own), "{count} client", "{count} clients"), words.number(own.hours.sum(), 1)
        said.append((name, count, words.text("{hours} hours of work", hours=hours)))
    axes.set_yticks(range(len(names)), ["\n".join(one) for one in said], linespacing=1.2)
    axes.set(xticks=[], ylim=(len(names) - 0.4, -0.6), xlim=(-0.7, clients.groupby("name").size().max() - 0.3))
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    above(axes, words.text("○ no project work in these months"))
    told = "; ".join(f"{name}: {count}, {hours}" for name, count, hours in said)
    alt = words.text("Circles of clients, larger for more hours; counting and weighing disagree: {told}.", told=told)
    heads = [words.text("Account manager"), words.text("Clients"), words.text("Hours worked")]
    return Chart(figure, alt, pd.DataFrame(said, columns=heads))


def scales(words: Words, load: pd.DataFrame) -> Chart:
    """Each manager's (`name`) clients, hours, revenue and messages, bars by column, the heaviest of each marked."""
    load = load.reset_index(drop=True)
    columns = {
        "clients": (words.text("Clients"), words.number),
        "hours": (words.text("Hours"), words.number),
        "revenue": (words.text("Revenue (millions)"), lambda value: words.number(value / 1e6)),
        "messages": (words.text("Messages"), words.number),
    }
    figure, axes = canvas(height=1.1 + 0.34 * len(load))
    numbers = {words.text("Account manager"): [*load.name]}
    heaviest = []
    for at, (column, (head, said)) in enumerate(columns.items()):
        values, left = load[column], at * 1.25
        top = values.idxmax()
        colours = [AGES["days_31_60"] if row == top else PALE for row in load.index]
        axes.barh(load.index, 0.95 * values / values.max(), left=left, height=0.72, color=colours)
        for row, value in values.items():
            axes.text(left + 0.04, row, said(value), va="center", color=INK, fontsize=9.5)
        axes.text(left, -0.6, "\n".join(in_lines(head, 9)), va="bottom", color=INK, weight="bold", fontsize=9)
        numbers[head] = [said(value) for value in values]
        heaviest.append(f"{head}: {load.name[top]} ({said(values[top])})")
    row_names(axes, load.name)
    axes.set(xticks=[], ylim=(len(load) - 0.4, -1.7), xlim=(-0.05, 4.8))
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    key(axes, "■", words.text("heaviest of all"))
    alt = words.text("Four scales, four answers. The heaviest: {told}.", told=words.enumerate(heaviest))
    return Chart(figure, alt, pd.DataFrame(numbers))

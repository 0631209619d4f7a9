"""What a filter and a group do to the rows of a table."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from amlib.charts.style import ACCENT, BANDS, INK, TARGET, Chart, canvas
from amlib.words import Words

_ROWS = [("A", 9, 30), ("B", 8, 50), ("A", 9, 20), ("C", 9, 40), ("B", 9, 10), ("C", 8, 60)]
_COLOURS = {"A": ACCENT, "B": TARGET, "C": BANDS["green"]}
_KEPT = 9  # the month that the filter keeps


def filter_and_group(words: Words) -> Chart:
    """Six invoices of three clients: those of September are kept, put together by client, and added up."""
    kept = [row for row in _ROWS if row[1] == _KEPT]
    sums = pd.DataFrame(kept, columns=["client", "month", "amount"]).groupby("client").amount.sum()
    figure, axes = canvas(height=2.9)
    steps = [words.text("The table"), words.text("Filter: month 9"), words.text("Group, then add up")]
    for x, step in enumerate(steps):
        axes.text(x * 1.5 + 0.5, -0.85, step, ha="center", va="center", weight="bold", color=INK, fontsize=9)
    for at, (client, month, amount) in enumerate(_ROWS):
        _box(
            axes,
            0,
            at,
            client,
            words.text("{client}, month {month}: {amount}", client=client, month=month, amount=amount),
        )
        if month == _KEPT:
            _box(axes, 1.5, at, client, f"{client}: {amount}")
            _arrow(axes, 1, at, at)
    for at, (client, total) in enumerate(sums.items()):
        row = at * 2 + 0.5
        _box(axes, 3, row, client, f"{client}: {total}")
        for start in [i for i, (of, month, _) in enumerate(_ROWS) if of == client and month == _KEPT]:
            _arrow(axes, 2.5, start, row)
    axes.set(xlim=(-0.05, 4.05), ylim=(5.6, -1.2), xticks=[], yticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    told = words.enumerate([f"{client} {total}" for client, total in sums.items()])
    message = "Six invoices of three clients; the filter keeps four of month 9, and by client they add up to: {told}."
    alt = words.text(message, told=told)
    heads = [words.text("Client"), words.text("Group, then add up")]
    return Chart(figure, alt, pd.DataFrame([*sums.items()], columns=heads).astype(str))


def _box(axes: Axes, x: float, row: float, client: str, text: str) -> None:
    axes.barh(row, 1, left=x, color=_COLOURS[client], height=0.72)
    axes.text(x + 0.5, row, text, ha="center", va="center", color="#ffffff", fontsize=8.5, weight="bold")


def _arrow(axes: Axes, x: float, start: float, end: float) -> None:
    axes.annotate("", (x + 0.5, end), (x, start), arrowprops={"arrowstyle": "->", "color": INK, "lw": 1})

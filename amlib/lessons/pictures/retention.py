"""What can become of a client from one month to the next, and whose fees retention follows."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import ACCENT, INK, MUTED, PALE, TARGET, Chart, canvas, row_names
from amlib.words import Words


def fates(words: Words) -> Chart:
    """Five clients, what each was billed earlier, the month before and now, and the part of the bridge it is in."""
    rows = [
        (words.text("New clients"), 0, 0, 3),
        (words.text("Returned"), 2, 0, 2),
        (words.text("Expansion"), 2, 2, 3),
        (words.text("Contraction"), 2, 3, 1),
        (words.text("Not billed this month"), 2, 2, 0),
    ]
    heads = [words.text("Earlier"), words.text("Month before"), words.text("This month")]
    figure, axes = canvas(height=2.6)
    for row, (_, *billed) in enumerate(rows):
        was, now = billed[1:]
        colours = [MUTED, MUTED, ACCENT if now > was else TARGET]
        for at, (amount, colour) in enumerate(zip(billed, colours, strict=True)):
            axes.barh(row, amount, left=at * 4, height=0.62, color=colour)
            if not amount:
                axes.text(at * 4 + 0.1, row, "–", va="center", color=INK)
        axes.text(11.4, row, "+" if now > was else "−", va="center", ha="center", weight="bold", color=INK)
    for at, head in enumerate(heads):
        axes.text(at * 4, -0.7, head, color=INK, weight="bold", fontsize=9.5)
    row_names(axes, [name for name, *_ in rows])
    axes.set(xticks=[], ylim=(len(rows) - 0.4, -1.2), xlim=(-0.1, 11.8))
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    said = [(name, *(words.text("billed") if amount else "–" for amount in billed)) for name, *billed in rows]
    alt = words.text(
        "Five fates of a client: billed for the first time, billed again after a pause, more, less, or not at all."
    )
    return Chart(figure, alt, pd.DataFrame(said, columns=[words.text("Part"), *heads]))


def cohort(words: Words, kept: pd.DataFrame, new: float) -> Chart:
    """`kpis.net_retention` over a year as steps from start to gross and net, the fees of `new` clients outside."""
    one = kept.iloc[0]
    gross = one.start - one.churn - one.contraction
    steps = [
        (words.text("Fees at the start"), 0, one.start, MUTED),
        (words.text("Clients who left"), gross + one.contraction, one.churn, TARGET),
        (words.text("Contraction"), gross, one.contraction, TARGET),
        (words.text("Gross: what was kept"), 0, gross, INK),
        (words.text("Expansion"), gross, one.expansion, ACCENT),
        (words.text("Net: with expansion"), 0, one.end, INK),
        (words.text("New clients: not counted"), 0, new, "none"),
    ]
    totals = {0: one.start, 3: gross, 5: one.end}
    figure, axes = canvas(height=3.1)
    said = []
    for row, (_, left, size, colour) in enumerate(steps):
        edge = {"edgecolor": PALE, "hatch": "///", "lw": 1.2} if colour == "none" else {}
        axes.barh(row, size, left=left, height=0.62, color=colour, **edge)
        figures = words.number(size / 1e6)
        if row in totals:
            figures = f"{figures} ({words.percent(totals[row] / one.start)})"
        said.append(figures if row in totals or row > 5 else f"{'+' if colour == ACCENT else '−'}{figures}")
        axes.annotate(
            said[-1], (left + size, row), xytext=(4, 0), textcoords="offset points", va="center", weight="bold",
            color=INK,
        )  # fmt: skip
    names = [name for name, *_ in steps]
    row_names(axes, names)
    axes.set(xticks=[], ylim=(len(steps) - 0.4, -0.6), xlim=(0, one.start * 1.5))
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    told = "; ".join(f"{name} {figures}" for name, figures in zip(names, said, strict=True))
    alt = words.text("Monthly fees in millions: {told}.", told=told)
    heads = [words.text("Part"), words.text("Monthly fees (millions)")]
    return Chart(figure, alt, pd.DataFrame({heads[0]: names, heads[1]: said}))

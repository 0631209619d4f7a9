"""Whose money a fee is, and whether money runs faster than time."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import ACCENT, BANDS, INK, MUTED, PALE, TARGET, Chart, canvas, row_names
from amlib.words import Words


def fee(words: Words, margin: pd.DataFrame, spent: pd.DataFrame) -> Chart:
    """A project's fee over what becomes of the agency's own part: `kpis.project_margin` of it, and its costs."""
    one = margin.iloc[0]
    own = one.fee - one.pass_through
    extra = spent.amount[~spent.planned].sum()
    bars = [
        [(words.text("ours"), own, ACCENT), (words.text("media"), one.pass_through, MUTED)],
        [
            (words.text("planned cost"), one.cost - extra, PALE),
            (words.text("unplanned"), extra, TARGET),
            (words.text("margin"), one.margin, BANDS["green"]),
        ],
    ]
    names = [words.text("What is invoiced"), words.text("What is ours")]
    figure, axes = canvas(height=2.3)
    rows = []
    for row, (name, parts) in enumerate(zip(names, bars, strict=True)):
        left = 0.0
        for at, (part, size, colour) in enumerate(parts):
            axes.barh(row, size, left=left, height=0.44, color=colour, edgecolor="#ffffff")
            figures = words.number(size / 1e6, 1)
            if row:
                figures = f"{figures} ({words.percent(size / own)})"
            # Neighbours are named above and below the bar in turn: a narrow one has room for nothing.
            up = at % 2 == 0
            axes.text(
                left + size / 2, row + (-0.27 if up else 0.27), f"{part}\n{figures}", ha="center",
                va="bottom" if up else "top", color=INK, fontsize=9.5,
            )  # fmt: skip
            rows.append((name, part, figures))
            left += size
    axes.plot([own, own], [0.22, 0.78], color=INK, lw=0.8, ls=(0, (3, 3)))
    row_names(axes, names, width=12)
    axes.set(xticks=[], ylim=(1.85, -0.85), xlim=(0, one.fee * 1.02))
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    told = "; ".join(f"{part} {figures}" for _, part, figures in rows)
    alt = words.text("Media money is no part of the margin. In millions: {told}.", told=told)
    heads = [words.text("Bar"), words.text("Part"), words.text("Millions")]
    return Chart(figure, alt, pd.DataFrame(rows, columns=heads))


def burn(words: Words, burn: pd.DataFrame) -> Chart:
    """`kpis.budget_burn` of a project: time gone by and money spent, each as a share of its whole."""
    one = burn.iloc[0]
    shares = {words.text("Time gone by"): one.expected / one.budget, words.text("Money spent"): one.spent_share}
    figure, axes = canvas(height=1.5)
    for row, (share, colour) in enumerate(zip(shares.values(), [MUTED, TARGET], strict=True)):
        axes.barh(row, 1, height=0.56, color="none", edgecolor=MUTED)
        axes.barh(row, share, height=0.56, color=colour)
        axes.annotate(
            words.percent(share), (share, row), xytext=(5, 0), textcoords="offset points", va="center", weight="bold",
            color=INK,
        )  # fmt: skip
    row_names(axes, shares)
    axes.set(xticks=[], ylim=(1.6, -0.6), xlim=(0, max(1.02, one.spent_share * 1.15)))
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    said = [words.percent(share) for share in shares.values()]
    alt = words.text("{time} of the time is gone and {money} of the budget.", time=said[0], money=said[1])
    heads = [words.text("What"), words.text("Share")]
    return Chart(figure, alt, pd.DataFrame({heads[0]: [*shares], heads[1]: said}))

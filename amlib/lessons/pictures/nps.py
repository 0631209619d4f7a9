"""What NPS counts, and why few answers say little."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import ACCENT, BANDS, INK, PALE, PAPER, Chart, canvas, row_names
from amlib.words import Words


def scale(words: Words) -> Chart:
    """The eleven scores and who gives them: +1, 0 or −1."""
    groups = [
        (0, 6, words.text("Detractors"), "−1", BANDS["red"]),
        (7, 8, words.text("Passives"), "0", BANDS["grey"]),
        (9, 10, words.text("Promoters"), "+1", BANDS["green"]),
    ]
    figure, axes = canvas(height=1.5)
    for first, last, name, counts, colour in groups:
        for score in range(first, last + 1):
            axes.bar(score, 1, width=0.9, color=colour)
            ink = INK if colour == BANDS["grey"] else PAPER
            axes.text(score, 0.5, score, ha="center", va="center", color=ink, weight="bold")
        axes.text((first + last) / 2, 1.15, f"{name}\n{counts}", ha="center", va="bottom", color=INK)
    axes.set(xlim=(-0.6, 10.6), ylim=(0, 2.2), xticks=[], yticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    alt = words.text("Scores 0 to 6 count −1, 7 and 8 count 0, 9 and 10 count +1; NPS is their mean.")
    rows = [(f"{first}–{last}", name, counts) for first, last, name, counts, _ in groups]
    heads = [words.text("Score"), words.text("Group"), words.text("Counts")]
    return Chart(figure, alt, pd.DataFrame(rows, columns=heads))


def certainty(words: Words, found: pd.DataFrame) -> Chart:
    """The NPS of ever more answers with its interval: a row of `kpis.nps` each, n with value, low and high."""
    found = found.sort_values("n").reset_index(drop=True)
    figure, axes = canvas(height=1.1 + 0.5 * len(found))
    names = [words.plural(int(n), "{count} answer", "{count} answers") for n in found.n]
    for at, row in enumerate(found.itertuples()):
        axes.plot([row.low * 100, row.high * 100], [at, at], color=PALE, lw=9, solid_capstyle="butt")
        axes.plot(row.value * 100, at, "o", color=ACCENT, ms=8)
        axes.annotate(
            words.measure(row.value, "score", ""), (row.value * 100, at), xytext=(0, 9), textcoords="offset points",
            ha="center", weight="bold", color=INK,
        )  # fmt: skip
    row_names(axes, names)
    axes.set(ylim=(len(found) - 0.4, -0.8), xlim=(-30, 100), xlabel=words.text("NPS, and where it may really lie"))
    ranges = [
        words.text("from {low} to {high}", low=words.number(row.low * 100), high=words.number(row.high * 100))
        for row in found.itertuples()
    ]
    told = words.enumerate([f"{name}: {reach}" for name, reach in zip(names, ranges, strict=True)])
    alt = words.text("The more answers, the narrower the interval: {told}.", told=told)
    values = [words.measure(value, "score", "") for value in found.value]
    columns = {words.text("Answers"): names, words.text("NPS"): values, words.text("Interval"): ranges}
    return Chart(figure, alt, pd.DataFrame(columns))

"""Why a report is a notebook with parameters."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import ACCENT, INK, MUTED, PALE, Chart, canvas
from amlib.words import Words


def one_notebook(words: Words) -> Chart:
    """One notebook in the middle: each set of parameters that goes in comes out as a page."""
    sets = [
        ("month = 2026-10, lang = vi", words.text("October, in Vietnamese")),
        ("month = 2026-09, lang = en", words.text("September, in English")),
        ("client = KH026", words.text("October, one client")),
        ("client = KH053", words.text("October, another client")),
    ]
    figure, axes = canvas(height=0.6 + 0.62 * len(sets))
    middle = (len(sets) - 1) / 2
    for at, (given, page) in enumerate(sets):
        axes.annotate("", (1.42, middle), (1.12, at), arrowprops={"arrowstyle": "->", "color": MUTED, "lw": 1.2})
        axes.annotate("", (2.4, at), (2.1, middle), arrowprops={"arrowstyle": "->", "color": MUTED, "lw": 1.2})
        axes.barh(at, 1.1, color=PALE, height=0.66)
        axes.text(0.55, at, given.replace(", ", "\n"), ha="center", va="center", fontsize=7.8, color=INK)
        axes.barh(at, 1.1, left=2.42, color="none", edgecolor=ACCENT, height=0.66)
        axes.text(2.97, at, page.replace(", ", ",\n"), ha="center", va="center", fontsize=8, color=INK)
    axes.barh(middle, 0.66, left=1.43, color=ACCENT, height=1.5)
    axes.text(
        1.76, middle, words.text("one\nnotebook"), ha="center", va="center", color="#ffffff", weight="bold", fontsize=9
    )
    axes.set(xlim=(-0.05, 3.57), ylim=(len(sets) - 0.5, -0.5), xticks=[], yticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    told = "; ".join(f"{given}: {page}" for given, page in sets)
    alt = words.text("Parameters go into one notebook, and a page comes out for each: {told}.", told=told)
    heads = [words.text("Parameters"), words.text("Page")]
    return Chart(figure, alt, pd.DataFrame(sets, columns=heads))

"""How a value becomes points, and how much likelier a red client is to leave."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import ACCENT, BANDS, INK, MUTED, Chart, canvas
from amlib.health import MEASURES
from amlib.words import Words

_SIDE = 10


def points(words: Words, score: float) -> Chart:
    """What a survey answer is worth by the breakpoints of the measure nps, with one answer marked."""
    at, worth = zip(*MEASURES["nps"].breakpoints, strict=True)
    marked = float(MEASURES["nps"].points(pd.Series([score])).iloc[0])
    figure, axes = canvas(height=2.5)
    axes.plot(at, worth, color=MUTED, lw=2, marker="o", ms=5)
    axes.plot([score, score, 0], [0, marked, marked], color=ACCENT, lw=1.2, ls=(0, (4, 3)))
    axes.plot(score, marked, "o", color=ACCENT, ms=9)
    axes.annotate(
        words.text("{score} → {points}", score=words.number(score), points=words.number(marked)),
        (score, marked), xytext=(-8, 8), textcoords="offset points", ha="right", weight="bold", color=INK,
    )  # fmt: skip
    axes.set(xlim=(0, 10.3), ylim=(0, 104), xticks=range(0, 11, 2), yticks=[0, 25, 50, 75, 100])
    axes.set(xlabel=words.text("survey answer"), ylabel=words.text("points"))
    steps = [
        words.text("{score} → {points}", score=words.number(x), points=words.number(y))
        for x, y in zip(at, worth, strict=True)
    ]
    alt = words.text(
        "Survey answers become points by straight lines between breakpoints: {steps}; {marked} is in between.",
        steps=words.enumerate(steps),
        marked=words.text("{score} → {points}", score=words.number(score), points=words.number(marked)),
    )
    columns = {
        words.text("Survey answer"): [words.number(x) for x in at],
        words.text("Points"): [*map(words.number, worth)],
    }
    return Chart(figure, alt, pd.DataFrame(columns))


def hundred(words: Words, average: float, red: float) -> Chart:
    """Of a hundred client-months, how many are followed by a loss: of all of them, and of the red ones."""
    groups = [(words.text("All clients"), average), (words.text("Red clients"), red)]
    figure, axes = canvas(height=2.6)
    for place, (name, share) in enumerate(groups):
        lost = round(share * _SIDE**2)
        for dot in range(_SIDE**2):
            x, y = dot % _SIDE + place * (_SIDE + 3), dot // _SIDE
            axes.plot(x, y, "s", color=BANDS["red"] if dot < lost else "#dde3ea", ms=8)
        middle = place * (_SIDE + 3) + (_SIDE - 1) / 2
        axes.text(middle, _SIDE + 0.2, f"{name}: {words.number(lost)}", ha="center", weight="bold", color=INK)
    axes.set(xlim=(-1, 2 * _SIDE + 3), ylim=(-0.8, _SIDE + 1.2), xticks=[], yticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    told = words.enumerate([f"{name} {words.number(round(share * _SIDE**2))}" for name, share in groups])
    alt = words.text(
        "Of a hundred client-months, so many are followed by a loss within three months: {told}.", told=told
    )
    columns = {words.text("Group"): [name for name, _ in groups]}
    columns[words.text("Share lost")] = [words.percent(share, 1) for _, share in groups]
    return Chart(figure, alt, pd.DataFrame(columns))

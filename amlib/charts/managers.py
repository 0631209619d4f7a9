"""Account managers side by side."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import ACCENT, Chart, bars, canvas
from amlib.words import Words


def clients_of_managers(frame: pd.DataFrame, words: Words) -> Chart:
    """Bars of active clients (`value`) per account manager (`name`), most first."""
    shown = frame.dropna(subset="value").sort_values("value", ascending=False, kind="stable")
    figure, axes = canvas(height=0.6 + 0.32 * len(shown))
    bars(axes, shown.name, shown.value, [ACCENT] * len(shown), [words.number(value) for value in shown.value])
    return Chart(
        figure,
        words.text(
            "Active clients per account manager: from {most} ({who_most}) to {least} ({who_least}).",
            most=words.number(shown.value.iloc[0]),
            who_most=shown.name.iloc[0],
            least=words.number(shown.value.iloc[-1]),
            who_least=shown.name.iloc[-1],
        ),
    )

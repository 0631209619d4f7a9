"""What clients owe, and when it comes in."""

from __future__ import annotations

import pandas as pd
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from amlib.charts.style import (
    ACCENT,
    INK,
    MUTED,
    TARGET,
    Chart,
    bars,
    canvas,
    every_month,
    month_axis,
    plain,
    short,
    trend,
)
from amlib.words import Words

_AGES = {
    "not_due": MUTED,
    "days_1_30": "#f6c8a0",
    "days_31_60": "#e9965a",
    "days_61_90": "#c2570c",
    "over_90": "#6f2f05",
    "no_due_date": "#e6eaef",
}
_QUIET = 2


def ageing_of_clients(frame: pd.DataFrame, words: Words, currency: str) -> Chart:
    """Stacked bars of what each client (`name`) owes by how long it is overdue; frame of `sentences.ageing`."""
    shown = frame[frame.value > 0]
    figure, axes = canvas(height=1.0 + 0.34 * len(shown))
    left = pd.Series(0.0, index=range(len(shown)))
    for age, colour in _AGES.items():
        width = shown[age].reset_index(drop=True).astype(float)
        axes.barh(range(len(shown)), width, left=left, color=colour, height=0.66)
        left += width
    for row, total in enumerate(left):
        axes.annotate(
            words.short_amount(total, currency), (total, row), xytext=(4, 0), textcoords="offset points", va="center"
        )
    axes.set_yticks(range(len(shown)), [plain(short(name)) for name in shown.name])
    axes.set(xticks=[], ylim=(len(shown) - 0.4, -0.6), xlim=(0, left.max() * 1.2))
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    there = [age for age in _AGES if shown[age].sum() > 0]
    figure.legend(
        [Patch(color=_AGES[age]) for age in there],
        [words.of_data(age) for age in there],
        loc="outside upper left",
        ncols=3,
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
        handlelength=1,
    )
    parts = [f"{words.of_data(age)} {words.short_money(shown[age].sum(), currency)}" for age in there]
    return Chart(
        figure,
        words.text(
            "Receivables by age: {parts}; most overdue: {name}.", parts="; ".join(parts), name=shown.name.iloc[0]
        ),
    )


def dso_by_month(frame: pd.DataFrame, words: Words) -> Chart:
    """Days sales outstanding by `month`, by count-back (`value`) and by the simple method (`simple`)."""
    figure, axes = canvas()
    shown = every_month(frame, "value")
    for column, colour in (("simple", TARGET), ("value", ACCENT)):
        axes.plot(shown.index, shown[column].astype(float), color=colour, marker="o", ms=4)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.measure(value, "days", "")))
    axes.set_ylim(bottom=0)
    month_axis(axes, shown.month, words)
    axes.set_title(f"● {words.text('by count-back')}", loc="left", fontsize=9, color=ACCENT)
    axes.set_title(f"● {words.text('simple method')}", loc="right", fontsize=9, color=TARGET)
    return Chart(figure, trend(words, words.text("Days sales outstanding"), shown, "days", ""))


def expected_by_week(frame: pd.DataFrame, words: Words, currency: str) -> Chart:
    """Bars of the money expected (`value`) in each week ahead; frame of `collecting.weeks_ahead`."""
    figure, axes = canvas(height=0.6 + 0.32 * len(frame))
    names = pd.Series([f"{words.day(row.first)[:5]}–{words.day(row.last)[:5]}" for row in frame.itertuples()])
    quiet = frame.working_days <= _QUIET
    said = [words.short_amount(value, currency) for value in frame.value]
    said = [f"{money} · {words.text('holidays')}" if q else money for money, q in zip(said, quiet, strict=True)]
    bars(axes, names, frame.value, [MUTED if q else ACCENT for q in quiet], said)
    axes.set_xlim(0, max(frame.value.max(), 1) * 1.25)
    axes.set_title(words.currency(currency), loc="left", fontsize=9, color=INK)
    most = frame.value.idxmax()
    return Chart(
        figure,
        words.text(
            "Money expected by week, {first} to {last}: {total} in all, most in {week} ({most}).",
            first=words.day(frame["first"].iloc[0]),
            last=words.day(frame["last"].iloc[-1]),
            total=words.short_money(frame.value.sum(), currency),
            week=names[most],
            most=words.short_money(frame.value[most], currency),
        ),
    )

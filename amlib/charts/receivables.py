"""What clients owe, and when it comes in."""

from __future__ import annotations

import pandas as pd
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from amlib.charts.style import (
    ACCENT,
    AGES,
    INK,
    MUTED,
    TARGET,
    Chart,
    above,
    bars,
    canvas,
    every_month,
    month_axis,
    numbers_by_month,
    row_names,
    trend,
)
from amlib.words import Words

_QUIET = 2


def ageing_of_clients(frame: pd.DataFrame, words: Words, currency: str) -> Chart:
    """Stacked bars of what each client (`name`) owes by how long it is overdue; frame of `sentences.ageing`."""
    shown = frame[frame.value > 0]
    figure, axes = canvas(height=1.1 + 0.36 * len(shown))
    left = pd.Series(0.0, index=range(len(shown)))
    for age, colour in AGES.items():
        width = shown[age].reset_index(drop=True).astype(float)
        axes.barh(range(len(shown)), width, left=left, color=colour, height=0.66)
        left += width
    for row, total in enumerate(left):
        axes.annotate(
            words.short_amount(total, currency),
            (total, row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=INK,
        )
    row_names(axes, shown.name)
    axes.set(xticks=[], ylim=(len(shown) - 0.4, -0.6), xlim=(0, left.max() * 1.2))
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    there = [age for age in AGES if shown[age].sum() > 0]
    figure.legend(
        [Patch(color=AGES[age]) for age in there],
        [words.of_data(age) for age in there],
        loc="outside upper left",
        ncols=2,
        frameon=False,
        fontsize=9.5,
        labelcolor=INK,
        handlelength=1,
    )
    parts = [f"{words.of_data(age)} {words.short_money(shown[age].sum(), currency)}" for age in there]
    return Chart(
        figure,
        words.text(
            "Receivables by age: {parts}; most overdue: {name}.", parts="; ".join(parts), name=shown.name.iloc[0]
        ),
        pd.DataFrame(
            {
                words.text("Name"): [*shown.name],
                words.text("Unpaid"): [words.short_amount(value, currency) for value in shown.value],
                **{words.of_data(age): [words.short_amount(value, currency) for value in shown[age]] for age in there},
            }
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
    above(axes, f"● {words.text('by count-back')}", color=ACCENT)
    above(axes, f"● {words.text('simple method')}", side="right", color=TARGET)
    numbers = {
        words.text(head): [words.measure(value, "days", "") for value in shown[column]]
        for head, column in (("by count-back", "value"), ("simple method", "simple"))
    }
    told = trend(words, words.text("Days sales outstanding"), shown, "days", "")
    return Chart(figure, told, numbers_by_month(words, shown, numbers))


def expected_by_week(frame: pd.DataFrame, words: Words, currency: str) -> Chart:
    """Bars of the money expected (`value`) in each week ahead; frame of `collecting.weeks_ahead`."""
    figure, axes = canvas(height=0.6 + 0.32 * len(frame))
    names = pd.Series([f"{words.day(row.first)[:5]}–{words.day(row.last)[:5]}" for row in frame.itertuples()])
    quiet = frame.working_days <= _QUIET
    said = [words.short_amount(value, currency) for value in frame.value]
    said = [f"{money} · {words.text('holidays')}" if q else money for money, q in zip(said, quiet, strict=True)]
    bars(axes, names, frame.value, [MUTED if q else ACCENT for q in quiet], said)
    axes.set_xlim(0, max(frame.value.max(), 1) * 1.25)
    above(axes, words.currency(currency))
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
        pd.DataFrame({words.text("Week"): [*names], words.text("Expected"): said}),
    )

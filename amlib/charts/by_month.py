"""Figures month by month."""

from __future__ import annotations

import pandas as pd
from matplotlib.ticker import FuncFormatter

from amlib.charts.style import (
    ACCENT,
    MUTED,
    TARGET,
    Chart,
    above,
    canvas,
    every_month,
    interval,
    key,
    last_label,
    level_line,
    month_axis,
    numbers_by_month,
    trend,
)
from amlib.words import Words


def revenue_by_month(frame: pd.DataFrame, words: Words, currency: str, target: float | None = None) -> Chart:
    """Bars of `value` by `month`, the last one stressed, with the target as a line."""
    figure, axes = canvas()
    shown = every_month(frame, "value")
    colours = [MUTED] * (len(shown) - 1) + [ACCENT]
    axes.bar(shown.index, shown.value, color=colours, width=0.72)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.short_amount(value, currency)))
    above(axes, words.currency(currency))
    month_axis(axes, shown.month, words)
    if target is not None and not pd.isna(target):
        level_line(axes, target, words.text("target {value}", value=words.short_money(target, currency)))
    name = words.text("Revenue")
    money = [words.short_money(value, currency) for value in shown.value]
    return Chart(figure, trend(words, name, shown, "money", currency), numbers_by_month(words, shown, {name: money}))


def fees_by_month(frame: pd.DataFrame, words: Words, currency: str, last: pd.Period) -> Chart:
    """Bars of what one client was billed by `month` up to `last`: fees (`value`), and on top the media money passed on.

    `frame` is the KPI revenue by month, without rows for months in which nothing was billed; they keep their place.
    The month `last` is stressed. A month in which credit notes outweigh the fees has a bar below the line.
    """
    figure, axes = canvas(height=2.4)
    billed = every_month(frame, "value")
    shown = billed.set_index("month").reindex(pd.period_range(billed.month.iloc[0], last, name="month")).reset_index()
    axes.bar(shown.index, shown.value, color=[MUTED] * (len(shown) - 1) + [ACCENT], width=0.72)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.short_amount(value, currency)))
    above(axes, words.currency(currency))
    month_axis(axes, shown.month, words)
    name = words.text("Fees")
    said, numbers = [trend(words, name, billed, "money", currency)], {name: shown.value}
    if (passed_on := shown.pass_through.sum()) > 0:
        media = shown[shown.pass_through.fillna(0) != 0]
        axes.bar(
            media.index,
            media.pass_through,
            bottom=media.value.clip(lower=0),
            color="none",
            ec=TARGET,
            width=0.72,
            hatch="////",
            lw=0,
        )
        key(axes, "////", words.text("media money passed on"))
        numbers[words.text("media money passed on")] = shown.pass_through
        money = words.short_money(passed_on, currency)
        said.append(words.text("Media money passed on: {money}.", money=money))
    numbers = {head: [words.short_money(value, currency) for value in values] for head, values in numbers.items()}
    return Chart(figure, " ".join(said), numbers_by_month(words, shown, numbers))


def kpi_by_month(frame: pd.DataFrame, words: Words, name: str, unit: str, level: float | None = None) -> Chart:
    """A line of `value` by `month` with its interval where there is one, and a level (a target) to hold it against.

    The line is broken where a month has no value.
    """
    figure, axes = canvas()
    shown = every_month(frame, "value")
    if "low" in shown:
        low, high = shown.low.astype(float), shown.high.astype(float)
        axes.fill_between(shown.index, low, high, color=ACCENT, alpha=0.14, lw=0)
    axes.plot(shown.index, shown.value, color=ACCENT, marker="o", ms=5)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.measure(value, unit, "")))
    month_axis(axes, shown.month, words)
    if level is not None and not pd.isna(level):
        level_line(axes, level, words.text("target {value}", value=words.measure(level, unit, "")))
    last_label(axes, shown.value, words.measure(shown.value.iloc[-1], unit, ""))
    numbers = {name: [words.measure(value, unit, "") for value in shown.value]}
    if "low" in shown:
        ends = zip(shown.low, shown.high, strict=True)
        numbers[words.text("95% interval")] = [interval(words, *pair, unit) for pair in ends]
    return Chart(figure, trend(words, name, shown, unit, ""), numbers_by_month(words, shown, numbers))

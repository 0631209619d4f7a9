"""One account manager: among the peers, own clients, new and existing revenue, hours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from matplotlib.ticker import FuncFormatter

from amlib.charts.style import (
    ACCENT,
    BANDS,
    INK,
    MUTED,
    TARGET,
    Chart,
    above,
    bars,
    canvas,
    every_month,
    level_line,
    month_axis,
    numbers_by_month,
    plain,
    trend,
)
from amlib.kpis import CATALOGUE, too_few, too_wide
from amlib.sentences import kpi_name, kpi_value
from amlib.sentences.manager import PLACES
from amlib.words import NOTHING, Words

_MOST = 20


def standing_of_manager(frame: pd.DataFrame, words: Words, currency: str) -> Chart:
    """A row per KPI of `kpis.standing`: the manager's value as a dot with its interval, the median of the peers as a
    mark, their values as pale dots. Each row has a scale of its own, on which better is to the right.
    """
    few = pd.Series([too_few(row.kpi, row.n) for row in frame.itertuples()], index=frame.index, dtype=bool)
    shown = frame[frame["value"].notna() & frame["median"].notna() & ~few].reset_index(drop=True)
    wide = [too_wide(row.kpi, row.low, row.high) for row in shown.itertuples()]
    shown.loc[wide, ["low", "high"]] = None
    figure, axes = canvas(height=1.0 + 0.42 * len(shown))
    scales = [_scale(row) for row in shown.itertuples()]
    at = shown.assign(
        **{
            name: [scale(x) for scale, x in zip(scales, shown[name], strict=True)]
            for name in ("value", "median", "low", "high")
        },
        others=[[scale(x) for x in others] for scale, others in zip(scales, shown.others, strict=True)],
        colour=shown.place.map({"better": BANDS["green"], "worse": BANDS["red"]}).fillna(ACCENT),
    )
    others = at.others.explode().dropna().astype(float)
    axes.plot(others, others.index, "o", color=MUTED, ms=5)
    axes.vlines(at["median"], at.index - 0.3, at.index + 0.3, color=INK, lw=2)
    axes.hlines(at.index, at.low, at.high, color=at.colour, lw=2, alpha=0.5)
    axes.scatter(at["value"], at.index, c=at.colour, s=80, zorder=3)
    rows = [*shown.itertuples()]
    said = [f"{plain(kpi_name(words, row.kpi))}\n{kpi_value(words, row.kpi, row.value, currency)}" for row in rows]
    parts = [
        words.text(
            "{name} {value} against {median} ({place})",
            name=kpi_name(words, row.kpi),
            value=kpi_value(words, row.kpi, row.value, currency),
            median=kpi_value(words, row.kpi, row.median, currency),
            place=words.text(PLACES[row.place]),
        )
        for row in rows
    ]
    axes.set_yticks(range(len(shown)), said, fontsize=9.5)
    axes.set(xticks=[], xlim=(-0.04, 1.04), ylim=(len(shown) - 0.5, -0.5))
    above(axes, words.text("● this manager") + "\n", color=ACCENT)  # over the others
    above(axes, words.text("| median   ● others"), side="right")
    axes.set_xlabel(words.text("better →"), loc="right", fontsize=9.5)
    axes.spines["bottom"].set_visible(False)
    numbers = [_told(words, row, currency) for row in rows]
    return Chart(
        figure, words.text("Against the median of the peers: {parts}.", parts="; ".join(parts)), pd.DataFrame(numbers)
    )


def _told(words: Words, row: Any, currency: str) -> dict[str, str]:
    def said(value: float) -> str:
        return kpi_value(words, row.kpi, value, currency)

    return {
        words.text("Measure"): kpi_name(words, row.kpi),
        words.text("Result"): said(row.value),
        words.text("95% interval"): NOTHING if pd.isna(row.low) else f"{said(row.low)} – {said(row.high)}",
        words.text("Median"): said(row.median),
        words.text("Against the median"): words.text(PLACES[row.place]),
    }


def _scale(row: Any) -> Callable[[float], float]:
    ends = [value for value in (row.value, row.median, row.low, row.high, *row.others) if not pd.isna(value)]
    low, high = min(ends), max(ends)
    worse, better = (high, low) if CATALOGUE[row.kpi].better == "less" else (low, high)
    return lambda value: 0.5 if low == high else (value - worse) / (better - worse)


def clients_by_health_and_value(frame: pd.DataFrame, words: Words, currency: str) -> Chart:
    """Bars of the `revenue` of twelve months per client (`name`) in the colour of its band, with its score.

    In the order of the rows, the first twenty of them.
    """
    shown = frame.head(_MOST)
    figure, axes = canvas(height=0.7 + 0.32 * len(shown))
    scores = [words.number(score) for score in shown.score]
    said = [
        f"{words.short_amount(worth, currency)} · {score}" for worth, score in zip(shown.revenue, scores, strict=True)
    ]
    bars(axes, shown.name, shown.revenue, [BANDS[band] for band in shown.band], said)
    axes.set_xlim(min(0.0, float(shown.revenue.min())), max(float(shown.revenue.max()), 1.0) * 1.9)
    above(axes, words.text("Revenue of twelve months · health score"), side="right")
    parts = [
        f"{row.name} {words.short_money(row.revenue, currency)} ({score})"
        for row, score in zip(shown.itertuples(), scores, strict=True)
    ]
    numbers = {
        words.text("Name"): [*shown.name],
        words.text("Band"): [words.of_data(band) for band in shown.band],
        words.text("Score"): scores,
        words.text("Revenue of 12 months"): [words.short_money(worth, currency) for worth in shown.revenue],
    }
    alt = words.text("Clients, those at risk first: {parts}.", parts="; ".join(parts))
    return Chart(figure, alt, pd.DataFrame(numbers))


def new_and_existing_revenue(frame: pd.DataFrame, words: Words, currency: str) -> Chart:
    """Stacked bars of revenue by `month` from clients in their first year (`new`) and from others (`existing`)."""
    shown = every_month(frame.assign(value=frame.revenue), "value")
    figure, axes = canvas()
    existing, new = (shown[name].astype(float).fillna(0.0) for name in ("existing", "new"))
    axes.bar(shown.index, existing, color=ACCENT, width=0.72)
    axes.bar(shown.index, new, bottom=existing.clip(lower=0), color=TARGET, width=0.72)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.short_amount(value, currency)))
    month_axis(axes, shown.month, words)
    above(axes, f"■ {words.text('existing clients')}", color=ACCENT)
    above(axes, f"■ {words.text('clients in their first year')}", side="right", color=TARGET)
    share = new.sum() / shown.value.sum() if shown.value.sum() > 0 else None
    said = trend(words, words.text("Revenue"), shown, "money", currency)
    if share is not None:
        message = "{said} New clients brought {share} of it." if share else "{said} No revenue from new clients."
        said = words.text(message, said=said, share=words.percent(share))
    columns = {words.text("existing clients"): existing, words.text("clients in their first year"): new}
    numbers = {head: [words.short_money(value, currency) for value in values] for head, values in columns.items()}
    return Chart(figure, said, numbers_by_month(words, shown, numbers))


def hours_by_month(frame: pd.DataFrame, words: Words) -> Chart:
    """Bars of the `hours` worked for a manager's clients by `month`, and the manager's own hours as a line."""
    shown = every_month(frame.assign(value=frame.hours), "value")
    figure, axes = canvas()
    colours = [MUTED] * (len(shown) - 1) + [ACCENT]
    axes.bar(shown.index, shown.value, color=colours, width=0.72)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.measure(value, "hours", "")))
    month_axis(axes, shown.month, words)
    own = shown.capacity.iloc[-1]
    level_line(axes, own, words.text("own hours: {value}", value=words.measure(own, "hours", "")))
    name = words.text("Hours worked for the clients")
    numbers = {name: [words.measure(value, "hours", "") for value in shown.value]}
    return Chart(figure, trend(words, name, shown, "hours", ""), numbers_by_month(words, shown, numbers))

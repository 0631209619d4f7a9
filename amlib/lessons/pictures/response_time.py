"""Which hours of a wait count, and why one long wait moves the mean."""

from __future__ import annotations

import pandas as pd

from amlib.business_time import WorkingHours
from amlib.charts.style import ACCENT, INK, MUTED, PALE, TARGET, Chart, canvas, row_names
from amlib.words import Words


def counted(words: Words, received: pd.Timestamp, replied: pd.Timestamp, hours: WorkingHours) -> Chart:
    """A wait, day by day: all of it, and what of it lies within the working hours."""
    days = pd.date_range(received.normalize(), replied.normalize(), freq="D")
    figure, axes = canvas(height=1.0 + 0.42 * len(days))
    totals = []
    for at, day in enumerate(days):
        first, last = _hour(max(received, day), day), _hour(min(replied, day + pd.Timedelta(days=1)), day)
        axes.barh(at, last - first, left=first, height=0.2, color=MUTED)
        total = 0.0
        for period in hours.periods if hours.works_on(day.date()) else ():
            opens, closes = (edge.hour + edge.minute / 60 for edge in period)
            axes.barh(at, closes - opens, left=opens, height=0.62, color="none", edgecolor=PALE, lw=1.5)
            begins, ends = max(first, opens), min(last, closes)
            if ends > begins:
                axes.barh(at, ends - begins, left=begins, height=0.62, color=ACCENT)
                total += ends - begins
        totals.append(total)
        axes.text(24.4, at, words.number(total, 2), va="center", color=INK, weight="bold")
    row_names(axes, [words.day(day) for day in days])
    axes.set_xticks(range(0, 25, 6))
    axes.set(
        xlim=(0, 28),
        ylim=(len(days) - 0.4, -0.6),
        xlabel=words.text("Hour of the day; at the right, the hours that count"),
    )
    axes.grid(visible=False)
    alt = words.text(
        "From message to reply passed {clock} hours; {counted} of them lie within working hours and count.",
        clock=words.number((replied - received) / pd.Timedelta(hours=1), 1),
        counted=words.number(sum(totals), 2),
    )
    numbers = [words.number(total, 2) for total in totals]
    heads = [words.text("Day"), words.text("Hours that count")]
    return Chart(figure, alt, pd.DataFrame(zip(map(words.day, days), numbers, strict=True), columns=heads))


def tail(words: Words, waits: pd.Series) -> Chart:
    """How many messages waited how long, in hours, with the mean, the median and the 90th percentile."""
    waits = waits.dropna()
    marks = [
        (words.text("median"), waits.median(), INK),
        (words.text("mean"), waits.mean(), TARGET),
        (words.text("90th percentile"), waits.quantile(0.9), ACCENT),
    ]
    figure, axes = canvas(height=3)
    most = axes.hist(waits, bins=[hour / 2 for hour in range(int(waits.max() * 2) + 2)], color=PALE)[0].max()
    for at, (name, value, colour) in enumerate(marks):
        top = most * (1.3 - 0.13 * at)
        axes.plot([value, value], [0, top], color=colour, lw=1.6)
        axes.text(value + 0.3, top, f"{name}: {words.number(value, 2)}", va="top", color=colour, weight="bold")
    axes.annotate(
        words.text("few, but very long"), (waits.max(), most * 0.03), (waits.max(), most * 0.3),
        ha="right", color=INK, arrowprops={"arrowstyle": "-", "color": MUTED},
    )  # fmt: skip
    axes.set(xlabel=words.text("Business hours until the reply"), ylim=(0, most * 1.35))
    figures = [words.number(value, 2) for _, value, _ in marks]
    told = words.enumerate([f"{name} {figure}" for (name, *_), figure in zip(marks, figures, strict=True)])
    alt = words.text("Most replies come soon, and a few very late, which pull the mean up: {told} hours.", told=told)
    heads = [words.text("Measure"), words.text("Business hours")]
    return Chart(figure, alt, pd.DataFrame(zip([name for name, *_ in marks], figures, strict=True), columns=heads))


def _hour(moment: pd.Timestamp, day: pd.Timestamp) -> float:
    return (moment - day) / pd.Timedelta(hours=1)

"""How long clients wait for a reply."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MultipleLocator

from amlib.charts.style import (
    ACCENT,
    INK,
    TARGET,
    Chart,
    above,
    canvas,
)
from amlib.words import Words


def waiting_times(frame: pd.DataFrame, words: Words, within: float, aim: float | None = None) -> Chart:
    """The share of messages answered after so many hours, with the service level of `within` hours stressed.

    `frame` has a row per message with the hours until its reply as `value`, null where there was none; `aim` is
    the share that the agency promises to answer in time. The curve ends below 100 % where messages stay unanswered.
    """
    hours = np.sort(frame.value.dropna().to_numpy(float))
    shares = np.arange(1, len(hours) + 1) / len(frame)
    in_time, answered = float((hours <= within).sum()) / len(frame), len(hours) / len(frame)
    edge = max(2 * within, float(np.quantile(hours, 0.98)))
    figure, axes = canvas(height=2.9)
    drawn = hours <= edge
    until = float(drawn.sum()) / len(frame)
    axes.step(np.r_[0, hours[drawn], edge], np.r_[0, shares[drawn], until], where="post", color=ACCENT)
    axes.axvspan(0, within, color=ACCENT, alpha=0.08, lw=0)
    axes.plot([within], [in_time], "o", color=ACCENT, ms=7)
    said = words.text("{share} within {hours}", share=words.percent(in_time), hours=words.measure(within, "hours", ""))
    axes.annotate(said, (within, in_time), xytext=(10, -16), textcoords="offset points", weight="bold", color=INK)
    if aim is not None:
        axes.axhline(aim, color=TARGET, lw=1.4, ls=(0, (4, 3)))
        promised = words.text("promised: {share}", share=words.percent(aim))
        above(axes, f"- - {promised}", side="right", color=TARGET)
    never = words.text("messages answered ({share} not yet)", share=words.percent(1 - answered))
    above(axes, never)
    axes.set(xlim=(0, edge), ylim=(0, 1.04), xlabel=words.text("business hours from message to reply"))
    axes.xaxis.set_major_locator(MultipleLocator(max(1, round(edge / 8))))
    axes.yaxis.set_major_locator(MultipleLocator(0.25))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.percent(value)))
    alt = words.text(
        "Of {n} messages, {in_time} were answered within {hours} and {unanswered} not at all; half of the replies "
        "came within {median}, nine in ten within {p90}.",
        n=words.number(len(frame)),
        in_time=words.percent(in_time),
        hours=words.measure(within, "hours", ""),
        unanswered=words.percent(1 - answered),
        median=words.measure(float(np.quantile(hours, 0.5)), "hours", ""),
        p90=words.measure(float(np.quantile(hours, 0.9)), "hours", ""),
    )
    return Chart(figure, alt, _numbers(words, hours, len(frame), edge))


def _numbers(words: Words, hours: np.ndarray, messages: int, edge: float) -> pd.DataFrame:
    """The curve at whole hours, as far as it is drawn."""
    at = np.arange(1, int(edge) + 1)
    counts = np.searchsorted(hours, at, side="right")
    return pd.DataFrame(
        {
            words.text("business hours from message to reply"): [words.number(hour) for hour in at],
            words.text("messages answered"): [words.number(count) for count in counts],
            words.text("share of all"): [words.percent(count / messages) for count in counts],
        }
    )

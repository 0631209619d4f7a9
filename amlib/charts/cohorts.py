"""Clients who began together, and how many of them are still there."""

from __future__ import annotations

import pandas as pd
import seaborn as sns

from amlib.charts.style import PAPER, Chart, above, canvas
from amlib.kpis import MIN_COUNT
from amlib.sentences import grammar
from amlib.words import Words


def cohort_heatmap(frame: pd.DataFrame, words: Words, cohort: str) -> Chart:
    """`kpis.cohort_retention` by `cohort` ('cohort_year' or 'cohort_quarter') and age: darker where more are there.

    The month of the first invoice, in which all are there, is left out. A cell of fewer than `MIN_COUNT`
    clients stays empty, and so does one whose month has not come.
    """
    sizes = frame[frame.age == 0].set_index(cohort).n
    later = frame[frame.age > 0]
    shares = later.assign(value=later.value.where(later.n >= MIN_COUNT))
    shares = shares.pivot(index=cohort, columns="age", values="value").reindex(sizes.index)
    figure, axes = canvas(height=0.8 + 0.36 * len(shares))
    said = shares.map(lambda value: "" if pd.isna(value) else words.number(value * 100))
    sns.heatmap(
        shares,
        ax=axes,
        annot=said,
        fmt="",
        annot_kws={"fontsize": 9.5},
        cmap=sns.light_palette("#14477f", as_cmap=True),
        vmin=0,
        vmax=1,
        cbar=False,
        linewidths=1.5,
        linecolor=PAPER,
    )
    names = [_name(words, first, cohort) for first in sizes.index]
    labels = [f"{name} (n = {words.number(n)})" for name, n in zip(names, sizes, strict=True)]
    axes.set_yticks([row + 0.5 for row in range(len(labels))], labels, rotation=0)
    axes.tick_params(axis="x", rotation=0)
    axes.grid(visible=False)
    axes.set(xlabel=words.text("months after the first invoice"), ylabel="")
    above(axes, words.text("% of the clients invoiced again"))
    return Chart(figure, _told(words, names, sizes, shares), _numbers(words, names, sizes, shares))


def _name(words: Words, first: pd.Timestamp, cohort: str) -> str:
    day = pd.Timestamp(first)
    return str(day.year) if cohort == "cohort_year" else words.quarter(day.to_period("Q"))


def _numbers(words: Words, names: list[str], sizes: pd.Series, shares: pd.DataFrame) -> pd.DataFrame:
    ages = {
        words.plural(age, "after {count} month", "after {count} months"): [words.percent(share) for share in of_age]
        for age, of_age in shares.items()
    }
    counts = [words.number(n) for n in sizes]
    return pd.DataFrame({words.text("First invoice"): names, words.text("Clients"): counts, **ages})


def _told(words: Words, names: list[str], sizes: pd.Series, shares: pd.DataFrame) -> str:
    rows = []
    for name, n, (_, row) in zip(names, sizes, shares.iterrows(), strict=True):
        known = row.dropna()
        clients = grammar.count(words, int(n), "client")
        if known.empty:
            rows.append(words.text("{cohort} ({clients}): too few to read", cohort=name, clients=clients))
            continue
        rows.append(
            words.text(
                "{cohort} ({clients}): {first} in month {first_age}, {last} in month {last_age}",
                cohort=name,
                clients=clients,
                first=words.percent(known.iloc[0]),
                first_age=known.index[0],
                last=words.percent(known.iloc[-1]),
                last_age=known.index[-1],
            )
        )
    return words.text("Clients invoiced again after their first invoice. {rows}.", rows="; ".join(rows))

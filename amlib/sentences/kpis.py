"""What KPIs say: their names and values, and the headline of a month."""

from __future__ import annotations

from typing import Any

import pandas as pd

from amlib.kpis import CATALOGUE, too_few
from amlib.sentences import grammar
from amlib.words import Words


def kpi_name(words: Words, kpi: str) -> str:
    """A KPI's name."""
    return getattr(CATALOGUE[kpi], words.language)


def kpi_value(words: Words, kpi: str, value: float | None, currency: str) -> str:
    """A KPI's value in its unit, null as '–'."""
    return words.measure(value, CATALOGUE[kpi].unit, currency)


def counted(words: Words, first: pd.Period | None, last: pd.Period) -> str:
    """The months that a figure rests on, by `kpis.counted_from`: one, several, or all up to the last."""
    if first is None:
        return words.text("all up to {month}", month=words.month(last))
    if first == last:
        return words.month(last)
    return words.text("{first} to {last}", first=words.month(first), last=words.month(last))


def meets_target(row: Any) -> bool:
    """Whether a row of `kpis.compare` reaches its target: not above it where less is better, else not below it."""
    return row.value <= row.target if CATALOGUE[row.kpi].better == "less" else row.value >= row.target


EARLIER = {"month": "before", "year": "year_before"}
"""What a month is held against, and the column of `kpis.compare` that has it."""


def headline(words: Words, compared: pd.DataFrame, month: pd.Period, currency: str) -> list[str]:
    """Up to three sentences on a `kpis.compare`: the first KPI against earlier ones, then `behind` and `worse`."""
    lead = compared.iloc[0]
    name, when = kpi_name(words, lead.kpi), words.month(month)
    if pd.isna(lead["value"]):
        first = words.text("{name} of {month} cannot be measured.", name=name, month=when)
    else:
        first = words.text(
            "{name} of {month} was {value}{change}.",
            name=name,
            month=when,
            value=kpi_value(words, lead.kpi, lead["value"], currency),
            change=_against_earlier(words, lead),
        )
    return [first, *behind(words, compared, currency), *worse(words, compared.iloc[1:], currency)]


def behind(words: Words, compared: pd.DataFrame, currency: str) -> list[str]:
    """Which KPIs are behind their target: one sentence, none where no KPI has both a value and a target.

    A KPI whose value is printed as its target is not behind it: a reader could not see by what.
    """

    def said(row: Any) -> tuple[str, str]:
        return kpi_value(words, row.kpi, row.value, currency), kpi_value(words, row.kpi, row.target, currency)

    aimed = compared.dropna(subset=["value", "target"])
    kept = [CATALOGUE[row.kpi].better != "neither" and not too_few(row.kpi, row.n) for row in aimed.itertuples()]
    aimed = aimed[kept]
    missed = [
        words.text(
            "{name} {value} (target {target})",
            name=grammar.in_a_sentence(kpi_name(words, row.kpi)),
            value=said(row)[0],
            target=said(row)[1],
        )
        for row in aimed.itertuples()
        if not meets_target(row) and len({*said(row)}) > 1
    ]
    if missed:
        return [words.text("Behind target: {behind}.", behind=words.enumerate(missed))]
    if aimed.empty:
        return []
    return [words.plural(len(aimed), "The one KPI with a target meets it.", "All {count} KPIs with a target meet it.")]


def worse(words: Words, compared: pd.DataFrame, currency: str) -> list[str]:
    """Which KPIs got worse since the month before: one sentence, none where none did.

    A month before that lies within the interval of this one is no change that could be told from chance.
    """
    said = []
    for row in compared.itertuples():
        change = grammar.change(words, row.value, row.before, CATALOGUE[row.kpi].unit, currency)
        if not change or grammar.tone(row.kpi, change.way) != "bad" or too_few(row.kpi, min(row.n, row.before_n)):
            continue
        if not row.low <= row.before <= row.high:
            name, moved = grammar.in_a_sentence(kpi_name(words, row.kpi)), grammar.moved(words, change)
            said.append(words.text("{name} {change}", name=name, change=moved))
    return [words.text("Worse than the month before: {kpis}.", kpis=words.enumerate(said))] if said else []


def _against_earlier(words: Words, row: pd.Series) -> str:
    """What a first KPI of money has become since last month and last year; other changes stand on their tiles."""
    if CATALOGUE[row.kpi].unit != "money":
        return ""
    changes = {than: grammar.change(words, row["value"], row[column], "money") for than, column in EARLIER.items()}
    said = [grammar.against(words, grammar.moved(words, change), than) for than, change in changes.items() if change]
    return f", {words.enumerate(said)}" if said else ""

"""What a month's review says beside its figures: why revenue moved, what is at risk, what the data could not tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from amlib.kpis import CATALOGUE, MIN_COUNT, too_few
from amlib.sentences import grammar
from amlib.sentences.kpis import kpi_name
from amlib.words import Words


def causes(words: Words, changes: pd.DataFrame, currency: str, most: int = 2) -> list[str]:
    """Which clients revenue fell by and rose by most, of `kpis.revenue_bridge` by client with their `name`.

    No sentence for a way that no client went.
    """

    def named(moved: pd.DataFrame) -> str:
        return words.enumerate(
            words.text(
                "{name} ({amount})", name=row.name, amount=grammar.about(words, abs(row.value), "money", currency)
            )
            for row in moved.head(most).itertuples(index=False)
        )

    ordered = changes.sort_values("value", kind="stable")
    falls, rises = ordered[ordered.value < 0], ordered[ordered.value > 0][::-1]
    said = []
    if len(falls):
        said.append(words.text("The largest falls: {clients}.", clients=named(falls)))
    if len(rises):
        said.append(words.text("The largest rises: {clients}.", clients=named(rises)))
    return said


def at_risk(words: Words, watched: pd.DataFrame, bands: pd.Series, currency: str) -> str:
    """How many clients are on the `watch_list`, and what they brought in twelve months; of `bands` who is not known."""
    if watched.empty:
        return _unscored(words, bands) or words.text("No client is known to be red or amber.")
    brought = watched.revenue_of_12_months.sum()
    if not brought > 0:
        clients = grammar.count(words, len(watched), "client")
        return words.text("At risk: {clients} (red or amber), without revenue in the last 12 months.", clients=clients)
    return words.text(
        "At risk: {clients} (red or amber) who brought {amount} in the last 12 months, {share} of revenue.",
        clients=grammar.count(words, len(watched), "client"),
        amount=grammar.about(words, brought, "money", currency),
        share=words.percent(watched.share.sum(min_count=1)),
    )


def first_step(words: Words, todo: pd.DataFrame) -> str:
    """The first of the actions of `to_do`, which stand in the order of their days, and how many there are."""
    if todo.empty:
        return words.text("Nothing calls for action now.")
    first = todo.iloc[0]
    return words.text(
        "To do first, by {day} – {action} ({why}). {count} in all, below.",
        day=words.day(first.due_on),
        action=first.action,
        why=first.why,
        count=grammar.count(words, len(todo), "action"),
    )


def gaps(
    words: Words, asked: pd.DataFrame, book: Any, month: pd.Period, departments: pd.DataFrame, bands: pd.Series
) -> list[str]:
    """What the data could not tell about a month: at least one sentence.

    `asked` is all that was asked of the `book` by `kpis.compare`, `departments` is `kpis.on_time_tasks` by department,
    `bands` the health of the clients. KPIs that rest on the same missing tables share a sentence.
    """

    def named(ids: Iterable[str]) -> str:
        return words.enumerate([grammar.in_a_sentence(kpi_name(words, kpi)) for kpi in ids])

    lacking = {kpi: tuple(table for table in CATALOGUE[kpi].tables if table in book.missing) for kpi in asked.kpi}
    unknown = asked[asked["value"].isna()].kpi
    said = []
    for tables in dict.fromkeys(lacking[kpi] for kpi in unknown if lacking[kpi]):
        kpis = named(kpi for kpi in unknown if lacking[kpi] == tables)
        spoken = words.enumerate([words.of_data(table) for table in tables])
        said.append(words.text("Without a table of {tables} there is no {kpis}.", tables=spoken, kpis=kpis))
    if idle := [kpi for kpi in unknown if not lacking[kpi]]:
        said.append(words.text("Nothing to count in this period for {kpis}.", kpis=named(idle)))
    first, _ = book.tables.days("invoices")
    if not pd.isna(first) and first.to_period("M") >= month - 12:
        began = words.month(first.to_period("M"))
        said.append(
            words.text("Invoices are known from {month} on, so last year's figures rest on little.", month=began)
        )
    if len(young := asked[asked["value"].notna() & asked.year_before.isna()]):
        said.append(words.text("Not known a year ago, so without last year: {kpis}.", kpis=named(young.kpi)))
    for few in asked[[too_few(row.kpi, row.n) and row.n > 0 for row in asked.itertuples()]].itertuples():
        said.append(words.text("Too few to read: {what} (n = {n}).", what=named([few.kpi]), n=words.number(few.n)))
    for few in departments[departments.n < MIN_COUNT].itertuples():
        what, tasks = words.of_data(few.department), grammar.count(words, few.n, "task")
        said.append(words.text("Too few to read: {what} ({count}).", what=what, count=tasks))
    if unscored := _unscored(words, bands):
        said.append(unscored)
    return said or [words.text("Everything on this page could be measured.")]


def _unscored(words: Words, bands: pd.Series) -> str:
    grey = int((bands == "grey").sum())
    clients = grammar.count(words, grey, "client")
    return words.text("Too little is known for a health score of {clients}.", clients=clients) if grey else ""

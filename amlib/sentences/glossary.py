"""What a KPI is and which lessons teach it, said beside its definition, and which of them a book can tell."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from amlib.kpis import CATALOGUE, MIN_COUNT, Kpi
from amlib.words import Words

TAUGHT = Path(__file__).with_name("taught.json")
"""The lessons that teach each KPI: number, name, and title by language.

`am lessons build` writes it, as reports import no lesson.
"""

_UNITS = {
    "money": "money",
    "share": "share",
    "score": "score from −100 to 100",
    "hours": "working hours",
    "days": "days",
    "years": "years",
    "count": "count",
    "points": "points",
}

_BETTER = {
    "more": "more is better",
    "less": "less is better",
    "neither": "neither more nor less is better by itself",
}


def of_families(families: Sequence[str]) -> list[Kpi]:
    """The KPIs of these families, family by family."""
    return [entry for family in families for entry in CATALOGUE.values() if entry.family == family]


def about(words: Words, entry: Kpi, missing: Collection[str]) -> list[str]:
    """A KPI's unit, which way is better, its tables, and those that are `missing` in the book, each in a few words."""

    def named(tables: Collection[str]) -> str:
        return words.enumerate([words.of_data(table) for table in tables])

    said = [words.text(_UNITS[entry.unit]), words.text(_BETTER[entry.better])]
    said.append(words.text("from {tables}", tables=named(entry.tables)))
    if lacking := [table for table in entry.tables if table in missing]:
        said.append(words.text("the book has no table of {tables}", tables=named(lacking)))
    return said


def lessons(words: Words, kpi: str) -> list[tuple[str, str, str]]:
    """The lessons that teach a KPI, each with the command that opens it wherever the toolkit is; none for some.

    The last of the three is its notebook, as it lies in the folder of the lessons.
    """
    option = "" if words.language == "vi" else f" --lang {words.language}"  # which is what `am lessons` takes it to be
    return [
        (
            words.text("Lesson {number}: {title}", number=one["number"], title=one["title"][words.language]),
            f"am lessons {one['number']}{option}",
            f"{words.language}/{one['name']}.ipynb",
        )
        for one in _taught().get(kpi, [])
    ]


@cache
def _taught() -> dict[str, list[dict[str, Any]]]:
    return json.loads(TAUGHT.read_text("utf-8"))


def coverage(words: Words, missing: Collection[str]) -> list[str]:
    """How many KPIs there are, and how many of them a book without the tables `missing` can tell."""
    told = [entry for entry in CATALOGUE.values() if not {*entry.tables} & {*missing}]
    lacking = sorted({table for entry in CATALOGUE.values() for table in entry.tables if table in missing})
    count = words.number(len(CATALOGUE))
    if not lacking:
        return [words.text("The reports know {count} KPIs, and the book has the tables for all of them.", count=count)]
    return [
        words.text(
            "The reports know {count} KPIs. The book can tell {told}; for the others it has no table of {tables}.",
            count=count,
            told=words.number(len(told)),
            tables=words.enumerate([words.of_data(table) for table in lacking]),
        )
    ]


def how_to_read(words: Words) -> tuple[list[str], ...]:
    """What holds for the figures of all pages: of n, of nulls, of small numbers and of intervals."""
    few = words.text(
        "A share or a score that rests on fewer than {count} is not shown: chance would decide it.",
        count=words.number(MIN_COUNT),
    )
    return (
        [words.text("How many a figure rests on: clients, answers, messages or invoices.")],
        [words.text("There was nothing to count. A dash is never a zero.")],
        [few],
        [words.text("Chance alone moves a figure within these limits: two figures within them need not differ.")],
    )

"""One look at a book, as data: what was read, what was left out, what may be wrong, what can be measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from amlib import kpis, schema
from amlib.book import Book, Examined, examine_book
from amlib.book.problem import Problem
from amlib.checkup.doubts import Doubt, doubts_about

_FEW_MONTHS = 2


@dataclass(frozen=True)
class Held:
    """A table of a book: how many rows it has, and the first and the last day of them."""

    table: str
    rows: int
    first: str = ""
    last: str = ""


@dataclass(frozen=True)
class Wrong:
    """Rows of one table that are wrong in the same way: how many, where the first stands, and what is wrong with it."""

    table: str
    column: str
    rows: int
    where: str
    found: str
    expected: str


@dataclass(frozen=True)
class Checkup:
    """What `am check` says of a book.

    `usable` is whether `open_book` gives a book. `problems` and `rejected` are why not, or what is left out of it;
    `files` has the columns of `book.FILES`. `measured` are the KPIs that the book has the tables and columns for,
    `lacking` those that it has not, each with the tables or `table.column` that would unlock it, or with none where it
    is time that lacks. `hash` is of the book, none where rows of it stay in a database. `rejections` lists single rows,
    and `refused` why `open_book` gives no book.
    """

    name: str
    language: str
    currency: str
    known_until: str
    usable: bool
    files: Sequence[Mapping[str, str | int]]
    tables: Sequence[Held]
    problems: Sequence[str]
    rejected: Sequence[Wrong]
    doubts: Sequence[Doubt]
    notes: Sequence[str]
    measured: Sequence[str]
    lacking: Mapping[str, Sequence[str]]
    hash: str
    rejections: pd.DataFrame
    refused: Sequence[Problem] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong and nothing to be looked at."""
        return self.usable and not self.rejected and not self.doubts

    @property
    def unlocks(self) -> dict[tuple[str, ...], list[str]]:
        """What the book lacks -> the KPIs that it would unlock, those that unlock most first."""
        found: dict[tuple[str, ...], list[str]] = {}
        for id, what in self.lacking.items():
            found.setdefault(tuple(what), []).append(id)
        return dict(sorted(found.items(), key=lambda pair: (not pair[0], len(pair[0]), -len(pair[1]))))


def check_book(path: str | Path) -> Checkup:
    """Look at the book in a folder. Raises `BookError` where it has no book.toml, or one that cannot be read."""
    found = examine_book(path)
    book = found.book
    lacking = _lacking(book) if book else {}
    return Checkup(
        name=found.settings.name,
        language=found.settings.language,
        currency=found.settings.currency,
        known_until=_known_until(book),
        usable=not found.refused,
        files=found.files.to_dict("records"),
        tables=_tables(book) if book else (),
        problems=tuple(map(str, found.problems)),
        rejected=tuple(_alike(found)),
        doubts=tuple(doubts_about(book)) if book else (),
        notes=found.notes,
        measured=tuple(id for id in kpis.CATALOGUE if id not in lacking) if book else (),
        lacking=lacking,
        hash=_hash(book) if book else "",
        rejections=found.left_out[found.left_out["rejected"]].drop(columns="rejected"),
        refused=found.refused,
    )


def _hash(book: Book) -> str:
    """That of the book; none where rows stay in a database, which would have to read them all for it."""
    tables = (book.tables.in_place(name) for name in schema.TABLES)
    return "" if any(found is not None and not found.source.hashes_at_once for found in tables) else book.fingerprint


def _known_until(book: Book | None) -> str:
    try:
        return str(book.known_until) if book else ""
    except ValueError:  # a book without any date
        return ""


def _tables(book: Book) -> tuple[Held, ...]:
    found = []
    for name, rows in book.counts.items():
        days = book.tables.days(name) if schema.TABLES[name].known_on else (pd.NaT, pd.NaT)
        first, last = ("" if pd.isna(day) else str(day)[:10] for day in days)
        found.append(Held(name, rows, first, last))
    return tuple(found)


def _lacking(book: Book) -> dict[str, tuple[str, ...]]:
    """KPI -> the tables that the book does not have, else the columns it needs and finds empty.

    Each is asked of the last month: one that is null there lacks something, if only time. What is known of few rows is
    known of many, which need not be asked then.
    """
    lacking, lately = {}, book.lately(_FEW_MONTHS)
    for id, kpi in kpis.CATALOGUE.items():
        if missing := tuple(table for table in kpi.needs if table in book.missing):
            lacking[id] = missing
        elif not any(_known(known, id) for known in dict.fromkeys((lately, book))):
            lacking[id] = tuple(
                f"{table}.{column}"
                for table, columns in kpi.needs.items()
                for column in columns
                if not book.tables.filled(table, column)
            )
    return lacking


def _known(book: Book, id: str) -> bool:
    try:
        return bool(kpis.ask(book, id, book.known_until)["value"].notna().any())
    except ValueError:  # the KPI says no to this book, or the book has no date
        return False


def _alike(found: Examined) -> list[Wrong]:
    """Rejected rows, those that are wrong in the same way together; the most frequent first."""
    alike: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in found.rejections:
        sort = problem.expected.partition(" (")[0].partition(". Did you mean")[0]
        alike.setdefault((problem.table, problem.column, sort), []).append(problem)
    private = {table for table, of in schema.TABLES.items() if of.private}
    wrong = [
        Wrong(table, column, len(of), of[0].where, "" if table in private else of[0].found, of[0].expected)
        for (table, column, _), of in alike.items()
    ]
    return sorted(wrong, key=lambda one: -one.rows)

"""Rows as they are, out of files, databases and queries, less those that rules set aside, and what is wrong there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from amlib import schema
from amlib.book import aliases, checking, databases, leaving_out
from amlib.book import settings as toml
from amlib.book.databases import NotRead, Relation
from amlib.book.inplace import Standing, engine, in_database, in_files
from amlib.book.origins import Origin
from amlib.book.problem import Problem
from amlib.book.query import QueryFailed, hits, select
from amlib.book.reading import ENDINGS, PLACE, Read, Unreadable, find, from_arrow, read

if TYPE_CHECKING:
    from ibis.backends import BaseBackend


class Intake:
    """What a book is made of, as it comes in.

    `problems` and `notes` gather what is wrong and what to know, `aside` the rows left out, `failed` the tables of
    which rows may lack, `used` the names of files that were read, `read` what was read of each table or source,
    `raw` the rows of each table as they were read, `standing` the tables that stay where they are, `loose` the
    ids by which rows of their columns link to nothing, `of_other_money`
    those that take their currency from an invoice, where one may be in another than the book's. `engine` gives the
    DuckDB that is asked of files, `servers` has the databases that are asked, by address.
    """

    def __init__(
        self, folder: Path, settings: toml.Settings, layout: toml.Layout, problems: list[Problem], *, reject: bool
    ) -> None:
        self.folder, self.settings, self.layout, self.reject = folder, settings, layout, reject
        self.problems, self.rejections = problems, []
        self.notes: list[str] = []
        self.aside: list[pd.DataFrame] = []
        self.files = sorted(p for p in layout.data.iterdir() if p.is_file()) if layout.data.is_dir() else []
        self.used: set[str] = set()
        self.failed: set[str] = set()
        self.private = _private(layout)
        self.read: list[tuple[str, Read]] = []
        self.raw: dict[str, pd.DataFrame] = {}
        self.standing: dict[str, Standing] = {}
        self.loose: dict[tuple[str, str], set[str]] = {}
        self.of_other_money: set[str] = set()
        self.engine = cache(partial(engine, settings.time_zone))
        self.servers: dict[str, BaseBackend] = {}

    def rows(self, name: str, origin: Origin) -> pd.DataFrame | None:
        """The rows of files or a database as they are, less those to be set aside; None where they cannot be read."""
        if origin.relation:
            return self.from_database(name, origin, origin.relation)
        if not origin.files:
            return None
        try:
            files = find(self.layout.data, origin.files, name)
            self.used |= {file.name for file in files}
            if (left := self.from_files(name, origin, files)) is not None:
                return left
            found = read(
                files,
                name,
                origin.sheets,
                folder=self.layout.data,
                header=origin.header,
                encoding=origin.encoding,
                ids=_Ids(name, origin),
                told=name not in self.private,
            )
        except Unreadable as error:
            self.problems.append(error.problem)
            self.failed.add(name)
            return None
        if found.problems and not self.reject:
            self.failed.add(name)
        self.problems += found.problems
        self.notes += found.notes
        self.aside.append(leaving_out.of_file(name, found.aside))
        self.read.append((name, found))
        return self.without_set_aside(name, found.rows, origin)

    def from_files(self, name: str, origin: Origin, files: Sequence[Path]) -> pd.DataFrame | None:
        """The rows to be looked at of a large table that can stay in its files; None where it cannot."""
        if name in self.layout.sources or name in self.of_other_money:
            return None
        found = in_files(schema.TABLES[name], origin, files, self.layout.data, self.settings, self.engine)
        return None if found is None else self.left(name, found)

    def left(self, name: str, found: Standing) -> pd.DataFrame:
        """The rows to be looked at of a table that stays where it is."""
        self.standing[name] = found
        rows = len(found.in_place)
        self.notes.append(found.source.note(rows))
        self.read.append((name, Read(found.suspects, left=found.source.counts(rows))))
        return found.suspects

    def from_database(self, name: str, origin: Origin, relation: Relation) -> pd.DataFrame | None:
        table = schema.TABLES.get(name) if name in self.layout.tables else None
        try:
            if table and name not in self.of_other_money and databases.may_be_asked(relation):
                stands = in_database(table, origin, self.settings, self.servers)
                if stands:
                    return self.left(name, stands)
            found = from_arrow(databases.rows(relation, table, origin.columns))
        except NotRead as error:
            self.failed.add(name)
            self.problems.append(Problem(name, error.found, error.expected, relation.place))
            return None
        rows = found.assign(_file=relation.place, _sheet="", _row=np.arange(1, len(found) + 1))
        rows = rows.astype({"_file": "str", "_sheet": "str", "_row": "int64"})
        self.read.append((name, Read(rows)))
        return self.without_set_aside(name, rows, origin)

    def queried(self, name: str, origin: Origin) -> pd.DataFrame | None:
        # A query over sources that could not be read whole lacks rows, so links into its result prove nothing.
        unread = self.failed & set(self.layout.sources)
        self.failed |= {name} if unread else set()
        try:
            rows = select(origin.sql, self.sources, self.settings.time_zone)
        except QueryFailed as error:
            self.failed.add(name)
            # Where a source could not be read, the query fails for that reason, which is told already.
            if not unread:
                there = ", ".join(self.sources) or "none: add [sources.<name>] with a file"
                self.toml_problem(f"tables.{name}.sql", self.reason(name, error), f"a query over the sources ({there})")
            return None
        # Settled here: of a part of the rows the places may be known where of the whole they are not.
        rows = rows.assign(**checking.places(rows))
        self.read.append((name, Read(rows)))
        return self.without_set_aside(name, rows, origin)

    def default_file(self, name: str) -> tuple[str, ...]:
        there = [p.name for p in self.files if p.stem == name and p.suffix.lower() in ENDINGS]
        self.used |= set(there)
        if len(there) > 1:
            self.failed.add(name)
            self.problems.append(
                Problem(name, " and ".join(there), f"one of them, or file = … under [tables.{name}] in book.toml")
            )
            return ()
        if not there and name in self.layout.tables:
            self.failed.add(name)
            self.toml_problem(f"tables.{name}", "neither file, database nor sql", f"one of them, or a file {name}.csv")
        if not there and name == "clients" and name not in self.failed:
            self.failed.add(name)
            found = f"no file clients ({', '.join(ENDINGS)}) in {self.layout.data.name!r}"
            expected = "that file, or [tables.clients] in book.toml: the one table that every book must have"
            self.problems.append(Problem(name, found, expected))
        return tuple(there)

    def without_set_aside(self, name: str, rows: pd.DataFrame, origin: Origin) -> pd.DataFrame:
        """The rows less those that rules set aside; each rule sees what the rules before it left."""
        for number, rule in enumerate(origin.set_aside, start=1):
            try:
                out = hits(rule.where, rows, self.settings.time_zone)
            except QueryFailed as error:
                kind = "sources" if name in self.layout.sources else "tables"
                expected = "an SQL condition over " + ", ".join(c for c in rows.columns if c not in PLACE)
                self.toml_problem(f"{kind}.{name}.set_aside {number}", self.reason(name, error), expected)
                continue
            self.aside.append(leaving_out.set_aside(name, rows[out], rule.because, told=name not in self.private))
            rows = rows[~out].reset_index(drop=True)
        return rows

    def reason(self, name: str, error: QueryFailed) -> str:
        """Why a query failed; of a private table without the cells that DuckDB quotes, which have figures."""
        return re.sub(r"""(['"])[^'"]*\d[^'"]*\1""", r"\1…\1", str(error)) if name in self.private else str(error)

    def toml_problem(self, key: str, found: str, expected: str) -> None:
        self.problems.append(Problem("", found, expected, file="book.toml", column=key))


def _private(layout: toml.Layout) -> set[str]:
    """Tables no row of which is ever shown by itself, and the sources that their queries name."""
    tables = {name for name, table in schema.TABLES.items() if table.private}
    asked = " ".join(origin.sql for name, origin in layout.tables.items() if name in tables)
    return tables | {name for name in layout.sources if re.search(rf"\b{re.escape(name)}\b", asked, re.IGNORECASE)}


class _Ids:
    """The columns of a table's file that hold ids, of the row and of the rows that it links to; a container of them."""

    def __init__(self, name: str, origin: Origin) -> None:
        table = schema.TABLES.get(name)
        ours = {*table.key, *table.links} if table else set()
        known = aliases.names()[name].columns if table else {}
        self._plain = {alike for alike, column in known.items() if column in ours}
        self._plain |= {aliases.plain(origin.columns[column]) for column in ours & set(origin.columns)}

    def __contains__(self, header: object) -> bool:
        return isinstance(header, str) and aliases.plain(header) in self._plain

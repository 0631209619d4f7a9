"""From a folder to a book: read, set aside, type, check, convert; and gather all that is wrong on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from amlib import pay, schema
from amlib.book import checking, databases, leaving_out, money, saved
from amlib.book import settings as toml
from amlib.book.book import SET_ASIDE, Book, nothing_aside
from amlib.book.databases import NotRead, Relation
from amlib.book.problem import BookError, Problem, near
from amlib.book.query import QueryFailed, hits, select
from amlib.book.reading import ENDINGS, PLACE, Read, Unreadable, find, from_arrow, read

if TYPE_CHECKING:
    import ibis.expr.types as ir

FILES = {
    "table": "str",
    "file": "str",
    "sheet": "str",
    **dict.fromkeys(("rows", "set_aside", "rejected", "kept"), "int64"),
}


def open_book(path: str | Path) -> Book:
    """Open the book in a folder with a `book.toml` (or name that file): typed, checked, in one currency.

    A table is what `book.toml` says it is, or `<table>.csv`, `.parquet` or `.xlsx` in the data folder.
    Raises `BookError` with every problem of every table, each with file, row, column, what was found and
    what was expected. Nothing is dropped: rows that book.toml sets aside are in `Book.set_aside`, columns
    and files that are not read are in `Book.notes`.
    """
    folder, content = _found(Path(path))
    if "saved" in content:
        return saved.load(folder, content)
    settings, layout, problems = toml.read(content, folder)
    return _Opening(folder.resolve(), settings, layout, problems, reject=layout.bad_rows == "reject").book()


def examine_book(path: str | Path) -> Examined:
    """Open a book and say all that there is to say of it, whether it can be used or not.

    Rows that break the contract are left out and listed, also where book.toml has them refuse the book. Raises
    `BookError` where there is no book.toml, or one that cannot be read.
    """
    folder, content = _found(Path(path))
    if "saved" in content:
        book = saved.load(folder, content)
        return Examined(book.settings, book, (), (), _files([], book.set_aside), book.set_aside, book.notes, "reject")
    settings, layout, problems = toml.read(content, folder)
    return _Opening(folder.resolve(), settings, layout, problems, reject=True).examined()


def remote_tables(path: str | Path) -> dict[str, ir.Table]:
    """The tables of a book that stand in a database, as lazy Ibis tables: a KPI of them is computed where they are.

    They have our columns in the types that KPIs take; no row of them is looked at, so none is checked. Those of one
    database share a connection, which lasts as long as they do. Raises `BookError` for what is wrong in book.toml, and
    for a table that is not there.
    """
    folder, content = _found(Path(path))
    _, layout, problems = toml.read(content, folder)
    tables, servers = {}, {}
    for name, origin in layout.tables.items():
        if origin.relation:
            try:
                tables[name] = databases.remote(origin.relation, schema.TABLES[name], origin.columns, servers)
            except NotRead as error:
                problems.append(Problem(name, error.found, error.expected, origin.relation.place))
    if problems:
        for server in servers.values():
            databases.close(server)
        raise BookError.of(folder, problems)
    return tables


@dataclass(frozen=True)
class Examined:
    """What was found where a book was opened.

    `problems` leave no book (`book` is then None); `rejections` are of single rows, which `left_out` lists (columns of
    `SET_ASIDE`) with those that were set aside. `files` has a row for each sheet that was read, and each query:
    table (or source), file, sheet, rows, set_aside, rejected, kept, where rows = set_aside + rejected + kept.
    """

    settings: toml.Settings
    book: Book | None
    problems: tuple[Problem, ...]
    rejections: tuple[Problem, ...]
    files: pd.DataFrame
    left_out: pd.DataFrame
    notes: tuple[str, ...]
    bad_rows: str

    @property
    def refused(self) -> tuple[Problem, ...]:
        """Why `open_book` gives no book: problems, and with `bad_rows` "refuse" rejections too; none where it does."""
        return (*self.problems, *(self.rejections if self.bad_rows == "refuse" else ()))


class _Opening:
    """One book on its way in."""

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

    def book(self) -> Book:
        found = self.examined()
        if found.book is None:
            raise BookError.of(self.folder, found.problems)
        return found.book

    def examined(self) -> Examined:
        if not self.layout.data.is_dir():
            return self.told(None)
        sources = {name: self.rows(name, origin) for name, origin in self.layout.sources.items()}
        self.sources = {name: rows for name, rows in sources.items() if rows is not None}
        tables = {name: rows for name in schema.TABLES if (rows := self.table(schema.TABLES[name])) is not None}
        for rows in tables.values():
            self.check(rows, tables)
        if self.reject:
            tables = self.without_wrong(tables)
        self.some_client(tables)
        frames, problems, notes = money.convert(tables, self.settings.currency)
        if self.reject and any(problem.of_a_row for problem in problems):
            self.problems += [problem for problem in problems if problem.of_a_row]
            tables = self.without_wrong(tables)
            frames, problems, notes = money.convert(tables, self.settings.currency)
        # With rates or invoices that cannot be read, what is said to be missing may only be unread.
        broken = {problem.table for problem in self.problems} & {"fx"} or self.failed & {"fx", "invoices"}
        self.problems += [] if broken else problems
        self.notes += notes
        self.look_around(tables)
        if self.problems:
            return self.told(None)
        if "salaries" in tables:
            self.notes += checking.pay_left_out(tables["salaries"], self.settings.currency)
            frames["salaries"] = pay.as_written(frames["salaries"], self.settings.currency)
        empty = {name: table.empty(self.settings.time_zone) for name, table in schema.TABLES.items()}
        return self.told(
            Book(
                path=self.folder,
                settings=self.settings,
                tables={n: saved.with_money(table, frames.get(n, empty[n])) for n, table in schema.TABLES.items()},
                missing=tuple(name for name in schema.TABLES if name not in frames),
                set_aside=self.left_out(),
                notes=tuple(self.notes),
            )
        )

    def told(self, book: Book | None) -> Examined:
        left_out = self.left_out()
        problems, rejections, notes = tuple(self.problems), tuple(self.rejections), tuple(self.notes)
        files = _files(self.read, left_out)
        return Examined(self.settings, book, problems, rejections, files, left_out, notes, self.layout.bad_rows)

    def without_wrong(self, tables: dict[str, checking.Rows]) -> dict[str, checking.Rows]:
        """The tables without the rows that are wrong, and without those that link to one of them."""
        wrong = [problem for problem in self.problems if problem.of_a_row]
        self.problems = [problem for problem in self.problems if not problem.of_a_row]
        while wrong:
            self.rejections += wrong
            tables = leaving_out.without(tables, wrong)
            sound = {name: rows for name, rows in tables.items() if name not in self.failed}
            wrong = [
                replace(problem, expected=f"{problem.expected} that is not rejected itself")
                for rows in tables.values()
                for problem in checking.links(rows, sound)
            ]
        return tables

    def left_out(self) -> pd.DataFrame:
        """The rows that are set aside or rejected."""
        rejected = []
        for name in dict.fromkeys(problem.table for problem in self.rejections):
            of_table = [problem for problem in self.rejections if problem.table == name]
            rejected.append(leaving_out.unread(problem for problem in of_table if problem.at is None))
            if in_frame := [problem for problem in of_table if problem.at is not None]:
                told = name not in self.private
                rejected.append(leaving_out.rejected(name, self.raw[name], in_frame, told=told))
        return pd.concat([nothing_aside(), *self.aside, *rejected], ignore_index=True).astype(SET_ASIDE)

    def some_client(self, tables: dict[str, checking.Rows]) -> None:
        if "clients" in tables and not len(tables["clients"].values) and "clients" not in self.failed:
            rejected = len({problem.at for problem in self.rejections if problem.table == "clients"})
            found = f"no row that is right: all {rejected} are rejected" if rejected else "no rows"
            self.problems.append(Problem("clients", found, "at least one client", tables["clients"].file))

    def rows(self, name: str, origin: toml.Origin) -> pd.DataFrame | None:
        """The rows of files or a database as they are, less those to be set aside; None where they cannot be read."""
        if origin.relation:
            return self.from_database(name, origin, origin.relation)
        if not origin.files:
            return None
        try:
            files = find(self.layout.data, origin.files, name)
            self.used |= {file.name for file in files}
            found = read(
                files,
                name,
                origin.sheets,
                folder=self.layout.data,
                header=origin.header,
                encoding=origin.encoding,
                ids=_ids(name, origin),
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

    def table(self, table: schema.Table) -> checking.Rows | None:
        """One table, typed; None where the book does not have it or it cannot be read."""
        origin = self.layout.tables.get(table.name, toml.Origin())
        if origin.sql:
            rows = self.queried(table.name, origin)
        else:
            # A database that book.toml names wrongly is told already, and a file is not what was meant.
            elsewhere = origin.files or origin.relation or origin.unplaced
            origin = origin if elsewhere else replace(origin, files=self.default_file(table.name))
            rows = self.rows(table.name, origin)
        if rows is None:
            return None
        file = "" if origin.sql else origin.relation.place if origin.relation else origin.file
        filled, problems, notes = checking.fill(table, rows, origin, file, self.settings.time_zone)
        self.raw[table.name] = rows
        if origin.sql or origin.relation:
            # SQL promises no order, and a book must be the same in every run.
            filled = filled.at(filled.values.sort_values(list(table.key), kind="stable").index.to_numpy())
        if any(problem.row is None for problem in problems):
            self.failed.add(table.name)
        self.problems += problems
        self.notes += notes
        return filled

    def from_database(self, name: str, origin: toml.Origin, relation: Relation) -> pd.DataFrame | None:
        table = schema.TABLES.get(name) if name in self.layout.tables else None
        # Without a mapping nobody knows yet under which names the columns stand there.
        wanted = [origin.columns.get(ours, ours) for ours in table.columns] if table and origin.columns else []
        order = [origin.columns.get(ours, ours) for ours in table.key] if table else []
        try:
            found = from_arrow(databases.rows(relation, wanted, order))
        except NotRead as error:
            self.failed.add(name)
            self.problems.append(Problem(name, error.found, error.expected, relation.place))
            return None
        rows = found.assign(_file=relation.place, _sheet="", _row=np.arange(1, len(found) + 1))
        rows = rows.astype({"_file": "str", "_sheet": "str", "_row": "int64"})
        self.read.append((name, Read(rows)))
        return self.without_set_aside(name, rows, origin)

    def queried(self, name: str, origin: toml.Origin) -> pd.DataFrame | None:
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
                self.toml_problem(f"tables.{name}.sql", str(error), f"a query over the sources ({there})")
            return None
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
            self.toml_problem(f"tables.{name}", "neither file nor sql", f"one of them, or a file {name}.csv")
        if not there and name == "clients" and name not in self.failed:
            self.failed.add(name)
            found = f"no clients.csv, .parquet or .xlsx in {self.layout.data.name!r}"
            expected = "that file, or [tables.clients] in book.toml: the one table that every book must have"
            self.problems.append(Problem(name, found, expected))
        return tuple(there)

    def without_set_aside(self, name: str, rows: pd.DataFrame, origin: toml.Origin) -> pd.DataFrame:
        """The rows less those that rules set aside; each rule sees what the rules before it left."""
        for number, rule in enumerate(origin.set_aside, start=1):
            try:
                out = hits(rule.where, rows, self.settings.time_zone)
            except QueryFailed as error:
                kind = "sources" if name in self.layout.sources else "tables"
                expected = "an SQL condition over " + ", ".join(c for c in rows.columns if c not in PLACE)
                self.toml_problem(f"{kind}.{name}.set_aside {number}", str(error), expected)
                continue
            self.aside.append(leaving_out.set_aside(name, rows[out], rule.because, told=name not in self.private))
            rows = rows[~out].reset_index(drop=True)
        return rows

    def check(self, rows: checking.Rows, tables: dict[str, checking.Rows]) -> None:
        sound = {name: table for name, table in tables.items() if name not in self.failed or name == rows.table.name}
        found = [*checking.contract(rows), *checking.currencies(rows), *checking.links(rows, sound)]
        found += checking.units(rows, tables, self.settings.currency)
        if rows.table.name == "contracts":
            found += checking.renewals(rows)
        if rows.table.name == "health_overrides":
            found += checking.overlaps(rows)
        if rows.table.name == "salaries":
            found += checking.pay_said(rows)
        if rows.table.name == "fx":
            found += checking.rates(rows, self.settings.currency)
        self.problems += found
        for column, target in rows.table.links.items():
            table = target.split(".")[0]
            if table not in tables and table not in self.failed and rows.values[column].notna().any():
                self.notes.append(f"{rows.table.name}.{column} cannot be checked: the book has no {table}")
        for column, known_on in ((n, c.known_on) for n, c in rows.table.columns.items() if c.known_on not in ("", n)):
            if count := int((rows.values[column].notna() & rows.values[known_on].isna()).sum()):
                self.notes.append(
                    f"{rows.table.name}: {count} rows have {column} but no {known_on}: known from the start"
                )

    def look_around(self, tables: dict[str, checking.Rows]) -> None:
        """Note what lies there and is not used: files of no table, weights of no segment."""
        for file in self.files:
            if file.suffix.lower() in ENDINGS and file.name not in self.used and not file.name.startswith(("~$", ".")):
                self.notes.append(f"{file.name} is not read: no table of that name{near(file.stem, schema.TABLES)}")
        if "clients" in tables:
            segments = tables["clients"].values["segment"].dropna().unique()
            for segment in self.settings.health_weights:
                if segment != "default" and segment not in segments:
                    there = f"there are: {', '.join(sorted(segments))}" if len(segments) else "no client has any"
                    self.notes.append(
                        f"book.toml, [health.weights.{segment}]: no client has the segment {segment!r} "
                        f"({there}){near(segment, segments)}"
                    )

    def toml_problem(self, key: str, found: str, expected: str) -> None:
        self.problems.append(Problem("", found, expected, file="book.toml", column=key))


def _private(layout: toml.Layout) -> set[str]:
    """Tables no row of which is ever shown by itself, and the sources that their queries name."""
    tables = {name for name, table in schema.TABLES.items() if table.private}
    asked = " ".join(origin.sql for name, origin in layout.tables.items() if name in tables)
    return tables | {name for name in layout.sources if re.search(rf"\b{re.escape(name)}\b", asked, re.IGNORECASE)}


def _files(read: list[tuple[str, Read]], left_out: pd.DataFrame) -> pd.DataFrame:
    """`Examined.files`, of what each table was read from, with the rows that reading left out."""
    place = ["table", "file", "sheet"]
    counted: dict[tuple[str, str, str], int] = {}
    for name, found in read:
        if found.rows.empty and not found.problems:
            counted[name, "", ""] = 0
        places = checking.places(found.rows).set_axis(["file", "sheet", "row"], axis="columns")
        unread = pd.DataFrame([(p.file, p.sheet, p.row) for p in found.problems], columns=["file", "sheet", "row"])
        parts = [part[["file", "sheet"]] for part in (places, found.aside, unread) if len(part)]
        for (file, sheet), count in pd.concat(parts).value_counts(sort=False).items() if parts else ():
            counted[name, file, sheet] = count
    files = pd.DataFrame([(*key, rows) for key, rows in counted.items()], columns=[*place, "rows"])
    out = left_out.groupby(place)["rejected"].agg(["size", "sum"])
    found = out.reindex(pd.MultiIndex.from_frame(files[place])).fillna(0).astype("int64").reset_index(drop=True)
    files = files.assign(set_aside=found["size"] - found["sum"], rejected=found["sum"])
    return files.assign(kept=files["rows"] - files["set_aside"] - files["rejected"]).astype(FILES)


def _found(path: Path) -> tuple[Path, dict[str, Any]]:
    """The folder of a book and the content of its book.toml."""
    folder, file = (path.parent, path) if path.suffix == ".toml" else (path, path / "book.toml")
    if not folder.is_dir():
        raise BookError(f"There is no folder {str(folder)!r}. Name the folder of a book, which has a book.toml.")
    if not file.is_file():
        raise BookError(
            f"The folder {str(folder)!r} has no {file.name}. Write one with at least:\n"
            '  name = "Agency A"\n  currency = "VND"\nand put clients.csv beside it.'
        )
    return folder, toml.load(file)


def _ids(name: str, origin: toml.Origin) -> set[str]:
    """The columns of a table's file that hold ids: of the row, and of the rows that it links to."""
    table = schema.TABLES.get(name)
    return {origin.columns.get(column, column) for column in (*table.key, *table.links)} if table else set()

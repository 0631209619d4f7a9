"""From a folder to a book: read, set aside, type, check, convert; and gather all that is wrong on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from amlib import pay, schema
from amlib.book import aliases, checking, databases, leaving_out, money, saved
from amlib.book import settings as toml
from amlib.book.book import SET_ASIDE, Book, nothing_aside
from amlib.book.databases import NotRead
from amlib.book.examined import Examined, files_of
from amlib.book.intake import Intake
from amlib.book.origins import Origin
from amlib.book.problem import BookError, Problem, near
from amlib.book.reading import ENDINGS
from amlib.book.tables import Held, Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir


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
        return Examined(book.settings, book, (), (), files_of([], book.set_aside), book.set_aside, book.notes, "reject")
    settings, layout, problems = toml.read(content, folder)
    return _Opening(folder.resolve(), settings, layout, problems, reject=True).examined()


def remote_tables(path: str | Path) -> dict[str, ir.Table]:
    """The tables of a book that stand in a database, as lazy Ibis tables: a KPI of them is computed where they are.

    They have our columns in the types that KPIs take; no row of them is looked at, so none is checked. Those of one
    database share a connection, which lasts as long as they do. Raises `BookError` for what is wrong in book.toml, and
    for a table that is not there.
    """
    folder, content = _found(Path(path))
    settings, layout, problems = toml.read(content, folder)
    tables, servers = {}, {}
    for name, origin in layout.tables.items():
        if origin.relation:
            try:
                table = schema.TABLES[name]
                tables[name] = databases.remote(origin.relation, table, origin.columns, servers, settings.time_zone)
            except NotRead as error:
                problems.append(Problem(name, error.found, error.expected, origin.relation.place))
    if problems:
        for server in servers.values():
            databases.close(server)
        raise BookError.of(folder, problems)
    return tables


class _Opening(Intake):
    """One book on its way in: typed, checked, converted."""

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
        tables = self.with_loose_links(
            {name: rows for name in schema.TABLES if (rows := self.table(schema.TABLES[name])) is not None}
        )
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
        in_place = {name: rows.in_place for name, rows in tables.items() if rows.in_place is not None}
        held = {
            name: saved.with_money(table, frames.get(name, empty[name]))
            for name, table in schema.TABLES.items()
            if name not in in_place
        }
        return self.told(
            Book(
                path=self.folder,
                settings=self.settings,
                tables=Tables(Held(held, in_place)),
                missing=tuple(name for name in schema.TABLES if name not in frames),
                set_aside=self.left_out(),
                notes=tuple(self.notes),
            )
        )

    def told(self, book: Book | None) -> Examined:
        used = {stands.source.raw.get_backend() for stands in self.standing.values() if book}
        for server in self.servers.values():
            if server not in used:
                databases.close(server)
        left_out = self.left_out()
        problems, rejections, notes = tuple(self.problems), tuple(self.rejections), tuple(self.notes)
        files = files_of(self.read, left_out)
        return Examined(self.settings, book, problems, rejections, files, left_out, notes, self.layout.bad_rows)

    def without_wrong(self, tables: dict[str, checking.Rows]) -> dict[str, checking.Rows]:
        """The tables without the rows that are wrong, and without those that link to one of them."""
        wrong = [problem for problem in self.problems if problem.of_a_row]
        self.problems = [problem for problem in self.problems if not problem.of_a_row]
        while wrong:
            self.rejections += wrong
            tables = self.with_loose_links(leaving_out.without(tables, wrong))
            sound = {name: rows for name, rows in tables.items() if name not in self.failed}
            wrong = [
                # A hint at another row would lead astray: the one that is meant is there, and rejected.
                replace(problem, expected=f"{problem.expected.partition('. Did')[0]} that is not rejected itself")
                for rows in tables.values()
                for problem in checking.links(rows, sound)
            ]
        return tables

    def with_loose_links(self, tables: dict[str, checking.Rows]) -> dict[str, checking.Rows]:
        """The tables, those that stay in their files with the rows that link to nothing among those to look at."""
        found = dict(tables)
        for name, stands in self.standing.items():
            for column, link in stands.table.links.items() if name in tables else ():
                target, key = link.split(".")
                if target not in tables or target in self.failed or column not in stands.theirs:
                    continue
                # Those of rows that were left out meanwhile are among them, and have been looked at.
                loose = tables[target].lacking(key, stands.in_place, column)
                if len(loose := loose[~loose.isin(self.loose.setdefault((name, column), set()))]):
                    self.loose[name, column].update(loose)
                    found[name] = self.with_rows(found[name], stands.linked(column, loose))
        return found

    def with_rows(self, rows: checking.Rows, more: pd.DataFrame) -> checking.Rows:
        """Rows of a table that stays in its files, and those of `more` that are not among those read of it."""
        name = rows.table.name
        both = pd.concat([self.raw[name], more], ignore_index=True)
        more = more[~both.duplicated(["_file", "_row"])[len(self.raw[name]) :].to_numpy()].reset_index(drop=True)
        self.raw[name] = pd.concat([self.raw[name], more], ignore_index=True)
        origin = self.layout.tables.get(name, Origin())
        # Their cells are right: rows with one that is not were among those to look at from the beginning.
        filled, _, _ = checking.fill(rows.table, more, origin, rows.file, self.settings.time_zone)
        return rows.followed_by(filled)

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

    def table(self, table: schema.Table) -> checking.Rows | None:
        """One table, typed; None where the book does not have it or it cannot be read."""
        origin = self.layout.tables.get(table.name, Origin())
        if origin.sql:
            rows = self.queried(table.name, origin)
        else:
            # A database that book.toml names wrongly is told already, and a file is not what was meant.
            elsewhere = origin.files or origin.relation or origin.unplaced or origin.nowhere
            origin = origin if elsewhere else replace(origin, files=self.default_file(table.name))
            rows = self.rows(table.name, origin)
        if rows is None:
            return None
        file = "" if origin.sql else origin.relation.place if origin.relation else origin.file
        filled, problems, notes = checking.fill(table, rows, origin, file, self.settings.time_zone)
        self.raw[table.name] = rows
        if stands := self.standing.get(table.name):
            filled = replace(filled, standing=stands, in_place=stands.in_place)
        if origin.sql or origin.relation:
            # SQL promises no order, and a book must be the same in every run.
            filled = filled.at(filled.values.sort_values(list(table.key), kind="stable").index.to_numpy())
        if table.name == "invoices" and not filled.values["currency"].isin([None, self.settings.currency]).all():
            self.of_other_money |= {name for name, other in schema.TABLES.items() if other.money_from}
        if any(problem.row is None for problem in problems):
            self.failed.add(table.name)
        self.problems += problems
        self.notes += notes
        return filled

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
            if table not in tables and table not in self.failed and rows.filled(column):
                self.notes.append(f"{rows.table.name}.{column} cannot be checked: the book has no {table}")
        for column, known_on in ((n, c.known_on) for n, c in rows.table.columns.items() if c.known_on not in ("", n)):
            if count := rows.filled(column, lacking=known_on):
                self.notes.append(
                    f"{rows.table.name}: {count} rows have {column} but no {known_on}: known from the start"
                )

    def look_around(self, tables: dict[str, checking.Rows]) -> None:
        """Note what lies there and is not used: files of no table, weights of no segment."""
        for file in self.files:
            if file.suffix.lower() in ENDINGS and file.name not in self.used and not file.name.startswith(("~$", ".")):
                left = file.stem in self.layout.tables and self.layout.tables[file.stem].nowhere
                table = aliases.table_of(file.stem)
                hint = f". Did you mean {table!r}?" if table else near(file.stem, schema.TABLES)
                why = ", as book.toml says" if left else f": no table of that name{hint}"
                self.notes.append(f"{file.name} is not read{why}")
        if "clients" in tables:
            segments = tables["clients"].values["segment"].dropna().unique()
            for segment in self.settings.health_weights:
                if segment != "default" and segment not in segments:
                    there = f"there are: {', '.join(sorted(segments))}" if len(segments) else "no client has any"
                    self.notes.append(
                        f"book.toml, [health.weights.{segment}]: no client has the segment {segment!r} "
                        f"({there}){near(segment, segments)}"
                    )


def _found(path: Path) -> tuple[Path, dict[str, Any]]:
    """The folder of a book and the content of its book.toml."""
    folder, file = (path.parent, path) if path.suffix == ".toml" else (path, path / "book.toml")
    if not folder.is_dir():
        raise BookError(f"There is no folder {str(folder)!r}. Name the folder of a book, which has a book.toml.")
    if not file.is_file():
        raise BookError(
            f"The folder {str(folder)!r} has no {file.name}. Write one with at least:\n"
            '  name = "Agency A"\n  currency = "VND"\nand put clients.csv beside it. '
            f"For a folder of exports, `am init {folder}` proposes one."
        )
    return folder, toml.load(file)

"""From a folder to a book: read, set aside, type, check, convert; and gather all that is wrong on the way."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from amlib import pay, schema
from amlib.book import checking, money, saved
from amlib.book import settings as toml
from amlib.book.book import Book, nothing_aside
from amlib.book.problem import BookError, Problem, near, printed
from amlib.book.query import QueryFailed, hits, select
from amlib.book.reading import ENDINGS, PLACE, Unreadable, read


def open_book(path: str | Path) -> Book:
    """Open the book in a folder with a `book.toml` (or name that file): typed, checked, in one currency.

    A table is what `book.toml` says it is, or `<table>.csv`, `.parquet` or `.xlsx` in the data folder.
    Raises `BookError` with every problem of every table, each with file, row, column, what was found and
    what was expected. Nothing is dropped: rows that book.toml sets aside are in `Book.set_aside`, columns
    and files that are not read are in `Book.notes`.
    """
    path = Path(path)
    folder, file = (path.parent, path) if path.suffix == ".toml" else (path, path / "book.toml")
    if not folder.is_dir():
        raise BookError(f"There is no folder {str(folder)!r}. Name the folder of a book, which has a book.toml.")
    if not file.is_file():
        raise BookError(
            f"The folder {str(folder)!r} has no {file.name}. Write one with at least:\n"
            '  name = "Agency A"\n  currency = "VND"\nand put clients.csv beside it.'
        )
    content = toml.load(file)
    if "saved" in content:
        return saved.load(folder, content)
    return _Opening(folder.resolve(), *toml.read(content, folder)).book()


class _Opening:
    """One book on its way in."""

    def __init__(self, folder: Path, settings: toml.Settings, layout: toml.Layout, problems: list[Problem]) -> None:
        self.folder, self.settings, self.layout = folder, settings, layout
        self.problems = problems
        self.notes: list[str] = []
        self.aside: list[pd.DataFrame] = []
        self.files = sorted(p for p in layout.data.iterdir() if p.is_file()) if layout.data.is_dir() else []
        self.used: set[str] = set()
        self.failed: set[str] = set()
        self.private = _private(layout)

    def book(self) -> Book:
        if not self.layout.data.is_dir():
            raise BookError.of(self.folder, self.problems)
        sources = {name: self.rows(name, origin) for name, origin in self.layout.sources.items()}
        self.sources = {name: rows for name, rows in sources.items() if rows is not None}
        tables = {name: rows for name in schema.TABLES if (rows := self.table(schema.TABLES[name])) is not None}
        for rows in tables.values():
            self.check(rows, tables)
        frames, problems, notes = money.convert(tables, self.settings.currency)
        # With rates or invoices that cannot be read, what is said to be missing may only be unread.
        broken = {problem.table for problem in self.problems} & {"fx"} or self.failed & {"fx", "invoices"}
        self.problems += [] if broken else problems
        self.notes += notes
        self.look_around(tables)
        if self.problems:
            raise BookError.of(self.folder, self.problems)
        if "salaries" in tables:
            self.notes += checking.pay_left_out(tables["salaries"], self.settings.currency)
            frames["salaries"] = pay.as_written(frames["salaries"], self.settings.currency)
        empty = {name: table.empty(self.settings.time_zone) for name, table in schema.TABLES.items()}
        return Book(
            path=self.folder,
            settings=self.settings,
            tables={n: saved.with_money(table, frames.get(n, empty[n])) for n, table in schema.TABLES.items()},
            missing=tuple(name for name in schema.TABLES if name not in frames),
            set_aside=pd.concat([nothing_aside(), *self.aside], ignore_index=True),
            notes=tuple(self.notes),
        )

    def rows(self, name: str, origin: toml.Origin) -> pd.DataFrame | None:
        """The rows of a file as they are, less those to be set aside; None where it cannot be read."""
        if not origin.file:
            return None
        path = self.layout.data / origin.file
        self.used.add(path.name)
        try:
            rows, problems = read(path, name, origin.sheets)
        except Unreadable as error:
            self.problems.append(error.problem)
            self.failed.add(name)
            return None
        if problems:
            self.failed.add(name)
        self.problems += problems
        return self.without_set_aside(name, rows, origin)

    def table(self, table: schema.Table) -> checking.Rows | None:
        """One table, typed; None where the book does not have it or it cannot be read."""
        origin = self.layout.tables.get(table.name, toml.Origin())
        if origin.sql:
            rows = self.queried(table.name, origin)
        else:
            origin = replace(origin, file=origin.file or self.default_file(table.name))
            rows = self.rows(table.name, origin)
        if rows is None:
            return None
        file = "" if origin.sql else Path(origin.file).name
        filled, problems, notes = checking.fill(table, rows, origin.columns, file, self.settings.time_zone)
        if origin.sql:
            # SQL promises no order, and a book must be the same in every run.
            order = filled.values.sort_values(list(table.key), kind="stable").index
            if not problems:
                values, places = (frame.loc[order].reset_index(drop=True) for frame in (filled.values, filled.places))
                filled = replace(filled, values=values, places=places)
        if any(problem.row is None for problem in problems):
            self.failed.add(table.name)
        self.problems += problems
        self.notes += notes
        return filled

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
        return self.without_set_aside(name, rows, origin)

    def default_file(self, name: str) -> str:
        there = [p.name for p in self.files if p.stem == name and p.suffix.lower() in ENDINGS]
        self.used |= set(there)
        if len(there) > 1:
            self.failed.add(name)
            self.problems.append(
                Problem(name, " and ".join(there), f"one of them, or file = … under [tables.{name}] in book.toml")
            )
            return ""
        if not there and name in self.layout.tables:
            self.failed.add(name)
            self.toml_problem(f"tables.{name}", "neither file nor sql", f"one of them, or a file {name}.csv")
        if not there and name == "clients" and name not in self.failed:
            self.failed.add(name)
            found = f"no clients.csv, .parquet or .xlsx in {self.layout.data.name!r}"
            expected = "that file, or [tables.clients] in book.toml: the one table that every book must have"
            self.problems.append(Problem(name, found, expected))
        return there[0] if there else ""

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
            self.aside.append(_aside(name, rows[out], rule.because, told=name not in self.private))
            rows = rows[~out].reset_index(drop=True)
        return rows

    def check(self, rows: checking.Rows, tables: dict[str, checking.Rows]) -> None:
        sound = {name: table for name, table in tables.items() if name not in self.failed or name == rows.table.name}
        found = [*checking.contract(rows), *checking.currencies(rows), *checking.links(rows, sound)]
        if rows.table.name == "contracts":
            found += checking.renewals(rows)
        if rows.table.name == "health_overrides":
            found += checking.overlaps(rows)
        if rows.table.name == "salaries":
            found += checking.pay_said(rows)
        if rows.table.name == "fx":
            found += checking.rates(rows, self.settings.currency)
        if rows.table.name == "clients" and not len(rows.values) and "clients" not in self.failed:
            found.append(Problem("clients", "no rows", "at least one client", rows.file))
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


def _aside(table: str, rows: pd.DataFrame, reason: str, *, told: bool) -> pd.DataFrame:
    """Rows set aside, as the list of them shows them: place, reason, and (if `told`) the cells that are not empty."""
    places = checking.places(rows)
    cells = rows.drop(columns=[name for name in PLACE if name in rows])
    values = [
        ", ".join(
            f"{name}={cell if isinstance(cell, str) else printed(cell)}" for name, cell in row.items() if pd.notna(cell)
        )
        for row in (cells if told else cells[[]]).to_dict("records")
    ]
    return pd.DataFrame(
        {
            "table": pd.Series(table, index=places.index, dtype="str"),
            "file": places["_file"].astype("str"),
            "sheet": places["_sheet"].astype("str"),
            "row": places["_row"].astype("int64"),
            "reason": pd.Series(reason, index=places.index, dtype="str"),
            "values": pd.Series(np.array(values, dtype=object), index=places.index, dtype="str"),
        }
    )

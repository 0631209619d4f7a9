"""Where the rows of a table come from, as `book.toml` says it: files, a database, a query, and how cells are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from amlib import schema
from amlib.book.cells import example, fits
from amlib.book.databases import Relation, wrong_in_url
from amlib.book.keys import TIME_ZONES, Keys
from amlib.book.problem import near, printed
from amlib.book.reading.encodings import known as known_encoding
from amlib.book.statements import wrong_in_query

SHOWN = {
    **dict.fromkeys(("number", "integer"), 'the example of a cell, such as "1.234,5" or "1,234.5"'),
    **dict.fromkeys(
        ("date", "instant", "month"), 'the example of a cell, such as "31/12/2026" (day first) or "12/31/2026"'
    ),
}


@dataclass(frozen=True)
class SetAside:
    """Rows to leave out: an SQL condition over the rows as they were read, and the reason to print."""

    where: str
    because: str


@dataclass(frozen=True)
class Origin:
    """Where rows come from: files (and sheets of them, stacked), a database, or an SQL query over the sources.

    `files` are names or patterns under the data folder. `header` is the row of the header as a spreadsheet counts,
    `encoding` that of the letters; both are found where they are not given. `columns` maps our column name to the
    file's, to nothing where the file has none. By our column name too, `formats` holds an example of a cell where the
    cells leave open how they are read, and `values` their words and ours. `time_zone` is that of instants without an
    offset, where it is not the book's. What is `unplaced` has a place that is no right one; what is `nowhere` is not in
    the book, whatever a file is called.
    """

    files: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    header: int | None = None
    encoding: str = ""
    relation: Relation | None = None
    unplaced: bool = False
    nowhere: bool = False
    sql: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    time_zone: str = ""
    set_aside: tuple[SetAside, ...] = ()

    @property
    def file(self) -> str:
        """The files as one word, for problems of no single row."""
        return ", ".join(self.files)


class OriginKeys(Keys):
    """Reads `[databases]`, `[sources]` and `[tables]`."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: dict[str, str] = {}

    def databases(self, top: Mapping[str, Any]) -> None:
        """The addresses of the databases, by name; one that is wrong is there without an address."""
        for name, given in self.table(top.get("databases", {}), "databases").items():
            key = f"databases.{name}"
            entry = self.table(given, key, "url")
            url = self.text(
                entry, f"{key}.url", required='an address such as "postgresql://reader:${PASSWORD}@host/db"'
            )
            wrong = wrong_in_url(url) if url else None
            if wrong:
                self.wrong(f"{key}.url", *wrong)
            self.addresses[name] = "" if wrong else url

    def relation(self, entry: Mapping[str, Any], key: str) -> Relation | None:
        database, table, query, where = (
            self.text(entry, f"{key}.{name}") for name in ("database", "table", "query", "where")
        )
        if not database:
            if more := {"table", "query", "where"} & set(entry):
                self.wrong(
                    key,
                    f"{' and '.join(sorted(more))} without database",
                    'database = "…", and [databases.…] with a url',
                )
            return None
        if database not in self.addresses:
            there = ", ".join(self.addresses) or "none"
            self.wrong(
                f"{key}.database", repr(database), f"one of [databases] ({there}){near(database, self.addresses)}"
            )
            return None
        if bool(table) == bool(query):
            self.wrong(key, "both table and query" if table else "neither table nor query", "one of them")
            return None
        if not self.addresses[database]:
            return None
        found = Relation(database, self.addresses[database], table, query, where)
        texts = {"query": query, "where": f"select 1 where {where}" if where else ""}
        wrong = {name: wrong_in_query(text, found.dialect) for name, text in texts.items() if text}
        for name, what in wrong.items():
            if what:
                self.wrong(f"{key}.{name}", *what)
        return None if any(wrong.values()) else found

    def origin(self, entry: Any, key: str, known: str, table: schema.Table | None = None) -> Origin:
        entry = self.table(entry, key, known)
        files = self.texts(entry, f"{key}.file", 'a file, or several: "invoices-*.xlsx" or ["May.xlsx", "June.xlsx"]')
        sql = self.text(entry, f"{key}.sql")
        nowhere = entry.get("file") == [] and table is not None and not {"sql", "database"} & set(entry)
        if nowhere and table.name == "clients":
            self.wrong(f"{key}.file", "no file", "one, or a query: the one table that every book must have")
        if files and sql:
            self.wrong(key, "both file and sql", "one of them")
            sql = ""
        relation = self.relation(entry, key)
        if "database" in entry and (more := {"file", "sql", "sheet", "header", "encoding"} & set(entry)):
            self.wrong(key, f"database with {' and '.join(sorted(more))}", "one place for its rows")
        if not files and table is None and "database" not in entry:
            self.wrong(key, "no file", 'file = "…", or database = "…" with table = "…"')
        if sql and (more := {"sheet", "header", "encoding", "columns"} & set(entry)):
            self.wrong(key, f"sql with {' and '.join(sorted(more))}", "sql alone: name the columns in the query")
        columns = self.table(entry.get("columns", {}), f"{key}.columns", " ".join(table.columns) if table else "")
        return Origin(
            files=files,
            sheets=self.texts(entry, f"{key}.sheet", 'a sheet name, or several: ["May", "June"]'),
            header=self.header(entry, f"{key}.header"),
            encoding=self.encoding(entry, f"{key}.encoding"),
            relation=relation,
            unplaced="database" in entry and relation is None,
            nowhere=nowhere,
            sql=sql,
            # Empty says that no column of the file is it, whatever the file calls one.
            columns={
                ours: self.text(columns, f"{key}.columns.{ours}") if given != "" else ""
                for ours, given in columns.items()
            },
            formats=self.formats(entry.get("formats", {}), f"{key}.formats", table),
            values=self.values(entry.get("values", {}), f"{key}.values", table),
            time_zone=self.one_of(entry, f"{key}.time_zone", TIME_ZONES),
            set_aside=self.set_aside(entry.get("set_aside", []), f"{key}.set_aside"),
        )

    def formats(self, given: Any, key: str, table: schema.Table | None) -> dict[str, str]:
        kinds = {name: column for name, column in table.columns.items() if column.kind in SHOWN} if table else {}
        found = {}
        for name in (entry := self.table(given, key, " ".join(kinds))):
            expected = SHOWN[kinds[name].kind]
            if (text := self.text(entry, f"{key}.{name}", required=expected)) and not example(text, kinds[name]):
                self.wrong(f"{key}.{name}", repr(text), expected)
            elif text:
                found[name] = text
        return found

    def values(self, given: Any, key: str, table: schema.Table | None) -> dict[str, dict[str, str]]:
        """For each column the words of the file and ours; what ours is not one of the column's is a problem."""
        maps: dict[str, dict[str, str]] = {}
        for name, words in self.table(given, key, " ".join(table.columns) if table else "").items():
            column = table.columns[name]
            maps[name] = {}
            for word, target in self.table(words, f"{key}.{name}").items():
                ours = str(target).lower() if isinstance(target, bool) else str(target)
                if isinstance(target, str | bool | int | float) and fits(ours, column):
                    maps[name][word] = ours
                else:
                    none = ', or "" for none' if column.optional else ""
                    self.wrong(
                        f"{key}.{name}.{word!r}", printed(target), f"{column.expected}{none}{near(ours, column.values)}"
                    )
        return maps

    def header(self, table: Mapping[str, Any], key: str) -> int | None:
        row = table.get("header")
        if row is None or (isinstance(row, int) and not isinstance(row, bool) and row >= 1):
            return row
        self.wrong(key, printed(row), "the row of the header as a spreadsheet counts, such as 4")
        return None

    def encoding(self, table: Mapping[str, Any], key: str) -> str:
        name = self.text(table, key)
        if not name or known_encoding(name):
            return name
        names = ("utf-8", "utf-16", "cp1258", "cp1252", "tcvn3", "vni")
        self.wrong(key, repr(name), f"an encoding, such as {', '.join(names)}{near(name, names)}")
        return ""

    def set_aside(self, rules: Any, key: str) -> tuple[SetAside, ...]:
        if not isinstance(rules, list):
            self.wrong(key, "one table", f"a list: write [[{key}]]")
            return ()
        found = []
        for rule in rules:
            entry = self.table(rule, key, "where because")
            where = self.text(entry, f"{key}.where", required="an SQL condition")
            because = self.text(entry, f"{key}.because", required="the reason, in words")
            if where and because:
                found.append(SetAside(where, because))
        return tuple(found)

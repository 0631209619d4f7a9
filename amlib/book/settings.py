"""`book.toml`: what a book is called, how it counts money and hours, and where its tables come from."""

from __future__ import annotations

import math
import tomllib
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import pairwise
from pathlib import Path
from typing import Any

import babel
from babel.numbers import list_currencies

from amlib import schema
from amlib.book.brand import DAY, LARGEST, LEAST, Brand, colour_of, contrast, logo_of, readable
from amlib.book.cells import example, fits
from amlib.book.databases import Relation, wrong_in_query, wrong_in_url
from amlib.book.problem import BookError, Problem, near, printed
from amlib.book.reading.encodings import known as known_encoding
from amlib.business_time import WorkingHours
from amlib.health import MEASURES

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LANGUAGES = ("vi", "en")
BAD_ROWS = ("refuse", "reject")


@dataclass(frozen=True)
class Settings:
    """What holds for the whole book. `response_hours` are business hours, `response_share` a fraction of messages.

    `country` (ISO 3166) names whose public holidays count, None for nobody's. `health_weights` maps a
    segment, or "default", to measure -> weight, `health_breakpoints` a measure to its (value, points); empty where
    the defaults of `health` hold.
    """

    name: str
    currency: str
    language: str = "vi"
    time_zone: str = "Asia/Ho_Chi_Minh"
    country: str | None = "VN"
    working_hours: WorkingHours = field(default_factory=WorkingHours)
    response_hours: float = 4.0
    response_share: float = 0.9
    brand: Brand = field(default_factory=Brand)
    health_weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    health_breakpoints: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)


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
    offset, where it is not the book's. What is `unplaced` has a place that is no right one.
    """

    files: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    header: int | None = None
    encoding: str = ""
    relation: Relation | None = None
    unplaced: bool = False
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


@dataclass(frozen=True)
class Layout:
    """Where the tables are: the data folder, the named sources, and the tables that book.toml describes.

    With `bad_rows` "refuse" a row that breaks the contract of its table refuses the book, with "reject" it is left out.
    """

    data: Path
    sources: Mapping[str, Origin]
    tables: Mapping[str, Origin]
    bad_rows: str = "refuse"


def load(path: Path) -> dict[str, Any]:
    """The content of a `book.toml`; a `BookError` names the line of a syntax error."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BookError(f"{path.name} is not UTF-8 (byte {error.start + 1}). Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise BookError(f"{path.name} is not TOML: {error}. Mend that line.") from None


def read(content: Mapping[str, Any], folder: Path) -> tuple[Settings, Layout, list[Problem]]:
    """Settings and layout from the content of a `book.toml` in `folder`, with all that is wrong in it.

    A wrong value is replaced by its default, so that reading can go on and gather the problems of the tables too.
    """
    keys = _Keys()
    top = keys.table(
        content,
        "",
        "name logo accent currency language country time_zone data working_hours service_level health sources tables"
        " bad_rows databases",
    )
    keys.databases(top)
    service = keys.table(top.get("service_level", {}), "service_level", "response_hours share")
    health = keys.table(top.get("health", {}), "health", "weights breakpoints")
    settings = Settings(
        name=keys.text(top, "name", required='the name of the book, such as "Agency A"') or folder.name,
        currency=keys.one_of(top, "currency", CURRENCIES, required='an ISO 4217 code, such as "VND"') or "VND",
        language=keys.one_of(top, "language", LANGUAGES) or Settings.language,
        time_zone=(zone := keys.one_of(top, "time_zone", TIME_ZONES) or Settings.time_zone),
        country=(country := keys.country(top)),
        working_hours=keys.working_hours(top, zone, country),
        response_hours=keys.number(
            service, "service_level.response_hours", Settings.response_hours, "hours above 0", lambda hours: hours > 0
        ),
        response_share=keys.number(
            service, "service_level.share", Settings.response_share, "a share, such as 0.9", lambda x: 0 < x <= 1
        ),
        brand=Brand(accent=keys.accent(top), logo=keys.logo(top, folder)),
        health_weights=keys.weights(health),
        health_breakpoints=keys.breakpoints(health),
    )
    layout = Layout(
        data=(folder / (keys.text(top, "data") or ".")).resolve(),
        sources={
            name: keys.origin(
                entry, f"sources.{name}", "file sheet header encoding database table query where set_aside"
            )
            for name, entry in keys.table(top.get("sources", {}), "sources").items()
        },
        tables={
            name: keys.origin(
                entry,
                f"tables.{name}",
                "file sheet header encoding database table query where columns formats values time_zone sql set_aside",
                schema.TABLES[name],
            )
            for name, entry in keys.table(top.get("tables", {}), "tables", " ".join(schema.TABLES)).items()
        },
        bad_rows=keys.one_of(top, "bad_rows", BAD_ROWS) or Layout.bad_rows,
    )
    if not layout.data.is_dir():
        keys.wrong("data", repr(str(top.get("data"))), f"a folder, relative to book.toml; {layout.data.name!r} is none")
    return settings, layout, keys.problems


SHOWN = {
    **dict.fromkeys(("number", "integer"), 'the example of a cell, such as "1.234,5" or "1,234.5"'),
    **dict.fromkeys(
        ("date", "instant", "month"), 'the example of a cell, such as "31/12/2026" (day first) or "12/31/2026"'
    ),
}
CURRENCIES = frozenset(list_currencies())
TIME_ZONES = frozenset(zoneinfo.available_timezones())


class _Keys:
    """Reads values out of TOML tables and gathers what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
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

    def wrong(self, key: str, found: str, expected: str) -> None:
        self.problems.append(Problem("", found, expected, file="book.toml", column=key))

    def table(self, value: Any, key: str, known: str = "") -> dict[str, Any]:
        """The entries of a TOML table that are known; `known` empty lets all pass."""
        if not isinstance(value, Mapping):
            self.wrong(key, printed(value), f"a table [{key}]")
            return {}
        names = known.split()
        for name in value:
            if names and name not in names:
                full = f"{key}.{name}" if key else name
                self.wrong(full, "a key that does not exist", f"one of {', '.join(names)}{near(name, names)}")
        return {name: entry for name, entry in value.items() if not names or name in names}

    def text(self, table: Mapping[str, Any], key: str, required: str = "") -> str:
        value = table.get(key.rpartition(".")[2])
        if value is None and not required:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.wrong(key, "nothing" if value is None else printed(value), required or "text")
            return ""
        return value.strip()

    def one_of(self, table: Mapping[str, Any], key: str, names: Iterable[str], required: str = "") -> str:
        value = self.text(table, key, required)
        if value and value not in names:
            few = sorted(names) if len(list(names)) < 10 else []
            kinds = {"currency": "an ISO 4217 code, such as VND", "time_zone": "a time zone, such as Asia/Ho_Chi_Minh"}
            self.wrong(
                key,
                repr(value),
                ("one of " + ", ".join(few) if few else kinds[key.rpartition(".")[2]]) + near(value, names),
            )
            return ""
        return value

    def number(
        self, table: Mapping[str, Any], key: str, default: float, expected: str, fits: Callable[[float], bool]
    ) -> float:
        value = table.get(key.rpartition(".")[2], default)
        right = _is_number(value) and fits(value)
        if not right:
            self.wrong(key, printed(value), expected)
        return float(value) if right else default

    def accent(self, top: Mapping[str, Any]) -> str:
        given = self.text(top, "accent")
        colour = colour_of(given)
        if given and colour is None:
            self.wrong("accent", printed(given), "a colour such as '#1f5fa8'")
        elif colour and (found := contrast(colour, DAY)) < LEAST:
            what = f"a contrast of at least {LEAST} on white, to be readable: the nearest is {readable(colour, DAY)!r}"
            self.wrong("accent", f"{given!r}, whose contrast is {math.floor(10 * found) / 10}", what)
        else:
            return colour or ""
        return ""

    def logo(self, top: Mapping[str, Any], folder: Path) -> str:
        given, expected = self.text(top, "logo"), f"a PNG, JPEG, WebP or SVG of at most {LARGEST} KB, beside book.toml"
        try:
            return logo_of(folder / given) if given else ""
        except OSError:
            self.wrong("logo", f"{given!r}, which cannot be read", expected)
        except ValueError as error:
            self.wrong("logo", f"{given!r}, {error}", expected)
        return ""

    def country(self, top: Mapping[str, Any]) -> str | None:
        value = top.get("country", Settings.country)
        if value == "":
            return None
        if isinstance(value, str) and value.isalpha() and value in babel.Locale("en").territories:
            # Not every territory has a calendar of public holidays: EU has none.
            with suppress(ValueError):
                return WorkingHours(country=value).country
        self.wrong("country", printed(value), 'an ISO 3166 code, such as VN, or "" for no public holidays')
        return Settings.country

    def working_hours(self, top: Mapping[str, Any], zone: str, country: str | None) -> WorkingHours:
        default = WorkingHours()
        entry = self.table(top.get("working_hours", {}), "working_hours", "weekdays hours")
        return WorkingHours(
            periods=self.periods(entry["hours"]) if "hours" in entry else default.periods,
            weekdays=self.weekdays(entry["weekdays"]) if "weekdays" in entry else default.weekdays,
            country=country,
            time_zone=zone,
        )

    def weekdays(self, names: Any) -> tuple[int, ...]:
        key, days = "working_hours.weekdays", []
        for name in names if isinstance(names, list) and names else [names]:
            hits = [i for i, day in enumerate(WEEKDAYS) if isinstance(name, str) and name.lower() in (day, day[:3])]
            if not hits:
                hint = near(name, WEEKDAYS) if isinstance(name, str) else ""
                self.wrong(key, printed(name), f'weekdays such as ["mon", "tue"] or ["monday"]{hint}')
            days += hits
        return tuple(sorted(set(days))) or WorkingHours().weekdays

    def periods(self, hours: Any) -> tuple[tuple[time, time], ...]:
        key, periods = "working_hours.hours", []
        for text in hours if isinstance(hours, list) and hours else [hours]:
            try:
                # To the minute and without an offset, as a saved book keeps them.
                start, end = (datetime.strptime(part.strip(), "%H:%M").time() for part in text.split("-"))
            except (AttributeError, ValueError):
                self.wrong(key, printed(text), 'hours such as ["08:30-12:00", "13:30-17:30"]')
                continue
            if start >= end:
                self.wrong(key, repr(text), "hours that end after they start, on the same day")
            else:
                periods.append((start, end))
        periods.sort()
        for (_, end), (start, _) in pairwise(periods):
            if start < end:
                self.wrong(key, f"{start:%H:%M} before {end:%H:%M}", "hours that do not overlap")
                return WorkingHours().periods
        return tuple(periods) or WorkingHours().periods

    def weights(self, health: Mapping[str, Any]) -> dict[str, dict[str, float]]:
        weights = {}
        for segment, given in self.table(health.get("weights", {}), "health.weights").items():
            key = f"health.weights.{segment}"
            entry = self.table(given, key, " ".join(MEASURES))
            weights[segment] = {
                measure: self.number(entry, f"{key}.{measure}", 0.0, "a weight of at least 0", lambda x: x >= 0)
                for measure in entry
            }
            if given == {} or (entry and not any(entry.values())):
                self.wrong(key, "no weight above 0", "at least one")
        return weights

    def breakpoints(self, health: Mapping[str, Any]) -> dict[str, tuple[tuple[float, float], ...]]:
        found = {}
        for measure, line in self.table(
            health.get("breakpoints", {}), "health.breakpoints", " ".join(MEASURES)
        ).items():
            if wrong := _wrong_in_line(line):
                self.wrong(f"health.breakpoints.{measure}", *wrong)
            else:
                found[measure] = tuple((float(value), float(points)) for value, points in line)
        return found

    def origin(self, entry: Any, key: str, known: str, table: schema.Table | None = None) -> Origin:
        entry = self.table(entry, key, known)
        files = self.texts(entry, f"{key}.file", 'a file, or several: "invoices-*.xlsx" or ["May.xlsx", "June.xlsx"]')
        sql = self.text(entry, f"{key}.sql")
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

    def texts(self, table: Mapping[str, Any], key: str, expected: str) -> tuple[str, ...]:
        given = table.get(key.rpartition(".")[2], [])
        texts = [given] if isinstance(given, str) else given
        if isinstance(texts, list) and all(isinstance(text, str) and text.strip() for text in texts):
            return tuple(text.strip() for text in texts)
        self.wrong(key, printed(given), expected)
        return ()

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


def _wrong_in_line(line: Any) -> tuple[str, str] | None:
    """What is found and what was expected where breakpoints are no pairs (value, points) with rising values."""
    pairs = "pairs of a value and its points, such as [[0.5, 0], [1, 100]]"
    if not isinstance(line, list) or len(line) < 2:
        return printed(line), f"at least two {pairs}"
    for pair in line:
        if not isinstance(pair, list) or len(pair) != 2 or not all(_is_number(number) for number in pair):
            return printed(pair), pairs
        if not 0 <= pair[1] <= 100:
            return f"{printed(pair[1])} points at {printed(pair[0])}", "points from 0 to 100"
    for (value, _), (after, _) in pairwise(line):
        if value == after:
            return f"the value {printed(value)} twice", "each value once: two may not overlap"
        if value > after:
            return f"{printed(after)} after {printed(value)}", "values in rising order"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

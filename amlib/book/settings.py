"""`book.toml`: what a book is called, how it counts money and hours, and where its tables come from."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import pairwise
from pathlib import Path
from typing import Any

import babel

from amlib import schema
from amlib.book.brand import DAY, LARGEST, LEAST, Brand, colour_of, contrast, logo_of, readable
from amlib.book.keys import CURRENCIES, TIME_ZONES, is_number
from amlib.book.origins import Origin, OriginKeys
from amlib.book.problem import BookError, Problem, near, printed
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


class _Keys(OriginKeys):
    """Reads what holds for the whole book as well."""

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


def _wrong_in_line(line: Any) -> tuple[str, str] | None:
    """What is found and what was expected where breakpoints are no pairs (value, points) with rising values."""
    pairs = "pairs of a value and its points, such as [[0.5, 0], [1, 100]]"
    if not isinstance(line, list) or len(line) < 2:
        return printed(line), f"at least two {pairs}"
    for pair in line:
        if not isinstance(pair, list) or len(pair) != 2 or not all(is_number(number) for number in pair):
            return printed(pair), pairs
        if not 0 <= pair[1] <= 100:
            return f"{printed(pair[1])} points at {printed(pair[0])}", "points from 0 to 100"
    for (value, _), (after, _) in pairwise(line):
        if value == after:
            return f"the value {printed(value)} twice", "each value once: two may not overlap"
        if value > after:
            return f"{printed(after)} after {printed(value)}", "values in rising order"
    return None

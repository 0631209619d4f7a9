"""Business time: the hours an agency works, and how many of them lie between two moments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays
import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from amlib.schema import FIRST_DAY, LAST_DAY

FIRST_YEAR, LAST_YEAR = FIRST_DAY.year, LAST_DAY.year


@dataclass(frozen=True)
class WorkingHours:
    """When the agency works, in local wall-clock time.

    `periods` are (opens, closes) pairs in the order of the day. `weekdays` counts Monday as 0.
    `country` (ISO 3166, such as "VN") names whose public holidays are free and whose make-up
    Saturdays are worked; None knows neither. A day is worked in full or not at all: there are no
    half days. Raises `ValueError` for hours that contradict themselves and for an unknown country
    or time zone.
    """

    periods: tuple[tuple[time, time], ...] = ((time(8, 30), time(12)), (time(13, 30), time(17, 30)))
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    country: str | None = "VN"
    time_zone: str = "Asia/Ho_Chi_Minh"

    def __post_init__(self) -> None:
        # Lists come from TOML and notebooks; tuples can be hashed, and so calendars cached.
        object.__setattr__(self, "periods", tuple((opens, closes) for opens, closes in self.periods))
        object.__setattr__(self, "weekdays", tuple(self.weekdays))
        spoken = ", ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in self.periods)
        if not self.periods:
            raise ValueError("working hours have no period: give at least one, such as 08:30-17:30")
        if any(opens >= closes for opens, closes in self.periods):
            raise ValueError(f"working hours {spoken}: every period must open before it closes, on the same day")
        if any(closes > opens for (_, closes), (opens, _) in pairwise(self.periods)):
            raise ValueError(f"working hours {spoken}: periods must follow each other and not overlap")
        if not self.weekdays or not set(self.weekdays) <= set(range(7)):
            raise ValueError(f"working weekdays are {self.weekdays}: give some of 0 (Monday) to 6 (Sunday)")
        if self.country is not None:
            _entity(self.country)
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"time zone {self.time_zone!r} is unknown: use a name such as Asia/Ho_Chi_Minh") from error

    @property
    def seconds_per_day(self) -> int:
        """Seconds of work in a working day."""
        return sum(_of_day(closes) - _of_day(opens) for opens, closes in self.periods)

    @property
    def years(self) -> tuple[int, int]:
        """The first and last year whose public holidays are known, within 1970 to 2100."""
        if self.country is None:
            return FIRST_YEAR, LAST_YEAR
        entity = _entity(self.country)
        return max(entity.start_year, FIRST_YEAR), min(entity.end_year, LAST_YEAR)

    def works_on(self, day: date) -> bool:
        """Whether `day` is a working day: a make-up day is one, a public holiday is not."""
        free, made_up = _public_days(self.country, day.year)
        return day in made_up or (day.weekday() in self.weekdays and day not in free)

    def working_day_from(self, day: pd.Timestamp) -> pd.Timestamp:
        """`day`, or the next working day where it is none."""
        while not self.works_on(day.date()):
            day += pd.Timedelta(days=1)
        return day

    def calendar(self, first: date, last: date) -> pd.DataFrame:
        """One row per day from `first` to `last`: day, works (bool), worked_seconds, before.

        `before` counts the working seconds from `first` up to the start of the day.
        """
        days = pd.date_range(first, last, freq="D", unit="us")
        public = [_public_days(self.country, year) for year in range(first.year, last.year + 1)]
        free, made_up = (pd.DatetimeIndex(sorted(set().union(*kind))) for kind in zip(*public, strict=True))
        works = pd.Series(days.isin(made_up) | (days.day_of_week.isin(self.weekdays) & ~days.isin(free)))
        worked = works.astype("int64") * self.seconds_per_day
        return pd.DataFrame({"day": days, "works": works, "worked_seconds": worked, "before": worked.cumsum() - worked})

    def due(self, start: datetime, hours: float) -> datetime:
        """The moment at which `hours` of work have passed since `start` (wall-clock or zoned time)."""
        left = timedelta(hours=hours)
        for opens, closes in self._openings(start):
            begins = max(start, opens)
            if begins < closes and left <= closes - begins:
                return begins + left
            left -= max(closes - begins, timedelta(0))
        raise AssertionError("the calendar never ends")

    def _openings(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        day = start.date()
        while True:
            if self.works_on(day):
                for period in self.periods:
                    yield tuple(datetime.combine(day, edge, tzinfo=start.tzinfo) for edge in period)
            day += timedelta(days=1)


def with_business_hours(table: ir.Table, start: str, end: str, hours: WorkingHours, *, name: str) -> ir.Table:
    """`table` with a column `name`: the business hours from the instant `start` to the instant `end`.

    Both are wall-clock times, counted to the second. Time outside the working hours does not count,
    so an answer at night to a message of the same night took 0 hours. Null where either instant is
    null. A table of an engine is asked by one small query which years the calendar must reach; the rest
    is an expression, computed where the rows are. A table without an engine (`ibis.table`) gets the whole
    calendar, and null for instants outside `hours.years`. Raises `ValueError` for years whose holidays
    nobody knows, and where the data of an engine has an `end` before its `start`.
    """
    if not table.op().find(ops.UnboundTable):
        (backwards,) = table.aggregate(n=table.count(where=table[end] < table[start])).to_pyarrow()["n"].to_pylist()
        if backwards:
            raise ValueError(f"{backwards} rows have {end} before {start}: correct them or leave them out")
    table = with_business_seconds(table, start, end, hours, name=name)
    return table.mutate((table[name] / 3600).name(name))


def with_business_seconds(table: ir.Table, start: str, end: str, hours: WorkingHours, *, name: str) -> ir.Table:
    """As `with_business_hours`, in whole seconds of work (int64), of rows that are known to end after they start."""
    years = hours.years if table.op().find(ops.UnboundTable) else _years(table, start, end)
    if years is None:
        return table.mutate(ibis.null("int64").name(name))
    calendar = _calendar(hours, *years)
    # Before the join, so that engines work the clock out once for each instant and not at each of its uses.
    clocks = {_key(column, "clock"): seconds_of_day(table[column]) for column in (start, end)}
    table = table.mutate(**clocks)
    for column in (start, end):
        day = calendar.select(**{_key(column, part): calendar[part] for part in calendar.columns})
        table = table.left_join(day, table[column].date() == day[_key(column, "day")])
    passed = {column: _seconds_before(table, column, hours) for column in (start, end)}
    table = table.mutate((passed[end] - passed[start]).name(name))
    return table.drop(*(_key(column, part) for column in (start, end) for part in ("clock", *calendar.columns)))


def _years(table: ir.Table, start: str, end: str) -> tuple[int, int] | None:
    """The first and last year of two columns; None without any value."""
    asked = table.aggregate(
        first_start=table[start].min().year(),
        first_end=table[end].min().year(),
        last_start=table[start].max().year(),
        last_end=table[end].max().year(),
    )
    (found,) = asked.to_pyarrow().to_pylist()
    years = [year for year in found.values() if year is not None]
    return (min(years), max(years)) if years else None


def _seconds_before(table: ir.Table, column: str, hours: WorkingHours) -> ir.NumericValue:
    """Working seconds from the calendar's first day to the instant in `column`."""
    clock = table[_key(column, "clock")]
    # By cases, which DuckDB works out six times as fast as the least and greatest of clock and edges.
    passed, cases = 0, []
    for opens, closes in ((_of_day(opens), _of_day(closes)) for opens, closes in hours.periods):
        cases += [(clock <= opens, passed), (clock < closes, clock - (opens - passed))]
        passed += closes - opens
    today = ibis.cases(*cases, else_=passed)
    return table[_key(column, "before")] + ibis.ifelse(table[_key(column, "works")], today, 0)


def _key(column: str, part: str) -> str:
    return f"{column}_calendar_{part}"


def _of_day(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def seconds_of_day(moment: ir.TimestampValue) -> ir.IntegerValue:
    """Whole seconds since midnight of a column of instants."""
    return moment.hour() * 3600 + moment.minute() * 60 + moment.second()


@cache
def _calendar(hours: WorkingHours, first_year: int, last_year: int) -> ir.Table:
    frame = hours.calendar(date(first_year, 1, 1), date(last_year, 12, 31))[["day", "works", "before"]]
    table = ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False))
    return table.mutate(day=table.day.date())


def _entity(country: str) -> type[holidays.HolidayBase]:
    try:
        return type(holidays.country_holidays(country))
    except NotImplementedError as error:
        raise ValueError(f"country {country!r} has no calendar of public holidays: use a code such as VN") from error


@cache
def _public_days(country: str | None, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """(public holidays, make-up working days) of a year; an unknown year is an error, never 'no holiday'."""
    if country is None:
        return frozenset(), frozenset()
    entity = _entity(country)
    if not entity.start_year <= year <= entity.end_year:
        raise ValueError(
            f"the public holidays of {country} are known from {entity.start_year} to {entity.end_year}, "
            f"but the data reaches {year}: correct the date"
        )
    # Substitute days may come from the turn of a neighbouring year.
    known = entity(years=[y for y in (year - 1, year, year + 1) if entity.start_year <= y <= entity.end_year])
    made_up = frozenset(day for day in known.weekend_workdays if day.year == year)
    return frozenset(day for day in known if day.year == year), made_up

"""The tables of a book, each made when it is first asked for: all rows, those known by a month, those of a client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from amlib import schema

if TYPE_CHECKING:
    from amlib.book.inplace import InPlace


class Source(Protocol):
    """Where the tables of a book come from.

    `hashes` has the hash of a table's content, and `fingerprint` that of the book, where they are known already;
    `fingerprints` then has that of each client's book.
    """

    hashes: Mapping[str, str]
    fingerprint: str | None

    def fingerprints(self) -> Mapping[str, str]:
        """client_id -> fingerprint; only where `fingerprint` is known."""

    def table(self, name: str) -> pd.DataFrame:
        """All rows of a table."""

    def of_client(self, name: str, client_id: str) -> pd.DataFrame:
        """The rows of a table that belong to a client; all rows of a table that belongs to nobody."""

    def some(self, name: str, columns: Sequence[str], client_id: str | None) -> pd.DataFrame:
        """Some columns of a table, or of the rows of it that belong to a client."""

    def in_place(self, name: str, client_id: str | None) -> InPlace | None:
        """A table that stays in its files, or the rows of it that belong to a client; None where it is held."""

    def answer(self, asked: str, compute: Callable[[], pd.DataFrame], client_id: str | None) -> pd.DataFrame:
        """The rows of a client (all where None) in what `compute` says of all clients, remembered by `asked`."""


class Tables(Mapping[str, pd.DataFrame]):
    """Every table of `schema.TABLES` by name, read or cut when it is first used.

    `client` says whose rows alone these are, `month` at the end of which they were known; None for all.
    """

    def __init__(
        self, source: Source, client: str | None = None, month: pd.Period | None = None, later: Tables | None = None
    ) -> None:
        self.source, self.client, self.month = source, client, month
        self._later = later
        self._made: dict[str, pd.DataFrame] = {}
        self._places: dict[str, InPlace | None] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._made:
            self._made[name] = self._make(schema.TABLES[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(schema.TABLES)

    def __len__(self) -> int:
        return len(schema.TABLES)

    def in_place(self, name: str) -> InPlace | None:
        """A table that stays in its files, cut as these are; None for one that is held in memory."""
        if name not in self._places:
            later = self.source.in_place(name, self.client) if self._later is None else self._later.in_place(name)
            self._places[name] = later if later is None or self._later is None else later.as_of(self.month)
        return self._places[name]

    def count(self, name: str) -> int:
        """How many rows a table has."""
        found = self.in_place(name) if name not in self._made else None
        return len(self[name]) if found is None else len(found)

    def some(self, name: str, *columns: str) -> pd.DataFrame:
        """Some columns of a table; one of all clients is not read whole for them."""
        if name in self._made or self.client is not None:
            return self[name][list(columns)]
        if (found := self.in_place(name)) is not None:
            return found.frame(columns)
        if self._later is None:
            return self.source.some(name, columns, self.client)
        table = schema.TABLES[name]
        dated = [table.known_on, *(column.known_on for column in table.columns.values())]
        needed = dict.fromkeys([*columns, *(date for date in dated if date)])
        return as_of(table, self._later.some(name, *needed), self.month)[list(columns)]

    def owned(self, name: str, first: str, last: str, *columns: str) -> pd.DataFrame:
        """The rows of a table that belong to the clients from `first` to `last`, with some of its columns."""
        if (found := self.with_owner(name)) is not None:
            return found.owned(first, last).frame(columns)
        return self[name].loc[self.owners(name).between(first, last), list(columns)].reset_index(drop=True)

    def filled(self, name: str, column: str) -> bool:
        """Whether any row of a table has a value in a column."""
        found = self.in_place(name)
        return bool(self[name][column].notna().any()) if found is None else found.tally.filled(column) > 0

    def days(self, name: str) -> tuple[pd.Timestamp, pd.Timestamp]:
        """The first and the last day by which rows of a table became known; NaT without any."""
        if (found := self.in_place(name)) is not None:
            return found.days
        known_on = schema.TABLES[name].known_on
        known = day(self.some(name, known_on)[known_on])
        return known.min(), known.max()

    def known_in(self, name: str, first: pd.Period, last: pd.Period, *columns: str) -> pd.DataFrame:
        """The rows of a table that became known from the month `first` to the month `last`; some columns, or all."""
        if (found := self.in_place(name)) is not None:
            return found.known_in(first, last).frame(columns)
        known = day(self[name][schema.TABLES[name].known_on])
        rows = (known >= first.to_timestamp()) & (known < (last + 1).to_timestamp())
        return self[name].loc[rows, list(columns or self[name])].reset_index(drop=True)

    def _make(self, table: schema.Table) -> pd.DataFrame:
        if (found := self.in_place(table.name)) is not None:
            return found.frame()
        if self._later is not None:
            return as_of(table, self._later[table.name], self.month)
        if self.client is not None:
            return self.source.of_client(table.name, self.client)
        return self.source.table(table.name)

    def as_of(self, month: pd.Period) -> Tables:
        """The same rows, as they were known at the end of a month."""
        if self.month is not None and self.month <= month:
            return self
        return Tables(self.source, self.client, month, self if self._later is None else self._later)

    def of_client(self, client_id: str) -> Tables:
        """The rows of one client, known as these are."""
        mine = Tables(self.source, client_id)
        return mine if self.month is None else mine.as_of(self.month)

    @property
    def whole(self) -> Tables:
        """The rows of all clients, known as these are."""
        if self.client is None:
            return self
        everything = Tables(self.source)
        return everything if self.month is None else everything.as_of(self.month)

    def hash(self, name: str) -> str | None:
        """The hash of a table's content, if it is known already."""
        if (found := self.in_place(name)) is not None:
            return found.hash
        return self.source.hashes.get(name) if self.client is None and self.month is None else None

    def owners(self, name: str) -> pd.Series | None:
        """Whose each row is, null for nobody's; None for a table that belongs to no client.

        Links lead through all rows there are: a cost belongs to the client of a project that was not known yet.
        """
        return owners(name, self[name], self._some_of_all)

    def with_owner(self, name: str) -> InPlace | None:
        """As `in_place`, with the column `OWNER` beside: whose each row is, as `owners` has it."""
        if (found := self.in_place(name)) is None or found.has_owner:
            return found
        if "client_id" in found.table.columns:
            return found.with_owner("client_id")
        column, link = owned_through(name)
        return found.with_owner(column, _by_key(link, self._some_of_all))

    def _some_of_all(self, name: str, *columns: str) -> pd.DataFrame:
        return self.source.some(name, columns, None)


class Held:
    """Tables held in memory or left where they are, and the answers to what was asked of them for one client."""

    hashes: Mapping[str, str] = {}
    fingerprint = None

    def __init__(self, frames: Mapping[str, pd.DataFrame], in_place: Mapping[str, InPlace] = {}) -> None:
        self._frames, self._in_place = frames, in_place
        self._owners: dict[str, pd.Series | None] = {}
        self._answers: dict[str, pd.DataFrame] = {}

    def table(self, name: str) -> pd.DataFrame:
        return self._in_place[name].frame() if name in self._in_place else self._frames[name]

    def of_client(self, name: str, client_id: str) -> pd.DataFrame:
        rows = self.table(name)
        if name not in self._owners:
            self._owners[name] = owners(name, rows, lambda of, *columns: self.some(of, columns, None))
        whose = self._owners[name]
        return rows.reset_index(drop=True) if whose is None else rows[whose == client_id].reset_index(drop=True)

    def some(self, name: str, columns: Sequence[str], client_id: str | None) -> pd.DataFrame:
        if client_id is None and name in self._in_place:
            return self._in_place[name].frame(columns)
        rows = self.table(name) if client_id is None else self.of_client(name, client_id)
        return rows[list(columns)]

    def in_place(self, name: str, client_id: str | None) -> InPlace | None:
        found = self._in_place.get(name)
        if found is None or client_id is None:
            return found
        return found.where(*self._leading(name, client_id))

    def _leading(self, name: str, client_id: str) -> tuple[str, list[str]]:
        """The column of a table by which its rows belong to a client, and the client's values of it."""
        if "client_id" in schema.TABLES[name].columns:
            return "client_id", [client_id]
        column, target = owned_through(name)
        table, key = target.split(".")
        theirs = self.in_place(table, client_id)
        theirs = self.of_client(table, client_id) if theirs is None else theirs.frame()
        return column, theirs[key].dropna().unique().tolist()

    def answer(self, asked: str, compute: Callable[[], pd.DataFrame], client_id: str | None) -> pd.DataFrame:
        if client_id is None:
            return compute()
        if asked not in self._answers:
            self._answers[asked] = compute()
        found = self._answers[asked]
        return found[found["client_id"] == client_id].reset_index(drop=True)


def owners(name: str, rows: pd.DataFrame, some: Callable[..., pd.DataFrame]) -> pd.Series | None:
    """The client_id of each of `rows`, through their links to other tables; None where rows belong to no client.

    `some` gives of a table, by name, all rows with the columns that are named after it.
    """
    if "client_id" in rows:
        return rows["client_id"]
    if (through := owned_through(name)) is None:
        return None
    column, link = through
    return rows[column].map(_by_key(link, some)).astype("str")


def _by_key(link: str, some: Callable[..., pd.DataFrame]) -> pd.Series:
    """The client of each row of a table that is linked to, by the column that it is linked by."""
    target, key = link.split(".")
    leads = "client_id" if "client_id" in schema.TABLES[target].columns else owned_through(target)[0]
    there = some(target, key, leads)
    by_key = pd.Series(owners(target, there, some).array, index=there[key].array)
    return by_key[~by_key.index.duplicated()]


@lru_cache
def owned_through(name: str) -> tuple[str, str] | None:
    """The column by which rows of a table without client_id lead to a client's, and what it links to; else None."""
    for column, link in schema.TABLES[name].links.items():
        target = link.split(".")[0]
        if "client_id" in schema.TABLES[target].columns or (target != name and owned_through(target)):
            return column, link
    return None


def as_of(table: schema.Table, rows: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """The rows of a table that were known at the end of a month, with what was known of them."""
    end = (month + 1).to_timestamp()
    dated = {column.known_on for column in table.columns.values()} | {table.known_on}
    later = {name: hidden for name in dated if name in rows and (hidden := day(rows[name]) >= end).any()}
    columns = {name: column for name, column in table.columns.items() if name in rows}
    unknown = {name: column.known_on for name, column in columns.items() if column.known_on in later}
    if table.known_on in later and not table.columns[table.known_on].known_on:
        rows = rows[~later[table.known_on]]
    if unknown:
        rows = rows.assign(**{name: rows[name].mask(later[known_on]) for name, known_on in unknown.items()})
    return rows.reset_index(drop=True)


def day(known: pd.Series) -> pd.Series:
    """Dates, instants or months as local days without a zone; a month is known from its first day."""
    if isinstance(known.dtype, pd.PeriodDtype):
        return known.dt.to_timestamp()
    return known.dt.tz_localize(None) if isinstance(known.dtype, pd.DatetimeTZDtype) else known

"""The client book: typed, checked tables of one agency, in one currency."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from amlib import schema
from amlib.book.problem import BookError, near
from amlib.book.settings import Settings
from amlib.book.tables import Held, Tables

SET_ASIDE = {
    "table": "str",
    "file": "str",
    "sheet": "str",
    "row": "int64",
    "reason": "str",
    "values": "str",
    "rejected": "bool",
}


@dataclass(frozen=True, eq=False, repr=False)
class Book:
    """What an agency knows of its clients. Every table of `schema.TABLES` is there, also as an attribute.

    Tables are read, or cut out of those they rest on, when they are first used.

    A table the book does not have is an empty frame with its columns, and is named in `missing`. Money is
    in the book's currency (`settings.currency`); tables with money also have `original_currency` and
    `rate`, where amount ÷ rate is the amount as it was billed. `set_aside` lists the rows that book.toml
    says to leave out, with the reason; `notes` says what else a reader should know about the files.
    The frames are shared between books: do not change them.
    """

    path: Path
    settings: Settings
    tables: Mapping[str, pd.DataFrame]
    missing: tuple[str, ...]
    set_aside: pd.DataFrame
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.tables, Tables):
            object.__setattr__(self, "tables", Tables(Held(self.tables)))

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name in schema.TABLES:
            return self.tables[name]
        hint = "" if name.startswith("_") else near(name, schema.TABLES)
        raise AttributeError(f"a book has no table {name!r} (it has: {', '.join(schema.TABLES)}){hint}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *schema.TABLES]

    def __repr__(self) -> str:
        there = (name for name in self.tables if name not in self.missing)
        rows = ", ".join(f"{name} {self.tables.count(name):,}" for name in there)
        aside = f"; {len(self.set_aside):,} rows set aside" if len(self.set_aside) else ""
        return f"<Book {self.settings.name!r} in {self.settings.currency}: {rows}{aside}>"

    @property
    def client(self) -> str | None:
        """Whose rows alone this book has; None for the book of all clients."""
        return self.tables.client

    def as_of(self, month: str | pd.Period) -> Book:
        """The book as it was known at the end of `month` ("2026-10").

        Rows that became known later (`known_on` of their table) are left out, and so are values that became
        known later (`known_on` of their column): they are null. Where the day it became known is itself
        empty, row or value stays. Links are not followed: a payment on account stays before its invoice.
        """
        tables = self.tables.as_of(pd.Period(month, "M"))
        return self if tables is self.tables else replace(self, tables=tables)

    def of_client(self, client_id: str) -> Book:
        """The rows of one client in all tables, through their links (costs by project, payments by invoice).

        Account managers, targets, exchange rates and salaries stay whole. The rows set aside are left out:
        nobody knows whose they are. Raises `BookError` for an id that the book does not have.
        """
        mine = self.tables.of_client(client_id)
        if mine["clients"].empty:
            ids = self.tables.whole["clients"]["client_id"]
            raise BookError(f"The book has no client {client_id!r} (it has {len(ids):,}){near(client_id, ids)}")
        return replace(self, tables=mine, set_aside=self.set_aside.iloc[:0])

    def lately(self, months: int) -> Book:
        """The book with the last months alone of those tables that stay where they are; itself where none does."""
        places = {name: self.tables.in_place(name) for name in schema.TABLES}
        if all(found is None for found in places.values()):
            return self
        first, last = self.known_until - months + 1, self.known_until
        rows = {
            name: self.tables[name] if found is None else found.known_in(first, last).frame()
            for name, found in places.items()
        }
        return replace(self, tables=Tables(Held(rows)))

    def for_clients(self) -> Book:
        """The book of all clients with nothing in it that is the agency's own affair.

        Internal tables of `schema` are empty and `missing`, internal columns are null; what was set aside or noted is
        left out. Whose rows are whose stays: `of_client` cuts out what one of them may see.
        """
        seen, in_place = {}, {}
        for name, table in schema.TABLES.items():
            found = None if table.internal else self.tables.in_place(name)
            if found is None:
                seen[name] = _seen_by_clients(table, self.tables[name])
            else:
                in_place[name] = found.hiding([column for column, of in table.columns.items() if of.internal])
        missing = tuple(name for name, table in schema.TABLES.items() if table.internal or name in self.missing)
        return replace(self, tables=Tables(Held(seen, in_place)), missing=missing, set_aside=nothing_aside(), notes=())

    def answer(self, question: object, compute: Callable[[Book], pd.DataFrame]) -> pd.DataFrame:
        """What `compute` says of all clients; in the book of one client, that client's rows of it.

        So a client is seen among all others (white space, medians), and what every client's page asks is
        computed once: a saved book keeps the answer for all processes, one in memory for the books of its clients.
        `compute` gets the book of all clients, known as this one is, and returns a frame; what the book of one client
        asks has a column client_id.
        `question`, of texts, numbers, months and lists of them, tells it from every other one and holds all that
        it depends on beside the book. The answer is shared: do not change it.
        """
        asked = json.dumps([question, self.tables.month, self._setting], default=str)
        return self.tables.source.answer(asked, lambda: compute(replace(self, tables=self.tables.whole)), self.client)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each table has that the book does not lack; of a saved book's, counted once."""
        there = [name for name in schema.TABLES if name not in self.missing]
        compute = _counted if self.client is None else _counted_by_client
        counted = self.answer(["rows of each table", self.client is None], compute)
        if counted.empty:
            return {name: self.tables.count(name) for name in there}
        return {name: int(counted[name].iloc[0]) for name in there}

    def between(self, name: str, first: str | pd.Period, last: str | pd.Period, *columns: str) -> pd.DataFrame:
        """The rows of a table that became known from the month `first` to the month `last`, both included.

        Of all columns but where some are named. Raises `BookError` for a table that there is not, `ValueError` for one
        without such a date (salaries).
        """
        if name not in schema.TABLES:
            hint = near(name, schema.TABLES)
            raise BookError(f"A book has no table {name!r} (it has: {', '.join(schema.TABLES)}){hint}")
        if not schema.TABLES[name].known_on:
            raise ValueError(f"{name} has no date by which its rows became known")
        return self.tables.known_in(name, pd.Period(first, "M"), pd.Period(last, "M"), *columns)

    @cached_property
    def last_month(self) -> pd.Period:
        """The last month with an invoice; without invoices, the last month in which any row became known."""
        days = [self.tables.days("invoices")[1]]
        if pd.isna(days[0]):
            days += [self.tables.days(name)[1] for name, table in schema.TABLES.items() if table.known_on]
        days = [one for one in days if not pd.isna(one)]
        if not days:
            raise BookError(f"The book {self.settings.name!r} has no date in any table, so no last month.")
        return max(days).to_period("M")

    @cached_property
    def known_until(self) -> pd.Period:
        """The last month in which anything happened: `last_month`, or a later one of any table but those of plans.

        Clients, people, targets, rates and bands set by hand may stand in the book before their day.
        """
        days = [self.tables.days(name)[1] for name, table in schema.TABLES.items() if table.happens]
        return max([self.last_month, *(one.to_period("M") for one in days if not pd.isna(one))])

    @cached_property
    def fingerprint(self) -> str:
        """A hash of settings and tables: the same for the same content, whatever files it was read from.

        Of a large table that stays in its files it is the files that are hashed.
        """
        return self._fingerprint(self.hashes)

    @cached_property
    def hashes(self) -> Mapping[str, str]:
        """Table -> a hash of its rows and columns."""
        return {name: self.tables.hash(name) or self._hash(name) for name in schema.TABLES}

    @cached_property
    def fingerprints(self) -> Mapping[str, str]:
        """client_id -> the `fingerprint` of that client's book: equal if and only if all that it holds is equal.

        That is the client's rows in their order, the settings, and the tables that belong to no client (account
        managers, targets, rates, salaries). An `answer` may rest on other clients as well, which this hash does
        not see: a page that shows one is the same only as long as `fingerprint` is.
        """
        source = self.tables.source
        if source.fingerprint and source.fingerprint == self.fingerprint:
            return source.fingerprints()
        places, told, shared = {}, {}, {}
        for name in schema.TABLES:
            if (found := self.tables.with_owner(name)) is not None:
                told[name] = found.by_owner()["hash"].to_dict()
            elif (owners := self.tables.owners(name)) is not None:
                places[name] = owners.groupby(owners.to_numpy()).indices
            else:
                shared[name] = self.hashes[name]
        nobodys = np.array([], dtype=int)

        def of(client_id: str) -> str:
            own = {name: self._hash(name, at.get(client_id, nobodys)) for name, at in places.items()}
            own |= {name: hashes.get(client_id, "") for name, hashes in told.items()}
            return self._fingerprint(shared | own)

        return {client_id: of(client_id) for client_id in self.tables["clients"]["client_id"]}

    def _fingerprint(self, hashes: Mapping[str, str]) -> str:
        return sha256("\n".join([self._setting, *(hashes[name] for name in schema.TABLES)]).encode()).hexdigest()

    def _hash(self, name: str, places: np.ndarray | slice = slice(None)) -> str:
        columns, rows = self._of_rows(name)
        return sha256(json.dumps(columns).encode() + rows[places].tobytes()).hexdigest()

    def _of_rows(self, name: str) -> tuple[list[str], np.ndarray]:
        """The columns of a table and a hash of each row."""
        if name not in self._hashed:
            rows = self.tables[name]
            self._hashed[name] = list(rows), pd.util.hash_pandas_object(rows, index=False).to_numpy()
        return self._hashed[name]

    @cached_property
    def _hashed(self) -> dict[str, tuple[list[str], np.ndarray]]:
        return {}

    @cached_property
    def _setting(self) -> str:
        settings = {name: value for name, value in asdict(self.settings).items() if name != "brand"}
        return json.dumps([settings, self.missing], sort_keys=True, default=str)


def nothing_aside() -> pd.DataFrame:
    """`Book.set_aside` of a book that leaves out no row."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in SET_ASIDE.items()})


def _seen_by_clients(table: schema.Table, rows: pd.DataFrame) -> pd.DataFrame:
    if table.internal:
        return rows.iloc[:0]
    hidden = np.full(len(rows), True)
    return rows.assign(**{name: rows[name].mask(hidden) for name, column in table.columns.items() if column.internal})


def _counted(whole: Book) -> pd.DataFrame:
    """The number of rows of each table, in one row."""
    return pd.DataFrame([{name: whole.tables.count(name) for name in whole.tables}])


def _counted_by_client(whole: Book) -> pd.DataFrame:
    """client_id, and the number of rows that each client has of each table; all of them of one that all share."""
    found = pd.DataFrame({"client_id": whole.clients["client_id"]})
    for name in whole.tables:
        if (stays := whole.tables.with_owner(name)) is not None:
            found[name] = found["client_id"].map(stays.by_owner()["rows"])
        elif (owners := whole.tables.owners(name)) is not None:
            found[name] = found["client_id"].map(owners.value_counts())
        else:
            found[name] = whole.tables.count(name)
    return found.fillna(0).drop_duplicates("client_id")

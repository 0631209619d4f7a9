"""The client book: typed, checked tables of one agency, in one currency."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from amlib import schema
from amlib.book.problem import BookError, near
from amlib.book.settings import Settings

SET_ASIDE = ("table", "file", "sheet", "row", "reason", "values")


@dataclass(frozen=True, eq=False, repr=False)
class Book:
    """What an agency knows of its clients. Every table of `schema.TABLES` is there, also as an attribute.

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

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name in schema.TABLES:
            return self.tables[name]
        hint = "" if name.startswith("_") else near(name, schema.TABLES)
        raise AttributeError(f"a book has no table {name!r} (it has: {', '.join(schema.TABLES)}){hint}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *schema.TABLES]

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {len(table):,}" for name, table in self.tables.items() if name not in self.missing)
        aside = f"; {len(self.set_aside):,} rows set aside" if len(self.set_aside) else ""
        return f"<Book {self.settings.name!r} in {self.settings.currency}: {rows}{aside}>"

    def as_of(self, month: str | pd.Period) -> Book:
        """The book as it was known at the end of `month` ("2026-10").

        Rows that became known later (`known_on` of their table) are left out, and so are values that became
        known later (`known_on` of their column): they are null. Where the day it became known is itself
        empty, row or value stays. Links are not followed: a payment on account stays before its invoice.
        """
        month = pd.Period(month, "M")
        return replace(self, tables={name: _as_of(schema.TABLES[name], t, month) for name, t in self.tables.items()})

    def of_client(self, client_id: str) -> Book:
        """The rows of one client in all tables, through their links (costs by project, payments by invoice).

        Account managers, targets, exchange rates and salaries stay whole. The rows set aside are left out:
        nobody knows whose they are. Raises `BookError` for an id that the book does not have.
        """
        ids = self.tables["clients"]["client_id"]
        if client_id not in set(ids):
            raise BookError(f"The book has no client {client_id!r} (it has {len(ids):,}){near(client_id, ids)}")
        tables: dict[str, pd.DataFrame] = {}

        def of(name: str) -> pd.DataFrame:
            if name not in tables:
                table, links = self.tables[name], schema.TABLES[name].links
                owner = next((column for column in links if not links[column].startswith("account_managers.")), None)
                if name == "clients" or "client_id" in links:
                    tables[name] = table[table["client_id"] == client_id]
                elif owner:
                    target, column = links[owner].split(".")
                    tables[name] = table[table[owner].isin(of(target)[column])]
                else:
                    tables[name] = table
            return tables[name].reset_index(drop=True)

        return replace(self, tables={name: of(name) for name in self.tables}, set_aside=self.set_aside.iloc[:0])

    def between(self, name: str, first: str | pd.Period, last: str | pd.Period) -> pd.DataFrame:
        """The rows of a table that became known from the month `first` to the month `last`, both included.

        Raises `BookError` for a table that there is not, `ValueError` for one without such a date (salaries).
        """
        if name not in schema.TABLES:
            hint = near(name, schema.TABLES)
            raise BookError(f"A book has no table {name!r} (it has: {', '.join(schema.TABLES)}){hint}")
        known_on = schema.TABLES[name].known_on
        if not known_on:
            raise ValueError(f"{name} has no date by which its rows became known")
        rows, start, end = self.tables[name], pd.Period(first, "M"), pd.Period(last, "M") + 1
        day = _day(rows[known_on])
        return rows[(day >= start.to_timestamp()) & (day < end.to_timestamp())].reset_index(drop=True)

    @cached_property
    def last_month(self) -> pd.Period:
        """The last month with an invoice; without invoices, the last month in which any row became known."""
        days = [self.tables["invoices"]["issued_on"].max()]
        if pd.isna(days[0]):
            for name, table in self.tables.items():
                if known_on := schema.TABLES[name].known_on:
                    days.append(_day(table[known_on]).max())
        days = [day for day in days if not pd.isna(day)]
        if not days:
            raise BookError(f"The book {self.settings.name!r} has no date in any table, so no last month.")
        return max(days).to_period("M")

    @cached_property
    def fingerprint(self) -> str:
        """A hash of settings and tables: the same for the same content, whatever files it was read from."""
        content = hashlib.sha256(json.dumps(asdict(self.settings), sort_keys=True, default=str).encode())
        for name in schema.TABLES:
            table = self.tables[name]
            content.update(json.dumps([name, name in self.missing, list(table.columns)]).encode())
            content.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
        return content.hexdigest()


def _day(known: pd.Series) -> pd.Series:
    """Dates, instants or months as local days without a zone; a month is known from its first day."""
    if isinstance(known.dtype, pd.PeriodDtype):
        return known.dt.to_timestamp()
    return known.dt.tz_localize(None) if isinstance(known.dtype, pd.DatetimeTZDtype) else known


def _as_of(table: schema.Table, rows: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    end = (month + 1).to_timestamp()
    later = {
        name: (_day(rows[column.known_on]) >= end)
        for name, column in table.columns.items()
        if column.known_on and column.known_on in rows
    }
    rows = rows.assign(**{name: rows[name].mask(hidden) for name, hidden in later.items() if hidden.any()})
    if table.known_on and table.known_on not in later:
        rows = rows[~(_day(rows[table.known_on]) >= end)]
    return rows.reset_index(drop=True)

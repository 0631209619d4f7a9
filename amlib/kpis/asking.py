"""Asking any KPI of a whole book: its tables, months and hours, and columns of the tables they are linked to."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from amlib.schema import TABLES

from .engine import answered
from .kpi import as_pandas
from .looking import edges, hours_of, look_at_years
from .period import month_of
from .registry import CATALOGUE, Kpi
from .tables import ColumnMissing


class Standing(Protocol):
    """A table that stays in its files: `cells` are its rows as KPIs take them."""

    cells: ir.Table

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        """Some of its columns, read."""


class Tables(Protocol):
    """The tables of a book by name, of which some may stay in their files."""

    def __getitem__(self, name: str) -> pd.DataFrame:
        """The table as a frame."""

    def in_place(self, name: str) -> Standing | None:
        """The table where it stays; None where it is held in memory."""


class Opened(Protocol):
    """What is asked of a book."""

    tables: Tables
    missing: tuple[str, ...]
    settings: Any
    client: str | None

    def as_of(self, month: pd.Period) -> Opened:
        """The book as it was known at the end of a month."""

    def answer(self, question: object, compute: Callable[[Opened], pd.DataFrame]) -> pd.DataFrame:
        """What is computed for all clients; in the book of one client, that client's rows of it."""


def find(kpi: str) -> Kpi:
    """The catalogue entry of an id. Raises `LookupError` for one that there is not."""
    if kpi in CATALOGUE:
        return CATALOGUE[kpi]
    near = difflib.get_close_matches(kpi, CATALOGUE, n=1, cutoff=0.5)
    raise LookupError(f"there is no KPI {kpi!r}." + (f" Did you mean {near[0]!r}?" if near else ""))


def ask(
    book: Opened,
    kpi: str,
    month: pd.Period | str,
    by: str | Iterable[str] = (),
    *,
    since: pd.Period | str | None = None,
    over: int | None = None,
    lacking: Literal["raise", "empty"] = "raise",
) -> pd.DataFrame:
    """A KPI of a book as it was known at the end of `month`: what the KPI's function returns.

    What that must be told is told: as_of and month are `month`, quarter the one it lies in, the hours and the
    service level are the book's. A KPI of what happened (revenue, nps) rests on the rows from the month `since`
    to `month`, on all rows up to it where None. A KPI of a state (active clients) is that of `month`, and with
    'month' in `by` of each month from `since`, or of twelve, each as it was known then. A KPI that holds a
    month against an earlier one (retention, growth, the revenue bridge) goes `over` so many months, one where None.
    `by` may name columns of the tables that the KPI's own are linked to: segment of the clients for their invoices,
    level of the account managers for messages.

    Of the book of one client it is that client's part of the answer by client_id for all clients, which is
    computed once: the white space of a client is what clients like it have bought and it has not. A client who is
    not in that answer has a null with n = 0. A KPI of nobody's clients (utilisation) rests on the client's rows.

    Raises `LookupError` for an unknown KPI and for a book without a table that it needs (with `lacking` "empty"
    that table is taken to be empty), `ColumnMissing` for a column in `by` that no table has, `ValueError` for what
    the KPI itself refuses, and for `since` or `over` where it says nothing: of a state on one day, or of all
    clients ever.
    """
    entry = find(kpi)
    by = [by] if isinstance(by, str) else list(by or entry.questions["by"].default)
    month = month_of(month)
    since = None if since is None else month_of(since)
    absent = [name for name in entry.tables if name in book.missing]
    if absent and lacking == "raise":
        raise LookupError(f"{kpi} cannot be measured: the book has no {' and no '.join(absent)}")
    if since is not None and not (entry.month or "since" in entry.questions or "month" in by):
        raise ValueError(f"{kpi} does not count from a month on: leave since={since} out, or ask by='month'")
    if over is not None and "over" not in entry.questions:
        raise ValueError(f"{kpi} is not held against an earlier month: leave over={over} out")
    known = book.as_of(month)
    if known.client is None:
        question = ["kpi", kpi, month, by, since, over]
        return known.answer(question, lambda whole: _ask(whole, entry, month, by, since, over))
    if not of_clients(kpi):
        return _ask(known, entry, month, by, since, over)
    groups = by if "client_id" in by else ["client_id", *by]
    question = ["kpi", kpi, month, groups, since, over]
    found = known.answer(question, lambda whole: _ask(whole, entry, month, groups, since, over))
    found = found if "client_id" in by else found[[name for name in found if name != "client_id"]]
    return found if by or len(found) else _nothing(found)


def of_clients(kpi: str) -> bool:
    """Whether a KPI can be asked by client_id; utilisation cannot, which is nobody's."""
    return any(_leads(name, "client_id") for name in find(kpi).groups)


def counted_from(
    kpi: str, month: pd.Period, by: Iterable[str] = (), since: pd.Period | None = None
) -> pd.Period | None:
    """The first month that an answer of `ask` counts, `month` where it tells of that alone; None for all there is."""
    entry, months = find(kpi), "month" in by
    if since is not None or (months and entry.month and "month" not in entry.questions):
        return since
    if months:
        return month - 11
    of_all = entry.month and "month" not in entry.questions and kpi != _OF_ONE_MONTH
    return None if of_all else month


_OF_ONE_MONTH = "returning_clients"
"""Counts orders, and tells of the month alone unless it is told since when: who came back in all years says nothing."""


def _nothing(found: pd.DataFrame) -> pd.DataFrame:
    """The one row of a KPI that rests on nothing, in the columns of an answer without rows."""
    empty = {kind: 0 if pd.api.types.is_integer_dtype(kind) else None for kind in {*found.dtypes}}
    return pd.DataFrame({name: pd.Series([empty[kind]], dtype=kind) for name, kind in found.dtypes.items()})


def _ask(
    book: Opened, entry: Kpi, month: pd.Period, by: list[str], since: pd.Period | None, over: int | None = None
) -> pd.DataFrame:
    if "month" in by and not entry.month and "month" not in entry.questions:
        return _month_by_month(book, entry, pd.period_range(since or month - 11, month, freq="M"), by)
    many = "month" in by and "month" in entry.questions
    told = {
        "as_of": month,
        "month": tuple(pd.period_range(since or month - 11, month, freq="M")) if many else month,
        "quarter": month.asfreq("Q"),
        "hours": book.settings.working_hours,
        "within": book.settings.response_hours,
        "since": since or (month if entry.id == _OF_ONE_MONTH and "month" not in by else None),
    }
    question = {name: value for name, value in told.items() if name in entry.questions}
    question |= {"by": by} if by else {}
    question |= {"over": over} if over is not None else {}
    tables = {name: rows(book, name) for name in entry.tables}
    for name, dated in entry.month.items():
        if since is not None and "since" not in entry.questions:
            tables[name] = _since(tables[name], dated, since.start_time)
    made = {"month", *entry.makes}
    for column in (column for column in by if column not in made):
        if not any(column in tables[name] for name in entry.groups):
            tables = _with_linked(book, entry, tables, column)
    return compute(entry.function, tables, question)


def _since(table: pd.DataFrame | ir.Table, dated: str, day: pd.Timestamp) -> pd.DataFrame | ir.Table:
    if isinstance(table, ir.Table):
        return table.filter(table[dated] >= day)
    return table[table[dated].dt.tz_localize(None) >= day]


def rows(book: Opened, name: str) -> pd.DataFrame | ir.Table:
    """A table of a book as `compute` takes it: an Ibis table where it stays in its files, and is asked there."""
    found = book.tables.in_place(name)
    return book.tables[name] if found is None else found.cells


def compute(
    function: Callable[..., Any],
    tables: Mapping[str, pd.DataFrame | ir.Table],
    question: Mapping[str, Any],
    columns: Sequence[str] = (),
) -> pd.DataFrame:
    """What a KPI says of `rows`, as a frame; of those that stay in their files it is computed there.

    Where `columns` of the answer are named it has no others, which are not computed then where that can be.
    """
    stay = {name: table for name, table in tables.items() if isinstance(table, ir.Table)}
    if not stay:
        found = function(**tables, **question)
        return found[list(columns)] if columns else found
    for name, table in stay.items():
        if hours_of(question.items()):
            look_at_years(edges(table, name), name, question.items())
    # What stays in its files was looked at when the book was opened, and all its rows are many.
    found = function(**tables, **question, check=False)
    return as_pandas(answered(found.select(*columns) if columns else found))


def _month_by_month(book: Opened, entry: Kpi, months: pd.PeriodIndex, by: list[str]) -> pd.DataFrame:
    """A KPI that knows one day only, asked at the end of each month."""
    if "as_of" not in entry.questions:
        raise ValueError(f"{entry.id} cannot be grouped by month: it has no date")
    rest = [column for column in by if column != "month"]
    asked = [_ask(book.as_of(month), entry, month, rest, None).assign(month=month) for month in months]
    found = pd.concat([rows for rows in asked if len(rows)] or asked[:1], ignore_index=True)
    found = found[[*by, *(column for column in found if column not in by)]]
    return found.sort_values(by, kind="stable", ignore_index=True)


def _with_linked(
    book: Opened, entry: Kpi, tables: Mapping[str, pd.DataFrame | ir.Table], column: str
) -> dict[str, pd.DataFrame | ir.Table]:
    """The tables, of which the first of the KPI's groups that reaches a `column` through its links has it too."""
    for name in entry.groups:
        rows = tables[name]
        if not isinstance(rows, ir.Table):
            if (found := _reach(book, name, column)) is not None:
                return {**tables, name: rows.assign(**{column: found})}
        elif linked := _by_link(book, name, column):
            link, known = linked
            known = ibis.memtable(pa.table({"_link": pa.array(known.index), column: pa.array(known)}))
            return {**tables, name: rows.left_join(known, rows[link] == known["_link"]).drop("_link")}
    raise ColumnMissing(
        f"{entry.id} cannot be grouped by {column!r}: neither {' nor '.join(entry.groups)} has such a column, "
        "nor has a table linked to it"
    )


def _leads(name: str, column: str) -> bool:
    """Whether a table has a column, or a table linked to it has."""
    linked = {target.split(".")[0] for target in TABLES[name].links.values()} - {name}
    return column in TABLES[name].columns or any(_leads(other, column) for other in linked)


def _reach(book: Opened, name: str, column: str) -> pd.Series | None:
    """A column for the rows of a table, its own or that of the first table linked to it which reaches it."""
    if (own := _column(book, name, column)) is not None:
        return own
    if linked := _by_link(book, name, column):
        link, known = linked
        return _column(book, name, link).map(known).astype(known.dtype)
    return None


def _by_link(book: Opened, name: str, column: str) -> tuple[str, pd.Series] | None:
    """The link of a table that leads to a column, and what that is for each key it links to."""
    for link, target in TABLES[name].links.items():
        other, key = target.split(".")
        if other != name and (there := _reach(book, other, column)) is not None:
            by_key = pd.Series(there.array, index=_column(book, other, key).array)
            return link, by_key[~by_key.index.duplicated()]
    return None


def _column(book: Opened, name: str, column: str) -> pd.Series | None:
    if (found := book.tables.in_place(name)) is not None:
        return found.frame([column])[column] if column in TABLES[name].columns else None
    return book.tables[name].get(column)

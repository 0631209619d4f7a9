"""What may be wrong with rows that break no rule: months that lack or stand out, rows that are there twice,
payments that include VAT."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from amlib import schema
from amlib.book import Book
from amlib.book.tables import day

KINDS = ("gap", "jump", "twin", "tax")

USUAL = 0.9
"""A table that has rows in so many of its months is one that has some every month."""

FACTOR = 3.0
"""A month stands out with a third of what both months beside it have, or with three times as much."""

FEWEST = 10
"""Rows in the middle month: of fewer, how many there are varies so much by itself that it says nothing."""

FEWEST_SUMMED = 20
"""The same for sums, which vary more: one large invoice makes a month."""

TAXES = (0.05, 0.08, 0.1)
"""The rates of VAT in Vietnam."""

FEWEST_TAXED = 3
"""Invoices paid with exactly such a rate on top: of fewer it may be chance."""


@dataclass(frozen=True)
class Doubt:
    """One thing to look at in a table.

    A `gap` has the `months` without a row. A `jump` has one month, its `value` (rows, or the sum of the money column
    `column`) and that of the months `beside` it. A `twin` has in `rows` how many equal an earlier row in all but their
    key, and the first of their `keys`. A `tax` has in `rows` how many invoices are paid with VAT at the rate `value` on
    top of their amount, and the first of their `keys`.
    """

    kind: str
    table: str
    months: tuple[str, ...] = ()
    column: str = ""
    value: float = 0.0
    beside: tuple[float, ...] = ()
    rows: int = 0
    keys: tuple[str, ...] = ()


def doubts_about(book: Book) -> list[Doubt]:
    """All doubts about a book, table by table. Tables of people, plans and rates have no months to look at."""
    return [
        doubt
        for name, table in schema.TABLES.items()
        if name not in book.missing
        for doubt in (
            *_of_months(book, table),
            *_twins(book, table),
            *(_taxed(book) if name == "payments" else ()),
        )
    ]


def _of_months(book: Book, table: schema.Table) -> Iterator[Doubt]:
    if not table.happens or (months := _by_month(book, table)).empty:
        return
    every = pd.period_range(months.index.min(), book.known_until, freq="M")
    counts = months["rows"].reindex(every, fill_value=0)
    if (counts > 0).mean() < USUAL:
        return
    if (counts == 0).any():
        yield Doubt("gap", table.name, months=tuple(map(str, every[counts == 0])))
    if counts.median() >= FEWEST:
        found = list(_jumps(table.name, "", counts, FEWEST))
        yield from found
        seen = {doubt.months for doubt in found}
        for column in table.money if counts.median() >= FEWEST_SUMMED else ():
            if months[f"filled {column}"].sum() >= USUAL * counts.sum():
                sums = _jumps(table.name, column, months[column].reindex(every))
                yield from (doubt for doubt in sums if doubt.months not in seen)


def _by_month(book: Book, table: schema.Table) -> pd.DataFrame:
    """For each month its rows, the sum of each column of money, and in how many rows there is any."""
    if (found := book.tables.in_place(table.name)) is not None:
        return found.tally.by_month()
    rows = book.tables[table.name]
    months = day(rows[table.known_on]).dt.to_period("M")
    money = rows[list(table.money)]
    filled = (money.fillna(0) != 0).astype("int64").add_prefix("filled ")
    return pd.concat([money, filled], axis="columns").assign(rows=1).groupby(months).sum()


def _jumps(table: str, column: str, values: pd.Series, least: float = 0.0) -> Iterator[Doubt]:
    """Months that stand out from the two beside them, the last one from the two before; not with all below `least`."""
    before, after = values.shift(1), values.shift(-1)
    after = after.where(after.notna(), values.shift(2))
    low, high = np.minimum(before, after), np.maximum(before, after)
    sound = (low > 0) & (values != 0) & (np.maximum(low, values) >= least)
    for month in values.index[sound & ((values * FACTOR <= low) | (values >= FACTOR * high))]:
        beside = (float(before[month]), float(after[month]))
        yield Doubt("jump", table, (str(month),), column, float(values[month]), beside)


def _twins(book: Book, table: schema.Table) -> Iterator[Doubt]:
    key = table.key[0]
    # Two equal amounts on one day for one client, or two messages in one minute, are hardly ever two.
    exact = table.money or (table.known_on and table.columns[table.known_on].kind == "instant")
    if len(table.key) > 1 or not table.happens or not exact:
        return
    found = book.tables.in_place(table.name)
    rows = book.tables[table.name] if found is None else found.alike()
    alike = rows.duplicated([name for name in rows if name != key])
    if alike.any():
        yield Doubt("twin", table.name, rows=int(alike.sum()), keys=tuple(rows.loc[alike, key].head(3)))


def _taxed(book: Book) -> Iterator[Doubt]:
    """Payments of an invoice that are its amount and VAT, where most paid invoices are paid so.

    Money arrives with VAT, and the amount of an invoice is before it: taken together, clients seem to pay too much.
    """
    if "invoices" in book.missing:
        return
    billed = book.tables.some("invoices", "invoice_id", "amount").set_index("invoice_id")["amount"]
    paid = book.tables.some("payments", "invoice_id", "amount").groupby("invoice_id")["amount"].sum()
    over = (paid / billed.reindex(paid.index).where(lambda amount: amount > 0) - 1).dropna()
    for rate in TAXES:
        taxed = over[(over - rate).abs() < 0.001]
        if len(taxed) >= max(FEWEST_TAXED, len(over) / 2):
            yield Doubt("tax", "payments", value=rate, rows=len(taxed), keys=tuple(taxed.index[:3]))

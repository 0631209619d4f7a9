"""A check in sentences, in the language of a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amlib.checkup.checkup import Checkup
from amlib.checkup.doubts import Doubt
from amlib.words import Words

SHOWN = 6


def verdict(checkup: Checkup, say: Words) -> str:
    """Whether the book can be used, and with what left out."""
    if not checkup.usable:
        wrong = len(checkup.refused)
        return say.plural(
            wrong,
            "The book cannot be used: {count} problem is to be mended first.",
            "The book cannot be used: {count} problems are to be mended first.",
        )
    if rows := len(checkup.rejections):
        return say.plural(
            rows,
            "The book can be used without {count} row that is wrong.",
            "The book can be used without {count} rows that are wrong.",
        )
    return say.text("The book can be used, and no row of it is wrong.")


def doubt(one: Doubt, say: Words, currency: str) -> str:
    """One thing to look at, as a sentence."""
    table = say.of_data(one.table)
    if one.kind == "gap":
        months = say.enumerate([say.month(month) for month in one.months[:SHOWN]])
        if more := len(one.months) - SHOWN:
            more = say.text(" and {count} more", count=say.number(more)) if more > 0 else ""
        return say.text("{table}: nothing in {months}.", table=table, months=f"{months}{more or ''}")
    if one.kind == "jump":
        if one.column:
            value, *beside = (say.short_money(amount, currency) for amount in (one.value, *one.beside))
        else:
            value, *beside = (say.plural(int(n), "{count} row", "{count} rows") for n in (one.value, *one.beside))
        return say.text(
            "{table}: {value} in {month}, beside {before} and {after} in the months around it.",
            table=table,
            value=value,
            month=say.month(one.months[0]),
            before=beside[0],
            after=beside[1],
        )
    if one.kind == "tax":
        return say.text(
            "{table}: {count} invoices are paid with {rate} on top of their amount, such as {ids}. "
            "That looks like VAT: amounts of invoices are before VAT, and so must those of payments be, "
            "else clients seem to have overpaid.",
            table=table,
            count=say.number(one.rows),
            rate=say.percent(one.value),
            ids=", ".join(one.keys),
        )
    return say.plural(
        one.rows,
        "{table}: {count} row equals another one in all but its id: {ids}.",
        "{table}: {count} rows equal another one in all but their ids: {ids}.",
        table=table,
        ids=", ".join(one.keys) + (", …" if one.rows > len(one.keys) else ""),
    )


def fresh(checkup: Checkup, earlier: Mapping[str, Any] | None) -> list[Doubt]:
    """The doubts that the check of an earlier month had not told already."""
    if earlier is None:
        return list(checkup.doubts)
    told = {_sort(one["kind"], one["table"], one["months"], one["column"], one["rows"]) for one in earlier["doubts"]}
    return [one for one in checkup.doubts if _sort(one.kind, one.table, one.months, one.column, one.rows) not in told]


def _sort(kind: str, table: str, months: Sequence[str], column: str, rows: int) -> tuple:
    return kind, table, tuple(months), column, rows

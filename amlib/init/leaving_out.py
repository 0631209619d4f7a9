"""Rows that a table of ours cannot take, or that are there twice: as rules of book.toml, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from amlib.book.cells import typed
from amlib.init.deriving import expression
from amlib.init.forms import quoted, text
from amlib.init.looking import Sheet, counted
from amlib.init.recognising import Recognised
from amlib.words import Words

PLACE = ["_file", "_sheet", "_row"]


@dataclass(frozen=True)
class Rule:
    """Rows to set aside: the SQL condition, the reason, how many they are; and why it is only proposed, if it is."""

    where: str
    because: str
    rows: int
    doubt: str = ""


def rules(found: Recognised, lines: bool, words: Words) -> list[Rule]:
    """The rules for the rows of a table; `lines` where several rows make one row of it."""
    return [
        *_overlap(found.sheet, words),
        *_again(found, lines, words),
        *_without(found, words),
        *_no_number(found, lines, words),
        *_no_money(found, lines, words),
    ]


def _cells(sheet: Sheet) -> list[str]:
    return [name for name in sheet.rows if name not in PLACE]


def _partition(sheet: Sheet) -> str:
    return f"partition by {', '.join(map(quoted, _cells(sheet)))}"


def _copies(sheet: Sheet) -> tuple[pd.Series, pd.Series]:
    """The rows that stand in an earlier sheet too, and those that repeat an earlier row otherwise."""
    rows = sheet.rows
    again = rows.duplicated(subset=_cells(sheet))
    first = rows.groupby(_cells(sheet), dropna=False, sort=False)["_sheet"].transform("first")
    overlap = (first != rows["_sheet"]) if len(sheet.sheets) > 1 and len(sheet.files) == 1 else again & False
    return overlap, again & ~overlap


def _overlap(sheet: Sheet, words: Words) -> Iterator[Rule]:
    overlap, _ = _copies(sheet)
    if overlap.any():
        order = f"list_position([{', '.join(map(text, sheet.sheets))}], _sheet)"
        where = f"_sheet <> first_value(_sheet) over ({_partition(sheet)} order by {order}, _row)"
        yield Rule(where, words.text("the row stands in an earlier sheet too"), int(overlap.sum()))


def _again(found: Recognised, lines: bool, words: Words) -> Iterator[Rule]:
    _, again = _copies(found.sheet)
    if again.any():
        rows = int(again.sum())
        where = f"row_number() over ({_partition(found.sheet)} order by _file, _sheet, _row) > 1"
        doubt = f"whether {counted(rows)} that repeat another in every cell are slips" if lines else ""
        yield Rule(where, words.text("the row repeats another in every cell"), rows, doubt)


def _without(found: Recognised, words: Words) -> Iterator[Rule]:
    """Rows without what every row of the table must have."""
    reasons = {
        "client_id": words.text("no client on the row"),
        "issued_on": words.text("no date on the row"),
        "amount": words.text("no amount on the row"),
    }
    for ours in found.table.required:
        choice = found.choices.get(ours)
        if choice is None or not (choice.header or choice.sql):
            continue
        if choice.sql:
            if rows := _count(found.sheet, f"({choice.sql}) is null"):
                yield Rule(f"{choice.sql} is null", reasons.get(ours, words.text("no {column}", column=ours)), rows)
            continue
        cells = found.sheet.rows[choice.header]
        form = found.forms[choice.header]
        empty = cells.isna() | cells.isin(form.nothing)
        if empty.any() and not empty.all():
            reason = reasons.get(ours, words.text("nothing in {column}", column=choice.header))
            yield Rule(f"{expression(found, ours)} is null", reason, int(empty.sum()))


def _no_number(found: Recognised, lines: bool, words: Words) -> Iterator[Rule]:
    """Lines whose amount is none: in a sum nobody would see that they are missing."""
    for ours in found.table.money if lines else ():
        choice = found.choices.get(ours)
        if choice is None or choice.sql or not found.forms[choice.header].spoilt:
            continue
        where = f"{expression(found, ours)} is not null and {found.forms[choice.header].number(choice.header)} is null"
        if rows := _count(found.sheet, where):
            yield Rule(where, words.text("no number in {column}", column=choice.header), rows)


def _no_money(found: Recognised, lines: bool, words: Words) -> Iterator[Rule]:
    """Lines on which no money moves: an invoice made of nothing else would count as one."""
    if not lines or found.table.name != "invoices" or "amount" not in found.choices:
        return
    choice = found.choices["amount"]
    number = choice.sql or found.forms[choice.header].number(choice.header)
    if rows := _count(found.sheet, f"({number}) = 0"):
        doubt = f"whether {counted(rows)} without money are sales: an invoice of nothing else counts as one"
        yield Rule(f"{number} = 0", words.text("no money on the row"), rows, doubt)


def _count(sheet: Sheet, condition: str) -> int:
    from amlib.book.query import QueryFailed, hits

    try:
        return int(hits(condition, sheet.rows, "UTC").sum())
    except QueryFailed:
        return 0


def negative(found: Recognised) -> int:
    """How many rows are credit notes, or lines of them."""
    if found.table.name != "invoices" or "amount" not in found.choices:
        return 0
    choice = found.choices["amount"]
    if choice.sql:
        return _count(found.sheet, f"({choice.sql}) < 0")
    form = found.forms[choice.header]
    column, cells = found.table.columns["amount"], found.sheet.rows[choice.header]
    return int((typed(cells, column, "UTC", form=form.how if form.unclear else "").values < 0).sum())

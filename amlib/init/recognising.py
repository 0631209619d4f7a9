"""Which table a sheet is, and which of its columns is which: by names, by what the cells are, by keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from amlib import schema
from amlib.book import aliases
from amlib.init import exports
from amlib.init.forms import Form, fits, form, quoted
from amlib.init.looking import Sheet
from amlib.init.wording import Meant, meant

SURE, LIKELY, UNSURE = "sure", "likely", "unsure"

LEAST = 4.0
"""Points below which a sheet is no table of ours."""

TELLING = ("client_id", "invoice_id", "project_id", "contract_id")
"""Columns that stand in many tables: alone, they say little about which one a sheet is."""

MADE = {
    ("clients", "client_id"),
    ("clients", "since"),
    ("costs", "cost_id"),
    ("payments", "payment_id"),
    ("surveys", "survey_id"),
    ("tasks", "task_id"),
}
"""Columns that are made where no header is them: the name is the key, the first day that of the others, the id of a row
its number."""


@dataclass(frozen=True)
class Choice:
    """A column found: its header, or the SQL that makes it; how sure that is, and what it might be instead."""

    header: str
    confidence: str
    sql: str = ""
    others: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Recognised:
    """A sheet as a table of ours. `export` names the system whose export it is, where that is known.

    `by_name` are columns with names where the list of those has codes, `not_told` those that SQL cannot reckon with as
    they are written.
    """

    sheet: Sheet
    table: schema.Table
    choices: Mapping[str, Choice]
    forms: Mapping[str, Form]
    points: float
    confidence: str
    export: str = ""
    notes: tuple[str, ...] = ()
    others: tuple[str, ...] = field(default=())
    words: Mapping[str, Meant] = field(default_factory=dict)
    by_name: tuple[str, ...] = ()
    not_told: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """Columns that the table must have, and that nothing here is."""
        return [n for n in self.table.required if n not in self.choices and not _can_do_without(self.table.name, n)]

    def header(self, column: str) -> str:
        """The file's name of a column; empty where there is none."""
        return self.choices[column].header if column in self.choices else ""

    def chosen(self, column: str, header: str) -> Recognised:
        """The same with a header that somebody chose."""
        return self.with_choice(column, Choice(header, SURE, why="as you said"))

    def with_choice(self, column: str, choice: Choice) -> Recognised:
        """The same with another choice for a column."""
        return replace(self, choices={**self.choices, column: choice})

    def without(self, column: str) -> Recognised:
        """The same without a column."""
        return replace(self, choices={ours: choice for ours, choice in self.choices.items() if ours != column})


def recognise(sheet: Sheet, table: str = "") -> Recognised | None:
    """The table that a sheet most likely is, or this one; None where it is none of ours."""
    forms = {header: form(sheet.rows[header]) for header in sheet.headers}
    if table:
        return _with_words(replace(_as(schema.TABLES[table], sheet, forms), confidence=SURE))
    if (export := exports.find(forms)) is not None:
        table = schema.TABLES[export.table]
        columns = {ours: theirs for ours, theirs in export.columns.items() if ours not in export.not_told}
        choices = {ours: Choice(theirs, SURE, why=export.title) for ours, theirs in columns.items()}
        for ours, sql in export.sql.items():
            parts = [repr(header) for header in sheet.headers if quoted(header) in sql]
            choices[ours] = Choice(export.columns.get(ours, ""), SURE, sql=sql, why=f"of {', '.join(parts)}")
        taken = {choice.header for choice in choices.values()}
        more = _choices(table, sheet, forms, given=choices)
        known = {*choices, *export.not_told}
        choices |= {n: c for n, c in more.items() if n not in known and c.header not in taken}
        found = Recognised(sheet, table, choices, forms, 100.0, SURE, export.title, export.notes)
        return _with_words(replace(found, not_told=export.not_told))
    found = sorted((_as(table, sheet, forms) for table in schema.TABLES.values()), key=lambda r: -r.points)
    best, second = found[0], found[1]
    if best.points < LEAST:
        return None
    alike = second.points > best.points - 1.5
    others = (second.table.name,) if alike else ()
    return _with_words(replace(best, confidence=UNSURE if alike else best.confidence, others=others))


def _with_words(found: Recognised) -> Recognised:
    """The same with what the words mean in columns that know only certain ones.

    A column none of whose words is known is none. A word that nobody knows is nothing where the column may be empty.
    """
    words, forms, choices = {}, dict(found.forms), dict(found.choices)
    for ours, choice in found.choices.items():
        column = found.table.columns[ours]
        if not column.values or not choice.header or choice.sql:
            continue
        cells, form = found.sheet.rows[choice.header], forms[choice.header]
        said = meant(ours, column.values, cells, form.nothing)
        if said.unknown and column.optional:
            forms[choice.header] = replace(form, nothing=(*form.nothing, *said.unknown))
        words[ours] = said
        if not said.known:
            del choices[ours]
    return replace(found, words=words, forms=forms, choices=choices)


def _as(table: schema.Table, sheet: Sheet, forms: Mapping[str, Form]) -> Recognised:
    """A sheet taken for a table, with the points that speak for it."""
    choices = _choices(table, sheet, forms)
    points = 0.0
    for ours, choice in choices.items():
        column = table.columns[ours]
        fit = fits(forms[choice.header], column, sheet.rows[choice.header]) if choice.header else 1.0
        worth = 2.0 if (not column.optional and ours not in TELLING) or ours in table.key else 1.0
        points += worth * fit * {SURE: 1.0, LIKELY: 0.7, UNSURE: 0.5}[choice.confidence]
    points -= 1.5 * sum(1 for ours in table.required if ours not in choices and not _can_do_without(table.name, ours))
    named = [aliases.table_of(name) for name in sheet.names]
    points += 3.0 * (table.name in named)
    whole = all(ours in choices or _can_do_without(table.name, ours) for ours in table.required)
    confidence = SURE if whole and table.name in named else LIKELY if whole else UNSURE
    return Recognised(sheet, table, choices, forms, points if choices else 0.0, confidence)


def _can_do_without(table: str, column: str) -> bool:
    """Whether `deriving` can make a required column that no header is."""
    return (table, column) in MADE


def _choices(
    table: schema.Table, sheet: Sheet, forms: Mapping[str, Form], given: Mapping[str, Choice] = {}
) -> dict[str, Choice]:
    """The header of each column that one is found for, the best where there are several."""
    names = aliases.names()[table.name]
    taken = {choice.header for choice in given.values() if choice.header}
    by_column: dict[str, list[tuple[float, str]]] = {}
    for header in sheet.headers:
        letters = aliases.plain(aliases.bare(header, sheet.headers))
        first, second = names.columns.get(letters), names.second.get(letters)
        ours = first or second
        if ours is None or header in taken:
            continue
        fit = fits(forms[header], table.columns[ours], sheet.rows[header])
        if fit >= 0.3:
            # Our own name comes first, as it does where the book is opened.
            named = 2.0 if header == ours else 1.0 if first else 0.0
            by_column.setdefault(ours, []).append((fit + named, header))
    choices = {}
    for ours, found in by_column.items():
        found.sort(key=lambda hit: (-hit[0], sheet.headers.index(hit[1])))
        score, header = found[0]
        rivals = tuple(other for points, other in found[1:] if points > score - 0.5)
        confidence = UNSURE if rivals else SURE if score >= 1.8 else LIKELY if score >= 0.8 else UNSURE
        choices[ours] = Choice(header, confidence, others=rivals)
    if "amount" in table.columns and "amount" not in choices and table.name == "invoices":
        choices = _amount(sheet, forms) | choices
    return choices


PARTS = {
    "quantity": ("Quantity", "Qty", "Số lượng", "SL", "Units"),
    "price": ("Price", "Unit price", "Đơn giá", "Giá", "Rate"),
    "tax": ("Thuế GTGT", "Tiền thuế", "Tiền thuế GTGT", "Thuế", "VAT", "VAT amount", "Tax", "Tax amount"),
}


def _amount(sheet: Sheet, forms: Mapping[str, Form]) -> dict[str, Choice]:
    """An amount that no column has: what there is with VAT less the VAT, or quantity times price."""

    def part(name: str) -> str:
        known = set(map(aliases.plain, PARTS[name]))
        fit = (h for h in sheet.headers if forms[h].kind in ("number", "integer") and forms[h].summable)
        return next((header for header in fit if aliases.plain(header) in known), "")

    gross = aliases.with_tax(schema.TABLES["invoices"], "amount", sheet.headers) or ""
    tax = part("tax")
    alike = gross and tax and len({forms[gross].unit, forms[tax].unit} - {""}) < 2
    if alike and forms[gross].summable:
        sql = f"{forms[gross].number(gross)} - coalesce({forms[tax].number(tax)}, 0)"
        amount = {"amount": Choice("", LIKELY, sql=sql, why=f"{gross!r} less {tax!r}")}
        return amount | currency_said(gross, forms[gross])
    if gross:
        return {"amount": Choice(gross, UNSURE, why="it includes VAT, amount is before it: take the VAT off")}
    if (quantity := part("quantity")) and (price := part("price")):
        sql = f"{forms[quantity].number(quantity)} * {forms[price].number(price)}"
        amount = {"amount": Choice("", LIKELY, sql=sql, why=f"{quantity!r} times {price!r}")}
        return amount | currency_said(price, forms[price])
    return {}


def currency_said(header: str, form: Form) -> dict[str, Choice]:
    """The currency that the cells of an amount say, which a sum of them does not."""
    return {"currency": Choice("", SURE, sql=form.currency(header), why=f"as {header!r} says")} if form.signs else {}

"""A book out of a folder: what each sheet becomes, what is left out, and what only its owner can say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from amlib.book.aliases import plain
from amlib.book.cells import typed
from amlib.book.settings import CURRENCIES
from amlib.init import deriving, linking
from amlib.init.forms import FEW
from amlib.init.leaving_out import Rule, negative, rules
from amlib.init.looking import Folder, Sheet, counted
from amlib.init.recognising import UNSURE, Recognised, recognise
from amlib.schema import Column
from amlib.words import Words

Ask = Callable[[str, Sequence[str], str], str]
"""Asks its owner: a question, the answers there are (none: any), and the best guess; gives the answer."""

NEITHER = "none of them"

SQL_WORDS = ("all", "case", "end", "from", "group", "order", "select", "table", "user", "values", "when", "where")


def best_guess(question: str, answers: Sequence[str], guess: str) -> str:
    """Asks nobody."""
    return guess


@dataclass(frozen=True)
class Proposed:
    """One table: its rows as recognised (None where it is made of the others), the query if it takes one, the rules.

    `source` is the name under which a query knows the rows. `doubts` is what could not be told, `told` what was taken
    for granted.
    """

    name: str
    found: Recognised | None = None
    source: str = ""
    sql: str = ""
    rules: tuple[Rule, ...] = ()
    told: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A book as it is proposed; `doubts` maps a setting to what could not be told of it."""

    name: str
    currency: str
    language: str
    tables: tuple[Proposed, ...]
    doubts: Mapping[str, str]
    not_used: tuple[tuple[Sheet, str], ...] = ()
    unread: tuple[str, ...] = ()


@dataclass
class _Proposing:
    folder: Folder
    ask: Ask
    words: Words
    not_used: list[tuple[Sheet, str]] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    lists: dict[str, Recognised] = field(default_factory=dict)
    made: tuple[str, ...] = ()

    def tables(self) -> list[Proposed]:
        found = self.recognised()
        found = linking.by_one_name([self.settled(table) for table in found.values()])
        by_name = {table.table.name: table for table in found}
        self.made = tuple(by_name)
        looked_up = {key for table in found for key in table.by_name}
        self.lists = {key: by_name[table] for table, key in linking.LISTS.items() if key in looked_up}
        clients = by_name.pop("clients", None)
        dated = [table for table in by_name.values() if deriving.has_day(table)]
        derive = dated if clients is None or "since" not in clients.choices else []
        proposed = [self.proposed(table, asked_of=table in derive) for table in by_name.values()]
        sources = [(table, self.source(table)) for table in derive]
        if clients is not None:
            proposed.insert(0, self.clients(clients, sources))
        elif sources:
            made = deriving.clients(sources)
            proposed.insert(0, Proposed("clients", sql=made.sql, told=made.told))
        return proposed

    def recognised(self) -> dict[str, Recognised]:
        """The best sheet for each table; the others are told."""
        found: dict[str, Recognised] = {}
        for sheet in self.folder.sheets:
            one = recognise(sheet)
            if one is not None and one.others and one.confidence == UNSURE:
                one = self.which_table(one)
            if one is None:
                self.not_used.append((sheet, "am init could not tell what it is"))
                continue
            if one.missing:
                self.not_used.append((sheet, _lacks(one)))
                continue
            if headers := deriving.not_summable(one):
                self.not_used.append((sheet, _not_summed(one, headers)))
                continue
            other = found.get(one.table.name)
            if other is None or other.points < one.points:
                found[one.table.name] = one
            if other is not None:
                worse = min(other, one, key=lambda r: r.points)
                taken = found[one.table.name].sheet.title
                why = f"It could be {one.table.name} too, for which am init takes {taken}"
                self.not_used.append((worse.sheet, why))
        return found

    def which_table(self, one: Recognised) -> Recognised | None:
        names = [one.table.name, *one.others, NEITHER]
        columns = ", ".join(one.sheet.headers)
        answer = self.ask(f"What is {one.sheet.title}? Its columns: {columns}", names, one.table.name)
        if answer == NEITHER:
            return None
        return one if answer == one.table.name else recognise(one.sheet, answer)

    def paid_beside(self, found: Recognised) -> tuple[str, ...]:
        """What an export of invoices says of their payments on the same rows, of which one table alone is made."""
        if found.table.name != "invoices" or "payments" in self.made:
            return ()
        paid = recognise(found.sheet, "payments").choices
        used = {choice.header for choice in found.choices.values()}
        free = {
            ours: next((h for h in (paid[ours].header, *paid[ours].others) if h not in used), "")
            for ours in ("paid_on", "amount")
            if ours in paid
        }
        if len(free) < 2 or not all(free.values()):
            return ()
        said = ", ".join(f"{ours} is {header!r}" for ours, header in free.items())
        return (f"the rows tell payments too ({said}): [tables.payments] over the same file takes them",)

    def settled(self, found: Recognised) -> Recognised:
        """The same with an answer for each column that several headers may be."""
        for ours, choice in found.choices.items():
            if choice.others:
                question = f"Which column of {found.sheet.title} is {ours} ({found.table.columns[ours].description})?"
                answer = self.ask(question, [choice.header, *choice.others, NEITHER], choice.header)
                if answer == NEITHER:
                    found = found.without(ours)
                elif answer != choice.header:
                    found = found.chosen(ours, answer)
        return found

    def proposed(self, found: Recognised, asked_of: bool) -> Proposed:
        """A table of its own sheet: by names where that is enough, else by a query."""
        lines = deriving.repeats(found) and found.table.name in ("invoices", "messages")
        source, made, told = "", None, ()
        if lines or asked_of or found.by_name or self.is_looked_up(found) or deriving.needs_sql(found):
            source = self.source(found)
            if lines:
                made = (
                    deriving.events(found, source) if found.table.name == "messages" else deriving.lines(found, source)
                )
            made = made or deriving.plain_rows(found, source)
            for key in found.by_name:
                made = deriving.with_code(made, key, self.lists[key], self.source(self.lists[key]))
            told = made.told
        told += self.paid_beside(found)
        if rows := negative(found):
            told += (f"negative, as credit notes are, and kept: {counted(rows)}",)
        kept = rules(found, lines, self.words) if not (lines and found.table.name == "messages") else ()
        return Proposed(
            found.table.name, found, source, made.sql if made else "", tuple(kept), told, self.doubts(found)
        )

    def clients(self, found: Recognised, sources: list[tuple[Recognised, str]]) -> Proposed:
        if not sources:
            return self.proposed(found, asked_of=False)
        kept, source = tuple(rules(found, False, self.words)), self.source(found)
        made = deriving.clients_since(found, source, sources)
        return Proposed("clients", found, source, made.sql, kept, made.told, self.doubts(found))

    def is_looked_up(self, found: Recognised) -> bool:
        return any(listed.table is found.table for listed in self.lists.values())

    def source(self, found: Recognised) -> str:
        """A name for the rows in queries: of the file, of the sheet as well where the file has several tables."""
        if found.table.name in self.sources:
            return self.sources[found.table.name]
        words = [plain_words(name) for name in (found.sheet.files[0].rpartition(".")[0], *found.sheet.sheets[:1])]
        bare = [re.sub(r"_?\d[\d_]*$", "", name) for name in words]
        names = [bare[0], "_".join(bare), f"{found.table.name}_rows"]
        # What begins with a digit, or is a word of SQL, would need quotes in every query.
        taken = (*SQL_WORDS, *self.sources.values())
        fit = (name for name in names if re.fullmatch(r"[a-z]\w*", name) and name not in taken)
        return self.sources.setdefault(found.table.name, next(fit, f"{found.table.name}_rows"))

    def doubts(self, found: Recognised) -> tuple[str, ...]:
        """What could not be told of a table."""
        said = []
        if found.others:
            said.append(f"whether this is {found.table.name} or {' or '.join(found.others)}")
        for ours, choice in found.choices.items():
            if choice.others:
                said.append(f"{ours}: {choice.header!r} or {' or '.join(map(repr, choice.others))}")
            elif choice.confidence == UNSURE:
                said.append(f"{ours}: {choice.header!r}" + (f"; {choice.why}" if choice.why else ""))
            if choice.header and found.forms[choice.header].unclear:
                marks = found.forms[choice.header].kind == "number"
                what = "marks of thousands or of decimals" if marks else "day or month first"
                said.append(f"{ours}: {what}; taken is {found.forms[choice.header].how}")
        return tuple(said)


def _lacks(found: Recognised) -> str:
    """Why a sheet that looks like a table is not one yet."""
    needs = "; ".join(_need(found, ours) for ours in found.missing)
    columns = ", ".join(f"{ours} is {choice.header}" for ours, choice in found.choices.items() if choice.header)
    return f"It looks like {found.table.name} ({columns}), which needs {needs}"


def _need(found: Recognised, ours: str) -> str:
    column = found.table.columns[ours]
    if words := found.words[ours].unknown[:8] if ours in found.words else ():
        place = f"[tables.{found.table.name}.values.{ours}]"
        return f"{ours} ({column.expected}: map the words {', '.join(map(repr, words))} under {place})"
    if ours in found.not_told:
        return f"{ours} ({column.description}), and SQL cannot reckon with the cells that make it: write plain numbers"
    return f"{ours} ({column.description}), and no column is it"


def _not_summed(found: Recognised, headers: Sequence[str]) -> str:
    """Why lines cannot be made the rows of their table."""
    cells = ", ".join(f"{header!r} ({' · '.join(found.sheet.examples(header))})" for header in headers)
    return (
        f"It looks like lines of {found.table.name}, whose money is to be added up, and SQL cannot reckon with "
        f"{cells}: write plain numbers there, or one row for each {found.table.key[0]}"
    )


def plain_words(name: str) -> str:
    """A name in plain letters, its words apart."""
    return "_".join(filter(None, (plain(word) for word in re.split(r"[\W_]+", name))))


def propose(folder: Folder, ask: Ask = best_guess, language: str = "vi") -> Proposal:
    """The book that a folder of exports may become.

    `ask` is asked what cannot be told; the reasons for rows that are left out are in `language`.
    """
    proposing = _Proposing(folder, ask, Words(language))
    tables = proposing.tables()
    name, currency, doubts = folder.path.resolve().name, "", {}
    told = ask("What is the agency's name?", (), name)
    if told == name:
        doubts["name"] = "am init could not tell the agency's name: this is the folder's"
    currency = _currency(folder.sheets)
    if not currency:
        currency = ask("In which currency are the amounts (such as VND)?", (), "VND").upper()
        while currency not in CURRENCIES:
            currency = ask(f"{currency!r} is no ISO 4217 code. In which currency are the amounts?", (), "VND").upper()
        if ask is best_guess:
            doubts["currency"] = "am init could not tell the currency: no amount says it"
    return Proposal(told, currency, language, tuple(tables), doubts, tuple(proposing.not_used), folder.unread)


def _currency(sheets: Sequence[Sheet]) -> str:
    """The currency that the cells say themselves; empty where they do not, or say several."""
    said: set[str] = set()
    for sheet in sheets:
        for header in sheet.headers:
            cells = sheet.rows[header].dropna().head(200)
            if cells.dtype == "str":
                found = typed(cells, Column("number", ""), "UTC")
                if found.units is not None and (found.undecided or found.values.notna().mean() >= 1 - FEW):
                    said |= set(found.units.dropna()) - {"%"}
    return said.pop() if len(said) == 1 else ""

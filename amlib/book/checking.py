"""The contract of `schema` held against the rows of a book: every failure becomes a problem with its row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from amlib import kpis, pay, schema
from amlib.book import aliases
from amlib.book.cells import Typed, Undecided, typed
from amlib.book.inplace import InPlace, Standing
from amlib.book.keys import CURRENCIES
from amlib.book.origins import Origin
from amlib.book.problem import Problem, near, near_code, printed
from amlib.book.reading import PLACE

_FEW = 1000


@dataclass(frozen=True)
class Rows:
    """One table of a book: typed values, and for each row the file, sheet and row it came from.

    `headers` maps our column name to the file's where they differ; `failed` holds (position, column) of
    the cells that gave a problem already. `read_at` holds the position of each row among those that were read.
    `units` has, for columns of numbers in whose cells units stand, the ISO 4217 code or '%' of each cell.
    Of a table that stays where it is, `standing`, these are the rows that must be looked at; `in_place` has all of
    them but those that were found wrong.
    """

    table: schema.Table
    values: pd.DataFrame
    places: pd.DataFrame
    file: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    failed: frozenset[tuple[int, str]] = frozenset()
    units: Mapping[str, pd.Series] = field(default_factory=dict)
    read_at: np.ndarray = field(default_factory=lambda: np.arange(0))
    standing: Standing | None = None
    in_place: InPlace | None = None

    def at(self, places: np.ndarray) -> Rows:
        """The rows in these positions, in this order."""
        values, found = (frame.iloc[places].reset_index(drop=True) for frame in (self.values, self.places))
        now = {int(before): at for at, before in enumerate(places)}
        failed = frozenset((now[at], name) for at, name in self.failed if at in now)
        units = {name: cells.iloc[places].reset_index(drop=True) for name, cells in self.units.items()}
        kept = replace(self, values=values, places=found, failed=failed, read_at=self.read_at[places], units=units)
        if self.in_place is None or len(places) == len(self.values):
            return kept
        return replace(
            kept, in_place=self.in_place.without(self.places.drop(index=places), self.values.drop(index=places))
        )

    def followed_by(self, more: Rows) -> Rows:
        """These rows and `more` of the same table, which were read after them."""
        shift, read = len(self.values), int(self.read_at.max(initial=-1)) + 1
        return replace(
            self,
            values=pd.concat([self.values, more.values], ignore_index=True),
            places=pd.concat([self.places, more.places], ignore_index=True),
            failed=self.failed | {(at + shift, name) for at, name in more.failed},
            read_at=np.concatenate([self.read_at, more.read_at + read]),
        )

    def filled(self, column: str, lacking: str = "") -> int:
        """In how many rows a column has a value, where the column `lacking` has none."""
        if self.in_place is not None:
            return self.in_place.tally.filled(column, lacking)
        there = self.values[column].notna()
        return int((there & self.values[lacking].isna() if lacking else there).sum())

    def has(self, column: str, values: pd.Series) -> pd.Series:
        """Which of `values` stand in a column."""
        return values.isin(self.known(column)) if self.in_place is None else self.in_place.has(column, values)

    def lacking(self, column: str, rows: InPlace, link: str) -> pd.Series:
        """The different values of `link` in rows that stay where they are, that do not stand in a column here."""
        if self.in_place is not None and self.in_place.beside(rows):
            return pd.Series(rows.loose(link, self.in_place, column), dtype="str")
        ids = pd.Series(rows.values(link), dtype="str")
        return ids[~self.has(column, ids)]

    def known(self, column: str) -> np.ndarray:
        """The different values of a column."""
        return self.values[column].dropna().unique() if self.in_place is None else self.in_place.values(column)

    def few(self, column: str) -> Sequence[str]:
        """The different values of a column, of which a hint may be given; none where there are many."""
        known = self.known(column) if self.in_place is None else self.in_place.values(column, at_most=_FEW + 1)
        return known if len(known) <= _FEW else ()

    def problem(self, at: int, column: str, found: str, expected: str) -> Problem:
        """The problem of the cell in row position `at` and `column`."""
        file, sheet, row = self.places.iloc[at]
        header, read_at = self.headers.get(column, ""), int(self.read_at[at])
        return Problem(self.table.name, found, expected, file, sheet, int(row), column, header, read_at)

    def seen_from(self, at: int, other: int) -> str:
        """Where the row in position `other` stands, for a problem of the row `at`: with its file if it is another."""
        file, _, row = self.places.iloc[other]
        return f"row {row}" if file == self.places.iloc[at]["_file"] else f"{file} row {row}"


def fill(
    table: schema.Table, rows: pd.DataFrame, origin: Origin, file: str, time_zone: str
) -> tuple[Rows, list[Problem], list[str]]:
    """Rows as they were read, typed by `table`; the problems of their cells; notes on how columns are read, or not.

    `origin` says which column of the file is which, and how their cells are written; a column it does not name is found
    by our own name, else by an alias. Columns that are absent are null, or their default.
    """
    columns = origin.columns
    there = [name for name in rows.columns if name not in PLACE]
    matched = aliases.match(table, there, columns)
    source = {ours: matched.columns.get(ours, ours) for ours in table.columns}
    headers = {ours: theirs for ours, theirs in source.items() if theirs not in (ours, "")}
    problems, read = [], {}
    for name, column in table.columns.items():
        if source[name] in rows:
            read[name] = typed(
                rows[source[name]],
                column,
                time_zone,
                own_zone=origin.time_zone,
                form=origin.formats.get(name, ""),
                values=origin.values.get(name),
            )
        else:
            absent = pd.Series(None, index=rows.index, dtype=schema.dtype(column, time_zone))
            failures = {}
            if name in matched.several or not column.optional or columns.get(name):
                said, expected = _absent(table, name, source[name], there, matched)
                problems.append(Problem(table.name, said, expected, file, "", None, name, headers.get(name, "")))
                failures = dict.fromkeys(range(len(rows)), ("", ""))
            read[name] = Typed(absent, failures)
    filled = Rows(
        table,
        pd.DataFrame(
            {
                name: found.values
                if table.columns[name].default is None
                else found.values.fillna(table.columns[name].default)
                for name, found in read.items()
            }
        ),
        places(rows),
        file,
        headers,
        frozenset((at, name) for name, found in read.items() for at in found.failures),
        {name: found.units for name, found in read.items() if found.units is not None},
        np.arange(len(rows)),
    )
    problems += [
        filled.problem(at, name, *words)
        for name, found in read.items()
        for at, words in found.failures.items()
        if words[0]
    ]
    problems += [
        _undecided(filled, name, rows[source[name]], found.undecided) for name, found in read.items() if found.undecided
    ]
    place = file or f"table {table.name}"
    told = [f"{name} {note}" for name, found in read.items() for note in found.notes]
    free = [name for name in table.columns if source[name] not in rows and columns.get(name) != ""]
    by_alias = {ours: theirs for ours, theirs in headers.items() if theirs in rows and ours not in columns}
    notes = [f"{place}: {aliases.told(by_alias)}"] if by_alias else []
    notes += [f"{place}: {'; '.join(told)}"] if told else []
    doubtful = {header for headers in matched.several.values() for header in headers}
    notes += [
        f"{place}: column {name!r} is not read{_why_not(table, name) or near(name, free)}"
        for name in there
        if name not in doubtful.union(source.values()) and not (name.startswith("column ") and rows[name].isna().all())
    ]
    return filled, problems, notes


def _undecided(rows: Rows, name: str, cells: pd.Series, open_cells: Undecided) -> Problem:
    """The problem of a column that its cells leave open: two of them, and the line of book.toml that settles it."""
    seen = [f"{printed(cells.iloc[at])} in {rows.seen_from(open_cells.cells[0], at)}" for at in open_cells.cells]
    lines = [f'{name} = "{example}" ({so})' for example, so in open_cells.lines]
    if rows.table.private:
        seen = [f"a cell in {rows.seen_from(open_cells.cells[0], at)}" for at in open_cells.cells]
        lines = [f'{name} = "{example}"' for example, _ in open_cells.lines]
    expected = (
        f"cells that can be read one way only. Write in book.toml, under [tables.{rows.table.name}.formats], "
        f"{' or '.join(lines)}"
    )
    found = " and ".join(seen)
    return Problem(rows.table.name, found, expected, rows.file, "", None, name, rows.headers.get(name, ""))


def _why_not(table: schema.Table, header: str) -> str:
    for name in table.money:
        if aliases.with_tax(table, name, [header]):
            return f": it includes VAT, {name} is before it"
    return ""


def _absent(table: schema.Table, name: str, header: str, there: list[str], matched: aliases.Match) -> tuple[str, str]:
    """What was found and what is expected where no column of a file can be taken for ours."""
    if headers := matched.several.get(name):
        found = f"{len(headers)} columns that may be it: {', '.join(map(repr, headers))}"
        return found, f"one of them, {aliases.choose(table.name, name, headers[0])}"
    if header == name and (gross := aliases.with_tax(table, name, there)):
        expected = f"the amount before VAT; if nothing of it is VAT, {aliases.choose(table.name, name, gross)}"
        return f"only {gross!r}, which includes VAT", expected
    return "no such column", f"one of its columns: {', '.join(there)}{near(header, there)}"


def places(rows: pd.DataFrame) -> pd.DataFrame:
    """File, sheet and row of each row; a query that does not pass them on has its own row numbers."""
    own = {"_file": "", "_sheet": "", "_row": np.arange(1, len(rows) + 1)}
    known = "_file" in rows and "_row" in rows and rows[["_file", "_row"]].notna().all(axis=None)
    places = {name: rows[name] if known and name in rows else own[name] for name in PLACE}
    return pd.DataFrame(places, index=rows.index).reset_index(drop=True)


def contract(rows: Rows) -> Iterator[Problem]:
    """Where the values break `schema.Table.contract`: empty cells, values, ranges, keys, the order of dates."""
    from pandera.errors import SchemaErrors  # half a second that a saved book does not need

    table = rows.table
    try:
        table.contract.validate(rows.values, lazy=True)
        return
    except SchemaErrors as error:
        cases = error.failure_cases
    cases = cases.dropna(subset=["index"]).astype({"index": "int64"}).sort_values("index", kind="stable")
    order = {f"{later} not before {earlier}": (earlier, later) for earlier, later in table.order}
    for case in cases.drop_duplicates(["index", "column", "check"]).itertuples():
        at, name, check = case.index, case.column, case.check
        if check == "multiple_fields_uniqueness":
            continue
        if check in order:
            earlier, later = order[check]
            if name == later:
                # What is expected is told of private tables too, where what is found is not.
                before = "" if table.private else f" ({printed(rows.values.at[at, earlier])})"
                yield rows.problem(at, later, printed(rows.values.at[at, later]), f"not before {earlier}{before}")
        elif (at, name) not in rows.failed:
            yield rows.problem(at, name, printed(rows.values.at[at, name]), table.columns[name].expected)
    if (cases["check"] == "multiple_fields_uniqueness").any():
        yield from _repeated(rows)


def _repeated(rows: Rows) -> Iterator[Problem]:
    key = list(rows.table.key)
    keys = rows.values[key].dropna()
    repeats = keys[keys.duplicated()]
    first = keys[~keys.duplicated() & keys.duplicated(keep=False)].reset_index().set_index(key)["index"]
    for at, row in zip(repeats.index, repeats.itertuples(index=False), strict=True):
        original = rows.seen_from(at, first.at[tuple(row) if len(key) > 1 else row[0]])
        value = ", ".join(printed(part) if isinstance(part, str) else str(part) for part in row)
        yield rows.problem(at, ", ".join(key), f"{value} again (first in {original})", "each only once")


def currencies(rows: Rows) -> Iterator[Problem]:
    """Currency codes that nobody knows."""
    if "currency" in rows.values:
        codes = rows.values["currency"]
        for at in np.flatnonzero((codes.notna() & ~codes.isin(CURRENCIES)).to_numpy()):
            hint = near(codes.iloc[at], CURRENCIES) if codes.iloc[at].upper() in CURRENCIES else ""
            yield rows.problem(int(at), "currency", printed(codes.iloc[at]), f"an ISO 4217 code such as VND{hint}")


def units(rows: Rows, book: Mapping[str, Rows], currency: str) -> Iterator[Problem]:
    """Units in cells of numbers that are not those of the column: dollars in a row of VND, a percentage of money."""
    for name, units in rows.units.items():
        expected = _unit_of(rows, name, book, currency)
        wrong = units.notna() & (units != expected)
        for at in np.flatnonzero(wrong.to_numpy()):
            unit, right = units.iloc[at], expected.iloc[at]
            what = "a number without a unit" if pd.isna(right) else f"an amount in {right}"
            if unit != "%" and name in rows.table.money and "currency" in rows.values:
                what += f" (for amounts in {unit} the row's column currency must say so)"
            if right == "%":
                what = "a share, such as 0.9 or 90%"
            yield rows.problem(int(at), name, "a percentage" if unit == "%" else f"an amount in {unit}", what)


def _unit_of(rows: Rows, name: str, book: Mapping[str, Rows], currency: str) -> pd.Series:
    """The unit that each cell of a column may have; null where none."""
    table, values = rows.table, rows.values
    own = pd.Series(currency, index=values.index, dtype="str")
    if name in table.money and "currency" in values:
        return values["currency"].fillna(currency)
    if name in table.money and table.money_from:
        target, column = table.links.get(table.money_from, f"invoices.{table.money_from}").split(".")
        if target not in book:
            return own
        known = book[target].values.dropna(subset=[column]).drop_duplicates(column).set_index(column)["currency"]
        return values[table.money_from].map(known.fillna(currency)).astype("str").fillna(currency)
    if table.name == "fx":
        return own
    if table.name == "targets":
        said = {"share": "%", "money": currency}
        by_kpi = {kpi.id: said.get(kpi.unit) for kpi in kpis.CATALOGUE.values()}
        return values["kpi"].map(by_kpi).astype("str")
    return pd.Series(None, index=values.index, dtype="str")


def rates(rows: Rows, currency: str) -> Iterator[Problem]:
    """Exchange rates that cannot be: zero, or other than 1 for the book's own currency."""
    rate, own = rows.values["rate"], rows.values["currency"] == currency
    for at in np.flatnonzero(((rate == 0) | (own & (rate != 1))).to_numpy()):
        expected = f"1, as {currency} is the book's currency" if own.iloc[at] else "a number above 0"
        yield rows.problem(int(at), "rate", printed(rate.iloc[at]), expected)


def links(rows: Rows, book: Mapping[str, Rows]) -> Iterator[Problem]:
    """Values that link to no row of the table they point to; tables that are not in `book` are not looked at."""
    for name, target in rows.table.links.items():
        table, column = target.split(".")
        if table not in book:
            continue
        values = rows.values[name]
        wrong = np.flatnonzero((values.notna() & ~book[table].has(column, values)).to_numpy())
        known = book[table].few(column) if len(wrong) else ()
        for at in wrong:
            found, hint = printed(values.iloc[at]), near_code(values.iloc[at], known)
            yield rows.problem(
                int(at), name, found, f"{'an' if column[0] in 'aeiou' else 'a'} {column} of the table {table}{hint}"
            )


def pay_said(rows: Rows) -> Iterator[Problem]:
    """Pay records that say no pay, or say it twice: in figures and in words."""
    values = rows.values
    if len(values) and values[["mid", "pay"]].isna().all(axis=None):
        failed = any(name in ("mid", "pay") for _, name in rows.failed)
        expected = "mid with a number, or pay as people write it"
        if not failed:
            yield Problem(rows.table.name, "neither mid nor pay", expected, rows.file)
        return
    figure = values[["low", "mid", "high"]].notna().any(axis=1)
    for at in np.flatnonzero(values.pay.notna() & figure):
        yield rows.problem(int(at), "pay", "pay in words", "an empty cell beside low, mid or high")
    for name in ("mid", "period"):
        for at in np.flatnonzero(values.pay.isna() & values[name].isna()):
            if (int(at), name) not in rows.failed:
                expected = f"{rows.table.columns[name].expected}, or else the pay in words in the column pay"
                yield rows.problem(int(at), name, printed(None), expected)


def pay_left_out(rows: Rows, currency: str) -> Iterator[str]:
    """Notes on pay records that are in no figure, by reason with their rows; what is written there is not repeated."""
    why = pay.left_out(rows.values, currency)
    for (reason, file), found in rows.places.assign(why=why).dropna(subset="why").groupby(["why", "_file"], sort=False):
        place = file or f"table {rows.table.name}"
        listed = ", ".join(map(str, found["_row"]))
        yield f"{place}: in no figure of pay, {reason}: row{'s' if len(found) > 1 else ''} {listed}"


def overlaps(rows: Rows) -> Iterator[Problem]:
    """Bands set by hand that begin while another of the same client holds: there is one band at a time."""
    set_by_hand = rows.values.dropna(subset=["client_id", "from_on", "until_on"])
    for _, of_client in set_by_hand.sort_values("from_on", kind="stable").groupby("client_id", sort=False):
        longest = None
        for row in of_client.itertuples():
            if longest is not None and longest.from_on < row.from_on <= longest.until_on:
                span = f"{printed(longest.from_on)} to {printed(longest.until_on)}"
                found = f"{printed(row.from_on)}, when {rows.seen_from(row.Index, longest.Index)} holds ({span})"
                yield rows.problem(row.Index, "from_on", found, "one band of a client at a time: end the one before")
            if longest is None or row.until_on > longest.until_on:
                longest = row


def renewals(rows: Rows) -> Iterator[Problem]:
    """Contracts that, renewal by renewal, renew themselves."""
    renews = (
        rows.values.dropna(subset=["contract_id"]).drop_duplicates("contract_id").set_index("contract_id")["renews"]
    )
    after = rows.values["renews"]
    for _ in range(len(renews).bit_length()):
        if after.isna().all():
            return
        # Doubling the step each time: a chain that is not a ring has ended after log2(n) rounds.
        after, renews = after.map(renews), renews.map(renews)
    for at in np.flatnonzero(after.notna().to_numpy()):
        yield rows.problem(
            int(at), "renews", printed(rows.values["renews"].iloc[at]), "an earlier contract; this chain is a ring"
        )

"""A table where it is, as a lazy Ibis table of our columns: cut and counted there, read where it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from amlib import schema
from amlib.book.inplace import tally
from amlib.book.inplace.tally import DAY, Tally
from amlib.book.sliced import OWNER
from amlib.kpis.engine import answered

if TYPE_CHECKING:
    import ibis.expr.types as ir

FEW = 100
"""Values that are named in a question; more of them are put into a table that it is asked with."""

_NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


class Source(Protocol):
    """Where the rows of a table are.

    `order` are the columns by which they are in order, `hashes_at_once` is whether a hash of them takes seconds.
    """

    order: Sequence[str]
    hashes_at_once: bool

    def asked(self) -> AbstractContextManager[None]:
        """Around every question; raises `BookError` where it cannot be asked any more."""

    def by_day(self, rows: ir.Table, known: ir.DateValue | ir.TimestampValue) -> ir.Table:
        """Rows that are to be counted by the day (`tally.DAY`) of one of their columns."""

    def alike(self, cells: ir.Table, columns: Sequence[str]) -> ir.Table:
        """The rows equal in these columns to another one, and by chance a few more; none where that takes long."""

    def parts(self, cells: ir.Table) -> Iterator[pa.Table]:
        """Rows in order, in parts that fit in memory."""

    def hashed(self, cells: ir.Table, columns: Sequence[str]) -> ir.IntegerValue:
        """A hash of these columns of each row."""

    def these(self, places: pd.DataFrame, values: pd.DataFrame) -> tuple[str, list]:
        """The column, and its values, by which rows that were read are told from all others."""

    def hash(self, cells: ir.Table, cut: Sequence[str]) -> str:
        """A hash of rows, of which `cut` says how they were cut out of all."""


@dataclass(frozen=True)
class InPlace:
    """Rows of a table that stay where they are.

    `cells` has our columns in the types that KPIs take (instants as wall-clock time of `time_zone`). `currency` is that
    of all its money. `constants` are columns of which all rows have the same value, with that value. `cut` says what
    was done to the rows as they are there. `remembered` is what was counted in them already, but for the days in
    `stale`, of which rows were left out since.
    """

    table: schema.Table
    cells: ir.Table
    source: Source
    time_zone: str
    currency: str
    constants: Mapping[str, Any] = field(default_factory=dict)
    cut: tuple[tuple[object, ...], ...] = ()
    remembered: Tally | None = None
    stale: frozenset[date | None] = frozenset()

    @property
    def hash(self) -> str:
        """A hash of the rows, as their source gives it."""
        return self.source.hash(self.cells, [" ".join(map(str, cut)) for cut in self.cut])

    def __len__(self) -> int:
        return self._counted if self.remembered is None else self.tally.rows

    @cached_property
    def _counted(self) -> int:
        return self.ask(self.cells.count()).as_py()

    @cached_property
    def tally(self) -> Tally:
        """What is in all rows, counted once."""
        if self.remembered is not None and not self.stale:
            return self.remembered
        cells = self.cells
        if self.stale:
            day = cells[self.table.known_on].cast("date")
            cells = cells.filter(day.isin([day for day in self.stale if day]) | (day.isnull() & (None in self.stale)))
        rows = self.source.by_day(cells, cells[self.table.known_on])
        asked = tally.questions(self.table, rows, rows.count(), self.constants)
        found = Tally.of(self.table, self.ask(rows.group_by(DAY).aggregate(**asked)), self.constants)
        return self.remembered.with_days(self.stale, found) if self.remembered else found

    @cached_property
    def days(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """The first and the last day by which rows became known; NaT without any."""
        if self.remembered is not None:
            return self.tally.days
        day = self.cells[self.table.known_on].cast("date")
        (found,) = self.ask(self.cells.aggregate(first=day.min(), last=day.max())).to_pylist()
        return pd.Timestamp(found["first"]), pd.Timestamp(found["last"])

    def values(self, column: str, at_most: int | None = None) -> np.ndarray:
        """The different values of a column, but null; all, or so many of them."""
        if self.constants.get(column, column) is None:
            return np.array([], dtype=object)
        if column not in self._values:
            there = self.cells.filter(self.cells[column].notnull()).select(column)
            found = self.ask(there.distinct().limit(at_most))[column].to_numpy()
            if at_most is not None:
                return found
            self._values[column] = found
        return self._values[column][:at_most]

    @cached_property
    def _values(self) -> dict[str, np.ndarray]:
        """The different values of columns, of which all are known."""
        return {}

    def alike(self) -> pd.DataFrame:
        """The rows that are equal in all but their key, and by chance a few others."""
        rest = [name for name in self.table.columns if name not in self.table.key]
        with self.source.asked():
            return self._of(self.source.alike(self.cells, rest)).frame()

    def with_owner(self, column: str, by_key: pd.Series | None = None) -> InPlace:
        """The same rows with whose each is in `OWNER`: what stands in a column, or what `by_key` has for it."""
        import ibis

        if by_key is None:
            return replace(self, cells=self.cells.mutate(**{OWNER: self.cells[column]}))
        known = {"_key": pa.array(by_key.index, pa.string()), OWNER: pa.array(by_key, pa.string())}
        known = ibis.memtable(pa.table(known))
        return replace(self, cells=self.cells.left_join(known, self.cells[column] == known["_key"]).drop("_key"))

    def by_owner(self) -> pd.DataFrame:
        """For each value of `OWNER` but null the number of its `rows` and their `hash`, in whatever order they are."""
        said = self.source.hashed(self.cells, list(self.table.columns)).cast("decimal(38, 0)")
        cells = self.cells.filter(self.cells[OWNER].notnull()).select(OWNER, said=said)
        found = cells.group_by(OWNER).aggregate(rows=cells.count(), hash=cells["said"].sum().cast("string"))
        return self.ask(found).to_pandas().set_index(OWNER)

    @property
    def has_owner(self) -> bool:
        """Whether whose each row is stands in `OWNER` already."""
        return OWNER in self.cells.columns

    def owned(self, first: str, last: str) -> InPlace:
        """The rows of which `OWNER` is from `first` to `last`."""
        return self._of(self.cells.filter(self.cells[OWNER].between(first, last)), "owned", first, last)

    def beside(self, other: InPlace) -> bool:
        """Whether one engine can be asked of both."""
        return self.cells.get_backend() is other.cells.get_backend()

    def loose(self, column: str, other: InPlace, key: str) -> np.ndarray:
        """The different values of a column, but null, that stand in no row of a table beside this one as its `key`."""
        there = self.cells.filter(self.cells[column].notnull()).select(column)
        return self.ask(there.anti_join(other.cells, there[column] == other.cells[key]).distinct())[column].to_numpy()

    def has(self, column: str, values: pd.Series) -> pd.Series:
        """Which of `values` stand in a column of text."""
        import ibis

        asked = ibis.memtable(pa.table({column: pa.array(values.dropna().unique(), pa.string())}))
        there = self.ask(asked.semi_join(self.cells.select(column), column))
        return values.isin(there[column].to_pandas())

    def as_of(self, month: pd.Period) -> InPlace:
        """The rows that were known at the end of a month, with what was known of them, as `tables.as_of` has it."""
        import ibis

        end, columns, known_on = (month + 1).to_timestamp(), self.table.columns, self.table.known_on
        cells = self.cells
        if known_on and not columns[known_on].known_on:
            cells = cells.filter(~(cells[known_on] >= end).fill_null(False))
        dated = {name: column.known_on for name, column in columns.items() if column.known_on}
        later = {on: (cells[on] >= end).fill_null(False) for on in {*dated.values()}}
        unknown = {
            name: ibis.ifelse(later[on], ibis.null(cells[name].type()), cells[name]) for name, on in dated.items()
        }
        constants = {name: value for name, value in self.constants.items() if name not in dated}
        return replace(self._of(cells.mutate(**unknown) if unknown else cells, "as of", month), constants=constants)

    def where(self, column: str, values: Iterable[str]) -> InPlace:
        """The rows that have one of `values` in a column of text."""
        import ibis

        values = list(values)
        if len(values) <= FEW:
            return self._of(self.cells.filter(one_of(self.cells[column], values)), column, values)
        of = ibis.memtable(pa.table({column: pa.array(values, pa.string())}))
        return self._of(self.cells.semi_join(of, column), column, values)

    def known_in(self, first: pd.Period, last: pd.Period) -> InPlace:
        """The rows that became known from the month `first` to the month `last`."""
        day = self.cells[self.table.known_on]
        return self._of(
            self.cells.filter((day >= first.to_timestamp()) & (day < (last + 1).to_timestamp())), first, last
        )

    def without(self, places: pd.DataFrame, values: pd.DataFrame) -> InPlace:
        """All rows but some that were read, with their places."""
        import ibis

        column, out = self.source.these(places, values)
        these = one_of(self.cells[column], out)
        if len(out) <= FEW:
            left = self._of(self.cells.filter(~these), "without", *out)
        else:
            left = self._of(self.cells.anti_join(ibis.memtable(pa.table({column: out})), column), "without", *out)
        if self.remembered is None:
            return left
        day = self.cells[self.table.known_on].cast("date")
        days = self.ask(self.cells.filter(these).select(day=day).distinct())["day"].to_pylist()
        return replace(left, remembered=self.remembered, stale=self.stale.union(days))

    def hiding(self, columns: Sequence[str]) -> InPlace:
        """The same rows with nothing in these columns."""
        import ibis

        nothing = {name: ibis.null(self.cells[name].type()) for name in columns}
        constants = {**self.constants, **dict.fromkeys(columns)}
        return replace(self._of(self.cells.mutate(**nothing), "hiding", *columns), constants=constants)

    def frame(self, columns: Sequence[str] = ()) -> pd.DataFrame:
        """All rows as a frame, in order; all columns but where some are named."""
        order = self.source.order
        cells = self.cells.select(list(dict.fromkeys([*columns, *order]))) if columns else self.cells
        with self.source.asked():
            found = cells.to_pyarrow().sort_by([(name, "ascending") for name in order])
        return self._typed(found.select(list(columns or self.table.columns)))

    def parts(self) -> Iterator[tuple[pd.DataFrame, pd.Series | None]]:
        """All rows as frames, a part at a time in order, and their `OWNER` where they have it."""
        with self.source.asked():
            for part in self.source.parts(self.cells):
                owner = part[OWNER].to_pandas().astype("str") if OWNER in part.column_names else None
                yield self._typed(part.select(list(self.table.columns))), owner

    def ask(self, expression: ir.Expr) -> Any:
        """What an expression over `cells` says in few words, as Arrow."""
        with self.source.asked():
            return answered(expression)

    def _of(self, cells: ir.Table, *cut: object) -> InPlace:
        return replace(self, cells=cells, cut=(*self.cut, cut), remembered=None, stale=frozenset())

    def _typed(self, rows: pa.Table) -> pd.DataFrame:
        of = {name: self.table.columns[name] for name in rows.column_names}
        for at, (name, column) in enumerate(of.items()):
            if column.kind in ("date", "instant", "month"):
                rows = rows.set_column(at, name, rows[name].cast(pa.timestamp("us")))
        frame = rows.to_pandas(types_mapper=_NULLABLE.get)
        changed = {}
        for name, column in of.items():
            if column.kind == "instant":
                changed[name] = frame[name].dt.tz_localize(self.time_zone)
            elif column.kind == "month":
                changed[name] = frame[name].dt.to_period("M")
            elif column.kind == "text":
                changed[name] = frame[name].astype("str")
        if self.table.money and len(of) == len(self.table.columns):
            changed["original_currency"] = pd.Series(self.currency, index=frame.index, dtype="str")
            changed["rate"] = 1.0
        return frame.assign(**changed)


def one_of(cell: ir.Value, values: Sequence[str] | Sequence[int]) -> ir.BooleanValue:
    """Whether a cell has one of these values."""
    import ibis

    return cell.isin(values if len(values) <= FEW else ibis.memtable(pa.table({"value": values}))["value"])

"""A table where it is, as a lazy Ibis table of our columns: cut and counted there, read where it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from amlib import schema
from amlib.book.sliced import OWNER

if TYPE_CHECKING:
    import ibis.expr.types as ir

_NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


class Source(Protocol):
    """Where the rows of a table are.

    `order` are the columns by which they are in order, `note` is what to know of them, `hashes_at_once` is whether a
    hash of them takes seconds.
    """

    order: Sequence[str]
    note: str
    hashes_at_once: bool

    def asked(self) -> AbstractContextManager[None]:
        """Around every question; raises `BookError` where it cannot be asked any more."""

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
    of all its money. `cut` says what was done to the rows as they are there.
    """

    table: schema.Table
    cells: ir.Table
    source: Source
    time_zone: str
    currency: str
    cut: tuple[tuple[object, ...], ...] = ()

    @property
    def hash(self) -> str:
        """A hash of the rows, as their source gives it."""
        return self.source.hash(self.cells, [" ".join(map(str, cut)) for cut in self.cut])

    def __len__(self) -> int:
        return self._counted

    @cached_property
    def _counted(self) -> int:
        return self.count()

    def count(self, condition: ir.BooleanValue | None = None) -> int:
        """How many rows there are, or of how many a condition on `cells` is true."""
        return int(self._asked(self.cells.count(where=condition)))

    def filled(self, column: str, lacking: str = "") -> int:
        """In how many rows a column has a value, where the column `lacking` has none."""
        there = self.cells[column].notnull()
        return self.count(there & self.cells[lacking].isnull() if lacking else there)

    def days(self, column: str) -> tuple[pd.Timestamp, pd.Timestamp]:
        """The first and the last day (or local instant) of a column; NaT without any."""
        if column not in self._days:
            found = self.ask(self.cells.aggregate(first=self.cells[column].min(), last=self.cells[column].max()))
            self._days[column] = pd.Timestamp(found["first"][0]), pd.Timestamp(found["last"][0])
        return self._days[column]

    @cached_property
    def _days(self) -> dict[str, tuple[pd.Timestamp, pd.Timestamp]]:
        return {}

    def values(self, column: str, at_most: int | None = None) -> np.ndarray:
        """The different values of a column, but null; all, or so many of them."""
        there = self.cells.filter(self.cells[column].notnull()).select(column)
        return self.ask(there.distinct().limit(at_most))[column].to_numpy()

    def by_month(self) -> pd.DataFrame:
        """For each month its rows, the sum of each column of money (`amount`), and in how many there is any
        (`filled amount`)."""
        month = self.cells[self.table.known_on].cast("date").truncate("M")
        cells = self.cells.mutate(_month=month).filter(month.notnull())
        told = {"rows": cells.count()}
        for name in self.table.money:
            told |= {
                name: cells[name].sum().fill_null(0.0),
                f"filled {name}": cells.count(where=cells[name].fill_null(0.0) != 0),
            }
        found = self.ask(cells.group_by("_month").aggregate(**told))
        return found.set_index(pd.PeriodIndex(pd.to_datetime(found.pop("_month")), freq="M")).sort_index()

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
        said = self.source.hashed(self.cells, list(self.table.columns))
        found = self.cells.mutate(_said=said).filter(self.cells[OWNER].notnull()).group_by(OWNER)
        hashed = lambda rows: rows["_said"].cast("decimal(38, 0)").sum().cast("string")  # noqa: E731
        return self.ask(found.aggregate(rows=lambda rows: rows.count(), hash=hashed)).set_index(OWNER)

    @property
    def has_owner(self) -> bool:
        """Whether whose each row is stands in `OWNER` already."""
        return OWNER in self.cells.columns

    def owned(self, first: str, last: str) -> InPlace:
        """The rows of which `OWNER` is from `first` to `last`."""
        return self._of(self.cells.filter(self.cells[OWNER].between(first, last)), "owned", first, last)

    def has(self, column: str, values: pd.Series) -> pd.Series:
        """Which of `values` stand in a column of text."""
        import ibis

        asked = ibis.memtable(pa.table({column: pa.array(values.dropna().unique(), pa.string())}))
        there = self.ask(asked.semi_join(self.cells.select(column), column))
        return values.isin(there[column])

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
        return self._of(cells.mutate(**unknown) if unknown else cells, "as of", month)

    def where(self, column: str, values: Iterable[str]) -> InPlace:
        """The rows that have one of `values` in a column of text."""
        import ibis

        values = list(values)
        if len(values) == 1:
            return self._of(self.cells.filter(self.cells[column] == values[0]), column, values)
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
        return self._of(self.cells.anti_join(ibis.memtable(pa.table({column: out})), column), "without", *out)

    def hiding(self, columns: Sequence[str]) -> InPlace:
        """The same rows with nothing in these columns."""
        import ibis

        return self._of(
            self.cells.mutate(**{name: ibis.null(self.cells[name].type()) for name in columns}), "hiding", *columns
        )

    def frame(self, columns: Sequence[str] = ()) -> pd.DataFrame:
        """All rows as a frame, in order; all columns but where some are named."""
        order = self.source.order
        cells = self.cells.select(list(dict.fromkeys([*columns, *order]))) if columns else self.cells
        found = self._asked_arrow(cells).sort_by([(name, "ascending") for name in order])
        return self._typed(found.select(list(columns or self.table.columns)))

    def parts(self) -> Iterator[tuple[pd.DataFrame, pd.Series | None]]:
        """All rows as frames, a part at a time in order, and their `OWNER` where they have it."""
        with self.source.asked():
            for part in self.source.parts(self.cells):
                owner = part[OWNER].to_pandas().astype("str") if OWNER in part.column_names else None
                yield self._typed(part.select(list(self.table.columns))), owner

    def ask(self, expression: ir.Table) -> pd.DataFrame:
        """What an expression over `cells` says, as a frame; months are first days."""
        return self._asked_arrow(expression).to_pandas()

    def _of(self, cells: ir.Table, *cut: object) -> InPlace:
        return replace(self, cells=cells, cut=(*self.cut, cut))

    def _asked(self, expression: ir.Scalar) -> Any:
        with self.source.asked():
            return expression.to_pyarrow().as_py()

    def _asked_arrow(self, expression: ir.Table) -> pa.Table:
        with self.source.asked():
            return expression.to_pyarrow()

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

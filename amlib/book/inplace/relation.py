"""Rows that stay in a database, asked there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from amlib.book import databases
from amlib.book.databases import NotRead, Relation
from amlib.book.inplace.table import FEW, one_of
from amlib.book.inplace.tally import DAY
from amlib.book.problem import BookError
from amlib.book.reading import from_arrow
from amlib.kpis.engine import answered

if TYPE_CHECKING:
    import ibis.expr.types as ir

PART = 1 << 18
"""Rows that are taken out of a database at a time."""


@dataclass(frozen=True)
class Stored:
    """A table of a database: `raw` are its rows, told apart by our column `key`, which is `column` there."""

    relation: Relation
    raw: ir.Table
    key: str
    column: str

    hashes_at_once = False

    @property
    def order(self) -> tuple[str, ...]:
        return (self.key,)

    def counts(self, rows: int) -> dict[str, int]:
        """Where they stand -> how many there are."""
        return {self.relation.place: rows}

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Raises `BookError` for whatever the database says, without any secret."""
        try:
            with databases.telling(self.relation):
                yield
        except NotRead as error:
            raise BookError(f"{self.relation.place}: {error.found}. Expected: {error.expected}.") from None

    def repeated(self, key: ir.Value) -> ir.BooleanValue | None:
        """A condition that is true where a key is repeated; None where none is."""
        if databases.held_unique(self.raw.get_backend(), self.relation, self.column):
            return None
        twice = self.raw.filter(key.notnull()).group_by(key.name("key")).having(lambda rows: rows.count() > 1)
        twice = twice.aggregate()
        return key.isin(twice["key"]) if answered(twice.count()).as_py() else None

    def note(self, rows: int) -> str:
        """What to know of these rows, which are so many."""
        return (
            f"{self.relation.place}: {rows:,} rows, left in the database and asked there; "
            "not looked at is whether rows are there twice under two ids"
        )

    def by_day(self, rows: ir.Table, known: ir.DateValue | ir.TimestampValue) -> ir.Table:
        """Rows that are to be counted by the day of one of their columns."""
        return self._of_few(rows.mutate(**{DAY: known.cast("date")}))

    def _of_few(self, rows: ir.Table) -> ir.Table:
        """The rows, so that PostgreSQL expects few groups of them.

        It takes the days of instants to be as many as the instants, too many to be counted by several processes at
        once. Of what comes out of a union it takes nothing to be known.
        """
        import ibis

        kinds = {name: kind(nullable=True) for name, kind in rows.schema().items()}
        nothing = self.raw.filter(ibis.literal(False)).select(**{name: ibis.null(kind) for name, kind in kinds.items()})
        return rows.select(**{name: rows[name].cast(kind) for name, kind in kinds.items()}).union(nothing)

    def alike(self, cells: ir.Table, columns: Sequence[str]) -> ir.Table:
        """No row: grouping all rows by all that they say takes a database minutes."""
        return cells.limit(0)

    def parts(self, cells: ir.Table) -> Iterator[pa.Table]:
        """Rows in order, in parts that fit in memory."""
        yield cells.limit(0).to_pyarrow()  # the columns, also where there is no row
        for batch in cells.order_by(self.key).to_pyarrow_batches(chunk_size=PART):
            yield pa.Table.from_batches([batch])

    def hashed(self, cells: ir.Table, columns: Sequence[str]) -> ir.IntegerValue:
        """A hash of these columns of each row, made where it is."""
        import ibis

        return ibis.literal("\x1e").join([cells[name].cast("string").fill_null("\x1f") for name in columns]).hash()

    def read(self, condition: ir.BooleanValue | None) -> pd.DataFrame:
        """Rows as a database gives them, with the place of each in the order of the key; none where None."""
        rows = self.raw.limit(0) if condition is None else self.raw.filter(condition).order_by(self.column)
        with self.asked():
            found = from_arrow(answered(rows))
            numbers = self._numbers(found[self.column].dropna().tolist())
        # Rows without a key are the last of these, and wherever there are any the table is read.
        numbers += [0] * (len(found) - len(numbers))
        return found.assign(_file=self.relation.place, _sheet="", _row=numbers).astype(
            {"_file": "str", "_sheet": "str", "_row": "int64"}
        )

    def _numbers(self, keys: list) -> list[int]:
        """The number of each row with one of these keys among all, both in the order of the key."""
        import ibis

        key = self.raw[self.column]
        if not keys:
            return []
        if len(keys) > FEW:
            rows = self.raw.select(key=key, number=ibis.row_number().over(order_by=key) + 1)
            return answered(rows.filter(one_of(rows["key"], keys)).order_by("number"))["number"].to_pylist()
        # No row has to be put in order for how many there are between two of the keys.
        kind = "string" if key.type().is_string() else "int64"
        rows = self._of_few(self.raw.select(between=_between(kind)(key.cast(kind), ibis.array(keys))))
        found = answered(rows.group_by("between").aggregate(rows=rows.count())).to_pandas().set_index("between")["rows"]
        return (found.reindex(range(len(keys)), fill_value=0).cumsum() + 1).tolist()

    def these(self, places: pd.DataFrame, values: pd.DataFrame) -> tuple[str, list[str]]:
        """The column, and its values, by which rows that were read are told from all others."""
        return self.key, values[self.key].tolist()

    def hash(self, cells: ir.Table, cut: Sequence[str]) -> str:
        """A hash of the rows, in whatever order; each is hashed where it is."""
        of_row = self.hashed(cells, cells.columns)
        with self.asked():
            found = answered(cells.aggregate(n=cells.count(), sum=of_row.cast("decimal(38, 0)").sum())).to_pylist()
        return sha256(str(found).encode()).hexdigest()


@lru_cache
def _between(kind: str) -> Callable[[ir.Value, ir.ArrayValue], ir.IntegerValue]:
    """How many of several values in order are at most a value, for those of a kind."""
    import ibis

    @ibis.udf.scalar.builtin(name="width_bucket", signature=((kind, f"array<{kind}>"), "int32"))
    def width_bucket(value, values): ...

    return width_bucket

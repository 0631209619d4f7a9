"""Rows that stay in a database, asked there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from amlib.book import databases
from amlib.book.databases import NotRead, Relation
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
        """Rows that are to be counted by the day of one of their columns.

        PostgreSQL takes the days of instants to be as many as the instants, too many to be counted by several processes
        at once. Of what comes out of a union it takes nothing to be known.
        """
        import ibis

        rows = rows.mutate(**{DAY: known.cast("date")})
        return rows.union(rows.filter(ibis.literal(False)))

    def alike(self, cells: ir.Table, columns: Sequence[str]) -> ir.Table:
        """No row: grouping all rows by all that they say takes a database minutes."""
        return cells.limit(0)

    def parts(self, cells: ir.Table) -> Iterator[pa.Table]:
        """Rows in order, in parts that fit in memory."""
        for batch in cells.order_by(self.key).to_pyarrow_batches(chunk_size=PART):
            yield pa.Table.from_batches([batch])

    def hashed(self, cells: ir.Table, columns: Sequence[str]) -> ir.IntegerValue:
        """A hash of these columns of each row, made where it is."""
        import ibis

        return ibis.literal("\x1e").join([cells[name].cast("string").fill_null("\x1f") for name in columns]).hash()

    def read(self, condition: ir.BooleanValue | None) -> pd.DataFrame:
        """Rows as a database gives them, with the place of each in the order of the key; none where None."""
        import ibis

        if condition is None:
            found = self.raw.limit(0).mutate(_row=ibis.literal(0))
        else:
            # All are numbered before any is left out.
            found = self.raw.mutate(_row=ibis.row_number().over(order_by=self.raw[self.column]) + 1, _taken=condition)
            found = found.filter(found["_taken"]).drop("_taken").order_by("_row")
        with self.asked():
            found = from_arrow(found.to_pyarrow())
        return found.assign(_file=self.relation.place, _sheet="").astype(
            {"_file": "str", "_sheet": "str", "_row": "int64"}
        )

    def these(self, places: pd.DataFrame, values: pd.DataFrame) -> tuple[str, list[str]]:
        """The column, and its values, by which rows that were read are told from all others."""
        return self.key, values[self.key].tolist()

    def hash(self, cells: ir.Table, cut: Sequence[str]) -> str:
        """A hash of the rows, in whatever order; each is hashed where it is."""
        of_row = self.hashed(cells, cells.columns)
        with self.asked():
            found = answered(cells.aggregate(n=cells.count(), sum=of_row.cast("decimal(38, 0)").sum())).to_pylist()
        return sha256(str(found).encode()).hexdigest()

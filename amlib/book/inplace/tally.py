"""What is in all rows of a table, counted day by day in one look at them: a scan of many rows is what takes time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from amlib import schema

if TYPE_CHECKING:
    import ibis.expr.types as ir

DAY = "_day"
"""The column with the day by which a row became known."""


def questions(
    table: schema.Table, cells: Mapping[str, ir.Value] | ir.Table, rows: ir.IntegerScalar, constants: Mapping[str, Any]
) -> dict[str, ir.Scalar]:
    """What is asked of the rows of each day; of columns in `constants` nothing has to be."""
    found = {"rows": rows}
    for name, column in table.columns.items():
        if name in constants:
            continue
        if column.optional:
            found[f"with {name}"] = cells[name].count()
        if column.known_on not in ("", name, *constants):
            found[f"{name} without {column.known_on}"] = cells[name].count(where=cells[column.known_on].isnull())
        if name in table.money:
            found[name] = cells[name].sum().fill_null(0.0)
            found[f"filled {name}"] = cells[name].count(where=cells[name] != 0)
    return found


@dataclass(frozen=True)
class Tally:
    """The answers to `questions`, by day; those of rows without one stand at NaT.

    `constants` are columns of which all rows have the same value, with that value.
    """

    table: schema.Table
    by_day: pd.DataFrame
    constants: Mapping[str, Any]

    @classmethod
    def of(cls, table: schema.Table, answers: pa.Table, constants: Mapping[str, Any]) -> Tally:
        days = pd.DatetimeIndex(answers[DAY].cast(pa.timestamp("s")).to_pandas())
        return cls(table, answers.drop_columns([DAY]).to_pandas().set_axis(days), constants)

    def with_days(self, days: Collection[date | None], found: Tally) -> Tally:
        """The same with what was `found` of some days, which are counted anew."""
        others = self.by_day.loc[~self.by_day.index.isin(pd.DatetimeIndex([*days])), found.by_day.columns]
        return replace(self, by_day=pd.concat([others, found.by_day]))

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.sum("rows")

    @property
    def days(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """The first and the last day; NaT without any."""
        return self.by_day.index.min(), self.by_day.index.max()

    def sum(self, answer: str) -> int:
        """The sum of a count over all days."""
        return int(self.by_day[answer].sum())

    def filled(self, column: str, lacking: str = "") -> int:
        """In how many rows a column has a value, where the one by which it is known (`lacking`) has none.

        One that no row may lack is taken to have one in all.
        """
        if lacking in self.constants:
            return self.filled(column) if self.constants[lacking] is None else 0
        if column in self.constants:
            there = 0 if self.constants[column] is None else self.rows
            return there - self.filled(lacking) if there and lacking else there
        if lacking:
            return self.sum(f"{column} without {lacking}")
        return self.sum(f"with {column}") if self.table.columns[column].optional else self.rows

    def by_month(self) -> pd.DataFrame:
        """For each month its rows, the sum of each column of money (`amount`), and in how many there is any
        (`filled amount`)."""
        dated = self.by_day[self.by_day.index.notna()]
        found = dated.groupby(dated.index.to_period("M")).sum()
        for name in self.table.money:
            if name in self.constants:
                value = self.constants[name] or 0.0
                found[name], found[f"filled {name}"] = value * found["rows"], found["rows"] * bool(value)
        return found[["rows", *(told for name in self.table.money for told in (name, f"filled {name}"))]]

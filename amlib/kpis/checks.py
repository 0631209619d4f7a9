"""Values that no KPI may swallow: each is an error that names the column, the value and the row.

What is right is written once, in `amlib.schema`; a table of any engine is asked for it by one small
query, and by a second one for the row to show where the first has found something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from amlib.kpis.engine import FEW
from amlib.kpis.known import different, once
from amlib.schema import FIRST_DAY, LAST_DAY, TABLES, Column

LARGEST = 1e18
"""No amount, rate or number of hours comes near it in any currency, and sums of it would lose their last digits."""

Ask = Callable[[ir.Table], list[dict[str, Any]]]


@dataclass(frozen=True)
class Rule:
    """What a row breaks, which columns show it, and what to say of it."""

    broken: ir.BooleanValue
    shows: tuple[str, ...]
    expected: str


def rules(table: ir.Table, name: str, unique: Iterable[str] = (), columns: Iterable[str] | None = None) -> list[Rule]:
    """What the rows of a table must keep to: filled cells, allowed values, ranges, order of dates, unique key.

    Of all columns, or of some.
    """
    if name not in TABLES:
        return []
    of = table.columns if columns is None else {*columns}
    contract, has = TABLES[name], {column: kind for column, kind in table.schema().items() if column in of}
    found = []
    for column, wanted in contract.columns.items():
        if column not in has:
            continue
        value = table[column]
        if not wanted.optional:
            found.append(Rule(value.isnull(), (column,), wanted.expected))
        if wanted.values:
            found.append(Rule(value.notin(wanted.values), (column,), wanted.expected))
        outside = [value < wanted.at_least] if wanted.at_least is not None else []
        outside += [value > wanted.at_most] if wanted.at_most is not None else []
        outside += [value.isnan() | (value.abs() > LARGEST)] if has[column].is_floating() else []
        if wanted.kind == "integer" and has[column].is_floating():
            # An infinite number has no floor, and is outside the range anyway.
            finite = ibis.ifelse(value.abs() <= LARGEST, value, None)
            outside.append((finite != finite.floor()).fill_null(False))
        found += [Rule(broken, (column,), wanted.expected) for broken in outside]
        if wanted.kind in ("date", "instant") and not has[column].is_null():
            day, near = value.cast("date"), f"{wanted.expected}, from {FIRST_DAY:%Y} to {LAST_DAY:%Y}"
            found.append(Rule((day < FIRST_DAY.date()) | (day > LAST_DAY.date()), (column,), near))
    for earlier, later in contract.order:
        if earlier in has and later in has:
            first, second = table[earlier], table[later]
            if contract.columns[earlier].kind == "date":
                first, second = first.cast("date"), second.cast("date")
            found.append(Rule(second < first, (earlier, later), f"{later} not before {earlier}"))
    if unique := tuple(unique):
        again = table.count().over(ibis.window(group_by=list(unique))) > 1
        found.append(Rule(again, unique, f"each {' and '.join(unique)} once"))
    return found


def count_broken(table: ir.Table, name: str, unique: Iterable[str] = ()) -> ir.Table | None:
    """One row with the number of rows that break each rule, in the order of `rules`; None without a rule.

    A table with a column of that name has its `currency` in it as well ('' where it is empty).
    """
    counted = {f"rule_{i}": table.count(where=rule.broken) for i, rule in enumerate(rules(table, name))}
    if unique := list(unique):
        # Counting the keys is much cheaper than a window over all rows.
        keys = table[unique[0]].nunique() if len(unique) == 1 else ibis.struct({c: table[c] for c in unique}).nunique()
        counted["repeated"] = table.count() - keys
    if "currency" in table.columns:
        money = table.currency.fill_null("")
        counted["currencies"] = ibis.ifelse(money.min() != money.max(), 1, 0)
        counted["currency"] = money.max()
    return table.aggregate(**counted) if counted else None


def in_one_currency(found: Mapping[str, str | None]) -> None:
    """Raise `ValueError` where tables, each in one currency, are not in the same; None says nothing of its table's."""
    spoken = {name: code or "(empty)" for name, code in found.items() if code is not None}
    if len({*spoken.values()}) > 1:
        raise ValueError(
            f"the tables are in several currencies ({', '.join(f'{name} {code}' for name, code in spoken.items())}): "
            "convert them to one first; open_book does so with the rates of fx"
        )


def explain(
    broken: dict[str, int | None],
    table: ir.Table,
    name: str,
    unique: Iterable[str],
    ask: Ask,
    columns: Iterable[str] | None = None,
) -> None:
    """Raise `ValueError` for the first rule broken; `ask` runs a query.

    `broken` is the answer to `count_broken`, which may have been asked of some `columns` of the table only.
    """
    if broken.get("currencies"):
        counted = table.group_by(currency=table.currency.fill_null("")).aggregate(rows=_.count())
        rows = {row["currency"]: row["rows"] for row in ask(counted)}
        rarest = min(sorted(rows), key=rows.get)
        raise ValueError(
            f"{name} has amounts in several currencies ({', '.join(sorted(code or '(empty)' for code in rows))}): "
            "convert them to one first; open_book does so with the rates of fx. "
            + _told(table.filter(table.currency.fill_null("") == rarest), name, ("currency",), rows[rarest], ask)
        )
    all_rules = rules(table, name, unique, columns)
    hits = [i for i in range(len(all_rules)) if broken.get(f"rule_{i}")]
    hits += [len(all_rules) - 1] if broken.get("repeated") else []
    if not hits:
        return
    rule = all_rules[hits[0]]
    seen = table.mutate(broken_here=rule.broken).filter(lambda t: t.broken_here).drop("broken_here")
    count = broken.get(f"rule_{hits[0]}") or broken["repeated"]
    raise ValueError(
        f"{_told(seen, name, rule.shows, count, ask)}; expected: {rule.expected}. "
        "Correct the rows or leave them out; check=False computes without looking"
    )


def _told(seen: ir.Table, name: str, shows: tuple[str, ...], count: int, ask: Ask) -> str:
    """The first of `count` rows, which `seen` has of the table `name`: what it has in some columns, and its key."""
    (row,) = ask(seen.order_by(seen.columns).limit(1))
    key = [column for column in TABLES[name].key if column in row and column not in shows]
    where = " where " + " and ".join(f"{c} is {_spoken(row[c])}" for c in key) if key else _other(row, shows)
    values = ", ".join(f"{name}.{column} is {_spoken(row[column])}" for column in shows)
    return f"{values}{where} ({count:,} {'row' if count == 1 else 'rows'} like it)"


def _other(row: dict[str, Any], shown: tuple[str, ...]) -> str:
    rest = [f"{column} {_spoken(value)}" for column, value in row.items() if column not in shown]
    return f" in the row with {', '.join(rest)}" if rest else ""


def _spoken(value: Any) -> str:
    return "empty" if value is None else repr(value) if isinstance(value, str) else str(value)


def clearly_right(frame: pa.Table, name: str) -> bool:
    """Whether the edges of a frame's columns show that no row breaks a rule; False where the rows must be counted.

    Arrow says so in a tenth of the time that a query takes. The key is not looked at.
    """
    if name not in TABLES or ("currency" in frame.column_names and len(different(frame["currency"])) > 1):
        return False
    contract, has = TABLES[name], {*frame.column_names}
    if not all(_clearly_right(frame[column], contract.columns[column]) for column in has & {*contract.columns}):
        return False
    ordered = [pair for pair in contract.order if {*pair} <= has]
    return not any(pc.any(pc.less(frame[later], frame[earlier])).as_py() for earlier, later in ordered)


def _clearly_right(values: pa.ChunkedArray, wanted: Column) -> bool:
    if values.null_count and not wanted.optional:
        return False
    if wanted.values and not {*different(values).to_pylist()} <= {*wanted.values, None}:
        return False
    if wanted.kind in ("date", "instant"):
        # In the column's own unit: what is far beyond the limits could not be said in theirs.
        first, after = np.array([FIRST_DAY, LAST_DAY + pd.Timedelta(days=1)], "M8[s]")
        return all(first.astype(low.dtype) <= low and high < after.astype(low.dtype) for low, high in _edges(values))
    if wanted.kind in ("number", "integer"):
        least = -LARGEST if wanted.at_least is None else wanted.at_least
        most = LARGEST if wanted.at_most is None else wanted.at_most
        if not all(least <= low and high <= most for low, high in _edges(values)):
            return False
        if pa.types.is_floating(values.type):
            whole = wanted.kind == "number" or pc.all(pc.equal(values, pc.floor(values)), min_count=0).as_py()
            return whole and not (values.null_count and pc.any(pc.is_nan(values)).as_py())
    return True


def _edges(values: pa.ChunkedArray) -> Iterator[tuple[Any, Any]]:
    """The least and the greatest of some rows after the other, by numpy, which takes a tenth of the time of Arrow.

    What lies in memory under a null counts as well, unless it is NaN or NaT, as pandas leaves there: so the
    edges may be those of no value, but no value is beyond them. NaN or NaT in a chunk without nulls are edges.
    """
    for chunk in values.chunks:
        if chunk.null_count == len(chunk):
            continue
        chunk = chunk.cast(pa.timestamp("s")) if pa.types.is_date32(chunk.type) else chunk
        memory = np.frombuffer(chunk.buffers()[1], chunk.type.to_pandas_dtype())
        for rows in _in_blocks(len(chunk)):
            seen = memory[chunk.offset :][rows]
            low, high = (_filled_edges if chunk.null_count else _plain_edges)(seen)
            if not (chunk.null_count and np.isnan(low)):
                yield low, high


def _plain_edges(seen: np.ndarray) -> tuple[Any, Any]:
    plain = seen.view("int64") if seen.dtype.kind == "M" else seen  # three times as fast as instants
    return plain.min().view(seen.dtype), plain.max().view(seen.dtype)


def _filled_edges(seen: np.ndarray) -> tuple[Any, Any]:
    """Those of what is neither NaN nor NaT, which they are where nothing else is."""
    if seen.dtype.kind != "M":
        return np.fmin.reduce(seen), np.fmax.reduce(seen)
    # NaT is the least of all numbers: moved so that it comes out as the greatest, it takes a quarter of fmin's time.
    least = (seen.view("uint64") + _PAST_NAT).min(keepdims=True) - _PAST_NAT
    return least.view(seen.dtype)[0], seen.view("int64").max().view(seen.dtype)


_PAST_NAT = np.uint64((1 << 63) - 1)
_BLOCK = 1 << 16


def _in_blocks(rows: int) -> Iterator[slice]:
    """So many rows at a time that what is worked out of them stays near the processor."""
    return (slice(start, min(start + _BLOCK, rows)) for start in range(0, rows, _BLOCK))


def clearly_unique(frame: pa.Table, key: tuple[str, ...]) -> bool:
    """Whether Arrow sees that no key is in a frame twice; False where the keys must be counted.

    A single column usually grows from row to row in an export, and then no value is there twice.
    """
    if len(key) != 1:
        return frame.group_by(list(key), use_threads=len(frame) > FEW).aggregate([]).num_rows == len(frame)
    column = frame[key[0]]
    return column.null_count == 0 and (len(column) < 2 or once(column, "grows", lambda: _grows(column)))


def _grows(column: pa.ChunkedArray) -> bool:
    """Whether each value of a column without nulls is greater than the one before."""
    if len(column) < column.num_chunks << 10:  # so many looks would take longer than to copy them into one
        column = pa.chunked_array([column.combine_chunks()])
    chunks = [chunk for chunk in column.chunks if len(chunk)]
    beside = [(chunk[:-1], chunk[1:]) for chunk in chunks]
    beside += [(before[-1:], after[:1]) for before, after in pairwise(chunks)]
    return all(pc.all(pc.less(before, after), min_count=0).as_py() for before, after in beside)

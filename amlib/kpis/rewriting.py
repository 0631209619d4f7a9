"""Expressions in the way in which DuckDB computes them fastest; other engines get them as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from amlib.business_time import seconds_of_day


def for_duckdb(expression: ir.Table) -> ir.Table:
    """The same, as DuckDB computes it fastest; other engines have no such list of quantiles, nor days as numbers."""
    for faster in (
        _quantiles_at_once,
        _counts_as_sums,
        _grouped_by_what_differs,
        _months_by_day,
        _clock_at_once,
    ):
        expression = expression.op().replace(faster).to_expr()
    return expression


@ibis.udf.scalar.builtin(name="subtract", signature=(("date", "int32"), "date"))
def _days_before(day, days):
    """A day that many days earlier."""


def _months_by_day(node: ops.Node, changed: Mapping[str, Any] | None) -> ops.Node:
    """The first of a month by the number of the day: DuckDB's `date_trunc` takes three times as long, to an instant."""
    node = node.__recreate__(changed) if changed else node
    if not isinstance(node, ops.DateTruncate) or node.unit.value != "M":
        return node
    day = node.arg.to_expr()
    return _days_before(day, (day.day() - 1).cast("int32")).op()


@ibis.udf.scalar.builtin(name="epoch_us", signature=(("timestamp",), "int64"))
def _microseconds(moment):
    """Microseconds since 1970."""


@ibis.udf.scalar.builtin(name="divide", signature=(("int64", "int64"), "int64"))
def _whole(number, by):
    """The whole quotient, for which Ibis goes by way of floating point."""


def _clock_at_once(node: ops.Node, changed: Mapping[str, Any] | None) -> ops.Node:
    """The second of a day by one count in place of three: hour, minute and second are each cut out of the instant."""
    node = node.__recreate__(changed) if changed else node
    if not isinstance(node, ops.Add) or not isinstance(node.right, ops.ExtractSecond):
        return node
    moment = node.right.arg.to_expr()
    if node != seconds_of_day(moment).op():
        return node
    # Counted from the year 1, since the remainder of a negative number is negative.
    since = _whole(_microseconds(moment) + 62_135_596_800_000_000, 1_000_000)
    return (since % 86_400).cast("int32").op()


def _quantiles_at_once(node: ops.Node, changed: Mapping[str, Any] | None) -> ops.Node:
    """All quantiles of a column at once, of which DuckDB would keep the values apart.

    Half the memory and a third of the time of `response_time` over many rows.
    """
    node = node.__recreate__(changed) if changed else node
    if not isinstance(node, ops.Aggregate):
        return node
    asked: dict[tuple[ops.Node, ops.Node | None], dict[str, float]] = {}
    for name, metric in node.metrics.items():
        if isinstance(metric, ops.Median | ops.Quantile):
            share = 0.5 if isinstance(metric, ops.Median) else metric.quantile.value
            asked.setdefault((metric.arg, metric.where), {})[name] = share
    several = {f"quantiles_{i}": (of, shares) for i, (of, shares) in enumerate(asked.items()) if len(shares) > 1}
    if not several:
        return node
    apart = {name: (at, i) for at, (_, shares) in several.items() for i, name in enumerate(shares)}
    metrics = {name: metric for name, metric in node.metrics.items() if name not in apart}
    for at, ((arg, where), shares) in several.items():
        metrics[at] = ops.MultiQuantile(arg, tuple(shares.values()), where)
    found = ops.Aggregate(node.parent, node.groups, metrics).to_expr()
    columns = {name: found[apart[name][0]][apart[name][1]] if name in apart else found[name] for name in node.schema}
    return found.select(**columns).op()


def _counts_as_sums(node: ops.Node, changed: Mapping[str, Any] | None) -> ops.Node:
    """How many rows keep to something, as a sum of 1 and 0: for a count DuckDB sets the other rows apart."""
    node = node.__recreate__(changed) if changed else node
    if not isinstance(node, ops.Aggregate) or not any(_kept(metric) for metric in node.metrics.values()):
        return node
    sums = {name: _kept(metric) or metric for name, metric in node.metrics.items()}
    return ops.Aggregate(node.parent, node.groups, sums)


def _kept(metric: ops.Value) -> ops.Value | None:
    """The sum for a count of what keeps to something, however that is said; None for any other metric."""
    if isinstance(metric, ops.CountStar) and metric.where is not None:
        keeps = metric.where.to_expr()
    elif isinstance(metric, ops.Count) and metric.where is None and isinstance(metric.arg, ops.IfElse):
        keeps = metric.arg.bool_expr.to_expr()
        if metric.arg != ibis.ifelse(keeps, 1, None).op():
            return None
    else:
        return None
    # DuckDB's sum of whole numbers is wider than Ibis holds it for, which leaves out a mere `cast`.
    return ops.Cast(ibis.ifelse(keeps, 1, 0).sum().fill_null(0), "int64")


def _grouped_by_what_differs(node: ops.Node, changed: Mapping[str, Any] | None) -> ops.Node:
    """Groups by a column that is the same in all rows, such as the month asked for, without it: each key is hashed."""
    node = node.__recreate__(changed) if changed else node
    if not isinstance(node, ops.Aggregate):
        return node
    same = {name: of for name, key in node.groups.items() if (of := _constant(key)) is not None}
    if not same or len(same) == len(node.groups):
        return node
    groups = {name: key for name, key in node.groups.items() if name not in same}
    found = ops.Aggregate(node.parent, groups, node.metrics).to_expr()
    return found.select(**{name: same[name] if name in same else found[name] for name in node.schema}).op()


def groups_by_arrow(expression: ir.Table) -> tuple[ir.Table, dict[str, tuple[str, str]]]:
    """The same with tables in place of questions which texts a column of a frame has: those of which frame and column.

    Arrow finds them faster than DuckDB, and they are known as long as the frame is there.
    """
    handed: dict[str, tuple[str, str]] = {}

    def by_arrow(node: ops.Node, changed: Mapping[str, Any] | None) -> ops.Node:
        node = node.__recreate__(changed) if changed else node
        if not isinstance(node, ops.Distinct) or not isinstance(node.parent, ops.Project):
            return node
        same = {name: of for name, value in node.parent.values.items() if (of := _constant(value)) is not None}
        differ = {name: _origin(value) for name, value in node.parent.values.items() if name not in same}
        if len(differ) != 1 or not _is_text_of_frame(origin := next(iter(differ.values()))):
            return node
        table = f"texts_of_{origin.rel.name}_{origin.name}"
        handed[table] = (origin.rel.name, origin.name)
        texts = ibis.table({origin.name: origin.dtype}, name=table)[origin.name]
        return texts.as_table().select(**{name: same.get(name, texts) for name in node.schema}).op()

    return expression.op().replace(by_arrow).to_expr(), handed


def _is_text_of_frame(value: ops.Value) -> bool:
    return isinstance(value, ops.Field) and isinstance(value.rel, ops.UnboundTable) and value.dtype.is_string()


def _origin(value: ops.Value) -> ops.Value:
    """What a column is that was only handed on."""
    while isinstance(value, ops.Field) and isinstance(value.rel, ops.Project):
        value = value.rel.values[value.name]
    return value


def _constant(value: ops.Value) -> ir.Value | None:
    """A value that no row has part in; None for any other."""
    value = _origin(value)
    of_rows = value.find((ops.Field, ops.Relation, ops.Impure))
    return value.to_expr() if value.shape.is_scalar() and not of_rows else None

"""What ends with a client: contracts, projects and work of one who has left, for all KPIs of them."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir

CLIENTS = {"clients": ["client_id", "until"]}
"""What a KPI needs to know of who has left."""


def with_departures(table: ir.Table, clients: ir.Table) -> ir.Table:
    """`table` with `left_on`, the last day of each row's client; null where it is still there, or not in `clients`."""
    left = clients.select(leaver=clients.client_id, left_on=clients.until.cast("date"))
    left = left.filter(left.left_on.notnull())
    return table.left_join(left, table.client_id == left.leaver).drop("leaver")


def runs_on(contracts: ir.Table, day: ir.DateValue | date) -> ir.BooleanValue:
    """Whether contracts `with_departures` run on a day: in their term, and not after their client's last day."""
    begins, ends, left = contracts.starts_on.cast("date"), contracts.ends_on.cast("date"), contracts.left_on
    return (begins <= day) & (ends.isnull() | (ends >= day)) & (left.isnull() | (left >= day))

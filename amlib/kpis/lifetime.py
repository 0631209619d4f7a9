"""What a client is worth over the years it stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from .kpi import kpi
from .period import Day, last_day

DAYS_A_YEAR = 365.25


@kpi(
    vi="Giá trị vòng đời khách hàng",
    en="Customer lifetime value",
    definition_vi=(
        "Giá trị đơn hàng trung bình × số đơn hàng mỗi năm × số năm gắn bó với agency, "
        "có tính đến những khách hàng vẫn đang hợp tác."
    ),
    unit="money",
    better="more",
    needs={
        "invoices": ["client_id", "issued_on", "amount", "pass_through"],
        "clients": ["client_id", "since", "until"],
    },
    optional={"invoices": ["currency"]},
    groups=["clients"],
)
def lifetime_value(invoices: ir.Table, clients: ir.Table, as_of: Day, *, by: Sequence[str] = ()) -> ir.Table:
    """Average order value × orders per year × years retained.

    An order is an invoice with a positive amount, its value amount − pass_through; credit notes are no
    orders. orders_per_year = orders ÷ client-years from `since` to `until` or `as_of`, both days
    included. years_retained is the Kaplan–Meier mean: clients still there have not finished their stay,
    so their years count as 'at least'; it ends at the longest stay seen, so it is cautious while few
    have left. Beside it years_retained_naive, the mean years so far. Later invoices and departures are
    ignored; clients that came later, and invoices of clients that `clients` does not list, are left out.
    For a single client the value is what it has brought so far. n = clients; components
    average_order_value, orders_per_year, years_retained, years_retained_naive.

    `by` names columns of `clients`. Null where there is no client or no order. Raises `ValueError`
    where the invoices' column 'currency' has several values.
    """
    end = last_day(as_of)
    orders = invoices.filter(invoices.amount > 0, invoices.issued_on.cast("date") <= end)
    orders = orders.group_by("client_id").aggregate(
        orders=orders.count(), spent=(orders.amount - orders.pass_through.fill_null(0)).sum()
    )
    stays = _stays(clients.filter(clients.since.cast("date") <= end), end, by).left_join(orders, "client_id")
    found = stays.aggregate(
        by=by,
        n=stays.count(),
        average_order_value=stays.spent.sum() / stays.orders.sum().nullif(0),
        orders_per_year=stays.orders.sum().fill_null(0) / stays.years.sum(),
        years_retained=stays.expected.sum(),
        years_retained_naive=stays.years.mean(),
    )
    return found.mutate(value=found.average_order_value * found.orders_per_year * found.years_retained)


def _stays(clients: ir.Table, end: date, by: Sequence[str]) -> ir.Table:
    """`clients` with `years` stayed until `end` and `expected`, whose sum over a group is the Kaplan–Meier mean.

    Queued by years, each client adds the stretch since the one before it, weighed with the share of
    clients that stays so long: the product of 1 − 1 ÷ (clients still there) over all departures before.
    Departures go before open stays of the same length, as Kaplan–Meier has it.
    """
    since, until = clients.since.cast("date"), clients.until.cast("date")
    left = until.notnull() & (until <= end)
    stays = clients.mutate(left=left, years=(ibis.ifelse(left, until, end).delta(since, unit="day") + 1) / DAYS_A_YEAR)
    queue = ibis.window(group_by=by, order_by=[stays.years, stays.left.desc(), stays.client_id])
    still_there = stays.count().over(group_by=by) - ibis.row_number().over(queue)
    stays = stays.mutate(
        stretch=stays.years - stays.years.lag().over(queue).fill_null(0),
        # A product is a sum of logarithms. The last to leave has none (of 0), and nobody behind it to need one.
        staying=ibis.ifelse(stays.left, 1 - 1 / still_there, 1.0).nullif(0).log(),
    )
    before = ibis.window(group_by=by, order_by=[stays.years, stays.left.desc(), stays.client_id], preceding=(None, 1))
    return stays.mutate(expected=stays.stretch * stays.staying.sum().over(before).fill_null(0).exp())

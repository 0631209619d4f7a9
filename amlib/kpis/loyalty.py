"""Whether clients come back. An order is an invoice with a positive amount."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import ibis
import ibis.expr.types as ir

from .interval import wilson
from .kpi import kpi
from .period import Day, first_day, last_day


@kpi(
    vi="Khách hàng quay lại",
    en="Returning clients",
    definition_vi="Tỷ lệ khách hàng đã có đơn hàng từ trước kỳ trong tổng số khách hàng có đơn hàng trong kỳ.",
    unit="share",
    better="more",
    counted=True,
    needs={"invoices": ["client_id", "issued_on", "amount"]},
    month={"invoices": "issued_on"},
)
def returning_clients(
    invoices: ir.Table, since: Day | None = None, as_of: Day | None = None, *, by: Sequence[str] = ()
) -> ir.Table:
    """Of the clients with an order in the period, the share who had ordered before it.

    An order is an invoice with a positive amount. With `by` month each month is a period, and `since` only leaves out
    the months before it; otherwise the period runs from `since` to `as_of`, to the last invoice without it. Later
    invoices are ignored. Whatever `by` asks for, 'before' looks at all orders of the client in the table. n = clients
    with an order in the period; components returning, new. low and high: 95 % Wilson interval.

    Null where nobody ordered. Raises `ValueError` with neither `since` nor `by` month: everything would
    be one period, before which nobody can have ordered.
    """
    if since is None and "month" not in by:
        raise ValueError("returning clients of which period? Give since, such as since='2026-10', or by='month'")
    orders = invoices.filter(invoices.amount > 0)
    orders = orders if as_of is None else orders.filter(orders.issued_on.cast("date") <= last_day(as_of))
    day = orders.issued_on.cast("date")
    clients = orders.group_by([*by, *({"client_id"} - {*by})]).aggregate(first=day.min(), last=day.max())
    clients = clients.mutate(first_order=clients.first.min().over(ibis.window(group_by="client_id")))
    if since is not None:
        clients = clients.filter(clients["last"] >= first_day(since))
    begins = clients.month.cast("date") if "month" in by else ibis.literal(first_day(since))
    found = clients.aggregate(
        by=by,
        n=clients.count(),
        returning=clients.count(where=clients.first_order < begins),
    )
    low, high = wilson(found.returning, found.n)
    return found.mutate(value=found.returning / found.n.nullif(0), low=low, high=high, new=found.n - found.returning)


@kpi(
    vi="Tỷ lệ khách hàng mua lại",
    en="Repeat rate",
    definition_vi="Tỷ lệ khách hàng có từ hai đơn hàng trở lên trong tổng số khách hàng từng có đơn hàng.",
    unit="share",
    better="more",
    counted=True,
    needs={"invoices": ["client_id", "amount"]},
)
def repeat_rate(invoices: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """Of all clients who ever ordered, the share who ordered at least twice.

    An order is an invoice with a positive amount; with `by`, orders are counted within each group.
    n = clients with an order; components repeat, once. low and high: 95 % Wilson interval.

    Null where nobody ordered.
    """
    orders = invoices.filter(invoices.amount > 0)
    per_client = orders.group_by([*by, *({"client_id"} - {*by})]).aggregate(orders=orders.count())
    found = per_client.aggregate(
        by=by,
        n=per_client.count(),
        repeat=per_client.count(where=per_client.orders >= 2),
    )
    low, high = wilson(found.repeat, found.n)
    return found.mutate(value=found.repeat / found.n.nullif(0), low=low, high=high, once=found.n - found.repeat)


_SPANS = {"quarter": "Q", "year": "Y"}


@kpi(
    vi="Đường cong gắn bó theo nhóm khách hàng",
    en="Cohort retention",
    definition_vi="Tỷ lệ khách hàng của nhóm bắt đầu cùng tháng vẫn còn đặt hàng sau một số tháng nhất định.",
    unit="share",
    better="more",
    counted=True,
    needs={"invoices": ["client_id", "issued_on", "amount"]},
    makes=["cohort", "cohort_quarter", "cohort_year", "age"],
)
def cohort_retention(
    invoices: ir.Table, as_of: Day, *, by: Sequence[str] = ("age",), ages: Sequence[int] = tuple(range(13))
) -> ir.Table:
    """Of the clients who first ordered in a month, the share that orders again so many months later.

    An order is an invoice with a positive amount. `by` may name 'cohort' (the month of the first order) and
    'age' (months since, those of `ages`) beside columns of `invoices`: by age gives the curve of all cohorts
    that have reached the age by `as_of` (a cohort reaches an age with the last day of that month), by cohort
    and age each cohort's own, by 'cohort_quarter' or 'cohort_year' (their first days) those of a quarter or a year
    together. n = clients who could have ordered at the age; component active, those who did.
    Without 'age' clients are counted once for each age. low and high: 95 % Wilson interval.

    Null where no cohort has reached the age. Raises `ValueError` for `ages` that are no whole numbers from 0.
    """
    if not len(ages) or any(age < 0 or age != int(age) for age in ages):
        raise ValueError(f"ages={list(ages)}: give the months after a client's first, whole numbers of at least 0")
    end = last_day(as_of)
    orders = invoices.mutate(day=invoices.issued_on.cast("date")).filter(invoices.amount > 0)
    orders = orders.filter(orders.day <= end).mutate(then=lambda t: t.day.truncate("M").cast("date"))
    own = [column for column in by if column not in ("cohort", "age", *(f"cohort_{span}" for span in _SPANS))]
    keys = [*own, *({"client_id"} - {*own})]
    active = orders.select(*keys, "then").distinct()
    first = active.group_by("client_id").aggregate(cohort=active.then.min()).rename(first_of="client_id")
    members = active.select(*keys).distinct()
    members = members.inner_join(first, members.client_id == first.first_of).drop("first_of")
    grid = members.mutate(age=ibis.array([int(age) for age in ages]).unnest())
    active = active.select(**{f"of_{column}": active[column] for column in [*keys, "then"]})
    months = (active.of_then.year() * 12 + active.of_then.month()).name("at")
    active = active.mutate(months)
    grid = grid.mutate(at=grid.cohort.year() * 12 + grid.cohort.month() + grid.age)
    # The month after as_of has not been reached, nor the month of as_of unless it is over.
    over = end + timedelta(days=1)
    grid = grid.filter(grid.at < over.year * 12 + over.month)
    spans = {f"cohort_{span}": grid.cohort.truncate(unit).cast("date") for span, unit in _SPANS.items()}
    grid = grid.mutate(**{name: first for name, first in spans.items() if name in by})
    same = [grid[column].identical_to(active[f"of_{column}"]) for column in keys]
    seen = grid.left_join(active, [*same, grid.at == active["at"]])
    found = seen.aggregate(by=by, n=seen.count(), active=seen.of_then.count())
    low, high = wilson(found.active, found.n)
    return found.mutate(value=found.active / found.n.nullif(0), low=low, high=high)

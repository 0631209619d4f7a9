"""Whether the book grows from within, and how much of it hangs on a few clients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir

from .kpi import kpi
from .period import Day, Month, last_day
from .retention import FEES, client_fees


@kpi(
    vi="Mức mở rộng trên mỗi khách hàng",
    en="Expansion per client",
    definition_vi="Phần phí định kỳ tăng thêm trong kỳ, tính bình quân trên mỗi khách hàng có phí định kỳ đầu kỳ.",
    unit="money",
    better="more",
    needs=FEES,
    optional={"contracts": ["currency"]},
)
def expansion_per_client(
    contracts: ir.Table, clients: ir.Table, month: Month | Iterable[Month], *, by: Sequence[str] = (), over: int = 12
) -> ir.Table:
    """What recurring fees grew by in the period, per client who had one at its start.

    value = expansion ÷ n; period, cohort and expansion are those of `gross_retention`, over a year unless told
    otherwise. n = clients with a fee at the start. Components expansion and expanded (clients who pay more).

    Null where no client had a fee at the start. Raises `ValueError` where the column 'currency' has several
    values.
    """
    fees = client_fees(contracts, clients, month, by, over)
    more = fees.end - fees.start
    found = fees.aggregate(
        by=by,
        n=fees.start.count(),
        expansion=more.sum(where=more > 0).fill_null(0),
        expanded=fees.count(where=more > 0),
    )
    return found.mutate(value=found.expansion / found.n.nullif(0))


@kpi(
    vi="Dịch vụ còn có thể bán thêm",
    en="White space",
    definition_vi=(
        "Số mảng dịch vụ mà phần lớn khách hàng cùng phân khúc đã dùng nhưng khách hàng này chưa dùng, "
        "tính bình quân trên mỗi khách hàng."
    ),
    unit="count",
    better="less",
    needs={
        "clients": ["client_id", "segment", "since", "until"],
        "projects": ["project_id", "client_id"],
        "tasks": ["project_id", "department", "handed_on"],
    },
    groups=["clients", "tasks"],
)
def white_space(
    clients: ir.Table,
    projects: ir.Table,
    tasks: ir.Table,
    as_of: Day,
    *,
    by: Sequence[str] = (),
    common: float = 0.5,
) -> ir.Table:
    """Services that like clients buy and this one does not, on average per client.

    A client has bought a service when a task of that department was handed on for it by `as_of`. Like clients
    are those of the same segment there on `as_of` (those without a segment are alike); a service counts where
    at least the share `common` of them has bought it. n = clients there. Components gaps (services missing,
    over all of them) and with_gaps (clients who lack one or more). `by` may name columns of `clients` and the
    column 'department': by client_id and department it lists the gaps one by one.

    Null where no client is there.
    """
    end = last_day(as_of)
    until = clients.until.cast("date")
    here = clients.filter(clients.since.cast("date") <= end, until.isnull() | (until >= end))
    here = here.mutate(like=here.segment.fill_null(""))
    bought = tasks.filter(tasks.handed_on.cast("date") <= end).select("project_id", "department")
    owners = projects.select("project_id", owner=projects.client_id)
    bought = bought.inner_join(owners, "project_id").select("owner", "department").distinct()
    grid = here.cross_join(bought.select("department").distinct())
    grid = grid.left_join(bought, [grid.client_id == bought.owner, "department"]).drop("department_right")
    grid = grid.mutate(has=grid.owner.notnull())
    alike = ibis.window(group_by=["like", "department"])
    grid = grid.mutate(usual=ibis.ifelse(grid.has, 1, 0).sum().over(alike) >= common * grid.count().over(alike))
    grid = grid.mutate(gap=ibis.ifelse(grid.usual & ~grid.has, 1, 0))
    if "department" in by:
        found = grid.aggregate(by=by, n=grid.client_id.nunique(), gaps=grid.gap.sum(), with_gaps=grid.gap.sum())
    else:
        # Without any task there is no grid, and still there are clients.
        gaps = grid.group_by("client_id").aggregate(gaps=grid.gap.sum())
        rows = here.left_join(gaps, "client_id").mutate(gaps=lambda t: t.gaps.fill_null(0))
        found = rows.aggregate(
            by=by, n=rows.count(), gaps=rows.gaps.sum().fill_null(0), with_gaps=rows.count(where=rows.gaps > 0)
        )
    return found.mutate(value=found.gaps / found.n.nullif(0))


@kpi(
    vi="Tỷ trọng khách hàng trọng điểm",
    en="Share of key accounts",
    definition_vi="Tỷ trọng doanh thu đến từ các khách hàng thuộc phân khúc trọng điểm.",
    unit="share",
    better="neither",
    needs={"invoices": ["client_id", "amount", "pass_through"], "clients": ["client_id", "segment"]},
    optional={"invoices": ["currency"]},
    month={"invoices": "issued_on"},
)
def key_account_share(
    invoices: ir.Table, clients: ir.Table, *, by: Sequence[str] = (), segment: str = "key"
) -> ir.Table:
    """The share of revenue that comes from the clients of the key segment.

    `segment` is that segment's name in the book. n = clients invoiced; components key (their revenue),
    revenue, key_clients. Invoices of clients that `clients` does not list are in revenue and not in key.
    `by` month is the month of issue. Credit notes for key clients or for others take it below 0 or above 1.

    Null where revenue is not positive. Raises `ValueError` where the column 'currency' has several values.
    """
    names = clients.filter(clients.segment == segment).select(key_id=clients.client_id)
    earned = invoices.amount - invoices.pass_through.fill_null(0)
    billed = invoices.group_by([*by, *({"client_id"} - {*by})]).aggregate(earned=earned.sum())
    billed = billed.left_join(names, billed.client_id == names.key_id)
    is_key = billed.key_id.notnull()
    found = billed.aggregate(
        by=by,
        n=billed.client_id.count(),
        key=billed.earned.sum(where=is_key).fill_null(0),
        revenue=billed.earned.sum(),
        key_clients=billed.count(where=is_key),
    )
    return found.mutate(value=found.key / ibis.ifelse(found.revenue > 0, found.revenue, None))


@kpi(
    vi="Mức độ tập trung doanh thu",
    en="Concentration",
    definition_vi="Tỷ trọng doanh thu của khách hàng lớn nhất trong tổng doanh thu.",
    unit="share",
    better="less",
    needs={"invoices": ["client_id", "amount", "pass_through"]},
    optional={"invoices": ["currency"]},
    month={"invoices": "issued_on"},
)
def concentration(invoices: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """The largest client's share of revenue.

    Clients whose revenue is not positive (credit notes outweigh it) are left out of all figures. n = clients
    with revenue. Components largest (that client's revenue), revenue, herfindahl (Σ share²: 1 where one client
    is all) and equal_clients (1 ÷ herfindahl: so many equal clients would be as concentrated). `by` month is
    the month of issue.

    Null where no client has revenue. Raises `ValueError` where the column 'currency' has several values.
    """
    earned = invoices.amount - invoices.pass_through.fill_null(0)
    clients = invoices.group_by([*by, *({"client_id"} - {*by})]).aggregate(earned=earned.sum().cast("float64"))
    clients = clients.mutate(earned=ibis.ifelse(clients.earned > 0, clients.earned, None))
    found = clients.aggregate(
        by=by,
        n=clients.earned.count(),
        largest=clients.earned.max(),
        revenue=clients.earned.sum(),
        squares=(clients.earned * clients.earned).sum(),
    )
    herfindahl = found.squares / (found.revenue * found.revenue)
    return found.mutate(value=found.largest / found.revenue, herfindahl=herfindahl, equal_clients=1 / herfindahl).drop(
        "squares"
    )

"""How many clients an account manager keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ibis.expr.types as ir

from .kpi import kpi
from .period import Month, in_each_month, months_of


@kpi(
    vi="Số khách hàng trên một account",
    en="Clients per account manager",
    definition_vi="Số khách hàng đang hợp tác trong tháng chia cho số account đang phụ trách ít nhất một khách hàng.",
    unit="count",
    better="neither",
    needs={"clients": ["client_id", "am_id", "since", "until"], "account_managers": ["am_id"]},
    groups=["clients", "account_managers"],
)
def clients_per_manager(
    clients: ir.Table, account_managers: ir.Table, month: Month | Iterable[Month], *, by: Sequence[str] = ()
) -> ir.Table:
    """Active clients of the month divided by the account managers who keep at least one of them.

    A client is active in a month that has at least one day from `since` to `until`. `month` is one
    month or several; several need 'month' in `by`. `by` may name columns of `clients`, and of
    `account_managers` too (level, city): those come by am_id. n = account managers, counted on the
    clients, so a book that keeps no table of its managers still has the figure. Components: clients
    (with a manager), unassigned (active clients without one; not in value).

    Null, with n = 0, where no client with a manager is active; every group of `clients` has its row.
    Raises `ValueError` for several months without 'month' in `by`, and for none.
    """
    of_managers = [column for column in by if column in account_managers.columns and column not in clients.columns]
    if of_managers:
        clients = clients.left_join(account_managers.select("am_id", *of_managers), "am_id")
    kept = in_each_month(clients, month, by)
    until = kept.until.cast("date")
    active = (kept.since.cast("date") <= kept.month_end) & (until.isnull() | (until >= kept.month))
    found = kept.aggregate(
        by=by,
        n=kept.am_id.nunique(where=active),
        clients=kept.count(where=active & kept.am_id.notnull()),
        unassigned=kept.count(where=active & kept.am_id.isnull()),
    )
    return found.mutate(value=found.clients / found.n.nullif(0))


@kpi(
    vi="Doanh thu trên một account",
    en="Revenue per account manager",
    definition_vi="Doanh thu của các khách hàng có account phụ trách, chia cho số account đó.",
    unit="money",
    better="more",
    needs={"invoices": ["client_id", "amount", "pass_through"], "clients": ["client_id", "am_id"]},
    optional={"invoices": ["currency"]},
    month={"invoices": "issued_on"},
    groups=["invoices", "clients"],
)
def revenue_per_manager(invoices: ir.Table, clients: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """Revenue divided by the account managers whose clients were invoiced.

    Who keeps a client is said by `clients`, as it is now. n = account managers with an invoice or credit note
    of one of their clients; components revenue (of clients with a manager; in value), unassigned (of clients
    without one, or not in `clients`). `by` may name columns of `invoices` and of `clients`; month is the month
    of issue.

    Null where no client with a manager was invoiced. Raises `ValueError` where the column 'currency' has
    several values.
    """
    of_clients = [column for column in by if column in clients.columns and column not in invoices.columns]
    keepers = clients.select("client_id", **{f"of_{column}": clients[column] for column in {"am_id", *of_clients}})
    own = [column for column in by if column not in of_clients]
    earned = invoices.amount - invoices.pass_through.fill_null(0)
    billed = invoices.group_by([*own, *({"client_id"} - {*own})]).aggregate(earned=earned.sum())
    billed = billed.left_join(keepers, "client_id")
    billed = billed.mutate(keeper=billed.of_am_id, **{column: billed[f"of_{column}"] for column in of_clients})
    found = billed.aggregate(
        by=by,
        n=billed.keeper.nunique(),
        revenue=billed.earned.sum(where=billed.keeper.notnull()),
        unassigned=billed.earned.sum(where=billed.keeper.isnull()).fill_null(0),
    )
    return found.mutate(value=found.revenue / found.n.nullif(0))


@kpi(
    vi="Mức sử dụng giờ công",
    en="Utilisation",
    definition_vi=(
        "Số giờ công các bộ phận bỏ ra cho khách hàng của account, "
        "chia cho số giờ làm việc trong tháng của chính account đó."
    ),
    unit="share",
    better="neither",
    needs={
        "account_managers": ["am_id", "hired_on", "capacity_hours"],
        "clients": ["client_id", "am_id"],
        "projects": ["project_id", "client_id"],
        "tasks": ["project_id", "done_on", "hours"],
    },
    groups=["account_managers"],
)
def utilisation(
    account_managers: ir.Table,
    clients: ir.Table,
    projects: ir.Table,
    tasks: ir.Table,
    month: Month | Iterable[Month],
    *,
    by: Sequence[str] = (),
) -> ir.Table:
    """Task hours done for the clients of account managers, against the managers' own hours.

    value = hours of the tasks done in the month ÷ Σ capacity_hours of the managers hired by its end; it says
    how much work of the departments an account manager leads for each hour of their own, not how long they
    worked. `month` is one month or several; several need 'month' in `by`. n = managers with capacity_hours
    above 0. Components hours, capacity, no_capacity (managers without; neither their hours are counted).

    Null where nobody has capacity.
    """
    months, team = months_of(month), in_each_month(account_managers, month, by)
    owners = clients.filter(clients.am_id.notnull()).select("client_id", keeper=clients.am_id)
    worked = tasks.select("project_id", "hours", done=tasks.done_on.cast("date"))
    worked = worked.filter(worked.done.between(months[0].start_time.date(), months[-1].end_time.date()))
    worked = worked.mutate(in_month=worked.done.truncate("M").cast("date"))
    worked = worked.inner_join(projects.select("project_id", "client_id"), "project_id").inner_join(owners, "client_id")
    worked = worked.group_by(["keeper", "in_month"]).aggregate(hours=worked.hours.sum())
    hired = team.hired_on.cast("date")
    team = team.filter(hired.isnull() | (hired <= team.month_end))
    team = team.left_join(worked, [team.am_id == worked.keeper, team.month == worked.in_month])
    able = team.capacity_hours > 0
    found = team.aggregate(
        by=by,
        n=team.count(where=able),
        hours=team.hours.sum(where=able).fill_null(0),
        capacity=team.capacity_hours.sum(where=able),
        no_capacity=team.count(where=~able.fill_null(False)),
    )
    return found.mutate(value=found.hours / found.capacity)

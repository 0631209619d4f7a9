"""How many clients an account manager keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ibis.expr.types as ir

from .kpi import kpi
from .period import Month, in_each_month


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
        clients=kept.client_id.nunique(where=active & kept.am_id.notnull()),
        unassigned=kept.client_id.nunique(where=active & kept.am_id.isnull()),
    )
    return found.mutate(value=found.clients / found.n.nullif(0))

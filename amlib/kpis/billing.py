"""What was billed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir

from .departures import CLIENTS, runs_on, with_departures
from .kpi import kpi
from .period import Day, Month, first_day, in_each_month, month_after, with_idle_groups


@kpi(
    vi="Doanh thu",
    en="Revenue",
    definition_vi="Tổng giá trị hóa đơn chưa gồm thuế GTGT, đã trừ tiền chi hộ (media) và các khoản điều chỉnh giảm.",
    unit="money",
    better="more",
    needs={"invoices": ["amount", "pass_through"]},
    optional={"invoices": ["currency"]},
    month={"invoices": "issued_on"},
)
def revenue(invoices: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """What was invoiced, before VAT, less the media money passed on and less credit notes.

    value = Σ(amount − pass_through), in the currency of the invoices; credit notes have a negative
    amount, so they reduce it. n = invoices and credit notes. Components: invoiced = Σ amount,
    pass_through. An empty pass_through counts as 0. `by` month is the month of issue.

    Null where there is no invoice. Raises `ValueError` where the column 'currency' has several values.
    """
    return invoices.aggregate(
        by=by,
        value=_earned(invoices).sum(),
        n=invoices.count(),
        invoiced=invoices.amount.sum(),
        pass_through=invoices.pass_through.fill_null(0).sum(),
    )


@kpi(
    vi="Doanh thu trên mỗi khách hàng",
    en="Revenue per client",
    definition_vi="Doanh thu bình quân trên mỗi khách hàng có phát sinh hóa đơn trong kỳ.",
    unit="money",
    better="more",
    needs={"invoices": ["client_id", "amount", "pass_through"]},
    optional={"invoices": ["currency"]},
    month={"invoices": "issued_on"},
)
def revenue_per_client(invoices: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """Revenue divided by the clients who were invoiced.

    value = Σ(amount − pass_through) ÷ n, credit notes included; n = clients with an invoice or a credit
    note. Component: revenue. `by` month is the month of issue.

    Null where nobody was invoiced. Raises `ValueError` where the column 'currency' has several values.
    """
    clients = invoices.group_by([*by, *({"client_id"} - {*by})]).aggregate(revenue=_earned(invoices).sum())
    found = clients.aggregate(by=by, n=clients.client_id.count(), revenue=clients.revenue.sum())
    return found.mutate(value=found.revenue / found.n.nullif(0))


@kpi(
    vi="Tăng trưởng doanh thu",
    en="Revenue growth",
    definition_vi="Mức thay đổi doanh thu so với kỳ trước, chia cho doanh thu của kỳ trước.",
    unit="share",
    better="more",
    needs={"invoices": ["issued_on", "amount", "pass_through"]},
    optional={"invoices": ["currency"]},
)
def revenue_growth(
    invoices: ir.Table, month: Month | Iterable[Month], *, by: Sequence[str] = (), over: int = 1
) -> ir.Table:
    """A month's revenue against that of an earlier month: change ÷ revenue before.

    The earlier month is `over` months before; `over=12` compares with the same month of last year, which takes
    the season out where Tết falls into the same month. `month` is one month or several; several need 'month' in
    `by`. n = invoices and credit notes of the two months; components revenue, before.

    Null where the revenue before was not positive. Raises `ValueError` where the column 'currency' has
    several values, and for `over` below 1.
    """
    asked = _in_two_months(invoices, month, by, over)
    billed = asked.filter(asked.now | asked.before)
    found = billed.aggregate(
        by=by,
        n=billed.count(),
        revenue=billed.earned.sum(where=billed.now).fill_null(0),
        before=billed.earned.sum(where=billed.before).fill_null(0),
    )
    found = with_idle_groups(found, asked, by)
    base = ibis.ifelse(found.before > 0, found.before, None)
    return found.mutate(value=(found.revenue - found.before) / base)


@kpi(
    vi="Biến động doanh thu",
    en="Revenue bridge",
    definition_vi=(
        "Phần doanh thu tăng giảm giữa hai kỳ, tách theo khách hàng mới, khách hàng quay lại, "
        "mở rộng, thu hẹp và rời đi."
    ),
    unit="money",
    better="more",
    needs={"invoices": ["client_id", "issued_on", "amount", "pass_through"]},
    optional={"invoices": ["currency"]},
)
def revenue_bridge(
    invoices: ir.Table, month: Month | Iterable[Month], *, by: Sequence[str] = (), over: int = 1
) -> ir.Table:
    """The change of revenue from an earlier month to this one, by what became of the clients.

    start + new + returned + expansion − contraction − lost = end, and value = end − start. The earlier month
    is `over` months before `month` (one, or several with 'month' in `by`). Each client's revenue of the two
    months is compared: expansion and contraction are of clients with an invoice in both, lost is the start of
    those without one in `month`, new and returned the end of those without one in the earlier month: new
    where they never had an invoice before `month`, returned where they had. Parts are never negative unless
    credit notes outweigh a client's month. n = clients with an invoice or credit note in either month.

    Null where n is 0. Raises `ValueError` where the column 'currency' has several values, and for `over`
    below 1.
    """
    asked = _in_two_months(invoices, month, by, over)
    asked = asked.filter(asked.now | asked.before)
    clients = asked.group_by([*by, *({"client_id", "month"} - {*by})]).aggregate(
        start=asked.earned.sum(where=asked.before).fill_null(0),
        end=asked.earned.sum(where=asked.now).fill_null(0),
        here=asked.now.any(),
        there=asked.before.any(),
    )
    clients = _with_first_issue(clients, invoices)
    clients = clients.mutate(is_new=clients.first_issue >= clients.month)
    change, stayed = clients.end - clients.start, clients.here & clients.there
    came = clients.here & ~clients.there
    found = clients.aggregate(
        by=by,
        n=clients.count(),
        start=clients.start.sum(),
        new=clients.end.sum(where=came & clients.is_new).fill_null(0),
        returned=clients.end.sum(where=came & ~clients.is_new).fill_null(0),
        expansion=change.sum(where=stayed & (change > 0)).fill_null(0),
        contraction=(-change).sum(where=stayed & (change < 0)).fill_null(0),
        lost=clients.start.sum(where=clients.there & ~clients.here).fill_null(0),
        end=clients.end.sum(),
    )
    return found.mutate(value=found.end - found.start)


@kpi(
    vi="Tỷ trọng doanh thu từ khách hàng mới",
    en="Revenue from new clients",
    definition_vi="Tỷ trọng doanh thu đến từ khách hàng có hóa đơn đầu tiên trong vòng 12 tháng trở lại.",
    unit="share",
    better="neither",
    needs={"invoices": ["client_id", "issued_on", "amount", "pass_through"]},
    optional={"invoices": ["currency"]},
    month={"invoices": "issued_on"},
)
def new_client_revenue(
    invoices: ir.Table, *, by: Sequence[str] = (), since: Day | None = None, months: int = 12
) -> ir.Table:
    """The share of revenue that comes from clients in their first year.

    An invoice is of a new client until `months` months after the month of the client's first invoice in the
    table; what a sales manager brings is new, what an account manager keeps and grows is existing. `since`
    leaves out what was invoiced before it. n = invoices and credit notes; components new, existing, revenue.
    `by` month is the month of issue. Credit notes for the new or for the existing take it below 0 or above 1.

    Null where revenue is not positive. Raises `ValueError` where the column 'currency' has several values.
    """
    known = _with_first_issue(invoices, invoices)
    known = known.mutate(earned=_earned(known), day=known.issued_on.cast("date"))
    known = known.mutate(new=known.day < month_after(known.first_issue.truncate("M").cast("date"), months))
    known = known if since is None else known.filter(known.day >= first_day(since))
    found = known.aggregate(
        by=by,
        n=known.count(),
        new=known.earned.sum(where=known.new).fill_null(0),
        revenue=known.earned.sum(),
    )
    positive = ibis.ifelse(found.revenue > 0, found.revenue, None)
    return found.mutate(value=found.new / positive, existing=found.revenue - found.new)


@kpi(
    vi="Mức hoàn thành chỉ tiêu doanh thu",
    en="Revenue against target",
    definition_vi="Doanh thu của tháng chia cho chỉ tiêu đang áp dụng.",
    unit="share",
    better="more",
    needs={
        "invoices": ["issued_on", "amount", "pass_through"],
        "targets": ["kpi", "scope", "target", "from_month"],
    },
    optional={"invoices": ["currency"]},
)
def target_attainment(
    invoices: ir.Table, targets: ir.Table, month: Month | Iterable[Month], *, by: Sequence[str] = ()
) -> ir.Table:
    """A month's revenue divided by the target that holds for it.

    The target is the one of the KPI 'revenue' with the latest from_month not after `month`: of the scope
    'book', or with a column in `by` (am_id, level) of the scope that is that column's value. `month` is one
    month or several; several need 'month' in `by`. n = invoices and credit notes of the month; components
    revenue, target.

    Null where there is no target, or one of 0. Raises `ValueError` for several columns in `by` beside month,
    and where the column 'currency' has several values.
    """
    scope = [column for column in by if column != "month"]
    if len(scope) > 1:
        raise ValueError(f"a target is set for one scope, but by asks for {', '.join(scope)}: name one of them")
    asked = in_each_month(invoices, month, by)
    billed = asked.filter(asked.issued_on.cast("date").between(asked.month, asked.month_end))
    earned = billed.aggregate(by=[*scope, "month"], n=billed.count(), revenue=_earned(billed).sum())
    earned = with_idle_groups(earned, asked, [*scope, "month"])
    aimed_at = earned[scope[0]].cast("string") if scope else ibis.literal("book")
    earned = earned.mutate(aimed_at=aimed_at, asked_for=earned.month)
    aims = in_each_month(targets.filter(targets.kpi == "revenue"), month, ["month"])
    aims = aims.filter(aims.from_month.cast("date") <= aims.month)
    aims = aims.group_by(of_scope=aims["scope"], of_month=aims.month)
    aims = aims.aggregate(target=lambda t: t.target.argmax(t.from_month))
    found = earned.left_join(aims, [earned.aimed_at == aims.of_scope, earned.asked_for == aims.of_month])
    # Without any invoice there is still a row to say so.
    found = found.aggregate(by=by, n=found.n.sum(), revenue=found.revenue.sum(), target=found.target.max())
    return found.mutate(n=found.n.fill_null(0), value=found.revenue / found.target.nullif(0))


@kpi(
    vi="Doanh thu định kỳ hằng tháng",
    en="Monthly recurring revenue",
    definition_vi="Tổng phí tháng của các hợp đồng retainer còn hiệu lực vào ngày cuối tháng.",
    unit="money",
    better="more",
    needs={"contracts": ["client_id", "kind", "starts_on", "ends_on", "monthly_fee"], **CLIENTS},
    optional={"contracts": ["currency"]},
)
def recurring_revenue(
    contracts: ir.Table, clients: ir.Table, month: Month | Iterable[Month], *, by: Sequence[str] = ()
) -> ir.Table:
    """The monthly fees of the retainers that run on the month's last day.

    `month` is one month or several; several need 'month' in `by`. A retainer runs from starts_on to ends_on,
    both included; without ends_on it is open-ended. It ends, at the latest, on its client's last day. n = retainers
    running; component clients.

    Null where no retainer runs. Raises `ValueError` where the column 'currency' has several values.
    """
    asked = in_each_month(with_departures(contracts, clients), month, by)
    runs = (asked.kind == "retainer") & runs_on(asked, asked.month_end)
    return asked.aggregate(
        by=by,
        value=asked.monthly_fee.sum(where=runs),
        n=asked.count(where=runs),
        clients=asked.client_id.nunique(where=runs),
    )


def _earned(invoices: ir.Table) -> ir.NumericValue:
    return invoices.amount - invoices.pass_through.fill_null(0)


def _with_first_issue(table: ir.Table, invoices: ir.Table) -> ir.Table:
    """`table` with `first_issue`, the day of the first invoice of each row's client."""
    # A window over all invoices would carry every row through a sort.
    first = invoices.group_by("client_id").aggregate(first_issue=invoices.issued_on.cast("date").min())
    first = first.rename(first_of="client_id")
    return table.left_join(first, table.client_id == first.first_of).drop("first_of")


def _in_two_months(invoices: ir.Table, month: Month | Iterable[Month], by: Sequence[str], over: int) -> ir.Table:
    """Invoices with what they `earned`, and whether they are of the month (`now`) or of the one compared (`before`)."""
    if over < 1:
        raise ValueError(f"over={over}: give how many months lie between the two, at least 1")
    asked = in_each_month(invoices, month, by)
    issued, eve = asked.issued_on.cast("date"), month_after(asked.month, -over)
    return asked.mutate(
        earned=_earned(asked),
        now=issued.between(asked.month, asked.month_end),
        before=(issued >= eve) & (issued < month_after(eve, 1)),
    )

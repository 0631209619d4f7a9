"""What projects cost the agency, and what they leave it."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
from ibis import Deferred, _

from .departures import CLIENTS, still_there, with_departures
from .kpi import kpi
from .period import Day, last_day, with_idle_groups
from .projects import ordered


@kpi(
    vi="Tỷ lệ chi phí phát sinh",
    en="Unplanned cost",
    definition_vi="Chi phí phát sinh ngoài kế hoạch chia cho ngân sách chi phí của dự án.",
    unit="share",
    better="less",
    needs={"projects": ["project_id", "budget_cost"], "costs": ["project_id", "spent_on", "amount", "planned"]},
    optional={"projects": ["won", "currency"], "costs": ["currency"]},
)
def unplanned_cost(projects: ir.Table, costs: ir.Table, as_of: Day, *, by: Sequence[str] = ()) -> ir.Table:
    """Costs that were not in the budget, as a share of the budget.

    Counted are projects with a budget_cost above 0, but for those that the client has not said yes to (won is
    false, or empty where others are not), and their costs up to `as_of` with planned false; a cost of which
    nobody says whether it was planned is in `unknown` and not in value. n = projects with a budget. Components
    unplanned, budget, unknown.

    Null where no project has a budget. Raises `ValueError` where a column 'currency' has several values.
    """
    spent = costs.filter(costs.spent_on.cast("date") <= last_day(as_of))
    spent = spent.group_by("project_id").aggregate(
        unplanned=spent.amount.sum(where=~spent.planned.fill_null(True)),
        unknown=spent.amount.sum(where=spent.planned.isnull()),
    )
    budgeted = ordered(projects).filter(_.budget_cost > 0).left_join(spent, "project_id")
    found = budgeted.aggregate(
        by=by,
        n=budgeted.count(),
        unplanned=budgeted.unplanned.sum().fill_null(0),
        budget=budgeted.budget_cost.sum(),
        unknown=budgeted.unknown.sum().fill_null(0),
    )
    return found.mutate(value=found.unplanned / found.budget.nullif(0))


@kpi(
    vi="Tỷ lệ chi phí phát sinh không ai duyệt",
    en="Unapproved cost",
    definition_vi="Tỷ trọng chi phí phát sinh không ghi người duyệt trong tổng chi phí phát sinh.",
    unit="share",
    better="less",
    needs={"costs": ["amount", "planned", "approved_by"]},
    optional={"costs": ["currency"]},
    month={"costs": "spent_on"},
)
def unapproved_cost(costs: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """The share of unplanned cost that nobody is on record for having approved.

    Unplanned are costs with planned false; by='approved_by' shows who approved how much. n = unplanned costs;
    components unplanned, unapproved. `by` month is the month of the expense. Refunds take it below 0 or above 1.

    Null where unplanned cost is not positive. Raises `ValueError` where the column 'currency' has several
    values.
    """
    found = _of_unplanned(costs, by, unapproved=_.approved_by.isnull())
    return found.mutate(value=found.unapproved / ibis.ifelse(found.unplanned > 0, found.unplanned, None))


@kpi(
    vi="Tỷ lệ chi phí phát sinh khách hàng chịu",
    en="Billable share of unplanned cost",
    definition_vi="Tỷ trọng chi phí phát sinh được khách hàng thanh toán thêm trong tổng chi phí phát sinh.",
    unit="share",
    better="more",
    needs={"costs": ["amount", "planned", "billable"]},
    optional={"costs": ["currency"]},
    month={"costs": "spent_on"},
)
def billable_share(costs: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """The share of unplanned cost that the client pays on top.

    Unplanned are costs with planned false; one without a word on billable is not billed. n = unplanned costs;
    components unplanned, billable, absorbed (what the agency bears). `by` month is the month of the expense.
    Refunds take it below 0 or above 1.

    Null where unplanned cost is not positive. Raises `ValueError` where the column 'currency' has several
    values.
    """
    found = _of_unplanned(costs, by, billable=_.billable.fill_null(False))
    return found.mutate(
        value=found.billable / ibis.ifelse(found.unplanned > 0, found.unplanned, None),
        absorbed=found.unplanned - found.billable,
    )


@kpi(
    vi="Biên lợi nhuận dự án",
    en="Project margin",
    definition_vi="Phần còn lại sau khi lấy phí dự án (không gồm tiền chi hộ) trừ chi phí, chia cho chính mức phí đó.",
    unit="share",
    better="more",
    needs={
        "projects": ["project_id", "fee"],
        "invoices": ["project_id", "pass_through"],
        "costs": ["project_id", "amount"],
    },
    optional={"projects": ["won", "currency"], "invoices": ["currency"], "costs": ["currency"]},
    month={"projects": "delivered_on"},
)
def project_margin(projects: ir.Table, invoices: ir.Table, costs: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """What projects leave of their fee: (fee − pass-through − cost) ÷ (fee − pass-through).

    pass_through is the media money invoiced on the project, cost all its costs, planned or not. Counted are
    projects with a fee, but for those that the client has not said yes to (won is false, or empty where others
    are not): nobody pays theirs; hand over the delivered ones to see final margins. n = projects counted.
    Components fee, pass_through, cost, margin (money). `by` month is the month of delivery, none where not
    delivered.

    Null where fee − pass-through is not positive. Raises `ValueError` where a column 'currency' has several
    values.
    """
    passed_on = invoices.group_by("project_id").aggregate(passed_on=invoices.pass_through.sum())
    spent = costs.group_by("project_id").aggregate(spent=costs.amount.sum())
    priced = ordered(projects).filter(_.fee.notnull()).left_join(passed_on, "project_id").drop("project_id_right")
    priced = priced.left_join(spent, "project_id")
    found = priced.aggregate(
        by=by,
        n=priced.count(),
        fee=priced.fee.sum(),
        pass_through=priced.passed_on.sum().fill_null(0),
        cost=priced.spent.sum().fill_null(0),
    )
    own = found.fee - found.pass_through
    return found.mutate(value=(own - found.cost) / ibis.ifelse(own > 0, own, None), margin=own - found.cost)


@kpi(
    vi="Tốc độ tiêu ngân sách",
    en="Budget burn",
    definition_vi="Tỷ lệ ngân sách đã chi chia cho tỷ lệ thời gian đã trôi qua của các dự án đang chạy.",
    unit="share",
    better="less",
    needs={
        "projects": ["project_id", "client_id", "briefed_on", "decided_on", "due_on", "delivered_on", "budget_cost"],
        "costs": ["project_id", "spent_on", "amount"],
        **CLIENTS,
    },
    optional={"projects": ["won", "currency"], "costs": ["currency"]},
)
def budget_burn(
    projects: ir.Table, costs: ir.Table, clients: ir.Table, as_of: Day, *, by: Sequence[str] = ()
) -> ir.Table:
    """Budget spent against time elapsed, over the projects that run: above 1, money goes faster than time.

    Running are projects with a budget_cost above 0 and a due date, begun by `as_of` (decided_on, without it
    briefed_on) and not delivered by then, but for those of clients who had left before, and those that the client has
    not said yes to (won is false, or empty where others are not). value = cost by `as_of` ÷ Σ(budget × elapsed),
    where elapsed is the share of the days from begin to due that have passed, both days included, at most 1. n =
    running projects. Components cost, budget, expected (the denominator), spent_share (cost ÷ budget), over_budget
    (projects whose cost is above their budget).

    Null where nothing runs. Raises `ValueError` where a column 'currency' has several values.
    """
    end = last_day(as_of)
    spent = costs.filter(costs.spent_on.cast("date") <= end)
    spent = spent.group_by("project_id").aggregate(spent=spent.amount.sum())
    begun = ibis.coalesce(projects.decided_on.cast("date"), projects.briefed_on.cast("date"))
    running = projects.mutate(begun=begun, due=projects.due_on.cast("date"), done=projects.delivered_on.cast("date"))
    running = ordered(running)
    running = running.filter(running.budget_cost > 0, running.due.notnull(), running.begun <= end)
    running = with_departures(running.filter(running.done.isnull() | (running.done > end)), clients)
    running = running.filter(still_there(running, end))
    running = running.left_join(spent, "project_id")
    passed = ibis.literal(end).delta(running.begun, unit="day") + 1
    planned = running.due.delta(running.begun, unit="day") + 1
    elapsed = ibis.ifelse(passed >= planned, 1.0, passed / planned.cast("float64"))
    cost = running.spent.fill_null(0)
    found = running.aggregate(
        by=by,
        n=running.count(),
        cost=cost.sum(),
        budget=running.budget_cost.sum(),
        expected=(running.budget_cost * elapsed).sum(),
        over_budget=running.count(where=cost > running.budget_cost),
    )
    return found.mutate(value=found.cost / found.expected.nullif(0), spent_share=found.cost / found.budget.nullif(0))


@kpi(
    vi="Phí thu được trên mỗi giờ công",
    en="Fee per hour",
    definition_vi="Tổng phí dự án chia cho tổng số giờ công đã bỏ ra cho các dự án đó.",
    unit="money",
    better="more",
    needs={"projects": ["project_id", "fee"], "tasks": ["project_id", "hours"]},
    optional={"projects": ["won", "currency"]},
    month={"projects": "delivered_on"},
)
def fee_per_hour(projects: ir.Table, tasks: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """The effective hourly rate: the fees of projects divided by the hours that departments worked on them.

    Counted are projects with a fee and with hours on record, but for those that the client has not said yes to
    (won is false, or empty where others are not); hand over the delivered ones to see final rates. n = those
    projects. Components fee, hours. `by` month is the month of delivery, none where not delivered.

    Null where there is none. Raises `ValueError` where the column 'currency' has several values.
    """
    worked = tasks.group_by("project_id").aggregate(worked=tasks.hours.sum())
    priced = ordered(projects).inner_join(worked, "project_id")
    priced = priced.filter(priced.fee.notnull(), priced.worked > 0)
    found = priced.aggregate(by=by, n=priced.count(), fee=priced.fee.sum(), hours=priced.worked.sum())
    return found.mutate(value=found.fee / found.hours.nullif(0))


def _of_unplanned(costs: ir.Table, by: Sequence[str], **part: Deferred) -> ir.Table:
    """How many costs with planned false there are, their amount, and the amount of a part of them."""
    extra = costs.filter(~costs.planned)
    of_part = {name: _.amount.sum(where=where).fill_null(0) for name, where in part.items()}
    found = extra.aggregate(by=by, n=_.count(), unplanned=_.amount.sum().fill_null(0), **of_part)
    return with_idle_groups(found, costs, by)

"""When clients pay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from .kpi import kpi
from .period import Day, first_day, last_day
from .receivables import INVOICES_AND_PAYMENTS, left_to_pay

ENOUGH_PAID = 5
"""Of fewer invoices paid in full nobody's habit can be told."""

HABIT_DAYS = 365
"""How far back an invoice may have been paid in full to count for a habit."""

_NO_QUANTILE = {"bigquery": "it has no exact median and quantile; bring the rows here with table.to_pyarrow()"}


@kpi(
    vi="Số ngày trả chậm",
    en="Payment delay",
    definition_vi="Số ngày (trung vị) từ hạn thanh toán đến ngày hóa đơn được trả đủ; số âm là trả sớm.",
    unit="days",
    better="less",
    needs=INVOICES_AND_PAYMENTS,
    cannot=_NO_QUANTILE,
)
def payment_delay(
    invoices: ir.Table, payments: ir.Table, as_of: Day, *, by: Sequence[str] = (), since: Day | None = None
) -> ir.Table:
    """Median days from an invoice's due date to the day on which it was paid in full; below 0 where paid early.

    Counted are invoices with a positive amount and a due date whose payments reached the amount by `as_of`, and
    not before `since` where it is given. n = those invoices. Components mean, p25 and p75: half of the invoices
    are paid between these two.

    Null where no invoice was paid in full.
    """
    due = invoices.mutate(due=invoices.due_on.cast("date")).filter(lambda t: (t.amount > 0) & t.due.notnull())
    paid = _each_payment(due, payments, last_day(as_of)).filter(lambda t: t.left <= 0)
    paid = paid.group_by(due.columns).aggregate(paid_in_full=lambda t: t.day.min())
    paid = paid if since is None else paid.filter(paid.paid_in_full >= first_day(since))
    late = paid.paid_in_full.delta(paid.due, unit="day").cast("float64")
    return paid.mutate(late=late).aggregate(
        by=by,
        value=lambda t: t.late.median(),
        n=lambda t: t.count(),
        mean=lambda t: t.late.mean(),
        p25=lambda t: t.late.quantile(0.25),
        p75=lambda t: t.late.quantile(0.75),
    )


@kpi(
    vi="Tiền dự kiến thu",
    en="Expected cash",
    definition_vi="Tiền dự kiến thu trong các tuần tới: hóa đơn chưa trả đủ được tính vào hạn thanh toán cộng thêm số "
    "ngày khách hàng thường trả chậm.",
    unit="money",
    better="more",
    needs={**INVOICES_AND_PAYMENTS, "invoices": ["client_id", *INVOICES_AND_PAYMENTS["invoices"]]},
    optional={"invoices": ["currency"]},
    makes=["week"],
    cannot=_NO_QUANTILE,
)
def expected_cash(
    invoices: ir.Table, payments: ir.Table, as_of: Day, *, by: Sequence[str] = (), weeks: int = 8
) -> ir.Table:
    """Money expected in the next weeks: each open invoice at its due date plus its client's usual payment delay.

    The usual delay is the client's `payment_delay` over the year before `as_of`, that of all clients where fewer
    than five of the client's invoices were paid in full in it, and 0 days where theirs are fewer as well. n = open
    invoices. `by` may name 'week': 1 for the seven days after `as_of`, and so on to `weeks`; null for what is
    expected in none of them. Components late (open beyond the usual delay, so that no day can be told), later (after
    the last week) and no_due_date, which with value add up to the open amount of `overdue_share`; if_slow (what
    of value still comes in time where all pay as late as at their 75th percentile) and at_most (where all pay as
    early as at their 25th, and what is late comes in too).

    Null where nothing is open, as are all sums then; value, if_slow and at_most are null where no open invoice has a
    due date, too. Raises `ValueError` where the column 'currency' has several values.
    """
    end, days = last_day(as_of), 7 * weeks
    groups = [column for column in by if column not in ("client_id", "week")]
    read = dict.fromkeys(["client_id", "invoice_id", "issued_on", "due_on", "amount", *groups])
    each = _with_payments(invoices.select(*read), payments, end)
    owed = each.filter(each.issued_on.cast("date") <= end)
    owed = owed.mutate(open=left_to_pay(owed)).filter(lambda t: t.open > 0)
    owed = _with_habits(owed.select("client_id", "due", "open", *groups), each, end)
    due_in = owed.due.delta(ibis.literal(end), unit="day")
    owed = owed.mutate(**{habit: due_in + owed[habit] for habit in ("usual", "early", "slow")})
    within, late = owed.usual.between(1, days), owed.usual < 1
    if "week" in by:
        owed = owed.mutate(week=ibis.ifelse(within, ((owed.usual + 6) / 7).floor().cast("int64"), None))
    found = owed.aggregate(
        by=by,
        value=owed.open.sum(where=within),
        n=owed.count(),
        if_slow=owed.open.sum(where=within & (owed.slow <= days)),
        at_most=owed.open.sum(where=owed.early <= days),
        late=owed.open.sum(where=late),
        later=owed.open.sum(where=owed.usual > days),
        no_due_date=owed.open.sum(where=owed.due.isnull()),
        dated=owed.count(where=owed.due.notnull()),
    )
    # A sum over no row is null on some engines only; where something is open it is nothing, not unknown.
    known = dict.fromkeys(("late", "later", "no_due_date"), found.n)
    known |= dict.fromkeys(("value", "if_slow", "at_most"), found.dated)
    sums = {name: ibis.ifelse(rows > 0, found[name].fill_null(0), None) for name, rows in known.items()}
    return found.mutate(**sums).drop("dated")


def _each_payment(invoices: ir.Table, payments: ir.Table, end: date) -> ir.Table:
    """Each `payment` by `end` on its `day`, with its invoice and what is `left` of that after it."""
    paid = payments.select("invoice_id", payment=payments.amount, day=payments.paid_on.cast("date"))
    paid = invoices.inner_join(paid.filter(paid.day <= end), "invoice_id")
    so_far = ibis.cumulative_window(group_by="invoice_id", order_by="day")
    return paid.mutate(left=(paid.amount - paid.payment.sum().over(so_far)).round(2))


def _with_payments(invoices: ir.Table, payments: ir.Table, end: date) -> ir.Table:
    """Invoices with the date `due`, what was `paid` by `end`, and `paid_in_full`, the day on which that was enough."""
    paid = _each_payment(invoices.select("invoice_id", "amount"), payments, end)
    paid = paid.group_by("invoice_id").aggregate(
        paid=paid.payment.sum(), paid_in_full=paid.day.min(where=paid.left <= 0)
    )
    return invoices.mutate(due=invoices.due_on.cast("date")).left_join(paid, "invoice_id")


def _with_habits(owed: ir.Table, each: ir.Table, end: date) -> ir.Table:
    """`owed` with the days after the due date on which its client pays: `usual`, `early` and `slow`, whole days."""
    recent = each.filter(
        (each.amount > 0) & each.due.notnull() & (each.paid_in_full > end - timedelta(days=HABIT_DAYS))
    )
    recent = recent.mutate(late=recent.paid_in_full.delta(recent.due, unit="day").cast("float64"))
    shares = {"usual": 0.5, "early": 0.25, "slow": 0.75}
    own = recent.group_by("client_id").aggregate(
        settled=recent.count(), **{f"own_{habit}": recent.late.quantile(share) for habit, share in shares.items()}
    )
    of_all = recent.aggregate(
        all_settled=recent.count(), **{f"all_{habit}": recent.late.quantile(share) for habit, share in shares.items()}
    )
    known = owed.left_join(own, "client_id").cross_join(of_all)
    habits = {
        habit: ibis.cases(
            (known.settled >= ENOUGH_PAID, known[f"own_{habit}"]),
            (known.all_settled >= ENOUGH_PAID, known[f"all_{habit}"]),
            else_=0.0,
        ).ceil()
        for habit in shares
    }
    return known.select(*owed.columns, **habits)

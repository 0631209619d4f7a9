"""What clients owe."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir
from ibis import _

from .kpi import kpi
from .period import Day, last_day


@kpi(
    vi="Tỷ lệ công nợ quá hạn",
    en="Overdue share",
    definition_vi="Tỷ lệ công nợ đã quá hạn thanh toán trên tổng công nợ còn phải thu.",
    unit="share",
    better="less",
    needs={
        "invoices": ["invoice_id", "issued_on", "due_on", "amount"],
        "payments": ["invoice_id", "paid_on", "amount"],
    },
    optional={"invoices": ["currency"]},
)
def overdue_share(invoices: ir.Table, payments: ir.Table, as_of: Day, *, by: Sequence[str] = ()) -> ir.Table:
    """Money open on invoices past their due date, as a share of all money open.

    The open amount of an invoice is its amount less what was paid on it by `as_of`, rounded to two
    decimals so that conversion leaves no crumbs; it is overdue from the day after due_on. n = invoices
    with an open amount. Components: open, overdue, no_due_date (open on invoices without a due date,
    which are in open and never overdue), credit (credit notes and overpayments: what is owed to clients,
    as a positive amount; in none of the others). Later invoices and payments are ignored, and so are
    payments of invoices that are not in `invoices`.

    Null where nothing is open. Raises `ValueError` where the column 'currency' has several values.
    """
    end = last_day(as_of)
    paid = payments.filter(payments.paid_on.cast("date") <= end).group_by("invoice_id").aggregate(paid=_.amount.sum())
    owed = invoices.filter(invoices.issued_on.cast("date") <= end).left_join(paid, "invoice_id")
    owed = owed.mutate(open=(owed.amount - owed.paid.fill_null(0)).round(2), due=owed.due_on.cast("date"))
    is_open = owed.open > 0
    found = owed.aggregate(
        by=by,
        n=owed.count(where=is_open),
        open=owed.open.sum(where=is_open).fill_null(0),
        overdue=owed.open.sum(where=is_open & (owed.due < end)).fill_null(0),
        no_due_date=owed.open.sum(where=is_open & owed.due.isnull()).fill_null(0),
        credit=(-owed.open).sum(where=owed.open < 0).fill_null(0),
    )
    return found.mutate(value=found.overdue / found.open.nullif(0))

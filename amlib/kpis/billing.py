"""What was billed."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir

from .kpi import kpi


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
    passed_on = invoices.pass_through.fill_null(0)
    return invoices.aggregate(
        by=by,
        value=(invoices.amount - passed_on).sum(),
        n=invoices.count(),
        invoiced=invoices.amount.sum(),
        pass_through=passed_on.sum(),
    )

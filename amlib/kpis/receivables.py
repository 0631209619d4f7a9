"""What clients owe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
from ibis import _

from .kpi import kpi
from .period import Day, first_day, last_day, month_after
from .tables import ColumnMissing

INVOICES_AND_PAYMENTS = {
    "invoices": ["invoice_id", "issued_on", "due_on", "amount"],
    "payments": ["invoice_id", "paid_on", "amount"],
}


@kpi(
    vi="Tỷ lệ công nợ quá hạn",
    en="Overdue share",
    definition_vi="Tỷ lệ công nợ đã quá hạn thanh toán trên tổng công nợ còn phải thu.",
    unit="share",
    better="less",
    needs=INVOICES_AND_PAYMENTS,
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

    Null where nothing is open, and where no open invoice has a due date: nobody knows then what is overdue. Raises
    `ValueError` where the column 'currency' has several values.
    """
    end = last_day(as_of)
    owed = owed_on(invoices, payments, end)
    is_open = owed.open > 0
    found = owed.aggregate(
        by=by,
        n=owed.count(where=is_open),
        dated=owed.count(where=is_open & owed.due.notnull()),
        open=owed.open.sum(where=is_open).fill_null(0),
        overdue=owed.open.sum(where=is_open & (owed.due < end)).fill_null(0),
        no_due_date=owed.open.sum(where=is_open & owed.due.isnull()).fill_null(0),
        credit=(-owed.open).sum(where=owed.open < 0).fill_null(0),
    )
    return found.mutate(value=ibis.ifelse(found.dated > 0, found.overdue / found.open, None)).drop("dated")


@kpi(
    vi="Công nợ phải thu theo tuổi nợ",
    en="Receivables by age",
    definition_vi="Công nợ còn phải thu, chia theo số ngày đã quá hạn thanh toán.",
    unit="money",
    better="less",
    needs=INVOICES_AND_PAYMENTS,
    optional={"invoices": ["currency"]},
)
def receivables_ageing(invoices: ir.Table, payments: ir.Table, as_of: Day, *, by: Sequence[str] = ()) -> ir.Table:
    """Money open on invoices, by how long it is past its due date.

    Open amounts are those of `overdue_share`. n = invoices with an open amount. Components not_due,
    days_1_30, days_31_60, days_61_90, over_90 (days after due_on) and no_due_date, which add up to value;
    credit (credit notes and overpayments, positive) is kept apart.

    Null where nothing is open. Raises `ValueError` where the column 'currency' has several values.
    """
    end = last_day(as_of)
    owed = owed_on(invoices, payments, end)
    is_open, days = owed.open > 0, ibis.literal(end).delta(owed.due, unit="day")
    bands = {
        "not_due": days <= 0,
        "days_1_30": days.between(1, 30),
        "days_31_60": days.between(31, 60),
        "days_61_90": days.between(61, 90),
        "over_90": days > 90,
        "no_due_date": owed.due.isnull(),
    }
    return owed.aggregate(
        by=by,
        value=owed.open.sum(where=is_open),
        n=owed.count(where=is_open),
        **{name: owed.open.sum(where=is_open & band).fill_null(0) for name, band in bands.items()},
        credit=(-owed.open).sum(where=owed.open < 0).fill_null(0),
    )


@kpi(
    vi="Số dư có của khách hàng",
    en="Credit balance",
    definition_vi="Số tiền agency đang nợ lại khách hàng do điều chỉnh giảm hoặc khách hàng trả thừa.",
    unit="money",
    better="less",
    needs=INVOICES_AND_PAYMENTS,
    optional={"invoices": ["currency"]},
)
def credit_balance(invoices: ir.Table, payments: ir.Table, as_of: Day, *, by: Sequence[str] = ()) -> ir.Table:
    """What the agency owes to clients: credit notes not settled, and what was paid beyond an invoice.

    As a positive amount; it is not netted with what the same client owes. n = invoices and credit notes with
    a credit by `as_of`. Components credit_notes and overpaid, which add up to value.

    Null where there is no credit. Raises `ValueError` where the column 'currency' has several values.
    """
    owed = owed_on(invoices, payments, last_day(as_of))
    credit, is_credit = -owed.open, owed.open < 0
    return owed.aggregate(
        by=by,
        value=credit.sum(where=is_credit),
        n=owed.count(where=is_credit),
        credit_notes=credit.sum(where=is_credit & (owed.amount < 0)).fill_null(0),
        overpaid=credit.sum(where=is_credit & (owed.amount >= 0)).fill_null(0),
    )


@kpi(
    vi="Số ngày thu tiền bình quân (DSO)",
    en="Days sales outstanding",
    definition_vi="Số ngày bán hàng gần nhất mà tổng giá trị hóa đơn vừa bằng công nợ còn phải thu.",
    unit="days",
    better="less",
    needs=INVOICES_AND_PAYMENTS,
    optional={"invoices": ["currency"]},
)
def days_sales_outstanding(
    invoices: ir.Table, payments: ir.Table, as_of: Day, *, by: Sequence[str] = (), window: int = 90
) -> ir.Table:
    """How many of the last days' billing is still owed, by count-back.

    Going back from `as_of`, each calendar month's billing (invoices with a positive amount) is taken off the
    open amount, and its days are counted; the last month counts in proportion to what is left. Months without
    billing count in full while anything is left. Open amounts are those of `overdue_share`, without credits.
    n = invoices with an open amount. Components open, billed (in the last `window` days) and simple = open ÷
    billed × `window`, which swings with the season where count-back does not.

    Null where nothing is open; simple null where nothing was billed in the window. Raises `ValueError` where
    the column 'currency' has several values.
    """
    end = last_day(as_of)
    owed = owed_on(invoices, payments, end)
    recent = (owed.amount > 0) & (owed.issued > end - timedelta(days=window))
    found = owed.aggregate(
        by=by,
        n=owed.count(where=owed.open > 0),
        open=owed.open.sum(where=owed.open > 0),
        billed=owed.amount.sum(where=recent).fill_null(0),
    )
    groups = {f"of_{column}": owed[column] for column in by}
    months = owed.filter(owed.amount > 0).mutate(**groups, begins=owed.issued.truncate("M").cast("date"))
    months = months.group_by([*groups, "begins"]).aggregate(billed_then=months.amount.sum())
    later = ibis.cumulative_window(group_by=[*groups], order_by=ibis.desc("begins"))
    backwards = ibis.window(group_by=[*groups], order_by=ibis.desc("begins"))
    months = months.mutate(
        taken_off=months.billed_then.sum().over(later) - months.billed_then,
        next_begins=months.begins.lag().over(backwards).fill_null(end + timedelta(days=1)),
    )
    after = month_after(months.begins, 1)
    after = ibis.ifelse(after > months.next_begins, months.next_begins, after)
    months = months.mutate(
        days=after.delta(months.begins, unit="day"), empty_days=months.next_begins.delta(after, unit="day")
    )
    # Groups are matched with their nulls: a client without a segment is a group as well.
    same = [found[column].identical_to(months[of]) for column, of in zip(by, groups, strict=True)]
    spread = found.left_join(months, same or [ibis.literal(True)])
    left = spread.open - spread.taken_off
    share = ibis.ifelse(left >= spread.billed_then, 1.0, left / spread.billed_then)
    days = ibis.ifelse(left > 0, spread.empty_days + spread.days * share, 0.0)
    counted = spread.group_by([*by, "n", "open", "billed"]).aggregate(days=days.sum())
    return counted.mutate(
        value=ibis.ifelse(counted.n > 0, counted.days, None),
        simple=counted.open / counted.billed.nullif(0) * window,
    ).drop("days")


@kpi(
    vi="Tỷ lệ thu tiền",
    en="Collection rate",
    definition_vi="Tỷ lệ tiền đã thu được trong tổng giá trị hóa đơn đã đến hạn thanh toán.",
    unit="share",
    better="more",
    needs=INVOICES_AND_PAYMENTS,
    optional={"invoices": ["currency"]},
    month={"invoices": "due_on"},
)
def collection_rate(
    invoices: ir.Table, payments: ir.Table, as_of: Day, *, by: Sequence[str] = (), since: Day | None = None
) -> ir.Table:
    """Of the money that fell due, the share that was collected.

    Counted are invoices with a positive amount and due_on from `since` to `as_of`; a payment counts up to
    the amount of its invoice. n = those invoices. Components due, collected, on_time (collected by the due
    date) and on_time_rate = on_time ÷ due. `by` month is the month of the due date.

    Null where nothing fell due. Raises `ValueError` where the column 'currency' has several values.
    """
    end = last_day(as_of)
    due = invoices.mutate(due=invoices.due_on.cast("date"))
    due = due.filter(due.amount > 0, due.due <= end)
    due = due if since is None else due.filter(due.due >= first_day(since))
    terms = due.select("invoice_id", "due")
    paid = payments.select("invoice_id", paid=payments.amount, day=payments.paid_on.cast("date"))
    paid = paid.filter(paid.day <= end).inner_join(terms, "invoice_id")
    paid = paid.group_by("invoice_id").aggregate(
        paid=paid.paid.sum(), in_time=paid.paid.sum(where=paid.day <= paid.due)
    )
    due = due.left_join(paid, "invoice_id")
    paid, in_time = (
        ibis.ifelse(money > due.amount, due.amount, money).fill_null(0) for money in (due.paid, due.in_time)
    )
    found = due.aggregate(by=by, n=due.count(), due=due.amount.sum(), collected=paid.sum(), on_time=in_time.sum())
    return found.mutate(value=found.collected / found.due.nullif(0), on_time_rate=found.on_time / found.due.nullif(0))


@kpi(
    vi="Chênh lệch đối soát công nợ",
    en="Reconciliation difference",
    definition_vi="Tổng chênh lệch giữa công nợ theo sổ của agency và theo sổ đối chiếu của khách hàng.",
    unit="money",
    better="less",
    needs={**INVOICES_AND_PAYMENTS, "statements": ["client_id", "invoice_id", "amount", "as_of"]},
    optional={"invoices": ["currency", "client_id"]},
    groups=["statements"],
    makes=["invoice_id"],
)
def reconciliation(
    invoices: ir.Table, payments: ir.Table, statements: ir.Table, as_of: Day, *, by: Sequence[str] = ()
) -> ir.Table:
    """What agency and client disagree on: Σ|open in the book − open in the client's ledger|, invoice by invoice.

    Compared is each client's latest statement by `as_of` with the book on the day of that statement; clients
    that sent none are left out. Open amounts are those of `overdue_share`, credits negative; differences are
    rounded to two decimals. n = invoices compared: open on either side. Components matched, differs (open on
    both sides, with different amounts), missing_there (open in the book only), missing_here (in the ledger only),
    missing_there_amount, missing_here_amount, and ours and theirs (all that is open in the book, and in the
    ledgers). `by` names columns of `statements`, or invoice_id for each invoice compared; a group whose ledgers
    and book are both settled has its row.

    Null where nothing was compared. Raises `ValueError` where the column 'currency' has several values, and
    where `invoices` has no client_id.
    """
    if "client_id" not in invoices.columns:
        raise ColumnMissing("invoices has no column 'client_id': a statement is compared with its client's invoices")
    day = statements.as_of.cast("date")
    sent = statements.mutate(day=day).filter(day <= last_day(as_of))
    sent = sent.mutate(latest=sent.day.max().over(ibis.window(group_by="client_id")))
    sent = sent.filter(sent.day == sent.latest)
    of_senders = [column for column in by if column not in ("client_id", "invoice_id")]
    senders = sent.group_by("client_id").aggregate(
        stated_on=sent.day.max(), **{f"of_{column}": sent[column].max() for column in of_senders}
    )
    # An invoice that the ledger lists as settled is not open there.
    theirs = sent.filter(sent.amount.round(2) != 0).select("client_id", "invoice_id", theirs=sent.amount)
    ours = invoices.select("client_id", "invoice_id", billed=invoices.amount, issued=invoices.issued_on.cast("date"))
    ours = ours.inner_join(senders.select("client_id", "stated_on"), "client_id")
    ours = ours.filter(ours.issued <= ours.stated_on)
    terms = ours.select("invoice_id", "stated_on")
    paid = payments.select("invoice_id", paid=payments.amount, day=payments.paid_on.cast("date"))
    paid = paid.inner_join(terms, "invoice_id").filter(lambda t: t.day <= t.stated_on)
    paid = paid.group_by("invoice_id").aggregate(paid=paid.paid.sum())
    ours = ours.left_join(paid, "invoice_id").mutate(ours=lambda t: (t.billed - t.paid.fill_null(0)).round(2))
    ours = ours.filter(ours.ours != 0).select("client_id", "invoice_id", "ours")
    both = ibis.union(
        ours.mutate(theirs=ibis.null("float64"), ours=ours.ours.cast("float64")),
        theirs.mutate(ours=ibis.null("float64"), theirs=theirs.theirs.cast("float64")).select(
            "client_id", "invoice_id", "ours", "theirs"
        ),
    )
    both = both.group_by(["client_id", "invoice_id"]).aggregate(ours=both.ours.sum(), theirs=both.theirs.sum())
    both = senders.join(both, "client_id", how="inner" if "invoice_id" in by else "left")
    gap = (both.ours.fill_null(0) - both.theirs.fill_null(0)).abs().round(2)
    here, there = both.ours.notnull(), both.theirs.notnull()
    return both.aggregate(
        by=[both[f"of_{column}" if column in of_senders else column].name(column) for column in by],
        value=gap.sum(where=here | there),
        n=both.count(where=here | there),
        matched=both.count(where=here & there & (gap == 0)),
        differs=both.count(where=here & there & (gap > 0)),
        missing_there=both.count(where=here & ~there),
        missing_here=both.count(where=there & ~here),
        missing_there_amount=both.ours.sum(where=~there).fill_null(0),
        missing_here_amount=both.theirs.sum(where=~here).fill_null(0),
        ours=both.ours.sum().fill_null(0),
        theirs=both.theirs.sum().fill_null(0),
    )


def owed_on(invoices: ir.Table, payments: ir.Table, end: date) -> ir.Table:
    """Invoices issued by `end` with `open`, what is left to pay on that day, and the dates `due` and `issued`."""
    paid = payments.filter(payments.paid_on.cast("date") <= end).group_by("invoice_id").aggregate(paid=_.amount.sum())
    owed = invoices.mutate(issued=invoices.issued_on.cast("date"), due=invoices.due_on.cast("date"))
    owed = owed.filter(owed.issued <= end).left_join(paid, "invoice_id")
    return owed.mutate(open=left_to_pay(owed))


def left_to_pay(invoices: ir.Table) -> ir.FloatingValue:
    """Of invoices with what was `paid`: to the cent, since sums of payments are not exact."""
    return (invoices.amount - invoices.paid.fill_null(0)).round(2)

"""Whether fees and clients stay. A recurring fee is the monthly fee of a retainer.

A retainer ends with its term, and at the latest on its client's last day. The cohort is fixed: the clients with a
recurring fee on the last day before the period, whatever came later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

import ibis
import ibis.expr.types as ir

from .departures import CLIENTS, runs_on, with_departures
from .interval import wilson
from .kpi import kpi
from .period import Day, Month, first_day, in_each_month, last_day, month_after

FEES = {"contracts": ["client_id", "kind", "starts_on", "ends_on", "monthly_fee"], **CLIENTS}


@kpi(
    vi="Tỷ lệ duy trì doanh thu gộp",
    en="Gross retention",
    definition_vi=(
        "Tỷ lệ phí định kỳ đầu kỳ còn giữ được đến cuối kỳ, chỉ trừ phần khách hàng rời đi và thu hẹp, "
        "không cộng phần mở rộng."
    ),
    unit="share",
    better="more",
    needs=FEES,
    optional={"contracts": ["currency"]},
)
def gross_retention(
    contracts: ir.Table, clients: ir.Table, month: Month | Iterable[Month], *, by: Sequence[str] = (), over: int = 1
) -> ir.Table:
    """Of the recurring fees at the start, the share still there at the end: (start − churn − contraction) ÷ start.

    The period is the `over` months that end with `month` (one, or several with 'month' in `by`); start are the fees
    on the day before it, of the clients who had any; a retainer of a client who has left ends, at the latest, on the
    client's last day (`until` of `clients`). churn is the start of those without a fee on the last day, contraction
    what others pay less, expansion what they pay more (not in value). n = clients with a fee at the start. Components
    start, churn, contraction, expansion.

    Null where start is 0. Raises `ValueError` where the column 'currency' has several values.
    """
    found = _cohort(contracts, clients, month, by, over)
    return found.mutate(value=(found.start - found.churn - found.contraction) / found.start.nullif(0)).drop("end")


@kpi(
    vi="Tỷ lệ duy trì doanh thu thuần",
    en="Net retention",
    definition_vi="Phí định kỳ cuối kỳ của nhóm khách hàng đầu kỳ chia cho phí định kỳ đầu kỳ của chính nhóm đó.",
    unit="share",
    better="more",
    needs=FEES,
    optional={"contracts": ["currency"]},
)
def net_retention(
    contracts: ir.Table, clients: ir.Table, month: Month | Iterable[Month], *, by: Sequence[str] = (), over: int = 1
) -> ir.Table:
    """Gross retention with expansion: (start − churn − contraction + expansion) ÷ start.

    Period, cohort, n and null are those of `gross_retention`; above 1 the clients that were there grew by
    more than was lost. Components start, churn, contraction, expansion, end (start less churn and contraction
    plus expansion).
    """
    found = _cohort(contracts, clients, month, by, over)
    return found.mutate(value=found.end / found.start.nullif(0))


@kpi(
    vi="Tỷ lệ giữ chân khách hàng",
    en="Client retention",
    definition_vi="Tỷ lệ khách hàng có phí định kỳ đầu kỳ vẫn còn phí định kỳ ở cuối kỳ.",
    unit="share",
    better="more",
    counted=True,
    needs=FEES,
)
def client_retention(
    contracts: ir.Table, clients: ir.Table, month: Month | Iterable[Month], *, by: Sequence[str] = (), over: int = 1
) -> ir.Table:
    """Of the clients with a recurring fee at the start, the share with one at the end.

    Period, cohort and n are those of `gross_retention`. Components retained, lost, and beside the cohort
    new and returned: clients without a fee at the start and with one at the end, who never had one before,
    or had. low and high: 95 % Wilson interval.

    Null where no client had a fee at the start.
    """
    found = _clients(contracts, clients, month, by, over)
    low, high = wilson(found.retained, found.n)
    return found.mutate(value=found.retained / found.n.nullif(0), low=low, high=high)


@kpi(
    vi="Tỷ lệ khách hàng rời bỏ",
    en="Client churn",
    definition_vi="Tỷ lệ khách hàng có phí định kỳ đầu kỳ nhưng không còn phí định kỳ ở cuối kỳ.",
    unit="share",
    better="less",
    counted=True,
    needs=FEES,
)
def client_churn(
    contracts: ir.Table, clients: ir.Table, month: Month | Iterable[Month], *, by: Sequence[str] = (), over: int = 1
) -> ir.Table:
    """Of the clients with a recurring fee at the start, the share without one at the end: 1 − client retention.

    Period, cohort, n, components and null are those of `client_retention`. low and high: 95 % Wilson interval.
    """
    found = _clients(contracts, clients, month, by, over)
    low, high = wilson(found.lost, found.n)
    return found.mutate(value=found.lost / found.n.nullif(0), low=low, high=high)


@kpi(
    vi="Tỷ lệ tái ký",
    en="Renewal rate",
    definition_vi=(
        "Tỷ lệ hợp đồng retainer hết hạn được tái ký, không tính các hợp đồng chưa ngã ngũ và hợp đồng mà khách hàng "
        "đã rời đi trước khi hết hạn."
    ),
    unit="share",
    better="more",
    counted=True,
    needs={
        "contracts": ["contract_id", "client_id", "kind", "signed_on", "ends_on", "monthly_fee", "renews"],
        **CLIENTS,
    },
    optional={"contracts": ["currency"]},
    month={"contracts": "ends_on"},
)
def renewal_rate(
    contracts: ir.Table,
    clients: ir.Table,
    as_of: Day,
    *,
    by: Sequence[str] = (),
    since: Day | None = None,
    grace: int = 30,
) -> ir.Table:
    """Of the retainers whose term ended and whose renewal is decided, the share that was renewed.

    Counted are retainers with ends_on from `since` to `as_of`. One is renewed if a contract signed by `as_of` names
    it in `renews`; without one it is undecided for `grace` days after its end, and lost then, or as soon as its
    client has left. One whose client left before its end never came up for renewal: what that cost is in
    `gross_retention`. n = decided ones. Components renewed, lost, undecided and ended_early (its client left before
    its end; both not in value), by_value (monthly fees of the renewed ÷ of the decided), fees (of the decided). low
    and high: 95 % Wilson interval. `by` month is the month of the end.

    Null where none is decided; by_value null where their fees are 0. Raises `ValueError` where the column
    'currency' has several values.
    """
    end = last_day(as_of)
    successors = contracts.filter(contracts.signed_on.cast("date") <= end, contracts.renews.notnull())
    successors = successors.select(renewed_id=successors.renews).distinct()
    ended = contracts.mutate(ended=contracts.ends_on.cast("date"))
    ended = ended.filter(ended.kind == "retainer", ended.ended <= end)
    ended = ended if since is None else ended.filter(ended.ended >= first_day(since))
    ended = with_departures(ended, clients)
    ended = ended.left_join(successors, ended.contract_id == successors.renewed_id)
    renewed = ended.renewed_id.notnull()
    early = ~renewed & (ended.left_on < ended.ended).fill_null(False)
    gone = (ended.left_on <= end).fill_null(False)
    lost = ~renewed & ~early & (gone | (ended.ended < end - timedelta(days=grace)))
    found = ended.aggregate(
        by=by,
        n=ended.count(where=renewed | lost),
        renewed=ended.count(where=renewed),
        lost=ended.count(where=lost),
        undecided=ended.count(where=~renewed & ~lost & ~early),
        ended_early=ended.count(where=early),
        kept=ended.monthly_fee.sum(where=renewed).fill_null(0),
        fees=ended.monthly_fee.sum(where=renewed | lost).fill_null(0),
    )
    low, high = wilson(found.renewed, found.n)
    return found.mutate(
        value=found.renewed / found.n.nullif(0), low=low, high=high, by_value=found.kept / found.fees.nullif(0)
    ).drop("kept")


@kpi(
    vi="Hợp đồng sắp hết hạn",
    en="Contracts about to end",
    definition_vi="Số hợp đồng retainer đang chạy sẽ hết hạn trong 90 ngày tới mà chưa được tái ký.",
    unit="count",
    better="less",
    needs={
        "contracts": ["contract_id", "client_id", "kind", "signed_on", "starts_on", "ends_on", "monthly_fee", "renews"],
        **CLIENTS,
    },
    optional={"contracts": ["currency"]},
)
def expiring_contracts(contracts: ir.Table, clients: ir.Table, as_of: Day, *, by: Sequence[str] = ()) -> ir.Table:
    """How many running retainers end within 90 days and are not renewed yet.

    Running are retainers with `as_of` in their term whose client has not left before; renewed those that a contract
    signed by `as_of` names in `renews`. n = running retainers. Components within_30, within_60, within_90 (each holds
    the ones before; the last is value) and fees (the monthly fees at stake within 90 days).

    Null where no retainer runs. Raises `ValueError` where the column 'currency' has several values.
    """
    end = last_day(as_of)
    successors = contracts.filter(contracts.signed_on.cast("date") <= end, contracts.renews.notnull())
    successors = successors.select(renewed_id=successors.renews).distinct()
    running = with_departures(contracts.filter(contracts.kind == "retainer"), clients)
    running = running.filter(runs_on(running, end)).mutate(ends=lambda t: t.ends_on.cast("date"))
    running = running.left_join(successors, running.contract_id == successors.renewed_id)
    ends_within = {
        days: running.renewed_id.isnull() & (running.ends <= end + timedelta(days=days)) for days in (30, 60, 90)
    }
    found = running.aggregate(
        by=by,
        n=running.count(),
        **{f"within_{days}": running.count(where=ends) for days, ends in ends_within.items()},
        fees=running.monthly_fee.sum(where=ends_within[90]).fill_null(0),
    )
    return found.mutate(value=ibis.ifelse(found.n > 0, found.within_90, None))


@kpi(
    vi="Số khách hàng đang hợp tác",
    en="Active clients",
    definition_vi="Số khách hàng còn hợp tác với agency vào ngày cuối tháng.",
    unit="count",
    better="more",
    needs={"clients": ["client_id", "since", "until"]},
)
def active_clients(clients: ir.Table, month: Month | Iterable[Month], *, by: Sequence[str] = ()) -> ir.Table:
    """How many clients the agency has on the month's last day.

    A client is there from `since` to `until`, both included. `month` is one month or several; several need
    'month' in `by`. n = value. Components joined (since in the month) and left (until from the day before the
    month to the day before its end: whose last day is the last of a month has left in the next), so that last
    month's value + joined − left is this month's.

    Null where there is none.
    """
    asked = in_each_month(clients, month, by)
    since, until = asked.since.cast("date"), asked.until.cast("date")
    eve = (asked.month - ibis.interval(days=1)).cast("date")
    found = asked.aggregate(
        by=by,
        n=asked.count(where=(since <= asked.month_end) & (until.isnull() | (until >= asked.month_end))),
        joined=asked.count(where=since.between(asked.month, asked.month_end)),
        left=asked.count(where=(until >= eve) & (until < asked.month_end)),
    )
    return found.mutate(value=found.n.nullif(0))


def client_fees(
    contracts: ir.Table, clients: ir.Table, month: Month | Iterable[Month], by: Sequence[str], over: int
) -> ir.Table:
    """Each client's recurring fees around a period: `start` and `end` (null without a fee), and `earlier`.

    `start` is on the day before the `over` months that end with `month`, `end` on its last day; `earlier`
    says whether a retainer with a fee had begun by the start, whether or not it still ran. One row per client and
    group.
    """
    if over < 1:
        raise ValueError(f"over={over}: give how many months the period has, at least 1")
    asked = in_each_month(with_departures(contracts.filter(contracts.kind == "retainer"), clients), month, by)
    eve = month_after(asked.month, 1 - over) - ibis.interval(days=1)
    paid = asked.monthly_fee > 0
    runs = {day: runs_on(asked, when) for day, when in _edges(eve, asked).items()}
    keys = [*by, *({"client_id", "month"} - {*by})]
    return asked.group_by(keys).aggregate(
        start=asked.monthly_fee.sum(where=runs["start"] & paid),
        end=asked.monthly_fee.sum(where=runs["end"] & paid),
        earlier=(paid & (asked.starts_on.cast("date") <= eve.cast("date"))).any(),
    )


def _edges(eve: ir.DateValue, asked: ir.Table) -> dict[str, ir.DateValue]:
    return {"start": eve.cast("date"), "end": asked.month_end.cast("date")}


def _cohort(
    contracts: ir.Table, clients: ir.Table, month: Month | Iterable[Month], by: Sequence[str], over: int
) -> ir.Table:
    fees = client_fees(contracts, clients, month, by, over)
    change, stayed = fees.end - fees.start, fees.start.notnull() & fees.end.notnull()
    found = fees.aggregate(
        by=by,
        n=fees.start.count(),
        start=fees.start.sum().fill_null(0),
        churn=fees.start.sum(where=fees.end.isnull()).fill_null(0),
        contraction=(-change).sum(where=stayed & (change < 0)).fill_null(0),
        expansion=change.sum(where=stayed & (change > 0)).fill_null(0),
    )
    return found.mutate(end=found.start - found.churn - found.contraction + found.expansion)


def _clients(
    contracts: ir.Table, clients: ir.Table, month: Month | Iterable[Month], by: Sequence[str], over: int
) -> ir.Table:
    fees = client_fees(contracts, clients, month, by, over)
    came = fees.start.isnull() & fees.end.notnull()
    return fees.aggregate(
        by=by,
        n=fees.start.count(),
        retained=fees.end.count(where=fees.start.notnull()),
        lost=fees.count(where=fees.start.notnull() & fees.end.isnull()),
        new=fees.count(where=came & ~fees.earlier),
        returned=fees.count(where=came & fees.earlier),
    )

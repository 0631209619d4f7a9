"""From brief to proposal to contract."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from .departures import CLIENTS, still_there, with_departures
from .interval import normal, wilson
from .kpi import kpi
from .period import Day, last_day


@kpi(
    vi="Thời gian làm đề xuất",
    en="Days from brief to proposal",
    definition_vi="Số ngày trung bình từ khi nhận brief đến khi gửi đề xuất cho khách hàng.",
    unit="days",
    better="less",
    needs={"projects": ["briefed_on", "proposed_on"]},
    month={"projects": "briefed_on"},
    cannot={"bigquery": "it has no exact median; bring the rows here with table.to_pyarrow()"},
)
def proposal_time(projects: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """Mean calendar days from a client's brief to the agency's proposal.

    n = briefs with a proposal; those still without one are left out and counted in `waiting`. Components
    median, slowest. low and high: 95 % normal interval of the mean, not below 0. `by` month is the month of
    the brief.

    Null where no proposal was sent; low and high null below two.
    """
    taken = projects.proposed_on.cast("date").delta(projects.briefed_on.cast("date"), unit="day")
    found = projects.aggregate(
        by=by,
        value=taken.mean(),
        n=taken.count(),
        median=taken.cast("float64").median(),
        slowest=taken.max(),
        deviation=taken.cast("float64").std(),
        waiting=projects.count(where=projects.proposed_on.isnull()),
    )
    low, high = normal(found.value, found.deviation, found.n)
    return found.mutate(low=low.clip(lower=0), high=high).drop("deviation")


@kpi(
    vi="Tỷ lệ thắng thầu",
    en="Win rate",
    definition_vi="Tỷ lệ đề xuất được khách hàng chọn trong tổng số đề xuất đã có quyết định.",
    unit="share",
    better="more",
    counted=True,
    needs={"projects": ["won", "fee"]},
    optional={"projects": ["currency"]},
    month={"projects": "briefed_on"},
)
def win_rate(projects: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """Of the briefs that clients decided on, the share that was won.

    n = briefs decided (won is true or false); open ones are left out and counted in `open`. Components won,
    lost, by_value (fees won ÷ fees decided), fees (decided). low and high: 95 % Wilson interval. `by` month
    is the month of the brief, so that the youngest months are still filling.

    Null where nothing is decided; by_value null where the fees decided are 0. Raises `ValueError` where the
    column 'currency' has several values.
    """
    won, lost = projects.won.fill_null(False), ~projects.won.fill_null(True)
    found = projects.aggregate(
        by=by,
        n=projects.won.count(),
        won=projects.count(where=won),
        lost=projects.count(where=lost),
        open=projects.count(where=projects.won.isnull()),
        gained=projects.fee.sum(where=won).fill_null(0),
        fees=projects.fee.sum(where=won | lost).fill_null(0),
    )
    low, high = wilson(found.won, found.n)
    return found.mutate(
        value=found.won / found.n.nullif(0), low=low, high=high, by_value=found.gained / found.fees.nullif(0)
    ).drop("gained")


@kpi(
    vi="Brief đang chờ quyết định",
    en="Open briefs",
    definition_vi="Số brief mà khách hàng chưa quyết định tính đến ngày báo cáo.",
    unit="count",
    better="neither",
    needs={"projects": ["client_id", "briefed_on", "proposed_on", "decided_on", "fee"], **CLIENTS},
    optional={"projects": ["currency"]},
)
def open_briefs(projects: ir.Table, clients: ir.Table, as_of: Day, *, by: Sequence[str] = ()) -> ir.Table:
    """How many briefs wait for the client's decision.

    Open are projects briefed by `as_of` and not decided by then, of clients who have not left before. n = projects
    briefed by then. Components without_proposal (those of the open ones not proposed yet), mean_age and oldest (days
    since the brief), fees (of the open ones).

    Null where nothing was briefed. Raises `ValueError` where the column 'currency' has several values.
    """
    end = last_day(as_of)
    known = with_departures(projects.filter(projects.briefed_on.cast("date") <= end), clients)
    decided, proposed = known.decided_on.cast("date"), known.proposed_on.cast("date")
    is_open = (decided.isnull() | (decided > end)) & still_there(known, end)
    age = ibis.literal(end).delta(known.briefed_on.cast("date"), unit="day")
    found = known.aggregate(
        by=by,
        n=known.count(),
        open=known.count(where=is_open),
        without_proposal=known.count(where=is_open & (proposed.isnull() | (proposed > end))),
        mean_age=age.mean(where=is_open),
        oldest=age.max(where=is_open),
        fees=known.fee.sum(where=is_open).fill_null(0),
    )
    return found.mutate(value=ibis.ifelse(found.n > 0, found.open, None)).drop("open")

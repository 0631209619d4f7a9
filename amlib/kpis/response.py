"""How fast clients are answered."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from amlib.business_time import WorkingHours, with_business_seconds

from .interval import normal
from .kpi import kpi


@kpi(
    vi="Thời gian phản hồi trung bình",
    en="Average response time",
    definition_vi=(
        "Số giờ làm việc trung bình từ khi nhận tin nhắn của khách hàng đến khi nhân viên phản hồi lần đầu, "
        "không tính tin nhắn chưa được phản hồi."
    ),
    unit="hours",
    better="less",
    needs={"messages": ["received_at", "replied_at"]},
    month={"messages": "received_at"},
    cannot={"bigquery": "it has no exact median and quantile; bring the rows here with table.to_pyarrow()"},
)
def response_time(
    messages: ir.Table, hours: WorkingHours, *, by: Sequence[str] = (), within: float | None = None
) -> ir.Table:
    """Mean business hours from a client's message to the first human reply, over the messages answered.

    Only time within `hours` counts (lunch, weekends and public holidays do not), so a reply at night to
    a message of the same night took 0. n = messages answered. low and high: 95 % normal interval of the
    mean, not below 0. Components: median and p90 of the answered ones, share_within = messages answered
    within `within` business hours ÷ messages received (an unanswered one was not; null without
    `within`), received, unanswered, unanswered_share. `by` month is the month of receipt.

    Instants of frames are taken to the time zone of `hours`; without a zone, and in Ibis tables, they
    are its wall-clock time. Null where nothing was answered; low and high null below two answers;
    shares null where nothing was received. Raises `ValueError` where a reply is before its message.
    """
    messages = with_business_seconds(messages, "received_at", "replied_at", hours, name="taken")
    taken = messages.taken
    found = messages.aggregate(
        by=by,
        value=taken.mean(),
        n=taken.count(),
        median=taken.median(),
        p90=taken.quantile(0.9),
        deviation=taken.std(),
        in_time=ibis.null("int64") if within is None else messages.count(where=taken <= within * 3600),
        received=messages.count(),
        unanswered=messages.count() - messages.replied_at.count(),
    )
    # Whole seconds are gathered and shown as hours: engines add, sort and compare them faster.
    found = found.mutate(**{name: found[name] / 3600 for name in ("value", "median", "p90", "deviation")})
    low, high = normal(found.value, found.deviation, found.n)
    return found.mutate(
        low=low.clip(lower=0),
        high=high,
        share_within=found.in_time / found.received.nullif(0),
        unanswered_share=found.unanswered / found.received.nullif(0),
    ).drop("deviation", "in_time")

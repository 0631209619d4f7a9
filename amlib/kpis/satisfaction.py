"""What clients say about the agency."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from .interval import adjusted_wald, wilson
from .kpi import kpi
from .period import first_day, last_day, quarter_of, with_idle_groups


@kpi(
    vi="Chỉ số hài lòng (NPS)",
    en="Net promoter score",
    definition_vi=(
        "Tỷ lệ khách hàng chấm 9–10 điểm trừ đi tỷ lệ khách hàng chấm 0–6 điểm khi được hỏi có sẵn lòng giới thiệu "
        "agency cho người khác hay không."
    ),
    unit="score",
    better="more",
    counted=True,
    needs={"surveys": ["score"]},
    month={"surveys": "sent_on"},
)
def nps(surveys: ir.Table, *, by: Sequence[str] = (), population: int | None = None) -> ir.Table:
    """Share of answers of 9 or 10 less the share of answers of 0 to 6 to 'would you recommend us?'.

    value is a number from −1 to 1, shown ×100. n = answers; a survey without a score was not answered.
    low and high: 95 % adjusted Wald interval, clipped to ±1 (n + 3 answers, ¾ promoter, ¾ detractor).
    `population` is the number of clients in the book: where they are all asked, it narrows the interval
    by the finite-population correction. Of repeated samples it covers the true score in 93 to 97.5 % for 20 to
    200 answers, but in fewer where nobody is a detractor (91 % of 20 answers, 80 % of them promoters) and in more
    where hardly anybody is either (99.8 % of 20 answers, 5 % each). Components: promoters, passives, detractors, sent,
    response_rate = n ÷ sent. `by` month is the month in which the survey was sent.

    Null where nobody answered; response_rate null where nothing was sent. Raises `ValueError` for
    `population` with a `by` other than month, since one number cannot be the size of each group.
    """
    if population is not None and set(by) - {"month"}:
        raise ValueError(f"population={population} is the whole book, but by asks for {', '.join(by)}: leave one out")
    score = surveys.score
    answers = surveys.aggregate(
        by=by,
        n=score.count(),
        promoters=surveys.count(where=score.between(9, 10)),
        passives=surveys.count(where=score.between(7, 8)),
        detractors=surveys.count(where=score.between(0, 6)),
        sent=surveys.count(),
    )
    low, high = adjusted_wald(answers.promoters, answers.detractors, answers.n, population)
    return answers.mutate(
        value=(answers.promoters - answers.detractors) / answers.n.nullif(0),
        low=low,
        high=high,
        response_rate=answers.n / answers.sent.nullif(0),
    )


@kpi(
    vi="Biến động NPS",
    en="NPS bridge",
    definition_vi=(
        "Mức thay đổi NPS giữa hai quý, tách theo khách hàng chấm cao hơn, chấm thấp hơn, người trả lời mới "
        "và thay đổi trong nhóm trả lời."
    ),
    unit="score",
    better="more",
    needs={"surveys": ["client_id", "sent_on", "score"]},
)
def nps_bridge(surveys: ir.Table, quarter: str | pd.Period, *, by: Sequence[str] = ()) -> ir.Table:
    """The change of the NPS from one quarter to the next, by what became of the clients who answered.

    start + improved − worsened + joined + turnout = end, and value = end − start; start and end are the NPS of
    the surveys sent in the quarter before and in `quarter` ('2026Q3'). Each answer counts 1, 0 or −1. improved
    and worsened: what clients who answered in both quarters changed their minds by. joined: answers of clients
    who did not answer before, as they stand from `start`. turnout: how far those who answered again stood from
    `start` then; where all did and as often, it is 0. All are divided by the answers of `quarter` (n). Component
    n_before.

    Null where nobody answered in one of the quarters. Raises `ValueError` for what is no quarter.
    """
    now = quarter_of(quarter)
    of_both = surveys.filter(_.sent_on.cast("date").between(first_day(now - 1), last_day(now)))
    of_both = of_both.mutate(
        before=_.sent_on.cast("date") <= last_day(now - 1),
        point=ibis.cases((_.score >= 9, 1), (_.score <= 6, -1), (_.score >= 7, 0)),
    )
    clients = of_both.group_by([*by, *({"client_id"} - {*by})]).aggregate(
        n0=of_both.point.count(where=of_both.before),
        n1=of_both.point.count(where=~of_both.before),
        sum0=of_both.point.sum(where=of_both.before).fill_null(0),
        sum1=of_both.point.sum(where=~of_both.before).fill_null(0),
    )
    again, first_time = (clients.n0 > 0) & (clients.n1 > 0), (clients.n0 == 0) & (clients.n1 > 0)
    then = clients.sum0 / clients.n0.nullif(0) * clients.n1  # this quarter's answers, had nobody changed their mind
    found = clients.aggregate(
        by=by,
        n=clients.n1.sum().fill_null(0),
        n_before=clients.n0.sum().fill_null(0),
        points0=clients.sum0.sum(),
        points1=clients.sum1.sum(),
        up=(clients.sum1 - then).sum(where=again & (clients.sum1 > then)).fill_null(0),
        down=(then - clients.sum1).sum(where=again & (clients.sum1 < then)).fill_null(0),
        then=then.sum(where=again).fill_null(0),
        n_again=clients.n1.sum(where=again).fill_null(0),
        new=clients.sum1.sum(where=first_time).fill_null(0),
        n_new=clients.n1.sum(where=first_time).fill_null(0),
    )
    found = with_idle_groups(found, surveys, by)
    n = ibis.ifelse(found.n_before > 0, found.n, None).nullif(0)
    start = found.points0 / found.n_before.nullif(0)
    end = found.points1 / found.n.nullif(0)
    return found.select(
        *by,
        value=end - start,
        n=found.n,
        n_before=found.n_before,
        start=start,
        improved=found.up / n,
        worsened=found.down / n,
        joined=(found.new - found.n_new * start) / n,
        turnout=(found.then - found.n_again * start) / n,
        end=end,
    )


@kpi(
    vi="Tỷ lệ phàn nàn",
    en="Complaint rate",
    definition_vi="Tỷ lệ tin nhắn của khách hàng được ghi nhận là phàn nàn.",
    unit="share",
    better="less",
    counted=True,
    needs={"messages": ["client_id", "complaint"]},
    month={"messages": "received_at"},
)
def complaint_rate(messages: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """The share of clients' messages that are complaints.

    A message of which nobody says whether it was a complaint is in `unmarked`, and in no other figure.
    n = messages marked either way. Components complaints, clients (who complained), unmarked. low and high:
    95 % Wilson interval. `by` month is the month of receipt.

    Null where no message is marked.
    """
    is_complaint = messages.complaint.fill_null(False)
    found = messages.aggregate(
        by=by,
        n=messages.complaint.count(),
        complaints=messages.count(where=is_complaint),
        clients=messages.client_id.nunique(where=is_complaint),
        unmarked=messages.count(where=messages.complaint.isnull()),
    )
    low, high = wilson(found.complaints, found.n)
    return found.mutate(value=found.complaints / found.n.nullif(0), low=low, high=high)

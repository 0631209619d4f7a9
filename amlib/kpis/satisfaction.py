"""What clients say about the agency."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir

from .interval import adjusted_wald
from .kpi import kpi

MIN_ANSWERS = 5
"""Below so many answers an NPS is too few to read; reports say so instead of showing it."""


@kpi(
    vi="Chỉ số hài lòng (NPS)",
    en="Net promoter score",
    definition_vi=(
        "Tỷ lệ khách hàng chấm 9–10 điểm trừ đi tỷ lệ khách hàng chấm 0–6 điểm khi được hỏi có sẵn lòng giới thiệu "
        "agency cho người khác hay không."
    ),
    unit="score",
    better="more",
    needs={"surveys": ["score"]},
    month={"surveys": "sent_on"},
)
def nps(surveys: ir.Table, *, by: Sequence[str] = (), population: int | None = None) -> ir.Table:
    """Share of answers of 9 or 10 less the share of answers of 0 to 6 to 'would you recommend us?'.

    value is a number from −1 to 1, shown ×100. n = answers; a survey without a score was not answered.
    low and high: 95 % adjusted Wald interval, clipped to ±1 (n + 3 answers, ¾ promoter, ¾ detractor).
    `population` is the number of clients in the book: where they are all asked, it narrows the interval
    by the finite-population correction. Components: promoters, passives, detractors, sent,
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

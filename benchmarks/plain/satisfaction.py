"""What clients say, in plain pandas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .common import Z, edges, in_all_groups, positive, share, summed


def nps(surveys: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    score = surveys.score.to_numpy("float64", na_value=np.nan)
    promoters, detractors = score >= 9, score <= 6
    found = summed(surveys, by, n=~np.isnan(score), promoters=promoters, detractors=detractors, sent=1)
    n, balance = positive(found.n), found.promoters - found.detractors
    reach = Z * np.sqrt(found.promoters + found.detractors + 1.5 - balance**2 / (n + 3))
    value = balance / n
    return found.assign(
        value=value,
        low=np.minimum(((balance - reach) / (n + 3)).clip(lower=-1), value),
        high=np.maximum(((balance + reach) / (n + 3)).clip(upper=1), value),
        passives=found.n - found.promoters - found.detractors,
        response_rate=found.n / found.sent,
    )


def nps_bridge(surveys: pd.DataFrame, quarter: str, *, by: Sequence[str]) -> pd.DataFrame:
    first, last = edges(quarter)
    answers = surveys[surveys.score.notna() & surveys.sent_on.between(edges(pd.Period(quarter) - 1)[0], last)]
    now = answers.sent_on >= first
    point = (answers.score >= 9).astype("int64") - (answers.score <= 6).astype("int64")
    clients = summed(
        answers, [*by, "client_id"], n0=~now, n1=now, sum0=point.mask(now, 0), sum1=point.where(now, 0)
    ).reset_index()
    again, first_time = (clients.n0 > 0) & (clients.n1 > 0), clients.n0 == 0
    then = (clients.sum0 / positive(clients.n0) * clients.n1).where(again, 0)
    change = (clients.sum1 - then).where(again, 0)
    found = summed(
        clients,
        by,
        n=clients.n1,
        n_before=clients.n0,
        start=clients.sum0,
        end=clients.sum1,
        improved=change.clip(lower=0),
        worsened=-change.clip(upper=0),
        then=then,
        n_again=clients.n1.where(again, 0),
        new=clients.sum1.where(first_time, 0),
        n_new=clients.n1.where(first_time, 0),
    )
    found = in_all_groups(found, surveys, by)
    start, end = found.start / positive(found.n_before), found.end / positive(found.n)
    n = positive(found.n).where(found.n_before > 0)
    return found.assign(
        value=end - start,
        start=start,
        improved=found.improved / n,
        worsened=found.worsened / n,
        joined=(found.new - found.n_new * start) / n,
        turnout=(found.then - found.n_again * start) / n,
        end=end,
    ).drop(columns=["then", "n_again", "new", "n_new"])


def complaint_rate(messages: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    marked, complains = messages.complaint.notna(), messages.complaint.fillna(False).astype(bool)
    found = summed(messages, by, n=marked, complaints=complains, unmarked=~marked)
    found["clients"] = messages[complains].groupby([*by], dropna=False).client_id.nunique()
    return share(found, found.complaints, found.n).fillna({"clients": 0})

"""Why a score is what it is: what moved it, what it lost most by, and what to do about that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from amlib.business_time import WorkingHours
from amlib.health.bands import EDGES
from amlib.health.measure import MEASURES
from amlib.health.scorecard import measures, score


def moved(book: Any, month: str | pd.Period) -> pd.DataFrame:
    """How many points of the score each measure added (+) or took (−) since last month.

    One row per client of `measures` and measure: client_id, measure, points_before, points, gained. What a client's
    measures gained adds up to the change of its score; each month is as it was known at its end. A measure of both
    months gained its share of the change of its points, so one whose points stayed gained nothing. One that came
    gained what it lifts the score above that of the others, and one that went took what it had lifted it by. gained
    is null where either month has no score, for a measure of neither month, and for one that weighs nothing. Computed
    for all clients at once (`Book.answer`).
    """
    month = pd.Period(month, "M")
    return book.as_of(month).answer(["health moved", month], lambda known: _moved(known, month))


def _moved(known: Any, month: pd.Period) -> pd.DataFrame:
    now, before = measures(known, month), measures(known, month - 1)
    told = now.merge(
        before[["client_id", "measure", "points"]], on=["client_id", "measure"], how="left", suffixes=("", "_before")
    )
    told = told.assign(gained=_gained(told).where(told.client_id.isin(_scored(now) & _scored(before))))
    return told[["client_id", "measure", "points_before", "points", "gained"]]


def _scored(told: pd.DataFrame) -> set[str]:
    return {*score(told).dropna(subset="score").client_id}


def _gained(told: pd.DataFrame) -> pd.Series:
    weight, client = told.weight, told.client_id
    had, has = told.points_before.notna() & (weight > 0), told.points.notna() & (weight > 0)
    both = had & has

    def mean(points: pd.Series, of: pd.Series) -> pd.Series:
        total = weight.where(of, 0).groupby(client).transform("sum")
        return (points * weight).where(of, 0).groupby(client).transform("sum") / total.where(total > 0)

    weight_before, weight_now = (weight.where(of, 0).groupby(client).transform("sum") for of in (had, has))
    weight_both = weight.where(both, 0).groupby(client).transform("sum")
    # Where no measure is of both months, what came and what went are held against the score before.
    others_before = mean(told.points_before, both).fillna(mean(told.points_before, had))
    others_now = mean(told.points, both).fillna(others_before)
    gained = np.select(
        [both, had, has],
        [
            weight / weight_both * (told.points - told.points_before),
            -weight / weight_before * (told.points_before - others_before),
            weight / weight_now * (told.points - others_now),
        ],
        np.nan,
    )
    return pd.Series(gained, index=told.index)


def reasons(told: pd.DataFrame, most: int = 3) -> pd.DataFrame:
    """The measures that cost each client most points: the rows of `measures` with the largest `lost`, in order.

    A measure that gives a green client's points (above the upper edge) is no reason and is left out, and so is
    one that weighs nothing.
    """
    weak = told[(told.points <= EDGES[1]) & (told.lost > 0)]
    # Measures that cost the same come in the order of MEASURES.
    ordered = weak.sort_values("lost", ascending=False, kind="stable").sort_values("client_id", kind="stable")
    return ordered.groupby("client_id").head(most)


NEW_WORK = "orders"
"""The measure whose action asks a client for new work."""


def actions(
    why: pd.DataFrame,
    clients: pd.DataFrame,
    month: str | pd.Period,
    hours: WorkingHours | None = None,
    *,
    on_hold: Iterable[str] = (),
) -> pd.DataFrame:
    """What to do about each reason: client_id, measure, value, am_id, due_on; by due_on, then by the points lost.

    due_on lies so many days after the month's end as the measure says, and is the next working day by `hours`
    (those of a Vietnamese agency unless told otherwise) where that day is none. Clients `on_hold` (those of
    `collecting.on_hold`) are asked for no new work.
    """
    hours = hours or WorkingHours()
    end = pd.Period(month, "M").end_time.normalize()
    why = why[(why.measure != NEW_WORK) | ~why.client_id.isin([*on_hold])]
    found = why.merge(clients[["client_id", "am_id"]], on="client_id", how="left")
    due = [hours.working_day_from(end + pd.Timedelta(days=MEASURES[measure].days)) for measure in found.measure]
    found = found.assign(due_on=pd.Series(due, dtype="datetime64[us]"))
    found = found.sort_values("lost", ascending=False, kind="stable").sort_values("due_on", kind="stable")
    return found[["client_id", "measure", "value", "am_id", "due_on"]].reset_index(drop=True)

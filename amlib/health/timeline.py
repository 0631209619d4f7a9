"""The scores of all months up to one: computed together, and their bands replayed from the first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from amlib.health.bands import band, steady_bands
from amlib.health.measure import MEASURES
from amlib.health.override import in_force
from amlib.health.scorecard import MIN_COVERAGE, Cards, scored
from amlib.health.weight import weights
from amlib.health.windows import month_number


def scores(book: Any, months: Iterable[str | pd.Period]) -> pd.DataFrame:
    """The scores of several months, each as known at its month's end, in the order of `months`.

    One row per month and active client: client_id, month, score, coverage, band, own_band, steady_band, overridden.
    own_band is that of the score alone. steady_band holds against a score that wavers at an edge
    (`steady_bands`), replayed from the client's first score in the book, so that it never depends on which months
    were asked. band is what counts: the one set by hand where an override is in force (overridden), else
    steady_band.
    """
    asked = [pd.Period(month, "M") for month in months]
    found = timeline(book, max(asked))
    found = pd.concat([found[found.month == month] for month in asked], ignore_index=True)
    by_hand = in_force(book.as_of(max(asked)).health_overrides, asked)[["client_id", "month", "band"]]
    found = found.drop(columns=list(MEASURES)).merge(by_hand, on=["client_id", "month"], how="left")
    found = found.assign(band=found.band.fillna(found.steady_band), overridden=found.band.notna())
    return found[["client_id", "month", "score", "coverage", "band", "own_band", "steady_band", "overridden"]]


def history(book: Any, month: str | pd.Period, back: int = 18) -> pd.DataFrame:
    """The `scores` of the `back` months that end with `month`, oldest first. Computed for all clients at once."""
    month = pd.Period(month, "M")
    months = pd.period_range(end=month, periods=back, freq="M")
    return book.as_of(month).answer(["health history", month, back], lambda known: scores(known, months))


def record(book: Any, month: str | pd.Period) -> pd.DataFrame:
    """A month's `scores` with a column for each measure's points: what a run keeps of the month.

    Weights, breakpoints and even the past's data may change later; this is what was said then.
    """
    month = pd.Period(month, "M")
    points = timeline(book, month).query("month == @month")[["client_id", *MEASURES]]
    return scores(book, [month]).merge(points, on="client_id")


def timeline(book: Any, last: pd.Period) -> pd.DataFrame:
    """Every month's scores up to `last`: client_id, month, score, coverage, own_band, steady_band, and each
    measure's points.

    From the first month in which any client can have a score. Computed for all clients at once (`Book.answer`).
    """
    return book.as_of(last).answer(["health timeline", last], lambda known: _timeline(known, last))


def _timeline(known: Any, last: pd.Period) -> pd.DataFrame:
    cards = Cards.of(known, range(_first_month(known, last), last.ordinal + 1))
    share = cards.share
    present = cards.weight.where(cards.points.notna(), 0).sum(axis=1)
    score, coverage = scored((cards.points * share).sum(axis=1), present / cards.weight.sum(axis=1))
    found = pd.DataFrame(
        {
            "client_id": cards.clients.client_id,
            "month": pd.PeriodIndex.from_ordinals(cards.clients["at"], freq="M"),
            "score": score,
            "coverage": coverage,
            "own_band": score.map(band).astype("str"),
        }
    )
    table = found.pivot(index="month", columns="client_id", values="score")
    row, column = table.index.get_indexer(found.month), table.columns.get_indexer(found.client_id)
    steady = steady_bands(table).to_numpy()[row, column]
    return found.assign(steady_band=pd.Series(steady, dtype="str"), **cards.points)


def _first_month(known: Any, last: pd.Period) -> int:
    """The number of the first month in which measures of enough weight can have a value; `last` where none can."""
    begins = {
        name: month_number(pd.Series(known.tables.days(name)[0])).item()
        for name in {table for measure in MEASURES.values() for table in measure.needs}
    }
    opens = np.array([min(begins[table] for table in measure.needs) for measure in MEASURES.values()])
    segments = [None, *known.settings.health_weights]
    first = last.ordinal
    for weight in (weights(known.settings.health_weights, segment).to_numpy() for segment in segments):
        order = opens.argsort(kind="stable")
        enough = weight[order].cumsum() >= MIN_COVERAGE * weight.sum() - 1e-6
        first = min(first, opens[order][enough.argmax()])
    return int(first)

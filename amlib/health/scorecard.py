"""One month's card of every client: what each measure says, the points, and the score they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from amlib.health.bands import band
from amlib.health.measure import MEASURES
from amlib.health.weight import weights
from amlib.health.windows import Months, in_window, month_number

MIN_COVERAGE = 0.5
"""Below this share of the weight the band is grey, 'not enough data', and there is no score."""


def active_clients(clients: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """The clients who are the agency's on at least one day of `month`."""
    started = clients.since <= month.end_time
    return clients[started & ~(clients.until < month.start_time)].reset_index(drop=True)


@dataclass(frozen=True)
class Cards:
    """What the measures say of each active client in each of several months, a row for each of `clients`.

    `clients` has client_id and at (the month's number); `value`, `points` and `weight` have a column per measure.
    """

    clients: pd.DataFrame
    value: pd.DataFrame
    points: pd.DataFrame
    weight: pd.DataFrame

    @classmethod
    def of(cls, known: Any, months: Months) -> Cards:
        """The cards of a book that is known as at the end of the last of `months`."""
        # Of a month before its end nobody knows yet who leaves in it, so that `until` counts by the month.
        place, at = in_window(month_number(known.clients.since), months)
        here = month_number(known.clients.until)[place] >= at
        clients = known.clients[["client_id", "segment"]].take(place[here]).reset_index(drop=True)
        clients = clients.assign(at=at[here])
        value = pd.DataFrame({name: _found(known, months, name, clients) for name in MEASURES})
        breakpoints = known.settings.health_breakpoints
        points = pd.DataFrame({name: MEASURES[name].points(value[name], breakpoints.get(name)) for name in MEASURES})
        kind, segments = pd.factorize(clients.segment, use_na_sentinel=False)
        each = [weights(known.settings.health_weights, None if pd.isna(s) else s) for s in segments]
        weight = pd.DataFrame(np.array(each).reshape(-1, len(MEASURES))[kind], columns=list(MEASURES))
        return cls(clients[["client_id", "at"]], value, points, weight)

    @property
    def share(self) -> pd.DataFrame:
        """How much each measure makes of the score: its weight ÷ the weights of the measures that exist."""
        present = self.weight.where(self.points.notna(), 0).sum(axis=1)
        return self.weight.div(present.where(present > 0), axis=0)


def _found(known: Any, months: Months, name: str, clients: pd.DataFrame) -> np.ndarray:
    """What a measure says of each of `clients`, null where it cannot tell."""
    if clients.empty or set(MEASURES[name].needs) & set(known.missing):
        return np.full(len(clients), np.nan)
    found = MEASURES[name].values(known, months)
    return clients[["client_id", "at"]].merge(found, on=["client_id", "at"], how="left")["value"].to_numpy(dtype=float)


def measures(book: Any, month: str | pd.Period) -> pd.DataFrame:
    """What each measure says of each active client at the end of a month, and how much of the score it makes.

    One row per client and measure: client_id, measure, value, points, weight, part (points × weight ÷ the
    weights of the measures that exist: the parts of a client add up to the score) and lost (what is missing
    to the full part). value, points, part and lost are null where the book cannot tell. They are computed for
    all clients at once (`Book.answer`); the book of one client has that client's rows.
    """
    month = pd.Period(month, "M")
    return book.as_of(month).answer(["health", month], lambda known: _told(known, month))


def _told(known: Any, month: pd.Period) -> pd.DataFrame:
    cards = Cards.of(known, [month.ordinal])
    share = cards.share
    frames = [
        pd.DataFrame(
            {
                "client_id": cards.clients.client_id,
                "measure": pd.Series(name, index=cards.clients.index, dtype="str"),
                "value": cards.value[name],
                "points": cards.points[name],
                "weight": cards.weight[name],
                "part": cards.points[name] * share[name],
                "lost": (100 - cards.points[name]) * share[name],
            }
        )
        for name in MEASURES
    ]
    return pd.concat(frames, ignore_index=True)


def score(told: pd.DataFrame) -> pd.DataFrame:
    """One row per client of `measures`: client_id, score, coverage, band.

    score is 0–100; coverage is the share of the weight whose measures exist. Below `MIN_COVERAGE` the
    score is null and the band 'grey': not enough data, never green. The band is the score's own, whatever the
    months before it were (`scores` has the one that holds).
    """
    present = told.weight.where(told.points.notna(), 0)
    found = (
        told.assign(present=present)
        .groupby("client_id", as_index=False)
        .agg(score=("part", "sum"), present=("present", "sum"), weight=("weight", "sum"))
    )
    value, coverage = scored(found.score, found.present / found.weight)
    return found[["client_id"]].assign(score=value, coverage=coverage, band=value.map(band))


def scored(value: pd.Series, coverage: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Scores and their coverage without the crumbs of adding, which must not push one over an edge."""
    coverage = coverage.round(9)
    return value.round(9).where(coverage >= MIN_COVERAGE), coverage

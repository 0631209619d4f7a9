"""Client health: measures -> points -> score -> band -> reasons -> actions.

Each measure is a number about one client, turned into 0–100 points by stated breakpoints. The score is
the weighted mean of the points of the measures that exist, so a client without surveys is judged by the
rest; below half the weight there is no score. All is computed from the book as it was known at a month's end.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from amlib import kpis

EDGES = (50.0, 75.0)
"""A score below the first is red, above the second green, between them amber."""

MIN_COVERAGE = 0.5
"""Below this share of the weight the band is grey, 'not enough data', and there is no score."""


@dataclass(frozen=True)
class Measure:
    """What is looked at, how many points it is worth, and what to do about it.

    `values` maps (book known at the month's end, month) to a frame client_id, value. `breakpoints` are
    (value, points), values rising; between them points follow a straight line, outside they stay. Texts are
    English message ids; `{value}` in `reason` is the value in `unit`. `days` is how soon to act.
    A book without one of the tables in `needs` cannot tell: the values are then null.
    """

    dimension: Literal["relationship", "commercial", "delivery", "money", "engagement"]
    name: str
    unit: str
    breakpoints: tuple[tuple[float, float], ...]
    weight: float
    reason: str
    action: str
    days: int
    needs: tuple[str, ...]
    values: Callable[[Any, pd.Period], pd.DataFrame]

    def points(self, values: pd.Series) -> pd.Series:
        """0–100 points of each value; null stays null."""
        at, worth = zip(*self.breakpoints, strict=True)
        return pd.Series(np.interp(values.astype(float), at, worth), index=values.index).where(values.notna())


def _survey_score(book: Any, month: pd.Period) -> pd.DataFrame:
    answers = book.between("surveys", month - 5, month).dropna(subset="score")
    # An answer without a date is as old as its survey: it must not pass for the latest.
    answers = answers.assign(answered_on=answers.answered_on.fillna(answers.sent_on))
    latest = answers.sort_values("answered_on", kind="stable").groupby("client_id").score.last()
    return latest.astype(float).rename("value").reset_index()


def _share_in_time(book: Any, month: pd.Period) -> pd.DataFrame:
    messages = book.between("messages", month - 1, month)
    level = book.settings.response_hours
    found = kpis.response_time(messages, book.settings.working_hours, by="client_id", within=level)
    return found[["client_id"]].assign(value=found.share_within)


def _retainers_on(contracts: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    running = (contracts.starts_on <= day) & ~(contracts.ends_on < day)
    return contracts[(contracts.kind == "retainer") & running]


def _fee_trend(book: Any, month: pd.Period) -> pd.DataFrame:
    # A retainer without a fee written down makes the client's fee unknown, not small.
    now, before = (
        _retainers_on(book.contracts, when.end_time.normalize()).groupby("client_id").monthly_fee.sum(skipna=False)
        for when in (month, month - 3)
    )
    before = before[before > 0]
    return (now.reindex(before.index, fill_value=0) / before).rename("value").reset_index()


def _days_to_renewal(book: Any, month: pd.Period) -> pd.DataFrame:
    today = month.end_time.normalize()
    retainers = book.contracts[book.contracts.kind == "retainer"]
    # An open-ended retainer has nothing to renew, whatever ended beside it.
    ends = retainers.groupby("client_id").ends_on.max(skipna=False)
    days = (ends - today).dt.days
    # A retainer that ended long ago belongs to a client who works by the project now.
    return days[days >= -60].clip(lower=0).astype(float).rename("value").reset_index()


def _on_time(book: Any, month: pd.Period) -> pd.DataFrame:
    due = book.projects[book.projects.due_on >= (month - 5).to_timestamp()]
    return kpis.on_time_delivery(due, month, by="client_id")[["client_id", "value"]]


def _extra_cost(book: Any, month: pd.Period) -> pd.DataFrame:
    # Where nobody wrote down whether a cost was planned, it tells neither way.
    costs = book.between("costs", month - 5, month).dropna(subset="planned")
    costs = costs.merge(book.projects[["project_id", "client_id"]], on="project_id")
    extra = costs.amount.mask(costs.planned.astype(bool), 0)
    sums = costs.assign(extra=extra).groupby("client_id")[["extra", "amount"]].sum()
    sums = sums[sums.amount > 0]
    return (sums.extra / sums.amount).rename("value").reset_index()


def _overdue(book: Any, month: pd.Period) -> pd.DataFrame:
    owed = kpis.overdue_share(book.invoices, book.payments, month, by="client_id").set_index("client_id")
    billed = kpis.revenue(book.between("invoices", month - 5, month), by="client_id").set_index("client_id").invoiced
    # Debt of a client who is not billed any more is infinite against its billing; no debt and no billing is 0 ÷ 0.
    billed = billed.clip(lower=0).reindex(owed.index, fill_value=0)
    return (owed.overdue / billed).rename("value").reset_index()


def _message_trend(book: Any, month: pd.Period) -> pd.DataFrame:
    now, before = (
        book.between("messages", last - 2, last).groupby("client_id").size().astype(float)
        for last in (month, month - 3)
    )
    before = before[before >= 6]  # of fewer, one message more or less is a trend of nothing
    return (now.reindex(before.index, fill_value=0) / before).rename("value").reset_index()


def _order_trend(book: Any, month: pd.Period) -> pd.DataFrame:
    now, before = (
        kpis.revenue(book.between("invoices", last - 5, last), by="client_id").set_index("client_id").value
        for last in (month, month - 6)
    )
    before = before[before > 0]
    return (now.reindex(before.index, fill_value=0) / before).rename("value").reset_index()


MEASURES: Mapping[str, Measure] = {
    "nps": Measure(
        "relationship",
        "Latest survey answer",
        "of_ten",
        ((0, 0), (6, 25), (7, 55), (8, 70), (9, 90), (10, 100)),
        20,
        "latest survey answer {value}",
        "Call the client about the survey answer and agree what to change",
        2,
        ("surveys",),
        _survey_score,
    ),
    "response_time": Measure(
        "relationship",
        "Answered within the service level",
        "share",
        ((0.5, 0), (0.7, 40), (0.9, 85), (1, 100)),
        12,
        "{value} of messages answered within the service level",
        "Clear the unanswered messages and agree who answers when the manager is away",
        1,
        ("messages",),
        _share_in_time,
    ),
    "fee_trend": Measure(
        "commercial",
        "Retainer fee against three months ago",
        "share",
        ((0.5, 0), (0.9, 40), (1, 80), (1.1, 100)),
        12,
        "retainer fee at {value} of that of three months ago",
        "Ask why the fee fell and propose a scope that fits the client's plan",
        5,
        ("contracts",),
        _fee_trend,
    ),
    "renewal": Measure(
        "commercial",
        "Days to the end of the retainer",
        "days",
        ((0, 0), (30, 30), (60, 55), (90, 80), (120, 100)),
        10,
        "{value} left on the retainer",
        "Send the renewal proposal and fix a date for the decision",
        5,
        ("contracts",),
        _days_to_renewal,
    ),
    "on_time": Measure(
        "delivery",
        "Projects delivered on time",
        "share",
        ((0.3, 0), (0.6, 40), (0.8, 70), (1, 100)),
        12,
        "{value} of projects delivered on time",
        "Go through the late projects with the departments and send the client new dates",
        2,
        ("projects",),
        _on_time,
    ),
    "extra_cost": Measure(
        "delivery",
        "Unplanned share of cost",
        "share",
        ((0, 100), (0.05, 80), (0.15, 40), (0.3, 0)),
        6,
        "{value} of cost was unplanned",
        "Find what caused the unplanned cost and settle who pays for it",
        14,
        ("costs", "projects"),
        _extra_cost,
    ),
    "overdue": Measure(
        "money",
        "Overdue against six months' billing",
        "share",
        ((0, 100), (0.1, 75), (0.25, 45), (0.5, 10), (1, 0)),
        14,
        "overdue debt at {value} of six months' billing",
        "Reconcile the debt with the client's accountant and agree a day of payment",
        1,
        ("invoices", "payments"),
        _overdue,
    ),
    "messages": Measure(
        "engagement",
        "Messages against the quarter before",
        "share",
        ((0.3, 0), (0.7, 50), (0.9, 80), (1.1, 100)),
        6,
        "messages at {value} of the quarter before",
        "Invite the client to a review of the plan",
        14,
        ("messages",),
        _message_trend,
    ),
    "orders": Measure(
        "engagement",
        "Billing against the half-year before",
        "share",
        ((0.3, 0), (0.7, 45), (1, 80), (1.3, 100)),
        8,
        "billing at {value} of the half-year before",
        "Bring an idea for the next campaign, with a budget",
        14,
        ("invoices",),
        _order_trend,
    ),
}


_NOTHING = pd.DataFrame({"client_id": pd.Series(dtype="str"), "value": pd.Series(dtype="float64")})


def weights(of_segments: Mapping[str, Mapping[str, float]], segment: str | None) -> pd.Series:
    """The weight of each measure for a segment: the book's for it, else the book's default, else the toolkit's.

    Raises:
        ValueError: for a measure that does not exist, weights below 0, or weights that are all 0.
    """
    name = segment if segment in of_segments else "default"
    given = of_segments.get(name)
    if given is None:
        return pd.Series({measure: known.weight for measure, known in MEASURES.items()})
    where = f"book.toml, [health.weights.{name}]"
    for measure in given:
        if measure not in MEASURES:
            near = difflib.get_close_matches(measure, MEASURES, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"{where}: there is no measure {measure!r} (there are: {', '.join(MEASURES)}).{hint}")
    found = pd.Series(dict(given), dtype=float).reindex(list(MEASURES), fill_value=0.0)
    if (found < 0).any() or found.sum() <= 0:
        raise ValueError(f"{where}: weights must be 0 or more and not all 0, found {dict(given)}")
    return found


def active_clients(clients: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """The clients who are the agency's on at least one day of `month`."""
    started = clients.since <= month.end_time
    return clients[started & ~(clients.until < month.start_time)].reset_index(drop=True)


def measures(book: Any, month: str | pd.Period) -> pd.DataFrame:
    """What each measure says of each active client at the end of a month, and how much of the score it makes.

    One row per client and measure: client_id, measure, value, points, weight, part (points × weight ÷ the
    weights of the measures that exist: the parts of a client add up to the score) and lost (what is missing
    to the full part). value, points, part and lost are null where the book cannot tell. They are computed for
    all clients at once (`Book.answer`); the book of one client has that client's rows.
    """
    month = pd.Period(month, "M")
    return book.as_of(month).answer(["health", month], lambda known: _measures(known, month))


def _measures(known: Any, month: pd.Period) -> pd.DataFrame:
    clients = active_clients(known.clients, month)[["client_id", "segment"]]
    of_segment = {
        s: weights(known.settings.health_weights, None if pd.isna(s) else s) for s in clients.segment.unique()
    }
    frames = []
    for name, measure in MEASURES.items():
        cannot_tell = clients.empty or set(measure.needs) & set(known.missing)
        values = _NOTHING if cannot_tell else measure.values(known, month)
        found = clients.merge(values, on="client_id", how="left")
        frames.append(
            found.assign(
                measure=name,
                points=measure.points(found["value"]),
                weight=[of_segment[segment][name] for segment in found.segment],
            )
        )
    told = pd.concat(frames, ignore_index=True)
    present = told.weight.where(told.points.notna(), 0).groupby(told.client_id).transform("sum")
    share = told.weight / present.where(present > 0)
    told = told.assign(part=told.points * share, lost=(100 - told.points) * share)
    return told[["client_id", "measure", "value", "points", "weight", "part", "lost"]]


def score(told: pd.DataFrame) -> pd.DataFrame:
    """One row per client of `measures`: client_id, score, coverage, band.

    score is 0–100; coverage is the share of the weight whose measures exist. Below `MIN_COVERAGE` the
    score is null and the band 'grey': not enough data, never green.
    """
    present = told.weight.where(told.points.notna(), 0)
    found = (
        told.assign(present=present)
        .groupby("client_id", as_index=False)
        .agg(score=("part", "sum"), present=("present", "sum"), weight=("weight", "sum"))
    )
    # Crumbs of adding must not push a score over an edge.
    coverage = (found.present / found.weight).round(9)
    value = found.score.round(9).where(coverage >= MIN_COVERAGE)
    return found[["client_id"]].assign(score=value, coverage=coverage, band=value.map(band))


def band(value: float) -> str:
    """'red', 'amber' or 'green' for a score, 'grey' for none."""
    if pd.isna(value):
        return "grey"
    return "red" if value < EDGES[0] else "green" if value > EDGES[1] else "amber"


def scores(book: Any, months: Iterable[str | pd.Period]) -> pd.DataFrame:
    """The scores of several months: client_id, month, score, coverage, band, each as known at its month's end."""
    asked = [pd.Period(month, "M") for month in months]
    return book.answer(["health scores", asked], lambda whole: _scores(whole, asked))


def _scores(book: Any, months: Iterable[pd.Period]) -> pd.DataFrame:
    found = pd.concat([score(measures(book, month)).assign(month=month) for month in months], ignore_index=True)
    return found[["client_id", "month", "score", "coverage", "band"]]


def reasons(told: pd.DataFrame, most: int = 3) -> pd.DataFrame:
    """The measures that cost each client most points: the rows of `measures` with the largest `lost`, in order.

    A measure that gives a green client's points (above the upper edge) is no reason and is left out, and so is
    one that weighs nothing.
    """
    weak = told[(told.points <= EDGES[1]) & (told.lost > 0)]
    # Measures that cost the same come in the order of MEASURES.
    ordered = weak.sort_values("lost", ascending=False, kind="stable").sort_values("client_id", kind="stable")
    return ordered.groupby("client_id").head(most)


def actions(why: pd.DataFrame, clients: pd.DataFrame, month: str | pd.Period) -> pd.DataFrame:
    """What to do about each reason: client_id, measure, value, am_id, due_on (days after the month's end)."""
    end = pd.Period(month, "M").end_time.normalize()
    found = why.merge(clients[["client_id", "am_id"]], on="client_id", how="left")
    due = [end + pd.Timedelta(days=MEASURES[measure].days) for measure in found.measure]
    return found[["client_id", "measure", "value", "am_id"]].assign(due_on=pd.Series(due, dtype="datetime64[us]"))

"""The measures of client health: what is looked at, how many points it is worth, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from amlib.health import values
from amlib.health.windows import Months

Breakpoints = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Measure:
    """What is looked at, how many points it is worth, and what to do about it.

    `values` maps (a book, numbers of months) to a frame client_id, at (the month's number), value, each month as it
    was known at its end. `breakpoints` are (value, points), values rising; between them points follow a straight
    line, outside they stay. Texts are English message ids; `{value}` in `reason` is the value in `unit`, and `none`
    is the reason where the value is 0, if that has words of its own. `days` is how soon to act. A book without one of
    the tables in `needs` cannot tell: the values are then null.
    """

    dimension: Literal["relationship", "commercial", "delivery", "money", "engagement"]
    name: str
    unit: str
    breakpoints: Breakpoints
    weight: float
    reason: str
    action: str
    days: int
    needs: tuple[str, ...]
    values: Callable[[Any, Months], pd.DataFrame]
    none: str = ""

    def points(self, found: pd.Series, breakpoints: Breakpoints | None = None) -> pd.Series:
        """0–100 points of each value, by the measure's own breakpoints unless a book gives others; null stays null."""
        at, worth = zip(*(breakpoints or self.breakpoints), strict=True)
        return pd.Series(np.interp(found.astype(float), at, worth), index=found.index).where(found.notna())


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
        values.survey_score,
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
        values.share_in_time,
        none="no message answered within the service level",
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
        values.fee_trend,
        none="the retainer of three months ago is gone",
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
        values.days_to_renewal,
        none="the retainer has run out",
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
        values.on_time,
        none="no project delivered on time",
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
        values.extra_cost,
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
        values.overdue,
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
        values.message_trend,
        none="no message in three months",
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
        values.order_trend,
        none="nothing billed in six months",
    ),
}

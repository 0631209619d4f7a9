"""What Vietnamese law says about pay on a day, read from `vietnam.toml` beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, NamedTuple

from amlib.kpis.period import Day, first_day

REGIONS = ("I", "II", "III", "IV")
"""The regions of the minimum wage; nearly all of Hà Nội and TP. Hồ Chí Minh is in region I."""


REPORTED, GENERAL = "reported", "general knowledge"
"""What a rule rests on: reports on the law, or what is generally known and was not looked up."""


class Source(NamedTuple):
    """Where a rule stands: its first day, the text of law, and what it is known from (`REPORTED` or `GENERAL`)."""

    since: date
    law: str
    known_from: str


@dataclass(frozen=True)
class Rates:
    """Insurance rates, as fractions of the insured pay."""

    social: Fraction
    health: Fraction
    unemployment: Fraction


@dataclass(frozen=True)
class Regime:
    """The law that holds from `since` to the day before the next change. Money in đồng a month, rates as fractions.

    `upto` are the upper edges of the tax brackets, `rates` one more than edges. Social and health insurance are paid on
    at most `cap`, unemployment insurance on at most `unemployment_cap` of the region. `sources` names for each kind
    of rule where it stands.
    """

    since: date
    upto: tuple[int, ...]
    rates: tuple[Fraction, ...]
    own: int
    dependant: int
    employee: Rates
    employer: Rates
    cap: int
    unemployment_cap: Mapping[str, int]
    minimum_wage: Mapping[str, int]
    union_fee: Fraction
    sources: Mapping[str, Source]

    def tax(self, taxable: Fraction, months: int = 1) -> Fraction:
        """The tax on what is left of `months` of pay after insurance and deductions."""
        edges = [0, *(edge * months for edge in self.upto)]
        steps = [max(Fraction(0), min(taxable, above) - below) for below, above in pairwise([*edges, taxable])]
        return sum((step * rate for step, rate in zip(steps, self.rates, strict=True)), Fraction(0))


def regime(on: Day) -> Regime:
    """The law of a day, or of the first day of a month: 2026-07-01, 2026-07, a date or a pandas Period.

    Raises:
        ValueError: for what is no day, and for a day before the law is told, naming the first one.
    """
    return _regime(first_day(on))


def is_told(on: Day) -> bool:
    """Whether the law of a day is told; see `regime`."""
    return first_day(on) >= _first()


@cache
def law() -> Mapping[str, list[dict[str, Any]]]:
    """The rules of `vietnam.toml` by kind, each kind from its first day on."""
    content = tomllib.loads(files("amlib.pay").joinpath("vietnam.toml").read_text("utf-8"), parse_float=Decimal)
    return {kind: sorted(rules, key=lambda rule: rule["from"]) for kind, rules in content.items()}


def _first() -> date:
    return max(rules[0]["from"] for rules in law().values())


@cache
def _regime(day: date) -> Regime:
    if day < _first():
        raise ValueError(f"The law on pay is told from {_first()} on; found {day}. Older rules go into vietnam.toml")
    now = {kind: [rule for rule in rules if rule["from"] <= day][-1] for kind, rules in law().items()}
    insurance, minimum = now["insurance"], {region: now["minimum_wage"][region] for region in REGIONS}
    return Regime(
        since=max(rule["from"] for rule in now.values()),
        upto=tuple(now["tax"]["upto"]),
        rates=tuple(_share(rate) for rate in now["tax"]["rates"]),
        own=now["deduction"]["own"],
        dependant=now["deduction"]["dependant"],
        employee=Rates(**{name: _share(rate) for name, rate in insurance["employee"].items()}),
        employer=Rates(**{name: _share(rate) for name, rate in insurance["employer"].items()}),
        cap=insurance["times"] * now["base_wage"]["monthly"],
        unemployment_cap={region: insurance["times"] * wage for region, wage in minimum.items()},
        minimum_wage=minimum,
        union_fee=_share(now["union_fee"]["rate"]),
        sources={kind: Source(rule["from"], rule["source"], rule["known_from"]) for kind, rule in now.items()},
    )


def _share(percent: int | Decimal) -> Fraction:
    return Fraction(percent) / 100

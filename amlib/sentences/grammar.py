"""The grammar that all sentences share: directions, changes, 'about', counts and lists, in both languages.

Each piece goes by the number as it is printed: what is printed as the same has not risen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import pandas as pd

from amlib.kpis import CATALOGUE
from amlib.words import Words, as_printed

Way = Literal[-1, 0, 1]
Tone = Literal["good", "bad", "flat"]


class Change(NamedTuple):
    """What became of a figure: `way` is 1 up, -1 down, 0 where `size`, which has no sign, is printed as nothing."""

    way: Way
    size: str


def change(words: Words, now: float | None, before: float | None, unit: str, currency: str = "") -> Change | None:
    """How far a figure moved: money by a percentage, a share by percentage points, others in their unit.

    None where one of the two is null, or where money was not above 0: a ratio to nothing says nothing.
    """
    if pd.isna(now) or pd.isna(before) or (unit == "money" and before <= 0):
        return None
    moved = now - before
    match unit:
        case "money":
            size = words.percent(abs(moved / before), 1)
        case "share":
            size = words.amount(abs(moved) * 100, "{number} percentage point", "{number} percentage points", digits=1)
        case "score":
            size = words.amount(abs(moved) * 100, "{number} point", "{number} points")
        case "points":
            size = words.amount(abs(moved), "{number} point", "{number} points")
        case _:
            size = words.measure(abs(moved), unit, currency)
    if not any(digit in size for digit in "123456789"):
        return Change(0, size)
    return Change(1 if moved > 0 else -1, size)


def moved(words: Words, change: Change) -> str:
    """'up 10.0%', 'down 3 points', 'unchanged'."""
    if not change.way:
        return words.text("unchanged")
    return words.text("up {size}" if change.way > 0 else "down {size}", size=change.size)


def arrow(words: Words, change: Change) -> str:
    """`moved` with an arrow: '▲ 10.0%'."""
    return f"{'▲' if change.way > 0 else '▼'} {change.size}" if change.way else moved(words, change)


_AGAINST = {
    "month": "{moved} on the month before",
    "quarter": "{moved} on the quarter before",
    "year": "{moved} on the year before",
}


def against(words: Words, moved: str, than: Literal["month", "quarter", "year"]) -> str:
    """What a change is held against: 'up 10.0% on the month before'."""
    return words.text(_AGAINST[than], moved=moved)


def from_to(words: Words, first: float, last: float, unit: str, currency: str = "") -> str:
    """'rose from 3 hours to 5 hours', 'fell from …', 'held at 3 hours'. Neither may be null."""
    said = {"first": words.measure(first, unit, currency), "last": words.measure(last, unit, currency)}
    if said["first"] == said["last"]:
        return words.text("held at {value}", value=said["last"])
    return words.text("rose from {first} to {last}" if last > first else "fell from {first} to {last}", **said)


def about(words: Words, value: float | None, unit: str, currency: str = "") -> str:
    """A value in its unit, with 'about' where it is printed rounded: 'about VND 2.31 billion', '3 hours'."""
    said = words.measure(value, unit, currency)
    if pd.isna(value) or abs(as_printed(value, unit, currency) - value) <= 1e-9 * abs(value):
        return said
    return words.text("about {value}", value=said)


def tone(kpi: str, way: Way) -> Tone:
    """Whether a KPI that moves that way gets better: fewer hours of waiting are good, more revenue is."""
    better = {"more": 1, "less": -1, "neither": 0}[CATALOGUE[kpi].better] * way
    return "good" if better > 0 else "bad" if better < 0 else "flat"


_COUNTED = {
    "action": ("{count} action", "{count} actions"),
    "brief": ("{count} brief", "{count} briefs"),
    "client": ("{count} client", "{count} clients"),
    "contract": ("{count} contract", "{count} contracts"),
    "invoice": ("{count} invoice", "{count} invoices"),
    "manager": ("{count} account manager", "{count} account managers"),
    "message": ("{count} message", "{count} messages"),
    "project": ("{count} project", "{count} projects"),
    "task": ("{count} task", "{count} tasks"),
}


def count(words: Words, n: int, of: str) -> str:
    """A number of things, singular or plural: '1 client', '3 clients'."""
    return words.plural(n, *_COUNTED[of])


def in_a_sentence(name: str) -> str:
    """A name as it stands inside a sentence: 'Net promoter score' -> 'net promoter score', 'NPS' as it is."""
    return name if name[:2].isupper() else name[0].lower() + name[1:]


def for_client(words: Words, client: str, action: str) -> str:
    """An action led by the client it is about: 'Phở Hòa: call the accountant'."""
    return words.text("{client}: {action}", client=client, action=in_a_sentence(action))


def listing(words: Words, items: Sequence[str], most: int) -> str:
    """'a, b and c', and of more than `most` the first ones and how many more there are: 'a, b and 3 more'."""
    shown, rest = list(items[:most]), len(items) - most
    if rest > 0:
        shown.append(words.text("{count} more", count=words.number(rest)))
    return words.enumerate(shown)

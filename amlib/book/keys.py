"""Values out of the tables of a `book.toml`, and what is wrong with them."""

from __future__ import annotations

import math
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from babel.numbers import list_currencies

from amlib.book.problem import Problem, near, printed

CURRENCIES = frozenset(list_currencies())
TIME_ZONES = frozenset(zoneinfo.available_timezones())


class Keys:
    """Reads values out of TOML tables and gathers what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, key: str, found: str, expected: str) -> None:
        self.problems.append(Problem("", found, expected, file="book.toml", column=key))

    def table(self, value: Any, key: str, known: str = "") -> dict[str, Any]:
        """The entries of a TOML table that are known; `known` empty lets all pass."""
        if not isinstance(value, Mapping):
            self.wrong(key, printed(value), f"a table [{key}]")
            return {}
        names = known.split()
        for name in value:
            if names and name not in names:
                full = f"{key}.{name}" if key else name
                self.wrong(full, "a key that does not exist", f"one of {', '.join(names)}{near(name, names)}")
        return {name: entry for name, entry in value.items() if not names or name in names}

    def text(self, table: Mapping[str, Any], key: str, required: str = "") -> str:
        value = table.get(key.rpartition(".")[2])
        if value is None and not required:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.wrong(key, "nothing" if value is None else printed(value), required or "text")
            return ""
        return value.strip()

    def one_of(self, table: Mapping[str, Any], key: str, names: Iterable[str], required: str = "") -> str:
        value = self.text(table, key, required)
        if value and value not in names:
            few = sorted(names) if len(list(names)) < 10 else []
            kinds = {"currency": "an ISO 4217 code, such as VND", "time_zone": "a time zone, such as Asia/Ho_Chi_Minh"}
            self.wrong(
                key,
                repr(value),
                ("one of " + ", ".join(few) if few else kinds[key.rpartition(".")[2]]) + near(value, names),
            )
            return ""
        return value

    def number(
        self, table: Mapping[str, Any], key: str, default: float, expected: str, fits: Callable[[float], bool]
    ) -> float:
        value = table.get(key.rpartition(".")[2], default)
        right = is_number(value) and fits(value)
        if not right:
            self.wrong(key, printed(value), expected)
        return float(value) if right else default

    def texts(self, table: Mapping[str, Any], key: str, expected: str) -> tuple[str, ...]:
        given = table.get(key.rpartition(".")[2], [])
        texts = [given] if isinstance(given, str) else given
        if isinstance(texts, list) and all(isinstance(text, str) and text.strip() for text in texts):
            return tuple(text.strip() for text in texts)
        self.wrong(key, printed(given), expected)
        return ()


def is_number(value: Any) -> bool:
    """Whether a value of TOML is a number; true and nan are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

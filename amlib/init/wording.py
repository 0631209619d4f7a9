"""Words of an export for the words of ours, where a column knows only certain ones: `Thiết kế` is creative."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from amlib.book.aliases import plain

FILE = Path(__file__).with_name("values.toml")


@dataclass(frozen=True)
class Meant:
    """The words of a column: those known to mean one of ours, and those that nobody knows."""

    known: Mapping[str, str]
    unknown: tuple[str, ...]


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    """column -> a word in plain letters -> ours."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        column: {plain(word): ours for ours, words in entry.items() for word in (ours, *words)}
        for column, entry in content.items()
    }


def meant(column: str, values: Iterable[str], cells: pd.Series, nothing: Iterable[str] = ()) -> Meant:
    """What the words in `cells` mean, of the `values` that a column of ours may have."""
    words = _words().get(column, {}) | {plain(value): value for value in values}
    said = [word for word in dict.fromkeys(cells.dropna().astype("str").str.strip()) if word and word not in nothing]
    known = {word: words[plain(word)] for word in said if words.get(plain(word)) in tuple(values)}
    return Meant(known, tuple(word for word in said if word not in known))

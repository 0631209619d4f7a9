"""The answer keys: what `check` knows of each exercise. Built from the solutions, a file per lesson."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .answer import Plain

KEYS = Path(__file__).parent / "answers"
"""The folder of the keys."""


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that trainees give, and what each language says to it."""

    answer: Plain
    hint: Mapping[str, str]


@dataclass(frozen=True)
class Exercise:
    """What is right, what is often wrong, and the hints that are given in turn.

    `right` is null where the trainee explains in words: then `model` has the model answer and `points` what a good
    one says, by language, and `sentences` and `least` how long it is to be (`least` in words). `praise` is said to a
    right answer.
    """

    right: Plain | None
    wrong: tuple[Wrong, ...] = ()
    hints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tolerance: float | None = None
    ordered: bool = False
    praise: Mapping[str, str] = field(default_factory=dict)
    model: Mapping[str, str] = field(default_factory=dict)
    points: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sentences: int = 2
    least: int = 15


def numbers(path: Path) -> list[int]:
    """The numbers of a lesson's exercises, from its key."""
    return [int(number) for number in json.loads(path.read_text("utf-8"))]


def read(path: Path) -> dict[int, Exercise]:
    """The exercises of a lesson by number.

    Raises:
        FileNotFoundError: where the lesson has no key.
    """
    return {int(number): _exercise(_open(text)) for number, text in json.loads(path.read_text("utf-8")).items()}


def write(path: Path, exercises: Mapping[int, Exercise]) -> None:
    """Keep the exercises of a lesson so that nobody reads an answer by accident."""
    if path.exists() and read(path) == as_read(exercises):
        return  # another version of zlib would write the same in other bytes
    path.parent.mkdir(exist_ok=True)
    kept = {str(number): _close(asdict(exercise)) for number, exercise in exercises.items()}
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def as_read(exercises: Mapping[int, Exercise]) -> dict[int, Exercise]:
    """The exercises as they come back from a file."""
    return {number: _exercise(json.loads(json.dumps(asdict(one)))) for number, one in exercises.items()}


def _exercise(kept: dict[str, Any]) -> Exercise:
    return Exercise(**kept | {"wrong": tuple(Wrong(**wrong) for wrong in kept["wrong"])})


def _close(content: dict[str, Any]) -> str:
    return base64.b64encode(zlib.compress(json.dumps(content, ensure_ascii=False).encode())).decode()


def _open(text: str) -> dict[str, Any]:
    return json.loads(zlib.decompress(base64.b64decode(text)))

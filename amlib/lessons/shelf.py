"""The lessons there are, which KPIs each teaches, and a trainee's own copies of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import amlib

from . import key

NOTEBOOKS = Path(amlib.__file__).parents[1] / "notebooks"
"""The folder with reports, solutions and lessons."""

OWN = "mine"
"""Where a trainee's copies stand beside the lessons; git ignores it, as what is solved there is nobody else's."""

WELCOME, GLOSSARY = "welcome", "glossary"
"""What stands beside the lessons of a language and is only read."""


@dataclass(frozen=True)
class Lesson:
    """A lesson in both languages: title by language, minutes needed, KPIs it teaches, reports that use them."""

    name: str
    title: Mapping[str, str]
    minutes: int
    kpis: tuple[str, ...]
    reports: tuple[str, ...]
    exercises: tuple[int, ...]

    @property
    def number(self) -> int:
        """The number it is opened by."""
        return int(self.name[:2])


def lessons(notebooks: Path = NOTEBOOKS) -> list[Lesson]:
    """All lessons, in their order."""
    found = []
    for path in sorted((notebooks / "lessons" / "vi").glob("[0-9][0-9]_*.ipynb")):
        about = json.loads(path.read_text("utf-8"))["metadata"]["amlib"]["lesson"]
        exercises = tuple(key.numbers(key.KEYS / f"{path.stem}.json"))
        kpis, reports = tuple(about["kpis"]), tuple(about["reports"])
        found.append(Lesson(path.stem, about["title"], about["minutes"], kpis, reports, exercises))
    return found


def find(number: int, notebooks: Path = NOTEBOOKS) -> Lesson:
    """The lesson of a number.

    Raises:
        LookupError: where there is none; the text has the numbers there are.
    """
    there = lessons(notebooks)
    for lesson in there:
        if lesson.number == number:
            return lesson
    raise LookupError(f"There is no lesson {number}; there are: {', '.join(str(one.number) for one in there)}")


def own_copies(lang: str, notebooks: Path = NOTEBOOKS) -> Path:
    """The folder with the trainee's copies of the lessons in a language, made where there is none yet.

    A lesson that is there is never written over; the pages that are only read are as new as the lessons.
    """
    lessons, own = notebooks / "lessons" / lang, notebooks / OWN / lang
    own.mkdir(parents=True, exist_ok=True)
    for file in lessons.glob("*.ipynb"):
        if file.stem in (WELCOME, GLOSSARY) or not (own / file.name).exists():
            shutil.copyfile(file, own / file.name)
    return own

"""What a trainee talks to in a lesson: it checks answers, gives hints, and has the sample's book and a page."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
import time
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from types import EllipsisType
from typing import Any

import amlib
from amlib import words
from amlib.book import Book, open_book
from amlib.charts import Chart
from amlib.show import Page, aside, image, plain_numbers

from . import answer, key, progress

ROOT = Path(amlib.__file__).parents[1]
MONTH = "2026-10"
"""The month in which all lessons stand: the last of the sample."""

_WEEK = 7 * 24 * 3600


class WrongAnswer(AssertionError):
    """An answer that is not right; its text is the hint, and Jupyter shows nothing else of it."""

    def _render_traceback_(self) -> list[str]:
        return [f"✗ {self}"]


class LessonPage(Page):
    """A page whose charts are seen in a notebook alone."""

    def figure(self, chart: Chart) -> None:
        """A chart as an image with its alt text."""
        image(chart)


class School:
    """A lesson that is being taken.

    Raises:
        ValueError: for what cannot be a lesson's name, or a language that there is not.
    """

    def __init__(self, name: str, lang: str) -> None:
        if not re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", name):
            raise ValueError(f"{name!r} cannot be a lesson's name: expected one such as '05_nps'")
        self.name, self.words = name, words.of(lang)
        self._hinted: dict[int, int] = {}

    @cached_property
    def book(self) -> Book:
        """The sample agency's book as known at the end of October 2026."""
        return _sample().as_of(MONTH)

    @cached_property
    def page(self) -> LessonPage:
        """What reports print with, in the lesson's language: `page.figure(…)`, `page.table(…)`."""
        return LessonPage(self.book, MONTH, self.words.language)

    @cached_property
    def desk(self) -> Path:
        """An empty folder to try things in; gone when the notebook's kernel ends, or a week after it was killed."""
        for left in Path(tempfile.gettempdir()).glob("am-lesson-*"):
            if time.time() - left.stat().st_mtime > _WEEK:
                shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix="am-lesson-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def picture(self, name: str, *given: Any) -> None:
        """A picture of an idea of this lesson, drawn of what is given, such as a KPI's result.

        Raises:
            AttributeError: for a picture that the lesson has not.
        """
        drawn = import_module(f"amlib.lessons.pictures.{self.name[3:]}")
        self.page.figure(getattr(drawn, name)(self.words, *given))

    def file(self, name: str) -> Path:
        """A file of this lesson's own, in data/lessons."""
        return ROOT / "data" / "lessons" / self.name / name

    def check(self, number: int, given: Any) -> None:
        """Say whether an answer is right.

        `...` is not answered yet, and only said to be so.

        Raises:
            WrongAnswer: with what is likely wrong.
            ValueError: for a number that the lesson has not.
        """
        if not self._exercises:
            aside("waiting", self.words.text("This lesson is not built yet: am lessons build {name}", name=self.name))
            return
        exercise = self._exercise(number)
        if isinstance(given, EllipsisType):
            text = self.words.text("Exercise {number}: not answered yet.", number=number)
            aside("waiting", text)
        elif exercise.right is None:
            self._compare(number, exercise, given)
        else:
            self._judge(number, exercise, given)
            self._done(number, self.words.text("Exercise {number}: right.", number=number))

    def hint(self, number: int) -> None:
        """The next hint to an exercise; after the last one, the last one again."""
        hints = self._exercise(number).hints[self.words.language]
        turn = self._hinted[number] = min(self._hinted.get(number, 0) + 1, len(hints))
        head = self.words.text("Hint {turn} of {count}:", turn=turn, count=len(hints))
        aside("hint", f"{head} {hints[turn - 1]}")

    @cached_property
    def _exercises(self) -> dict[int, key.Exercise]:
        # Read when it is needed: a lesson that is being written has no key yet.
        path = key.KEYS / f"{self.name}.json"
        return key.read(path) if path.exists() else {}

    def _exercise(self, number: int) -> key.Exercise:
        if number not in self._exercises:
            there = ", ".join(map(str, self._exercises))
            raise ValueError(f"{self.name} has no exercise {number!r}; it has: {there}")
        return self._exercises[number]

    def _judge(self, number: int, exercise: key.Exercise, given: Any) -> None:
        try:
            plain = answer.plain(given)
        except answer.NoAnswer as error:
            none = "Your answer is a {kind}, which answers no question. Did you forget ()?"
            raise WrongAnswer(self.words.text(none, kind=error)) from None
        apart = answer.difference(plain, exercise.right, exercise.tolerance, exercise.ordered)
        if apart is None:
            return
        for wrong in exercise.wrong:
            if answer.same(plain, wrong.answer, exercise.tolerance, exercise.ordered):
                raise WrongAnswer(wrong.hint[self.words.language])
        more = self.words.text("school.hint({number}) helps.", number=number)
        raise WrongAnswer(f"{answer.told(self.words, *apart)} {more}")

    def _done(self, number: int, told: str) -> None:
        praise = self._exercise(number).praise.get(self.words.language, "")
        aside("right", f"{told} {praise}".strip())
        try:
            progress.mark(self.name, number)
        except (progress.ProgressUnreadable, OSError) as error:
            aside("waiting", self.words.text("Your progress was not kept: {error}", error=error))

    def _compare(self, number: int, exercise: key.Exercise, given: Any) -> None:
        """Show the model answer to whoever has written one."""
        if not isinstance(given, str):
            raise WrongAnswer(self.words.text("Write your answer as a text between quotation marks."))
        match length_problem(exercise, given):
            case "short", written:
                short = "You have written {written} words; it takes {least} or more to explain this."
                raise WrongAnswer(self.words.text(short, written=written, least=exercise.least))
            case "long", sentences:
                long = "You have written {sentences} sentences; a client reads {most}."
                raise WrongAnswer(self.words.text(long, sentences=sentences, most=exercise.sentences))
        lang = self.words.language
        aside("hint", f"{self.words.text('A model answer:')} {exercise.model[lang]}")
        aside("hint", self.words.text("Does yours say all of this?"), exercise.points[lang])
        self._done(number, self.words.text("Exercise {number}: done.", number=number))


@cache
def _sample() -> Book:
    return open_book(ROOT / "data" / "sample")


def length_problem(exercise: key.Exercise, text: str) -> tuple[str, int] | None:
    """Whether a text is too "short" (with its words) or too "long" (with its sentences) for an exercise."""
    written, sentences = len(text.split()), len(re.findall(r"[.!?…]+(?=\s|$)", text.strip()))
    if written < exercise.least:
        return "short", written
    # One more than asked: an abbreviation may have ended one.
    return ("long", sentences) if sentences > exercise.sentences + 1 else None


def lesson(name: str, lang: str) -> School:
    """Take a lesson, such as `lesson("05_nps", "vi")`.

    Raises `ValueError` for what cannot be a lesson's name, or a language that there is not.
    """
    plain_numbers()
    return School(name, lang)

"""Every lesson there is: built from its solution, its checks right about right and wrong, its form as lessons have it.

Of one lesson: `pytest tests/lessons -k 05_nps`. Whether each notebook runs from top to bottom is nbval's to prove.
"""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import nbformat
import pytest

import amlib
from amlib import words
from amlib.kpis import CATALOGUE
from amlib.lessons import WrongAnswer, build, key
from amlib.lessons.school import School
from amlib.lessons.source import CHECK, EXERCISE, SOLUTION, Solution, solutions, tags

NOTEBOOKS = Path(amlib.__file__).parents[1] / "notebooks"
SOLUTIONS = solutions(NOTEBOOKS / "solutions")
EVERY = pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
LANGUAGES = pytest.mark.parametrize("lang", words.LANGUAGES)


def of(path: Path, lang: str) -> nbformat.NotebookNode:
    return build.lesson_of(Solution(path), lang)


def texts(nb: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in nb.cells if cell.cell_type == "markdown"]


def code(nb: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in nb.cells if cell.cell_type == "code"]


@cache
def ran(path: Path, lang: str) -> tuple[build.Names, dict[int, build.Names]]:
    unsolved: dict[int, build.Names] = {}
    return build.run(Solution(path), lang, False, unsolved), unsolved


def names(path: Path, lang: str) -> build.Names:
    """What the solution's code leaves behind, run once in a language."""
    return ran(path, lang)[0]


def unsolved(path: Path) -> dict[int, build.Names]:
    """What is there before each exercise is solved."""
    return ran(path, "vi")[1]


# -- built


@EVERY
def test_lessons_are_their_solution_stripped_and_keys_what_it_answers(path):
    for lang in words.LANGUAGES:
        assert (NOTEBOOKS / "lessons" / lang / path.name).read_text("utf-8") == build.text_of(of(path, lang))
    solution = Solution(path)
    exercises = {
        check.number: build.exercise(
            solution, check, {lang: names(path, lang) for lang in words.LANGUAGES}, unsolved(path)[check.number]
        )
        for check in solution.checks
    }
    assert key.read(key.KEYS / f"{path.stem}.json") == key.as_read(exercises)


def test_there_is_no_lesson_or_key_without_a_solution():
    there = {path.stem for path in SOLUTIONS}
    assert {file.stem for file in key.KEYS.glob("*.json")} == there
    for lang in words.LANGUAGES:
        assert {file.stem for file in (NOTEBOOKS / "lessons" / lang).iterdir()} == there | {"welcome", "glossary"}


@EVERY
@LANGUAGES
def test_no_answer_leaks_into_a_lesson(path, lang):
    solution, nb = Solution(path), nbformat.read(NOTEBOOKS / "lessons" / lang / path.name, 4)
    nbformat.validate(nb)
    text = build.text_of(nb)
    for cell in nb.cells:
        assert {*cell.metadata} <= {"tags"}
        assert "attachments" not in cell
        assert cell.get("outputs", []) == []
        assert SOLUTION not in tags(cell)
    assert {*nb.metadata} == {"amlib", "kernelspec", "language_info"}
    assert {*nb.metadata.amlib.lesson} == {"name", "lang", "title", "minutes", "kpis", "reports"}
    for cell in solution.nb.cells:
        if SOLUTION in tags(cell):
            assert not any(cell.source in source for source in code(nb))
    for check in solution.checks:
        about = check.about
        told = [hint for hints in about["hints"].values() for hint in hints]
        told += [one[said] for one in about.get("wrong", ()) for said in words.LANGUAGES]
        assert not any(json.dumps(one, ensure_ascii=False)[1:-1] in text for one in told)


# -- checks


def judged(school: School, number: int, given: Any) -> str:
    with pytest.raises(WrongAnswer) as caught:
        school.check(number, given)
    return str(caught.value)


@EVERY
@LANGUAGES
def test_the_right_answer_passes_and_each_wrong_one_gets_its_own_hint(path, lang, shown, kept):
    school, answers = School(path.stem, lang), names(path, lang)
    shown.clear()
    for check in Solution(path).checks:
        school.check(check.number, ...)
        assert shown.pop() == f"… {school.words.text('Exercise {number}: not answered yet.', number=check.number)}"
        if "points" in check.about:
            judged(school, check.number, "quá ngắn")
            assert shown == []
        else:
            wrong = check.about["wrong"]
            assert len(wrong) >= 3, "three wrong answers that a trainee would give"
            hints = [judged(school, check.number, eval(one["answer"], answers)) for one in wrong]
            assert hints == [one[lang] for one in wrong]
            assert len({*hints}) == len(hints)
        school.check(check.number, answers[check.name])
        told = "Exercise {number}: done." if "points" in check.about else "Exercise {number}: right."
        assert shown[-1].startswith(f"✓ {school.words.text(told, number=check.number)}")
        shown.clear()
        for hint in check.about["hints"][lang]:
            school.hint(check.number)
            assert shown.pop().endswith(hint)
    assert json.loads(kept.read_text()) == {path.stem: [check.number for check in Solution(path).checks]}


# -- form


@EVERY
def test_the_form_of_a_lesson(path):
    solution = Solution(path)
    assert 3 <= len(solution.checks) <= 6
    assert sum("points" in check.about for check in solution.checks) == 1, "one task to explain in two sentences"
    assert {*solution.about["title"]} == {*words.LANGUAGES}
    assert {*solution.about["kpis"]} <= {*CATALOGUE}
    assert {*solution.about["reports"]} <= {report.stem for report in (NOTEBOOKS / "reports").glob("*.ipynb")}
    ids = [cell.id for cell in solution.nb.cells]
    assert len(ids) == len({*ids})
    for cell in solution.nb.cells:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
        if cell.cell_type == "markdown":
            assert {*tags(cell)} & {*words.LANGUAGES}
    order = [tag for cell in solution.nb.cells for tag in tags(cell) if tag in (EXERCISE, SOLUTION, CHECK)]
    spoken = [tag for tag, before in zip(order, [None, *order], strict=False) if tag != before]
    assert spoken == [EXERCISE, SOLUTION, CHECK] * len(solution.checks)
    given = [cell.source.splitlines()[-1] for cell in solution.nb.cells if EXERCISE in tags(cell)]
    assert given == [f"{check.name} = ..." for check in solution.checks]


@EVERY
def test_what_one_language_says_the_other_says_too(path):
    twins = [tags(cell)[0] for cell in Solution(path).nb.cells if cell.cell_type == "markdown"]
    assert twins == ["vi", "en"] * (len(twins) // 2)
    for vi, en in zip(texts(of(path, "vi")), texts(of(path, "en")), strict=True):
        assert [line.split()[0] for line in vi.splitlines() if re.match("#|- ", line)] == [
            line.split()[0] for line in en.splitlines() if re.match("#|- ", line)
        ]
        assert {*re.findall(r"`[^`]+`", vi)} == {*re.findall(r"`[^`]+`", en)}, vi


@EVERY
@LANGUAGES
def test_it_opens_and_closes_with_the_same_three_things(path, lang):
    nb = of(path, lang)
    opening, *_, closing, _ = texts(nb)
    assert opening.splitlines()[0] == f"# {Solution(path).about['title'][lang]}"
    assert str(Solution(path).about["minutes"]) in opening
    for said in (opening, closing):
        assert len(re.findall(r"^- ", said, re.MULTILINE)) == 3
    assert not any(source.startswith("# ") for source in texts(nb)[1:])


@EVERY
@LANGUAGES
def test_code_is_short_and_steps_are_read_in_a_breath(path, lang):
    nb = of(path, lang)
    lines = [len([line for line in source.splitlines() if line.strip()]) for source in code(nb)]
    assert median(lines) <= 5
    assert max(lines) <= 8
    assert any("assert" in source for source in code(nb)), "by hand and by amlib, and an assertion that both agree"
    for source in code(nb):
        ast.parse(source)
    for first, second in zip(nb.cells, nb.cells[1:], strict=False):
        assert {first.cell_type, second.cell_type} != {"code"} or CHECK in tags(second), first.source
    for text in texts(nb):
        for paragraph in re.split(r"\n\n", text):
            if not paragraph.startswith(("#", "-", "|", "1.", ">", "!")):
                assert len(re.findall(r"[.!?:…](?=\s|$)", paragraph)) <= 4, paragraph


@EVERY
@LANGUAGES
def test_the_minutes_stated_are_about_those_it_takes(path, lang):
    minutes = Solution(path).about["minutes"]
    assert 30 <= minutes <= 45
    assert abs(build.minutes(of(path, lang)) - minutes) <= 10, build.minutes(of(path, lang))


@EVERY
@LANGUAGES
def test_it_leads_to_sections_of_reports_that_are_there(path, lang):
    nb = of(path, lang)
    links = re.findall(r"\(\.\./\.\./reports/(\w+)\.ipynb#cell-id=([\w-]+)\)", texts(nb)[-1])
    assert {report for report, _ in links} == {*Solution(path).about["reports"]}
    assert "ipynb)" not in texts(nb)[-1], "the top of a notebook"
    for report, cell in links:
        there = nbformat.read(NOTEBOOKS / "reports" / f"{report}.ipynb", 4).cells
        assert [one.source.startswith("## ") for one in there if one.id == cell] == [True]


@EVERY
def test_it_draws_an_idea(path):
    assert any("school.picture(" in source for source in code(of(path, "vi")))

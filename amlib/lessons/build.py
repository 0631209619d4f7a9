"""Building lessons: a notebook for each language without solutions, and the key that `check` reads."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.preprocessors import TagRemovePreprocessor
from nbformat import NotebookNode

from amlib.kpis import CATALOGUE
from amlib.sentences.glossary import TAUGHT
from amlib.words import LANGUAGES

from . import answer, glossary, key
from .shelf import GLOSSARY, NOTEBOOKS, Lesson, lessons
from .source import CHECK, EXERCISE, SOLUTION, Check, Solution, solutions, tags

_KNOWN = {"wrong", "hints", "tolerance", "ordered", "praise", "points", "sentences", "least"}


def lesson_of(solution: Solution, lang: str) -> NotebookNode:
    """The lesson of a solution in a language: no solution, no other language, no output, nothing about answers."""
    nb = nbformat.v4.new_notebook(cells=solution.in_language(lang))
    nb.metadata = {
        "amlib": {"lesson": {"name": solution.name, "lang": lang, **solution.about}},
        "kernelspec": solution.nb.metadata.kernelspec,
        "language_info": {"name": "python"},
    }
    remove = TagRemovePreprocessor(remove_cell_tags={SOLUTION}, enabled=True)
    nb, _ = remove.preprocess(nb, {})
    again = glossary.seen_again(lang, solution.about["kpis"], solution.about["reports"], NOTEBOOKS)
    nb.cells.append(nbformat.v4.new_markdown_cell(again, id="seen-again"))
    for cell in nb.cells:
        cell.metadata = {"tags": kept} if (kept := [tag for tag in tags(cell) if tag not in LANGUAGES]) else {}
        cell.pop("attachments", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nb


def text_of(nb: NotebookNode) -> str:
    """A notebook as it stands in a file, the same bytes each time."""
    return nbformat.writes(nb, version=4) + "\n"


Names = dict[str, Any]
"""What code leaves behind: values by their names."""


def run(solution: Solution, lang: str, checked: bool = True, unsolved: dict[int, Names] | None = None) -> Names:
    """The names that a solution's code leaves behind in a language, with or without its checks.

    `unsolved` is filled with those there are before each exercise is solved, by its number. Raises whatever the code
    raises, with a note that names the cell.
    """
    names: Names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in solution.in_language(lang):
            if cell.cell_type == "code" and (checked or CHECK not in tags(cell)):
                try:
                    exec(compile(cell.source, f"{solution.name}[{cell.id}]", "exec"), names)
                except Exception as error:
                    error.add_note(f"in {solution.path.name}, the cell\n{cell.source}")
                    raise
            if unsolved is not None and EXERCISE in tags(cell):
                unsolved[len(unsolved) + 1] = dict(names)
    return names


def key_of(solution: Solution) -> dict[int, key.Exercise]:
    """What `check` is to know of each exercise, by running the solution in both languages.

    Raises:
        SolutionError: where a stated wrong answer is right or equals another one, where the languages disagree, and
            where hints or wrong answers are missing in a language, or one uses a name that the solution gives to
            something else: what a trainee writes with it is not what was meant.
    """
    unsolved: dict[int, Names] = {}
    names = {lang: run(solution, lang, False, unsolved if lang == "vi" else None) for lang in LANGUAGES}
    return {check.number: exercise(solution, check, names, unsolved[check.number]) for check in solution.checks}


def exercise(solution: Solution, check: Check, names: dict[str, Names], unsolved: Names) -> key.Exercise:
    """What `check` is to know of an exercise, by the names that the solution leaves behind in each language.

    `unsolved` are the names that a trainee has before solving it. Raises as `key_of` does.
    """

    def problem(what: str) -> Exception:
        return solution.wrong(f"exercise {check.number}: {what}")

    about = check.about
    if unknown := {*about} - _KNOWN:
        raise problem(f"the check says {', '.join(sorted(unknown))}; it may say {', '.join(sorted(_KNOWN))}")
    answers = {}
    for lang in LANGUAGES:
        if check.name not in names[lang]:
            raise problem(f"the solution gives no {check.name} in {lang}")
        answers[lang] = names[lang][check.name]
    shared = {name: about[name] for name in ("tolerance", "ordered", "praise", "sentences", "least") if name in about}
    hints = about.get("hints", {})
    if {*hints} != {*LANGUAGES} or len({len(hints[lang]) for lang in LANGUAGES}) != 1 or not hints["vi"]:
        raise problem("as many hints are needed in vi as in en, one or more")
    if "points" in about:
        return key.Exercise(None, hints=hints, model=answers, points=about["points"], **shared)

    try:
        right = {lang: answer.plain(given) for lang, given in answers.items()}
        wrong = tuple(
            key.Wrong(answer.plain(eval(one["answer"], names["vi"])), {lang: one[lang] for lang in LANGUAGES})
            for one in about.get("wrong", ())
        )
    except answer.NoAnswer as error:
        raise problem(f"a {error} is no answer") from None
    except KeyError as error:
        raise problem(f"a wrong answer has no {error}") from None
    rules = {"tolerance": about.get("tolerance"), "ordered": about.get("ordered", False)}
    if not answer.same(right["vi"], right["en"], **rules):
        raise problem("the two languages have two right answers")
    stated = [one["answer"] for one in about["wrong"]]
    for told, one in zip(stated, wrong, strict=True):
        if answer.same(one.answer, right["vi"], **rules):
            raise problem(f"the wrong answer {told} is right")
        if not answer.same(_before(told, unsolved) or one.answer, one.answer, **rules):
            raise problem(
                f"the wrong answer {told} is something else before the exercise is solved: "
                "the solution is to give what it makes anew a name of its own"
            )
    for (told, one), (other, two) in itertools.combinations(zip(stated, wrong, strict=True), 2):
        if answer.same(one.answer, two.answer, **rules):
            raise problem(f"the wrong answers {told} and {other} are the same")
        if any(one.hint[lang] == two.hint[lang] for lang in LANGUAGES):
            raise problem(f"the wrong answers {told} and {other} have the same hint")
    return key.Exercise(right["vi"], wrong, hints, **shared)


def _before(wrong: str, unsolved: Names) -> answer.Plain | None:
    """What a wrong answer is to a trainee who has not solved the exercise; None where it needs the solution's names."""
    try:
        return answer.plain(eval(wrong, dict(unsolved)))
    except Exception:  # whatever an expression raises without them
        return None


_WORDS, _CODE, _EXERCISE = 120, 0.4, 3.5


def minutes(lesson: NotebookNode) -> float:
    """How long a lesson takes: 120 words a minute, 0.4 minutes a code cell, 3.5 an exercise.

    A Vietnamese word is what stands between two spaces.
    """
    words = sum(len(cell.source.split()) for cell in lesson.cells if cell.cell_type == "markdown")
    code = [cell for cell in lesson.cells if cell.cell_type == "code"]
    exercises = sum(CHECK in tags(cell) for cell in code)
    return words / _WORDS + _CODE * len(code) + _EXERCISE * exercises


def build(names: Sequence[str] = (), notebooks: Path = NOTEBOOKS) -> list[Path]:
    """Write the key and the lessons in both languages of the solutions named, or of all, and then the glossary too.

    Returns what was written, in the folder `notebooks`; keys stand in `amlib.lessons`. With the glossary goes what
    reports say of lessons, to the file `sentences.glossary.TAUGHT`.

    Raises:
        SolutionError: where a solution is not written as lessons are; nothing of it is written then.
        LookupError: for a name that no solution has.
    """
    there = {path.stem: path for path in solutions(notebooks / "solutions")}
    if unknown := [name for name in names if name not in there]:
        raise LookupError(f"There is no solution {unknown[0]!r}; there are: {', '.join(there)}")
    files: dict[Path, str] = {}
    for name in names or there:
        solution = Solution(there[name])
        key.write(key.KEYS / f"{name}.json", key_of(solution))
        for lang in LANGUAGES:
            files[notebooks / "lessons" / lang / f"{name}.ipynb"] = text_of(lesson_of(solution, lang))
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    if names:
        return [*files]
    there = lessons(notebooks)
    TAUGHT.write_text(taught(there), encoding="utf-8")
    for lang in LANGUAGES:
        file = notebooks / "lessons" / lang / f"{GLOSSARY}.ipynb"
        file.write_text(text_of(glossary.glossary(lang, there, notebooks)), encoding="utf-8")
        files[file] = ""
    return [*files]


def taught(lessons: Sequence[Lesson]) -> str:
    """Which lessons teach each KPI, as JSON: what a report says beside a definition."""
    by_kpi = {
        kpi: [{"number": one.number, "name": one.name, "title": one.title} for one in lessons if kpi in one.kpis]
        for kpi in CATALOGUE
    }
    return json.dumps({kpi: by for kpi, by in by_kpi.items() if by}, ensure_ascii=False, indent=1) + "\n"

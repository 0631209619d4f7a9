"""An instructor's summary over trainees' notebooks: each is run anew, and judged by the instructor's own key.

What a notebook says of itself counts for nothing: its checks are not asked, its outputs and the progress of whoever
wrote it are not read.
"""

from __future__ import annotations

import csv
import json
import re
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import nbformat

from amlib.book.spreadsheet import shown
from amlib.reports.execute import Limits, execute

from . import answer, key, progress
from .school import length_problem

LIMITS = Limits(seconds=60, memory=2048, output=8)
"""What one trainee's notebook may take."""

RIGHT, WRITTEN, WRONG, EMPTY = "right", "written", "wrong", "not answered"
_LESSON = re.compile(r"""\blesson\(\s*["'](\d\d_\w+)["']""")


@dataclass
class Grade:
    """How one notebook did: the lesson, each exercise's state by number, what was written in words, what went wrong.

    `problem` is empty where the notebook ran; where it did not end or cannot be read no exercise has a state, and
    where one of its cells raised, the others ran and count.
    """

    file: str
    lesson: str = ""
    states: dict[int, str] = field(default_factory=dict)
    said: str = ""
    problem: str = ""

    @property
    def done(self) -> int:
        """How many exercises are right, or written where the answer is in words."""
        return sum(state in (RIGHT, WRITTEN) for state in self.states.values())


def grade(folder: Path, limits: Limits = LIMITS) -> Iterator[Grade]:
    """Grade each notebook below a folder, in the order of their names, as they end.

    It runs their code on this machine, in a kernel each, without the instructor's progress. Never raises for what a
    notebook holds or does.

    Raises:
        NotADirectoryError: where there is no such folder.
        FileNotFoundError: where it has no notebook.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder of notebooks")
    files = sorted(file for file in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in file.parts)
    if not files:
        raise FileNotFoundError(f"{folder} has no notebook (.ipynb), in itself or in its folders")
    return (_of_file(file, file.relative_to(folder).as_posix(), limits) for file in files)


def _of_file(file: Path, name: str, limits: Limits) -> Grade:
    try:
        nb = nbformat.reads(file.read_text("utf-8"), as_version=4)
        sources = [str(cell.source) for cell in nb.cells if cell.cell_type == "code"]
    except Exception as error:  # whatever a file may hold
        return Grade(name, problem=f"cannot be read as a notebook: {error or type(error).__name__}".splitlines()[0])
    found = _LESSON.search("\n".join(sources))
    path = key.KEYS / f"{found[1]}.json" if found else None
    if path is None or not path.exists():
        return Grade(name, problem="is no lesson: no cell calls lesson(…) with the name of one")
    exercises = key.read(path)
    given, problem = _answers(sources, list(exercises), limits)
    result = Grade(name, found[1], problem=problem)
    if given is None:
        return result
    for number, exercise in exercises.items():
        result.states[number] = _state(exercise, given.get(str(number)))
        if exercise.right is None and given.get(str(number), {}).get("kind") == "text":
            result.said = given[str(number)]["value"]
    return result


def _state(exercise: key.Exercise, given: answer.Plain | None) -> str:
    if given is None:
        return EMPTY
    if exercise.right is None:
        fits = given["kind"] == "text" and length_problem(exercise, given["value"]) is None
        return WRITTEN if fits else WRONG
    fits = answer.same(given, exercise.right, exercise.tolerance, exercise.ordered)
    return RIGHT if fits else WRONG


# The kernel's side. It runs what the trainee wrote cell by cell, as a wrong cell is no reason to skip the next, and
# says the answers in the plain form, which holds no code.
_DRIVER = """
def _drive(sources, numbers, mark):
    import json
    from amlib.lessons.answer import NoAnswer, plain
    shell, failed = get_ipython(), ""
    shell.showtraceback = shell.showsyntaxerror = lambda *_, **__: None
    for at, source in enumerate(sources, 1):
        ran = shell.run_cell(source, store_history=False)
        error = ran.error_before_exec or ran.error_in_exec
        if error is not None and type(error).__name__ != "WrongAnswer" and not failed:
            failed = f"code cell {{at}} raised {{type(error).__name__}}: {{error}}"
    given = {{}}
    for number in numbers:
        value = shell.user_ns.get(f"answer_{{number}}", ...)
        if value is not ...:
            try:
                given[number] = plain(value)
            except Exception:
                given[number] = {{"kind": type(value).__name__}}
    print(mark + json.dumps({{"given": given, "failed": failed}}) + mark)
_drive({sources!r}, {numbers!r}, {mark!r})
"""


def _answers(sources: list[str], numbers: list[int], limits: Limits) -> tuple[dict[str, answer.Plain] | None, str]:
    """What a notebook answers, by the exercise's number; None where it did not end; and what went wrong."""
    mark = secrets.token_hex(16)
    driver = _DRIVER.format(sources=sources, numbers=numbers, mark=mark)
    with tempfile.TemporaryDirectory(prefix="am-grade-") as folder:
        place = (
            f"import os, tempfile\nos.environ[{progress.PLACE!r}] = {str(Path(folder) / 'progress.json')!r}\n"
            f"tempfile.tempdir = {folder!r}\n"  # the kernel is killed, so that it tidies nothing up
        )
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(place + driver)])
        nb.metadata.kernelspec = {"name": "amlib", "display_name": "amlib", "language": "python"}
        ran = execute(nb, {}, Path(folder), limits)
    if ran.failure:
        return None, ran.failure.what.replace("The report", "It").splitlines()[0]
    printed = "".join(
        output.get("text", "") for cell in ran.nb.cells for output in cell.get("outputs", []) if output.get("text")
    )
    found = re.search(f"{mark}(.*?){mark}", printed)
    if not found:
        return None, "It ended itself before its answers could be read"
    told = json.loads(found[1])
    return told["given"], told["failed"].splitlines()[0] if told["failed"] else ""


def write_csv(grades: Iterable[Grade], file: TextIO) -> None:
    """A row per notebook: file, lesson, done, of, the state of each exercise, what was written in words, problem.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    grades = list(grades)
    numbers = sorted({number for one in grades for number in one.states})
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["file", "lesson", "done", "of", *(f"exercise_{n}" for n in numbers), "in_words", "problem"])
    for one in grades:
        count = [one.done, len(one.states)] if one.states else ["", ""]
        states = [one.states.get(number, "") for number in numbers]
        texts = [shown(text) for text in (one.said, one.problem)]
        writer.writerow([shown(one.file), one.lesson, *count, *states, *texts])

"""Solutions: the bilingual notebooks that lessons are built from, and what stands in their metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from amlib.words import LANGUAGES

SETUP, EXERCISE, SOLUTION, CHECK = "setup", "exercise", "solution", "check"
TAGS = {SETUP, EXERCISE, SOLUTION, CHECK, *LANGUAGES}
_CHECKED = re.compile(r"^school\.check\((\d+), (answer_\1)\)$")
_LANG = 'lang = "vi"'


class SolutionError(ValueError):
    """A solution is not written as lessons are; the text names the notebook, the cell and what to do."""


@dataclass(frozen=True)
class Check:
    """A check cell: the number of its exercise, the name of the answer, and what the author wrote about it."""

    number: int
    name: str
    about: dict[str, Any]


class Solution:
    """A solution notebook.

    Raises:
        SolutionError: where its title, tags or checks are not as lessons have them.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.stem
        self.nb = nbformat.read(path, 4)
        self.about: dict[str, Any] = self.nb.metadata.get("amlib", {}).get("lesson", {})
        for field, kind in {"title": dict, "minutes": int, "kpis": list, "reports": list}.items():
            if not isinstance(self.about.get(field), kind):
                raise self.wrong(f"metadata amlib.lesson.{field} is to be a {kind.__name__}")
        for cell in self.nb.cells:
            if unknown := {*tags(cell)} - TAGS:
                raise self.wrong(f"tag {unknown.pop()!r} is none of {', '.join(sorted(TAGS))}", cell)
        setups = [cell for cell in self.nb.cells if SETUP in tags(cell)]
        if len(setups) != 1 or setups[0].source.splitlines().count(_LANG) != 1:
            raise self.wrong(f"one cell tagged 'setup' is to have the line {_LANG}")
        self.checks = list(self._checks())
        if [check.number for check in self.checks] != list(range(1, len(self.checks) + 1)):
            raise self.wrong("the exercises are to be numbered 1, 2, 3, …, a check each")

    def wrong(self, what: str, cell: NotebookNode | None = None) -> SolutionError:
        """What is wrong with it, and where."""
        where = f" in the cell {cell.source.splitlines()[0][:60]!r}" if cell and cell.source else ""
        return SolutionError(f"{self.path.name}{where}: {what}")

    def _checks(self) -> Iterator[Check]:
        for cell in self.nb.cells:
            if CHECK not in tags(cell):
                continue
            found, about = _CHECKED.match(cell.source.strip()), cell.metadata.get("amlib")
            if not found:
                raise self.wrong("a check is to be one line such as school.check(1, answer_1)", cell)
            if not about:
                raise self.wrong("its metadata has no 'amlib' that says which answers are wrong", cell)
            yield Check(int(found[1]), found[2], dict(about))

    def in_language(self, lang: str) -> list[NotebookNode]:
        """Its cells in a language, with that written into the set-up."""
        cells = []
        for cell in self.nb.cells:
            if not {*tags(cell)} & ({*LANGUAGES} - {lang}):
                cell = nbformat.from_dict(cell)
                if SETUP in tags(cell):
                    cell.source = cell.source.replace(_LANG, f'lang = "{lang}"')
                cells.append(cell)
        return cells


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def solutions(folder: Path) -> list[Path]:
    """The solutions in a folder, in the order of the lessons."""
    return sorted(folder.glob("[0-9][0-9]_*.ipynb"))

"""Starters: notebooks that run as they are, copied under a new name to be changed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import nbformat

import amlib
from amlib.words import LANGUAGES

ROOT = Path(amlib.__file__).parents[1]
STARTERS = ROOT / "templates" / "notebooks"


@dataclass(frozen=True)
class Kind:
    """A starter: its file in templates/notebooks, where its copies go in notebooks/, what it is, and what runs it."""

    file: str
    folder: str
    what: str
    run: str


KINDS = {
    "question": Kind("question", "mine", "a question of your own, answered in a few cells", "make lab"),
    "report": Kind("book_report", "reports", "a report about the whole book", "am report data/sample --only {name}"),
    "client-report": Kind(
        "client_report", "reports", "a report about each client", "am report data/sample --only {name} --client KH001"
    ),
    "lesson": Kind(
        "lesson", "solutions", "a lesson in both languages, such as 14_upselling", "am lessons build {name}"
    ),
}

_LONGEST = 40
_OF_WINDOWS = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))}
_OF_RUNS = {"executed"}  # the folder of the notebooks as they ran


class StarterError(ValueError):
    """There is no new notebook; the text says why and what to give instead."""


def start(kind: str, name: str, lang: str = "vi", notebooks: Path = ROOT / "notebooks") -> Path:
    """Copy the starter of a kind (`KINDS`) to its folder in `notebooks` under a name; never over a file that is there.

    A question is in one language, `lang`; reports and lessons are in both.

    Raises:
        StarterError: for a kind or a language that there is not, a name that cannot be one, or that is taken.
    """
    if kind not in KINDS:
        raise StarterError(f"There is no starter {kind!r}; there are: {', '.join(KINDS)}")
    if lang not in LANGUAGES:
        raise StarterError(f"There is no language {lang!r}; there are: {', '.join(LANGUAGES)}")
    folder = notebooks / KINDS[kind].folder
    _check(kind, name, folder)
    nb = nbformat.read(STARTERS / f"{KINDS[kind].file}.ipynb", 4)
    if kind == "question":
        nb.cells = [cell for cell in nb.cells if not {*cell.metadata.get("tags", [])} & ({*LANGUAGES} - {lang})]
    for cell in nb.cells:
        cell.source = cell.source.replace("00_starter", name).replace('lang = "vi"', f'lang = "{lang}"')
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.ipynb"
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(nbformat.writes(nb, version=4) + "\n")
    except FileExistsError:
        raise StarterError(f"{file} is there already: give another name, or open it") from None
    return file


def _check(kind: str, name: str, folder: Path) -> None:
    form, begins, like = r"[a-z][a-z0-9_]*", "", "upselling"
    if kind == "lesson":
        form, begins, like = rf"\d\d_{form}", "its number in two digits, then ", "14_upselling"
    if not re.fullmatch(form, name, re.ASCII) or len(name) > _LONGEST or name in _OF_WINDOWS | _OF_RUNS:
        better = _plain(name)
        near = f": {better}?" if better != name and re.fullmatch(form, better) else ""
        raise StarterError(
            f"{name!r} cannot be the name of a {kind}: expected {begins}small letters, digits and _, "
            f"at most {_LONGEST}, such as {like}{near}"
        )
    if kind == "lesson" and (same := [file.stem for file in folder.glob(f"{name[:3]}*.ipynb")]):
        raise StarterError(f"Lesson {int(name[:2])} is there already: {same[0]}")


def _plain(name: str) -> str:
    """A name without accents, spaces and capitals, as far as that makes it one."""
    letters = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "d"))
    return re.sub(r"[^a-z0-9]+", "_", "".join(c for c in letters if not unicodedata.combining(c)).lower()).strip("_")

"""The commands of the school and of whoever writes notebooks: `am lessons` and `am new`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from amlib.terminal import err, out

if TYPE_CHECKING:
    import click

# What takes long is imported where it is used: `am` imports this for every command.

WRONG = 2


class _Numbered(typer.core.TyperGroup):
    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple:
        """`am lessons 5` is `am lessons open 5`; whatever is neither a number nor a command is told both."""
        if not args[0].isdigit() and args[0] not in self.commands:
            there = ", ".join(self.commands)
            ctx.fail(
                f"There is no {args[0]!r} here. `am lessons` lists the lessons, and `am lessons 5` opens the fifth; "
                f"the commands are {there}."
            )
        return super().resolve_command(ctx, ["open", *args] if args[0].isdigit() else args)


lessons = typer.Typer(
    cls=_Numbered,
    help="The school: list the lessons, open one (am lessons 5), build them, grade trainees' notebooks.",
    rich_markup_mode=None,
)

_Lang = Annotated[str, typer.Option(help="vi or en.")]


@lessons.callback(invoke_without_command=True)
def listed(context: typer.Context, lang: _Lang = "vi") -> None:
    """List the lessons: number, title, minutes, and how many exercises you have done."""
    if context.invoked_subcommand:
        return
    from amlib.lessons import progress, shelf

    _known(lang)
    try:
        done = progress.done()
    except progress.ProgressUnreadable as error:
        err.print(str(error))
        done = {}
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, justify in {"": "right", "lesson": "left", "minutes": "right", "done": "right"}.items():
        table.add_column(name, justify=justify)
    coming = []
    for lesson in shelf.lessons():
        solved = len({*done.get(lesson.name, [])} & {*lesson.exercises})
        title = lesson.title[lang]
        table.add_row(str(lesson.number), title, str(lesson.minutes), f"{solved}/{len(lesson.exercises)}")
        coming += [lesson.number] if solved < len(lesson.exercises) else []
    out.print(table)
    language = "" if lang == "vi" else f" --lang {lang}"
    out.print(
        f"am lessons {coming[0]}{language} opens the next one in JupyterLab." if coming else "All lessons are done."
    )


@lessons.command("open")
def open_lesson(
    context: typer.Context,
    number: Annotated[
        int | None, typer.Argument(help="Of the lesson [default: the welcome page, with all lessons].")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="vi or en [default: vi].")] = None,
    only_say: Annotated[bool, typer.Option("--print", help="Print the command that opens it; open nothing.")] = False,
) -> None:
    """Open a lesson in JupyterLab. You work in a copy of your own, in notebooks/mine; one that is there stays."""
    from amlib.lessons import shelf

    lang = lang or context.parent.params["lang"]
    _known(lang)
    try:
        name = shelf.WELCOME if number is None else shelf.find(number).name
        file = shelf.own_copies(lang) / f"{name}.ipynb"
    except (LookupError, OSError) as error:
        _wrong(error)
    # The folder of all notebooks, so that links between them lead somewhere.
    asked = ["lab", f"--ServerApp.root_dir={shelf.NOTEBOOKS}", str(file)]
    if only_say:
        out.print(" ".join(["jupyter", *asked]))
    else:
        # So that `am` is found in a terminal of JupyterLab.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        raise typer.Exit(subprocess.call([sys.executable, "-m", "jupyter", *asked], env={**os.environ, "PATH": path}))


@lessons.command()
def build(
    names: Annotated[list[str] | None, typer.Argument(metavar="NN_NAME …", help="[default: all]")] = None,
) -> None:
    """Build lessons and answer keys out of notebooks/solutions; all of them, and then the glossary too.

    Exit code 2: a solution is not written as lessons are, for the reason printed.
    """
    from amlib.lessons.build import build
    from amlib.lessons.source import SolutionError

    try:
        written = build(names or ())
    except (SolutionError, LookupError, OSError) as error:
        _wrong(error)
    for file in written:
        out.print(str(file))


@lessons.command()
def grade(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Trainees' notebooks, in folders below it as well.")],
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a row per notebook to a CSV file.")] = None,
    seconds: Annotated[float, typer.Option(min=1, help="What one notebook may take.")] = 60,
) -> None:
    """Run each notebook below DIR anew and judge its answers; its own checks and outputs count for nothing.

    It runs the trainees' code on this machine. Exit code 1: a notebook could not be graded, for the reason in its row.
    """
    from dataclasses import replace

    from amlib.lessons.grade import LIMITS, grade, write_csv

    try:
        grades = []
        for one in grade(folder, replace(LIMITS, seconds=seconds)):
            done = f"{one.done}/{len(one.states)}" if one.states else "–"
            out.print("  ".join(filter(None, [one.file, one.lesson, done, one.problem])))
            grades.append(one)
        if csv:
            with csv.open("w", encoding="utf-8-sig", newline="") as file:  # Excel reads Vietnamese only with a mark
                write_csv(grades, file)
    except OSError as error:
        _wrong(error)
    raise typer.Exit(any(not one.states for one in grades))


def new(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="question, report, client-report or lesson.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as upselling; of a lesson, 14_upselling.")],
    lang: Annotated[str, typer.Option(help="Of a question: vi or en.")] = "vi",
) -> None:
    """Begin a notebook from a starter that runs as it is; a file that is there is never written over.

    Exit code 2: there is no new notebook, for the reason printed.
    """
    from amlib.starters import KINDS, StarterError, start

    try:
        out.print(f"Written: {start(kind, name, lang)}")
        out.print(f"Change it, and run it: {KINDS[kind].run.format(name=name)}")
    except (StarterError, OSError) as error:
        _wrong(error)


def _known(lang: str) -> None:
    from amlib import words

    try:
        words.of(lang)
    except ValueError as error:
        _wrong(error)


def _wrong(error: BaseException | Sequence[str]) -> None:
    err.print(str(error.args[0]) if isinstance(error, LookupError) else str(error))
    raise typer.Exit(WRONG)

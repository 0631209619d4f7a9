"""`am init` on the command line: look, ask, write, and open what was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amlib.terminal import err, out

if TYPE_CHECKING:
    from amlib.book import Examined

# What takes long is imported where it is used: `am` imports this for every command.

PROBLEMS, NOTHING_WRITTEN = 1, 2


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with the exports: CSV, XLSX, Parquet.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: the best guess, marked in book.toml.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a book.toml that is there.")] = False,
    lang: Annotated[str, typer.Option(help="vi or en: of the book's pages, and of the reasons it gives.")] = "vi",
) -> None:
    """Propose a book.toml for a folder of exports: which file is which table, and which column which.

    It asks what it cannot tell, marks in book.toml what it is not sure of, and opens the book that comes out.

    Exit code 0: the book opens; 1: book.toml is written, and what is wrong with the book is printed; 2: nothing was
    written, for the reason printed.
    """
    from amlib.book import examine_book
    from amlib.init.looking import look
    from amlib.init.proposing import best_guess, propose
    from amlib.init.writing import summary, write
    from amlib.words import LANGUAGES

    file = folder / "book.toml"
    if not folder.is_dir():
        _stop(f"There is no folder {str(folder)!r}: name the one that the exports are in")
    if lang not in LANGUAGES:
        _stop(f"There is no language {lang!r}; there are: {', '.join(LANGUAGES)}")
    if file.exists() and not force:
        _stop(f"{file} is there already: --force writes over it")
    found = look(folder)
    for place in found.unread:
        err.print(f"Not read: {place}")
    proposal = propose(found, best_guess if yes else _ask, lang)
    if not proposal.tables:
        seen = [f"  {sheet.title}: {', '.join(sheet.headers)}" for sheet in found.sheets]
        _stop(
            "\n".join(["No table of a client book was found in the folder. It has:", *(seen or ["  no table at all"])])
        )
    file.write_text(write(proposal), encoding="utf-8")
    for line in summary(proposal):
        out.print(line)
    wrong = examine_book(folder)
    if wrong.rejections and not wrong.problems:
        for line in _wrong(wrong):
            out.print(line)
        if yes or _to_leave_out(wrong):
            file.write_text(write(proposal, reject=True), encoding="utf-8")
    out.print(f"Written: {file}")
    raise typer.Exit(_opened(folder))


def _to_leave_out(found: Examined) -> bool:
    """Ask whether wrong rows are to be left out; where nobody answers they are not."""
    from amlib.init.looking import counted

    rows = len({(problem.table, problem.file, problem.sheet, problem.row) for problem in found.rejections})
    try:
        question = f"Wrong: {counted(rows)}. Leave out what is wrong, each row listed with its reason?"
        return typer.confirm(question, default=True)
    except typer.Abort:
        out.print("\nNot answered: they stay in.")
        return False


def _opened(folder: Path) -> int:
    """Say whether the book opens, and what to do next; the exit code."""
    from amlib.book import BookError, examine_book
    from amlib.init.looking import counted

    found = examine_book(folder)
    if found.book is None or found.refused:
        error = BookError.of(folder, found.refused)
        err.print(f"{error}\nMend that in book.toml or in the files, then: am check {folder}")
        return PROBLEMS
    rows = ", ".join(f"{name} {count:,}" for name, count in found.book.counts.items())
    left_out = f"; left out, each for its reason: {counted(len(found.left_out))}" if len(found.left_out) else ""
    out.print(f"The book opens: {rows}{left_out}")
    out.print("What to do next:")
    out.print(f"  am check {folder}    # what it holds, and what cannot be measured with it")
    out.print(f"  am report {folder}   # the pages of its last month")
    return 0


def _wrong(found: Examined) -> Iterator[str]:
    """Of each table that loses rows because they are wrong how many, and the first of them."""
    for table in dict.fromkeys(problem.table for problem in found.rejections):
        mine = [problem for problem in found.rejections if problem.table == table]
        yield f"Wrong in {table}: {len({problem.at for problem in mine}):,} of its rows, such as {mine[0]}"


def _ask(question: str, answers: Sequence[str], guess: str) -> str:
    if not answers:
        return typer.prompt(question, default=guess).strip()
    out.print(question)
    for number, answer in enumerate(answers, start=1):
        out.print(f"  {number}  {answer}")
    numbers = {str(number): answer for number, answer in enumerate(answers, start=1)}
    number = ""
    while number not in numbers:
        number = typer.prompt(f"1 to {len(answers)}", default=str(list(answers).index(guess) + 1)).strip()
    return numbers[number]


def _stop(why: str) -> None:
    err.print(why)
    raise typer.Exit(NOTHING_WRITTEN)

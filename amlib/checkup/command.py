"""`am check` on the command line: look, keep what was found, say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amlib.terminal import err, out, print_table

if TYPE_CHECKING:
    from amlib.checkup.checkup import Checkup

# What takes long is imported where it is used: `am` imports this for every command.

LOOK, UNUSABLE = 1, 2


def check(
    book: Annotated[Path, typer.Argument(metavar="BOOK", help="Folder of the book, with its book.toml.")],
    json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Write a page as well, in the book's language.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 where there is something to look at.")] = False,
    out_dir: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the check is kept [default: BOOK/check].")
    ] = None,
) -> None:
    """Say what is in a book, what is wrong with it or may be, and what can be measured with it; make no report.

    The check is kept, for the next month's to be held against it; rejected.csv beside it lists every row that is wrong.

    Exit code 0: the book can be used; 1: with --strict, rows are left out of it or something new is to be looked at;
    2: it cannot be used, for the reasons printed.
    """
    from json import dumps

    from amlib.book import BookError
    from amlib.checkup.checkup import check_book
    from amlib.checkup.page import html as page_of
    from amlib.checkup.record import FOLDER, as_record, earlier, keep
    from amlib.checkup.saying import fresh

    try:
        found = check_book(book)
    except (BookError, OSError) as error:
        err.print(str(error))
        raise typer.Exit(UNUSABLE) from None
    kept = out_dir or (book.parent if book.suffix == ".toml" else book) / FOLDER
    before = earlier(found, kept)
    try:
        written = keep(found, kept)
        rejected = next((file.name for file in written if file.suffix == ".csv"), "")
        if html:
            page = kept / f"{found.known_until or 'check'}.html"
            page.write_text(page_of(found, before, rejected), "utf-8")
            written.append(page)
    except OSError as error:
        err.print(f"The check is not kept ({error.strerror}: {error.filename or kept}); give another folder by --out")
        written = []
    if json:
        print(dumps(as_record(found), ensure_ascii=False, indent=1))
    else:
        _say(found, before, written)
    if not found.usable:
        if not json:
            err.print(str(BookError.of(book, found.refused)))
        raise typer.Exit(UNUSABLE)
    raise typer.Exit(LOOK if strict and (found.rejected or fresh(found, before)) else 0)


def _say(found: Checkup, before: Mapping[str, Any] | None, written: Iterable[Path]) -> None:
    import pandas as pd

    from amlib.checkup.page import kept_before
    from amlib.checkup.saying import doubt, fresh
    from amlib.words import Words

    say = Words("en")
    out.print(f"{found.name}, in {found.currency}, known until {found.known_until or 'nobody knows when'}")
    days = {one.table: (one.first or "–", one.last or "–") for one in found.tables}
    rows = []
    for file in found.files:
        where = f"{file['file'] or 'a query'}{', ' + file['sheet'] if file['sheet'] else ''}"
        counts = [f"{file[count]:,}" for count in ("rows", "set_aside", "rejected", "kept")]
        then = kept_before(file, before)
        rows.append(
            (file["table"], where, *counts, "–" if then is None else f"{then:,}", *days.get(file["table"], "––"))
        )
    columns = [
        "table",
        "read from",
        "rows",
        "set aside",
        "wrong",
        "kept",
        before["known_until"] if before else "",
        "from",
        "to",
    ]
    print_table(pd.DataFrame(rows, columns=columns, dtype="str").drop(columns=[] if before else [""]))
    for wrong in found.rejected if found.usable else ():
        what = f"found {wrong.found}, expected {wrong.expected}" if wrong.found else f"expected {wrong.expected}"
        rows = f"{wrong.rows:,} row{'s' if wrong.rows != 1 else ''}"
        out.print(f"Wrong, and left out: {wrong.table}, {rows}; the first is {wrong.where}: {what}")
    new = fresh(found, before)
    for one in new:
        out.print(f"Look at {doubt(one, say, found.currency)}")
    if told := len(found.doubts) - len(new):
        out.print(f"Look at {told} more, as last time")
    if found.tables:
        out.print(f"{len(found.measured)} of {len(found.measured) + len(found.lacking)} KPIs can be measured")
    for what, ids in found.unlocks.items():
        out.print(
            f"Without {' and '.join(what)}: no {', '.join(ids)}" if what else f"Not enough yet for {', '.join(ids)}"
        )
    for note in found.notes:
        out.print(f"Note: {note}")
    if files := ", ".join(str(file) for file in written if file.suffix != ".json"):
        out.print(f"Written: {files}")

"""The `am` command."""

from __future__ import annotations

import inspect
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from amlib import learning
from amlib.checkup.command import check
from amlib.init.command import init
from amlib.terminal import err, out, print_table

if TYPE_CHECKING:
    import pandas as pd

    from amlib.book import Book
    from amlib.reports.plan import Plan
    from amlib.reports.site import Manifest
    from amlib.words import Words

# The run's worker processes import this module again: what takes long is imported where it is used.

NOTEBOOKS = Path(__file__).parent.parent / "notebooks" / "reports"
FAILED, WRONG, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    help="Reports for account managers out of a client book.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(learning.lessons, name="lessons")
app.command()(learning.new)
app.command()(init)
app.command()(check)


@app.command()
def report(
    book: Annotated[Path, typer.Argument(metavar="BOOK", help="Folder of the book, with its book.toml.")],
    month: Annotated[str | None, typer.Option(help="Month such as 2026-10 [default: the book's last].")] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this report; may be repeated.")] = None,
    client: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Of the reports per client only this one; may be repeated.")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="vi or en [default: the book's].")] = None,
    audience: Annotated[
        str, typer.Option(help="internal, or client: pages to hand to each client, without what is internal.")
    ] = "internal",
    out_dir: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the month's folder goes.")] = Path("out"),
    jobs: Annotated[int | None, typer.Option(min=1, help="Notebooks at a time [default: one per processor].")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter of the notebooks; may be repeated."),
    ] = None,
    notebooks: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder of the report notebooks.", show_default="this clone's")
    ] = NOTEBOOKS,
    force: Annotated[bool, typer.Option("--force", help="Make reports again of which nothing has changed.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Make only the reports that failed last time.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print each page as well (extra 'pdf', and a Chromium).")] = False,
    archives: Annotated[
        bool, typer.Option("--zip", help="Archives to send: one per account manager; for clients, one per client.")
    ] = False,
    timeout: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="What one report may take.")] = 120,
    memory: Annotated[int, typer.Option(min=256, metavar="MB", help="What one report's kernel may allocate.")] = 2048,
    executor: Annotated[
        str, typer.Option(metavar="NAME", help="Who makes them: processes of this machine, or dask.")
    ] = "processes",
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Of dask, such as tcp://10.0.0.5:8786.")
    ] = None,
    share: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Where dask's workers get the book if they do not see --out: s3://…"),
    ] = None,
) -> None:
    """Make a month's reports: OUT/<month>/index.html and a page for each report; for clients in OUT/<month>-client.

    The month's folder changes at the end, in one step. The same command takes up a run that was stopped.

    Exit code 0: all were made; 1: a report failed; 2: the month's folder is as it was, for the reason printed;
    130: interrupted.
    """
    from amlib.reports import executors, inputs

    try:
        chosen = executors.executor(executor, out_dir, scheduler=scheduler, jobs=jobs, share=share)
    except executors.ExecutorError as error:
        err.print(str(error))
        raise typer.Exit(WRONG) from None
    asked = {"month": month, "only": only, "client": client, "lang": lang, "param": param, "audience": audience}
    asked |= {"pdf": pdf, "zip": archives}
    made_of = inputs.of_run(book, notebooks, inputs.TEMPLATES, asked)
    if made_of and not force and not failed and (folder := inputs.unchanged(out_dir, made_of)):
        out.print(f"Nothing has changed since these were made: {_entrance(folder)}")
        return

    from amlib import health
    from amlib.book import BookError, open_book
    from amlib.reports.execute import Limits
    from amlib.reports.plan import PlanError, plan
    from amlib.reports.printing import PrintError, printer
    from amlib.reports.run import RunError, run

    # A plain `kill` is to leave no kernel behind either.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        opened = open_book(book)
        planned = plan(
            opened,
            notebooks,
            month=month,
            lang=lang,
            only=only or (),
            clients=client or (),
            audience=audience,
            values=_values(param or ()),
        )
        _say_not_used(opened, planned)
        print_pages = printer() if pdf else None
        with chosen as by, _Bar(planned) as bar:
            limits = Limits(seconds=timeout, memory=memory)
            manifest = run(
                planned,
                opened,
                out_dir,
                executor=by,
                jobs=jobs,
                force=force,
                only_failed=failed,
                limits=limits,
                made_of=made_of or "",
                beside={"health.csv": lambda known: health.record(known, planned.month)},
                print_pages=print_pages,
                archives=archives,
                told=bar.told,
            )
    except (BookError, PlanError, PrintError, RunError, executors.ExecutorError) as error:
        err.print(str(error))
        raise typer.Exit(WRONG) from None
    except OSError as error:
        err.print(f"{error.strerror or error}: {error.filename or out_dir}")
        raise typer.Exit(WRONG) from None
    except KeyboardInterrupt:
        err.print("Interrupted. What was made so far is kept: the same command makes the rest.")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)
    raise typer.Exit(_say_end(manifest, planned, out_dir))


@app.command()
def serve(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="Folder that reports were written to.")] = Path("out"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0 for any that is free.")] = 8000,
) -> None:
    """Show reports in the browser of this machine, and to nobody else, until Ctrl-C."""
    from amlib.reports.serve import server

    try:
        listening = server(folder, port)
    except NotADirectoryError as error:
        err.print(str(error))
        raise typer.Exit(WRONG) from None
    except OSError as error:
        err.print(f"Port {port} cannot be listened at ({error.strerror}): give another --port, or 0 for any")
        raise typer.Exit(WRONG) from None
    with listening:
        out.print(f"http://{listening.server_address[0]}:{listening.server_port}/ (Ctrl-C ends it)")
        try:
            listening.serve_forever()
        except KeyboardInterrupt:
            raise typer.Exit from None


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write it: a new folder, or an older sample.")],
    clients: Annotated[int, typer.Option(help="How many clients.")] = 60,
    months: Annotated[int, typer.Option(help="How many months of invoices.")] = 36,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    until: Annotated[str, typer.Option(help="The last month.")] = "2026-10",
) -> None:
    """Write a synthetic agency with all tables, to try things on."""
    from amlib.sample import write

    try:
        written = write(folder, clients=clients, months=months, seed=seed, until=until)
    except (ValueError, OSError) as error:
        err.print(str(error))
        raise typer.Exit(WRONG) from None
    out.print(f"Written: {written}")


@app.command()
def kpi(
    id: Annotated[str | None, typer.Argument(metavar="KPI", help="Such as nps [default: list them all].")] = None,
    book: Annotated[
        Path | None, typer.Argument(metavar="BOOK", help="Folder of a book [default: say how the KPI is defined].")
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="month, client_id, segment, am_id, …; may be repeated.")
    ] = None,
    month: Annotated[
        str | None,
        typer.Option(help="Last month counted, such as 2026-10 [default: the book's]; --since is the first."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="First month counted [default: all there is; of a state by month, twelve].")
    ] = None,
    lang: Annotated[
        str | None, typer.Option(help="vi or en [default: the book's; both where KPIs are listed].")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="CSV, with numbers as they are.")] = False,
) -> None:
    """List the KPIs, say how one is defined, or print one of a book.

    Exit code 2: nothing was printed, for the reason said.
    """
    import sys

    from amlib import kpis
    from amlib.book import BookError, open_book
    from amlib.book.spreadsheet import as_csv
    from amlib.kpis.period import month_of
    from amlib.sentences.kpis import counted, kpi_name
    from amlib.words import Words

    try:
        if id is None:
            listed = kpis.catalogue()
            listed.to_csv(sys.stdout, index=False) if csv else print_table(listed.drop(columns="definition"))
        elif book is None:
            found = kpis.find(id)
            out.print(f"{found.en} · {found.vi}\n\n{inspect.getdoc(found.function)}\n\n{found.definition_vi}")
        else:
            opened = open_book(book)
            month = month_of(month) if month else opened.last_month
            found = kpis.ask(opened, id, month, by or (), since=since)
            if csv:
                sys.stdout.write(as_csv(found))
            else:
                spoken = Words(lang or opened.settings.language)
                first = kpis.counted_from(id, month, by or (), month_of(since) if since else None)
                out.print(f"{kpi_name(spoken, id)}, {counted(spoken, first, month)}")
                print_table(_spoken(found, kpis.find(id).unit, by or (), opened.settings.currency, spoken))
    except (BookError, LookupError, ValueError) as error:
        err.print(str(error.args[0] if isinstance(error, KeyError) else error))
        raise typer.Exit(WRONG) from None


def _spoken(found: pd.DataFrame, unit: str, by: Iterable[str], currency: str, spoken: Words) -> pd.DataFrame:
    """A KPI's result as text: value and interval in the unit, its other columns as plain numbers."""
    import pandas as pd

    def column(name: str, values: pd.Series) -> pd.Series:
        if name in ("value", "low", "high"):
            return values.map(lambda value: spoken.measure(value, unit, currency))
        if name not in by and pd.api.types.is_numeric_dtype(values):
            whole = (values.dropna() % 1 == 0).all()
            return values.map(lambda value: spoken.number(value, 0 if whole else 3))
        return values.astype("object").where(values.notna(), "–").astype("str")

    return pd.DataFrame({name: column(name, values) for name, values in found.items()})


def _values(params: Iterable[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for param in params:
        name, sign, value = param.partition("=")
        name = name.strip()
        if not sign or not name:
            raise typer.BadParameter(f"{param!r}; expected NAME=VALUE", param_hint="--param")
        if name in values:
            raise typer.BadParameter(f"{name} is given twice", param_hint="--param")
        values[name] = value
    return values


def _say_not_used(book: Book, plan: Plan) -> None:
    import pandas as pd

    if plan.left_out:
        out.print(f"For the agency alone, so not made for clients: {', '.join(plan.left_out)}")
    _say_notes(book)
    if pd.Period(plan.month, "M") > book.last_month:
        out.print(f"Note: the book has no invoice of {plan.month} yet, its last is of {book.last_month}")


def _say_notes(book: Book) -> None:
    for rejected, rows in book.set_aside.groupby("rejected"):
        tables = ", ".join(f"{table} {n:,}" for table, n in rows["table"].value_counts(sort=False).items())
        what = "Wrong, and left out" if rejected else "Set aside"
        out.print(f"{what}, as book.toml says: {len(rows):,} row{'s' if len(rows) != 1 else ''} ({tables})")
    for note in book.notes:
        out.print(f"Note: {note}")


def _say_end(manifest: Manifest, plan: Plan, out_dir: Path) -> int:
    ran = {(job.notebook, job.id) for job in plan.jobs}
    failed = [report for report in manifest.failed if (report.notebook, report.id) in ran]
    for report in failed:
        err.print(f"Failed: {report.notebook} {report.id}: {(report.error or '').splitlines()[0]}")
    kept = sum(report.status == "unchanged" and (report.notebook, report.id) in ran for report in manifest.reports)
    said = [f"{len(ran) - len(failed) - kept} made", *([f"{kept} unchanged"] if kept else []), f"{len(failed)} failed"]
    out.print(f"{', '.join(said)}: {_entrance(out_dir / plan.folder)}")
    return FAILED if failed else 0


def _entrance(folder: Path) -> Path:
    """Where a reader begins: the index; the folder itself where each page stands alone."""
    index = folder / "index.html"
    return index if index.exists() else folder


class _Bar:
    """How many reports are done, failed and remaining, while they run."""

    def __init__(self, plan: Plan) -> None:
        self.total, self.done, self.failed = len(plan.jobs), 0, 0
        self.progress = Progress(
            TextColumn(f"Reports of {plan.month}"),
            BarColumn(),
            TextColumn("{task.fields[done]} done, {task.fields[failed]} failed, {task.fields[left]} remaining"),
            TimeElapsedColumn(),
            console=out,
        )
        self.task = self.progress.add_task("", total=self.total, done=0, failed=0, left=self.total)

    def __enter__(self) -> _Bar:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def told(self, report) -> None:
        """Count a report that ended."""
        self.failed += report.status == "failed"
        self.done += report.status != "failed"
        left = self.total - self.done - self.failed
        self.progress.update(self.task, advance=1, done=self.done, failed=self.failed, left=left)


if __name__ == "__main__":
    app()

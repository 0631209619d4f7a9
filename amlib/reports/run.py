"""Execute a plan's notebooks side by side and write their pages; what fails is told and stops nothing else."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import platform
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode
from traitlets.config import Config

import amlib
from amlib.book import Book, save_book
from amlib.reports.plan import BOOK, Job, Plan
from amlib.reports.render import Page, RenderError, facts, render
from amlib.reports.site import SET_ASIDE, Manifest, Report, write

TEMPLATES = Path(amlib.__file__).parent.parent / "templates"
LONGEST_CELL = 600.0
"""Seconds that one cell may take."""

_VERSIONS = ("pandas", "duckdb", "matplotlib", "papermill", "nbconvert")
_LONGEST_ERROR = 1500


class RunError(RuntimeError):
    """The reports cannot be written where they were asked for."""


@dataclass(frozen=True)
class _Setting:
    """What every worker process needs to know."""

    work: Path
    folder: Path
    templates: Path
    agency: str
    fingerprint: str
    made_on: date
    versions: Mapping[str, str]
    seconds_per_cell: float


def run(
    plan: Plan,
    book: Book,
    out: Path,
    *,
    jobs: int | None = None,
    templates: Path = TEMPLATES,
    seconds_per_cell: float = LONGEST_CELL,
    told: Callable[[Report], None] = lambda report: None,
) -> Manifest:
    """Make the reports of `plan` in `out/<month>` and return what stands there afterwards.

    Beside the pages stands `set_aside.csv`: every row that book.toml left out, with its place and reason.

    `jobs` notebooks run at a time (as many as there are processors, by default), each in a kernel of its own
    and on one checked copy of `book`. `told` hears of each report as it ends. A whole plan replaces the month;
    a part of one leaves the month's other reports. If it is interrupted, what was made so far stands, and no
    kernel is left running.

    Raises:
        RunError: the month's folder holds reports of another book, or its manifest cannot be read.
    """
    folder = (out / plan.month).resolve()
    try:
        earlier = Manifest.read(folder)
    except ValueError as error:
        raise RunError(f"{error}; remove the folder or give another --out") from None
    if earlier and earlier.book["name"] != book.settings.name:
        raise RunError(
            f"{out / plan.month} holds reports of the book {earlier.book['name']!r}, not {book.settings.name!r}; "
            "give another --out"
        )
    made: list[Report] = []
    versions = {"amlib": amlib.__version__, "python": platform.python_version()}
    versions |= {name: version(name) for name in _VERSIONS}

    def manifest(whole: bool) -> Manifest:
        about = {"name": book.settings.name, "hash": book.fingerprint, "set_aside": len(book.set_aside)}
        now = Manifest(plan.month, about, plan.lang, versions, tuple(made))
        return now if whole else now.beside(earlier)

    with tempfile.TemporaryDirectory(prefix="am-", ignore_cleanup_errors=True) as work:
        setting = _Setting(
            work=Path(work).resolve(),
            folder=folder,
            templates=templates.resolve(),
            agency=book.settings.name,
            fingerprint=book.fingerprint,
            made_on=date.today(),
            versions=versions,
            seconds_per_cell=seconds_per_cell,
        )
        _furnish(setting.work, plan, book)
        try:
            for report in _reports(plan.jobs, setting, min(jobs or _processors(), len(plan.jobs))):
                made.append(report)
                told(report)
        except BaseException:
            manifest(whole=False).write(folder, templates)
            raise
    write(folder / SET_ASIDE, book.set_aside.to_csv(index=False, lineterminator="\n"))
    now = manifest(plan.whole)
    now.write(folder, templates)
    _sweep(folder, earlier, now)
    return now


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _furnish(work: Path, plan: Plan, book: Book) -> None:
    """Lay out the folder that notebooks run in: the checked book, the notebooks, and this interpreter as kernel.

    A kernel of the user's own, called python3 too, may be another Python: the one here comes before it.
    """
    save_book(book, work / BOOK)
    for notebook in plan.notebooks:
        shutil.copyfile(notebook.path, work / f"{notebook.name}.ipynb")
    kernel = work / "kernels" / "python3"
    kernel.mkdir(parents=True)
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
        "env": {
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            # The processes run side by side already.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            # Start-up files of the user's own profile are no part of a report.
            "IPYTHONDIR": str(work / "ipython"),
        },
    }
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


def _reports(jobs: Sequence[Job], setting: _Setting, workers: int) -> Iterator[Report]:
    """The reports of `jobs` in the order in which they end.

    A worker process that is killed takes the pool with it. Whatever had begun then runs again, each alone, so
    that the one to blame fails alone; the rest runs again together.
    """
    left = list(jobs)
    for job, report in _pooled(jobs, setting, workers):
        left.remove(job)
        yield report
    if not left:
        return
    begun = [job for job in left if (setting.work / _executed(job)).exists()]
    if len(jobs) == 1 or not begun:
        for job in left:
            error = "The process that made this report was killed; the machine may be short of memory."
            yield _report(job, setting, 0.0, error)
        return
    for job in begun:
        yield from _reports([job], setting, 1)
    if rest := [job for job in left if job not in begun]:
        yield from _reports(rest, setting, workers)


def _pooled(jobs: Sequence[Job], setting: _Setting, workers: int) -> Iterator[tuple[Job, Report]]:
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin, (setting,))
    try:
        futures: dict[Future[Report], Job] = {pool.submit(_make, job): job for job in jobs}
        for future in as_completed(futures):
            try:
                report = future.result()
            except BrokenProcessPool:
                continue
            yield futures[future], report
    except BaseException:
        # Workers end their kernels when they are told to stop, and then themselves.
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


# -- in a worker process

_setting: _Setting
_stopping = False


def _begin(setting: _Setting) -> None:
    """Make this process a worker: it runs in the work folder, where every path in a notebook can be relative."""
    global _setting
    _setting = setting
    os.chdir(setting.work)
    os.environ["JUPYTER_PATH"] = str(setting.work)
    os.environ["JUPYTER_RUNTIME_DIR"] = str(setting.work / "run")
    # What goes wrong stands in the report; the terminal belongs to the progress bar.
    logging.disable()
    with _log().open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    # Ctrl-C reaches every process of the terminal; the parent alone decides, and says so with SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)


def _log() -> Path:
    """Where this worker and its kernels write what would go to the terminal."""
    return _setting.work / f"{os.getpid()}.log"


def _stop(*_: object) -> None:
    global _stopping
    _stopping = True
    raise KeyboardInterrupt


def _make(job: Job) -> Report:
    """Execute one notebook and write its page. Never raises for what a notebook does."""
    if _stopping:
        raise KeyboardInterrupt
    start, error, told = time.perf_counter(), _execute(job, _setting), {}
    nb = _kept(job, _setting, error)
    page = _setting.folder / _html(job)
    if error is None:
        about = Page(
            agency=_setting.agency,
            name="" if job.per == "book" else job.name,
            month=job.params["month"],
            lang=job.params["lang"],
            fingerprint=_setting.fingerprint,
            made_on=_setting.made_on,
            versions=_setting.versions,
        )
        try:
            told = facts(nb)
            write(page, render(nb, about, _setting.templates))
        except RenderError as found:
            error = str(found)
        except Exception as found:
            error = f"{type(found).__name__} while the page was made: {found}"
    if error is not None:
        page.unlink(missing_ok=True)
    return _report(job, _setting, time.perf_counter() - start, error and _tidy(error, _setting), told)


def _report(job: Job, setting: _Setting, seconds: float, error: str | None, told: Mapping | None = None) -> Report:
    executed = _executed(job)
    return Report(
        notebook=job.notebook,
        id=job.id,
        per=job.per,
        title=job.title,
        name=job.name,
        segment=job.segment,
        params=job.params,
        status="ok" if error is None else "failed",
        html=_html(job) if error is None else None,
        executed=executed if (setting.folder / executed).exists() else None,
        seconds=round(seconds, 2),
        data=setting.fingerprint,
        error=error,
        facts=told or {},
    )


def _execute(job: Job, setting: _Setting) -> str | None:
    """Run the notebook with Papermill into the work folder; what went wrong, in words."""
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    executed = Path(_executed(job))
    executed.parent.mkdir(parents=True, exist_ok=True)
    try:
        papermill.execute_notebook(
            f"{job.notebook}.ipynb",
            executed.as_posix(),
            parameters=dict(job.params),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            start_timeout=120,
            execution_timeout=setting.seconds_per_cell,
            shutdown_kernel="immediate",
            config=Config({"KernelManager": _channels()}),
        )
    except PapermillExecutionError as error:
        return _said(f"{error.ename}: {error.evalue}", error.source, error.exec_count)
    except CellTimeoutError:
        return _at_last_cell(executed, f"The cell had not ended after {setting.seconds_per_cell:g} seconds")
    except DeadKernelError:
        return _at_last_cell(executed, "The kernel died; the machine may be short of memory")
    except Exception as error:
        last = _log().read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        return "\n".join([f"{type(error).__name__}: {error}", *last])
    return None


def _channels() -> dict[str, str]:
    """How to talk to a kernel: by socket files where they work. Kernels that start together race for TCP ports.

    The files are named after this worker, which has one kernel at a time: Jupyter's own name for them is the same
    for every kernel of a folder, which is a race again. They are relative, as an address has at most 107 bytes.
    """
    return {"transport": "ipc", "ip": f"kernel-{os.getpid()}"} if sys.platform == "linux" else {"transport": "tcp"}


def _at_last_cell(executed: Path, what: str) -> str:
    run = [
        cell
        for cell in nbformat.read(executed, as_version=4).cells
        if cell.cell_type == "code" and cell.metadata.get("papermill", {}).get("status") != "pending"
    ]
    return _said(what, run[-1].source, len(run)) if run else what


def _said(what: str, source: str, number: int | None) -> str:
    """An error with the cell it is of: 'KeyError: 'fee' (cell [5]: `fees = book.contracts["fe"]`)'."""
    what = what if len(what) <= _LONGEST_ERROR else what[:_LONGEST_ERROR] + "…"
    line = next((line.strip() for line in source.splitlines() if line.strip() and not line.strip().startswith("#")), "")
    return f"{what} (cell [{number}]: `{line[:120]}`)" if line and number else what


def _kept(job: Job, setting: _Setting, error: str | None) -> NotebookNode:
    """The executed notebook, written into the month's folder with its error in it."""
    nb = nbformat.read(_executed(job), as_version=4)
    outputs = [output for cell in nb.cells if cell.cell_type == "code" for output in cell.outputs]
    if error is not None and not any(output.output_type == "error" for output in outputs):
        ran = [cell for cell in nb.cells if cell.metadata.get("papermill", {}).get("status") not in (None, "pending")]
        cell = next((cell for cell in reversed(ran) if cell.cell_type == "code"), None)
        if cell is not None:
            lost = nbformat.v4.new_output("error", ename="Failed", evalue=error, traceback=[error])
            cell.outputs.append(lost)
            outputs.append(lost)
    for output in outputs:
        if output.output_type == "error":
            output.evalue = _tidy(output.evalue, setting)
            output.traceback = [_tidy(line, setting) for line in output.traceback]
        elif output.output_type == "stream":
            output.text = _tidy(output.text, setting)
    write(setting.folder / _executed(job), nbformat.writes(nb) + "\n")
    return nb


def _tidy(text: str, setting: _Setting) -> str:
    """`text` without the absolute paths of this machine: they say nothing to a reader, and may tell too much."""
    places = {
        str(setting.work): ".",
        str(Path(amlib.__file__).parent.parent): "…",
        sys.prefix: "…",
        sys.base_prefix: "…",
        tempfile.gettempdir(): "…",
        str(Path.home()): "~",
    }
    for place in sorted(places, key=len, reverse=True):
        if len(place) > 1:
            text = re.sub(re.escape(place) + r"(?=[/\\'\":\s]|$)", places[place].replace("\\", r"\\"), text)
    return text


def _html(job: Job) -> str:
    return str(PurePosixPath(job.notebook, f"{job.slug}.html"))


def _executed(job: Job) -> str:
    return str(PurePosixPath("executed", job.notebook, f"{job.slug}.ipynb"))


def _sweep(folder: Path, earlier: Manifest | None, now: Manifest) -> None:
    """Remove the files of reports that the month no longer has, and nothing that no manifest named."""
    there = {path for report in now.reports for path in (report.html, report.executed)}
    for report in earlier.reports if earlier else ():
        for path in {report.html, report.executed} - there - {None}:
            # A manifest is a file like any other: someone may have written '../..' into it.
            if re.fullmatch(r"(executed/)?[\w-]+/[\w-]+\.(html|ipynb)", path):
                (folder / path).unlink(missing_ok=True)

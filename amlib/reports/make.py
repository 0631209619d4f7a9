"""One report: its notebook is executed, its page written. What a run hands to its processes, here or elsewhere."""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

import nbformat

import amlib
from amlib.book.brand import Brand
from amlib.reports.audience import audience_of
from amlib.reports.edition import Edition, write
from amlib.reports.execute import Executed, Failure, Limits, begun, execute
from amlib.reports.inputs import TEMPLATES
from amlib.reports.job import Job, Report
from amlib.reports.render import Page, facts, render

_LONGEST_ERROR = 1500


@dataclass(frozen=True)
class Task:
    """A report to make, with all that is needed for it: it can be sent to any process that sees the same folders.

    `notebook` is the file to run, in `edition`'s hidden folder, where the page goes too; `key` says what the report
    is made of, `data` which data it rests on, `book` which book that is of. `templates` is None for amlib's own,
    which may lie elsewhere there.
    `holder` is the run that asked: when it is over, nobody wants the page.
    """

    job: Job
    key: str
    data: str
    book: str
    notebook: Path
    edition: Edition
    templates: Path | None
    holder: str
    agency: str
    brand: Brand
    made_on: date
    versions: Mapping[str, str]
    limits: Limits

    @property
    def mark(self) -> Path:
        """The file that is there while the report is being made."""
        return self.edition.begun / f"{self.job.notebook}--{self.job.slug}"


def make(task: Task) -> Report:
    """Execute a notebook, again where its kernel failed, and write its page. Never raises for what a notebook does."""
    start = time.perf_counter()
    task.mark.touch()
    done = _executed(task)
    if task.edition.holder() != task.holder:
        # A cluster goes on when the run that asked was killed; what the next run writes there is not to be touched.
        return report_of(task, time.perf_counter() - start, Failure("The run that asked for this report is over"))
    told, failure, written = {}, done.failure, None
    try:
        written = _keep(task, done)
        if failure is None:
            told = facts(done.nb)
            _write_page(task, done)
    except Exception as error:
        # Whatever a notebook printed, or a disk that is full: the other reports go on.
        failure = failure or Failure(f"{type(error).__name__} while the page was written: {error}")
    if failure is not None:
        (task.edition.site / html_of(task.job)).unlink(missing_ok=True)
    task.mark.unlink(missing_ok=True)
    return report_of(task, time.perf_counter() - start, failure, executed=written, told=told, parts=done.parts)


def report_of(
    task: Task,
    seconds: float,
    failure: Failure | None,
    *,
    executed: str | None = None,
    told: Mapping | None = None,
    parts: Mapping[str, float] | None = None,
) -> Report:
    """What the manifest says of a report that was made, or failed."""
    job = task.job
    return Report(
        notebook=job.notebook,
        id=job.id,
        per=job.per,
        title=job.title,
        name=job.name,
        segment=job.segment,
        account_manager=job.account_manager,
        params=job.params,
        status="ok" if failure is None else "failed",
        html=html_of(job) if failure is None else None,
        executed=executed,
        seconds=round(seconds, 2),
        parts={part: round(taken, 3) for part, taken in (parts or {}).items()},
        key=task.key,
        data=task.data,
        book=task.book,
        error=failure and _tidy(_said(failure), task),
        cell=failure and failure.cell,
        source=failure and failure.source,
        facts=told or {},
    )


def html_of(job: Job) -> str:
    """Where a report's page stands in the month's folder."""
    return str(PurePosixPath(job.notebook, f"{job.slug}.html"))


def executed_of(job: Job) -> str:
    """Where a report's executed notebook stands in the month's folder."""
    return str(PurePosixPath("executed", job.notebook, f"{job.slug}.ipynb"))


def _executed(task: Task) -> Executed:
    done = execute(task.notebook, task.job.params, task.edition.making, task.limits)
    if done.failure is not None and done.failure.lost:
        done = execute(task.notebook, task.job.params, task.edition.making, task.limits)
    return done


def _write_page(task: Task, done: Executed) -> None:
    about = Page(
        agency=task.agency,
        brand=task.brand,
        name="" if task.job.per == "book" else task.job.name,
        month=task.job.params["month"],
        lang=task.job.params["lang"],
        fingerprint=task.data,
        made_on=task.made_on,
        versions=task.versions,
        audience=audience_of(task.job.params),
        place=task.job.place,
    )
    start = time.perf_counter()
    html = render(done.nb, about, task.templates or TEMPLATES)
    rendered = time.perf_counter()
    write(task.edition.site / html_of(task.job), html)
    done.parts.update(render=rendered - start, write=time.perf_counter() - rendered)


def _keep(task: Task, done: Executed) -> str:
    """Write the executed notebook, with what failed in it; where it stands."""
    nb, failure = done.nb, done.failure
    outputs = [output for cell in nb.cells if cell.cell_type == "code" for output in cell.outputs]
    told = any(output.output_type == "error" for output in outputs)
    if failure is not None and not told and (ran := begun(nb)):
        said = _said(failure)
        lost = nbformat.v4.new_output("error", ename="Failed", evalue=said, traceback=[said])
        ran[-1].outputs.append(lost)
        outputs.append(lost)
    for output in outputs:
        if output.output_type == "error":
            output.evalue = _tidy(output.evalue, task)
            output.traceback = [_tidy(line, task) for line in output.traceback]
        elif output.output_type == "stream":
            output.text = _tidy(output.text, task)
    if "papermill" in nb.metadata:
        nb.metadata.papermill.input_path = task.notebook.name
    write(task.edition.site / executed_of(task.job), nbformat.writes(nb) + "\n")
    return executed_of(task.job)


def _said(failure: Failure) -> str:
    """A failure with its cell: 'KeyError: 'fee' (cell [5]: `fees = book.contracts["fe"]`)'."""
    what = failure.what if len(failure.what) <= _LONGEST_ERROR else failure.what[:_LONGEST_ERROR] + "…"
    lines = (line.strip() for line in failure.source.splitlines())
    line = next((line for line in lines if line and not line.startswith("#")), "")
    return f"{what} (cell [{failure.cell}]: `{line[:120]}`)" if line and failure.cell else what


def _tidy(text: str, task: Task) -> str:
    """`text` without the absolute paths of this machine: they say nothing to a reader, and may tell too much."""
    places = {
        str(task.edition.making): ".",
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

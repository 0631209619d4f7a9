"""Make a plan's reports side by side and put them in the place of the month's; what fails is told, stops nothing."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import psutil

from amlib import kernel
from amlib.book import Book, save_book
from amlib.reports import inputs
from amlib.reports.edition import Edition, Locked, link, write, write_json
from amlib.reports.execute import Failure, Limits
from amlib.reports.inputs import MANIFEST, TEMPLATES
from amlib.reports.job import BOOK, Job, Report
from amlib.reports.make import Task, executed_of, html_of, make, report_of
from amlib.reports.plan import Notebook, Plan
from amlib.reports.site import INDEX, SET_ASIDE, Manifest

MEMORY_OF_ONE = 400 << 20
"""Bytes that a report takes, kernel and all; so many fit side by side as there are of these free."""

_KILLED = Failure("The process that made this report was killed; the machine may be short of memory")


class RunError(RuntimeError):
    """The reports cannot be written where they were asked for."""


def run(
    plan: Plan,
    book: Book,
    out: Path,
    *,
    executor: Executor | None = None,
    jobs: int | None = None,
    force: bool = False,
    only_failed: bool = False,
    limits: Limits | None = None,
    templates: Path = TEMPLATES,
    made_of: str = "",
    told: Callable[[Report], None] = lambda report: None,
) -> Manifest:
    """Make the reports of `plan` in `out/<month>` and return what stands there afterwards.

    The month's folder changes in one step, at the end: until then a reader sees the last edition. A run that was
    interrupted or killed is taken up where it was by the same call. A report is not made again while its
    notebook, parameters, data, template, versions and amlib itself are what they were, but for `force`;
    `only_failed` makes those alone that failed last time. Beside the pages stands `set_aside.csv`: every row that
    book.toml left out, with its place and reason. A whole plan replaces the month; a part of one leaves the month's
    other reports.

    Reports are made by `executor`, whose processes must see `out`, or by `jobs` processes of this machine (as many as
    it has processors and memory for, by default), each in a kernel of its own and on one checked copy of `book`, within
    `limits`. `told` hears of each report as it ends. `made_of` is kept in the manifest for `inputs.unchanged`.

    Raises:
        RunError: the month's folder holds reports of another book, its manifest cannot be read, another run is
            making it, or nothing has failed where `only_failed` asks for it.
        OSError: the folder cannot be written to.
    """
    edition = Edition((out / plan.month).resolve())
    try:
        with edition.locked():
            return _Run(plan, book, edition, templates.resolve(), limits or Limits(), made_of).make(
                executor, jobs, force, only_failed, told
            )
    except Locked as error:
        raise RunError(f"{error}; wait for it, or give another --out") from None


@dataclass
class _Run:
    """One run, of which the month's folder is locked."""

    plan: Plan
    book: Book
    edition: Edition
    templates: Path
    limits: Limits
    made_of: str

    def make(
        self,
        executor: Executor | None,
        jobs: int | None,
        force: bool,
        only_failed: bool,
        told: Callable[[Report], None],
    ) -> Manifest:
        wanted = [job for job in self.plan.jobs if not only_failed or self._failed(job)]
        if not wanted:
            raise RunError(f"No report of {self.plan.month} that was asked for failed last time")
        self.edition.open()
        made: list[Report] = []
        tasks = []
        for job in wanted:
            if not force and (report := self._as_it_was(job)):
                made.append(report)
                told(report)
            else:
                tasks.append(self._task(job))
        if tasks:
            self._furnish()
            for report in _reports(tasks, executor, jobs):
                write_json(self._note(report.notebook, report.id), asdict(report))
                made.append(report)
                told(report)
        return self._publish(made)

    # -- what there is already

    @cached_property
    def earlier(self) -> Manifest | None:
        """What stands in the month's folder."""
        earlier = self._read(self.edition.folder)
        if earlier and earlier.book["name"] != self.book.settings.name:
            raise RunError(
                f"{self.edition.folder.name} holds reports of the book {earlier.book['name']!r}, "
                f"not {self.book.settings.name!r}; give another --out"
            )
        return earlier

    @cached_property
    def _known(self) -> dict[tuple[str, str], list[tuple[Path, Report]]]:
        """Every report that is there complete, with the folder it is in: the month's, or that of a killed run."""
        found: dict[tuple[str, str], list[tuple[Path, Report]]] = {}
        notes = [Report(**json.loads(path.read_text("utf-8"))) for path in sorted(self.edition.done.glob("*/*.json"))]
        places = [
            (self.edition.folder, self.earlier.reports if self.earlier else ()),
            (self.edition.site, ((manifest := self._read(self.edition.site)) and manifest.reports) or ()),
            (self.edition.site, notes),
        ]
        for folder, reports in places:
            for report in reports:
                found.setdefault((report.notebook, report.id), []).append((folder, report))
        return found

    def _read(self, folder: Path) -> Manifest | None:
        try:
            return Manifest.read(folder)
        except ValueError as error:
            raise RunError(f"{error}; remove the folder or give another --out") from None

    def _failed(self, job: Job) -> bool:
        return any(report.status == "failed" for _, report in self._known.get((job.notebook, job.id), [])[-1:])

    def _as_it_was(self, job: Job) -> Report | None:
        """A page of this job that is made of the same things, linked into the edition."""
        for folder, report in reversed(self._known.get((job.notebook, job.id), [])):
            if report.status == "failed" or report.key != self._key(job):
                continue
            paths = [html_of(job), executed_of(job)]
            if not all((folder / path).exists() for path in paths):
                continue
            if folder == self.edition.site:
                return report
            for path in paths:
                link(folder / path, self.edition.site / path)
            return replace(report, status="unchanged", data=self._data(job), name=job.name, segment=job.segment)
        return None

    # -- what a report is made of

    def _key(self, job: Job) -> str:
        notebook = self._notebooks[job.notebook].path.read_text("utf-8")
        return inputs.digest([self._tools, self.book.settings.name, notebook, asdict(job), self._data(job)])

    @cached_property
    def _notebooks(self) -> Mapping[str, Notebook]:
        return {notebook.name: notebook for notebook in self.plan.notebooks}

    def _data(self, job: Job) -> str:
        """The hash of the data that a report rests on."""
        if self._notebooks[job.notebook].rests_on == "client":
            return self.book.fingerprints[job.id]
        return self.book.fingerprint

    @cached_property
    def _tools(self) -> str:
        return inputs.of_tools(self.templates)

    def _task(self, job: Job) -> Task:
        return Task(
            job=job,
            key=self._key(job),
            data=self._data(job),
            notebook=self.edition.making / f"{job.notebook}.ipynb",
            edition=self.edition,
            templates=None if self.templates == TEMPLATES.resolve() else self.templates,
            holder=self.edition.holder(),
            agency=self.book.settings.name,
            made_on=date.today(),
            versions=inputs.versions(),
            limits=self.limits,
        )

    def _furnish(self) -> None:
        """Lay out the folder that notebooks run in: the checked book and the notebooks."""
        folder = self.edition.making
        frozen = folder / "frozen.json"
        about = {"fingerprint": self.book.fingerprint}
        if not frozen.exists() or json.loads(frozen.read_text("utf-8")) != about:
            shutil.rmtree(folder / BOOK, ignore_errors=True)
            save_book(self.book, folder / BOOK)
            write_json(frozen, about)
        for notebook in self.plan.notebooks:
            shutil.copyfile(notebook.path, folder / f"{notebook.name}.ipynb")

    def _note(self, notebook: str, id: str) -> Path:
        return self.edition.done / notebook / f"{hashlib.sha256(id.encode()).hexdigest()[:20]}.json"

    # -- the month's folder

    def _publish(self, made: Sequence[Report]) -> Manifest:
        about = {
            "name": self.book.settings.name,
            "hash": self.book.fingerprint,
            "set_aside": len(self.book.set_aside),
        }
        manifest = Manifest(self.plan.month, about, self.plan.lang, inputs.versions(), tuple(made), self.made_of)
        ran = {(job.notebook, job.id) for job in self.plan.jobs}
        whole = self.plan.whole and {(r.notebook, r.id) for r in made} == ran
        manifest = manifest if whole else manifest.beside(self.earlier)
        site = self.edition.site
        expected = {path for report in manifest.reports for path in (report.html, report.executed) if path}
        for path in _files(site):
            if path not in expected:
                (site / path).unlink()
        if self.earlier:
            own = {path for report in self.earlier.reports for path in (report.html, report.executed)}
            own |= {MANIFEST, INDEX, SET_ASIDE}
            for path in _files(self.edition.folder):
                # What no report of the month ever was is somebody's own, and stays.
                if not (site / path).exists() and (path in expected or path not in own):
                    link(self.edition.folder / path, site / path)
        elif self.edition.folder.exists():
            for path in _files(self.edition.folder):
                link(self.edition.folder / path, site / path)
        write(site / SET_ASIDE, self.book.set_aside.to_csv(index=False, lineterminator="\n"))
        manifest.write(site, self.templates)
        self.edition.publish()
        return manifest


def _files(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


# -- side by side


def _reports(tasks: Sequence[Task], executor: Executor | None, jobs: int | None) -> Iterator[Report]:
    """The reports of `tasks` in the order in which they end."""
    if executor is not None:
        yield from _handed(executor, tasks)
        return
    with _one_parent_of_kernels():
        yield from _pooled(tasks, min(jobs or _side_by_side(), len(tasks)))


def _handed(executor: Executor, tasks: Sequence[Task]) -> Iterator[Report]:
    """The reports of `tasks`, made by whoever is behind `executor`.

    What was lost with its process runs again when the rest has ended, each alone, so that the one to blame fails alone.
    """
    left = {task.job: task for task in tasks}
    for task, report in _submitted(executor, tasks):
        del left[task.job]
        yield report
    for task in left.values():
        task.mark.unlink(missing_ok=True)
        yield from [report for _, report in _submitted(executor, [task])] or [report_of(task, 0.0, _KILLED)]


def _side_by_side() -> int:
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(processors, psutil.virtual_memory().available // MEMORY_OF_ONE))


@contextmanager
def _one_parent_of_kernels() -> Iterator[None]:
    """Meanwhile all processes of a run fork their kernels from one parent."""
    with kernel.Parent() if kernel.can_fork() else nullcontext() as parent:
        before = {name: os.environ.get(name) for name in (kernel.PARENT, *kernel.ONE_THREAD)}
        os.environ.update({kernel.PARENT: parent.address} if parent else {}, **kernel.ONE_THREAD)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def _pooled(tasks: Sequence[Task], workers: int) -> Iterator[Report]:
    """The reports of `tasks`, made by processes of this machine.

    A process that is killed takes the pool with it. Whatever had begun then runs again, each alone, so that the one
    to blame fails alone; the rest runs again together.
    """
    left = {task.job: task for task in tasks}
    pool = ProcessPoolExecutor(workers, _context(), _begin, (dict(os.environ),))
    try:
        for task, report in _submitted(pool, tasks):
            del left[task.job]
            yield report
    except BaseException:
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    begun = [task for task in left.values() if task.mark.exists()]
    if len(tasks) == 1 or (left and not begun):
        for task in left.values():
            yield report_of(task, 0.0, _KILLED)
        return
    for task in begun:
        task.mark.unlink()
        yield from _pooled([task], 1)
    if rest := [task for task in left.values() if task not in begun]:
        yield from _pooled(rest, workers)


def _submitted(executor: Executor, tasks: Sequence[Task]) -> Iterator[tuple[Task, Report]]:
    """Tasks and their reports in the order in which they end, but for those that a broken executor has lost."""
    futures: dict[Future[Report], Task] = {}
    try:
        with suppress(BrokenExecutor):
            for task in tasks:
                futures[executor.submit(make, task)] = task
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except BrokenExecutor:
                continue
    finally:
        for future in futures:
            future.cancel()


def _context() -> multiprocessing.context.BaseContext:
    """Processes that start from a clean one which has imported what they need, where there is such a thing."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["amlib.reports.make"])
    return context


def _begin(environment: Mapping[str, str]) -> None:
    """In each process of the pool: have the run's environment, end with the run, and only then."""
    # The process it was forked from may have begun with an earlier run, and has the environment of that one.
    os.environ.clear()
    os.environ.update(environment)
    # Ctrl-C reaches every process of the terminal; the parent alone decides, and says so with SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()

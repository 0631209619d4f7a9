"""Make a plan's reports side by side and put them in the place of the month's; what fails is told, stops nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import nbformat
import pandas as pd

from amlib.book import Book, open_book, save_book
from amlib.book.spreadsheet import as_csv
from amlib.reports import inputs
from amlib.reports.archive import archive
from amlib.reports.audience import CLIENT, meant_for
from amlib.reports.edition import DONE, Edition, Locked, link, write, write_json
from amlib.reports.execute import Limits
from amlib.reports.inputs import MANIFEST, TEMPLATES
from amlib.reports.job import BOOK, Job, Report
from amlib.reports.make import Task, executed_of, html_of
from amlib.reports.plan import Notebook, Plan
from amlib.reports.pool import reports_of
from amlib.reports.site import INDEX, SET_ASIDE, Look, Manifest, latest_of, lead_to, months_of


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
    beside: Mapping[str, Callable[[Book], pd.DataFrame]] | None = None,
    print_pages: Callable[[Sequence[tuple[Path, Path]]], None] | None = None,
    archives: bool = False,
    told: Callable[[Report], None] = lambda report: None,
) -> Manifest:
    """Make the reports of `plan` in `out/<month>`, those for clients in `out/<month>-client`; what stands there then.

    The month's folder changes in one step, at the end: until then a reader sees the last edition. A run that was
    interrupted or killed is taken up where it was by the same call. A report is not made again while its
    notebook, parameters, data, template, versions and amlib itself are what they were. `force` makes again what the
    month has, though not what an interrupted run has made since; `only_failed` makes those alone that failed in the
    month's last edition. A whole plan replaces the month; a part of one leaves the month's other reports.

    Beside the pages stands `set_aside.csv`: every row that book.toml left out, with its place and reason. So do the
    CSV files of `beside`, by name, of what each computes of the book as it was known at the month's end; one that
    raises `ValueError` is left out, as the pages that rest on the same values say what is wrong with them.

    What is for clients is made without the cells and the data that are internal. No index, no rows set aside and none
    of `beside` stand beside it: each page is for one client alone.

    `print_pages` (`printing.printer`) prints pages into files beside them; what an earlier run printed of a page that
    is as it was stays. With `archives` there is one of the pages of each account manager, or client
    (`archive.archive`): those of the last run.

    Reports are made by `executor`, whose processes must see `out`, or by `jobs` processes of this machine (as many as
    it has processors and memory for, by default), each in a kernel of its own and on one checked copy of `book`, within
    `limits`. `told` hears of each report as it ends. `made_of` is kept in the manifest for `inputs.unchanged`.

    Raises:
        RunError: the month's folder holds reports of another book, its manifest cannot be read, another run is
            making it, or nothing has failed where `only_failed` asks for it.
        PrintError: pages cannot be printed.
        OSError: the folder cannot be written to.
    """
    edition = Edition((out / plan.folder).resolve())
    try:
        with edition.locked():
            # What became known later is no part of this month, nor of what its reports are made of.
            known = book.as_of(plan.month)
            known = known.for_clients() if plan.audience == CLIENT else known
            of_run = _Run(
                plan,
                known,
                edition,
                templates.resolve(),
                limits or Limits(),
                made_of,
                beside or {},
                print_pages,
                archives,
            )
            return of_run.make(executor, jobs, force, only_failed, told)
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
    beside: Mapping[str, Callable[[Book], pd.DataFrame]]
    print_pages: Callable[[Sequence[tuple[Path, Path]]], None] | None
    archives: bool

    def make(
        self,
        executor: Executor | None,
        jobs: int | None,
        force: bool,
        only_failed: bool,
        told: Callable[[Report], None],
    ) -> Manifest:
        failed = {(report.notebook, report.id) for report in self.earlier.failed} if self.earlier else set()
        wanted = [job for job in self.plan.jobs if not only_failed or (job.notebook, job.id) in failed]
        if not wanted:
            raise RunError(f"No report of {self.plan.month} that was asked for failed last time")
        self.edition.open()
        made: list[Report] = []
        tasks = []
        for job in wanted:
            if report := self._as_it_was(job, force):
                made.append(report)
                told(report)
            else:
                tasks.append(self._task(job))
        book = self.book
        if tasks:
            book = self._furnish()
            with closing(reports_of(tasks, executor, jobs)) as reports:
                for report in reports:
                    write_json(self._note(report.notebook, report.id), asdict(report))
                    made.append(report)
                    told(report)
        return self._publish(made, book)

    # -- what there is already

    @cached_property
    def earlier(self) -> Manifest | None:
        """What stands in the month's folder."""
        earlier, latest = self._read(self.edition.folder), latest_of(self.edition.folder.parent)
        for there in (earlier, latest):
            if there and there.book["name"] != self.book.settings.name:
                raise RunError(
                    f"{there.month} holds reports of the book {there.book['name']!r}, not {self.book.settings.name!r}: "
                    "the pages of both would lead to each other; give another --out"
                )
        return earlier

    @cached_property
    def _known(self) -> Mapping[tuple[str, str], Report]:
        """The reports that stand in the month's folder."""
        return {(report.notebook, report.id): report for report in (self.earlier.reports if self.earlier else ())}

    @cached_property
    def _left(self) -> Mapping[tuple[str, str], Report]:
        """The reports that a killed run has completed in the edition."""
        left = {}
        for path in self.edition.done.glob("*/*.json"):
            with suppress(ValueError, TypeError):  # of another version, which has made another page
                report = Report(**json.loads(path.read_text("utf-8")))
                left[report.notebook, report.id] = report
        return left

    def _read(self, folder: Path) -> Manifest | None:
        try:
            return Manifest.read(folder)
        except ValueError as error:
            raise RunError(f"{error}; remove the folder or give another --out") from None

    def _as_it_was(self, job: Job, force: bool) -> Report | None:
        """The report of this job that is made of the same things, with its files in the edition."""
        about, paths = (job.notebook, job.id), (html_of(job), executed_of(job))

        def is_it(report: Report | None, folder: Path) -> bool:
            same = report is not None and report.status != "failed" and report.key == self._key(job)
            return same and all((folder / path).exists() for path in paths)

        if is_it(left := self._left.get(about), self.edition.site):
            return replace(left, book=self.book.fingerprint)
        # From here on the files of the edition are others than the note speaks of.
        self._note(*about).unlink(missing_ok=True)
        if force or not is_it(known := self._known.get(about), self.edition.folder):
            return None
        printed = known.pdf if known.pdf and (self.edition.folder / known.pdf).exists() else None
        for path in filter(None, (*paths, printed)):
            link(self.edition.folder / path, self.edition.site / path)
        return replace(known, status="unchanged", data=self._data(job), book=self.book.fingerprint, pdf=printed)

    # -- what a report is made of

    def _key(self, job: Job) -> str:
        notebook = self._notebooks[job.notebook].path.read_text("utf-8")
        seen = [self.book.settings.name, asdict(self.book.settings.brand)]
        return inputs.digest([self._tools, *seen, notebook, asdict(job), self._data(job)])

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
            book=self.book.fingerprint,
            notebook=self.edition.making / f"{job.notebook}.ipynb",
            edition=self.edition,
            templates=None if self.templates == TEMPLATES.resolve() else self.templates,
            holder=self.edition.holder(),
            agency=self.book.settings.name,
            brand=self.book.settings.brand,
            made_on=date.today(),
            versions=inputs.versions(),
            limits=self.limits,
        )

    def _furnish(self) -> Book:
        """Lay out the folder that notebooks run in: the checked book, which is returned, and the notebooks."""
        folder = self.edition.making
        frozen = folder / "frozen.json"
        about = {"fingerprint": self.book.fingerprint}
        if not frozen.exists() or json.loads(frozen.read_text("utf-8")) != about:
            shutil.rmtree(folder / BOOK, ignore_errors=True)
            save_book(self.book, folder / BOOK)
            write_json(frozen, about)
        for notebook in self.plan.notebooks:
            nb = meant_for(nbformat.read(notebook.path, as_version=4), self.plan.audience)
            write(folder / f"{notebook.name}.ipynb", nbformat.writes(nb))
        return open_book(folder / BOOK)

    def _note(self, notebook: str, id: str) -> Path:
        return self.edition.done / notebook / f"{hashlib.sha256(id.encode()).hexdigest()[:20]}.json"

    # -- the month's folder

    def _publish(self, made: Sequence[Report], book: Book) -> Manifest:
        """Swap the edition in; `book` is the one to ask, which knows already what reports asked of it."""
        made = self._printed(made)
        about = {
            "name": self.book.settings.name,
            "hash": self.book.fingerprint,
            **({} if self.plan.audience == CLIENT else {"set_aside": len(self.book.set_aside)}),
        }
        manifest = Manifest(
            self.plan.month,
            about,
            self.plan.lang,
            inputs.versions(),
            tuple(made),
            self.made_of,
            self.plan.audience,
        )
        ran = {(job.notebook, job.id) for job in self.plan.jobs}
        whole = self.plan.whole and {(r.notebook, r.id) for r in made} == ran
        manifest = manifest if whole else manifest.beside(self.earlier)
        site = self.edition.site
        for path in _files(site) - _paths(made):
            (site / path).unlink()
        # What no report of the month ever was is somebody's own, and stays.
        ours = {MANIFEST, INDEX, SET_ASIDE, *self.beside}
        own = _paths(self.earlier.reports) | ours | {*self.earlier.archives} if self.earlier else set()
        for path in _files(self.edition.folder) - (own - _paths(manifest.reports)) - _paths(made):
            link(self.edition.folder / path, site / path)
        if self.plan.audience != CLIENT:
            write(site / SET_ASIDE, as_csv(self.book.set_aside))
            for name, compute in self.beside.items():
                with suppress(ValueError):  # of values that cannot be right: the pages that rest on them say which
                    write(site / name, as_csv(compute(book)))
        look = Look(self.templates, self.book.settings.brand)
        if self.archives:
            keepers = self.book.clients.dropna(subset="am_id").set_index("client_id")["am_id"].to_dict()
            manifest = archive(manifest, keepers, site, look)
        out = self.edition.folder.parent
        manifest.write(site, look, months_of(out))
        self.edition.publish()
        if self.plan.audience != CLIENT:
            lead_to(out, manifest, look)
        return manifest

    def _printed(self, made: Sequence[Report]) -> Sequence[Report]:
        """The reports, those printed that were not."""
        if self.print_pages is None:
            return made
        new = [
            replace(report, pdf=str(Path(report.html).with_suffix(".pdf").as_posix()))
            for report in made
            if report.html and not report.pdf
        ]
        site = self.edition.site
        self.print_pages([(site / report.html, site / report.pdf) for report in new])
        printed = {(report.notebook, report.id): report for report in new}
        return [printed.get((report.notebook, report.id), report) for report in made]


def _files(folder: Path) -> set[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return {path.as_posix() for path in found if path.parts[0] != DONE}


def _paths(reports: Iterable[Report]) -> set[str]:
    return {path for report in reports for path in report.paths}

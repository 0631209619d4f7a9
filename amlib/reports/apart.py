"""Workers that share no folder with the run: it lays out what they need at an address, and they send back the pages.

The address is one of fsspec (`s3://…`, `gs://…`, `sftp://…`). Each run has a place of its own there, for as long as it
makes reports.
"""

from __future__ import annotations

import atexit
import contextlib
import tempfile
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amlib.reports.edition import Edition, write

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

    from amlib.reports.job import Report
    from amlib.reports.make import Task

_BEGUN, _TEMPLATES = "begun", "templates"
_NOT_SENT = ("site", "begun")
"""What an edition's hidden folder has beside what its notebooks read."""


class Address:
    """A place of one run's own beneath `address`, for `executors.dask`.

    Raises:
        ImportError, ValueError: there is nothing that can use such an address.
    """

    def __init__(self, address: str) -> None:
        self.needs = f"--share must be an address that all machines can read and write: {address}"
        self._place = f"{address.rstrip('/')}/am-{uuid.uuid4().hex}"
        self._laid_out = False
        _at(self._place)

    @contextmanager
    def signed(self) -> Iterator[Callable[[], str | None]]:
        """What tells on a worker why it cannot use the address, None where it can.

        Raises:
            OSError: it cannot be used from here.
        """
        with _told():
            fs, root = _at(self._place)
            fs.makedirs(root, exist_ok=True)
            fs.pipe_file(f"{root}/seen", b"seen")
        yield partial(_hinders, self._place)

    def ask(self, function: Callable[[Task], Report], task: Task) -> tuple[Any, ...]:
        """What a worker is to call for a report, and with what.

        Raises:
            OSError: what it needs could not be laid out.
        """
        if not self._laid_out:
            with _told():
                self._lay_out(task)
            self._laid_out = True
        return _make, function, task, self._place, uuid.uuid4().hex

    def take(self, task: Task, answer: tuple[Report, dict[str, str]]) -> Report:
        """The report of what a worker answered, whose files are written here."""
        report, files = answer
        for path, text in files.items():
            write(task.edition.site / path, text)
        return report

    def close(self) -> None:
        """Remove all that was laid out; a warning where that cannot be, for the reports are made."""
        try:
            fs, root = _at(self._place)
            with contextlib.suppress(FileNotFoundError), _told():
                fs.rm(root, recursive=True)
        except OSError as error:
            warnings.warn(f"{self._place} holds the book and could not be removed; remove it: {error}", stacklevel=2)

    def _lay_out(self, task: Task) -> None:
        making = task.edition.making
        folders = {making: making.name} | ({task.templates: _TEMPLATES} if task.templates else {})
        fs, root = _at(self._place)
        for folder, name in folders.items():
            for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                within = file.relative_to(folder)
                if folder == making and within.parts[0] in _NOT_SENT:
                    continue
                there = f"{root}/sent/{name}/{within.as_posix()}"
                fs.makedirs(there.rpartition("/")[0], exist_ok=True)
                fs.put_file(str(file), there)


def _at(address: str) -> tuple[AbstractFileSystem, str]:
    from fsspec.core import url_to_fs

    return url_to_fs(address)


@contextmanager
def _told() -> Iterator[None]:
    """Each service has errors of its own."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {error}") from error


# -- on the workers


def _hinders(place: str) -> str | None:
    try:
        fs, root = _at(place)
        if fs.cat_file(f"{root}/seen") != b"seen":
            return "sees something else there"
        fs.pipe_file(f"{root}/{uuid.uuid4().hex}", b"")
    except Exception as error:  # whatever a service or its library answers
        return f"cannot use it: {type(error).__name__}: {error}"
    return None


def _make(function: Callable[[Task], Report], task: Task, place: str, asked: str) -> tuple[Report, dict[str, str]]:
    """Make a report that nobody has begun when it was `asked` for, and its files.

    As in a shared folder, one whose worker was killed is not begun by the next: the run decides what is tried again.
    """
    try:
        _begin(f"{_BEGUN}/{asked}", place)
        here = _sent(place)
    except BrokenExecutor:
        raise
    except Exception as error:  # the other reports go on
        from amlib.reports.execute import Failure
        from amlib.reports.make import report_of

        why = Failure(f"Its worker could not fetch the book: {type(error).__name__}: {error}")
        return report_of(task, 0.0, why), {}
    edition = Edition(here / task.edition.folder.name)
    for folder in (edition.site, edition.begun):
        folder.mkdir(parents=True, exist_ok=True)
    mine = replace(
        task,
        edition=edition,
        notebook=edition.making / task.notebook.name,
        templates=task.templates and here / _TEMPLATES,
        holder=edition.holder(),
    )
    report, files = function(mine), {}
    for path in report.paths:
        files[path] = (edition.site / path).read_text("utf-8")
        (edition.site / path).unlink()
    return report, files


def _begin(mark: str, place: str) -> None:
    fs, root = _at(place)
    if not fs.exists(f"{root}/seen"):
        raise FileNotFoundError("the run has removed it")
    if fs.exists(f"{root}/{mark}"):
        raise BrokenExecutor("The worker that began this report was killed")
    fs.makedirs(f"{root}/{_BEGUN}", exist_ok=True)
    fs.pipe_file(f"{root}/{mark}", b"")


_KEPT = 4
"""Runs of which a process keeps what it has fetched; as many may be at work on a cluster side by side."""

_folders: dict[str, tempfile.TemporaryDirectory] = {}
_one_at_a_time = threading.Lock()


def _sent(place: str) -> Path:
    """A folder of this process with what a run has sent, fetched once."""
    with _one_at_a_time:
        if place not in _folders:
            folder = tempfile.TemporaryDirectory(prefix="am-sent-", dir=_own_place())
            try:
                _fetch(place, Path(folder.name))
            except BaseException:
                folder.cleanup()
                raise
            while len(_folders) >= _KEPT:
                _folders.pop(next(iter(_folders))).cleanup()
            _folders[place] = folder
        return Path(_folders[place].name)


def _own_place() -> str | None:
    """Where Dask looks for what a killed worker has left."""
    from distributed import get_worker

    try:
        return get_worker().local_directory
    except ValueError:  # this is no worker
        return None


def _fetch(place: str, folder: Path) -> None:
    fs, root = _at(place)
    sent = f"{root}/sent/"
    for path in fs.find(sent):
        file = folder / path.removeprefix(sent)
        file.parent.mkdir(parents=True, exist_ok=True)
        fs.get_file(path, str(file))


@atexit.register
def _forget() -> None:
    while _folders:
        _folders.popitem()[1].cleanup()

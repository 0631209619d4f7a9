"""Who makes a run's reports: the processes of this machine, or the workers of a Dask cluster.

Each entry of `EXECUTORS` is a name for `am report --executor`. Whoever has another `concurrent.futures.Executor` hands
it to `run` as it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, InvalidStateError, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amlib.reports import inputs
from amlib.reports.apart import Address

if TYPE_CHECKING:
    from distributed import Client

    from amlib.reports.job import Report
    from amlib.reports.make import Task

# `am report` imports this before it knows whether anything has changed: nothing heavy is imported here.

LONGEST_CONNECT = 5.0
"""Seconds within which a scheduler must answer, and must have a worker."""

LONGEST_ALONE = 60.0
"""Seconds that a run waits for a worker when the cluster has lost its last one."""


class ExecutorError(RuntimeError):
    """Nobody is there to make the reports, or who is there would not make the same ones."""


def executor(
    name: str, out: Path, *, scheduler: str | None = None, jobs: int | None = None, share: str | None = None
) -> AbstractContextManager[Executor | None]:
    """What makes the reports that go to `out`, for as long as it is needed; None for the run's own processes.

    Raises:
        ExecutorError: there is nothing of that name, or it takes no such option; once it is entered also where it
            is not fit for use.
    """
    if name not in EXECUTORS:
        close = get_close_matches(name, EXECUTORS, n=1)
        also = f". Did you mean {close[0]!r}?" if close else ""
        raise ExecutorError(f"There is no executor {name!r} (there are: {', '.join(EXECUTORS)}){also}")
    return EXECUTORS[name](out, scheduler, jobs, share)


def _processes(
    out: Path, scheduler: str | None, jobs: int | None, share: str | None
) -> AbstractContextManager[Executor | None]:
    for option, given in {"--scheduler": scheduler, "--share": share}.items():
        if given:
            raise ExecutorError(f"{option} {given} is for --executor dask, which was not given")
    return nullcontext()


def _dask(
    out: Path, scheduler: str | None, jobs: int | None, share: str | None
) -> AbstractContextManager[Executor | None]:
    if not scheduler:
        raise ExecutorError("--executor dask needs --scheduler with the address that `dask scheduler` prints: tcp://…")
    if jobs:
        raise ExecutorError("--jobs is for the processes of this machine; on Dask it is the workers that decide")
    return dask(scheduler, out, share)


EXECUTORS: Mapping[
    str, Callable[[Path, str | None, int | None, str | None], AbstractContextManager[Executor | None]]
] = {
    "processes": _processes,
    "dask": _dask,
}


@contextmanager
def dask(scheduler: str, out: Path, share: str | None = None) -> Iterator[Executor]:
    """The workers of a Dask cluster, which must have the same amlib.

    They must see the folder `out` under the same path, or all be able to use the fsspec address `share`.

    Raises:
        ExecutorError: Dask is not installed, the scheduler does not answer or has no worker, or a worker is not fit.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise ExecutorError("Dask is not installed here; it comes with: pip install --editable '.[dask]'") from None
    _refuse_no_scheduler(scheduler)
    with (
        contextlib.closing(_address(share) if share else _Folder(out.resolve())) as between,
        Client(scheduler, timeout=LONGEST_CONNECT, set_as_default=False) as client,
    ):
        _refuse_unfit_workers(client, scheduler, between)
        with contextlib.closing(_Cluster(client, scheduler, between)) as cluster:
            yield cluster


def _address(share: str) -> Address:
    try:
        return Address(share)
    except (ImportError, ValueError) as error:
        raise ExecutorError(f"--share {share} is no address that can be used here: {error}") from None


class _Folder:
    """What lies between the run and its workers: a folder that all of them see under the same path."""

    def __init__(self, out: Path) -> None:
        self.needs = f"--out must be a folder that all machines share under this path: {out}"
        self._out = out

    @contextmanager
    def signed(self) -> Iterator[Callable[[], str | None]]:
        """What tells on a worker why it cannot use the folder, None where it can."""
        self._out.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self._out, prefix=".seen-", encoding="utf-8") as file:
            token = Path(file.name).name
            file.write(token)
            file.flush()
            yield partial(_hinders, self._out, token)

    def ask(self, function: Callable[[Task], Report], task: Task) -> tuple[Any, ...]:
        """What a worker is to call for a report, and with what."""
        return _once, function, task

    def take(self, task: Task, report: Report) -> Report:
        """The report of what a worker answered."""
        return report

    def close(self) -> None:
        """The folder stays."""


class _Cluster(Executor):
    """Dask's workers as an executor. What is submitted has a `Task` as its only argument."""

    def __init__(self, client: Client, scheduler: str, between: _Folder | Address) -> None:
        self._client, self._scheduler, self._between = client, scheduler, between
        # Dask forgets what nobody holds.
        self._pending: dict[Future, Any] = {}
        self._over = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def submit(self, function: Callable[[Task], Report], task: Task, /) -> Future[Report]:  # type: ignore[override]
        told: Future[Report] = Future()
        try:
            asked = self._between.ask(function, task)
        except OSError as error:
            raise _unusable(self._between, error) from None
        there = self._client.submit(*asked, pure=False)
        self._pending[told] = there

        def end(there: Any) -> None:
            self._pending.pop(told, None)
            if told.done():  # the run gave it up; to ask a client that is being closed may take for ever
                return
            with contextlib.suppress(InvalidStateError):
                try:
                    told.set_result(self._between.take(task, there.result()))
                except BaseException as error:
                    told.set_exception(self._said(error, there.status))

        there.add_done_callback(end)
        return told

    def _said(self, error: BaseException, status: str) -> BaseException:
        from distributed import KilledWorker

        if isinstance(error, KilledWorker):
            return BrokenExecutor(str(error))
        return error if status == "error" else ExecutorError(f"The Dask scheduler at {self._scheduler} is gone")

    def _watch(self) -> None:
        """Give up what is left when the cluster has had no worker for a long time; Dask would wait for ever."""
        last = time.monotonic()
        while not self._over.wait(1):
            with contextlib.suppress(Exception):  # a scheduler that does not answer ends the futures itself
                if self._client.nthreads():
                    last = time.monotonic()
                elif time.monotonic() - last > LONGEST_ALONE:
                    lost = ExecutorError(f"The Dask scheduler at {self._scheduler} has no worker any more")
                    for told in list(self._pending):
                        told.set_exception(lost)
                    return

    def close(self) -> None:
        """Look no more after the cluster, which is not ours to end."""
        self._over.set()


# -- on the workers


def _once(function: Callable[[Task], Report], task: Task) -> Report:
    """Make a report that nobody has begun.

    Dask gives what a killed worker was at to the next one, several times. A report that kills its worker would end
    them all: the run itself decides what is tried again.
    """
    if task.mark.exists():
        raise BrokenExecutor("The worker that began this report was killed")
    return function(task)


def _found(hinders: Callable[[], str | None]) -> dict[str, Any]:
    """What a worker makes reports with, and what hinders it."""
    return {
        "versions": dict(inputs.versions()),
        "tools": inputs.of_tools(inputs.TEMPLATES),
        "hinders": hinders(),
    }


def _hinders(folder: Path, token: str) -> str | None:
    """Why a worker cannot use a folder, where a file holds `token`."""
    try:
        if (folder / token).read_text("utf-8") == token:
            with tempfile.TemporaryFile(dir=folder):
                pass
    except FileNotFoundError:
        return "does not see it"
    except OSError as error:
        return f"cannot use it: {error.strerror}"
    return None


# -- before anything is made


def _refuse_no_scheduler(address: str) -> None:
    """A client that cannot connect takes long to give up, and prints a traceback: ask without one."""
    from distributed import rpc

    async def kind() -> str:
        async with rpc(address, timeout=LONGEST_CONNECT) as there:
            return (await there.identity())["type"]

    try:
        with ThreadPoolExecutor(1) as aside:  # in JupyterLab this thread has an event loop that runs
            found = aside.submit(asyncio.run, kind()).result()
        why = "" if found == "Scheduler" else f"it is a {found}"
    except (OSError, ValueError) as error:
        why = str(error)
    if why:
        raise ExecutorError(
            f"No Dask scheduler answers at {address}: {why}\nThe address is the one that `dask scheduler` prints"
        )


def _refuse_unfit_workers(client: Client, scheduler: str, between: _Folder | Address) -> None:
    try:
        client.wait_for_workers(1, timeout=LONGEST_CONNECT)
    except TimeoutError:
        raise ExecutorError(
            f"The Dask scheduler at {scheduler} has no worker; one begins with: dask worker {scheduler}"
        ) from None
    _refuse("", _other_amlib(client))
    try:
        with between.signed() as hinders:
            found = client.run(_found, hinders, on_error="return")
    except OSError as error:
        raise _unusable(between, error) from None
    here = {"versions": dict(inputs.versions()), "tools": inputs.of_tools(inputs.TEMPLATES)}
    _refuse("", {worker: why for worker, there in found.items() if (why := _other_tools(here, there))})
    hindered = {worker: there["hinders"] for worker, there in found.items() if there["hinders"]}
    _refuse(between.needs, hindered)


def _unusable(between: _Folder | Address, error: OSError) -> ExecutorError:
    return ExecutorError(f"{between.needs}\nFrom here it cannot be used: {error}")


def _other_amlib(client: Client) -> dict[str, str]:
    """The workers with another version of amlib, told without running any of it there."""
    found = client.get_versions(packages=["amlib"])
    here = found["client"]["packages"]["amlib"]
    there = {worker: of_worker["packages"]["amlib"] for worker, of_worker in found["workers"].items()}
    return {
        worker: f"has amlib {version}, and here it is {here}" if version else "has no amlib; it needs the one of here"
        for worker, version in there.items()
        if version != here
    }


def _other_tools(here: Mapping[str, Any], there: Any) -> str | None:
    """With what other tools a worker would make reports."""
    if isinstance(there, Exception):
        return f"has an amlib that is not the one of here: {type(there).__name__}: {there}"
    mine, its = here["versions"], there["versions"]
    if others := [name for name in mine if its.get(name) != mine[name]]:
        return "has " + ", ".join(f"{name} {its.get(name)} (here it is {mine[name]})" for name in others)
    if here["tools"] != there["tools"]:
        return f"has amlib {mine['amlib']} as here, but other files of it, or other packages beneath it"
    return None


def _refuse(why: str, workers: Mapping[str, str]) -> None:
    if workers:
        lines = [f"The Dask worker {worker} {problem}" for worker, problem in workers.items()]
        raise ExecutorError("\n".join([*lines, why or "All machines need the same files and versions"]))

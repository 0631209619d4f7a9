"""Tasks made side by side, by processes of this machine or by whoever is behind an executor."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing import forkserver, resource_tracker

import psutil

from amlib import kernel
from amlib.kernel_parent import YOUNG
from amlib.reports.execute import Failure
from amlib.reports.job import Report
from amlib.reports.make import Task, make, report_of

MEMORY_OF_ONE = 400 << 20
"""Bytes that a report takes, kernel and all; so many fit side by side as there are of these free."""

_KILLED = Failure("The process that made this report was killed; the machine may be short of memory")


def reports_of(tasks: Sequence[Task], executor: Executor | None, jobs: int | None) -> Iterator[Report]:
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
        before = {name: os.environ.get(name) for name in (kernel.PARENT, *kernel.LIBRARIES)}
        os.environ.update({kernel.PARENT: parent.address} if parent else {}, **kernel.LIBRARIES)
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
        with suppress(BrokenExecutor), _interrupted_later():
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


@contextmanager
def _interrupted_later() -> Iterator[None]:
    """Answer Ctrl-C and `kill` at the end: a process that is just being started would not be known, nor ended, yet."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {signum: signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)}
    for signum in before:
        signal.signal(signum, lambda signum, _: came.append(signum))
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
        if came:
            signal.raise_signal(came[0])


def _context() -> multiprocessing.context.BaseContext:
    """Processes that start from a clean one which has imported what they need, where there is such a thing."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["amlib.reports.make"])
    # Ctrl-C reaches every process of the terminal, and one whose interpreter has only just begun would answer it with
    # a traceback of its own. The tracker comes first: starting it lets the signal through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context


def _begin(environment: Mapping[str, str]) -> None:
    """In each process of the pool: have the run's environment, end with the run, and only then."""
    # The process it was forked from may have begun with an earlier run, and has the environment of that one.
    os.environ.clear()
    os.environ.update(environment)
    # What has been imported stays: the garbage collector need not look at it again and again.
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
    # Ctrl-C reaches every process of the terminal; the parent alone decides, and says so with SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # for what it starts itself
    parent = multiprocessing.parent_process()

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()

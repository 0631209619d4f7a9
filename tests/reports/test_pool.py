"""The processes that reports are made in: what a Ctrl-C of the terminal finds in each."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import forkserver
from pathlib import Path

import pytest

from amlib.kernel_parent import YOUNG
from amlib.reports import pool

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are started anew here")


def masks() -> dict[str, bool]:
    """Whether SIGINT is blocked, and ignored, in this process."""
    return of_process(os.getpid())


def of_process(pid: int) -> dict[str, bool]:
    lines = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    bit = 1 << (signal.SIGINT - 1)
    return {name: bool(int(lines[line], 16) & bit) for name, line in {"blocked": "SigBlk", "ignored": "SigIgn"}.items()}


def test_ctrl_c_cannot_meet_an_interpreter_that_has_only_just_begun(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(forkserver, "_forkserver", fresh := forkserver.ForkServer())
    monkeypatch.setattr(forkserver, "ensure_running", fresh.ensure_running)
    mine = masks()
    context = pool._context()
    assert of_process(fresh._forkserver_pid)["blocked"]
    assert masks() == mine
    fresh._stop()
    del context


def test_a_worker_ignores_ctrl_c_and_hands_no_block_on():
    with ProcessPoolExecutor(1, pool._context(), pool._begin, (dict(os.environ),)) as workers:
        assert workers.submit(masks).result() == {"blocked": False, "ignored": True}


def test_a_worker_does_not_look_for_garbage_among_what_it_has_imported():
    with ProcessPoolExecutor(1, pool._context(), pool._begin, (dict(os.environ),)) as workers:
        assert workers.submit(gc.get_freeze_count).result() > 100_000
        assert workers.submit(gc.get_count).result()[0] < workers.submit(gc.get_threshold).result()[0] == YOUNG


@pytest.fixture
def answered_by_python() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, whatever others of this process have set: Spark has a handler of its own."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("answered_by_python")
def test_ctrl_c_while_processes_are_started_comes_when_they_are_known():
    told = []

    def started() -> None:
        with pool._interrupted_later():
            signal.raise_signal(signal.SIGINT)
            told.append("all are started")

    with pytest.raises(KeyboardInterrupt):
        started()
    assert told == ["all are started"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

"""One notebook in a kernel of its own: what it shows, how it fails, that it ends in time. Everything runs for real."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from jupyter_core.utils import ensure_event_loop
from kernels import site
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from processes import alive, files_of, until

from amlib import kernel
from amlib.reports import execute as execution
from amlib.reports.execute import Executed, Limits, execute

forks = pytest.mark.skipif(not kernel.can_fork(), reason="kernels are ordinary ones here")
WAIT = "import subprocess, time\nprint(subprocess.Popen(['sleep', '600']).pid, flush=True)\ntime.sleep(600)"


@pytest.fixture(autouse=True, scope="module")
def parent() -> Iterator[None]:
    """The parent of all kernels of these tests, as a run has one."""
    with pytest.MonkeyPatch.context() as patch:
        if kernel.can_fork():
            with kernel.Parent() as one:
                patch.setenv(kernel.PARENT, one.address)
                yield
        else:
            yield


@pytest.fixture
def on_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(kernel.PARENT)
    yield
    while kernel._own:
        kernel._own.popitem()[1].close()


def notebook(*cells: str) -> NotebookNode:
    parameters = new_code_cell("x = 1", metadata={"tags": ["parameters"]})
    return new_notebook(cells=[parameters, *map(new_code_cell, cells)])


def executed(folder: Path, *cells: str, seconds: float = 40, memory: int = 2048, output: int = 32) -> Executed:
    return execute(notebook(*cells), {"x": 2}, folder, Limits(seconds, memory, output))


def printed(done: Executed, cell: int = -1) -> str:
    return "".join(output.text for output in done.nb.cells[cell].outputs if output.output_type == "stream").strip()


@pytest.mark.parametrize("forked", [pytest.param(True, marks=forks), False])
def test_a_notebook_shows_the_same_in_any_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forked: bool):
    monkeypatch.setattr(kernel, "can_fork", lambda: forked)
    done = executed(
        tmp_path,
        "import os; print(os.getcwd(), x)",
        "import matplotlib.pyplot as plt\nplt.figure(figsize=(1, 1)); plt.plot([1, 2]);",
        "print(open(f'/proc/{os.getppid()}/cmdline').read().count('kernel_parent'))",
    )
    assert done.failure is None
    assert printed(done, 2) == f"{tmp_path} 2"
    assert [sorted(output.data) for output in done.nb.cells[3].outputs] == [["image/png", "text/plain"]]
    assert printed(done) == str(int(forked))
    assert set(done.parts) == {"kernel", "cells", "end"}
    assert all(seconds >= 0 for seconds in done.parts.values())


def test_a_kernel_knows_nothing_of_the_report_before(tmp_path: Path):
    executed(tmp_path, "import os, amlib\ny = amlib.mark = os.environ['MARK'] = 'other client'")
    done = executed(tmp_path, "import os, amlib\nprint('y' in dir(), hasattr(amlib, 'mark'), 'MARK' in os.environ)")
    assert printed(done) == "False False False"


def test_an_error_names_its_cell(tmp_path: Path):
    done = executed(tmp_path, "1", "raise KeyError('fee')", "print('not reached')")
    assert done.failure == execution.Failure("KeyError: 'fee'", 4, "raise KeyError('fee')")
    assert printed(done) == ""


def test_a_syntax_error_is_one_of_its_cell(tmp_path: Path):
    failure = executed(tmp_path, "def").failure
    assert failure.what.startswith("SyntaxError: ")
    assert (failure.cell, failure.lost) == (3, False)


@pytest.mark.parametrize("forked", [pytest.param(True, marks=forks), False])
def test_a_killed_kernel_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forked: bool):
    monkeypatch.setattr(kernel, "can_fork", lambda: forked)
    failure = executed(tmp_path, "import os\nos.kill(os.getpid(), 9)", "'not reached'", "'nor this'").failure
    assert failure.what == "The kernel died; the machine may be short of memory"
    assert (failure.cell, failure.lost) == (3, True)


@pytest.mark.parametrize("forked", [pytest.param(True, marks=forks), False])
def test_a_cell_without_end_is_stopped_with_all_it_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forked: bool
):
    monkeypatch.setattr(kernel, "can_fork", lambda: forked)
    start = time.monotonic()
    done = executed(tmp_path, WAIT, seconds=4)
    assert done.failure.what == "The report had not ended after 4 seconds"
    assert (done.failure.cell, done.failure.source, done.failure.lost) == (3, WAIT, False)
    assert time.monotonic() - start < 12
    child = int(printed(done))
    assert until(lambda: not alive(child), seconds=5)


def test_a_cell_that_ignores_every_signal_it_can_is_stopped(tmp_path: Path):
    ignores = "import signal, time\nfor s in (2, 15, 1): signal.signal(s, signal.SIG_IGN)\nwhile True: pass"
    assert executed(tmp_path, ignores, seconds=3).failure.what == "The report had not ended after 3 seconds"


@forks
def test_too_much_memory_is_an_error_of_the_cell(tmp_path: Path):
    failure = executed(tmp_path, "y = bytearray(3 << 30)", memory=1000).failure
    assert (failure.what, failure.cell, failure.lost) == ("MemoryError: ", 3, False)


@pytest.mark.parametrize(
    "floods",
    [
        "while True: print('x' * 10_000)",
        "import sys\nwhile True: sys.stderr.write('é' * 10_000)",
        "from IPython.display import display\nwhile True: display('x' * 10_000)",
        "from IPython.display import display\nwhile True: display({'application/json': ['x'] * 10_000}, raw=True)",
        "import os\nwhile True: os.write(1, b'x' * 10_000)",
    ],
)
def test_a_cell_that_floods_is_stopped(tmp_path: Path, floods: str):
    failure = executed(tmp_path, floods, output=1).failure
    # Some floods fill the kernel's memory before anything of them is printed.
    silent = "The kernel fell silent: it printed more than its memory holds"
    assert failure.what in ("The report printed more than 1 MB", "MemoryError: ", silent)
    assert (failure.cell, failure.lost) == (3, False)


STARTS = """
import os, sys, time
def start():
    with open({marks!r}, "a") as marks: marks.write("x")
    {how}
if "ipykernel_launcher" in sys.orig_argv: start()
if "kernel_parent" in "".join(sys.orig_argv): os.register_at_fork(after_in_child=start)
"""


def breaks(folder: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> Path:
    """Every kernel does `how` when it starts; the file to which each adds a letter."""
    marks = folder / "marks"
    site(folder, monkeypatch, STARTS.format(marks=str(marks), how=how))
    kernel.wait_for_parent(os.environ | execution._environment(folder))
    return marks


@forks
@pytest.mark.usefixtures("on_its_own")
def test_a_kernel_that_never_starts_is_tried_twice_and_its_last_words_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / f"{os.getpid()}.log").write_text("words of an earlier kernel\n")
    marks = breaks(tmp_path, monkeypatch, "os.write(2, b'no luck\\n'); os._exit(3)")
    failure = executed(tmp_path, "1").failure
    assert failure.what == "DeadKernelError: The kernel died before it answered\nno luck"
    assert (failure.cell, failure.lost) == (None, False)
    assert marks.read_text() == "xx"


@forks
@pytest.mark.usefixtures("on_its_own")
def test_a_kernel_that_hangs_at_start_is_tried_twice_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(execution, "LONGEST_START", 8.0)  # a fork is there in far less, on a busy machine as well
    # One that an interrupt wakes up may or may not have last words.
    hangs = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(600)"
    marks = breaks(tmp_path, monkeypatch, hangs)
    failure = executed(tmp_path, "1").failure
    assert failure.what == "RuntimeError: The kernel did not answer within 8 seconds"
    assert (failure.cell, failure.lost) == (None, False)
    assert marks.read_text() == "xx"


@forks
@pytest.mark.usefixtures("on_its_own")
def test_the_time_for_a_report_counts_while_its_kernel_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    breaks(tmp_path, monkeypatch, "time.sleep(600)")
    start = time.monotonic()
    assert executed(tmp_path, "1", seconds=3).failure.what == "The report had not ended after 3 seconds"
    assert time.monotonic() - start < 10


def test_reports_in_threads_without_an_event_loop(tmp_path: Path):
    def one(i: int) -> str:
        try:
            return printed(executed(tmp_path, f"print({i} + x)"))
        finally:
            ensure_event_loop().close()  # jupyter_client's of this thread

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(one, range(4))) == ["2", "3", "4", "5"]


def test_a_cell_has_the_number_that_its_kernel_counts(tmp_path: Path):
    done = executed(tmp_path, "1", "", " ", "len(In) - 1", "1 / 0", "2")
    cells = [cell for cell in done.nb.cells if cell.cell_type == "code"]
    # The parameters, those given, and the cells that ran.
    assert [cell.execution_count for cell in cells] == [1, 2, 3, None, None, 4, 5, None]
    assert cells[5].outputs[0].data["text/plain"] == "4"
    assert "Cell In[5]" in re.sub(r"\x1b\[[\d;]*m", "", "".join(cells[6].outputs[0].traceback))


def test_a_long_path_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    long = tmp_path / ("x" * 120) / "Báo cáo"
    long.mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(long))
    monkeypatch.setattr(tempfile, "tempdir", None)
    done = executed(long, "import tempfile; print(tempfile.gettempdir())")
    assert done.failure is None
    assert printed(done) == str(long)


@forks
def test_nothing_is_left_of_many_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with tempfile.TemporaryDirectory() as temporary:
        monkeypatch.setattr(tempfile, "tempdir", temporary)
        assert executed(tmp_path, "1").failure is None
        files = files_of(os.getpid())
        for _ in range(5):
            assert executed(tmp_path, "1").failure is None
            assert until(lambda: files_of(os.getpid()) <= files)  # sockets are closed in the background
        assert os.listdir(temporary) == []

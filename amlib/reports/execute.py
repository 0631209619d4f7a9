"""Execute one notebook with Papermill in a kernel of its own, within limits of time, memory and output."""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import zmq.asyncio
from jupyter_client import AsyncKernelManager, BlockingKernelClient
from jupyter_client.channels import ZMQSocketChannel
from jupyter_client.kernelspec import KernelSpec
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellExecutionComplete, CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import prepare_notebook_metadata, raise_for_execution_errors
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from traitlets.config import Config

from amlib.kernel import KERNELSPEC, LONGEST_START, WarmProvisioner, can_fork, place_of_sockets, wait_for_parent
from amlib.kernel_parent import INLINE


@dataclass(frozen=True)
class Limits:
    """What one report may take: seconds of the clock for all of it, MB of memory for its kernel, MB of output."""

    seconds: float = 120.0
    memory: int = 2048
    output: int = 32


@dataclass(frozen=True)
class Failure:
    """Why a notebook did not run to its end: what happened, the number that Jupyter shows beside the cell, its source.

    `lost` says that the kernel failed and not the notebook, so that another try may help.
    """

    what: str
    cell: int | None = None
    source: str = ""
    lost: bool = False


@dataclass
class Executed:
    """A notebook as far as it ran, why no further, and the seconds that each part took."""

    nb: NotebookNode
    failure: Failure | None = None
    parts: dict[str, float] = field(default_factory=dict)


def execute(notebook: NotebookNode | Path, parameters: Mapping[str, Any], folder: Path, limits: Limits) -> Executed:
    """Run a notebook in `folder` with `parameters`. Never raises for what a notebook does.

    A file is read once for all its reports. The parts are kernel (until it answers), cells, and end (of the kernel).
    """
    nb = _read(notebook, notebook.stat().st_mtime_ns) if isinstance(notebook, Path) else load_notebook_node(notebook)
    run = _Run(deepcopy(nb), folder, limits)
    try:
        with _event_loop():
            # `execute_notebook` step by step: as a whole it writes out the notebook too, for nobody.
            prepared = prepare_notebook_metadata(run.nb, None, None)
            if parameters:
                prepared = parameterize_notebook(prepared, dict(parameters), kernel_name=_KERNEL, language="python")
            run.nb = papermill_engines.execute_notebook_with_engine(
                _ENGINE, prepared, _KERNEL, progress_bar=False, run=run
            )
            raise_for_execution_errors(run.nb, None)
    except PapermillExecutionError as error:
        # A kernel short of memory may say what happened, but not print it.
        told = run.error or error
        said = Failure(f"{told.ename}: {told.evalue}", error.exec_count, error.source)
        run.failure = run.failure_of(error) if run.stopped else said
    except Exception as error:
        run.failure = run.failure_of(error)
    return Executed(run.nb, run.failure, run.parts)


@lru_cache(maxsize=32)
def _read(notebook: Path, _changed: int) -> NotebookNode:
    return load_notebook_node(str(notebook))


@contextmanager
def _event_loop() -> Iterator[None]:
    """A thread has no event loop when it begins, and leaves none behind: nobody else would close it."""
    loop = ensure_event_loop()
    try:
        yield
    finally:
        if threading.current_thread() is not threading.main_thread():
            loop.close()


class _Run:
    """One execution: the notebook as far as it got, and the watchdog that ends its kernel."""

    def __init__(self, nb: NotebookNode, folder: Path, limits: Limits) -> None:
        self.nb, self.folder, self.limits = nb, folder, limits
        self.failure: Failure | None = None
        self.error: CellExecutionError | None = None
        self.parts: dict[str, float] = {}
        self._printed, self.stopped, self._said_before = 0, "", 0

    @contextmanager
    def watching(self, manager: AsyncKernelManager) -> Iterator[None]:
        """Meanwhile the kernel is ended when the report has taken too long."""
        ended = threading.Event()
        watchdog = threading.Thread(target=self._watch, args=(manager, ended), daemon=True)
        watchdog.start()
        try:
            yield
        finally:
            ended.set()
            watchdog.join()

    def _watch(self, manager: AsyncKernelManager, ended: threading.Event) -> None:
        seconds = self.limits.seconds
        end = time.monotonic() + seconds
        # Again and again: time may be up while the kernel is still being started.
        while not ended.wait(_LOOK_AGAIN):
            if time.monotonic() > end:
                self._stop(manager, f"The report had not ended after {seconds:g} seconds")
            elif self.log.stat().st_size - self._said_before > self.limits.output << 20:
                self._stop(manager, self._too_much)

    def count(self, manager: AsyncKernelManager, output: NotebookNode | None) -> None:
        """Add up what the notebook prints, and end its kernel where that is too much."""
        texts = [output.get("text", ""), *output.get("data", {}).values()] if output else ()
        self._printed += sum(len(text if isinstance(text, str) else json.dumps(text)) for text in texts)
        if self._printed > self.limits.output << 20:
            self._stop(manager, self._too_much)

    @property
    def _too_much(self) -> str:
        return f"The report printed more than {self.limits.output} MB"

    def _stop(self, manager: AsyncKernelManager, why: str) -> None:
        self.stopped = self.stopped or why
        if manager.provisioner is not None:
            manager.provisioner.kill_now()

    def failure_of(self, error: Exception) -> Failure:
        """Why an execution ended that no cell ended."""
        ran, silent = begun(self.nb), False
        if self.stopped:
            what = self.stopped
        elif isinstance(error, DeadKernelError) and ran:
            what = "The kernel died; the machine may be short of memory"
        elif silent := isinstance(error, CellTimeoutError):  # a cell has ended, and what it printed never comes
            what = "The kernel fell silent: it printed more than its memory holds"
        else:
            what = "\n".join([f"{type(error).__name__}: {error}", *self._last_words()])
        # A forked kernel that does not start has been tried once more already.
        lost = not self.stopped and not silent and (bool(ran) or not can_fork())
        return Failure(what, len(ran) or None, ran[-1].source if ran else "", lost)

    @contextmanager
    def logging(self) -> Iterator[BinaryIO]:
        """The open log."""
        with self.log.open("ab") as log:
            self._said_before = log.tell()
            yield log

    @property
    def log(self) -> Path:
        """Where kernels write what would go to the terminal: it belongs to the progress bar."""
        return self.folder / f"{os.getpid()}.log"

    def _last_words(self) -> list[str]:
        said = self.log.read_bytes()[self._said_before :] if self.log.exists() else b""
        return said.decode("utf-8", "replace").strip().splitlines()[-1:]


def begun(nb: NotebookNode) -> list[NotebookNode]:
    """The code cells of an executed notebook that were reached; Papermill calls the others completed as well."""
    return [
        cell for cell in nb.cells if cell.cell_type == "code" and cell.metadata.get("papermill", {}).get("start_time")
    ]


_ENGINE = _KERNEL = "amlib"
_ARGUMENTS = [
    "--HistoryManager.enabled=False",  # nobody typed anything
    "--App.only_cells=True",  # nobody watches
    "--IPythonKernel._execute_sleep=0",  # before each answer, for clients that do not wait for what is printed
]
_LOOK_AGAIN = 0.2
_IS_IT_ALIVE = 0.5


class _Engine(NBClientEngine):
    """Papermill's own way to run a notebook, in one of our kernels."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, *, run: _Run, **_: Any) -> None:
        run.nb = nb_man.nb
        start = min(LONGEST_START, run.limits.seconds)
        of_kernels = Config({"WarmProvisioner": {"memory": run.limits.memory, "start": start}})
        with tempfile.TemporaryDirectory(prefix="am-", dir=place_of_sockets()) as sockets, run.logging() as log:
            client = _Client(
                nb_man,
                run=run,
                km=_Manager(config=of_kernels, **_channels(sockets)),
                startup_timeout=start,
                shutdown_kernel="immediate",
                extra_arguments=_ARGUMENTS,
                timeout=None,  # the watchdog has one for all cells
                record_timing=False,  # Papermill has its own
            )
            client.owns_km = True
            environment = {**os.environ, **_environment(run.folder)}
            if can_fork():
                wait_for_parent(environment)  # whose start is of no report's time
            with run.watching(client.km):
                client.execute(cwd=str(run.folder), env=environment, stdout=log, stderr=log)


papermill_engines.register(_ENGINE, _Engine)


def _environment(folder: Path) -> dict[str, str]:
    """What a kernel of a run finds in its environment beside what this process has."""
    return {
        "MPLBACKEND": INLINE,
        # Start-up files of the user's own profile are no part of a report.
        "IPYTHONDIR": str(folder / "ipython"),
    }


def _channels(sockets: str) -> dict[str, str]:
    """How to talk to a kernel: by socket files where they work. Kernels that start together race for TCP ports."""
    file = {"connection_file": os.path.join(sockets, "kernel.json")}
    return file | ({"transport": "ipc", "ip": os.path.join(sockets, "k")} if sys.platform == "linux" else {})


class _Client(PapermillNotebookClient):
    def __init__(self, nb_man: Any, run: _Run, **kwargs: Any) -> None:
        super().__init__(nb_man, **kwargs)
        self._run, self._since = run, time.perf_counter()

    def papermill_execute_cells(self) -> None:
        self._ended("kernel")
        cells = self.nb.cells
        # Papermill dates and saves a text as if it ran.
        self.nb.cells = [cell for cell in cells if cell.cell_type == "code"]
        try:
            super().papermill_execute_cells()
        finally:
            self.nb.cells = cells
        self._ended("cells")

    def execute_cell(self, cell: NotebookNode, cell_index: int, *_: Any, **__: Any) -> NotebookNode:
        """What nbclient does, without an event loop: that takes as long for a message as what is done with it."""
        tags = cell.metadata.get("tags", ())
        if not cell.source.strip() or self.skip_cells_with_tag in tags:
            return cell
        asked = self.kc.execute(cell.source, stop_on_error="raises-exception" not in tags)
        self.code_cells_executed += 1
        cell.execution_count = self.code_cells_executed
        cell.outputs, self.clear_before_next_output = [], False
        answer = self._answer(asked, cell, cell_index)["content"]
        if answer["status"] == "error" and "raises-exception" not in tags:
            self._run.error = CellExecutionError.from_cell_and_msg(cell, answer)
            raise self._run.error
        return cell

    def _answer(self, asked: str, cell: NotebookNode, cell_index: int) -> dict[str, Any]:
        """The kernel's answer to a cell, when all that the cell printed has been heard."""
        answer, complete, until = None, False, math.inf
        while answer is None or not complete:
            if not (heard := self.kc.hear(_IS_IT_ALIVE)) and not self.kc.is_alive():
                raise DeadKernelError("The kernel died")
            for channel, message in heard:
                if message["parent_header"].get("msg_id") != asked:
                    continue
                if channel is self.kc.shell_channel:
                    answer, until = message, time.monotonic() + self.iopub_timeout
                    continue
                try:
                    self.process_message(message, cell, cell_index)
                except CellExecutionComplete:
                    complete = True
            if not complete and time.monotonic() > until:
                raise CellTimeoutError.error_from_timeout_and_cell("It fell silent", self.iopub_timeout, cell)
        return answer

    def _cleanup_kernel(self) -> None:
        self._since = time.perf_counter()
        if isinstance(self.km.provisioner, WarmProvisioner):
            self.km.provisioner.let_go()  # what is left to do is to give back its memory
        super()._cleanup_kernel()
        self._ended("end")

    def process_message(self, *args: Any, **kwargs: Any) -> NotebookNode | None:
        output = super().process_message(*args, **kwargs)
        self._run.count(self.km, output)
        return output

    def _ended(self, part: str) -> None:
        now = time.perf_counter()
        self._run.parts[part], self._since = now - self._since, now


# One context of the process for each, and not one with its threads for each kernel.


class _KernelClient(BlockingKernelClient):
    def _context_default(self) -> zmq.Context:
        return zmq.Context.instance()

    def start_channels(self, **which: bool) -> None:
        """Those that a notebook needs which nobody watches: no questions, no heartbeat beside the process itself."""
        super().start_channels(**{"stdin": False, "hb": False, "control": False} | which)

        self._ears = zmq.Poller()
        for channel in (self.iopub_channel, self.shell_channel):
            self._ears.register(channel.socket, zmq.POLLIN)

    def hear(self, seconds: float) -> list[tuple[ZMQSocketChannel, dict[str, Any]]]:
        """The next message of each channel, that of what is printed first; none where none comes within `seconds`."""
        ready = dict(self._ears.poll(seconds * 1000))
        channels = [channel for channel in (self.iopub_channel, self.shell_channel) if channel.socket in ready]
        return [(channel, channel.get_msg()) for channel in channels]

    def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and what it prints is heard, and not a moment longer."""
        end = time.monotonic() + (timeout or LONGEST_START)
        asked, printed, answered = self.kernel_info(), False, False
        while not (printed and answered):
            if time.monotonic() > end:
                raise RuntimeError(f"The kernel did not answer within {timeout:g} seconds")
            if not (heard := self.hear(_IS_IT_ALIVE)) and not self.is_alive():
                raise DeadKernelError("The kernel died before it answered")
            for channel, message in heard:
                printed |= channel is self.iopub_channel
                answered |= channel is self.shell_channel and message["parent_header"].get("msg_id") == asked


class _Manager(AsyncKernelManager):
    client_factory = _KernelClient

    def _context_default(self) -> zmq.asyncio.Context:
        return zmq.asyncio.Context.instance()

    @property
    def kernel_spec(self) -> KernelSpec:
        """This interpreter's, whatever a user has installed under that name."""
        return KernelSpec.from_resource_dir(str(KERNELSPEC))

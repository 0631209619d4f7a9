"""Execute one notebook with Papermill in a kernel of its own, within limits of time, memory and output."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook
from traitlets.config import Config

from amlib.kernel import KERNELSPEC

LONGEST_START = 60.0
"""Seconds within which a kernel must answer."""


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


def execute(nb: NotebookNode, parameters: Mapping[str, Any], folder: Path, limits: Limits) -> Executed:
    """Run a notebook in `folder` with `parameters`. Never raises for what a notebook does.

    Its parts are kernel (until it answers), cells, and end (of the kernel).
    """
    run = _Run(nb, folder, limits)
    try:
        with _event_loop():
            run.nb = execute_notebook(
                nb,
                None,
                parameters=dict(parameters),
                engine_name=_ENGINE,
                kernel_name="amlib",
                language="python",
                progress_bar=False,
                run=run,
            )
    except PapermillExecutionError as error:
        run.failure = Failure(f"{error.ename}: {error.evalue}", error.exec_count, error.source)
    except Exception as error:
        run.failure = run.failure_of(error)
    return Executed(run.nb, run.failure, run.parts)


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
        self.parts: dict[str, float] = {}
        self._printed, self._stopped = 0, ""

    @contextmanager
    def watching(self, manager: AsyncKernelManager) -> Iterator[None]:
        """Meanwhile the kernel is ended when the report has taken too long."""
        seconds = self.limits.seconds
        timer = threading.Timer(seconds, self._stop, [manager, f"The report had not ended after {seconds:g} seconds"])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def count(self, manager: AsyncKernelManager, output: NotebookNode | None) -> None:
        """Add up what the notebook prints, and end its kernel where that is too much."""
        texts = [output.get("text", ""), *output.get("data", {}).values()] if output else ()
        self._printed += sum(len(text) for text in texts if isinstance(text, str))
        if self._printed > self.limits.output << 20:
            self._stop(manager, f"The report printed more than {self.limits.output} MB")

    def _stop(self, manager: AsyncKernelManager, why: str) -> None:
        self._stopped = self._stopped or why
        process = getattr(manager.provisioner, "process", None)
        if process is not None:
            process.kill()

    def failure_of(self, error: Exception) -> Failure:
        """Why an execution ended that no cell ended."""
        if self._stopped:
            what = self._stopped
        elif isinstance(error, DeadKernelError):
            what = "The kernel died; the machine may be short of memory"
        else:
            what = "\n".join([f"{type(error).__name__}: {error}", *self._last_words()])
        begun = [cell for cell in self.nb.cells if cell.cell_type == "code" and _status(cell) != "pending"]
        return Failure(what, len(begun) or None, begun[-1].source if begun else "", lost=not self._stopped)

    @property
    def log(self) -> Path:
        """Where kernels write what would go to the terminal: it belongs to the progress bar."""
        return self.folder / f"{os.getpid()}.log"

    def _last_words(self) -> list[str]:
        said = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return said.strip().splitlines()[-1:]


def _status(cell: NotebookNode) -> str:
    return cell.metadata.get("papermill", {}).get("status", "pending")


_ENGINE = "amlib"


class _Engine(NBClientEngine):
    """Papermill's own way to run a notebook, in one of our kernels."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, *, run: _Run, **_: Any) -> None:
        run.nb = nb_man.nb
        with tempfile.TemporaryDirectory(prefix="am-") as sockets, run.log.open("ab") as log:
            client = _Client(
                nb_man,
                run=run,
                km=_Manager(config=Config({"WarmProvisioner": {"memory": run.limits.memory}}), **_channels(sockets)),
                startup_timeout=LONGEST_START,
                shutdown_kernel="immediate",
                timeout=None,  # the watchdog has one for all cells
            )
            client.owns_km = True
            with run.watching(client.km):
                client.execute(
                    cwd=str(run.folder),
                    env={**os.environ, **_environment(run.folder)},
                    stdout=log,
                    stderr=log,
                )


papermill_engines.register(_ENGINE, _Engine)


def _environment(folder: Path) -> dict[str, str]:
    """What a kernel of a run finds in its environment beside what this process has."""
    return {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
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
        super().papermill_execute_cells()
        self._ended("cells")

    def _cleanup_kernel(self) -> None:
        self._since = time.perf_counter()
        super()._cleanup_kernel()
        self._ended("end")

    def process_message(self, *args: Any, **kwargs: Any) -> NotebookNode | None:
        output = super().process_message(*args, **kwargs)
        self._run.count(self.km, output)
        return output

    def _ended(self, part: str) -> None:
        now = time.perf_counter()
        self._run.parts[part], self._since = now - self._since, now


class _KernelClient(AsyncKernelClient):
    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and what it prints is heard, and not a moment longer."""
        end = time.monotonic() + (timeout or LONGEST_START)
        asked, heard, replied = self.kernel_info(), False, False
        while not (heard and replied):
            if time.monotonic() > end:
                raise RuntimeError(f"The kernel did not answer within {timeout:g} seconds")
            if not await self.is_alive():
                raise DeadKernelError("The kernel died before it answered")
            if await self.iopub_channel.msg_ready():
                heard = bool(await self.iopub_channel.get_msg())
            if await self.shell_channel.msg_ready():
                replied = (await self.shell_channel.get_msg())["parent_header"].get("msg_id") == asked
            await asyncio.sleep(0.002)


class _Manager(AsyncKernelManager):
    client_factory = _KernelClient

    @property
    def kernel_spec(self) -> KernelSpec:
        """This interpreter's, whatever a user has installed under that name."""
        return KernelSpec.from_resource_dir(str(KERNELSPEC))

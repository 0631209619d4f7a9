"""Kernels that are ready at once: each is forked from a parent process that has imported what notebooks need.

Any Jupyter client gets one through the kernelspec `amlib`. Every kernel is a process of its own that has seen no
other notebook: the parent (`amlib.kernel_parent`) only imports, runs one thread, and opens neither sockets nor
connections of what it imported. Where a process cannot be forked safely (Windows, macOS), where a client asks for
what only an ordinary kernel has, and where a forked kernel does not start, an ordinary one does, with the same result.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Float, Integer, List, Unicode

from amlib.kernel_parent import INLINE

PARENT = "AMLIB_KERNEL_PARENT"
"""The environment variable that tells a process where the parent of its kernels listens, if not one of its own."""

KERNELSPEC = Path(__file__).parent / "kernelspec"
"""The folder of the kernelspec that says so."""

PRELOAD = (
    "amlib.book",
    "amlib.charts",
    "amlib.health",
    "amlib.kpis",
    "amlib.pay",
    "amlib.rehearsal:rehearse",
    "amlib.sentences",
    "amlib.show",
)
"""What the notebooks import, and a function that is called once."""

LIBRARIES = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MIMALLOC_ARENA_EAGER_COMMIT": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
"""What libraries find in the environment when they are imported.

They start no thread, since a process with threads cannot be forked safely, and Arrow's allocator takes no memory
beforehand: a gigabyte, which would count against what a kernel may allocate.
"""

LONGEST_START = 60.0
"""Seconds within which a kernel must be ready."""

# What lies in the folder that a client happens to be in is not to be imported.
_BECOME_PARENT = (
    "import sys; sys.path = [place for place in sys.path if place]; import amlib.kernel_parent as it; it.main()"
)
_LAUNCHER = "ipykernel_launcher"
_USUAL = {"cwd", "env", "extra_arguments", "kernel_id", "stderr", "stdout"}
_READ_ONCE = ("AMLIB", "LANG", "LC_", "LD_", "MATPLOTLIBRC", "MPLCONFIG", "PYTHON")
_LONGEST_PLACE = 70
_LONGEST_END = 5.0


class ForkFailed(RuntimeError):
    """There is no forked kernel: the parent is gone or has more than one thread, or the kernel did not start."""


class WarmProvisioner(LocalProvisioner):
    """Gives a Jupyter client kernels forked from a parent; an ordinary kernel where there is none, or none starts."""

    preload = List(
        Unicode(), list(PRELOAD), help="Modules that the parent imports, and functions (module:name) that it calls."
    ).tag(config=True)
    memory = Integer(0, help="How many MB a kernel may allocate, on Linux; 0 for any.").tag(config=True)
    start = Float(LONGEST_START, help="Seconds within which a forked kernel must be ready.").tag(config=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel; start an ordinary one where that cannot be."""
        output = _descriptor(kwargs.get("stdout"), 1), _descriptor(kwargs.get("stderr"), 2)
        usual = cmd[:3] == [sys.executable, "-m", _LAUNCHER] and kwargs.keys() <= _USUAL and min(output) >= 0
        if can_fork() and usual:
            folder = os.path.abspath(kwargs.get("cwd") or os.getcwd())
            try:
                self.process = await fork(
                    [os.path.expanduser(argument) for argument in cmd[3:]],
                    folder,
                    kwargs.get("env") or os.environ,
                    memory=self.memory,
                    preload=self.preload,
                    output=output,
                    seconds=self.start,
                )
            except ForkFailed as error:
                self.log.warning("A kernel starts from nothing: %s", error)
            else:
                self.pid = self.pgid = self.process.pid
                self.cwd = folder
                return self.connection_info
        await super().launch_kernel(cmd, **kwargs)
        if self.memory and sys.platform == "linux":
            import resource

            most = self.memory << 20
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(self.pid, resource.RLIMIT_DATA, (most, most))
        return self.connection_info

    async def poll(self) -> int | None:
        """The exit code; None while the kernel runs."""
        code = await super().poll()
        if code is not None and isinstance(self.process, Forked):
            self.process.close()
        return code

    async def shutdown_requested(self, restart: bool = False) -> None:
        """A request that a dead kernel cannot hear is dropped: the next is there in time to hear it in its place."""
        requests = getattr(self.parent, "_control_socket", None)
        if restart and requests is not None and await self.poll() is not None:
            requests.linger = 0

    async def send_signal(self, signum: int) -> None:
        """Through the parent, which alone knows whether the process group is still the kernel's."""
        if isinstance(self.process, Forked):
            self.process.send_signal(signum)
        else:
            await super().send_signal(signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and what it started; a forked kernel has ended when this returns."""
        process = self.process
        await super().kill(restart)
        if isinstance(process, Forked):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.ended(), _LONGEST_END)

    def let_go(self) -> None:
        """End a forked kernel without waiting until it has ended; of an ordinary one nothing."""
        if isinstance(self.process, Forked):
            self.process.close()
            self.process = None

    def kill_now(self) -> None:
        """End the kernel and what it started, from any thread; nothing where it has ended."""
        process = self.process
        if isinstance(process, Forked) or not hasattr(os, "killpg"):
            if process is not None:
                process.kill()
        elif process is not None and process.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)

    async def wait(self) -> int | None:
        """Wait for the kernel to end, without looking again and again."""
        process = self.process
        if not isinstance(process, Forked):
            return await super().wait()
        code = await process.ended()
        process.close()
        self.process = None
        return code


def _descriptor(given: Any, own: int) -> int:
    """The number of the file that a client gives as a kernel's output; negative for `subprocess.PIPE` and the like."""
    if given is None:
        return own
    return given if isinstance(given, int) else given.fileno()


class Forked:
    """A kernel that is the child of the parent: what `subprocess.Popen` is of one's own child, as far as is needed."""

    stdin = stdout = stderr = None

    def __init__(self, line: socket.socket, pid: int) -> None:
        self._line, self.pid, self.returncode = line, pid, None

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        with contextlib.suppress(BlockingIOError):
            self._hear(socket.MSG_DONTWAIT)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not within so many seconds.
        """
        with selectors.PollSelector() as waiting:
            if self.returncode is None:
                waiting.register(self._line, selectors.EVENT_READ)
                if not waiting.select(timeout):
                    raise subprocess.TimeoutExpired(_LAUNCHER, timeout)
                self._hear()
        return self.returncode

    async def ended(self) -> int:
        """Wait until it has ended, while other tasks go on."""
        if self.returncode is None:
            await _heard(self._line)
        return self.wait()

    def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and all processes it has started; nothing where it has ended."""
        with contextlib.suppress(OSError):
            self._line.send(bytes([signum]))

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def close(self) -> None:
        """Let go of it; it is killed if it still runs."""
        self._line.close()

    def _hear(self, flags: int = 0) -> None:
        if self.returncode is not None:
            return
        told = b""
        # A signal that reached the parent too late resets the connection once; what was told before is still there,
        # and stays there, as several threads may ask.
        for _ in range(2):
            with contextlib.suppress(ConnectionError):
                told = self._line.recv(16, socket.MSG_PEEK | flags)
                break
        # A parent that is gone has taken its kernels with it.
        self.returncode = int(told) if told else -signal.SIGKILL


class Parent:
    """The process that kernels are forked from, for as long as this object, or the process that made it, lives.

    It imports `preload` with the environment variables `environment`. Kernels asked for meanwhile wait.

    Raises:
        OSError: there is no place for its socket, or no process to be had.
    """

    def __init__(self, preload: Sequence[str] = PRELOAD, environment: Mapping[str, str] = os.environ) -> None:
        # A folder of one's own: whoever can reach the socket can run code as this user.
        self._folder = tempfile.mkdtemp(prefix="am-kernels-", dir=place_of_sockets())
        self._maker = os.getpid()
        self.address = os.path.join(self._folder, "parent")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
                listener.bind(self.address)
                listener.listen(4096)
                self.process = subprocess.Popen(
                    [sys.executable, "-c", _BECOME_PARENT, str(listener.fileno()), str(self._maker), *preload],
                    stdin=subprocess.DEVNULL,
                    pass_fds=[listener.fileno()],
                    env={"MPLBACKEND": INLINE, **environment, **LIBRARIES},
                    start_new_session=True,  # Ctrl-C is for the process that asked, and what that decides follows
                )
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        atexit.register(self.close)

    def close(self) -> None:
        """End the parent and every kernel it has; nothing in a fork of the process that made it."""
        atexit.unregister(self.close)
        if os.getpid() != self._maker:
            return
        self.process.terminate()
        try:
            self.process.wait(_LONGEST_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Parent:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_own: dict[tuple, Parent] = {}
_one_at_a_time = threading.Lock()


def can_fork() -> bool:
    """Whether kernels can be forked on this system: elsewhere its libraries start threads of their own."""
    return sys.platform == "linux"


def place_of_sockets() -> str:
    """The folder for temporary files, but /tmp if its path leaves no room: a socket's has at most 107 bytes."""
    place = tempfile.gettempdir()
    return place if sys.platform != "linux" or len(os.fsencode(place)) <= _LONGEST_PLACE else "/tmp"


def wait_for_parent(
    environment: Mapping[str, str], *, preload: Sequence[str] = PRELOAD, seconds: float = LONGEST_START
) -> None:
    """Wait, at most so long, until the parent that `fork` would ask has imported what it imports."""
    with contextlib.suppress(OSError), _to_parent(preload, environment) as line:
        line.settimeout(seconds)
        line.send(b"are you ready?")
        line.recv(256)  # that this is no kernel to ask for


async def fork(
    argv: Sequence[str],
    folder: str,
    environment: Mapping[str, str],
    *,
    memory: int = 0,
    preload: Sequence[str] = PRELOAD,
    output: Sequence[int] = (1, 2),
    seconds: float = LONGEST_START,
) -> Forked:
    """A kernel with the arguments `argv` of IPython's kernel, in a folder, with an environment of its own.

    `output` are the files that it has as standard output and standard error.

    Raises:
        ForkFailed: neither the parent that the environment names nor this process's own gave one, within `seconds`.
    """
    try:
        line = _to_parent(preload, environment)
    except OSError as error:
        raise ForkFailed(f"there is no parent of kernels: {error}") from error
    try:
        asked = {"argv": list(argv), "folder": folder, "environment": dict(environment), "memory": memory}
        # A file has room for any environment, and does not wait for the parent to read it.
        with tempfile.TemporaryFile(buffering=0) as request:
            request.write(json.dumps(asked).encode())
            socket.send_fds(line, [b"fork"], [request.fileno(), *output])
        async with asyncio.timeout(seconds):
            await _heard(line)
        kind, _, told = line.recv(4096).decode().partition(" ")
        if kind != "ready":
            raise ForkFailed(told or f"a kernel ended with {kind or 'its parent'} before it was ready")
        return Forked(line, int(told))
    except TimeoutError:
        line.close()
        raise ForkFailed(f"a kernel was not ready after {seconds:g} seconds") from None
    except OSError as error:
        line.close()
        raise ForkFailed(f"the parent of kernels did not answer: {error}") from error
    except BaseException:
        line.close()
        raise


def _to_parent(preload: Sequence[str], environment: Mapping[str, str]) -> socket.socket:
    """A connection to the parent of kernels that this process's environment names, or else to its own."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        try:
            line.connect(os.environ.get(PARENT, ""))
        except OSError:  # there is none, or it is gone
            line.connect(_own_parent(tuple(preload), environment).address)
    except BaseException:
        line.close()
        raise
    return line


async def _heard(line: socket.socket) -> None:
    """Wait until something can be read, while other tasks go on."""
    # Of a copy, as an event loop has one reader for each file, and several tasks may wait.
    with line.dup() as copy:
        loop, heard = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(copy, heard.set)
        try:
            await heard.wait()
        finally:
            loop.remove_reader(copy)


def _own_parent(preload: tuple[str, ...], environment: Mapping[str, str]) -> Parent:
    # What an interpreter and its libraries read once, while they are imported.
    read_once = {name: value for name, value in environment.items() if name.startswith(_READ_ONCE)}
    key = (os.getpid(), preload, *sorted(read_once.items()))
    with _one_at_a_time:
        if key in _own and _own[key].process.poll() is not None:
            _own.pop(key).close()
        if key not in _own:
            _own[key] = Parent(preload, environment)
        return _own[key]

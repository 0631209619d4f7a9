"""Kernels that are ready at once: each is forked from a parent process that has imported what notebooks need.

Any Jupyter client gets one through the kernelspec `amlib`. Every kernel is a process of its own that has seen no
other notebook: the parent only imports, runs one thread, and opens neither sockets nor connections of what it
imported. Where a process cannot be forked safely (Windows, macOS) an ordinary kernel starts, with the same result.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import ctypes
import gc
import importlib
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
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Integer, List, Unicode

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
    "amlib.sentences",
    "amlib.rehearsal:rehearse",
    "amlib.show",
)
"""What the notebooks import."""

_OF_EVERY_KERNEL = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "ipykernel.debugger",
    "ipykernel.kernelapp",
    "matplotlib_inline.backend_inline",
    "sqlite3",
    "tornado.platform.asyncio",
    "tornado.queues",
)

ONE_THREAD = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
"""A process with threads cannot be forked safely: these keep libraries from starting any while they are imported."""

_LAUNCHER = "ipykernel_launcher"
_LARGEST_REQUEST = 1 << 20
_LONGEST_START = 60.0


class ForkFailed(RuntimeError):
    """The parent could not give a kernel: it is gone, or has more than one thread."""


class WarmProvisioner(LocalProvisioner):
    """Gives a Jupyter client kernels forked from a parent; without one, ordinary kernels."""

    preload = List(Unicode(), list(PRELOAD), help="Modules that the parent imports.").tag(config=True)
    memory = Integer(0, help="How many MB a kernel may allocate; 0 for any.").tag(config=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel; start an ordinary one where that cannot be."""
        if not (can_fork() and cmd[0] == sys.executable and _LAUNCHER in cmd):
            return await super().launch_kernel(cmd, **kwargs)
        environment = dict(kwargs.get("env") or os.environ)
        argv = cmd[cmd.index(_LAUNCHER) + 1 :]
        folder = os.path.abspath(kwargs.get("cwd") or os.getcwd())
        try:
            self.process = await asyncio.to_thread(
                fork,
                argv,
                folder,
                environment,
                memory=self.memory,
                preload=self.preload,
                output=[
                    kwargs[name].fileno() if kwargs.get(name) else fd for name, fd in (("stdout", 1), ("stderr", 2))
                ],
            )
        except (ForkFailed, OSError) as error:
            self.log.warning("A kernel starts from nothing: %s", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = folder
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        """Through the parent, which alone knows whether the process group is still the kernel's."""
        if isinstance(self.process, Forked):
            self.process.send_signal(signum)
        else:
            await super().send_signal(signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and what it started; it has ended when this returns."""
        await super().kill(restart)
        if isinstance(self.process, Forked):
            await self.process.ended()

    async def wait(self) -> int | None:
        """Wait for the kernel to end, without looking again and again."""
        if not isinstance(self.process, Forked):
            return await super().wait()
        code = await self.process.ended()
        self.process.close()
        self.process = None
        return code


class Forked:
    """A kernel that is the child of the parent: what `subprocess.Popen` is of one's own child, as far as is needed."""

    stdin = stdout = stderr = None

    def __init__(self, line: socket.socket, pid: int) -> None:
        self._line, self.pid, self.returncode = line, pid, None

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._line, selectors.EVENT_READ)
            return self.wait() if self.returncode is None and waiting.select(0) else self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended."""
        if self.returncode is None:
            self._line.settimeout(timeout)
            with contextlib.suppress(ConnectionError):
                told = self._line.recv(16)
            # A parent that is gone has taken its kernels with it.
            self.returncode = int(told) if told else -signal.SIGKILL
        return self.returncode

    async def ended(self) -> int:
        """Wait until it has ended, while other tasks go on."""
        if self.returncode is None:
            loop, done = asyncio.get_running_loop(), asyncio.Event()
            loop.add_reader(self._line, done.set)
            try:
                await done.wait()
            finally:
                loop.remove_reader(self._line)
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


class Parent:
    """The process that kernels are forked from, for as long as this object, or the process that made it, lives.

    It imports `preload` with the environment variables `environment`. Kernels asked for meanwhile wait.
    """

    def __init__(self, preload: Sequence[str] = PRELOAD, environment: Mapping[str, str] = os.environ) -> None:
        # A folder of one's own: whoever can reach the socket can run code as this user.
        self._folder = Path(tempfile.mkdtemp(prefix="am-kernels-"))
        self.address = str(self._folder / "parent")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(128)
            self.process = subprocess.Popen(
                [sys.executable, "-m", "amlib.kernel", str(listener.fileno()), *preload],
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                env={**environment, **ONE_THREAD},
                start_new_session=True,  # Ctrl-C is for the process that asked; what that decides reaches it by stdin
            )
        atexit.register(self.close)

    def close(self) -> None:
        """End the parent and every kernel it has."""
        atexit.unregister(self.close)
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Parent:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_own: dict[tuple, Parent] = {}
_making_own = threading.Lock()


def can_fork() -> bool:
    """Whether kernels can be forked on this system: elsewhere its libraries start threads of their own."""
    return sys.platform == "linux"


def fork(
    argv: Sequence[str],
    folder: str,
    environment: Mapping[str, str],
    *,
    memory: int = 0,
    preload: Sequence[str] = PRELOAD,
    output: Sequence[int] = (1, 2),
) -> Forked:
    """A kernel with the arguments `argv` of IPython's kernel, in a folder, with an environment of its own.

    `output` are the files that it has as standard output and standard error. Raises `ForkFailed` where the parent
    that the environment names, or this process's own, gives none.
    """
    line = socket.socket(socket.AF_UNIX)
    try:
        line.settimeout(_LONGEST_START)
        try:
            line.connect(os.environ.get(PARENT, ""))
        except OSError:  # there is none, or it is gone
            line.connect(_own_parent(tuple(preload), environment).address)
        asked = {"argv": list(argv), "folder": folder, "environment": dict(environment), "memory": memory}
        socket.send_fds(line, [json.dumps(asked).encode() + b"\n"], list(output))
        answer = line.recv(4096).decode()
        kind, _, told = answer.strip().partition(" ")
        if kind != "ready":
            raise ForkFailed(told or f"a kernel ended with {answer or 'its parent'} before it was ready")
        line.settimeout(None)
    except BaseException:
        line.close()
        raise
    return Forked(line, int(told))


def _own_parent(preload: tuple[str, ...], environment: Mapping[str, str]) -> Parent:
    # What an interpreter and its libraries read once, while they are imported.
    read_once = {name: value for name, value in environment.items() if name.startswith(("PYTHON", "MPL", "AMLIB"))}
    key = (os.getpid(), preload, *sorted(read_once.items()))
    with _making_own:
        if key not in _own or _own[key].process.poll() is not None:
            _own[key] = Parent(preload, environment)
        return _own[key]


# -- in the parent


def main(listener: socket.socket, preload: Sequence[str]) -> None:
    """Import, then fork a kernel for each request until the process that started this one is gone."""
    for name in (*_OF_EVERY_KERNEL, *preload):
        module, _, function = name.partition(":")
        loaded = importlib.import_module(module)
        if function:
            getattr(loaded, function)()
    if "duckdb" in sys.modules:
        # Its import opens a database in memory, with a thread; the next one who needs it opens another.
        sys.modules["duckdb"].default_connection().close()
    gc.collect()
    gc.freeze()  # the garbage collector would write to memory that the kernels share
    woken, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes.fileno())
    kernels: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as waiting:
        for source in (sys.stdin, listener, woken):
            waiting.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is sys.stdin:
                    for pid in kernels:
                        _signal(pid, signal.SIGKILL)
                    return
                if key.fileobj is listener:
                    line, _ = listener.accept()
                    if pid := _fork(line):
                        kernels[pid] = line
                        waiting.register(line, selectors.EVENT_READ, pid)
                elif key.fileobj is woken:
                    woken.recv(4096)
                    _bury(kernels, waiting)
                elif key.data in kernels:
                    _obey(key.fileobj, key.data, waiting)


def _obey(line: socket.socket, pid: int, waiting: selectors.BaseSelector) -> None:
    """Pass on the signals that the kernel's client sends; without a client the kernel ends."""
    try:
        signals = line.recv(64)
    except ConnectionError:
        signals = b""
    for signum in signals or [signal.SIGKILL]:
        _signal(pid, signum)
    if not signals:
        waiting.unregister(line)


def _bury(kernels: dict[int, socket.socket], waiting: selectors.BaseSelector) -> None:
    """Tell the clients of kernels that have ended how they ended."""
    while kernels:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        # What the kernel has started goes with it.
        _signal(pid, signal.SIGKILL)
        line = kernels.pop(pid)
        with contextlib.suppress(OSError):
            line.send(str(os.waitstatus_to_exitcode(status)).encode())
        with contextlib.suppress(KeyError):
            waiting.unregister(line)
        line.close()


def _signal(pid: int, signum: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signum)


def _fork(line: socket.socket) -> int:
    """Fork the kernel that a client asks for and tell it the process id; 0 where there is none."""
    try:
        line.settimeout(10)
        asked, fds, _, _ = socket.recv_fds(line, _LARGEST_REQUEST, 2)
        while not asked.endswith(b"\n"):
            asked += line.recv(_LARGEST_REQUEST) or b"\n"
        request = json.loads(asked)
        if (threads := len(os.listdir("/proc/self/task"))) > 1:
            raise RuntimeError(f"the process that kernels are forked from has {threads} threads")
    except (OSError, ValueError, RuntimeError) as error:
        with contextlib.suppress(OSError):
            line.send(f"failed {error}\n".encode())
        line.close()
        return 0
    pid = os.fork()
    if pid == 0:
        _be_a_kernel(request, fds, line)
    for fd in fds:
        os.close(fd)
    line.settimeout(None)
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)  # here and in the child, whichever comes first
    return pid


def _be_a_kernel(request: Mapping[str, Any], fds: Sequence[int], line: socket.socket) -> NoReturn:
    """Turn this fork of the parent into a kernel, and say when it listens; never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setpgid(0, 0)
        _die_with_parent()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for fd, to in zip(fds, (1, 2), strict=True):
            os.dup2(fd, to)
        line = socket.socket(fileno=os.dup2(line.detach(), 3))
        os.closerange(4, os.sysconf("SC_OPEN_MAX"))
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        if request["memory"]:
            _limit_memory(request["memory"])
        _forget_randomness()
        sys.argv = [_LAUNCHER, *request["argv"]]
        from ipykernel.kernelapp import IPKernelApp

        app = IPKernelApp.instance(parent_handle=os.getppid())
        app.initialize(request["argv"])
        line.send(f"ready {os.getpid()}\n".encode())
        line.close()
        app.start()
        code = 0
    except SystemExit as asked:
        code = asked.code if isinstance(asked.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _die_with_parent() -> None:
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _limit_memory(megabytes: int) -> None:
    import resource

    # Of the data that a process writes to; the address space counts files that are only mapped as well.
    most = megabytes << 20
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _forget_randomness() -> None:
    """Kernels must not draw the same random numbers, as forks of one process would."""
    import random

    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])

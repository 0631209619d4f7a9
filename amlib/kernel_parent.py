"""The process that kernels are forked from. `amlib.kernel` starts it, asks it for kernels and is told how they end.

A client has a connection for each kernel. It carries packets, so that none arrives in parts or joined to another:

- client to parent, once: `fork`, with three files: the request as JSON, the kernel's standard output and error;
- kernel to client, once: `ready` and its process id;
- client to parent: a signal for the kernel and what it has started, one byte;
- parent to client: the exit code, negative for a signal, or `failed` and why there was no kernel.

A client that closes the connection ends its kernel.
"""

from __future__ import annotations

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
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping
from typing import Any, NoReturn

INLINE = "module://matplotlib_inline.backend_inline"
"""Matplotlib's name for the way that shows figures below their cell."""

YOUNG = 50_000
"""So many new objects for the garbage collector to look at them.

With nothing of the imports to look at, it takes every few hundred for a reason to look at all the others: a report
would spend a tenth of its time there.
"""

_OF_EVERY_KERNEL = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "faulthandler",
    "ipykernel.debugger",
    "ipykernel.kernelapp",
    "ipykernel_launcher",
    "matplotlib.backends.backend_agg",
    "sqlite3",
    "tornado.platform.asyncio",
    "tornado.queues",
)
_LOOK_AGAIN = 0.5


def main() -> None:
    """Import, then fork a kernel for each request, until told to end or the process that started this one is gone.

    The arguments of the process are the socket to listen at, the process that started it, and what to import.
    """
    listener, client = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    given = set(os.environ)
    try:
        for name in (*_OF_EVERY_KERNEL, *sys.argv[3:], "amlib.kernel_forked:rehearse"):
            module, _, function = name.partition(":")
            loaded = importlib.import_module(module)
            if function:
                getattr(loaded, function)()
        set_by_imports = {name: value for name, value in os.environ.items() if name not in given}
        if "duckdb" in sys.modules:
            # Its import opens a database in memory, with a thread; the next one who needs it opens another.
            sys.modules["duckdb"].default_connection().close()
        gc.collect()
        gc.freeze()  # the garbage collector would write to memory that the kernels share
        gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
        _Kernels(listener, set_by_imports).serve(client)
    finally:
        shutil.rmtree(os.path.dirname(listener.getsockname()), ignore_errors=True)


class _Kernels:
    """The kernels that run, each with the connection to its client, and what this process waits for."""

    def __init__(self, listener: socket.socket, set_by_imports: Mapping[str, str]) -> None:
        self._listener, self._set_by_imports = listener, set_by_imports
        self._lines: dict[int, socket.socket] = {}
        self._woken, self._wakes = socket.socketpair()
        self._wakes.setblocking(False)
        self._waiting = selectors.DefaultSelector()
        for source in (self._listener, self._woken):
            self._waiting.register(source, selectors.EVENT_READ)

    def serve(self, client: int) -> None:
        signal.set_wakeup_fd(self._wakes.fileno())
        for signum in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(signum, lambda *_: None)
        asked_to_end = False
        try:
            while not asked_to_end and os.getppid() == client:
                for key, _ in self._waiting.select(_LOOK_AGAIN):
                    if key.fileobj is self._listener:
                        line, _ = self._listener.accept()
                        self._waiting.register(line, selectors.EVENT_READ)
                    elif key.fileobj is self._woken:
                        asked_to_end = signal.SIGTERM in self._woken.recv(4096)
                        self._bury()
                    elif key.data is None:
                        self._begin(key.fileobj)
                    elif key.data in self._lines:
                        self._obey(key.fileobj, key.data)
        finally:
            for pid in self._lines:
                _signal(pid, signal.SIGKILL)
            for pid in self._lines:
                os.waitpid(pid, 0)

    def _begin(self, line: socket.socket) -> None:
        """Fork the kernel that a client asks for, or say why there is none."""
        fds = []
        try:
            _, fds, _, _ = socket.recv_fds(line, 16, 3)
            if len(fds) != 3:
                raise ConnectionError("what was asked for is not a kernel")
            if (threads := len(os.listdir("/proc/self/task"))) > 1:
                raise RuntimeError(f"the process that kernels are forked from has {threads} threads")
            parent = os.getpid()
            pid = os.fork()
            if pid == 0:
                _be_a_kernel(parent, *fds, line, self._set_by_imports)
        except (OSError, RuntimeError) as error:
            with contextlib.suppress(OSError):
                line.send(f"failed {error}".encode())
            self._waiting.unregister(line)
            line.close()
        else:
            self._lines[pid] = line
            self._waiting.modify(line, selectors.EVENT_READ, pid)
        finally:
            for fd in fds:
                os.close(fd)

    def _obey(self, line: socket.socket, pid: int) -> None:
        """Pass on a signal that the kernel's client sends; without a client the kernel ends."""
        try:
            signals = line.recv(16)
        except ConnectionError:
            signals = b""
        for signum in signals or [signal.SIGKILL]:
            _signal(pid, signum)
        if not signals:
            self._waiting.unregister(line)

    def _bury(self) -> None:
        """Tell the clients of kernels that have ended how they ended."""
        while self._lines and (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)):
            pid = ended.si_pid
            # What the kernel has started goes with it. Until a process is waited for its number is given to no other.
            _signal(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            if line := self._lines.pop(pid, None):
                with contextlib.suppress(OSError):
                    line.send(str(os.waitstatus_to_exitcode(status)).encode(), socket.MSG_DONTWAIT)
                with contextlib.suppress(KeyError):
                    self._waiting.unregister(line)
                line.close()


def _signal(pid: int, signum: int) -> None:
    """Send a signal to a kernel that has not been waited for, and to what it has started."""
    try:
        os.killpg(pid, signum)
    except ProcessLookupError:  # it has only just been forked, and has no group of its own
        os.kill(pid, signum)
    except PermissionError:
        pass


# -- in the kernel


def _be_a_kernel(
    parent: int, request: int, stdout: int, stderr: int, line: socket.socket, set_by_imports: Mapping[str, str]
) -> NoReturn:
    """Turn this fork of the parent into a kernel, and say when it listens; never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for signum in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(signum, signal.SIG_DFL)
        os.setsid()
        _die_with(parent)
        with open(request, encoding="utf-8", closefd=False) as file:
            file.seek(0)
            asked = json.load(file)
        _keep_open(line.fileno(), os.open(os.devnull, os.O_RDONLY), stdout, stderr)
        os.chdir(asked["folder"])
        _settle({**set_by_imports, **asked["environment"]})
        if asked["memory"]:
            _limit_memory(asked["memory"])
        sys.argv = [sys.modules["ipykernel_launcher"].__file__, *asked["argv"]]
        from amlib.kernel_forked import app_of

        app = app_of(parent)
        app.initialize(asked["argv"])
        app.log.setLevel(app.log_level)  # what is said below it goes nowhere, but would be worded all the same
        line.send(f"ready {os.getpid()}".encode())
        line.close()
        app.start()
        code = 0
    except SystemExit as asked_to:
        code = asked_to.code if isinstance(asked_to.code, int) else int(asked_to.code is not None)
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        _end(code)


def _die_with(parent: int) -> None:
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _keep_open(line: int, stdin: int, stdout: int, stderr: int) -> None:
    """Close all files but these: other kernels' connections are among them."""
    for fd, to in ((stdin, 0), (stdout, 1), (stderr, 2)):
        os.dup2(fd, to)
    for fd in map(int, os.listdir("/proc/self/fd")):
        if fd not in (0, 1, 2, line):
            with contextlib.suppress(OSError):  # the one of the list itself is closed
                os.close(fd)


def _settle(environment: Mapping[str, str]) -> None:
    """Take over an environment, and with it what was read from another one, or drawn, while the parent imported."""
    os.environ.clear()
    os.environ.update(environment, JPY_PARENT_PID=str(os.getppid()))
    time.tzset()
    tempfile.tempdir = None
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].rcParams["backend"] = os.environ.setdefault("MPLBACKEND", INLINE)
    if "numpy" in sys.modules:
        # Python's own generator does so by itself.
        sys.modules["numpy"].random.seed()


def _limit_memory(megabytes: int) -> None:
    import resource

    # Of the data that a process writes to; the address space counts files that are only mapped as well.
    most = megabytes << 20
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _end(code: Any) -> NoReturn:
    """End as an interpreter does, but without taking apart what it has imported."""
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.__stdout__.flush()
        sys.__stderr__.flush()
    finally:
        os._exit(code)

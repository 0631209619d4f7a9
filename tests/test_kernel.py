"""Kernels that are forked: fresh, complete, and gone when they should be. Everything runs for real."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client import BlockingKernelClient, KernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_core.utils import ensure_event_loop
from nbformat.v4 import new_code_cell, new_notebook
from processes import alive, files_of, until
from traitlets.config import Config

from amlib import kernel

pytestmark = pytest.mark.skipif(not kernel.can_fork(), reason="kernels are ordinary ones here")

LIGHT = ("json",)
WARNING = "A kernel starts from nothing: "


class _Specs(KernelSpecManager):
    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """This repository's, whatever is installed."""
        if kernel_name == "amlib":
            return KernelSpec.from_resource_dir(str(kernel.KERNELSPEC))
        return super().get_kernel_spec(kernel_name)


class Kernel:
    """A kernel with a client."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager, self.client = manager, client

    @property
    def pid(self) -> int:
        return self.manager.provisioner.pid

    @property
    def forked(self) -> bool:
        return isinstance(self.manager.provisioner.process, kernel.Forked)

    def outputs(self, code: str) -> list[dict]:
        """What a cell shows."""
        found = []
        self.client.execute_interactive(
            code,
            allow_stdin=False,
            timeout=60,
            output_hook=lambda message: found.append((message["msg_type"], message["content"])),
        )
        kinds = ("stream", "execute_result", "display_data", "error")
        return [content | {"kind": kind} for kind, content in found if kind in kinds]

    def run(self, code: str) -> str:
        """What a cell prints, or its error."""
        found = self.outputs(code)
        if errors := [output for output in found if output["kind"] == "error"]:
            return f"{errors[0]['ename']}: {errors[0]['evalue']}"
        return "".join(output["text"] for output in found if output["kind"] == "stream").strip()


@contextmanager
def managed(name: str = "amlib", **provisioner: Any) -> Iterator[KernelManager]:
    """A manager that talks by socket files in a folder of its own; what it has started ends with it."""
    with tempfile.TemporaryDirectory(prefix="am-", dir=kernel.place_of_sockets()) as folder:
        manager = KernelManager(
            kernel_name=name,
            kernel_spec_manager=_Specs(),
            transport="ipc",
            ip=f"{folder}/k",
            connection_file=f"{folder}/with a space/kernel.json",
            config=Config({"WarmProvisioner": provisioner}),
        )
        os.mkdir(f"{folder}/with a space")
        try:
            yield manager
        finally:
            if manager.has_kernel:
                manager.shutdown_kernel(now=True)
            else:
                manager.cleanup_resources()


@contextmanager
def connected(manager: KernelManager, timeout: float = 60) -> Iterator[Kernel]:
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=timeout)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()


@contextmanager
def started(name: str = "amlib", *, options: dict | None = None, **kwargs: Any) -> Iterator[Kernel]:
    with managed(name, **options or {}) as manager:
        manager.start_kernel(**kwargs)
        with connected(manager) as one:
            yield one


@pytest.fixture(scope="module")
def parent() -> Iterator[kernel.Parent]:
    with kernel.Parent() as parent:
        yield parent


@pytest.fixture(autouse=True)
def of_parent(parent: kernel.Parent, monkeypatch: pytest.MonkeyPatch) -> None:
    """All kernels of these tests are forked from one parent."""
    monkeypatch.setenv(kernel.PARENT, parent.address)


@pytest.fixture
def on_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Kernels of a test are forked from parents of its own."""
    monkeypatch.delenv(kernel.PARENT)
    yield
    while kernel._own:
        kernel._own.popitem()[1].close()


def site(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str, name: str = "sitecustomize") -> None:
    """A module that every interpreter finds which starts during a test."""
    (folder / f"{name}.py").write_text(code)
    places = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(places))


# -- the same as any kernel


CELLS = (
    "1 + 1",
    "print('a'); import sys; print('b', file=sys.stderr)",
    "import matplotlib.pyplot as plt\nplt.figure(figsize=(1, 1)); plt.plot([1, 2]); plt.title('Ân');",
    "%matplotlib inline\nplt.figure(figsize=(1, 1)); plt.plot([2, 1]); plt.show()",
    "import matplotlib; matplotlib.get_backend()",
    "1 / 0",
    "def",
    "!echo from a shell",
    "%%timeit -n1 -r1 -o -q\npass",
    "import pandas as pd; pd.DataFrame({'a': [1, 2]})",
    "from IPython.display import display, HTML; display(HTML('<b>x</b>'), {'application/json': 1}, raw=1)",
    "import warnings; warnings.warn('careful')",
    "import logging; logging.getLogger().warning('careful')",
    "input('?')",
    "sys.path, sys.argv[0], sys.executable, sys.flags, __name__, sys.stdin.read()",
    "import os; sorted(os.environ.items() - {('JPY_PARENT_PID', os.environ['JPY_PARENT_PID'])})",
    "os.getpid() == os.getpgid(0) == os.getsid(0), os.getcwd()",
    "import signal; [signal.getsignal(s) for s in (2, 15, 17)], signal.pthread_sigmask(signal.SIG_BLOCK, [])",
    "import asyncio; await asyncio.sleep(0, 'awaited')",
    "import concurrent.futures as f; f.ThreadPoolExecutor(2).submit(int, '3').result()",
    "import subprocess; subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True).stdout",
    "import multiprocessing as m; m.get_context('spawn').Pool(1).map(abs, [-1])",
    "import duckdb; duckdb.sql('SELECT 42').fetchall()",
    "%load_ext storemagic\n_, __, Out[1]",
)


def test_a_notebook_shows_what_it_shows_in_a_kernel_of_python(tmp_path: Path):
    shown = {}
    for name in ("python3", "amlib"):
        # One history of what was typed for both.
        env = {**os.environ, "IPYTHONDIR": str(tmp_path / name)}
        with started(name, cwd=str(tmp_path), env=env) as one:
            assert one.forked == (name == "amlib")
            text = json.dumps([one.outputs(cell) for cell in CELLS])
        text = re.sub(r"(0x|ipykernel_|pid )[0-9a-f]+|\d+(\.\d+)? [nµμm]?s\b", "?", text)
        shown[name] = json.loads(text.replace(str(tmp_path / name), "?"))
    for cell, ours, theirs in zip(CELLS, shown["amlib"], shown["python3"], strict=True):
        assert ours == theirs, cell


def test_a_kernel_ends_as_any_does_and_its_history_is_kept(tmp_path: Path):
    ends = tmp_path / "ends"
    with started(env={**os.environ, "IPYTHONDIR": str(tmp_path)}) as one:
        one.run(f"import atexit; atexit.register(lambda: open({str(ends)!r}, 'w').write('ended'))")
        process = one.manager.provisioner.process
        one.manager.shutdown_kernel()
        assert process.returncode == 0
    assert ends.read_text() == "ended"
    with started(env={**os.environ, "IPYTHONDIR": str(tmp_path)}) as one:
        assert "atexit.register" in one.run("%history -g atexit")


# -- nothing of another kernel


def test_kernels_are_fresh(tmp_path: Path):
    draws = "import random, numpy, uuid; print(random.random(), numpy.random.random(), uuid.uuid4())"
    with started() as one:
        one.run("import os, amlib, seaborn; x = amlib.mark = 1; seaborn.set_theme(font_scale=9)")
        one.run(f"os.environ['MARK'] = '1'; os.chdir({str(tmp_path)!r}); import decimal; decimal.getcontext().prec = 3")
        first = one.run(draws)
        with started() as other:
            seen = "'x' in dir(), hasattr(amlib, 'mark'), 'MARK' in os.environ, os.getcwd(), decimal.getcontext().prec"
            assert other.run(f"import os, amlib, decimal; print(({seen}))") == str(
                (False, False, False, os.getcwd(), 28)
            )
            size = "import matplotlib as m; print(m.rcParams['font.size'] == m.rcParamsDefault['font.size'])"
            assert other.run(size) == "True"
            second = other.run(draws)
    assert not set(first.split()) & set(second.split())


def test_a_kernel_has_no_file_of_the_parent_or_another_kernel(parent: kernel.Parent):
    files = (
        "import os; print({os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') "
        "if os.path.exists(f'/proc/self/fd/{n}')})"
    )
    of_parent = {os.readlink(path) for path in Path(f"/proc/{parent.process.pid}/fd").iterdir() if path.exists()}
    with started(), started() as one:
        shared = {name for name in eval(one.run(files)) if name.startswith("socket:")} & of_parent
    assert not shared


def test_parent_has_one_thread(parent: kernel.Parent):
    with started():
        assert len(os.listdir(f"/proc/{parent.process.pid}/task")) == 1


@pytest.mark.usefixtures("on_its_own")
def test_a_parent_with_threads_gives_ordinary_kernels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=[600], daemon=True).start()"
    site(tmp_path, monkeypatch, thread, "has_a_thread")
    with started(options={"preload": ["has_a_thread"], "memory": 3000}) as one:
        assert not one.forked
        assert one.run("print('runs')") == "runs"
        assert one.run("import resource; print(resource.getrlimit(resource.RLIMIT_DATA)[0] >> 20)") == "3000"
    assert f"{WARNING}the process that kernels are forked from has 2 threads" in caplog.messages


@pytest.mark.parametrize("asked", [{"independent": True}, {"stdout": subprocess.DEVNULL}])
def test_what_only_an_ordinary_kernel_has_is_given_by_one(asked: dict):
    with started(**asked) as one:
        assert not one.forked
        assert one.run("print('runs')") == "runs"


# -- many


def test_twenty_start_at_once_and_no_file_stays_open(parent: kernel.Parent, tmp_path: Path):
    async def twenty() -> list[int]:
        async def one(i: int) -> kernel.Forked:
            return await kernel.fork(["-f", str(tmp_path / f"{i}.json")], str(tmp_path), os.environ)

        kernels = await asyncio.gather(*map(one, range(20)))
        assert [each.poll() for each in kernels] == [None] * 20
        for each in kernels:
            each.kill()
        assert await asyncio.gather(*(each.ended() for each in kernels)) == [-signal.SIGKILL] * 20
        for each in kernels:
            each.close()
        return [each.pid for each in kernels]

    asyncio.run(twenty())
    before = files_of(parent.process.pid), files_of(os.getpid())
    pids = asyncio.run(twenty())
    assert len(set(pids)) == 20
    assert until(lambda: files_of(parent.process.pid) <= before[0], seconds=5)
    assert files_of(os.getpid()) <= before[1]
    assert not any(map(alive, pids))


def test_managers_in_threads_without_an_event_loop(tmp_path: Path):
    def one(i: int) -> str:
        try:
            with started() as one:
                return one.run(f"print({i} + 1)") if one.forked else "not forked"
        finally:
            ensure_event_loop().close()  # jupyter_client's of this thread

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(one, range(4))) == ["1", "2", "3", "4"]


@pytest.mark.usefixtures("on_its_own")
def test_threads_share_one_parent():
    with ThreadPoolExecutor(8) as threads:
        parents = set(threads.map(lambda _: kernel._own_parent(LIGHT, os.environ), range(8)))
    assert len(parents) == len(kernel._own) == 1


def test_a_silent_client_holds_nobody_up(parent: kernel.Parent):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as silent:
        silent.connect(parent.address)
        start = time.monotonic()
        with started() as one:
            assert one.forked
        assert time.monotonic() - start < 9


@pytest.mark.parametrize("sent", [b"", b"x", b"fork"])
def test_nonsense_is_refused_and_the_parent_goes_on(parent: kernel.Parent, sent: bytes):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as other:
        other.settimeout(10)
        other.connect(parent.address)
        if sent:
            socket.send_fds(other, [sent], [1])
            assert other.recv(100) == b"failed what was asked for is not a kernel"
    with started() as one:
        assert one.forked


def test_only_this_user_reaches_the_parent(parent: kernel.Parent):
    assert stat.S_IMODE(Path(parent.address).parent.stat().st_mode) == 0o700


# -- signals and ends


def test_an_interrupt_stops_a_cell_and_the_kernel_lives():
    with started() as one:
        one.run("import time")
        timer = threading.Timer(0.5, lambda: one.manager.provisioner.process.send_signal(signal.SIGINT))
        timer.start()
        assert one.run("time.sleep(60)").startswith("KeyboardInterrupt")
        timer.join()
        time.sleep(0.2)
        one.manager.interrupt_kernel()
        time.sleep(0.2)
        assert one.run("print('lives')") == "lives"


SPAWNS = "import os, subprocess; print(subprocess.Popen(['sleep', '600']).pid, os.getpid())"


def test_kill_ends_what_a_cell_has_started():
    with started() as one:
        pids = [int(pid) for pid in one.run(SPAWNS).split()]
        one.manager.shutdown_kernel(now=True)
        assert not alive(pids[1])
        assert until(lambda: not alive(pids[0]), seconds=5)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("os._exit(7)", 7),
        ("os.kill(os.getpid(), 9)", -9),
        ("os.kill(os.getpid(), 15)", -15),
        ("import ctypes; ctypes.string_at(0)", -11),
    ],
)
def test_the_exit_code_is_told(cell: str, code: int):
    with started() as one:
        child = int(one.run(SPAWNS).split()[0])
        process = one.manager.provisioner.process
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        one.client.execute(cell)
        assert process.wait(20) == code
        assert process.poll() == process.returncode == code
        assert not one.manager.is_alive()
        assert until(lambda: not alive(child), seconds=5)
        # A signal that comes too late is for nobody.
        process.send_signal(signal.SIGTERM)
        assert asyncio.run(process.ended()) == code


def test_several_tasks_wait_for_one_kernel():
    async def wait(process: kernel.Forked) -> list[int]:
        waiting = [asyncio.create_task(process.ended()) for _ in range(3)]
        await asyncio.sleep(0.1)
        process.kill()
        return await asyncio.wait_for(asyncio.gather(*waiting), 10)

    with started() as one:
        assert asyncio.run(wait(one.manager.provisioner.process)) == [-9] * 3


def test_a_kernel_restarts_with_its_sockets_after_it_was_asked_killed_or_died():
    with started() as one:
        information = one.manager.get_connection_info()
        for now in (False, True, None):
            before = one.pid
            if now is None:
                os.kill(before, signal.SIGKILL)
                assert until(lambda: not one.manager.is_alive(), seconds=5)
            one.run("x = 1") if now is not None else None
            one.manager.restart_kernel(now=bool(now))
            one.client.wait_for_ready(timeout=60)
            assert one.forked
            assert one.pid != before
            assert not alive(before)
            assert one.run("print('x' in dir())") == "False"
            assert one.manager.get_connection_info() == information


CLIENT = """
import asyncio, os, subprocess, sys, tempfile, time
from amlib import kernel
async def main():
    file = os.path.join(tempfile.mkdtemp(dir={folder!r}), "k.json")
    started = await kernel.fork(["-f", file], {folder!r}, os.environ, preload=["json"])
    parents = [parent.process.pid for parent in kernel._own.values()]
    folders = [parent.address for parent in kernel._own.values()]
    return started, parents, folders
kept, parents, folders = asyncio.run(main())
"""


def client(folder: Path, code: str, **kwargs: Any) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT.format(folder=str(folder)) + code], stdout=subprocess.PIPE, text=True, **kwargs
    )


@pytest.mark.usefixtures("on_its_own")
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_killed_client_takes_its_kernels_and_its_parent_with_it(tmp_path: Path, signum: int):
    # Its own fork lives on, with copies of all its files.
    tells = "os.fork() or time.sleep(8) or os._exit(0)\nprint(kept.pid, *parents, *folders, flush=True)\ntime.sleep(99)"
    with client(tmp_path, tells) as process:
        pids, folder = (told := process.stdout.readline().split())[:2], told[2]
        assert all(alive(int(pid)) for pid in pids)
        process.send_signal(signum)
        assert until(lambda: not any(alive(int(pid)) for pid in pids), seconds=5)
        assert until(lambda: not os.path.exists(os.path.dirname(folder)), seconds=5)


def test_a_killed_client_of_a_shared_parent_takes_its_kernel_with_it(tmp_path: Path, parent: kernel.Parent):
    with client(tmp_path, "print(kept.pid, parents, flush=True)\ntime.sleep(600)") as process:
        pid, parents = process.stdout.readline().split()
        assert parents == "[]"
        process.kill()
        assert until(lambda: not alive(int(pid)), seconds=5)
    assert parent.process.poll() is None


@pytest.mark.usefixtures("on_its_own")
def test_a_fork_of_a_client_ends_nobodys_parent(tmp_path: Path):
    forks = """
if (child := os.fork()) == 0:
    sys.exit(0)
os.waitpid(child, 0)
assert kept.poll() is None
again, parents_now, _ = asyncio.run(main())
assert parents_now == parents
print("fine")
"""
    with client(tmp_path, forks) as process:
        out, _ = process.communicate(timeout=60)
    assert (out, process.returncode) == ("fine\n", 0)


@pytest.mark.usefixtures("on_its_own")
def test_a_killed_parent_takes_its_kernels_with_it_and_the_next_kernel_starts():
    options = {"preload": list(LIGHT)}
    with started(options=options) as one:
        (first,) = kernel._own.values()
        first.process.kill()
        assert one.manager.provisioner.process.wait(10) == -signal.SIGKILL
        assert until(lambda: not alive(one.pid), seconds=5)
        with started(options=options) as other:
            assert other.forked
            assert other.run("print('runs')") == "runs"
        (second,) = kernel._own.values()
    assert second is not first
    assert not Path(first.address).parent.exists()


@pytest.mark.usefixtures("on_its_own")
def test_the_parent_ends_in_order_when_asked(tmp_path: Path):
    with kernel.Parent(LIGHT) as one, pytest.MonkeyPatch.context() as patch:
        patch.setenv(kernel.PARENT, one.address)
        with started() as kernel_of_one:
            pids = [int(pid) for pid in kernel_of_one.run(SPAWNS).split()]
            one.close()
            assert not alive(pids[1])
            assert until(lambda: not alive(pids[0]), seconds=5)
    assert not Path(one.address).parent.exists()


# -- kernels that do not start

HANGS = """
import os, sys, time
def hang():
    with open({marks!r}, "a") as marks: marks.write("x")
    {how}
if "ipykernel_launcher" in sys.orig_argv: hang()
if "kernel_parent" in "".join(sys.orig_argv): os.register_at_fork(after_in_child=hang)
"""


@pytest.mark.usefixtures("on_its_own")
@pytest.mark.parametrize(
    ("how", "warning", "says"),
    [
        ("time.sleep(600)", "a kernel was not ready after 3 seconds", "Kernel didn't respond in 3 seconds"),
        ("os._exit(3)", "a kernel ended with 3 before it was ready", "Kernel died before replying to kernel_info"),
    ],
)
def test_a_kernel_that_does_not_start_is_tried_twice_and_reported(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    how: str,
    warning: str,
    says: str,
):
    marks = tmp_path / "marks"
    site(tmp_path, monkeypatch, HANGS.format(marks=str(marks), how=how))
    kernel.wait_for_parent(os.environ, preload=LIGHT)
    with managed(preload=list(LIGHT), start=3.0) as manager:
        manager.start_kernel()
        with pytest.raises(RuntimeError, match=says), connected(manager, 3):
            pass
    assert until(lambda: marks.read_text() == "xx", seconds=5)
    assert WARNING + warning in caplog.messages


@pytest.mark.usefixtures("on_its_own")
def test_a_parent_that_cannot_import_gives_ordinary_kernels(caplog: pytest.LogCaptureFixture, capfd: Any):
    with started(options={"preload": ["no_such_module"]}) as one:
        assert not one.forked
    assert any(message.startswith(WARNING) for message in caplog.messages)
    assert "No module named 'no_such_module'" in capfd.readouterr().err


def test_a_taken_port_is_reported(caplog: pytest.LogCaptureFixture):
    with socket.create_server(("127.0.0.1", 0)) as taken, managed() as manager:
        manager.transport, manager.ip, manager.cache_ports = "tcp", "127.0.0.1", False
        manager.shell_port = taken.getsockname()[1]
        manager.start_kernel()
        with pytest.raises(RuntimeError, match="Kernel died"), connected(manager):
            pass
    assert f"{WARNING}a kernel ended with 1 before it was ready" in caplog.messages


def test_names_of_sockets_that_are_taken_are_not_used():
    with managed() as manager:
        for i in (1, 3):
            Path(f"{manager.ip}-{i}").touch()
        manager.start_kernel()
        with connected(manager) as one:
            assert one.forked
            assert one.run("print('runs')") == "runs"


def test_a_memory_limit_is_an_error_of_the_cell():
    with started(options={"memory": 900}) as one:
        assert one.run("x = bytearray(2 << 30)") == "MemoryError: "
        assert one.run("print('lives')") == "lives"


# -- what a client gives


def test_an_environment_of_any_size_and_letters(monkeypatch: pytest.MonkeyPatch):
    odd = {"LINES": "a\nb\r\n", "ÂN": "Ngân sách 🚀", "BIG": "x" * 100_000, "BIG2": "é" * 100_000, "RAW": "\udcff"}
    zone = {"TZ": "Asia/Ho_Chi_Minh"}
    with started(env={**os.environ, **odd, **zone}) as one:
        assert one.forked
        assert one.run(f"import os; print([os.environ[name] == value for name, value in {odd!r}.items()])") == str(
            [True] * 5
        )
        assert one.run("import time; print(time.strftime('%z'), *time.tzname)") == "+0700 +07 +07"


def test_output_goes_where_it_is_asked(tmp_path: Path):
    out, err = tmp_path / "out", tmp_path / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        arguments = ["--IPKernelApp.capture_fd_output=False"]
        with started(stdout=stdout, stderr=stderr.fileno(), extra_arguments=arguments) as one:
            assert one.forked
            one.run("import os; os.write(1, b'to out'); os.write(2, b'to err')")
    assert (out.read_bytes(), err.read_bytes()) == (b"to out", b"to err")


def test_a_folder_with_any_letters(tmp_path: Path):
    folder = tmp_path / "Báo cáo tháng 10 — {x}"
    folder.mkdir()
    with started(cwd=str(folder)) as one:
        assert one.forked
        assert one.run("import os; print(os.getcwd())") == str(folder)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path):
    with managed() as manager, pytest.raises(FileNotFoundError):
        manager.start_kernel(cwd=str(tmp_path / "gone"))


def test_a_long_path_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setenv("TMPDIR", str(long))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with kernel.Parent(LIGHT) as parent:
        monkeypatch.setenv(kernel.PARENT, parent.address)
        with started() as one:
            assert one.forked
            assert one.run("import tempfile; print(tempfile.gettempdir())") == str(long)


# -- any client


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which Jupyter finds this repository's kernelspec, and nothing of a user's."""
    folder = tmp_path_factory.mktemp("jupyter")
    shutil.copytree(kernel.KERNELSPEC, folder / "data" / "kernels" / "amlib")
    own = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("RUNTIME", "CONFIG")}
    return {**own, "JUPYTER_PATH": str(folder / "data"), "IPYTHONDIR": str(folder)}


def ran(command: Sequence[str], folder: Path, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert "starts from nothing" not in done.stderr
    return done.stderr + done.stdout


IS_FORKED = "import os\nopen(f'/proc/{os.getppid()}/cmdline').read().count('kernel_parent')"


@pytest.mark.usefixtures("on_its_own")
def test_papermill_from_the_shell(tmp_path: Path, jupyter: dict[str, str]):
    cells = [new_code_cell("x = 1", metadata={"tags": ["parameters"]}), new_code_cell(IS_FORKED), new_code_cell("x")]
    named = {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=named), tmp_path / "in.ipynb")
    ran(["papermill", "-k", "amlib", "-p", "x", "7", "in.ipynb", "out.ipynb"], tmp_path, jupyter)
    shown = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert [cell.outputs[0].data["text/plain"] for cell in shown.cells[2:]] == ["1", "7"]


def test_nbval(tmp_path: Path, jupyter: dict[str, str]):
    cells = [new_code_cell(f"{IS_FORKED}\nassert _ or 1"), new_code_cell(f"assert {IS_FORKED.splitlines()[1]} == 1")]
    nbformat.write(new_notebook(cells=cells), tmp_path / "in.ipynb")
    command = ["pytest", "--nbval-lax", "--nbval-kernel-name", "amlib", "-p", "no:cacheprovider", "in.ipynb"]
    assert "2 passed" in ran(command, tmp_path, jupyter)


def test_a_server_starts_restarts_interrupts_and_ends_a_kernel(tmp_path: Path, jupyter: dict[str, str]):
    options = ["--no-browser", "--ServerApp.port=0", "--IdentityProvider.token=secret", "--ServerApp.allow_root=True"]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *options, "--ServerApp.jpserver_extensions={}"],
            cwd=tmp_path,
            env={**os.environ, **jupyter},
            stdout=log,
            stderr=log,
        )
    try:
        runtime = Path(jupyter["JUPYTER_RUNTIME_DIR"])
        assert until(lambda: list(runtime.glob("jpserver-*.json")) or server.poll() is not None)
        (about,) = runtime.glob("jpserver-*.json")
        address = json.loads(about.read_text())["url"]

        def api(method: str, path: str, body: dict | None = None) -> Any:
            request = urllib.request.Request(
                f"{address}api/kernels{path}",
                method=method,
                data=json.dumps(body).encode() if body else b"" if method == "POST" else None,
                headers={"Authorization": "token secret"},
            )
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")

        def answers() -> bool:
            with suppress(OSError):
                return api("GET", "") == []
            return False

        assert until(answers)
        id = api("POST", "", {"name": "amlib"})["id"]
        with connected_to(runtime / f"kernel-{id}.json") as client:
            one = Kernel(None, client)
            assert one.outputs(IS_FORKED)[0]["data"]["text/plain"] == "1"
            first = int(one.run("print(os.getpid()); x = 1; import time"))
            client.execute("time.sleep(600)")
            time.sleep(0.3)
            api("POST", f"/{id}/interrupt")
            assert client.get_shell_msg(timeout=30)["content"]["ename"] == "KeyboardInterrupt"
            assert one.run("print(x)") == "1"
        api("POST", f"/{id}/restart")
        assert not alive(first)
        with connected_to(runtime / f"kernel-{id}.json") as client:
            one = Kernel(None, client)
            second = int(one.run("import os; print(os.getpid() if 'x' not in dir() else 0)"))
            assert second not in (first, 0)
            # The server starts another where one has died.
            os.kill(second, signal.SIGKILL)
        assert until(lambda: not alive(second))
        time.sleep(4)
        with connected_to(runtime / f"kernel-{id}.json") as client:
            third = int(Kernel(None, client).run("import os; print(os.getpid())"))
            assert third not in (first, second)
        api("DELETE", f"/{id}")
        assert until(lambda: not alive(third), seconds=5)
        assert api("GET", "") == []
    finally:
        server.terminate()
        server.wait(30)
        said = (tmp_path / "log").read_text()
    assert "starts from nothing" not in said
    assert "Traceback" not in said


@contextmanager
def connected_to(file: Path) -> Iterator[BlockingKernelClient]:
    client = BlockingKernelClient(connection_file=str(file))
    client.load_connection_file()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        client.context.destroy(linger=0)

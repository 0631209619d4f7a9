"""Forked kernels are as any other, with nothing of another one, however many start at once."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import stat
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from jupyter_core.utils import ensure_event_loop
from kernels import LIGHT, WARNING, site, started
from processes import alive, files_of, until

from amlib import kernel

pytestmark = pytest.mark.skipif(not kernel.can_fork(), reason="kernels are ordinary ones here")


# -- the same as any kernel


CELLS = (
    "1 + 1",
    "print('a'); import sys; print('b', file=sys.stderr)",
    "print('no line', end=''); print(', ended', flush=True); print()",
    "import threading as t; one = t.Thread(target=print, args=('in a thread',)); one.start(); one.join()",
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
            text = json.dumps([one.outputs(cell) for cell in CELLS], ensure_ascii=False)  # μs is masked, too
        text = re.sub(r"(0x|ipykernel_|pid )[0-9a-f]+|\d+(\.\d+)? [nµμm]?s\b", "?", text)
        shown[name] = json.loads(text.replace(str(tmp_path / name), "?"))
    for cell, ours, theirs in zip(CELLS, shown["amlib"], shown["python3"], strict=True):
        assert ours == theirs, cell


def test_a_debugger_knows_the_modules_of_before_the_fork():
    """So it steps over them, and into the notebook's own."""
    cell = "import IPython, json, zmq; known = get_ipython().kernel.debugger.kernel_modules"
    with started() as one:
        assert one.forked
        assert one.run(f"{cell}; print([m.__file__ in known for m in (IPython, json, zmq)])") == "[True, True, True]"


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
            # Of a port of TCP another program may be quicker, and who starts a kernel then tries again.
            arguments = ["-f", str(tmp_path / f"{i}.json"), "--transport=ipc"]
            return await kernel.fork(arguments, str(tmp_path), os.environ)

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

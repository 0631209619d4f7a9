"""Kernels end when they should, with what they have started, and are tried again where they do not start."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from kernels import LIGHT, WARNING, connected, managed, site, started
from processes import alive, until

from amlib import kernel

pytestmark = pytest.mark.skipif(not kernel.can_fork(), reason="kernels are ordinary ones here")


# -- signals and ends


def test_an_interrupt_stops_a_cell_and_the_kernel_lives():
    with started() as one:
        assert one.interrupted() == "KeyboardInterrupt"
        assert one.run("print('lives')") == "lives"
        one.manager.interrupt_kernel()  # of no cell, or of the next
        assert until(lambda: one.run("print('lives')") == "lives", seconds=5)


SPAWNS = "import os, subprocess; print(subprocess.Popen(['sleep', '600']).pid, os.getpid())"


def test_kill_ends_what_a_cell_has_started():
    with started() as one:
        pids = [int(pid) for pid in one.run(SPAWNS).split()]
        one.manager.shutdown_kernel(now=True)
        assert not alive(pids[1])
        assert until(lambda: not alive(pids[0]), seconds=5)


def test_a_kernel_that_is_let_go_ends_with_what_it_has_started():
    with started() as one:
        pids = [int(pid) for pid in one.run(SPAWNS).split()]
        one.manager.provisioner.let_go()
        assert not one.manager.is_alive()
        assert until(lambda: not any(map(alive, pids)), seconds=5)
        one.manager.shutdown_kernel(now=True)


def test_an_ordinary_kernel_is_not_let_go():
    """Nobody else would end it."""
    with started(independent=True) as one:
        assert not one.forked
        one.manager.provisioner.let_go()
        assert one.run("print('lives')") == "lives"


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


def test_a_request_to_end_that_a_dead_kernel_could_not_hear_is_not_for_the_next():
    with started() as one:
        for _ in range(10):
            os.kill(one.pid, signal.SIGKILL)
            assert until(lambda: not one.manager.is_alive(), seconds=5)
            one.manager.restart_kernel()
            one.client.wait_for_ready(timeout=60)
            time.sleep(0.2)  # longer than a socket that is closed keeps what it could not send
            assert one.manager.is_alive()


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

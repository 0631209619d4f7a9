"""Any client of Jupyter has its kernels forked, and they take what it gives."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client import BlockingKernelClient
from kernels import LIGHT, Kernel, managed, started
from nbformat.v4 import new_code_cell, new_notebook
from processes import alive, until

from amlib import kernel

pytestmark = pytest.mark.skipif(not kernel.can_fork(), reason="kernels are ordinary ones here")


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
            client.execute("time.sleep(600)", stop_on_error=False)
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

"""The same reports by other hands: threads, and a real Dask cluster whose workers are killed."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from engines import need
from processes import until
from typer.testing import CliRunner

import amlib
from amlib import kernel
from amlib.__main__ import app
from amlib.book import Book, open_book
from amlib.reports import apart, executors
from amlib.reports.executors import ExecutorError, dask
from amlib.reports.inputs import TEMPLATES
from amlib.reports.plan import Plan, plan
from amlib.reports.run import run
from amlib.reports.site import Manifest

pytestmark = pytest.mark.slow

KILLED = "The process that made this report was killed; the machine may be short of memory"
# A kernel is the child of the process that it was forked from, which is the worker's.
BEGINS = (
    "import os, time, psutil\n"
    "worker = psutil.Process().parents()[1]\n"
    "with open(os.path.join(log, {name}), 'a') as file:\n"
    "    file.write(f'{{worker.pid}}\\n')\n"
)
VICTIM = "victim"
"""What the first report takes that begins: it waits there until it is killed."""
BEGAN = BEGINS.format(name="client.replace('/', '-')") + (
    f"victim = os.path.join(log, {VICTIM!r})\n"
    "try:\n"
    "    os.rename(f'{victim} wanted', victim)\n"
    "except FileNotFoundError:\n"
    "    pass\n"
    "else:\n"
    "    with open(victim, 'w') as file:\n"
    "        file.write(f'{worker.pid}\\n')\n"
    "    time.sleep(60)\n"
)
KILLS = BEGINS.format(name="'kills'") + "worker.kill()\ntime.sleep(60)"


@pytest.fixture
def book(book_folder: Path) -> Book:
    return open_book(book_folder)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A folder where notebooks leave a file each, with the process that made them, once for each time they began."""
    (tmp_path / "log").mkdir()
    return tmp_path / "log"


@pytest.fixture
def planned(book: Book, write: Callable[..., Path], log: Path) -> Callable[[str], Plan]:
    """A plan of a notebook per client, and the one named."""

    def planned(*also: str) -> Plan:
        parameters = "log: str = ''\n"
        folder = write("begins", "client", BEGAN, "print(client)", parameters=parameters)
        if also:
            folder = write("kills", "book", KILLS, parameters=parameters)
        return plan(book, folder, values={"log": str(log)})

    return planned


def need_dask() -> None:
    if not kernel.can_fork():
        pytest.skip("The notebooks here know their worker by the process they were forked from")
    need(importlib.util.find_spec("distributed"), "Dask is not installed: the extra 'dask' has it")


@contextmanager
def cluster_of(workers: int) -> Iterator[Any]:
    need_dask()
    from distributed import LocalCluster

    given = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "host": "127.0.0.1"}
    with LocalCluster(n_workers=workers, **given) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster of two processes, which no test kills."""
    with cluster_of(2) as cluster:
        yield cluster


@pytest.fixture
def mortal() -> Iterator[Any]:
    """A cluster of two processes for a test that kills them; each is replaced when it dies."""
    with cluster_of(2) as cluster:
        yield cluster


def on_workers(cluster: Any, function: Callable, *args: Any, only: int | None = None) -> list[str]:
    """Call a function on all workers, or on the first so many; their addresses."""
    from distributed import Client

    with Client(cluster.scheduler_address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        return [*client.run(function, *args, workers=[*client.nthreads()][:only])]


def blind_to(*folders: str) -> None:
    """From now on this process sees nothing in them."""

    def see(event: str, args: tuple) -> None:
        if event in ("open", "os.listdir", "os.scandir", "os.mkdir") and str(args[0]).startswith(folders):
            raise FileNotFoundError(args[0])

    sys.addaudithook(see)


def statuses(manifest: Manifest) -> dict[tuple[str, str], str]:
    return {(report.notebook, report.id): report.status for report in manifest.reports}


def pages(month: Path) -> dict[str, bytes]:
    return {str(path.relative_to(month)): path.read_bytes() for path in month.rglob("*.html")}


def killing(log: Path, ended: list[str]) -> Callable[[Any], None]:
    """Called with each report that has ended: at the first, the worker is killed that another report is made by."""
    (log / f"{VICTIM} wanted").touch()
    left = [log / VICTIM]

    def kill_one(report: Any) -> None:
        ended.append(report.id)
        if left and until(lambda: left[0].exists() and left[0].read_text().endswith("\n"), seconds=20):
            os.kill(int(left.pop().read_text()), signal.SIGKILL)

    return kill_one


def times_begun(log: Path) -> list[int]:
    """How often each report has begun."""
    return sorted(len(path.read_text().splitlines()) for path in log.iterdir() if path.name != VICTIM)


def test_all_reports_arrive_when_a_worker_is_killed_in_mid_run(
    book: Book, planned: Callable[..., Plan], tmp_path: Path, log: Path, mortal: Any
):
    ended = []
    with dask(mortal.scheduler_address, tmp_path / "out") as executor:
        manifest = run(planned(), book, tmp_path / "out", executor=executor, told=killing(log, ended))
    assert statuses(manifest) == {("begins", id): "ok" for id in ("A1", "F9", "G1", "b/../2")}
    assert all((tmp_path / "out" / "2026-10" / report.html).exists() for report in manifest.reports)
    assert sorted(ended) == ["A1", "F9", "G1", "b/../2"]
    assert times_begun(log) == [1, 1, 1, 2]


def test_workers_that_see_no_folder_of_the_run_get_the_book_by_an_address_and_one_is_killed(
    book: Book, planned: Callable[..., Plan], tmp_path: Path, log: Path, mortal: Any
):
    out, share, templates = tmp_path / "out", tmp_path / "share", tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    (templates / "report" / "static" / "report.css").write_text("p { color: teal }")
    # The one that takes the place of the killed worker does see it, and must not need it.
    on_workers(mortal, blind_to, str(out), str(templates))
    with dask(mortal.scheduler_address, out, f"file://{share}") as executor:
        manifest = run(planned(), book, out, executor=executor, told=killing(log, []), templates=templates)
        assert [*share.iterdir()]
    assert statuses(manifest) == {("begins", id): "ok" for id in ("A1", "F9", "G1", "b/../2")}
    assert times_begun(log) == [1, 1, 1, 2]
    run(planned(), book, tmp_path / "here", templates=templates)
    made, expected = (
        {path: page for path, page in pages(folder / "2026-10").items() if path != "index.html"}
        for folder in (out, tmp_path / "here")
    )
    assert made == expected
    assert all(b"teal" in page for page in made.values())
    executed = {str(path.relative_to(out / "2026-10")) for path in out.rglob("*.ipynb")}
    assert executed == {report.executed for report in manifest.reports}
    assert not [*share.iterdir()]


@pytest.mark.parametrize("share", [None, "share"])
def test_a_report_that_kills_its_worker_fails_alone(
    book: Book, planned: Callable[..., Plan], tmp_path: Path, log: Path, mortal: Any, share: str | None
):
    with dask(mortal.scheduler_address, tmp_path / "out", share and str(tmp_path / share)) as executor:
        manifest = run(planned("kills"), book, tmp_path / "out", executor=executor)
    assert {report.notebook: report.error for report in manifest.failed} == {"kills": KILLED}
    assert len(manifest.reports) == 5
    # Once beside the others, once alone: Dask itself would go on until four workers are gone.
    assert len((log / "kills").read_text().splitlines()) == 2


def test_a_cluster_that_has_lost_its_last_worker_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(executors, "LONGEST_ALONE", 0.5)
    with cluster_of(0) as cluster, worker(cluster.scheduler_address) as process:
        address = cluster.scheduler_address
        with dask(address, tmp_path) as executor:
            process.kill()
            process.wait()
            task = SimpleNamespace(mark=tmp_path / "nobody began it")
            with pytest.raises(ExecutorError, match=f"The Dask scheduler at {address} has no worker any more"):
                executor.submit(str, task).result(30)


def test_a_report_that_was_given_up_is_not_asked_for(tmp_path: Path):
    """Its client may be closing, and never answer: Dask has one thread for all that wait for an answer."""
    asked, there = [], SimpleNamespace(status="cancelled")
    there.result, there.add_done_callback = lambda: asked.append(there), lambda end: setattr(there, "end", end)
    client = SimpleNamespace(submit=lambda *_, **__: there, nthreads=lambda: {"a": 1})
    with closing(executors._Cluster(client, "tcp://a:1", executors._Folder(tmp_path))) as cluster:
        told = cluster.submit(str, SimpleNamespace())
        assert told.cancel()
        there.end(there)
        assert asked == []
        told = cluster.submit(str, SimpleNamespace())
        there.end(there)
        assert told.result(0) is None
        assert asked == [there]


def test_threads_and_a_cluster_make_the_same_pages(
    book: Book, planned: Callable[..., Plan], tmp_path: Path, cluster: Any
):
    asked = planned()
    asked = replace(asked, jobs=asked.jobs[:2])
    run(asked, book, tmp_path / "processes")
    with ThreadPoolExecutor(2) as threads:
        run(asked, book, tmp_path / "threads", executor=threads)
    with dask(cluster.scheduler_address, tmp_path / "dask") as executor:
        run(asked, book, tmp_path / "dask", executor=executor)
    expected = {path: page for path, page in pages(tmp_path / "processes" / "2026-10").items() if path != "index.html"}
    assert len(expected) == 2
    for other in ("threads", "dask"):
        found = pages(tmp_path / other / "2026-10")
        assert found.pop("index.html")
        assert found == expected


def test_what_a_broken_executor_has_lost_fails_and_is_told(book: Book, planned: Callable[..., Plan], tmp_path: Path):
    class Broken(Executor):
        def __init__(self) -> None:
            self.takes = 2

        def submit(self, *_: Any) -> Future:
            self.takes -= 1
            if self.takes < 0:
                raise BrokenExecutor
            future: Future = Future()
            future.set_exception(BrokenExecutor())
            return future

    told = []
    manifest = run(planned(), book, tmp_path / "out", executor=Broken(), told=told.append)
    assert [report.error for report in manifest.reports] == [KILLED] * 4
    assert len(told) == 4


def test_a_report_of_a_run_that_is_over_writes_nothing(book: Book, planned: Callable[..., Plan], tmp_path: Path):
    class Late(Executor):
        """Makes a report when the run that asked for it has been killed and another has begun."""

        def submit(self, make: Callable, task: Any) -> Future:
            lock = tmp_path / "out" / ".2026-10.lock"
            lock.write_text("another run")
            page = task.edition.site / "begins" / f"{task.job.slug}.html"
            page.parent.mkdir(exist_ok=True)
            page.write_text("the other run's")
            future: Future = Future()
            future.set_result(make(task))
            assert page.read_text() == "the other run's"
            lock.write_text(task.holder)
            return future

    manifest = run(planned(), book, tmp_path / "out", executor=Late())
    assert {report.error for report in manifest.reports} == {"The run that asked for this report is over"}


def test_a_report_whose_book_cannot_be_fetched_fails_and_says_so(
    book: Book, planned: Callable[..., Plan], tmp_path: Path
):
    class Late(Executor):
        """Makes a report when what the run had laid out is gone."""

        def submit(self, make: Callable, task: Any) -> Future:
            future: Future = Future()
            future.set_result(apart._make(make, task, f"file://{tmp_path}/gone", task.job.slug)[0])
            return future

    need_dask()
    manifest = run(planned(), book, tmp_path / "out", executor=Late())
    why = "Its worker could not fetch the book: FileNotFoundError: the run has removed it"
    assert {report.error for report in manifest.reports} == {why}
    assert not (tmp_path / "gone").exists()


# -- what is refused before anything is made


def am(book: Path, folder: Path, scheduler: str | None, *options: str) -> tuple[int, str]:
    """Exit code and errors of `am report --executor dask`."""
    given = ["--notebooks", str(folder / "notebooks"), "--out", str(folder / "out"), "--executor", "dask", *options]
    given += ["--scheduler", scheduler] if scheduler else []
    result = CliRunner().invoke(app, ["report", str(book), *given])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stderr


@contextmanager
def worker(scheduler: str, folder: Path | None = None) -> Iterator[subprocess.Popen]:
    """Another worker, which nobody replaces; it imports what is in `folder` first."""
    from distributed import Client

    with Client(scheduler, set_as_default=False) as client:
        n = len(client.nthreads())
        command = [sys.executable, "-m", "distributed.cli.dask_worker", scheduler, "--no-nanny", "--no-dashboard"]
        command += ["--nthreads", "1"]
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                client.wait_for_workers(n + 1, timeout=60)
                yield process
            finally:
                process.kill()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"name": "dusk"},
            "There is no executor 'dusk' (there are: processes, dask). Did you mean 'dask'?",
        ),
        ({"name": "dask"}, "--executor dask needs --scheduler with the address that `dask scheduler` prints: tcp://…"),
        ({"name": "processes", "scheduler": "tcp://a:1"}, "--scheduler tcp://a:1 is for --executor dask"),
        ({"name": "dask", "scheduler": "tcp://a:1", "jobs": 3}, "--jobs is for the processes of this machine"),
        ({"name": "processes", "share": "s3://a"}, "--share s3://a is for --executor dask"),
    ],
)
def test_options_that_do_not_go_together_are_refused(tmp_path: Path, options: dict, says: str):
    with pytest.raises(ExecutorError, match=re.escape(says)):
        executors.executor(out=tmp_path, **options)


def test_a_missing_extra_is_named(
    book_folder: Path, planned: Callable[..., Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    planned()
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert am(book_folder, tmp_path, "tcp://127.0.0.1:1") == (
        2,
        "Dask is not installed here; it comes with: pip install --editable '.[dask]'\n",
    )
    assert am(book_folder, tmp_path, None)[0] == 2
    assert not (tmp_path / "out").exists()


def test_a_scheduler_that_does_not_answer_is_named(
    book_folder: Path, planned: Callable[..., Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    need_dask()
    planned()
    monkeypatch.setattr(executors, "LONGEST_CONNECT", 0.3)
    with socket.socket() as silent:  # held, or another program could be given its port
        silent.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        code, said = am(book_folder, tmp_path, address)
    assert code == 2
    assert said.startswith(f"No Dask scheduler answers at {address}: Timed out")
    for wrong, why in (("cluster", "missing port"), ("http://a:1", "unknown address scheme")):
        code, said = am(book_folder, tmp_path, wrong)
        assert code == 2
        assert said.startswith(f"No Dask scheduler answers at {wrong}: {why}")
    assert not (tmp_path / "out").exists()


def test_a_worker_is_no_scheduler_and_a_scheduler_needs_a_worker(
    book_folder: Path, planned: Callable[..., Plan], tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
):
    planned()
    (address,) = on_workers(cluster, os.getpid, only=1)
    assert f"No Dask scheduler answers at {address}: it is a Worker\n" in am(book_folder, tmp_path, address)[1]
    monkeypatch.setattr(executors, "LONGEST_CONNECT", 1)
    with cluster_of(0) as alone:
        address = alone.scheduler_address
        assert am(book_folder, tmp_path, address) == (
            2,
            f"The Dask scheduler at {address} has no worker; one begins with: dask worker {address}\n",
        )


def test_a_worker_that_does_not_see_the_folder_is_named_once(
    book_folder: Path, planned: Callable[..., Plan], tmp_path: Path, log: Path, cluster: Any
):
    planned()
    out = tmp_path / "out"
    (blind,) = on_workers(cluster, blind_to, str(out), only=1)
    assert am(book_folder, tmp_path, cluster.scheduler_address) == (
        2,
        f"The Dask worker {blind} does not see it\n"
        f"--out must be a folder that all machines share under this path: {out}\n",
    )
    assert not [*log.iterdir()]
    assert not [*out.iterdir()]


def test_a_worker_with_another_amlib_is_refused_with_both_versions(
    book_folder: Path, planned: Callable[..., Plan], tmp_path: Path, log: Path, cluster: Any
):
    planned()
    about = tmp_path / "other" / "amlib-0.0.9.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: amlib\nVersion: 0.0.9\n")
    with worker(cluster.scheduler_address, about.parent):
        code, said = am(book_folder, tmp_path, cluster.scheduler_address)
    assert code == 2
    assert re.fullmatch(
        rf"The Dask worker tcp://\S+ has amlib 0\.0\.9, and here it is {re.escape(amlib.__version__)}\n"
        r"All machines need the same files and versions\n",
        said,
    )
    assert not [*log.iterdir()]


@pytest.mark.parametrize(
    ("there", "says"),
    [
        ({}, None),
        ({"tools": "x"}, f"has amlib {amlib.__version__} as here, but other files of it, or other packages beneath it"),
        ({"versions": {"amlib": amlib.__version__, "pandas": "2.3"}}, "has pandas 2.3 (here it is 3.0)"),
        (ModuleNotFoundError("x"), "has an amlib that is not the one of here: ModuleNotFoundError: x"),
    ],
)
def test_what_else_differs_on_a_worker_is_named(there: Any, says: str | None):
    here = {"versions": {"amlib": amlib.__version__, "pandas": "3.0"}, "tools": "y"}
    assert executors._other_tools(here, {**here, **there} if isinstance(there, dict) else there) == says


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("dropbax://a/b", "--share dropbax://a/b is no address that can be used here: Protocol not known: dropbax"),
        (
            "file:///proc/of-nobody",
            "--share must be an address that all machines can read and write: file:///proc/of-nobody\n"
            "From here it cannot be used: ",
        ),
    ],
)
def test_an_address_that_cannot_be_used_is_named(
    book_folder: Path, planned: Callable[..., Plan], tmp_path: Path, cluster: Any, address: str, says: str
):
    planned()
    code, said = am(book_folder, tmp_path, cluster.scheduler_address, "--share", address)
    assert code == 2
    assert says in said
    assert not (tmp_path / "out").exists()


def test_an_address_that_fails_later_is_named_and_what_stays_there_is_told(
    book: Book, planned: Callable[..., Plan], tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
):
    from fsspec.implementations.local import LocalFileSystem

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("the bucket is gone")  # not every service raises an OSError

    out, share = tmp_path / "out", tmp_path / "share"
    on_workers(cluster, os.getpid)

    def make(refused: str) -> None:
        with dask(cluster.scheduler_address, out, str(share)) as executor:
            monkeypatch.setattr(LocalFileSystem, refused, refuse)
            run(planned(), book, out, executor=executor, force=True)

    with pytest.warns(
        UserWarning, match="holds the book and could not be removed; remove it: RuntimeError: the bucket"
    ):
        make(refused="rm")
    assert len(pages(out / "2026-10")) == 5
    monkeypatch.undo()
    with pytest.raises(ExecutorError, match=f"{share}\nFrom here it cannot be used: RuntimeError: the bucket is gone"):
        make(refused="put_file")


def test_a_worker_that_cannot_use_the_address_is_named(
    book_folder: Path, planned: Callable[..., Plan], tmp_path: Path, cluster: Any
):
    planned()
    share = tmp_path / "share"
    (blind,) = on_workers(cluster, blind_to, str(share), only=1)
    code, said = am(book_folder, tmp_path, cluster.scheduler_address, "--share", str(share))
    assert code == 2
    assert said.startswith(f"The Dask worker {blind} cannot use it: FileNotFoundError: ")
    assert said.endswith(f"--share must be an address that all machines can read and write: {share}\n")
    assert not [*share.iterdir()]

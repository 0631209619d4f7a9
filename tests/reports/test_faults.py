"""What goes wrong at night, done for real to `python -m amlib report`: it is told, and stops nothing else."""

from __future__ import annotations

import html
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pandas as pd
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups are those of POSIX"),
]

MARK = "AM_TEST_RUN"
FINE = "print('fine')"
COUNT = "import os\nwith open(os.environ['AM_TEST_COUNT'], 'a') as file:\n    file.write(f'{client}\\n')"


@dataclass
class Command:
    """`am report` as a process of its own, in a session of its own, whose every process carries a mark."""

    book: Path
    folder: Path

    def __post_init__(self) -> None:
        self.mark = uuid.uuid4().hex

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def month(self) -> Path:
        return self.out / "2026-10"

    @property
    def manifest(self) -> dict:
        return json.loads((self.month / "manifest.json").read_text("utf-8"))

    def reports(self) -> dict[str, dict]:
        return {f"{report['notebook']} {report['id']}": report for report in self.manifest["reports"]}

    def argv(self, *options: str, book: Path | None = None, out: Path | None = None) -> list[str]:
        own = ["--notebooks", str(self.folder / "notebooks"), "--out", str(out or self.out), "--jobs", "2"]
        return [sys.executable, "-m", "amlib", "report", str(book or self.book), *own, *options]

    def start(self, *options: str, env: Mapping[str, str] | None = None, **how: Path) -> subprocess.Popen:
        return self.popen(self.argv(*options, **how), env)

    def popen(self, command: list[str], env: Mapping[str, str] | None = None) -> subprocess.Popen:
        given = {**os.environ, **(env or {}), MARK: self.mark}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=given, start_new_session=True, **pipes)

    def run(self, *options: str, env: Mapping[str, str] | None = None, **how: Path) -> subprocess.CompletedProcess:
        """Run to the end; whatever happens, nothing of it may run on."""
        with self.start(*options, env=env, **how) as process:
            out, err = process.communicate(timeout=240)
        assert "Traceback" not in err
        self.assert_nothing_runs()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def running(self) -> list[str]:
        """The processes that carry the mark, found whoever their parent is by now."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if f"{MARK}={self.mark}".encode() in (process / "environ").read_bytes().split(b"\0"):
                    found.append(
                        f"{process.name} {(process / 'cmdline').read_bytes().replace(bytes(1), b' ').decode()}"
                    )
            except OSError:
                continue
        return found

    def assert_nothing_runs(self) -> None:
        # A process that is still importing what kernels need looks up only afterwards.
        until(lambda: not self.running(), 30)
        assert self.running() == []


def until(true: Callable[[], object], seconds: float) -> bool:
    """Wait until something is true, at most so long."""
    end = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.02)
    return bool(found)


@pytest.fixture
def command(tmp_path: Path, book_folder: Path) -> Iterator[Command]:
    command = Command(book_folder, tmp_path)
    yield command
    for process in command.running():
        os.kill(int(process.split()[0]), signal.SIGKILL)


# -- what a notebook does

BAD = {
    "killed": "import os\nos.kill(os.getpid(), 9)",
    "memory": "kept = []\nwhile True:\n    kept.append(bytearray(1 << 24))",
    "endless": "import subprocess\nsubprocess.Popen(['sleep', '600'])\nwhile True:\n    pass",
    # No faster than it is read: what waits to be read takes the kernel's own memory.
    "flood": "import time\nwhile True:\n    print('x' * 100_000)\n    time.sleep(0.005)",
    "syntax": "if month:\nprint(month)",
}
LIMIT = 15


@pytest.fixture(scope="module")
def night(
    tmp_path_factory: pytest.TempPathFactory, book_folder: Path, write_into: Callable[..., Path]
) -> Iterator[Command]:
    """One run of all notebooks that do harm, and of one that does none."""
    command = Command(book_folder, tmp_path_factory.mktemp("night"))
    for name, cell in BAD.items():
        write_into(command.folder / "notebooks", name, "book", "# the cell to blame\n" + cell, "print('never')")
    write_into(command.folder / "notebooks", "fine", "client", FINE)
    done = command.run("--timeout", str(LIMIT), "--memory", "512")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == f"4 made, 5 failed: {command.month / 'index.html'}"
    return command


def failed(night: Command, name: str) -> str:
    """What is said of a report that failed, once it is proven to be told in full: cell, source, notebook, no page."""
    report = night.reports()[f"{name} book"]
    assert (report["status"], report["html"], report["cell"]) == ("failed", None, 3)
    assert report["source"] == "# the cell to blame\n" + BAD[name]
    kept = nbformat.read(night.month / report["executed"], as_version=4)
    errors = [output for cell in kept.cells for output in cell.get("outputs", ()) if output.output_type == "error"]
    assert len(errors) == 1
    assert not (night.month / name).exists() or not list((night.month / name).iterdir())
    assert len((night.month / report["executed"]).read_bytes()) < 100 << 20
    return report["error"]


def test_kernel_killed_by_signal_9(night: Command):
    assert failed(night, "killed").startswith("The kernel died; the machine may be short of memory (cell [3]: `")


def test_kernel_out_of_memory(night: Command):
    assert re.match(r"MemoryError|The kernel died; the machine may be short of memory", failed(night, "memory"))


def test_endless_loop(night: Command):
    # What the cell has started is gone as well: nothing of the run runs on.
    assert failed(night, "endless").startswith(f"The report had not ended after {LIMIT} seconds (cell [3]: `")


def test_cell_that_floods_output(night: Command):
    assert failed(night, "flood").startswith("The report printed more than 32 MB (cell [3]: `")


def test_syntax_error_in_a_cell(night: Command):
    assert "IndentationError: expected an indented block" in failed(night, "syntax")


def test_the_others_are_made_beside_all_that(night: Command):
    fine = [report for name, report in night.reports().items() if name.startswith("fine")]
    assert [report["status"] for report in fine] == ["ok"] * 4
    assert all((night.month / report["html"]).read_text("utf-8").count("fine") for report in fine)


def test_syntax_error_in_the_parameters_or_the_file(command: Command, write_into: Callable[..., Path]):
    notebooks = write_into(command.folder / "notebooks", "fine", "book", FINE)
    write_into(notebooks, "odd", "book", parameters="top: int = = 3\n")
    done = command.run()
    assert (done.returncode, command.out.exists()) == (2, False)
    assert done.stderr.startswith("odd.ipynb, parameters cell: it is not Python (")
    (notebooks / "odd.ipynb").write_text('{"cells": [')
    done = command.run()
    assert (done.returncode, command.out.exists()) == (2, False)
    assert done.stderr.startswith("odd.ipynb is not a notebook: ")


# -- what it reads and writes


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_corrupt_source_file(command: Command, write_into: Callable[..., Path], ending: str):
    write_into(command.folder / "notebooks", "fine", "book", FINE)
    book = command.folder / "book"
    shutil.copytree(command.book, book)
    (book / "invoices.csv").unlink()
    (book / f"invoices.{ending}").write_bytes(b"PAR1PK\x03\x04\xff\xfe\x00\x81" * 40)
    write_page(command.month / "index.html")
    done = command.run(book=book)
    assert done.returncode == 2
    assert f"invoices.{ending}" in done.stderr
    assert [path.name for path in command.month.iterdir()] == ["index.html"]


def write_page(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("the page there was")


def may_mount() -> bool:
    """Whether a process may have mounts of its own: root outside a container, or any user where that is allowed."""
    return (
        shutil.which("unshare")
        and not subprocess.run([*ALONE, "mount -t tmpfs none /mnt"], capture_output=True).returncode
    )


ALONE = ["unshare", "--mount" if os.geteuid() == 0 else "-rm", "sh", "-c"]


def shell(command: Command, script: str, env: Mapping[str, str] | None = None) -> tuple[list[int], str]:
    """The exit codes that a shell script says, and what its commands say."""
    given = {"OUT": str(command.out), "AM": " ".join(command.argv()), **(env or {})}
    prefix = ALONE if may_mount() else ["sh", "-c"]
    with command.popen([*prefix, script], given) as process:
        out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    command.assert_nothing_runs()
    return [int(code) for code in re.findall(r"^code (\d+)$", out, re.MULTILINE)], err


def test_disk_full(command: Command, write_into: Callable[..., Path]):
    """A disk that is full at once, then after some pages, then has room: a tmpfs, else files may not be larger."""
    write_into(command.folder / "notebooks", "large", "client", f"print('x' * 150_000)\n{COUNT}")
    write_page(command.out / "2026-09" / "index.html")
    kept = command.folder / "kept"
    if may_mount():
        room = 'mount -o remount,size={}k tmpfs "$OUT"; $AM; echo code $?;'
        script = 'set -u; cp -r "$OUT" "$OUT.old"; mount -t tmpfs -o size=16k tmpfs "$OUT"; cp -r "$OUT.old"/* "$OUT";'
        script += room.format(24) + 'ls "$OUT/2026-10" 2>/dev/null;' + room.format(500)
        script += 'echo page $(cat "$OUT/2026-09/index.html");' + room.format(50_000) + 'cp -r "$OUT" "$KEPT"'
    else:
        script = "".join(f"(ulimit -f {blocks}; $AM); echo code $?;" for blocks in (4, 200, "unlimited"))
        script += 'cp -r "$OUT" "$KEPT"'
    count = command.folder / "count"
    count.touch()
    codes, err = shell(command, script, {"AM_TEST_COUNT": str(count), "KEPT": str(kept)})
    assert codes[0] == 2
    assert re.search(r"No space left on device|File too large", err.splitlines()[0])
    assert codes[1] in (1, 2)
    assert codes[2] == 0
    command.folder = kept.parent
    manifest = json.loads((kept / "2026-10" / "manifest.json").read_text("utf-8"))
    assert {report["status"] for report in manifest["reports"]} <= {"ok", "unchanged"}
    assert len(manifest["reports"]) == 4
    assert all("x" * 150_000 in (kept / "2026-10" / report["html"]).read_text() for report in manifest["reports"])
    assert (kept / "2026-09" / "index.html").read_text() == "the page there was"
    assert not list(kept.rglob("*.part"))


def test_out_folder_read_only(command: Command, write_into: Callable[..., Path]):
    """By a mount that cannot be written to, else by a folder without the right, which root has in any case."""
    write_into(command.folder / "notebooks", "fine", "book", FINE)
    write_page(command.month / "index.html")
    if may_mount():
        codes, err = shell(command, 'mount --bind "$OUT" "$OUT"; mount -o remount,ro,bind "$OUT"; $AM; echo code $?')
        said = "Read-only file system: "
    elif os.geteuid() != 0:
        codes, err = shell(command, 'chmod 555 "$OUT"; $AM; echo code $?; chmod 755 "$OUT"')
        said = "Permission denied: "
    else:
        # Nobody may write below a file, root neither.
        below = command.month / "index.html" / "out"
        done = command.run(out=below)
        codes, err, said = [done.returncode], done.stderr, "Not a directory: "
    assert codes == [2]
    assert err.startswith(said)
    assert [path.name for path in command.out.rglob("*")] == ["2026-10", "index.html"]


# -- how it is stopped


@pytest.mark.parametrize("moment", ["at once", "while a kernel runs", "twice"])
def test_interrupted_by_ctrl_c(command: Command, write_into: Callable[..., Path], moment: str):
    begun = command.folder / "begun"
    sleeps = f"open({str(begun)!r}, 'w').close()\nimport subprocess\nsubprocess.run(['sleep', '600'])"
    write_into(command.folder / "notebooks", "sleeps", "book", sleeps)
    with command.start() as process:
        if moment == "at once":
            until(lambda: len(command.running()) > 1, 30)
        else:
            assert until(begun.exists, 90)
        # As a terminal does: to every process of the group.
        os.killpg(process.pid, signal.SIGINT)
        if moment == "twice":
            time.sleep(0.05)
            os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    command.assert_nothing_runs()
    assert process.returncode == 130
    assert "Traceback" not in err
    if moment == "while a kernel runs":
        assert err == "Interrupted. What was made so far is kept: the same command makes the rest.\n"
    assert not command.month.exists()
    assert not list(command.out.glob(".2026-10.lock"))


def test_kill_9_at_ten_random_moments_then_resume(command: Command, write_into: Callable[..., Path]):
    """After each kill no process is left; at the end everything is there, and what was complete was not made again."""
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    for name in ("first", "second"):
        write_into(command.folder / "notebooks", name, "client", COUNT.replace("{client}", f"{name} {{client}}"))
    book = command.folder / "book"
    shutil.copytree(command.book, book)
    with (book / "clients.csv").open("a") as clients:
        clients.write("".join(f"C{i},Client {i},key,lan,2026-01-01,\n" for i in range(36)))
    count = command.folder / "count"
    count.touch()
    given = {"AM_TEST_COUNT": str(count)}
    notes = command.out / ".2026-10" / "site" / ".done"
    write_page(command.out / "2026-09" / "index.html")
    complete: dict[str, int] = {}
    told = f"seed {seed}:"
    for kill in range(10):
        before, more, wait = len(begun(count)), chance.randrange(8), chance.random() / 4
        told += f" {more} begun + {wait:.2f} s,"
        with command.start(env=given, book=book) as process:
            if kill:
                until(lambda: len(begun(count)) >= before + more or process.poll() is not None, 90)  # noqa: B023
            time.sleep(wait)
            process.kill()
        assert process.returncode == -signal.SIGKILL, f"{told} had ended by itself"
        command.assert_nothing_runs()
        assert not command.month.exists()
        for note in notes.glob("*/*.json"):
            report = json.loads(note.read_text("utf-8"))
            name = f"{report['notebook']} {report['id']}"
            complete.setdefault(name, begun(count).count(name))
    assert complete, f"{told} too early for anything to be complete"
    ended = command.run(env=given, book=book)
    assert ended.returncode == 0, f"{told} {ended.stderr}"
    reports = command.reports()
    assert len(reports) == 80
    assert {report["status"] for report in reports.values()} == {"ok"}
    assert {name: begun(count).count(name) for name in complete} == complete, told
    assert set(begun(count)) == reports.keys()
    assert (command.out / "2026-09" / "index.html").read_text() == "the page there was"
    assert sorted(path.name for path in command.out.iterdir()) == ["2026-09", "2026-10", "index.html"]


def begun(count: Path) -> list[str]:
    """The reports that notebooks say they are, once for each time they were run."""
    return count.read_text("utf-8").splitlines()


# -- what is taken

TAKEN = """
import socket, sys
from concurrent.futures import Executor, Future
from pathlib import Path
from amlib import kernel
from amlib.book import open_book
from amlib.reports import execute
from amlib.reports.plan import plan
from amlib.reports.run import run

book, notebooks, out, times = sys.argv[1:]
held = []

class Here(Executor):
    def submit(self, fn, /, task):
        future = Future()
        future.set_result(fn(task))
        return future

class Raced(execute._Manager):
    def write_connection_file(self, **more):
        super().write_connection_file(**more)
        # Somebody takes a port between the moment the client chooses it and the moment the kernel opens it.
        if len(held) < int(times):
            held.append(socket.create_server(("127.0.0.1", self.shell_port)))

execute._Manager = Raced
# As where processes are not forked and have no sockets in the file system: by TCP.
kernel.can_fork = execute.can_fork = lambda: False
execute._channels = lambda sockets: {"connection_file": f"{sockets}/kernel.json"}
opened = open_book(book)
(report,) = run(plan(opened, Path(notebooks)), opened, Path(out), executor=Here()).reports
print(len(held), report.status, report.error)
"""


@pytest.mark.parametrize(("times", "status"), [(1, "ok"), (9, "failed")])
def test_port_taken(command: Command, write_into: Callable[..., Path], times: int, status: str):
    notebooks = write_into(command.folder / "notebooks", "fine", "book", FINE)
    argv = [sys.executable, "-c", TAKEN, str(command.book), str(notebooks), str(command.out), str(times)]
    with command.popen(argv) as process:
        out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    taken, found, error = out.strip().split(" ", 2)
    assert int(taken) >= 1
    assert found == status, err
    assert (error == "None") == (status == "ok")
    command.assert_nothing_runs()


# -- what a book may hold

ODD_IDS = {
    "../../etc/passwd": "<script>alert(1)</script>",
    "L" * 300: "{{ 7 * 7 }} {% raw %}",
    "🙂🇻🇳": "[click](javascript:alert(1))",
    "Phở 24": "![x](https://example.com/x.png)",
    "Pho-24": "<img src=x onerror=alert(1)>",
    "PHO 24": "# Not *a* heading `code` $x$",
    "C001": '"><b>',
    "c001": "{% for x in y %}{{ x }}",
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory, write_into: Callable[..., Path]) -> Command:
    """A month of clients with odd ids and names, by the reports there are for clients and by one that is careless."""
    command = Command(tmp_path_factory.mktemp("odd") / "book", tmp_path_factory.mktemp("made"))
    command.book.mkdir()
    (command.book / "book.toml").write_text('name = "{{ agency }} <i>"\ncurrency = "VND"\nlanguage = "en"\n')
    rows = pd.DataFrame({"client_id": list(ODD_IDS), "name": list(ODD_IDS.values()), "since": "2026-01-01"})
    rows.to_csv(command.book / "clients.csv", index=False)
    bills = pd.DataFrame({"invoice_id": [f"I{i}" for i in range(len(rows))], "client_id": rows.client_id})
    bills.assign(issued_on="2026-10-05", amount=100.0).to_csv(command.book / "invoices.csv", index=False)
    notebooks = command.folder / "notebooks"
    for file in (Path(__file__).parents[2] / "notebooks" / "reports").glob("*.ipynb"):
        if nbformat.read(file, as_version=4).metadata.amlib.per == "client":
            notebooks.mkdir(exist_ok=True)
            shutil.copy(file, notebooks)
    printed = "from IPython.display import Markdown\nfrom amlib.book import open_book\n"
    printed += "Markdown(open_book(book).of_client(client).clients.name.iloc[0])"
    write_into(notebooks, "careless", "client", printed)
    command.done = command.run()
    return command


def test_ids_that_are_paths_long_emoji_or_alike(odd: Command):
    assert odd.done.returncode in (0, 1)
    careful = {name: report for name, report in odd.reports().items() if not name.startswith("careless")}
    assert {report["id"] for report in careful.values()} == set(ODD_IDS)
    assert [report["error"] for report in careful.values() if report["status"] != "ok"] == []
    pages = [report["html"] for report in careful.values()]
    assert len({page.casefold() for page in pages}) == len(pages)
    # Every file is where it belongs, and has a name that any system can have.
    for path in odd.out.rglob("*"):
        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,70}", path.name), path
    assert sorted(path.name for path in odd.out.iterdir()) == ["2026-10", "index.html"]
    # Each page is of the client it is said to be of.
    for report in careful.values():
        page = (odd.month / report["html"]).read_text("utf-8")
        assert html.escape(report["name"], quote=False) in page.replace("&quot;", '"').replace("&#39;", "'")


class Seen(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.attributes, self.addresses, self.words = [], set(), set(), set()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses |= {value or "" for name, value in attrs if name in ("src", "href")}

    def handle_data(self, data: str) -> None:
        self.words |= set(data.split())


def test_names_that_are_scripts_templates_or_links(odd: Command):
    indexes = [odd.month / "index.html", odd.out / "index.html"]
    for path in odd.out.rglob("*.html"):
        seen = Seen()
        seen.feed(path.read_text("utf-8"))
        assert seen.tags.count("script") == (path in indexes), path  # their own
        assert "i" not in seen.tags, path
        assert not [name for name in seen.attributes if name.startswith("on")], path
        assert not [to for to in seen.addresses if re.match(r"\s*javascript:|.*example\.com", to, re.IGNORECASE)], path
        assert "49" not in seen.words, path
    for index in (path.read_text("utf-8") for path in indexes):
        for name in ["{{ 7 * 7 }} {% raw %}", "{% for x in y %}{{ x }}", "[click](javascript:alert(1))"]:
            assert html.escape(name) in index
    # A notebook that prints a name as if it were Markdown is stopped where that would load or run something.
    careless = {
        report["name"]: report["error"] for name, report in odd.reports().items() if name.startswith("careless")
    }
    assert "script" in careless["<script>alert(1)</script>"]
    assert careless["![x](https://example.com/x.png)"] is not None
    assert careless["<img src=x onerror=alert(1)>"] is not None


# -- what the clock does

CLOCK = """
import time
real = time.time
started = real()

def stepped():
    # Back and forth by an hour, as by somebody who sets the clock, three times a second.
    now = real()
    return now + (3600, -3600, 0)[int((now - started) * 3) % 3]

time.time = stepped
"""


def test_clock_change_at_the_months_end(command: Command, write_into: Callable[..., Path]):
    """The clock is set to and fro in every process, and it is two days at once: only 'made on' may tell."""
    says = "from amlib.book import open_book\nprint(month, len(open_book(book).of_client(client).invoices))"
    waits = "import time\nend = time.monotonic() + 1\nwhile time.monotonic() < end:\n    time.sleep(0.05)"
    write_into(command.folder / "notebooks", "says", "client", says, waits)
    steps = command.folder / "steps"
    steps.mkdir()
    (steps / "sitecustomize.py").write_text(CLOCK)
    path = os.pathsep.join([str(steps), os.environ.get("PYTHONPATH", "")])
    found = []
    for zone, env in (("Pacific/Kiritimati", {}), ("Pacific/Niue", {"PYTHONPATH": path})):
        out = command.folder / zone
        done = command.run("--timeout", "60", env={"TZ": zone, **env}, out=out)
        assert done.returncode == 0, done.stderr
        manifest = (out / "2026-10" / "manifest.json").read_text("utf-8")
        pages = "".join(path.read_text("utf-8") for path in sorted((out / "2026-10").rglob("*.html")))
        found.append((re.sub(r'"(seconds|kernel|cells|end|render|write)": [\d.]+', "", manifest), pages))
    (manifest, pages), (other, others) = found
    assert other == manifest
    made_on = [set(re.findall(r"Made on [^<·]+", text)) for text in (pages, others)]
    assert made_on[0] != made_on[1]
    without = [re.sub(r"Made on [^<·]+", "", text) for text in (pages, others)]
    assert without[0] == without[1]

"""A month of client reviews: the run against a shell loop, a plain pool of Papermill, and the bare cells.

All make the same pages, two at a time but for the loop, of a saved book whose answers about all clients are known.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from multiprocessing import active_children, get_context
from pathlib import Path

import nbformat
import psutil

from amlib import sample
from amlib.book import Book, open_book, save_book
from amlib.reports.inputs import TEMPLATES
from amlib.reports.job import Report
from amlib.reports.plan import plan
from amlib.reports.run import run

from .wanted import wanted

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "reports" / "client_health.ipynb"
MONTH, WORKERS = "2026-10", 2


@dataclass
class Run:
    """A run, and what was seen of it: seconds in all, when each report ended, the largest PSS of a worker."""

    seconds: float = 0.0
    ended: list[float] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    worker: int = 0
    own: list[int] = field(default_factory=list)

    def told(self, report: Report) -> None:
        """Look at the clock and the memory when a report has ended."""
        self.ended.append(time.perf_counter())
        self.reports.append(report)
        if len(self.ended) % 10 == 0:  # a look takes some milliseconds
            self.own.append(_pss(os.getpid()))
            self.worker = max([self.worker, *(_pss(child.pid) for child in active_children())])

    @property
    def each(self) -> float:
        """Seconds from report to report, once the first have warmed up what all share."""
        warm = self.ended[2 * WORKERS :]
        return (warm[-1] - warm[0]) / (len(warm) - 1)


def made(book: Book, out: Path, clients: Sequence[str] = (), **how: object) -> Run:
    """Run the client reviews of a book into `out`."""
    found = Run()
    planned = plan(book, NOTEBOOK.parent, month=MONTH, only=[NOTEBOOK.stem], clients=clients)
    start = time.perf_counter()
    manifest = run(planned, book, out, jobs=WORKERS, told=found.told, **how)
    found.seconds = time.perf_counter() - start
    assert not manifest.failed, manifest.failed[0].error
    return found


def run_factory() -> None:
    """60 client reviews of the sample in four ways, and the parts of a report's time."""
    book = open_book(ROOT / "data" / "sample")
    clients = sorted(book.clients.client_id)
    runs, floors, plains, loops = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        save_book(book, work / "book")
        for client in clients[:3]:  # in turns, since a machine has slower minutes
            runs.append(made(book, work / "out", force=True))
            floors.append(_side_by_side(work, clients, _cells))
            plains.append(_side_by_side(work, clients[:12], _papermill))
            loops.append(_loop(work, client))
    floor, plain, loop = map(statistics.median, (floors, plains, loops))
    ours = sorted(runs, key=lambda run: run.each)[1]
    print(f"\n{'60 client reviews':44}{'s a report':>10}{'to the run':>12}")
    for name, seconds in {
        "(a) papermill and nbconvert from the shell": loop,
        "(b) two processes with Papermill's API": plain,
        "(c) the floor: the cells alone, warm": floor,
        "the run, from report to report": ours.each,
        "the run, start and end and all": ours.seconds / len(clients),
    }.items():
        print(f"{name:44}{seconds:10.3f}{seconds / ours.each:12.2f}")
    print("parts of a report, s: " + ", ".join(f"{part} {seconds:.3f}" for part, seconds in _parts(ours).items()))
    wanted(f"factory: 25 times faster than a shell loop ({loop / ours.each:.1f})", loop >= 25 * ours.each)
    wanted(f"factory: 5 times faster than a pool with Papermill ({plain / ours.each:.1f})", plain >= 5 * ours.each)
    wanted(f"factory: at most twice the bare cells ({ours.each / floor:.2f})", ours.each <= 2 * floor)
    wanted(f"factory: a worker under 150 MB ({ours.worker / 2**20:.0f})", ours.worker < 150 * 2**20)


def run_many() -> None:
    """300 reports, then the same again with nothing changed; 50 reports of a book of 5,000 clients and of one of 50."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        book = sample.write(work / "300", clients=300, months=24, seed=1, until=MONTH)
        command = [
            sys.executable,
            "-m",
            "amlib",
            "report",
            str(book),
            "--out",
            str(work / "out"),
            "--jobs",
            str(WORKERS),
        ]
        command += ["--only", NOTEBOOK.stem]
        whole, again = (_seconds(command) for _ in range(2))
        print(f"\n300 reports {whole:.1f} s; again, unchanged {again:.2f} s")
        wanted(f"many: again, unchanged, under 2 % ({again / whole:.1%})", again < 0.02 * whole)
        for clients in (50, 5000):
            sample.write(work / str(clients), clients=clients, months=12, seed=1, until=MONTH)
        each = {50: [], 5000: []}
        for clients in [*each] * 3:  # in turns, since a machine has slower minutes
            book = open_book(work / str(clients))
            known = book.clients[book.clients.since < "2026-10-01"].client_id
            each[clients].append(made(book, work / f"out{clients}", sorted(known)[:50], force=True).each)
        for clients, seconds in each.items():
            print(f"a report of {clients:,} clients: {', '.join(f'{second:.3f}' for second in seconds)} s")
        ratio = statistics.median(each[5000]) / statistics.median(each[50])
        wanted(f"many: with 5,000 clients at most 15 % more than with 50 ({ratio:.2f})", ratio <= 1.15)


def run_flat(reports: str = "1000") -> None:
    """The runner's own memory over 1,000 reports of a notebook that does next to nothing."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        book = open_book(sample.write(work / "book", clients=int(reports), months=3, seed=1, until=MONTH))
        nb = nbformat.read(NOTEBOOK, as_version=4)
        parameters = next(cell for cell in nb.cells if "parameters" in cell.metadata.get("tags", ()))
        nb.cells = [nb.cells[0], parameters, nbformat.v4.new_code_cell("1 + 1")]
        (work / "notebooks").mkdir()
        nbformat.write(nb, work / "notebooks" / NOTEBOOK.name)
        seen = Run()
        start = time.perf_counter()
        manifest = run(plan(book, work / "notebooks", month=MONTH), book, work / "out", jobs=WORKERS, told=seen.told)
        seconds = time.perf_counter() - start
    assert not manifest.failed, manifest.failed[0].error
    own = [size / 2**20 for size in seen.own]
    print(f"\n{int(reports):,} tiny reports in {seconds:.0f} s, {seen.each:.3f} s each")
    print(f"the runner's PSS: {', '.join(f'{size:.0f}' for size in own[:: max(len(own) // 10, 1)])} MB")
    wanted(f"flat: the runner grows by less than 5 % ({own[-1] / own[0] - 1:.1%})", own[-1] < 1.05 * own[0])


def _side_by_side(work: Path, clients: Sequence[str], way: Callable[[Path, str], None]) -> float:
    """Seconds a report with two warm processes."""
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        list(pool.map(way, [work] * WORKERS * 2, clients[: WORKERS * 2]))
        start = time.perf_counter()
        list(pool.map(way, [work] * len(clients), clients))
        return (time.perf_counter() - start) / len(clients)


def _asked(client: str) -> dict[str, str]:
    return {"book": "book", "client": client, "month": MONTH, "lang": "vi"}


def _cells(work: Path, client: str) -> None:
    os.chdir(work)
    names: dict[str, object] = {}
    with redirect_stdout(StringIO()):
        for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
            if cell.cell_type == "code":
                exec(cell.source, names)
                names.update(_asked(client) if "parameters" in cell.metadata.get("tags", ()) else {})


def _papermill(work: Path, client: str) -> None:
    import papermill
    from nbconvert import HTMLExporter

    os.environ["JUPYTER_RUNTIME_DIR"] = str(work / str(os.getpid()))
    done = str(work / f"{client}.ipynb")
    papermill.execute_notebook(
        str(NOTEBOOK), done, _asked(client), kernel_name="python3", progress_bar=False, cwd=str(work)
    )
    exporter = HTMLExporter(template_name="report", extra_template_basedirs=[str(TEMPLATES)], exclude_input=True)
    exporter.from_filename(done, resources={"am": {"brand": {}, "ways": {}}})


def _loop(work: Path, client: str) -> float:
    """Seconds of the two commands that a shell loop has."""
    done = work / f"{client}.ipynb"
    asked = [word for name, value in _asked(client).items() for word in ("-p", name, value)]
    programs = Path(sys.executable).parent
    return sum(
        _seconds(command, work)
        for command in (
            [str(programs / "papermill"), "-k", "python3", "--no-progress-bar", *asked, str(NOTEBOOK), str(done)],
            [str(programs / "jupyter"), "nbconvert", "--to", "html", "--no-input", str(done)],
        )
    )


def _seconds(command: Sequence[str], folder: Path = ROOT) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return time.perf_counter() - start


def _parts(seen: Run) -> dict[str, float]:
    return {part: statistics.median(report.parts[part] for report in seen.reports) for part in seen.reports[0].parts}


def _pss(pid: int) -> int:
    try:
        return psutil.Process(pid).memory_full_info().pss
    except psutil.NoSuchProcess:
        return 0

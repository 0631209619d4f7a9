"""What makes a report again, and what does not. No kernel runs here but where it must: pages are printed by hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest
from typer.testing import CliRunner

from amlib.__main__ import app
from amlib.book import open_book
from amlib.reports import inputs
from amlib.reports.edition import write
from amlib.reports.execute import Failure
from amlib.reports.make import Task, executed_of, html_of, report_of
from amlib.reports.plan import plan
from amlib.reports.printing import PrintError
from amlib.reports.run import RunError, run
from amlib.reports.site import Manifest

CLIENTS = ("A1", "F9", "G1", "b/../2")


@dataclass
class Press(Executor):
    """Makes reports without running them: `made` are their ids, those of `fails` fail, at `stops` it is interrupted."""

    fails: Iterable[str] = ()
    stops: str = ""
    made: list[str] = field(default_factory=list)

    def submit(self, fn: Callable, /, task: Task) -> Future:
        job, future, failure = task.job, Future(), None
        if job.id == self.stops:
            # With its files half-way: a run can be killed between any two of them.
            write(task.edition.site / html_of(job), f"{len(self.made)} half {task.key}")
            # After all that are complete, which come first.
            future.set_running_or_notify_cancel()
            threading.Timer(0.2, future.set_exception, [KeyboardInterrupt()]).start()
            return future
        self.made.append(f"{job.notebook} {job.id}")
        write(task.edition.site / executed_of(job), "{}")
        if job.id in self.fails:
            (task.edition.site / html_of(job)).unlink(missing_ok=True)
            failure = Failure("ValueError: no fee")
        else:
            write(task.edition.site / html_of(job), f"{os.urandom(4).hex()} {job.id} {task.key}")
        future.set_result(report_of(task, 0.1, failure, executed=executed_of(job)))
        return future


@dataclass
class Month:
    """A book, notebooks and templates of which everything may be changed, and the month made of them."""

    folder: Path
    handed_out: dict[str, Any] = field(default_factory=dict)
    printed: list[str] = field(default_factory=list)

    @property
    def book(self) -> Path:
        return self.folder / "book"

    @property
    def notebooks(self) -> Path:
        return self.folder / "notebooks"

    @property
    def templates(self) -> Path:
        return self.folder / "templates"

    @property
    def out(self) -> Path:
        return self.folder / "out" / "2026-10"

    def run(self, press: Press | None = None, *, force: bool = False, only_failed: bool = False, **asked: Any) -> list:
        """What was made, in the order of ids."""
        press = press or Press()
        book = open_book(self.book)
        planned = plan(book, self.notebooks, month="2026-10", **asked)
        again = {"force": force, "only_failed": only_failed}
        run(planned, book, self.out.parent, executor=press, templates=self.templates, **again, **self.handed_out)
        return sorted(press.made)

    def print_pages(self, pages: Sequence[tuple[Path, Path]]) -> None:
        """What a browser does, but for the PDF."""
        for page, target in pages:
            target.write_text(f"printed: {page.read_text()}")
            self.printed.append(f"{page.parent.name}/{page.stem}")

    def append(self, table: str, row: str) -> None:
        with (self.book / f"{table}.csv").open("a", encoding="utf-8") as file:
            file.write(row + "\n")

    @property
    def statuses(self) -> dict[str, str]:
        return {f"{report.notebook} {report.id}": report.status for report in self.manifest.reports}

    @property
    def manifest(self) -> Manifest:
        return Manifest.read(self.out)

    @property
    def pages(self) -> dict[str, str]:
        return {path.relative_to(self.out).as_posix(): path.read_text() for path in self.out.glob("*/*.html")}


OWN = [f"own {id}" for id in CLIENTS]
ALL = [f"among {id}" for id in CLIENTS] + OWN


@pytest.fixture
def month(tmp_path: Path, book_folder: Path, write_into: Callable[..., Path]) -> Month:
    """October, made: per client a report `own` that rests on the client's rows, one `among` that rests on all."""
    month = Month(tmp_path)
    shutil.copytree(book_folder, month.book)
    shutil.copytree(inputs.TEMPLATES, month.templates)
    top = "top: int = 10\n"
    write_into(month.notebooks, "own", "client", "1 + 1", parameters=top, rests_on="client")
    write_into(month.notebooks, "among", "client", "2 + 2")
    assert month.run() == ALL
    return month


def test_nothing_is_made_again_where_nothing_has_changed(month: Month):
    before, pages = month.manifest, month.pages
    inodes = {path: path.stat().st_ino for path in month.out.glob("*/*.html")}
    assert month.run() == []
    assert set(month.statuses.values()) == {"unchanged"}
    assert month.pages == pages
    assert {path: path.stat().st_ino for path in month.out.glob("*/*.html")} == inodes
    assert [report.seconds for report in month.manifest.reports] == [report.seconds for report in before.reports]


def test_force_makes_all_again(month: Month):
    pages = month.pages
    assert month.run(force=True) == ALL
    assert set(month.statuses.values()) == {"ok"}
    assert not set(month.pages.values()) & set(pages.values())


def test_a_changed_notebook_is_run_again_alone(month: Month):
    file = month.notebooks / "own.ipynb"
    nb = nbformat.read(file, as_version=4)
    nb.cells[-1].source = "1 + 2"
    nbformat.write(nb, file)
    assert month.run() == OWN


def test_a_parameter_runs_the_notebooks_again_that_declare_it(month: Month):
    assert month.run(values={"top": "3"}) == OWN
    assert month.run(values={"top": "3"}) == []
    assert month.run() == OWN


def test_another_language_is_another_page(month: Month):
    assert month.run(lang="vi") == ALL


def test_a_row_of_a_client_makes_its_own_pages_again_and_all_that_rest_on_the_whole_book(month: Month):
    month.append("invoices", "I3,A1,2026-10-31,9")
    assert month.run() == [*ALL[:4], "own A1"]
    month.append("invoices", "I4,b/../2,2026-10-31,9")
    assert month.run() == [*ALL[:4], "own b/../2"]


def test_what_all_clients_share_makes_all_again(month: Month):
    month.append("account_managers", "hoa,Hoa")
    assert month.run() == ALL


def test_a_client_who_is_new_gets_a_page(month: Month):
    month.append("clients", "Z1,Zed,key,lan,2026-10-01,")
    assert month.run() == ["among A1", "among F9", "among G1", "among Z1", "among b/../2", "own Z1"]


def test_a_client_whose_name_has_changed_gets_a_new_page(month: Month):
    clients = month.book / "clients.csv"
    clients.write_text(clients.read_text("utf-8").replace("Gone", "Gone & Co"), "utf-8")
    assert month.run(only=["own"]) == ["own G1"]


def test_a_changed_setting_makes_all_again(month: Month):
    toml = month.book / "book.toml"
    toml.write_text(toml.read_text("utf-8") + "[service_level]\nresponse_hours = 5\n", "utf-8")
    assert month.run() == ALL


def test_rows_in_files_of_another_sort_are_the_same_rows(month: Month):
    invoices = month.book / "invoices.csv"
    open_book(month.book).invoices[["invoice_id", "client_id", "issued_on", "amount"]].to_parquet(
        month.book / "invoices.parquet"
    )
    invoices.unlink()
    assert month.run() == []


@pytest.mark.parametrize("file", ["report/index.html.j2", "report/static/report.css", "site/index.html.j2"])
def test_a_changed_template_makes_all_again(month: Month, file: str):
    with (month.templates / file).open("a") as template:
        template.write("\n")
    assert month.run() == ALL


def test_another_version_makes_all_again(month: Month, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(inputs, "versions", lambda: {"amlib": "0.1.0", "pandas": "99.9"})
    assert month.run() == ALL


def test_a_changed_published_figure_makes_all_again(month: Month, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    shutil.copytree(inputs.BENCHMARKS, tmp_path / "published")
    monkeypatch.setattr(inputs, "BENCHMARKS", tmp_path / "published")
    assert month.run() == []
    with (tmp_path / "published" / "salaries.csv").open("a") as figures:
        figures.write("\n")
    assert month.run() == ALL


def test_a_page_that_was_removed_is_made_again(month: Month):
    (month.out / "own" / "a1.html").unlink()
    (month.out / "executed" / "among" / "g1.ipynb").unlink()
    assert month.run() == ["among G1", "own A1"]


def test_only_and_client_leave_the_others_as_they_are(month: Month):
    month.append("account_managers", "hoa,Hoa")
    before, pages = month.manifest, month.pages
    assert month.run(only=["own"], clients=["A1"]) == ["own A1"]
    others = [report for report in before.reports if (report.notebook, report.id) != ("own", "A1")]
    assert [report for report in month.manifest.reports if (report.notebook, report.id) != ("own", "A1")] == others
    assert {path for path, page in month.pages.items() if page != pages[path]} == {"own/a1.html"}
    assert month.run() == [report for report in ALL if report != "own A1"]


def test_a_failed_report_is_tried_again_by_the_same_command(month: Month):
    assert month.run(Press(fails=["A1"]), force=True) == ALL
    assert not (month.out / "own" / "a1.html").exists()
    assert month.run() == ["among A1", "own A1"]
    assert set(month.statuses.values()) == {"ok", "unchanged"}


def test_failed_makes_only_what_failed(month: Month):
    with pytest.raises(RunError, match=r"^No report of 2026-10 that was asked for failed last time$"):
        month.run(only_failed=True)
    month.run(Press(fails=["A1", "G1"]), force=True)
    month.append("account_managers", "hoa,Hoa")
    assert month.run(Press(fails=["G1"]), only_failed=True) == ["among A1", "among G1", "own A1", "own G1"]
    assert {report for report, status in month.statuses.items() if status == "failed"} == {"among G1", "own G1"}
    assert month.run(only_failed=True, only=["own"]) == ["own G1"]
    assert month.statuses.keys() == set(ALL)


@pytest.mark.parametrize("how", [{"force": True}, {"only_failed": True}, {"lang": "vi"}])
def test_what_an_interrupted_run_has_made_is_taken_up_by_the_same_command(month: Month, how: dict):
    month.run(Press(fails=CLIENTS), force=True)
    before, old = month.manifest, month.pages
    with pytest.raises(KeyboardInterrupt):
        month.run(press := Press(stops="G1"), **how)
    assert (month.manifest, month.pages) == (before, old)
    assert sorted([*month.run(**how), *press.made]) == ALL
    assert set(month.statuses.values()) == {"ok"}
    assert len(month.pages) == len(ALL)


def test_a_note_speaks_of_no_page_that_was_begun_anew(month: Month):
    with pytest.raises(KeyboardInterrupt):
        month.run(Press(stops="G1"), force=True)
    # The same folder is made in another language; it is interrupted while it replaces a page that was complete.
    with pytest.raises(KeyboardInterrupt):
        month.run(Press(stops="A1"), lang="vi")
    month.run(force=True)
    assert not [page for page in month.pages.values() if "half" in page]


def test_what_another_run_left_is_no_part_of_a_month_that_did_not_ask_for_it(month: Month):
    before = month.pages
    with pytest.raises(KeyboardInterrupt):
        month.run(Press(stops="G1"), lang="vi")
    assert month.run(only=["own"], clients=["b/../2"]) == []
    assert month.pages == before


def test_a_note_of_another_version_is_passed_over(month: Month):
    with pytest.raises(KeyboardInterrupt):
        month.run(press := Press(stops="G1"), force=True)
    notes = sorted((month.out.parent / ".2026-10" / "site" / ".done").glob("*/*.json"))
    assert len(notes) == len(press.made)
    notes[0].write_text('{"id": "A1", "unheard_of": 1}')
    notes[1].write_text("")
    assert len(month.run(force=True)) == len(ALL) - len(notes) + 2


def test_files_that_are_no_report_stay_whatever_is_made(month: Month):
    (month.out / "notes.txt").write_text("mine")
    (month.out / "own" / "mine.html").write_text("mine")
    (month.out / "linked").symlink_to("own", target_is_directory=True)
    month.run(force=True)
    month.run()
    assert (month.out / "notes.txt").read_text() == (month.out / "own" / "mine.html").read_text() == "mine"
    assert os.readlink(month.out / "linked") == "own"


def test_last_months_folder_is_never_touched(month: Month):
    book = open_book(month.book)
    before = {path: path.stat() for path in month.out.rglob("*")}
    planned = plan(book, month.notebooks, month="2026-09")
    run(planned, book, month.out.parent, executor=Press(), templates=month.templates)
    assert {path: path.stat() for path in month.out.rglob("*")} == before


# -- what is handed out


def test_what_was_printed_of_a_page_stays_until_the_page_is_made_again(month: Month):
    def pdfs() -> dict[str, str]:
        return {path.relative_to(month.out).as_posix(): path.read_text() for path in month.out.glob("*/*.pdf")}

    month.handed_out = {"print_pages": month.print_pages}
    assert month.run() == []
    assert pdfs() == {path.replace(".html", ".pdf"): f"printed: {page}" for path, page in month.pages.items()}
    assert len(month.printed) == len(ALL)
    month.printed.clear()
    month.append("invoices", "I3,A1,2026-10-31,9")
    assert month.run() == [*ALL[:4], "own A1"]
    assert sorted(month.printed) == sorted({f"among/{Path(path).stem}" for path in month.pages} | {"own/a1"})
    # A page that was made again and not printed has none; the others keep theirs.
    month.handed_out = {}
    month.append("invoices", "I4,A1,2026-10-31,9")
    month.run()
    assert {path.split("/")[0] for path in pdfs()} == {"own"}
    assert "own/a1.pdf" not in pdfs()
    assert {report.pdf for report in month.manifest.reports if report.pdf} == {*pdfs()}
    # A part of the month leaves what is printed of the rest.
    kept = pdfs()
    month.run(only=["among"])
    assert pdfs() == kept


def test_a_page_that_cannot_be_printed_leaves_the_month_as_it_was(month: Month):
    def jammed(pages: Sequence[tuple[Path, Path]]) -> None:
        raise PrintError("own/a1.html could not be printed")

    month.append("invoices", "I3,A1,2026-10-31,9")
    pages, month.handed_out = month.pages, {"print_pages": jammed}
    with pytest.raises(PrintError):
        month.run()
    assert month.pages == pages
    month.handed_out = {}
    assert month.run() == []  # what was made is kept
    assert month.pages != pages


def test_archives_are_those_of_the_last_run(month: Month):
    month.handed_out = {"archives": True}
    month.run()
    there = {path.relative_to(month.out).as_posix() for path in month.out.glob("archives/*")}
    assert there == {*month.manifest.archives}
    assert len(there) == 2  # Lan's and Minh's
    month.handed_out = {}
    month.run()
    assert month.manifest.archives == ()
    assert not (month.out / "archives").exists()


# -- by the command


def am(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["report", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_says_at_once_that_nothing_has_changed(month: Month, monkeypatch: pytest.MonkeyPatch):
    asked = [str(month.book), "--notebooks", str(month.notebooks), "--out", str(month.out.parent)]
    options = {
        "month": None,
        "only": None,
        "client": None,
        "lang": None,
        "param": None,
        "audience": "internal",
        "pdf": False,
        "zip": False,
    }
    made_of = inputs.of_run(month.book, month.notebooks, inputs.TEMPLATES, options)
    book = open_book(month.book)
    run(plan(book, month.notebooks), book, month.out.parent, executor=Press(), made_of=made_of)
    monkeypatch.setattr("amlib.book.open_book", lambda *_: pytest.fail("the book was opened"))
    said = f"Nothing has changed since these were made: {month.out / 'index.html'}\n"
    assert am(*asked) == said
    (month.out / "own" / "a1.html").unlink()
    assert inputs.unchanged(month.out.parent, made_of) is None
    assert inputs.of_run(month.book, month.notebooks, inputs.TEMPLATES, options | {"lang": "vi"}) != made_of
    month.append("invoices", "I3,A1,2026-10-31,9")
    assert inputs.of_run(month.book, month.notebooks, inputs.TEMPLATES, options) != made_of


def test_another_amlib_makes_all_again(
    tmp_path: Path, book_folder: Path, write_into: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
):
    """The package is copied, run twice from there, and run once more with one comment added to one of its files."""
    shutil.copytree(inputs.PACKAGE, tmp_path / "amlib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(inputs.TEMPLATES, tmp_path / "templates")
    counted = "with open(count, 'a') as file:\n    file.write('x')"
    notebooks = write_into(tmp_path / "notebooks", "tiny", "book", counted, parameters="count: str = ''\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    count = tmp_path / "count"
    options = ["--notebooks", str(notebooks), "--out", str(tmp_path / "out"), "-p", f"count={count}"]

    def made() -> str:
        command = [sys.executable, "-m", "amlib", "report", str(book_folder), *options]
        subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)
        return count.read_text()

    assert (made(), made()) == ("x", "x")
    with (tmp_path / "amlib" / "collecting.py").open("a") as file:
        file.write("# changed\n")
    assert made() == "xx"
    assert json.loads((tmp_path / "out" / "2026-10" / "manifest.json").read_text())["reports"][0]["status"] == "ok"


def test_the_index_tells_of_older_data_only_where_a_report_is_of_an_older_book(month: Month):
    index = month.out / "index.html"
    assert "earlier data" not in index.read_text("utf-8")
    month.append("invoices", "I9,A1,2026-10-05,3")
    month.run(clients=["A1"])
    # The reports of the other clients were not asked for, and are of the book before.
    assert f"{2 * (len(CLIENTS) - 1)} reports were made from earlier data" in index.read_text("utf-8")
    month.run()
    assert "earlier data" not in index.read_text("utf-8")

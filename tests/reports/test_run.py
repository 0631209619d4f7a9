"""A month run end to end with tiny notebooks: what is written, what fails, and what is left when it is stopped."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import nbformat
import pandas as pd
import pytest
from processes import alive, until
from typer.testing import CliRunner

from amlib import health
from amlib.__main__ import app
from amlib.book import open_book
from amlib.reports.execute import Limits
from amlib.reports.plan import plan
from amlib.reports.run import RunError, run
from amlib.reports.site import Manifest

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

OVERVIEW = (
    "import sys, warnings\nfrom IPython.display import display\nfrom amlib.book import open_book",
    "secret_code = open_book(book)\nwarnings.warn('a warning')\nprint(len(secret_code.clients), 'clients in', month)",
    f"display({{'image/png': '{PNG}'}}, raw=True, metadata={{'alt': 'one <dot>'}})",
    "print(sys.executable == __import__('os').environ['AM_TEST_PYTHON'], threads := None, note)",
)
HEALTH = (
    "import os\nfrom IPython.display import display",
    "# about the fee\nif client == 'F9':\n    raise ValueError('no <b>fee</b> in ' + os.getcwd())",
    "display({'application/vnd.amlib.facts+json': {'score': len(client) * 10, 'band': 'amber'}}, raw=True)",
    "import html\ndisplay({'text/html': f'<p class=\"am-say\">{html.escape(client)}</p>'}, raw=True)",
)
KILLED = ("import os\nos.kill(os.getpid(), 9)",)


class Run(NamedTuple):
    """What a run printed, its exit code, and the month's folder."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def manifest(self) -> dict:
        return json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))

    def report(self, notebook: str, id: str) -> dict:
        (found,) = (r for r in self.manifest["reports"] if (r["notebook"], r["id"]) == (notebook, id))
        return found

    def page(self, notebook: str, id: str) -> str:
        return (self.folder / self.report(notebook, id)["html"]).read_text(encoding="utf-8")


def am(book: Path, folder: Path, *options: str) -> Run:
    """`am report` on notebooks/ beside `folder`, with two jobs."""
    own = ["--notebooks", str(folder / "notebooks"), "--out", str(folder / "out"), "--jobs", "2"]
    result = CliRunner().invoke(app, ["report", str(book), *own, *options])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return Run(result.exit_code, result.stdout, result.stderr, folder / "out" / "2026-10")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_into: Callable[..., Path]) -> Path:
    folder = tmp_path_factory.mktemp("run")
    note = "note: str = ''  # a remark\n"
    write_into(folder / "notebooks", "overview", "book", *OVERVIEW, parameters=note)
    write_into(folder / "notebooks", "health", "client", *HEALTH)
    write_into(folder / "notebooks", "killed", "book", *KILLED)
    return folder


@pytest.fixture(scope="module")
def whole(book_folder: Path, folder: Path) -> Iterator[Run]:
    """All reports of October: the overview, four of health of which F9's fails, and one whose kernel is killed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AM_TEST_PYTHON", sys.executable)
        yield am(book_folder, folder, "-p", "note=Ân & <Bình>")


def test_what_fails_stops_nothing_else(whole: Run):
    assert whole.code == 1
    statuses = {(r["notebook"], r["id"]): r["status"] for r in whole.manifest["reports"]}
    assert statuses == {
        ("health", "A1"): "ok",
        ("health", "F9"): "failed",
        ("health", "G1"): "ok",
        ("health", "b/../2"): "ok",
        ("killed", "book"): "failed",
        ("overview", "book"): "ok",
    }
    assert "4 done, 2 failed, 0 remaining" in whole.out
    assert whole.out.splitlines()[-1] == f"4 made, 2 failed: {whole.folder / 'index.html'}"
    assert "Failed: killed book: The kernel died" in whole.err


def test_the_manifest_says_what_was_made_of_what(whole: Run, book_folder: Path):
    manifest = whole.manifest
    assert manifest["month"] == "2026-10"
    assert manifest["lang"] == "en"
    hashed = open_book(book_folder).as_of("2026-10").fingerprint
    assert manifest["book"] == {"name": "Agency & <b>Sons</b>", "hash": hashed, "set_aside": 0}
    assert {"amlib", "python", "pandas", "papermill", "nbconvert"} <= set(manifest["versions"])
    assert [(r["notebook"], r["id"]) for r in manifest["reports"]] == sorted(
        (r["notebook"], r["id"]) for r in manifest["reports"]
    )
    report = whole.report("health", "A1")
    assert report["params"] == {"book": "book", "month": "2026-10", "lang": "en", "client": "A1"}
    assert report["html"] == "health/a1.html"
    assert report["facts"] == {"score": 20, "band": "amber"}
    assert report["seconds"] > 0
    assert report["error"] is None
    assert whole.report("overview", "book")["params"]["note"] == "Ân & <Bình>"


def test_a_failure_names_error_and_cell_and_keeps_its_notebook(whole: Run):
    report = whole.report("health", "F9")
    assert report["html"] is None
    # The parameters cell, the run's own parameters and the imports ran before.
    assert report["error"] == "ValueError: no <b>fee</b> in . (cell [4]: `if client == 'F9':`)"
    assert not (whole.folder / "health" / "f9.html").exists()
    kept = nbformat.read(whole.folder / report["executed"], as_version=4)
    assert [o.ename for cell in kept.cells for o in cell.get("outputs", ()) if o.output_type == "error"] == [
        "ValueError"
    ]
    index = (whole.folder / "index.html").read_text(encoding="utf-8")
    assert "ValueError: no &lt;b&gt;fee&lt;/b&gt; in ." in index
    assert f'href="{report["executed"]}"' in index


def test_a_killed_kernel_is_a_failure_with_its_cell(whole: Run):
    report = whole.report("killed", "book")
    assert report["error"] == "The kernel died; the machine may be short of memory (cell [3]: `import os`)"
    kept = nbformat.read(whole.folder / report["executed"], as_version=4)
    assert [o.evalue for cell in kept.cells for o in cell.get("outputs", ()) if o.output_type == "error"] == [
        report["error"]
    ]


def test_notebooks_run_on_the_checked_book_in_this_python(whole: Run):
    page = whole.page("overview", "book")
    # N1 comes in November: nobody knows of it yet.
    assert "4 clients in 2026-10" in page
    assert "True None Ân &amp; &lt;Bình&gt;" in page


def test_pages_print_no_code_no_warning_no_script_and_no_address(whole: Run):
    pages = [path for path in whole.folder.rglob("*.html") if path.name != "index.html"]
    assert len(pages) == 4
    for path in [*pages, whole.folder / "index.html"]:
        html = path.read_text(encoding="utf-8")
        assert html.count("<script") == (path.name == "index.html")  # the one that searches and sorts
        assert "://" not in html
        assert "secret_code" not in html
        assert "a warning" not in html
        assert html.count("<h1>") == 1
    assert 'alt="one &lt;dot&gt;"' in whole.page("overview", "book")
    assert "Tiêu đề" not in whole.page("overview", "book")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co" in whole.page("health", "A1")
    assert "b/../2" in whole.page("health", "b/../2")


def test_ids_stay_inside_the_folder(whole: Run):
    written = {str(path.relative_to(whole.folder)) for path in whole.folder.rglob("*") if path.is_file()}
    odd = whole.report("health", "b/../2")["html"].removesuffix(".html")
    assert re.fullmatch(r"health/b-2--[0-9a-f]{10}", odd)
    assert written == {
        "index.html",
        "manifest.json",
        "set_aside.csv",
        "health.csv",
        "health/a1.html",
        "health/g1.html",
        f"{odd}.html",
        "overview/book.html",
        "executed/health/a1.ipynb",
        "executed/health/f9.ipynb",
        "executed/health/g1.ipynb",
        f"executed/{odd}.ipynb",
        "executed/overview/book.ipynb",
        "executed/killed/book.ipynb",
    }


def test_nothing_that_was_written_names_a_place_on_this_machine(whole: Run):
    places = ("/tmp/", str(Path.home()), sys.prefix, str(Path(__file__).parents[2]))
    for path in whole.folder.rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        # IPython names its cells after a file in the folder for temporary files, here shortened.
        assert not [place for place in places if place in text], path


def test_a_rerun_of_one_report_keeps_the_others(whole: Run, book_folder: Path, folder: Path, tmp_path: Path):
    before = whole.manifest
    again = am(book_folder, folder, "--only", "health", "--client", "A1", "--lang", "vi")
    # What failed before fails no more today: it was not asked for.
    assert again.code == 0
    assert again.out.splitlines()[-1].startswith("1 made, 0 failed: ")
    after = again.manifest
    assert [r for r in after["reports"] if r["id"] != "A1"] == [r for r in before["reports"] if r["id"] != "A1"]
    assert again.report("health", "A1")["params"]["lang"] == "vi"
    assert '<html lang="vi">' in again.page("health", "A1")
    assert "Tiêu đề health" in again.page("health", "A1")


def test_a_whole_run_replaces_the_month(tmp_path: Path, book_folder: Path, write_into: Callable[..., Path]):
    book = open_book(book_folder)
    planned = plan(book, write_into(tmp_path / "notebooks", "tiny", "client"))
    stale = Manifest("2026-10", {"name": book.settings.name, "hash": "x"}, "en", {}, ())
    old = {"html": "tiny/gone.html", "executed": "../../precious.ipynb", "status": "ok", "data": "x"}
    about = {"per": "client", "title": "", "name": "", "segment": None, "params": {}, "seconds": 1}
    month = tmp_path / "out" / "2026-10"
    (month / "tiny").mkdir(parents=True)
    for path in ("tiny/gone.html", "tiny/mine.html", "../../precious.ipynb"):
        (month / path).write_text("x")
    entry = {"notebook": "tiny", "id": "GONE", **old, **about}
    written = {"month": "2026-10", "book": stale.book, "lang": "en", "versions": {}, "reports": [entry]}
    (month / "manifest.json").write_text(json.dumps(written))
    told = []
    manifest = run(replace(planned, jobs=planned.jobs[:1]), book, tmp_path / "out", told=told.append)
    assert [report.id for report in manifest.reports] == ["A1"]
    assert told == list(manifest.reports)
    assert not (month / "tiny" / "gone.html").exists()
    # Files that no report of the month ever was are not the run's to remove.
    assert (month / "tiny" / "mine.html").exists()
    assert (tmp_path / "precious.ipynb").exists()


@pytest.mark.parametrize("month", ["2026-10", "2026-09"])
def test_the_folder_of_another_book_is_left_alone(
    tmp_path: Path, book_folder: Path, write_into: Callable[..., Path], month: str
):
    """Its index would list the clients of both."""
    book = open_book(book_folder)
    planned = plan(book, write_into(tmp_path / "notebooks", "tiny", "book"))
    (tmp_path / "out" / month).mkdir(parents=True)
    other = {"month": month, "book": {"name": "Other", "hash": "x"}, "lang": "en", "versions": {}, "reports": []}
    (tmp_path / "out" / month / "manifest.json").write_text(json.dumps(other))
    with pytest.raises(RunError, match=f"{month} holds reports of the book 'Other'"):
        run(planned, book, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [month]


def test_a_cell_without_end_is_stopped_and_a_killed_process_fails_alone(
    tmp_path: Path, book_folder: Path, write_into: Callable[..., Path]
):
    book = open_book(book_folder)
    write_into(tmp_path / "notebooks", "endless", "book", "import time\ntime.sleep(600)")
    # Each process of the run has a log of its own, named after it, where its kernels run.
    workers = (
        "import contextlib, os, pathlib\n"
        "for log in pathlib.Path().glob('*.log'):\n"
        "    with contextlib.suppress(ProcessLookupError): os.kill(int(log.stem), 9)"
    )
    folder = write_into(tmp_path / "notebooks", "murderer", "book", workers)
    manifest = run(plan(book, folder), book, tmp_path / "out", jobs=2, limits=Limits(seconds=6))
    errors = {report.notebook: report.error for report in manifest.reports}
    assert errors == {
        "endless": "The report had not ended after 6 seconds (cell [3]: `import time`)",
        "murderer": "The process that made this report was killed; the machine may be short of memory",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_stopping_leaves_no_kernel_and_keeps_what_was_made(
    tmp_path: Path, book_folder: Path, write_into: Callable[..., Path]
):
    pid = tmp_path / "pid"
    sleeps = "import os, time\nopen(mark, 'w').write(str(os.getpid()))\ntime.sleep(600)"
    write_into(tmp_path / "notebooks", "a_quick", "book", "1 + 1")
    folder = write_into(tmp_path / "notebooks", "b_sleeps", "book", sleeps, parameters="mark: str = ''\n")
    options = ["--notebooks", str(folder), "--out", str(tmp_path / "out"), "--jobs", "1", "-p", f"mark={pid}"]
    command = [sys.executable, "-m", "amlib", "report", str(book_folder), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert until(lambda: pid.exists() and pid.read_text())
        kernel = int(pid.read_text())
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert err == "Interrupted. What was made so far is kept: the same command makes the rest.\n"
    assert until(lambda: not alive(kernel), seconds=5)
    assert not (tmp_path / "out" / "2026-10").exists()
    assert (tmp_path / "out" / ".2026-10" / "site" / "a_quick" / "book.html").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--month", "2020-01"], "The book has no data for 2020-01: it begins in 2026-08"),
        (["--only", "x"], "There is no report 'x' (there are: tiny)"),
        (
            ["-p", "top=x"],
            "tiny: top is 'x'; expected int\nThe parameters there are:\n  tiny: top: int = 10  # how many",
        ),
        (["-p", "top"], "'top'; expected NAME=VALUE"),
        (["-p", "top=1", "-p", "top=2"], "top is given twice"),
        (["--jobs", "0"], "Invalid value for '--jobs'"),
    ],
)
def test_a_wrong_question_ends_with_code_2_before_anything_runs(
    book_folder: Path, tmp_path: Path, options: list[str], says: str, write_into: Callable[..., Path]
):
    write_into(tmp_path / "notebooks", "tiny", "book", parameters="top: int = 10  # how many\n")
    found = am(book_folder, tmp_path, *options)
    assert found.code == 2
    assert says in found.err
    assert "Traceback" not in found.err
    assert not (tmp_path / "out").exists()


def test_a_bad_book_ends_with_code_2_and_its_problems(
    tmp_path: Path, book_folder: Path, write_into: Callable[..., Path]
):
    write_into(tmp_path / "notebooks", "tiny", "book")
    assert am(tmp_path / "nowhere", tmp_path).code == 2
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "book.toml").write_text('name = "Bad"\ncurrency = "VND"\n')
    (bad / "clients.csv").write_text("client_id,name,since\nC1,A,soon\n")
    found = am(bad, tmp_path)
    assert found.code == 2
    assert "clients.csv row 2, column since: found 'soon'" in found.err


def test_the_months_health_stands_beside_its_pages(whole: Run, book_folder: Path):
    kept = pd.read_csv(whole.folder / "health.csv")
    expected = health.record(open_book(book_folder), "2026-10")
    assert list(kept.columns) == list(expected.columns)
    assert kept.client_id.tolist() == expected.client_id.tolist()
    assert {*kept.month} == {"2026-10"}
    assert kept.band.tolist() == expected.band.tolist()


def test_a_file_beside_the_pages_that_cannot_be_computed_is_left_out(book_folder: Path, folder: Path, tmp_path: Path):
    """And the pages are published all the same; the next run writes over what there was."""

    def wrong(known: object) -> pd.DataFrame:
        raise ValueError("a reply before its message")

    book = open_book(book_folder)
    planned = plan(book, folder / "notebooks", month="2026-10", only=["overview"])
    ids = {"ids.csv": lambda known: known.clients[["client_id"]]}
    run(planned, book, tmp_path, jobs=1, beside={**ids, "wrong.csv": wrong})
    month = tmp_path / "2026-10"
    known = book.as_of("2026-10").clients.client_id
    assert (month / "ids.csv").read_text(encoding="utf-8").split() == ["client_id", *known]
    assert not (month / "wrong.csv").exists()
    assert (month / "index.html").exists()
    run(planned, book, tmp_path, jobs=1, beside={"ids.csv": lambda known: known.clients[["client_id"]].head(1)})
    assert len((month / "ids.csv").read_text(encoding="utf-8").split()) == 2


def test_rows_set_aside_are_counted_before_anything_runs(
    tmp_path: Path, book_folder: Path, write_into: Callable[..., Path]
):
    write_into(tmp_path / "notebooks", "tiny", "book")
    aside = tmp_path / "aside"
    aside.mkdir()
    for file in book_folder.iterdir():
        (aside / file.name).write_bytes(file.read_bytes())
    rule = """
        [tables.clients]
        file = "clients.csv"
        [[tables.clients.set_aside]]
        where = "name = 'New'"
        because = "a test"
    """
    with (aside / "book.toml").open("a") as toml:
        toml.write(rule)
    (tmp_path / "out" / "2026-10").mkdir(parents=True)
    (tmp_path / "out" / "2026-10" / "manifest.json").write_text("{}")
    found = am(aside, tmp_path)
    assert found.code == 2
    assert found.out.splitlines()[0] == "Set aside, as book.toml says: 1 row (clients 1)"
    assert "2026-10/manifest.json is not a manifest of this version" in found.err


def test_what_is_not_read_is_told_before_anything_runs(
    tmp_path: Path, book_folder: Path, write_into: Callable[..., Path]
):
    write_into(tmp_path / "notebooks", "tiny", "book")
    shutil.copytree(book_folder, tmp_path / "book")
    (tmp_path / "book" / "Survey.csv").write_text("survey_id,client_id,sent_on\n")
    (tmp_path / "out" / "2026-10").mkdir(parents=True)
    (tmp_path / "out" / "2026-10" / "manifest.json").write_text("{}")
    told = "Note: Survey.csv is not read: no table of that name. Did you mean 'surveys'?"
    assert told in am(tmp_path / "book", tmp_path).out.splitlines()


def test_sample_writes_a_book_and_refuses_a_wrong_question(tmp_path: Path):
    made = CliRunner().invoke(app, ["sample", str(tmp_path / "book"), "--clients", "3", "--months", "3", "--seed", "2"])
    assert made.exit_code == 0
    assert len(open_book(tmp_path / "book").clients) == 3
    wrong = CliRunner().invoke(app, ["sample", str(tmp_path / "book"), "--clients", "0"])
    assert wrong.exit_code == 2
    assert wrong.stderr == "clients is 0; expected a whole number of at least 1\n"

"""Nothing of another client, of this machine or of its user is in what a run writes."""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from markers import found, marker, plant

from amlib import sample
from amlib.reports.run import TEMPLATES

pytestmark = pytest.mark.slow

NOTEBOOKS = Path(__file__).parents[2] / "notebooks" / "reports"
SECRET = "hunter2-of-the-environment"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    folder = sample.write(tmp_path_factory.mktemp("planted") / "book", clients=8, months=6, seed=3)
    return folder, plant(folder)


@pytest.fixture(scope="module")
def month(
    tmp_path_factory: pytest.TempPathFactory, planted: tuple[Path, set[str]], write_into: Callable[..., Path]
) -> Iterator[Path]:
    """A month of all report notebooks there are, and of one that fails with a traceback through the library."""
    folder = tmp_path_factory.mktemp("leaks")
    notebooks = folder / "notebooks"
    shutil.copytree(NOTEBOOKS, notebooks, ignore=shutil.ignore_patterns(".*"))
    fails = "from amlib.book import open_book\nprint(open_book(book).path, __import__('pandas').__file__)"
    write_into(notebooks, "fails", "client", fails, "open_book(book + '/' + client)")
    command = [sys.executable, "-m", "amlib", "report", str(planted[0]), "--notebooks", str(notebooks)]
    given = {**os.environ, "AM_SECRET_TOKEN": SECRET}
    done = subprocess.run(
        [*command, "--out", str(folder / "out")], env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    (month,) = (folder / "out").glob("20*")
    reports = json.loads((month / "manifest.json").read_text("utf-8"))["reports"]
    assert {report["notebook"] for report in reports if report["status"] == "failed"} == {"fails"}
    return month


def reports(month: Path, *pers: str) -> Iterator[tuple[dict, str]]:
    """The reports that run for these, each with all that was written of it: page, executed notebook, own entry."""
    for report in json.loads((month / "manifest.json").read_text("utf-8"))["reports"]:
        if report["per"] in pers:
            written = [(month / path).read_text("utf-8") for path in (report["html"], report["executed"]) if path]
            yield report, "\n".join([*written, json.dumps(report, ensure_ascii=False)])


def test_a_clients_report_has_nothing_of_another_client(month: Path, planted: tuple[Path, set[str]]):
    seen = set()
    for report, text in reports(month, "client"):
        assert found(text) <= {marker(report["id"])}, (report["notebook"], report["id"])
        seen |= found(text)
    # The search finds what there is to find: all clients have their own name on their page.
    assert seen == planted[1]


def test_only_what_is_for_the_agency_names_several_clients(month: Path, planted: tuple[Path, set[str]]):
    """Index and manifest list all clients; a report per book or per account manager may name those it is about."""
    own = {path for report, _ in reports(month, "client") for path in (report["html"], report["executed"])}
    named = {
        path.relative_to(month).as_posix()
        for path in month.rglob("*")
        if path.is_file() and len(found(path.read_text("utf-8"))) > 1
    }
    assert {"index.html", "manifest.json"} <= named
    assert not named & own
    shared = {
        path for report, _ in reports(month, "book", "account_manager") for path in (report["html"], report["executed"])
    }
    assert named <= {"index.html", "manifest.json", "set_aside.csv", "health.csv"} | shared
    assert found((month / "index.html").read_text("utf-8")) == planted[1]


def test_an_account_managers_report_has_nothing_of_clients_of_others(month: Path, planted: tuple[Path, set[str]]):
    clients = pd.read_csv(planted[0] / "clients.csv", dtype="str")
    for report, text in reports(month, "account_manager"):
        assert found(text) <= {marker(id) for id in clients.client_id[clients.am_id == report["id"]]}, report["id"]


def test_nothing_that_was_written_tells_of_machine_user_or_environment(month: Path, planted: tuple[Path, set[str]]):
    secrets = {SECRET, "AM_SECRET_TOKEN", str(planted[0]), str(month.parent), str(Path.home()) + "/", sys.prefix}
    secrets |= {str(TEMPLATES.parent), os.environ.get("PYTHONPATH") or SECRET, "/tmp/", "/home/"}
    # Long values of the environment; a short one such as C.UTF-8 tells nothing and may be a word.
    secrets |= {value for value in os.environ.values() if len(value) > 12}
    # The selector :root of a style sheet is nobody's name.
    words = {name for name in (socket.gethostname(), getpass.getuser()) if len(name) > 3}
    for path in month.rglob("*"):
        text = path.read_text("utf-8") if path.is_file() else ""
        assert not [secret for secret in secrets if secret in text], path
        assert not [word for word in words if re.search(rf"(?<![:\w]){re.escape(word)}\b", text)], path
        # Any absolute path, but for a link of a page or an address of the web.
        paths = re.findall(r"(?<![\w./<:~…])/(?:usr|opt|root|var|etc|home|tmp|work|mnt|srv|proc)/[\w./-]+", text)
        assert not paths, path


def test_the_executed_notebook_keeps_parameters_and_no_more_of_the_run(month: Path):
    for report, _ in reports(month, "client", "book", "account_manager"):
        about = json.loads((month / report["executed"]).read_text("utf-8"))["metadata"]["papermill"]
        assert about["parameters"] == report["params"]
        assert not about.get("environment_variables")
        assert (about["input_path"], about["output_path"]) == (f"{report['notebook']}.ipynb", None)

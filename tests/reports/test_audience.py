"""A client's own edition: made without what is internal, so that no byte of it tells any."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from markers import found, marker, plant
from nbformat import v4

from amlib import health, sample, schema
from amlib.book import open_book
from amlib.reports.audience import AUDIENCES, audience_of, folder_of, meant_for
from amlib.reports.plan import PlanError, plan
from amlib.reports.site import Look, Manifest
from amlib.show import FACTS

KNOWS = 'audience: str = "internal"  # who reads it\n'


def notebook_of(*tags: list[str]) -> nbformat.NotebookNode:
    return v4.new_notebook(cells=[v4.new_code_cell(str(i), metadata={"tags": t}) for i, t in enumerate(tags)])


def test_a_cell_for_one_audience_is_not_in_the_notebook_of_the_other():
    nb = notebook_of([], ["internal"], ["client"], ["vi", "internal"], ["parameters"])
    assert [cell.source for cell in meant_for(nb, "client").cells] == ["0", "2", "4"]
    assert [cell.source for cell in meant_for(nb, "internal").cells] == ["0", "1", "3", "4"]
    assert len(nb.cells) == 5
    for audience in AUDIENCES:
        nbformat.validate(meant_for(nb, audience))


def test_a_cell_for_working_by_hand_is_in_nobodys_notebook():
    nb = notebook_of([], ["interactive", "nbval-skip"], ["parameters"])
    for audience in AUDIENCES:
        assert [cell.source for cell in meant_for(nb, audience).cells] == ["0", "2"]


def test_a_report_that_names_no_audience_is_for_the_agency():
    assert audience_of({"month": "2026-10"}) == "internal"
    assert [audience_of({"audience": audience}) for audience in AUDIENCES] == ["internal", "client"]
    assert [folder_of("2026-10", audience) for audience in AUDIENCES] == ["2026-10", "2026-10-client"]


# -- which reports are made


@pytest.fixture
def folder(write: Callable[..., Path]) -> Path:
    """An overview for the agency alone, and a review per client that knows both audiences."""
    write("overview", "book")
    return write("review", "client", parameters=KNOWS)


def test_for_clients_are_the_notebooks_that_know_the_audience(book_folder: Path, folder: Path):
    book = open_book(book_folder)
    planned = plan(book, folder, audience="client")
    assert {job.notebook for job in planned.jobs} == {"review"}
    assert (planned.left_out, planned.folder, planned.whole) == (("overview",), "2026-10-client", True)
    assert {job.params["audience"] for job in planned.jobs} == {"client"}
    # A1 and G1 are "key" clients to the agency.
    assert {job.segment for job in planned.jobs} == {None}
    internal = plan(book, folder)
    assert (internal.left_out, internal.folder) == ((), "2026-10")
    assert {(job.notebook, job.params.get("audience")) for job in internal.jobs} == {
        ("overview", None),
        ("review", "internal"),
    }


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ({"audience": "clients"}, "There is no audience 'clients' (there are: internal, client)"),
        ({"audience": "client", "only": ["overview"]}, "overview: for the agency alone; a notebook that is also for"),
        ({"audience": "client", "only": ["overview", "review"]}, "overview: for the agency alone"),
        ({"values": {"audience": "client"}}, "The parameter audience is set by --audience, not by --param"),
    ],
)
def test_an_audience_that_cannot_be_is_refused(book_folder: Path, folder: Path, question: dict, says: str):
    with pytest.raises(PlanError) as error:
        plan(open_book(book_folder), folder, **question)
    assert says in str(error.value)


def test_no_notebook_for_clients_is_said(book_folder: Path, write: Callable[..., Path]):
    with pytest.raises(PlanError, match="overview: for the agency alone"):
        plan(open_book(book_folder), write("overview", "book"), audience="client")


def test_the_title_is_that_of_the_audience(book_folder: Path, folder: Path):
    nb = nbformat.read(folder / "review.ipynb", 4)
    nb.cells[1].metadata.tags = ["en", "internal"]
    nb.cells.insert(2, v4.new_markdown_cell("# Our work together", metadata={"tags": ["en", "client"]}))
    nbformat.write(nb, folder / "review.ipynb")
    book = open_book(book_folder)
    asked = {audience: plan(book, folder, only=["review"], audience=audience) for audience in AUDIENCES}
    titles = {audience: planned.jobs[0].title for audience, planned in asked.items()}
    assert titles == {"internal": "Title of review", "client": "Our work together"}


def test_an_audience_of_another_type_is_refused(book_folder: Path, write: Callable[..., Path]):
    notebooks = write("review", "client", parameters="audience: int = 1\n")
    with pytest.raises(PlanError, match="the parameter audience is int; the run gives it a str"):
        plan(open_book(book_folder), notebooks)


def test_an_edition_for_clients_has_no_index(tmp_path: Path):
    Manifest("2026-10", {"name": "A", "hash": "abc"}, "en", {}, (), audience="client").write(tmp_path, Look())
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
    assert Manifest.read(tmp_path).audience == "client"


# -- what a client may see of the book


def test_the_book_for_clients_has_no_internal_table_and_no_internal_value(sample_book):
    seen = sample_book.as_of("2026-10").for_clients()
    for name, table in schema.TABLES.items():
        if table.internal:
            assert seen.tables[name].empty
            assert name in seen.missing
        for column, about in table.columns.items():
            known = sample_book.tables[name][column]
            assert not about.internal or (known.notna().any() and seen.tables[name][column].isna().all()), column
            assert seen.tables[name][column].dtype == known.dtype
    assert {"costs", "tasks", "salaries", "targets", "health_overrides"} <= {*seen.missing}
    pd.testing.assert_frame_equal(seen.invoices, sample_book.as_of("2026-10").invoices)
    assert len(seen.set_aside) == 0
    assert seen.of_client("KH001").clients.name.tolist() == sample_book.of_client("KH001").clients.name.tolist()


# -- every byte of what is written

TEXTS = {
    ("costs", "approved_by"): "zqapproverqz",
    ("health_overrides", "reason"): "zqreasonqz",
    ("health_overrides", "author"): "zqauthorqz",
    ("clients", "segment"): "zqsegmentqz",
    ("salaries", "title"): "zqtitleqz",
    ("salaries", "source"): "zqsourceqz",
}
NUMBERS = {
    ("costs", "amount"): "7654321",
    ("projects", "budget_cost"): "98765432",
    ("tasks", "hours"): "76.54",
    ("salaries", "mid"): "23456789",
    ("targets", "target"): "8675309",
    ("account_managers", "capacity_hours"): "543",
}
WORDS = {FACTS, "health.measures", "health.history", "health score", "margin"}
WORDS |= {"điểm sức khỏe", "tiêu chí", "lợi nhuận", "chi phí phát sinh"}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up agency with a marker in everything that is internal, and its client's in every row of a client."""
    folder = sample.write(tmp_path_factory.mktemp("audience") / "book", clients=8, months=14, seed=3)
    plant(folder)
    clients = pd.read_csv(folder / "clients.csv", dtype="str").client_id
    overrides = pd.DataFrame({"client_id": clients, "band": "red", "reason": "r", "author": "a"})
    overrides.assign(from_on="2026-10-01", until_on="2026-12-31").to_csv(folder / "health_overrides.csv", index=False)
    for marked, mark in {**TEXTS, **NUMBERS}.items():
        name, column = marked
        rows = pd.read_csv(folder / f"{name}.csv", dtype="str")
        rows.assign(**{column: mark}).to_csv(folder / f"{name}.csv", index=False)
    costs = pd.read_csv(folder / "costs.csv", dtype="str").assign(planned="false", spent_on="2026-10-05")
    costs.to_csv(folder / "costs.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def asked(book: Path) -> list[str]:
    """The client with most costs, and another one."""
    projects = pd.read_csv(book / "projects.csv", dtype="str").set_index("project_id").client_id
    costs = pd.read_csv(book / "costs.csv", dtype="str").project_id.map(projects)
    return [*costs.value_counts().index[:2]]


@pytest.fixture(scope="module")
def made(book: Path, asked: list[str], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, str]]:
    out = tmp_path_factory.mktemp("audience-out")

    def made(*options: str) -> str:
        clients = [part for id in asked for part in ("--client", id)]
        command = [sys.executable, "-m", "amlib", "report", str(book), *clients, "--out", str(out), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    said = {"internal": made("--only", "client_health"), "client": made("--audience", "client")}
    return lambda audience: (out / {"internal": "2026-10", "client": "2026-10-client"}[audience], said[audience])


def written(folder: Path) -> dict[str, str]:
    """Every file of an edition as text, with the drawings that pages hold."""
    texts = {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in folder.rglob("*.*")}
    return {
        name: "\n".join([text, *(base64.b64decode(image).decode() for image in re.findall(r"base64,([\w+/=]+)", text))])
        for name, text in texts.items()
    }


def reports(folder: Path) -> list[dict]:
    return json.loads((folder / "manifest.json").read_text("utf-8"))["reports"]


def told(text: str) -> set[str]:
    """The markers of what is internal in a text, numbers however they are grouped."""
    grouped = {mark: "[.,   _]?".join(re.escape(digit) for digit in mark) for mark in NUMBERS.values()}
    return {mark for mark in TEXTS.values() if mark in text} | {
        mark for mark, pattern in grouped.items() if len(mark) > 5 and re.search(pattern, text)
    }


def test_no_byte_of_a_clients_edition_tells_anything_internal(made, asked):
    folder, _ = made("client")
    files = written(folder)
    assert {*files} == {
        "manifest.json",
        *(f"client_health/{id.lower()}.html" for id in asked),
        *(f"executed/client_health/{id.lower()}.ipynb" for id in asked),
    }
    scores = [report["facts"]["score"] for report in reports(made("internal")[0])]
    for name, text in files.items():
        assert told(text) == set(), name
        printed = text.split("</style>")[-1].lower()
        assert {word for word in WORDS if word in printed} == set(), name
        assert not re.search(r"am-band am-|\bđỏ\b", printed), name
        for measure in health.MEASURES.values():
            assert measure.action not in text
        for score in scores:
            assert score is not None
            assert str(score) not in text
            assert str(round(score, 6)) not in text


def test_the_search_finds_what_the_agencys_edition_tells(made, asked):
    """The same markers stand on the agency's pages: a search that finds nothing there would prove nothing."""
    files = written(made("internal")[0])
    for id in asked:
        page = files[f"client_health/{id.lower()}.html"]
        assert {"zqapproverqz", "zqreasonqz", "zqauthorqz"} <= told(page)
        assert "điểm sức khỏe" in page.lower()
    assert "zqsegmentqz" in told(files["manifest.json"])


def test_what_is_internal_was_not_executed_nor_kept_in_the_notebook(made, asked):
    folder, _ = made("client")
    for id in asked:
        nb = nbformat.read(folder / "executed" / "client_health" / f"{id.lower()}.ipynb", 4)
        assert not [cell for cell in nb.cells if "internal" in cell.metadata.get("tags", [])]
        assert any("client" in cell.metadata.get("tags", []) for cell in nb.cells)
        assert nb.metadata.papermill.parameters.audience == "client"


def test_a_clients_files_name_no_other_client(made, asked):
    """The manifest is the run's own list; page and notebook are for one client alone."""
    for name, text in written(made("client")[0]).items():
        if name != "manifest.json":
            assert found(text) == {marker(Path(name).stem)}, name


def test_clients_are_spoken_to_and_the_run_says_what_it_left_out(made, asked):
    folder, said = made("client")
    assert re.search(r"so not made for clients: .*kpi_review.*pay_benchmark", said)
    assert said.rstrip().endswith("2026-10-client")
    page = (folder / "client_health" / f"{asked[0].lower()}.html").read_text("utf-8")
    assert "Quý khách" in page
    assert 'class="am-report am-for-client"' in page
    assert "amlib" not in page.split("<footer")[-1]
    assert "Quý khách" not in (made("internal")[0] / "client_health" / f"{asked[0].lower()}.html").read_text("utf-8")

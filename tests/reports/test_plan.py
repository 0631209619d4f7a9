"""Which reports a month gets, and every reason not to begin."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from frames import frame
from hypothesis import example, given
from hypothesis import strategies as st

from amlib.book import Book, open_book
from amlib.reports.job import slug
from amlib.reports.plan import PlanError, plan


@pytest.fixture(scope="module")
def book(book_folder: Path) -> Book:
    return open_book(book_folder)


@pytest.fixture
def refused(book: Book, write: Callable[..., Path]) -> Callable[..., str]:
    """What the plan says of a question about an overview per book and a health report per client."""

    def refused(**question) -> str:
        write("overview", "book", parameters="top: int = 10  # how many clients\n")
        folder = write("health", "client", parameters="limit: float | None = None\n")
        with pytest.raises(PlanError) as error:
            plan(book, folder, **question)
        return str(error.value)

    return refused


def test_each_notebook_runs_for_what_its_metadata_says(book: Book, write: Callable[..., Path]):
    write("team", "account_manager")
    write("health", "client")
    planned = plan(book, write("overview", "book"))
    assert (planned.month, planned.lang, planned.whole) == ("2026-10", "en", True)
    # G1 had left, and still has a page; N1 was not there yet. Minh keeps no other, so has nobody to report on.
    assert [(job.notebook, job.id, job.name) for job in planned.jobs] == [
        ("health", "A1", "<script>alert(1)</script> & Co"),
        ("health", "F9", "Fails"),
        ("health", "G1", "Gone"),
        ("health", "b/../2", "Phở Đất Việt"),
        ("overview", "book", "Agency & <b>Sons</b>"),
        ("team", "lan", "Lan"),
    ]
    assert [job.segment for job in planned.jobs] == ["key", None, "key", "small", None, None]
    assert planned.jobs[0].params == {"book": "book", "month": "2026-10", "lang": "en", "client": "A1"}
    assert planned.jobs[4].params == {"book": "book", "month": "2026-10", "lang": "en"}
    assert planned.jobs[5].params["account_manager"] == "lan"
    assert planned.jobs[0].title == "Title of health"


def test_a_client_who_left_on_the_first_was_kept_that_month(book_of: Callable[..., Book], write: Callable[..., Path]):
    clients = frame("client_id name am_id since until", ("A", "A", "lan", "2026-01-01", "2026-10-01"))
    invoices = frame("invoice_id client_id issued_on amount", ("I1", "A", "2026-11-02", 1.0))
    managers = frame("am_id name", ("lan", "Lan"))
    kept = book_of(clients=clients, invoices=invoices, account_managers=managers)
    write("team", "account_manager")
    folder = write("overview", "book")
    invoices.loc[0, "issued_on"] = pd.Timestamp("2026-10-02")
    october = book_of(clients=clients, invoices=invoices, account_managers=managers)
    assert [job.id for job in plan(october, folder).jobs] == ["book", "lan"]
    assert [job.id for job in plan(kept, folder).jobs] == ["book"]


def test_who_keeps_clients_is_reported_on_by_id_where_nothing_names_them(book_of: Callable[..., Book], write: Callable):
    since = "2026-01-01"
    clients = frame(
        "client_id name am_id since", ("A", "A", "lan", since), ("B", "B", None, since), ("C", "C", "an", since)
    )
    invoices = frame("invoice_id client_id issued_on amount", ("I1", "A", "2026-10-02", 1.0))
    folder = write("team", "account_manager")
    unnamed = plan(book_of(clients=clients, invoices=invoices), folder)
    assert [(job.id, job.name) for job in unnamed.jobs] == [("an", "an"), ("lan", "lan")]
    managers = frame("am_id name", ("lan", "Lan"))
    named = plan(book_of(clients=clients, invoices=invoices, account_managers=managers), folder)
    assert [(job.id, job.name) for job in named.jobs] == [("an", "an"), ("lan", "Lan")]


def test_month_and_language_choose_clients_and_titles(book: Book, write: Callable[..., Path]):
    planned = plan(book, write("health", "client"), month="2026-09", lang="vi")
    assert [job.id for job in planned.jobs] == ["A1", "F9", "G1", "b/../2"]
    assert {job.title for job in planned.jobs} == {"Tiêu đề health"}


def test_a_month_without_an_invoice_yet_is_one_once_anything_is_known_of_it(
    book_of: Callable[..., Book], write: Callable[..., Path]
):
    clients = frame("client_id name since", ("A", "A", "2026-01-01"))
    invoices = frame("invoice_id client_id issued_on amount", ("I1", "A", "2026-10-02", 1.0))
    messages = frame("message_id client_id received_at", ("M1", "A", "2026-11-02 09:00"))
    book, folder = book_of(clients=clients, invoices=invoices, messages=messages), write("overview", "book")
    assert plan(book, folder).month == "2026-10"
    assert plan(book, folder, month="2026-11").month == "2026-11"
    with pytest.raises(PlanError, match=r"invoice is of 2026-10, the last row of any other table of 2026-11\."):
        plan(book, folder, month="2026-12")


def test_client_narrows_the_reports_per_client_and_nothing_else(book: Book, write: Callable[..., Path]):
    write("overview", "book")
    write("team", "account_manager")
    planned = plan(book, write("health", "client"), clients=["A1"])
    assert [(job.notebook, job.id) for job in planned.jobs] == [("health", "A1"), ("overview", "book"), ("team", "lan")]
    assert not planned.whole


def test_a_value_reaches_only_the_notebooks_that_declare_it(book: Book, write: Callable[..., Path]):
    write("overview", "book", parameters="top: int = 10\nname: str = ''\n")
    planned = plan(book, write("health", "client", parameters="name: str | None = None\n"), values={"top": "3"})
    assert {job.notebook: job.params.get("top") for job in planned.jobs} == {"overview": 3, "health": None}


def test_jobs_travel_to_other_processes(book: Book, write: Callable[..., Path]):
    job = plan(book, write("overview", "book")).jobs[0]
    assert pickle.loads(pickle.dumps(job)) == job
    assert hash(job)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (
            {"month": "2026-11"},
            "The book knows nothing of 2026-11: its last invoice is of 2026-10, the last row of any other table of "
            "2026-10. Bring the exports in its folder up to date, or ask for --month 2026-10",
        ),
        ({"month": "2026-07"}, "The book has no data for 2026-07: it begins in 2026-08"),
        ({"month": "10/2026"}, "The month is '10/2026'; expected one such as '2026-10'"),
        ({"month": "2026-13"}, "The month is '2026-13'"),
        ({"lang": "fr"}, "There is no language 'fr' (there are: vi, en)"),
        (
            {"only": ["overveiw"]},
            "There is no report 'overveiw' (there are: health, overview). Did you mean 'overview'?",
        ),
        ({"clients": ["a1"]}, "The book has no client 'a1' (it has 5). Did you mean 'A1'?"),
        ({"clients": ["phở đất việt"]}, "Did you mean 'b/../2'?"),
        ({"clients": ["A1", "N1"]}, "N1 was no client yet in 2026-10: it is one since 2026-11-01"),
        ({"clients": ["A1"], "only": ["overview"]}, "--client has no use here: overview runs once for all clients"),
        ({"values": {"month": "2026-09"}}, "The parameter month is set by --month, not by --param"),
        ({"values": {"client": "A1"}}, "set by --client"),
    ],
)
def test_a_question_that_has_no_answer_is_refused(refused: Callable[..., str], question: dict, says: str):
    assert says in refused(**question)


def test_an_unknown_parameter_is_refused_with_those_there_are(refused: Callable[..., str]):
    assert refused(values={"tap": "3"}) == (
        "No notebook has a parameter 'tap'. Did you mean 'top'?\n"
        "The parameters there are:\n"
        "  health: limit: float | None = None\n"
        "  overview: top: int = 10  # how many clients"
    )


def test_a_value_of_the_wrong_type_is_refused_with_those_there_are(refused: Callable[..., str]):
    said = refused(values={"top": "3.5"})
    assert said.startswith("overview: top is '3.5'; expected int\n")
    assert "  overview: top: int = 10  # how many clients" in said


def test_a_parameter_of_a_notebook_that_does_not_run_is_unknown(refused: Callable[..., str]):
    assert "No notebook has a parameter 'top'" in refused(values={"top": "3"}, only=["health"])


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("odd", {"per": "team"}, "odd.ipynb: its metadata must say what it runs for"),
        ("odd", {"per": None}, "found nothing"),
        ("odd name", {}, "odd name.ipynb: expected a file name of letters"),
        ("executed", {}, "not 'executed'"),
        ("odd", {"source": None}, "odd.ipynb: expected one code cell tagged 'parameters', found 0"),
        ("odd", {"source": "month = 3"}, "odd.ipynb, parameters cell: line 1: `month = 3`"),
        ("odd", {"source": 'book: str = ""\nmonth: str = ""'}, "runs per book and needs the parameter lang"),
        ("odd", {"source": 'book: str = ""\nmonth: int = 1\nlang: str = ""'}, "month is int; the run gives it a str"),
    ],
)
def test_a_notebook_that_is_not_fit_to_run_is_refused_by_name(
    book: Book, write: Callable[..., Path], name: str, change: dict, says: str
):
    file = write(name, "book") / f"{name}.ipynb"
    nb = nbformat.read(file, as_version=4)
    if "per" in change:
        nb.metadata["amlib"] = {"per": change["per"]}
    if "source" in change:
        nb.cells = [cell for cell in nb.cells if cell.cell_type != "code" or change["source"]]
        for cell in nb.cells:
            cell.source = change["source"] if cell.cell_type == "code" else cell.source
    nbformat.write(nb, file)
    with pytest.raises(PlanError, match=re.escape(says)):
        plan(book, file.parent)


def test_a_file_that_is_no_notebook_is_refused_by_name(book: Book, write: Callable[..., Path]):
    folder = write("overview", "book")
    (folder / "broken.ipynb").write_text("not json")
    with pytest.raises(PlanError, match=r"^broken\.ipynb is not a notebook"):
        plan(book, folder)


def test_a_folder_without_notebooks_is_refused(book: Book, tmp_path: Path):
    with pytest.raises(PlanError, match="There is no notebook in"):
        plan(book, tmp_path)


@pytest.mark.parametrize(("id", "name"), [("KH001", "kh001"), ("12346", "12346"), ("KH-17_B", "kh-17_b")])
def test_a_plain_id_is_its_own_file_name(id: str, name: str):
    assert slug(id) == name


@pytest.mark.parametrize(
    ("id", "readable"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("Phở Đất Việt", "pho-dat-viet"),
        ("🙂", "id"),
        ("", "id"),
        ("kh001", "kh001"),
    ],
)
def test_another_id_keeps_its_letters_and_gets_a_hash(id: str, readable: str):
    assert re.fullmatch(re.escape(readable) + r"--[0-9a-f]{10}", slug(id))


@given(st.text(max_size=400))
@example("../../etc/passwd")
@example("x" * 300)
@example("🙂" * 30)
@example("CON")
@example("LPT1")
@example("A\x00B")
@example("\ud800")
def test_a_slug_is_a_safe_file_name(id: str):
    name = slug(id)
    assert re.fullmatch(r"[a-z0-9_]+(-{1,2}[a-z0-9_]+)*", name)
    assert len(name) <= 60
    assert name not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


@given(st.lists(st.text(alphabet="aAàđĐ-_ ./1", max_size=6), unique=True))
@example(["C001", "c001", "C 001", "C-001", "C--001", "c-001--" + "0" * 10])
@example(["X" * 300, "X" * 299])
def test_different_ids_have_different_slugs(ids: list[str]):
    assert len({slug(id) for id in ids}) == len(ids)

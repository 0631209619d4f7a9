"""A small book, and notebooks made for one purpose each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

BOOK = """\
name = "Agency & <b>Sons</b>"
currency = "VND"
language = "en"
"""
TABLES = {
    "account_managers": "am_id,name\nlan,Lan\nminh,Minh\n",
    "clients": (
        "client_id,name,segment,am_id,since,until\n"
        "A1,<script>alert(1)</script> & Co,key,lan,2026-01-01,\n"
        "b/../2,Phở Đất Việt,small,lan,2026-01-01,\n"
        "F9,Fails,,,2026-09-30,2026-10-01\n"
        "G1,Gone,key,minh,2026-01-01,2026-09-30\n"
        "N1,New,key,minh,2026-11-01,\n"
    ),
    "invoices": "invoice_id,client_id,issued_on,amount\nI1,A1,2026-08-03,5\nI2,A1,2026-10-30,7\n",
}
PARAMETERS = (
    'book: str = "../.."  # folder of the book\nmonth: str = "2026-10"  # month\nlang: str = "en"  # language\n'
)


@pytest.fixture(scope="session")
def book_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of five clients: A1 and b/../2 all the time, F9 until 1 October, G1 until September, N1 from November."""
    folder = tmp_path_factory.mktemp("books") / "agency"
    folder.mkdir()
    (folder / "book.toml").write_text(BOOK, encoding="utf-8")
    for name, table in TABLES.items():
        (folder / f"{name}.csv").write_text(table, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def write_into() -> Callable[..., Path]:
    """Write a notebook into a folder, and give the folder."""
    return write_notebook


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a notebook into the folder `notebooks` of the test, and give that folder."""

    def write(name: str, per: str, *code: str, parameters: str = "", **more) -> Path:
        return write_notebook(tmp_path / "notebooks", name, per, *code, parameters=parameters, **more)

    return write


def write_notebook(
    folder: Path, name: str, per: str, *code: str, parameters: str = "", markdown: tuple = (), **about: str
) -> Path:
    """A notebook with title, parameters cell (the run's own and `parameters`), Markdown cells, and cells of `code`.

    Its metadata says what it runs per, and `about` it.
    """
    own = "" if per == "book" else f'{per}: str = "A1"  # whom it is about\n'
    cells = [
        v4.new_markdown_cell(f"# Tiêu đề {name}", metadata={"tags": ["vi"]}),
        v4.new_markdown_cell(f"# Title of {name}", metadata={"tags": ["en"]}),
        v4.new_code_cell(PARAMETERS + own + parameters, metadata={"tags": ["parameters"]}),
        *(v4.new_markdown_cell(text) for text in markdown),
        *(v4.new_code_cell(source) for source in code),
    ]
    nb = v4.new_notebook(cells=cells, metadata={"amlib": {"per": per, **about}})
    folder.mkdir(exist_ok=True)
    nbformat.write(nb, folder / f"{name}.ipynb")
    return folder

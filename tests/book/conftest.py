"""Small books written to a folder."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from amlib.book import BookError, open_book

TOML = 'name = "Agency A"\ncurrency = "VND"\n'
CLIENTS = """
    client_id,name,since
    C1,Phở Hòa,2025-01-01
    C2,Trà Đá,2025-06-15
"""


def text(table: str) -> str:
    """A file written with the indentation of the test it stands in."""
    return textwrap.dedent(table).lstrip("\n")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a book: each keyword a CSV table (text or bytes), `toml` appended to a minimal book.toml."""

    def write(toml: str = "", /, settings: str = TOML, **tables: str | bytes) -> Path:
        (tmp_path / "book.toml").write_text(settings + textwrap.dedent(toml), encoding="utf-8")
        for name, table in {"clients": CLIENTS, **tables}.items():
            content = table if isinstance(table, bytes) else text(table).encode()
            (tmp_path / f"{name}.csv").write_bytes(content)
        return tmp_path

    return write


@pytest.fixture
def problems(write: Callable[..., Path]) -> Callable[..., list[str]]:
    """The texts of all problems of a book that is written like `write` does."""

    def problems(*args: str, **tables: str | bytes) -> list[str]:
        with pytest.raises(BookError) as error:
            open_book(write(*args, **tables))
        return [str(problem) for problem in error.value.problems]

    return problems

"""The sample as Parquet, and a book of it twice: in memory, and left where it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from in_place import LARGE, Frames

from amlib import schema
from amlib.book import Book
from amlib.book.reading import to_arrow


@pytest.fixture(scope="module")
def frames(sample_book: Book) -> Frames:
    """The tables of the sample, as they were before anything was converted."""
    found = {name: sample_book.tables[name] for name in schema.TABLES if name not in sample_book.missing}
    return {name: rows[list(schema.TABLES[name].columns)] for name, rows in found.items() if name != "salaries"}


@pytest.fixture
def write(tmp_path: Path, frames: Frames) -> Callable[..., Path]:
    """Write the tables as Parquet, after `change` has changed them."""

    def write(change: Callable[[Frames], None], bad_rows: str = "refuse", toml: str = "") -> Path:
        changed = {name: rows.copy() for name, rows in frames.items()}
        change(changed)
        for name, rows in changed.items():
            table = rows if isinstance(rows, pa.Table) else to_arrow(rows)
            pq.write_table(table, tmp_path / f"{name}.parquet", row_group_size=500)
        settings = f'name = "A"\ncurrency = "VND"\ncountry = "VN"\nbad_rows = "{bad_rows}"\n{toml}'
        (tmp_path / "book.toml").write_text(settings, "utf-8")
        return tmp_path

    return write


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable, Path], tuple]:
    """What a function says of a folder with all tables in memory, and with those that can in their files."""

    def both(function: Callable, folder: Path) -> tuple:
        held = function(folder)
        with monkeypatch.context() as small:
            small.setattr(LARGE, 0)
            return held, function(folder)

    return both

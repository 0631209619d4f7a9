"""Workbooks that are damaged: what is told, and what is printed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from amlib.book.reading import Unreadable, read, workbook

OLD = Path(__file__).with_name("bang_ke.xls")


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A workbook cut off in the middle of a sector, at which calamine's Rust panics."""
    file = tmp_path / "bang_ke.xls"
    file.write_bytes(OLD.read_bytes()[:4409])
    return file


def test_a_panic_is_told_and_not_printed(damaged, capfd):
    with pytest.raises(Unreadable) as error:
        read(damaged, "invoices")
    assert error.value.problem.found.startswith("a file that is no workbook, or is damaged (")
    assert error.value.problem.expected == "a workbook saved again"
    assert capfd.readouterr() == ("", "")


def test_without_us_it_is_printed(damaged):
    code = f"import python_calamine as it; it.CalamineWorkbook.from_path({str(damaged)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "panicked at" in done.stderr


def test_what_others_say_meanwhile_is_passed_on(monkeypatch, capfd):
    opened = workbook.CalamineWorkbook.from_object

    class Watched:
        @staticmethod
        def from_object(content: object) -> object:
            os.write(2, b"from another thread\n")
            return opened(content)

    monkeypatch.setattr(workbook, "CalamineWorkbook", Watched)
    assert len(read(OLD, "invoices").rows)
    assert capfd.readouterr().err == "from another thread\n"


def test_a_process_without_standard_error_reads_all_the_same():
    code = (
        "import os; from pathlib import Path; from amlib.book.reading import read; os.close(2); "
        f"print(len(read(Path({str(OLD)!r}), 'invoices').rows))"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    assert int(done.stdout) == len(read(OLD, "invoices").rows)

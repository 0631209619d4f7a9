"""Files that are none of the tables that they are called as, and would be read by their names alone."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from amlib.book import open_book

CLIENTS = """
    Mã KH,Tên khách hàng,Ngày bắt đầu
    KH1,Phở Hòa,2025-01-01
"""


def toml(folder: Path) -> dict:
    return tomllib.loads((folder / "book.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tasks", "Việc,Ai\nGọi khách,Lan\n"),
        # Lines whose amounts SQL cannot add up: by its name each would be an invoice.
        ("invoices", "Số HĐ,Mã KH,Ngày lập,Thành tiền\nHD1,KH1,2026-09-15,2 triệu\nHD1,KH1,2026-09-15,3 triệu\n"),
    ],
)
def test_a_file_that_is_not_used_is_not_read_by_its_name(folder, init, name: str, content: str):
    here = folder(khach_hang=CLIENTS, **{name: content})
    found = init(here)
    assert found.exit_code == 0, found.output
    assert f"Not used: {name}.csv" in found.stdout
    assert f"[tables.{name}]\nfile = []  # not {name}.csv, whatever its name says" in (here / "book.toml").read_text()
    assert list(toml(here)["tables"]) == ["clients", name]
    book = open_book(here)
    assert name in book.missing
    assert f"{name}.csv is not read, as book.toml says" in book.notes


def test_a_file_that_is_another_table_is_not_read_by_its_name_too(folder, init):
    tickets = "Ticket ID,Mã KH,Ngày nhận,Ngày trả lời\nT1,KH1,2026-09-15 08:00,2026-09-15 09:00\n"
    here = folder(khach_hang=CLIENTS, tasks=tickets)
    found = init(here)
    assert found.exit_code == 0, found.output
    assert toml(here)["tables"]["messages"]["file"] == "tasks.csv"
    assert toml(here)["tables"]["tasks"] == {"file": []}
    book = open_book(here)
    assert (len(book.messages), len(book.tasks)) == (1, 0)
    assert not any("tasks.csv is not read" in note for note in book.notes)


def test_a_file_in_a_folder_is_read_by_nobody_s_name(folder, init):
    here = folder(khach_hang=CLIENTS)
    (here / "cũ").mkdir()
    (here / "cũ" / "tasks.csv").write_text("Việc,Ai\nGọi khách,Lan\n", encoding="utf-8")
    assert init(here).exit_code == 0
    assert list(toml(here)["tables"]) == ["clients"]

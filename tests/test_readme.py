"""What the README tells a newcomer to write works to the letter."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from openpyxl import Workbook

from amlib.__main__ import NOTEBOOKS
from amlib.book import open_book
from amlib.reports.plan import _SET_BY as SET_BY
from amlib.reports.plan import read
from amlib.schema import TABLES

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_its_book_opens(tmp_path: Path):
    (tmp_path / "book.toml").write_text(re.search(r"```toml\n(.*?)```", README, re.DOTALL)[1], encoding="utf-8")
    workbook = Workbook()
    for row in (["Mã KH", "Tên khách hàng", "Ngày bắt đầu"], ["A", "An", date(2026, 1, 2)]):
        workbook.active.append(row)
    workbook.save(tmp_path / "danh_sach_khach_hang.xlsx")
    (tmp_path / "hoa_don.csv").write_text(
        "Số HĐ,Mã KH,Ngày lập,Thành tiền\n1,A,31/10/2026,13.000.000\n1,A,31/10/2026,500.000\n2,,30/10/2026,1.000\n",
        encoding="utf-8",
    )
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    book = open_book(tmp_path)
    assert (book.settings.brand.accent, book.settings.brand.logo[:18]) == ("#8a1538", "data:image/svg+xml")
    assert book.clients.name.tolist() == ["An"]
    assert book.invoices.amount.tolist() == [13_500_000]
    assert book.invoices.issued_on.dt.date.tolist() == [date(2026, 10, 31)]
    assert book.set_aside.reason.tolist() == ["dòng không có mã khách hàng"]


def test_it_names_every_parameter_of_every_notebook_and_every_table():
    listed = re.search(r"\| parameter \|.*?\n\n", README, re.DOTALL)[0]
    asked = {
        (parameter.name, "none" if parameter.default is None else str(parameter.default))
        for notebook in read(NOTEBOOKS)
        for parameter in notebook.parameters
        if parameter.name not in SET_BY
    }
    rows = [[cell.strip(" `") for cell in row.split("|")[1:-1]] for row in listed.splitlines()[2:]]
    assert {(name, default) for name, _, default in (row for row in rows if row)} == asked
    pages = re.search(r"\| page \|.*?\n\n", README, re.DOTALL)[0]
    assert {*re.findall(r"^\| `(\w+)`", pages, re.MULTILINE)} == {notebook.name for notebook in read(NOTEBOOKS)}
    assert {*re.findall(r"`(\w+)`", README)} >= {*TABLES}

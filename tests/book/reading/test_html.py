"""Which table of a web page is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlib.book.reading import PLACE, Read, Unreadable, read

LOGO = "<table><tr><td>CÔNG TY A</td><td>Bảng kê</td></tr></table>"
DATA = "<table><tr><th>a</th><th>b</th><th>c</th></tr><tr><td>x</td><td>y</td><td>z</td></tr></table>"
# More rows than DATA, or wider, and fewer cells.
SIGNATURES = "<table>" + "<tr><td>Người lập</td></tr>" * 5 + "</table>"
MENU = "<table><tr>" + "<td>Trang chủ</td>" * 5 + "</tr></table>"


def table(folder: Path, body: str) -> Read:
    path = folder / "t.xls"
    path.write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    return read(path, "invoices")


@pytest.mark.parametrize(
    "body",
    [
        DATA,
        LOGO + DATA,
        DATA + SIGNATURES,
        MENU + DATA,
        LOGO + DATA + SIGNATURES,
        f"<table><tr><td>{DATA}</td></tr></table>",
        f"<table></table>{DATA}<table></table>",
    ],
)
def test_the_table_with_most_cells_is_read(tmp_path: Path, body: str):
    found = table(tmp_path, body)
    assert [name for name in found.rows if name not in PLACE] == ["a", "b", "c"]
    assert found.rows[["a", "b", "c"]].to_numpy().tolist() == [["x", "y", "z"]]
    assert "its largest table is read" in found.notes[0]


def test_a_table_in_a_cell_is_none_of_its_rows(tmp_path: Path):
    found = table(tmp_path, DATA.replace("x", f"x{LOGO}"))
    assert found.rows[["a", "b", "c"]].to_numpy().tolist() == [["x", "y", "z"]]


def test_of_two_tables_of_one_size_the_first_is_read(tmp_path: Path):
    found = table(tmp_path, DATA + DATA.replace("x", "other"))
    assert found.rows.loc[0, "a"] == "x"


@pytest.mark.parametrize("body", ["", "<p>Không có dữ liệu</p>", "<table></table>"])
def test_a_page_without_a_table(tmp_path: Path, body: str):
    with pytest.raises(Unreadable) as error:
        table(tmp_path, body)
    assert error.value.problem.found == "a web page (HTML) without a table"

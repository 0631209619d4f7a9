"""Rows of a CSV file that have more cells than its header, and first lines that are too wide to be looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlib.book.reading import PLACE, Read, Unreadable, delimited, read
from amlib.book.reading.leftovers import BELOW, TOTAL


@pytest.fixture
def four_columns_at_most(monkeypatch: pytest.MonkeyPatch):
    """The limit of a sheet is 16,384, which headers keep to as well: only here a line of five is too wide."""
    assert delimited.WIDEST == 16_384
    monkeypatch.setattr(delimited, "WIDEST", 4)


def table(folder: Path, text: str) -> Read:
    path = folder / "t.csv"
    path.write_text(text, encoding="utf-8")
    return read(path, "invoices")


@pytest.mark.usefixtures("four_columns_at_most")
@pytest.mark.parametrize("by", [",", ";", "\t", "|"])
@pytest.mark.parametrize(("above", "row"), [("", 1), ("\n\n", 3), ("sep={}\n", 2)])
def test_a_line_of_as_many_columns_is_read_and_of_one_more_refused(tmp_path: Path, by: str, above: str, row: int):
    above = above.format(by)
    found = table(tmp_path, f"{above}{by.join('abcd')}\n{by.join('wxyz')}\n")
    assert found.rows.drop(columns=list(PLACE)).to_numpy().tolist() == [["w", "x", "y", "z"]]
    with pytest.raises(Unreadable) as error:
        table(tmp_path, f"{above}{by.join('abcde')}\n{by.join('vwxyz')}\n")
    problem = error.value.problem
    assert (problem.found, problem.expected, problem.row) == ("5 columns", "a table of at most 4", row)


@pytest.mark.usefixtures("four_columns_at_most")
def test_delimiters_of_lines_below_are_no_columns(tmp_path: Path):
    found = table(tmp_path, "a,b\n1,2\n1,2,3,4,5,6\n")
    assert found.rows[["a", "b"]].to_numpy().tolist() == [["1", "2"]]
    assert [problem.row for problem in found.problems] == [3]


@pytest.mark.usefixtures("four_columns_at_most")
def test_delimiters_are_counted_each_by_itself(tmp_path: Path):
    found = table(tmp_path, "a, or b;c|d, or e;f|g\n1;2;3\n")
    assert [name for name in found.rows if name not in PLACE] == ["a, or b", "c|d, or e", "f|g"]


@pytest.mark.parametrize(
    ("row", "reason", "values"),
    [
        ("Tổng cộng,,1.500,12", TOTAL, "id=Tổng cộng, amount=1.500, column 4=12"),
        ("Tổng cộng,,1.500,,12", TOTAL, "id=Tổng cộng, amount=1.500, column 5=12"),
        ("Người lập biểu,,,Giám đốc", BELOW, "id=Người lập biểu, column 4=Giám đốc"),
    ],
)
def test_what_is_set_aside_is_listed_with_its_cells_beyond_the_header(tmp_path, row: str, reason: str, values: str):
    found = table(tmp_path, f"id,client,amount\nI1,C1,1000\nI2,C2,500\n{row}\n")
    assert found.rows["id"].tolist() == ["I1", "I2"]
    assert found.problems == []
    assert found.aside[["row", "reason", "values"]].to_numpy().tolist() == [[4, reason, values]]


@pytest.mark.parametrize("row", ["Tổng cộng,,1.500,xem ghi chú", "Tổng cộng,,,I3", ",,,I3", "Tổng cộng,,1.500,12,x"])
def test_a_total_with_words_beyond_the_header_may_be_a_row_torn_apart(tmp_path: Path, row: str):
    found = table(tmp_path, f"id,client,amount\nI1,C1,1000\nI2,C2,500\n{row}\n")
    assert found.rows["id"].tolist() == ["I1", "I2"]
    assert found.aside.empty
    assert [(problem.row, problem.values) for problem in found.problems] == [(4, row)]


def test_cells_of_rows_set_aside_are_not_repeated_where_they_are_private(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("id,client,amount\nI1,C1,1000\nTổng cộng,,1.500,12\n", encoding="utf-8")
    assert read(path, "pay", told=False).aside["values"].tolist() == [""]

"""Which row is the header."""

from __future__ import annotations

import pytest

from amlib.book.reading import headers
from amlib.book.reading.place import Place, Unreadable

HERE = Place("invoices", "t.xlsx")
NAMES, ROW = ["Số", "Khách", "Ngày", "Tiền"], ["I1", "C1", "2026-05-04", 100]


def row(*rows: list, merged=(), asked=None) -> int:
    """The header's last row, as a spreadsheet counts."""
    return headers.find(rows, HERE, asked, merged).last + 1


def test_the_first_row():
    assert row(NAMES, ROW, ROW) == 1
    assert row([], NAMES, ROW) == 2


def test_the_first_row_of_a_table_of_words():
    assert row(["Mã", "Tên", "Nhóm"], ["A", "Phở", "x"], ["B", "Trà", "y"]) == 1


@pytest.mark.parametrize(
    "titles",
    [
        [["BẢNG KÊ"]],
        [["Đơn vị:", "Công ty A"], ["Từ ngày 01/05/2026 đến 31/05/2026"]],
        [["", "", "BẢNG KÊ", ""], [], ["Tháng 5", "", "", ""]],
    ],
)
def test_under_titles(titles):
    assert row(*titles, NAMES, ROW, ROW) == len(titles) + 1


def test_titles_above_a_table_of_words():
    assert row(["Danh sách"], ["Mã", "Tên", "Nhóm"], ["A", "Phở", "x"]) == 2


@pytest.mark.parametrize(
    "rows",
    [
        (["Số"], ROW, ROW),  # a header that names one of four columns
        (["Số", "Khách"], ["I1", "C1", "x", "y"], ["I2", "C2", "x", "y"]),
        (["Tiêu đề"], ["a", "b"], ["c", "d"]),  # two columns of words: nothing shows which row names them
        (["Tiêu đề"], ["a", "a", "b"], ["1", "2", "3"]),  # the row below is not distinct
    ],
)
def test_where_it_is_not_plain_the_first_filled_row(rows):
    assert row(*rows) == 1


def test_as_told():
    assert row(["a", "b"], ["c", "d"], asked=2) == 2
    with pytest.raises(Unreadable) as error:
        row(["a", "b"], [], ["c", "d"], asked=2)
    assert error.value.problem.found == "nothing in row 2, where book.toml says that the header is"


def test_two_lines_by_merged_cells():
    upper, lower = ["STT", "Hóa đơn", "", "Ghi chú"], ["", "Số", "Tiền", ""]
    merged = [((0, 0), (1, 0)), ((0, 1), (0, 2)), ((0, 3), (1, 3))]
    found = headers.find([upper, lower, [1, "I1", 5, "x"]], HERE, None, merged)
    assert found.names == ["STT", "Hóa đơn Số", "Hóa đơn Tiền", "Ghi chú"]
    assert found.note == "t.xlsx: the header is rows 1 and 2"


def test_a_title_merged_over_all_columns_is_no_group():
    merged = [((0, 0), (0, 3))]
    found = headers.find([["BẢNG KÊ", "", "", ""], NAMES, ROW], HERE, None, merged)
    assert (found.first, found.names) == (1, NAMES)
    assert found.note == "t.xlsx: the header is row 2; above it: BẢNG KÊ"


def test_a_row_of_words_below_is_no_second_line():
    assert row(["Mã", "", "Nhóm"], ["A", "Phở", "x"], ["B", "Trà", "y"]) == 1


def test_a_row_that_fills_a_column_without_a_name_is_no_second_line():
    """'VIP' stands below no name, but 'Phở' below 'Tên' is not the first of a group of columns."""
    assert row(["Mã", "", "Tên", "Ngày"], ["A1", "VIP", "Phở", ""], ["A2", 7, "Trà", "2026-05-05"]) == 1


@pytest.mark.parametrize(
    "cells", [["A", "B", "1", "2"], ["(1)", "(2)", "(3)"], ["A", "1", "2", "3=1x2"], [1.0, 2, 3, 4, 5, 6]]
)
def test_numbers_of_columns(cells):
    assert headers.is_numbering(cells)


@pytest.mark.parametrize(
    "cells", [["1", "2", "3"], ["1", "7", "3", "4", "5", "6"], ["I1", "C1", "5"], ["A", "B", "C"], ["1"]]
)
def test_rows_of_data_are_no_numbers_of_columns(cells):
    assert not headers.is_numbering(cells)


def test_a_row_that_commas_tear_apart_is_no_header():
    assert row(NAMES, ROW, ["I2", *"abcdefgh"], ROW) == 1


def test_blocks_merged_beyond_the_table_are_no_groups():
    assert row(NAMES, ["a", "b", "c", "d"], merged=[((0, 6), (0, 9))]) == 1


def test_titles_are_noted_unless_they_are_private():
    rows = [["Quỹ lương 9"], NAMES, ROW]
    assert headers.find(rows, HERE).note == "t.xlsx: the header is row 2; above it: Quỹ lương 9"
    assert headers.find(rows, HERE, told=False).note == "t.xlsx: the header is row 2"


def test_figures_in_half_of_a_column_show_that_a_name_stands_above_it():
    assert row(["Tiêu đề"], ["Số", "Tiền"], ["a", "5"], ["b", "không rõ"]) == 2


def test_two_cells_are_no_numbers_of_columns():
    assert not headers.is_numbering(["A", "1"])
    assert headers.is_numbering(["A", "B", "1"])


def test_as_many_columns_as_a_sheet_has():
    names = [f"cột {number}" for number in range(1, 16_385)]
    assert HERE.header(names) == names
    with pytest.raises(Unreadable) as error:
        HERE.header([*names, "một nữa"])
    assert error.value.problem.found == "16,385 columns"

"""Rows of a file that are no rows of its table."""

from __future__ import annotations

import pandas as pd
import pytest

from amlib.book.reading.leftovers import BELOW, TOTAL, reasons

ROWS = [["I1", "C1", 100, "x"], ["I2", "C2", 200, "y"]]


def why(*rows: list, ids=("id", "client")) -> dict[int, str]:
    return reasons(pd.DataFrame([*ROWS, *rows], columns=["id", "client", "amount", "note"], dtype=object), ids)


@pytest.mark.parametrize(
    "word",
    ["Tổng cộng", "TỔNG CỘNG:", "tổng", "Cộng", "Cộng tháng 5", "Total", "Grand Total", "Sub-total", "Tổng (VND)"],
)
def test_a_total(word):
    assert why([word, None, 300, None]) == {2: TOTAL}
    assert why([None, word, "300.000 đ", None]) == {2: TOTAL}


@pytest.mark.parametrize(
    "row",
    [
        ["I3", "Tổng cộng", 300, None],  # the id is filled
        ["Tổng công ty Sông Đà", None, 300, None],
        ["Cộng hòa Media", None, 300, None],
        ["Total Energies", None, 300, None],
        ["Tổng cộng", "C7", 300, None],  # a client: whoever is called so
        ["Tổng cộng", None, 300, "y"],
        ["Tổng cộng", "C7", 300, "x"],
    ],
)
def test_no_total(row):
    assert why(row) == {}


def test_a_number_in_the_column_of_an_id_is_one():
    assert why(["Total", 7, 300, None]) == {}
    assert why(["Total", 7, 300, None], ids=()) == {2: TOTAL}


def test_notes_and_signatures_below():
    below = [
        ["Ghi chú: đã gồm VAT", None, None, None],
        ["Người lập biểu", None, "Giám đốc", None],
        ["Trần B", None, "Lê A", None],
    ]
    assert why(*below) == dict.fromkeys((2, 3, 4), BELOW)
    assert why(["Tổng cộng", None, 300, None], *below) == {2: TOTAL, **dict.fromkeys((3, 4, 5), BELOW)}


def test_what_stands_above_a_row_is_not_below():
    assert why(["Ghi chú: x", None, None, None], ["I3", "C1", 5, "z"]) == {}


def test_an_id_below_a_signature_is_a_row():
    assert why(["Người lập biểu", None, None, None], ["I9", None, None, None]) == {2: BELOW}


def test_a_row_with_a_figure_below_a_signature_is_a_row():
    assert why(["Người lập biểu", None, None, None], [None, None, 7, None]) == {2: BELOW}


def test_nothing_of_a_table_of_one_column():
    assert reasons(pd.DataFrame({"a": ["x", "Total"]}), ()) == {}


def test_a_day_in_words_is_a_place_and_day_of_signing_alone():
    assert why(["Hà Nội, ngày 31 tháng 5 năm 2026", None, None, None]) == {2: BELOW}
    assert why(["ngày 31 tháng 5 năm 2026", "C1", None, None]) == {}
    assert why(["ngày 31 tháng 5 năm 2026", None, 300, None]) == {}


@pytest.mark.parametrize("words", ["Ký hợp đồng mới", "Xác nhận nội dung bài viết", "Đại diện thương hiệu"])
def test_work_that_begins_as_a_signature_does_is_work(words):
    assert why([words, None, None, None], [None, "Lan", None, None]) == {}


@pytest.mark.parametrize(
    "words",
    ["(Ký, họ tên)", "Ký tên", "ký, ghi rõ họ tên", "(Đã ký)", "Đại diện bên A", "ĐẠI DIỆN", "Xác nhận của khách hàng"],
)
def test_a_signature(words):
    assert why([words, None, None, None], [None, "Lan", None, None]) == dict.fromkeys((2, 3), BELOW)


def test_when_it_was_printed_is_no_row_wherever_it_stands():
    assert why(["In lúc", "31/05/2026 10:00", None, None]) == {2: BELOW}
    assert why(["In lúc", "C7", None, None]) == {}


def test_a_table_of_two_columns_has_a_total_too():
    assert reasons(pd.DataFrame({"a": ["x", "y", "Total"], "b": [1, 2, None]}), ()) == {2: TOTAL}


def test_as_many_signatures_as_a_sheet_has():
    names = list("abcdefgh")
    rows = [[*"abcdefgh"], [*"ijklmnop"]]
    four = ["Người lập", None, "Kế toán", None, "Thủ quỹ", None, "Giám đốc", None]
    below = [four, *[["Trần B", *[None] * 7]] * 20]
    assert reasons(pd.DataFrame([*rows, *below], columns=names), ()) == dict.fromkeys(range(2, 23), BELOW)
    five = ["Người lập", "Kế toán", "Thủ quỹ", "Giám đốc", "Chủ tịch", None, None, None]
    assert reasons(pd.DataFrame([*rows, five], columns=names), ()) == {}


def test_a_row_that_fills_all_columns_is_a_row_whatever_it_is_called():
    assert reasons(pd.DataFrame({"client": ["An", "Total"], "amount": [1, 5], "note": ["x", "7"]}), ()) == {}


@pytest.mark.parametrize(("cells", "why"), [(4, {1: BELOW}), (5, {})])
def test_a_row_below_that_fills_more_cells_than_signatures_do_is_a_row(cells, why):
    wide = [f"c{n}" for n in range(12)]
    last = ["Kế toán", "Lan", "Minh", "Hoa", "Tú"][:cells] + [None] * (12 - cells)
    assert reasons(pd.DataFrame([wide, last], columns=[f"cột {n}" for n in range(12)], dtype="str")) == why

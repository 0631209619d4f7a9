"""Rows of cells as a table."""

from __future__ import annotations

from amlib.book.reading import grid
from amlib.book.reading.place import Place

HERE = Place("t", "t.xlsx", "S")


def table(*rows: list, **more):
    return grid.table([list(row) for row in rows], HERE, None, more.pop("ids", ()), told=True, **more)


def test_a_row_with_an_error_is_a_problem_wherever_the_error_stands():
    """Cells with errors come as empty ones: beyond the last column, and in rows below the last one."""
    found = table(["a", "b"], ["1", "2"], ["4", "5"], errors={(1, 3): "#REF!", (1, 4): "#DIV/0!", (4, 0): "#NUM!"})
    assert found.rows["_row"].tolist() == [3]
    assert [(p.row, p.column, p.found, p.values) for p in found.problems] == [
        (2, "column 4", "#REF!", "a=1, b=2"),
        (5, "a", "#NUM!", ""),
    ]


def test_an_error_in_a_total_is_no_problem():
    found = table(["id", "x"], ["I1", 1], ["I2", 2], ["Total", ""], errors={(3, 1): "#REF!"})
    assert (len(found.rows), len(found.aside), found.problems) == (2, 1, [])


def test_merged_cells_are_filled_down_but_for_numbers():
    rows = [["id", "name", "amount"], ["I1", "Phở", 30], ["I2", "", ""], ["I3", "", ""], ["", "", ""]]
    merged = [((1, 1), (4, 1)), ((1, 2), (3, 2))]
    found = table(*rows, merged=merged)
    assert found.rows["name"].tolist() == ["Phở"] * 3  # the fourth row has no cell of its own
    assert found.rows["amount"].fillna(0).tolist() == [30, 0, 0]
    assert found.notes == [
        "t.xlsx sheet 'S': column 'name' filled in 2 rows that merged cells cover",
        "t.xlsx sheet 'S': a number merged over rows of 'amount' stands in the first alone",
    ]
    assert table(*rows, merged=merged, ids={"amount"}).rows["amount"].tolist() == [30, 30, 30]


def test_a_row_that_only_numbers_the_columns_is_set_aside():
    found = table(["id", "qty", "x"], ["(1)", "(2)", "(3)"], ["I1", 2, 3])
    assert found.rows["qty"].tolist() == [2]
    assert found.rows["qty"].dtype == "Int64"
    assert found.aside["values"].tolist() == ["id=(1), qty=(2), x=(3)"]

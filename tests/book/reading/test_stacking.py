"""Rows of several files as one table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from files import xlsx

from amlib.book.reading import read


def stack(folder: Path, told: bool = True, **files: str | bytes):
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read([folder / name.replace("_", ".") for name in files], "t", folder=folder, told=told)


def test_a_row_counts_as_often_as_in_the_file_that_has_it_most(tmp_path):
    """x stands once in a, three times in b: two are new in b. y stands twice in a and once in b: b's is not new."""
    found = stack(tmp_path, a_csv="k,v\nx,1\ny,1\ny,1\n", b_csv="k,v\nx,1\nx,1\nx,1\ny,1\n")
    assert found.rows["k"].tolist() == ["x", "y", "y", "x", "x"]
    assert found.aside[["file", "row"]].to_dict("list") == {"file": ["b.csv", "b.csv"], "row": [2, 5]}
    assert found.aside["values"].tolist() == ["as a.csv row 2; k=x, v=1", "as a.csv row 3; k=y, v=1"]


def test_what_rows_say_is_told_only_where_it_may_be(tmp_path):
    found = stack(tmp_path, told=False, a_csv="k,v\nx,1\nTotal,\n", b_csv="k,v\nx,1\ny\n")
    assert found.aside["values"].tolist() == ["", "as a.csv row 2"]
    assert [problem.values for problem in found.problems] == [""]


def test_empty_cells_are_the_same_too(tmp_path):
    assert len(stack(tmp_path, a_csv="k,v\nx,\n", b_csv="k,v\nx,\n").aside) == 1


def test_columns_of_all(tmp_path):
    found = stack(tmp_path, a_csv="k,v\nx,1\n", b_csv="w,k\n2,y\n")
    assert [*found.rows][:3] == ["k", "v", "w"]
    assert found.rows["w"].fillna("-").tolist() == ["-", "2"]
    assert found.notes == [
        "a.csv: no column 'w', which others have: taken as empty there",
        "b.csv: no column 'v', which others have: taken as empty there",
    ]


def test_kinds_that_differ_become_text(tmp_path):
    found = stack(
        tmp_path,
        a_xlsx=xlsx([["id", "n", "on"], [1, 2, pd.Timestamp("2026-05-04")]]),
        b_xlsx=xlsx([["id", "n", "on"], ["A", 2.5, "05/05/2026"]]),
    )
    assert found.rows["id"].tolist() == ["1", "A"]
    assert found.rows["n"].tolist() == [2.0, 2.5]
    assert found.rows["on"].tolist() == ["2026-05-04", "05/05/2026"]


def test_a_column_that_one_file_leaves_empty_keeps_its_kind(tmp_path):
    found = stack(
        tmp_path, a_xlsx=xlsx([["id", "n"], [1, None], [2, None]]), b_xlsx=xlsx([["id", "n"], [3, 7], [4, 8]])
    )
    assert found.rows["n"].dtype == "Int64"
    assert found.rows["n"].isna().tolist() == [True, True, False, False]

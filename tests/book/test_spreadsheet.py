"""What we write, a spreadsheet shows and does not run."""

from __future__ import annotations

from io import StringIO

import pandas as pd
import pytest

from amlib.book.spreadsheet import as_csv


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", "\n=1", "＝1"])
def test_a_text_that_would_be_a_formula_is_shown(cell):
    frame = pd.DataFrame({cell: [cell, "plain", None], "amount": [-5.5, 1, 2]})
    found = pd.read_csv(StringIO(as_csv(frame)), dtype="str", keep_default_na=False)
    assert found.columns[0] == f"'{cell}"
    assert found.iloc[:, 0].tolist() == [f"'{cell}", "plain", ""]
    assert found["amount"].tolist() == ["-5.5", "1.0", "2.0"]


def test_a_carriage_return_does_not_end_a_row():
    found = pd.read_csv(StringIO(as_csv(pd.DataFrame({"a": ["1\r=2\r\n3"], "b": [4]}))))
    assert found.to_dict("list") == {"a": ["1\n=2\n3"], "b": [4]}


def test_the_frame_stays_as_it_is():
    frame = pd.DataFrame({"name": ["=1"]})
    as_csv(frame)
    assert frame["name"].tolist() == ["=1"]

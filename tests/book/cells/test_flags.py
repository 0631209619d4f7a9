"""Yes and no, as people tick them."""

from __future__ import annotations

import pandas as pd
import pytest


@pytest.mark.parametrize(
    "cell", ["true", "TRUE", "1", "1.0", "yes", "Y", "có", "Có", "x", "X", "✓", "đúng", "Rồi", "đã"]
)
def test_yes(read, cell):
    assert (read("flag", [cell]).values.tolist(), read("flag", [cell]).failures) == ([True], {})


@pytest.mark.parametrize("cell", ["false", "0", "0.0", "no", "N", "không", "KHÔNG", "sai", "chưa", "ko"])
def test_no(read, cell):
    assert (read("flag", [cell]).values.tolist(), read("flag", [cell]).failures) == ([False], {})


def test_an_empty_cell_beside_a_tick_stays_empty(read):
    found = read("flag", ["x", None, "-"])
    assert found.values.isna().tolist() == [False, True, True]
    assert found.notes == ("is read with x as true", "has '-', taken as empty (1 of 3 cells)")


def test_numbers_and_what_is_neither(read):
    assert read("flag", [1, 0]).values.tolist() == [True, False]
    assert read("flag", [1.0, 0.0]).values.tolist() == [True, False]
    assert read("flag", ["perhaps"]).failures == {0: ("'perhaps'", "true or false (or 1/0, yes/no, có/không)")}
    assert set(read("flag", [2, 1]).failures) == {0}
    assert set(read("flag", [pd.Timestamp("2026-01-01")]).failures) == {0}

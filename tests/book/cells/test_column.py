"""The door: words that are mapped, and whatever else may stand in cells."""

from __future__ import annotations

from typing import get_args

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlib.book.cells import example, fits, typed
from amlib.book.cells.found import EMPTY
from amlib.schema import DTYPES, Column, Kind, dtype


def test_words_are_mapped_whatever_their_case_and_form(read):
    """'Phí tháng' typed as letters and combining marks (NFD), with space around it, is the composed one."""
    words = {"Phí tháng": "retainer", "Dự án": "project"}
    cells = ["phí tháng ", "Phi\u0301 tha\u0301ng", "DỰ ÁN", "retainer", None]
    found = read("text", cells, values=words)
    assert found.values.tolist()[:4] == ["retainer", "retainer", "project", "retainer"]
    assert found.values.isna().tolist() == [False] * 4 + [True]


def test_what_is_mapped_is_in_our_format_and_decides_nothing(read):
    found = read("number", ["Miễn phí", "1.200.000", "1.200"], values={"miễn phí": "0.5"})
    assert found.values.tolist() == [0.5, 1_200_000, 1_200]
    found = read("date", ["mở", "05/01/2026", "13/01/2026"], values={"mở": "2026-12-31"})
    assert [str(day.date()) for day in found.values] == ["2026-12-31", "2026-01-05", "2026-01-13"]


def test_the_empty_cell_can_be_mapped_to_and_from(read):
    assert read("flag", ["x", None], values={"": "false"}).values.tolist() == [True, False]
    assert read("text", ["không rõ", "email"], values={"không rõ": ""}).values.isna().tolist() == [True, False]


def test_numbers_can_be_codes(read):
    assert read("text", [1, 2], values={"1": "retainer", "2": "project"}).values.tolist() == ["retainer", "project"]


def test_a_word_that_is_not_mapped_is_read_as_it_is(read):
    assert read("flag", ["oui", "có"], values={"oui": "true"}).values.tolist() == [True, True]
    assert set(read("flag", ["oui", "peut-être"], values={"oui": "true"}).failures) == {1}


@pytest.mark.parametrize(
    ("kind", "text", "right"),
    [
        ("number", "1.234,5", True),
        ("number", "1,234.5", True),
        ("integer", "1.234.567", True),
        ("number", "1.234", False),
        ("number", "1234", False),
        ("number", "comma", False),
        ("date", "31/12/2026", True),
        ("date", "12/31/2026", True),
        ("date", "31/12/2026 09:30", True),
        ("date", "2026-01-31 09:30", True),
        ("date", "05/01/2026", False),
        ("date", "2026-12-31", False),
        ("instant", "31/12/2026 09:30", True),
        ("month", "31/12/2026", True),
        ("text", "31/12/2026", False),
        ("flag", "có", False),
    ],
)
def test_an_example_shows_something(kind, text, right):
    assert example(text, Column(kind, "what is tested")) is right


@pytest.mark.parametrize(
    ("column", "word", "right"),
    [
        (Column("text", "", values=("retainer", "project")), "retainer", True),
        (Column("text", "", values=("retainer", "project")), "retaner", False),
        (Column("text", "", optional=True), "", True),
        (Column("text", ""), "", False),
        (Column("number", ""), "1234.5", True),
        (Column("number", ""), "1.234,5", False),
        (Column("number", ""), "1.234", False),
        (Column("date", ""), "2026-12-31", True),
        (Column("date", ""), "31/12/2026", False),
        (Column("flag", ""), "false", True),
        (Column("flag", ""), "x", False),
    ],
)
def test_our_own_format(column, word, right):
    assert fits(word, column) is right


# Letters, figures and signs that numbers and dates are made of come often, anything else now and then.
CELL = st.one_of(st.text(max_size=12), st.text("0123456789.,-/: ()%đktrTtháng₫$Ee", max_size=14), st.none())


@settings(max_examples=400, deadline=None)
@given(cells=st.lists(CELL, min_size=1, max_size=6), kind=st.sampled_from(get_args(Kind)))
def test_any_text_is_read_or_named(cells, kind):
    """No text raises, and none vanishes: a cell is a value, a failure, blank, or a mark of an empty one."""
    column = Column(kind, "what is tested", optional=True)
    found = typed(pd.Series(cells, dtype="str"), column, "Asia/Ho_Chi_Minh")
    assert len(found.values) == len(cells)
    assert found.values.dtype == dtype(column, "Asia/Ho_Chi_Minh")
    for at, cell in enumerate(cells):
        blank = cell is None or not cell.strip() or cell.strip().casefold() in EMPTY
        assert blank or at in found.failures or not pd.isna(found.values.iloc[at]), (cells, at)
        assert not (at in found.failures and not pd.isna(found.values.iloc[at]))


@settings(max_examples=100, deadline=None)
@given(
    cells=st.one_of(
        st.lists(st.floats(), min_size=1),
        st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1),
        st.lists(st.booleans(), min_size=1),
    ),
    kind=st.sampled_from(get_args(Kind)),
)
def test_any_number_is_read_or_named(cells, kind):
    column = Column(kind, "what is tested", optional=True)
    given = pd.Series(cells)
    given = given.astype({"int64": "Int64", "bool": "boolean"}.get(str(given.dtype), given.dtype))
    found = typed(given, column, "UTC")
    lost = found.values.isna() & given.notna()
    assert set(found.failures) >= set(lost[lost].index)
    assert DTYPES[kind] in (str(found.values.dtype), "datetime64[us]")

"""Numbers as people write them; each value is worked by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("cell", "value", "unit"),
    [
        ("1.234.567,50", 1_234_567.5, None),
        ("1,234,567.50", 1_234_567.5, None),
        ("1.234.567", 1_234_567, None),
        ("1,234,567", 1_234_567, None),
        ("1 234 567", 1_234_567, None),
        ("1 234 567,5", 1_234_567.5, None),
        ("1'234'567.5", 1_234_567.5, None),
        ("1’234’567", 1_234_567, None),
        ("1\u00a0234\u00a0567", 1_234_567, None),
        ("1\u202f234,5", 1_234.5, None),
        ("12,5", 12.5, None),
        ("12.5", 12.5, None),
        ("0,125", 0.125, None),
        (",5", 0.5, None),
        ("1234,567", 1_234.567, None),
        ("1,2E+06", 1_200_000, None),
        ("(1.200.000)", -1_200_000, None),
        ("(12,5)", -12.5, None),
        ("1.200.000-", -1_200_000, None),
        ("−12,5", -12.5, None),
        ("–12,5", -12.5, None),
        ("- 12,5", -12.5, None),
        ("+12,5", 12.5, None),
        ("500 ₫", 500, "VND"),
        ("500₫", 500, "VND"),
        ("₫500", 500, "VND"),
        ("500đ", 500, "VND"),
        ("500 Đ", 500, "VND"),
        ("500 VND", 500, "VND"),
        ("VND 500", 500, "VND"),
        ("500 VNĐ", 500, "VND"),
        ("500 vnđ", 500, "VND"),
        ("500 đồng", 500, "VND"),
        ("$500", 500, "USD"),
        ("US$ 500", 500, "USD"),
        ("500 USD", 500, "USD"),
        ("-$500", -500, "USD"),
        ("$-500", -500, "USD"),
        ("($500)", -500, "USD"),
        ("$(500)", -500, "USD"),
        ("(500) ₫", -500, "VND"),
        ("(1,2 tỷ) đồng", -1_200_000_000, "VND"),
        ("€12,5", 12.5, "EUR"),
        ("500 EUR", 500, "EUR"),
        ("500 THB", 500, "THB"),
        ("1,2 tỷ", 1_200_000_000, "VND"),
        ("1,2 tỉ", 1_200_000_000, "VND"),
        ("1,2 TỶ ĐỒNG", 1_200_000_000, "VND"),
        ("15 triệu", 15_000_000, "VND"),
        ("15tr", 15_000_000, "VND"),
        ("15 trđ", 15_000_000, "VND"),
        ("500 nghìn", 500_000, "VND"),
        ("500 ngàn", 500_000, "VND"),
        ("500k", 500_000, None),
        ("500K", 500_000, None),
        ("1,2 triệu USD", 1_200_000, "USD"),
        ("(1,2 tỷ)", -1_200_000_000, "VND"),
        ("12,5%", 0.125, "%"),
        ("12.5 %", 0.125, "%"),
        ("-3%", -0.03, "%"),
    ],
)
def test_a_cell_that_can_be_read_one_way(read, cell, value, unit):
    found = read("number", [cell])
    assert (found.values.tolist(), found.failures, found.undecided) == ([value], {}, None)
    assert (None if found.units is None else found.units.tolist()) == (None if unit is None else [unit])


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        # One cell decides for those that would fit both ways.
        (["1.200", "15.000", "1.234.567"], [1_200, 15_000, 1_234_567]),
        (["1.200", "12,5"], [1_200, 12.5]),
        (["1.200", "12.5"], [1.2, 12.5]),
        (["1,200", "12.5"], [1_200, 12.5]),
        (["1,200", "0,75"], [1.2, 0.75]),
        (["1.200", "1 234 567,5"], [1_200, 1_234_567.5]),
        (["1.200", "1,2 tỷ"], [1_200, 1_200_000_000]),
        (["1.500 triệu", "1,5 tỷ"], [1_500_000_000, 1_500_000_000]),
        (["1.200", "0.125"], [1.2, 0.125]),
        (["1.200", "1234.567"], [1.2, 1_234.567]),
        # Whole numbers say nothing, and need nothing.
        (["1200", "7", "25000000"], [1_200, 7, 25_000_000]),
    ],
)
def test_a_column_decides(read, cells, values):
    found = read("number", cells)
    assert (found.values.tolist(), found.failures, found.undecided) == (values, {}, None)


@pytest.mark.parametrize(
    ("cells", "at", "comma", "dot"),
    [
        (["7", "1.200", "15.000"], (1, 2), "1.200 is 1200", "1.200 is 1.2"),
        (["1,200"], (0,), "1,200 is 1.2", "1,200 is 1200"),
        (["1.500 triệu"], (0,), "1.500 triệu is 1500000000", "1.500 triệu is 1500000"),
        (["1.234,5", "1,234.5"], (1, 0), "1,234.5 is no number", "1,234.5 is 1234.5"),
        (["1.234,56", "1,234.56"], (1, 0), "1,234.56 is no number", "1,234.56 is 1234.56"),
    ],
)
def test_a_column_that_stays_open(read, cells, at, comma, dot):
    found = read("number", cells)
    assert found.undecided.cells == at
    assert found.undecided.lines == (("1.234,5", comma), ("1,234.5", dot))
    assert found.values.isna().all()  # nothing is guessed
    assert set(found.failures) == set(range(len(cells)))


def test_an_example_settles_it(read):
    cells = ["1.200", "15.000"]
    assert read("number", cells, form="1.234,5").values.tolist() == [1_200, 15_000]
    assert read("number", cells, form="1,234.5").values.tolist() == [1.2, 15]
    found = read("number", ["1200.5", "12,5"], form="1.234,5")
    assert found.failures == {0: ("'1200.5'", "a number (as the column writes them: 1.234,5)")}


def test_the_fewest_cells_contradict(read):
    found = read("number", ["1.234,5", "12,5", "1,234.5", "1.000"])
    assert found.failures == {2: ("'1,234.5'", "a number (as the column writes them: 1.234,5)")}
    assert found.values.tolist()[::3] == [1_234.5, 1_000]


def test_what_the_column_allows_decides_too(read):
    score = {"at_least": 0, "at_most": 10}
    assert read("integer", ["9.000", "10.000"], about=score).values.tolist() == [9, 10]  # no score is 9,000
    assert read("integer", ["2.026"]).values.tolist() == [2026]  # no whole number is 2.026
    assert read("integer", ["9.000"]).undecided is not None
    assert read("number", ["1.500"], about=score).values.tolist() == [1.5]


def test_the_last_digit_is_not_touched(read):
    """As floats go, 0.7 / 100 is 0.006999999999999999, and 2.7 / 100 is 0.027000000000000003."""
    found = read("number", ["0,7%", "2,7%", "0,07 triệu", "1,1 tỷ", "9007199254740,993"])
    assert found.values.tolist() == [0.007, 0.027, 70_000, 1_100_000_000, 9007199254740.993]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("many", ""),
        ("12 kg", "'kg' is no unit that is known"),
        ("1,2,3", ""),
        ("1,23,456", ""),
        ("1.2.3", ""),
        ("12 34", ""),
        ("5 - 7", ""),
        ("31/12/2026", ""),
        ("(500", "two signs, or a bracket without its other half"),
        ("(500))", "two signs, or a bracket without its other half"),
        ("500) ₫", "two signs, or a bracket without its other half"),
        ("-(500)", "two signs, or a bracket without its other half"),
        ("-500-", "two signs, or a bracket without its other half"),
        ("$500 VND", "two units, USD and VND"),
        ("5 triệu %", "a percentage of thousands"),
        ("2e3 triệu", ""),
        ("VND.500", ""),
        ("1e999", ""),
        ("nan", ""),
        ("inf", ""),
        ("٣", ""),
        ("½", ""),
    ],
)
def test_a_cell_that_is_no_number(read, cell, why):
    found = read("number", [cell])
    assert found.values.isna().all()
    assert found.failures == {0: (repr(cell), "a number" + (f" ({why})" if why else ""))}


def test_marks_of_an_empty_cell(read):
    cells = ["-", "–", "—", "N/A", "n/a", "#N/A", "NA", "null", "None", " ", "5"]
    found = read("number", cells)
    assert found.values.isna().tolist() == [True] * 10 + [False]
    assert found.failures == {}
    told = "has '-', '–', '—', 'N/A', 'n/a', '#N/A', 'NA', 'null', 'None', taken as empty (9 of 11 cells)"
    assert found.notes == (told,)


def test_an_error_of_a_spreadsheet_is_not_an_empty_cell(read):
    assert set(read("number", ["#REF!", "#DIV/0!", "5"]).failures) == {0, 1}


def test_where_a_cell_must_be_filled_a_mark_is_wrong(read):
    assert read("number", ["-", "5"], about={"optional": False}).failures == {0: ("'-'", "a number")}


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        (["1200", "7.5"], ()),
        (["1.200,5"], ("is read as 1.234,5",)),
        (["1,200.5"], ("is read as 1,234.5",)),
        (["1.200,5 ₫", "1,2 tỷ"], ("is read as 1.234,5 with VND, billions",)),
        (["$500"], ("is read with USD",)),
    ],
)
def test_how_it_is_read_is_told(read, cells, note):
    assert read("number", cells).notes == note


def test_numbers_of_a_workbook_are_taken_as_such(read):
    assert read("number", [1.2, 1200.0]).values.tolist() == [1.2, 1200]
    assert read("number", [True, False]).values.isna().all()


def grouped(digits: str, by: str) -> str:
    return f"{int(digits):,}".replace(",", by)


@st.composite
def a_written_column(draw: st.DrawFn) -> tuple[list[str], list[float]]:
    """Numbers, all written in one way, among them one that shows how."""
    thousands, mark = draw(st.sampled_from([(".", ","), (",", "."), (" ", ","), ("'", "."), ("", ","), ("", ".")]))
    before, after, times = draw(
        st.sampled_from(
            [("", "", 0), ("", " ₫", 0), ("$", "", 0), ("", "đ", 0), ("", " tỷ", 9), ("", "tr", 6), ("", "k", 3)]
        )
    )
    cells, values = [f"{before}0{mark}5{after}"], [float(Decimal("0.5").scaleb(times))]
    for _ in range(draw(st.integers(1, 5))):
        whole, decimals = draw(st.integers(0, 10**12)), draw(st.text("0123456789", max_size=3))
        negative = draw(st.sampled_from(["", "-", "−", "()"]))
        figure = grouped(str(whole), thousands) + (mark + decimals if decimals else "")
        figure = f"{before}{figure}{after}"
        cells.append(f"({figure})" if negative == "()" else negative + figure)
        value = Decimal(f"{whole}.{decimals or 0}").scaleb(times)
        values.append(float(-value if negative else value))
    return cells, values


@settings(max_examples=200, deadline=None)
@given(column=a_written_column())
def test_what_is_written_is_read_back(read, column):
    cells, values = column
    found = read("number", cells)
    assert (found.values.tolist(), found.failures) == (values, {})


def test_a_whole_number_that_a_float_cannot_hold_is_none(read):
    assert read("integer", ["9007199254740991"]).values.tolist() == [2**53 - 1]
    assert set(read("integer", ["9007199254740993"]).failures) == {0}

"""What sets two answers apart, case by case."""

from __future__ import annotations

import unicodedata
from datetime import date

import numpy as np
import pandas as pd
import pytest

from amlib import words
from amlib.lessons.answer import NoAnswer, difference, plain, same, told

EN = words.of("en")


def said(given: object, right: object, **how: object) -> str:
    apart = difference(plain(given), plain(right), **how)
    return told(EN, *apart) if apart else "right"


def fees(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"client_id": ["A", "B"], "fee": [10.0, 20.0]} | columns)


@pytest.mark.parametrize(
    ("given", "right"),
    [
        (np.int64(3), 3),
        (3.0, 3),
        (pd.Series([0.25]), 0.25),
        (0.25, pd.Series([0.25])),
        (pd.Series({"A": 10.0}, name="fee"), fees().head(1).set_index("client_id")),
        (np.bool_(True), True),
        ("  kh001 ", "KH001"),
        (unicodedata.normalize("NFD", "Huế"), "Huế"),
        (date(2026, 10, 1), pd.Timestamp("2026-10-01")),
        (pd.Period("2026-10", "M"), pd.Period("2026-10", "M")),
        (pd.NA, None),
        (float("nan"), None),
        (pd.Timedelta(days=2), 2),
        (["B", "A", "A"], {"A", "B"}),
        (pd.Series(["B", "A"]), ["A", "B"]),
        (np.array([2, 1]), [1, 2]),
        (pd.DataFrame({"client_id": ["A", "B"]}), {"A", "B"}),
        (fees().iloc[::-1], fees()),
        (fees(name=["x", "y"]), fees()),
        (fees().rename(columns={"fee": "sum"}), fees()),
        (fees().rename(columns={"fee": "Fee ", "client_id": "Client id"}), fees()),
        (fees().set_index("client_id").fee, fees()),
        ({"A": 10, "B": 20}, fees()),
        (fees().query("fee > 0"), fees()),
    ],
)
def test_what_is_the_same_is_right(given, right):
    assert said(given, right) == "right"


@pytest.mark.parametrize(
    ("given", "right", "message"),
    [
        ("0.25", 0.25, "A share such as 0.25 is asked for, and your answer is a text."),
        ([1, 2], 7, "The question asks for a number, and your answer is a list."),
        (fees(), 30, "The question asks for a number, and your answer is a table."),
        (1, True, "The question asks for True or False, and your answer is a number."),
        (None, 7, "The question asks for a number, and your answer is nothing (None)."),
        (25, 0.25, "Your number is a hundred times what is asked: a share is written 0.25, not 25."),
        (31, 0.3143, "Your number is a hundred times what is asked: a share is written 0.25, not 25."),
        (0.4, 40, "Your number is a hundredth of what is asked."),
        (-5, 5, "Your number has the wrong sign."),
        (101, 100, "You are close: round only at the end, and look at who is counted at the edges."),
        (150, 100, "Your number is too high."),
        (50, 100, "Your number is too low."),
        (float("inf"), 100, "That is not it."),
        (100.01, 100, "You are close: round only at the end, and look at who is counted at the edges."),
        (110, 100, "Your number is too high."),
        (False, True, "That is not it."),
        (pd.Period("2026-09", "M"), pd.Period("2026-10", "M"), "That is not it."),
        (date(2026, 10, 2), date(2026, 10, 1), "That is not it."),
        (pd.Timestamp("2026-10-01 09:00"), pd.Timestamp("2026-10-01"), "That is not it."),
        ("KH002", "KH001", "That is not it."),
        ({"A"}, {"A", "B"}, "Your answer has too few: 1."),
        (["A", "B", "C"], ["A", "B"], "Your answer has too many: 3."),
        ({"nobody"}, {"A", "B"}, "nobody does not belong there."),
        (["C", "A", "C"], ["A", "B"], "Your answer has too many: 3."),
        ({"A", "C"}, {"A", "B"}, "C does not belong there."),
        (["A", "A"], ["A", "B"], "That is not it."),
        (fees()[["client_id"]], fees(), "Your table has no column fee; it has: client_id."),
        (fees(fee=["x", "y"]), fees(), "In column fee, x is not right (row: A, x)."),
        (
            fees().rename(columns={"fee": "sum"}).assign(sum=["x", "y"]),
            fees(),
            "Your table has no column fee; it has: client_id, sum.",
        ),
        (
            fees(name=["x", "y"]).rename(columns={"fee": "sum"}),
            fees(),
            "Your table has no column fee; it has: client_id, sum, name.",
        ),
        (
            fees(hours=[10.0, 20.0]).rename(columns={"fee": "sum", "hours": "time"}),
            fees(hours=[1.0, 2.0]),
            "Your table has no column fee; it has: client_id, sum, time.",
        ),
        (fees().head(1), fees(), "Your table has too few rows: 1."),
        (pd.concat([fees(), fees()]), fees(), "Your table has too many rows: 4."),
        (fees(fee=[10.0, 21.0]), fees(), "In column fee, 21 is not right (row: B)."),
        (fees(fee=[10.0, None]), fees(), "In column fee, – is not right (row: B)."),
        (7, fees(), "The question asks for a table, and your answer is a number."),
    ],
)  # fmt: skip
def test_what_differs_is_named_without_the_right_value(given, right, message):
    assert said(given, right) == message


def test_order_counts_only_where_it_is_asked():
    assert said(["B", "A"], ["A", "B"], ordered=True) == "All of it is there, but in another order than asked."
    assert said(fees().iloc[::-1], fees(), ordered=True) == "All of it is there, but in another order than asked."
    assert said(fees(), fees(), ordered=True) == "right"
    assert said(["A", "C"], ["A", "B"], ordered=True) == "C does not belong there."
    other = fees(fee=[10.0, 21.0])
    assert said(other, fees(), ordered=True) == "In column fee, 21 is not right (row: B)."


def test_the_particulars_of_a_wrong_cell_hold_what_was_given_alone():
    _, about = difference(plain(fees(fee=[10.0, 21.0])), plain(fees()))
    assert about == {"column": "fee", "row": ["B"], "value": 21.0}


def test_a_tolerance_is_absolute_and_holds_in_tables_and_lists():
    assert said(0.315, 0.3143, tolerance=0.001) == "right"
    assert said(0.316, 0.3143, tolerance=0.001) != "right"
    assert said(fees(fee=[10.4, 20.4]), fees(), tolerance=0.5) == "right"
    assert said([10.4, 20.4], [10, 20], tolerance=0.5) == "right"
    assert said([10.4, 20.6], [10, 20], tolerance=0.5) != "right"
    assert same(plain(0.0), plain(-0.0))
    assert not same(plain(0.0), plain(None))


def test_near_numbers_do_not_change_the_order_of_rows():
    right = pd.DataFrame({"client_id": ["B", "A"], "fee": [10.0, 10.0000001]})
    assert said(right.assign(fee=[10.0000001, 10.0]), right, tolerance=0.01) == "right"


def test_what_is_no_answer_is_named():
    with pytest.raises(NoAnswer, match="builtin_function_or_method"):
        plain(len)
    with pytest.raises(NoAnswer, match="method"):
        plain(fees().sum)
    with pytest.raises(NoAnswer, match="complex"):
        plain(1j)


def test_an_answer_is_left_as_it_is():
    frame, numbers = fees(), [2, 1]
    plain(frame), plain(numbers)
    pd.testing.assert_frame_equal(frame, fees())
    assert numbers == [2, 1]

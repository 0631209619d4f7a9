"""Every piece of a sentence says its numbers: they are read back out of it, in both languages."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlib import words
from amlib.kpis import CATALOGUE
from amlib.sentences import grammar

VI, EN = words.of("vi"), words.of("en")
BOTH = pytest.mark.parametrize("say", [VI, EN], ids=["vi", "en"])
some = settings(max_examples=150, deadline=None)

# What a unit's values look like in books, and how coarse they are printed: half of the last digit.
UNITS = {
    "money": (st.integers(-(10**13), 10**13).map(float), None),
    "share": (st.floats(-2, 3), 0.005),
    "score": (st.floats(-1, 1), 0.005),
    "hours": (st.floats(0, 400), 0.05),
    "days": (st.floats(0, 400), 0.5),
    "count": (st.floats(0, 90_000), 0.05),
}
OF_A_UNIT = pytest.mark.parametrize("unit", UNITS)
SCALES = {"nghìn tỷ": 1e12, "trillion": 1e12, "tỷ": 1e9, "billion": 1e9, "triệu": 1e6, "million": 1e6}
SCALES |= {"nghìn": 1e3, "thousand": 1e3}


def numbers(say: words.Words, text: str) -> list[float]:
    """The numbers of a text as its reader reads them: '2,31 tỷ đồng' is 2.31e9, '-5%' is -0.05."""
    point, thousands = (",", ".") if say is VI else (".", ",")
    scale = "|".join(SCALES)
    found = []
    for hit in re.finditer(rf"(-?)(?:VND )?(\d[\d.,]*\d|\d)(%?)(?: ({scale}))?", text):
        value = float(hit[2].replace(thousands, "").replace(point, "."))
        value *= SCALES.get(hit[4], 1) / (100 if hit[3] else 1)
        found.append(-value if hit[1] else value)
    return found


def coarse(unit: str, value: float) -> float:
    """How far a printed value may lie from the value: money keeps two decimals of a billion or more, one below."""
    if unit != "money":
        return UNITS[unit][1] * 1.0001
    size = abs(value)
    steps = ((1e12, 1e10), (1e9, 1e7), (1e6, 1e5), (1e3, 1e2))
    # What is just below a step is printed in the step's coarseness.
    return next((step / 2 for edge, step in steps if size >= edge * 0.999), 0.5) * 1.0001


def said(unit: str, number: float) -> float:
    """A number of a text in the KPI's own unit: an NPS of 40 is 0.4."""
    return number / 100 if unit == "score" else number


def pairs(unit: str) -> st.SearchStrategy[tuple[float, float]]:
    return st.tuples(UNITS[unit][0], UNITS[unit][0])


WAYS = {"vi": {"tăng": 1, "giảm": -1, "đi ngang": 0}, "en": {"rose": 1, "fell": -1, "held": 0}}


@BOTH
@OF_A_UNIT
@some
@given(st.data())
def test_from_to_says_both_numbers_and_the_right_way(say, unit, data):
    first, last = data.draw(pairs(unit))
    text = grammar.from_to(say, first, last, unit, "VND")
    (way,) = (way for word, way in WAYS[say.language].items() if text.startswith(word))
    found = [said(unit, number) for number in numbers(say, text)]
    if way:
        assert found == [pytest.approx(first, abs=coarse(unit, first)), pytest.approx(last, abs=coarse(unit, last))]
        assert way == (1 if found[1] > found[0] else -1) == (1 if last > first else -1)
    else:
        assert found == [pytest.approx(last, abs=coarse(unit, last))]
        assert found[0] == pytest.approx(first, abs=coarse(unit, first))


@BOTH
@OF_A_UNIT
@some
@given(st.data())
def test_a_change_is_what_lies_between(say, unit, data):
    before, now = data.draw(pairs(unit))
    change = grammar.change(say, now, before, unit, "VND")
    if unit == "money" and before <= 0:
        assert change is None
        return
    far = abs(now / before - 1) if unit == "money" else abs(now - before)
    printed = {"money": (1, 0.0005), "share": (100, 0.0005), "score": (100, 0.005)}.get(unit, (1, UNITS[unit][1]))
    text = grammar.moved(say, change)
    if not change.way:
        assert text == {"vi": "không đổi", "en": "unchanged"}[say.language]
        assert far <= printed[1] * 1.0001
        return
    (number,) = numbers(say, text)
    assert (number if unit == "money" else number / printed[0]) == pytest.approx(
        far, abs=printed[1] * 1.0001, rel=1e-14
    )
    assert text.startswith({"vi": "tăng ", "en": "up "}[say.language]) == (now > before)
    assert text.startswith({"vi": "giảm ", "en": "down "}[say.language]) == (now < before)
    assert grammar.arrow(say, change) == f"{'▲' if now > before else '▼'} {change.size}"


@BOTH
@OF_A_UNIT
@some
@given(st.data())
def test_about_stands_before_what_is_rounded_and_only_there(say, unit, data):
    value = data.draw(UNITS[unit][0])
    text = grammar.about(say, value, unit, "VND")
    (number,) = numbers(say, text)
    assert said(unit, number) == pytest.approx(value, abs=coarse(unit, value))
    off = abs(said(unit, number) - value)
    if not 1e-10 * abs(value) < off < 1e-8 * abs(value):  # crumbs of adding are no rounding
        assert text.startswith({"vi": "khoảng ", "en": "about "}[say.language]) == (off > 1e-9 * abs(value))


def test_the_pieces_as_they_read():
    assert grammar.from_to(VI, 2.312e9, 4e9, "money", "VND") == "tăng từ 2,31 tỷ đồng lên 4 tỷ đồng"
    assert grammar.from_to(VI, 0.3, 0.2, "share") == "giảm từ 30% xuống 20%"
    assert grammar.from_to(VI, 2.01, 1.99, "hours") == "đi ngang ở mức 2 giờ"
    assert grammar.from_to(EN, 1, 2.5, "hours") == "rose from 1 hour to 2.5 hours"
    assert grammar.about(VI, 2.312e9, "money", "VND") == "khoảng 2,31 tỷ đồng"
    assert grammar.about(EN, 15.5e6, "money", "VND") == "VND 15.5 million"
    assert grammar.about(EN, 1 / 3, "share") == "about 33%"
    assert grammar.about(EN, None, "share") == "–"


@pytest.mark.parametrize(
    ("unit", "before", "now", "vi", "en"),
    [
        ("money", 100e6, 110e6, "tăng 10,0%", "up 10.0%"),
        ("share", 0.30, 0.29, "giảm 1 điểm phần trăm", "down 1 percentage point"),
        ("share", 0.30, 0.325, "tăng 2,5 điểm phần trăm", "up 2.5 percentage points"),
        ("score", 0.4, 0.39, "giảm 1 điểm", "down 1 point"),
        ("points", 58, 62, "tăng 4 điểm", "up 4 points"),
        ("hours", 2, 3, "tăng 1 giờ", "up 1 hour"),
        ("days", 10, 30, "tăng 20 ngày", "up 20 days"),
        ("count", 5, 5.01, "không đổi", "unchanged"),
    ],
)
def test_changes_in_their_units(unit, before, now, vi, en):
    assert grammar.moved(VI, grammar.change(VI, now, before, unit, "VND")) == vi
    assert grammar.moved(EN, grammar.change(EN, now, before, unit, "VND")) == en


@pytest.mark.parametrize(("now", "before"), [(None, 1.0), (1.0, None), (float("nan"), 1.0)])
def test_there_is_no_change_of_what_is_not_known(now, before):
    assert grammar.change(EN, now, before, "hours") is None


def test_what_a_change_is_held_against():
    assert grammar.against(EN, "up 1 hour", "month") == "up 1 hour on the month before"
    assert grammar.against(VI, "tăng 1 giờ", "year") == "tăng 1 giờ so với cùng kỳ năm trước"
    assert grammar.against(VI, "không đổi", "quarter") == "không đổi so với quý trước"


@pytest.mark.parametrize("kpi", CATALOGUE)
def test_good_is_what_the_kpi_wants(kpi):
    wanted = {"more": ("good", "bad"), "less": ("bad", "good"), "neither": ("flat", "flat")}[CATALOGUE[kpi].better]
    assert (grammar.tone(kpi, 1), grammar.tone(kpi, -1), grammar.tone(kpi, 0)) == (*wanted, "flat")


@pytest.mark.parametrize("of", grammar._COUNTED)
@given(n=st.integers(0, 5000))
@settings(max_examples=20, deadline=None)
def test_things_are_counted_in_the_singular_and_the_plural(of, n):
    assert numbers(EN, grammar.count(EN, n, of)) == numbers(VI, grammar.count(VI, n, of)) == [n]
    assert grammar.count(EN, n, of).endswith("s") == (n != 1)


def test_lists_say_how_many_more_there_are():
    assert grammar.listing(EN, ["a", "b", "c"], 3) == "a, b and c"
    assert grammar.listing(EN, ["a", "b", "c", "d", "e"], 2) == "a, b and 3 more"
    assert grammar.listing(VI, ["a", "b", "c"], 1) == "a và 2 trường hợp khác"

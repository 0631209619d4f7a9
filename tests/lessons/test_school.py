"""What a trainee meets: checks, hints, the task in words, and no long traceback."""

from __future__ import annotations

import base64
import html
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter

from amlib import show
from amlib.lessons import School, WrongAnswer, key, lesson, school
from amlib.lessons.answer import plain
from amlib.lessons.key import Exercise, Wrong


@pytest.fixture
def pupil(tmp_path, monkeypatch) -> School:
    """A lesson of four exercises: an answer of 0.25, one in words, one in an order, one within a tolerance."""
    both = {"vi": "v", "en": "e"}
    asked = {
        1: Exercise(
            plain(0.25),
            (Wrong(plain(0.2), {"vi": "chia sai", "en": "you divided by all"}),),
            {"vi": ("một", "hai"), "en": ("one", "two")},
            praise={"vi": "", "en": "A quarter."},
        ),
        2: Exercise(
            None,
            hints={"vi": ("v",), "en": ("e",)},
            model={"vi": "Mẫu.", "en": "The model."},
            points={"vi": ("ý",), "en": ("why", "what")},
            praise=both,
            sentences=2,
            least=5,
        ),
        3: Exercise(plain(["B", "A"]), ordered=True),
        4: Exercise(plain(0.3143), tolerance=0.001),
    }
    monkeypatch.setattr(key, "KEYS", tmp_path)
    key.write(tmp_path / "77_test.json", asked)
    return School("77_test", "en")


def wrong(pupil: School, number: int, given: object) -> str:
    with pytest.raises(WrongAnswer) as caught:
        pupil.check(number, given)
    return str(caught.value)


def test_a_right_answer_is_confirmed_in_words(pupil, shown):
    pupil.check(1, 0.25)
    assert shown == ["✓ Exercise 1: right. A quarter."]


def test_a_wrong_answer_that_is_known_gets_its_own_hint_and_another_what_differs(pupil, shown):
    assert wrong(pupil, 1, 0.2) == "you divided by all"
    assert wrong(pupil, 1, 25) == (
        "Your number is a hundred times what is asked: a share is written 0.25, not 25. school.hint(1) helps."
    )
    assert wrong(pupil, 1, sum) == (
        "Your answer is a builtin_function_or_method, which answers no question. Did you forget ()?"
    )
    assert shown == []


def test_an_order_and_a_tolerance_hold_as_the_exercise_says(pupil, shown):
    assert wrong(pupil, 3, ["A", "B"]).startswith("All of it is there, but in another order than asked.")
    assert wrong(pupil, 4, 0.316).startswith("You are close")
    pupil.check(3, ["B", "A"])
    pupil.check(4, 0.315)
    assert len(shown) == 2


def test_jupyter_shows_the_hint_and_no_traceback(pupil):
    with pytest.raises(WrongAnswer) as caught:
        pupil.check(1, 0.2)
    assert caught.value._render_traceback_() == ["✗ you divided by all"]


def test_hints_come_one_by_one_and_the_last_one_stays(pupil, shown):
    for _ in range(3):
        pupil.hint(1)
    assert shown == ["→ Hint 1 of 2: one", "→ Hint 2 of 2: two", "→ Hint 2 of 2: two"]


def test_a_model_answer_is_shown_to_whoever_has_written_one(pupil, shown):
    assert wrong(pupil, 2, 3) == "Write your answer as a text between quotation marks."
    assert wrong(pupil, 2, "Too short.") == "You have written 2 words; it takes 5 or more to explain this."
    assert wrong(pupil, 2, "One. Two. Three. And four.") == "You have written 4 sentences; a client reads 2."
    assert shown == []
    pupil.check(2, "Dr. Lan pays late. We call her.")  # an abbreviation is no sentence too many
    shown.clear()
    pupil.check(2, "They pay late, and we call them.")
    assert shown == [
        "→ A model answer: The model.",
        "→ Does yours say all of this?\n  - why\n  - what",
        "✓ Exercise 2: done. e",
    ]


def test_what_is_not_there_is_named(pupil, shown):
    with pytest.raises(ValueError, match="77_test has no exercise 5; it has: 1, 2, 3, 4"):
        pupil.check(5, ...)
    with pytest.raises(ValueError, match=r"'\.\./key' cannot be a lesson's name: expected one such as '05_nps'"):
        lesson("../key", "vi")
    with pytest.raises(ValueError, match="no language 'fr'"):
        lesson("05_nps", "fr")
    School("78_new", "en").check(1, ...)
    assert shown == ["… This lesson is not built yet: am lessons build 78_new"]


def test_an_answer_counts_where_progress_cannot_be_kept(pupil, shown, kept):
    kept.parent.mkdir()
    kept.write_text("{")
    pupil.check(1, 0.25)
    assert shown[0].startswith("✓ Exercise 1: right.")
    assert shown[1].startswith("… Your progress was not kept: ")


def test_a_line_says_its_kind_by_a_sign_and_escapes_what_it_is_given(monkeypatch):
    said = []
    monkeypatch.setattr(show, "display", lambda thing, raw: said.append(thing))
    show.aside("hint", "<b> `a < b`", ["<i>"])
    assert "<strong>→</strong> &lt;b&gt; <code>a &lt; b</code><ul><li>&lt;i&gt;</li></ul>" in said[0]["text/html"]
    assert said[0]["text/plain"] == "→ <b> `a < b`\n  - <i>"


def test_the_book_of_all_lessons_is_the_sample_as_known_in_october(pupil):
    assert pupil.book.invoices.issued_on.max().strftime("%Y-%m") == "2026-10" == school.MONTH
    assert pupil.page.words.language == "en"


def test_what_comes_after_october_is_not_in_the_book_of_a_lesson(pupil, monkeypatch, book_of, one_credit_note):
    monkeypatch.setattr(school, "_sample", lambda: book_of(invoices=one_credit_note.assign(currency="VND")))
    assert pupil.book.invoices.invoice_id.tolist() == ["I1", "I2", "I3"]


def test_a_picture_that_a_lesson_has_not_is_named():
    with pytest.raises(AttributeError, match="no_picture"):
        School("05_nps", "vi").picture("no_picture")


def test_numbers_are_printed_as_people_read_them(monkeypatch):
    shell = SimpleNamespace(display_formatter=DisplayFormatter())
    monkeypatch.setattr(show, "get_ipython", lambda: shell)
    with pd.option_context("display.float_format", None):  # which it sets
        show.plain_numbers()
        table = str(pd.DataFrame({"fee": [3972135904.2, -12_500.0], "share": [0.1234567, None], "n": [2000000, 4]}))
    printed = shell.display_formatter.formatters["text/plain"]
    assert printed((np.float64(0.5), np.int64(3), np.bool_(True))) == "(0.5, 3, True)"
    assert printed((np.float64(2268238202.58), 0.1 + 0.2, 9_999.5)) == "(2,268,238,203, 0.3, 9999.5)"
    assert [line.split() for line in table.splitlines()] == [
        ["fee", "share", "n"],
        ["0", "3,972,135,904", "0.123457", "2000000"],
        ["1", "-12,500", "NaN", "4"],
    ]


def test_a_picture_of_a_lesson_has_its_alt_text_wherever_it_is_shown(monkeypatch):
    said = []
    monkeypatch.setattr(show, "display", lambda thing, raw: said.append(thing))
    School("05_nps", "en").picture("scale")
    (one,) = said
    assert f'<img alt="{html.escape(one["text/plain"])}"' in one["text/html"]
    found = re.search('src="data:image/svg[+]xml;base64,([^"]+)"', one["text/html"])
    assert ElementTree.fromstring(base64.b64decode(found[1])).tag == "{http://www.w3.org/2000/svg}svg"


def test_what_lies_on_the_desk_goes_with_the_kernel(tmp_path):
    (tmp_path / "am-lesson-of-a-killed-one").mkdir()
    os.utime(tmp_path / "am-lesson-of-a-killed-one", (0, 0))
    told = "from amlib.lessons import School; desk = School('05_nps', 'vi').desk; (desk / 'a').touch(); print(desk)"
    given = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", told], env=given, capture_output=True, text=True, check=True)
    assert Path(ran.stdout.strip()).parent == tmp_path
    assert not [*tmp_path.iterdir()]

"""The instructor's summary: what notebooks answer, whatever they say of themselves, and whatever they do."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from amlib.lessons import answer, key, shelf
from amlib.lessons.grade import EMPTY, LIMITS, WRONG, Grade, _state, grade, write_csv
from amlib.lessons.grade import RIGHT as RIGHT_STATE

LESSON = shelf.NOTEBOOKS / "lessons" / "vi" / "05_nps.ipynb"
RIGHT = "kpis.nps(quarter).value[0]"
IN_WORDS = "Tháng năm chỉ có tám khách trả lời nên con số nhảy mạnh, chưa kết luận được gì cả, bên em sẽ hỏi thêm."


@pytest.fixture
def handed_in(tmp_path: Path) -> Callable[..., Path]:
    """Put a trainee's notebook into the folder: answers by number, and cells of their own at the end."""

    def hand_in(name: str, *cells: str, answers: dict[int, str] | None = None, checks: bool = True) -> Path:
        nb = nbformat.read(LESSON, 4)
        for cell in nb.cells:
            for number, text in (answers or {}).items():
                cell.source = cell.source.replace(f"answer_{number} = ...", f"answer_{number} = {text}")
            if not checks and cell.source.startswith("school.check"):
                cell.source = "print('✓ đúng rồi')"
        nb.cells += [nbformat.v4.new_code_cell(source) for source in cells]
        file = tmp_path / "in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nb, file)
        return file

    return hand_in


def of(folder: Path, seconds: float = 60) -> dict[str, Grade]:
    return {one.file: one for one in grade(folder / "in", replace(LIMITS, seconds=seconds))}


def test_answers_count_and_nothing_else_does(handed_in, tmp_path, kept):
    handed_in("an/05.ipynb", answers={1: RIGHT, 4: "3", 5: repr(IN_WORDS)})
    # Checks deleted, an error on the way, a check that is written anew, and progress that was never made.
    forged = "school.check = lambda *_: print('ok')\nfrom amlib.lessons import progress\nprogress.mark('05_nps', 2)"
    handed_in("binh.ipynb", forged, answers={1: "0.99", 3: "no_such_name"}, checks=False)
    found = of(tmp_path)
    an, binh = found["an/05.ipynb"], found["binh.ipynb"]
    assert [*an.states.values()] == ["right", "not answered", "not answered", "wrong", "written"]
    assert (an.done, an.lesson, an.said, an.problem) == (2, "05_nps", IN_WORDS, "")
    assert [*binh.states.values()] == ["wrong", *["not answered"] * 4]
    assert binh.problem.startswith("code cell ")
    assert binh.problem.endswith("raised NameError: name 'no_such_name' is not defined")
    assert not kept.exists()


def test_what_a_notebook_puts_on_its_desk_goes_with_the_grading(handed_in, tmp_path):
    told = tmp_path / "desk"
    handed_in("a.ipynb", f"open({str(told)!r}, 'w').write(str(school.desk))", answers={1: RIGHT})
    assert of(tmp_path)["a.ipynb"].done == 1
    assert "am-lesson-" in told.read_text()
    assert not Path(told.read_text()).exists()


def test_a_notebook_that_hangs_has_a_row_that_says_so(handed_in, tmp_path):
    handed_in("hangs.ipynb", "while True: pass", answers={1: RIGHT})
    assert of(tmp_path, seconds=5) == {
        "hangs.ipynb": Grade("hangs.ipynb", "05_nps", problem="It had not ended after 5 seconds")
    }


def test_a_notebook_that_ends_its_kernel_asks_or_cannot_be_read_has_a_row_that_says_so(handed_in, tmp_path):
    handed_in("b_ends.ipynb", "import os; os._exit(0)")
    handed_in("c_after.ipynb", "print('x' * 1000)", "input()", answers={1: RIGHT})
    (tmp_path / "in" / "d_broken.ipynb").write_text("{")
    (tmp_path / "in" / "e_other.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook()))
    (tmp_path / "in" / "f_list.ipynb").write_text("[]")
    found = of(tmp_path)
    problems = {name: one.problem for name, one in found.items()}
    assert "kernel died" in problems["b_ends.ipynb"]
    assert found["b_ends.ipynb"].states == {}
    assert found["c_after.ipynb"].done == 1
    assert "StdinNotImplementedError" in problems["c_after.ipynb"]
    assert problems["d_broken.ipynb"].startswith("cannot be read as a notebook: ")
    assert problems["e_other.ipynb"] == "is no lesson: no cell calls lesson(…) with the name of one"
    assert problems["f_list.ipynb"].startswith("cannot be read as a notebook: ")


def test_no_cell_of_the_csv_is_a_formula():
    rows = io.StringIO()
    states = {1: "right", 2: "wrong"}
    write_csv(
        [
            Grade("=cmd|' /C calc'!A0.ipynb", "05_nps", states, said='=HYPERLINK("x")\ny', problem="@x"),
            Grade("b.ipynb", problem="-1"),
            Grade("c.ipynb", "05_nps", states, said="＝1"),
        ],
        rows,
    )
    head, first, second, third = csv.reader(io.StringIO(rows.getvalue()))
    assert head == ["file", "lesson", "done", "of", "exercise_1", "exercise_2", "in_words", "problem"]
    assert first == ["'=cmd|' /C calc'!A0.ipynb", "05_nps", "1", "2", "right", "wrong", '\'=HYPERLINK("x")\ny', "'@x"]
    assert second == ["b.ipynb", *[""] * 6, "'-1"]
    assert third[6] == "'＝1"


@pytest.mark.parametrize("first", [*"=+-@\t\r\n＝＋－＠"])
def test_whatever_begins_a_formula_is_text(first):
    rows = io.StringIO()
    write_csv([Grade("a.ipynb", "05_nps", {5: "right"}, said=f"{first}1")], rows)
    # A bare carriage return would end the row where some read it.
    assert f"'{first}1".replace("\r", "\n") in rows.getvalue()


def test_an_answer_is_judged_by_its_tolerance_order_and_length():
    close = key.Exercise(answer.plain(0.3143), tolerance=0.001)
    assert [_state(close, answer.plain(given)) for given in (0.315, 0.316)] == [RIGHT_STATE, WRONG]
    ordered = key.Exercise(answer.plain(["B", "A"]), ordered=True)
    assert [_state(ordered, answer.plain(given)) for given in (["B", "A"], ["A", "B"])] == [RIGHT_STATE, WRONG]
    words = key.Exercise(None, least=3, sentences=1)
    said = ("They pay late.", "No.", "It is so. Is it? It is.", 3)
    assert [_state(words, answer.plain(given)) for given in said] == ["written", WRONG, WRONG, WRONG]
    assert _state(words, None) == EMPTY


def test_a_folder_without_notebooks_is_named(tmp_path):
    with pytest.raises(NotADirectoryError, match="nowhere is no folder of notebooks"):
        grade(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="has no notebook"):
        grade(tmp_path)
    checkpoint = tmp_path / ".ipynb_checkpoints" / "x.ipynb"
    checkpoint.parent.mkdir()
    checkpoint.write_text(json.dumps({}))
    with pytest.raises(FileNotFoundError, match="has no notebook"):
        grade(tmp_path)

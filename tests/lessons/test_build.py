"""A solution that is not written as lessons are is refused, with the cell and what to do."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import nbformat
import pytest

from amlib import starters, words
from amlib.kpis import CATALOGUE
from amlib.lessons import build, key, shelf
from amlib.lessons.source import CHECK, EXERCISE, SOLUTION, Solution, SolutionError, solutions, tags
from amlib.sentences.glossary import TAUGHT


@pytest.fixture
def starter() -> nbformat.NotebookNode:
    """The starter of a lesson: three exercises, of which the last is in words."""
    return nbformat.read(starters.STARTERS / "lesson.ipynb", 4)


@pytest.fixture
def told(tmp_path: Path):
    """What is said against a solution; nothing where it is built."""

    def told(nb: nbformat.NotebookNode) -> str:
        nbformat.write(nb, tmp_path / "77_test.ipynb")
        try:
            build.key_of(Solution(tmp_path / "77_test.ipynb"))
        except SolutionError as error:
            return str(error)
        return ""

    return told


def tagged(nb: nbformat.NotebookNode, tag: str, nth: int = 0) -> nbformat.NotebookNode:
    return [cell for cell in nb.cells if tag in tags(cell)][nth]


def test_the_starter_is_a_solution(starter, told):
    assert told(starter) == ""


def test_each_mistake_of_form_is_named(starter, told):
    def against(change) -> str:
        nb = copy.deepcopy(starter)
        change(nb)
        return told(nb)

    assert against(lambda nb: nb.metadata.amlib.lesson.pop("minutes")) == (
        "77_test.ipynb: metadata amlib.lesson.minutes is to be a int"
    )
    assert "tag 'solutoin' is none of check, en, exercise, setup, solution, vi" in against(
        lambda nb: tagged(nb, SOLUTION).metadata.update(tags=["solutoin"])
    )
    assert "a check is to be one line such as school.check(1, answer_1)" in against(
        lambda nb: tagged(nb, CHECK).update(source="school.check(1, answer_2)")
    )
    assert "its metadata has no 'amlib'" in against(lambda nb: tagged(nb, CHECK).metadata.pop("amlib"))
    assert "numbered 1, 2, 3" in against(lambda nb: nb.cells.remove(tagged(nb, CHECK)))
    assert "one cell tagged 'setup' is to have the line lang = \"vi\"" in against(
        lambda nb: tagged(nb, "setup").update(source="pass")
    )


def test_each_mistake_about_answers_is_named(starter, told):
    def against(change) -> str:
        nb = copy.deepcopy(starter)
        change(tagged(nb, CHECK).metadata.amlib)
        return told(nb)

    assert against(lambda about: about.wrong[0].update(answer="answer_1")).endswith(
        "exercise 1: the wrong answer answer_1 is right"
    )
    assert against(lambda about: about.wrong[0].update(answer="by_hand + 1")).endswith(
        "the wrong answers by_hand + 1 and by_hand are the same"
    )
    assert against(lambda about: about.wrong[0].update(vi=about.wrong[1].vi)).endswith("have the same hint")
    assert against(lambda about: about.wrong[0].update(answer="len")).endswith(
        "a builtin_function_or_method is no answer"
    )
    assert against(lambda about: about.wrong[0].pop("en")).endswith("a wrong answer has no 'en'")
    assert "as many hints are needed in vi as in en" in against(lambda about: about.hints.vi.append("x"))
    assert "one or more" in against(lambda about: about.update(hints={"vi": [], "en": []}))
    # Once solved, by_hand would be September's.
    anew = copy.deepcopy(starter)
    tagged(anew, SOLUTION).source += "\nby_hand = answer_1 * 2"
    assert "the wrong answer by_hand is something else before the exercise is solved" in told(anew)
    # Within the tolerance, so that no trainee would meet its hint.
    within = {"answer": "answer_1 * 1.001"}
    assert against(lambda about: (about.update(tolerance=1e8), about.wrong[0].update(within))).endswith(
        "the wrong answer answer_1 * 1.001 is right"
    )
    assert "the check says tolerence; it may say" in against(lambda about: about.update(tolerence=1))


def test_languages_that_disagree_are_refused(starter, told):
    solution = tagged(starter, SOLUTION)
    other = copy.deepcopy(solution)
    solution.metadata.tags, other.metadata.tags = [SOLUTION, "vi"], [SOLUTION, "en"]
    other.source, other.id = "answer_1 = 1", "other"
    starter.cells.insert(starter.cells.index(solution), other)
    assert told(starter).endswith("exercise 1: the two languages have two right answers")


def test_a_solution_without_an_answer_is_refused_and_an_error_names_its_cell(starter, told):
    unsolved = copy.deepcopy(starter)
    unsolved.cells.remove(tagged(unsolved, SOLUTION))
    unsolved.cells.remove(tagged(unsolved, EXERCISE))
    tagged(unsolved, CHECK).metadata.amlib.wrong = []
    with pytest.raises(NameError) as caught:
        told(unsolved)
    assert "in 77_test.ipynb, the cell\n" in caught.value.__notes__[0]
    tagged(starter, SOLUTION).source = "1 / 0"
    with pytest.raises(ZeroDivisionError) as caught:
        told(starter)
    assert caught.value.__notes__ == ["in 77_test.ipynb, the cell\n1 / 0"]


def test_a_build_writes_lessons_and_key_and_the_same_bytes_again(starter, tmp_path, monkeypatch):
    monkeypatch.setattr(key, "KEYS", tmp_path / "keys")
    monkeypatch.setattr(build, "NOTEBOOKS", shelf.NOTEBOOKS)
    (tmp_path / "solutions").mkdir()
    nbformat.write(starter, tmp_path / "solutions" / "77_test.ipynb")
    written = build.build(["77_test"], tmp_path)
    assert written == [tmp_path / "lessons" / lang / "77_test.ipynb" for lang in words.LANGUAGES]
    files = [*written, tmp_path / "keys" / "77_test.json"]
    before = [file.read_bytes() for file in files]
    build.build(["77_test"], tmp_path)
    assert [file.read_bytes() for file in files] == before
    with pytest.raises(LookupError, match="no solution '78_none'; there are: 77_test"):
        build.build(["78_none"], tmp_path)


def test_an_answer_that_has_changed_is_built_over_the_old_key(starter, tmp_path, monkeypatch):
    monkeypatch.setattr(key, "KEYS", tmp_path / "keys")
    (tmp_path / "solutions").mkdir()
    for cell in starter.cells:
        cell.source = cell.source.replace("00_starter", "77_test")
    right = []
    for more in (0, 5_000):
        tagged(starter, SOLUTION).source += f" + {more}"
        nbformat.write(starter, tmp_path / "solutions" / "77_test.ipynb")
        build.build(["77_test"], tmp_path)
        right.append(key.read(tmp_path / "keys" / "77_test.json")[1].right["value"])
    assert right[1] - right[0] == pytest.approx(5_000, abs=1)


def test_all_are_built_with_the_glossary(tmp_path, monkeypatch):
    monkeypatch.setattr(key, "KEYS", tmp_path / "keys")
    monkeypatch.setattr(build, "TAUGHT", tmp_path / "taught.json")
    (tmp_path / "solutions").mkdir()
    for lang in words.LANGUAGES:
        (tmp_path / "lessons" / lang).mkdir(parents=True)
    written = build.build((), tmp_path)
    assert written == [tmp_path / "lessons" / lang / "glossary.ipynb" for lang in words.LANGUAGES]
    assert all("nps" in file.read_text("utf-8") for file in written)
    assert (tmp_path / "taught.json").read_text("utf-8") == "{}\n"


def test_what_reports_say_of_lessons_is_what_lessons_say_of_themselves():
    assert TAUGHT.read_text("utf-8") == build.taught(shelf.lessons())
    told = json.loads(TAUGHT.read_text("utf-8"))
    for path in solutions(shelf.NOTEBOOKS / "solutions"):
        about = Solution(path).about
        one = {"number": int(path.stem[:2]), "name": path.stem, "title": about["title"]}
        assert [kpi for kpi in CATALOGUE if one in told.get(kpi, [])] == [k for k in CATALOGUE if k in about["kpis"]]


def test_nothing_that_a_solution_has_shown_or_knows_goes_into_the_lesson(starter, tmp_path):
    for cell in starter.cells:
        cell.metadata["leak"] = "SECRET"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [nbformat.v4.new_output("stream", text="SECRET")], 7
        else:
            cell.attachments = {"a.txt": {"text/plain": "SECRET"}}
    nbformat.write(starter, tmp_path / "77_test.ipynb")
    for lang in words.LANGUAGES:
        text = build.text_of(build.lesson_of(Solution(tmp_path / "77_test.ipynb"), lang))
        assert "SECRET" not in text
        assert '"execution_count": 7' not in text


def test_minutes_are_reckoned_of_words_cells_and_exercises():
    nb = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("word " * 240),
            *(nbformat.v4.new_code_cell("1", metadata={"tags": given}) for given in ([], [CHECK])),
        ]
    )
    assert build.minutes(nb) == pytest.approx(240 / 120 + 2 * 0.4 + 3.5)


def test_a_lesson_has_its_language_in_the_set_up_and_nothing_of_the_other(starter, tmp_path):
    nbformat.write(starter, tmp_path / "77_test.ipynb")
    solution = Solution(tmp_path / "77_test.ipynb")
    vi, en = (build.text_of(build.lesson_of(solution, lang)) for lang in words.LANGUAGES)
    assert 'lang = \\"vi\\"' in vi
    assert 'lang = \\"en\\"' in en
    assert "After this you can" in en
    assert "After this you can" not in vi
    assert "answer_1 = ..." in vi
    assert "pass_through.fillna(0)).sum()\\n" in vi  # by hand, in October
    assert vi.count("pass_through.fillna(0)).sum()") == 1

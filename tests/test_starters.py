"""`am new`: starters under new names, and never over what is there."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from amlib import starters
from amlib.__main__ import app
from amlib.lessons.source import Solution
from amlib.reports.plan import read
from amlib.starters import KINDS, StarterError, start


@pytest.mark.parametrize("kind", [*KINDS])
def test_a_copy_stands_where_its_kind_belongs_and_is_never_written_over(kind, tmp_path):
    name = "14_upselling" if kind == "lesson" else "upselling"
    file = start(kind, name, notebooks=tmp_path)
    assert file == tmp_path / KINDS[kind].folder / f"{name}.ipynb"
    nbformat.validate(nbformat.read(file, 4))
    file.write_text("mine")
    with pytest.raises(StarterError, match="there already"):
        start(kind, name, notebooks=tmp_path)
    assert file.read_text() == "mine"


def test_there_is_a_kind_for_every_starter_and_each_has_a_valid_notebook():
    assert {file.stem for file in starters.STARTERS.iterdir()} == {kind.file for kind in KINDS.values()}


@pytest.mark.parametrize(
    "name",
    [*("", ".", "..", "../x", "a/b", "a\\b", "/etc/x", "a b", "Á", "A", "-x", "_x", "1x", "x" * 41),
     *("x.ipynb", "x\n", "x\0", "$(x)", "x;y", "con", "lpt1", "executed")],
)  # fmt: skip
def test_a_name_that_could_lead_elsewhere_is_refused(name, tmp_path):
    for kind in KINDS:
        with pytest.raises(StarterError, match="cannot be the name of a"):
            start(kind, name, notebooks=tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_a_name_near_it_is_proposed():
    with pytest.raises(StarterError, match=r"such as upselling: giu_chan_khach_hang\?$"):
        start("question", "Giữ chân Khách hàng")
    with pytest.raises(StarterError, match=r"its number in two digits, then .* such as 14_upselling: 14_ban_them\?$"):
        start("lesson", "14 Bán thêm")


def test_a_number_has_one_lesson(tmp_path):
    start("lesson", "14_upselling", notebooks=tmp_path)
    with pytest.raises(StarterError, match="Lesson 14 is there already: 14_upselling"):
        start("lesson", "14_other", notebooks=tmp_path)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(StarterError, match="no starter 'story'; there are: question, report, client-report, lesson"):
        start("story", "x", notebooks=tmp_path)
    with pytest.raises(StarterError, match="no language 'fr'; there are: vi, en"):
        start("question", "x", "fr", notebooks=tmp_path)


def test_a_question_is_in_one_language_and_a_report_in_both(tmp_path):
    vi, en = (start("question", f"q_{lang}", lang, tmp_path).read_text("utf-8") for lang in ("vi", "en"))
    assert ("Câu hỏi của tôi" in vi, "My question" in vi, 'lang = \\"vi\\"' in vi) == (True, False, True)
    assert ("Câu hỏi của tôi" in en, "My question" in en, 'lang = \\"en\\"' in en) == (False, True, True)
    for kind in ("report", "client-report"):
        start(kind, kind.replace("-", "_"), notebooks=tmp_path)
    assert {(one.name, one.per) for one in read(tmp_path / "reports")} == {
        ("report", "book"),
        ("client_report", "client"),
    }


def test_a_lesson_bears_its_own_name(tmp_path):
    solution = Solution(start("lesson", "14_upselling", notebooks=tmp_path))
    assert 'lesson("14_upselling", lang)' in "".join(cell.source for cell in solution.nb.cells)
    assert "00_starter" not in solution.path.read_text("utf-8")


@pytest.mark.parametrize(("kind", "lang"), [("report", "vi"), ("client-report", "en")])
def test_a_new_report_is_made_as_it_is(kind, lang, tmp_path, sample_folder: Path):
    start(kind, "upselling", notebooks=tmp_path)
    asked = ["report", str(sample_folder)]
    asked += ["--notebooks", str(tmp_path / "reports"), "--out", str(tmp_path / "out"), "--lang", lang, "--jobs", "1"]
    found = CliRunner().invoke(app, [*asked, *(["--client", "KH001"] if kind == "client-report" else [])])
    assert found.exit_code == 0, found.output
    page = tmp_path / "out" / "2026-10" / "upselling" / ("book.html" if kind == "report" else "kh001.html")
    heads = re.findall(r"<h2[^>]*>(.*?)</h2>", page.read_text("utf-8"), re.DOTALL)
    assert len(heads) == 3
    assert "am-tile" in page.read_text("utf-8")


def test_the_command_says_where_it_is_or_why_not(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(starters.start, "__defaults__", ("vi", tmp_path))
    said = CliRunner().invoke(app, ["new", "question", "upselling"])
    assert said.stdout == f"Written: {tmp_path / 'mine' / 'upselling.ipynb'}\nChange it, and run it: make lab\n"
    said = CliRunner().invoke(app, ["new", "report", "upselling"])
    assert said.stdout.splitlines()[1] == "Change it, and run it: am report data/sample --only upselling"
    again = CliRunner().invoke(app, ["new", "question", "upselling"])
    assert (again.exit_code, again.stdout) == (2, "")
    assert "there already" in again.stderr

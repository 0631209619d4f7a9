"""`am lessons`: lists, opens copies, builds, grades."""

from __future__ import annotations

import csv
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner, Result

from amlib import learning
from amlib.__main__ import app
from amlib.kpis import CATALOGUE
from amlib.lessons import build, glossary, grade, progress, shelf
from amlib.lessons.sections import link


def am(*asked: str) -> Result:
    return CliRunner().invoke(app, ["lessons", *asked])


@pytest.fixture
def notebooks(tmp_path, monkeypatch) -> Path:
    """The folder of notebooks, a copy of which copies are made."""
    folder = tmp_path / "notebooks"
    for file in (shelf.NOTEBOOKS / "lessons").rglob("*.ipynb"):
        copy = folder / file.relative_to(shelf.NOTEBOOKS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    monkeypatch.setattr(shelf, "NOTEBOOKS", folder)
    for function in (shelf.lessons, shelf.find, shelf.own_copies):
        monkeypatch.setattr(function, "__defaults__", (folder,))
    return folder


def test_they_are_listed_with_minutes_and_what_is_done():
    progress.mark("05_nps", 2)
    for lang in ("vi", "en"):
        lines = am("--lang", lang).stdout.splitlines()
        for lesson, line in zip(shelf.lessons(), lines[1:-1], strict=True):
            done = 1 if lesson.name == "05_nps" else 0
            said = [str(lesson.number), *lesson.title[lang].split(), str(lesson.minutes)]
            assert line.split() == [*said, f"{done}/{len(lesson.exercises)}"]
    assert am("--lang", "fr").exit_code == 2


def test_the_list_says_how_the_next_lesson_is_opened():
    first, second, *others = shelf.lessons()

    def last(*asked: str) -> str:
        return am(*asked).stdout.splitlines()[-1]

    assert last() == "am lessons 1 opens the next one in JupyterLab."
    for lesson in (first, *others):
        for number in lesson.exercises:
            progress.mark(lesson.name, number)
    assert last("--lang", "en") == "am lessons 2 --lang en opens the next one in JupyterLab."
    for number in second.exercises:
        progress.mark(second.name, number)
    assert last() == "All lessons are done."


def test_damaged_progress_is_said_beside_the_list(kept):
    kept.parent.mkdir()
    kept.write_text("{")
    found = am()
    assert "cannot be read as progress" in found.stderr
    assert "0/5" in found.stdout


def test_a_lesson_is_opened_as_a_copy_that_is_kept(notebooks, monkeypatch):
    called = []
    monkeypatch.setattr(
        learning.subprocess, "call", lambda command, env: called.append((command[1:], env["PATH"])) or 0
    )
    assert am("5").exit_code == 0
    copy = notebooks / "mine" / "vi" / "05_nps.ipynb"
    ((command, path),) = called
    assert command == ["-m", "jupyter", "lab", f"--ServerApp.root_dir={notebooks}", str(copy)]
    assert path.split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert copy.read_bytes() == (notebooks / "lessons" / "vi" / "05_nps.ipynb").read_bytes()
    copy.write_text("solved")
    for read in ("welcome", "glossary"):
        (copy.parent / f"{read}.ipynb").write_text("old")
    said = am("5", "--print")
    assert said.stdout == f"jupyter lab --ServerApp.root_dir={notebooks} {copy}\n"
    assert copy.read_text() == "solved"
    for read in ("welcome", "glossary"):
        assert (copy.parent / f"{read}.ipynb").read_text("utf-8") != "old"
    assert am("--lang", "en", "5", "--print").stdout.endswith("/mine/en/05_nps.ipynb\n")
    assert am("open", "--lang", "en", "--print").stdout.endswith("/mine/en/welcome.ipynb\n")
    assert len(called) == 1
    by_name = am("nps")
    assert by_name.exit_code == 2
    assert "There is no 'nps' here." in by_name.stderr
    assert "open, build, grade" in by_name.stderr
    missing = am("99")
    assert missing.exit_code == 2
    assert missing.stderr.startswith("There is no lesson 99; there are: ")


def test_what_was_handed_in_is_graded_into_a_csv(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "lan.ipynb").write_text("{")
    found = am("grade", str(tmp_path / "in"), "--csv", str(tmp_path / "grades.csv"))
    assert found.exit_code == 1
    assert found.stdout.startswith("lan.ipynb  –  cannot be read as a notebook")
    assert (tmp_path / "grades.csv").read_bytes().startswith(b"\xef\xbb\xbf"), "Excel reads Vietnamese by this mark"
    with (tmp_path / "grades.csv").open(encoding="utf-8-sig") as file:
        assert [row["file"] for row in csv.DictReader(file)] == ["lan.ipynb"]
    assert am("grade", str(tmp_path / "nowhere")).exit_code == 2


def test_where_all_could_be_graded_the_command_ends_well_and_says_how_many_are_right(monkeypatch, tmp_path):
    asked = []
    graded = [grade.Grade("lan.ipynb", "05_nps", {1: grade.RIGHT, 2: grade.WRONG})]
    monkeypatch.setattr(grade, "grade", lambda folder, limits: asked.append((folder, limits.seconds)) or graded)
    found = am("grade", str(tmp_path), "--seconds", "7")
    assert (found.exit_code, found.stdout) == (0, "lan.ipynb  05_nps  1/2\n")
    assert asked == [(tmp_path, 7)]


def test_a_name_that_no_solution_has_is_not_built():
    found = am("build", "99_none")
    assert found.exit_code == 2
    assert found.stderr.startswith("There is no solution '99_none'; there are: ")


# -- links between lessons, reports and the glossary


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_link_leads_somewhere(lang):
    folder = shelf.NOTEBOOKS / "lessons" / lang
    followed = 0
    for file in folder.glob("*.ipynb"):
        for cell in nbformat.read(file, 4).cells:
            for target, fragment in re.findall(r"\]\(([^)#\s]+)(?:#cell-id=([\w-]+))?\)", cell.source):
                there = nbformat.read((folder / target).resolve(), 4)
                assert not fragment or fragment in {one.id for one in there.cells}, (file.name, target, fragment)
                followed += 1
    assert followed > 50


def test_a_report_section_is_the_one_whose_code_asks_for_the_kpi():
    def of(report: str, kpi: str) -> str:
        return link(shelf.NOTEBOOKS / "reports" / f"{report}.ipynb", kpi, "en").text

    assert of("kpi_review", "nps") == (
        "The agency's KPIs this month · How content are clients, and how long do they wait?"
    )
    assert of("kpi_review", "renewal_rate") == "The agency's KPIs this month · Do clients and their fees stay?"
    review = "The account manager's review"
    assert of("am_review", "returning_clients") == f"{review} · Where does the manager stand among the others?"
    assert of("glossary", "complaint_rate") == "KPI glossary · Are clients content, and are they answered in time?"
    assert of("receivables", "reconciliation") == "Receivables · Do the clients' ledgers agree with our book?"
    assert of("pay_benchmark", "revenue") == "Pay benchmark of the account trade"  # a parameter and a column there
    assert of("receivables", "nps") == "Receivables"


def test_the_glossary_has_every_kpi_in_both_languages():
    for lang in ("vi", "en"):
        cells = {
            cell.id: cell.source for cell in nbformat.read(shelf.NOTEBOOKS / f"lessons/{lang}/glossary.ipynb", 4).cells
        }
        for kpi, of in CATALOGUE.items():
            name, definition = (of.vi, of.definition_vi) if lang == "vi" else (of.en, of.definition)
            assert cells[kpi].startswith(f"### {name}\n\n`{kpi}` – {definition}")
        assert "(05_nps.ipynb)" in cells["nps"]


def test_the_committed_glossary_is_what_a_build_writes():
    for lang in ("vi", "en"):
        file = shelf.NOTEBOOKS / "lessons" / lang / "glossary.ipynb"
        assert file.read_text("utf-8") == build.text_of(glossary.glossary(lang, shelf.lessons(), shelf.NOTEBOOKS))

"""A KPI, a report and a lesson are added as CONTRIBUTING.md tells it, to the letter, in a copy of this repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import nbformat
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
TOLD = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
KEPT = {"01_job", "05_nps"}
"""The lessons that a copy begins with: to build all of them takes half a minute each time, and shows no more."""


def section(name: str) -> str:
    return re.search(rf"## {name}\n(.*?)(?=\n## |\Z)", TOLD, re.DOTALL)[1]


def blocks(text: str, language: str) -> list[str]:
    return [dedent(found) for found in re.findall(rf"^ *```{language}\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)]


class Clone:
    """The repository under another folder, where things are added."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("amlib", "data", "notebooks", "templates", "tests"):
            ignored = shutil.ignore_patterns("__pycache__", "mine", ".ipynb_checkpoints")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        for name in {path.stem for path in (ROOT / "notebooks" / "solutions").glob("*.ipynb")} - KEPT:
            (folder / "amlib" / "lessons" / "answers" / f"{name}.json").unlink()
            for place in ("solutions", "lessons/vi", "lessons/en"):
                (folder / "notebooks" / place / f"{name}.ipynb").unlink()
        for name in ("pyproject.toml", "conftest.py"):
            shutil.copy(ROOT / name, folder / name)

    def add(self, block: str, mark: str = "#") -> None:
        """A block to the end of the file that its first line names; a new one where there is none."""
        head, rest = block.split("\n", 1)
        file = self.folder / head.removeprefix(mark).strip()
        before = file.read_text("utf-8") + "\n\n" if file.exists() else ""
        file.write_text(before + rest, "utf-8")

    def put(self, file: str, after: str, text: str) -> None:
        """A text after the first place where another one stands."""
        there = (self.folder / file).read_text("utf-8")
        assert after in there
        (self.folder / file).write_text(there.replace(after, after + text, 1), "utf-8")

    def run(self, block: str) -> str:
        """The commands of a block, by this interpreter; what they print."""
        command = block.replace("python ", f"{sys.executable} ").replace("am ", f"{sys.executable} -m amlib ")
        # Other engines and what else is beside this repository are for its own tests.
        alone = '-n 0 -q -p no:cacheprovider -m "not postgres and not spark"'
        command = re.sub(r"(pytest .*)", rf"\1 {alone}", command)
        given = {**os.environ, "PYTHONPATH": str(self.folder), "CI": ""}
        ran = subprocess.run(
            ["bash", "-euc", command], cwd=self.folder, env=given, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, f"{block}\n{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"
        return ran.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "amlib-clone")


def test_a_kpi_is_added(clone):
    function, asked = blocks(section("Add a KPI"), "python")
    (sql,) = blocks(section("Add a KPI"), "sql")
    clone.add(function)
    clone.put("amlib/kpis/__init__.py", "from .billing import (\n", "    invoices_per_client,\n")
    clone.put("amlib/kpis/__init__.py", "__all__ = [\n", '    "invoices_per_client",\n')
    clone.add(sql, "--")
    clone.put("tests/asked.py", "ASKED = {\n", asked.split("\n", 1)[1])
    (commands,) = blocks(section("Add a KPI"), "sh")
    said = clone.run(commands)
    assert re.search(r"\d{2} passed", said)
    assert "Số hóa đơn trên mỗi khách hàng" in said
    assert "9/2026" in said or "2026-09" in said
    assert "`invoices_per_client`" in (clone.folder / "notebooks/lessons/vi/glossary.ipynb").read_text("utf-8")


def test_a_report_is_added(clone):
    made, tested = blocks(section("Add a report"), "sh")
    clone.run(made)
    assert (clone.folder / "out/2026-10/upselling/book.html").exists()
    said = clone.run(tested.replace("tests/notebooks", "tests/notebooks --ignore tests/notebooks/test_browser.py"))
    assert re.search(r"\d+ passed", said)


def test_a_lesson_is_added(clone):
    new, built = blocks(section("Add a lesson"), "sh")
    clone.run(new)
    (picture,) = blocks(section("Add a lesson"), "python")
    clone.add(picture)
    file = clone.folder / "notebooks" / "solutions" / "14_upselling.ipynb"
    nb = nbformat.read(file, 4)
    at = next(i for i, cell in enumerate(nb.cells) if cell.source.startswith("found = kpis.revenue"))
    twins = [nbformat.v4.new_markdown_cell(f"{lang}.", metadata={"tags": [lang]}) for lang in ("vi", "en")]
    drawn = 'largest = kpis.revenue(october, by="client_id").nlargest(3, "value")\nschool.picture("fees", largest)'
    nb.cells[at + 1 : at + 1] = [*twins, nbformat.v4.new_code_cell(drawn)]
    nbformat.write(nb, file)
    # The starter is shorter than a lesson is.
    said = clone.run(built.replace("-k 14_upselling", '-k "14_upselling and not minutes"'))
    assert re.search(r"\d+ passed", said)
    for lang in ("vi", "en"):
        assert (clone.folder / f"notebooks/lessons/{lang}/14_upselling.ipynb").exists()
    assert "14_upselling.ipynb" in (clone.folder / "notebooks/lessons/en/glossary.ipynb").read_text("utf-8")
    assert "14  A new lesson" in clone.run("am lessons --lang en")

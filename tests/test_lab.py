"""The sliders and a lesson in a real JupyterLab, in a real browser.

Runs where ipywidgets, Playwright and a Chromium are installed: `pip install ipywidgets playwright`.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from amlib.lessons import progress, shelf
from amlib.lessons.source import SOLUTION, Solution, tags

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
TOKEN = "of-this-test"

# Ports that no program beside us is given: until JupyterLab listens, a kernel or Spark could answer at one it is.
BELOW_THE_SYSTEMS_OWN = (20_000, 32_000)


def needed(name: str) -> ModuleType:
    """A module; where tests decide whether a change lands none is skipped for want of one."""
    return importlib.import_module(name) if os.environ.get("CI") else pytest.importorskip(name)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """The address of a notebook in a JupyterLab over a folder of the test's own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", random.randrange(*BELOW_THE_SYSTEMS_OWN)))
        port = free.getsockname()[1]
    own = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    given = {**os.environ, **own, "PYTHONPATH": str(ROOT), progress.PLACE: str(tmp_path / "progress.json")}
    asked = [f"--port={port}", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={tmp_path}"]
    fixed = ["--allow-root", "--no-browser", "--ip=127.0.0.1", "--ServerApp.port_retries=0"]
    command = [sys.executable, "-m", "jupyterlab", *fixed, *asked]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log, env=given) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/api/status?token={TOKEN}", server)
            yield lambda notebook: f"{address}/lab/tree/{notebook}?token={TOKEN}"
        finally:
            server.terminate()  # with its kernels


@contextmanager
def opened(address: str) -> Iterator[Page]:
    """A notebook in a browser, all its cells run once."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with needed("playwright.sync_api").sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 12000})  # cells out of sight are not there
        page.set_default_timeout(60_000)
        page.goto(address)
        page.wait_for_selector(".jp-StatusBar-Widget :text('| Idle')")
        page.click("text=Run >> nth=0")
        page.click(".lm-Menu-itemLabel:has-text('Run All Cells') >> nth=0")
        yield page
        browser.close()


def wait_for(address: str, server: subprocess.Popen) -> None:
    while server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=60).close()
            return
        except urllib.error.URLError:
            continue
    pytest.fail("JupyterLab has ended")


def test_a_slider_that_is_moved_changes_the_answer(lab, tmp_path: Path):
    needed("ipywidgets")
    source = (ROOT / "notebooks" / "reports" / "pay_benchmark.ipynb").read_text("utf-8")
    sample = json.dumps(str(ROOT / "data" / "sample"))[1:-1]
    (tmp_path / "pay.ipynb").write_text(source.replace("../../data/sample", sample), encoding="utf-8")
    with opened(lab("pay.ipynb")) as page:
        answer = page.locator(".widget-interact .am-say")
        first = answer.inner_text()
        assert re.search(r"Mức đề nghị [\d,]+ triệu đồng gross một tháng cho cấp Account Manager", first)
        level, city = page.locator(".widget-interact select").nth(0), page.locator(".widget-interact select").nth(1)
        assert "".join(city.locator("option:checked").inner_text().split()) == "mọinơi"
        page.locator(".widget-interact .noUi-handle").focus()
        page.keyboard.press("ArrowRight")
        answer.filter(has_not_text=first[:30]).wait_for()
        level.select_option(index=0)
        answer.filter(has_text="cho cấp Account Executive").wait_for()


def test_a_definition_in_a_report_leads_to_the_lesson_that_teaches_it(lab, tmp_path: Path):
    shutil.copytree(shelf.NOTEBOOKS / "lessons" / "vi", tmp_path / "lessons" / "vi")
    source = (shelf.NOTEBOOKS / "reports" / "glossary.ipynb").read_text("utf-8")
    sample = json.dumps(str(ROOT / "data" / "sample"))[1:-1]
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "glossary.ipynb").write_text(source.replace("../../data/sample", sample), encoding="utf-8")
    with opened(lab("reports/glossary.ipynb")) as page:
        page.locator(".am-lesson a").filter(has_text="Bài 5").first.click()
        page.locator(".lm-TabBar-tabLabel").filter(has_text="05_nps.ipynb").wait_for()


def test_the_first_lesson_is_run_and_its_check_turns_green(lab, tmp_path: Path):
    lesson = shelf.lessons()[0]
    shutil.copy(shelf.NOTEBOOKS / "lessons" / "vi" / f"{lesson.name}.ipynb", tmp_path / "lesson.ipynb")
    solution = Solution(shelf.NOTEBOOKS / "solutions" / f"{lesson.name}.ipynb")
    solved = next(cell.source for cell in solution.nb.cells if SOLUTION in tags(cell))
    with opened(lab("lesson.ipynb")) as page:
        said = page.locator(".am-aside")
        said.filter(has_text=re.compile("… Bài tập 1: chưa trả lời")).wait_for()
        exercise = page.locator(".jp-CodeCell .cm-content").filter(has_text="answer_1 = ...")
        exercise.click()
        page.keyboard.press("ControlOrMeta+End")
        page.keyboard.insert_text("\n" + solved)
        page.keyboard.press("Shift+Enter")
        page.keyboard.press("Shift+Enter")
        green = page.locator(".am-aside.am-right")
        green.filter(has_text=re.compile("✓ Bài tập 1: đúng rồi")).wait_for()
        assert green.evaluate("line => getComputedStyle(line).borderLeftColor") == "rgb(63, 143, 91)"
    assert json.loads((tmp_path / "progress.json").read_text()) == {lesson.name: [1]}

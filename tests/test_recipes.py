"""The README's recipes for cron, GitHub Actions and Airflow are run as they stand there.

Airflow itself would bring its own world of packages: a stand-in of the two classes records what the recipe asks for.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import yaml

from amlib import sample

pytestmark = pytest.mark.slow

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
ROOT = Path(__file__).parents[1]

# What the recipes ask for: the weekday and day, and the month before.
DATE = """\
#!/bin/sh
case "$*" in
  +%u-%d) echo "$AM_TEST_DAY" ;;
  "-d last month +%Y-%m") echo 2026-10 ;;
  *) echo "date $*?" >&2; exit 9 ;;
esac
"""


def recipe(language: str) -> str:
    """The section's only block of this language."""
    section = README.split("## Every month, by itself")[1].split("\n### ")[0]
    (found,) = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    return found


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest sample agency."""
    return sample.write(tmp_path_factory.mktemp("recipes") / "book", clients=1, months=2, until="2026-10")


@pytest.fixture
def sh(tmp_path: Path, book: Path) -> Callable[..., subprocess.CompletedProcess]:
    """Runs a command of a recipe in a folder with the toolkit's `.venv`, on the first working day by default."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "date").write_text(DATE)
    (tmp_path / "bin" / "date").chmod(0o755)
    places = {"/srv/amlib": tmp_path, "/srv/book": book, "/srv/reports": tmp_path / "out", "path/to/book": book}

    def sh(command: str, day: str = "1-02", **environment: str) -> subprocess.CompletedProcess:
        for place, here in places.items():
            command = command.replace(place, str(here))
        path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, **environment, "PATH": path, "AM_TEST_DAY": day}
        return subprocess.run(
            ["sh", "-ec", command], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True
        )

    return sh


def assert_made(folder: Path) -> None:
    reports = json.loads((folder / "2026-10" / "manifest.json").read_text(encoding="utf-8"))["reports"]
    assert {report["notebook"] for report in reports} == {path.stem for path in ROOT.glob("notebooks/reports/*.ipynb")}
    assert {report["status"] for report in reports} == {"ok"}


def assert_is_schedule(fields: list[str]) -> None:
    """Five fields of cron: minute, hour, day, month, weekday."""
    ranges = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
    assert len(fields) == 5
    for field, (least, most) in zip(fields, ranges, strict=True):
        assert field == "*" or all(least <= int(n) <= most for n in re.split("[-,]", field)), field


def test_cron(sh: Callable[..., subprocess.CompletedProcess], tmp_path: Path):
    (line,) = recipe("cron").splitlines()
    *fields, command = line.split(maxsplit=5)
    assert_is_schedule(fields)
    assert not re.findall(r"(?<!\\)%", command), "cron takes what follows a % for input"
    command = command.replace("\\%", "%")
    for day in ("6-01", "7-02", "2-02", "3-03"):
        assert sh(command, day).returncode == 0
    assert not (tmp_path / "out").exists()
    done = sh(command)
    log = (tmp_path / "out.log").read_text(encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), log
    assert log.endswith(f"0 failed: {tmp_path / 'out' / '2026-10' / 'index.html'}\n")
    assert_made(tmp_path / "out")
    # The next day there is nothing to do.
    assert sh(command, "3-01").returncode == 0
    assert (tmp_path / "out.log").read_text(encoding="utf-8").splitlines()[-1].startswith("Nothing has changed")


def test_github_actions(sh: Callable[..., subprocess.CompletedProcess], tmp_path: Path):
    workflow = yaml.safe_load(recipe("yaml"))
    when = workflow.get("on", workflow.get(True))  # YAML 1.1 reads `on` as true
    assert "workflow_dispatch" in when
    for schedule in when["schedule"]:
        assert_is_schedule(schedule["cron"].split())
    assert workflow["permissions"] == {"contents": "read"}
    assert "secrets." not in recipe("yaml")
    (job,) = workflow["jobs"].values()
    steps = job["steps"]
    assert [step.get("uses", "").partition("@")[0] for step in steps if "uses" in step] == [
        "actions/checkout",
        "actions/setup-python",
        "actions/upload-artifact",
    ]
    set_up, make = (step["run"] for step in steps if "run" in step)
    # What it would install is here already: make only says how it would.
    assert set_up.startswith("make ")
    said = subprocess.run([*set_up.split(), "--dry-run", "VENV=.venv-new"], cwd=ROOT, capture_output=True, text=True)
    assert (said.returncode, said.stderr) == (0, "")
    assert "--editable ." in said.stdout
    assert sh(make, "6-01", GITHUB_EVENT_NAME="schedule").returncode == 0
    assert not (tmp_path / "out").exists()
    done = sh(make, "3-01", GITHUB_EVENT_NAME="schedule")
    assert done.returncode == 0, done.stderr
    (kept,) = (step["with"]["path"] for step in steps if "upload-artifact" in step.get("uses", ""))
    assert_made(tmp_path / kept)
    assert "Nothing has changed" in sh(make, "6-17", GITHUB_EVENT_NAME="workflow_dispatch").stdout


def test_airflow(sh: Callable[..., subprocess.CompletedProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    dags: list[SimpleNamespace] = []

    class Dag:
        def __init__(self, dag_id: str, **given: Any) -> None:
            self.dag = SimpleNamespace(dag_id=dag_id, tasks=[], **given)

        def __enter__(self) -> None:
            dags.append(self.dag)

        def __exit__(self, *_: object) -> None:
            pass

    def bash_operator(**given: Any) -> None:
        dags[-1].tasks.append(SimpleNamespace(**given))

    stand_in: dict[str, dict] = {
        "airflow": {},
        "airflow.sdk": {"DAG": Dag},
        "airflow.providers": {},
        "airflow.providers.standard": {},
        "airflow.providers.standard.operators": {},
        "airflow.providers.standard.operators.bash": {"BashOperator": bash_operator},
    }
    for name, content in stand_in.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    exec(compile(recipe("python"), "the README's DAG", "exec"), {})
    (dag,) = dags
    assert_is_schedule(dag.schedule.split())
    assert dag.catchup is False
    (task,) = dag.tasks
    # Airflow takes what stands between double braces for its own.
    assert "{{" not in task.bash_command
    done = sh(task.bash_command)
    assert done.returncode == 0, done.stderr
    assert_made(tmp_path / "out")

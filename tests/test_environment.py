"""environment.yml (conda) and constraints.txt (pip) are held against pyproject.toml."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# What conda-forge calls otherwise than PyPI.
PYPI_NAMES = {"python-duckdb": "duckdb", "ibis-framework-core": "ibis-framework", "matplotlib-base": "matplotlib"}


def asked_for() -> dict[str, Requirement]:
    return named([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]])


def named(requirements: Iterable[str]) -> dict[str, Requirement]:
    return {canonicalize_name(r.name): r for r in map(Requirement, requirements)}


def test_conda_has_the_same_packages_and_bounds():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *listed, by_pip = environment["dependencies"]
    own, *not_of_conda = by_pip["pip"]
    assert own == "--editable ."
    listed += not_of_conda
    conda = {}
    for entry in listed:
        name, bounds = re.fullmatch(r"([a-z0-9-]+)(.*)", entry).groups()
        conda[PYPI_NAMES.get(name, name)] = bounds
    assert conda.pop("pip") == ""
    assert conda.pop("python") == PROJECT["requires-python"]
    bounds = {name: Requirement(name + text).specifier for name, text in conda.items()}
    assert bounds == {name: requirement.specifier for name, requirement in asked_for().items()}


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_every_package_is_pinned_within_its_bounds():
    pinned = {canonicalize_name(name): version for name, version in constraints().items()}
    extras = named(chain(*PROJECT["optional-dependencies"].values()))
    for name, requirement in (asked_for() | extras).items():
        assert name in pinned, f"{name} has no line in constraints.txt"
        assert requirement.specifier.contains(pinned[name]), (
            f"{name}=={pinned[name]} is outside {requirement.specifier}"
        )


def test_constraints_carry_no_address():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "@" not in text


@pytest.mark.parametrize("name", ["amlib", "notebooks", "templates", "data", "tests"])
def test_the_folders_of_the_house_stand_at_the_top(name):
    assert (ROOT / name).is_dir()


def test_opening_a_book_waits_for_nothing_that_only_some_figures_need():
    """scipy.stats alone takes most of a second, in every command and every process of a run."""
    asked = "import sys, amlib.book, amlib.kpis, amlib.health; print(sorted({*sys.modules} & {*sys.argv[1:]}))"
    heavy = ["scipy.stats", "scipy.optimize", "matplotlib", "pandera", "IPython"]
    said = subprocess.run([sys.executable, "-c", asked, *heavy], check=True, capture_output=True, text=True).stdout
    assert said == "[]\n"


def test_a_process_that_knows_notebooks_builds_no_grammar():
    """`jsonschema` from 4.25 on does, 38 of them, for what no notebook says: by Lark, within a second."""
    asked = "import sys, amlib.reports.run; print('nbformat' in sys.modules, 'lark' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True).stdout
    assert said == "True False\n"

"""Folders of exports, and what `am init` makes of them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from amlib.__main__ import app


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder: each keyword a file, `hoa_don.csv` as hoa_don; the text may be indented as the test is."""

    def folder(**files: str) -> Path:
        for name, content in files.items():
            (tmp_path / f"{name}.csv").write_text(textwrap.dedent(content).lstrip("\n"), encoding="utf-8")
        return tmp_path

    return folder


@pytest.fixture
def init() -> Callable[..., Result]:
    """Run `am init` on a folder; without answers with --yes."""

    def init(folder: Path, *options: str, answers: str | None = None) -> Result:
        asked = ["--yes"] if answers is None else []
        return CliRunner().invoke(app, ["init", str(folder), *asked, *options], input=answers)

    return init

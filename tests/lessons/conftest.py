"""The school without its pupil's own progress."""

from __future__ import annotations

import pytest

from amlib import show
from amlib.lessons import progress


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """The file that progress is kept in, new for each test."""
    file = tmp_path / "home" / "progress.json"
    monkeypatch.setenv(progress.PLACE, str(file))
    return file


@pytest.fixture
def shown(monkeypatch) -> list[str]:
    """What notebooks of this test say, as plain text."""
    said = []

    def display(thing: object, **_: object) -> None:
        said.append(thing["text/plain"] if isinstance(thing, dict) else thing.data)

    monkeypatch.setattr(show, "display", display)
    return said

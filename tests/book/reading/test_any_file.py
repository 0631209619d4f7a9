"""No file of any kind gives a traceback, and no row of one is lost; `python -m benchmarks fuzz` asks 10,000 files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from any_file import PROPERTIES
from hypothesis import given, settings


@pytest.mark.parametrize("kind", PROPERTIES)
def test_any_file(kind):
    cases, holds = PROPERTIES[kind]

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(cases)
    def each(case):
        with tempfile.TemporaryDirectory() as folder:
            holds(Path(folder), case)

    each()

"""Files of any kind by the thousand: what the tests ask of a few hundred, asked of 10,000."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

CASES = 10_000


def run(only: str = "") -> None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from any_file import PROPERTIES

    asked = {kind: prop for kind, prop in PROPERTIES.items() if only in kind}
    for kind, (cases, holds) in asked.items():
        begun, each = time.perf_counter(), CASES // len(asked)

        _ask(cases, holds, each)
        took = time.perf_counter() - begun
        print(f"fuzz {kind}: {each:,} cases without a traceback or a row lost, {took:.0f} s")


def _ask(cases: SearchStrategy, holds: Callable[[Path, object], None], number: int) -> None:
    @settings(max_examples=number, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(cases)
    def one(case: object) -> None:
        with tempfile.TemporaryDirectory() as folder:
            holds(Path(folder), case)

    one()

"""`make bench`: how fast KPIs and reports are, as ratios measured in one run. `python -m benchmarks big` runs one.

`python -m benchmarks frames:revenue` asks only the KPIs with that in their names. What was wanted and not reached is
named in the end, and the exit code is 1 then.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks import big, factory, frames, fuzz, health, page, sizes, small
from benchmarks.wanted import MISSED

BENCHMARKS = {
    "small": small.run,
    "frames": frames.run,
    "big": big.run,
    "health": health.run,
    "factory": factory.run_factory,
    "many": factory.run_many,
    "flat": factory.run_flat,
    "page": page.run,
    "huge": big.run_huge,
    "fuzz": fuzz.run,
    "sizes": sizes.run,
    "sizes_postgres": sizes.run_postgres,
}


def main(asked: Sequence[str]) -> int:
    """Run some benchmarks, those of `make bench` where none is named; 1 where what was wanted was not reached."""
    for one in asked or ["small", "frames", "big", "health", "factory", "many", "flat", "page"]:
        name, _, only = one.partition(":")
        BENCHMARKS[name](*([only] if only else []))
    for what in MISSED:
        print(f"Not reached: {what}", file=sys.stderr)
    return 1 if MISSED else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

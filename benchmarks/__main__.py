"""`make bench`: how fast KPIs and reports are, as ratios measured in one run. `python -m benchmarks big` runs one.

`python -m benchmarks frames:revenue` asks only the KPIs with that in their names.
"""

from __future__ import annotations

import sys

from benchmarks import big, factory, frames, fuzz, health, page, sizes, small

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

if __name__ == "__main__":
    for asked in sys.argv[1:] or ["small", "frames", "big", "health", "factory", "many", "flat", "page"]:
        name, _, only = asked.partition(":")
        BENCHMARKS[name](*([only] if only else []))

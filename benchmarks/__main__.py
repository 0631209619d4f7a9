"""`make bench`: how fast the KPIs are, as ratios measured in one run. `python -m benchmarks big` runs one of them.

`python -m benchmarks frames:revenue` asks only the KPIs with that in their names.
"""

from __future__ import annotations

import sys

from benchmarks import big, frames, small

if __name__ == "__main__":
    asked = sys.argv[1:] or ["small", "frames", "big"]
    for name, _, only in (one.partition(":") for one in asked):
        {"small": small.run, "frames": lambda o=only: frames.run(o), "big": big.run, "huge": big.run_huge}[name]()

"""`make bench`: how fast the KPIs are, as ratios measured in one run. `python -m benchmarks big` runs one of them."""

from __future__ import annotations

import sys

from benchmarks import big, frames, small

if __name__ == "__main__":
    asked = sys.argv[1:] or ["small", "frames", "big"]
    for name in asked:
        {"small": small.run, "frames": frames.run, "big": big.run, "huge": big.run_huge}[name]()

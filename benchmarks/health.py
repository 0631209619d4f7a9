"""The health of all clients in all months: together, and one month after the other."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from amlib import health, sample
from amlib.book import open_book, save_book

from .wanted import wanted

BOOK = Path(__file__).parents[1] / "data" / "sample"
MONTH, MONTHS = "2026-10", 36

# In a process of its own, whose peak is its own.
LARGE = f"""
import sys, time
from amlib import health
from amlib.book import open_book
from benchmarks.memory import peak_mb
begin = time.process_time()
found = health.history(open_book(sys.argv[1]), "{MONTH}", {MONTHS})
taken = time.process_time() - begin
print(len(found), taken, peak_mb())
"""


def run() -> None:
    """36 months of the sample at once against each alone; 36 months of 5,000 clients; the sample's back-test."""
    book = open_book(BOOK)
    together = _seconds(lambda: health.history(book, MONTH, MONTHS))
    first = health.history(book, MONTH, MONTHS).month
    alone = _seconds(lambda: [health.score(health.measures(book, month)) for month in first.unique()])
    print(f"\n36 months of 60 clients: together {together:.2f} s, one after the other {alone:.2f} s")
    wanted(f"health: the sample in under 2 s of processor time ({together:.2f})", together < 2)
    print(f"back-test of 60 clients: {_seconds(lambda: health.backtest(book, MONTH)):.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        save_book(open_book(sample.write(Path(folder) / "made", clients=5000, months=MONTHS)), Path(folder) / "saved")
        command = [sys.executable, "-c", LARGE, str(Path(folder) / "saved")]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    scores, taken, peak = map(float, printed.split())
    print(f"5,000 clients, {scores:,.0f} scores: {taken:.1f} s of processor time, peak {peak:.0f} MB")
    wanted(f"health: 5,000 clients in under 20 s ({taken:.1f})", taken < 20)
    wanted(f"health: 5,000 clients within 1 GB ({peak:.0f} MB)", peak < 1024)


def _seconds(call: Callable[[], object]) -> float:
    """Processor time of a call, after one that compiles."""
    call()
    begin = time.process_time()
    call()
    return time.process_time() - begin

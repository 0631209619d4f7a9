"""The benches can be run, and the README says what they measure; what they measure is `make bench`'s."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_readme_of_the_benches_has_them_all():
    from benchmarks.__main__ import BENCHMARKS

    table = re.findall(r"^\| `(\w+)` \|", (ROOT / "benchmarks" / "README.md").read_text(), re.MULTILINE)
    assert sorted(table) == sorted(BENCHMARKS)


def test_what_is_not_reached_is_named_in_the_end_and_fails(monkeypatch, capsys):
    from benchmarks import __main__ as bench
    from benchmarks.wanted import wanted

    monkeypatch.setattr(bench, "MISSED", missed := [])
    monkeypatch.setattr("benchmarks.wanted.MISSED", missed)
    monkeypatch.setitem(bench.BENCHMARKS, "quick", lambda: wanted("quick: done", reached=True))
    monkeypatch.setitem(bench.BENCHMARKS, "slow", lambda only: wanted(f"slow: {only} in a second", reached=False))
    assert bench.main(["quick"]) == 0
    assert bench.main(["slow:all", "slow:few", "quick"]) == 1
    said = capsys.readouterr()
    assert said.err == "Not reached: slow: all in a second\nNot reached: slow: few in a second\n"
    assert said.out.splitlines()[-2:] == ["wanted: slow: few in a second: NOT REACHED", "wanted: quick: done: reached"]


def test_the_peak_of_memory_is_what_was_held():
    held = "import numpy; kept = numpy.ones(25_000_000); from benchmarks.memory import peak_mb; print(peak_mb())"
    done = subprocess.run([sys.executable, "-c", held], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 190 < float(done.stdout) < 400


def test_the_factory_makes_reports_of_next_to_nothing():
    """Of a client review, as it is today."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "flat:20"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert re.search(r"^20 tiny reports in ", done.stdout, re.MULTILINE), done.stdout + done.stderr

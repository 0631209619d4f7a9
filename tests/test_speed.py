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
    assert bench.main(["slow:all", "quick"]) == 1
    said = capsys.readouterr()
    assert said.err == "Not reached: slow: all in a second\n"
    assert said.out.splitlines()[-2:] == ["wanted: slow: all in a second: NOT REACHED", "wanted: quick: done: reached"]


def test_the_factory_makes_reports_of_next_to_nothing():
    """Of a client review, as it is today."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "flat:20"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert re.search(r"^20 tiny reports in ", done.stdout, re.MULTILINE), done.stdout + done.stderr

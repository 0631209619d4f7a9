"""A call on a small frame, asked again: the sample book's tables, and a pair of a thousand rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from amlib import kpis
from amlib.book import open_book

from .wanted import wanted

BOOK = Path(__file__).parents[1] / "data" / "sample"
TARGET = 0.015


def run() -> None:
    """Seconds per repeated call of every KPI, on at most 1,000 rows a table and on the whole sample."""
    book = open_book(BOOK)
    known = {"as_of": "2026-09", "month": "2026-09", "quarter": "2026Q3", "since": "2026-06"}
    known["hours"] = book.settings.working_hours
    print(f"{'a repeated call, ms':28}{'first 1,000 rows':>18}{'whole sample':>14}")
    slow = []
    for kpi in kpis.CATALOGUE.values():
        question = {name: known[name] for name in kpi.questions if name in known}
        whole = {name: book.tables[name] for name in kpi.tables}
        few = {name: table.head(1000) for name, table in whole.items()}
        times = [least(partial(kpi.function, **given, **question)) for given in (few, whole)]
        slow += [kpi.id] if times[0] > TARGET else []
        print(f"{kpi.id:28}{times[0] * 1000:18.1f}{times[1] * 1000:14.1f}")
    slower = f" ({', '.join(slow)} more)" if slow else ""
    wanted(f"small: at most {TARGET * 1000:.0f} ms a call on 1,000 rows{slower}", not slow)


def least(call: Callable[[], object], times: int = 25) -> float:
    """The least of several calls, after one that compiles: what else runs on a machine only adds."""
    call()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)

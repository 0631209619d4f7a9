"""Response time and NPS by client and month over Parquet, by DuckDB where the rows are, against reading and grouping.

Each side runs in a process of its own, whose peak of memory is its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pandas as pd

from amlib import kpis
from amlib.business_time import WorkingHours

from .memory import peak_mb
from .plain.response import response_time
from .plain.satisfaction import nps
from .wanted import wanted

HOURS = WorkingHours()
BY = ["client_id", "month"]


def run(rows: int = 10_000_000) -> None:
    """Both sides over `rows` messages and half as many surveys, and whether they agree."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), rows)
        mine, plain = (_measured(side, folder) for side in ("ours", "plain"))
        print(f"\n{rows / 1e6:.0f} M messages, {rows / 2e6:.0f} M surveys      s    peak MB")
        for name, (seconds, peak, _) in {"KPIs through DuckDB": mine, "pandas": plain}.items():
            print(f"{name:28}{seconds:10.2f}{peak:10.0f}")
        ratio, (_, peak, figures) = plain[0] / mine[0], mine
        print(f"{'ratio':28}{ratio:10.1f}")
        wanted(f"big: 8 times faster than pandas ({ratio:.1f})", ratio >= 8)
        wanted(f"big: a peak under 1.5 GB ({peak:.0f} MB)", peak < 1536)
        same = np.allclose(figures, plain[2], rtol=1e-9)
        wanted("big: the same figures" + ("" if same else f" ({figures}, {plain[2]})"), same)


def run_huge(rows: int = 100_000_000) -> None:
    """Ours alone over 100 M messages: whether it ends within 6 GB."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), rows)
        seconds, peak, _ = _measured("ours", folder)
        print(f"\n{rows / 1e6:.0f} M messages: {seconds:.1f} s")
        wanted(f"huge: within 6 GB ({peak:.0f} MB)", peak < 6 * 1024)


def write(folder: Path, rows: int) -> None:
    """Three years of messages and surveys of 2,000 clients; one in ten unanswered, replies with a long tail."""
    duckdb.execute(f"""
        copy (
            select 'KH' || lpad((hash(i) % 2000)::text, 4, '0') as client_id, received_at,
                case when hash(i + 1) % 10 > 0 then received_at + to_minutes(
                    exp(1.5 * ((hash(i + 2) % 1000 + hash(i + 3) % 1000 + hash(i + 4) % 1000) / 500 - 3) + 4.5)::int
                ) end as replied_at
            from (select i, timestamp '2023-01-01' + to_seconds((hash(i + 5) % 94608000)::int) as received_at
                  from range({rows}) as t(i))
        ) to '{folder}/messages.parquet'""")
    duckdb.execute(f"""
        copy (
            select 'KH' || lpad((hash(i) % 2000)::text, 4, '0') as client_id,
                (date '2023-01-01' + (hash(i + 6) % 1095)::int)::date as sent_on,
                case when hash(i + 7) % 3 > 0 then (hash(i + 8) % 11)::int end as score
            from range({rows // 2}) as t(i)
        ) to '{folder}/surveys.parquet'""")


def ours(folder: Path) -> list[float]:
    """The KPIs on Ibis tables over the files."""
    connection = ibis.duckdb.connect()
    connection.raw_sql("set memory_limit = '4GB'")
    replies = kpis.response_time(connection.read_parquet(folder / "messages.parquet"), HOURS, by=BY).to_pyarrow()
    answers = kpis.nps(connection.read_parquet(folder / "surveys.parquet"), by=BY).to_pyarrow()
    return [total(replies[c]) for c in ("value", "n", "median", "p90")] + [total(answers[c]) for c in ("value", "n")]


def plain(folder: Path) -> list[float]:
    """The same with pandas: read, group, aggregate."""
    messages = pd.read_parquet(folder / "messages.parquet")
    messages["month"] = messages.received_at.to_numpy("M8[M]").astype("M8[s]")
    replies = response_time(messages, HOURS, by=BY)
    surveys = pd.read_parquet(folder / "surveys.parquet")
    surveys["month"] = pd.to_datetime(surveys.sent_on).to_numpy("M8[M]").astype("M8[s]")
    answers = nps(surveys, by=BY)
    columns = (replies.value, replies.n, replies["median"], replies.p90, answers.value, answers.n)
    return [total(column) for column in columns]


def total(column: object) -> float:
    """The sum of a column of either side, for comparing them; groups without a figure count for nothing."""
    return float(np.nansum(np.asarray(column, dtype=float)))


def _measured(side: str, folder: str) -> tuple[float, float, list[float]]:
    command = [sys.executable, "-m", "benchmarks.big", side, folder]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    seconds, peak, *totals = map(float, printed)
    return seconds, peak, totals


if __name__ == "__main__":
    start = time.perf_counter()
    found = {"ours": ours, "plain": plain}[sys.argv[1]](Path(sys.argv[2]))
    taken = time.perf_counter() - start
    print(taken, peak_mb(), *found)

"""A large book in Parquet: how long it takes to open and to check, and the memory of it."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from amlib.book import open_book
from amlib.checkup.checkup import check_book

STEPS = {"open": open_book, "check": check_book}


def run(messages: str = "50") -> None:
    """5 M invoice lines of 5,000 clients, and so many million messages."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), 5_000_000, int(float(messages) * 1_000_000))
        print(f"\n5 M invoice lines, {messages} M messages      s    peak MB")
        for step in STEPS:
            command = [sys.executable, "-m", "benchmarks.sizes", step, folder]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds, peak = map(float, done.stdout.split())
            print(f"{step:40}{seconds:10.1f}{peak:10.0f}")


def write(folder: Path, invoices: int, messages: int) -> None:
    """A book of three and a half years; one message in ten is unanswered."""
    clients = "'KH' || lpad((hash(i) % 5000)::text, 4, '0')"
    tables = {
        "clients": "select 'KH' || lpad(i::text, 4, '0') as client_id, 'Client ' || i as \"name\", "
        "date '2022-01-01' + (i % 700)::int as since from range(5000) t(i)",
        "invoices": f"select 'I' || i as invoice_id, {clients} as client_id, "
        "date '2023-01-01' + (i % 1200)::int as issued_on, date '2023-02-01' + (i % 1200)::int as due_on, "
        f"(1000 + hash(i + 1) % 100000000)::double as amount from range({invoices}) t(i)",
        "messages": f"select 'M' || i as message_id, {clients} as client_id, received_at, "
        "case when i % 10 > 0 then received_at + to_minutes((i % 900)::int) end as replied_at "
        f"from (select i, timestamp '2023-01-01' + to_seconds((i * 100000000 // {messages})::int) as received_at "
        f"from range({messages}) t(i))",
    }
    for name, query in tables.items():
        duckdb.execute(f"copy ({query}) to '{folder}/{name}.parquet'")
    (folder / "book.toml").write_text('name = "Large"\ncurrency = "VND"\n', "utf-8")


if __name__ == "__main__":
    step, place = sys.argv[1:]
    begun = time.perf_counter()
    found = STEPS[step](place)
    print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

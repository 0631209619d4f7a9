"""A large book in Parquet or PostgreSQL: how long it takes to open and to check, and our memory of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from amlib.book import open_book
from amlib.checkup.checkup import check_book

from .memory import peak_mb
from .wanted import wanted

if TYPE_CHECKING:
    import psycopg

STEPS = {"open": open_book, "check": check_book}
SCHEMA = "amlib_sizes"
KINDS = {"VARCHAR": "text", "TIMESTAMP": "timestamp", "DATE": "date", "DOUBLE": "double precision"}


def run(messages: str = "50") -> None:
    """5 M invoice lines of 5,000 clients, and so many million messages."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), 5_000_000, int(float(messages) * 1_000_000))
        measure(folder, messages, "Parquet")


def run_postgres(messages: str = "50") -> None:
    """The same in the PostgreSQL at AMLIB_TEST_POSTGRES."""
    import psycopg

    if not (url := os.environ.get("AMLIB_TEST_POSTGRES")):
        sys.exit("There is no AMLIB_TEST_POSTGRES. Run .ci/with-postgres python -m benchmarks sizes_postgres")
    with tempfile.TemporaryDirectory() as folder, psycopg.connect(url, autocommit=True) as connection:
        write(Path(folder), 5_000_000, int(float(messages) * 1_000_000))
        connection.execute(f"create schema {SCHEMA}")
        try:
            fill(url, Path(folder))
            measure(folder, messages, "PostgreSQL")
        finally:
            connection.execute(f"drop schema {SCHEMA} cascade")


def measure(folder: str, messages: str, place: str) -> None:
    """Each step in a process of its own."""
    print(f"\n{f'5 M invoice lines, {messages} M messages in {place}':50}{'s':>10}{'peak MB':>10}")
    for step in STEPS:
        command = [sys.executable, "-m", "benchmarks.sizes", step, folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        seconds, peak = map(float, done.stdout.split())
        print(f"{step:50}{seconds:10.1f}{peak:10.0f}")
        wanted(f"sizes: {step} in under a minute and 4 GB", seconds < 60 and peak < 4096)


def fill(url: str, folder: Path) -> None:
    """Move the large tables of the book in a folder to a database."""
    import psycopg

    toml = f'[databases.large]\nurl = "{url}"\n'
    with psycopg.connect(url, autocommit=True) as connection:
        for name, key in {"invoices": "invoice_id", "messages": "message_id"}.items():
            move(folder / f"{name}.parquet", connection, f"{SCHEMA}.{name}", key)
            toml += f'[tables.{name}]\ndatabase = "large"\ntable = "{SCHEMA}.{name}"\n'
    with (folder / "book.toml").open("a", encoding="utf-8") as file:
        file.write(toml)


def move(file: Path, connection: psycopg.Connection, table: str, key: str) -> None:
    """The rows of a Parquet file into a table of a database, as it is some time after they came there."""
    described = duckdb.execute(f"describe from '{file}'").fetchall()
    columns = ", ".join(f"{name} {KINDS[kind]}" for name, kind, *_ in described)
    connection.execute(f"create unlogged table {table} ({columns})")
    written = file.with_suffix(".csv")
    duckdb.execute(f"copy (from '{file}') to '{written}' (header false)")
    with written.open("rb") as lines, connection.cursor().copy(f"copy {table} from stdin (format csv)") as copy:
        while part := lines.read(1 << 20):
            copy.write(part)
    written.unlink()
    file.unlink()
    connection.execute(f"alter table {table} add primary key ({key})")
    connection.execute(f"vacuum analyze {table}")


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
    print(time.perf_counter() - begun, peak_mb())

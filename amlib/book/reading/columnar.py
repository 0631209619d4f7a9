"""Files whose columns have types: Parquet, and tables of a DuckDB file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet

from amlib.book.problem import near
from amlib.book.reading.frames import from_arrow
from amlib.book.reading.place import Place
from amlib.book.reading.stacking import Read


def parquet(path: Path, here: Place) -> Read:
    """The rows of a Parquet file. Raises `Unreadable`."""
    try:
        # Not its path: from that pyarrow would read columns out of folders called 'month=05'.
        with path.open("rb") as file:
            arrow = pa.parquet.read_table(file)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise here.unreadable(f"a file that is no Parquet ({reason})", "a Parquet file") from None
    return _read(arrow, here)


def database(path: Path, here: Place, table: str) -> Read:
    """The rows of a table or view of a DuckDB file, which is opened read-only and sealed. Raises `Unreadable`.

    Sealed means that a view of it reaches no other file, no network and no setting.
    """
    try:
        with duckdb.connect(path, read_only=True) as connection:
            for setting in (
                "enable_progress_bar = false",
                "threads = 1",  # the rows in their order, in every run
                "enable_external_access = false",
                "python_enable_replacements = false",
                "lock_configuration = true",
            ):
                connection.execute(f"SET {setting}")
            listing = "select table_schema, table_name from information_schema.tables order by all"
            there = {f"{schema}.{name}": (schema, name) for schema, name in connection.execute(listing).fetchall()}
            asked = table or (next(iter(there)) if len(there) == 1 else "")
            asked = asked if asked in there else f"main.{asked}"
            if asked not in there:
                expected = f'sheet = "…" with one of {", ".join(there) or "none: the file is empty"}'
                found = f"no table {table!r}" if table else f"{len(there)} tables"
                raise here.unreadable(found, expected + (near(table, there) if table else ""))
            quoted = ".".join('"' + part.replace('"', '""') + '"' for part in there[asked])
            arrow = connection.sql(f"select * from {quoted}").to_arrow_table()
            return _read(arrow, replace(here, sheet=asked))
    except duckdb.Error as error:
        reason = " ".join(str(error).partition("\nLINE ")[0].split())
        raise here.unreadable(
            f"a DuckDB file that cannot be read ({reason})", "one that no other program has open"
        ) from None


def _read(arrow: pa.Table, here: Place) -> Read:
    arrow = arrow.rename_columns(here.header(arrow.column_names))
    return Read(here.frame(dict(from_arrow(arrow).items()), np.arange(2, 2 + len(arrow))))

"""Parquet in the order of clients: written once, read whole or for one client without touching the others' rows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from amlib.book.problem import BookError
from amlib.kpis.engine import quiet

OWNER, ROW = "_client", "_row"
ROWS_AT_A_TIME = 4096
"""Rows of a row group: what is read for one client, at least, of a table that belongs to clients."""
_GROUPS = 2000
"""Row groups of a file beyond which they become larger: all of them are listed at its end, and read with it."""
_MEMORY = "1GB"


def write(rows: pa.Table, owners: pd.Series | None, file: Path) -> None:
    """Write rows by owner, null owners last, or as they are where None. The file appears whole or not at all."""
    if owners is not None:
        rows = rows.append_column(OWNER, pa.array(owners, pa.string(), from_pandas=True))
        rows = rows.append_column(ROW, pa.array(np.arange(len(rows))))
        rows = rows.take(pc.sort_indices(rows, [(OWNER, "ascending")]))
    # Uncompressed: written once, and read for every client.
    unfinished = file.with_name(f"{file.name}.tmp")
    try:
        pq.write_table(rows, unfinished, row_group_size=ROWS_AT_A_TIME, compression="none", write_statistics=[OWNER])
        os.replace(unfinished, file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def gather(parts: Iterable[pa.Table], file: Path) -> None:
    """Write the parts of a table too large for memory, in their order, with their owners in `OWNER`, for `sort`."""
    writer, rows = None, 0
    try:
        for part in parts:
            part = part.append_column(ROW, pa.array(np.arange(rows, rows + len(part))))
            writer = writer or pq.ParquetWriter(file, part.schema, compression="none")
            writer.write_table(part)
            rows += len(part)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    finally:
        if writer:
            writer.close()


def sort(gathered: Path, file: Path) -> None:
    """What `gather` wrote, as `write` writes it; the gathered file is gone then."""
    rows = pq.read_metadata(gathered).num_rows
    unfinished = file.with_name(f"{file.name}.tmp")
    ordered = f"select * from read_parquet($gathered) order by {OWNER} nulls last, {ROW}"
    written = f"format parquet, compression uncompressed, row_group_size {max(ROWS_AT_A_TIME, rows // _GROUPS)}"
    files = {"gathered": str(gathered), "unfinished": str(unfinished)}
    try:
        with tempfile.TemporaryDirectory() as spill, duckdb.connect() as connection:
            quiet(connection)
            connection.execute(f"set memory_limit = '{_MEMORY}'")
            connection.execute("set temp_directory = $spill", {"spill": spill})
            connection.execute(f"copy ({ordered}) to $unfinished ({written})", files)
        os.replace(unfinished, file)
    finally:
        for left in (unfinished, gathered):
            left.unlink(missing_ok=True)


def changed(folder: Path) -> BookError:
    """What is told of a file that is not what was written."""
    return BookError(
        f"The saved book in {folder.name!r} was changed after it was saved. "
        "Open the book it was made from and save that again."
    )


def read(file: Path, owner: str | None = None, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows as they were before they were sorted, or those of one owner where the file is by owner.

    `columns` names those to read, where not all are.
    """
    with pq.ParquetFile(file, memory_map=True, pre_buffer=False) as parquet:
        if OWNER not in parquet.schema_arrow.names:
            return parquet.read(columns, use_threads=False)
        columns = None if columns is None else [*columns, OWNER, ROW]
        if owner is None:
            rows = parquet.read(columns, use_threads=False).sort_by(ROW)
        else:
            rows = parquet.read_row_groups(_holding(parquet.metadata, owner), columns, use_threads=False)
            rows = rows.filter(pc.equal(rows[OWNER], owner))
    return rows.drop_columns([OWNER, ROW])


def _holding(metadata: pq.FileMetaData, owner: str) -> list[int]:
    """The row groups in which an owner may have rows."""
    at = metadata.num_columns - 2
    found = []
    for group in range(metadata.num_row_groups):
        known = metadata.row_group(group).column(at).statistics
        if known is None or not known.has_min_max:
            # Of nulls alone there is no least one; neither is one told of an id longer than a few thousand letters.
            if known is None or known.num_values:
                found.append(group)
        elif known.min <= owner <= known.max:
            found.append(group)
    return found

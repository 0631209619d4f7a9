"""Rows that stay in Parquet files, asked there by DuckDB."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from amlib.book.inplace import sieve
from amlib.book.inplace.tally import DAY
from amlib.book.problem import BookError
from amlib.book.reading import PLACE, from_arrow, shown
from amlib.book.sliced import ROW, changed
from amlib.kpis.engine import quiet

try:
    import resource
except ImportError:  # Windows, where no process is given a limit
    resource = None

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

AT = "_at"
"""The column with the place of a row among those of all files, from 0."""

_MEMORY = 2_000_000_000
_PART = 1 << 22
_HEADER = 2
"""The row in which a file's first row is shown: below a header, as in a spreadsheet."""


def engine(time_zone: str) -> Backend:
    """A DuckDB for the files of one book. Of a process with little memory it takes a third."""
    import ibis

    spill = os.path.join(tempfile.gettempdir(), f"amlib-{os.getpid()}")
    found = ibis.duckdb.connect(memory_limit=f"{_memory()}B", temp_directory=spill)
    quiet(found.con)
    found.raw_sql(f"SET TimeZone = '{time_zone}'")
    return found


def _memory() -> int:
    if resource is None:
        return _MEMORY
    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return _MEMORY if limit == resource.RLIM_INFINITY else min(_MEMORY, limit // 3)


@dataclass(frozen=True)
class File:
    """A file as it was when the book was opened: its name as problems tell it, and its number of rows."""

    path: Path
    name: str
    rows: int
    seen: tuple[int, int]

    @classmethod
    def of(cls, path: Path, folder: Path) -> File:
        return cls(path, shown(path, folder), pq.read_metadata(path).num_rows, _stamp(path))

    @cached_property
    def hash(self) -> str:
        """A hash of its bytes."""
        with self.path.open("rb") as content:
            return file_digest(content, "sha256").hexdigest()

    def look(self) -> None:
        """Raise `BookError` where it is another one by now."""
        try:
            same = _stamp(self.path) == self.seen
        except OSError:
            same = False
        if not same:
            raise BookError(
                f"{self.name} was changed after the book was opened, which reads it bit by bit. Open it again."
            )

    def read(self, at: np.ndarray) -> pa.Table:
        """The rows in these places."""
        with self.path.open("rb") as content, pq.ParquetFile(content) as parquet:
            sizes = [parquet.metadata.row_group(group).num_rows for group in range(parquet.num_row_groups)]
            group_of = np.searchsorted(np.cumsum(sizes), at, side="right")
            parts = [parquet.schema_arrow.empty_table()]
            for group in np.unique(group_of):
                parts.append(parquet.read_row_group(group).take(at[group_of == group] - sum(sizes[:group])))
        return pa.concat_tables(parts)


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


@dataclass(frozen=True)
class Files:
    """The files of a table."""

    files: Sequence[File]
    server: Backend

    order = (AT,)
    hashes_at_once = True

    def counts(self, rows: int) -> dict[str, int]:
        """The name of each file -> its rows, of so many in all."""
        return {file.name: file.rows for file in self.files}

    def note(self, rows: int) -> str:
        """What to know of these rows, which are so many."""
        names = self.files[0].name if len(self.files) == 1 else f"{self.files[0].name} … {self.files[-1].name}"
        return f"{names}: {rows:,} rows, left in the file and read as they are asked for"

    @cached_property
    def raw(self) -> ir.Table:
        """All rows with all columns, and `AT`."""
        import ibis

        parts = []
        for file, first in zip(self.files, self._first.values(), strict=True):
            rows = self.server.read_parquet(file.path, file_row_number=True, hive_partitioning=False)
            parts.append(rows.mutate(**{AT: rows["file_row_number"] + first}).drop("file_row_number"))
        return ibis.union(*parts) if len(parts) > 1 else parts[0]

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Raises `BookError` where a file is not what it was."""
        for file in self.files:
            file.look()
        yield

    def repeated(self, key: ir.Value) -> ir.BooleanValue | None:
        """A condition that is true where a key is repeated, and by chance elsewhere; None where none is."""
        import ibis

        found = again(self.raw.filter(key.notnull()).select(hash=key.hash()))
        return key.hash().isin(ibis.memtable(pa.table({"hash": found}))["hash"]) if len(found) else None

    def by_day(self, rows: ir.Table, known: ir.DateValue | ir.TimestampValue) -> ir.Table:
        """Rows that are to be counted by the day of one of their columns."""
        return rows.mutate(**{DAY: known.cast("date")})

    def alike(self, cells: ir.Table, columns: Sequence[str]) -> ir.Table:
        """The rows that are equal in these columns to another one, and by chance a few more."""
        import ibis

        said = self.hashed(cells, columns)
        return cells.filter(said.isin(ibis.memtable(pa.table({"hash": again(cells.select(hash=said))}))["hash"]))

    def hashed(self, cells: ir.Table, columns: Sequence[str]) -> ir.IntegerValue:
        """A hash of these columns of each row."""
        import ibis

        return ibis.struct({name: cells[name] for name in columns}).hash()

    def parts(self, cells: ir.Table) -> Iterator[pa.Table]:
        """Rows in order, in parts that fit in memory."""
        for first in range(0, max(sum(file.rows for file in self.files), 1), _PART):
            yield cells.filter(cells[AT].between(first, first + _PART - 1)).to_pyarrow().sort_by(AT)

    def read(self, condition: ir.BooleanValue | None) -> pd.DataFrame:
        """Rows as `reading.read` gives them, with the place of each; none where None."""
        rows = self.raw.limit(0) if condition is None else self.raw.filter(condition)
        with self.asked():
            found = np.sort(rows.select(AT).to_pyarrow()[AT].to_numpy())
            parts, places = [], []
            for file, first in zip(self.files, self._first.values(), strict=True):
                at = found[(found >= first) & (found < first + file.rows)] - first
                parts.append(file.read(at))
                places += [(file.name, "", int(row) + _HEADER) for row in at]
        place = pd.DataFrame(places, columns=list(PLACE)).astype({"_file": "str", "_sheet": "str", "_row": "int64"})
        return pd.concat([from_arrow(pa.concat_tables(parts)), place], axis="columns")

    def these(self, places: pd.DataFrame, values: pd.DataFrame) -> tuple[str, list[int]]:
        """The column, and its values, by which rows that were read are told from all others."""
        return AT, (places["_file"].map(self._first) + places["_row"] - _HEADER).tolist()

    def hash(self, cells: ir.Table, cut: Sequence[str]) -> str:
        """A hash of the files, and of what was cut out of them: equal rows of other files have another one."""
        with self.asked():
            return sha256("\n".join([*(file.hash for file in self.files), *cut]).encode()).hexdigest()

    @cached_property
    def _first(self) -> dict[str, int]:
        """The name of each file -> the place of its first row."""
        before = np.cumsum([0, *(file.rows for file in self.files)])
        return {file.name: int(first) for file, first in zip(self.files, before, strict=False)}


@dataclass(frozen=True)
class Kept(Files):
    """The file of a table that `save_book` wrote, with the `known` hash of its rows."""

    known: str

    @cached_property
    def raw(self) -> ir.Table:
        """All rows with all columns; `AT` is the place that a row had before the file was sorted."""
        (file,) = self.files
        rows = self.server.read_parquet(file.path, hive_partitioning=False)
        return rows.rename({AT: ROW})

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Raises `BookError` where the file cannot be read any more."""
        try:
            yield
        except (duckdb.OutOfMemoryException, duckdb.InterruptException):
            raise
        except duckdb.Error:
            raise changed(self.files[0].path.parent) from None

    def hash(self, cells: ir.Table, cut: Sequence[str]) -> str:
        """A hash of the rows."""
        return sha256("\n".join([self.known, *cut]).encode()).hexdigest() if cut else self.known


def again(hashed: ir.Table) -> np.ndarray:
    """The numbers in `hashed.hash` that are there more than once. Sorted, they need less memory than in groups."""
    hashes = np.sort(hashed.to_pyarrow()["hash"].to_numpy())
    return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])


def files_of(paths: Sequence[Path], folder: Path) -> list[File]:
    """The files, if all have the same columns, called as they would be after reading; else none."""
    # DuckDB takes these signs for a pattern.
    if any(path.suffix.lower() != ".parquet" or any(sign in str(path) for sign in "*?[") for path in paths):
        return []
    try:
        files = [File.of(path, folder) for path in paths]
        first, *others = [pq.read_schema(path) for path in paths]
    except (pa.ArrowException, OSError):
        return []
    ours = {AT, "file_row_number", *PLACE}
    alike = all(other.equals(first) for other in others) and not ours & {*first.names}
    return files if alike and sieve.clean_names(first.names) else []

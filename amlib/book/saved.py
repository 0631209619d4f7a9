"""A book written by `save_book`: typed Parquet that needs no second check, read table by table and client by client.

The folder holds `book.toml`, a Parquet file for each table and for the rows set aside, `fingerprints.parquet` (the
hash of each client's book) and, once something was asked, `answers/`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from amlib import schema
from amlib.book import answers, sliced
from amlib.book.book import SET_ASIDE, Book, nothing_aside
from amlib.book.inplace import InPlace, engine, kept, may_be_kept
from amlib.book.problem import BookError
from amlib.book.reading import to_arrow
from amlib.book.settings import WEEKDAYS, Settings, read
from amlib.book.tables import Tables

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

ASIDE, FINGERPRINTS = "set_aside", "fingerprints"
_FILES = (*schema.TABLES, ASIDE, FINGERPRINTS)
_NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def save_book(book: Book, folder: str | Path) -> None:
    """Write a book as typed Parquet beside a `book.toml`, so that `open_book(folder)` gives an equal book at once.

    The rows are checked and converted already. Tables that belong to clients are sorted by them, so that
    `open_book(folder).of_client(…)` reads that client's rows only. What `Book.answer` was asked of the opened
    book is kept in the folder's `answers`. Raises `BookError` where the folder holds a book of somebody's own.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    toml = folder / "book.toml"
    if toml.exists() and "[saved]" not in toml.read_text(encoding="utf-8"):
        raise BookError(f"{folder.name!r} holds a book that was not written by save. Name another folder.")
    # All is read before anything is written: the book may be the one that this folder holds.
    rows, large, gathered = {}, [], {}
    for name in schema.TABLES:
        if name in book.missing:
            continue
        if (found := book.tables.with_owner(name)) is not None:
            large.append(name)
            gathered[name] = folder / f"{name}.gathered"
            sliced.gather(_with_owners(found), gathered[name])
        else:
            table = book.tables[name]
            rows[name] = to_arrow(table), book.tables.owners(name)
            large += [name] if may_be_kept(schema.TABLES[name], table, book.settings) else []
    of_clients = {"client_id": list(book.fingerprints), "fingerprint": list(book.fingerprints.values())}
    rows[FINGERPRINTS] = (pa.table(of_clients), None)
    if len(book.set_aside):
        rows[ASIDE] = (to_arrow(book.set_aside), None)
    about = _toml(book, large)
    if toml.exists():
        toml.unlink()
        for left in (*(folder / f"{name}.parquet" for name in _FILES), *folder.glob("answers/*")):
            left.unlink(missing_ok=True)
    for name, written in rows.items():
        sliced.write(*written, folder / f"{name}.parquet")
    for name, file in gathered.items():
        sliced.sort(file, folder / f"{name}.parquet")
    sizes = [f"{name} = {(folder / f'{name}.parquet').stat().st_size}" for name in (*rows, *gathered)]
    toml.write_text("\n".join([about, "\n[saved.bytes]", *sizes, ""]), encoding="utf-8")


def load(folder: Path, content: Mapping[str, Any]) -> Book:
    """The book that `save_book` wrote into `folder`; raises `BookError` where a file has not the size it had.

    Nothing but `book.toml` is read now, and each table when it is first used. Nobody hashes what is read: a
    change that keeps a file's size is not seen.
    """
    saved = content["saved"]
    settings, _, problems = read({key: value for key, value in content.items() if key != "saved"}, folder)
    if problems:
        raise BookError.of(folder, problems)
    try:
        sizes = dict(saved["bytes"])
        intact = sizes == {name: (folder / f"{name}.parquet").stat().st_size for name in sizes}
        missing = tuple(name for name in schema.TABLES if name not in sizes)
        source = Saved(folder.resolve(), settings, saved["fingerprint"], saved["hashes"], missing, saved["may_stay"])
        aside = _typed(source.read(ASIDE), SET_ASIDE) if ASIDE in sizes else nothing_aside()
        book = Book(source.folder, settings, Tables(source), missing, aside, tuple(saved["notes"]))
    except (OSError, ValueError, TypeError, KeyError):  # whatever a changed file may lead to
        intact = False
    if not intact:
        raise sliced.changed(folder)
    return book


class Saved:
    """The tables of a book in a folder that `save_book` wrote, each read when it is asked for."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        fingerprint: str,
        hashes: Mapping[str, str],
        missing: Sequence[str],
        may_stay: Sequence[str],
    ) -> None:
        self.folder, self.fingerprint, self.hashes = folder, fingerprint, hashes
        self._settings, self._missing, self._may_stay = settings, missing, may_stay

    def table(self, name: str) -> pd.DataFrame:
        return self._typed(name, None)

    def of_client(self, name: str, client_id: str) -> pd.DataFrame:
        return self._typed(name, client_id)

    def some(self, name: str, columns: Sequence[str], client_id: str | None) -> pd.DataFrame:
        return self._typed(name, client_id, columns)

    def in_place(self, name: str, client_id: str | None) -> InPlace | None:
        # The rows of one client are few, and found without an engine.
        if client_id is not None or name not in self._may_stay:
            return None
        file = self.folder / f"{name}.parquet"
        try:
            return kept(schema.TABLES[name], file, self._settings, self.hashes[name], lambda: self._server)
        except (OSError, ValueError):
            raise sliced.changed(self.folder) from None

    @cached_property
    def _server(self) -> Backend:
        return engine(self._settings.time_zone)

    def answer(self, asked: str, compute: Callable[[], pd.DataFrame], client_id: str | None) -> pd.DataFrame:
        return answers.answer(self.folder / "answers", f"{self.fingerprint}\n{asked}", compute, client_id)

    def fingerprints(self) -> Mapping[str, str]:
        found = self.read(FINGERPRINTS)
        return dict(zip(found["client_id"], found["fingerprint"], strict=True))

    def read(self, name: str, client_id: str | None = None, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The rows of a file, or those of a client; all columns, or some.

        Raises `BookError` where it is no longer what was saved.
        """
        try:
            rows = sliced.read(self.folder / f"{name}.parquet", client_id, columns)
        except (OSError, ValueError, KeyError):
            raise sliced.changed(self.folder) from None
        return rows.to_pandas(use_threads=False, types_mapper=_NULLABLE.get)

    def _typed(self, name: str, client_id: str | None, columns: Sequence[str] | None = None) -> pd.DataFrame:
        table, zone = schema.TABLES[name], self._settings.time_zone
        if name in self._missing:
            rows = with_money(table, table.empty(zone))
            return rows if columns is None else rows[list(columns)]
        dtypes = {column: schema.dtype(about, zone) for column, about in table.columns.items()}
        rows = _typed(self.read(name, client_id, columns), dtypes)
        return with_money(table, rows) if columns is None else rows[list(columns)]


def _with_owners(found: InPlace) -> Iterator[pa.Table]:
    for rows, owners in found.parts():
        yield to_arrow(rows).append_column(sliced.OWNER, pa.array(owners, pa.string(), from_pandas=True))


def with_money(table: schema.Table, rows: pd.DataFrame) -> pd.DataFrame:
    """A table with money always has `original_currency` and `rate`, even where it has no rows."""
    if not table.money or "rate" in rows:
        return rows
    return rows.assign(
        original_currency=pd.Series(None, index=rows.index, dtype="str"),
        rate=pd.Series(None, index=rows.index, dtype="float64"),
    )


def _typed(rows: pd.DataFrame, dtypes: Mapping[str, str]) -> pd.DataFrame:
    changed = {}
    for name, column in rows.items():
        dtype = dtypes.get(name, "float64" if name == "rate" else "str")
        if column.dtype != dtype:
            changed[name] = column.dt.to_period("M") if dtype == "period[M]" else column.astype(dtype)
    return rows.assign(**changed) if changed else rows


def _toml(book: Book, may_stay: Sequence[str]) -> str:
    s: Settings = book.settings
    hours = [f"{start:%H:%M}-{end:%H:%M}" for start, end in s.working_hours.periods]
    lines = [
        "# Written by Book.save: checked, typed and converted. Not to be edited; edit the book it was made from.",
        *(f"{key} = {_text(getattr(s, key))}" for key in ("name", "currency", "language", "time_zone")),
        f"country = {_text(s.country or '')}",
        "\n[working_hours]",
        f"weekdays = {_text([WEEKDAYS[day] for day in s.working_hours.weekdays])}",
        f"hours = {_text(hours)}",
        "\n[service_level]",
        f"response_hours = {s.response_hours!r}",
        f"share = {s.response_share!r}",
    ]
    for segment, weights in s.health_weights.items():
        lines += [f"\n[health.weights.{_text(segment)}]"]
        lines += [f"{_text(measure)} = {weight!r}" for measure, weight in weights.items()]
    if s.health_breakpoints:
        lines += ["\n[health.breakpoints]"]
        lines += [f"{measure} = {[list(pair) for pair in line]!r}" for measure, line in s.health_breakpoints.items()]
    lines += ["\n[saved]", f"fingerprint = {_text(book.fingerprint)}", f"notes = {_text(list(book.notes))}"]
    lines += [f"may_stay = {_text(list(may_stay))}"]
    lines += ["\n[saved.hashes]", *(f"{name} = {_text(hash)}" for name, hash in book.hashes.items())]
    return "\n".join(lines)


def _text(value: str | list[str]) -> str:
    # A JSON string (or list of them) is a TOML one, but for the one control character that JSON lets stand.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

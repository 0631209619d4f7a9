"""A book written by `save_book`: typed Parquet that needs no second check, guarded by its fingerprint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from amlib import schema
from amlib.book.book import SET_ASIDE, Book
from amlib.book.problem import BookError
from amlib.book.reading import to_arrow
from amlib.book.settings import WEEKDAYS, Settings, read


def save_book(book: Book, folder: str | Path) -> None:
    """Write a book as typed Parquet beside a `book.toml`, so that `open_book(folder)` gives an equal book fast.

    The rows are checked and converted already; the fingerprint in that `book.toml` guards them against change.
    Raises `BookError` where the folder holds a book of somebody's own.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "book.toml").exists() and "[saved]" not in (folder / "book.toml").read_text(encoding="utf-8"):
        raise BookError(f"{folder.name!r} holds a book that was not written by save. Name another folder.")
    for name, table in book.tables.items():
        file = folder / f"{name}.parquet"
        if name in book.missing:
            file.unlink(missing_ok=True)
        else:
            pq.write_table(to_arrow(table), file)
    pq.write_table(to_arrow(book.set_aside), folder / "set_aside.parquet")
    (folder / "book.toml").write_text(_toml(book), encoding="utf-8")


def load(folder: Path, content: Mapping[str, Any]) -> Book:
    """The book that `save_book` wrote into `folder`; raises `BookError` where it was changed since."""
    guard = content["saved"]
    settings, _, problems = read({key: value for key, value in content.items() if key != "saved"}, folder)
    if problems:
        raise BookError.of(folder, problems)
    try:
        tables, missing, aside = _read(folder, settings)
        book = Book(folder.resolve(), settings, tables, missing, aside, tuple(guard.get("notes", ())))
        intact = book.fingerprint == guard.get("fingerprint")
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # whatever a changed file may lead to
        intact = False
    if not intact:
        raise BookError(
            f"The saved book in {folder.name!r} was changed after it was saved. "
            "Open the book it was made from and save that again."
        )
    return book


def _read(folder: Path, settings: Settings) -> tuple[dict[str, pd.DataFrame], tuple[str, ...], pd.DataFrame]:
    tables, missing = {}, []
    for name, table in schema.TABLES.items():
        tables[name] = table.empty(settings.time_zone)
        if (file := folder / f"{name}.parquet").is_file():
            tables[name] = _typed(pq.read_table(file).to_pandas(), tables[name].dtypes.to_dict())
        else:
            missing.append(name)
        tables[name] = with_money(table, tables[name])
    aside = pq.read_table(folder / "set_aside.parquet").to_pandas()
    return tables, tuple(missing), aside.astype({name: "int64" if name == "row" else "str" for name in SET_ASIDE})


def with_money(table: schema.Table, rows: pd.DataFrame) -> pd.DataFrame:
    """A table with money always has `original_currency` and `rate`, even where it has no rows."""
    if not table.money or "rate" in rows:
        return rows
    return rows.assign(
        original_currency=pd.Series(None, index=rows.index, dtype="str"),
        rate=pd.Series(None, index=rows.index, dtype="float64"),
    )


def _typed(rows: pd.DataFrame, dtypes: Mapping[str, Any]) -> pd.DataFrame:
    columns = {}
    for name, column in rows.items():
        dtype = dtypes.get(name, "float64" if name == "rate" else "str")
        columns[name] = column.dt.to_period("M") if str(dtype) == "period[M]" else column.astype(dtype)
    return pd.DataFrame(columns)


def _toml(book: Book) -> str:
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
    lines += ["\n[saved]", f"fingerprint = {_text(book.fingerprint)}", f"notes = {_text(list(book.notes))}", ""]
    return "\n".join(lines)


def _text(value: str | list[str]) -> str:
    # A JSON string (or list of them) is a TOML one, but for the one control character that JSON lets stand.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

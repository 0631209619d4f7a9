"""Columns in natural types: whole numbers, numbers, flags, instants, text; from cells, from Arrow, and to it."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

_THREE_DECIMALS = re.compile(r"-?\d+\.\d{3}")


def nfc(text: pd.Series) -> pd.Series:
    """Text stripped of space around it and in Unicode NFC; what is then empty is null."""
    import pyarrow.compute as pc

    words = pa.array(text, pa.large_string(), from_pandas=True)
    # The rows of several files come in pieces, of which not everything in Arrow takes any.
    words = words.combine_chunks() if isinstance(words, pa.ChunkedArray) else words
    words = pc.utf8_trim_whitespace(pc.utf8_normalize(words, form="NFC"))
    return pd.Series(pc.if_else(pc.equal(words, ""), None, words), index=text.index, dtype="str")


def natural(cells: Sequence[Any]) -> pd.Series:
    """Spreadsheet cells as one column: whole numbers, numbers, flags or instants; mixed kinds become text."""
    cells = [None if cell == "" else cell for cell in cells]
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {float, int} and kinds:
        numbers = pd.Series(cells, dtype="float64")
        whole = (numbers.dropna() % 1 == 0).all() and (numbers.abs().max() < 2**53)
        return numbers.astype("Int64") if whole else numbers
    if kinds == {bool}:
        return pd.Series(cells, dtype="boolean")
    if kinds and kinds <= {dt.datetime, dt.date}:
        return pd.Series(pd.to_datetime(pd.Series(cells, dtype=object))).astype("datetime64[us]")
    return pd.Series([None if cell is None else as_text(cell) for cell in cells], dtype="str")


def as_text(cell: Any) -> str:
    """A spreadsheet cell as text: 12345.0 is `12345`, midnight is the day alone.

    A number with three decimals gets a fourth, so that nobody takes its 1.125 for a thousand and more.
    """
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        text = str(int(cell)) if cell.is_integer() else repr(cell)
        return f"{text}0" if _THREE_DECIMALS.fullmatch(text) else text
    if isinstance(cell, dt.datetime):
        return str(cell.date()) if cell.time() == dt.time() else cell.isoformat(" ")
    return str(cell)


def from_arrow(table: pa.Table) -> pd.DataFrame:
    """An Arrow table as a frame of natural types: Int64, float64, boolean, datetime64[us], text."""
    return pd.DataFrame({name: _from_arrow(table[name]) for name in table.column_names})


def _from_arrow(column: pa.ChunkedArray) -> pd.Series:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_boolean(kind):
        return column.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    if pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale <= 0):
        try:
            return column.cast(pa.int64()).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
        except pa.ArrowInvalid:  # ids of more digits than a number holds
            return pd.Series(column.cast(pa.large_string()), dtype="str")
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return column.cast(pa.float64(), safe=False).to_pandas()
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        zone = kind.tz if pa.types.is_timestamp(kind) else None
        return column.cast(pa.timestamp("us", zone), safe=False).to_pandas()
    if pa.types.is_null(kind):
        return pd.Series([None] * len(column), dtype="str")
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        # Text without the mark that it is text, as older writers of Parquet leave it.
        with contextlib.suppress(pa.ArrowInvalid):
            return pd.Series(column.cast(pa.large_binary()).cast(pa.large_string()), dtype="str")
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pd.Series(column.cast(pa.large_string()), dtype="str")
    return pd.Series([None if value is None else str(value) for value in column.to_pylist()], dtype="str")


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """A frame for DuckDB or Parquet; months become the first day of the month."""
    months = {
        name: column.dt.to_timestamp().astype("datetime64[us]")
        for name, column in frame.items()
        if isinstance(column.dtype, pd.PeriodDtype)
    }
    return pa.Table.from_pandas(frame.assign(**months) if months else frame, preserve_index=False)


def unified(frames: Sequence[pd.DataFrame], names: Sequence[str]) -> pd.DataFrame:
    """Frames below one another with the columns `names`; a column whose kinds differ becomes text, as in `natural`."""
    columns = {}
    for name in names:
        parts = [frame.get(name) for frame in frames]
        kinds = {str(part.dtype) for part in parts if part is not None and part.notna().any()}
        if kinds == {"Int64", "float64"} and not any(map(_past_float, parts)):
            kind = "float64"
        else:
            kind = kinds.pop() if len(kinds) == 1 else "str"
        columns[name] = pd.concat(
            [
                pd.Series(None, index=frame.index, dtype=kind) if part is None or not part.notna().any()
                else _as(part, kind)
                for frame, part in zip(frames, parts, strict=True)
            ],
            ignore_index=True,
        )  # fmt: skip
    return pd.DataFrame(columns)


def _past_float(column: pd.Series | None) -> bool:
    """Whether a column has whole numbers that a float does not tell from their neighbours."""
    return column is not None and column.dtype == "Int64" and bool((column.abs() > 2**53).any())


def _as(column: pd.Series, kind: str) -> pd.Series:
    if kind != "str" or column.dtype == "str":
        return column.astype(kind)
    cells = [None if pd.isna(cell) else as_text(cell) for cell in column.astype(object)]
    return pd.Series(cells, index=column.index, dtype="str")

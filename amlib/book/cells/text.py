"""Text, and numbers and dates that are text to us: an id `12345.0` of a workbook is `12345`."""

from __future__ import annotations

import pandas as pd

from amlib.book.problem import printed


def text(cells: pd.Series) -> pd.Series:
    """Cells of any kind as text; a day without midnight, a whole number without `.0`."""
    if cells.dtype == "str":
        return cells
    if cells.dtype == "float64" and (cells.dropna() % 1 == 0).all() and (cells.dropna().abs() < 2**53).all():
        cells = cells.astype("Int64")
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        words = cells.map(printed, na_action="ignore").astype("str")
    elif cells.dtype == "float64":
        words = cells.map(lambda value: str(int(value)) if value.is_integer() else repr(value), na_action="ignore")
    elif cells.dtype == "boolean":
        words = cells.map({True: "true", False: "false"}, na_action="ignore")
    else:
        words = cells.astype("str")
    return words.astype("str").where(cells.notna())

"""Rows of a file that are no rows of its table: totals, notes and signatures below it, the numbers of its columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amlib.book.problem import printed
from amlib.book.reading.headers import is_figure, is_filled, is_numbering
from amlib.book.reading.place import PLACE

TOTAL = "a total in the file, not a row of it"
BELOW = "a note or signature below the table"
NUMBERING = "the numbers of the columns, not a row"
AGAIN = "the same row stands in an earlier file"
REASONS = (TOTAL, BELOW, NUMBERING, AGAIN)

# 'Tổng công ty', 'Cộng hòa' and 'Total Energies' are clients: after the word only what a total is of may follow.
_TOTAL = re.compile(
    r"(tổng|tổng cộng|tổng số|tổng tiền|tổng số tiền|tổng giá trị|tổng doanh thu|tổng phát sinh|cộng|cộng dồn|"
    r"cộng (số )?phát sinh|cộng tổng|(grand |sub[- ]?)?totals?|sum|số dư (đầu|cuối) kỳ)"
    r"(\s*[:(].*|\s+(tháng|quý|năm|ngày|trang|nhóm|kỳ|tất cả|toàn bộ|for|of)\b.*)?\s*",
    re.IGNORECASE,
)
_BELOW = re.compile(
    r"(người (lập|ghi sổ|duyệt|kiểm)\b|lập biểu|kế toán( trưởng| viên)?\s*$|(tổng )?giám đốc\s*$|thủ (trưởng|quỹ)\b|"
    r"đại diện( (của|bên|công ty|khách hàng|đơn vị)\b.*)?\s*$|xác nhận( của\b.*)?\s*$|"
    r"(ghi chú|lưu ý|chú thích|nguồn|notes?|remarks?|source)\s*(:|$)|"
    r"\(\s*(đã )?ký\b|ký\s*(,|$|tên\b|(và )?ghi\b)|"
    r"(số tiền )?(viết )?bằng chữ|(in lúc|ngày in|giờ in)\b|trang \d|"
    r"(prepared|approved|checked|signed) by|signature|(printed|generated|exported) (on|at|by|from)\b|page \d|"
    r"end of report)",
    re.IGNORECASE,
)
_DATED = re.compile(r".*\bngày\b.{0,12}\btháng\b.{0,12}\bnăm\b", re.IGNORECASE)
SIGNATURES, LONGEST = 4, 100
"""So many cells a row below the table fills at most, and so many such rows there are at most."""
_MAY_BE = r"(?i)^\s*[(*]?\s*(tổng|cộng|total|grand|sub|sum|số dư)"
_NAME = re.compile(r"[^\d]+")


def reasons(cells: pd.DataFrame, ids: Container[str] = ()) -> dict[int, str]:
    """Position -> why this row is none. `ids` are the columns of an id: a row where one is filled is a row.

    A total begins with a word for it and has nothing but figures behind it. Notes and signatures stand below
    the last row that fills more than half of the columns.
    """
    if cells.shape[1] < 2 or not len(cells):
        return {}
    filled = cells.notna().to_numpy()
    counts = filled.sum(axis=1)
    found = {}
    for at in np.flatnonzero((counts < counts.max()) & _may_be_totals(cells, counts < counts.max())):
        if _is_total(cells.iloc[at], ids):
            found[int(at)] = TOTAL
    found |= _below(cells, counts, found, ids)
    if is_numbering([None if pd.isna(cell) else cell for cell in cells.iloc[0]]):
        found[0] = NUMBERING
    return found


def _may_be_totals(cells: pd.DataFrame, among: np.ndarray) -> np.ndarray:
    hits, at = np.zeros(len(cells), dtype=bool), np.flatnonzero(among)
    for name in cells.columns if len(at) else ():
        column = cells[name].iloc[at]
        if column.dtype == object:
            column = [cell if isinstance(cell, str) else None for cell in column]
        elif column.dtype != "str":
            continue
        text = pa.array(column, pa.large_string(), from_pandas=True)
        text = text if pc.all(pc.string_is_ascii(text)).as_py() else pc.utf8_normalize(text, form="NFC")
        hits[at] |= pc.fill_null(pc.match_substring_regex(text, _MAY_BE), False).to_numpy(zero_copy_only=False)
    return hits


def _words(cell: Any) -> str:
    return unicodedata.normalize("NFC", " ".join(cell.split())) if isinstance(cell, str) else ""


def _is_total(row: pd.Series, ids: Container[str]) -> bool:
    there = [(name, cell) for name, cell in row.items() if not pd.isna(cell) and is_filled(cell)]
    if not there or not _TOTAL.fullmatch(_words(there[0][1])):
        return False
    return all((is_figure(cell) and name not in ids) or _TOTAL.fullmatch(_words(cell)) for name, cell in there[1:])


def _below(cells: pd.DataFrame, counts: np.ndarray, totals: Mapping[int, str], ids: Container[str]) -> dict[int, str]:
    most = min(SIGNATURES, max(1, cells.shape[1] // 2), counts.max() - 1)
    start = len(cells)
    while start > max(0, len(cells) - LONGEST) and (counts[start - 1] <= most or start - 1 in totals):
        start -= 1
    found, begun = {}, False
    # A row may be empty but for the error of a formula.
    for at in start + np.flatnonzero(counts[start:]):
        row = [(name, cell) for name, cell in cells.iloc[at].items() if not pd.isna(cell)]
        label, others = _words(row[0][1]), row[1:]
        figures = any(is_figure(cell) for _, cell in others)
        begins = bool(_BELOW.match(label) or (_DATED.match(label) and not figures))
        # Below a signature stand names, also in the column of an id; what has a digit there may be one, but for the
        # day that 'In lúc' is followed by.
        an_id = any(
            name in ids and not _NAME.fullmatch(str(cell)) and not (begins and is_figure(cell))
            for name, cell in (others if begins else row)
        )
        begun = begun or (begins and not an_id)
        if begun and at not in totals and not an_id and (begins or not (figures or is_figure(row[0][1]))):
            found[int(at)] = BELOW
    return found


def listed(
    places: pd.DataFrame, cells: pd.DataFrame, reason: str | pd.Series, more: Sequence[str] = ()
) -> pd.DataFrame:
    """Rows as `Book.set_aside` lists them, but for their table: place, reason, the cells that are not empty.

    `more` are words for each row that stand before its cells.
    """
    values = [
        ", ".join(
            f"{name}={cell if isinstance(cell, str) else printed(cell)}" for name, cell in row.items() if pd.notna(cell)
        )
        for row in cells.drop(columns=[name for name in PLACE if name in cells]).to_dict("records")
    ]
    if len(more):
        values = ["; ".join(filter(None, both)) for both in zip(more, values, strict=True)]
    return pd.DataFrame(
        {
            "file": places["_file"].astype("str"),
            "sheet": places["_sheet"].astype("str"),
            "row": places["_row"].astype("int64"),
            "reason": pd.Series(reason, index=places.index, dtype="str"),
            "values": pd.Series(np.array(values, dtype=object), index=places.index, dtype="str"),
        }
    )

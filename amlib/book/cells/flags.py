"""Yes and no, as people tick them."""

from __future__ import annotations

import pandas as pd

from amlib.book.cells.found import Found, nothing
from amlib.book.cells.text import text

OURS = {
    **dict.fromkeys(("true", "1", "1.0", "yes", "có"), True),
    **dict.fromkeys(("false", "0", "0.0", "no", "không"), False),
}
THEIRS = {
    **dict.fromkeys(("x", "✓", "✔", "☑", "y", "t", "đúng", "rồi", "đã"), True),
    **dict.fromkeys(("n", "f", "sai", "chưa", "☐", "ko"), False),
}


def flags(cells: pd.Series) -> Found:
    """True or false; an empty cell beside ticks stays empty, since nobody said no."""
    if cells.dtype == "boolean":
        return Found(cells)
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return Found(nothing(cells, "boolean"))
    codes, distinct = pd.factorize(text(cells))
    words = [word.casefold() for word in distinct]
    known = pd.array([(OURS | THEIRS).get(word) for word in words], dtype="boolean")
    values = pd.Series(known.take(codes, allow_fill=True), index=cells.index)
    said = {flag: [word for word in dict.fromkeys(words) if THEIRS.get(word) is flag] for flag in (True, False)}
    form = " and ".join(f"{', '.join(w)} as {str(flag).lower()}" for flag, w in said.items() if w)
    return Found(values, lambda cell: "or 1/0, yes/no, có/không", f"read with {form}" if form else "")

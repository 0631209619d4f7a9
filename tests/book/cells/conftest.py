"""Columns of cells, read by the door."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import pytest

from amlib.book.cells import Typed, typed
from amlib.schema import Column, Kind


@pytest.fixture(scope="session")
def read() -> Callable[..., Typed]:
    """Read cells as an optional column of a kind, in Vietnam unless `zone` says otherwise."""

    def read(
        kind: Kind, cells: Sequence[object], *, zone: str = "Asia/Ho_Chi_Minh", about: dict | None = None, **how: object
    ) -> Typed:
        text = all(cell is None or isinstance(cell, str) for cell in cells)
        column = Column(kind, "what is tested", **{"optional": True, **(about or {})})
        return typed(pd.Series(list(cells), dtype="str" if text else None), column, zone, **how)

    return read

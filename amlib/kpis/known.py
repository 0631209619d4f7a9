"""What was found of a column of texts, known for as long as the column is there.

A frame is asked one KPI after another, and each looks at its texts, which takes longer than all else that is looked
at. Pandas holds texts in arrays of Arrow, which never change: what is written into a column makes another array.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_Place = tuple[tuple[int, ...], ...]
_FOUND: dict[_Place, dict[Hashable, Any]] = {}


def lasting(column: pd.Series) -> pa.ChunkedArray:
    """A column of texts as Arrow, in the same memory: what `once` finds of it is known until pandas lets go of it."""
    texts = column.array.__arrow_array__()
    place = _place(texts)
    if place not in _FOUND:
        _FOUND[place] = {}
        weakref.finalize(texts, _FOUND.pop, place, None).atexit = False
    return texts


def once(values: pa.ChunkedArray, what: Hashable, find: Callable[[], Any]) -> Any:
    """What `find` says of the values; it is not asked `what` again of a column that is lasting."""
    known = _FOUND.get(_place(values))
    if known is None:
        return find()
    if what not in known:
        known[what] = find()
    return known[what]


def different(values: pa.ChunkedArray) -> pa.Array:
    """The values of a column, each once, in the order in which they come; null is one of them."""
    return once(values, "different", lambda: pc.unique(values))


def _place(values: pa.ChunkedArray) -> _Place:
    """Where the values are in memory: while a column is held, no other is there."""
    return tuple(
        (chunk.offset, len(chunk), *(buffer.address if buffer else 0 for buffer in chunk.buffers()))
        for chunk in values.chunks
    )

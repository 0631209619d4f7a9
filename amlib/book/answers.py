"""Answers about all clients at once, kept in a folder: the first who asks computes them, others read their rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa

from amlib.book import sliced

try:
    import fcntl
except ImportError:  # Windows: two may compute the same answer there, and the file of either is right
    fcntl = None


def answer(folder: Path, asked: str, compute: Callable[[], pd.DataFrame], client_id: str | None) -> pd.DataFrame:
    """The rows of a client (of all where None) in the answer to `asked`; one for clients has a column client_id.

    One process computes it and keeps it as Parquet; others who ask meanwhile wait. One that is killed leaves
    none, and the next computes. Where the folder cannot be written each computes for itself. Another version
    of amlib's code is asked anew.
    """
    name = hashlib.sha256(f"{_code()}\n{asked}".encode()).hexdigest()[:32]
    file, found = folder / f"{name}.parquet", None
    if not file.exists():
        with _alone(folder / f"{name}.lock"):
            if not file.exists():
                found = compute()
                with suppress(OSError):
                    sliced.write(pa.Table.from_pandas(found, preserve_index=False), found.get("client_id"), file)
    if found is None:
        return sliced.read(file, client_id).to_pandas(use_threads=False)
    return found if client_id is None else found[found["client_id"] == client_id].reset_index(drop=True)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Wait until no other process holds `file`, and hold it; the system lets go of it when this one ends or dies."""
    with ExitStack() as held:
        with suppress(OSError):
            file.parent.mkdir(exist_ok=True)
            lock = held.enter_context(file.open("ab"))
            if fcntl:
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@cache
def _code() -> str:
    """A hash of amlib's own modules, so that no answer outlives the definition it was computed by."""
    content = hashlib.sha256()
    for file in sorted(Path(__file__).parents[1].rglob("*.py")):
        content.update(file.read_bytes())
    return content.hexdigest()

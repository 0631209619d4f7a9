"""Tables written out in a test."""

from __future__ import annotations

import pandas as pd


def frame(columns: str, *rows: tuple) -> pd.DataFrame:
    """A table from column names and rows; columns that end in _on, since, until are dates, in _at instants."""
    names = columns.split()
    table = pd.DataFrame(rows, columns=names)
    dated = [name for name in names if name.endswith(("_on", "_at")) or name in ("since", "until")]
    return table.assign(
        **{name: pd.to_datetime(table[name], format="ISO8601").astype("datetime64[us]") for name in dated}
    )


FIVE_CLIENTS = frame(
    "client_id name segment am_id since until",
    *((id, f"Client {id}", None, "lan", "2025-01-01", None) for id in "ABCDE"),
)

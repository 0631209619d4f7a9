"""Frames as CSV that a spreadsheet shows and does not run."""

from __future__ import annotations

import pandas as pd

_BEGINS = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")


def as_csv(frame: pd.DataFrame) -> str:
    """A frame as CSV; a text that a spreadsheet would take for a formula gets an apostrophe before it.

    So `=cmd|…` from somebody's export is a text in ours too. Numbers stay as they are, negative ones as well.
    """
    texts = frame.select_dtypes(["str", "object"])
    safe = {name: column.map(shown, na_action="ignore") for name, column in texts.items()}
    return frame.assign(**safe).rename(columns=shown).to_csv(index=False, lineterminator="\n")


def shown(cell: object) -> object:
    """A cell as a spreadsheet may have it: a text that it would run begins with an apostrophe."""
    if not isinstance(cell, str):
        return cell
    # Readers of CSV take a bare carriage return for the end of the row.
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{cell}" if cell.startswith(_BEGINS) else cell

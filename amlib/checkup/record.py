"""The record of a check, kept beside the book, so that the next month's can be held against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from amlib.book.spreadsheet import as_csv
from amlib.checkup.checkup import Checkup
from amlib.reports.inputs import CHECKS

FOLDER, REJECTED = CHECKS, "rejected.csv"
_OF_ROWS = ("rejections", "refused")


def as_record(checkup: Checkup) -> dict[str, Any]:
    """All that a check says but single rows, as JSON can say it."""
    return {name: value for name, value in asdict(checkup).items() if name not in _OF_ROWS}


def keep(checkup: Checkup, folder: Path) -> list[Path]:
    """Write `<month>.json` and, where rows are rejected, `rejected.csv` into a folder; what was written.

    A `rejected.csv` of an earlier check goes where no row is rejected now. Raises OSError where it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rejected = folder / REJECTED
    written = []
    if checkup.known_until:
        written.append(folder / f"{checkup.known_until}.json")
        text = json.dumps(as_record(checkup), ensure_ascii=False, indent=1)
        written[0].write_text(text + "\n", "utf-8")
    if len(checkup.rejections):
        rejected.write_text(as_csv(checkup.rejections), "utf-8")
        written.append(rejected)
    else:
        rejected.unlink(missing_ok=True)
    return written


def earlier(checkup: Checkup, folder: Path) -> Mapping[str, Any] | None:
    """The record of the last check of an earlier month in a folder; None where there is none that can be read."""
    months = sorted(file for file in folder.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9].json"))
    for file in reversed([file for file in months if file.stem < checkup.known_until]):
        try:
            found = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(found, dict) and {"files", "tables", "measured", "rejected"} <= set(found):
            return found
    return None

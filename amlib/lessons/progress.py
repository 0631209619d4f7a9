"""What a trainee has done, kept on this machine alone."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

PLACE = "AMLIB_PROGRESS"
"""The environment variable that names another file to keep it in; where it is empty, nothing is kept."""


class ProgressUnreadable(ValueError):
    """The file of the progress holds something else."""


def place() -> Path:
    """The file it is kept in: in the user's folder for data, unless AMLIB_PROGRESS names one."""
    if named := os.environ.get(PLACE):
        return Path(named)
    home = Path.home()
    if sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        folder = home / "Library" / "Application Support"
    else:
        folder = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return folder / "amlib" / "progress.json"


def done() -> dict[str, list[int]]:
    """The numbers of the exercises done, by lesson.

    Raises:
        ProgressUnreadable: naming the file, where it is damaged.
    """
    if os.environ.get(PLACE) == "":
        return {}
    try:
        kept = json.loads(place().read_text("utf-8"))
        return {str(lesson): sorted({int(number) for number in numbers}) for lesson, numbers in kept.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ProgressUnreadable(
            f"{place()} cannot be read as progress ({error}). Delete it or move it away: what you solve is counted anew"
        ) from None


def mark(lesson: str, number: int) -> None:
    """Keep that an exercise is done.

    Raises:
        ProgressUnreadable: as `done` does; the file is left as it is.
        OSError: where it cannot be written.
    """
    kept = done()
    if number in kept.get(lesson, []) or os.environ.get(PLACE) == "":
        return
    kept[lesson] = sorted({*kept.get(lesson, []), number})
    file = place()
    file.parent.mkdir(parents=True, exist_ok=True)
    # In one step: two notebooks may be open, and a laptop may be closed.
    descriptor, written = tempfile.mkstemp(dir=file.parent, prefix=".progress-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as new:
            json.dump(kept, new, indent=1)
        os.replace(written, file)
    except BaseException:
        os.unlink(written)
        raise

"""What tests of processes ask of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def until(true: Callable[[], object], seconds: float = 60) -> bool:
    """Wait until something is true, at most so long."""
    end = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.02)
    return bool(found)


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
        state = (
            Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] if Path("/proc/self").exists() else ""
        )
        return state != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def files_of(pid: int) -> int:
    """How many files a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))

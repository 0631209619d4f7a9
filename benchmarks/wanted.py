"""What a benchmark is to reach, and whether it did."""

from __future__ import annotations

MISSED: list[str] = []
"""What was wanted and not reached; `make bench` names it in the end, and fails."""


def wanted(what: str, reached: bool) -> None:
    """Print whether it was reached."""
    print(f"wanted: {what}: {'reached' if reached else 'NOT REACHED'}", flush=True)
    if not reached:
        MISSED.append(what)

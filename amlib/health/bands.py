"""From a score to a band: red, amber or green, and how a band holds against a score that wavers at its edge."""

from __future__ import annotations

import numpy as np
import pandas as pd

EDGES = (50.0, 75.0)
"""A score below the first is red, above the second green, between them amber."""

CLEAR = 3.0
"""A score so many points past an edge changes the band at once; one that is nearer must stay there two months."""


def band(value: float) -> str:
    """'red', 'amber' or 'green' for a score, 'grey' for none."""
    if pd.isna(value):
        return "grey"
    return "red" if value < EDGES[0] else "green" if value > EDGES[1] else "amber"


def steady_bands(scores: pd.DataFrame) -> pd.DataFrame:
    """The bands of a frame of scores, one row per month in order, one column per client, that do not flap.

    The first score of a client gives its own band. From then on each edge is crossed when the score passes it by
    `CLEAR` points, or has stood past it in two months in a row. A month without a score is 'grey': it changes
    nothing, and the months past an edge are counted anew after it.
    """
    value = scores.to_numpy(dtype=float)
    not_red, green = (_crossed(value, value >= EDGES[0], EDGES[0]), _crossed(value, value > EDGES[1], EDGES[1]))
    found = np.select([np.isnan(value), ~not_red, green], ["grey", "red", "green"], "amber")
    return pd.DataFrame(found, index=scores.index, columns=scores.columns)


def _crossed(value: np.ndarray, above: np.ndarray, edge: float) -> np.ndarray:
    """Whether each month's band lies above an edge, where `above` says it of the score."""
    held, begun, waits = (np.zeros(value.shape[1], dtype=bool) for _ in range(3))
    found = np.empty(value.shape, dtype=bool)
    for row, (score, side) in enumerate(zip(value, above, strict=True)):
        scored = ~np.isnan(score)
        past = scored & (side != held)
        crosses = past & (~begun | waits | (np.abs(score - edge) >= CLEAR))
        held, begun, waits = held ^ crosses, begun | scored, past & ~crosses
        found[row] = held
    return found

"""What each measure weighs and how it is scored: the book's settings, else the toolkit's."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import pandas as pd

from amlib.health.measure import MEASURES


def weights(of_segments: Mapping[str, Mapping[str, float]], segment: str | None) -> pd.Series:
    """The weight of each measure for a segment: the book's for it, else the book's default, else the toolkit's.

    Raises:
        ValueError: for a measure that does not exist, weights below 0, or weights that are all 0.
    """
    name = segment if segment in of_segments else "default"
    given = of_segments.get(name)
    if given is None:
        return pd.Series({measure: known.weight for measure, known in MEASURES.items()})
    where = f"book.toml, [health.weights.{name}]"
    for measure in given:
        if measure not in MEASURES:
            near = difflib.get_close_matches(measure, MEASURES, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"{where}: there is no measure {measure!r} (there are: {', '.join(MEASURES)}).{hint}")
    found = pd.Series(dict(given), dtype=float).reindex(list(MEASURES), fill_value=0.0)
    if (found < 0).any() or found.sum() <= 0:
        raise ValueError(f"{where}: weights must be 0 or more and not all 0, found {dict(given)}")
    return found

"""Published figures that come with the toolkit, beside every book."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parents[2] / "data" / "benchmarks"

_TEXT = ("id", "title", "level", "city", "employer", "country", "currency", "period", "basis", "source", "note")


def salary_benchmarks() -> pd.DataFrame:
    """Published pay, one row per figure, as `data/benchmarks/salaries.csv` has it.

    p10, low, mid, high and p90 are in `currency` per `period`; `basis` is gross, net or unstated; `n` is how
    many records a figure rests on, null where the source does not say; so is `year`.
    """
    types = dict.fromkeys(_TEXT, "str") | {"year": "Int64", "n": "Int64"}
    return pd.read_csv(FOLDER / "salaries.csv", dtype=types)

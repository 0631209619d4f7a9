"""The KPIs in plain pandas and NumPy, as a good analyst would write them.

Each module stands beside the one of `amlib.kpis` that has its name, and each function beside the KPI: it takes the
same tables and the same question, and returns the groups as its index with the KPI's columns.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pandas as pd

from amlib.kpis import Kpi


def counterpart(kpi: Kpi) -> Callable[..., pd.DataFrame] | None:
    """The function that computes a KPI in plain pandas; None where nobody has written it yet."""
    try:
        return getattr(import_module(f"{__name__}.{kpi.family}"), kpi.id, None)
    except ModuleNotFoundError:
        return None

"""Published pay per month, and the levels of a career."""

from __future__ import annotations

import pandas as pd
import pytest

from amlib import pay


def test_levels_sort_as_a_career():
    levels = pd.Series(["director", "executive", "manager", "senior_executive", "senior_manager"])
    found = levels.astype(pay.LADDER).sort_values().tolist()
    assert found == ["executive", "senior_executive", "manager", "senior_manager", "director"]


def test_yearly_figures_are_divided_by_twelve_to_the_last_column():
    figures = pd.DataFrame(
        [[6.0, 12.0, 24.0, 36.0, 48.0, "year"], [None, 5.0, None, 7.0, None, "month"]],
        columns=["p10", "low", "mid", "high", "p90", "period"],
    )
    found = pay.monthly(figures)
    assert found.iloc[0].tolist() == [0.5, 1, 2, 3, 4, "month"]
    assert found.iloc[1].dropna().tolist() == [5, 7, "month"]
    assert figures.period.tolist() == ["year", "month"]


@pytest.mark.parametrize(("period", "named"), [("hour", "hour"), (None, "nan")])
def test_a_figure_without_a_month_is_refused(period, named):
    figures = pd.DataFrame({"low": [1.0], "mid": [1.0], "high": [1.0], "period": pd.Series([period], dtype="str")})
    with pytest.raises(ValueError, match=rf"pay per {named} cannot be put per month: known are month, year"):
        pay.monthly(figures)

"""Published pay that comes with the toolkit."""

from __future__ import annotations

import pandas as pd
import pytest

from amlib import schema
from amlib.book import salary_benchmarks

COLUMNS = [
    "id",
    "title",
    "level",
    "city",
    "employer",
    "country",
    "year",
    "p10",
    "low",
    "mid",
    "high",
    "p90",
    "currency",
    "period",
    "basis",
    "n",
    "source",
    "note",
]


@pytest.fixture(scope="module")
def figures() -> pd.DataFrame:
    return salary_benchmarks()


def test_columns_and_types(figures):
    assert list(figures.columns) == COLUMNS
    kinds = figures.dtypes.astype(str)
    assert set(kinds[["p10", "low", "mid", "high", "p90"]]) == {"float64"}
    assert set(kinds[["year", "n"]]) == {"Int64"}
    assert set(kinds.drop(["p10", "low", "mid", "high", "p90", "year", "n"])) == {"str"}


def test_every_figure_says_what_it_is_and_where_it_is_from(figures):
    assert figures.id.is_unique
    assert figures[["id", "title", "country", "currency", "period", "basis", "source"]].notna().all(axis=None)
    assert set(figures.basis) <= {"gross", "net", "unstated"}
    assert set(figures.period) <= {"month", "year"}
    assert set(figures.level.dropna()) <= set(schema.LEVELS)
    assert figures[["low", "mid", "high"]].notna().any(axis="columns").all()
    assert figures.year.dropna().between(2010, 2026).all()


def test_figures_rise_from_low_to_high(figures):
    money = figures[["p10", "low", "mid", "high", "p90"]]
    for _, row in money.iterrows():
        assert row.dropna().is_monotonic_increasing
    assert (money.isna() | (money > 0)).all(axis=None)
    assert not (figures.high > 6 * figures.low).any()


@pytest.mark.parametrize(
    ("id", "low", "mid", "high", "n"),
    [
        ("vn-article-general", 8e6, None, 20e6, None),
        ("vn-article-top", 16e6, None, 23e6, None),
        ("topcv-ae", 10.5e6, 13.5e6, 15.5e6, 8),
        ("topcv-am", 20e6, 22.5e6, 30e6, 5),
        ("topcv-key", 17.5e6, 21.25e6, 25e6, 6),
        ("topcv-hcmc", None, 16.5e6, None, 9),
        ("topcv-hanoi", None, 14e6, None, 13),
        ("topcv-marketing", 11e6, 13.5e6, 17.5e6, 356),
        ("us-sales", 49e3, 72.9e3, 101e3, None),
        ("us-pr", 60.9e3, 77.5e3, 104.6e3, None),
        ("us-managers", 93.5e3, 133.6e3, 192.5e3, None),
        ("nz-executive", 35e3, None, 45e3, None),
        ("nz-manager", 50e3, None, 75e3, None),
        ("nz-senior", 70e3, None, 90e3, None),
        ("nz-director", 90e3, None, 110e3, None),
    ],
)
def test_figures_as_published(figures, id, low, mid, high, n):
    row = figures.set_index("id").loc[id]
    assert [None if pd.isna(row[name]) else row[name] for name in ("low", "mid", "high", "n")] == [low, mid, high, n]


def test_the_figures_above_are_all(figures):
    assert len(figures) == 15
    assert figures.set_index("id").loc["us-pr", ["p10", "p90"]].tolist() == [47.9e3, 175.5e3]

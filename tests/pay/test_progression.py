"""How pay grows with experience, against SciPy's regression and against growth that was put in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress, t

from amlib import pay, schema


def people(n: int, growth: float = 0.08, noise: float = 0.1) -> pd.DataFrame:
    """n records of 20 million at the start and so much more for each year."""
    dice = np.random.default_rng(1)
    years = dice.integers(0, 11, n).astype(float)
    table = pd.DataFrame({"mid": 20e6 * (1 + growth) ** years * np.exp(noise * dice.standard_normal(n))})
    table = table.assign(years_experience=years, year=2026, currency="VND", period="month", gross=True)
    types = schema.TABLES["salaries"].empty("Asia/Ho_Chi_Minh").dtypes
    return table.astype({name: types[name] for name in table})


def test_one_column_is_simple_regression():
    table = people(60)
    fit = pay.LogPay.fit(table, "mid", ["years_experience"])
    other = linregress(table.years_experience, np.log(table.mid))
    term = fit.terms.loc["years_experience"]
    assert term.estimate == pytest.approx(other.slope)
    assert term.error == pytest.approx(other.stderr)
    assert term.high - term.estimate == pytest.approx(t.ppf(0.975, 58) * other.stderr)
    assert fit.r_squared == pytest.approx(other.rvalue**2)
    # The mean's standard error at x is s · √(1/n + (x − x̄)²/Σ(x − x̄)²), worked out for the line here.
    left = np.log(table.mid) - other.intercept - other.slope * table.years_experience
    apart = table.years_experience - table.years_experience.mean()
    error = np.sqrt((left**2).sum() / 58 * (1 / 60 + (5 - table.years_experience.mean()) ** 2 / (apart**2).sum()))
    at = fit.at(pd.DataFrame({"years_experience": [5.0]})).iloc[0]
    assert np.log(at.value) == pytest.approx(other.intercept + 5 * other.slope)
    assert np.log(at.high / at.value) == pytest.approx(t.ppf(0.975, 58) * error)
    assert np.log(at.value / at.low) == pytest.approx(t.ppf(0.975, 58) * error)


def test_under_thirty_records_a_fit_is_refused_with_the_count():
    with pytest.raises(pay.TooFewRecords, match="29 records have mid and years_experience; a curve needs at least 30"):
        pay.LogPay.fit(people(29), "mid", ["years_experience"])
    gaps = people(31).assign(years_experience=lambda table: table.years_experience.mask(table.index < 2))
    with pytest.raises(pay.TooFewRecords, match="29 records"):
        pay.LogPay.fit(gaps, "mid", ["years_experience"])


def test_columns_that_say_the_same_are_refused():
    table = people(40).assign(months=lambda table: table.years_experience * 12)
    with pytest.raises(ValueError, match="years_experience, months: one is the same in all records, or follows"):
        pay.LogPay.fit(table, "mid", ["years_experience", "months"])


def test_growth_that_was_put_in_is_found():
    found = pay.by_experience(people(50, growth=0.08, noise=0), "VND", gross=True)
    assert found.growth.tolist() == pytest.approx([0.08] * 11)
    assert found.years.tolist() == [*range(11)]
    assert found.value.iloc[0] == pytest.approx(20e6)
    assert found.value.iloc[10] == pytest.approx(20e6 * 1.08**10)
    assert set(found.n) == {50}


def test_old_pay_is_not_taken_for_low_pay():
    """Whoever has little experience was paid two years ago, at a tenth less a year: the curve is that of today."""
    now = people(40, noise=0)
    before = now.assign(year=2024, mid=now.mid * 0.9**2, years_experience=now.years_experience).head(20)
    table = pd.concat([now, before.assign(year=before.year.astype("Int64"))], ignore_index=True)
    found = pay.by_experience(table, "VND", gross=True)
    assert found.value.iloc[0] == pytest.approx(20e6)
    assert set(found.last_year) == {2026}


def test_few_records_are_no_curve_and_say_how_many():
    found = pay.by_experience(people(29), "VND", gross=True)
    assert found.n.tolist() == [29]
    assert found[["years", "value", "low", "high", "growth"]].isna().all(axis=None)
    same = people(40).assign(years_experience=3.0)
    assert pay.by_experience(same, "VND", gross=True).value.isna().all()
    none = pay.by_experience(people(40), "VND", gross=False)
    assert none.n.tolist() == [0]
    assert pay.by_experience(people(40), "USD", gross=True).n.tolist() == [0]


def test_no_table_is_no_curve():
    empty = schema.TABLES["salaries"].empty("Asia/Ho_Chi_Minh")
    assert pay.by_experience(empty, "VND", gross=True).n.tolist() == [0]

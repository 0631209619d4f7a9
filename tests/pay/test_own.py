"""The agency's own records: told by groups, and nobody's pay with them."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from amlib import pay, schema

LEVEL = [["level"]]


def records(*rows: tuple, **columns: object) -> pd.DataFrame:
    """Pay records as a book has them: level, mid, period, gross, currency; the rest as given or empty."""
    table = pd.DataFrame(rows, columns=["level", "mid", "period", "gross", "currency"])
    table = table.assign(year=2026, city=None, employer=None, years_experience=None).assign(**columns)
    types = schema.TABLES["salaries"].empty("Asia/Ho_Chi_Minh").dtypes
    return table.astype({name: types[name] for name in table})


FIVE = [("manager", pay, "month", True, "VND") for pay in (10, 20, 30, 40, 50)]


def told(bands: pd.DataFrame) -> list[tuple]:
    return [(row.level, None if pd.isna(row.gross) else row.gross, row.n, row.mid) for row in bands.itertuples()]


def test_a_band_is_the_middle_half_of_the_records():
    found = pay.own_bands(records(*FIVE, year=[2024, 2025, 2026, 2026, 2026]), "VND", LEVEL)
    # Of five the quartiles are the second, third and fourth.
    expected = {"cut": "level", "level": "manager", "gross": True, "currency": "VND", "n": 5, "low": 20, "mid": 30}
    expected |= {"high": 40, "first_year": 2024, "last_year": 2026, "spread": "quartiles"}
    assert found[[*expected]].to_dict("records") == [expected]
    assert found[["p10", "p90", "city", "employer", "years"]].isna().all(axis=None)


def test_the_outer_tenths_are_told_from_twenty_records_on():
    twenty = [("manager", 100 + i, "month", True, "VND") for i in range(20)]
    # The 10th percentile of 20 values lies 1.9 steps above the first.
    found = pay.own_bands(records(*twenty), "VND", LEVEL).iloc[0]
    assert (found.p10, found.p90) == (102, 117)  # 101.9 and 117.1, to three digits
    assert pd.isna(pay.own_bands(records(*twenty[:19]), "VND", LEVEL).iloc[0].p10)


def test_groups_below_five_records_are_hidden():
    four = [("executive", 10, "month", True, "VND")] * 4
    many = [*FIVE, *FIVE, *[("director", 60, "month", True, "VND")] * 6]
    # Four hidden ones could be told from all less the others: the smallest group is hidden with them.
    assert pay.own_bands(records(*many, *four), "VND", LEVEL).level.tolist() == ["manager"]
    assert pay.own_bands(records(*four), "VND").empty
    hidden = [("senior_manager", 5, "month", True, "VND")]
    shown = pay.own_bands(records(*many, *four, *hidden), "VND", LEVEL)
    assert shown.level.tolist() == ["director", "manager"]


def test_gross_net_and_unstated_are_never_mixed():
    net = [("manager", 100, "month", False, "VND")] * 4
    unstated = [("manager", 7, "month", None, "VND")] * 5
    found = pay.own_bands(records(*FIVE, *net, *unstated), "VND", LEVEL)
    assert told(found) == [("manager", True, 5, 30), ("manager", None, 5, 7)]


def test_currencies_are_never_mixed_and_an_empty_one_is_the_books():
    dollars = [("manager", 1, "month", True, "USD")] * 5
    plain = [("manager", 30, "month", True, None)] * 2
    found = pay.own_bands(records(*FIVE[:3], *plain, *dollars), "VND", LEVEL).set_index("currency")
    assert found.n.to_dict() == {"USD": 5, "VND": 5}
    assert found.mid.to_dict() == {"USD": 1, "VND": 30}


def test_pay_per_year_is_put_per_month_and_pay_per_hour_is_left_out():
    yearly = [("manager", pay * 12, "year", True, "VND") for pay in (10, 20, 30, 40, 50)]
    hourly = [("manager", 1000, "hour", True, "VND")] * 9
    found = pay.own_bands(records(*yearly, *hourly), "VND", LEVEL)
    assert found[["n", "low", "mid", "high"]].to_records(index=False).tolist() == [(5, 20, 30, 40)]


def test_records_without_a_level_are_a_group():
    found = pay.own_bands(records(*[(None, 10, "month", True, "VND")] * 5), "VND", LEVEL)
    assert found.level.isna().tolist() == [True]


def test_years_of_experience_are_grouped_from_their_lower_edge():
    years = [0, 1, 1.5, 1.9, 0.5, 2, 2, 3, 3.5, 3.9, 11, 12, 16, 20, 40]
    found = pay.own_bands(records(*FIVE * 3, years_experience=years), "VND", [["years"]])
    assert found.set_index("years").n.to_dict() == {"0–2": 5, "11+": 5, "2–4": 5}


def test_no_records_are_no_bands():
    found = pay.own_bands(schema.TABLES["salaries"].empty("Asia/Ho_Chi_Minh"), "VND")
    full = pay.own_bands(records(*FIVE), "VND")
    assert found.empty
    assert found.dtypes.to_dict() == full.dtypes.to_dict()


def test_figures_are_rounded_so_that_a_median_is_nobodys_pay():
    odd = [("manager", 23_456_789, "month", True, "VND")] * 5
    assert pay.own_bands(records(*odd), "VND", LEVEL).mid.tolist() == [23_500_000]


@pytest.mark.parametrize("seed", range(5))
def test_no_small_group_is_the_difference_of_two_shown(seed):
    """Every pair of shown groups, and all records less the groups of each cut: nothing, or five records."""
    dice = np.random.default_rng(seed)
    n = 80
    table = records(
        *[(level, 20, "month", True, "VND") for level in dice.choice(schema.LEVELS, n, p=[0.4, 0.3, 0.15, 0.1, 0.05])],
        city=dice.choice(["A", "B", "C"], n, p=[0.75, 0.17, 0.08]),
        employer=dice.choice(["x", "y"], n, p=[0.93, 0.07]),
        years_experience=dice.choice([1, 3, 5, 8, 12], n),
    )
    # Who is in a group is worked out here from the table alone.
    edges = {"0–2": (0, 2), "2–4": (2, 4), "4–7": (4, 7), "7–11": (7, 11), "11+": (11, 99)}
    sets, cuts = [], {}
    for row in pay.own_bands(table, "VND").itertuples():
        rows = pd.Series(True, index=table.index)
        for column in row.cut.split(", "):
            if column == "years":
                low, high = edges[row.years]
                rows &= (table.years_experience >= low) & (table.years_experience < high)
            else:
                rows &= table[column] == getattr(row, column)
        sets.append({*table.index[rows]})
        whole = row.level if row.cut == "level, city" else ""
        cuts.setdefault((row.cut, whole), set()).update(sets[-1])
        assert len(sets[-1]) == row.n >= 5
    assert len(sets) > 8
    for one, other in itertools.permutations(sets, 2):
        assert not other < one or len(one - other) >= 5
    for (cut, whole), shown in cuts.items():
        everyone = {*table.index} if cut != "level, city" else {*table.index[table.level == whole]}
        assert not everyone - shown or len(everyone - shown) >= 5


def test_the_ladder_says_how_much_more_each_step_pays():
    rows = [(level, pay, "month", True, "VND") for level, pay in (("executive", 10), ("manager", 20)) for _ in range(5)]
    rows += [("senior_manager", 26, "month", True, "VND")] * 5
    found = pay.ladder(pay.own_bands(records(*rows), "VND"), gross=True).set_index("level")
    assert list(found.index) == list(schema.LEVELS)
    assert found.mid.dropna().to_dict() == {"executive": 10, "manager": 20, "senior_manager": 26}
    assert found.step.dropna().to_dict() == {"senior_manager": pytest.approx(0.3)}
    assert pay.ladder(pay.own_bands(records(*rows), "VND"), gross=False).mid.isna().all()

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
    assert found.mid.to_dict() == {"USD": 1, "VND": 26.7}  # (20 + 30 + 30) / 3


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


def test_a_figure_is_the_mean_of_three_records_so_that_it_is_nobodys_pay():
    """People are paid round sums: rounding alone would print the second, third and fourth pay of five."""
    round_sums = [20_100_000, 20_300_000, 20_900_000, 22_100_000, 24_500_000]
    found = pay.own_bands(records(*[("manager", one, "month", True, "VND") for one in round_sums]), "VND", LEVEL)
    # (20.1 + 20.3 + 20.9) / 3 = 20.433; (20.3 + 20.9 + 22.1) / 3 = 21.1; (20.9 + 22.1 + 24.5) / 3 = 22.5
    assert found[["low", "mid", "high"]].iloc[0].tolist() == [20_400_000, 21_100_000, 22_500_000]
    odd = [("manager", 23_456_789, "month", True, "VND")] * 5
    assert pay.own_bands(records(*odd), "VND", LEVEL).mid.tolist() == [23_500_000]


def test_what_the_levels_of_a_city_leave_of_it_is_not_three_people():
    """In A five executives, five managers and three directors: A is shown, and only one of the two fives."""
    level = ["executive"] * 10 + ["manager"] * 10 + ["director"] * 9
    city = [*"AAAAABBBBB", *"AAAAABBBBB", *"AAABBBBBB"]
    table = records(*[(one, 20, "month", True, "VND") for one in level], city=city)
    found = pay.own_bands(table, "VND", [["level"], ["level", "city"], ["city"]])
    assert found[found.cut == "city"].city.tolist() == ["A", "B"]
    cells = found[found.cut == "level, city"]
    assert len(cells[cells.city == "A"]) == 1
    # Nor the directors of B, who would leave those of A.
    assert "director" not in set(cells.level)


EDGES = {"0–2": (0, 2), "2–4": (2, 4), "4–7": (4, 7), "7–11": (7, 11), "11+": (11, 99)}


def crowd(seed: int, n: int = 80) -> pd.DataFrame:
    """n people in groups of very different sizes."""
    dice = np.random.default_rng(seed)
    return records(
        *[(level, 20, "month", True, "VND") for level in dice.choice(schema.LEVELS, n, p=[0.4, 0.3, 0.15, 0.1, 0.05])],
        city=dice.choice(["A", "B", "C"], n, p=[0.75, 0.17, 0.08]),
        employer=dice.choice(["x", "y"], n, p=[0.93, 0.07]),
        years_experience=dice.choice([1, 3, 5, 8, 12], n),
    )


def people_of(table: pd.DataFrame, bands: pd.DataFrame) -> list[set[int]]:
    """Who is in each band, worked out from the table alone."""
    sets = []
    for row in bands.itertuples():
        rows = pd.Series(True, index=table.index)
        for column in row.cut.split(", "):
            if column == "years":
                low, high = EDGES[row.years]
                rows &= (table.years_experience >= low) & (table.years_experience < high)
            else:
                rows &= table[column] == getattr(row, column)
        sets.append({*table.index[rows]})
        assert len(sets[-1]) == row.n >= 5
    return sets


@pytest.mark.parametrize("seed", range(20))
def test_no_small_group_is_the_difference_of_shown_ones(seed):
    """Of every pair of shown groups; and of all records, any level or any city, less the groups of a cut within it."""
    table = crowd(seed, 60 + 5 * seed)
    bands = pay.own_bands(table, "VND")
    sets = people_of(table, bands)
    assert len(sets) > 4
    for one, other in itertools.permutations(sets, 2):
        assert not other < one or len(one - other) >= 5
    wholes = [{*table.index}, *({*rows} for by in ("level", "city") for rows in table.groupby(by).groups.values())]
    for whole, cut in itertools.product([*wholes, *sets], bands.cut.unique()):
        within = [people for people, of in zip(sets, bands.cut, strict=True) if of == cut and people <= whole]
        left = whole - set().union(*within)
        assert not within or not left or len(left) >= 5, (cut, left)


def test_the_ladder_says_how_much_more_each_step_pays():
    rows = [(level, pay, "month", True, "VND") for level, pay in (("executive", 10), ("manager", 20)) for _ in range(5)]
    rows += [("senior_manager", 26, "month", True, "VND")] * 5
    found = pay.ladder(pay.own_bands(records(*rows), "VND"), gross=True).set_index("level")
    assert list(found.index) == list(schema.LEVELS)
    assert found.mid.dropna().to_dict() == {"executive": 10, "manager": 20, "senior_manager": 26}
    assert found.step.dropna().to_dict() == {"senior_manager": pytest.approx(0.3)}
    assert pay.ladder(pay.own_bands(records(*rows), "VND"), gross=False).mid.isna().all()

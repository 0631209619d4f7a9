"""The law on pay as data: the file is sound, and each rule holds from its first day."""

from __future__ import annotations

import re
import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

from amlib import pay
from amlib.pay import law

M = 1_000_000


def test_a_day_before_the_law_is_told_is_refused():
    with pytest.raises(ValueError, match="told from 2024-07-01 on; found 2024-06-30"):
        pay.gross_to_net(M, "2024-06-30")
    with pytest.raises(ValueError, match="found 2024-01-01"):
        pay.year_of_pay(M, 2024)


def test_the_file_of_the_law_is_sound():
    content = tomllib.loads((Path(law.__file__).parent / "vietnam.toml").read_text("utf-8"))
    kinds = {"tax", "deduction", "insurance", "base_wage", "minimum_wage", "union_fee"}
    assert set(content) == kinds
    for kind, rules in content.items():
        days = [rule["from"] for rule in rules]
        assert days == sorted(set(days)), kind
        for rule in rules:
            assert type(rule["from"]) is date
            assert re.match("Luật|Nghị định|Nghị quyết", rule["source"])
            assert rule["known_from"] in ("reported", "general knowledge")
    for rule in content["tax"]:
        assert rule["upto"] == sorted(set(rule["upto"]))
        assert rule["rates"] == sorted(rule["rates"])
        assert len(rule["rates"]) == len(rule["upto"]) + 1
    for rule in content["minimum_wage"]:
        wages = [rule[region] for region in pay.REGIONS]
        assert wages == sorted(wages, reverse=True)
        assert all(type(wage) is int for wage in wages)


@pytest.mark.parametrize(
    ("first", "kinds"),
    [
        ("2026-01-01", {"tax", "deduction", "minimum_wage"}),
        ("2026-07-01", {"base_wage"}),
    ],
)
def test_the_law_changes_on_its_first_day(first, kinds):
    day = date.fromisoformat(first)
    before, after = pay.regime(day - timedelta(days=1)), pay.regime(day)
    assert {kind for kind in after.sources if after.sources[kind] != before.sources[kind]} == kinds
    assert after.since == day
    assert all(after.sources[kind][0] == day for kind in kinds)


def test_each_rule_names_its_law_and_what_it_is_known_from():
    october = pay.regime("2026-10").sources
    assert october["tax"] == (date(2026, 1, 1), "Luật Thuế thu nhập cá nhân 109/2025/QH15", "reported")
    assert october["deduction"] == (date(2026, 1, 1), "Nghị quyết 110/2025/UBTVQH15", "reported")
    assert october["minimum_wage"] == (date(2026, 1, 1), "Nghị định 293/2025/NĐ-CP", "reported")
    assert october["union_fee"] == (date(2025, 7, 1), "Luật Công đoàn 50/2024/QH15", "general knowledge")


def test_caps_follow_the_wages():
    assert pay.regime("2025-12").cap == pay.regime("2026-06").cap == 46_800_000
    assert pay.regime("2026-07").cap == 50_600_000
    assert pay.regime("2025-12").unemployment_cap["I"] == 99_200_000
    assert pay.regime("2026-01").unemployment_cap == {
        "I": 106_200_000,
        "II": 94_600_000,
        "III": 82_800_000,
        "IV": 74_000_000,
    }

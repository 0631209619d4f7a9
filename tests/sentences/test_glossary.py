"""What the glossary says of each KPI, and of a book that lacks tables."""

from __future__ import annotations

import pytest

from amlib import words
from amlib.kpis import CATALOGUE, FAMILIES
from amlib.sentences import glossary

VI, EN = words.of("vi"), words.of("en")


def test_every_kpi_stands_in_one_family_of_the_glossary():
    listed = [kpi.id for kpi in glossary.of_families([*FAMILIES])]
    assert sorted(listed) == sorted(CATALOGUE)
    assert [kpi.id for kpi in glossary.of_families(["loyalty"])] == [
        "returning_clients",
        "repeat_rate",
        "cohort_retention",
    ]


def test_a_kpi_is_told_by_unit_direction_and_tables():
    assert glossary.about(EN, CATALOGUE["nps"], []) == ["score from −100 to 100", "more is better", "from surveys"]
    assert glossary.about(VI, CATALOGUE["overdue_share"], []) == [
        "tỷ lệ",
        "càng thấp càng tốt",
        "tính từ hóa đơn và thanh toán",
    ]
    assert glossary.about(EN, CATALOGUE["overdue_share"], {"payments", "surveys"})[-1] == (
        "the book has no table of payments"
    )
    for kpi in CATALOGUE.values():
        assert all(len(glossary.about(say, kpi, [])) == 3 for say in (VI, EN))


def test_a_book_tells_what_it_has_the_tables_for():
    assert glossary.coverage(EN, []) == [
        f"The reports know {len(CATALOGUE)} KPIs, and the book has the tables for all of them."
    ]
    # Without time sheets: on_time_tasks, open_overdue, handover_wait, fee_per_hour, white_space and utilisation.
    (said,) = glossary.coverage(EN, ["tasks", "health_overrides"])
    assert said == (
        f"The reports know {len(CATALOGUE)} KPIs. The book can tell {len(CATALOGUE) - 6}; "
        "for the others it has no table of tasks."
    )
    (said,) = glossary.coverage(VI, ["surveys", "statements"])
    assert said.endswith(" thiếu bảng biên bản đối soát và khảo sát.")


@pytest.mark.parametrize("say", [VI, EN], ids=["vi", "en"])
def test_how_to_read_a_figure_has_a_sentence_for_each_mark(say):
    assert [len(sentences) for sentences in glossary.how_to_read(say)] == [1, 1, 1, 1]
    assert " 5 " in glossary.how_to_read(say)[2][0]

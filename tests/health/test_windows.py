"""Many months at once see what the book of each month shows."""

from __future__ import annotations

import pandas as pd
import pytest

from amlib.health.windows import in_window, known, last_months

MONTHS = pd.period_range("2026-03", "2026-06", freq="M")
TABLES = {
    "surveys": "client_id sent_on answered_on score",
    "projects": "project_id client_id won delivered_on",
    "messages": "client_id received_at replied_at",
    "costs": "project_id amount planned",
    "contracts": "client_id kind starts_on ends_on monthly_fee",
}


@pytest.mark.parametrize("back", [1, 3, None])
@pytest.mark.parametrize(("name", "columns"), TABLES.items(), ids=TABLES)
def test_the_rows_of_each_month_are_those_of_its_own_book(sample_book, name, columns, back):
    found = known(sample_book, name, [month.ordinal for month in MONTHS], columns, back=back)
    expected = []
    for month in MONTHS:
        then = sample_book.as_of(month)
        rows = then.tables[name] if back is None else then.between(name, month - back + 1, month)
        expected.append(rows[columns.split()].assign(at=month.ordinal))
    expected = pd.concat(expected, ignore_index=True)
    assert not expected.empty
    pd.testing.assert_frame_equal(found[list(expected)], expected)


def test_a_window_by_another_date_has_only_what_was_known(book_of):
    """Due in May: one project was briefed in April, one in June, after its due day."""
    projects = pd.DataFrame(
        {
            "project_id": ["J1", "J2", "J3"],
            "client_id": "A",
            "briefed_on": pd.to_datetime(["2026-04-01", "2026-06-01", "2026-04-01"]),
            "due_on": pd.to_datetime(["2026-05-31", "2026-05-20", None]),
        }
    )
    may, june = pd.Period("2026-05", "M").ordinal, pd.Period("2026-06", "M").ordinal
    found = known(book_of(projects=projects), "projects", [may, june], "project_id", back=2, dated="due_on")
    assert list(zip(found["at"], found.project_id, strict=True)) == [(may, "J1"), (june, "J1"), (june, "J2")]


def test_windows_end_with_their_month():
    when = pd.Series([10, 11, 12, 13]).to_numpy()
    place, at = in_window(when, [12, 14], back=2)
    assert list(zip(place, at, strict=True)) == [(1, 12), (2, 12), (3, 14)]
    place, at = in_window(when, [11])
    assert list(zip(place, at, strict=True)) == [(0, 11), (1, 11)]
    assert [len(side) for side in in_window(when, [])] == [0, 0]


def test_sums_of_the_last_months_and_of_those_before():
    monthly = pd.DataFrame({"client_id": ["A", "A", "B", "A"], "of": [10, 11, 11, 13], "value": [1.0, 2.0, 4.0, 8.0]})
    now, before = (last_months(monthly, [11, 13], back=2, before=before) for before in (0, 2))
    assert now.to_dict() == {("A", 11): 3, ("B", 11): 4, ("A", 13): 8}
    assert before.to_dict() == {("A", 13): 3, ("B", 13): 4}


def test_what_became_known_on_the_first_day_after_a_month_is_hidden_in_it(book_of):
    surveys = pd.DataFrame(
        {
            "survey_id": ["S1", "S2"],
            "client_id": "A",
            "sent_on": pd.to_datetime(["2026-10-01", "2026-10-01"]),
            "answered_on": pd.to_datetime(["2026-10-31", "2026-11-01"]),
            "score": [9, 3],
        }
    )
    october = pd.Period("2026-10", "M").ordinal
    found = known(book_of(surveys=surveys), "surveys", [october, october + 1], "score")
    assert [None if pd.isna(score) else score for score in found.score] == [9, None, 9, 3]

"""Each measure and its points, worked by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from frames import FIVE_CLIENTS, frame

from amlib import health, schema
from amlib.health import MEASURES

OCTOBER = pd.Period("2026-10", "M")
NEEDED = sorted({name for measure in MEASURES.values() for name in measure.needs})


@pytest.fixture
def values(book_of):
    """What a measure says of the five clients at the end of October, null for those it cannot tell."""

    def values(measure: str, **tables: pd.DataFrame) -> dict[str, float | None]:
        told = health.measures(book_of(clients=FIVE_CLIENTS, **tables), OCTOBER)
        found = told[told.measure == measure].set_index("client_id")["value"]
        return {id: None if pd.isna(value) else value for id, value in found.items()}

    return values


def nothing(**known: float) -> dict[str, float | None]:
    return dict.fromkeys("ABCDE") | known


def test_the_latest_survey_answer_of_six_months(values):
    surveys = frame(
        "survey_id client_id sent_on answered_on score",
        ("S1", "A", "2026-09-01", "2026-09-05", 9),
        ("S2", "A", "2026-10-01", "2026-10-10", 6),
        ("S3", "A", "2026-10-20", "2026-11-02", 10),  # answered in November
        ("S4", "B", "2026-05-01", "2026-05-02", 8),
        ("S5", "C", "2026-04-30", "2026-10-01", 2),  # sent more than six months ago
    )
    assert values("nps", surveys=surveys) == nothing(A=6, B=8)


def test_an_answer_without_a_date_is_as_old_as_its_survey(values):
    surveys = frame(
        "survey_id client_id sent_on answered_on score",
        ("S1", "A", "2026-06-01", None, 2),
        ("S2", "A", "2026-09-01", "2026-09-05", 9),
    )
    assert values("nps", surveys=surveys) == nothing(A=9)


def test_of_two_answers_on_one_day_the_later_row_counts(values):
    answers = [(f"S{i}", "A", "2026-09-01", "2026-09-05", i % 11) for i in range(40)]
    surveys = frame("survey_id client_id sent_on answered_on score", *answers)
    assert values("nps", surveys=surveys) == nothing(A=39 % 11)


def test_share_of_two_months_messages_answered_in_four_business_hours(values):
    messages = frame(
        "message_id client_id received_at replied_at",
        ("M1", "A", "2026-09-07 09:00", "2026-09-07 11:00"),  # 2 h
        ("M2", "A", "2026-10-05 09:00", "2026-10-05 14:30"),  # 3 h, lunch, 1 h: just in time
        ("M3", "A", "2026-10-05 09:00", "2026-10-06 09:00"),  # 3 + 4 + ½ h
        ("M4", "A", "2026-10-30 16:00", "2026-11-02 08:45"),  # 1¾ h, but nobody knew in October
        ("M5", "B", "2026-08-31 16:00", "2026-08-31 16:05"),  # August
    )
    assert values("response_time", messages=messages) == nothing(A=0.5)


def test_fees_of_today_against_three_months_ago(values):
    contracts = frame(
        "contract_id client_id kind signed_on starts_on ends_on monthly_fee",
        ("K1", "A", "retainer", "2025-12-01", "2026-01-01", "2026-12-31", 100.0),
        ("K2", "A", "retainer", "2025-12-01", "2026-01-01", "2026-08-31", 50.0),
        ("K3", "B", "retainer", "2025-12-01", "2026-01-01", "2026-09-30", 100.0),
        ("K4", "B", "retainer", "2026-09-20", "2026-10-01", None, 110.0),
        ("K5", "C", "retainer", "2025-12-01", "2026-01-01", "2026-10-30", 70.0),
        ("K6", "D", "retainer", "2025-12-01", "2026-01-01", None, 100.0),
        ("K7", "D", "retainer", "2025-12-01", "2026-09-01", None, None),  # nobody wrote down its fee
        ("K8", "E", "project", "2025-12-01", "2026-01-01", None, None),
    )
    assert values("fee_trend", contracts=contracts) == nothing(A=100 / 150, B=1.1, C=0)


def test_a_retainer_that_begins_on_the_first_of_the_next_month_is_no_fee_yet(values):
    contracts = frame(
        "contract_id client_id kind signed_on starts_on ends_on monthly_fee",
        ("K1", "A", "retainer", "2025-12-01", "2026-01-01", None, 100.0),
        ("K2", "A", "retainer", "2026-10-20", "2026-11-01", None, 60.0),  # not in October
        ("K3", "A", "retainer", "2026-07-20", "2026-08-01", None, 25.0),  # in October and not in July
    )
    assert values("fee_trend", contracts=contracts) == nothing(A=1.25)


def test_days_to_the_end_of_the_last_retainer(values):
    contracts = frame(
        "contract_id client_id kind signed_on starts_on ends_on monthly_fee",
        ("K1", "A", "retainer", "2025-12-01", "2026-01-01", "2026-12-31", 100.0),
        ("K2", "A", "retainer", "2025-12-01", "2026-01-01", "2026-11-05", 50.0),
        ("K3", "B", "retainer", "2025-12-01", "2026-01-01", "2026-10-11", 100.0),  # ended
        ("K4", "C", "retainer", "2025-12-01", "2026-01-01", "2026-08-31", 100.0),  # 61 days ago
        ("K5", "D", "retainer", "2025-12-01", "2026-01-01", None, 100.0),
        ("K6", "D", "retainer", "2025-12-01", "2026-01-01", "2026-11-01", 100.0),
        ("K7", "E", "retainer", "2025-12-01", "2026-01-01", "2026-11-30", 100.0),
        ("K8", "E", "retainer", "2026-11-02", "2026-12-01", "2027-11-30", 100.0),  # not signed yet
    )
    assert values("renewal", contracts=contracts) == nothing(A=61, B=0, E=30)


def test_no_retainer_in_the_book_is_nothing_to_renew(values):
    contracts = frame(
        "contract_id client_id kind signed_on starts_on ends_on",
        ("K1", "A", "project", "2026-10-01", "2026-10-01", "2026-12-31"),
    )
    assert values("renewal", contracts=contracts) == nothing()
    assert values("fee_trend", contracts=contracts) == nothing()


def test_projects_of_six_months_on_time(values):
    projects = frame(
        "project_id client_id briefed_on due_on delivered_on won",
        ("J1", "A", "2026-04-01", "2026-05-01", "2026-05-01", True),
        ("J2", "A", "2026-04-01", "2026-10-31", "2026-11-01", True),  # not delivered, for all that was known
        ("J3", "A", "2026-04-01", "2026-06-10", None, False),  # turned down
        ("J4", "A", "2026-03-01", "2026-04-30", "2026-05-30", True),  # due before
        ("J5", "B", "2026-10-01", "2026-11-01", None, True),  # not due
        ("J6", "C", "2026-04-01", "2026-06-10", None, None),  # the client has not decided
    )
    assert values("on_time", projects=projects) == nothing(A=0.5)
    # Where nobody says what was won, all of it was: J1 of the three due, and J6
    assert values("on_time", projects=projects.drop(columns="won")) == nothing(A=1 / 3, C=0.0)


def test_unplanned_share_of_six_months_cost(values):
    projects = frame("project_id client_id briefed_on", *((f"J{id}", id, "2026-01-01") for id in "ABC"))
    costs = frame(
        "cost_id project_id spent_on amount planned",
        ("X1", "JA", "2026-10-31", 75.0, True),
        ("X2", "JA", "2026-05-01", 25.0, False),
        ("X3", "JA", "2026-06-01", 100.0, None),  # nobody wrote down whether it was planned
        ("X4", "JA", "2026-04-30", 500.0, False),  # before
        ("X5", "JA", "2026-11-01", 500.0, False),  # after
        ("X6", "JB", "2026-06-01", -10.0, True),  # money back
        ("X7", "JC", "2026-06-01", 10.0, None),
    )
    assert values("extra_cost", projects=projects, costs=costs) == nothing(A=0.25)


def test_a_book_that_does_not_say_what_was_planned_cannot_tell(values):
    projects = frame("project_id client_id briefed_on", ("J1", "A", "2026-01-01"))
    costs = frame("cost_id project_id spent_on amount", ("X1", "J1", "2026-10-31", 75.0))
    assert values("extra_cost", projects=projects, costs=costs) == nothing()


def test_overdue_debt_against_six_months_billing(values):
    invoices = frame(
        "invoice_id client_id issued_on due_on amount pass_through",
        ("I1", "A", "2026-05-05", "2026-06-05", 100.0, 0.0),
        ("I2", "A", "2026-10-01", "2026-10-31", 100.0, 90.0),  # due on the last day: not overdue
        ("I3", "B", "2026-04-30", "2026-05-30", 50.0, 0.0),  # old debt, nothing billed since
        ("I4", "C", "2026-10-01", None, 100.0, 0.0),
        ("I5", "D", "2026-03-01", "2026-03-30", 80.0, 0.0),  # paid, nothing billed since
    )
    payments = frame(
        "payment_id invoice_id paid_on amount",
        ("P1", "I1", "2026-10-31", 60.0),
        ("P2", "I1", "2026-11-01", 40.0),
        ("P3", "I5", "2026-03-30", 80.0),
    )
    found = values("overdue", invoices=invoices, payments=payments)
    assert found == nothing(A=0.2, B=np.inf)  # 40 ÷ (100 + 100); of C's only invoice nobody knows when it is due
    dated = pd.concat([invoices, invoices[3:4].assign(invoice_id="I6", due_on=pd.Timestamp("2026-11-30"))])
    assert values("overdue", invoices=dated, payments=payments) == nothing(A=0.2, B=np.inf, C=0)
    later = dated.assign(issued_on=dated.issued_on.mask(dated.invoice_id == "I6", pd.Timestamp("2026-11-01")))
    assert values("overdue", invoices=later, payments=payments) == nothing(A=0.2, B=np.inf)
    assert MEASURES["overdue"].points(pd.Series([np.inf])).tolist() == [0]


def test_messages_of_a_quarter_against_the_quarter_before(values):
    def some(id: str, n: int, day: str) -> list[tuple]:
        return [(f"{id}{day}{i}", id, f"{day} 09:00", None) for i in range(n)]

    rows = some("A", 6, "2026-07-31") + some("A", 2, "2026-08-01") + some("A", 1, "2026-10-31")
    rows += some("A", 5, "2026-11-01") + some("A", 5, "2026-04-30")  # neither quarter
    rows += some("B", 5, "2026-06-01") + some("B", 5, "2026-09-01")  # five are too few for a trend
    rows += some("C", 8, "2026-05-01")
    messages = frame("message_id client_id received_at replied_at", *rows)
    assert values("messages", messages=messages) == nothing(A=0.5, C=0)


def test_billing_of_a_half_year_against_the_one_before(values):
    invoices = frame(
        "invoice_id client_id issued_on amount pass_through",
        ("I1", "A", "2026-04-30", 200.0, None),
        ("I2", "A", "2026-05-01", 160.0, 20.0),
        ("I3", "A", "2026-10-31", -40.0, 0.0),
        ("I4", "B", "2026-10-31", 70.0, 0.0),  # nothing before
        ("I5", "C", "2025-11-01", 70.0, 0.0),  # nothing now
        ("I6", "D", "2025-10-31", 70.0, 0.0),  # before both
        ("I7", "D", "2026-10-01", 70.0, 0.0),
    )
    assert values("orders", invoices=invoices) == nothing(A=0.5, C=0)


def test_tables_without_rows_tell_nothing(book_of):
    """The tables are there, nobody has anything in them: null, and no crash."""
    tables = {name: schema.TABLES[name].empty("Asia/Ho_Chi_Minh") for name in NEEDED}
    told = health.measures(book_of(clients=FIVE_CLIENTS, **tables), OCTOBER)
    assert told.measure.value_counts().to_dict() == dict.fromkeys(MEASURES, 5)
    assert told[["value", "points", "part", "lost"]].isna().all(axis=None)


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_table_is_null_and_leaves_the_other_measures_alone(sample_book, october, name):
    empty = schema.TABLES[name].empty("Asia/Ho_Chi_Minh")
    lacking = replace(sample_book, tables={**sample_book.tables, name: empty}, missing=(name,))
    told = health.measures(lacking, OCTOBER)
    blind = told.measure.isin([measure for measure, known in MEASURES.items() if name in known.needs])
    assert october[blind].points.notna().any()
    assert told[blind][["value", "points", "part", "lost"]].isna().all(axis=None)
    columns = ["client_id", "measure", "value", "points"]
    pd.testing.assert_frame_equal(told[~blind][columns], october[~blind][columns])


# -- points


def test_points_at_and_between_breakpoints():
    values = pd.Series([-1, 0, 3, 6, 7.5, 10, 11, np.nan])
    # 3 is halfway to 6, which gives 25; 7.5 is halfway from 55 to 70... and outside, points stay.
    expected = [0, 0, 12.5, 25, 62.5, 100, 100, np.nan]
    np.testing.assert_allclose(MEASURES["nps"].points(values), expected)


def test_less_is_better_where_it_should_be():
    np.testing.assert_allclose(MEASURES["overdue"].points(pd.Series([0, 0.05, 0.1, 0.2, 2.0])), [100, 87.5, 75, 55, 0])


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_breakpoints_are_in_order_and_reach_from_bad_to_good(measure):
    at, points = zip(*measure.breakpoints, strict=True)
    assert all(a < b for a, b in pairwise(at))
    assert list(points) == sorted(points, reverse=points[0] > points[-1])
    assert {min(points), max(points)} == {0, 100}
    assert measure.days in (1, 2, 5, 14)
    assert "{value}" in measure.reason
    assert measure.needs
    assert set(measure.needs) <= set(schema.TABLES)


def test_the_weights_of_the_toolkit_add_up_to_100():
    assert sum(measure.weight for measure in MEASURES.values()) == 100

"""Client health: each measure, the points, the score, the reasons and the actions, worked by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from frames import frame

from amlib import health, schema
from amlib.book import open_book, save_book
from amlib.health import MEASURES

OCTOBER = pd.Period("2026-10", "M")
CLIENTS = frame(
    "client_id name segment am_id since until",
    *((id, f"Client {id}", None, "lan", "2025-01-01", None) for id in "ABCDE"),
)
NEEDED = sorted({name for measure in MEASURES.values() for name in measure.needs})


@pytest.fixture(scope="module")
def october(sample_book):
    """The measures of the sample's clients at the end of October."""
    return health.measures(sample_book, OCTOBER)


@pytest.fixture
def values(book_of):
    """What a measure says of the five clients at the end of October, null for those it cannot tell."""

    def values(measure: str, **tables: pd.DataFrame) -> dict[str, float | None]:
        told = health.measures(book_of(clients=CLIENTS, **tables), OCTOBER)
        found = told[told.measure == measure].set_index("client_id")["value"]
        return {id: None if pd.isna(value) else value for id, value in found.items()}

    return values


def nothing(**known: float) -> dict[str, float | None]:
    return dict.fromkeys("ABCDE") | known


# -- measures


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
        ("J2", "A", "2026-04-01", "2026-10-31", "2026-11-01", None),  # not delivered, for all that was known
        ("J3", "A", "2026-04-01", "2026-06-10", None, False),  # turned down
        ("J4", "A", "2026-03-01", "2026-04-30", "2026-05-30", True),  # due before
        ("J5", "B", "2026-10-01", "2026-11-01", None, True),  # not due
    )
    assert values("on_time", projects=projects) == nothing(A=0.5)


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
    assert found == nothing(A=0.2, B=np.inf, C=0)  # 40 ÷ (100 + 100)
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
    told = health.measures(book_of(clients=CLIENTS, **tables), OCTOBER)
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


# -- weights


def test_weights_of_a_segment_of_the_default_and_of_the_toolkit():
    given = {"key": {"nps": 3, "orders": 1}, "default": {"overdue": 2}}
    assert health.weights(given, "key").to_dict() == dict.fromkeys(MEASURES, 0.0) | {"nps": 3, "orders": 1}
    assert health.weights(given, "small").to_dict() == dict.fromkeys(MEASURES, 0.0) | {"overdue": 2}
    assert health.weights(given, None).sum() == 2
    assert health.weights({"key": {"nps": 3}}, "small").to_dict() == {n: m.weight for n, m in MEASURES.items()}


def test_an_unknown_measure_is_named_with_what_it_may_have_meant():
    with pytest.raises(
        ValueError, match=r"health\.weights\.key.*no measure 'nsp' \(there are: nps, .*\)\. Did you mean 'nps'"
    ):
        health.weights({"key": {"nsp": 3}}, "key")


@pytest.mark.parametrize("given", [{"nps": 0, "orders": 0}, {}, {"nps": 5, "orders": -1}])
def test_weights_that_weigh_nothing_are_refused(given):
    with pytest.raises(ValueError, match=r"health\.weights\.default.*not all 0"):
        health.weights({"default": given}, None)


def test_each_segment_has_its_own_weights(book_of):
    clients = CLIENTS.assign(segment=["key", "small", None, "key", "small"])
    given = {"key": {"nps": 1}, "default": {"orders": 2}}
    told = health.measures(book_of(clients=clients, health_weights=given), OCTOBER)
    heavy = told[told.weight > 0].set_index("client_id")
    assert heavy.measure.to_dict() == {"A": "nps", "B": "orders", "C": "orders", "D": "nps", "E": "orders"}
    assert heavy.weight.to_dict() == {"A": 1, "B": 2, "C": 2, "D": 1, "E": 2}


# -- score


SURVEY = frame("survey_id client_id sent_on answered_on score", ("S1", "A", "2026-10-01", "2026-10-02", 6))
BILLS = frame(
    "invoice_id client_id issued_on amount pass_through",
    ("I1", "A", "2026-04-30", 200.0, 0.0),
    ("I2", "A", "2026-05-01", 100.0, 0.0),
)


def scored(book_of, **weights: float) -> pd.Series:
    """The score of A, whose survey answer is worth 25 points and whose orders 22.5, by these weights."""
    book = book_of(clients=CLIENTS, surveys=SURVEY, invoices=BILLS, health_weights={"default": weights})
    told = health.measures(book, OCTOBER)
    return health.score(told).set_index("client_id").loc["A"]


def test_the_score_is_the_weighted_mean_of_what_there_is(book_of):
    book = book_of(
        clients=CLIENTS,
        surveys=SURVEY,
        invoices=BILLS,
        health_weights={"default": {"nps": 50, "orders": 30, "renewal": 20}},
    )
    told = health.measures(book, OCTOBER).set_index(["client_id", "measure"]).loc["A"]
    assert told.points.dropna().to_dict() == pytest.approx({"nps": 25, "orders": 22.5})
    assert told.part.dropna().to_dict() == pytest.approx({"nps": 25 * 50 / 80, "orders": 22.5 * 30 / 80})
    assert told.lost.dropna().to_dict() == pytest.approx({"nps": 75 * 50 / 80, "orders": 77.5 * 30 / 80})
    found = health.score(told.reset_index().assign(client_id="A")).iloc[0]
    assert found.score == pytest.approx((25 * 50 + 22.5 * 30) / 80)
    assert (found.coverage, found.band) == (0.8, "red")


def test_half_the_weight_is_enough_and_less_is_not(book_of):
    half = scored(book_of, nps=50, renewal=50)
    assert (half.score, half.coverage, half.band) == (25, 0.5, "red")
    less = scored(book_of, nps=49, renewal=51)
    assert pd.isna(less.score)
    assert (less.coverage, less.band) == (0.49, "grey")


def test_thirds_that_make_up_half_the_weight_are_half(book_of):
    """0.1 + 0.2 is a crumb more than 0.3: the measures that exist are half the weight all the same."""
    assert scored(book_of, nps=0.1, orders=0.2, renewal=0.1 + 0.2).band == "red"
    assert scored(book_of, nps=0.3, renewal=0.1, overdue=0.2).band == "red"


def test_parts_and_losses_of_a_client_add_up(october):
    told = october
    sums = told.groupby("client_id")[["part", "lost"]].sum()
    found = health.score(told).set_index("client_id")
    known = found.score.notna()
    assert known.any()
    np.testing.assert_allclose(sums.part[known], found.score[known])
    np.testing.assert_allclose(sums.part + sums.lost, 100)


def test_bands_at_the_edges():
    values = [0, 49.999, 50, 75, 75.001, 100, np.nan, None]
    assert [health.band(value) for value in values] == [
        "red",
        "red",
        "amber",
        "amber",
        "green",
        "green",
        "grey",
        "grey",
    ]


def test_a_score_of_exactly_75_is_amber_however_the_weights_add_up():
    """Nine times 75 points, in weights whose sum leaves crumbs: 75, and not a little more."""
    for seed in range(20):
        weight = np.random.default_rng(seed).random(9)
        told = pd.DataFrame({"client_id": "A", "points": 75.0, "weight": weight})
        told["part"] = told.points * told.weight / weight.sum()
        assert health.score(told).band.tolist() == ["amber"]


def test_clients_without_any_data_are_grey(book_of):
    found = health.score(health.measures(book_of(clients=CLIENTS), OCTOBER))
    assert found.score.isna().all()
    assert found.coverage.tolist() == [0] * 5
    assert found.band.tolist() == ["grey"] * 5


def test_nobody_is_active(book_of, sample_book):
    book = book_of(clients=CLIENTS.assign(since=pd.Timestamp("2026-11-01")))
    told = health.measures(book, OCTOBER)
    assert told.empty
    assert health.score(told).empty
    assert health.reasons(told).empty
    assert health.actions(health.reasons(told), book.clients, OCTOBER).empty
    early = health.scores(sample_book, ["2001-01"])
    assert list(early.columns) == ["client_id", "month", "score", "coverage", "band"]
    assert early.empty


def test_active_is_whoever_was_there_on_a_day_of_the_month():
    clients = frame(
        "client_id since until",
        ("first day", "2026-10-31", None),
        ("too late", "2026-11-01", None),
        ("last day", "2026-01-01", "2026-10-01"),
        ("gone", "2026-01-01", "2026-09-30"),
    )
    assert health.active_clients(clients, OCTOBER).client_id.tolist() == ["first day", "last day"]


def test_scores_of_months_are_those_of_each_month(sample_book, october):
    found = health.scores(sample_book, ["2026-10", OCTOBER - 1])
    assert list(found.columns) == ["client_id", "month", "score", "coverage", "band"]
    assert found.month.unique().tolist() == [OCTOBER, OCTOBER - 1]
    same = found[found.month == OCTOBER].drop(columns="month")
    pd.testing.assert_frame_equal(same, health.score(october))


def test_the_book_of_one_client_gives_the_score_that_the_whole_book_gives(sample_book, october):
    for client in october.client_id.unique()[:2]:
        alone = health.measures(sample_book.of_client(client), OCTOBER)
        expected = october[october.client_id == client].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, expected, check_dtype=False)


def test_all_clients_are_measured_once_for_everybody(sample_book, october, tmp_path, monkeypatch):
    """Two months of scores take two rounds of measures, whoever asks and however often; each client reads its rows."""
    rounds, measured = [], health._measures
    monkeypatch.setattr(health, "_measures", lambda known, month: rounds.append(month) or measured(known, month))
    save_book(sample_book, tmp_path)
    both = health.scores(sample_book, [OCTOBER - 1, OCTOBER])
    rounds.clear()
    for client_id in sample_book.clients.client_id:
        mine = open_book(tmp_path).of_client(client_id).as_of(OCTOBER)
        expected = october[october.client_id == client_id].reset_index(drop=True)
        pd.testing.assert_frame_equal(health.measures(mine, OCTOBER), expected)
        found = health.scores(mine, [OCTOBER - 1, OCTOBER])
        pd.testing.assert_frame_equal(found, both[both.client_id == client_id].reset_index(drop=True))
    pd.testing.assert_frame_equal(health.measures(open_book(tmp_path), OCTOBER), october)
    assert sorted(rounds) == [OCTOBER - 1, OCTOBER]


@pytest.mark.parametrize("month", ["2026-03", "2026-07"])
def test_nothing_that_happens_later_changes_a_score(sample_book, month):
    """Rows of later months are doubled and shuffled, values that became known later replaced: the same measures."""
    end = (pd.Period(month, "M") + 1).to_timestamp()
    rng = np.random.default_rng(11)
    tables, changed = {}, 0
    for name, rows in sample_book.tables.items():
        table = schema.TABLES[name]
        rows = rows.copy()
        days = {c: rows[c].dt.tz_localize(None) for c in rows.select_dtypes(["datetime", "datetimetz"])}
        for column, known in table.columns.items():
            if known.known_on in days and column in rows:
                hidden = days[known.known_on] >= end
                changed += hidden.sum()
                if column == known.known_on:
                    rows.loc[hidden, column] += pd.Timedelta(days=40)
                else:
                    rows.loc[hidden, column] = rng.choice(rows[column].dropna().to_numpy(), hidden.sum())
        if table.known_on in days:
            hidden = days[table.known_on] >= end
            changed += hidden.sum()
            later = rows[hidden].sample(frac=0.5, random_state=3)
            numbers = list(later.select_dtypes("float"))
            rows = pd.concat([rows[~hidden], later.assign(**{c: later[c] * 7 for c in numbers})])
        tables[name] = rows
    assert changed > 300
    told = health.measures(replace(sample_book, tables=tables), month)
    pd.testing.assert_frame_equal(told, health.measures(sample_book, month))


def test_a_book_is_not_changed(sample_book):
    before = sample_book.fingerprint
    health.measures(sample_book, "2026-09")
    assert replace(sample_book).fingerprint == before


# -- reasons and actions


def told(*rows: tuple[str, str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["client_id", "measure", "value", "points", "lost"])


def test_reasons_come_by_what_they_cost_and_good_measures_are_none():
    found = health.reasons(
        told(
            ("B", "nps", 3, 12.5, 10),
            ("A", "nps", 8, 70, 6),
            ("A", "overdue", 0.5, 10, 12.6),
            ("A", "renewal", 84, 75, 2.5),
            ("A", "orders", 1.0, 80, 30),  # a green client's points
            ("A", "messages", 0.3, 0, 6),
            ("A", "fee_trend", 0.5, 0, 0),  # weighs nothing
            ("A", "on_time", np.nan, np.nan, np.nan),
        )
    )
    assert found[["client_id", "measure"]].to_records(index=False).tolist() == [
        ("A", "overdue"),
        ("A", "nps"),  # as much as messages, and first in the list of measures
        ("A", "messages"),
        ("B", "nps"),
    ]
    assert health.reasons(found, most=1).measure.tolist() == ["overdue", "nps"]


def test_actions_are_due_so_many_days_after_the_months_end():
    clients = CLIENTS.assign(am_id=["lan", None, "lan", "lan", "lan"])
    found = health.actions(
        told(
            ("A", "overdue", 0.5, 10, 12), ("A", "nps", 6, 25, 9), ("B", "renewal", 3, 3, 7), ("B", "orders", 0, 0, 6)
        ),
        clients,
        "2026-10",
    )
    assert found.due_on.dt.strftime("%d/%m").tolist() == ["01/11", "02/11", "05/11", "14/11"]
    assert [None if pd.isna(am) else am for am in found.am_id] == ["lan", "lan", None, None]
    assert list(found.columns) == ["client_id", "measure", "value", "am_id", "due_on"]

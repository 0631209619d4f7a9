import pandas as pd
import pytest
from frames import frame

from amlib import kpis

STILL_HERE = frame("client_id until", ("A", None), ("B", None))


@pytest.fixture
def two_budgets():
    """Projects of A and B with a budget, one of B without, one of A with a budget of nothing."""
    return frame(
        "project_id client_id delivered_on fee budget_cost",
        ("J1", "A", "2026-10-31", 1000.0, 1000.0),
        ("J2", "B", None, 300.0, 500.0),
        ("J3", "B", "2026-10-05", None, None),
        ("J4", "A", "2026-11-01", None, 0.0),
    )


@pytest.fixture
def one_refund():
    """Planned, unplanned and unmarked costs; Lan allowed two of them; K7 came back."""
    columns = "cost_id project_id spent_on department amount planned billable approved_by"
    return frame(
        columns,
        ("K1", "J1", "2026-10-05", "media", 100.0, True, None, "lan"),
        ("K2", "J1", "2026-10-10", "media", 60.0, False, True, "lan"),
        ("K3", "J1", "2026-10-31", "creative", 40.0, False, None, None),
        ("K4", "J1", "2026-11-01", "creative", 200.0, False, False, None),
        ("K5", "J2", "2026-10-12", "media", 25.0, None, True, None),
        ("K6", "J3", "2026-10-12", "media", 70.0, False, True, "lan"),
        ("K7", "J2", "2026-10-20", "creative", -10.0, False, None, None),
    ).astype({"planned": "boolean", "billable": "boolean"})


def test_unplanned_cost_is_a_share_of_the_budgets(two_budgets, one_refund):
    (row,) = kpis.unplanned_cost(two_budgets, one_refund, "2026-10").to_dict("records")
    # J1 60 + 40 by 31 October, J2 −10; J3 and J4 have no budget. K5 is not marked
    assert row == {"value": pytest.approx(90 / 1500), "n": 2, "unplanned": 90.0, "budget": 1500.0, "unknown": 25.0}


def test_unplanned_cost_of_each_client(two_budgets, one_refund):
    found = kpis.unplanned_cost(two_budgets, one_refund, "2026-10-30", by="client_id")
    # The day before K3
    assert found["value"].tolist() == pytest.approx([60 / 1000, -10 / 500])
    assert found["unknown"].tolist() == [0.0, 25.0]


def test_without_a_budget_nothing_is_unplanned(two_budgets, one_refund):
    (row,) = kpis.unplanned_cost(two_budgets.tail(2), one_refund, "2026-10").to_dict("records")
    assert pd.isna(row["value"])
    assert row["n"] == 0


def test_without_costs_all_is_as_planned(two_budgets, one_refund):
    assert kpis.unplanned_cost(two_budgets, one_refund.iloc[:0], "2026-10")["value"].item() == 0.0


def test_unapproved_is_what_nobody_is_on_record_for(one_refund):
    found = kpis.unapproved_cost(one_refund, by="month")
    # October: 60 + 40 + 70 − 10 = 160, of which 40 − 10 without a name; November: K4
    assert found["month"].astype(str).tolist() == ["2026-10", "2026-11"]
    assert found["value"].tolist() == pytest.approx([30 / 160, 1.0])
    assert found[["n", "unplanned", "unapproved"]].to_numpy().tolist() == [[4, 160, 30], [1, 200, 200]]


def test_who_approved_how_much(one_refund):
    found = kpis.unapproved_cost(one_refund, by="approved_by")
    # Lan 60 + 70; K1 was planned. Nobody stands last: 40 + 200 − 10
    assert found["approved_by"].fillna("nobody").tolist() == ["lan", "nobody"]
    assert found[["value", "n", "unplanned", "unapproved"]].to_numpy().tolist() == [[0, 2, 130, 0], [1, 3, 230, 230]]


def test_billable_is_what_the_client_pays_on_top(one_refund):
    found = kpis.billable_share(one_refund, by="department")
    # Creative 40 + 200 − 10, none said to be billable; media 60 + 70, both; K5 is not known to be unplanned
    assert found["value"].tolist() == [0.0, 1.0]
    columns = ["n", "unplanned", "billable", "absorbed"]
    assert found[columns].to_numpy().tolist() == [[3, 230, 0, 230], [2, 130, 130, 0]]
    assert kpis.billable_share(one_refund)["value"].item() == pytest.approx(130 / 360)
    assert kpis.billable_share(one_refund, by="month")["value"].tolist() == pytest.approx([130 / 160, 0.0])


@pytest.mark.parametrize("name", ["unapproved_cost", "billable_share"])
def test_who_went_by_the_plan_stands_there_too(name, one_refund):
    # K1 alone is of production, and was planned
    costs = one_refund.assign(department=["production", *one_refund.department[1:]])
    found = getattr(kpis, name)(costs, by="department").set_index("department").loc["production"]
    assert pd.isna(found["value"])
    assert found[["n", "unplanned"]].tolist() == [0, 0]


@pytest.mark.parametrize("kpi", [kpis.unapproved_cost, kpis.billable_share], ids=["unapproved", "billable"])
@pytest.mark.parametrize(("rows", "n"), [(slice(6, 7), 1), (slice(0, 1), 0), (slice(4, 5), 0)])
def test_a_share_of_unplanned_cost_needs_some(kpi, one_refund, rows, n):
    # Only the refund; only a planned cost; only one that nobody marked
    (row,) = getattr(kpis, kpi.__name__)(one_refund.iloc[rows]).to_dict("records")
    assert pd.isna(row["value"])
    assert row["n"] == n


@pytest.fixture
def one_with_media_money():
    """J1 was billed 200 of media money; an invoice without a project has nothing to do with it."""
    return frame(
        "invoice_id project_id pass_through",
        ("I1", "J1", 200.0),
        ("I2", "J1", None),
        ("I3", None, 999.0),
    )


def test_margin_is_what_is_left_of_the_agencys_own_fee(two_budgets, one_with_media_money, one_refund):
    found = kpis.project_margin(two_budgets, one_with_media_money, one_refund, by="client_id")
    # A: 1000 − 200 = 800 less 100 + 60 + 40 + 200; B: 300 less 25 − 10. J3 and J4 have no fee
    assert found["value"].tolist() == pytest.approx([400 / 800, 285 / 300])
    columns = ["n", "fee", "pass_through", "cost", "margin"]
    assert found[columns].to_numpy().tolist() == [[1, 1000, 200, 400, 400], [1, 300, 0, 15, 285]]
    whole = kpis.project_margin(two_budgets, one_with_media_money, one_refund)
    assert whole["value"].item() == pytest.approx(685 / 1100)


@pytest.fixture
def one_pitch_lost():
    """J1 was won; J2 was lost, J3 is not decided: both have a fee, a budget and hours, and nobody pays them."""
    return frame(
        "project_id client_id delivered_on fee budget_cost won",
        ("J1", "A", "2026-10-31", 1000.0, 1000.0, True),
        ("J2", "A", None, 5000.0, 3000.0, False),
        ("J3", "A", None, 7000.0, 4000.0, None),
    ).astype({"won": "boolean"})


def test_a_pitch_that_was_not_won_brings_nothing(one_pitch_lost, one_with_media_money, one_refund):
    (row,) = kpis.project_margin(one_pitch_lost, one_with_media_money, one_refund).to_dict("records")
    # J1 alone: 1000 − 200 less 400
    assert (row["value"], row["n"], row["fee"], row["margin"]) == (0.5, 1, 1000.0, 400.0)
    # Its 60 + 40 by 31 October; J3's 70 are outside as its budget is
    (row,) = kpis.unplanned_cost(one_pitch_lost, one_refund, "2026-10").to_dict("records")
    assert (row["value"], row["n"], row["budget"]) == (pytest.approx(0.1), 1, 1000.0)
    hours = frame("task_id project_id hours", ("T1", "J1", 25.0), ("T2", "J2", 50.0), ("T3", "J3", 50.0))
    assert kpis.fee_per_hour(one_pitch_lost, hours).to_dict("records") == [
        {"value": 40.0, "n": 1, "fee": 1000.0, "hours": 25.0}
    ]


def test_where_nobody_says_what_was_won_all_of_it_was(one_pitch_lost, one_with_media_money, one_refund):
    unsaid = one_pitch_lost.assign(won=pd.array([None] * 3, dtype="boolean"))
    assert kpis.unplanned_cost(unsaid, one_refund, "2026-10")["budget"].item() == 8000.0
    assert kpis.project_margin(unsaid, one_with_media_money, one_refund)["fee"].item() == 13000.0
    missing = one_pitch_lost.drop(columns="won")
    assert kpis.project_margin(missing, one_with_media_money, one_refund)["fee"].item() == 13000.0


def test_margin_by_month_of_delivery_has_those_under_way_last(two_budgets, one_with_media_money, one_refund):
    found = kpis.project_margin(two_budgets, one_with_media_money, one_refund, by="month")
    assert found["month"].isna().tolist() == [False, True]
    assert found["margin"].tolist() == [400.0, 285.0]


@pytest.mark.parametrize("passed_on", [1000.0, 1000.01])
def test_no_margin_where_all_is_passed_on(two_budgets, one_with_media_money, one_refund, passed_on):
    invoices = one_with_media_money.assign(pass_through=[passed_on, 0.0, 0.0])
    (row,) = kpis.project_margin(two_budgets.head(1), invoices, one_refund).to_dict("records")
    assert pd.isna(row["value"])
    assert row["margin"] == pytest.approx(1000 - passed_on - 400)


@pytest.fixture
def one_behind_its_time():
    """On 10 October J1 is half-way, J2 a quarter, J3 past its day; the others do not run."""
    return frame(
        "project_id client_id briefed_on decided_on due_on delivered_on budget_cost won",
        ("J1", "A", "2026-09-01", "2026-10-01", "2026-10-20", "2026-10-11", 1000.0, True),
        ("J2", "B", "2026-10-06", None, "2026-10-25", None, 500.0, True),
        ("J3", "B", "2026-08-01", "2026-09-01", "2026-09-30", None, 100.0, True),
        ("delivered", "B", "2026-09-01", "2026-10-01", "2026-10-20", "2026-10-10", 1000.0, True),
        ("tomorrow", "B", "2026-09-01", "2026-10-11", "2026-10-20", None, 1000.0, True),
        ("no day", "B", "2026-09-01", "2026-10-01", None, None, 1000.0, True),
        ("no budget", "B", "2026-09-01", "2026-10-01", "2026-10-20", None, 0.0, True),
        ("lost", "B", "2026-09-01", "2026-10-01", "2026-10-20", None, 1000.0, False),
        ("pitched", "B", "2026-10-01", None, "2026-10-20", None, 1000.0, None),
    ).astype({"won": "boolean"})


@pytest.fixture
def one_overspent():
    return frame(
        "cost_id project_id spent_on amount",
        ("K1", "J1", "2026-10-10", 160.0),
        ("K2", "J1", "2026-10-11", 999.0),
        ("K3", "J3", "2026-09-10", 150.0),
        ("K4", "lost", "2026-10-05", 999.0),
    )


def test_budget_burn_sets_money_against_days(one_behind_its_time, one_overspent):
    (row,) = kpis.budget_burn(one_behind_its_time, one_overspent, STILL_HERE, "2026-10-10").to_dict("records")
    # Elapsed: J1 10 of 20 days, J2 5 of 20, J3 all: 1000/2 + 500/4 + 100 = 725. Spent: 160 + 0 + 150
    assert row == {
        "value": pytest.approx(310 / 725),
        "n": 3,
        "cost": 310.0,
        "budget": 1600.0,
        "expected": pytest.approx(725.0),
        "spent_share": pytest.approx(310 / 1600),
        "over_budget": 1,
    }


def test_what_a_client_that_left_had_ordered_does_not_run(one_behind_its_time, one_overspent):
    client = one_behind_its_time.client_id[0]
    there, gone = (
        kpis.budget_burn(one_behind_its_time, one_overspent, frame("client_id until", (client, day)), "2026-10-10")
        for day in ("2026-10-10", "2026-10-09")
    )
    # On its last day it is still there; later only J2 and J3 run, with 150 spent of 500/4 + 100
    assert (there["n"].item(), gone["n"].item()) == (3, 2)
    assert gone["value"].item() == pytest.approx(150 / 225)


def test_budget_burn_of_each_client(one_behind_its_time, one_overspent):
    found = kpis.budget_burn(one_behind_its_time, one_overspent, STILL_HERE, "2026-10-10", by="client_id")
    assert found["value"].tolist() == pytest.approx([160 / 500, 150 / 225])
    assert found["n"].tolist() == [1, 2]


def test_what_costs_its_budget_is_not_over_it(one_behind_its_time, one_overspent):
    # J3 with 150 of 150, then of 149.99
    for budget, over in ((150.0, 0), (149.99, 1)):
        third = one_behind_its_time.iloc[2:3].assign(budget_cost=budget)
        assert kpis.budget_burn(third, one_overspent, STILL_HERE, "2026-10-10")["over_budget"].item() == over


def test_on_its_first_and_last_day_a_project_runs(one_behind_its_time, one_overspent):
    first = kpis.budget_burn(one_behind_its_time.head(1), one_overspent, STILL_HERE, "2026-10-01")
    assert first["expected"].item() == pytest.approx(1000 / 20)
    last = kpis.budget_burn(
        one_behind_its_time.head(1).assign(delivered_on=None), one_overspent, STILL_HERE, "2026-10-20"
    )
    assert last["expected"].item() == 1000.0
    assert kpis.budget_burn(one_behind_its_time.head(1), one_overspent, STILL_HERE, "2026-09-30")["n"].item() == 0


def test_decided_after_its_due_date_all_its_time_has_passed(one_behind_its_time, one_overspent):
    late = one_behind_its_time.head(1).assign(due_on=pd.Timestamp("2026-09-20"))
    assert kpis.budget_burn(late, one_overspent, STILL_HERE, "2026-10-01")["expected"].item() == 1000.0


def test_a_book_that_does_not_say_who_won_has_a_burn(one_behind_its_time, one_overspent):
    found = kpis.budget_burn(one_behind_its_time.drop(columns="won"), one_overspent, STILL_HERE, "2026-10-10")
    # The lost one as well, 1000 with 10 of 20 days and 999 spent, and the pitched one with 10 of as many
    assert found["expected"].item() == pytest.approx(725 + 500 + 500)
    assert found["cost"].item() == 310 + 999


def test_nothing_burns_where_nothing_runs(one_behind_its_time, one_overspent):
    (row,) = kpis.budget_burn(one_behind_its_time.tail(6), one_overspent, STILL_HERE, "2026-10-10").to_dict("records")
    assert row["n"] == 0
    assert pd.isna(row["value"])
    assert pd.isna(row["spent_share"])


@pytest.fixture
def one_without_hours():
    """J1 took 10 + 15 hours and a task that nobody clocked, J2 nobody clocked, J3 has no fee."""
    return frame(
        "task_id project_id hours",
        ("T1", "J1", 10.0),
        ("T2", "J1", 15.0),
        ("T3", "J1", None),
        ("T4", "J2", None),
        ("T5", "J3", 5.0),
    )


def test_fee_per_hour_where_both_are_on_record(two_budgets, one_without_hours):
    (row,) = kpis.fee_per_hour(two_budgets, one_without_hours).to_dict("records")
    assert row == {"value": 1000 / 25, "n": 1, "fee": 1000.0, "hours": 25.0}


def test_fee_per_hour_weighs_projects_by_their_hours(two_budgets, one_without_hours):
    found = kpis.fee_per_hour(two_budgets, one_without_hours.assign(hours=[10.0, 15.0, None, 5.0, 5.0]))
    # (1000 + 300) ÷ (25 + 5), not the mean of 40 and 60
    assert found["value"].item() == pytest.approx(1300 / 30)
    found = kpis.fee_per_hour(two_budgets, one_without_hours.assign(hours=[10.0, 15.0, None, 5.0, 5.0]), by="month")
    assert found["month"].isna().tolist() == [False, True]
    assert found["value"].tolist() == [40.0, 60.0]


def test_a_fee_without_an_hour_is_no_rate(two_budgets):
    hours = frame("task_id project_id hours", ("T1", "J1", 25.0), ("T2", "J2", 0.0))
    (row,) = kpis.fee_per_hour(two_budgets, hours).to_dict("records")
    assert (row["value"], row["n"], row["fee"]) == (40.0, 1, 1000.0)


def test_no_hours_no_rate(two_budgets, one_without_hours):
    (row,) = kpis.fee_per_hour(two_budgets, one_without_hours.iloc[3:4]).to_dict("records")
    assert row["n"] == 0
    assert pd.isna(row["value"])


@pytest.mark.parametrize(
    "kpi", [kpi for kpi in kpis.CATALOGUE.values() if kpi.family == "cost"], ids=lambda kpi: kpi.id
)
def test_costs_of_several_currencies_are_an_error(kpi, agency):
    asked = {"as_of": "2026-06"} if "as_of" in kpi.questions else {}
    for name in {*kpi.tables} - {"tasks", "clients"}:
        mixed = agency[name].assign(currency=["USD", *["VND"] * (len(agency[name]) - 1)])
        with pytest.raises(ValueError, match=rf"{name} has amounts in several currencies \(USD, VND\)"):
            kpi.function(**{table: mixed if table == name else agency[table] for table in kpi.tables}, **asked)

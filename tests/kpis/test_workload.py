import pandas as pd
import pytest

from amlib import kpis

MANAGERS = pd.DataFrame({"am_id": ["lan", "minh", "hoa"], "level": ["manager", "executive", "executive"]})


def test_clients_per_manager_counts_who_keeps_a_client(one_client_lost):
    # October: A and B (lost on the 10th, active until then) on Lan, D on nobody; Minh and Hoa keep nobody
    (row,) = kpis.clients_per_manager(one_client_lost, MANAGERS, "2026-10").to_dict("records")
    assert row == {"value": 2.0, "n": 1, "clients": 2, "unassigned": 1}


def test_a_client_is_active_from_its_first_day_to_its_last():
    # A left on 1 October, B came on the 31st: A is of September and October, B of October and November
    clients = pd.DataFrame(
        {
            "client_id": ["A", "B"],
            "am_id": ["lan", "lan"],
            "since": pd.to_datetime(["2026-01-01", "2026-10-31"]),
            "until": pd.to_datetime(["2026-10-01", None]),
        }
    )
    months = pd.period_range("2026-09", "2026-11", freq="M")
    found = kpis.clients_per_manager(clients, MANAGERS, months, by="month")
    assert found["clients"].tolist() == [1, 2, 1]


def test_several_months_need_by_month(one_client_lost):
    months = pd.period_range("2026-09", "2026-11", freq="M")
    found = kpis.clients_per_manager(one_client_lost, MANAGERS, months, by="month")
    assert found["month"].tolist() == list(months)
    # November: A on Lan, C on Minh
    assert found["value"].tolist() == [2.0, 2.0, 1.0]
    assert found["n"].tolist() == [1, 1, 2]
    with pytest.raises(ValueError, match=r"3 months asked for.*by='month'"):
        kpis.clients_per_manager(one_client_lost, MANAGERS, months)
    with pytest.raises(ValueError, match="0 months"):
        kpis.clients_per_manager(one_client_lost, MANAGERS, [], by="month")


def test_a_month_without_clients_has_a_null(one_client_lost):
    found = kpis.clients_per_manager(one_client_lost, MANAGERS, ["2025-12", "2026-01"], by="month")
    assert found["n"].tolist() == [0, 1]
    assert found["value"].isna().tolist() == [True, False]


def test_clients_of_each_manager(one_client_lost):
    found = kpis.clients_per_manager(one_client_lost, MANAGERS, pd.Period("2026-11"), by=["am_id"])
    # Those without a manager stand last, counted but without a value.
    assert found["am_id"].fillna("nobody").tolist() == ["lan", "minh", "nobody"]
    assert found["value"].fillna(-1).tolist() == [1.0, 1.0, -1.0]
    assert found["unassigned"].tolist() == [0, 0, 1]


def test_groups_may_come_from_the_managers(one_client_lost):
    found = kpis.clients_per_manager(one_client_lost, MANAGERS, "2026-11", by="level")
    assert found["level"].fillna("nobody").tolist() == ["executive", "manager", "nobody"]
    assert found["clients"].tolist() == [1, 1, 0]


@pytest.mark.parametrize("by", [(), ("am_id",)])
def test_a_book_without_a_table_of_managers_has_the_figure(one_client_lost, by):
    whole = kpis.clients_per_manager(one_client_lost, MANAGERS, "2026-11", by=by)
    pd.testing.assert_frame_equal(kpis.clients_per_manager(one_client_lost, MANAGERS.iloc[:0], "2026-11", by=by), whole)


def test_clients_per_manager_equals_sql(agency, sql, same):
    months = pd.period_range("2025-01", "2026-12", freq="M")
    same(
        kpis.clients_per_manager(agency["clients"], agency["account_managers"], months, by=["month", "level"]),
        sql("""
            with months as (
                select unnest(generate_series(date '2025-01-01', date '2026-12-01', interval 1 month))::date as month
            ), spans as (
                select month, client_id, am_id, level,
                       since < month + interval 1 month and coalesce(until, date '2999-01-01') >= month as active
                from months, clients left join account_managers using (am_id)
            )
            select month, level, count(*) filter (active and am_id is not null)
                   / nullif(count(distinct am_id) filter (active), 0) as value,
                   count(distinct am_id) filter (active) as n, count(*) filter (active and am_id is null) as unassigned
            from spans group by all order by month, level nulls last
        """),
    )


def test_revenue_is_shared_by_the_managers_who_earn_it():
    clients = pd.DataFrame({"client_id": ["C1", "C2", "C3", "C4"], "am_id": ["M1", "M1", "M2", None]})
    billed = pd.DataFrame({"client_id": ["C1", "C2", "C3", "C4", "X9"], "amount": [50.0, 30.0, 40.0, 7.0, 5.0]})
    billed = billed.assign(pass_through=[10.0, None, 0.0, 0.0, 0.0])
    (row,) = kpis.revenue_per_manager(billed, clients).to_dict("records")
    # (40 + 30 + 40) ÷ 2
    assert (row["value"], row["n"], row["revenue"], row["unassigned"]) == (55.0, 2, 110.0, 12.0)
    assert kpis.revenue_per_manager(billed, clients, by="am_id").value.tolist()[:2] == [70.0, 40.0]


def test_utilisation_is_hours_done_over_capacity():
    managers = pd.DataFrame({"am_id": ["M1", "M2", "M3", "M4"], "capacity_hours": [100.0, 60.0, None, 80.0]})
    managers["hired_on"] = pd.to_datetime(["2026-10-31", None, "2020-01-01", "2026-11-01"])
    clients = pd.DataFrame({"client_id": ["C1", "C2", "C3"], "am_id": ["M1", "M3", None]})
    projects = pd.DataFrame({"project_id": ["J1", "J2", "J3"], "client_id": ["C1", "C2", "C3"]})
    tasks = pd.DataFrame({"project_id": ["J1", "J1", "J1", "J2", "J3"], "hours": [30.0, 10.0, 99.0, 50.0, 50.0]})
    tasks["done_on"] = pd.to_datetime(["2026-10-01", "2026-10-31", "2026-11-01", "2026-10-05", "2026-10-05"])
    (row,) = kpis.utilisation(managers, clients, projects, tasks, "2026-10").to_dict("records")
    # M1, there since the last day, 40 of 100, M2 nothing of 60; M3 has no capacity on record, M4 was not there yet
    assert (row["value"], row["n"], row["hours"], row["capacity"], row["no_capacity"]) == (0.25, 2, 40.0, 160.0, 1)

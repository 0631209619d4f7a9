import pandas as pd
import pytest

from amlib import kpis


def invoices(*rows):
    table = pd.DataFrame(rows, columns=["client_id", "amount", "pass_through"])
    return table.assign(issued_on=pd.Timestamp("2026-10-05"))


def test_expansion_is_shared_by_all_who_were_there():
    contracts = pd.DataFrame(
        {
            "client_id": ["C1", "C1", "C2", "C3"],
            "kind": "retainer",
            "starts_on": pd.to_datetime(["2025-01-01", "2026-05-01", "2025-01-01", "2026-05-01"]),
            "ends_on": pd.to_datetime(["2026-04-30", None, None, None]),
            "monthly_fee": [10.0, 16.0, 20.0, 50.0],
        }
    )
    clients = pd.DataFrame({"client_id": ["C1", "C2"], "until": pd.to_datetime([None, None])})
    (row,) = kpis.expansion_per_client(contracts, clients, "2026-10").to_dict("records")
    # C1 pays 6 more; C2 the same; C3 was not there a year ago
    assert (row["value"], row["n"], row["expansion"], row["expanded"]) == (3.0, 2, 6.0, 1)
    # What C1 paid more ended with it
    clients.loc[0, "until"] = pd.Timestamp("2026-10-30")
    (row,) = kpis.expansion_per_client(contracts, clients, "2026-10").to_dict("records")
    assert (row["value"], row["n"], row["expansion"], row["expanded"]) == (0.0, 2, 0.0, 0)


@pytest.fixture
def three_alike():
    """Three small clients: two buy creative, one of them media as well, the third nothing; and a key one."""
    clients = pd.DataFrame({"client_id": ["C1", "C2", "C3", "K1"], "segment": ["small"] * 3 + ["key"]})
    clients = clients.assign(since=pd.Timestamp("2025-01-01"), until=pd.Series([pd.NaT] * 4, dtype="datetime64[us]"))
    projects = pd.DataFrame({"project_id": ["J1", "J2", "J4"], "client_id": ["C1", "C2", "K1"]})
    tasks = pd.DataFrame(
        {
            "project_id": ["J1", "J1", "J2", "J4"],
            "department": ["creative", "media", "creative", "planner"],
            "handed_on": pd.to_datetime(["2026-10-01", "2026-10-31", "2026-10-01", "2026-10-01"]),
        }
    )
    return clients, projects, tasks


def test_white_space_is_what_most_like_clients_buy(three_alike):
    found = kpis.white_space(*three_alike, "2026-10", by="client_id")
    # two of three buy creative: C3 lacks it; one of three buys media: nobody lacks it
    assert found.set_index("client_id").gaps.to_dict() == {"C1": 0, "C2": 0, "C3": 1, "K1": 0}
    (row,) = kpis.white_space(*three_alike, "2026-10").to_dict("records")
    assert (row["value"], row["n"], row["gaps"], row["with_gaps"]) == (0.25, 4, 1, 1)


def test_white_space_lists_the_services(three_alike):
    found = kpis.white_space(*three_alike, "2026-10", by=["client_id", "department"], common=0.3)
    missing = found[found.gaps > 0]
    assert list(zip(missing.client_id, missing.department, strict=True)) == [
        ("C2", "media"),
        ("C3", "creative"),
        ("C3", "media"),
    ]


def test_work_handed_on_later_is_not_bought_yet(three_alike):
    found = kpis.white_space(*three_alike, "2026-10-30", common=0.3)
    assert found.gaps.tolist() == [1]


def test_without_tasks_nobody_lacks_anything(three_alike):
    clients, projects, tasks = three_alike
    (row,) = kpis.white_space(clients, projects, tasks.iloc[:0], "2026-10").to_dict("records")
    assert (row["value"], row["n"]) == (0.0, 4)


def test_share_of_key_accounts():
    clients = pd.DataFrame({"client_id": ["C1", "C2"], "segment": ["key", "small"]})
    billed = invoices(("C1", 100.0, 40.0), ("C2", 30.0, 0.0), ("X9", 10.0, None))
    (row,) = kpis.key_account_share(billed, clients).to_dict("records")
    # 60 of 60 + 30 + 10
    assert (row["value"], row["n"], row["key"], row["revenue"], row["key_clients"]) == (0.6, 3, 60.0, 100.0, 1)


def test_concentration_of_three_clients():
    billed = invoices(("C1", 50.0, 0.0), ("C2", 30.0, 0.0), ("C3", 25.0, 5.0), ("C4", -5.0, 0.0))
    (row,) = kpis.concentration(billed).to_dict("records")
    # shares .5, .3, .2; C4 is left out. .25 + .09 + .04 = .38
    assert (row["value"], row["n"], row["largest"], row["revenue"]) == (0.5, 3, 50.0, 100.0)
    assert row["herfindahl"] == pytest.approx(0.38)
    assert row["equal_clients"] == pytest.approx(1 / 0.38)


def test_without_revenue_there_is_no_concentration():
    (row,) = kpis.concentration(invoices(("C1", -5.0, 0.0))).to_dict("records")
    assert row["n"] == 0
    assert pd.isna(row["value"])


def test_half_of_like_clients_are_most(three_alike):
    clients, projects, tasks = three_alike
    # Of C1 and C2 one buys media: C2 lacks it. Those without a segment are alike, too
    for segment in ("small", None):
        pair = clients.head(2).assign(segment=pd.Series([segment] * 2, dtype="str"))
        assert kpis.white_space(pair, projects, tasks, "2026-10", by="client_id").gaps.tolist() == [0, 1]
        assert kpis.white_space(pair, projects, tasks, "2026-10", common=0.51).gaps.tolist() == [0]


def test_a_client_who_leaves_on_the_day_is_there(three_alike):
    clients, projects, tasks = three_alike
    leaving = clients.assign(until=pd.to_datetime(["2026-10-31", "2026-10-30", None, None]).astype("datetime64[us]"))
    assert kpis.white_space(leaving, projects, tasks, "2026-10").n.tolist() == [3]


def test_no_share_of_key_accounts_where_credit_notes_outweigh():
    clients = pd.DataFrame({"client_id": ["C1", "C2"], "segment": ["key", "small"]})
    (row,) = kpis.key_account_share(invoices(("C1", 10.0, 0.0), ("C2", -30.0, 0.0)), clients).to_dict("records")
    assert (row["key"], row["revenue"]) == (10.0, -20.0)
    assert pd.isna(row["value"])


def test_who_brings_nothing_is_none_of_the_clients():
    (row,) = kpis.concentration(invoices(("C1", 50.0, 0.0), ("C2", 30.0, 30.0))).to_dict("records")
    assert (row["value"], row["n"], row["equal_clients"]) == (1.0, 1, 1.0)


def test_the_largest_of_two_alike_is_one_of_them():
    (row,) = kpis.concentration(invoices(("C1", 50.0, 0.0), ("C2", 50.0, 0.0))).to_dict("records")
    assert (row["value"], row["largest"], row["herfindahl"], row["equal_clients"]) == (0.5, 50.0, 0.5, 2.0)

import pandas as pd
import pytest
from frames import frame

from amlib import kpis

STILL_HERE = frame("client_id until", ("A", None), ("B", None))


@pytest.fixture
def one_without_proposal():
    """Proposals after 4, 10 and 1 days, and a brief that waits for one."""
    return frame(
        "briefed_on proposed_on",
        ("2026-09-20", "2026-09-24"),
        ("2026-09-30", "2026-10-10"),
        ("2026-10-01", "2026-10-02"),
        ("2026-10-05", None),
    )


def test_proposal_time_leaves_out_and_counts_what_waits(one_without_proposal):
    (row,) = kpis.proposal_time(one_without_proposal).to_dict("records")
    assert (row["value"], row["n"], row["median"], row["slowest"], row["waiting"]) == (5.0, 3, 4.0, 10, 1)
    # deviation sqrt((1 + 25 + 16)/2) = 4.582576, error 2.645751, reach 5.185577; below 0 it stops
    assert (row["low"], row["high"]) == pytest.approx((0.0, 10.185577), abs=1e-5)


def test_proposal_time_by_month_of_the_brief(one_without_proposal):
    found = kpis.proposal_time(one_without_proposal, by="month")
    assert found["month"].astype(str).tolist() == ["2026-09", "2026-10"]
    assert found[["value", "n", "waiting"]].to_numpy().tolist() == [[7, 2, 0], [1, 1, 1]]
    assert found["low"].isna().tolist() == [False, True]
    assert found["high"].isna().tolist() == [False, True]


def test_a_proposal_on_the_day_of_the_brief_took_no_time():
    assert kpis.proposal_time(frame("briefed_on proposed_on", ("2026-10-01", "2026-10-01")))["value"].item() == 0.0


def test_no_proposal_at_all_is_null(one_without_proposal):
    (row,) = kpis.proposal_time(one_without_proposal.tail(1)).to_dict("records")
    assert (row["n"], row["waiting"]) == (0, 1)
    assert all(pd.isna(row[name]) for name in ("value", "low", "high", "median", "slowest"))


def test_a_proposal_before_its_brief_is_an_error():
    backwards = frame("briefed_on proposed_on", ("2026-10-02", "2026-10-01"))
    with pytest.raises(ValueError, match="expected: proposed_on not before briefed_on"):
        kpis.proposal_time(backwards)


@pytest.fixture
def one_undecided():
    """Two won, one of which has no fee; one lost; one open."""
    return frame(
        "client_id briefed_on won fee",
        ("A", "2026-09-30", True, 300.0),
        ("A", "2026-10-01", True, None),
        ("B", "2026-10-02", False, 100.0),
        ("C", "2026-10-03", None, 999.0),
    ).astype({"won": "boolean"})


def test_win_rate_leaves_out_and_counts_what_is_open(one_undecided):
    (row,) = kpis.win_rate(one_undecided).to_dict("records")
    assert row["value"] == pytest.approx(2 / 3)
    assert (row["n"], row["won"], row["lost"], row["open"]) == (3, 2, 1, 1)
    assert (row["by_value"], row["fees"]) == (300 / 400, 400.0)
    # Wilson at 2 of 3, z² = 3.841459: middle (2 + 1.920729)/6.841459 = .573084,
    # reach 1.959964/6.841459 × sqrt(2/3 + .960365) = .365424
    assert (row["low"], row["high"]) == pytest.approx((0.207660, 0.938508), abs=1e-5)


def test_win_rate_by_month_of_the_brief(one_undecided):
    found = kpis.win_rate(one_undecided, by="month")
    assert found["month"].astype(str).tolist() == ["2026-09", "2026-10"]
    assert found["value"].tolist() == [1.0, 0.5]
    assert found["by_value"].tolist() == [1.0, 0.0]


def test_nothing_decided_is_null(one_undecided):
    (row,) = kpis.win_rate(one_undecided.tail(1)).to_dict("records")
    assert (row["n"], row["won"], row["lost"], row["open"], row["fees"]) == (0, 0, 0, 1, 0.0)
    assert all(pd.isna(row[name]) for name in ("value", "low", "high", "by_value"))


def test_decided_without_fees_has_no_rate_by_value(one_undecided):
    (row,) = kpis.win_rate(one_undecided.iloc[1:2]).to_dict("records")
    assert (row["value"], row["fees"]) == (1.0, 0.0)
    assert pd.isna(row["by_value"])


@pytest.fixture
def one_decided_too_late():
    """On 31 October A waits with both, B with the one of September; B decided the other that very day."""
    return frame(
        "client_id briefed_on proposed_on decided_on fee",
        ("A", "2026-10-01", None, None, 100.0),
        ("A", "2026-10-11", "2026-10-20", "2026-11-02", 50.0),
        ("B", "2026-10-05", "2026-10-06", "2026-10-31", 70.0),
        ("B", "2026-09-01", "2026-11-03", None, None),
        ("B", "2026-11-01", None, None, 999.0),
    )


def test_open_briefs_wait_for_a_decision(one_decided_too_late):
    (row,) = kpis.open_briefs(one_decided_too_late, STILL_HERE, "2026-10").to_dict("records")
    # 30, 20 and 60 days old; those of 1 October and 1 September have no proposal yet
    assert row == {
        "value": 3.0,
        "n": 4,
        "without_proposal": 2,
        "mean_age": pytest.approx(110 / 3),
        "oldest": 60,
        "fees": 150.0,
    }


def test_a_brief_of_a_client_that_left_is_open_no_more(one_decided_too_late):
    for last, value, fees in (("2026-10-31", 3, 150), ("2026-10-30", 1, 0)):
        clients = frame("client_id until", ("A", last))
        found = kpis.open_briefs(one_decided_too_late, clients, "2026-10").iloc[0]
        assert (found["value"], found.n, found.fees) == (value, 4, fees)


def test_open_briefs_of_each_client_the_day_before(one_decided_too_late):
    found = kpis.open_briefs(one_decided_too_late, STILL_HERE, "2026-10-30", by="client_id")
    assert found[["value", "n", "fees"]].to_numpy().tolist() == [[2, 2, 150], [2, 2, 70]]


def test_a_proposal_of_the_day_itself_is_there(one_decided_too_late):
    # A's second brief was proposed on 20 October
    first = one_decided_too_late.iloc[1:2]
    assert kpis.open_briefs(first, STILL_HERE, "2026-10-19")["without_proposal"].item() == 1
    assert kpis.open_briefs(first, STILL_HERE, "2026-10-20")["without_proposal"].item() == 0


def test_all_decided_is_none_open(one_decided_too_late):
    (row,) = kpis.open_briefs(one_decided_too_late.iloc[2:3], STILL_HERE, "2026-10").to_dict("records")
    assert (row["value"], row["n"], row["without_proposal"], row["fees"]) == (0.0, 1, 0, 0.0)
    assert pd.isna(row["mean_age"])
    assert pd.isna(row["oldest"])


def test_nothing_briefed_is_null(one_decided_too_late):
    (row,) = kpis.open_briefs(one_decided_too_late, STILL_HERE, "2026-08").to_dict("records")
    assert row["n"] == 0
    assert pd.isna(row["value"])


@pytest.mark.parametrize("kpi", ["win_rate", "open_briefs"])
def test_fees_of_several_currencies_are_an_error(kpi, one_undecided, one_decided_too_late):
    table, asked = {
        "win_rate": (one_undecided, {}),
        "open_briefs": (one_decided_too_late, {"clients": STILL_HERE, "as_of": "2026-10"}),
    }[kpi]
    mixed = table.assign(currency=["USD", *["VND"] * (len(table) - 1)])
    with pytest.raises(ValueError, match=r"projects has amounts in several currencies \(USD, VND\)"):
        getattr(kpis, kpi)(mixed, **asked)

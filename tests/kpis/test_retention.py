import pandas as pd
import pytest
from frames import frame

from amlib import kpis

STILL_HERE = frame("client_id until", ("C1", None), ("left", None))


def contracts(*rows):
    """(client, starts, ends, fee) of retainers; each signed on its first day."""
    table = pd.DataFrame(rows, columns=["client_id", "starts_on", "ends_on", "monthly_fee"])
    table = table.assign(starts_on=pd.to_datetime(table.starts_on), ends_on=pd.to_datetime(table.ends_on))
    ids = [f"R{i}" for i in range(len(table))]
    renews = pd.Series([None] * len(table), dtype="str")
    return table.assign(contract_id=ids, signed_on=table.starts_on, kind="retainer", renews=renews)


@pytest.fixture
def twenty_at_the_start():
    """S 20: one left with 1.2, one pays .8 less, one 3 more, and one is new."""
    return contracts(
        ("left", "2026-01-01", "2026-09-30", 1.2),
        ("less", "2026-01-01", "2026-09-30", 6.8),
        ("less", "2026-10-01", None, 6.0),
        ("more", "2026-01-01", "2026-09-30", 12.0),
        ("more", "2026-10-01", None, 15.0),
        ("new", "2026-10-05", None, 40.0),
    )


def test_the_golden_book_keeps_ninety_gross_and_a_hundred_and_five_net(twenty_at_the_start):
    (gross,) = kpis.gross_retention(twenty_at_the_start, STILL_HERE, "2026-10").to_dict("records")
    assert (gross["start"], gross["n"]) == (20.0, 3)
    assert (gross["churn"], gross["contraction"], gross["expansion"]) == pytest.approx((1.2, 0.8, 3.0))
    assert gross["value"] == pytest.approx(0.90)
    (net,) = kpis.net_retention(twenty_at_the_start, STILL_HERE, "2026-10").to_dict("records")
    assert net["value"] == pytest.approx(1.05)
    assert net["end"] == pytest.approx(21.0)


def test_clients_are_kept_whatever_they_pay(twenty_at_the_start):
    (kept,) = kpis.client_retention(twenty_at_the_start, STILL_HERE, "2026-10").to_dict("records")
    assert (kept["n"], kept["retained"], kept["lost"], kept["new"], kept["returned"]) == (3, 2, 1, 1, 0)
    assert kept["value"] == pytest.approx(2 / 3)
    (gone,) = kpis.client_churn(twenty_at_the_start, STILL_HERE, "2026-10").to_dict("records")
    assert gone["value"] == pytest.approx(1 / 3)
    # Wilson of 1 in 3, z² = 3.841459: (1/3 + z²/6 ∓ z·√(2/27 + z²/36)) ÷ (1 + z²/3)
    # = (.973576 ∓ 1.959964·.425184) ÷ 2.280486 = (.973576 ∓ .833345) ÷ 2.280486
    assert (gone["low"], gone["high"]) == pytest.approx((0.061492, 0.792340), abs=1e-6)


def test_a_return_is_a_return():
    back = contracts(("C1", "2026-01-01", "2026-03-31", 5.0), ("C1", "2026-10-10", None, 5.0))
    (row,) = kpis.client_retention(back, STILL_HERE, "2026-10").to_dict("records")
    assert (row["n"], row["returned"], row["new"]) == (0, 1, 0)
    assert pd.isna(row["value"])


def test_who_never_paid_before_is_new():
    # C1 was tried out for nothing, C2's fee was never put down; C3 paid, and comes back
    tried = contracts(
        ("C1", "2026-01-01", "2026-03-31", 0.0),
        ("C2", "2026-01-01", "2026-03-31", None),
        ("C3", "2026-01-01", "2026-03-31", 1.0),
        ("C1", "2026-10-01", None, 5.0),
        ("C2", "2026-10-01", None, 5.0),
        ("C3", "2026-10-01", None, 5.0),
    )
    (row,) = kpis.client_retention(tried, STILL_HERE, "2026-10").to_dict("records")
    assert (row["n"], row["new"], row["returned"]) == (0, 2, 1)


def test_a_term_that_ends_with_the_month_still_counts_for_it():
    ending = contracts(("C1", "2026-01-01", "2026-10-31", 5.0))
    found = kpis.gross_retention(ending, STILL_HERE, ["2026-10", "2026-11"], by="month")
    assert found.value.tolist() == [1.0, 0.0]
    assert found.churn.tolist() == [0.0, 5.0]


def test_a_fee_of_nothing_is_none():
    # C1 had none at the start and has one now; C2 pays nothing any more, which is no contraction; C3 stays
    free = contracts(
        ("C1", "2026-01-01", "2026-09-30", 0.0),
        ("C1", "2026-10-01", None, 9.0),
        ("C2", "2026-01-01", "2026-09-30", 4.0),
        ("C2", "2026-10-01", None, 0.0),
        ("C3", "2026-01-01", None, 6.0),
    )
    (row,) = kpis.net_retention(free, STILL_HERE, "2026-10").to_dict("records")
    assert (row["n"], row["start"], row["end"], row["value"]) == (2, 10.0, 6.0, 0.6)
    assert (row["churn"], row["contraction"], row["expansion"]) == (4.0, 0.0, 0.0)
    (kept,) = kpis.client_retention(free, STILL_HERE, "2026-10").to_dict("records")
    assert (kept["retained"], kept["lost"], kept["new"], kept["returned"]) == (1, 1, 1, 0)


def test_two_retainers_of_a_client_are_one_fee():
    # 3 + 4 until September; then the second runs out and the first is dearer: 5 of 7, one client
    both = contracts(
        ("C1", "2026-01-01", "2026-09-30", 3.0),
        ("C1", "2026-10-01", None, 5.0),
        ("C1", "2026-01-01", "2026-10-30", 4.0),
    )
    (row,) = kpis.gross_retention(both, STILL_HERE, "2026-10").to_dict("records")
    assert (row["n"], row["start"], row["contraction"], row["churn"]) == (1, 7.0, 2.0, 0.0)
    assert row["value"] == pytest.approx(5 / 7)


def test_over_a_year_the_cohort_is_that_of_a_year_ago():
    old_and_young = contracts(("C1", "2025-10-31", None, 5.0), ("C2", "2025-11-01", None, 9.0))
    (row,) = kpis.net_retention(old_and_young, STILL_HERE, "2026-10", over=12).to_dict("records")
    assert (row["n"], row["start"], row["value"]) == (1, 5.0, 1.0)


def test_a_period_of_no_month_is_refused(twenty_at_the_start):
    with pytest.raises(ValueError, match="over=0: give how many months"):
        kpis.gross_retention(twenty_at_the_start, STILL_HERE, "2026-10", over=0)
    with pytest.raises(ValueError, match="2 months asked for"):
        kpis.gross_retention(twenty_at_the_start, STILL_HERE, ["2026-09", "2026-10"])


def test_recurring_revenue_is_what_runs_on_the_last_day(twenty_at_the_start):
    found = kpis.recurring_revenue(twenty_at_the_start, STILL_HERE, ["2026-09", "2026-10"], by="month")
    assert found.value.tolist() == pytest.approx([20.0, 61.0])
    assert found.n.tolist() == [3, 3]


@pytest.fixture
def four_ended():
    """Renewed with 10, lost with 30, undecided with 5 (its end is 20 days ago), and one whose end is ahead."""
    table = contracts(
        ("C1", "2025-10-01", "2026-09-30", 10.0),
        ("C2", "2025-09-01", "2026-08-31", 30.0),
        ("C3", "2025-10-12", "2026-10-11", 5.0),
        ("C4", "2026-01-01", "2026-12-31", 7.0),
        ("C1", "2026-10-01", "2027-09-30", 12.0),
    )
    return table.assign(renews=pd.Series([None, None, None, None, "R0"], dtype="str"))


def test_undecided_renewals_are_not_counted(four_ended):
    (row,) = kpis.renewal_rate(four_ended, STILL_HERE, "2026-10-31").to_dict("records")
    assert (row["n"], row["renewed"], row["lost"], row["undecided"]) == (2, 1, 1, 1)
    assert row["value"] == 0.5
    assert (row["by_value"], row["fees"]) == (10 / 40, 40.0)


def test_a_contract_renewed_by_two_is_renewed_once(four_ended):
    again = four_ended.tail(1).assign(contract_id="R5", monthly_fee=3.0)
    (row,) = kpis.renewal_rate(pd.concat([four_ended, again]), STILL_HERE, "2026-10-31").to_dict("records")
    assert (row["n"], row["renewed"], row["by_value"]) == (2, 1, 10 / 40)
    early = again.assign(signed_on=pd.Timestamp("2026-09-01"))
    # Of R0 and R2, which run on 1 September, R0 is renewed twice; C4's end is 121 days off
    found = kpis.expiring_contracts(
        pd.concat([four_ended, early, early.assign(contract_id="R6")]), STILL_HERE, "2026-09-01"
    )
    assert found[["n", "within_30", "within_90"]].to_numpy().tolist() == [[3, 0, 1]]


def test_renewals_count_from_the_day_asked_for_to_the_day_asked_for(four_ended):
    # R0's end is 30 September, its successor is signed on 1 October
    since = kpis.renewal_rate(four_ended, STILL_HERE, "2026-10-31", since="2026-09-30").iloc[0]
    assert (since.renewed, since.lost, since.undecided) == (1, 0, 1)
    assert kpis.renewal_rate(four_ended, STILL_HERE, "2026-10-31", since="2026-10-01").renewed.tolist() == [0]
    assert kpis.renewal_rate(four_ended, STILL_HERE, "2026-10-01").renewed.tolist() == [1]


@pytest.mark.parametrize(
    ("day", "within"), [("2026-12-01", [1, 1, 1]), ("2026-11-30", [0, 1, 1]), ("2026-10-02", [1, 1, 2])]
)
def test_the_thirtieth_and_the_ninetieth_day_are_within(four_ended, day, within):
    # R3 ends on 31 December: 30 days after 1 December, 90 after 2 October, when R2 has nine days left
    found = kpis.expiring_contracts(four_ended, STILL_HERE, day)
    assert found[["within_30", "within_60", "within_90"]].to_numpy().tolist() == [within]


def test_after_the_days_of_grace_a_contract_is_lost(four_ended):
    assert kpis.renewal_rate(four_ended, STILL_HERE, "2026-11-10").undecided.tolist() == [1]
    assert kpis.renewal_rate(four_ended, STILL_HERE, "2026-11-11").undecided.tolist() == [0]
    assert kpis.renewal_rate(four_ended, STILL_HERE, "2026-10-31", grace=19).lost.tolist() == [2]


def test_a_renewal_signed_later_is_not_known_yet(four_ended):
    known = kpis.renewal_rate(four_ended, STILL_HERE, "2026-09-30").iloc[0]
    assert (known.renewed, known.undecided, known.n) == (0, 2, 0)
    assert pd.isna(known.value)


def test_contracts_about_to_end(four_ended):
    # on 11 October C3 ends today; C1's new one runs until 2027; C4 ends 81 days later, on 31 December
    (row,) = kpis.expiring_contracts(four_ended, STILL_HERE, "2026-10-11").to_dict("records")
    assert row["n"] == 3
    assert (row["within_30"], row["within_60"], row["within_90"], row["value"]) == (1, 1, 2, 2.0)
    assert row["fees"] == 12.0


def test_a_renewed_contract_does_not_run_out(four_ended):
    # on 1 September R0 runs until the 30th; its successor is signed on 1 October
    assert kpis.expiring_contracts(four_ended, STILL_HERE, "2026-09-01").within_30.tolist() == [1]
    early = four_ended.assign(
        signed_on=four_ended.signed_on.mask(four_ended.renews.notna(), pd.Timestamp("2026-08-20"))
    )
    assert kpis.expiring_contracts(early, STILL_HERE, "2026-09-01").within_30.tolist() == [0]


@pytest.fixture
def left_in_july():
    """C1 left on 31 July with a term to April of the next year, C2 stays, C3 left when its term had ended."""
    signed = contracts(
        ("C1", "2026-05-01", "2027-04-30", 6.0),
        ("C2", "2026-01-01", None, 20.0),
        ("C3", "2025-08-01", "2026-07-15", 4.0),
    )
    return signed, frame("client_id until", ("C1", "2026-07-31"), ("C2", None), ("C3", "2026-07-20"))


def test_a_retainer_ends_with_its_client(left_in_july):
    months = ["2026-06", "2026-07", "2026-08"]
    fees = kpis.recurring_revenue(*left_in_july, months, by="month")
    # The last day of a client is the last on which its fee runs
    assert fees["value"].tolist() == [30.0, 26.0, 20.0]
    assert fees["clients"].tolist() == [3, 2, 1]
    found = kpis.gross_retention(*left_in_july, months, by="month")
    assert found.start.tolist() == [30.0, 30.0, 26.0]
    assert found.churn.tolist() == [0.0, 4.0, 6.0]
    assert found["value"].tolist() == pytest.approx([1.0, 26 / 30, 20 / 26])
    assert kpis.net_retention(*left_in_july, "2026-08").end.item() == 20.0
    kept = kpis.client_retention(*left_in_july, months, by="month")
    assert kept[["n", "retained", "lost"]].to_numpy().tolist() == [[3, 3, 0], [3, 2, 1], [2, 1, 1]]
    assert kpis.client_churn(*left_in_july, "2026-08")["value"].item() == 0.5


def test_a_retainer_without_an_end_ends_with_its_client(left_in_july):
    signed, clients = left_in_july
    clients = clients.assign(until=clients.until.fillna(pd.Timestamp("2026-08-30")))
    found = kpis.gross_retention(signed, clients, "2026-08").iloc[0]
    assert (found.start, found.churn, found["value"]) == (26.0, 26.0, 0.0)


def test_what_a_client_that_left_had_does_not_come_up_for_renewal(left_in_july):
    signed, clients = left_in_july
    # On its last day C1's retainer still runs, 273 days before its end; later nothing of it is about to end
    assert kpis.expiring_contracts(*left_in_july, "2026-07-31").n.tolist() == [2]
    assert kpis.expiring_contracts(*left_in_july, "2026-08-01").n.tolist() == [1]
    assert kpis.expiring_contracts(*left_in_july, "2027-03").within_90.tolist() == [0]
    # A client that leaves later is not known to leave
    assert kpis.expiring_contracts(signed, clients.assign(until=pd.Timestamp("2027-04-01")), "2027-03").n.tolist() == [
        2
    ]
    ended = kpis.renewal_rate(*left_in_july, "2027-06").iloc[0]
    assert (ended.n, ended.renewed, ended.lost, ended.undecided, ended.ended_early) == (1, 0, 1, 0, 1)
    assert ended.fees == 4.0


def test_who_has_left_is_not_undecided(left_in_july):
    # C3's term ended on 15 July, within the days of grace
    day_by_day = [kpis.renewal_rate(*left_in_july, day).iloc[0] for day in ("2026-07-19", "2026-07-20")]
    assert [(row.lost, row.undecided) for row in day_by_day] == [(0, 1), (1, 0)]


def test_what_was_renewed_stays_renewed_though_the_client_leaves(four_ended):
    # C1 signs its next year on 1 October and leaves on the 15th, two weeks after the term that it renewed; had it
    # left during that term, it would have renewed it all the same
    for last in ("2026-10-15", "2026-09-29"):
        clients = frame("client_id until", ("C1", last))
        found = kpis.renewal_rate(four_ended, clients, "2026-10-31").iloc[0]
        assert (found.renewed, found.ended_early) == (1, 0)


def test_active_clients_on_the_last_day():
    clients = pd.DataFrame(
        {
            "client_id": ["C1", "C2", "C3", "C4"],
            "since": pd.to_datetime(["2025-01-01", "2026-10-31", "2026-11-01", "2025-01-01"]),
            "until": pd.to_datetime([None, None, None, "2026-10-30"]),
        }
    )
    found = kpis.active_clients(clients, ["2026-09", "2026-10", "2026-11"], by="month")
    assert found.value.tolist() == [2.0, 2.0, 3.0]
    assert found.joined.tolist() == [0, 1, 1]
    assert found["left"].tolist() == [0, 1, 0]


def test_who_leaves_with_a_month_is_missing_from_the_next():
    # C1 goes with the last day of September, C2 with the first of October and C3 with its last; C4 stays, C5 comes
    # and goes within October, C6 comes on its last day
    clients = frame(
        "client_id since until",
        ("C1", "2025-01-01", "2026-09-30"),
        ("C2", "2025-01-01", "2026-10-01"),
        ("C3", "2025-01-01", "2026-10-31"),
        ("C4", "2025-01-01", None),
        ("C5", "2026-10-02", "2026-10-30"),
        ("C6", "2026-10-31", None),
    )
    found = kpis.active_clients(clients, ["2026-09", "2026-10", "2026-11"], by="month")
    # 4; 4 + 2 (C5, C6) − 3 (C1, C2, C5) = 3; 3 + 0 − 1 (C3) = 2
    assert found.value.tolist() == [4.0, 3.0, 2.0]
    assert found.joined.tolist() == [0, 2, 0]
    assert found["left"].tolist() == [0, 3, 1]


def test_nobody_there_is_null():
    clients = pd.DataFrame({"client_id": ["C1"], "since": pd.to_datetime(["2026-10-01"]), "until": [pd.NaT]})
    (row,) = kpis.active_clients(clients, "2026-09").to_dict("records")
    assert row["n"] == 0
    assert pd.isna(row["value"])

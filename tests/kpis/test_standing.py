"""An account manager beside target and peers: worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from frames import frame

from amlib import kpis
from amlib.book import open_book, save_book
from amlib.kpis.standing import SUMS, interval_over_clients

pytestmark = pytest.mark.pandas_only("it asks books")

OCTOBER = pd.Period("2026-10", "M")
TEAM = frame("am_id name level", ("hoa", "Hoa", "executive"), ("lan", "Lan", "manager"), ("minh", "Minh", "manager"))
CLIENTS = frame(
    "client_id name am_id since until",
    ("A", "A", "lan", "2026-01-01", None),
    ("B", "B", "lan", "2025-01-01", None),
    ("C", "C", "minh", "2026-01-01", None),
    ("D", "D", "hoa", "2026-01-01", "2026-09-30"),
    ("E", "E", None, "2026-01-01", None),
)
INVOICES = frame(
    "invoice_id client_id issued_on due_on amount",
    ("I0", "B", "2025-10-10", "2025-10-20", 40.0),
    ("I1", "A", "2026-09-10", "2026-09-30", 80.0),
    ("I2", "A", "2026-10-10", "2026-11-30", 120.0),
    ("I3", "B", "2026-10-10", "2026-10-20", 50.0),
    ("I4", "C", "2026-10-10", "2026-11-30", 30.0),
    ("I5", "E", "2026-10-10", "2026-11-30", 900.0),
)
PAYMENTS = frame("payment_id invoice_id paid_on amount", ("P0", "I0", "2025-10-20", 40.0))
SURVEYS = frame(
    "survey_id client_id sent_on answered_on score",
    *((f"S{i}", "A", "2026-10-01", "2026-10-02", 10) for i in range(4)),
    ("S4", "C", "2026-10-01", "2026-10-02", 3),
)
TARGETS = pd.DataFrame(
    [
        ("revenue", "book", 1000.0, "2026-01"),
        ("nps", "book", 0.4, "2026-01"),
        ("nps", "manager", 0.5, "2026-01"),
        ("nps", "lan", 0.6, "2026-10"),
        ("revenue", "minh", 90.0, "2026-01"),
    ],
    columns=["kpi", "scope", "target", "from_month"],
).astype({"from_month": "period[M]"})
QUESTIONS = {"revenue": 1, "nps": 3, "overdue_share": None, "response_time": 1}


@pytest.fixture
def card(book_of) -> pd.DataFrame:
    tables = {"account_managers": TEAM, "clients": CLIENTS, "invoices": INVOICES, "payments": PAYMENTS}
    return kpis.scorecard(book_of(**tables, surveys=SURVEYS, targets=TARGETS), OCTOBER, QUESTIONS)


def told(card: pd.DataFrame, kpi: str, column: str) -> dict[str, object]:
    rows = card[card.kpi == kpi]
    return {am: None if pd.isna(value) else value for am, value in zip(rows.am_id, rows[column], strict=True)}


def test_the_figures_of_all_managers(card):
    columns = "am_id level active kpi months value n low high before before_n year_before year_before_n target"
    assert card.columns.tolist() == columns.split()
    assert told(card, "revenue", "value") == {"hoa": None, "lan": 170, "minh": 30}
    assert told(card, "revenue", "before") == {"hoa": None, "lan": 80, "minh": None}
    assert told(card, "revenue", "n") == {"hoa": 0, "lan": 2, "minh": 1}
    assert told(card, "nps", "value") == {"hoa": None, "lan": 1, "minh": -1}
    # Lan's clients owe 80 + 120 + 50, of which 80 and 50 are past the due date.
    assert told(card, "overdue_share", "value") == {"hoa": None, "lan": 130 / 250, "minh": 0}
    # The book has no messages.
    assert told(card, "response_time", "value") == {"hoa": None, "lan": None, "minh": None}
    assert told(card, "revenue", "active") == {"hoa": False, "lan": True, "minh": True}
    assert told(card, "revenue", "months") == {"hoa": 1, "lan": 1, "minh": 1}
    assert told(card, "revenue", "year_before") == {"hoa": None, "lan": 40, "minh": None}
    assert told(card, "overdue_share", "months") == {"hoa": None, "lan": None, "minh": None}


def test_the_nearest_target_wins_and_a_sum_of_all_is_nobodys(card):
    assert told(card, "nps", "target") == {"hoa": 0.4, "lan": 0.6, "minh": 0.5}
    assert told(card, "revenue", "target") == {"hoa": None, "lan": None, "minh": 90}


def test_managers_are_known_from_clients_too(book_of):
    card = kpis.scorecard(book_of(clients=CLIENTS, invoices=INVOICES), OCTOBER, {"revenue": 1})
    assert told(card, "revenue", "value") == {"hoa": None, "lan": 170, "minh": 30}
    assert told(card, "revenue", "level") == {"hoa": None, "lan": None, "minh": None}
    assert card.active.tolist() == [False, True, True]


def test_nobody_keeps_clients(book_of):
    nobody = kpis.scorecard(book_of(clients=CLIENTS.assign(am_id=None), invoices=INVOICES), OCTOBER, {"revenue": 1})
    assert nobody.empty
    with pytest.raises(LookupError, match=r"no account manager 'lan' \(known by its month: none\)"):
        kpis.standing(nobody, "lan")


@pytest.mark.parametrize("kpi", sorted(SUMS))
def test_what_managers_have_adds_up_to_the_book(kpi, sample_book):
    kept = sample_book.clients.am_id.notna()
    assert kept.all()
    of_all = kpis.ask(sample_book, kpi, "2026-10")["value"].sum()
    assert kpis.ask(sample_book, kpi, "2026-10", "am_id")["value"].sum() == pytest.approx(of_all)


# -- an interval from the spread between clients


def each(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["am_id", "client_id", "value", "open"])


def test_the_interval_of_three_clients_by_hand():
    # R = (100·0 + 100·0.5 + 200·0.25) ÷ 400 = 0.25; w·(value − R) = −25, 25, 0; √(3/2 · 1250) ÷ 400 = 0.108253;
    # the 97.5th percentile of t with two degrees of freedom is 4.302653.
    found = interval_over_clients(each(("lan", "A", 0.0, 100), ("lan", "B", 0.5, 100), ("lan", "C", 0.25, 200)), "open")
    reach = 4.302653 * math.sqrt(1.5 * 1250) / 400
    assert found.am_id.tolist() == ["lan"]
    assert found[["low", "high"]].iloc[0].tolist() == pytest.approx([0, 0.25 + reach])
    assert interval_over_clients(
        each(("lan", "A", 0.9, 100), ("lan", "B", 0.5, 100), ("lan", "C", 0.7, 200)), "open", most=1
    ).high.tolist() == [1]


def test_a_client_without_a_value_is_no_part_of_the_interval():
    """Of the three clients above and a fourth that has a weight and no value: the interval of the three."""
    three = [("lan", "A", 0.0, 100.0), ("lan", "B", 0.5, 100.0), ("lan", "C", 0.25, 200.0)]
    found = interval_over_clients(each(*three, ("lan", "D", None, 400.0)), "open")
    assert found.high.tolist() == pytest.approx([0.25 + 4.302653 * math.sqrt(1.5 * 1250) / 400])


@pytest.mark.parametrize(
    "rows",
    [
        [("lan", "A", 0.5, 100.0)],
        [("lan", "A", 0.5, 100.0), ("lan", "B", 0.1, 10.0)],
        [("lan", "A", 0.5, 100.0), ("lan", "B", 0.1, 10.0), ("lan", "C", 0.1, 0.0), ("lan", "D", None, 0.0)],
        [("lan", "A", 1.0, 100.0), ("lan", "B", 1.0, 70.0), ("lan", "C", 1.0, 20.0)],
    ],
    ids=["one client", "two clients", "two that weigh", "no spread"],
)
def test_no_interval_where_nothing_tells_of_the_spread(rows):
    found = interval_over_clients(each(*rows), "open")
    assert found[["low", "high"]].isna().all(axis=None)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Against simulation: clients of equal weight whose shares are drawn around 0.5."""
    rng = np.random.default_rng(1)
    draws = pd.DataFrame({"am_id": np.repeat(np.arange(4000).astype(str), 6), "value": rng.normal(0.5, 0.1, 24000)})
    found = interval_over_clients(draws.assign(open=1.0), "open")
    assert 0.94 < ((found.low <= 0.5) & (found.high >= 0.5)).mean() < 0.96


# -- among peers


def stands(*rows: tuple, kpi: str = "response_time", n: int = 9) -> pd.DataFrame:
    """A scorecard of one KPI: am_id, level, value, low, high."""
    found = pd.DataFrame(rows, columns=["am_id", "level", "value", "low", "high"])
    return found.assign(active=True, kpi=kpi, months=1, n=n, before=None, before_n=0, target=None)


FOUR = [("a", "manager", 1.0, 0.8, 1.2), ("b", "manager", 2.0, 1.5, 2.5), ("c", "manager", 2.2, 1.7, 2.7)]


@pytest.mark.parametrize(("am_id", "place"), [("a", "better"), ("b", "alike"), ("c", "alike")])
def test_less_time_is_better_where_the_intervals_are_apart(am_id, place):
    row = kpis.standing(stands(*FOUR), am_id).iloc[0]
    # The usual interval is from 1.5 to 2.5: the medians of 0.8, 1.5, 1.7 and of 1.2, 2.5, 2.7.
    assert (row["median"], row.usual_low, row.usual_high) == (2.0, 1.5, 2.5)
    assert (row.peers, row.of, row.place) == ("level", 3, place)


def test_more_is_better_for_another_kpi():
    assert kpis.standing(stands(*FOUR, kpi="on_time_delivery"), "a").place.tolist() == ["worse"]


def test_an_interval_that_leaves_the_median_out_and_meets_the_usual_one_is_chance():
    rows = [("a", "manager", 1.0, 0.7, 1.6), *FOUR[1:]]
    row = kpis.standing(stands(*rows), "a").iloc[0]
    assert row.high < row["median"]
    assert row.place == "alike"


def test_an_interval_over_most_of_the_scale_tells_nothing_where_it_meets_the_usual_one():
    shares = [("a", "manager", 0.5, 0.1, 0.9), ("b", "manager", 0.6, 0.5, 0.7), ("c", "manager", 0.6, 0.5, 0.7)]
    found = [kpis.standing(stands(*shares, kpi="overdue_share"), am_id).place.tolist() for am_id in "ab"]
    assert found == [["untold"], ["alike"]]


def test_few_of_a_level_are_compared_with_all():
    rows = [*FOUR, ("d", "executive", 5.0, 4.0, 6.0), ("e", None, 6.0, 5.0, 7.0)]
    for am_id in "de":
        row = kpis.standing(stands(*rows), am_id).iloc[0]
        assert (row.peers, row.of, row["median"], row.place) == ("all", 5, 2.2, "worse")
    assert kpis.standing(stands(*rows), "d").others.iloc[0] == [1.0, 2.0, 2.2, 6.0]
    assert kpis.standing(stands(*rows), "a").of.tolist() == [3]


def test_one_manager_is_compared_with_nobody():
    row = kpis.standing(stands(FOUR[0]), "a").iloc[0]
    assert (row.peers, row.place, row.others) == (None, None, [])
    assert math.isnan(row["median"])


def test_a_manager_without_clients_is_neither_compared_nor_a_peer():
    card = stands(*FOUR, ("d", "manager", 50.0, 40.0, 60.0)).assign(active=[True, True, True, False])
    assert kpis.standing(card, "d").place.tolist() == [None]
    assert kpis.standing(card, "a")["median"].tolist() == [2.0]


@pytest.mark.parametrize(
    ("kpi", "n", "rows"),
    [
        ("revenue", 9, [(am, level, value, None, None) for am, level, value, *_ in FOUR]),
        ("nps", 4, FOUR),
        ("clients_per_manager", 9, FOUR),
    ],
)
def test_no_verdict_without_an_interval_with_few_answers_or_where_no_way_is_better(kpi, n, rows):
    found = kpis.standing(stands(*rows, kpi=kpi, n=n), "a")
    assert found.place.tolist() == ["untold"]
    assert found["median"].tolist() == [2.0]


def test_who_has_no_figure_stands_nowhere_and_others_count_without():
    rows = [("x", "manager", None, None, None), *FOUR]
    assert kpis.standing(stands(*rows), "x").place.tolist() == [None]
    assert kpis.standing(stands(*rows), "a").of.tolist() == [3]
    alone = [("a", "manager", 1.0, 0.5, 2.0), ("x", "manager", None, None, None)]
    assert kpis.standing(stands(*alone), "a").place.tolist() == [None]


def test_a_saved_scorecard_is_the_same(sample_book, tmp_path):
    save_book(sample_book, tmp_path / "saved")
    questions = {"revenue": 1, "nps": 6, "gross_retention": None}
    expected = kpis.scorecard(sample_book, "2026-10", questions)
    for _ in range(2):
        pd.testing.assert_frame_equal(kpis.scorecard(open_book(tmp_path / "saved"), "2026-10", questions), expected)


def test_retention_goes_over_the_months_asked(book_of):
    """Over a year a fee of 100 fell to 60; over the last month nothing changed."""
    contracts = frame(
        "contract_id client_id kind signed_on starts_on ends_on monthly_fee",
        ("K1", "A", "retainer", "2025-01-01", "2025-01-01", "2026-03-31", 100.0),
        ("K2", "A", "retainer", "2026-03-01", "2026-04-01", None, 60.0),
        ("K3", "B", "retainer", "2025-01-01", "2025-01-01", None, 100.0),
        ("K4", "F", "retainer", "2025-01-01", "2025-01-01", None, 100.0),
    )
    third = frame("client_id name am_id since", ("F", "F", "lan", "2025-01-01"))
    book = book_of(clients=pd.concat([CLIENTS, third], ignore_index=True), contracts=contracts)
    year, month = (kpis.scorecard(book, OCTOBER, {"gross_retention": over}).iloc[1] for over in (12, 1))
    assert (year.am_id, month["value"]) == ("lan", 1)
    # R = 260 ÷ 300; 100·(0.6 − R) = −26.67, the others 13.33: √(3/2 · 1066.67) ÷ 300 = 0.1333, times t, 4.302653.
    assert year["value"] == pytest.approx(260 / 300)
    assert (year.low, year.high) == (pytest.approx(260 / 300 - 4.302653 * 0.4 / 3), 1)
    assert math.isnan(month.low)

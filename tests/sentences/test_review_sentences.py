"""What a month's review says is what its frames say, and nothing where they say nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd
import pytest
from frames import frame

from amlib import sentences, words
from amlib.book.tables import Held, Tables

VI, EN = words.of("vi"), words.of("en")


def changes(**of_clients: float) -> pd.DataFrame:
    return pd.DataFrame({"name": list(of_clients), "value": list(of_clients.values())})


def test_who_made_revenue_fall_and_rise():
    moved = changes(A=-10e6, B=-572_412_000.0, C=30e6, D=0, E=5e6, F=-20e6)
    assert sentences.causes(EN, moved, "VND") == [
        "The largest falls: B (about VND 572.4 million) and F (VND 20 million).",
        "The largest rises: C (VND 30 million) and E (VND 5 million).",
    ]
    assert sentences.causes(VI, changes(A=-10e6), "VND") == ["Giảm nhiều nhất: A (10 triệu đồng)."]
    assert sentences.causes(EN, changes(A=0), "VND") == []


SCORES = frame("client_id score band", ("A", 40, "red"), ("B", 60, "amber"), ("C", 70, "amber"), ("D", 90, "green"))
PEOPLE = ("A", "Phở", "lan"), ("B", "Trà", None), ("C", "Bún", "ghost"), ("D", "X", None)
CLIENTS = frame("client_id name am_id", *PEOPLE)
MANAGERS = frame("am_id name", ("lan", "Trần Lan"))
EARNED = frame("client_id value", ("A", 10e6), ("C", 50e6), ("D", 40e6))
TOLD = frame(
    "client_id measure value points lost",
    *(("A", "nps", 3.0, 10, 9.0), ("A", "on_time", 0.5, 20, 12.0), ("B", "nps", 6.0, 25, 5.0)),
    ("C", "nps", 9.0, 90, 1.0),
)


NO_HAND = frame("client_id reason")


def test_a_band_set_by_hand_says_why():
    by_hand = frame("client_id reason", ("A", "new director"))
    found = sentences.watch_list(EN, SCORES, TOLD, by_hand, CLIENTS, MANAGERS, EARNED)
    assert found.reason[0] == "set by hand: new director"


def test_the_watch_list_has_red_first_and_who_brings_most():
    found = sentences.watch_list(EN, SCORES, TOLD, NO_HAND, CLIENTS, MANAGERS, EARNED)
    assert found.name.tolist() == ["Phở", "Bún", "Trà"]
    assert found.revenue_of_12_months.tolist() == [10e6, 50e6, 0]
    assert found.share.tolist() == [0.1, 0.5, 0]
    assert [None if pd.isna(owner) else owner for owner in found.account_manager] == ["Trần Lan", "ghost", None]
    assert found.reason.tolist()[0] == "50% of projects delivered on time"
    assert pd.isna(found.reason[1])  # no measure of C is below green
    assert found.reason[2] == "latest survey answer 6 out of 10"
    assert sentences.at_risk(EN, found, SCORES.band, "VND") == (
        "At risk: 3 clients (red or amber) who brought VND 60 million in the last 12 months, 60% of revenue."
    )


def test_a_watch_list_of_nobody_and_of_no_revenue():
    nobody = sentences.watch_list(EN, SCORES.tail(1), TOLD, NO_HAND, CLIENTS, MANAGERS, EARNED)
    assert nobody.empty
    assert sentences.at_risk(EN, nobody, SCORES.band, "VND") == "No client is known to be red or amber."
    grey = pd.Series(["grey", "green", "grey"])
    assert sentences.at_risk(EN, nobody, grey, "VND") == "Too little is known for a health score of 2 clients."
    poor = sentences.watch_list(EN, SCORES, TOLD, NO_HAND, CLIENTS, MANAGERS, EARNED.iloc[:0])
    assert poor.share.isna().all()
    assert sentences.at_risk(EN, poor, SCORES.band, "VND") == (
        "At risk: 3 clients (red or amber), without revenue in the last 12 months."
    )


def test_the_first_step():
    todo = pd.DataFrame(
        {"action": ["Phở: call", "Write"], "why": ["late", "b"], "due_on": pd.to_datetime(["2026-11-02"] * 2)}
    )
    assert sentences.first_step(EN, todo) == "To do first, by 02/11/2026 – Phở: call (late). 2 actions in all, below."
    assert "1 action in all" in sentences.first_step(EN, todo.head(1))
    assert sentences.first_step(VI, todo.iloc[:0]) == "Hiện chưa có việc gì cần xử lý."


ASKED = pd.DataFrame(
    [
        ("revenue", 1.0, 5, 1.0),
        ("overdue_share", None, 0, None),
        ("credit_balance", None, 0, None),
        ("win_rate", None, 0, None),
        ("gross_retention", 0.9, 3, None),
        ("nps", 0.2, 4, 0.1),
    ],
    columns=["kpi", "value", "n", "year_before"],
)
NOBODY = frame("department n")
OCTOBER = pd.Period("2026-10", "M")


@dataclass
class Lacking:
    """Of a book what is asked: the tables that it lacks, and its invoices."""

    missing: tuple[str, ...] = ()
    invoices: pd.DataFrame = field(default_factory=lambda: frame("issued_on"))

    @property
    def tables(self) -> Tables:
        return Tables(Held({"invoices": self.invoices}))


def test_a_young_book_has_no_last_year():
    for began, said in (("2025-09-30", ["Everything on this page could be measured."]), ("2025-10-01", None)):
        book = Lacking(invoices=frame("issued_on", (began,)))
        found = sentences.gaps(EN, ASKED.head(1), book, OCTOBER, NOBODY, pd.Series(["red"]))
        assert found == (said or ["Invoices are known from October 2025 on, so last year's figures rest on little."])


def test_what_the_data_could_not_tell():
    departments = frame("department n", ("media", 4), ("creative", 5))
    bands = pd.Series(["grey", "red", "grey"])
    assert sentences.gaps(EN, ASKED, Lacking(("payments", "invoices")), OCTOBER, departments, bands) == [
        "Without a table of invoices and payments there is no overdue share and credit balance.",
        "Nothing to count in this period for win rate.",
        "Not known a year ago, so without last year: gross retention.",
        "Too few to read: net promoter score (n = 4).",
        "Too few to read: media (4 tasks).",
        "Too little is known for a health score of 2 clients.",
    ]


@pytest.mark.parametrize(("say", "all_known"), [(EN, "Everything on this page could be measured."), (VI, "Mọi chỉ số")])
def test_nothing_missing_is_said_too(say, all_known):
    (said,) = sentences.gaps(say, ASKED.head(1), Lacking(), OCTOBER, NOBODY, pd.Series(["red"]))
    assert said.startswith(all_known)

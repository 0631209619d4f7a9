"""What an account manager's review says: each number is the frame's."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from frames import frame

from amlib import kpis, portfolio, words
from amlib.sentences import manager as said

VI, EN = words.of("vi"), words.of("en")
OCTOBER = pd.Period("2026-10", "M")
LAN = pd.Series({"am_id": "lan", "name": "Nguyễn Lan", "level": "manager"})


def own(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["name", "band", "score", "revenue"]).assign(overridden=False)


def card(value: float | None, before: float | None = None) -> pd.DataFrame:
    return pd.DataFrame({"kpi": ["revenue"], "value": [value], "before": [before]}).astype({"value": float})


CLIENTS = own(("Phở", "red", 41.6, 1e9), ("Bánh", "amber", 60.0, 2.34e9), ("Trà", "green", 90.0, 5e9))


@pytest.mark.parametrize(
    ("say", "first", "second"),
    [
        (
            EN,
            "Nguyễn Lan keeps 3 clients in October 2026, with a revenue of VND 1.12 billion, down 5.5% on the month "
            "before.",
            "2 clients are at risk (red or amber), worth VND 3.34 billion in twelve months; look first at Phở (red, 42 "
            "out of 100).",
        ),
        (
            VI,
            "Nguyễn Lan phụ trách 3 khách hàng trong tháng 10/2026, doanh thu 1,12 tỷ đồng, giảm 5,5% so với tháng "
            "trước.",
            "2 khách hàng có nguy cơ (mức đỏ hoặc vàng), doanh thu 12 tháng qua 3,34 tỷ đồng; cần xem trước hết Phở "
            "(mức đỏ, 42/100 điểm).",
        ),
    ],
    ids=["en", "vi"],
)
def test_the_month_and_what_is_at_risk(say, first, second):
    # 1,185 million before: (1,120 − 1,185) ÷ 1,185 = −5.49 %.
    assert said.month(say, LAN, card(1.12e9, 1.185e9), CLIENTS, OCTOBER, "VND") == first
    assert said.at_risk(say, CLIENTS, "VND") == [second]


def test_one_client_without_revenue_whose_band_was_set_by_hand():
    client = own(("Phở", "red", 86.0, None)).assign(overridden=True)
    assert said.month(EN, LAN, card(None), client, OCTOBER, "VND") == "Nguyễn Lan keeps 1 client in October 2026."
    assert said.at_risk(EN, client, "VND") == [
        "1 client is at risk (red or amber); look first at Phở (red, set by hand)."
    ]
    rows = frame(
        "client_id band reason author from_on until_on", ("Phở", "red", "A tender.", "Lan", "2026-10-01", "2026-12-29")
    )
    known = client.assign(client_id=client["name"])
    assert said.by_hand(EN, known, rows) == ["Phở: set by hand to red until 29/12/2026 by Lan (A tender)."]
    assert said.by_hand(EN, known.assign(client_id="other"), rows) == []


def test_a_month_without_risk_or_month_before():
    clients = CLIENTS.tail(1)
    found = said.month(EN, LAN, card(5e6), clients, OCTOBER, "VND")
    assert found == "Nguyễn Lan keeps 1 client in October 2026, with a revenue of VND 5 million."
    assert said.at_risk(EN, clients, "VND") == ["No client is known to be red or amber."]


def test_a_manager_without_clients():
    nobody = CLIENTS.iloc[:0]
    assert said.month(EN, LAN, card(None), nobody, OCTOBER, "VND") == "Nguyễn Lan keeps no client in October 2026."
    assert said.at_risk(EN, nobody, "VND") == []


# -- among peers


def stands(*places: str | None, peers: str | None = "level", level: str | None = "manager", active: bool = True):
    names = ["response_time", "on_time_delivery", "nps", "revenue"][: len(places)]
    found = pd.DataFrame({"kpi": names, "place": pd.Series(places, dtype=object), "median": 1.0, "of": 4})
    return found.assign(peers=peers, level=level, active=active)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            stands("better", "worse", "worse", "untold"),
            "Compared with the median of the 4 account managers of the level manager. Better than chance can explain: "
            "average response time. Worse than chance can explain: on-time delivery and net promoter score.",
        ),
        (
            stands("alike", "untold", peers="all"),
            "The level manager has too few account managers, so the comparison is with all 4. No difference is larger "
            "than chance can explain.",
        ),
        (
            stands("better", peers="all", level=None),
            "The level is not known, so the comparison is with all 4 account managers. Better than chance can explain: "
            "average response time.",
        ),
        (
            stands(None, peers=None).assign(median=None),
            "No other account manager keeps a client this month, so there is nobody to compare with.",
        ),
        (
            stands(None, peers=None, active=False).assign(median=None),
            "An account manager without clients is compared with nobody.",
        ),
        (stands(None).assign(median=None), ""),
    ],
)
def test_with_whom_and_what_is_no_chance(given, expected):
    assert " ".join(said.standing(EN, given)) == expected


def test_standing_in_vietnamese():
    assert said.standing(VI, stands("alike", "worse", peers="all")) == [
        "Cấp Account Manager có quá ít người nên so với cả 4 account.",
        "Kém hơn rõ rệt: tỷ lệ giao đúng hạn.",
    ]


def test_the_scorecard_as_texts():
    rows = [
        ("revenue", 1, 1.12e9, 8, None, None, None, 4e8, "untold"),
        ("response_time", 3, 2.66, 180, 2.2, 3.11, 2.0, 1.7, "worse"),
        ("nps", 6, 0.5, 4, -0.2, 0.8, 0.4, 0.45, "untold"),
        ("overdue_share", None, None, 0, None, None, None, None, None),
    ]
    columns = ["kpi", "months", "value", "n", "low", "high", "target", "median", "place"]
    found = said.scorecard(EN, pd.DataFrame(rows, columns=columns).astype({"months": "Int64"}), "VND")
    assert found.to_numpy().tolist() == [
        ["revenue", "1 month", "VND 1.12 billion", "–", "–", "VND 400 million", "no interval, so no verdict"],
        ["response_time", "3 months", "2.7 hours", "2.2 hours – 3.1 hours", "2 hours", "1.7 hours", "worse"],
        ["nps", "6 months", "–", "–", "40", "45", "no interval, so no verdict"],  # of four answers
        ["overdue_share", "month's end", "–", "–", "–", "–", "–"],
    ]
    assert {*said.PLACES} == {"better", "worse", "alike", "untold"}


# -- load


def test_load_of_the_last_month_and_open_tasks():
    hours = pd.DataFrame(
        {
            "month": [OCTOBER - 1, OCTOBER],
            "hours": [300.0, 157.5],
            "capacity": [110.0, 110.0],
            "value": [300 / 110, 157.5 / 110],
        }
    )
    tasks = pd.DataFrame({"n": [8], "overdue": [3]})
    assert said.load(EN, hours, tasks) == [
        "In October 2026 the departments worked 157.5 hours for these clients, 143% of the manager's own 110 hours.",
        "8 tasks open, 3 of them past the due date.",
    ]
    assert said.load(EN, hours.iloc[:0], tasks.assign(n=1, overdue=0)) == [
        "1 task open, none of them past the due date."
    ]
    assert said.load(EN, hours.assign(capacity=None), tasks.assign(n=0)) == []
    idle = hours.assign(hours=0.0, value=0.0)
    assert said.load(EN, idle, tasks.assign(overdue=8)) == [
        "In October 2026 no hour was worked for these clients.",
        "8 tasks are open, all of them past the due date.",
    ]
    assert said.load(VI, idle.iloc[:0], tasks.assign(n=1, overdue=1)) == ["1 công việc đang dở dang và đã quá hạn."]


# -- what to do


def due(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame([{"name": "Phở", "due_on": pd.Timestamp("2026-11-02"), **row} for row in rows])


REPLY = {"kind": "reply", "waiting": 2, "waiting_since": pd.Timestamp("2026-09-24")}
OTHER_REPLY = {"kind": "reply", "name": "Trà", "waiting": 1, "waiting_since": pd.Timestamp("2026-10-30")}
RENEWAL = {"kind": "renewal", "contract_id": "HD1", "ends_on": pd.Timestamp("2026-12-31"), "monthly_fee": 27e6}


def test_each_kind_of_action_has_its_reason():
    debt = {"kind": "debt", "step": "call", "overdue": 1.83e9, "invoices": 1, "oldest": 2, "usual": None, "disputed": 0}
    health = {"kind": "health", "measure": "nps", "value": 5.0}
    found = said.to_do(
        EN, due(debt, REPLY, health, OTHER_REPLY, RENEWAL, {**RENEWAL, "monthly_fee": None}), "Lan", "VND"
    )
    assert found.why.tolist() == [
        "VND 1.83 billion overdue on 1 invoice, by 2 days",
        "Phở (2 messages, the oldest of 24/09/2026) and Trà (1 message, of 30/10/2026)",
        "latest survey answer 5 out of 10",
        "contract HD1 ends on 31/12/2026, VND 27 million a month",
        "contract HD1 ends on 31/12/2026",
    ]
    assert found.action.tolist()[:3] == [
        "Phở: call the client's accountant and agree a day of payment",
        "2 clients: answer the open messages",
        "Phở: call the client about the survey answer and agree what to change",
    ]
    assert found.owner.tolist() == ["Lan"] * 5
    assert found.due_on.tolist() == [pd.Timestamp("2026-11-02")] * 5


def test_many_clients_who_wait_are_counted():
    rows = [{**REPLY, "name": f"Client {i}"} for i in range(8)]
    (why,) = said.to_do(EN, due(*rows), "Lan", "VND").why
    assert why.startswith("Client 0 (2 messages")
    assert why.endswith("and 2 more")
    assert "Client 5" in why
    assert "Client 6" not in why


def test_one_client_who_waits_is_named_once():
    found = said.to_do(VI, due(REPLY), "Lan", "VND").iloc[0]
    assert found.action == "Phở: phản hồi hết các tin nhắn còn tồn"
    assert found.why == "2 tin nhắn, sớm nhất từ ngày 24/09/2026"


def test_nothing_to_do():
    assert said.to_do(EN, due(REPLY).iloc[:0], "Lan", "VND").columns.tolist() == ["action", "why", "owner", "due_on"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (10, []),
        (11, ["1 more action can wait: it is due later or is about a client who is worth less."]),
        (15, ["5 more actions can wait: they are due later or are about clients who are worth less."]),
    ],
)
def test_how_much_more_there_is(rows, expected):
    assert said.more(EN, pd.DataFrame(index=range(rows)), 10) == expected


def test_contracts_that_end():
    ending = pd.DataFrame({"monthly_fee": [117.5e6, 27e6]})
    assert said.ending(EN, ending, "VND") == [
        "2 contracts end within 90 days and are not renewed yet: VND 144.5 million of fees a month."
    ]
    assert said.ending(VI, ending.head(1), "VND") == [
        "1 hợp đồng hết hạn trong 90 ngày tới mà chưa tái ký, phí 117,5 triệu đồng/tháng."
    ]
    assert said.ending(EN, ending.head(1).assign(monthly_fee=float("nan")), "VND") == [
        "1 contract ends within 90 days and is not renewed yet."
    ]
    assert said.ending(EN, ending.iloc[:0], "VND") == []


def test_the_sentences_of_the_sample_are_its_numbers(sample_book):
    """The sentence of each manager, against plain pandas."""
    clients = sample_book.clients.assign(am_id=["AM01", "AM02"] * 4)
    known = replace(sample_book, tables={**sample_book.tables, "clients": clients}).as_of("2026-10")
    clients = portfolio.clients(known, "2026-10")
    scorecard = kpis.scorecard(known, "2026-10", {"revenue": 1})
    billed = known.invoices[known.invoices.issued_on >= "2026-10-01"].merge(known.clients, on="client_id")
    billed = (billed.amount - billed.pass_through).groupby(billed.am_id).sum()
    active = known.clients[~(known.clients.until < "2026-10-01")].groupby("am_id").size()
    assert len(active) >= 2
    for am_id, count in active.items():
        who, mine = portfolio.manager(known, am_id), clients[clients.am_id == am_id]
        first = said.month(EN, who, scorecard[scorecard.am_id == am_id], mine, OCTOBER, "VND")
        clause = f" keeps {count} client{'s' * (count > 1)} in October 2026"
        revenue = f", with a revenue of {EN.short_money(billed[am_id], 'VND')}" if am_id in billed else "."
        assert first.startswith(who["name"] + clause + revenue)

"""An account manager's clients: order, renewals, actions, new and existing revenue; worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from frames import frame

from amlib import health, kpis, portfolio
from amlib.book import Book

MONTH = "2026-10"
NAMES = {"A": "Red", "B": "Amber", "C": "Amber too", "D": "New", "E": "Green", "F": "Gone"}
CLIENTS = frame(
    "client_id name am_id since until",
    *((id, name, "minh" if id == "E" else "lan", "2025-01-01", None) for id, name in NAMES.items() if id != "F"),
    ("F", "Gone", "lan", "2025-01-01", "2026-09-30"),
)
BANDS = {"A": (40.0, "red"), "B": (60.0, "amber"), "C": (70.0, "amber"), "D": (None, "grey"), "E": (90.0, "green")}
INVOICES = frame(
    "invoice_id client_id issued_on due_on amount",
    ("I0", "B", "2025-10-31", "2025-11-30", 999.0),  # thirteen months ago
    ("I1", "B", "2025-11-01", "2025-11-30", 100.0),
    ("I2", "C", "2026-10-01", "2026-10-21", 300.0),  # ten days late
    ("I3", "A", "2026-10-01", "2026-12-31", 50.0),
    ("I4", "E", "2026-10-01", "2026-12-31", 900.0),
)
PAYMENTS = frame(
    "payment_id invoice_id paid_on amount", ("P0", "I0", "2025-11-30", 999.0), ("P1", "I1", "2025-11-30", 100.0)
)
MESSAGES = frame(
    "message_id client_id received_at replied_at closed_unanswered",
    ("m1", "B", "2026-10-05 09:00", None, False),
    ("m2", "B", "2026-08-01 09:00", None, False),
    ("m3", "B", "2026-07-31 09:00", None, False),  # more than three months ago
    ("m4", "B", "2026-10-06 09:00", "2026-10-06 10:00", False),
    ("m5", "B", "2026-10-07 09:00", None, True),
    ("m6", "A", "2026-10-31 23:00", "2026-11-01 09:00", False),  # not answered yet at the month's end
)
CONTRACTS = frame(
    "contract_id client_id kind signed_on starts_on ends_on monthly_fee renews",
    ("K1", "C", "retainer", "2026-01-01", "2026-01-01", "2026-12-01", 20.0, None),  # in 31 days
    ("K2", "A", "retainer", "2026-01-01", "2026-01-01", "2027-01-29", None, None),  # in 90 days
    ("K3", "A", "retainer", "2026-01-01", "2026-01-01", "2027-01-30", 30.0, None),  # in 91 days
    ("K4", "B", "retainer", "2026-01-01", "2026-01-01", "2026-10-30", 40.0, None),  # over
    ("K5", "D", "retainer", "2026-01-01", "2026-01-01", "2026-11-30", 50.0, None),  # renewed
    ("K6", "D", "retainer", "2026-10-20", "2026-12-01", "2027-12-31", 50.0, "K5"),  # has not begun
    ("K7", "B", "retainer", "2026-01-01", "2026-01-01", "2026-11-30", 60.0, None),  # renewed later than October
    ("K8", "B", "retainer", "2026-11-02", "2026-12-01", "2027-11-30", 60.0, "K7"),
    ("K9", "B", "project", "2026-01-01", "2026-01-01", "2026-11-30", None, None),
    ("K10", "B", "retainer", "2026-01-01", "2026-01-01", None, 10.0, None),  # open-ended
    ("K11", "E", "retainer", "2026-01-01", "2026-01-01", "2026-11-30", 70.0, None),
)


@pytest.fixture
def book(book_of, monkeypatch) -> Book:
    """October 2026, in bands and with weak measures that the test sets."""

    def scores(book: Book, months: list) -> pd.DataFrame:
        rows = [(id, score, band) for id, (score, band) in BANDS.items()]
        return pd.DataFrame(rows, columns=["client_id", "score", "band"]).assign(overridden=False)

    def reasons(told: pd.DataFrame, most: int) -> pd.DataFrame:
        assert {*told.client_id} == {"A", "B", "C"} & {*told.client_id}
        rows = [("A", "renewal", 0.0), ("A", "nps", 5.0), ("B", "response_time", 0.5), ("B", "messages", 0.5)]
        rows += [("C", "overdue", 0.3), ("C", "renewal", 31.0)]
        weak = pd.DataFrame(rows, columns=["client_id", "measure", "value"]).assign(lost=1.0)
        return weak[weak.client_id.isin(told.client_id)]

    monkeypatch.setattr(health, "scores", scores)
    monkeypatch.setattr(health, "reasons", reasons)
    tables = {"clients": CLIENTS, "invoices": INVOICES, "payments": PAYMENTS, "messages": MESSAGES}
    return book_of(**tables, contracts=CONTRACTS, account_managers=frame("am_id name level", ("lan", "Lan", "manager")))


@pytest.fixture
def own(book) -> pd.DataFrame:
    found = portfolio.clients(book, MONTH)
    return found[found.am_id == "lan"]


def nulls(column: pd.Series) -> list:
    return [None if pd.isna(value) else value for value in column]


def test_the_most_valuable_at_risk_come_first(book):
    found = portfolio.clients(book, MONTH)
    assert found.client_id.tolist() == ["A", "C", "B", "D", "E"]
    assert found.name.tolist() == ["Red", "Amber too", "Amber", "New", "Green"]
    assert nulls(found.score) == [40, 70, 60, None, 90]
    assert nulls(found.revenue) == [50, 300, 100, None, 900]
    assert nulls(found.overdue) == [0, 300, None, None, 0]
    assert found.waiting.tolist() == [1, 0, 2, 0, 0]
    since = [pd.Timestamp("2026-10-31"), None, pd.Timestamp("2026-08-01"), None, None]
    assert nulls(found.waiting_since) == since


def test_renewals_are_those_that_the_kpi_counts(book, own):
    found = portfolio.renewals(book, MONTH, own)
    assert found.contract_id.tolist() == ["K7", "K1", "K2"]
    assert found.days_left.tolist() == [30, 31, 90]
    assert nulls(found.monthly_fee) == [60, 20, None]
    assert found.band.tolist() == ["amber", "amber", "red"]
    counted = kpis.ask(book, "expiring_contracts", MONTH, "am_id").set_index("am_id")["value"]
    assert counted.to_dict() == {"lan": 3, "minh": 1}


def test_actions_by_day_and_then_by_value(book, own):
    found = portfolio.due(book, MONTH, own)
    # K1 ends on 1 December: sixty days before is past, so five days after the month; K2 on 29 January: 30 November.
    # 1 November is a Sunday, 14 November a Saturday.
    assert list(zip(found.due_on.dt.strftime("%m-%d"), found.client_id, found.kind, strict=True)) == [
        ("11-02", "C", "debt"),
        ("11-02", "B", "reply"),
        ("11-02", "A", "health"),
        ("11-02", "A", "reply"),
        ("11-05", "C", "renewal"),
        ("11-05", "B", "renewal"),
        ("11-16", "B", "health"),
        ("11-30", "A", "renewal"),
    ]
    # What is said of the contract, the messages and the debt is not said again as a measure of health.
    assert found.measure.dropna().tolist() == ["nps", "messages"]
    assert found.contract_id.dropna().tolist() == ["K1", "K7", "K2"]
    assert found.loc[found.kind == "debt", ["overdue", "step"]].to_numpy().tolist() == [[300, "call"]]
    assert found.am_id.unique().tolist() == ["lan"]


def test_nothing_to_do_has_the_columns_of_something(book):
    found = portfolio.due(book, MONTH, portfolio.clients(book, MONTH).iloc[:0])
    assert found.empty
    assert {"client_id", "name", "due_on", "kind"} <= {*found}


def test_new_revenue_is_told_once_invoices_are_a_year_old(book):
    # The book begins in October 2025, so September 2026 cannot tell; B, C and A of Lan were invoiced, C and A first
    # in October 2026.
    found = portfolio.new_and_existing(book, MONTH, "lan")
    assert found.month.astype(str).tolist() == ["2026-10"]
    assert found[["new", "existing", "revenue"]].to_numpy().tolist() == [[350, 0, 350]]
    assert portfolio.new_and_existing(book, "2026-09", "lan").empty
    assert portfolio.new_and_existing(book, MONTH, "nobody").empty


def test_a_manager_is_known_by_table_or_clients(book):
    assert portfolio.manager(book, "lan").to_dict() == {"am_id": "lan", "name": "Lan", "level": "manager"}
    minh = portfolio.manager(book, "minh")
    assert (minh["name"], pd.isna(minh.level)) == ("minh", True)
    with pytest.raises(LookupError) as error:
        portfolio.manager(book, "lam")
    assert str(error.value) == "The book has no account manager 'lam' (it has: lan, minh). Did you mean 'lan'?"


def test_a_book_of_clients_only_tells_who_they_are(book_of):
    found = portfolio.clients(book_of(clients=CLIENTS), MONTH)
    assert found.client_id.tolist() == ["A", "B", "C", "D", "E"]
    assert {*found.band} == {"grey"}
    assert found[["score", "revenue", "overdue"]].isna().all(axis=None)
    assert found.waiting.tolist() == [0] * 5
    assert portfolio.due(book_of(clients=CLIENTS), MONTH, found).empty


def bills(client: str, *days: str, late: int = 0, amount: float = 10.0) -> pd.DataFrame:
    """Invoices of one client, due so many days before the end of October as they are late."""
    due = (pd.Timestamp("2026-10-31") - pd.Timedelta(days=late)).strftime("%Y-%m-%d")
    rows = ((f"{client}{day}", client, day, due, amount) for day in days)
    return frame("invoice_id client_id issued_on due_on amount", *rows)


def test_a_retainer_is_a_renewal_from_its_first_day_to_its_last(book_of):
    contracts = frame(
        "contract_id client_id kind signed_on starts_on ends_on monthly_fee",
        ("K1", "A", "retainer", "2026-01-01", "2026-10-31", "2027-01-01", 20.0),  # begins on the last day
        ("K2", "B", "retainer", "2026-01-01", "2026-01-01", "2026-10-31", 30.0),  # ends on it
        ("K3", "C", "retainer", "2026-01-01", "2026-11-01", "2027-01-01", 40.0),  # begins the day after
        ("K4", "C", "retainer", "2026-01-01", "2026-01-01", "2027-01-01", 50.0),  # as long as K1, and worth more
    )
    book = book_of(clients=CLIENTS, contracts=contracts)
    found = portfolio.renewals(book, MONTH, portfolio.clients(book, MONTH))
    assert found.contract_id.tolist() == ["K2", "K4", "K1"]
    assert found.days_left.tolist() == [0, 62, 62]  # 30 days of November, 31 of December and one
    counted = kpis.ask(book, "expiring_contracts", MONTH, "am_id")
    assert counted["value"].tolist() == [3]


def test_new_revenue_begins_in_the_thirteenth_month_of_the_book(book_of):
    book = book_of(clients=CLIENTS, invoices=bills("A", "2025-10-31", "2026-09-30", "2026-10-01"))
    found = portfolio.new_and_existing(book, MONTH, "lan")
    assert found.month.astype(str).tolist() == ["2026-10"]
    assert found[["new", "existing"]].to_numpy().tolist() == [[0, 10]]


def test_new_revenue_is_told_of_twelve_months(book_of):
    days = [f"{month}-15" for month in pd.period_range("2024-09", "2026-11", freq="M")]
    found = portfolio.new_and_existing(book_of(clients=CLIENTS, invoices=bills("A", *days)), MONTH, "lan")
    assert found.month.astype(str).tolist() == ["2025-11", "2025-12", *(f"2026-{month:02}" for month in range(1, 11))]
    assert found[["new", "existing"]].drop_duplicates().to_numpy().tolist() == [[0, 10]]


def test_money_that_a_client_always_lets_wait_so_long_is_no_action(book_of):
    """A and B owe ten days past the due date; A has paid its bills twenty days late all year, B on the day."""
    paid, payments = [], []
    for client, day in (("A", "2026-07-21"), ("B", "2026-07-01")):
        for i in range(5):
            paid.append((f"{client}{i}", client, "2026-06-01", "2026-07-01", 10.0))
            payments.append((f"P{client}{i}", f"{client}{i}", day, 10.0))
    invoices = frame("invoice_id client_id issued_on due_on amount", *paid)
    invoices = pd.concat([invoices, *(bills(client, "2026-09-01", late=10) for client in "AB")], ignore_index=True)
    book = book_of(
        clients=CLIENTS, invoices=invoices, payments=frame("payment_id invoice_id paid_on amount", *payments)
    )
    own = portfolio.clients(book, MONTH).assign(band="green")
    assert own.set_index("client_id").overdue.dropna().to_dict() == {"A": 10, "B": 10}
    found = portfolio.due(book, MONTH, own)
    assert found[["client_id", "kind"]].to_numpy().tolist() == [["B", "debt"]]


def test_two_measures_of_a_client_at_risk_call_for_action_and_the_third_does_not(book_of):
    """The survey costs A most (2 of ten, weight 20), then late replies (weight 12), then lost orders (weight 8)."""
    book = book_of(
        clients=CLIENTS,
        surveys=frame("survey_id client_id sent_on answered_on score", ("S1", "A", "2026-10-01", "2026-10-02", 2)),
        messages=frame(
            "message_id client_id received_at replied_at", ("m1", "A", "2026-10-05 09:00", "2026-10-08 09:00")
        ),
        invoices=pd.concat([bills("A", "2026-01-01", amount=200.0), bills("A", "2026-10-01", amount=20.0)]),
    )
    lost = health.reasons(health.measures(book, MONTH))
    assert lost[lost.client_id == "A"].measure.tolist() == ["nps", "response_time", "orders"]
    for band, expected in (("red", ["nps", "response_time"]), ("grey", []), ("green", [])):
        found = portfolio.due(book, MONTH, portfolio.clients(book, MONTH).assign(band=band))
        assert found.get("measure", pd.Series(dtype="str")).tolist() == expected


@pytest.mark.parametrize(("paid", "expected"), [("2026-03-01", ["health orders"]), (None, ["debt stop"])])
def test_who_does_not_pay_is_not_asked_for_new_work(book_of, paid, expected):
    """A was billed a tenth of what it was in the half-year before, and has paid that or owes it for eight months."""
    invoices = frame(
        "invoice_id client_id issued_on due_on amount",
        ("I1", "A", "2026-02-01", "2026-03-01", 200.0),
        ("I2", "A", "2026-10-01", "2026-10-31", 20.0),
    )
    payments = frame("payment_id invoice_id paid_on amount", *([("P1", "I1", paid, 200.0)] if paid else []))
    book = book_of(clients=CLIENTS, invoices=invoices, payments=payments.astype({"amount": "float64"}))
    found = portfolio.due(book, MONTH, portfolio.clients(book, MONTH).query("client_id == 'A'").assign(band="red"))
    about = [row.get("step") if row["kind"] == "debt" else row.get("measure") for row in found.to_dict("records")]
    assert [f"{kind} {what}" for kind, what in zip(found.kind, about, strict=True)] == expected


def test_a_client_who_has_left_still_owes(book_of):
    invoices = frame(
        "invoice_id client_id issued_on due_on amount",
        ("I1", "F", "2026-08-01", "2026-09-01", 500.0),  # of lan's former client
        ("I2", "E", "2026-08-01", "2026-09-01", 400.0),  # of minh's
    )
    known = book_of(clients=CLIENTS, invoices=invoices, payments=PAYMENTS.iloc[:0])
    mine = portfolio.clients(known, MONTH).query("am_id == 'lan'")
    assert "F" not in set(mine.client_id)
    found = portfolio.due(known, MONTH, mine)
    debts = found[found.kind == "debt"]
    assert debts[["client_id", "name", "am_id", "overdue"]].to_numpy().tolist() == [["F", "Gone", "lan", 500]]
    assert debts.revenue.isna().all()

"""The sample's money: invoices, payments, the clients' own statements, exchange rates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from amlib.sample.agency import Agency
from amlib.sample.days import nulled, numbered

STATEMENT_SHARE = 0.4  # of clients send their ledger at each end of a quarter


def invoices(agency: Agency, fee: np.ndarray, orders: pd.DataFrame) -> pd.DataFrame:
    """The table `invoices`: retainers monthly, projects at the decision and at delivery, and some credit notes.

    The discontent are billed a smaller scope and get more credit notes. Media money passed on stands in
    `pass_through` and is part of `amount`. Inner column `client` is the client's position.
    """
    days = agency.days
    terms = np.array([15, 30, 45])[agency.dice("terms").choice(3, agency.size, p=[0.3, 0.5, 0.2])]
    table = pd.concat([_monthly(agency, fee), _of_projects(agency, orders)], ignore_index=True)
    client = table["client"].to_numpy()
    issued = table["issued_on"].to_numpy("M8[D]")
    month = days.number(issued)
    net = agency.money(table["net"].to_numpy(), client, month)
    # A project is billed in its own currency already: converting there and back would move it by the rates.
    net = np.where(table["own"].notna(), table["own"], net)
    table["pass_through"] = agency.money(table["media"].to_numpy(), client, month)
    table["amount"] = net + table["pass_through"]
    table["due_on"] = issued + terms[client]

    rng = agency.dice("credit notes")
    credited = rng.random(len(table)) < np.where(agency.mood(client, month) < -0.7, 0.05, 0.012)
    note = table[credited].copy()
    cut = 0.05 + 0.2 * rng.random(len(note))
    vnd = cut * table.loc[credited, "net"].to_numpy()
    note["amount"] = -np.maximum(agency.money(vnd, note["client"].to_numpy(), month[credited]), 1)
    note["credits"] = note.index
    note["issued_on"] = days.workday(issued[credited] + rng.integers(6, 21, len(note)))
    note = note.assign(pass_through=0.0, due_on=pd.NaT)
    table = pd.concat([table.assign(credits=-1, original=table.index), note.assign(original=-1)], ignore_index=True)

    opening, limit = pd.Timestamp(days.opening), agency.limit[table["client"]]
    table = table[(table["issued_on"] >= opening) & (table["issued_on"] <= limit)]
    table = table[(table["credits"] < 0) | table["credits"].isin(table["original"])]
    table = table.sort_values(["issued_on", "client", "credits", "original"], ignore_index=True)
    table["invoice_id"] = numbered("HD", table["issued_on"], 4)
    table["client_id"] = agency.client_id[table["client"]]
    table["currency"] = agency.currency(table["client"])
    return table


def _monthly(agency: Agency, fee: np.ndarray) -> pd.DataFrame:
    """Retainer invoices of the book's months, in the month's last days: client, issued_on, net and media in VND."""
    rng, days = agency.dice("retainer invoices"), agency.days
    served = agency.served(np.arange(days.months)) & agency.retainer[:, None]
    client, month = np.nonzero(served)
    monthly = fee[client, (month - agency.begins[client]) // 12]
    scope = 1 + 0.09 * np.minimum(0, agency.mood(client, month) + 0.4) * (0.5 + rng.random(len(client)))
    issued = np.minimum(days.workday(days.month(month) + rng.integers(24, 28, len(client))), days.last_workday(month))
    buys_media = agency.dice("media").random(agency.size) < 0.3
    usual = np.exp(0.5 * agency.dice("media money").standard_normal(agency.size))
    media = (
        buys_media[client]
        * usual[client]
        * days.total(days.bustle, month)
        * np.exp(0.25 * rng.standard_normal(len(client)))
    )
    return pd.DataFrame(
        {
            "client": client,
            "project_id": None,
            "issued_on": issued,
            "net": monthly * np.maximum(scope, 0.6),
            "media": monthly * media * np.maximum(scope, 0.6),
            "own": np.nan,
        }
    )


def _of_projects(agency: Agency, orders: pd.DataFrame) -> pd.DataFrame:
    """Project invoices: 40 % at the decision of large ones, the rest at delivery; `own` is in its own currency."""
    rng, days = agency.dice("project invoices"), agency.days
    won = orders[orders["won"].eq(True)].reset_index(drop=True)
    step = np.where(won["currency"] == "USD", 1, 100_000)
    first = np.where(won["vnd"] >= 80e6, np.rint(0.4 * won["fee"] / step) * step, 0.0)
    media = (rng.random(len(won)) < 0.3) * (0.3 + 1.2 * rng.random(len(won))) * won["vnd"]
    at_start = won.assign(
        issued_on=days.workday(won["decided_on"].to_numpy("M8[D]"), rng.integers(1, 6, len(won))), own=first, media=0.0
    )[first > 0]
    delivered = won["delivered_on"].to_numpy("M8[D]")
    there = ~np.isnat(delivered)
    wait = rng.integers(1, 7, len(won))
    at_end = won.assign(own=won["fee"] - first, media=media)[there]
    billed = days.workday(delivered[there], wait[there])
    at_end["issued_on"] = np.minimum(billed, np.maximum(agency.limit[at_end["client"]], delivered[there]))
    table = pd.concat([at_start, at_end], ignore_index=True)
    table["net"] = table["own"] * (table["vnd"] / table["fee"])
    return table[["client", "project_id", "issued_on", "net", "media", "own"]]


def payments(agency: Agency, bills: pd.DataFrame) -> pd.DataFrame:
    """The table `payments`: most in full, some days late; some in two parts, some never.

    Lateness is lognormal, with a habit of each client, and grows with discontent. Most credit notes are
    set off, as a negative payment, on the day their invoice is paid; the others stay open.
    """
    rng, days = agency.dice("payments"), agency.days
    habit = 0.3 * agency.dice("payment habit").standard_normal(agency.size)
    owed = bills[bills["amount"] > 0].reset_index(drop=True)
    client, due, n = owed["client"].to_numpy(), owed["due_on"].to_numpy("M8[D]"), len(owed)
    mood = agency.mood(client, np.minimum(days.number(due), agency.last_month[client]))
    grief = np.clip(0.2 - mood, 0, 2.5)
    late = np.exp(2.35 + habit[client] + 0.42 * grief + 0.55 * rng.standard_normal(n)) - 10
    paid = days.workday(
        np.maximum(due + np.rint(np.minimum(late, 240)).astype(int), owed["issued_on"].to_numpy("M8[D]") + 1)
    )
    paid = nulled(paid, rng.random(n) < 0.004 + 0.03 * np.maximum(grief - 1, 0))
    amount = owed["amount"].to_numpy()
    step = np.where(owed["currency"] == "USD", 1, 100_000)
    part = np.rint(amount * (0.3 + 0.4 * rng.random(n)) / step) * step
    first = np.where((rng.random(n) < 0.08) & (part > 0) & (part < amount), part, amount)
    rest = pd.DataFrame(
        {
            "invoice_id": owed["invoice_id"],
            "paid_on": days.workday(np.where(np.isnat(paid), due, paid) + rng.integers(10, 46, n)),
            "amount": amount - first,
        }
    )
    rest = rest[(first < amount) & ~np.isnat(paid)]

    day_of = pd.Series(paid, index=owed["original"])
    notes = bills[bills["amount"] < 0]
    notes = notes[rng.random(len(notes)) < 0.75]
    set_off = np.maximum(day_of.reindex(notes["credits"]).to_numpy("M8[D]"), notes["issued_on"].to_numpy("M8[D]"))
    table = pd.concat(
        [
            pd.DataFrame({"invoice_id": owed["invoice_id"], "paid_on": paid, "amount": first}),
            rest,
            pd.DataFrame({"invoice_id": notes["invoice_id"], "paid_on": set_off, "amount": notes["amount"]}),
        ],
        ignore_index=True,
    )
    table = table[table["paid_on"] <= pd.Timestamp(days.closing)]
    table = table.sort_values(["paid_on", "invoice_id"], kind="stable", ignore_index=True)
    return table.assign(payment_id=numbered("TT", table["paid_on"], 4))


def statements(agency: Agency, bills: pd.DataFrame, paid: pd.DataFrame) -> pd.DataFrame:
    """The table `statements`: what some clients say they owe at each end of a quarter.

    Of the lines 3 % are missing, 4 % differ in amount, and 2 % are followed by an invoice the agency never issued.
    """
    rng, days = agency.dice("statements"), agency.days
    sends = agency.dice("statement senders").random(agency.size) < STATEMENT_SHARE
    sends[0] = True
    own = bills.loc[sends[bills["client"]], ["client_id", "invoice_id", "issued_on", "amount", "currency"]]
    ledgers = []
    for month in range(days.months):
        as_of = days.month(month + 1) - 1
        if (as_of.astype("M8[M]").astype(int) + 1) % 3:
            continue
        settled = paid[paid["paid_on"] <= pd.Timestamp(as_of)].groupby("invoice_id")["amount"].sum()
        ledger = own[own["issued_on"] <= pd.Timestamp(as_of)].copy()
        ledger["amount"] -= ledger["invoice_id"].map(settled).fillna(0.0)
        ledgers.append(ledger[ledger["amount"] != 0].assign(as_of=as_of))
    if not ledgers:
        return pd.DataFrame(columns=["client_id", "invoice_id", "amount", "as_of"])
    table = pd.concat(ledgers, ignore_index=True)
    chance, size = rng.random(len(table)), rng.random(len(table))
    step = np.where(table["currency"] == "USD", 1, 100_000)
    differs = (chance >= 0.03) & (chance < 0.07)
    table["amount"] -= np.where(differs, np.maximum(np.rint(0.1 * size * table["amount"].abs() / step), 1) * step, 0)
    unknown = table[(chance >= 0.07) & (chance < 0.09) & (table["amount"] > 0)]
    unknown = unknown.assign(invoice_id=unknown["invoice_id"] + "B")
    table = pd.concat([table[chance >= 0.03], unknown], ignore_index=True)
    return table.sort_values(["as_of", "client_id", "invoice_id"], ignore_index=True)


def fx(agency: Agency) -> pd.DataFrame:
    """The table `fx`: VND for one USD in every month that has money."""
    number = agency.rate.index.to_numpy()
    return pd.DataFrame({"month": agency.days.month(number), "currency": "USD", "rate": agency.rate.to_numpy()})


def targets(agency: Agency, bills: pd.DataFrame) -> pd.DataFrame:
    """The table `targets`: from the book's first month, revenue anew each January.

    Revenue is the year's monthly mean in the book and 3 % more, to 50 million.
    """
    days = agency.days
    number = days.number(bills["issued_on"].to_numpy("M8[D]"))
    rate = np.where(bills["currency"] == "USD", agency.rate.reindex(number, method="ffill").to_numpy(), 1.0)
    revenue = ((bills["amount"] - bills["pass_through"]) * rate).groupby(bills["issued_on"].dt.year)
    months = bills["issued_on"].dt.to_period("M").groupby(bills["issued_on"].dt.year).nunique()
    wanted = np.maximum(np.rint(1.03 * revenue.sum() / months / 50e6), 1) * 50e6
    first = pd.Timestamp(days.opening)
    rows = [("revenue", "book", target, max(first, pd.Timestamp(year, 1, 1))) for year, target in wanted.items()]
    rows += [
        ("nps", "book", 0.40, first),
        ("response_time", "book", 2.0, first),
        ("response_time", "executive", 2.5, first),
        ("response_time", "manager", 1.5, first),
        ("on_time_delivery", "book", 0.80, first),
        ("gross_retention", "book", 0.88, first),
        ("clients_per_manager", "book", 6.0, first),
        ("clients_per_manager", "executive", 5.0, first),
        ("clients_per_manager", "senior_executive", 6.0, first),
        ("clients_per_manager", "director", 3.0, first),
    ]
    return pd.DataFrame(rows, columns=["kpi", "scope", "target", "from_month"])

"""An agency of random rows."""

from __future__ import annotations

import numpy as np
import pandas as pd


def random_agency(seed: int) -> dict[str, pd.DataFrame]:
    """Forty clients over two years in random rows, with empty cells wherever a book may have them."""
    rng = np.random.default_rng(seed)
    first = pd.Timestamp("2025-01-01")

    def days(n: int, until: int = 720) -> pd.Series:
        return pd.Series(first + pd.to_timedelta(rng.integers(0, until, n), "D")).astype("datetime64[us]")

    def some(column: pd.Series, share: float) -> pd.Series:
        return column.mask(rng.random(len(column)) < share)

    ids = [f"C{i:02}" for i in range(40)]
    managers = pd.DataFrame({"am_id": [f"M{i}" for i in range(6)], "level": ["executive", "manager"] * 3})
    since = days(40, 500)
    clients = pd.DataFrame(
        {
            "client_id": ids,
            "am_id": some(pd.Series(rng.choice(managers.am_id, 40)), 0.1),
            "segment": some(pd.Series(rng.choice(["key", "mid", "small"], 40)), 0.1),
            "since": since,
            "until": some(since + pd.to_timedelta(rng.integers(0, 400, 40), "D"), 0.5),
        }
    )
    # C39 never gets an invoice.
    invoices = pd.DataFrame({"invoice_id": [f"I{i}" for i in range(600)], "client_id": rng.choice(ids[:39], 600)})
    invoices["issued_on"] = days(600)
    invoices["due_on"] = some(invoices.issued_on + pd.to_timedelta(rng.integers(0, 60, 600), "D"), 0.1)
    invoices["amount"] = (rng.lognormal(4, 1, 600) * np.where(rng.random(600) < 0.1, -1, 1)).round(2)
    invoices["pass_through"] = some((invoices.amount.clip(lower=0) * 0.3).round(2), 0.4)
    invoices = invoices.merge(clients[["client_id", "segment"]], on="client_id")
    paid = invoices.sample(700, replace=True, random_state=3)
    payments = pd.DataFrame({"payment_id": [f"P{i}" for i in range(700)], "invoice_id": paid.invoice_id.to_numpy()})
    payments["paid_on"] = days(700, 760)
    payments["amount"] = (paid.amount.to_numpy() * rng.choice([0.5, 1.0], 700)).round(2)
    received = first + pd.to_timedelta(rng.integers(0, 720 * 1440, 400), "min")
    messages = pd.DataFrame({"client_id": rng.choice(ids, 400), "received_at": received.astype("datetime64[us]")})
    messages["replied_at"] = some(
        messages.received_at + pd.to_timedelta(rng.exponential(1500, 400).astype("int64"), "min"), 0.2
    )
    messages["channel"] = some(pd.Series(rng.choice(["email", "zalo"], 400)), 0.1)
    surveys = pd.DataFrame({"client_id": rng.choice(ids, 300), "sent_on": days(300)})
    surveys["score"] = some(pd.Series(rng.integers(0, 11, 300), dtype="Int64"), 0.3)
    projects = pd.DataFrame({"client_id": rng.choice(ids, 200), "due_on": some(days(200), 0.1)})
    projects["delivered_on"] = some(projects.due_on + pd.to_timedelta(rng.integers(-20, 20, 200), "D"), 0.2)
    projects["won"] = some(pd.Series(rng.random(200) < 0.7, dtype="boolean"), 0.2)
    managers["hired_on"], managers["capacity_hours"] = some(days(6, 900), 0.2), [160.0, 120.0, None, 0.0, 160.0, 80.0]
    messages["complaint"] = some(pd.Series(rng.random(400) < 0.15, dtype="boolean"), 0.2)
    invoices["project_id"] = some(pd.Series([f"J{i}" for i in rng.integers(0, 200, 600)]), 0.3)
    projects.insert(0, "project_id", [f"J{i}" for i in range(200)])
    brief = days(200)
    projects["briefed_on"] = brief
    projects["proposed_on"] = some(brief + pd.to_timedelta(rng.integers(0, 25, 200), "D"), 0.15)
    projects["decided_on"] = (brief + pd.to_timedelta(rng.integers(0, 60, 200), "D")).where(projects.won.notna())
    projects["due_on"] = projects.due_on.mask(projects.due_on < brief, brief + pd.Timedelta(30, "D"))
    projects["delivered_on"] = projects.delivered_on.mask(projects.delivered_on < brief, brief + pd.Timedelta(9, "D"))
    projects["fee"] = some(pd.Series(rng.lognormal(5, 1, 200).round(2)), 0.1)
    projects["budget_cost"] = some((projects.fee * rng.choice([0.0, 0.4, 0.7], 200)).round(2), 0.1)
    tasks = pd.DataFrame({"task_id": [f"T{i:03}" for i in range(500)]})
    tasks["project_id"] = [f"J{i}" for i in rng.integers(0, 180, 500)]
    tasks["department"] = rng.choice(["planner", "creative", "production", "media"], 500, p=[0.4, 0.3, 0.2, 0.1])
    tasks["handed_on"] = days(500)
    tasks["due_on"] = some(tasks.handed_on + pd.to_timedelta(rng.integers(0, 30, 500), "D"), 0.1)
    tasks["done_on"] = some(tasks.handed_on + pd.to_timedelta(rng.integers(0, 40, 500), "D"), 0.2)
    tasks["hours"] = some(pd.Series(rng.integers(1, 60, 500) / 2), 0.2)
    costs = pd.DataFrame({"cost_id": [f"K{i}" for i in range(400)]})
    costs["project_id"] = [f"J{i}" for i in rng.integers(0, 170, 400)]
    costs["spent_on"], costs["amount"] = days(400), rng.lognormal(3, 1, 400).round(2)
    costs["department"] = tasks.department.iloc[:400]
    for column, share in (("planned", 0.7), ("billable", 0.4)):
        costs[column] = some(pd.Series(rng.random(400) < share, dtype="boolean"), 0.2)
    costs["approved_by"] = some(pd.Series(rng.choice(managers.am_id, 400)), 0.3)
    contracts = pd.DataFrame({"contract_id": [f"R{i:03}" for i in range(160)], "client_id": rng.choice(ids, 160)})
    contracts["kind"] = np.where(rng.random(160) < 0.8, "retainer", "project")
    contracts["starts_on"] = days(160)
    contracts["signed_on"] = contracts.starts_on - pd.to_timedelta(rng.integers(0, 30, 160), "D")
    contracts["ends_on"] = some(contracts.starts_on + pd.to_timedelta(rng.integers(20, 400, 160), "D"), 0.1)
    contracts["monthly_fee"] = pd.Series(rng.integers(5, 50, 160) * 10.0).where(contracts.kind == "retainer")
    contracts["renews"] = some(pd.Series(rng.permutation(contracts.contract_id)), 0.5)
    contracts["segment"] = contracts.client_id.map(clients.set_index("client_id").segment)
    ledger = invoices.sample(150, random_state=5)
    statements = pd.DataFrame({"client_id": ledger.client_id.to_numpy(), "invoice_id": ledger.invoice_id.to_numpy()})
    statements.loc[:9, "invoice_id"] = [f"X{i}" for i in range(10)]
    statements["amount"] = (ledger.amount.to_numpy() * rng.choice([0.5, 1.0], 150)).round(2)
    statements["as_of"] = pd.to_datetime(rng.choice(["2026-03-31", "2026-05-31"], 150)).astype("datetime64[us]")
    statements["segment"] = statements.client_id.map(clients.set_index("client_id").segment)
    aims = [
        ("revenue", "book", 4000.0, "2025-01"),
        ("revenue", "book", 5000.0, "2026-01"),
        ("nps", "book", 0.4, "2025-01"),
    ]
    aims += [("revenue", segment, 1500.0, "2025-06") for segment in ("key", "mid", "small")]
    targets = pd.DataFrame(aims, columns=["kpi", "scope", "target", "from_month"])
    targets["from_month"] = pd.PeriodIndex(targets.from_month, freq="M")
    return {
        "account_managers": managers,
        "clients": clients,
        "contracts": contracts,
        "costs": costs,
        "statements": statements,
        "targets": targets,
        "tasks": tasks,
        "invoices": invoices,
        "messages": messages,
        "payments": payments,
        "projects": projects,
        "surveys": surveys,
    }

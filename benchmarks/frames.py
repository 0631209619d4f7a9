"""A pandas frame of a million rows: a KPI against the same in plain pandas, and business time of a million pairs."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from amlib import kpis
from amlib.business_time import WorkingHours, with_business_hours

from .plain import business_hours, nps, response_time
from .small import median

ROWS = 1_000_000
HOURS = WorkingHours()


def run() -> None:
    """Prints seconds and ratios; above 1, the KPI is the faster of the two."""
    rng = np.random.default_rng(1)
    clients = np.array([f"KH{i:04}" for i in range(2000)])
    day = np.datetime64("2023-01-01") + rng.integers(0, 1000, ROWS).astype("m8[D]")
    surveys = pd.DataFrame({"client_id": rng.choice(clients, ROWS), "sent_on": day.astype("M8[us]")})
    surveys["score"] = np.where(rng.random(ROWS) < 0.3, np.nan, rng.integers(0, 11, ROWS))
    received = (np.datetime64("2023-01-01T00:00") + rng.integers(0, 1000 * 1440, ROWS).astype("m8[m]")).astype("M8[us]")
    messages = pd.DataFrame({"client_id": surveys.client_id, "received_at": received})
    replied = messages.received_at + pd.to_timedelta(rng.lognormal(4.5, 1.5, ROWS).astype("int64"), "min")
    messages["replied_at"] = replied.astype("datetime64[us]").mask(rng.random(ROWS) < 0.1)
    invoices = pd.DataFrame({"client_id": surveys.client_id, "issued_on": surveys.sent_on})
    invoices["amount"] = rng.lognormal(10, 1, ROWS).round(2)
    invoices["pass_through"] = (invoices.amount * 0.2).round(2)
    invoices["invoice_id"] = np.arange(ROWS)
    projects = pd.DataFrame({"client_id": surveys.client_id, "due_on": surveys.sent_on})
    late = pd.to_timedelta(rng.integers(-20, 20, ROWS), "D")
    projects["delivered_on"] = (projects.due_on + late).astype("datetime64[us]")

    def revenue() -> object:
        earned = invoices.amount - invoices.pass_through.fillna(0)
        return invoices.assign(earned=earned).groupby("client_id").agg({"earned": "sum", "amount": ["count", "sum"]})

    def concentration() -> object:
        earned = (invoices.amount - invoices.pass_through.fillna(0)).groupby(invoices.client_id).sum()
        shares = earned[earned > 0] / earned[earned > 0].sum()
        return shares.max(), (shares**2).sum()

    def repeat_rate() -> object:
        orders = invoices[invoices.amount > 0].groupby("client_id").size()
        return (orders >= 2).mean()

    def returning() -> object:
        orders = invoices[invoices.amount > 0]
        first = orders.groupby("client_id").issued_on.transform("min")
        recent = orders.issued_on >= "2025-01"
        return orders[recent & (first < "2025-01")].client_id.nunique() / orders[recent].client_id.nunique()

    def on_time() -> object:
        due = projects[projects.due_on <= "2026-06-30"]
        done = (due.delivered_on <= due.due_on).groupby(due.client_id)
        return done.agg(["mean", "count"])

    pairs = {
        "nps": (lambda: kpis.nps(surveys, by="client_id"), lambda: nps(surveys, ["client_id"])),
        "response_time": (
            lambda: kpis.response_time(messages, HOURS, by="client_id"),
            lambda: response_time(messages, HOURS, ["client_id"]),
        ),
        "revenue": (lambda: kpis.revenue(invoices, by="client_id"), revenue),
        "concentration": (lambda: kpis.concentration(invoices), concentration),
        "repeat_rate": (lambda: kpis.repeat_rate(invoices), repeat_rate),
        "returning_clients": (lambda: kpis.returning_clients(invoices, "2025-01"), returning),
        "on_time_delivery": (lambda: kpis.on_time_delivery(projects, "2026-06", by="client_id"), on_time),
    }
    print(f"\n{'1 M rows of pandas, s':28}{'KPI':>10}{'pandas':>10}{'ratio':>8}")
    for name, (ours, theirs) in pairs.items():
        mine, plain = median(ours, 3), median(theirs, 3)
        print(f"{name:28}{mine:10.3f}{plain:10.3f}{plain / mine:8.1f}")
    times = ibis.memtable(pa.table({c: pa.array(messages[c], from_pandas=True) for c in ("received_at", "replied_at")}))
    table = ibis.duckdb.connect().create_table("messages", times.to_pyarrow())
    lazy = with_business_hours(table, "received_at", "replied_at", HOURS, name="taken").taken.sum()
    mine = median(lambda: lazy.to_pyarrow(), 3)
    plain = median(lambda: business_hours(messages.received_at, messages.replied_at, HOURS).sum(), 3)
    print(f"{'business time of 1 M pairs':28}{mine:10.3f}{plain:10.3f}{plain / mine:8.1f}")

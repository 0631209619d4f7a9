"""Pandas frames of a million rows: every KPI against the same in plain pandas, and business time of a million pairs."""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from amlib import kpis
from amlib.business_time import WorkingHours, with_business_hours
from amlib.schema import DEPARTMENTS

from .plain import counterpart
from .plain.response import business_hours
from .wanted import wanted

ROWS = 1_000_000
HOURS = WorkingHours()
ASKED = {"as_of": "2026-06", "month": "2026-03", "quarter": "2026Q1", "since": "2026-01", "hours": HOURS}
BY = {"target_attainment": "am_id", "cohort_retention": "age", "utilisation": "level"}
FIRST = np.datetime64("2023-07-01", "us")
NOISE = 0.95
"""Ratios of one call to another are so much lower from run to run, with all else the same."""


def run(only: str = "") -> None:
    """Prints seconds and ratios (above 1, the KPI is the faster of the two) of the KPIs with `only` in their names.

    `KPI` asks frames again that were asked before, `first` asks others for the first time, as pandas beside it.
    """
    if not any(only in kpi for kpi in kpis.CATALOGUE):
        sys.exit(f"No KPI has {only!r} in its name: python -m amlib kpi lists them")
    tables = book(np.random.default_rng(1))
    print(f"\n{'1 M rows of pandas, s':28}{'KPI':>10}{'pandas':>10}{'ratio':>8}", end="")
    print(f"{'KPI CPU':>12}{'pandas CPU':>12}{'ratio':>8}{'first':>12}{'pandas':>12}{'ratio':>8}")
    slower, slower_first, wrong, missing = [], [], [], []
    for kpi in kpis.CATALOGUE.values():
        if only not in kpi.id:
            continue
        if (same := counterpart(kpi)) is None:
            missing.append(kpi.id)
            continue
        frames, asked = rows_of(kpi, tables), question(kpi)
        ours, theirs = partial(kpi.function, **frames, **asked), partial(same, **frames, **asked)
        apart = differences(ours(), theirs(), asked["by"])
        mine, plain = fastest(ours, theirs)
        mine_first, plain_first = fastest_at_first(ours, theirs, frames)
        slower += [kpi.id] if mine.wall > plain.wall else []
        slower_first += [kpi.id] if plain_first / mine_first < NOISE else []
        wrong += [kpi.id] if apart else []
        print(f"{kpi.id:28}{_spoken(mine, plain)}{_told(mine_first, plain_first)}{apart}", flush=True)
    wanted(f"frames: no KPI is slower than pandas{_named(slower)}", not slower)
    wanted(f"frames: nor at its first question, by more than runs differ{_named(slower_first)}", not slower_first)
    wanted(f"frames: every KPI says what plain pandas says{_named([*missing, *wrong])}", not missing + wrong)
    of_business_time(tables["messages"])


@dataclass(frozen=True)
class Taken:
    """Seconds of a call: by the clock, and of the processors."""

    wall: float
    cpu: float


def fastest(ours: Callable[[], object], theirs: Callable[[], object], times: int = 9) -> tuple[Taken, Taken]:
    """The least that several calls of each side took, in turns: what else runs on a machine only adds."""
    runs = [(_taken(ours), _taken(theirs)) for _ in range(times)]
    mine, plain = (Taken(min(r.wall for r in side), min(r.cpu for r in side)) for side in zip(*runs, strict=True))
    return mine, plain


def fastest_at_first(
    ours: Callable[..., object], theirs: Callable[..., object], frames: Mapping[str, pd.DataFrame], times: int = 9
) -> tuple[float, float]:
    """As `fastest`, by the clock, each call with frames that nothing was asked of, in memory of their own."""
    kept = pickle.dumps(dict(frames))  # pandas' copy shares the memory of texts
    runs = [[_taken(partial(side, **pickle.loads(kept))).wall for side in (ours, theirs)] for _ in range(times)]
    mine, plain = (min(side) for side in zip(*runs, strict=True))
    return mine, plain


def _taken(call: Callable[[], object]) -> Taken:
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return Taken(time.perf_counter() - wall, time.process_time() - cpu)


def _named(kpis: list[str]) -> str:
    return f" (but {', '.join(kpis)})" if kpis else ""


def _spoken(mine: Taken, plain: Taken) -> str:
    return _told(mine.wall, plain.wall, 10) + _told(mine.cpu, plain.cpu)


def _told(mine: float, plain: float, width: int = 12) -> str:
    return f"{mine:{width}.3f}{plain:{width}.3f}{plain / mine:8.2f}"


def of_business_time(messages: pd.DataFrame) -> None:
    """The business hours alone, on rows that DuckDB holds already."""
    times = pa.table({c: pa.array(messages[c], from_pandas=True) for c in ("received_at", "replied_at")})
    table = ibis.duckdb.connect().create_table("messages", times)
    lazy = with_business_hours(table, "received_at", "replied_at", HOURS, name="taken").taken.sum()
    plain = partial(business_hours, messages.received_at, messages.replied_at, HOURS)
    mine, theirs = fastest(lazy.to_pyarrow, lambda: plain().sum())
    print(f"{'business time of 1 M pairs':28}{_spoken(mine, theirs)}")
    wanted("frames: business time of 1 M pairs in under a second", mine.wall < 1)


def question(kpi: kpis.Kpi) -> dict[str, Any]:
    """What a KPI is asked, and by which column: by client, or by segment where it looks at clients itself."""
    table = kpi.groups[0]
    usual = "segment" if "client_id" in kpi.needs[table] else "client_id"
    by = BY.get(kpi.id, "department" if table in ("tasks", "costs") else usual)
    return {name: ASKED[name] for name in kpi.questions if name in ASKED} | {"by": [by]}


def rows_of(kpi: kpis.Kpi, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables of a KPI, of which one has a million rows: clients and projects where there is no other."""
    given = {name: tables[name] for name in kpi.tables}
    if all(len(table) < ROWS for table in given.values()):
        name = kpi.tables[0]
        given[name] = tables[f"many_{name}"]
    return given


def differences(ours: pd.DataFrame, theirs: pd.DataFrame, by: list[str]) -> str:
    """What of the plain figures is not the KPI's: groups, columns, or numbers to 1e-6; an empty text where all is."""
    mine = ours.set_index(by)
    if len(theirs) != len(mine) or len(theirs.index.union(mine.index)) != len(mine) or mine.value.isna().all():
        return "   THEY DIFFER: other groups, or no figures"
    if apart := {*mine} ^ {*theirs}:
        return f"   THEY DIFFER: only one side has {', '.join(sorted(apart))}"
    plain = theirs.reindex(mine.index)
    numbers = [(c, *(np.asarray(side[c], dtype=float) for side in (mine, plain))) for c in plain]
    wrong = [c for c, a, b in numbers if not np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True)]
    return f"   THEY DIFFER: {', '.join(wrong)}" if wrong else ""


def book(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Three years of an agency of 2,000 clients, with the types that an opened book has."""

    def ids(letter: str, n: int = ROWS) -> pd.Series:
        return pd.Series([f"{letter}{i:07}" for i in range(n)], dtype="str")

    def some(column: Any, share: float) -> pd.Series:
        column = pd.Series(column)
        return column.mask(rng.random(len(column)) < share)

    def days(n: int = ROWS) -> pd.Series:
        return pd.Series(FIRST + rng.integers(0, 1150, n).astype("m8[D]"))

    def after(start: pd.Series, low: int, high: int, unit: str = "D") -> pd.Series:
        return start + rng.integers(low, high, len(start)).astype(f"m8[{unit}]")

    def money(n: int = ROWS) -> pd.Series:
        return pd.Series(rng.lognormal(10, 1, n).round(2))

    def flags(share: float, empty: float, n: int = ROWS) -> pd.Series:
        return some(pd.Series(rng.random(n) < share, dtype="boolean"), empty)

    def drawn(column: pd.Series, n: int = ROWS) -> pd.Series:
        return column.take(rng.integers(0, len(column), n)).reset_index(drop=True)

    managers = pd.DataFrame({"am_id": ids("AM", 100), "level": drawn(pd.Series(["executive", "manager"]), 100)})
    managers = managers.assign(hired_on=days(100), capacity_hours=some(np.full(100, 160.0), 0.1))

    def clients(n: int) -> pd.DataFrame:
        frame = pd.DataFrame({"client_id": ids("KH", n), "since": days(n)})
        frame["segment"] = some(drawn(pd.Series(["key", "mid", "small"]), n), 0.05)
        frame["am_id"], frame["until"] = some(drawn(managers.am_id, n), 0.05), some(after(frame.since, 30, 900), 0.6)
        return frame

    few = clients(2000)

    def with_client(frame: pd.DataFrame) -> pd.DataFrame:
        who = rng.integers(0, len(few), len(frame))
        return frame.assign(**{c: few[c].take(who).array for c in ("client_id", "segment", "am_id")})

    def projects(n: int) -> pd.DataFrame:
        frame = with_client(pd.DataFrame({"project_id": ids("DA", n), "briefed_on": days(n)}))
        frame["proposed_on"] = some(after(frame.briefed_on, 0, 25), 0.1)
        frame["won"] = flags(0.6, 0.1, n)
        frame["decided_on"] = after(frame.briefed_on, 10, 60).where(frame.won.notna())
        frame["due_on"] = some(after(frame.briefed_on, 30, 150), 0.05)
        frame["delivered_on"] = some(after(frame.briefed_on, 30, 170), 0.2)
        frame["fee"], frame["budget_cost"] = some(money(n), 0.05), some((money(n) * 0.6).round(2), 0.05)
        return frame

    jobs = projects(100_000)
    contracts = with_client(pd.DataFrame({"contract_id": ids("HD"), "starts_on": days()}))
    contracts["kind"] = np.where(rng.random(ROWS) < 0.8, "retainer", "project")
    contracts["signed_on"] = after(contracts.starts_on, -30, 1)
    contracts["ends_on"] = some(after(contracts.starts_on, 20, 400), 0.1)
    contracts["monthly_fee"] = money().where(contracts.kind == "retainer")
    contracts["renews"] = some(contracts.contract_id.sample(frac=1, random_state=1).array, 0.5)
    invoices = with_client(pd.DataFrame({"invoice_id": ids("IN"), "issued_on": days()}))
    invoices["project_id"] = some(drawn(jobs.project_id), 0.2)
    invoices["due_on"] = some(after(invoices.issued_on, 10, 60), 0.05)
    invoices["amount"] = (money() * np.where(rng.random(ROWS) < 0.03, -0.5, 1)).round(2)
    invoices["pass_through"] = some((invoices.amount.clip(lower=0) * 0.2).round(2), 0.3)
    paid = rng.integers(0, ROWS, ROWS)
    payments = pd.DataFrame({"payment_id": ids("PM"), "invoice_id": invoices.invoice_id.take(paid).array})
    payments["paid_on"] = after(invoices.issued_on.take(paid).reset_index(drop=True), 0, 90)
    payments["amount"] = (invoices.amount.take(paid).to_numpy() * rng.choice([0.5, 1.0], ROWS)).round(2)
    ledger = invoices.sample(100_000, random_state=1).reset_index(drop=True)
    statements = ledger[["client_id", "segment", "invoice_id", "amount"]]
    statements = statements.assign(as_of=pd.Timestamp("2026-05-31").as_unit("us"))
    costs = pd.DataFrame({"cost_id": ids("CP"), "project_id": drawn(jobs.project_id), "spent_on": days()})
    costs["department"], costs["amount"] = some(drawn(pd.Series(DEPARTMENTS)), 0.05), (money() / 10).round(2)
    costs["planned"], costs["billable"] = flags(0.7, 0.1), flags(0.4, 0.2)
    costs["approved_by"] = some(drawn(managers.am_id), 0.3)
    tasks = pd.DataFrame({"task_id": ids("CV"), "project_id": drawn(jobs.project_id), "handed_on": days()})
    tasks["department"], tasks["hours"] = drawn(pd.Series(DEPARTMENTS)), some(rng.integers(1, 60, ROWS) / 2, 0.1)
    tasks["due_on"], tasks["done_on"] = (some(after(tasks.handed_on, 0, most), 0.1) for most in (30, 40))
    messages = with_client(pd.DataFrame({"message_id": ids("TN")}))
    messages["received_at"] = after(days(), 0, 1440, "m")
    waited = rng.lognormal(4.5, 1.5, ROWS).astype("int64").astype("m8[m]")
    messages["replied_at"], messages["complaint"] = some(messages.received_at + waited, 0.1), flags(0.1, 0.2)
    surveys = with_client(pd.DataFrame({"survey_id": ids("KS"), "sent_on": days()}))
    surveys["score"] = some(pd.Series(rng.integers(0, 11, ROWS), dtype="Int64"), 0.3)
    targets = pd.DataFrame({"kpi": "revenue", "scope": managers.am_id, "target": 1e8})
    return {
        "account_managers": managers,
        "clients": few,
        "contracts": contracts,
        "costs": costs,
        "invoices": invoices,
        "many_clients": clients(ROWS),
        "many_projects": projects(ROWS),
        "messages": messages,
        "payments": payments,
        "projects": jobs,
        "statements": statements,
        "surveys": surveys,
        "targets": targets.assign(from_month=pd.Period("2025-01", "M")),
        "tasks": tasks,
    }

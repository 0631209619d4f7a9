"""What must hold for any book: parts add up, shares stay shares, and who did nothing changes nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from agencies import random_agency
from asked import ASKED
from hypothesis import given, settings
from hypothesis import strategies as st

from amlib import kpis

few = settings(max_examples=25, deadline=None)
clients = st.sampled_from(["C1", "C2", "C3", "C4"])
segments = st.sampled_from(["key", "small", None])
days = st.integers(0, 200).map(lambda day: pd.Timestamp("2026-04-01") + pd.Timedelta(day, "D"))
money = st.integers(-50_000, 200_000).map(lambda cents: cents / 100)
shares = [kpi for kpi in kpis.CATALOGUE.values() if kpi.unit == "share"]


def frame(rows, columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


@st.composite
def invoices(draw) -> pd.DataFrame:
    rows = draw(st.lists(st.tuples(clients, segments, days, money, st.integers(0, 60)), max_size=25))
    types = {"client_id": "str", "segment": "str", "issued_on": "datetime64[us]", "amount": "float64", "term": "int64"}
    table = frame(rows, types)
    due = (table.issued_on + pd.to_timedelta(table.term, "D")).astype("datetime64[us]")
    passed_on = (table.amount.clip(lower=0) * 0.25).round(2)
    return table.assign(due_on=due, pass_through=passed_on, invoice_id=[f"I{i}" for i in range(len(table))])


@st.composite
def contracts(draw) -> pd.DataFrame:
    fees = st.integers(0, 5).map(lambda hundreds: hundreds * 100.0)
    rows = draw(st.lists(st.tuples(clients, segments, days, st.none() | st.integers(0, 120), fees), max_size=15))
    types = {"client_id": "str", "segment": "str", "starts_on": "datetime64[us]", "term": "Int64"}
    table = frame(rows, {**types, "monthly_fee": "float64"})
    ends = (table.starts_on + pd.to_timedelta(table.term.astype("float64"), "D")).astype("datetime64[us]")
    return table.assign(ends_on=ends, kind="retainer")


@st.composite
def departures(draw) -> pd.DataFrame:
    left = draw(st.lists(st.none() | days, min_size=3, max_size=3))
    return frame(list(zip(["C1", "C2", "C3"], left, strict=True)), {"client_id": "str", "until": "datetime64[us]"})


@st.composite
def surveys(draw) -> pd.DataFrame:
    rows = draw(st.lists(st.tuples(clients, days, st.none() | st.integers(0, 10)), max_size=25))
    return frame(rows, {"client_id": "str", "sent_on": "datetime64[us]", "score": "Int64"})


@few
@given(invoices(), st.sampled_from([(), "segment", ("month", "segment")]))
def test_the_revenue_bridge_adds_up(billed, by):
    months = pd.period_range("2026-05", "2026-09", freq="M") if "month" in by else "2026-06"
    found = kpis.revenue_bridge(billed, months, by=by)
    total = found.start + found.new + found.returned + found.expansion - found.contraction - found.lost
    assert total.fillna(0).tolist() == pytest.approx(found.end.fillna(0).tolist(), abs=1e-6)
    assert (found.end - found.start).fillna(0).tolist() == pytest.approx(found.value.fillna(0).tolist(), abs=1e-6)


@few
@given(invoices())
def test_the_revenue_bridge_ends_at_the_months_revenue(billed):
    (row,) = kpis.revenue_bridge(billed, "2026-07").to_dict("records")
    for end, month in (("end", "2026-07"), ("start", "2026-06")):
        of_month = billed[billed.issued_on.dt.to_period("M") == pd.Period(month, "M")]
        assert (row[end] if row["n"] else 0) == pytest.approx((of_month.amount - of_month.pass_through).sum(), abs=1e-6)


@few
@given(surveys(), st.sampled_from([(), "client_id"]))
def test_the_nps_bridge_adds_up_between_the_two_nps(asked, by):
    found = kpis.nps_bridge(asked, "2026Q3", by=by)
    defined = found.dropna(subset="value")
    total = defined.start + defined.improved - defined.worsened + defined.joined + defined.turnout
    assert total.tolist() == pytest.approx(defined.end.tolist(), abs=1e-9)
    if not by:
        for edge, quarter in (("start", "2026Q2"), ("end", "2026Q3")):
            of_quarter = kpis.nps(asked[asked.sent_on.dt.to_period("Q") == pd.Period(quarter)])
            assert found[edge].tolist() == pytest.approx(of_quarter.value.tolist(), nan_ok=True)


@few
@given(contracts(), departures(), st.integers(1, 3))
def test_retention_keeps_its_cohort(signed, left, over):
    gross = kpis.gross_retention(signed, left, "2026-07", over=over).iloc[0]
    net = kpis.net_retention(signed, left, "2026-07", over=over).iloc[0]
    kept, churned = (
        kpi(signed, left, "2026-07", over=over).iloc[0] for kpi in (kpis.client_retention, kpis.client_churn)
    )
    assert kept.n == gross.n == churned.n == kept.retained + kept.lost
    if gross.n:
        assert 0 <= gross.value <= 1
        assert gross.value <= net.value
        assert kept.value + churned.value == pytest.approx(1)
        # The cohort's fees at the end, client by client.
        fees = kpis.recurring_revenue(signed[signed.monthly_fee > 0], left, "2026-07", by="client_id")
        fees = fees.set_index("client_id")
        eve = (pd.Period("2026-07", "M") - over).end_time.normalize()
        paid = signed[(signed.monthly_fee > 0) & (signed.starts_on <= eve) & ~(signed.ends_on < eve)]
        paid = paid[~(paid.client_id.map(left.set_index("client_id").until) < eve)]
        assert net.end == pytest.approx(fees.value.reindex(paid.client_id.unique()).sum())


@few
@given(invoices())
def test_ages_of_receivables_add_up_to_what_is_open(billed):
    paid = pd.DataFrame({"invoice_id": billed.invoice_id, "paid_on": billed.due_on, "amount": billed.amount / 2})
    aged = kpis.receivables_ageing(billed, paid, "2026-08").iloc[0]
    share = kpis.overdue_share(billed, paid, "2026-08").iloc[0]
    bands = ["not_due", "days_1_30", "days_31_60", "days_61_90", "over_90", "no_due_date"]
    assert aged[bands].sum() == pytest.approx(aged.value if aged.n else 0, abs=1e-6)
    late = ["days_1_30", "days_31_60", "days_61_90", "over_90"]
    assert aged[late].sum() == pytest.approx(share.overdue, abs=1e-6)
    assert aged.n == share.n


@few
@given(invoices())
def test_concentration_lies_between_equal_and_one(billed):
    found = kpis.concentration(billed, by="segment")
    for row in found.dropna(subset="value").itertuples():
        assert 1 / row.n - 1e-9 <= row.herfindahl <= row.value + 1e-9 <= 1 + 1e-8


@few
@given(invoices())
def test_a_client_who_did_nothing_is_one_client_more(billed):
    book = pd.DataFrame({"client_id": ["C1", "C2", "C3", "C4"], "segment": "key", "am_id": ["M1", "M1", "M2", None]})
    book = book.assign(since=pd.Timestamp("2026-01-01"), until=pd.NaT).astype({"until": "datetime64[us]"})
    idle = pd.concat([book, book.iloc[[0]].assign(client_id="C9")], ignore_index=True)
    before, after = (kpis.active_clients(table, "2026-07").iloc[0] for table in (book, idle))
    assert after.value == before.value + 1
    before, after = (kpis.clients_per_manager(table, managers(), "2026-07").iloc[0] for table in (book, idle))
    assert (after.n, after.clients) == (before.n, before.clients + 1)
    before, after = (kpis.lifetime_value(billed, table, "2026-07").iloc[0] for table in (book, idle))
    assert after.n == before.n + 1
    assert after.average_order_value == pytest.approx(before.average_order_value, nan_ok=True)


def managers() -> pd.DataFrame:
    return pd.DataFrame({"am_id": ["M1", "M2"]})


@st.composite
def agencies(draw) -> dict[str, pd.DataFrame]:
    """Some of the rows of a random agency, with refunds; often groups of few rows or none."""
    seed, share = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([1, 0.3, 0.1, 0.03]))
    rng, tables = np.random.default_rng(seed), random_agency(seed)
    tables["costs"]["amount"] *= np.where(rng.random(len(tables["costs"])) < 0.1, -1, 1)
    return {name: table.sample(frac=share, random_state=rng) for name, table in tables.items()}


def ask(kpi, tables, grouped: bool) -> pd.DataFrame:
    question, by = ASKED[kpi.id]
    more = {"by": by} if grouped else {}
    return kpi.function(**{name: tables[name] for name in kpi.tables}, **{**question, **more})


some = settings(max_examples=8, deadline=None, derandomize=True)
every_kpi = pytest.mark.parametrize("kpi", kpis.CATALOGUE.values(), ids=kpis.CATALOGUE)


@every_kpi
@some
@given(tables=agencies(), grouped=st.booleans())
def test_neither_order_nor_other_columns_matter_and_nothing_is_written(kpi, tables, grouped):
    before = {name: table.copy(deep=True) for name, table in tables.items()}
    found = ask(kpi, tables, grouped)
    mixed = {n: t.sample(frac=1, random_state=1).assign(note=[[object]] * len(t)) for n, t in tables.items()}
    pd.testing.assert_frame_equal(ask(kpi, mixed, grouped), found, rtol=1e-9)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, before[name])


# What an idle client may change, of the KPIs that are told who the clients are.
OF_IDLE = {
    "active_clients": ["value", "n"],
    "clients_per_manager": ["value", "n", "clients"],
    "lifetime_value": ["value", "n", "orders_per_year", "years_retained", "years_retained_naive"],
    "white_space": ["value", "n", "gaps", "with_gaps"],
}


@pytest.mark.parametrize("kpi", [k for k in kpis.CATALOGUE.values() if "clients" in k.tables], ids=lambda kpi: kpi.id)
@some
@given(tables=agencies(), grouped=st.booleans())
def test_a_client_who_did_nothing_changes_only_what_counts_clients(kpi, tables, grouped):
    book = tables["clients"]
    idle = pd.DataFrame(
        {"client_id": "idle", "am_id": "M1", "segment": "key", "since": pd.Timestamp("2025-02-01"), "until": pd.NaT},
        index=[0],
    ).astype(book.dtypes)
    before = ask(kpi, tables, grouped)
    after = ask(kpi, {**tables, "clients": pd.concat([book, idle], ignore_index=True)}, grouped)
    if kpi.id in OF_IDLE and grouped:
        after = after[after[ASKED[kpi.id][1]].isin(before[ASKED[kpi.id][1]])].reset_index(drop=True)
    changing = OF_IDLE.get(kpi.id, [])
    pd.testing.assert_frame_equal(after.drop(columns=changing), before.drop(columns=changing), rtol=1e-9)


# Shares of what has no share of its own as a part: they may be more than all of it, or less than nothing.
BEYOND = {
    "billable_share": "refunds",
    "budget_burn": "more spent than planned; refunds",
    "key_account_share": "credit notes",
    "net_retention": "expansion",
    "new_client_revenue": "credit notes",
    "project_margin": "losses; refunds",
    "revenue_growth": "it is a change",
    "target_attainment": "more than aimed at; credit notes",
    "unapproved_cost": "refunds",
    "unplanned_cost": "more spent than planned; refunds",
    "utilisation": "hours are those of others",
}


@pytest.mark.parametrize("kpi", [kpi for kpi in shares if kpi.id not in BEYOND], ids=lambda kpi: kpi.id)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(tables=agencies(), grouped=st.booleans())
def test_shares_and_their_intervals_are_in_order(kpi, tables, grouped):
    found = ask(kpi, tables, grouped)
    within = found.dropna(subset="value")
    assert within.value.between(-1e-12, 1 + 1e-12).all()
    if "low" in found:
        assert ((within.low >= -1e-12) & (within.low <= within.value + 1e-12)).all()
        assert ((within.value <= within.high + 1e-12) & (within.high <= 1 + 1e-12)).all()


def test_credit_notes_and_refunds_take_a_share_beyond_one():
    costs = pd.DataFrame({"cost_id": ["K1", "K2"], "amount": [20.0, -10.0], "planned": [False, False]})
    costs = costs.assign(approved_by=[None, "lan"], billable=[True, False])
    # Of 20 − 10 all told, 20 are nobody's, and 20 billable
    assert kpis.unapproved_cost(costs)["value"].item() == 2
    assert kpis.billable_share(costs)["value"].item() == 2
    billed = pd.DataFrame({"invoice_id": ["I1", "I2"], "client_id": ["new", "old"], "amount": [100.0, -50.0]})
    billed = billed.assign(issued_on=pd.to_datetime(["2026-10-01", "2024-01-01"]), pass_through=0.0)
    book = pd.DataFrame({"client_id": ["new", "old"], "segment": ["key", "small"]})
    # 100 of 100 − 50
    assert kpis.key_account_share(billed, book)["value"].item() == 2

"""What must hold for any book: parts add up, shares stay shares, and who did nothing changes nothing else."""

from __future__ import annotations

import pandas as pd
import pytest
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
@given(invoices(), surveys(), contracts())
def test_a_client_who_did_nothing_changes_only_the_count_of_clients(billed, asked, signed):
    book = pd.DataFrame({"client_id": ["C1", "C2", "C3", "C4"], "segment": "key", "am_id": ["M1", "M1", "M2", None]})
    book = book.assign(since=pd.Timestamp("2026-01-01"), until=pd.NaT).astype({"until": "datetime64[us]"})
    idle = pd.concat([book, book.iloc[[0]].assign(client_id="C9")], ignore_index=True)
    for kpi in (kpis.key_account_share, kpis.revenue_per_manager):
        pd.testing.assert_frame_equal(kpi(billed, book), kpi(billed, idle))
    before, after = (kpis.active_clients(table, "2026-07").iloc[0] for table in (book, idle))
    assert after.value == before.value + 1
    before, after = (kpis.clients_per_manager(table, managers(), "2026-07").iloc[0] for table in (book, idle))
    assert (after.n, after.clients) == (before.n, before.clients + 1)
    before, after = (kpis.lifetime_value(billed, table, "2026-07").iloc[0] for table in (book, idle))
    assert after.n == before.n + 1
    assert after.average_order_value == pytest.approx(before.average_order_value, nan_ok=True)


def managers() -> pd.DataFrame:
    return pd.DataFrame({"am_id": ["M1", "M2"]})


@pytest.mark.parametrize("kpi", shares, ids=lambda kpi: kpi.id)
def test_shares_and_their_intervals_are_in_order(kpi, agency):
    question, by = ASKED[kpi.id]
    found = kpi.function(**{name: agency[name] for name in kpi.tables}, **{**question, "by": by})
    within = found.dropna(subset="value")
    assert len(within)
    if "low" in found:
        assert ((within.low >= -1e-12) & (within.low <= within.value + 1e-12)).all()
        assert ((within.value <= within.high + 1e-12) & (within.high <= 1 + 1e-12)).all()

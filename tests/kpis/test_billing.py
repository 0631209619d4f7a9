import pandas as pd
import pytest

from amlib import kpis


def test_revenue_leaves_out_media_money_and_credit_notes(one_credit_note):
    # invoiced 100 + 250 − 30 + 70 = 390, of it 150 passed on
    (row,) = kpis.revenue(one_credit_note).to_dict("records")
    assert row == {"value": 240.0, "n": 4, "invoiced": 390.0, "pass_through": 150.0}


def test_revenue_by_month_is_by_month_of_issue(one_credit_note):
    found = kpis.revenue(one_credit_note, by="month")
    assert found["month"].tolist() == [pd.Period("2026-10"), pd.Period("2026-11")]
    assert found["value"].tolist() == [170.0, 70.0]


def test_revenue_without_invoices_is_null(one_credit_note):
    (row,) = kpis.revenue(one_credit_note.iloc[:0]).to_dict("records")
    assert pd.isna(row["value"])
    assert row["n"] == 0


@pytest.mark.parametrize("currencies", [["VND", "USD", "VND", "VND"], ["VND", None, "VND", "VND"]])
def test_revenue_refuses_to_add_currencies(one_credit_note, currencies):
    with pytest.raises(ValueError, match=r"several currencies .*convert"):
        kpis.revenue(one_credit_note.assign(currency=currencies))


def test_revenue_of_one_currency_is_a_plain_sum(one_credit_note):
    assert kpis.revenue(one_credit_note.assign(currency="VND"))["value"].item() == 240.0


def test_revenue_equals_sql(agency, sql, same):
    same(
        kpis.revenue(agency["invoices"], by=["month", "segment"]),
        sql("""
            select date_trunc('month', issued_on) as month, segment,
                   sum(amount) - sum(case when pass_through is null then 0 else pass_through end) as value,
                   count(*) as n, sum(amount) as invoiced
            from invoices group by all order by month, segment nulls last
        """),
    )


def bills(*rows):
    table = pd.DataFrame(rows, columns=["client_id", "issued_on", "amount"])
    return table.assign(issued_on=pd.to_datetime(table.issued_on), pass_through=0.0)


@pytest.fixture
def every_fate():
    """From September to October: one more, one less, one the same, one lost, one new, one back after a year."""
    return bills(
        ("more", "2026-09-30", 10.0),
        ("more", "2026-10-01", 25.0),
        ("less", "2026-09-01", 40.0),
        ("less", "2026-10-31", 10.0),
        ("same", "2026-09-15", 5.0),
        ("same", "2026-10-15", 5.0),
        ("lost", "2026-09-15", 8.0),
        ("new", "2026-10-15", 100.0),
        ("back", "2025-10-15", 1.0),
        ("back", "2026-10-15", 7.0),
        ("later", "2026-11-01", 1000.0),
    )


def test_the_bridge_tells_what_became_of_each_client(every_fate):
    (row,) = kpis.revenue_bridge(every_fate, "2026-10").to_dict("records")
    # 10 + 40 + 5 + 8 = 63; 25 + 10 + 5 + 100 + 7 = 147
    assert (row["start"], row["end"], row["value"], row["n"]) == (63.0, 147.0, 84.0, 6)
    assert (row["new"], row["returned"], row["expansion"]) == (100.0, 7.0, 15.0)
    assert (row["contraction"], row["lost"]) == (30.0, 8.0)


def test_the_bridge_of_a_year_compares_with_the_same_month(every_fate):
    (row,) = kpis.revenue_bridge(every_fate, "2026-10", over=12).to_dict("records")
    # only 'back' was there; the others had their first invoice since, in September or October
    assert (row["start"], row["expansion"]) == (1.0, 6.0)
    assert (row["new"], row["returned"]) == (100.0, 40.0)


def test_growth_is_the_change_over_what_was(every_fate):
    found = kpis.revenue_growth(every_fate, ["2026-10", "2026-11", "2026-12"], by="month")
    assert found.value.tolist() == pytest.approx([84 / 63, (1000 - 147) / 147, -1.0])
    assert found.n.tolist() == [4 + 5, 5 + 1, 1]


def test_growth_from_nothing_is_undefined(every_fate):
    assert kpis.revenue_growth(every_fate, "2025-10").value.isna().all()


def test_growth_from_credit_notes_is_undefined():
    billed = bills(("C1", "2026-09-15", -5.0), ("C1", "2026-10-15", 20.0))
    (row,) = kpis.revenue_growth(billed, "2026-10").to_dict("records")
    assert (row["revenue"], row["before"], row["n"]) == (20.0, -5.0, 2)
    assert pd.isna(row["value"])


def test_who_was_not_billed_in_either_month_has_no_growth_and_a_row():
    billed = bills(
        ("C1", "2026-09-15", 10.0),
        ("C1", "2026-10-15", 15.0),
        ("C2", "2026-03-15", 7.0),
        ("C3", "2026-10-01", 4.0),
        ("C4", "2026-03-15", 7.0),
    )
    segments = billed.client_id.map({"C1": "key", "C2": "mid", "C3": "small"})  # C4 is of none
    found = kpis.revenue_growth(billed.assign(segment=segments), "2026-10", by="segment").set_index("segment")
    found = found.rename(index=lambda segment: "none" if pd.isna(segment) else segment)
    for segment, n, revenue, before in (("key", 2, 15, 10), ("mid", 0, 0, 0), ("small", 1, 4, 0), ("none", 0, 0, 0)):
        assert found.loc[segment, ["n", "revenue", "before"]].tolist() == [n, revenue, before]
    assert found.value.dropna().to_dict() == {"key": 0.5}
    assert len(found) == 4


def test_whose_first_invoice_is_of_the_first_is_new():
    billed = bills(("C1", "2026-10-01", 5.0), ("C2", "2026-08-31", 7.0), ("C2", "2026-10-01", 7.0))
    (row,) = kpis.revenue_bridge(billed, "2026-10").to_dict("records")
    assert (row["new"], row["returned"]) == (5.0, 7.0)


def test_a_client_in_two_segments_is_new_once():
    # The bridge of each segment is its own, but an old client is no new one for it
    billed = bills(("C1", "2026-09-15", 5.0), ("C1", "2026-10-15", 8.0)).assign(segment=["key", "small"])
    found = kpis.revenue_bridge(billed, "2026-10", by="segment").set_index("segment")
    assert found.loc["key", ["lost", "end"]].tolist() == [5.0, 0.0]
    assert found.loc["small", ["new", "returned"]].tolist() == [0.0, 8.0]


def test_revenue_per_client(every_fate):
    found = kpis.revenue_per_client(every_fate, by="month").set_index("month")
    assert found.value[pd.Period("2026-09")] == 63 / 4
    assert found.n[pd.Period("2026-10")] == 5


def test_a_client_is_new_for_twelve_months():
    paid = bills(
        ("C1", "2025-10-20", 30.0), ("C1", "2026-09-30", 10.0), ("C1", "2026-10-01", 60.0), ("C2", "2026-10-05", 40.0)
    )
    found = kpis.new_client_revenue(paid, by="month", since="2026-09")
    # C1's first month is October 2025, so September 2026 is its last as new
    assert found.value.tolist() == [1.0, 0.4]
    assert found.existing.tolist() == [0.0, 60.0]


def test_no_share_of_new_clients_where_credit_notes_outweigh():
    (row,) = kpis.new_client_revenue(bills(("C1", "2026-10-20", 30.0), ("C2", "2026-10-20", -40.0))).to_dict("records")
    assert (row["new"], row["revenue"]) == (-10.0, -10.0)
    assert pd.isna(row["value"])


def test_a_target_of_nothing_cannot_be_met(every_fate):
    targets = pd.DataFrame({"kpi": ["revenue"], "scope": ["book"], "target": [0.0]})
    targets = targets.assign(from_month=pd.PeriodIndex(["2026-10"], freq="M"))
    (row,) = kpis.target_attainment(every_fate, targets, "2026-10").to_dict("records")
    assert (row["revenue"], row["target"]) == (147.0, 0.0)
    assert pd.isna(row["value"])


def test_the_target_that_holds_is_the_latest(every_fate):
    targets = pd.DataFrame(
        {
            "kpi": ["revenue", "revenue", "nps", "revenue"],
            "scope": ["book", "book", "book", "more"],
            "target": [70.0, 100.0, 0.4, 50.0],
            "from_month": pd.PeriodIndex(["2026-01", "2026-10", "2026-10", "2026-01"], freq="M"),
        }
    )
    found = kpis.target_attainment(every_fate, targets, ["2025-12", "2026-09", "2026-10"], by="month")
    assert found.value.tolist()[1:] == pytest.approx([63 / 70, 147 / 100])
    assert found.value.isna().tolist() == [True, False, False]
    mine = kpis.target_attainment(every_fate, targets, "2026-10", by="client_id").set_index("client_id")
    assert mine.value["more"] == 0.5
    assert pd.isna(mine.value["less"])
    with pytest.raises(ValueError, match="set for one scope"):
        kpis.target_attainment(every_fate.assign(segment="key"), targets, "2026-10", by=["client_id", "segment"])
    with pytest.raises(ValueError, match="by names 'target', which is a figure of target_attainment"):
        kpis.target_attainment(every_fate.assign(target="a"), targets, "2026-10", by="target")

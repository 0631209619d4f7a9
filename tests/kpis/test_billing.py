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

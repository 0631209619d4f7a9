import pandas as pd

from amlib import kpis


def test_overdue_is_what_is_open_past_its_day(one_paid_late, one_half_paid):
    (row,) = kpis.overdue_share(one_paid_late, one_half_paid, "2026-10").to_dict("records")
    # Open on 31 October: I2 100 (overdue), I3 300 (due that day), I4 50 (no due date); I5 is a credit of 40
    assert row["value"] == 100 / 450
    expected = {"n": 3, "open": 450.0, "overdue": 100.0, "no_due_date": 50.0, "credit": 40.0}
    assert {name: row[name] for name in expected} == expected


def test_the_day_after_it_is_overdue(one_paid_late, one_half_paid):
    found = kpis.overdue_share(one_paid_late, one_half_paid, "2026-11-01")
    assert found["overdue"].item() == 400.0


def test_nothing_open_is_null(one_paid_late, one_half_paid):
    found = kpis.overdue_share(one_paid_late.head(1), one_half_paid, "2026-10")
    assert found["value"].isna().item()
    assert found[["n", "open", "credit"]].to_numpy().tolist() == [[0, 0, 0]]


def test_a_book_without_payments_owes_everything(one_paid_late, one_half_paid):
    found = kpis.overdue_share(one_paid_late, one_half_paid.iloc[:0], "2026-10", by=["client_id"])
    assert found["open"].tolist() == [300.0, 350.0]
    assert found["overdue"].tolist() == [300.0, 0.0]


def test_conversion_leaves_no_crumbs(one_paid_late):
    paid = pd.DataFrame({"invoice_id": ["I1"] * 3, "paid_on": pd.Timestamp("2026-09-15"), "amount": [33.3, 33.3, 33.4]})
    found = kpis.overdue_share(one_paid_late.head(1).assign(amount=100.00000001), paid, "2026-10")
    assert found["n"].item() == 0


def test_overdue_share_equals_sql(agency, sql, same):
    same(
        kpis.overdue_share(agency["invoices"], agency["payments"], "2026-08", by="segment"),
        sql("""
            with owed as (
                select segment, due_on, round(amount - coalesce(
                    (select sum(p.amount) from payments p
                     where p.invoice_id = i.invoice_id and paid_on <= '2026-08-31'), 0
                ), 2) as open
                from invoices i where issued_on <= '2026-08-31'
            )
            select segment, sum(case when open > 0 and due_on < '2026-08-31' then open end)
                   / sum(greatest(open, 0)) as value, count(*) filter (open > 0) as n, sum(greatest(open, 0)) as open,
                   sum(case when due_on is null then greatest(open, 0) else 0 end) as no_due_date,
                   -sum(least(open, 0)) as credit
            from owed group by segment order by segment nulls last
        """),
    )

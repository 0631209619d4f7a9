import pandas as pd
import pytest
from frames import frame

from amlib import kpis

NOTHING_PAID = frame("invoice_id paid_on amount").astype({"amount": "float64"})
COMPARED = ["matched", "differs", "missing_there", "missing_here", "missing_there_amount", "missing_here_amount"]
OF_RECEIVABLES = [kpi for kpi in kpis.CATALOGUE.values() if kpi.family == "receivables"]


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


def test_what_nobody_dated_is_not_called_on_time(one_paid_late, one_half_paid):
    undated = one_paid_late.assign(due_on=pd.NaT).astype({"due_on": one_paid_late.due_on.dtype})
    (row,) = kpis.overdue_share(undated, one_half_paid, "2026-10-31").to_dict("records")
    assert pd.isna(row["value"])
    assert (row["n"], row["open"], row["overdue"], row["no_due_date"]) == (3, 450.0, 0.0, 450.0)
    (row,) = kpis.expected_cash(undated, one_half_paid, "2026-10-31").to_dict("records")
    assert pd.isna([row["value"], row["if_slow"], row["at_most"]]).all()
    assert (row["n"], row["late"], row["later"], row["no_due_date"]) == (3, 0.0, 0.0, 450.0)


def test_ageing_keeps_apart_what_has_no_due_date_and_what_is_owed_to_clients(one_paid_late, one_half_paid):
    found = kpis.receivables_ageing(one_paid_late, one_half_paid, "2026-10", by="client_id")
    # A: 100 of I2, due on 10 October. B: I3, due that very day, and I4 without a day; the credit note is I5
    assert found["value"].tolist() == [100.0, 350.0]
    assert found["n"].tolist() == [1, 2]
    assert found[["days_1_30", "not_due", "no_due_date", "credit"]].to_numpy().tolist() == [
        [100.0, 0.0, 0.0, 0.0],
        [0.0, 300.0, 50.0, 40.0],
    ]


def test_ageing_counts_days_from_the_day_after_the_due_date():
    # Each amount is a power of two, so a sum tells which invoices are in it
    due = [pd.Timestamp("2026-10-31") - pd.Timedelta(days, "D") for days in (0, 1, 30, 31, 60, 61, 90, 91)]
    rows = [(f"I{i}", "2026-07-01", day, 2.0**i) for i, day in enumerate(due)]
    (row,) = kpis.receivables_ageing(
        frame("invoice_id issued_on due_on amount", *rows), NOTHING_PAID, "2026-10"
    ).to_dict("records")
    assert row == {
        "value": 255.0,
        "n": 8,
        "not_due": 1.0,
        "days_1_30": 2.0 + 4.0,
        "days_31_60": 8.0 + 16.0,
        "days_61_90": 32.0 + 64.0,
        "over_90": 128.0,
        "no_due_date": 0.0,
        "credit": 0.0,
    }


def test_no_money_open_has_no_age(one_paid_late, one_half_paid):
    (row,) = kpis.receivables_ageing(one_paid_late.head(1), one_half_paid, "2026-10").to_dict("records")
    assert pd.isna(row["value"])
    assert (row["n"], row["over_90"]) == (0, 0.0)


def test_credit_notes_and_overpayments_are_owed_to_clients(one_paid_late, one_half_paid):
    twice = pd.concat([one_half_paid, frame("payment_id invoice_id paid_on amount", ("P5", "I1", "2026-10-20", 30.0))])
    found = kpis.credit_balance(one_paid_late, twice, "2026-10", by="client_id")
    # A paid 130 for I1 of 100; B has the credit note of 40, beside 350 that it owes
    assert found[["value", "n", "credit_notes", "overpaid"]].to_numpy().tolist() == [[30, 1, 0, 30], [40, 1, 40, 0]]
    day_before = kpis.credit_balance(one_paid_late, twice, "2026-10-19")
    assert pd.isna(day_before["value"].item())
    assert day_before[["n", "credit_notes", "overpaid"]].to_numpy().tolist() == [[0, 0, 0]]


def test_what_is_paid_on_an_invoice_of_nothing_is_overpaid(one_paid_late):
    paid = frame("invoice_id paid_on amount", ("I1", "2026-10-01", 5.0))
    found = kpis.credit_balance(one_paid_late.head(1).assign(amount=0.0), paid, "2026-10")
    assert found[["value", "credit_notes", "overpaid"]].to_numpy().tolist() == [[5.0, 0.0, 5.0]]


def test_a_credit_note_paid_back_is_settled(one_paid_late):
    paid_back = frame("invoice_id paid_on amount", ("I5", "2026-10-31", -40.0))
    assert kpis.credit_balance(one_paid_late, paid_back, "2026-10-30")["value"].item() == 40.0
    assert pd.isna(kpis.credit_balance(one_paid_late, paid_back, "2026-10-31")["value"].item())


@pytest.fixture
def nothing_billed_in_august():
    """July, September and October, of which half of July's money has come; and a credit note."""
    return frame(
        "invoice_id client_id issued_on due_on amount",
        ("I1", "A", "2026-07-07", "2026-08-07", 620.0),
        ("I2", "A", "2026-09-05", "2026-10-05", 300.0),
        ("I3", "B", "2026-10-10", "2026-11-10", 310.0),
        ("I4", "B", "2026-10-11", "2026-11-11", -70.0),
    )


@pytest.fixture
def half_of_july():
    return frame("invoice_id paid_on amount", ("I1", "2026-08-01", 310.0))


def test_count_back_takes_off_month_by_month(nothing_billed_in_august, half_of_july):
    (row,) = kpis.days_sales_outstanding(nothing_billed_in_august, half_of_july, "2026-10").to_dict("records")
    # Open 310 + 300 + 310 = 920: October's 310 is 31 days, September's 300 is 30, August 31, and of July's 620 half
    # is left: 15.5. Billed from 3 August on: 610
    assert row["value"] == pytest.approx(31 + 30 + 31 + 15.5)
    assert (row["n"], row["open"], row["billed"]) == (3, 920.0, 610.0)
    assert row["simple"] == pytest.approx(920 / 610 * 90)


def test_count_back_from_within_a_month_counts_its_days_so_far(nothing_billed_in_august, half_of_july):
    found = kpis.days_sales_outstanding(nothing_billed_in_august, half_of_july, "2026-10-15")
    assert found["value"].item() == pytest.approx(15 + 30 + 31 + 15.5)
    # The day before October's invoice: nine days without billing, then 300 and 310 of 620
    found = kpis.days_sales_outstanding(nothing_billed_in_august, half_of_july, "2026-10-09")
    assert found["value"].item() == pytest.approx(9 + 30 + 31 + 15.5)


def test_count_back_of_each_client(nothing_billed_in_august, half_of_july):
    found = kpis.days_sales_outstanding(nothing_billed_in_august, half_of_july, "2026-10", by="client_id")
    # A: October and August without billing, September in full, half of July. B: its one invoice of October
    assert found["value"].tolist() == pytest.approx([31 + 30 + 31 + 15.5, 31.0])
    assert found["simple"].tolist() == pytest.approx([610 / 300 * 90, 90.0])


@pytest.mark.parametrize(("window", "billed"), [(22, 310.0), (21, 0.0)])
def test_the_window_ends_on_the_day_asked_for(nothing_billed_in_august, half_of_july, window, billed):
    # 22 days up to 31 October begin on the 10th, the day of the invoice
    found = kpis.days_sales_outstanding(nothing_billed_in_august, half_of_july, "2026-10", window=window)
    assert found["billed"].item() == billed
    assert pd.isna(found["simple"].item()) == (billed == 0)


def test_count_back_stops_where_nothing_is_left(nothing_billed_in_august):
    # Only October's 310 of the 930 billed is open: its 31 days, and none of the months before without billing
    paid = frame("invoice_id paid_on amount", ("I1", "2026-10-01", 620.0), ("I2", "2026-10-01", 300.0))
    without_september = nothing_billed_in_august.drop(index=1)
    found = kpis.days_sales_outstanding(without_september, paid, "2026-10")
    assert found[["value", "open"]].to_numpy().tolist() == [[31.0, 310.0]]


def test_no_days_are_outstanding_where_nothing_is(nothing_billed_in_august):
    paid = frame("invoice_id paid_on amount", ("I3", "2026-10-31", 310.0))
    (row,) = kpis.days_sales_outstanding(nothing_billed_in_august.tail(2), paid, "2026-10").to_dict("records")
    assert pd.isna(row["value"])
    assert (row["n"], row["billed"]) == (0, 310.0)


def test_collected_is_what_came_for_invoices_that_fell_due(one_paid_late, one_half_paid):
    found = kpis.collection_rate(one_paid_late, one_half_paid, "2026-10", by="month")
    # September: I1, the second part on its last day. October: 100 of I2 five days late, nothing of I3, due that day
    assert found["month"].astype(str).tolist() == ["2026-09", "2026-10"]
    assert found["value"].tolist() == [1.0, 0.2]
    assert found["n"].tolist() == [1, 2]
    assert found[["due", "collected", "on_time"]].to_numpy().tolist() == [[100, 100, 100], [500, 100, 0]]
    assert found["on_time_rate"].tolist() == [1.0, 0.0]


def test_money_after_the_day_is_not_collected_yet(one_paid_late, one_half_paid):
    assert kpis.collection_rate(one_paid_late, one_half_paid, "2026-10-14")["collected"].item() == 100.0
    assert kpis.collection_rate(one_paid_late, one_half_paid, "2026-10-15")["collected"].item() == 200.0


@pytest.mark.parametrize(("since", "due"), [("2026-10", 500.0), ("2026-10-10", 500.0), ("2026-10-11", 300.0)])
def test_collection_since_a_day_includes_it(one_paid_late, one_half_paid, since, due):
    assert kpis.collection_rate(one_paid_late, one_half_paid, "2026-10", since=since)["due"].item() == due


def test_what_is_paid_beyond_an_invoice_is_not_collected(one_paid_late, one_half_paid):
    more = pd.concat([one_half_paid, frame("payment_id invoice_id paid_on amount", ("P5", "I1", "2026-09-20", 500.0))])
    (row,) = kpis.collection_rate(one_paid_late, more, "2026-10").to_dict("records")
    assert (row["collected"], row["on_time"], row["value"]) == (200.0, 100.0, pytest.approx(200 / 600))


def test_an_invoice_of_nothing_has_nothing_to_collect(one_paid_late, one_half_paid):
    more = pd.concat([one_paid_late, one_paid_late.head(1).assign(invoice_id="I0", amount=0.0)])
    assert kpis.collection_rate(more, one_half_paid, "2026-10")["n"].item() == 3


def test_collection_is_null_where_nothing_fell_due(one_paid_late, one_half_paid):
    (row,) = kpis.collection_rate(one_paid_late, one_half_paid, "2026-08").to_dict("records")
    assert row["n"] == 0
    assert pd.isna(row["value"])
    assert pd.isna(row["on_time_rate"])


@pytest.fixture
def two_ledgers():
    """A knows I2 and an X9 of its own; B's of October has another I3, I5 as it is and no I4; its older one is past."""
    return frame(
        "client_id invoice_id amount as_of",
        ("A", "I2", 100.0, "2026-10-31"),
        ("A", "X9", 70.0, "2026-10-31"),
        ("B", "I3", 999.0, "2026-09-30"),
        ("B", "I3", 250.0, "2026-10-31"),
        ("B", "I5", -40.0, "2026-10-31"),
    ).assign(as_of=lambda t: pd.to_datetime(t["as_of"]))


@pytest.mark.parametrize("as_of", ["2026-10-31", "2026-12"])
def test_ledgers_are_compared_with_the_book_of_their_day(one_paid_late, one_half_paid, two_ledgers, as_of):
    found = kpis.reconciliation(one_paid_late, one_half_paid, two_ledgers, as_of, by="client_id")
    # In the book of 31 October: I2 100, I3 300, I4 50, I5 −40. A: X9 is 70 off; B: I3 is 50 off and I4 50
    assert found["value"].tolist() == [70.0, 100.0]
    assert found["n"].tolist() == [2, 3]
    assert found[COMPARED].to_numpy().tolist() == [[1, 0, 0, 1, 0, 70], [1, 1, 1, 0, 50, 0]]


def test_the_ledger_of_the_day_before_is_an_older_one(one_paid_late, one_half_paid, two_ledgers):
    (row,) = kpis.reconciliation(one_paid_late, one_half_paid, two_ledgers, "2026-10-30").to_dict("records")
    # Only B's of 30 September: it names I3, which the book had not issued yet
    assert (row["value"], row["n"], row["missing_here"]) == (999.0, 1, 1)


def test_no_ledger_is_null(one_paid_late, one_half_paid, two_ledgers):
    (row,) = kpis.reconciliation(one_paid_late, one_half_paid, two_ledgers, "2026-08").to_dict("records")
    assert (row["n"], row["matched"]) == (0, 0)
    assert pd.isna(row["value"])


def one_invoice(here, there):
    """An invoice of A with `here` to pay, and A's ledger of October that says `there`; A owes a second one of 5."""
    columns = "invoice_id client_id issued_on due_on amount"
    invoices = frame(
        columns,
        ("I1", "A", "2026-10-01", "2026-10-31", here),
        ("I2", "A", "2026-10-01", "2026-10-31", 5.0),
    )
    ledger = pd.DataFrame({"client_id": "A", "invoice_id": ["I1", "I2"], "amount": [there, 5.0]})
    found = kpis.reconciliation(invoices, NOTHING_PAID, ledger.assign(as_of=pd.Timestamp("2026-10-31")), "2026-10")
    return found.to_dict("records")[0]


# Each pair is a cent apart; as binary fractions some are a little less.
@pytest.mark.parametrize(("here", "there"), [(0.03, 0.02), (100.01, 100.0), (77.78, 77.77), (1.0, 1.01)])
def test_a_difference_of_a_cent_is_one(here, there):
    row = one_invoice(here, there)
    assert (row["value"], row["matched"], row["differs"]) == (pytest.approx(0.01), 1, 1)


def test_a_difference_below_a_cent_is_none():
    row = one_invoice(100.0, 100.004)
    assert (row["value"], row["matched"], row["differs"]) == (0.0, 2, 0)


def test_a_ledger_that_says_nothing_is_open_does_not_have_the_invoice():
    row = one_invoice(30.0, 0.0)
    assert [row["value"], row["n"], *(row[name] for name in COMPARED)] == [30.0, 2, 1, 0, 1, 0, 30.0, 0.0]


def test_what_is_open_on_neither_side_is_not_compared():
    row = one_invoice(0.0, 0.0)
    assert [row["value"], row["n"], *(row[name] for name in COMPARED)] == [0.0, 1, 1, 0, 0, 0, 0.0, 0.0]


def test_ledgers_need_to_know_whose_an_invoice_is(one_paid_late, one_half_paid, two_ledgers):
    with pytest.raises(ValueError, match="invoices has no column 'client_id'"):
        kpis.reconciliation(one_paid_late.drop(columns="client_id"), one_half_paid, two_ledgers, "2026-10")


@pytest.mark.parametrize("kpi", OF_RECEIVABLES, ids=lambda kpi: kpi.id)
def test_receivables_of_several_currencies_are_an_error(kpi, one_paid_late, one_half_paid, two_ledgers):
    mixed = one_paid_late.assign(currency=["VND", "USD", *["VND"] * 4])
    tables = {"invoices": mixed, "payments": one_half_paid, "statements": two_ledgers}
    with pytest.raises(ValueError, match=r"invoices has amounts in several currencies \(USD, VND\)"):
        kpi.function(**{name: tables[name] for name in kpi.tables}, as_of="2026-10")

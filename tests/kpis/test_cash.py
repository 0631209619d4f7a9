"""When clients pay, worked by hand."""

import pandas as pd
import pytest
from frames import frame

from amlib import kpis

INVOICES = "invoice_id client_id issued_on due_on amount"
PAYMENTS = "payment_id invoice_id paid_on amount"


def paid_late(*days: int, client: str = "A", due: str = "2026-05-10") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Invoices of 100, each paid in full so many days after its due date."""
    day = pd.Timestamp(due)
    invoices = [(f"{client}{i}", client, "2025-04-10", due, 100.0) for i in range(len(days))]
    payments = [(f"P{client}{i}", f"{client}{i}", day + pd.Timedelta(days=n), 100.0) for i, n in enumerate(days)]
    return frame(INVOICES, *invoices), frame(PAYMENTS, *payments)


def joined(*parts):
    invoices, payments = zip(*parts, strict=True)
    return pd.concat(invoices, ignore_index=True), pd.concat(payments, ignore_index=True)


def asked(kpi, invoices, payments, as_of="2026-06-30", **more):
    (row,) = kpi(invoices, payments, as_of, **more).to_dict("records")
    return row


def test_the_delay_is_the_median_and_may_be_early():
    row = asked(kpis.payment_delay, *paid_late(-4, 0, 2, 6, 21))
    assert (row["value"], row["n"], row["mean"], row["p25"], row["p75"]) == (2, 5, 5, 0, 6)


def test_an_invoice_is_paid_on_the_day_its_payments_reach_its_amount():
    invoices = frame(
        INVOICES, ("1", "A", "2026-04-10", "2026-05-10", 100.0), ("2", "A", "2026-04-10", "2026-05-10", 100.0)
    )
    payments = frame(
        PAYMENTS,
        ("a", "1", "2026-05-12", 60.0),
        ("b", "1", "2026-05-20", 40.0),  # in full 10 days late
        ("c", "1", "2026-06-20", 5.0),  # by mistake
        ("d", "2", "2026-05-12", 60.0),  # never in full
    )
    assert asked(kpis.payment_delay, invoices, payments)["n"] == 1
    assert asked(kpis.payment_delay, invoices, payments)["value"] == 10
    assert asked(kpis.payment_delay, invoices, payments, "2026-05-19")["n"] == 0
    assert pd.isna(asked(kpis.payment_delay, invoices, payments, "2026-05-19")["value"])
    assert asked(kpis.payment_delay, invoices, payments, since="2026-05-21")["n"] == 0


def test_what_is_open_comes_in_after_the_clients_own_delay():
    open_now = frame(INVOICES, ("N", "A", "2026-06-20", "2026-07-05", 70.0)), frame(PAYMENTS).astype({"amount": float})
    invoices, payments = joined(paid_late(3, 3, 3, 3, 9), open_now)
    # Due on the 5th day after June, 3 days late: the 8th day is the first of the second week.
    found = kpis.expected_cash(invoices, payments, "2026-06-30", by="week")
    assert found[["week", "value", "n"]].to_numpy().tolist() == [[2, 70, 1]]
    row = asked(kpis.expected_cash, invoices, payments)
    assert (row["value"], row["late"], row["later"], row["no_due_date"]) == (70, 0, 0, 0)
    assert (row["if_slow"], row["at_most"]) == (70, 70)
    assert asked(kpis.expected_cash, invoices, payments, weeks=1)["later"] == 70


def test_the_habit_of_four_invoices_is_that_of_all_clients():
    one = frame(INVOICES, ("N", "B", "2026-06-20", "2026-07-05", 70.0)), frame(PAYMENTS).astype({"amount": float})
    invoices, payments = joined(paid_late(10, 10, 10, 10, 10), paid_late(0, 0, 0, 0, client="B"), one)
    # Of all nine the median is 10: the 15th day is in the third week. B's own four would say 0, the first week.
    assert kpis.expected_cash(invoices, payments, "2026-06-30", by="week").week.tolist() == [3]
    few, paid = joined(paid_late(10, 10, 10, 10), one)
    assert kpis.expected_cash(few, paid, "2026-06-30", by="week").week.tolist() == [1]


def test_habits_older_than_a_year_are_forgotten():
    one = frame(INVOICES, ("N", "A", "2026-06-20", "2026-07-05", 70.0)), frame(PAYMENTS).astype({"amount": float})
    old = paid_late(10, 10, 10, 10, 10, due="2025-06-20")  # paid in full on 30 June 2025, 365 days before
    assert kpis.expected_cash(*joined(old, one), "2026-06-30", by="week").week.tolist() == [1]
    young = paid_late(10, 10, 10, 10, 10, due="2025-06-21")
    assert kpis.expected_cash(*joined(young, one), "2026-06-30", by="week").week.tolist() == [3]


def test_nothing_is_dropped_late_later_and_undated_money_is_kept_apart():
    invoices = frame(
        INVOICES,
        ("late", "A", "2026-05-01", "2026-06-29", 1.0),
        ("today", "A", "2026-05-01", "2026-06-30", 2.0),
        ("first", "A", "2026-05-01", "2026-07-01", 4.0),
        ("last", "A", "2026-05-01", "2026-08-25", 8.0),  # the 56th day
        ("later", "A", "2026-05-01", "2026-08-26", 16.0),
        ("never", "A", "2026-05-01", None, 32.0),
        ("credit", "A", "2026-05-01", "2026-07-01", -64.0),
        ("next", "A", "2026-07-01", "2026-07-02", 128.0),  # not issued yet
    )
    row = asked(kpis.expected_cash, invoices, frame(PAYMENTS).astype({"amount": float}))
    parts = {name: row[name] for name in ("value", "late", "later", "no_due_date", "if_slow", "at_most", "n")}
    assert parts == {"value": 12, "late": 3, "later": 16, "no_due_date": 32, "if_slow": 12, "at_most": 15, "n": 6}
    by_week = kpis.expected_cash(invoices, frame(PAYMENTS).astype({"amount": float}), "2026-06-30", by="week")
    assert by_week[["week", "value"]].dropna().to_numpy().tolist() == [[1, 4], [8, 8]]
    assert by_week[by_week.week.isna()][["late", "later", "no_due_date"]].to_numpy().tolist() == [[3, 16, 32]]


def test_slow_and_early_payers_bound_what_is_expected():
    one = frame(INVOICES, ("N", "A", "2026-06-20", "2026-07-05", 70.0)), frame(PAYMENTS).astype({"amount": float})
    # Usual 2 days (the 7th day), a quarter of them 30 days late, a quarter a week early.
    invoices, payments = joined(paid_late(-7, -7, 2, 30, 30), one)
    row = asked(kpis.expected_cash, invoices, payments, weeks=1)
    assert (row["value"], row["if_slow"], row["at_most"]) == (70, 0, 70)


@pytest.mark.parametrize("kpi", [kpis.payment_delay, kpis.expected_cash])
def test_what_happens_later_changes_nothing(kpi):
    invoices, payments = paid_late(1, 2, 3, 4, 5)
    later = frame(PAYMENTS, ("L", "A0", "2026-05-14", 1.0))
    before = asked(kpi, invoices, payments, "2026-05-13")
    assert asked(kpi, invoices, pd.concat([payments, later]), "2026-05-13") == pytest.approx(before, nan_ok=True)


def open_invoice(client: str, due: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    return frame(INVOICES, ("N", client, "2026-06-20", due, 70.0)), frame(PAYMENTS).astype({"amount": float})


def test_five_invoices_are_a_habit_of_ones_own_and_five_in_all_are_everybodys():
    own = joined(paid_late(3, 3, 3, 3, 3), paid_late(*[20] * 10, client="B"), open_invoice("A", "2026-07-05"))
    assert kpis.expected_cash(*own, "2026-06-30", by="week").week.tolist() == [2]
    of_all = joined(paid_late(20, 20, 20), paid_late(20, 20, client="B"), open_invoice("C", "2026-07-05"))
    assert kpis.expected_cash(*of_all, "2026-06-30", by="week").week.tolist() == [4]


def test_half_a_day_late_is_the_next_day():
    # A median of 2.5 days after the 5th day is the 8th, the first of the second week.
    given = joined(paid_late(2, 2, 2, 3, 3, 3), open_invoice("A", "2026-07-05"))
    assert kpis.expected_cash(*given, "2026-06-30", by="week").week.tolist() == [2]


def test_early_payers_are_those_of_the_lower_quartile():
    # Due on the 63rd day; the second of five pays a week early, on the 56th.
    given = joined(paid_late(-10, -7, 0, 0, 0), open_invoice("A", "2026-09-01"))
    assert asked(kpis.expected_cash, *given)["at_most"] == 70


def test_crumbs_of_a_converted_amount_are_no_debt():
    invoices = frame(INVOICES, ("1", "A", "2026-04-10", "2026-05-10", 100.00000001))
    payments = frame(PAYMENTS, ("a", "1", "2026-05-12", 100.0))
    assert asked(kpis.payment_delay, invoices, payments)["value"] == 2


def test_the_day_since_counts():
    given = paid_late(2)  # in full on 12 May
    assert asked(kpis.payment_delay, *given, since="2026-05-12")["n"] == 1
    assert asked(kpis.payment_delay, *given, since="2026-05-13")["n"] == 0

"""Wrong values are errors that name column, value and row, on frames and on every engine alike."""

from __future__ import annotations

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from amlib import kpis
from amlib.business_time import WorkingHours

HOURS = WorkingHours()


def surveys(**columns):
    table = {"survey_id": ["S1", "S2"], "sent_on": pd.to_datetime(["2026-10-01", "2026-10-02"]), "score": [9, 3]}
    return pd.DataFrame({**table, **columns})


def invoices(**columns):
    table = {
        "invoice_id": ["I1", "I2"],
        "issued_on": pd.to_datetime(["2026-10-01", "2026-10-02"]),
        "due_on": pd.to_datetime(["2026-11-01", "2026-11-02"]),
        "amount": [100.0, 50.0],
        "pass_through": [0.0, 0.0],
    }
    return pd.DataFrame({**table, **columns})


PAYMENTS = pd.DataFrame({"invoice_id": ["I1"], "paid_on": pd.to_datetime(["2026-10-09"]), "amount": [10.0]})


def test_a_score_of_eleven():
    with pytest.raises(
        ValueError,
        match=r"surveys\.score is 11\b.* where survey_id is 'S2' \(1 row like it\); expected: a whole number",
    ):
        kpis.nps(surveys(score=[9, 11]))


def test_a_score_that_is_no_whole_number():
    with pytest.raises(ValueError, match=r"surveys\.score is 8\.5\b.*expected: a whole number from 0 to 10"):
        kpis.nps(surveys(score=[9, 8.5]))


def test_text_is_not_read_as_a_number():
    with pytest.raises(ValueError, match=r"surveys\.score is string, but a whole number .*pd\.to_numeric"):
        kpis.nps(surveys(score=["9", "3"]))


def test_text_is_not_read_as_a_date():
    with pytest.raises(
        ValueError, match=r"invoices\.issued_on is string, but a date such as 2026-10-31.*pd\.to_datetime"
    ):
        kpis.revenue(invoices(issued_on=["01/10/2026", "02/10/2026"]), by="month")


def test_a_wrong_type_shows_the_value_that_made_it_one():
    # One cell that is no number makes text of the whole column
    with pytest.raises(
        ValueError, match=r"invoices\.amount is string, .*to_numeric\. A value found is 'n/a' where invoice_id is 'I2'$"
    ):
        kpis.overdue_share(invoices(amount=["100.0", "n/a"]), PAYMENTS, "2026-12")
    with pytest.raises(ValueError, match=r"surveys\.score is boolean, .*A value found is True$"):
        kpis.nps(surveys(score=[True, False]).drop(columns="survey_id"))


@pytest.mark.pandas_only("a column of an engine has one type")
@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("amount", [100.0, "50,0"], r"100\.0 is float, '50,0' is str where invoice_id is 'I2'; expected: a number\. "),
        ("issued_on", [pd.Timestamp("2026-10-01"), "hôm qua"], r"'hôm qua' is str where .*expected: a date such as"),
    ],
)
def test_a_column_of_several_types(column, values, said):
    mixed = invoices(**{column: pd.Series(values, dtype=object)}).set_axis([7, 7])
    with pytest.raises(
        ValueError, match=rf"invoices\.{column} holds values of several types: .*{said}.*Convert it first"
    ):
        kpis.revenue(mixed, by="month")


@pytest.mark.pandas_only("what is no table never reaches an engine")
def test_what_is_no_table():
    for kind, nothing in (("NoneType", None), ("list", [1, 2]), ("Series", invoices().amount)):
        with pytest.raises(ValueError, match=rf"invoices is of type {kind}, not a table: give a pandas"):
            kpis.revenue(nothing)
    twice = pd.concat([invoices(), invoices()[["amount"]]], axis=1)
    with pytest.raises(ValueError, match=r"invoices has 2 columns 'amount': leave one"):
        kpis.revenue(twice)


@pytest.mark.pandas_only("what a call looks like is the same on every engine")
@pytest.mark.parametrize(
    ("by", "said"),
    [
        (3, "by is 3: give the name of a column"),
        ([None], r"by is \[None\]: give the name"),
        (["month", "month"], "by names 'month' twice"),
        ("n", "by names 'n', which is what a KPI calls a figure of its own: rename"),
    ],
)
def test_groups_that_cannot_be(by, said):
    with pytest.raises(ValueError, match=said):
        kpis.revenue(invoices(n=1), by=by)


def test_a_group_may_be_called_as_what_a_kpi_works_with():
    # 100 of October in one region, 50 in another; 'now' and 'due' are columns that KPIs make for themselves
    regions = invoices(now=["north", "south"], due=["north", "south"], open=["north", "south"])
    found = kpis.revenue_growth(regions, "2026-10", by="now")
    assert found["now"].tolist() == ["north", "south"]
    assert found["revenue"].tolist() == [100.0, 50.0]
    found = kpis.overdue_share(regions, PAYMENTS, "2026-10", by=["due", "invoice_id"])
    assert list(found)[:2] == ["due", "invoice_id"]
    assert found["due"].tolist() == ["north", "south"]
    assert found["open"].tolist() == [90.0, 50.0]
    with pytest.raises(ValueError, match="by names 'open', which is a figure of overdue_share: rename"):
        kpis.overdue_share(regions, PAYMENTS, "2026-10", by="open")
    pitches = pd.DataFrame({"won": [True, False], "fee": [10.0, 20.0]})
    with pytest.raises(ValueError, match="by names 'won', which is a figure of win_rate: rename"):
        kpis.win_rate(pitches, by="won")


def test_a_score_that_is_infinite():
    with pytest.raises(ValueError, match=r"surveys\.score is inf\b.*expected: a whole number from 0 to 10"):
        kpis.nps(surveys(score=[9, float("inf")]))


def test_a_date_without_an_hour_is_no_instant():
    day = pd.Series(pd.to_datetime(["2026-10-01"])).dt.date
    with pytest.raises(ValueError, match=r"messages\.received_at is date, but a date and time"):
        kpis.response_time(pd.DataFrame({"received_at": day, "replied_at": day}), HOURS)


def test_currencies_without_a_rate():
    with pytest.raises(ValueError, match=r"invoices has amounts in several currencies \(USD, VND\): convert") as error:
        kpis.revenue(invoices(currency=["VND", "USD"]))
    assert str(error.value).endswith("invoices.currency is 'USD' where invoice_id is 'I2' (1 row like it)")


def test_an_empty_currency_is_another_one():
    with pytest.raises(ValueError, match=r"several currencies \(\(empty\), VND\).* invoices\.currency is empty"):
        kpis.revenue(invoices(currency=["VND", None]))


def test_tables_of_one_currency_each_but_not_the_same():
    projects = pd.DataFrame({"project_id": ["J1"], "fee": [1000.0], "currency": ["USD"]})
    costs = pd.DataFrame({"cost_id": ["K1"], "project_id": ["J1"], "amount": [5e6], "currency": ["VND"]})
    billed = invoices(project_id="J1").drop(columns="due_on")
    with pytest.raises(ValueError, match=r"in several currencies \(projects USD, costs VND\): convert them to one"):
        kpis.project_margin(projects, billed, costs)
    # Nothing is told of the currency of an empty table, nor of one without the column
    assert kpis.project_margin(projects, billed, costs.iloc[:0]).margin.tolist() == [1000.0]
    assert kpis.project_margin(projects, billed, costs.assign(currency="USD", amount=5.0)).margin.tolist() == [995.0]


def test_a_reply_before_its_message():
    times = pd.to_datetime(["2026-10-06 11:00", "2026-10-06 10:00"])
    messages = pd.DataFrame({"message_id": ["M1"], "received_at": times[:1], "replied_at": times[1:]})
    with pytest.raises(
        ValueError, match=r"replied_at is 2026-10-06 10:00:00 where message_id is 'M1' .*replied_at not before received"
    ):
        kpis.response_time(messages, HOURS)


def test_a_key_that_is_there_twice():
    with pytest.raises(
        ValueError, match=r"invoices\.invoice_id is 'I1'.* \(1 row like it\); expected: each invoice_id once"
    ):
        kpis.overdue_share(invoices(invoice_id=["I1", "I1"]), PAYMENTS, "2026-12")


@pytest.mark.pandas_only("an engine is not asked to count keys that the KPI does not read")
def test_a_key_is_looked_at_in_frames_even_where_the_kpi_does_not_need_it():
    with pytest.raises(ValueError, match=r"surveys\.survey_id is 'S1'.*expected: each survey_id once"):
        kpis.nps(surveys(survey_id=["S1", "S1"]))


def test_an_amount_that_is_missing():
    with pytest.raises(ValueError, match=r"invoices\.amount is empty.*expected: a number"):
        kpis.revenue(invoices(amount=[100.0, None]))


def test_an_amount_beyond_all_numbers():
    with pytest.raises(ValueError, match=r"invoices\.amount is inf"):
        kpis.revenue(invoices(amount=[100.0, float("inf")]))


def test_a_kind_that_no_contract_has():
    contracts = pd.DataFrame({"client_id": ["C1"], "kind": ["subscription"], "monthly_fee": [5.0]})
    contracts = contracts.assign(starts_on=pd.Timestamp("2026-01-01"), ends_on=pd.Timestamp("2026-12-31"))
    with pytest.raises(ValueError, match=r"contracts\.kind is 'subscription'.*expected: one of retainer, project"):
        kpis.recurring_revenue(contracts, pd.DataFrame({"client_id": ["C1"], "until": [pd.NaT]}), "2026-10")


def test_a_year_that_is_a_typing_error():
    with pytest.raises(ValueError, match=r"invoices\.issued_on is 2206-10-01 .*from 1970 to 2100"):
        kpis.revenue(invoices(issued_on=pd.to_datetime(["2206-10-01", "2026-10-02"]), due_on=pd.NaT), by="month")


def test_without_looking_it_computes():
    assert kpis.nps(surveys(score=[9, 11]), check=False).promoters.tolist() == [1]


@pytest.mark.pandas_only("it brings its own tables")
def test_an_engine_that_cannot_says_so_before_it_computes(monkeypatch):
    monkeypatch.setitem(kpis.CATALOGUE["nps"].cannot, "duckdb", "it is only a test")
    table = ibis.duckdb.connect().create_table("surveys", pa.table({"score": [9, 3]}))
    with pytest.raises(kpis.EngineCannot, match="nps cannot be computed on duckdb: it is only a test"):
        kpis.nps(table)

"""Rows that break the contract of their table: left out, listed with the reason, and never lost."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amlib.book import BookError, examine_book, open_book

TOML = 'name = "A"\ncurrency = "VND"\n'
REJECT = TOML + 'bad_rows = "reject"\n'
CLIENTS = """
client_id,name,since
C1,An,2025-01-01
C2,Bình,soon
C3,Cúc,2025-03-01
"""
INVOICES = """
invoice_id,client_id,issued_on,amount
I1,C1,2026-01-05,100
I2,C2,2026-01-06,200
I3,C3,2026-01-07,many
I1,C3,2026-01-08,300
I5,C9,2026-01-09,400
I6,C3,2026-01-10
I7,C3,2026-01-11,500
"""
PAYMENTS = """
payment_id,invoice_id,paid_on,amount
P1,I1,2026-02-01,100
P2,I2,2026-02-02,200
"""


@pytest.fixture
def folder(tmp_path: Path):
    def written(toml: str, **tables: str) -> Path:
        (tmp_path / "book.toml").write_text(toml, "utf-8")
        for name, text in tables.items():
            (tmp_path / f"{name}.csv").write_text(text.lstrip(), "utf-8")
        return tmp_path

    return written


def test_a_wrong_row_is_rejected_and_so_is_what_links_to_it(folder):
    book = open_book(folder(REJECT, clients=CLIENTS, invoices=INVOICES, payments=PAYMENTS))
    assert book.clients.client_id.tolist() == ["C1", "C3"]
    assert book.invoices.invoice_id.tolist() == ["I1", "I7"]
    assert book.payments.payment_id.tolist() == ["P1"]
    told = {(row.table, row.row): row.reason for row in book.set_aside.itertuples()}
    assert told == {
        ("clients", 3): "since: found 'soon', expected a date such as 2026-10-31",
        ("invoices", 7): "found 3 cells, expected 4, as in the header (is there an unquoted ',' or an open quote?)",
        ("invoices", 3): "client_id: found 'C2', expected a client_id of the table clients that is not rejected itself",
        ("invoices", 4): "amount: found 'many', expected a number",
        ("invoices", 5): "invoice_id: found 'I1' again (first in row 2), expected each only once",
        ("invoices", 6): "client_id: found 'C9', expected a client_id of the table clients",
        (
            "payments",
            3,
        ): "invoice_id: found 'I2', expected an invoice_id of the table invoices that is not rejected itself",
    }
    assert book.set_aside.rejected.all()
    row = book.set_aside[(book.set_aside.table == "invoices") & (book.set_aside.row == 4)].iloc[0]
    assert row["values"] == "invoice_id=I3, client_id=C3, issued_on=2026-01-07, amount=many"


def test_what_was_read_is_kept_set_aside_or_rejected(folder):
    rule = '[[tables.invoices.set_aside]]\nwhere = "invoice_id = \'I7\'"\nbecause = "a test"\n'
    found = examine_book(folder(REJECT + rule, clients=CLIENTS, invoices=INVOICES, payments=PAYMENTS))
    assert found.files.to_dict("records") == [
        {"table": "clients", "file": "clients.csv", "sheet": "", "rows": 3, "set_aside": 0, "rejected": 1, "kept": 2},
        {"table": "invoices", "file": "invoices.csv", "sheet": "", "rows": 7, "set_aside": 1, "rejected": 5, "kept": 1},
        {"table": "payments", "file": "payments.csv", "sheet": "", "rows": 2, "set_aside": 0, "rejected": 1, "kept": 1},
    ]
    assert found.refused == ()


def test_a_book_refuses_wrong_rows_unless_told_otherwise(folder):
    path = folder(TOML, clients=CLIENTS, invoices=INVOICES)
    with pytest.raises(BookError, match=r"clients\.csv row 3, column since: found 'soon'"):
        open_book(path)
    found = examine_book(path)
    assert found.book.clients.client_id.tolist() == ["C1", "C3"]
    assert {problem.row for problem in found.refused if problem.table == "clients"} == {3}


def test_without_one_right_client_there_is_no_book(folder):
    path = folder(REJECT, clients="client_id,name,since\nC1,An,soon\nC2,Bình,later\n")
    with pytest.raises(BookError, match="found no row that is right: all 2 are rejected, expected at least one client"):
        open_book(path)


def test_a_missing_column_is_no_matter_of_rows(folder):
    with pytest.raises(BookError, match="column since: found no such column"):
        open_book(folder(REJECT, clients="client_id,name\nC1,An\n"))


def test_what_stands_in_a_pay_record_is_not_told(folder):
    pay = "record_id,title,level,year,mid,currency,period,basis,source\n"
    pay += "S1,AE,executive,2026,98765432x,VND,month,gross,own\nS2,AE,executive,2026,15000000,VND,month,gross,own\n"
    book = open_book(folder(REJECT, clients="client_id,name,since\nC1,An,2025-01-01\n", salaries=pay))
    assert book.set_aside.table.tolist() == ["salaries"]
    assert not book.set_aside.astype("str").apply(lambda column: column.str.contains("98765432")).any(axis=None)


def test_a_query_over_rows_that_lack_some_still_gives_a_book(folder):
    query = """
    [sources.export]
    file = "export.csv"
    [tables.clients]
    sql = "select distinct client_id, client_id as name, day as since, _file, _row from export"
    """
    path = folder(REJECT + query, export="client_id,day\nC2,2025-01-01\nC1\nC3,2025-13-01\n")
    book = open_book(path)
    assert book.clients.client_id.tolist() == ["C2"]
    assert book.set_aside[["table", "row"]].to_numpy().tolist() == [["export", 3], ["clients", 4]]


def test_bad_rows_is_one_of_two_words(folder):
    with pytest.raises(BookError, match="key bad_rows: found 'drop', expected one of refuse, reject"):
        open_book(folder(TOML + 'bad_rows = "drop"\n', clients=CLIENTS))


CELLS = st.sampled_from(["", "C1", "C2", "I1", "2026-01-01", "2026-13-01", "5", "-5", "x", "USD"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6),
    st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=8),
)
def test_no_row_is_ever_lost(folder, clients, invoices):
    def text(header: str, rows: list[tuple[str, ...]]) -> str:
        return "\n".join([header, *map(",".join, rows), ""])

    path = folder(
        REJECT,
        clients=text("client_id,name,since", clients),
        invoices=text("invoice_id,client_id,issued_on,amount", invoices),
    )
    found = examine_book(path)
    there = {"clients": sum(map(any, clients)), "invoices": sum(map(any, invoices))}
    assert found.files.groupby("table")["rows"].sum().to_dict() == there
    places = found.left_out[["table", "file", "row"]]
    assert not places.duplicated().any()
    if found.book is not None:
        kept = {name: len(found.book.tables[name]) for name in there}
        assert kept == pd.Series(there).sub(places.groupby("table").size(), fill_value=0).astype(int).to_dict()
        assert found.book.invoices.client_id.isin(found.book.clients.client_id).all()


@pytest.mark.parametrize(
    ("invoices", "found"),
    [
        ("invoice_id,client_id,issued_on,amount\nI1,C1,2026-05-04,5\0\n", "row 2: found a NUL byte"),
        ("invoice_id,client_id,issued_on,_row\nI1,C1,2026-05-04,5\n", "row 1: found a column called '_row'"),
        ("a," * 20_000 + "\n", "row 1: found 20,001 columns"),
    ],
)
def test_a_file_that_gives_no_row_is_never_one_rejected_row(folder, invoices, found):
    path = folder(REJECT, clients="client_id,name,since\nC1,An,2025-01-01\n", invoices=invoices)
    with pytest.raises(BookError, match=found):
        open_book(path)
    looked_at = examine_book(path)
    assert looked_at.book is None
    assert [problem.table for problem in looked_at.refused] == ["invoices"]
    assert looked_at.left_out.empty


def test_rows_of_a_query_are_counted_where_it_knows_the_file_of_some_only(folder):
    toml = '''
[sources.bills]
file = "bills.csv"
[sources.paid]
file = "paid.csv"
[tables.invoices]
sql = """
select bills.* exclude (_file, _sheet, _row), paid._file, paid._row
from bills left join paid using (invoice_id) order by 1"""
set_aside = [{ where = "amount = '200'", because = "a test" }]
'''
    bills = "invoice_id,client_id,issued_on,amount\nI1,C1,2026-01-05,1\nI2,C1,2026-01-06,200\nI3,C9,2026-01-07,3\n"
    clients = "client_id,name,since\nC1,An,2025-01-01\n"
    path = folder(REJECT + toml, clients=clients, bills=bills, paid="invoice_id\nI2\n")
    found = examine_book(path)
    counted = found.files.set_index("table").loc["invoices", ["file", "rows", "set_aside", "rejected", "kept"]]
    assert counted.tolist() == ["", 3, 1, 1, 1]
    # The number of each row is its place in the query's result, whatever was left out before it.
    assert sorted(found.left_out.row) == [2, 3]


def test_what_is_said_of_pay_shows_no_pay(folder):
    header = "record_id,year,title,level,source,pay,mid,period,currency\n"
    turned = "record_id,year,title,level,source,low,mid,high,period,currency\n"
    rows = "R1,2026,AM,executive,x,,13.579,month,VND\nR2,2026,AM,executive,x,,24.680,month,VND\n"
    salaries = f"Quỹ lương 987654321\n\n{header}{rows}"
    query = "select * replace (mid::boolean as mid) from pay"
    toml = f'[sources.pay]\nfile = "pay.csv"\n[tables.salaries]\nsql = "{query}"\n'
    set_aside = "[[tables.salaries.set_aside]]\nwhere = \"mid::date = '2026-01-01'\"\nbecause = 'a test'\n"
    clients = "client_id,name,since\nC1,An,2025-01-01\n"
    said = {}
    for name, keys, tables in (
        ("open", REJECT, {"salaries": salaries}),
        ("sql", REJECT + toml, {"pay": f"{header}{rows}"}),
        ("rule", REJECT + set_aside, {"salaries": f"{header}{rows}"}),
        ("order", REJECT, {"salaries": f"{turned}R1,2026,AM,executive,x,24680,20000,13579,month,VND\n"}),
    ):
        found = examine_book(folder(keys, clients=clients, **tables))
        said[name] = " ".join([*map(str, found.problems), *found.notes, found.left_out.to_csv()])
        for value in ("13.579", "24.680", "13579", "24680", "987654321"):
            assert value not in said[name], name
    assert "a cell in row 4 and a cell in row 5" in said["open"]
    assert "the header is row 3" in said["open"]
    assert "Could not convert string '…' to BOOL" in said["sql"]
    assert "high: expected not before low" in said["order"]
    assert 'invalid date field format: "…"' in said["rule"]

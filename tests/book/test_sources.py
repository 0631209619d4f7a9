"""Tables out of SQL over sources, and rows set aside."""

from __future__ import annotations

import pytest

from amlib.book import BookError, open_book

LINES = """
    No,Client,Day,Total
    1,C1,2026-01-05,100
    1,C1,2026-01-05,50
    2,C2,2026-01-06,70
    2,C2,2026-01-06,70
    3,,2026-01-07,5
"""
SOURCE = """
    [sources.lines]
    file = "export.csv"
    [[sources.lines.set_aside]]
    where = "row_number() over (partition by No, Client, Day, Total order by _row) > 1"
    because = "repeated line"
    [[sources.lines.set_aside]]
    where = "Client is null -- nobody"
    because = "no client on the line"
"""
TABLE = """
    [tables.invoices]
    sql = '''
    select No as invoice_id, Client as client_id, Day as issued_on, sum(Total::double) as amount
    from lines group by all
    '''
"""


def test_a_table_by_sql(write):
    """Row 5 repeats row 4, row 6 has no client: what is left is invoice 1 of 150 and invoice 2 of 70."""
    book = open_book(write(SOURCE + TABLE, export=LINES))
    assert book.invoices[["invoice_id", "amount"]].to_dict("list") == {"invoice_id": ["1", "2"], "amount": [150, 70]}
    assert book.set_aside.to_dict("records") == [
        {
            "table": "lines",
            "file": "export.csv",
            "sheet": "",
            "row": 5,
            "reason": "repeated line",
            "values": "No=2, Client=C2, Day=2026-01-06, Total=70",
            "rejected": False,
        },
        {
            "table": "lines",
            "file": "export.csv",
            "sheet": "",
            "row": 6,
            "reason": "no client on the line",
            "values": "No=3, Day=2026-01-07, Total=5",
            "rejected": False,
        },
    ]
    assert book.notes == ()


def test_rows_of_a_table_set_aside_keep_the_row_numbers_of_the_rest(write):
    toml = """
        [[tables.clients.set_aside]]
        where = "name ilike 'test%'"
        because = "a test client"
    """
    clients = "client_id,name,since\nC1,Test,x\nC2,B,2025-01-01\nC3,C,y\n"
    with pytest.raises(BookError) as error:
        open_book(write(toml, clients=clients))
    assert [problem.row for problem in error.value.problems] == [4]  # the wrong day of row 2 is set aside


def test_problems_of_a_query_name_its_row_or_the_one_passed_on(problems):
    sql = "select No as invoice_id, 'C1' as client_id, Day as issued_on, 'x' || Total as amount{} from lines limit 1"
    toml = '[sources.lines]\nfile = "export.csv"\n[tables.invoices]\nsql = "' + sql + '"\n'
    assert problems(toml.format(""), export=LINES) == [
        "table invoices, row 1 of its query, column amount: found 'x100', expected a number"
    ]
    assert problems(toml.format(", _file, _row"), export=LINES) == [
        "export.csv row 2, column amount: found 'x100', expected a number"
    ]


@pytest.mark.parametrize(
    ("sql", "error_of_duckdb"),
    [
        ("select * from read_csv('clients.csv')", "Permission Error"),
        ("select * from 'clients.csv'", "Permission Error"),
        ("select content from read_text('book.toml')", "Permission Error"),
        ("copy lines to 'stolen.csv'", "Permission Error"),
        ("attach 'other.duckdb'", "Permission Error"),
        ("set enable_external_access = true", "Invalid Input Error: Cannot change configuration"),
        ("install httpfs", "Permission Error"),
        ("select * from frame", "Catalog Error: Table with name frame does not exist"),
        ("select * from nowhere", "Catalog Error: Table with name nowhere does not exist"),
        ("create table t as select 1", "the statement gives no rows; a SELECT is needed"),
        ("select 1 as x, 2 as x", "the query gives the column 'x' twice"),
    ],
)
def test_sql_reads_nothing_but_the_sources(write, monkeypatch, sql, error_of_duckdb):
    folder = write(SOURCE + f'[tables.invoices]\nsql = "{sql}"\n', export=LINES)
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    with pytest.raises(BookError) as error:
        open_book(folder)
    (problem,) = error.value.problems
    assert problem.column == "tables.invoices.sql"
    assert problem.found.startswith(error_of_duckdb)
    assert problem.expected == "a query over the sources (lines)"
    assert sorted(folder.iterdir()) == before


def test_a_source_that_cannot_be_read_is_told_once(problems):
    assert len(problems(SOURCE + TABLE, export=b"")) == 1

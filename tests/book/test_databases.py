"""Tables that stand in a database: a real PostgreSQL, on which little is asked and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote

import engines
import pandas as pd
import pytest

from amlib import kpis
from amlib.book import BookError, open_book, remote_tables
from amlib.book.databases import NotRead, Relation, close, telling, wrong_in_url
from amlib.reports.inputs import of_book

SECRET = "mật khẩu/với@dấu"
TOML = """
name = "A"
currency = "VND"
[databases.agency]
url = "{url}"
"""
TABLES = '''
[tables.clients]
database = "agency"
table = "crm.khach_hang"
columns = { client_id = "ma_kh", name = "ten", since = "tu_ngay" }
[tables.invoices]
database = "agency"
table = "hoa_don"
where = "trang_thai <> 'huy' and ngay_lap >= date '2026-01-01'"
columns = { invoice_id = "so_hd", client_id = "ma_kh", issued_on = "ngay_lap", amount = "thanh_tien" }
[tables.surveys]
database = "agency"
query = """select id as survey_id, ma_kh as client_id, gui as sent_on, tra_loi as answered_on, diem as score
from khao_sat"""
'''


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a PostgreSQL in whose database an agency keeps its tables."""
    with engines.postgres_database("agency") as url:
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            _fill(connection)
        yield url


def _fill(connection) -> None:
    connection.execute("create schema crm")
    connection.execute("create table crm.khach_hang (ma_kh text, ten text, tu_ngay date, ghi_chu text)")
    connection.execute(
        "create table hoa_don (so_hd int, ma_kh text, ngay_lap date, thanh_tien numeric(18,2), trang_thai text)"
    )
    connection.execute("create table khao_sat (id int, ma_kh text, gui date, tra_loi date, diem int)")
    connection.execute("insert into crm.khach_hang values ('K2','Bình','2025-02-01','x'), ('K1','An','2025-01-01','y')")
    connection.execute(
        """insert into hoa_don values
        (3,'K1','2026-02-01',300.50,'da thu'), (1,'K1','2026-01-05',100,'moi'),
        (2,'K2','2026-01-06',200,'huy'), (4,'K2','2025-12-01',400,'moi')"""
    )
    connection.execute(
        "insert into khao_sat values (1,'K1','2026-01-10','2026-01-12',10), (2,'K2','2026-01-10','2026-01-12',3)"
    )


@pytest.fixture
def folder(tmp_path: Path, server: str):
    def written(tables: str = TABLES, url: str = server) -> Path:
        (tmp_path / "book.toml").write_text(TOML.replace("{url}", url) + tables, "utf-8")
        return tmp_path

    return written


def test_tables_are_read_with_what_the_condition_leaves(folder):
    book = open_book(folder())
    assert book.clients[["client_id", "name"]].to_numpy().tolist() == [["K1", "An"], ["K2", "Bình"]]
    assert book.invoices[["invoice_id", "amount"]].to_numpy().tolist() == [["1", 100.0], ["3", 300.5]]
    assert book.surveys.score.tolist() == [10, 3]
    assert not any("ghi_chu" in note for note in book.notes)  # what nobody maps is not read


def test_a_kpi_is_computed_where_the_tables_are(folder):
    tables = remote_tables(folder())
    server = tables["invoices"].get_backend()
    assert server.name == "postgres"
    assert {table.get_backend() for table in tables.values()} == {server}
    found = kpis.revenue(tables["invoices"], by=["client_id"]).select("client_id", "value")
    assert found.to_pyarrow().to_pylist() == [{"client_id": "K1", "value": 400.5}]
    assert kpis.nps(tables["surveys"]).value.to_pyarrow().to_pylist() == [0.0]
    since = tables["invoices"].join(tables["clients"], "client_id").since
    assert since.to_pyarrow().to_pylist() == [date(2025, 1, 1)] * 2
    close(server)


def test_instants_are_those_of_clocks_where_the_book_is(folder):
    query = "select 'M1' as message_id, 'K1' as client_id, timestamptz '2026-01-05 20:00+00' as received_at"
    path = folder(f'{TABLES}[tables.messages]\ndatabase = "agency"\nquery = "{query}"\n')
    toml = path / "book.toml"
    toml.write_text(f'time_zone = "Asia/Ho_Chi_Minh"\n{toml.read_text("utf-8")}', "utf-8")
    received = remote_tables(path)["messages"].received_at
    assert received.to_pyarrow().to_pylist() == [datetime(2026, 1, 6, 3)]
    close(received.get_backend())
    assert open_book(path).messages.received_at.tolist() == [pd.Timestamp("2026-01-06 03:00", tz="Asia/Ho_Chi_Minh")]


def test_columns_are_found_by_the_names_that_exports_give_them(folder):
    tables = TABLES.replace(
        'columns = { client_id = "ma_kh", name = "ten", since = "tu_ngay" }', 'columns = { since = "tu_ngay" }'
    )
    tables = tables.replace(
        'columns = { invoice_id = "so_hd", client_id = "ma_kh", issued_on = "ngay_lap", amount = "thanh_tien" }', ""
    )
    path = folder(tables)
    book = open_book(path)
    assert book.invoices[["invoice_id", "client_id", "amount"]].to_numpy().tolist() == [
        ["1", "K1", 100.0],
        ["3", "K1", 300.5],
    ]
    lazy = remote_tables(path)["invoices"]
    assert lazy.amount.sum().to_pyarrow().as_py() == 400.5
    close(lazy.get_backend())


def test_a_source_of_a_query_may_stand_in_a_database(folder):
    query = """
    [sources.lines]
    database = "agency"
    table = "hoa_don"
    [tables.clients]
    sql = "select ma_kh as client_id, ma_kh as name, min(ngay_lap) as since from lines group by all"
    """
    book = open_book(folder(query))
    assert book.clients.since.tolist() == [pd.Timestamp("2026-01-05"), pd.Timestamp("2025-12-01")]


def test_a_row_that_is_wrong_is_told_with_its_place(folder):
    with pytest.raises(BookError, match=r"agency: hoa_don row 2, column invoice_id \('ma_kh'\): found 'K1' again"):
        open_book(
            folder(
                TABLES.replace('invoice_id = "so_hd"', 'invoice_id = "ma_kh"').replace("trang_thai <> 'huy'", "true")
            )
        )


def test_what_changes_in_a_database_is_never_taken_for_unchanged(folder):
    assert of_book(folder()) is None


def test_a_query_cannot_change_anything(folder, server):
    """A function of the database may do what no SELECT says: the session itself is read-only."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            "create or replace function crm.grow() returns int language sql as "
            "$$ insert into hoa_don values (9,'K1','2026-03-01',1,'moi') returning 1 $$"
        )
    tables = TABLES.replace("from khao_sat", "from khao_sat where crm.grow() = 1")
    with pytest.raises(BookError, match=r"agency: a query: found .*read-only transaction"):
        open_book(folder(tables))
    with psycopg.connect(server) as connection:
        assert connection.execute("select count(*) from hoa_don").fetchone() == (4,)


def test_a_secret_comes_from_the_environment_and_is_never_repeated(folder, monkeypatch):
    url = "postgresql://amlib:${AGENCY_PASSWORD}@127.0.0.1:1/agency?connect_timeout=2"
    path = folder(url=url)
    monkeypatch.delenv("AGENCY_PASSWORD", raising=False)
    with pytest.raises(BookError, match=r"agency: crm\.khach_hang: found no environment variable AGENCY_PASSWORD"):
        open_book(path)
    monkeypatch.setenv("AGENCY_PASSWORD", SECRET)
    with pytest.raises(BookError) as refused:
        open_book(path)
    said = str(refused.value) + "".join(map(str, refused.value.problems))
    assert "agency: crm.khach_hang: found " in said
    assert SECRET not in said
    assert "%40" not in said


def test_a_table_that_is_not_there_is_named(folder):
    with pytest.raises(BookError, match=r"agency: crm\.khach: found .*khach"):
        open_book(folder(TABLES.replace("crm.khach_hang", "crm.khach")))
    with pytest.raises(BookError, match="no column 'ma' for client_id, expected one of its columns: ma_kh, ten"):
        remote_tables(folder(TABLES.replace('client_id = "ma_kh", name', 'client_id = "ma", name')))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('database = "agenci"\ntable = "x"', "clients.database: found 'agenci', expected one of [databases] (agency)"),
        ('database = "agency"', "key tables.clients: found neither table nor query, expected one of them"),
        ('database = "agency"\ntable = "x"\nquery = "select 1"', "key tables.clients: found both table and query"),
        ('table = "x"', "key tables.clients: found table without database"),
        ('database = "agency"\ntable = "x"\nfile = "y.csv"', "key tables.clients: found database with file"),
        ('database = "agency"\nquery = "drop table x"', "clients.query: found a statement that is no query (DROP)"),
        ('database = "agency"\ntable = "x"\nwhere = "1=1; delete from x"', "clients.where: found 2 statements"),
    ],
)  # fmt: skip
def test_what_book_toml_says_wrongly_is_told(tmp_path, given, expected):
    toml = TOML.replace("{url}", "postgresql://h/db") + f"[tables.clients]\n{given}\n"
    (tmp_path / "book.toml").write_text(toml, "utf-8")
    with pytest.raises(BookError) as refused:
        open_book(tmp_path)
    assert expected in str(refused.value)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("postgresql://reader:hunter2@host/db", "a password"),
        ("snowflake://reader@account/db?token=abc", "a password"),
        ("mssql://host/db?odbc_connect=DRIVER%3Dx%3BUID%3Da%3BPWD%3Dhunter2", "a password"),
        ("mssql://host/db?driver=x;PWD=hunter2", "a password"),
        ("postgresql://reader@host/db#password=hunter2", "a password"),
        ("postgresql://reader:hunter${P}@host/db", "a password"),
        ("duckdb:///etc/x.db", "an address that begins with 'duckdb'"),
        ("file.csv", "an address that begins with ''"),
    ],
)
def test_an_address_that_book_toml_may_not_hold(url, found):
    wrong = wrong_in_url(url)
    assert wrong[0] == found
    assert "hunter2" not in "".join(wrong)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://reader:${P}@host/db",
        "mysql://host/db",
        "bigquery://project/data",
        "mssql://host/db?odbc_connect=DRIVER%3Dx%3BPWD%3D${P}",
    ],
)
def test_an_address_that_it_may(url):
    assert wrong_in_url(url) is None


@pytest.mark.parametrize("secret", ["two  spaces", "mật khẩu/với@dấu", "line\nend"])
def test_what_a_driver_says_is_told_without_the_secret_in_any_form(monkeypatch, secret):
    monkeypatch.setenv("AGENCY_PASSWORD", secret)
    relation = Relation("agency", "postgresql://amlib:${AGENCY_PASSWORD}@host/db", "x")
    quoted = quote(secret, safe="")
    with pytest.raises(NotRead) as refused, telling(relation):
        raise RuntimeError(f"no login with {secret} or {quoted}:\n  postgresql://amlib:{quoted}@host/db")
    assert refused.value.found == "no login with … or …: …"
    assert refused.value.__suppress_context__

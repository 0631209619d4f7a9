"""SQL for a database is one query over its tables, which changes nothing and reaches no further."""

from __future__ import annotations

import pytest

from amlib.book.statements import wrong_in_query


@pytest.mark.parametrize(
    "query",
    [
        "delete from x",
        "with gone as (delete from x returning *) select * from gone",
        "select * into y from x",
        "select 1; select 2",
        "copy x to '/tmp/x'",
        "select from where",
        "select 'never closed",
        "/* never closed",
        'select * from "x',
        "",
    ],
)
def test_sql_that_is_no_single_query_is_refused(query):
    assert wrong_in_query(query, "postgres")[1] == "one SELECT, which changes nothing"


@pytest.mark.parametrize("query", ["select 1", "with a as (select 1) select * from a", "select 1 union all select 2"])
def test_sql_that_only_reads_is_taken(query):
    assert wrong_in_query(query, "postgres") is None


@pytest.mark.parametrize(
    ("query", "dialect", "named"),
    [
        ("select pg_read_file('/etc/passwd')", "postgres", "pg_read_file"),
        ("select pg_catalog.PG_READ_BINARY_FILE('/etc/passwd')", "postgres", "PG_READ_BINARY_FILE"),
        ("""select "pg_read_file"('/etc/passwd')""", "postgres", "pg_read_file"),
        ("select * from x, lateral pg_stat_file('/etc/passwd') f", "postgres", "pg_stat_file"),
        ("select * from pg_ls_dir('/')", "postgres", "pg_ls_dir"),
        ("select * from pg_ls_logdir()", "postgres", "pg_ls_logdir"),
        ("select lo_import('/etc/passwd')", "postgres", "lo_import"),
        ("select lo_export(1, '/tmp/x')", "postgres", "lo_export"),
        ("select * from dblink('host=h', 'select 1') as t(a int)", "postgres", "dblink"),
        ("select dblink_exec('host=h', 'drop table x')", "postgres", "dblink_exec"),
        ("select set_config('default_transaction_read_only', 'off', false)", "postgres", "set_config"),
        ("select query_to_xml('select pg_read_file(1)', true, true, '')", "postgres", "query_to_xml"),
        ("select 1 from x where (select pg_read_file('/etc/passwd')) like 'r%'", "postgres", "pg_read_file"),
        ("with f as (select pg_read_file('/x') as a) select a from f", "postgres", "pg_read_file"),
        ("select load_file('/etc/passwd')", "mysql", "LOAD_FILE"),
        ("select * from openrowset('SQLNCLI', 'Server=h', 'select 1')", "tsql", "openrowset"),
        ("select * from file('x.csv')", "clickhouse", "file"),
        ("select * from url('http://h/x.csv')", "clickhouse", "url"),
    ],
)
def test_a_function_that_reaches_files_settings_or_servers_is_refused_by_name(query, dialect, named):
    found, expected = wrong_in_query(query, dialect)
    assert found.casefold() == f"the function {named}, which reaches beyond the tables of the database".casefold()
    assert expected == "a query over its tables alone"


def test_a_file_that_spark_takes_for_a_table_is_refused():
    found, _ = wrong_in_query("select * from csv.`/etc/passwd`", "spark")
    assert found == "the file '/etc/passwd', which reaches beyond the tables of the database"


@pytest.mark.parametrize(
    ("query", "dialect"),
    [
        ("select url, file from x where lower(url) like 'http%'", "clickhouse"),
        ("select pg_typeof(a), count(*) from x group by 1", "postgres"),
        ("select 'pg_read_file' as name from csv", "postgres"),
        ("select a from csv.x", "postgres"),
        ("select date_trunc('month', ngay_lap), sum(thanh_tien) from hoa_don group by 1", "postgres"),
    ],
)
def test_what_only_looks_like_it_is_taken(query, dialect):
    assert wrong_in_query(query, dialect) is None

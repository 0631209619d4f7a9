"""SQL that book.toml sends to a database: one query over its tables, which changes nothing and reaches no further."""

from __future__ import annotations

import re

import sqlglot
from sqlglot import expressions as sql

_READS_ALONE = (sql.Select, sql.SetOperation)
_WRITES = (sql.DDL, sql.DML, sql.Into, sql.Command, sql.Drop, sql.Alter, sql.Set, sql.Copy)

# A SELECT may call them all, and a session that is read-only does not mind: files of the server, other servers, its
# settings, and SQL in a text, which may call any of them again.
_REACHES = re.compile(
    r"pg_(read|ls|stat)_(server_)?(binary_)?(file|dir|logdir|waldir|tmpdir|archive_statusdir)(_old)?|pg_file_\w+"
    r"|pg_current_logfile|lo_(import|export|from_bytea|put|create|creat|unlink|get|open)|loread|lowrite"
    r"|dblink\w*|set_config|pg_(terminate|cancel)_backend|pg_reload_conf"
    r"|(query|cursor)_to_xml\w*|ts_stat|xpath_table|crosstab\w*|connectby"
    r"|load_file|load_extension|sys_(exec|eval)|xp_\w+|sp_\w+"
    r"|openrowset|openquery|opendatasource|external_query"
    r"|read_files|utl_(file|http|tcp)|httpuritype|bfilename|java_method|reflect",
    re.IGNORECASE,
)
# What ClickHouse calls by everyday words, which are columns and functions elsewhere.
_TABLES_ELSEWHERE = re.compile(
    r"(file|url|s3|gcs|hdfs|azureBlobStorage|remote|remoteSecure|executable|jdbc|odbc|mysql|postgresql|mongodb|redis|sqlite)"
    r"(Cluster)?",
    re.IGNORECASE,
)
# Spark reads the file /x as the table csv.`/x`.
_FILES = ("avro", "binaryfile", "csv", "delta", "json", "orc", "parquet", "text")


def wrong_in_query(query: str, dialect: str) -> tuple[str, str] | None:
    """What is found and was expected where SQL is anything but one query that only reads tables of its database."""
    expected = "one SELECT, which changes nothing"
    try:
        statements = [one for one in sqlglot.parse(query, read=dialect) if one is not None]
    except sqlglot.errors.SqlglotError as error:
        return " ".join(re.sub(r"\x1b\[\d*m", "", str(error)).split()), expected
    if len(statements) != 1:
        return f"{len(statements)} statements", expected
    writes = next(statements[0].find_all(*_WRITES), None)
    if writes is not None or not isinstance(statements[0], _READS_ALONE):
        return f"a statement that is no query ({(writes or statements[0]).key.upper()})", expected
    if reaches := _reaching(statements[0], dialect):
        return f"{reaches}, which reaches beyond the tables of the database", "a query over its tables alone"
    return None


def _reaching(query: sql.Expression, dialect: str) -> str:
    """The first thing in a query that reaches files, settings or other servers; empty where there is none."""
    for one in query.find_all(sql.Func):
        name = one.name if isinstance(one, sql.Anonymous) else one.sql_name()
        elsewhere = dialect == "clickhouse" and isinstance(one.parent, sql.Table) and _TABLES_ELSEWHERE.fullmatch(name)
        if elsewhere or _REACHES.fullmatch(name):
            return f"the function {name}"
    if dialect == "spark" or dialect == "databricks":
        files = (table for table in query.find_all(sql.Table) if table.db.lower() in _FILES)
        return next((f"the file {table.name!r}" for table in files), "")
    return ""

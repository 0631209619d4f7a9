"""Tables that stand in a database or warehouse: read with only what is needed of them, or asked where they are.

A database has a name and an address in book.toml, whose secrets are `${NAME}`: an environment variable. Nothing that is
said of it, in an error or elsewhere, has the address.
"""

from __future__ import annotations

import os
import re
import weakref
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

import pyarrow as pa
import sqlglot
from sqlglot import expressions as sql

from amlib import schema
from amlib.book import aliases
from amlib.book.problem import near

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend

SERVERS = {
    "athena": "athena",
    "bigquery": "bigquery",
    "clickhouse": "clickhouse",
    "databricks": "databricks",
    "mssql": "tsql",
    "mysql": "mysql",
    "oracle": "oracle",
    "postgres": "postgres",
    "postgresql": "postgres",
    "pyspark": "spark",
    "redshift": "redshift",
    "snowflake": "snowflake",
    "trino": "trino",
}
"""The beginning of an address -> the SQL that is spoken there."""

TYPES: Mapping[schema.Kind, str] = {
    "text": "string",
    "date": "date",
    "instant": "timestamp",
    "month": "date",
    "number": "float64",
    "integer": "int64",
    "flag": "boolean",
}
"""The types in which KPIs take the columns of a table that stays where it is."""

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_SECRET = re.compile(r"pass|pwd|token|secret|key|jwt", re.IGNORECASE)
_READ_ONLY = {
    "postgres": "SET default_transaction_read_only = on",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
}


class NotRead(Exception):
    """Why a table of a database gives no rows: what was found and what was expected, without any secret."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(found)
        self.found, self.expected = found, expected


@dataclass(frozen=True)
class Relation:
    """Rows of a database: a table or a query in its own SQL, and a condition on them, which the database looks at."""

    database: str
    url: str
    table: str = ""
    query: str = ""
    where: str = ""

    @property
    def place(self) -> str:
        """Where its rows stand, as problems name it."""
        return f"{self.database}: {self.table or 'a query'}"

    @property
    def dialect(self) -> str:
        return SERVERS[urlsplit(self.url).scheme]


def wrong_in_url(url: str) -> tuple[str, str] | None:
    """What is found and was expected where an address is none that book.toml may hold; the address is not repeated."""
    parts = urlsplit(url)
    if parts.scheme not in SERVERS:
        hint = near(parts.scheme, SERVERS)
        return f"an address that begins with {parts.scheme!r}", f"that of a server: {', '.join(SERVERS)}{hint}"
    # ODBC has settings within a setting: odbc_connect=DRIVER%3D…%3BPWD%3D…
    settings = re.split("[&;]", unquote(f"{parts.query}&{parts.fragment}"))
    pairs = [setting.rpartition("=") for setting in settings]
    given = [parts.password or "", *(value for name, _, value in pairs if _SECRET.search(name))]
    if any(_VARIABLE.sub("", value) for value in given):
        return "a password", "${NAME} in its place, and the password in that environment variable"
    return None


def rows(relation: Relation, table: schema.Table | None = None, columns: Mapping[str, str] = {}) -> pa.Table:
    """The rows of a relation as an Arrow table, with the columns and in the order of `table`, where it is one's.

    `columns` maps our name to theirs, as for a file. Where a column lacks that must be there all are read, for whoever
    looks for it. Raises `NotRead`.
    """
    with telling(relation):
        server = _connected(relation)
        try:
            found = _expression(server, relation)
            if begin := _READ_ONLY.get(relation.dialect):
                server.raw_sql(begin).close()
            if table:
                there = _there(found, table, columns)
                if order := [there[name] for name in table.key if name in there]:
                    found = found.order_by(order)
                if {*table.required} <= {*there}:
                    found = found.select(list(dict.fromkeys(there.values())))
            return found.to_pyarrow()
        finally:
            close(server)


def _there(found: ir.Table, table: schema.Table, columns: Mapping[str, str]) -> dict[str, str]:
    """Our column -> theirs, of those that a relation has."""
    matched = aliases.match(table, found.columns, columns).columns
    return {ours: theirs for ours, theirs in matched.items() if theirs in found.columns}


def remote(
    relation: Relation,
    table: schema.Table,
    columns: Mapping[str, str],
    servers: MutableMapping[str, BaseBackend],
    time_zone: str,
) -> ir.Table:
    """A relation as a lazy Ibis table with the columns of `table` in the types that KPIs take, computed where it is.

    `columns` maps our name to theirs. Optional columns that it does not have are null, or their default. `servers` has
    the connections by address and takes another one in: tables of one can be asked together. A PostgreSQL says instants
    as clocks in `time_zone` show them. Raises `NotRead`.
    """
    found = lazy(relation, servers, time_zone)
    with telling(relation):
        return _ours(found, table, columns)


def lazy(relation: Relation, servers: MutableMapping[str, BaseBackend], time_zone: str) -> ir.Table:
    """A relation as a lazy Ibis table; `servers` and `time_zone` as in `remote`. Raises `NotRead`."""
    with telling(relation):
        if relation.url not in servers:
            server = servers[relation.url] = _connected(relation)
            # Whoever has a table of it has the connection, and nobody else knows when it can end.
            if callable(end := getattr(getattr(server, "con", None), "close", None)):
                weakref.finalize(server, end)
            if relation.dialect == "postgres":
                server.raw_sql(f"SET TimeZone = {sql.Literal.string(time_zone).sql('postgres')}").close()
        return _expression(servers[relation.url], relation)


_TABLE = """
select relkind in ('r', 'p', 'm', 'f') and not pg_is_in_recovery()
and has_database_privilege(current_database(), 'TEMP') from pg_class where oid = to_regclass({table})
"""
_UNIQUE = """
select count(*) > 0 from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
where i.indrelid = to_regclass({table}) and i.indisunique and i.indisvalid and i.indpred is null
and i.indnkeyatts = 1 and a.attname = {column}
"""


def may_be_asked(relation: Relation) -> bool:
    """Whether more may be asked of a relation than its rows: a table of a PostgreSQL, whose condition calls nothing.

    A function of the database's own may do what no SELECT says, so that it is called only in a session that only reads.
    KPIs cannot be computed there: they need tables of their own, if only for as long as they are asked.
    """
    if relation.dialect != "postgres" or not relation.table:
        return False
    condition = sqlglot.parse_one(f"select 1 where {relation.where or 'true'}", read=relation.dialect)
    return next(condition.find_all(sql.Anonymous), None) is None


def can_be_asked(server: BaseBackend, relation: Relation) -> bool:
    """Whether a PostgreSQL has a table there, no view, which may call functions, and lets us make tables of our own."""
    return _said(server, _TABLE, table=relation.table)


def held_unique(server: BaseBackend, relation: Relation, column: str) -> bool:
    """Whether a PostgreSQL itself sees to it that no value of a column is there twice."""
    return _said(server, _UNIQUE, table=relation.table, column=column)


def in_utf8(server: BaseBackend) -> bool:
    """Whether a PostgreSQL keeps texts in UTF-8, where a letter beyond ASCII takes several bytes; of others false."""
    return server.name == "postgres" and server.con.info.parameter_status("server_encoding") == "UTF8"


def octets(text: ir.StringValue) -> ir.IntegerValue:
    """How many bytes a text takes in a PostgreSQL."""
    import ibis

    @ibis.udf.scalar.builtin(name="octet_length", signature=(("string",), "int32"))
    def octet_length(text): ...

    return octet_length(text)


def _said(server: BaseBackend, question: str, **names: str) -> bool:
    quoted = {name: sql.Literal.string(text).sql("postgres") for name, text in names.items()}
    with server.raw_sql(question.format(**quoted)) as found:
        row = found.fetchone()
    return bool(row and row[0])


def _ours(found: ir.Table, table: schema.Table, columns: Mapping[str, str]) -> ir.Table:
    import ibis

    there = _there(found, table, columns)
    if missing := next((name for name in table.required if name not in there), None):
        header = columns.get(missing, missing)
        expected = f"one of its columns: {', '.join(found.columns)}{near(header, found.columns)}"
        raise NotRead(f"no column {header!r} for {missing}", expected)
    cells = {}
    for name, column in table.columns.items():
        cell = found[there[name]] if name in there else ibis.null()
        cells[name] = cell.cast(TYPES[column.kind])
        if column.default is not None:
            cells[name] = cells[name].fill_null(column.default)
    return found.select(**cells)


def _connected(relation: Relation) -> BaseBackend:
    import ibis

    return ibis.connect(_filled(relation.url))


def close(server: BaseBackend) -> None:
    """End a connection: Ibis leaves that to whoever collects it."""
    server.disconnect()
    if callable(end := getattr(getattr(server, "con", None), "close", None)):
        end()


def _expression(server: BaseBackend, relation: Relation) -> ir.Table:
    import ibis

    if relation.table:
        *place, name = relation.table.split(".")
        found = server.table(name, database=tuple(place) if len(place) > 1 else (place or [None])[0])
        inner, known = sqlglot.parse_one(str(ibis.to_sql(found)), read=relation.dialect), found.schema()
    else:
        inner, known = sqlglot.parse_one(relation.query, read=relation.dialect), None
        if not relation.where:
            return server.sql(relation.query)
    if not relation.where:
        return found
    text = sqlglot.select("*").from_(inner.subquery("whole")).where(relation.where, dialect=relation.dialect)
    return server.sql(text.sql(relation.dialect), schema=known)


def _filled(url: str) -> str:
    def value(name: re.Match[str]) -> str:
        if name[1] not in os.environ:
            raise NotRead(f"no environment variable {name[1]}", f"one that holds what stands for ${{{name[1]}}}")
        return quote(os.environ[name[1]], safe="")

    return _VARIABLE.sub(value, url)


@contextmanager
def telling(relation: Relation) -> Iterator[None]:
    """Whatever a driver raises, in one line and without what the environment holds or the address says."""
    try:
        yield
    except NotRead:
        raise
    except ImportError as error:
        raise NotRead(f"no driver on this machine ({error})", _DRIVER.format(urlsplit(relation.url).scheme)) from None
    except Exception as error:
        raise NotRead(_without_secrets(error, relation.url), "a table that can be read there") from None


_DRIVER = "the one that Ibis uses: pip install 'ibis-framework[{}]'"


def _without_secrets(error: Exception, url: str) -> str:
    reason = str(error)
    hidden = [os.environ.get(name, "") for name in _VARIABLE.findall(url)]
    for secret in sorted({*hidden, *(quote(one, safe="") for one in hidden), url, _known(url)}, key=len, reverse=True):
        reason = reason.replace(secret, "…") if secret else reason
    # Only now: a secret may have spaces too.
    reason = " ".join(reason.split()) or type(error).__name__
    return reason if len(reason) <= 300 else reason[:299] + "…"


def _known(url: str) -> str:
    try:
        return _filled(url)
    except NotRead:
        return ""

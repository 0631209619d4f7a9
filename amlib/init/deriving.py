"""The SQL that makes a table of ours out of rows that are not one yet: lines, logs of events, no table of clients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from amlib.book.aliases import plain
from amlib.init.forms import quoted, text
from amlib.init.recognising import Recognised, currency_said

STATES = ("incident_state", "State", "Status", "Ticket status", "Trạng thái", "Tình trạng", "Stage")
RESOLVED = (
    "resolved_at",
    "Resolved",
    "Resolution date",
    "Solved at",
    "Close date",
    "closed_at",
    "Ngày giải quyết",
    "Ngày xử lý xong",
)
SIDES = ("Direction", "Sender type", "Author type", "From type", "Chiều", "Loại người gửi", "Bên gửi", "Hướng")
OURS = ("outbound", "outgoing", "out", "agent", "staff", "admin", "employee", "operator", "nhân viên", "gửi đi", "đi")


@dataclass(frozen=True)
class Made:
    """A query for a table, and what was taken for granted in it."""

    sql: str
    told: tuple[str, ...] = ()


def expression(found: Recognised, column: str) -> str:
    """The SQL of a column of ours over the rows as they were read."""
    choice = found.choices[column]
    return choice.sql or found.forms[choice.header].sql(choice.header, found.table.columns[column])


def needs_sql(found: Recognised) -> bool:
    """Whether a name for each column is not enough."""
    return any(
        choice.sql or expression(found, ours) != quoted(choice.header) for ours, choice in found.choices.items()
    ) or any(key not in found.choices for key in found.table.key)


def repeats(found: Recognised) -> bool:
    """Whether the rows are less than what the table counts: lines of an invoice, events of a ticket."""
    (key, *more) = found.table.key
    header = found.header(key)
    if more or not header:
        return False
    ids = found.sheet.rows.drop(columns=["_file", "_sheet", "_row"]).drop_duplicates()[header].dropna()
    return len(ids) > 1.02 * ids.nunique()


def not_summable(found: Recognised) -> list[str]:
    """The headers of money on lines of invoices that SQL cannot add up as it is written, or in two currencies."""
    lines = found.table.name == "invoices" and repeats(found)
    headers = [header for ours in found.table.money if lines and (header := found.header(ours))]
    if len({found.forms[header].unit for header in headers} - {""}) > 1:
        return headers
    return [header for header in headers if not found.forms[header].summable]


def plain_rows(found: Recognised, source: str) -> Made:
    """One row of the table per row of the source."""
    rows = [(expression(found, ours), ours) for ours in found.table.columns if ours in found.choices]
    told = []
    if (key := found.table.key[0]) not in found.choices:
        alone = len(found.sheet.files) == 1 and len(found.sheet.sheets) < 2
        rows.insert(0, ("_row" if alone else "concat_ws(' ', _file, _sheet, _row)", key))
        told.append(f"{key}: no column is one, so it is the row of the file")
    return Made(_select(rows, source), tuple(told))


def lines(found: Recognised, source: str) -> Made:
    """Rows of the same id added up: one row per id, client and day."""
    rows = []
    if "currency" not in found.choices and (header := found.header("amount")):
        for ours, choice in currency_said(header, found.forms[header]).items():
            found = found.with_choice(ours, choice)
    for ours, column in found.table.columns.items():
        if ours not in found.choices:
            continue
        sql = expression(found, ours)
        if ours in found.table.money:
            choice = found.choices[ours]
            number = choice.sql or found.forms[choice.header].number(choice.header)
            rows.append((f"round(sum({number}), 2)", ours))
        elif not column.optional:
            rows.append((sql, ours))
        else:
            rows.append((f"min({sql})", ours))
    return Made(_select(rows, source, "group by all"), ("rows of the same id are its lines: their money is added up",))


def events(found: Recognised, source: str) -> Made | None:
    """A log of what happened to each message; None where nothing says when it happened."""
    at = _event_time(found)
    if not at or "received_at" not in found.choices:
        return None
    if side := _named(found, SIDES):
        return _conversation(found, source, side)
    when = found.forms[at].instant(at)
    received = found.header("received_at")
    rows = [(expression(found, "message_id"), "message_id")]
    for ours in ("client_id", "am_id", "channel"):
        if ours in found.choices:
            rows.append((f"{'arg_max' if ours == 'am_id' else 'arg_min'}({expression(found, ours)}, {when})", ours))
    rows.append((f"min({found.forms[received].instant(received)})", "received_at"))
    told = ["rows of the same id are what happened to it: it came with the first"]
    more = []
    if "replied_at" in found.choices:
        header = found.header("replied_at")
        rows.append((f"min({found.forms[header].instant(header)})", "replied_at"))
    elif state := _named(found, STATES):
        first = _first_state(found, at, state)
        # What somebody entered before the message came cannot answer it.
        later = f"{quoted(state)} <> {text(first)} and {when} >= {found.forms[received].instant(received)}"
        rows.append((f"min({when}) filter ({later})", "replied_at"))
        told.append(
            f"am init could not tell when it was answered: taken is the first row in which {state} is not {first!r}"
        )
        if resolved := _named(found, RESOLVED):
            ended = found.forms[resolved].instant(resolved)
            told.append("for the time until it was solved, take this line for replied_at:")
            told.append(f"    max({ended}) as replied_at")
    else:
        told.append("am init could not tell when it was answered: no column says so")
    return Made(_select(rows, source, f"group by {expression(found, 'message_id')}", more), tuple(told))


def _conversation(found: Recognised, source: str, side: str) -> Made:
    received = found.header("received_at")
    at, conversation = found.forms[received].instant(received), quoted(found.header("message_id"))
    values = found.sheet.rows[side].dropna().astype("str").unique()
    ours = sorted(value for value in values if plain(value) in set(map(plain, OURS)))
    mine = f"{quoted(side)} in ({', '.join(map(text, ours))})" if ours else "false"
    more = [f"         {expression(found, n)} as {n}" for n in ("client_id", "am_id", "channel") if n in found.choices]
    names = [n for n in ("client_id", "am_id", "channel") if n in found.choices]
    within = f"over (partition by {conversation} order by {at}, _row"
    sql = (
        "with turns as (\n"
        f"  select {conversation} as conversation, _row,\n"
        + "".join(line + ",\n" for line in more)
        + f"         {at} as received_at,\n"
        f"         {mine} as ours,\n"
        f"         lag({mine}) {within}) as ours_before,\n"
        f"         min({at}) filter ({mine}) {within} rows between 1 following and unbounded following) as replied_at\n"
        f"  from {source}\n"
        ")\n"
        f"select conversation || '-' || row_number() over (partition by conversation order by received_at, _row)"
        " as message_id,\n" + "".join(f"       {name},\n" for name in names) + "       received_at, replied_at\n"
        "from turns\n"
        "where not ours and ours_before is distinct from false"
    )
    told = [
        f"a message is a client's turn in a conversation; {', '.join(ours) or 'nothing'} in {side!r} is the agency's"
    ]
    return Made(sql, tuple(told))


def clients(tables: Iterable[tuple[Recognised, str]]) -> Made:
    """The clients that other tables name, each since the first day it is there."""
    parts = []
    for found, source in tables:
        id_ = f"{expression(found, 'client_id')}::varchar"
        parts.append(f"  select {id_} as client_id, {_name(found) or id_} as name, {_day(found)} as day from {source}")
    sql = (
        "select client_id, arg_max(name, day) as name, min(day) as since\nfrom (\n"
        + "\n  union all\n".join(parts)
        + "\n)\nwhere client_id is not null\ngroup by client_id"
    )
    return Made(
        sql, ("no file lists the clients: they are those that the other tables name, since their first day there",)
    )


def clients_since(found: Recognised, source: str, tables: Iterable[tuple[Recognised, str]]) -> Made:
    """A list of clients without their first day, which is then that of the other tables."""
    rows = [(f"c.{expression(found, ours)}", ours) for ours in found.table.columns if ours in found.choices]
    parts = [
        f"  select {expression(other, 'client_id')}::varchar as client, {_day(other)} as day from {name}"
        for other, name in tables
    ]
    days = "\n  union all\n".join(parts)
    called = ", ".join(
        f"c.{expression(found, ours)}::varchar" for ours in ("client_id", "name") if ours in found.choices
    )
    since = f"(select min(day) from (\n{days}\n) d where d.client in ({called}))"
    sql = _select([*rows, (since, "since")], f"{source} c")
    return Made(sql, ("since: the list does not say it, so it is the first day in the other tables",))


def with_code(made: Made, key: str, listed: Recognised, source: str) -> Made:
    """The query with the code of a list in place of its name; a name that the list does not have stays."""
    code, name = expression(listed, key), expression(listed, "name")
    inner = "\n".join(f"  {line}" for line in made.sql.splitlines())
    sql = (
        f"select t.* replace (coalesce(k.code, t.{key}) as {key})\nfrom (\n{inner}\n) t left join (\n"
        f"  select lower(trim({name})) as name, min({code}::varchar) as code from {source} group by 1\n"
        f") k on k.name = lower(trim(t.{key}))"
    )
    return Made(sql, (*made.told, f"{key}: the file has names, whose codes are looked up in {listed.sheet.title}"))


def has_day(found: Recognised) -> bool:
    """Whether a table says when a client was first there."""
    return "client_id" in found.choices and bool(_day_column(found))


def _day_column(found: Recognised) -> str:
    known = (found.table.known_on, *found.table.required)
    dated = (n for n in known if n in found.choices and found.table.columns[n].kind in ("date", "instant"))
    return next(dated, "")


def _day(found: Recognised) -> str:
    choice = found.choices[_day_column(found)]
    return f"({choice.sql})::date" if choice.sql else found.forms[choice.header].day(choice.header)


NAMES = (
    "Tên KH",
    "Tên khách hàng",
    "Tên khách",
    "Khách hàng",
    "Customer name",
    "Client name",
    "Customer",
    "Client",
    "Company",
    "Company name",
    "Account name",
    "Tên người mua",
    "Tên công ty",
)


def _name(found: Recognised) -> str:
    header = _named(found, NAMES)
    return quoted(header) if header and header != found.header("client_id") else ""


def _named(found: Recognised, names: Iterable[str]) -> str:
    """The header of one of these names, in their order."""
    by_letters = {plain(header): header for header in reversed(found.sheet.headers)}
    return next((by_letters[plain(name)] for name in names if plain(name) in by_letters), "")


def _event_time(found: Recognised) -> str:
    """The instant that differs most between the rows of one id."""
    key = found.header("message_id")
    rows = found.sheet.rows
    moving = {}
    for header, form in found.forms.items():
        if form.kind == "instant" and key:
            moving[header] = int(rows.groupby(key)[header].nunique().sum())
    return max(moving, key=moving.__getitem__, default="") if moving else ""


def _first_state(found: Recognised, at: str, state: str) -> str:
    rows = found.sheet.rows
    form = found.forms[at]
    when = pd.to_datetime(rows[at], format=form.how or "ISO8601", errors="coerce") if form.is_text else rows[at]
    first = rows.assign(_at=when).sort_values("_at", kind="stable").drop_duplicates(found.header("message_id"))
    return str(first[state].mode().iloc[0])


def _select(rows: list[tuple[str, str]], source: str, end: str = "", more: Iterable[str] = ()) -> str:
    width = max(len(sql) for sql, _ in rows)
    width = width if width <= 70 else 0
    body = ",\n       ".join(f"{sql:<{width}} as {ours}" for sql, ours in rows)
    return "\n".join([f"select {body}", f"from {source}", *([end] if end else []), *more])

"""The contract of a client book: its tables, their columns, types, units, keys and links.

Everything that must know what a table looks like reads it here: `book` when it reads and checks,
`sample` when it writes, the data dictionary when it explains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import pandas as pd

if TYPE_CHECKING:
    import pandera.pandas as pa

Kind = Literal["text", "date", "instant", "month", "number", "integer", "flag"]

DTYPES: Mapping[Kind, str] = {
    "text": "str",
    "date": "datetime64[us]",
    "instant": "datetime64[us]",  # takes the book's time zone once the book is known
    "month": "period[M]",
    "number": "float64",
    "integer": "Int64",
    "flag": "boolean",
}

# A date outside these is a typing error (2206 for 2026), and no calendar reaches it.
FIRST_DAY, LAST_DAY = pd.Timestamp("1970-01-01"), pd.Timestamp("2100-12-31")


@dataclass(frozen=True)
class Column:
    """One column: what it holds, in which unit, and which values are right.

    `optional` columns may be absent or empty (null); an empty cell takes `default` where there is one.
    `link` names the `table.column` whose values it must be among. `known_on` names the date column
    from which the value is known: before that day, `Book.as_of` shows it empty. What is `internal` no client
    may see: `Book.for_clients` shows it empty.
    """

    kind: Kind
    description: str
    unit: str = ""
    optional: bool = False
    default: float | bool | None = None
    values: tuple[str, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    link: str = ""
    known_on: str = ""
    internal: bool = False

    @property
    def expected(self) -> str:
        """What a right cell looks like, in words for an error message."""
        what = {
            "text": "text",
            "date": "a date such as 2026-10-31",
            "instant": "a date and time such as 2026-10-31 14:05",
            "month": "a month such as 2026-10",
            "number": "a number",
            "integer": "a whole number",
            "flag": "true or false",
        }[self.kind]
        if self.values:
            what = "one of " + ", ".join(self.values)
        if self.at_least is not None and self.at_most is not None:
            what += f" from {self.at_least:g} to {self.at_most:g}"
        elif self.at_least is not None:
            what += f" of at least {self.at_least:g}"
        elif self.at_most is not None:
            what += f" of at most {self.at_most:g}"
        return what


@dataclass(frozen=True)
class Table:
    """One table of a book.

    `key` is unique. `known_on` is the date column from which a row exists: `Book.as_of` leaves out
    rows of later days. `order` holds (earlier, later) pairs of columns. `money` columns are in the
    row's `currency` and are converted at the rate of the month of `money_on`; a table that has money
    but no currency of its own takes both from the row that `money_from` (a link column) points to. Nothing of
    an `internal` table may a client see: `Book.for_clients` is without it. A book without a table that is kept
    `by_hand` lacks nothing that a page would have to tell. No row of a `private` one is ever shown by itself, not even
    among those set aside: its rows are told in groups. What `happens` does so on the day `known_on`, month after month;
    people, plans and rates may stand in a book before their day.
    """

    name: str
    description: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    known_on: str = ""
    order: tuple[tuple[str, str], ...] = ()
    money: tuple[str, ...] = ()
    money_on: str = ""
    money_from: str = ""
    internal: bool = False
    by_hand: bool = False
    private: bool = False
    happens: bool = False

    @property
    def required(self) -> list[str]:
        """Names of the columns that must be there and filled."""
        return [name for name, column in self.columns.items() if not column.optional]

    @property
    def links(self) -> dict[str, str]:
        """Column name -> the `table.column` it points to."""
        return {name: column.link for name, column in self.columns.items() if column.link}

    def empty(self, time_zone: str) -> pd.DataFrame:
        """The table without rows, with its columns and dtypes; instants are in `time_zone`."""
        return pd.DataFrame({name: pd.Series(dtype=dtype(column, time_zone)) for name, column in self.columns.items()})

    @cached_property
    def contract(self) -> pa.DataFrameSchema:
        """The table as a pandera schema: ranges, allowed values, filled cells, unique key, order of dates.

        It checks values of frames that already have the right dtypes; links between tables need the
        other table and are checked by `book`.
        """
        import pandera.pandas as pa

        def checks(column: Column) -> list[pa.Check]:
            found = []
            if column.values:
                found.append(pa.Check.isin(column.values, error=column.expected))
            if column.at_least is not None:
                found.append(pa.Check.ge(column.at_least, error=column.expected))
            if column.at_most is not None:
                found.append(pa.Check.le(column.at_most, error=column.expected))
            return found

        def ordered(earlier: str, later: str) -> pa.Check:
            return pa.Check(
                lambda frame: ~(frame[later] < frame[earlier]).fillna(False),
                error=f"{later} not before {earlier}",
                name=f"{earlier}<={later}",
            )

        return pa.DataFrameSchema(
            {name: pa.Column(nullable=c.optional, checks=checks(c)) for name, c in self.columns.items()},
            checks=[ordered(earlier, later) for earlier, later in self.order],
            unique=list(self.key),
            name=self.name,
            description=self.description,
        )


def dtype(column: Column, time_zone: str) -> str:
    """The pandas dtype of `column` in a book of `time_zone`."""
    return f"datetime64[us, {time_zone}]" if column.kind == "instant" else DTYPES[column.kind]


LEVELS = ("executive", "senior_executive", "manager", "senior_manager", "director")
DEPARTMENTS = ("planner", "creative", "production", "media", "partner")
KINDS_OF_CONTRACT = ("retainer", "project")
BANDS = ("red", "amber", "green")


def _id(description: str) -> Column:
    return Column("text", description)


def _link(to: str, description: str, *, optional: bool = False, **more) -> Column:
    return Column("text", description, link=to, optional=optional, **more)


def _text(description: str, *, optional: bool = True, **more) -> Column:
    return Column("text", description, optional=optional, **more)


def _date(description: str, *, optional: bool = True, **more) -> Column:
    return Column("date", description, optional=optional, **more)


def _money(description: str, *, optional: bool = True, **more) -> Column:
    return Column("number", description, unit="currency", optional=optional, **more)


_CURRENCY = _text("ISO 4217 code; empty = the book's currency")

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        Table(
            "account_managers",
            "Who keeps the clients",
            ("am_id",),
            {
                "am_id": _id("account manager"),
                "name": _text("full name", optional=False),
                "level": _text("step of the career ladder", values=LEVELS, internal=True),
                "city": _text("where they work"),
                "hired_on": _date("first day at the agency"),
                "capacity_hours": Column(
                    "number", "hours they can work for clients", "hours per month", True, at_least=0, internal=True
                ),
            },
            known_on="hired_on",
        ),
        Table(
            "clients",
            "Whom the agency works for; the only table every book must have",
            ("client_id",),
            {
                "client_id": _id("client"),
                "name": _text("name as reports print it", optional=False),
                "industry": _text("the client's trade"),
                "segment": _text("the agency's own grouping, such as key, mid, small", internal=True),
                "am_id": _link("account_managers.am_id", "account manager who keeps the client", optional=True),
                "since": _date("first day as a client", optional=False),
                "until": _date("last day as a client; empty = still one", known_on="until"),
            },
            known_on="since",
            order=(("since", "until"),),
        ),
        Table(
            "contracts",
            "What clients signed: retainers with a monthly fee, projects with a value",
            ("contract_id",),
            {
                "contract_id": _id("contract"),
                "client_id": _link("clients.client_id", "client who signed"),
                "kind": _text("retainer or project", optional=False, values=KINDS_OF_CONTRACT),
                "signed_on": _date("day of signature", optional=False),
                "starts_on": _date("first day of the term", optional=False),
                "ends_on": _date("last day of the term; empty = open-ended"),
                "monthly_fee": _money("fee of a retainer per month", at_least=0),
                "value": _money("value of a project contract", at_least=0),
                "currency": _CURRENCY,
                "renews": _link("contracts.contract_id", "contract that this one renews", optional=True),
            },
            known_on="signed_on",
            happens=True,
            order=(("starts_on", "ends_on"),),
            money=("monthly_fee", "value"),
            money_on="signed_on",
        ),
        Table(
            "projects",
            "From brief to delivery",
            ("project_id",),
            {
                "project_id": _id("project"),
                "client_id": _link("clients.client_id", "client who gave the brief"),
                "contract_id": _link(
                    "contracts.contract_id", "contract it belongs to", optional=True, known_on="decided_on"
                ),
                "briefed_on": _date("day of the brief", optional=False),
                "proposed_on": _date("day the proposal was sent", known_on="proposed_on"),
                "decided_on": _date("day the client said yes or no", known_on="decided_on"),
                "won": Column("flag", "true won, false lost, empty still open", optional=True, known_on="decided_on"),
                "due_on": _date("day the delivery is due"),
                "delivered_on": _date("day of delivery; empty = not yet", known_on="delivered_on"),
                "fee": _money("price agreed, media money passed on included", at_least=0),
                "budget_cost": _money("cost allowed for", at_least=0, internal=True),
                "currency": _CURRENCY,
            },
            known_on="briefed_on",
            happens=True,
            order=(("briefed_on", "proposed_on"), ("briefed_on", "decided_on"), ("briefed_on", "delivered_on")),
            money=("fee", "budget_cost"),
            money_on="briefed_on",
        ),
        Table(
            "costs",
            "What projects cost the agency",
            ("cost_id",),
            {
                "cost_id": _id("cost"),
                "project_id": _link("projects.project_id", "project that bears it"),
                "spent_on": _date("day of the expense", optional=False),
                "department": _text("department that spent it", values=DEPARTMENTS),
                "amount": _money("money spent", optional=False),
                "currency": _CURRENCY,
                "planned": Column("flag", "was in the budget", optional=True),
                "billable": Column("flag", "the client pays it on top", optional=True),
                "approved_by": _text("who allowed it"),
            },
            internal=True,
            known_on="spent_on",
            happens=True,
            money=("amount",),
            money_on="spent_on",
        ),
        Table(
            "tasks",
            "Work handed to departments",
            ("task_id",),
            {
                "task_id": _id("task"),
                "project_id": _link("projects.project_id", "project it serves"),
                "department": _text("department that does it", optional=False, values=DEPARTMENTS),
                "handed_on": _date("day the department got it", optional=False),
                "due_on": _date("day it is due"),
                "done_on": _date("day it was done; empty = not yet", known_on="done_on"),
                "hours": Column("number", "hours worked", "hours", True, at_least=0, known_on="done_on"),
            },
            internal=True,
            known_on="handed_on",
            happens=True,
            order=(("handed_on", "done_on"),),
        ),
        Table(
            "invoices",
            "What was billed; a credit note has a negative amount",
            ("invoice_id",),
            {
                "invoice_id": _id("invoice"),
                "client_id": _link("clients.client_id", "client who owes it"),
                "project_id": _link("projects.project_id", "project billed", optional=True),
                "issued_on": _date("date of the invoice", optional=False),
                "due_on": _date("last day to pay"),
                "amount": _money("total billed, before VAT", optional=False),
                "pass_through": _money("part passed on to media; empty = 0", default=0.0),
                "currency": _CURRENCY,
            },
            known_on="issued_on",
            happens=True,
            order=(("issued_on", "due_on"),),
            money=("amount", "pass_through"),
            money_on="issued_on",
        ),
        Table(
            "payments",
            "Money received, in the currency of its invoice",
            ("payment_id",),
            {
                "payment_id": _id("payment"),
                "invoice_id": _link("invoices.invoice_id", "invoice paid"),
                "paid_on": _date("day the money came", optional=False),
                "amount": _money("money received", optional=False),
            },
            known_on="paid_on",
            happens=True,
            money=("amount",),
            money_from="invoice_id",
        ),
        Table(
            "statements",
            "The client's own ledger of what it owes, for reconciliation",
            ("client_id", "invoice_id", "as_of"),
            {
                "client_id": _link("clients.client_id", "client whose ledger it is"),
                # No link: an invoice that only the client knows is what reconciliation looks for.
                "invoice_id": _id("invoice as the client names it"),
                "amount": _money("amount open, in the currency of the invoice", optional=False),
                "as_of": _date("day of the statement", optional=False),
            },
            known_on="as_of",
            happens=True,
            money=("amount",),
            money_from="invoice_id",
        ),
        Table(
            "messages",
            "Clients' messages and the first human reply to each",
            ("message_id",),
            {
                "message_id": _id("message"),
                "client_id": _link("clients.client_id", "client who wrote"),
                "am_id": _link("account_managers.am_id", "account manager it was for", optional=True),
                "channel": _text("email, zalo, phone, …"),
                "received_at": Column("instant", "when it came"),
                "replied_at": Column(
                    "instant", "first human reply; empty = none", optional=True, known_on="replied_at"
                ),
                "closed_unanswered": Column(
                    "flag", "closed without a reply; empty = false", optional=True, default=False
                ),
                "complaint": Column(
                    "flag", "the client complains; empty = nobody looked", optional=True, internal=True
                ),
            },
            known_on="received_at",
            happens=True,
            order=(("received_at", "replied_at"),),
        ),
        Table(
            "surveys",
            "'How likely are you to recommend us?', asked and answered",
            ("survey_id",),
            {
                "survey_id": _id("survey"),
                "client_id": _link("clients.client_id", "client asked"),
                "sent_on": _date("day it was sent", optional=False),
                "answered_on": _date("day of the answer; empty = no answer", known_on="answered_on"),
                "score": Column(
                    "integer",
                    "0 not at all … 10 certainly",
                    "points",
                    True,
                    at_least=0,
                    at_most=10,
                    known_on="answered_on",
                ),
                "comment": _text("what the client added", known_on="answered_on"),
            },
            known_on="sent_on",
            happens=True,
            order=(("sent_on", "answered_on"),),
        ),
        Table(
            "targets",
            "What the agency wants its KPIs to be",
            ("kpi", "scope", "from_month"),
            {
                "kpi": _id("KPI id, such as nps"),
                "scope": _text("book, a level of account manager, or an am_id", optional=False),
                "target": Column("number", "value wanted, in the KPI's own unit"),
                "from_month": Column("month", "first month it holds"),
            },
            internal=True,
            known_on="from_month",
        ),
        Table(
            "fx",
            "Exchange rates by month",
            ("month", "currency"),
            {
                "month": Column("month", "month of the rate"),
                "currency": _text("ISO 4217 code", optional=False),
                "rate": Column("number", "one unit in the book's currency", "book currency", at_least=0),
            },
            known_on="month",
        ),
        Table(
            "salaries",
            "The agency's own pay records, without names",
            ("record_id",),
            {
                "record_id": _id("record"),
                "year": Column("integer", "year it was paid or published", at_least=1990, at_most=2100),
                "title": _text("title as written", optional=False),
                "level": _text("step of the career ladder", values=LEVELS),
                "city": _text("where"),
                "employer": _text("agency, top_agency, b2b, …"),
                "years_experience": Column("number", "years in the trade", "years", True, at_least=0, at_most=60),
                "low": _money("lowest of the range", at_least=0),
                "mid": _money("the figure, or the middle of the range; empty where `pay` says it", at_least=0),
                "high": _money("highest of the range", at_least=0),
                "pay": _text(
                    "pay as people write it, in place of low, mid and high: `15tr net`, `17 - 25 triệu`, `Thoả thuận`"
                ),
                "currency": _CURRENCY,
                "period": _text(
                    "what the money is for; empty where `pay` says it, of đồng and dollars a month",
                    values=("hour", "day", "week", "month", "year"),
                ),
                "gross": Column("flag", "true gross, false net, empty unstated", optional=True),
                "source": _text("where the figure comes from", optional=False),
            },
            internal=True,
            private=True,
            order=(("low", "high"),),
        ),
        Table(
            "health_overrides",
            "Bands of client health set by hand, where somebody knows what no measure sees; of a client one at a time",
            ("client_id", "from_on"),
            {
                "client_id": _link("clients.client_id", "client whose band it is"),
                "band": _text("band that holds instead of the computed one", optional=False, values=BANDS),
                "reason": _text("why, as the page prints it", optional=False),
                "author": _text("who says so", optional=False),
                "from_on": _date("first day it holds", optional=False),
                "until_on": _date("last day it holds", optional=False),
            },
            internal=True,
            known_on="from_on",
            order=(("from_on", "until_on"),),
            by_hand=True,
        ),
    )
}


INTRODUCTION = """\
# Data dictionary

The tables of a client book. `clients` must be there; a report leaves out, and says so, what it cannot measure
without the others. Each table is a file `<table>.csv`, `.xlsx`, `.ods` or `.parquet` beside `book.toml`, or what
`book.toml` says it is.

Dates are `2026-10-31`, instants `2026-10-31 14:05` in the book's time zone (or with an offset), months `2026-10`,
numbers `1234.5` without thousands separators, flags `true` or `false`. An empty cell means not known, or not yet.
What people and exports write is read too, where all cells of the column leave one reading of it:

| | |
|---|---|
| numbers | `1.234.567,50`, `1,234,567.50`, `1 234 567`, `(1.200)` and `1.200-` below zero, `1,2 tỷ`, `15tr`, `500k`, \
`500.000đ`, `$500` (an error in a row of another currency), `12,5%` (of targets that are shares) |
| dates | `31/12/2026`, `31.12.26`, `12/31/2026`, `20261231`, `31 tháng 12 năm 2026`, `Dec 31, 2026`, 46022 as Excel \
counts days |
| months | `10/2026`, `tháng 10/2026`, `T10/2026`, `Oct 2026`, a first day of the month |
| instants | a date with `14:05`, `2:05 PM`, `2:05 CH` or `14h05` before or after it, seconds since 1970 |
| flags | `có`/`không`, `đúng`/`sai`, `rồi`/`chưa`, `yes`/`no`, 1/0, `x`; an empty cell beside an `x` stays empty |
| empty | `-`, `–`, `N/A`, `#N/A`, `NA`, `null`, `none`, except in text |

How a column was read is among the notes of `am check`. Where two readings fit, as for `1.200` or `05/01/2026` and
nothing else, the book is refused with the lines to write in `book.toml`:

```toml
[tables.messages]
time_zone = "UTC"                     # of instants without an offset in this table; else the book's

[tables.invoices.formats]             # an example of a cell
amount = "1.234,5"                    # or "1,234.5"
issued_on = "31/12/2026"              # or "12/31/2026"; with a time ("31/12/2026 09:30") the day of each is taken

[tables.contracts.values.kind]        # their word = ours, in our own format; "" is an empty cell
"Phí tháng" = "retainer"
```

Money in another currency than the book's is converted at the rate that `fx` gives for the month.

*known on* is the day from which a row or a value is known: a report on an earlier month does not see it. What is
*internal* no client sees: pages made with `--audience client` are made without it.

This page is made from `amlib/schema.py` and the KPIs' own definitions:
`python -c "from amlib import kpis, schema; print(schema.dictionary(), kpis.glossary(), sep='\\n', end='')"`.
"""


def dictionary() -> str:
    """The data dictionary as Markdown: for each table its key, columns, types, units, allowed values and links."""
    return "\n".join([INTRODUCTION, *(_page(table) for table in TABLES.values())])


def _page(table: Table) -> str:
    facts = [f"Key: {', '.join(f'`{name}`' for name in table.key)}."]
    if table.known_on:
        facts.append(f"Known on `{table.known_on}`.")
    if table.internal:
        facts.append("Internal.")
    if table.money_from:
        facts.append(f"Money is in the currency of the row that `{table.money_from}` names.")
    elif table.money:
        facts.append(f"Money is converted at the rate of the month of `{table.money_on}`.")
    facts += [f"`{later}` is not before `{earlier}`." for earlier, later in table.order]
    rows = "\n".join(_row(name, column) for name, column in table.columns.items())
    head = "| column | type | unit | filled | allowed | meaning |\n|---|---|---|---|---|---|"
    return f"## {table.name}\n\n{table.description}. {' '.join(facts)}\n\n{head}\n{rows}\n"


def _row(name: str, column: Column) -> str:
    filled = "optional" if column.optional else "required"
    if column.default is not None:
        filled += f", empty = {str(column.default).lower() if column.kind == 'flag' else f'{column.default:g}'}"
    allowed = [f"`{value}`" for value in column.values]
    if column.at_least is not None or column.at_most is not None:
        limits = [("≥", column.at_least), ("≤", column.at_most)]
        allowed.append(" and ".join(f"{sign} {limit:g}" for sign, limit in limits if limit is not None))
    if column.link:
        allowed.append(f"a `{column.link}`")
    meaning = column.description.replace("|", "\\|")
    if column.known_on and column.known_on != name:
        meaning += f" (known on `{column.known_on}`)"
    if column.internal:
        meaning += " (internal)"
    return f"| `{name}` | {column.kind} | {column.unit} | {filled} | {', '.join(allowed)} | {meaning} |"

"""Write a synthetic client book: an invented Vietnamese agency with every table of `amlib.schema`."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from amlib.sample import agency as who
from amlib.sample import by_hand, money, pay, talk, work
from amlib.sample.days import HISTORY, Days
from amlib.schema import TABLES, Column

MARK = "Synthetic sample written by `am sample`"
FIRST_MONTH, LAST_MONTH = "2000-01", "2090-12"  # the lunar calendar reaches a little further on either side


def write(folder: str | Path, clients: int = 60, months: int = 36, seed: int = 1, until: str = "2026-10") -> Path:
    """Write the sample book into `folder` (made if need be) and return it.

    `clients` ever in the book, `months` of invoices, the last of them `until` ("2026-10"); the same `seed`
    gives the same bytes. Nothing happens after the last day of `until` (only due days and terms of contracts lie
    ahead of it); what was not known by then is null.
    Raises ValueError where an argument is wrong, or where `folder` holds files that no earlier sample put there.
    """
    last = _month(until)
    for name, value, least in (("clients", clients, 1), ("months", months, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise ValueError(f"{name} is {value!r}; expected a whole number of at least {least}")
    if last - (months - 1) < np.datetime64(FIRST_MONTH, "M"):
        raise ValueError(f"{months} months until {until} begin before {FIRST_MONTH}; ask for fewer months")
    folder = _free(Path(folder))
    made = tables(who.Agency(Days(last, int(months)), int(clients), int(seed)))
    folder.mkdir(parents=True, exist_ok=True)
    # First, as it carries the mark: a sample that was interrupted may be written again.
    (folder / "book.toml").write_bytes(BOOK.encode())
    for name, table in made.items():
        text = table.to_csv(index=False, lineterminator="\n")
        (folder / f"{name}.csv").write_bytes(text.encode())
    (folder / "README.md").write_bytes(_readme(made, clients, months, seed, until).encode())
    return folder


def tables(agency: who.Agency) -> dict[str, pd.DataFrame]:
    """Every table of the schema as text, column by column in its order; an empty cell is null."""
    orders = work.projects(agency)
    fee = work.fees(agency)
    signed = work.contracts(agency, fee, orders)
    of_order = signed.loc[signed["order"] >= 0].set_index("order")["contract_id"]
    bills = money.invoices(agency, fee, orders)
    paid = money.payments(agency, bills)
    # Media money is part of the price agreed, and is known once it is billed.
    media = orders["project_id"].map(bills.groupby("project_id")["pass_through"].sum()).fillna(0)
    orders["fee"] += media
    signed["value"] += signed["order"].map(media).fillna(0)
    made = {
        "account_managers": who.account_managers(agency),
        "clients": who.clients(agency),
        "contracts": signed,
        "projects": orders.assign(contract_id=orders.index.map(of_order)),
        "costs": work.costs(agency, orders),
        "tasks": work.tasks(agency, orders),
        "invoices": bills,
        "payments": paid,
        "statements": money.statements(agency, bills, paid),
        "messages": talk.messages(agency),
        "surveys": talk.surveys(agency),
        "targets": money.targets(agency, bills),
        "fx": money.fx(agency),
        "salaries": pay.salaries(agency),
        "health_overrides": by_hand.health_overrides(agency),
    }
    return {
        name: pd.DataFrame({column: _text(made[name][column], of) for column, of in table.columns.items()})
        for name, table in TABLES.items()
    }


def _text(values: pd.Series, column: Column) -> pd.Series:
    """`values` as the cells of a CSV file; null becomes an empty cell."""
    values = values.reset_index(drop=True)
    if column.kind in ("date", "instant", "month"):
        unit = {"date": "D", "instant": "m", "month": "M"}[column.kind]
        moments = pd.to_datetime(values).to_numpy().astype(f"M8[{unit}]")
        # Far fewer different moments than rows: write each once.
        code, once = pd.factorize(moments)
        cells = np.array([*np.datetime_as_string(once, unit=unit), ""], dtype=object)[code]
        return pd.Series(cells, dtype="str").str.replace("T", " ", regex=False)
    if column.kind == "flag":
        return values.astype("boolean").map({True: "true", False: "false"}).astype("str").fillna("")
    if column.kind in ("number", "integer"):
        number = values.astype("float64")
        return number.astype("str").fillna("").str.removesuffix(".0")
    return values.astype("str").fillna("")


def _month(text: str) -> np.datetime64:
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise ValueError(f"until is {text!r}; expected a month such as '2026-10'")
    if not FIRST_MONTH <= text <= LAST_MONTH:
        raise ValueError(f"until is {text!r}; expected a month from {FIRST_MONTH} to {LAST_MONTH}")
    return np.datetime64(text, "M")


def _free(folder: Path) -> Path:
    """`folder`, if a sample may be written there: it does not exist, is empty, or holds an earlier sample."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; give a folder for the sample")
    book = folder / "book.toml"
    earlier = book.is_file() and MARK in book.read_text(encoding="utf-8", errors="replace")
    if folder.is_dir() and not earlier and (found := sorted(path.name for path in folder.iterdir())):
        raise ValueError(
            f"{folder} holds files that are not an earlier sample ({', '.join(found[:3])}"
            f"{', …' if len(found) > 3 else ''}); give an empty or new folder"
        )
    return folder


BOOK = f"""\
# {MARK}: nobody and nothing in this book is real (see README.md).
# While this first line stands, `am sample` writes over the folder.

name = "Truyền thông Ban Mai Vàng (dữ liệu mẫu)"
currency = "VND"                  # amounts of other currencies are converted with fx.csv
language = "vi"
country = "VN"                    # whose public holidays and make-up working Saturdays count
time_zone = "Asia/Ho_Chi_Minh"    # of the instants in messages.csv

[working_hours]
weekdays = ["mon", "tue", "wed", "thu", "fri"]
hours = ["08:30-12:00", "13:30-17:30"]

[service_level]
response_hours = 4                # first reply within so many business hours …
share = 0.9                       # … to this share of the messages

# What the health score is made of; the numbers of each list sum to 100.
[health.weights.default]
nps = 20
response_time = 12
fee_trend = 12
renewal = 10
on_time = 12
extra_cost = 6
overdue = 14
messages = 6
orders = 8

# Clients without a retainer have no fee to fall and nothing to renew: their orders tell more.
[health.weights.project]
nps = 22
response_time = 12
fee_trend = 0
renewal = 0
on_time = 18
extra_cost = 8
overdue = 16
messages = 6
orders = 18

# How many points a value is worth can be told as well, value by value; between two it follows a straight line.
# [health.breakpoints]
# overdue = [[0, 100], [0.1, 75], [0.25, 45], [0.5, 10], [1, 0]]    # debt against six months' billing
"""


def _readme(made: dict[str, pd.DataFrame], clients: int, months: int, seed: int, until: str) -> str:
    rows = "\n".join(f"| {name}.csv | {len(made[name]):,} | {TABLES[name].description} |" for name in TABLES)
    return f"""\
# A synthetic agency

{MARK}. **Nobody and nothing in it is real**: people, companies, figures and comments
are composed from word lists and random numbers. Any likeness to a person or a company is chance. Do not quote the
figures as a benchmark of the market.

Made by

    am sample DIR --clients {clients} --months {months} --seed {seed}

up to the end of {until}. The same command writes the same bytes (with the same version of numpy, and of
holidays for the calendar). Writing again replaces these files.

| file | rows | what |
|---|---:|---|
{rows}

Text is UTF-8, dates are ISO (2026-10-31), instants are local time in Vietnam (2026-10-31 14:05), an empty cell is
null: not yet, not asked, or not known.

## How it was made

- **Time.** Clients join during up to {HISTORY} months before the book and while it runs. Invoices, messages and surveys
  begin with its first month; contracts and exchange rates go back to each client's first signature, and projects
  briefed up to half a year before are kept where they still ran. Nothing happens after the last day of {until};
  only due days and the terms of contracts lie ahead of it.
- **Mood.** Each client has a hidden mood that wanders about its own level, rises with the skill of its account manager
  and sinks with the manager's load. Now and then a trouble pulls it down for three to six months. Nothing in the
  files says what the mood was.
- **Leaving** is a throw of the dice each month, likelier the lower the mood and the nearer the end of a retainer. So
  most losses announce themselves, some come without warning, and some discontent clients stay.
- **Signs.** A low mood means lower and fewer survey answers, slower and missing replies, late delivery, unplanned cost,
  late payment, smaller and fewer orders, renewals signed late or reduced, first more messages and then fewer. Each
  sign carries noise of its own.
- **The year.** Public holidays and make-up working days are Vietnam's. In the Tết weeks there are fewer messages and
  later replies; briefs come before Tết, Mid-Autumn, 11.11 and 12.12.
- **Contracts** run a year and stay as signed: a client may leave before `ends_on`. Renewals name the contract they
  renew. Work that was not delivered when its client left stays undelivered.
- **Money.** About one client in eight is billed in USD; the exchange rates are invented, too. Costs are in VND always.
  Amounts are before VAT; media money passed on is part of the amount. Most credit notes are set off on the day their
  invoice is paid (a negative payment), some stay open; some invoices are never paid.
- **Statements** come from about two clients in five at each end of a quarter. Some lines are missing, some amounts
  differ, some invoices the agency never issued (their ids end in B).
- **Overrides** of health are few, and set for reasons that no table shows.
- **Surveys** go to each client once a quarter, a third of the book each month.
- **Targets** of revenue are the mean month of that year in this book and 3 % more; retention is per year.
"""

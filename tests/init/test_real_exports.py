"""Two real exports come in by `am init --yes` and a few edited lines; numbers against SQL over the raw files."""

from __future__ import annotations

import difflib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from typer.testing import CliRunner

from amlib.__main__ import app
from amlib.book import Book, open_book

DATA = Path(__file__).parents[3] / "shared" / "data"
RETAIL = DATA / "online-retail-export" / "online_retail_II_export.xlsx"
INCIDENTS = DATA / "incident-log" / "incident_event_log.csv"
pytestmark = pytest.mark.skipif(
    not (RETAIL.is_file() and INCIDENTS.is_file()), reason="the real data (../shared/data) is not on this machine"
)


def init(export: Path, folder: Path) -> str:
    """What `am init --yes` writes for a folder with an export, and that the book opens as it is."""
    shutil.copy(export, folder)
    found = CliRunner().invoke(app, ["init", str(folder), "--yes"])
    assert found.exit_code == 0, found.stderr
    return (folder / "book.toml").read_text("utf-8")


def edited(folder: Path, edits: Mapping[str, str]) -> Book:
    """The book after each pattern, which must be there once, is replaced; at most five lines may change."""
    file = folder / "book.toml"
    before = after = file.read_text("utf-8")
    for pattern, new in edits.items():
        after, n = re.subn(pattern, lambda _, new=new: new, after, flags=re.MULTILINE)
        assert n == 1, pattern
    lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line.startswith("+ ")]
    assert 1 <= len(lines) <= 5
    file.write_text(after, "utf-8")
    return open_book(folder)


@pytest.fixture(scope="module")
def retail(tmp_path_factory) -> Book:
    """As the example book has it: once each line, none without money, postage passed on."""
    folder = tmp_path_factory.mktemp("retail")
    text = init(RETAIL, folder)
    assert "# am init could not tell whether 74 rows that repeat another in every cell are slips" in text
    money = 'round(sum("Quantity" * "Price"), 2) as amount'
    postage = """round(sum("Quantity" * "Price") filter ("StockCode" in ('POST', 'C2')), 2) as pass_through"""
    return edited(
        folder,
        {
            r"^currency = .*": 'currency = "GBP"',
            r"^# (?=\{ where = 'row_number)": "  ",
            r"""^# (?=\{ where = '"Quantity" \* "Price" = 0')""": "  ",
            re.escape(money): f"{money},\n       {postage}",
        },
    )


@pytest.fixture(scope="module")
def lines() -> duckdb.DuckDBPyConnection:
    """The lines of both sheets, each once, with a client and a price, read by another reader."""
    sheets = pd.concat(pd.read_excel(RETAIL, sheet_name=None, engine="openpyxl").values(), ignore_index=True)
    sheets["Invoice"], sheets["StockCode"] = sheets["Invoice"].astype(str), sheets["StockCode"].astype(str)
    connection = duckdb.connect()
    connection.register("sheets", sheets.astype({"Description": str, "Country": str}))
    connection.execute("""create table lines as select distinct * from sheets where "Customer ID" is not null""")
    connection.execute("delete from lines where Price * Quantity = 0")
    return connection


def test_revenue_by_month(retail, lines):
    found = retail.invoices.assign(month=retail.invoices.issued_on.dt.strftime("%Y-%m")).groupby("month")
    revenue = (found.amount.sum() - found.pass_through.sum()).to_dict()
    raw = lines.execute(
        """select strftime(InvoiceDate, '%Y-%m'), sum(Quantity * Price) filter (StockCode not in ('POST', 'C2'))
           from lines group by 1"""
    ).fetchall()
    assert len(raw) == 25
    assert revenue == pytest.approx(dict(raw), abs=1e-6)


def test_clients_and_since_when(retail, lines):
    raw = lines.execute(
        """select cast(cast("Customer ID" as bigint) as varchar), cast(min(InvoiceDate) as date)
           from lines group by 1"""
    ).fetchall()
    found = retail.clients
    assert len(found) == 262
    assert dict(zip(found.client_id, found.since.dt.date, strict=True)) == dict(raw)


def test_every_line_is_an_invoice_or_set_aside(retail, lines):
    (kept,) = lines.execute("select count(*) from lines").fetchone()
    assert kept + len(retail.set_aside) == 34_766
    (invoices,) = lines.execute("select count(distinct Invoice) from lines").fetchone()
    assert len(retail.invoices) == invoices
    assert (retail.invoices.amount < 0).any()


@pytest.fixture(scope="module")
def log(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("incidents")
    init(INCIDENTS, folder)
    return folder


@pytest.fixture(scope="module")
def events() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"create table raw as select * from read_csv('{INCIDENTS}', all_varchar = true)")
    connection.execute("""create macro moment(x) as try_strptime(x, '%d-%m-%Y %H:%M')""")
    return connection


def hours(book: Book) -> pd.Series:
    """Calendar hours to the reply by message."""
    messages = book.messages.set_index("message_id")
    return ((messages.replied_at - messages.received_at) / pd.Timedelta(hours=1)).dropna()


def test_tickets_as_they_are_written(log, events):
    """Answered is taken to be the first event, not before the ticket, in which it is no longer new."""
    book = open_book(log)
    raw = events.execute(
        """
        with worked as (
          select number, min(moment(sys_updated_at)) as worked_at from raw
          where incident_state != 'New' and moment(sys_updated_at) >= moment(opened_at) group by number
        )
        select number, any_value(caller_id), epoch(any_value(worked_at) - moment(any_value(opened_at))) / 3600
        from raw left join worked using (number) group by number
        """
    ).fetchall()
    assert len(raw) == len(book.messages) == 890
    assert dict(zip(book.messages.message_id, book.messages.client_id, strict=True)) == {n: who for n, who, _ in raw}
    answered = {n: took for n, _, took in raw if took is not None}
    assert hours(book).to_dict() == pytest.approx(answered)
    assert len(book.clients) == events.execute("select count(distinct caller_id) from raw").fetchone()[0]


def test_time_until_they_were_solved(log, events):
    """The one line that the comment in book.toml names; the README of the data has median 54.5 and mean 315.9."""
    text = (log / "book.toml").read_text("utf-8")
    (solved,) = re.findall(r"^#  +(max\(.* as replied_at)$", text, re.MULTILINE)
    book = edited(log, {r"(?<=^       )min\(.* as replied_at$": solved})
    raw = events.execute(
        """
        with tickets as (
          select number, max(moment(opened_at)) as o, max(moment(resolved_at)) as r from raw group by number
        )
        select count(r), median(epoch(r - o)) / 3600, avg(epoch(r - o)) / 3600 from tickets
        """
    ).fetchone()
    took = hours(book)
    assert (len(took), took.median(), took.mean()) == pytest.approx(raw)
    assert took.median() == pytest.approx(54.5, abs=0.05)
    assert took.mean() == pytest.approx(315.9, abs=0.05)

"""The KPIs of November 2011 on real data, against SQL over the workbook itself that shares nothing with amlib."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from amlib import kpis
from amlib.book import open_book
from amlib.health import active_clients

ROOT = Path(__file__).parents[2]
WORKBOOK = ROOT.parent / "shared/data/online-retail-export/online_retail_II_export.xlsx"
pytestmark = pytest.mark.skipif(not WORKBOOK.is_file(), reason="the real data (../shared/data) is not on this machine")
MONTH = pd.Period("2011-11", "M")

LINES = """
with lines as (
  select distinct * from export where "Customer ID" is not null and Price <> 0 and InvoiceDate < date '2011-12-01'
),
orders as (
  select "Customer ID" as client, Invoice, min(InvoiceDate)::date as day, sum(Quantity * Price) as amount,
         sum(case when StockCode in ('POST', 'C2') then 0 else Quantity * Price end) as net
  from lines group by all having sum(Quantity * Price) > 0.004
)
"""


@pytest.fixture(scope="module")
def ask():
    sheets = pd.read_excel(WORKBOOK, sheet_name=None, engine="openpyxl")
    lines = pd.concat(sheets.values(), ignore_index=True)
    lines = lines.assign(**{name: lines[name].astype(str) for name in ("Invoice", "StockCode")})
    with duckdb.connect() as connection:
        connection.register("export", pa.Table.from_pandas(lines, preserve_index=False))
        yield lambda query: connection.execute(LINES + query).fetchone()


@pytest.fixture(scope="module")
def known():
    return open_book(ROOT / "examples" / "online-retail").as_of(MONTH)


def test_revenue(known, ask):
    (expected,) = ask(
        """select sum(Quantity * Price) from lines
        where InvoiceDate >= date '2011-11-01' and StockCode not in ('POST', 'C2')"""
    )
    found = kpis.revenue(known.between("invoices", MONTH, MONTH)).iloc[0]
    assert found["value"] == pytest.approx(expected, abs=1e-6)


def test_active_clients(known, ask):
    """Nobody is known to have left, so every client seen by then is active."""
    (expected,) = ask('select count(distinct "Customer ID") from lines')
    assert len(active_clients(known.clients, MONTH)) == expected


def test_returning_clients(known, ask):
    clients, returning = ask(
        """select count(distinct client), count(distinct client) filter (
          exists (select 1 from orders before where before.client = o.client and before.day < date '2011-11-01'))
        from orders o where day >= date '2011-11-01'"""
    )
    found = kpis.returning_clients(known.invoices, MONTH).iloc[0]
    assert (found.n, found.returning) == (clients, returning)
    assert found["value"] == pytest.approx(returning / clients, abs=1e-9)


def test_lifetime_value(known, ask):
    """Nobody has left, so the Kaplan-Meier curve stays at 1 and its mean is the longest stay."""
    average, orders, years, longest = ask(
        """, stays as (
          select (date '2011-11-30' - min(InvoiceDate)::date + 1) / 365.25 as years from lines group by "Customer ID")
        select (select avg(net) from orders), (select count(*) from orders), sum(years), max(years) from stays"""
    )
    found = kpis.lifetime_value(known.invoices, known.clients, MONTH).iloc[0]
    assert found.average_order_value == pytest.approx(average, abs=1e-6)
    assert found.orders_per_year == pytest.approx(orders / years, abs=1e-9)
    assert found.years_retained == pytest.approx(longest, abs=1e-9)
    assert found["value"] == pytest.approx(average * orders / years * longest, rel=1e-9)

"""The example of real, messy data, against SQL that is written here a second time, over the workbook itself."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from amlib.book import open_book

ROOT = Path(__file__).parents[2]
WORKBOOK = ROOT.parent / "shared/data/online-retail-export/online_retail_II_export.xlsx"
pytestmark = pytest.mark.skipif(not WORKBOOK.is_file(), reason="the real data (../shared/data) is not on this machine")


@pytest.fixture(scope="module")
def book():
    return open_book(ROOT / "examples" / "online-retail")


@pytest.fixture(scope="module")
def sheets() -> dict[str, pd.DataFrame]:
    return pd.read_excel(WORKBOOK, sheet_name=None, engine="openpyxl")


@pytest.fixture(scope="module")
def lines(sheets) -> pd.DataFrame:
    return pd.concat(sheets.values(), ignore_index=True)


def test_every_row_is_kept_or_set_aside(book, lines):
    """Of each set of equal lines one stays; of those, lines with a client and a price stay."""
    kept = lines.drop_duplicates()
    kept = kept[kept["Customer ID"].notna() & (kept["Price"] != 0)]
    assert len(lines) == 34_766
    assert len(lines) == len(kept) + len(book.set_aside)
    money = kept["Quantity"] * kept["Price"]
    assert book.invoices["amount"].sum() == pytest.approx(money.sum(), abs=1e-4)
    assert len(book.invoices) == kept["Invoice"].astype(str).nunique()


def test_why_rows_are_set_aside(book, lines, sheets):
    reasons = book.set_aside.groupby("reason").size()
    # 515 lines repeat an earlier one: 441 across the overlapping sheets, the others within one.
    assert reasons.filter(regex="overlap|repeats").sum() == lines.duplicated().sum() == 515
    assert reasons["the two sheets overlap: this line stands in the earlier one too"] == 441
    assert set(book.set_aside["file"]) == {WORKBOOK.name}
    first = book.set_aside.iloc[0]
    assert f"Invoice={sheets[first['sheet']].iloc[first['row'] - 2]['Invoice']}," in first["values"]


def test_revenue_and_active_clients_of_november_2011(book, lines):
    text = lines.assign(**{name: lines[name].astype(str) for name in ("Invoice", "StockCode")})
    with duckdb.connect() as connection:
        connection.register("export", pa.Table.from_pandas(text, preserve_index=False))
        revenue, clients = connection.execute(
            """
            with once as (select distinct * from export)
            select sum(Quantity * Price) filter (StockCode not in ('POST', 'C2')), count(distinct "Customer ID")
            from once
            where "Customer ID" is not null and Price <> 0 and strftime(InvoiceDate, '%Y-%m') = '2011-11'
            """
        ).fetchone()
    november = book.invoices[book.invoices["issued_on"].dt.to_period("M") == pd.Period("2011-11", "M")]
    assert (november["amount"] - november["pass_through"]).sum() == pytest.approx(revenue, abs=1e-6)
    assert november["client_id"].nunique() == clients


def test_clients(book):
    """12413 moved from Spain (2010) to France, 12417's last order came from Belgium."""
    clients = book.clients.set_index("client_id")
    assert len(clients) == 262
    assert clients.loc[["12413", "12417"], "segment"].tolist() == ["France", "Belgium"]
    assert clients.at["12417", "name"] == "Client 12417"
    assert clients.at["12417", "since"] == pd.Timestamp("2009-12-06")
    assert clients["until"].isna().all()


def test_what_it_cannot_measure_is_missing(book):
    assert {"messages", "surveys", "contracts", "payments", "account_managers"} <= set(book.missing)
    assert book.last_month == pd.Period("2011-12", "M")

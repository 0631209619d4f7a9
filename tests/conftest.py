"""Small frames named for situations, and one agency of random rows for checks against SQL."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from agencies import random_agency
from frames import frame

from amlib import sample, schema
from amlib.book import Book, Settings, open_book
from amlib.book.book import nothing_aside

# Thousands of tests live to the end: looking for garbage among them, every few hundred objects, takes a tenth of a run.
gc.set_threshold(100_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-golden", action="store_true", help="write the structures of pages anew, once looked at")


@pytest.fixture
def one_credit_note() -> pd.DataFrame:
    """Two invoices of October, one with media money in it, a credit note against one, one of November."""
    return frame(
        "invoice_id client_id issued_on amount pass_through",
        ("I1", "A", "2026-10-05", 100.0, 0.0),
        ("I2", "B", "2026-10-20", 250.0, 150.0),
        ("I3", "B", "2026-10-31", -30.0, 0.0),
        ("I4", "A", "2026-11-01", 70.0, None),
    )


@pytest.fixture
def one_client_returns() -> pd.DataFrame:
    """A orders in August and October, B in October twice, C in August only, D gets a credit note in October."""
    return frame(
        "client_id issued_on amount",
        ("A", "2026-08-10", 10.0),
        ("A", "2026-10-01", 10.0),
        ("B", "2026-10-02", 10.0),
        ("B", "2026-10-30", 10.0),
        ("C", "2026-08-15", 10.0),
        ("D", "2026-10-15", -10.0),
    )


@pytest.fixture
def one_client_lost() -> pd.DataFrame:
    """Lan keeps A and B and loses B on 10 October; Minh gets C on 1 November; nobody keeps D."""
    return frame(
        "client_id am_id segment since until",
        ("A", "lan", "key", "2026-01-01", None),
        ("B", "lan", "small", "2026-01-01", "2026-10-10"),
        ("C", "minh", "small", "2026-11-01", None),
        ("D", None, "small", "2026-02-01", None),
    )


@pytest.fixture
def nobody_answered() -> pd.DataFrame:
    """Two surveys sent in October, none answered."""
    return frame("sent_on answered_on score", ("2026-10-01", None, None), ("2026-10-02", None, None)).astype(
        {"score": "Int64"}
    )


@pytest.fixture
def one_paid_late() -> pd.DataFrame:
    """Five invoices: paid, half paid and past due, not due, without due date, and a credit note."""
    return frame(
        "invoice_id client_id issued_on due_on amount",
        ("I1", "A", "2026-09-01", "2026-09-30", 100.0),
        ("I2", "A", "2026-09-10", "2026-10-10", 200.0),
        ("I3", "B", "2026-10-20", "2026-10-31", 300.0),
        ("I4", "B", "2026-10-25", None, 50.0),
        ("I5", "B", "2026-10-26", "2026-10-26", -40.0),
        ("I6", "B", "2026-11-02", "2026-11-03", 999.0),
    )


@pytest.fixture
def one_half_paid() -> pd.DataFrame:
    """I1 is paid in two parts, I2 by half; the rest of I2 comes in November."""
    return frame(
        "payment_id invoice_id paid_on amount",
        ("P1", "I1", "2026-09-15", 60.0),
        ("P2", "I1", "2026-09-30", 40.0),
        ("P3", "I2", "2026-10-15", 100.0),
        ("P4", "I2", "2026-11-05", 100.0),
    )


@pytest.fixture(scope="session")
def agency() -> Mapping[str, pd.DataFrame]:
    return random_agency(7)


@pytest.fixture
def book_of() -> Callable[..., Book]:
    """Builds a book of the tables given (frames with the columns that matter); the others are missing.

    Keywords that are no table go into the settings.
    """

    def book_of(**given: object) -> Book:
        settings = {name: given.pop(name) for name in list(given) if name not in schema.TABLES}
        settings = Settings(**{"name": "Agency A", "currency": "VND", "language": "en", **settings})
        tables = {}
        for name, empty in _empty(settings.time_zone).items():
            if name not in given:
                tables[name] = empty
                continue
            rows = given[name]
            columns = {
                column: _typed(rows[column], dtype)
                if column in rows
                else pd.Series([None] * len(rows), index=rows.index, dtype=dtype)
                for column, dtype in empty.dtypes.items()
            }
            tables[name] = pd.DataFrame(columns)
        missing = tuple(name for name in schema.TABLES if name not in given)
        return Book(Path("book"), settings, tables, missing, nothing_aside())

    return book_of


@cache
def _empty(time_zone: str) -> dict[str, pd.DataFrame]:
    return {name: table.empty(time_zone) for name, table in schema.TABLES.items()}


def _typed(column: pd.Series, dtype: object) -> pd.Series:
    if isinstance(dtype, pd.DatetimeTZDtype):
        return column.dt.tz_localize(dtype.tz) if column.dt.tz is None else column
    if column.dtype == dtype:
        return column
    return pd.Series(pd.PeriodIndex(column, freq="M")) if isinstance(dtype, pd.PeriodDtype) else column.astype(dtype)


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample agency of eight clients and fifteen months."""
    return sample.write(tmp_path_factory.mktemp("sample"), clients=8, months=15)


@pytest.fixture(scope="session")
def sample_book(sample_folder: Path) -> Book:
    """The book of `sample_folder`."""
    return open_book(sample_folder)

"""What the cells of a column are, and the SQL that reads them."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlib import schema
from amlib.book.cells import typed
from amlib.init.forms import Form, fits, form


def text(*cells: str | None) -> pd.Series:
    return pd.Series(cells, dtype="str")


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (text("2026-10-31", None), Form("date", "%Y-%m-%d", is_text=True)),
        (text("31/10/2026", "01/10/2026"), Form("date", "%d/%m/%Y", is_text=True)),
        (text("10/31/2026", "10/01/2026"), Form("date", "%m/%d/%Y", is_text=True)),
        (text("05/10/2026", "01/02/2026"), Form("date", "%d/%m/%Y", unclear=True, is_text=True)),
        (text("29-02-2016 01:16", "?"), Form("instant", "%d-%m-%Y %H:%M", nothing=("?",), is_text=True)),
        (text("05/Oct/26 9:12 AM"), Form("instant", "%d/%b/%y %I:%M %p", is_text=True)),
        (text("2026-10-05T09:12:00Z"), Form("instant", is_text=True)),
        (text("2026-03-01", "15/06/2025"), Form("date", "%Y-%m-%d | %d/%m/%Y", is_text=True)),
        (text("2026-03-01", "05/06/2025"), Form("text", is_text=True)),
        (text("2026-10", "2026-09"), Form("month", is_text=True)),
        (text("T10/2026", "tháng 9/2026"), Form("month", is_text=True)),
        (text("12", "7"), Form("integer", is_text=True)),
        (text("12.5", "7"), Form("number", is_text=True)),
        (text("1.234.567", "900"), Form("number", "1.234,5", is_text=True)),
        (text("1.234.567,50 ₫"), Form("number", "1.234,5", is_text=True, unit="VND", signs=("₫",))),
        (text("$12.50", "(US$3)"), Form("number", is_text=True, unit="USD", signs=("us$", "$"), brackets=True)),
        (text("(1.200)", "1.000.000"), Form("number", "1.234,5", is_text=True, brackets=True)),
        (text("500 đ", "-200"), Form("integer", is_text=True, unit="VND", signs=("đ",))),
        # What the book reads and SQL does not.
        (text("1,2 tỷ", "15 triệu"), Form("number", "1.234,5", is_text=True, unit="VND", summable=False)),
        (
            text("15 triệu", "800.000 ₫"),
            Form("number", "1.234,5", unclear=True, is_text=True, unit="VND", summable=False),
        ),
        (text("$500", "900 ₫"), Form("integer", is_text=True, summable=False)),
        (text("12%", "7%"), Form("integer", is_text=True, unit="%", summable=False)),
        (text("1 234 567,5"), Form("number", "1.234,5", is_text=True, summable=False)),
        (text("500-", "300"), Form("number", is_text=True, summable=False)),
        (text("2 hộp", "3 hộp"), Form("text", is_text=True)),
        (text("1,234.50", "3"), Form("number", "1,234.5", is_text=True)),
        (text("1.200", "15.000"), Form("number", "1.234,5", unclear=True, is_text=True)),
        (text("1,200"), Form("number", "1,234.5", unclear=True, is_text=True)),
        (text("1.200", "12.5"), Form("number", is_text=True)),
        (text("có", "không"), Form("flag", is_text=True)),
        (text("Phở Hòa", "12"), Form("text", is_text=True)),
        (text("12 Phở", "3"), Form("text", is_text=True)),
        (
            text(*(f"{day}/10/2026" for day in range(11, 30)), "31/09/2026"),
            Form("date", "%d/%m/%Y", is_text=True, spoilt=True),
        ),
        (
            text("hôm qua", *(f"{day}/10/2026 08:30" for day in range(11, 30))),
            Form("instant", "%d/%m/%Y %H:%M", is_text=True, spoilt=True),
        ),
        (text(*map(str, range(19)), "4 điểm"), Form("integer", is_text=True, spoilt=True)),
        # Cells count, not words: one of ten.
        (text(*["9", "10", "8"] * 3, "4 điểm"), Form("integer", is_text=True, spoilt=True)),
        (text(*map(str, range(17)), "4 điểm", "năm", "?!"), Form("text", is_text=True)),
        (text("n/a", "-"), Form("empty", nothing=("-", "n/a"), is_text=True)),
        (text(None), Form("empty")),
        (pd.Series([1.0, 2.0]), Form("integer")),
        (pd.Series([1.5, None]), Form("number")),
        (pd.Series([True, None], dtype="boolean"), Form("flag")),
        (pd.Series(pd.to_datetime(["2026-10-01", None])), Form("date")),
        (pd.Series(pd.to_datetime(["2026-10-01 08:00"])), Form("instant")),
    ],
)
def test_forms(cells: pd.Series, found: Form):
    assert form(cells) == found


@pytest.mark.parametrize(
    ("cells", "sql", "value"),
    [
        (text("1.234.567,5"), "number", 1234567.5),
        (text("1,234.5"), "number", 1234.5),
        (text("1.234.567 VNĐ", "5.000.000"), "number", 1234567),
        (text("(1.234,5 đ)", "5.000.000"), "number", -1234.5),
        (text("-$1,234.50", "USD 3"), "number", -1234.5),
        (text("+5", "-3 ₫"), "number", 5),
        (text("1.234 vnđ", "5.000.000"), "currency", "VND"),
        (text("1.234", "5.000.000 VNĐ"), "currency", None),
        (text("1234.5", "2"), "number", 1234.5),
        (text("31/10/2026", "01/10/2026"), "day", pd.Timestamp("2026-10-31")),
        (text("15/06/2025", "2026-03-01"), "day", pd.Timestamp("2025-06-15")),
        (text("29-02-2016 01:16"), "instant", pd.Timestamp("2016-02-29 01:16")),
        (text("29-02-2016 01:16"), "day", pd.Timestamp("2016-02-29")),
    ],
)
def test_sql_reads_what_was_found(cells: pd.Series, sql: str, value: object):
    query = getattr(form(cells), sql)("So tiền")
    with duckdb.connect() as connection:
        connection.execute('create table rows as select ? as "So tiền"', [cells[0]])
        (found,) = connection.execute(f"select {query} from rows").fetchone()
    assert pd.Timestamp(found) == value if isinstance(value, pd.Timestamp) else found == value


WHOLE, CENTS = st.integers(0, 10**9), st.decimals(0, 10**6, places=2)
FIGURES = (
    WHOLE.map(str),
    WHOLE.map(lambda n: f"{n:,}"),
    WHOLE.map(lambda n: f"{n:,}".replace(",", ".")),
    CENTS.map(lambda n: f"{n:,}"),
    CENTS.map(lambda n: str(n).replace(".", ",")),
)
SHAPES = ("{}", "({})", "{} ₫", "({} đ)", "{}VNĐ", "-{}", "- {}", "+{}", "${}", "-${}", "US$ {}", "{}-", "{} tr", "{}%")
COLUMNS = st.one_of(
    *(st.lists(st.builds(str.format, st.sampled_from(SHAPES), figure), min_size=1, max_size=3) for figure in FIGURES)
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(COLUMNS)
def test_sql_reads_every_cell_as_the_book_does(amounts: list[str]):
    cells = text(*amounts)
    found = form(cells)
    read = typed(cells, schema.Column("number", ""), "UTC", form=found.how if found.unclear else "")
    if found.kind not in ("number", "integer") or not found.summable:
        return
    with duckdb.connect() as connection:
        connection.execute('create table rows as select unnest(?) as "So tiền"', [amounts])
        query = f"{found.number('So tiền')}, {found.currency('So tiền') if found.signs else 'null'}"
        rows = connection.execute(f"select {query} from rows").fetchall()
    assert [value for value, _ in rows] == read.values.tolist()
    units = [None] * len(cells) if read.units is None else read.units.astype(object).where(read.units.notna(), None)
    assert [currency for _, currency in rows] == [*units]


def test_a_mark_for_nothing_is_null_in_sql():
    found = form(text("?", "Resolver 8"))
    column = schema.TABLES["messages"].columns["am_id"]
    assert found.sql("assigned", column) == "nullif(\"assigned\", '?')"


def test_a_time_is_cut_off_where_a_day_is_wanted():
    column = schema.TABLES["invoices"].columns["issued_on"]
    assert form(pd.Series(pd.to_datetime(["2026-10-01 08:00"]))).sql("at", column) == '"at"::date'
    # What the book reads by itself is left as it is.
    assert form(text("31/10/2026")).sql("at", column) == '"at"'


def test_how_well_cells_fit():
    score = schema.TABLES["surveys"].columns["score"]
    issued_on = schema.TABLES["invoices"].columns["issued_on"]
    assert fits(form(text("9", "10")), score, text("9", "10")) == 1
    assert fits(form(text("9", "55")), score, text("9", "55")) == 0
    assert fits(form(text("9", "-1")), score, text("9", "-1")) == 0
    share = schema.Column("number", "", at_most=1)
    assert fits(form(text("0,5", "0,25")), share, text("0,5", "0,25")) == 1
    assert fits(form(text("50%", "7%")), share, text("50%", "7%")) == 1
    assert fits(form(text("0,5", "25,5")), share, text("0,5", "25,5")) == 0
    assert fits(form(text("30 ngày")), issued_on, text("30 ngày")) == 0
    assert fits(Form("empty"), issued_on, text(None)) == 0  # must be filled
    assert fits(Form("empty"), score, text(None)) == 0.5

"""Opening a book: what the tables hold, from which files, in which currency."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from amlib import schema
from amlib.book import BookError, open_book

INVOICES = """
    invoice_id,client_id,issued_on,due_on,amount,pass_through,currency
    I1,C1,2026-01-31,2026-02-28,1000,,
    I2,C2,2026-02-15,,-250.5,100,USD
    I3,C1,2026-03-31,,2e3,0,VND
"""
FX = """
    month,currency,rate
    2026-01,USD,25000
    2026-02,USD,26000
"""
PAYMENTS = """
    payment_id,invoice_id,paid_on,amount
    P1,I1,2026-03-01,400
    P2,I2,2026-04-02,-50
"""


def test_every_table_is_there_with_its_dtypes(write):
    book = open_book(write())
    assert set(book.tables) == set(schema.TABLES)
    assert book.missing == tuple(name for name in schema.TABLES if name != "clients")
    for name, table in schema.TABLES.items():
        for column, contract in table.columns.items():
            assert book.tables[name][column].dtype == schema.dtype(contract, "Asia/Ho_Chi_Minh"), (name, column)
        assert ("rate" in book.tables[name]) == (bool(table.money) or name == "fx")


def test_values_are_typed(write):
    messages = """
        message_id,client_id,received_at,replied_at,closed_unanswered
        M1,C1,2026-01-05 10:00,2026-01-05 10:30:15,
        M2, C2 ,2026-01-05T10:00+01:00,,Có
        M3,C2,2026-01-05T03:00:00Z, ,no
    """
    found = open_book(write(messages=messages)).messages
    zone = "Asia/Ho_Chi_Minh"
    assert list(found["received_at"]) == [
        pd.Timestamp("2026-01-05 10:00", tz=zone),
        pd.Timestamp("2026-01-05 16:00", tz=zone),  # 10:00 at +01:00 is 16:00 at +07:00
        pd.Timestamp("2026-01-05 10:00", tz=zone),
    ]
    assert found["replied_at"].isna().tolist() == [False, True, True]
    assert found["closed_unanswered"].tolist() == [False, True, False]  # empty takes the default
    assert found["client_id"].tolist() == ["C1", "C2", "C2"]


def test_text_is_in_one_unicode_form(write):
    """'Phở' typed as letters and combining marks (NFD) is the same client as the composed one (NFC)."""
    clients = "client_id,name,since\nPho\u031b\u0309,Pho\u031b\u0309 Hòa,2025-01-01\n"
    invoices = "invoice_id,client_id,issued_on,amount\nI1,Phở,2026-01-31,1\n"
    book = open_book(write(clients=clients, invoices=invoices))
    assert book.clients["name"].tolist() == ["Phở Hòa"]
    assert book.invoices["client_id"].tolist() == ["Phở"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_any_delimiter_with_or_without_a_mark(write, delimiter, mark):
    content = delimiter.join(["client_id", "name", "since"]) + "\r\n"
    content += delimiter.join(["C1", '"Trà, Đá; Co."', "2025-01-01"]) + "\r\n" + delimiter * 2 + "\r\n"
    book = open_book(write(clients=mark + content.encode()))
    assert book.clients["name"].tolist() == ["Trà, Đá; Co."]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1.250", "12.5"], [1.25, 12.5]),  # 12.5 shows that the dot is a decimal one
        (["0.125", "2.250"], [0.125, 2.25]),
        (["1200", "+3", ".5", "7.", "-3e2"], [1200, 3, 0.5, 7, -300]),
    ],
)
def test_numbers(write, cells, numbers):
    rows = "".join(f"I{n},C1,2026-01-31,{cell}\n" for n, cell in enumerate(cells))
    book = open_book(write(invoices="invoice_id,client_id,issued_on,amount\n" + rows))
    assert book.invoices["amount"].tolist() == numbers


def test_a_dot_before_three_digits_alone_decides_nothing(problems):
    """1.200 beside 25000000 may be 1200 or 1.2: refused, not guessed."""
    rows = "I1,C1,2026-01-31,25000000\nI2,C1,2026-01-31,1.200\n"
    (found,) = problems(invoices="invoice_id,client_id,issued_on,amount\n" + rows)
    assert found.startswith("invoices.csv, column amount: found '1.200' in row 3, expected cells that")


def workbook(path, **sheets: list[list]) -> None:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


def test_csv_xlsx_and_parquet_give_the_same_book(write):
    folder = write(
        clients="client_id,name,since,until\n101,A,2025-01-01,\n102,B,2025-06-15,2026-01-31\n",
        surveys="survey_id,client_id,sent_on,answered_on,score,comment\n"
        "1,101,2026-01-05,2026-01-06,9,tốt\n2,102,2026-01-05,,,\n",
        invoices="invoice_id,client_id,issued_on,amount\n7,101,2026-01-31,1000.5\nA8,102,2026-02-28,-20\n",
        fx="month,currency,rate\n2026-01,USD,25000\n",
    )
    by_csv = open_book(folder)
    for file in folder.glob("*.csv"):
        file.unlink()
    day = pd.Timestamp
    rows = {
        "clients": [
            ["client_id", "name", "since", "until"],
            [101, "A", day("2025-01-01"), None],
            [102, "B", day("2025-06-15"), day("2026-01-31")],
        ],
        "surveys": [
            ["survey_id", "client_id", "sent_on", "answered_on", "score", "comment"],
            [1, 101, day("2026-01-05"), day("2026-01-06"), 9, "tốt"],
            [2, 102, day("2026-01-05"), None, None, None],
        ],
        "invoices": [
            ["invoice_id", "client_id", "issued_on", "amount"],
            [7, 101, day("2026-01-31"), 1000.5],
            ["A8", 102, day("2026-02-28"), -20],
        ],
        "fx": [["month", "currency", "rate"], [day("2026-01-01"), "USD", 25000]],
    }
    for name, table in rows.items():
        workbook(folder / f"{name}.xlsx", **{name: table})
    by_xlsx = open_book(folder)
    for file in folder.glob("*.xlsx"):
        file.unlink()
    rows["invoices"][1][0] = "7"  # Parquet columns have one type
    for name, (header, *table) in rows.items():
        columns = dict(zip(header, map(list, zip(*table, strict=True)), strict=True))
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    by_parquet = open_book(folder)
    for name in rows:
        pd.testing.assert_frame_equal(by_csv.tables[name], by_xlsx.tables[name])
        pd.testing.assert_frame_equal(by_csv.tables[name], by_parquet.tables[name])
    assert by_csv.fingerprint == by_xlsx.fingerprint == by_parquet.fingerprint


def test_typed_cells_are_checked_too(write):
    folder = write('[tables.surveys]\nsheet = ["Q1", "Q2"]')
    header = ["survey_id", "client_id", "sent_on", "score"]
    workbook(
        folder / "surveys.xlsx",
        Q1=[header, [1, "C1", pd.Timestamp("2026-01-05"), 9]],
        Q2=[header, [], [2, "C1", pd.Timestamp("2026-04-05 14:05"), 7.5]],
    )
    with pytest.raises(BookError) as error:
        open_book(folder)
    assert [str(problem) for problem in error.value.problems] == [
        "surveys.xlsx sheet 'Q2' row 3, column sent_on: found 2026-04-05 14:05:00, "
        "expected a date such as 2026-10-31 (the day alone, without a time; or give such a cell under formats)",
        "surveys.xlsx sheet 'Q2' row 3, column score: found 7.5, expected a whole number from 0 to 10",
    ]


def test_an_infinite_number_is_refused_and_not_a_number_is_empty(write):
    folder = write()
    invoices = {"invoice_id": ["I1", "I2"], "client_id": ["C1", "C1"], "issued_on": ["2026-01-31"] * 2}
    table = pa.table({**invoices, "amount": [float("inf"), 1.0], "pass_through": [1.0, float("nan")]})
    pq.write_table(table, folder / "invoices.parquet")
    with pytest.raises(BookError) as error:
        open_book(folder)
    assert [str(problem) for problem in error.value.problems] == [
        "invoices.parquet row 2, column amount: found inf, expected a number (not an infinite one)"
    ]
    pq.write_table(table.slice(1), folder / "invoices.parquet")
    assert open_book(folder).invoices["pass_through"].tolist() == [0]  # empty takes the default


def test_a_sheet_that_is_not_there(write):
    folder = write('[tables.surveys]\nsheet = "Q3"')
    workbook(folder / "surveys.xlsx", Q1=[["survey_id"]], Q2=[["survey_id"]])
    with pytest.raises(BookError, match=r"surveys.xlsx: found no sheet 'Q3', expected one of 'Q1', 'Q2'"):
        open_book(folder)


def test_money_is_converted_at_the_rate_of_its_month(write):
    """I2: −250.5 USD at February's 26,000 = −6,513,000. P2 pays I2, so −50 USD at the invoice's rate, not April's."""
    book = open_book(write(invoices=INVOICES, fx=FX, payments=PAYMENTS))
    invoices = book.invoices.set_index("invoice_id")
    assert invoices["amount"].to_dict() == {"I1": 1000, "I2": -6_513_000, "I3": 2000}
    assert invoices["pass_through"].to_dict() == {"I1": 0, "I2": 2_600_000, "I3": 0}
    assert invoices["original_currency"].to_dict() == {"I1": "VND", "I2": "USD", "I3": "VND"}
    assert invoices["rate"].to_dict() == {"I1": 1, "I2": 26_000, "I3": 1}
    assert set(invoices["currency"]) == {"VND"}
    assert book.payments["amount"].tolist() == [400, -1_300_000]
    assert book.payments["original_currency"].tolist() == ["VND", "USD"]


def test_a_missing_rate_is_named(problems):
    """I2 is in USD in February, for which there is no line."""
    assert problems(invoices=INVOICES, fx="month,currency,rate\n2026-01,USD,25000\n") == [
        "table fx, column rate: found no rate for USD in 2026-02, which invoices.csv row 3 needs, "
        "expected a line 2026-02,USD,<VND for 1 USD>"
    ]


def test_a_statement_takes_its_currency_from_invoice_or_client(write):
    """X9 is an invoice only the client knows: C2 has USD invoices only, so 2 USD at January's 25,000."""
    statements = """
        client_id,invoice_id,amount,as_of
        C2,I2,10,2026-01-31
        C2,X9,2,2026-01-31
        C1,X8,7,2026-01-31
    """
    book = open_book(write(invoices=INVOICES, fx=FX, statements=statements))
    assert book.statements["amount"].tolist() == [260_000, 50_000, 7]


def test_a_statement_in_an_open_currency_is_a_problem(problems):
    invoices = INVOICES + "    I4,C2,2026-01-10,,1,,VND\n"
    statements = "client_id,invoice_id,amount,as_of\nC2,X9,2,2026-01-31\n"
    assert problems(invoices=invoices, fx=FX, statements=statements) == [
        "statements.csv row 2, column invoice_id: found 'X9', an invoice that the book does not know, expected a known "
        "one: client C2 has invoices in several currencies, so that of this amount is open"
    ]


def test_a_long_chain_of_renewals_is_no_ring(write):
    contracts = "contract_id,client_id,kind,signed_on,starts_on,ends_on,renews\n" + "".join(
        f"K{year},C1,retainer,{year}-01-01,{year}-01-01,{year}-12-31,{f'K{year - 1}' if year > 2018 else ''}\n"
        for year in range(2018, 2026)
    )
    assert open_book(write(contracts=contracts)).contracts["renews"].count() == 7


def test_what_is_not_read_is_noted(write):
    folder = write(
        "[health.weights.kye]\nnps = 2",
        clients="client_id,name,since,segment,am_id,phone,untill\nC1,A,2025-01-01,key,A1,090,\n",
        invoice="invoice_id\n",
    )
    assert open_book(folder).notes == (
        "clients.csv: column 'phone' is not read",
        "clients.csv: column 'untill' is not read. Did you mean 'until'?",
        "clients.am_id cannot be checked: the book has no account_managers",
        "invoice.csv is not read: no table of that name. Did you mean 'invoices'?",
        "book.toml, [health.weights.kye]: no client has the segment 'kye' (there are: key). Did you mean 'key'?",
    )


def test_a_file_called_as_a_table_can_be_left(write):
    files = {"clients": "client_id,name,since\nC1,A,2025-01-01\n", "tasks": "Việc,Ai\nGọi khách,Lan\n"}
    with pytest.raises(BookError, match=r"tasks\.csv"):
        open_book(write(**files))
    book = open_book(write("[tables.tasks]\nfile = []", **files))
    assert "tasks" in book.missing
    assert book.notes == ("tasks.csv is not read, as book.toml says",)


def test_a_column_without_name_is_noted_unless_empty(write):
    clients = "client_id,name,since,,\nC1,A,2025-01-01,,x\n"
    assert open_book(write(clients=clients)).notes == ("clients.csv: column 'column 5' is not read",)


def test_payments_and_statements_without_invoices_are_in_the_books_currency(write):
    statements = "client_id,invoice_id,amount,as_of\nC1,I1,7,2026-01-31\n"
    book = open_book(write(payments=PAYMENTS, statements=statements))
    assert book.payments["amount"].tolist() == [400, -50]
    assert book.statements["amount"].tolist() == [7]
    assert "payments: the book has no invoices, so its amounts count as VND" in book.notes
    no_rows = open_book(
        write(
            invoices="invoice_id,client_id,issued_on,amount\n", statements=statements, payments=PAYMENTS.splitlines()[1]
        )
    )
    assert no_rows.statements["amount"].tolist() == [7]


def test_settings(write):
    toml = """
        language = "en"
        country = ""
        time_zone = "Asia/Bangkok"
        [working_hours]
        weekdays = ["Mon", "saturday"]
        hours = ["13:00-17:00", "08:00-12:00"]
        [service_level]
        response_hours = 8
        share = 0.8
        [health.weights.default]
        nps = 2
        [health.weights.key]
        nps = 3.5
        [health.breakpoints]
        nps = [[0, 0], [9, 62.5], [10, 100]]
    """
    settings = open_book(write(toml)).settings
    assert (settings.name, settings.currency, settings.language, settings.country) == ("Agency A", "VND", "en", None)
    assert (settings.response_hours, settings.response_share) == (8.0, 0.8)
    assert settings.health_weights == {"default": {"nps": 2.0}, "key": {"nps": 3.5}}
    assert settings.health_breakpoints == {"nps": ((0.0, 0.0), (9.0, 62.5), (10.0, 100.0))}
    hours = settings.working_hours
    assert [(f"{start:%H:%M}", f"{end:%H:%M}") for start, end in hours.periods] == [
        ("08:00", "12:00"),
        ("13:00", "17:00"),
    ]
    assert (hours.weekdays, hours.time_zone, hours.country) == ((0, 5), "Asia/Bangkok", None)


def test_a_book_by_its_toml_and_data_elsewhere(write, tmp_path):
    folder = write('data = "exports"')
    (folder / "exports").mkdir()
    (folder / "clients.csv").rename(folder / "exports" / "clients.csv")
    assert len(open_book(folder / "book.toml").clients) == 2

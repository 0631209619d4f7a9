"""Books with something wrong: each must say what was found, where, and what to do."""

from __future__ import annotations

import pickle

import pytest

from amlib.book import BookError, open_book

INVOICES = "invoice_id,client_id,issued_on,due_on,amount\n"


def invoice(**cells: str) -> str:
    row = {"invoice_id": "I1", "client_id": "C1", "issued_on": "2026-01-31", "due_on": "", "amount": "100", **cells}
    return ",".join(row) + "\n" + ",".join(row.values()) + "\n"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"amount": "500 kg"}, "column amount: found '500 kg', expected a number ('kg' is no unit that is known)"),
        (
            {"amount": "500 $"},
            "column amount: found an amount in USD, expected an amount in VND "
            "(for amounts in USD the row's column currency must say so)",
        ),
        ({"amount": "12%"}, "column amount: found a percentage, expected an amount in VND"),
        ({"amount": '"1,2,3"'}, "column amount: found '1,2,3', expected a number"),
        ({"amount": "many"}, "column amount: found 'many', expected a number"),
        ({"amount": "1e999"}, "column amount: found '1e999', expected a number"),
        ({"amount": "nan"}, "column amount: found 'nan', expected a number"),
        ({"amount": " "}, "column amount: found an empty cell, expected a number"),
        ({"issued_on": ""}, "column issued_on: found an empty cell, expected a date such as 2026-10-31"),
        (
            {"issued_on": "31/02/2026"},
            "column issued_on: found '31/02/2026', expected a date such as 2026-10-31 (no calendar has that day)",
        ),
        (
            {"issued_on": "2026-02-30"},
            "column issued_on: found '2026-02-30', expected a date such as 2026-10-31 (no calendar has that day)",
        ),
        (
            {"issued_on": "2026-01-31 09:30"},
            "column issued_on: found '2026-01-31 09:30', "
            "expected a date such as 2026-10-31 (the day alone, without a time; or give such a cell under formats)",
        ),
        (
            {"issued_on": "2206-01-31"},
            "column issued_on: found '2206-01-31', expected a date such as 2026-10-31 (from 1970 to 2100)",
        ),
        (
            {"due_on": "2026-01-01"},
            "column due_on: found 2026-01-01, expected not before issued_on (2026-01-31)",
        ),
        (
            {"client_id": "c1"},
            "column client_id: found 'c1', expected a client_id of the table clients. Did you mean 'C1'?",
        ),
        ({"client_id": "nobody"}, "column client_id: found 'nobody', expected a client_id of the table clients"),
        # Another number is another client: C1 is not proposed.
        ({"client_id": "C9"}, "column client_id: found 'C9', expected a client_id of the table clients"),
        (
            {"client_id": "C01"},
            "column client_id: found 'C01', expected a client_id of the table clients. Did you mean 'C1'?",
        ),
        (
            {"currency": "USDD"},
            "column currency: found 'USDD', expected an ISO 4217 code such as VND",
        ),
        (
            {"currency": "usd"},
            "column currency: found 'usd', expected an ISO 4217 code such as VND. Did you mean 'USD'?",
        ),
    ],
)
def test_a_wrong_cell(problems, cells, expected):
    assert f"invoices.csv row 2, {expected}" in problems(invoices=invoice(**cells))


def test_a_wrong_cell_is_told_once(problems):
    assert len(problems(invoices=invoice(amount="many"))) == 1
    assert len(problems(invoices=invoice(issued_on="31/02/2026"))) == 1
    assert len(problems(invoices=invoice(amount="1.200", issued_on="05/01/2026"))) == 2


def test_a_column_that_can_be_read_two_ways(problems):
    """Nothing is guessed: the column, two rows and the line of book.toml that settles it."""
    rows = (
        "I1,C1,05/01/2026,25000000,1.200\nI2,C1,01/01/2026,1,500\n"
        "I3,C1,06/02/2026,1,15.000\nI4,C1,07/02/2026,1,15.000\n"
    )
    assert problems(invoices="invoice_id,client_id,issued_on,pass_through,amount\n" + rows) == [
        "invoices.csv, column issued_on: found '05/01/2026' in row 2 and '06/02/2026' in row 4, "
        "expected cells that can be read one way only. Write in book.toml, under [tables.invoices.formats], "
        'issued_on = "31/12/2026" (05/01/2026 is 5 January 2026) or '
        'issued_on = "12/31/2026" (05/01/2026 is 1 May 2026)',
        "invoices.csv, column amount: found '1.200' in row 2 and '15.000' in row 4, "
        "expected cells that can be read one way only. Write in book.toml, under [tables.invoices.formats], "
        'amount = "1.234,5" (1.200 is 1200) or amount = "1,234.5" (1.200 is 1.2)',
    ]


@pytest.mark.parametrize(
    ("table", "content", "expected"),
    [
        (
            "surveys",
            "survey_id,client_id,sent_on,answered_on,score\nS1,C1,2026-01-05,2026-01-06,11\n",
            "surveys.csv row 2, column score: found 11, expected a whole number from 0 to 10",
        ),
        (
            "surveys",
            "survey_id,client_id,sent_on,score\nS1,C1,2026-01-05,7.5\n",
            "surveys.csv row 2, column score: found '7.5', expected a whole number from 0 to 10",
        ),
        (
            "contracts",
            "contract_id,client_id,kind,signed_on,starts_on\nK1,C1,retaner,2026-01-05,2026-02-01\n",
            "contracts.csv row 2, column kind: found 'retaner', expected one of retainer, project",
        ),
        (
            "contracts",
            "contract_id,client_id,kind,signed_on,starts_on,renews\n"
            "K1,C1,retainer,2026-01-05,2026-02-01,K2\nK2,C1,retainer,2026-01-05,2026-02-01,K1\n",
            "contracts.csv row 3, column renews: found 'K1', expected an earlier contract; this chain is a ring",
        ),
        (
            "messages",
            "message_id,client_id,received_at,closed_unanswered\nM1,C1,2026-01-05 10:00,perhaps\n",
            "messages.csv row 2, column closed_unanswered: found 'perhaps', "
            "expected true or false (or 1/0, yes/no, có/không)",
        ),
        (
            "messages",
            "message_id,client_id,received_at\nM1,C1,2026-01-05\n",
            "messages.csv row 2, column received_at: found '2026-01-05', "
            "expected a date and time such as 2026-10-31 14:05 (with a time)",
        ),
        (
            "messages",
            "message_id,client_id,received_at\nM1,C1,2026-01-05 25:00\n",
            "messages.csv row 2, column received_at: found '2026-01-05 25:00', "
            "expected a date and time such as 2026-10-31 14:05",
        ),
        (
            "messages",
            "message_id,client_id,received_at,replied_at\nM1,C1,2026-01-05 10:00,2026-01-05 09:59\n",
            "messages.csv row 2, column replied_at: found 2026-01-05 09:59:00+07:00, "
            "expected not before received_at (2026-01-05 10:00:00+07:00)",
        ),
        (
            "fx",
            "month,currency,rate\n13/2026,USD,25000\n",
            "fx.csv row 2, column month: found '13/2026', expected a month such as 2026-10",
        ),
        (
            "fx",
            "month,currency,rate\n2026-10,USD,0\n",
            "fx.csv row 2, column rate: found 0, expected a number above 0",
        ),
        (
            "fx",
            "month,currency,rate\n2026-10,VND,2\n",
            "fx.csv row 2, column rate: found 2, expected 1, as VND is the book's currency",
        ),
    ],
)
def test_a_wrong_cell_of_other_tables(problems, table, content, expected):
    assert problems(**{table: content})[0 if "ring" not in expected else 1] == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "invoices.csv: found an empty file, expected a header row and rows below it"),
        (
            b"invoice_id;client_id;client_id;issued_on;amount\n",
            "invoices.csv, column client_id: found 2 columns that may be it: 'client_id (1)', 'client_id (2)', "
            'expected one of them, under [tables.invoices.columns] in book.toml: client_id = "client_id (1)"',
        ),
        (
            # UTF-8 with one byte of another encoding: there is no encoding in which both are letters.
            "invoice_id,client_id\nI1,Nguyễn\nI2,".encode() + b"Tr\xe0\n",
            "invoices.csv row 3: found byte 0xE0, which is not UTF-8, "
            "expected a file saved as UTF-8 (in Excel: Save as, 'CSV UTF-8 (Comma delimited)'), or its encoding beside "
            'file = … in book.toml, such as encoding = "cp1258"',
        ),
        (
            b"invoice_id,client_id,issued_on,amount\nI1,C1,2026-01-31,100\n\nI2,C1,2026-01-31,1,200\n",
            "invoices.csv row 4: found 5 cells, "
            "expected 4, as in the header (is there an unquoted ',' or an open quote?)",
        ),
        (
            b'invoice_id,client_id,issued_on,amount\n"I1,C1,2026-01-31,100\nI2,C1,2026-01-31,200\n',
            "invoices.csv row 2: found a row that runs over 2 lines, "
            "expected one on a line of its own: is a quote not closed?",
        ),
        (
            b"invoice_id,client_id,issue_on,amount\nI1,C1,2026-01-31,100\n",
            "invoices.csv, column issued_on: found no such column, "
            "expected one of its columns: invoice_id, client_id, issue_on, amount. Did you mean 'issue_on'?",
        ),
        (
            b"invoice_id,client_id,issued_on,amount\nI1,C1,2026-01-31,100\nI1,C1,2026-01-31,100\n",
            "invoices.csv row 3, column invoice_id: found 'I1' again (first in row 2), expected each only once",
        ),
    ],
)
def test_a_wrong_file(problems, content, expected):
    assert problems(invoices=content) == [expected]


def test_a_key_of_several_columns(problems):
    fx = "month,currency,rate\n2026-01,USD,25000\n2026-02,USD,25000\n2026-01,USD,26000\n"
    assert problems(fx=fx) == [
        "fx.csv row 4, column month, currency: found 2026-01, 'USD' again (first in row 2), expected each only once"
    ]


def test_rows_are_counted_as_a_spreadsheet_does(problems):
    """A line break inside a cell and a blank line: neither may shift the numbers of the rows below."""
    invoices = 'invoice_id,client_id,issued_on,amount\n"I\n1",C1,2026-01-31,1\n\nI2,C1,2026-01-31,x\n'
    assert problems(invoices=invoices) == ["invoices.csv row 4, column amount: found 'x', expected a number"]


def test_blank_lines_above_the_header_are_counted(problems):
    invoices = b"\r\n\r\ninvoice_id,client_id,issued_on,amount\r\nI1,C1,2026-01-31,x\r\n1\r\n"
    assert [problem.partition(":")[0] for problem in problems(invoices=invoices)] == [
        "invoices.csv row 5",
        "invoices.csv row 4, column amount",
    ]


def test_an_hour_that_the_clocks_skip_or_repeat(problems):
    """London 2026: 01:30 on 29 March does not exist, 01:30 on 25 October is there twice; with an offset it is clear."""
    messages = """
        message_id,client_id,received_at
        M1,C1,2026-03-29 01:30
        M2,C1,2026-10-25 01:30
        M3,C1,2026-10-25 01:30+01:00
    """
    found = problems('time_zone = "Europe/London"', messages=messages)
    assert [p.split(",")[0] for p in found] == ["messages.csv row 2", "messages.csv row 3"]
    assert "clocks change then in Europe/London" in found[0]


def test_a_mapped_column_is_named_as_in_the_file(problems):
    found = problems(
        '[tables.invoices]\ncolumns = { amount = "Tổng tiền" }\n',
        invoices="invoice_id,client_id,issued_on,Tổng tiền\nI1,C1,2026-01-31,?\n",
    )
    assert found == ["invoices.csv row 2, column amount ('Tổng tiền'): found '?', expected a number"]


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        (
            'curency = "VND"',
            "book.toml, key curency: found a key that does not exist, expected one of name, logo, accent, "
            "currency, language, country, time_zone, data, working_hours, service_level, health, sources, tables, "
            "bad_rows, databases. Did you mean 'currency'?",
        ),
        ('language = "fr"', "book.toml, key language: found 'fr', expected one of en, vi"),
        (
            'time_zone = "Asia/Ho_Chi_Min"',
            "book.toml, key time_zone: found 'Asia/Ho_Chi_Min', expected a time zone, such as Asia/Ho_Chi_Minh. "
            "Did you mean 'Asia/Ho_Chi_Minh'?",
        ),
        (
            'country = "Vietnam"',
            "book.toml, key country: found 'Vietnam', "
            'expected an ISO 3166 code, such as VN, or "" for no public holidays',
        ),
        (
            'country = "EU"',
            "book.toml, key country: found 'EU', expected an ISO 3166 code, such as VN, or \"\" for no public holidays",
        ),
        (
            '[working_hours]\nhours = ["08:30Z-12:00"]',
            "book.toml, key working_hours.hours: found '08:30Z-12:00', expected hours such as",
        ),
        (
            '[working_hours]\nhours = ["08:30:30-12:00"]',
            "book.toml, key working_hours.hours: found '08:30:30-12:00', expected hours such as",
        ),
        (
            '[working_hours]\nhours = ["08:30-12:00", "11:00-17:00"]',
            "book.toml, key working_hours.hours: found 11:00 before 12:00, expected hours that do not overlap",
        ),
        (
            '[working_hours]\nhours = ["17:30-08:30"]',
            "book.toml, key working_hours.hours: found '17:30-08:30', "
            "expected hours that end after they start, on the same day",
        ),
        (
            '[working_hours]\nhours = ["half past eight"]',
            "book.toml, key working_hours.hours: found 'half past eight', "
            'expected hours such as ["08:30-12:00", "13:30-17:30"]',
        ),
        (
            '[working_hours]\nweekdays = ["mon", "tuseday"]',
            "book.toml, key working_hours.weekdays: found 'tuseday', "
            'expected weekdays such as ["mon", "tue"] or ["monday"]. Did you mean \'tuesday\'?',
        ),
        (
            "[service_level]\nshare = 90",
            "book.toml, key service_level.share: found 90, expected a share, such as 0.9",
        ),
        (
            '[health.weights.default]\nnps = "much"',
            "book.toml, key health.weights.default.nps: found 'much', expected a weight of at least 0",
        ),
        (
            "[health.weights.key]\nnpss = 3",
            "book.toml, key health.weights.key.npss: found a key that does not exist, expected one of nps, ",
        ),
        (
            "[health.weights.default]\nnps = 0\norders = 0.0",
            "book.toml, key health.weights.default: found no weight above 0, expected at least one",
        ),
        (
            "[health.weights.default]",
            "book.toml, key health.weights.default: found no weight above 0, expected at least one",
        ),
        (
            "[health.breakpoint]\nnps = []",
            "book.toml, key health.breakpoint: found a key that does not exist, expected one of weights, breakpoints. "
            "Did you mean 'breakpoints'?",
        ),
        (
            "[health.breakpoints]\nnsp = [[0, 0], [10, 100]]",
            "book.toml, key health.breakpoints.nsp: found a key that does not exist, expected one of nps, ",
        ),
        (
            "[health.breakpoints]\nnps = 3",
            "book.toml, key health.breakpoints.nps: found 3, expected at least two "
            "pairs of a value and its points, such as [[0.5, 0], [1, 100]]",
        ),
        (
            "[health.breakpoints]\nnps = [[0, 0]]",
            "book.toml, key health.breakpoints.nps: found [[0, 0]], expected at least two "
            "pairs of a value and its points, such as [[0.5, 0], [1, 100]]",
        ),
        (
            "[health.breakpoints]\nnps = [[0, 0], [10]]",
            "book.toml, key health.breakpoints.nps: found [10], expected "
            "pairs of a value and its points, such as [[0.5, 0], [1, 100]]",
        ),
        (
            "[health.breakpoints]\nnps = [[0, 0], [10, true]]",
            "book.toml, key health.breakpoints.nps: found [10, True], expected "
            "pairs of a value and its points, such as [[0.5, 0], [1, 100]]",
        ),
        (
            "[health.breakpoints]\nnps = [[0, 0], [10, 110]]",
            "book.toml, key health.breakpoints.nps: found 110 points at 10, expected points from 0 to 100",
        ),
        (
            "[health.breakpoints]\nnps = [[0, 0], [6, 30], [6, 50], [10, 100]]",
            "book.toml, key health.breakpoints.nps: found the value 6 twice, "
            "expected each value once: two may not overlap",
        ),
        (
            "[health.breakpoints]\nnps = [[0, 0], [9, 90], [6.5, 25], [10, 100]]",
            "book.toml, key health.breakpoints.nps: found 6.5 after 9, expected values in rising order",
        ),
        (
            "[tables.invoces]",
            "book.toml, key tables.invoces: found a key that does not exist, expected one of account_managers, "
            "clients, contracts, projects, costs, tasks, invoices, payments, statements, messages, surveys, targets, "
            "fx, salaries, health_overrides. Did you mean 'invoices'?",
        ),
        (
            '[tables.clients]\ncolumns = { since = "Từ ngày" }',
            "clients.csv, column since ('Từ ngày'): found no such column, "
            "expected one of its columns: client_id, name, since",
        ),
        (
            '[tables.invoices]\nfile = "client.csv"',
            "client.csv: found no such file, expected a file in '{folder}', which has: clients.csv. "
            "Did you mean 'clients.csv'?",
        ),
        (
            '[tables.clients]\nsheet = "May"',
            "clients.csv: found sheet 'May' asked for, expected a workbook (.xlsx, .xls, .ods); "
            "other files have no sheets",
        ),
        (
            "[tables.invoices]",
            "book.toml, key tables.invoices: found neither file, database nor sql, expected one of them, or a file"
            " invoices.csv",
        ),
        (
            "[tables.clients]\nfile = []",
            "book.toml, key tables.clients.file: found no file, expected one, or a query: the one table that every "
            "book must have",
        ),
        (
            "[sources.lines]\nfile = []",
            'book.toml, key sources.lines: found no file, expected file = "…"',
        ),
        (
            "[sources.lines]",
            'book.toml, key sources.lines: found no file, expected file = "…"',
        ),
        (
            '[tables.clients]\nfile = "clients.csv"\nsql = "select 1"',
            "book.toml, key tables.clients: found both file and sql, expected one of them",
        ),
        (
            '[[tables.clients.set_aside]]\nwhere = "client = 1"\nbecause = "test"',
            "book.toml, key tables.clients.set_aside 1: found Binder Error: Referenced column "
            '"client" not found in FROM clause!',
        ),
    ],
)
def test_a_wrong_setting(write, problems, toml, expected):
    (found,) = problems(toml)
    assert found.startswith(expected.replace("{folder}", write().name))


def test_settings_that_are_missing(problems, write):
    with pytest.raises(BookError) as error:
        open_book(write(settings=""))
    assert [str(problem) for problem in error.value.problems] == [
        'book.toml, key name: found nothing, expected the name of the book, such as "Agency A"',
        'book.toml, key currency: found nothing, expected an ISO 4217 code, such as "VND"',
    ]


def test_an_error_of_toml_names_the_line(write):
    with pytest.raises(BookError, match=r"book.toml is not TOML: .*at line 4, column 8.* Mend that line."):
        open_book(write("\ncountry\n"))


def test_no_book(tmp_path):
    with pytest.raises(BookError, match=r"There is no folder '.*nowhere'. Name the folder of a book"):
        open_book(tmp_path / "nowhere")
    with pytest.raises(BookError, match=r"has no book.toml. Write one with at least:\n  name = "):
        open_book(tmp_path)


def test_no_clients(write):
    folder = write()
    (folder / "clients.csv").rename(folder / "client.csv")
    with pytest.raises(
        BookError,
        match=r"table clients: found no file clients \(\.csv, \.parquet, \.xlsx, \.xls, .*\.ods, \.duckdb\) in",
    ):
        open_book(folder)
    (folder / "clients.csv").write_text("client_id,name,since\n")
    with pytest.raises(BookError, match=r"clients.csv: found no rows, expected at least one client"):
        open_book(folder)


def test_two_files_of_one_table(write):
    folder = write()
    (folder / "clients.parquet").write_bytes(b"")
    with pytest.raises(BookError, match=r"table clients: found clients.csv and clients.parquet, expected one of them"):
        open_book(folder)


def test_files_that_are_not_what_they_are_called(write):
    folder = write('[tables.invoices]\nfile = "invoices.xlsx"\n[tables.surveys]\nfile = "surveys.parquet"\n')
    (folder / "invoices.xlsx").write_text("no workbook")
    (folder / "surveys.parquet").write_text("no parquet")
    with pytest.raises(BookError) as error:
        open_book(folder)
    invoices, surveys = map(str, error.value.problems)
    assert invoices.startswith("invoices.xlsx: found a file that is no workbook")
    assert surveys.startswith("surveys.parquet: found a file that is no Parquet")


def test_all_problems_at_once(write):
    """160 wrong amounts and 1 wrong score: both sorts are shown, the rest counted, all are in `.problems`."""
    rows = "".join(f"I{n},C1,2026-01-31,x{n}\n" for n in range(160))
    surveys = "survey_id,client_id,sent_on,score\nS1,C1,2026-01-05,11\n"
    with pytest.raises(BookError) as error:
        open_book(write(invoices="invoice_id,client_id,issued_on,amount\n" + rows, surveys=surveys))
    assert len(error.value.problems) == 161
    lines = str(error.value).splitlines()
    assert lines[0].endswith("has 161 problems:")
    assert lines[1:6] == [
        f"  invoices.csv row {n + 2}, column amount: found 'x{n}', expected a number" for n in range(5)
    ]
    assert lines[6:] == [
        "  surveys.csv row 2, column score: found 11, expected a whole number from 0 to 10",
        "  … and 155 more: see .problems",
    ]
    first = error.value.problems[0]
    assert (first.table, first.file, first.row, first.column) == ("invoices", "invoices.csv", 2, "amount")


def test_the_error_survives_a_process_boundary(problems, write):
    with pytest.raises(BookError) as error:
        open_book(write(invoices=invoice(amount="x")))
    copy = pickle.loads(pickle.dumps(error.value))
    assert (str(copy), copy.problems) == (str(error.value), error.value.problems)


def test_a_rate_that_cannot_be_read_is_not_said_to_be_missing(problems):
    found = problems(
        invoices="invoice_id,client_id,issued_on,amount,currency\nI1,C1,2026-01-31,1,USD\n",
        fx="month,currency,rate\n2026-01,USD,?\n",
    )
    assert found == ["fx.csv row 2, column rate: found '?', expected a number of at least 0"]


def test_an_unreadable_table_does_not_accuse_others(problems):
    """Payments of invoices that could not be read are not said to link to nothing."""
    payments = "payment_id,invoice_id,paid_on,amount\nP1,I1,2026-02-01,100\n"
    assert len(problems(invoices=b"", payments=payments)) == 1


OVERRIDES = "client_id,band,reason,author,from_on,until_on\n"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("C1,red,,Lan,2026-10-01,2026-12-31", "column reason: found an empty cell, expected text"),
        ("C1,red,a tender,,2026-10-01,2026-12-31", "column author: found an empty cell, expected text"),
        (
            "C1,red,a tender,Lan,2026-10-01,",
            "column until_on: found an empty cell, expected a date such as 2026-10-31",
        ),
        (
            "C1,grey,a tender,Lan,2026-10-01,2026-12-31",
            "column band: found 'grey', expected one of red, amber, green",
        ),
        (
            "C1,red,a tender,Lan,2026-10-01,2026-09-30",
            "column until_on: found 2026-09-30, expected not before from_on (2026-10-01)",
        ),
        (
            "C9,red,a tender,Lan,2026-10-01,2026-12-31",
            "column client_id: found 'C9', expected a client_id of the table",
        ),
    ],
)
def test_an_override_says_why_who_and_until_when(problems, row, expected):
    (found,) = problems(health_overrides=f"{OVERRIDES}{row}\n")
    assert found.startswith(f"health_overrides.csv row 2, {expected}")


def test_two_bands_of_a_client_on_one_day_are_named_both(problems):
    rows = (
        "C1,red,first,Lan,2026-09-01,2026-12-31\n"
        "C1,green,second,Lan,2026-10-15,2026-11-15\n"
        "C1,amber,third,Lan,2026-12-31,2027-01-31\n"  # the first still holds, the second does not
        "C1,red,fourth,Lan,2027-02-01,2027-02-28\n"
    )
    end = "expected one band of a client at a time: end the one before"
    holds = f"when row 2 holds (2026-09-01 to 2026-12-31), {end}"
    assert problems(health_overrides=OVERRIDES + rows) == [
        f"health_overrides.csv row 3, column from_on: found 2026-10-15, {holds}",
        f"health_overrides.csv row 4, column from_on: found 2026-12-31, {holds}",
    ]
    twice = "C1,red,first,Lan,2026-09-01,2026-12-31\nC1,green,second,Lan,2026-09-01,2026-11-15\n"
    (once,) = problems(health_overrides=OVERRIDES + twice)  # said as a key that stands twice, and not again
    assert "each only once" in once

"""Columns as they really arrive, one trouble each: the right values, or an error that a beginner understands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pytest

from amlib.book import open_book

PLAIN = {
    "invoices": {"invoice_id": "I{}", "client_id": "C1", "issued_on": "2026-01-31", "amount": "100"},
    "messages": {"message_id": "M{}", "client_id": "C1", "received_at": "2026-01-31 10:00"},
    "costs": {"cost_id": "K{}", "project_id": "P1", "spent_on": "2026-01-31", "amount": "100"},
    "tasks": {"task_id": "T{}", "project_id": "P1", "department": "media", "handed_on": "2026-01-31"},
    "surveys": {"survey_id": "S{}", "client_id": "C1", "sent_on": "2026-01-05", "answered_on": "2026-01-06"},
    "fx": {"month": "2026-01", "currency": "USD", "rate": "25000"},
    "targets": {"kpi": "nps", "scope": "book", "target": "40", "from_month": "2026-01"},
    "payments": {"payment_id": "B{}", "invoice_id": "I1", "paid_on": "2026-02-28", "amount": "100"},
}
PROJECTS = "project_id,client_id,briefed_on\nP1,C1,2026-01-01\n"


@dataclass(frozen=True)
class Ugly:
    """One column of a table with its cells, what beside it is not plain, and what comes of it."""

    column: str
    cells: list[str]
    becomes: list[Any] | str
    toml: str = ""
    beside: dict[str, list[str]] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        table, column = self.column.split(".")
        n = len(self.cells)
        plain = {name: [cell.format(i) for i in range(n)] for name, cell in PLAIN[table].items()}
        return {
            **({"projects": PROJECTS} if "project_id" in plain else {}),
            **self.tables,
            table: pd.DataFrame({**plain, **self.beside, column: self.cells}).to_csv(index=False),
        }


AMOUNT, ISSUED, RECEIVED, PLANNED = "invoices.amount", "invoices.issued_on", "messages.received_at", "costs.planned"
FIFTH_AND_LAST = ["2026-01-05", "2026-01-31"]
TWO_TIMES = ["2026-01-05 14:05:00", "2026-01-31 09:30:00"]

RIGHT = {
    # -- money ----------------------------------------------------------------------------------------------------
    "accounting software of Vietnam": Ugly(
        AMOUNT, ["13.000.000", "750.000", "1.250,50"], [13_000_000, 750_000, 1250.5]
    ),
    "accounting software of America": Ugly(AMOUNT, ["13,000,000", "750,000.25"], [13_000_000, 750_000.25]),
    "the sign of the dong": Ugly(AMOUNT, ["13.000.000 ₫", "750.000₫", "0 ₫"], [13_000_000, 750_000, 0]),
    "a letter for the dong": Ugly(AMOUNT, ["13.000.000đ", "750.000 đ"], [13_000_000, 750_000]),
    "the code of the dong": Ugly(AMOUNT, ["VND 13.000.000", "750.000 VNĐ"], [13_000_000, 750_000]),
    "credit notes in brackets": Ugly(AMOUNT, ["(1.200.000)", "2.500.000"], [-1_200_000, 2_500_000]),
    "credit notes with a minus behind": Ugly(AMOUNT, ["1.200.000-", "2.500.000"], [-1_200_000, 2_500_000]),
    "a minus that is on no keyboard": Ugly(AMOUNT, ["−1.200.000", "–2.500.000"], [-1_200_000, -2_500_000]),
    "spaces between thousands": Ugly(AMOUNT, ["13 000 000", "750 000"], [13_000_000, 750_000]),
    "spaces that do not break": Ugly(AMOUNT, ["13\u00a0000\u00a0000", "750\u202f000,5"], [13_000_000, 750_000.5]),
    "apostrophes between thousands": Ugly(AMOUNT, ["13'000'000.5", "750’000"], [13_000_000.5, 750_000]),
    "billions and millions in words": Ugly(AMOUNT, ["1,2 tỷ", "15 triệu", "500 nghìn"], [1.2e9, 15_000_000, 500_000]),
    "millions and thousands in letters": Ugly(AMOUNT, ["15tr", "500k", "2,5tr"], [15_000_000, 500_000, 2_500_000]),
    "words without their accents": Ugly(AMOUNT, ["1,2 ty", "15 trieu"], [1.2e9, 15_000_000]),
    "one amount shows what the dot is": Ugly(AMOUNT, ["750.000", "1.250", "13.000.000"], [750_000, 1250, 13_000_000]),
    "one rate shows what the dot is": Ugly(AMOUNT, ["750.000", "1.250", "0.5"], [750, 1.25, 0.5]),
    "dots that book.toml explains": Ugly(
        AMOUNT, ["750.000", "1.250"], [750_000, 1250], '[tables.invoices.formats]\namount = "1.234,5"'
    ),
    "a word for nothing that book.toml explains": Ugly(
        AMOUNT, ["Miễn phí", "1.250.000"], [0, 1_250_000], '[tables.invoices.values.amount]\n"miễn phí" = 0'
    ),
    "dashes where nothing was passed on": Ugly(
        "invoices.pass_through", ["-", "–", "N/A", "250.000,00"], [0, 0, 0, 250_000]
    ),
    "dollars in rows of dollars": Ugly(
        AMOUNT,
        ["$1,000.50", "2,000"],
        [25_012_500, 50_000_000],  # at 25,000 dong for a dollar
        beside={"currency": ["USD", "USD"]},
        tables={"fx": 'month,currency,rate\n2026-01,USD,25.000 ₫\n2026-02,USD,"25.500,5"\n'},
    ),
    "payments in the dollars of their invoice": Ugly(
        "payments.amount",
        ["$100", "50.5"],
        [2_500_000, 1_262_500],
        tables={
            "invoices": "invoice_id,client_id,issued_on,amount,currency\nI1,C1,2026-01-31,500,USD\n",
            "fx": "month,currency,rate\n2026-01,USD,25000\n",
        },
    ),
    "targets in percent and in billions": Ugly(
        "targets.target",
        ["90%", "87,5 %", "1,5 tỷ", "40"],
        [0.9, 0.875, 1.5e9, 40],
        beside={"kpi": ["client_retention", "gross_retention", "revenue", "nps"]},
    ),
    "scores exported with decimals": Ugly("surveys.score", ["9.000", "10.000"], [9, 10]),
    "hours with a comma": Ugly("tasks.hours", ["1,5", "12"], [1.5, 12]),
    # -- days and months ------------------------------------------------------------------------------------------
    "the day first": Ugly(ISSUED, ["05/01/2026", "31/01/2026"], FIFTH_AND_LAST),
    "the month first": Ugly(ISSUED, ["01/05/2026", "01/31/2026"], FIFTH_AND_LAST),
    "dashes, dots and two digits of the year": Ugly(ISSUED, ["5-1-2026", "31.01.26"], FIFTH_AND_LAST),
    "days that book.toml explains": Ugly(
        ISSUED,
        ["05/01/2026", "06/01/2026"],
        ["2026-01-05", "2026-01-06"],
        '[tables.invoices.formats]\nissued_on = "31/12/2026"',
    ),
    "Excel's numbers of days": Ugly(ISSUED, ["46027", "46053"], FIFTH_AND_LAST),
    "days without a separator": Ugly(ISSUED, ["20260105", "20260131"], FIFTH_AND_LAST),
    "days in words": Ugly(ISSUED, ["ngày 5 tháng 1 năm 2026", "31 tháng 01 năm 2026"], FIFTH_AND_LAST),
    "days in English words": Ugly(ISSUED, ["Jan 5, 2026", "31-Jan-2026"], FIFTH_AND_LAST),
    "midnight behind each day": Ugly(ISSUED, ["05/01/2026 0:00", "31/01/2026 00:00:00"], FIFTH_AND_LAST),
    "times of day that book.toml says are not needed": Ugly(
        ISSUED,
        ["05/01/2026 14:05", "31/01/2026 09:30"],
        FIFTH_AND_LAST,
        '[tables.invoices.formats]\nissued_on = "31/12/2026 09:30"',
    ),
    "months in Vietnamese": Ugly(
        "fx.month", ["T10/2026", "tháng 11/2026", "12/2026"], ["2026-10", "2026-11", "2026-12"]
    ),
    "months in English": Ugly("fx.month", ["Oct 2026", "Nov-26"], ["2026-10", "2026-11"]),
    "the first day of each month": Ugly("fx.month", ["01/10/2026", "01/11/2026"], ["2026-10", "2026-11"]),
    # -- instants -------------------------------------------------------------------------------------------------
    "a helpdesk of Vietnam": Ugly(RECEIVED, ["05/01/2026 14:05", "31/01/2026 9:30"], TWO_TIMES),
    "morning and afternoon in Vietnamese": Ugly(RECEIVED, ["05/01/2026 2:05 CH", "31/01/2026 9:30:00 SA"], TWO_TIMES),
    "morning and afternoon in English": Ugly(RECEIVED, ["1/5/2026 2:05 PM", "1/31/2026 9:30 AM"], TWO_TIMES),
    "the time before the day": Ugly(RECEIVED, ["14:05 05/01/2026", "9h30 ngày 31/01/2026"], TWO_TIMES),
    "Greenwich time": Ugly(
        RECEIVED, ["05/01/2026 07:05", "31/01/2026 02:30"], TWO_TIMES, '[tables.messages]\ntime_zone = "UTC"'
    ),
    "seconds since 1970": Ugly(RECEIVED, ["1767596700", "1769826600"], TWO_TIMES),
    # -- flags and words ------------------------------------------------------------------------------------------
    "ticks": Ugly(PLANNED, ["x", "X", ""], [True, True, None]),
    "ticks where book.toml says what no tick means": Ugly(
        PLANNED, ["x", "", "X"], [True, False, True], '[tables.costs.values.planned]\n"" = false'
    ),
    "done and not done": Ugly(PLANNED, ["Rồi", "chưa", "ĐÚNG", "sai"], [True, False, True, False]),
    "departments in their own words": Ugly(
        "costs.department",
        ["Thiết kế", "thiết kế ", "media"],
        ["creative", "creative", "media"],
        '[tables.costs.values.department]\n"Thiết Kế" = "creative"',
    ),
}

WRONG = {
    "dots that may be thousands or decimals": Ugly(
        AMOUNT,
        ["750.000", "1.250"],
        "invoices.csv, column amount: found '750.000' in row 2 and '1.250' in row 3, "
        "expected cells that can be read one way only. Write in book.toml, under [tables.invoices.formats], "
        'amount = "1.234,5" (750.000 is 750000) or amount = "1,234.5" (750.000 is 750)',
    ),
    "commas and dots that contradict each other": Ugly(
        AMOUNT,
        ["1.250,50", "2.000,00", "1,250.50"],
        "invoices.csv row 4, column amount: found '1,250.50', expected a number (as the column writes them: 1.234,5)",
    ),
    "days that may be months": Ugly(
        ISSUED,
        ["05/01/2026", "06/02/2026"],
        "invoices.csv, column issued_on: found '05/01/2026' in row 2 and '06/02/2026' in row 3, "
        "expected cells that can be read one way only. Write in book.toml, under [tables.invoices.formats], "
        'issued_on = "31/12/2026" (05/01/2026 is 5 January 2026) or '
        'issued_on = "12/31/2026" (05/01/2026 is 1 May 2026)',
    ),
    "a day in another order than the rest": Ugly(
        ISSUED,
        ["31/01/2026", "30/01/2026", "01/29/2026"],
        "invoices.csv row 4, column issued_on: found '01/29/2026', expected a date such as 2026-10-31 "
        "(the day first, as in the other cells; write 2026-01-29)",
    ),
    "dollars in a column of dong": Ugly(
        AMOUNT,
        ["$500", "1,250,000"],
        "invoices.csv row 2, column amount: found an amount in USD, expected an amount in VND "
        "(for amounts in USD the row's column currency must say so)",
    ),
    "dong in a row of dollars": Ugly(
        AMOUNT,
        ["15tr"],
        "invoices.csv row 2, column amount: found an amount in VND, expected an amount in USD "
        "(for amounts in VND the row's column currency must say so)",
        beside={"currency": ["USD"]},
        tables={"fx": "month,currency,rate\n2026-01,USD,25000\n"},
    ),
    "dong paid for an invoice in dollars": Ugly(
        "payments.amount",
        ["2.500.000đ"],
        "payments.csv row 2, column amount: found an amount in VND, expected an amount in USD",
        tables={
            "invoices": "invoice_id,client_id,issued_on,amount,currency\nI1,C1,2026-01-31,500,USD\n",
            "fx": "month,currency,rate\n2026-01,USD,25000\n",
        },
    ),
    "a percentage of money": Ugly(
        AMOUNT, ["12%"], "invoices.csv row 2, column amount: found a percentage, expected an amount in VND"
    ),
    "a percentage of a score": Ugly(
        "targets.target",
        ["40%"],
        "targets.csv row 2, column target: found a percentage, expected a number without a unit",
    ),
    "money of a share": Ugly(
        "targets.target",
        ["15tr"],
        "targets.csv row 2, column target: found an amount in VND, expected a share, such as 0.9 or 90%",
        beside={"kpi": ["client_retention"]},
    ),
    "hours with money": Ugly(
        "tasks.hours",
        ["5tr"],
        "tasks.csv row 2, column hours: found an amount in VND, expected a number without a unit",
    ),
    "a unit that nobody knows": Ugly(
        AMOUNT,
        ["500 thùng"],
        "invoices.csv row 2, column amount: found '500 thùng', expected a number ('thùng' is no unit that is known)",
    ),
    "an amount that is not known yet": Ugly(
        AMOUNT, ["-"], "invoices.csv row 2, column amount: found '-', expected a number"
    ),
    "a broken formula": Ugly(
        AMOUNT, ["#REF!", "5"], "invoices.csv row 2, column amount: found '#REF!', expected a number"
    ),
    "a time of day in a column of days": Ugly(
        ISSUED,
        ["31/01/2026 14:05"],
        "invoices.csv row 2, column issued_on: found '31/01/2026 14:05', expected a date such as 2026-10-31 "
        "(the day alone, without a time; or give such a cell under formats)",
    ),
    "a number of Excel among days": Ugly(
        ISSUED,
        ["46027", "31/01/2026"],
        "invoices.csv row 2, column issued_on: found '46027', expected a date such as 2026-10-31 "
        "(if it is Excel's number of a day, write 2026-01-05)",
    ),
    "a year of two digits that may stand first": Ugly(
        ISSUED,
        ["26-01-31"],
        "invoices.csv row 2, column issued_on: found '26-01-31', "
        "expected a date such as 2026-10-31 (the year in four digits)",
    ),
    "the last of February": Ugly(
        ISSUED,
        ["30/02/2026"],
        "invoices.csv row 2, column issued_on: found '30/02/2026', "
        "expected a date such as 2026-10-31 (no calendar has that day)",
    ),
    "a day among times": Ugly(
        RECEIVED,
        ["31/01/2026"],
        "messages.csv row 2, column received_at: found '31/01/2026', "
        "expected a date and time such as 2026-10-31 14:05 (with a time)",
    ),
    "a quarter": Ugly(
        "fx.month", ["Q4/2026"], "fx.csv row 2, column month: found 'Q4/2026', expected a month such as 2026-10"
    ),
    "perhaps": Ugly(
        PLANNED,
        ["perhaps"],
        "costs.csv row 2, column planned: found 'perhaps', expected true or false (or 1/0, yes/no, có/không)",
    ),
    "a department that is mapped by nobody": Ugly(
        "costs.department",
        ["Thiết kế", "Truyền thông"],
        "costs.csv row 3, column department: found 'Truyền thông', "
        "expected one of planner, creative, production, media, partner",
        '[tables.costs.values.department]\n"Thiết kế" = "creative"',
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_values(write, name):
    ugly = RIGHT[name]
    table, column = ugly.column.split(".")
    values = open_book(write(ugly.toml, **ugly.files())).tables[table][column]
    shown = {"issued_on": "%Y-%m-%d", "received_at": "%Y-%m-%d %H:%M:%S", "month": "%Y-%m"}
    values = values.dt.strftime(shown[column]) if column in shown else values
    assert [None if pd.isna(value) else value for value in values] == ugly.becomes


@pytest.mark.parametrize("name", WRONG)
def test_an_error_that_a_beginner_understands(problems, name):
    ugly = WRONG[name]
    assert problems(ugly.toml, **ugly.files()) == [ugly.becomes]


def test_how_a_column_was_read_is_noted_without_what_stands_in_it(write):
    """Cells of pay are shown to nobody, so a note tells forms and no values."""
    ugly = Ugly(AMOUNT, ["1.250,50 ₫", "2.000,00"], [], beside={"issued_on": ["31/01/2026", "05/01/2026"]})
    assert open_book(write(**ugly.files())).notes == (
        "invoices.csv: issued_on is read from '##/##/####', the day first; amount is read as 1.234,5 with VND",
    )


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        (
            '[tables.clients.formats]\nsinse = "31/12/2026"',
            "book.toml, key tables.clients.formats.sinse: found a key that does not exist, "
            "expected one of since, until. Did you mean 'since'?",
        ),
        (
            '[tables.clients.formats]\nsince = "05/01/2026"',
            "book.toml, key tables.clients.formats.since: found '05/01/2026', "
            'expected the example of a cell, such as "31/12/2026" (day first) or "12/31/2026"',
        ),
        (
            '[tables.tasks]\nfile = "clients.csv"\n[tables.tasks.formats]\nhours = "1.234"',
            "book.toml, key tables.tasks.formats.hours: found '1.234', "
            'expected the example of a cell, such as "1.234,5" or "1,234.5"',
        ),
        (
            '[tables.clients.values.segmen]\nA = "key"',
            "book.toml, key tables.clients.values.segmen: found a key that does not exist, expected one of client_id, "
            "name, industry, segment, am_id, since, until. Did you mean 'segment'?",
        ),
        (
            '[tables.costs]\nfile = "clients.csv"\n[tables.costs.values.department]\nA = "creatve"',
            "book.toml, key tables.costs.values.department.'A': found 'creatve', expected one of planner, creative, "
            "production, media, partner, or \"\" for none. Did you mean 'creative'?",
        ),
        (
            '[tables.clients.values.since]\nA = "31/12/2026"',
            "book.toml, key tables.clients.values.since.'A': found '31/12/2026', expected a date such as 2026-10-31",
        ),
        (
            '[tables.clients]\ntime_zone = "Asia/Ho_Chi_Min"',
            "book.toml, key tables.clients.time_zone: found 'Asia/Ho_Chi_Min', "
            "expected a time zone, such as Asia/Ho_Chi_Minh. Did you mean 'Asia/Ho_Chi_Minh'?",
        ),
    ],
)
def test_what_is_wrong_in_book_toml_is_named(problems, toml, expected):
    assert expected in problems(toml)


def test_a_column_that_stays_open_is_no_matter_of_single_rows(problems):
    """Rows that are wrong may be left out one by one; a column that can be read two ways refuses the book."""
    ugly = WRONG["dots that may be thousands or decimals"]
    toml = 'bad_rows = "reject"\n'
    assert problems(toml, **ugly.files()) == [ugly.becomes]


def test_rows_in_another_currency_are_left_out_where_wrong_rows_may_be(write):
    ugly = WRONG["dollars in a column of dong"]
    book = open_book(write('bad_rows = "reject"\n', **ugly.files()))
    assert book.invoices["amount"].tolist() == [1_250_000]
    assert len(book.set_aside) == 1
    assert "found an amount in USD" in book.set_aside["reason"].iloc[0]


def test_a_query_gives_columns_as_people_write_them_too(write):
    toml = '[sources.export]\nfile = "invoices.csv"\n[tables.invoices]\nsql = "select * from export order by amount"\n'
    toml += '[tables.invoices.formats]\namount = "1.234,5"\n'
    files = Ugly(AMOUNT, ["$9.000", "750.000"], [], beside={"currency": ["USD", "VND"]}).files()
    fx = "month,currency,rate\n2026-01,USD,25000\n"
    book = open_book(write(toml, **files, fx=fx))
    assert book.invoices["amount"].tolist() == [9_000 * 25_000, 750_000]

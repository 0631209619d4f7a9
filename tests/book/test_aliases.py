"""Headers as exports write them are found; what could be two things is asked."""

from __future__ import annotations

import tomllib
from collections import Counter

import pytest

from amlib import schema
from amlib.book import aliases, open_book

CONTENT = tomllib.loads(aliases.FILE.read_text(encoding="utf-8"))


def test_every_column_that_a_user_could_have_is_called_something():
    assert list(CONTENT) == list(schema.TABLES)
    for table, entry in CONTENT.items():
        assert set(entry) <= {"files", "columns", "second", "with_tax"}, table
        assert set(entry["columns"]) == set(schema.TABLES[table].columns), table


@pytest.mark.parametrize("table", CONTENT)
def test_no_name_means_two_columns_or_stands_there_twice(table: str):
    parts = ("columns", "second", "with_tax")
    said = [name for part in parts for names in CONTENT[table].get(part, {}).values() for name in names]
    plain = Counter(map(aliases.plain, [*schema.TABLES[table].columns, *said]))
    assert [name for name, n in plain.items() if n > 1] == []
    unknown = {ours for part in parts for ours in CONTENT[table].get(part, {})} - set(schema.TABLES[table].columns)
    assert unknown == set()


def test_no_file_name_means_two_tables():
    said = Counter(aliases.plain(name) for table, entry in CONTENT.items() for name in [table, *entry["files"]])
    assert [name for name, n in said.items() if n > 1] == []


@pytest.mark.parametrize("name", ["Số hóa đơn", "số hoá đơn", "SO HOA DON", "so_hoa_don", "Số  hóa-đơn:"])
def test_names_are_compared_without_accents_case_punctuation_and_space(name: str):
    assert aliases.plain(name) == "sohoadon"


def test_a_name_of_signs_alone_is_itself():
    assert (aliases.plain("#"), aliases.plain(" % ")) == ("#", "%")


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("hoa_don", "invoices"),
        ("Hóa đơn 2026-10", "invoices"),
        ("DANH SACH KHACH HANG", "clients"),
        ("cham_cong_T10", "tasks"),
        ("Bảng kê hóa đơn bán ra T5-T10.2026", "invoices"),
        ("Hóa đơn tháng 9 năm 2026", "invoices"),
        ("DS khach hang_quy 3-2026", "clients"),
        ("T10", None),
        ("Chấm công", "tasks"),
        ("tickets", "messages"),
        ("lung tung", None),
    ],
)
def test_what_a_file_of_a_name_holds(name: str, table: str | None):
    assert aliases.table_of(name) == table


def test_the_same_header_is_another_column_in_another_table():
    header = ["Khách hàng"]
    assert aliases.match(schema.TABLES["clients"], header).columns == {"name": "Khách hàng"}
    assert aliases.match(schema.TABLES["invoices"], header).columns == {"client_id": "Khách hàng"}


def test_a_second_name_counts_only_where_no_first_is_there():
    found = aliases.match(schema.TABLES["invoices"], ["Tên khách hàng", "Mã KH", "Số HĐ", "Tổng tiền"])
    assert found.columns == {"client_id": "Mã KH", "invoice_id": "Số HĐ", "amount": "Tổng tiền"}
    assert found.several == {}


def test_what_is_given_comes_first_then_our_own_name_then_an_alias():
    invoices = schema.TABLES["invoices"]
    headers = ["Mã KH", "client_id", "Số HĐ"]
    assert aliases.match(invoices, headers).columns["client_id"] == "client_id"
    assert aliases.match(invoices, headers, {"client_id": "ma kh"}).columns["client_id"] == "Mã KH"
    # What is taken for one column is no longer there for another.
    assert "invoice_id" not in aliases.match(invoices, ["Số HĐ"], {"project_id": "Số HĐ"}).columns


def test_a_header_that_is_given_is_the_one_to_the_letter_or_the_only_one_like_it():
    invoices = schema.TABLES["invoices"]

    def header(*headers: str) -> str:
        return aliases.match(invoices, headers, {"invoice_id": "so hd"}).columns["invoice_id"]

    assert header("Số HĐ", "Mã KH") == "Số HĐ"
    assert header("Số HĐ", "so hd") == "so hd"
    # Which of two is meant nobody knows: the name stays, which no header is.
    assert header("Số HĐ", "SO-HD") == "so hd"
    assert header("Mã KH") == "so hd"


@pytest.mark.parametrize(
    ("header", "headers", "name"),
    [
        ("Owner (2)", ["Owner (1)", "Owner (2)"], "Owner"),
        ("Owner (1)", ["Owner (1)", "Owner (2)", "Owner (3)"], "Owner"),
        ("Owner (3)", ["Owner (1)", "Owner (2)", "Owner (3)"], "Owner"),
        # A number that stands in the file itself.
        ("Owner (2)", ["Owner", "Owner (2)"], "Owner (2)"),
        ("Owner (1)", ["Owner (1)", "Note (2)"], "Owner (1)"),
        ("Phí (USD)", ["Phí (USD)", "Phí (VND)"], "Phí (USD)"),
        ("Owner", ["Owner", "Owner (1)", "Owner (2)"], "Owner"),
    ],
)
def test_only_the_number_that_reading_gave_is_taken_off(header: str, headers: list[str], name: str):
    assert aliases.bare(header, headers) == name


def test_where_two_first_names_fit_a_second_name_settles_nothing():
    found = aliases.match(schema.TABLES["invoices"], ["Mã KH", "Mã khách hàng", "Tên khách hàng", "Số HĐ"])
    assert found.columns == {"invoice_id": "Số HĐ"}
    assert found.several == {"client_id": ("Mã KH", "Mã khách hàng")}


def test_two_second_names_for_one_column_are_several_too():
    found = aliases.match(schema.TABLES["invoices"], ["Tên khách hàng", "Customer name"])
    assert found.columns == {}
    assert found.several == {"client_id": ("Tên khách hàng", "Customer name")}


def test_a_table_of_another_name_space_has_no_aliases():
    other = schema.Table("invoices", "", ("invoice_id",), {"invoice_id": schema.Column("text", "")})
    assert aliases.match(other, ["Số HĐ"]).columns == {}


CLIENTS = """
    Mã KH,Tên khách hàng,Ngày bắt đầu,Nhân viên phụ trách
    C1,Phở Hòa,2025-01-01,Lan
"""


def test_a_book_of_vietnamese_headers_needs_no_mapping(write):
    invoices = """
        Số HĐ,Mã KH,Ngày lập,Hạn thanh toán,Thành tiền
        I1,C1,2026-10-05,2026-11-04,1000
    """
    book = open_book(write(clients=CLIENTS, invoices=invoices))
    assert book.clients.loc[0, ["client_id", "name", "am_id"]].tolist() == ["C1", "Phở Hòa", "Lan"]
    assert book.invoices.loc[0, ["invoice_id", "client_id", "amount"]].tolist() == ["I1", "C1", 1000.0]
    assert (
        "invoices.csv: 'Số HĐ' as invoice_id, 'Mã KH' as client_id, 'Ngày lập' as issued_on, "
        "'Hạn thanh toán' as due_on, 'Thành tiền' as amount"
    ) in book.notes


def test_a_problem_of_a_cell_names_the_header_of_the_file(problems):
    clients = "Mã KH,Tên KH,Ngày bắt đầu\nC1,A,soon\n"
    (problem,) = problems(clients=clients)
    assert problem.startswith("clients.csv row 2, column since ('Ngày bắt đầu'): found 'soon', expected a date")


def test_two_headers_for_one_column_are_asked(problems):
    clients = "Mã KH,Mã khách hàng,Tên KH,Ngày bắt đầu\nC1,1,A,2026-01-01\n"
    assert problems(clients=clients) == [
        "clients.csv, column client_id: found 2 columns that may be it: 'Mã KH', 'Mã khách hàng', expected "
        "one of them, "
        'under [tables.clients.columns] in book.toml: client_id = "Mã KH"'
    ]


def test_also_of_a_column_that_may_be_absent(problems):
    clients = "client_id,name,since,Người phụ trách,Owner\nC1,A,2026-01-01,Lan,Hoa\n"
    (problem,) = problems(clients=clients)
    assert "column am_id: found 2 columns that may be it: 'Người phụ trách', 'Owner'" in problem


def test_the_line_that_the_problem_asks_for_settles_it(write):
    clients = "Mã KH,Mã khách hàng,Tên KH,Ngày bắt đầu\nC1,1,A,2026-01-01\n"
    toml = '[tables.clients]\nfile = "clients.csv"\ncolumns = { client_id = "Mã KH" }'
    book = open_book(write(toml, clients=clients))
    assert book.clients.client_id.tolist() == ["C1"]
    assert "clients.csv: column 'Mã khách hàng' is not read" in book.notes


def test_of_net_and_gross_the_net_is_the_amount(write):
    invoices = """
        Số HĐ,Mã KH,Ngày HĐ,Thành tiền chưa thuế,Thuế GTGT,Tổng thanh toán
        I1,C1,2026-10-05,1000,80,1080
    """
    book = open_book(write(clients=CLIENTS, invoices=invoices))
    assert book.invoices.amount.tolist() == [1000.0]
    assert "invoices.csv: column 'Tổng thanh toán' is not read: it includes VAT, amount is before it" in book.notes


def test_an_amount_with_vat_alone_is_not_taken_for_the_fee(problems):
    found = problems(clients=CLIENTS, invoices="Số HĐ,Mã KH,Ngày HĐ,Tổng thanh toán\nI1,C1,2026-10-05,1080\n")
    assert found == [
        "invoices.csv, column amount: found only 'Tổng thanh toán', which includes VAT, expected the amount before "
        "VAT; "
        'if nothing of it is VAT, under [tables.invoices.columns] in book.toml: amount = "Tổng thanh toán"'
    ]


def test_a_header_that_is_not_the_column_it_is_called_as_can_be_left(write):
    invoices = "invoice_id,client_id,issued_on,amount,Hạn thanh toán\nI1,C1,2026-10-05,1000,30 ngày\n"
    toml = '[tables.invoices]\nfile = "invoices.csv"\ncolumns = { due_on = "" }'
    book = open_book(write(toml, clients=CLIENTS, invoices=invoices))
    assert book.invoices.due_on.isna().all()
    assert "invoices.csv: column 'Hạn thanh toán' is not read" in book.notes


def test_a_column_that_must_be_there_cannot_be_left(problems):
    toml = '[tables.clients]\nfile = "clients.csv"\ncolumns = { since = "" }'
    (problem,) = problems(toml, clients=CLIENTS)
    assert problem.startswith("clients.csv, column since: found no such column")


def test_columns_of_one_name_are_numbered_and_none_of_them_is_taken(write):
    clients = "client_id,name,since,Labels,Labels,Owner,Owner\nC1,A,2026-01-01,x,y,Lan,Hoa\n"
    toml = '[tables.clients]\nfile = "clients.csv"\ncolumns = { am_id = "Owner (2)" }'
    book = open_book(write(toml, clients=clients))
    assert book.clients.am_id.tolist() == ["Hoa"]
    assert "clients.csv: column 'Labels (1)' is not read" in book.notes


def test_a_file_whose_name_says_a_table_is_told(write):
    folder = write()
    (folder / "hoa_don_2026-10.csv").write_text("a\n1\n")
    told = "hoa_don_2026-10.csv is not read: no table of that name. Did you mean 'invoices'?"
    assert open_book(folder).notes == (told,)

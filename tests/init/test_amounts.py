"""Amounts as people write them, from a folder of exports through `am init --yes` to `am check`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from amlib.__main__ import app
from amlib.book import open_book

CLIENTS = """
    Mã KH,Tên khách hàng,Ngày bắt đầu
    KH1,Phở Hòa,2025-01-01
    KH2,Trà Đá,2025-06-15
"""


def toml(folder: Path) -> dict:
    return tomllib.loads((folder / "book.toml").read_text("utf-8"))


def amounts(folder: Path) -> dict[str, float]:
    return open_book(folder).invoices.set_index("invoice_id").amount.to_dict()


def rows_checked(folder: Path) -> dict[str, int]:
    found = CliRunner().invoke(app, ["check", str(folder), "--json", "--strict"])
    assert found.exit_code == 0, found.output
    return {table["table"]: table["rows"] for table in json.loads(found.stdout)["tables"]}


def test_amounts_with_brackets_currencies_and_words_for_thousands(folder, init):
    invoices = """
        Số HĐ;Mã KH;Ngày lập;Thành tiền
        HD1;KH1;15/09/2026;1.250.000 ₫
        HD2;KH1;16/09/2026;(1.200.000)
        HD3;KH2;17/09/2026;15 triệu
        HD4;KH2;18/09/2026;1,2 tỷ
    """
    here = folder(khach_hang=CLIENTS, hoa_don=invoices)
    found = init(here)
    assert found.exit_code == 0, found.output
    written = toml(here)
    assert written["tables"]["invoices"]["columns"]["amount"] == "Thành tiền"
    assert "sql" not in written["tables"]["invoices"]
    assert written["currency"] == "VND"
    assert "could not tell the currency" not in found.stdout
    assert "negative, as credit notes are, and kept: 1 row" in found.stdout
    assert amounts(here) == {"HD1": 1_250_000, "HD2": -1_200_000, "HD3": 15e6, "HD4": 1.2e9}
    assert rows_checked(here) == {"clients": 2, "invoices": 4}


LINES = """
    Số HĐ,Mã KH,Ngày lập,Tên hàng,Thành tiền
    HD1,KH1,2026-09-15,Bài viết,{}
    HD1,KH1,2026-09-15,Ảnh,{}
    HD2,KH2,2026-09-16,Bài viết,{}
"""


@pytest.mark.parametrize(
    ("cells", "sums"),
    [
        (("1.500.000", "(300.000)", "2.000.000"), {"HD1": 1.2e6, "HD2": 2e6}),
        (("1.500.000 ₫", "(300.000 ₫)", "-2.000.000 ₫"), {"HD1": 1.2e6, "HD2": -2e6}),
        (("VND 1.500.000", "300.000 vnđ", "2.000.000"), {"HD1": 1.8e6, "HD2": 2e6}),
    ],
)
def test_lines_with_brackets_and_currencies_are_added_up(folder, init, cells: tuple[str, ...], sums: dict):
    here = folder(khach_hang=CLIENTS, hoa_don=LINES.format(*cells))
    assert init(here).exit_code == 0
    assert amounts(here) == sums
    assert rows_checked(here) == {"clients": 2, "invoices": 2}


def test_lines_that_sql_cannot_add_up_are_told_and_not_taken(folder, init):
    here = folder(khach_hang=CLIENTS, hoa_don=LINES.format("1.5 triệu", "300 nghìn", "2 triệu"))
    found = init(here)
    assert found.exit_code == 0, found.output
    told = "money is to be added up, and SQL cannot reckon with 'Thành tiền' (1.5 triệu · 300 nghìn · 2 triệu): write"
    assert told in " ".join(found.stdout.split())
    assert list(toml(here)["tables"]) == ["clients"]
    assert "Not used: hoa_don.csv" in (here / "book.toml").read_text("utf-8")


def test_what_is_not_added_up_may_be_written_in_words(folder, init):
    """Only invoices are made of lines; a payment that is there twice is for the book to tell."""
    paid = """
        Số phiếu thu,Số HĐ,Mã KH,Ngày thu,Số tiền
        PT1,HD1,KH1,2026-09-15,1.5 triệu
        PT1,HD1,KH1,2026-09-16,2 triệu
        PT2,HD2,KH1,2026-09-17,2 triệu
    """
    here = folder(khach_hang=CLIENTS, phieu_thu=paid)
    found = init(here)
    assert "payments" in toml(here)["tables"]
    assert "payment_id" in found.output
    assert open_book(here).payments.set_index("payment_id").amount["PT2"] == 2e6


def test_lines_of_two_currencies_are_not_added_up(folder, init):
    here = folder(khach_hang=CLIENTS, hoa_don=LINES.format("$500", '"9.000.000 ₫"', "$20"))
    found = init(here)
    assert "SQL cannot reckon with 'Thành tiền'" in " ".join(found.stdout.split())
    assert list(toml(here)["tables"]) == ["clients"]


def test_lines_with_two_currencies_in_two_columns_are_not_added_up(folder, init):
    lines = """
        Số HĐ,Mã KH,Ngày lập,Thành tiền,Chi hộ
        HD1,KH1,2026-09-15,1.500.000 ₫,{0}
        HD1,KH1,2026-09-15,2.500.000 ₫,{0}
    """
    here = folder(khach_hang=CLIENTS, hoa_don=lines.format("100.000 ₫"))
    assert init(here).exit_code == 0
    invoices = open_book(here).invoices
    assert invoices[["amount", "pass_through"]].to_numpy().tolist() == [[4e6, 2e5]]
    found = init(folder(hoa_don=lines.format("$5")), "--force")
    assert "SQL cannot reckon with 'Thành tiền'" in " ".join(found.stdout.split())


def test_dollars_that_are_added_up_stay_dollars(folder, init):
    contracts = """
        Số hợp đồng,Mã KH,Loại hợp đồng,Ngày ký,Ngày hiệu lực,Phí tháng
        1,KH1,Phí tháng,2026-01-02,2026-01-05,10.000.000 ₫
    """
    rates = "Tháng,Loại tiền,Tỷ giá\n2026-09,USD,25000\n"
    here = folder(khach_hang=CLIENTS, hop_dong=contracts, hoa_don=LINES.format("$100", "($40)", "$5"), ty_gia=rates)
    found = init(here)
    assert found.exit_code == 0, found.output
    # Two currencies are said, so nobody knows that of the book: VND is the guess.
    assert toml(here)["currency"] == "VND"
    assert amounts(here) == {"HD1": 60 * 25_000, "HD2": 5 * 25_000}


@pytest.mark.parametrize(
    ("gross", "tax", "amount"),
    [
        ("1.080.000 ₫", "80.000 ₫", 1e6),
        ("1.080.000", "80.000 ₫", 1e6),
        ("(1.080.000)", "(80.000)", -1e6),
        ("1.08 triệu", "80.000", None),
        ("1.080.000 ₫", "$3", None),
    ],
)
def test_vat_is_taken_off_where_sql_can_reckon_with_the_cells(folder, init, gross: str, tax: str, amount: float | None):
    invoices = f"Số HĐ,Mã KH,Ngày lập,Thuế GTGT,Tổng thanh toán\nHD1,KH1,2026-09-05,{tax},{gross}\n"
    here = folder(khach_hang=CLIENTS, hoa_don=invoices)
    found = init(here)
    assert found.exit_code == 0, found.output
    if amount is None:
        assert "am init could not tell amount: 'Tổng thanh toán'; it includes VAT" in found.stdout
    assert amounts(here) == {"HD1": 1_080_000 if amount is None else amount}


MISA = """
    Số chứng từ;Số hóa đơn;Ngày chứng từ;Tên khách hàng;Tên hàng;Doanh số bán;Chiết khấu;Giá trị trả lại
    BH1;HD1;01/10/2026;Phở Hòa;Bài viết;5.000.000;{};(1.000)
"""


def test_a_ready_mapping_takes_amounts_in_brackets(folder, init):
    here = folder(misa=MISA.format("200.000 ₫"))
    assert init(here).exit_code == 0
    assert amounts(here) == {"HD1": 4_801_000}


def test_a_ready_mapping_leaves_no_discount_out_that_sql_cannot_take_off(folder, init):
    found = init(folder(misa=MISA.format("200 nghìn"), khach_hang=CLIENTS))
    assert found.exit_code == 0, found.output
    assert "and SQL cannot reckon with the cells that make it: write plain numbers" in " ".join(found.stdout.split())

"""What comes in of a table: rows whose id is filled are rows, under whatever name the id stands."""

from __future__ import annotations

from amlib.book import open_book

HEAD = "Diễn giải,Số HĐ,Mã KH,Ngày lập,Thành tiền"


def test_a_row_with_an_id_is_no_total_whatever_it_says(write):
    """'Tổng' begins both last rows: invoice 12 is one, as it has a number, and the last row has none."""
    rows = ["Phí tháng 5,11,C1,2026-05-01,100", "Tổng tháng 5,12,C1,2026-05-02,50", "Tổng cộng,,,,150"]
    book = open_book(write(invoices="\n".join([HEAD, *rows, ""])))
    assert book.invoices[["invoice_id", "amount"]].to_numpy().tolist() == [["11", 100.0], ["12", 50.0]]
    assert book.set_aside[["row", "reason"]].to_numpy().tolist() == [[4, "a total in the file, not a row of it"]]


def test_a_number_under_the_id_is_an_id(write, problems):
    """Of a total nothing but figures stand behind the word; this row has a figure as its id, and lacks its client."""
    rows = ["Phí tháng 5,11,C1,2026-05-01,100", "Tổng tháng 5,12,,,50"]
    found = problems(invoices="\n".join([HEAD, *rows, ""]))
    assert [line.partition(" (")[0] for line in found] == [
        "invoices.csv row 3, column client_id",
        "invoices.csv row 3, column issued_on",
    ]

"""`am check` says what a book holds, what is wrong with it or may be, and what can be measured with it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from amlib.__main__ import app

TOML = 'name = "Phở"\ncurrency = "VND"\n'
CLIENTS = "client_id,name,since,segment\nC1,A,2025-01-01,small\n"


@pytest.fixture
def folder(tmp_path: Path):
    def written(toml: str = TOML, **tables: str) -> Path:
        (tmp_path / "book.toml").write_text(toml, "utf-8")
        for name, text in {"clients": CLIENTS, **tables}.items():
            (tmp_path / f"{name}.csv").write_text(text, "utf-8")
        return tmp_path

    return written


def check(folder: Path, *options: str):
    return CliRunner().invoke(app, ["check", str(folder), *options])


def lines(found) -> list[str]:
    return [" ".join(line.split()) for line in found.stdout.splitlines()]


def invoices(**months: int) -> str:
    """So many invoices of 1,000 a month, each for its own day or id."""
    rows = [
        f"{month}-{n},C1,{month.replace('_', '-').strip('m')}-{n % 28 + 1:02d},{1000 + n}"
        for month, count in months.items()
        for n in range(count)
    ]
    return "\n".join(["invoice_id,client_id,issued_on,amount", *rows, ""])


def test_what_a_book_holds_lacks_and_does_not_read(folder):
    made = "invoice_id,client_id,issued_on,amount\nI1,C1,2026-08-03,1\nI2,C1,2026-09-03,2\n"
    path = folder(TOML + "[health.weights.key]\nnps = 1\n", invoices=made)
    found = check(path)
    assert found.exit_code == 0
    said = lines(found)
    assert said[0] == "Phở, in VND, known until 2026-09"
    assert "clients clients.csv 1 0 0 1 2025-01-01 2025-01-01" in said
    assert "invoices invoices.csv 2 0 0 2 2026-08-03 2026-09-03" in said
    assert "Without surveys: no nps, nps_bridge" in said
    assert not any("revenue_bridge" in line for line in said)  # for which the invoices are enough
    assert "Without clients.am_id: no revenue_per_manager" in said  # the column is not there, so nobody keeps anyone
    assert said[-1] == "Note: book.toml, [health.weights.key]: no client has the segment 'key' (there are: small)"
    assert [path.name for path in (path / "check").iterdir()] == ["2026-09.json"]


def test_what_is_wrong_with_it(folder):
    found = check(folder(clients="client_id,name,since\nC1,A,soon\n"))
    assert found.exit_code == 2
    assert "clients.csv row 2, column since: found 'soon'" in found.stderr
    assert "clients clients.csv 1 0 1 0 – –" in lines(found)


def test_a_book_is_named_by_its_folder_wherever_one_stands(folder, monkeypatch):
    path = folder(clients="client_id,name,since\nC1,A,soon\n")
    monkeypatch.chdir(path)
    assert f"The book {path.name!r} has 2 problems:" in check(Path(".")).stderr


def test_every_wrong_row_is_listed_and_the_rest_is_used(folder):
    two = "I1,C1,2026-08-03,1\nI2,C9,2026-08-03,2\n=cmd|' /C calc'!A0,C1,2026-08-04,x\n"
    path = folder(TOML + 'bad_rows = "reject"\n', invoices=f"invoice_id,client_id,issued_on,amount\n{two}")
    found = check(path)
    assert found.exit_code == 0
    assert check(path, "--strict").exit_code == 1
    first = "the first is invoices.csv row 3, column client_id: found 'C9', expected a client_id of the table clients"
    assert f"Wrong, and left out: invoices, 1 row; {first}" in lines(found)
    listed = pd.read_csv(path / "check" / "rejected.csv")
    assert listed[["file", "row"]].to_numpy().tolist() == [["invoices.csv", 3], ["invoices.csv", 4]]
    assert listed["reason"].tolist() == [
        "client_id: found 'C9', expected a client_id of the table clients",
        "amount: found 'x', expected a number",
    ]
    folder(TOML + 'bad_rows = "reject"\n', invoices="invoice_id,client_id,issued_on,amount\nI1,C1,2026-08-03,1\n")
    assert check(path, "--strict").exit_code == 0
    assert not (path / "check" / "rejected.csv").exists()  # which would tell of an older state


def test_as_json_it_says_the_same(folder):
    path = folder(TOML + 'bad_rows = "reject"\n', surveys="survey_id,client_id,sent_on\nS1,C1,soon\n")
    found = json.loads(check(path, "--json").stdout)
    assert found["usable"] is True
    assert found["files"][1] == {
        "table": "surveys",
        "file": "surveys.csv",
        "sheet": "",
        "rows": 1,
        "set_aside": 0,
        "rejected": 1,
        "kept": 0,
    }
    assert [wrong["where"] for wrong in found["rejected"]] == ["surveys.csv row 2, column sent_on"]
    assert found["lacking"]["gross_retention"] == ["contracts"]
    refused = check(folder(surveys="survey_id,client_id,sent_on\nS1,C1,soon\n"), "--json")
    assert refused.exit_code == 2
    assert json.loads(refused.stdout)["usable"] is False


def test_months_without_rows_and_months_that_stand_out_are_told(folder):
    """Of 22 months one has no invoice, one has a third and one has three times as many as those beside it."""
    counts = {f"m{month.year}_{month.month:02d}": 12 for month in pd.period_range("2025-01", "2026-10", freq="M")}
    counts |= {"m2025_05": 0, "m2025_09": 4, "m2026_02": 36}
    path = folder(invoices=invoices(**counts))
    found = lines(check(path))
    assert [line for line in found if line.startswith("Look at ")] == [
        "Look at invoices: nothing in May 2025.",
        "Look at invoices: 4 rows in September 2025, beside 12 rows and 12 rows in the months around it.",
        "Look at invoices: 36 rows in February 2026, beside 12 rows and 12 rows in the months around it.",
    ]
    assert check(path, "--strict").exit_code == 1


def test_a_sum_stands_out_where_the_number_of_rows_does_not(folder):
    rows = [
        f"I{month}{n},C1,2026-{month:02d}-{n + 1:02d},{3 if month == 6 else 1000}"
        for month in range(1, 11)
        for n in range(20)
    ]
    path = folder(invoices="\n".join(["invoice_id,client_id,issued_on,amount", *rows, ""]))
    beside = "beside VND 20 thousand and VND 20 thousand in the months around it."
    assert f"Look at invoices: VND 60 in June 2026, {beside}" in lines(check(path))


def test_rows_that_are_there_twice_under_two_ids_are_told(folder):
    rows = "I1,C1,2026-08-03,500\nI2,C1,2026-08-03,500\nI3,C1,2026-08-04,500\n"
    path = folder(invoices=f"invoice_id,client_id,issued_on,amount\n{rows}")
    assert "Look at invoices: 1 row equals another one in all but its id: I2." in lines(check(path))


def test_payments_that_include_vat_are_told(folder):
    made = "I1,C1,2026-08-03,1000000\nI2,C1,2026-08-04,2500000\nI3,C1,2026-09-05,3000000\nI4,C1,2026-09-06,4000000\n"
    # I1 in two parts, I2 and I3 at 8 %; of I4 half has come.
    paid = "P1,I1,2026-09-01,500000\nP2,I1,2026-09-02,580000\nP3,I2,2026-09-03,2700000\nP4,I3,2026-09-20,3240000\n"
    tables = {
        "invoices": f"invoice_id,client_id,issued_on,amount\n{made}",
        "payments": f"payment_id,invoice_id,paid_on,amount\n{paid}P5,I4,2026-09-21,2000000\n",
    }
    told = [line for line in lines(check(folder(**tables))) if "looks like VAT" in line]
    assert len(told) == 1
    assert told[0].startswith(
        "Look at payments: 3 invoices are paid with 8% on top of their amount, such as I1, I2, I3."
    )


def test_payments_of_the_amount_are_not_taken_for_vat(folder):
    made = "I1,C1,2026-08-03,1000000\nI2,C1,2026-08-04,2500000\nI3,C1,2026-09-05,3000000\n"
    paid = "P1,I1,2026-09-01,1000000\nP2,I2,2026-09-03,2500000\nP3,I3,2026-09-20,3240000\n"
    tables = {
        "invoices": f"invoice_id,client_id,issued_on,amount\n{made}",
        "payments": f"payment_id,invoice_id,paid_on,amount\n{paid}",
    }
    assert "looks like VAT" not in check(folder(**tables)).stdout


def test_last_months_check_stands_beside_it_and_is_not_told_again(folder):
    rows = "I1,C1,2026-08-03,500\nI2,C1,2026-08-03,500\n"
    path = folder(invoices=f"invoice_id,client_id,issued_on,amount\n{rows}")
    assert check(path, "--strict").exit_code == 1
    assert check(path, "--strict").exit_code == 1  # it is not an earlier month's
    folder(invoices=f"invoice_id,client_id,issued_on,amount\n{rows}I3,C1,2026-09-04,500\n")
    found = check(path, "--strict")
    assert found.exit_code == 0
    assert "table read from rows set aside wrong kept 2026-08 from to" in lines(found)
    assert "invoices invoices.csv 3 0 0 3 2 2026-08-03 2026-09-04" in lines(found)
    assert "Look at 1 more, as last time" in lines(found)


def test_a_record_that_cannot_be_read_is_passed_over(folder):
    path = folder(invoices="invoice_id,client_id,issued_on,amount\nI1,C1,2026-08-03,500\n")
    (path / "check").mkdir()
    (path / "check" / "2026-07.json").write_text("{")
    assert check(path).exit_code == 0


@pytest.mark.parametrize(("lang", "heading"), [("vi", "Đã đọc từ đâu"), ("en", "What was read")])
def test_the_page_is_in_the_books_language_and_escapes_what_it_quotes(folder, lang, heading):
    rows = "I1,<script>alert(1)</script>,2026-08-03,500\nI2,C1,2026-08-04,500\n"
    toml = TOML + f'language = "{lang}"\nbad_rows = "reject"\n'
    path = folder(toml, invoices=f"invoice_id,client_id,issued_on,amount\n{rows}")
    assert check(path, "--html").exit_code == 0
    page = (path / "check" / "2026-08.html").read_text("utf-8")
    assert f"<h2>{heading}</h2>" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert 'href="rejected.csv"' in page


def test_a_folder_that_cannot_be_written_to_is_said_and_the_check_is_made(folder, tmp_path):
    path = folder(invoices="invoice_id,client_id,issued_on,amount\nI1,C1,2026-08-03,500\n")
    (tmp_path / "taken").write_text("a file, no folder")
    found = check(path, "--out", str(tmp_path / "taken"))
    assert found.exit_code == 0
    assert "The check is not kept" in found.stderr
    assert "invoices invoices.csv 1 0 0 1 2026-08-03 2026-08-03" in lines(found)


def test_no_pay_is_in_what_is_kept_of_a_check(folder):
    header = "record_id,year,title,level,source,low,mid,high,period,currency\n"
    rows = "R1,2026,AM,executive,x,,13579 xu,,month,VND\nR2,2026,AM,executive,x,24680,20000,12345,month,VND\n"
    path = folder(TOML + 'bad_rows = "reject"\n', salaries=header + rows)
    said = check(path, "--json", "--html").stdout
    kept = [file.read_text("utf-8") for file in (path / "check").iterdir()]
    assert len(kept) == 3  # the record, the rejected rows and the page
    assert [(wrong["table"], wrong["found"]) for wrong in json.loads(said)["rejected"]] == [("salaries", "")] * 2
    for text in (said, *kept):
        assert not any(pay in text for pay in ("13579", "24680", "20000", "12345"))

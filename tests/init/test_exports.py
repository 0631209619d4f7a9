"""Exports of known systems are recognised by their headers and come in without an edited line."""

from __future__ import annotations

import shutil
import tomllib
from datetime import date
from pathlib import Path

import pytest

from amlib import schema
from amlib.book import Book, open_book
from amlib.init import exports

FIXTURES = Path(__file__).parent / "exports"


@pytest.fixture
def book(init, tmp_path: Path):
    """The book of one or more exports, as `am init --yes` writes it."""

    def book(*names: str) -> Book:
        for name in names:
            shutil.copy(FIXTURES / name, tmp_path)
        found = init(tmp_path)
        assert found.exit_code == 0, found.stderr
        return open_book(tmp_path)

    return book


def test_every_mapping_is_of_columns_that_there_are():
    for entry in exports.known():
        columns = schema.TABLES[entry["table"]].columns
        assert {*entry["columns"], *entry.get("sql", {})} <= {*columns}, entry["title"]
        assert entry["signature"], entry["title"]


def test_every_mapping_has_a_fixture_whose_source_is_named():
    told = (FIXTURES / "README.md").read_text("utf-8")
    names = {path.stem for path in exports.FOLDER.glob("*.toml")}
    assert names == {path.stem for path in FIXTURES.iterdir() if path.suffix in (".csv", ".xlsx")}
    assert all(f"`{path.name}`" in told for path in FIXTURES.iterdir() if path.suffix in (".csv", ".xlsx"))


def test_hubspot_tickets(book):
    found = book("hubspot_tickets.csv")
    messages = found.messages.set_index("message_id")
    assert messages.client_id.tolist() == ["Phở Hòa", "Trà Đá", "Phở Hòa"]
    waited = (messages.replied_at - messages.received_at).dt.total_seconds() / 60
    assert waited.fillna(-1).tolist() == [46, -1, 916]  # 09:12 to 09:58; none; 17:25 to 08:41 the next day
    assert messages.channel.tolist() == ["Email", "Chat", "Email"]
    assert found.set_aside.reason.tolist() == ["dòng không có khách hàng"]
    assert found.clients.since.dt.date.tolist() == [date(2026, 10, 5), date(2026, 10, 6)]


def test_hubspot_deals(book):
    projects = book("hubspot_deals.csv").projects.set_index("project_id")
    assert projects.briefed_on.dt.date.tolist() == [date(2026, 9, 20), date(2026, 9, 28), date(2026, 10, 19)]
    assert projects.won.astype(object).where(projects.won.notna(), None).tolist() == [True, False, None]
    # The close date of a deal that is open is only hoped for.
    assert projects.decided_on.dt.date.fillna(date.max).tolist() == [date(2026, 10, 12), date(2026, 10, 15), date.max]
    assert projects.fee.tolist() == [450e6, 120e6, 90e6]


def test_two_exports_of_a_system_have_the_same_clients(book):
    found = book("hubspot_tickets.csv", "hubspot_deals.csv")
    assert found.clients.client_id.tolist() == ["Phở Hòa", "Trà Đá"]
    assert found.clients.since.dt.date.tolist() == [date(2026, 9, 20), date(2026, 9, 28)]
    assert (len(found.messages), len(found.projects)) == (3, 3)


def test_google_forms(book):
    surveys = book("google_forms_nps.csv").surveys
    assert surveys.score.tolist() == [9, 6, 10]
    assert surveys.client_id.tolist() == ["Phở Hòa", "Trà Đá", "Phở Hòa"]
    assert surveys.answered_on.dt.date.tolist() == [date(2026, 10, 5), date(2026, 10, 6), date(2026, 10, 21)]
    assert surveys.comment.fillna("").tolist() == ["Đúng hẹn, dễ làm việc", "Trả lời hơi chậm", ""]


def test_a_pattern_is_over_plain_letters_and_what_is_not_there_falls_away():
    text = exports.Form("text")
    number = exports.Form("number", "1.234,5", is_text=True)
    forms = dict.fromkeys(["Số chứng từ", "Tên khách hàng", "Tên hàng"], text) | {
        "Doanh số bán": number,
        "Giá trị trả lại": number,
    }
    found = exports.find(forms)
    assert found.title == "MISA, sổ chi tiết bán hàng"
    sold, back = (f"replace(replace(\"{name}\", '.', ''), ',', '.')::double" for name in list(forms)[3:])
    assert found.sql["amount"] == f"{sold} - coalesce({back}, 0)"
    assert found.columns["invoice_id"] == "Số chứng từ"
    # Neither an invoice's number nor its day are there, so their expressions are not either.
    assert {"invoice_id", "issued_on"}.isdisjoint(found.sql)
    assert exports.find({"Name": text, "Phone": text}) is None


def test_mappings_are_toml_that_says_where_the_export_is_made():
    for path in exports.FOLDER.glob("*.toml"):
        text = path.read_text("utf-8")
        assert text.startswith("# ")
        assert ":" in text.splitlines()[0]
        assert {"title", "table", "signature", "columns"} <= {*tomllib.loads(text)}


def test_misa_sales(book):
    """Title and period stand above the header, a total below; lines of an invoice are added up, discounts taken off."""
    found = book("misa_sales.xlsx")
    invoices = found.invoices.set_index("invoice_id")
    # 40 + 60 - 5 million; 25 - 5 that came back; 12, whose invoice is not written yet.
    assert invoices.amount.to_dict() == {"00000101": 95e6, "00000102": 20e6, "BH00103": 12e6}
    assert invoices.client_id.tolist() == ["KH001", "KH002", "KH002"]
    assert invoices.issued_on.dt.date.tolist() == [date(2026, 10, 2), date(2026, 10, 9), date(2026, 10, 30)]
    assert found.clients.set_index("client_id").name.to_dict() == {
        "KH001": "Công ty Phở Hòa",
        "KH002": "Công ty Trà Đá",
    }
    assert found.set_aside.reason.tolist() == ["a total in the file, not a row of it"]


def test_misa_invoices(book):
    found = book("misa_invoices.xlsx")
    assert found.invoices.set_index("invoice_id").amount.to_dict() == {"00000101": 95e6, "00000102": 20e6}
    # The tax code is the client's key, and keeps its leading zero.
    assert found.clients.set_index("client_id").name["0301234567"] == "Công ty Phở Hòa"


ONE_CLIENT = "client_id,name,since\nC1,Phở Hòa,2025-01-01\n"


def test_asana(book, tmp_path: Path):
    (tmp_path / "clients.csv").write_text(ONE_CLIENT, "utf-8")
    found = book("asana_tasks.csv")
    tasks = found.tasks
    assert tasks.department.tolist() == ["creative", "media", "production"]
    # The start date where there is one, else the day it was created.
    assert tasks.handed_on.dt.date.tolist() == [date(2026, 10, 2), date(2026, 10, 3), date(2026, 10, 21)]
    assert tasks.done_on.dt.date.fillna(date.max).tolist() == [date(2026, 10, 7), date.max, date(2026, 10, 30)]
    # 'Backlog' is no department: its task is listed, not lost.
    (left_out,) = found.set_aside.itertuples()
    assert "Backlog" in left_out.values


def test_jira(book, tmp_path: Path):
    (tmp_path / "clients.csv").write_text(ONE_CLIENT, "utf-8")
    tasks = book("jira_issues.csv").tasks
    assert tasks.task_id.tolist() == ["PHO-1", "PHO-2"]
    assert tasks.department.tolist() == ["creative", "media"]
    assert tasks.handed_on.dt.date.tolist() == [date(2026, 10, 5), date(2026, 10, 19)]
    assert tasks.due_on.dt.date.tolist() == [date(2026, 10, 9), date(2026, 10, 30)]
    assert tasks.hours.fillna(-1).tolist() == [9, -1]  # 32,400 seconds

"""`am init`: what it proposes for a folder, what it asks, what it leaves to its owner, and that the book opens."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from amlib.book import open_book

CLIENTS = """
    Mã KH,Tên khách hàng,Ngày bắt đầu,Người phụ trách
    KH1,Phở Hòa,2025-01-01,Lan
    KH2,Trà Đá,2025-06-15,Minh
"""
INVOICES = """
    Số HĐ,Mã KH,Ngày lập,Hạn thanh toán,Thành tiền,Ghi chú
    HD1,KH1,2026-09-05,2026-10-05,1000000,
    HD2,KH2,2026-10-06,2026-11-05,2500000,gấp
"""


def toml(folder: Path) -> dict:
    return tomllib.loads((folder / "book.toml").read_text("utf-8"))


def test_a_folder_of_an_agency(folder, init):
    here = folder(danh_sach_khach_hang=CLIENTS, hoa_don=INVOICES)
    found = init(here)
    assert found.exit_code == 0, found.stderr
    assert toml(here)["tables"]["invoices"] == {
        "file": "hoa_don.csv",
        "columns": {
            "invoice_id": "Số HĐ",
            "client_id": "Mã KH",
            "issued_on": "Ngày lập",
            "due_on": "Hạn thanh toán",
            "amount": "Thành tiền",
        },
    }
    text = (here / "book.toml").read_text("utf-8")
    assert "# hoa_don.csv: 2 rows, invoices (sure)" in text
    assert "#   invoice_id  Số HĐ           sure  HD1 · HD2" in text
    assert "#   not used: Ghi chú" in text
    assert 'currency = "VND"  # am init could not tell the currency' in text
    book = open_book(here)
    assert book.clients.am_id.tolist() == ["Lan", "Minh"]
    assert book.invoices.amount.tolist() == [1e6, 2.5e6]
    assert f"am check {here}" in found.stdout
    assert f"am report {here}" in found.stdout


def test_a_book_toml_that_is_there_stays_unless_forced(folder, init):
    here = folder(clients=CLIENTS)
    (here / "book.toml").write_text("# mine\n")
    found = init(here)
    assert (found.exit_code, (here / "book.toml").read_text()) == (2, "# mine\n")
    assert "--force writes over it" in found.stderr
    assert init(here, "--force").exit_code == 0
    assert "tables" in toml(here)


def test_it_asks_what_it_cannot_tell_and_nothing_else(folder, init):
    clients = "Mã KH,Tên KH,Ngày bắt đầu,Người phụ trách,Owner\nKH1,Phở Hòa,2025-01-01,Lan,Minh\n"
    here = folder(khach_hang=clients, hoa_don=INVOICES.replace("KH2", "KH1"))
    found = init(here, answers="2\nAgency A\nusd\n")
    assert found.exit_code == 0, found.stderr
    # One question of a column, the name, the currency: no more.
    assert found.stdout.count("?") == 3
    assert "Which column of khach_hang.csv is am_id" in found.stdout
    settings = toml(here)
    assert (settings["name"], settings["currency"]) == ("Agency A", "USD")
    assert open_book(here).clients.am_id.tolist() == ["Minh"]


def test_a_currency_that_does_not_exist_is_asked_again(folder, init):
    here = folder(clients=CLIENTS)
    found = init(here, answers="A\ndong\nvnd\n")
    assert found.exit_code == 0, found.stderr
    assert "'DONG' is no ISO 4217 code" in found.stdout
    assert toml(here)["currency"] == "VND"


def test_the_best_guess_of_several_columns_is_marked(folder, init):
    here = folder(khach_hang="Mã KH,Tên KH,Ngày bắt đầu,Người phụ trách,Owner\nKH1,A,2025-01-01,Lan,Minh\n")
    assert init(here).exit_code == 0
    assert "# am init could not tell am_id: 'Người phụ trách' or 'Owner'" in (here / "book.toml").read_text("utf-8")
    assert open_book(here).clients.am_id.tolist() == ["Lan"]


def test_clients_are_those_that_the_invoices_name(folder, init):
    here = folder(hoa_don="Số HĐ,Khách hàng,Ngày lập,Thành tiền\n1,Phở Hòa,2026-09-05,10\n2,Phở Hòa,2026-08-01,20\n")
    assert init(here).exit_code == 0
    clients = open_book(here).clients
    assert clients[["client_id", "name"]].to_numpy().tolist() == [["Phở Hòa", "Phở Hòa"]]
    assert clients.since.dt.date.tolist() == [date(2026, 8, 1)]


def test_a_list_of_clients_without_their_first_day_takes_it_from_the_invoices(folder, init):
    clients = "Mã KH,Tên khách hàng,Ngành\nKH1,Phở Hòa,F&B\nKH2,Trà Đá,F&B\n"
    here = folder(khach_hang=clients, hoa_don=INVOICES)
    assert init(here).exit_code == 0
    clients = open_book(here).clients.set_index("client_id")
    assert clients.industry.tolist() == ["F&B", "F&B"]
    assert clients.since.dt.date.to_dict() == {"KH1": date(2026, 9, 5), "KH2": date(2026, 10, 6)}


def test_invoices_that_name_clients_by_name_and_not_by_code(folder, init):
    invoices = "Số HĐ,Khách hàng,Ngày lập,Thành tiền\n1,Phở Hòa,2026-09-05,10\n2,Trà Đá,2026-10-01,20\n"
    here = folder(khach_hang=CLIENTS, hoa_don=invoices)
    assert init(here).exit_code == 0
    assert "client_id is the name: the other tables name it so" in (here / "book.toml").read_text("utf-8")
    assert open_book(here).clients.client_id.tolist() == ["Phở Hòa", "Trà Đá"]


LINES = """
    Số hóa đơn,Mã KH,Ngày hóa đơn,Tên hàng,Thành tiền
    1,KH1,2026-09-05,Thiết kế,100
    1,KH1,2026-09-05,In ấn,20
    2,KH1,2026-10-05,Thiết kế,50
    2,KH1,2026-10-05,Thiết kế,50
    3,,2026-10-06,Khác,7
    4,KH1,2026-10-07,Tặng,0
    5,KH1,2026-10-08,Giảm giá,-5
"""


def test_lines_of_invoices_are_added_up(folder, init):
    here = folder(ban_hang=LINES)
    assert init(here).exit_code == 0
    text = (here / "book.toml").read_text("utf-8")
    assert "am init could not tell whether 1 row that repeat another in every cell are slips" in text
    assert "am init could not tell whether 1 row without money are sales" in text
    book = open_book(here)
    amounts = book.invoices.set_index("invoice_id").amount
    assert amounts.to_dict() == {"1": 120, "2": 100, "4": 0, "5": -5}
    assert book.set_aside[["row", "reason"]].to_numpy().tolist() == [[6, "dòng không có khách hàng"]]


def test_what_is_only_proposed_is_a_comment_of_one_line(folder, init):
    here = folder(ban_hang=LINES)
    init(here)
    file = here / "book.toml"
    lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join(line.removeprefix("#") if line.startswith("# {") else line for line in lines), "utf-8")
    book = open_book(here)
    assert book.invoices.set_index("invoice_id").amount.to_dict() == {"1": 120, "2": 50, "5": -5}
    assert sorted(book.set_aside["row"]) == [5, 6, 7]


def test_an_amount_with_vat_is_taken_without_it(folder, init):
    invoices = "Số HĐ,Mã KH,Ngày lập,Thuế GTGT,Tổng thanh toán\nHD1,KH1,2026-09-05,80,1080\n"
    here = folder(khach_hang=CLIENTS, hoa_don=invoices)
    assert init(here).exit_code == 0
    assert "'Tổng thanh toán' less 'Thuế GTGT'  likely" in (here / "book.toml").read_text("utf-8")
    assert open_book(here).invoices.amount.tolist() == [1000]


def test_an_amount_with_vat_alone_is_marked(folder, init):
    here = folder(khach_hang=CLIENTS, hoa_don="Số HĐ,Mã KH,Ngày lập,Tổng thanh toán\nHD1,KH1,2026-09-05,1080\n")
    assert init(here).exit_code == 0
    told = "# am init could not tell amount: 'Tổng thanh toán'; it includes VAT, amount is before it: take the VAT off"
    assert told in (here / "book.toml").read_text("utf-8")


def test_a_header_whose_cells_do_not_fit_is_left(folder, init):
    invoices = "Số HĐ,Mã KH,Ngày lập,Hạn thanh toán,Thành tiền\nHD1,KH1,2026-09-05,30 ngày,1000\n"
    here = folder(khach_hang=CLIENTS, hoa_don=invoices)
    assert init(here).exit_code == 0
    assert toml(here)["tables"]["invoices"]["columns"]["due_on"] == ""
    assert open_book(here).invoices.due_on.isna().all()


def test_a_conversation_is_a_message_per_turn_of_the_client(folder, init):
    log = """
        Conversation ID,Sent at,Direction,Customer
        7,2026-10-05 09:00,inbound,Phở Hòa
        7,2026-10-05 09:01,inbound,Phở Hòa
        7,2026-10-05 09:30,outbound,Phở Hòa
        7,2026-10-06 08:00,inbound,Phở Hòa
        8,2026-10-06 10:00,outbound,Trà Đá
        8,2026-10-06 11:00,inbound,Trà Đá
        8,2026-10-06 11:05,outbound,Trà Đá
    """
    here = folder(conversations=log.replace("Sent at", "Received"))
    found = init(here)
    assert found.exit_code == 0, found.stderr
    messages = open_book(here).messages.set_index("message_id")
    waited = (messages.replied_at - messages.received_at).dt.total_seconds().fillna(-1) / 60
    # 09:00 to 09:30; 08:00 without an answer; 11:00 to 11:05.
    assert waited.round(2).to_dict() == {"7-1": 30, "7-2": -0.02, "8-1": 5}


def test_sheets_of_months_are_stacked(tmp_path: Path, init):
    workbook = Workbook()
    workbook.remove(workbook.active)
    for month in (9, 10):
        sheet = workbook.create_sheet(f"T{month}")
        sheet.append(["Số HĐ", "Khách hàng", "Ngày lập", "Thành tiền"])
        sheet.append([f"HD{month}", "Phở Hòa", date(2026, month, 5), 100 * month])
    other = workbook.create_sheet("Khách hàng")
    other.append(["Tên khách hàng", "Ngày bắt đầu"])
    other.append(["Phở Hòa", date(2025, 1, 1)])
    workbook.save(tmp_path / "so_sach.xlsx")
    assert init(tmp_path).exit_code == 0
    assert toml(tmp_path)["tables"]["invoices"]["sheet"] == ["T9", "T10"]
    book = open_book(tmp_path)
    assert book.invoices.amount.tolist() == [900, 1000]
    assert book.clients.since.dt.date.tolist() == [date(2025, 1, 1)]


def test_what_is_no_table_is_told_with_its_columns(folder, init):
    tasks = "Mã công việc,Mã dự án,Ngày giao\nT1,P1,2026-10-01\n"
    here = folder(khach_hang=CLIENTS, linh_tinh="a,b\n1,2\n", cong_viec=tasks)
    found = init(here)
    assert found.exit_code == 0
    text = (here / "book.toml").read_text("utf-8")
    assert "# Not used: linh_tinh.csv. am init could not tell what it is.\n#   Its columns: a, b" in text
    assert "# Not used: cong_viec.csv. It looks like tasks (" in text
    assert "which needs department (department that does it), and no column is it." in text


def test_a_folder_without_a_table(folder, init):
    here = folder(linh_tinh="a,b\n1,2\n")
    found = init(here)
    assert found.exit_code == 2
    assert found.stderr == "No table of a client book was found in the folder. It has:\n  linh_tinh.csv: a, b\n"
    assert not (here / "book.toml").exists()


def test_no_folder(init, tmp_path: Path):
    found = init(tmp_path / "nowhere")
    assert found.exit_code == 2
    assert "There is no folder" in found.stderr


def test_rows_that_are_wrong_are_left_out_and_listed(folder, init):
    here = folder(khach_hang=CLIENTS, hoa_don=INVOICES.replace("HD2,KH2", "HD2,KH9"))
    found = init(here)
    assert found.exit_code == 0, found.stderr
    assert toml(here)["bad_rows"] == "reject"
    book = open_book(here)
    assert book.invoices.invoice_id.tolist() == ["HD1"]
    assert "left out, each for its reason: 1 row" in found.stdout


def test_who_wants_no_wrong_row_left_out_is_told_of_each(folder, init):
    here = folder(khach_hang=CLIENTS, hoa_don=INVOICES.replace("HD2,KH2", "HD2,KH9"))
    found = init(here, answers="A\nVND\nn\n")
    assert found.exit_code == 1
    named, asked = "Wrong in invoices: 1 of its rows, such as", "Wrong: 1 row. Leave out what is wrong"
    assert 0 < found.stdout.index(named) < found.stdout.index(asked)
    assert "hoa_don.csv row 3, column client_id ('Mã KH'): found 'KH9'" in found.stderr


def test_where_nobody_answers_wrong_rows_stay_in_and_are_told(folder, init):
    here = folder(khach_hang=CLIENTS, hoa_don=INVOICES.replace("HD2,KH2", "HD2,KH9"))
    found = init(here, answers="A\nVND\n")
    assert found.exit_code == 1
    assert "Not answered: they stay in." in found.stdout
    assert "hoa_don.csv row 3, column client_id ('Mã KH'): found 'KH9'" in found.stderr
    assert toml(here).get("bad_rows", "refuse") == "refuse"


def test_pay_is_not_repeated(folder, init):
    pay = "Mã bản ghi,Năm,Chức danh,Mức lương,Nguồn\nL1,2026,AE,17 - 25 triệu,tin tuyển dụng\n"
    here = folder(khach_hang=CLIENTS, bang_luong=pay)
    found = init(here)
    assert found.exit_code == 0, found.stderr
    assert "17 - 25" not in (here / "book.toml").read_text("utf-8") + found.stdout
    assert len(open_book(here).salaries) == 1


@pytest.mark.parametrize(("lang", "reason"), [("vi", "dòng không có khách hàng"), ("en", "no client on the row")])
def test_reasons_are_in_the_language_of_the_book(folder, init, lang: str, reason: str):
    here = folder(ban_hang=LINES)
    assert init(here, "--lang", lang).exit_code == 0
    assert open_book(here).set_aside.reason.tolist() == [reason]
    assert toml(here)["language"] == lang


def test_a_currency_that_the_cells_say_is_not_asked(folder, init):
    here = folder(khach_hang=CLIENTS, luong="Mã bản ghi,Năm,Chức danh,Mức lương,Nguồn\nL1,2026,AE,$900,tin\n")
    init(here)
    assert toml(here)["currency"] == "USD"


def test_files_of_months_are_a_pattern_that_the_next_month_fits_too(folder, init):
    months = {f"hoa_don_2026-{month:02}": INVOICES.replace("HD", f"HD{month}-") for month in (9, 10)}
    here = folder(khach_hang=CLIENTS, **months)
    assert init(here).exit_code == 0
    assert toml(here)["tables"]["invoices"]["file"] == "hoa_don_*.csv"
    assert len(open_book(here).invoices) == 4


def test_folders_of_months(folder, init):
    here = folder(khach_hang=CLIENTS)
    for month in ("2026-09", "2026-10"):
        (here / month).mkdir()
        (here / month / "hoa_don.csv").write_text(f"Số HĐ,Mã KH,Ngày lập,Thành tiền\nHD{month},KH1,{month}-05,10\n")
    assert init(here).exit_code == 0
    assert toml(here)["tables"]["invoices"]["file"] == "*/hoa_don.csv"
    assert open_book(here).invoices.invoice_id.tolist() == ["HD2026-09", "HD2026-10"]


def test_names_where_a_pattern_would_take_more(folder, init):
    months = {f"hoa_don_2026-{month:02}": INVOICES.replace("HD", f"HD{month}-") for month in (9, 10)}
    here = folder(khach_hang=CLIENTS, hoa_don_huy="Lý do\nsai tên\n", **months)
    assert init(here).exit_code == 0
    assert toml(here)["tables"]["invoices"]["file"] == ["hoa_don_2026-09.csv", "hoa_don_2026-10.csv"]


def test_dates_and_amounts_as_vietnamese_systems_write_them(folder, init):
    invoices = "Số HĐ;Mã KH;Ngày lập;Thành tiền\nHD1;KH1;05/09/2026;1.250.000,50\nHD2;KH2;31/10/2026;900\n"
    here = folder(khach_hang=CLIENTS, hoa_don=invoices)
    assert init(here).exit_code == 0
    found = open_book(here).invoices
    assert found.issued_on.dt.date.tolist() == [date(2026, 9, 5), date(2026, 10, 31)]
    assert found.amount.tolist() == [1_250_000.5, 900]


def test_what_can_be_read_in_two_ways_is_guessed_and_marked(folder, init):
    invoices = "Số HĐ,Mã KH,Ngày lập,Thành tiền\nHD1,KH1,05/09/2026,1.250\nHD2,KH2,06/10/2026,15.000\n"
    here = folder(khach_hang=CLIENTS, hoa_don=invoices)
    found = init(here)
    assert found.exit_code == 0, found.stderr
    assert toml(here)["tables"]["invoices"]["formats"] == {"issued_on": "31/12/2026", "amount": "1.234,5"}
    assert "am init could not tell issued_on: day or month first; taken is %d/%m/%Y" in found.stdout
    invoices = open_book(here).invoices
    assert invoices.issued_on.dt.month.tolist() == [9, 10]
    assert invoices.amount.tolist() == [1250, 15000]


def test_words_for_ours(folder, init):
    contracts = """
        Số hợp đồng,Mã KH,Loại hợp đồng,Ngày ký,Ngày hiệu lực,Phí tháng
        1,KH1,Phí tháng,2026-01-02,2026-01-05,100
        2,KH2,Khác,2026-01-02,2026-01-05,
    """
    here = folder(khach_hang=CLIENTS, hop_dong=contracts)
    assert init(here).exit_code == 0
    assert toml(here)["tables"]["contracts"]["values"] == {"kind": {"Phí tháng": "retainer"}}
    assert '# "Khác" = "retainer"  # am init could not tell' in (here / "book.toml").read_text("utf-8")
    book = open_book(here)
    assert book.contracts.kind.tolist() == ["retainer"]
    assert len(book.set_aside) == 1


def test_a_word_that_nobody_knows_leaves_a_column_empty_that_may_be(folder, init):
    managers = "Mã NV,Họ tên,Chức danh\nLan,Trần Lan,Account Manager\nMinh,Lê Minh,Trùm\n"
    here = folder(khach_hang=CLIENTS, nhan_vien=managers)
    assert init(here).exit_code == 0
    assert open_book(here).account_managers.level.fillna("").tolist() == ["manager", ""]


def test_a_list_with_codes_and_exports_with_names_come_together(folder, init):
    tickets = """
        Ticket ID,Customer,Created at,First reply at
        T1,phở hòa ,2026-10-05 09:00,2026-10-05 10:00
        T2,Trà Đá,2026-10-06 09:00,
        T3,Chè Bưởi,2026-10-07 09:00,
    """
    here = folder(khach_hang=CLIENTS, hoa_don=INVOICES, tickets=tickets)
    found = init(here)
    assert found.exit_code == 0, found.stderr
    assert "client_id: the file has names, whose codes are looked up in khach_hang.csv" in found.stdout
    book = open_book(here)
    assert book.messages.set_index("message_id").client_id.to_dict() == {"T1": "KH1", "T2": "KH2"}
    # A name that the list does not have is told as it stands, and its row listed.
    assert "Wrong in messages: 1 of its rows, such as" in found.stdout
    assert "found 'Chè Bưởi', expected a client_id of the table clients" in found.stdout


def test_a_list_without_first_days_and_exports_with_names(folder, init):
    tickets = "Ticket ID,Customer,Created at\nT1,Phở Hòa,2026-08-05 09:00\nT2,Trà Đá,2026-10-06 09:00\n"
    here = folder(khach_hang="Mã KH,Tên KH\nKH1,Phở Hòa\nKH2,Trà Đá\n", hoa_don=INVOICES, tickets=tickets)
    assert init(here).exit_code == 0
    since = open_book(here).clients.set_index("client_id").since.dt.date
    assert since.to_dict() == {"KH1": date(2026, 8, 5), "KH2": date(2026, 10, 6)}


def test_real_and_typed_dates_in_one_column(tmp_path: Path, init):
    workbook = Workbook()
    workbook.active.append(["Mã KH", "Tên KH", "Ngày bắt đầu"])
    workbook.active.append(["KH1", "Phở Hòa", date(2025, 3, 1)])
    workbook.active.append(["KH2", "Trà Đá", "15/06/2025"])
    workbook.save(tmp_path / "khach_hang.xlsx")
    assert init(tmp_path).exit_code == 0
    assert open_book(tmp_path).clients.since.dt.date.tolist() == [date(2025, 3, 1), date(2025, 6, 15)]


def test_words_none_of_which_is_known_are_asked_for_by_the_line_to_write(folder, init):
    tasks = "Mã công việc,Mã dự án,Bộ phận,Ngày giao\nT1,P1,Tổ 1,2026-10-01\nT2,P1,Tổ 2,2026-10-02\n"
    here = folder(khach_hang=CLIENTS, cong_viec=tasks)
    assert init(here).exit_code == 0
    text = (here / "book.toml").read_text("utf-8")
    assert "map the words 'Tổ 1', 'Tổ 2' under [tables.tasks.values.department]" in text


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_taken(folder, init):
    here = folder(khach_hang=CLIENTS)
    (here / "hong.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    found = init(here)
    assert found.exit_code == 0, found.stderr
    assert "Not read: hong.xlsx: found" in found.stderr
    assert "# Not read: hong.xlsx: found" in (here / "book.toml").read_text("utf-8")


def test_a_whole_book_in_our_own_names_comes_back_as_it_is(tmp_path: Path, init):
    sample = Path(__file__).parents[2] / "data" / "sample"
    for file in sample.glob("*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    found = init(tmp_path)
    assert found.exit_code == 0, found.stderr
    assert "Not used" not in found.stdout
    book, whole = open_book(tmp_path), open_book(sample)
    assert not book.missing
    assert book.counts == whole.counts
    assert book.set_aside.empty
    assert [name for name in whole.tables if not book.tables[name].equals(whole.tables[name])] == []


def test_our_own_name_comes_before_others(folder, init):
    here = folder(khach_hang="client_id,Mã KH,name,since\nC1,KH1,Phở Hòa,2025-01-01\n")
    found = init(here)
    assert "could not tell client_id" not in found.stdout
    assert open_book(here).clients.client_id.tolist() == ["C1"]


def test_a_few_cells_that_are_no_date_do_not_hide_the_column(folder, init):
    days = [f"{day:02}/09/2026" for day in range(11, 30)]
    rows = [f"HD{n},KH1,{day},{n}000000" for n, day in enumerate([*days, "31/09/2026"], start=1)]
    here = folder(khach_hang=CLIENTS, hoa_don="\n".join(["Số HĐ,Mã KH,Ngày lập,Thành tiền", *rows]))
    found = init(here)
    assert found.exit_code == 0, found.stderr
    assert toml(here)["tables"]["invoices"]["columns"]["issued_on"] == "Ngày lập"
    assert "found '31/09/2026'" in found.stdout
    assert len(open_book(here).invoices) == 19


def test_a_time_that_is_none_is_named_in_a_day_made_of_times(folder, init):
    times = [f"{day:02}/09/2026 08:30" for day in range(11, 30)]
    rows = [f"P{n},HD1,{time},1000" for n, time in enumerate([*times, "hôm qua"], start=1)]
    here = folder(
        khach_hang=CLIENTS, hoa_don=INVOICES, thanh_toan="\n".join(["Số phiếu thu,Số HĐ,Ngày thu,Số tiền", *rows])
    )
    found = init(here)
    assert found.exit_code == 0, found.stderr
    assert "found 'hôm qua'" in found.stdout
    assert len(open_book(here).payments) == 19


def test_lines_with_a_currency_are_added_up_and_those_without_a_number_set_aside(folder, init):
    lines = [f"HD{day},KH1,{day}/09/2026,1.500.000 đ,{what}" for day in range(15, 25) for what in ("Bài viết", "Ảnh")]
    lines[3] = "HD16,KH1,16/09/2026,miễn phí,Ảnh"
    here = folder(khach_hang=CLIENTS, hoa_don="\n".join(["Số HĐ,Mã KH,Ngày lập,Thành tiền,Tên hàng", *lines]))
    found = init(here)
    assert found.exit_code == 0, found.stderr
    assert "set aside: 1 row, cột Thành tiền không phải là số" in found.stdout
    book = open_book(here)
    # Ten invoices of two lines at 1.5 million; of HD16 one line is left.
    assert book.invoices.set_index("invoice_id").amount.to_dict() == {
        f"HD{day}": 1.5e6 if day == 16 else 3e6 for day in range(15, 25)
    }
    assert len(book.set_aside) == 1


def test_folders_of_months_become_a_pattern_that_takes_the_next_month_too(folder, init):
    here = folder(khach_hang=CLIENTS)
    header, first, second = (line.strip() for line in INVOICES.strip().splitlines())
    for month, row in {"T9.2026": first, "T10.2026": second, "T1.2027": second.replace("HD2", "HD3")}.items():
        if month == "T1.2027":
            assert init(here).exit_code == 0
        (here / month).mkdir()
        name = f"hoa don {month.partition('.')[0]}.csv"
        (here / month / name).write_text(f"{header}\n{row}\n", encoding="utf-8")
    assert toml(here)["tables"]["invoices"]["file"] == "T*/hoa don T*.csv"
    assert sorted(open_book(here).invoices.invoice_id) == ["HD1", "HD2", "HD3"]


def test_payments_on_the_rows_of_invoices_are_told(folder, init):
    paid = """
        Số HĐ,Mã KH,Ngày lập,Thành tiền,Ngày thanh toán,Đã thanh toán
        HD1,KH1,2026-09-05,1000000,2026-10-01,1080000
        HD2,KH2,2026-10-06,2500000,,
    """
    told = "the rows tell payments too (paid_on is 'Ngày thanh toán', amount is 'Đã thanh toán')"
    here = folder(khach_hang=CLIENTS, hoa_don=paid)
    found = init(here)
    assert found.exit_code == 0, found.stderr
    assert told in found.stdout
    # Where another file has the payments, nothing is missing.
    folder(thu_tien="Số phiếu thu,Số HĐ,Ngày thu,Số tiền\nP1,HD1,2026-10-01,1000000\n")
    assert told not in init(here, "--force").stdout


def test_a_link_that_leads_out_of_the_folder_is_not_read(folder, init, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere")
    (secret / "luong.csv").write_text("Mã KH,Tên khách hàng,Ngày bắt đầu\nBÍ MẬT,Phở,2025-01-01\n", "utf-8")
    here = folder(danh_sach_khach_hang=CLIENTS, hoa_don=INVOICES)
    (here / "clients.csv").symlink_to(secret / "luong.csv")
    (here / "thang_9").symlink_to(secret, target_is_directory=True)
    found = init(here)
    assert found.exit_code == 0, found.stderr
    out = "found a file that leads out of the data folder, expected one in it, or a copy"
    assert f"Not read: clients.csv: {out}" in found.stderr
    assert f"Not read: thang_9/luong.csv: {out}" in found.stderr
    assert "BÍ MẬT" not in found.output + (here / "book.toml").read_text("utf-8")
    assert toml(here)["tables"]["clients"]["file"] == "danh_sach_khach_hang.csv"

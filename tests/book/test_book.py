"""What a book can be asked: a month, a client, its last month, its fingerprint; and saving it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from amlib import schema
from amlib.book import Book, BookError, open_book, save_book

TABLES = {
    "account_managers": "am_id,name,hired_on\nA1,An,2024-01-01\nA2,Bình,\nA3,Chi,2026-04-01\n",
    "clients": "client_id,name,am_id,since,until\nC1,Phở,A1,2025-01-01,2026-03-15\nC2,Trà,A2,2026-03-31,\n"
    "C3,Bún,A2,2026-04-01,\n",
    "contracts": "contract_id,client_id,kind,signed_on,starts_on,monthly_fee\n"
    "K1,C1,retainer,2025-01-01,2025-01-01,10\nK2,C2,retainer,2026-04-01,2026-04-01,20\n",
    "projects": "project_id,client_id,briefed_on,decided_on,won,delivered_on\n"
    "J1,C1,2026-02-01,2026-02-10,true,2026-04-05\nJ2,C2,2026-03-31,2026-04-02,false,\nJ3,C2,2026-03-01,,true,\n",
    "costs": "cost_id,project_id,spent_on,amount\nX1,J1,2026-03-01,5\nX2,J2,2026-04-01,6\n",
    "tasks": "task_id,project_id,department,handed_on,done_on,hours\n"
    "T1,J1,creative,2026-03-01,2026-03-31,4\nT2,J2,media,2026-03-31,2026-04-01,5\n",
    "invoices": "invoice_id,client_id,issued_on,amount,currency\nI1,C1,2026-03-31,100,USD\nI2,C2,2026-04-01,200,\n",
    "payments": "payment_id,invoice_id,paid_on,amount\nP1,I1,2026-04-01,100\nP2,I2,2026-03-30,50\n",
    "statements": "client_id,invoice_id,amount,as_of\nC1,I1,100,2026-03-31\nC2,I2,1,2026-04-30\n",
    "messages": "message_id,client_id,am_id,received_at,replied_at\n"
    "M1,C1,A1,2026-03-31 23:59:59,2026-04-01 00:00:00\nM2,C2,A2,2026-04-01 00:00:00,\n",
    "surveys": "survey_id,client_id,sent_on,answered_on,score,comment\n"
    "S1,C1,2026-03-30,2026-03-31,9,ok\nS2,C2,2026-03-30,2026-04-01,3,no\n",
    "targets": "kpi,scope,target,from_month\nnps,book,0.5,2026-03\nnps,book,0.6,2026-04\n",
    "fx": "month,currency,rate\n2026-03,USD,25000\n2026-04,USD,26000\n",
    "salaries": "record_id,year,title,mid,period,source\nR1,2026,AM,20,month,own\n",
    "health_overrides": "client_id,band,reason,author,from_on,until_on\n"
    "C1,red,a tender,Lan,2026-03-31,2026-05-31\nC2,green,paid,Lan,2026-04-01,2026-04-30\n",
}


@pytest.fixture
def book(write):
    return open_book(write(**TABLES))


def column(book, table: str, name: str) -> list:
    return [None if pd.isna(value) else value for value in book.tables[table][name]]


def test_as_of_sees_nothing_that_was_known_later(book):
    """At the end of March 2026: rows of April are away, and so is what April told about earlier rows."""
    march = book.as_of("2026-03")
    ids = {name: column(march, name, table.key[0]) for name, table in schema.TABLES.items()}
    assert ids == {
        "account_managers": ["A1", "A2"],  # no day of hire: stays
        "clients": ["C1", "C2"],
        "contracts": ["K1"],
        "projects": ["J1", "J2", "J3"],
        "costs": ["X1"],
        "tasks": ["T1", "T2"],
        "invoices": ["I1"],
        "payments": ["P2"],  # paid before its invoice was written
        "statements": ["C1"],
        "messages": ["M1"],
        "surveys": ["S1", "S2"],
        "targets": ["nps"],
        "fx": [pd.Period("2026-03", "M")],
        "salaries": ["R1"],
        "health_overrides": ["C1"],
    }
    assert column(march, "messages", "replied_at") == [None]  # midnight of 1 April is April
    assert column(march, "projects", "delivered_on") == [None, None, None]
    assert column(march, "projects", "decided_on") == [pd.Timestamp("2026-02-10"), None, None]
    assert column(march, "projects", "won") == [True, None, True]  # J3: nobody wrote down when, so it stays
    assert column(march, "tasks", "hours") == [4, None]
    assert column(march, "surveys", "score") == [9, None]
    assert column(march, "surveys", "comment") == ["ok", None]
    assert column(march, "clients", "until") == [pd.Timestamp("2026-03-15"), None]
    assert column(book.as_of("2026-02"), "clients", "until") == [None]
    assert "projects: 1 rows have won but no decided_on: known from the start" in book.notes


def test_as_of_keeps_dtypes_and_leaves_the_book_alone(book):
    before = book.fingerprint
    for name, table in book.as_of("2026-03").tables.items():
        assert table.dtypes.to_dict() == book.tables[name].dtypes.to_dict(), name
    assert replace(book).fingerprint == before


def test_as_of_the_last_day_is_the_book(book):
    assert book.as_of("2026-04").fingerprint == book.fingerprint
    assert book.as_of(pd.Period("2026-04", "M")).as_of("2026-03").fingerprint == book.as_of("2026-03").fingerprint


def test_of_client_leaves_no_other_clients_rows(book):
    one = book.of_client("C1")
    ids = {name: column(one, name, table.key[0]) for name, table in schema.TABLES.items()}
    assert ids == {
        "account_managers": ["A1", "A2", "A3"],
        "clients": ["C1"],
        "contracts": ["K1"],
        "projects": ["J1"],
        "costs": ["X1"],
        "tasks": ["T1"],
        "invoices": ["I1"],
        "payments": ["P1"],
        "statements": ["C1"],
        "messages": ["M1"],
        "surveys": ["S1"],
        "targets": ["nps", "nps"],
        "fx": [pd.Period("2026-03", "M"), pd.Period("2026-04", "M")],
        "salaries": ["R1"],
        "health_overrides": ["C1"],
    }
    nothing = book.of_client("C3")
    assert nothing.invoices.empty
    assert nothing.payments.dtypes.to_dict() == book.payments.dtypes.to_dict()


def test_of_client_shows_no_rows_set_aside(write):
    toml = '[[tables.clients.set_aside]]\nwhere = "client_id = \'C2\'"\nbecause = "test"\n'
    book = open_book(write(toml))
    assert len(book.set_aside) == 1
    assert book.of_client("C1").set_aside.empty


def test_of_an_unknown_client(book):
    with pytest.raises(BookError, match=r"The book has no client 'c2' \(it has 3\)\. Did you mean 'C2'\?"):
        book.of_client("c2")


def test_a_month_is_known_by_what_happened_in_it_and_not_by_what_is_planned(book):
    paid = book.payments.head(1).assign(paid_on=pd.Timestamp("2026-05-04"))
    aims = book.targets.head(1).assign(from_month=pd.Period("2027-01", "M"))
    later = replace(book, tables={**book.tables, "payments": paid, "targets": aims})
    assert (later.last_month, later.known_until) == (pd.Period("2026-04", "M"), pd.Period("2026-05", "M"))


def test_last_month(book, write):
    assert book.last_month == pd.Period("2026-04", "M")
    assert book.as_of("2026-03").last_month == pd.Period("2026-03", "M")
    assert book.known_until == pd.Period("2026-04", "M")
    folder = write(**TABLES)
    (folder / "invoices.csv").unlink()
    (folder / "payments.csv").unlink()
    # Without invoices: the statement of 30 April is the last thing known.
    assert open_book(folder).last_month == pd.Period("2026-04", "M")
    empty = replace(book, tables={name: table.iloc[:0] for name, table in book.tables.items()})
    with pytest.raises(BookError, match="no date in any table"):
        _ = empty.last_month


def test_a_table_by_name(book):
    assert book.invoices is book.tables["invoices"]
    assert "surveys" in dir(book)
    with pytest.raises(AttributeError, match=r"a book has no table 'invoice' .*Did you mean 'invoices'\?"):
        _ = book.invoice


def test_repr(write):
    folder = write(invoices="invoice_id,client_id,issued_on,amount\nI1,C1,2026-01-31,1\n")
    assert repr(open_book(folder)) == "<Book 'Agency A' in VND: clients 2, invoices 1>"


def test_save_and_open(book, tmp_path):
    save_book(book, tmp_path / "saved")
    again = open_book(tmp_path / "saved")
    assert again.fingerprint == book.fingerprint
    assert (again.settings, again.missing, again.notes) == (book.settings, book.missing, book.notes)
    for name, table in book.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], table)
    pd.testing.assert_frame_equal(again.set_aside, book.set_aside)


def test_save_keeps_settings_set_aside_and_what_is_missing(write, tmp_path):
    toml = """
        country = ""
        time_zone = "Europe/London"
        [working_hours]
        weekdays = ["mon"]
        hours = ["09:00-17:00"]
        [health.weights.'key "A"']
        nps = 2
        [health.breakpoints]
        overdue = [[0, 100], [0.1, 62.5], [1, 0]]
        [[tables.clients.set_aside]]
        where = "client_id = 'C2'"
        because = "test"
    """
    book = open_book(write(toml))
    save_book(book, tmp_path / "saved")
    again = open_book(tmp_path / "saved")
    assert again.settings == book.settings
    assert again.missing == book.missing
    assert again.notes == book.notes
    pd.testing.assert_frame_equal(again.set_aside, book.set_aside)
    pd.testing.assert_frame_equal(again.messages, book.messages)


def test_a_saved_book_that_was_changed_is_refused(book, tmp_path):
    save_book(book, tmp_path / "saved")
    book.as_of("2026-03").surveys.to_parquet(tmp_path / "saved" / "surveys.parquet")
    with pytest.raises(BookError, match="was changed after it was saved"):
        open_book(tmp_path / "saved")
    save_book(book, tmp_path / "saved")
    (tmp_path / "saved" / "targets.parquet").unlink()
    with pytest.raises(BookError, match="was changed after it was saved"):
        open_book(tmp_path / "saved")


def test_save_does_not_overwrite_a_book_of_somebodys(book):
    with pytest.raises(BookError, match="holds a book that was not written by save"):
        save_book(book, book.path)


def test_the_fingerprint_follows_the_content(book, write):
    assert open_book(write(**TABLES)).fingerprint == book.fingerprint
    assert open_book(write('language = "en"', **TABLES)).fingerprint != book.fingerprint
    surveys = TABLES["surveys"].replace(",9,", ",8,")
    assert open_book(write(**{**TABLES, "surveys": surveys})).fingerprint != book.fingerprint


def test_the_fingerprint_knows_an_empty_table_from_a_missing_one(write):
    without = open_book(write()).fingerprint
    assert open_book(write(surveys="survey_id,client_id,sent_on\n")).fingerprint != without


def changed(book, **tables: pd.DataFrame) -> Book:
    return replace(book, tables={**book.tables, **tables})


def differing(book, other) -> set[str]:
    """The clients whose fingerprints differ."""
    assert set(other.fingerprints) == set(book.fingerprints)
    return {id for id, fingerprint in other.fingerprints.items() if fingerprint != book.fingerprints[id]}


def test_a_clients_fingerprint_is_that_of_its_book(book):
    assert list(book.fingerprints) == ["C1", "C2", "C3"]
    for opened in (book, book.as_of("2026-03")):
        for client_id in opened.clients.client_id:
            assert opened.fingerprints[client_id] == opened.of_client(client_id).fingerprint
    assert book.of_client("C2").fingerprints == {"C2": book.fingerprints["C2"]}


def test_what_is_one_clients_changes_its_fingerprint_alone(book):
    """P1 pays an invoice of C1, X2 is the cost of a project of C2."""
    payments = book.payments.assign(amount=[99.0, 50.0])
    assert differing(book, changed(book, payments=payments)) == {"C1"}
    costs = book.costs.assign(department=[None, "media"])
    assert differing(book, changed(book, costs=costs)) == {"C2"}
    assert differing(book, changed(book, clients=book.clients.assign(name=["Phở", "Trà", "Bún bò"]))) == {"C3"}
    assert differing(book, changed(book, messages=book.messages.head(1))) == {"C2"}
    assert changed(book, payments=payments).fingerprint != book.fingerprint


def test_what_is_everybodys_changes_all_fingerprints(book):
    everybody = {"C1", "C2", "C3"}
    assert differing(book, changed(book, fx=book.fx.assign(rate=[25000.0, 26001.0]))) == everybody
    assert differing(book, changed(book, targets=book.targets.head(1))) == everybody
    assert differing(book, replace(book, settings=replace(book.settings, response_hours=8.0))) == everybody
    assert differing(book, replace(book, missing=("surveys",))) == everybody


def test_only_the_order_of_a_clients_own_rows_matters(book):
    """Of two answers on one day the later row counts, so their order is content; whose row comes first is not."""
    backwards = book.surveys[::-1].reset_index(drop=True)
    assert differing(book, changed(book, surveys=backwards)) == set()
    assert changed(book, surveys=backwards).fingerprint != book.fingerprint
    twice = pd.concat([book.surveys, book.surveys.head(1).assign(survey_id="S3")], ignore_index=True)
    again = changed(book, surveys=twice)
    assert differing(again, changed(book, surveys=twice.iloc[[2, 0, 1]].reset_index(drop=True))) == {"C1"}


def test_what_became_known_later_is_not_in_the_fingerprints_of_a_month(book):
    later = changed(book, payments=book.payments.assign(amount=[99.0, 50.0]))  # P1 was paid in April
    assert differing(book, later) == {"C1"}
    assert differing(book.as_of("2026-03"), later.as_of("2026-03")) == set()


def ids(book, name: str, first: str | pd.Period, last: str | pd.Period) -> list[str]:
    return book.between(name, first, last)[schema.TABLES[name].key[0]].tolist()


def test_between_takes_both_months_whole(book):
    """The last day of March, and its last second in the book's time zone, are March."""
    assert ids(book, "invoices", "2026-03", "2026-03") == ["I1"]
    assert ids(book, "invoices", "2026-04", "2026-04") == ["I2"]
    assert ids(book, "messages", "2026-03", "2026-03") == ["M1"]
    assert ids(book, "messages", "2026-04", "2026-04") == ["M2"]
    assert ids(book, "costs", pd.Period("2026-03"), pd.Period("2026-04")) == ["X1", "X2"]
    assert book.between("targets", "2026-04", "2026-12").target.tolist() == [0.6]
    assert book.between("fx", "2026-01", "2026-03").rate.tolist() == [25000]


def test_between_leaves_out_what_became_known_earlier_later_or_nobody_knows_when(book):
    assert ids(book, "account_managers", "2024-01", "2026-03") == ["A1"]  # A2 has no day of hire
    assert ids(book, "clients", "2025-02", "2026-03") == ["C2"]
    assert ids(book, "surveys", "2026-04", "2026-04") == []  # sent in March, though one was answered in April
    assert ids(book, "costs", "2026-04", "2026-03") == []


def test_between_keeps_columns_and_numbers_the_rows_anew(book):
    found = book.between("invoices", "2026-04", "2026-04")
    assert found.index.tolist() == [0]
    pd.testing.assert_series_equal(found.dtypes, book.invoices.dtypes)
    assert book.between("invoices", "2030-01", "2030-01").dtypes.equals(book.invoices.dtypes)


def test_rows_are_counted_as_they_are_read(sample_book):
    known = sample_book.as_of("2026-08")
    assert known.counts == {name: len(rows) for name, rows in known.tables.items() if name not in known.missing}
    for client in [*known.clients["client_id"].head(3), known.clients["client_id"].iloc[-1]]:
        mine = known.of_client(client)
        assert mine.counts == {name: len(rows) for name, rows in mine.tables.items() if name not in mine.missing}


def test_between_needs_a_table_with_a_date(book):
    with pytest.raises(ValueError, match="salaries has no date by which its rows became known"):
        book.between("salaries", "2026-01", "2026-02")
    with pytest.raises(BookError, match=r"no table 'invoice' \(it has: .*\).*invoices"):
        book.between("invoice", "2026-01", "2026-02")

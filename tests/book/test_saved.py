"""A saved book: the same tables, read when they are used, and of one client without touching the others' rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from frames import frame
from in_place import LARGE, stay

from amlib.book import Book, BookError, open_book, save_book, sliced

# Nobody's rows stand together: what is sorted by client must come back in this order.
CLIENTS = frame("client_id name since", *((id, f"Client {id}", "2025-01-01") for id in ("C", "A", "B", "D")))
INVOICES = frame(
    "invoice_id client_id issued_on amount",
    *((f"I{i}", id, f"2026-0{i // 4 + 1}-01", 100.0 * i) for i, id in enumerate("ABCABCBACBCA")),
)
PAYMENTS = frame(
    "payment_id invoice_id paid_on amount", *((f"P{i}", f"I{11 - i}", "2026-05-01", float(i)) for i in range(12))
)


@pytest.fixture
def book(book_of) -> Book:
    """A, B and C with four invoices and payments each, D without any, in mixed order."""
    return book_of(clients=CLIENTS, invoices=INVOICES, payments=PAYMENTS)


@pytest.fixture
def saved(book, tmp_path, monkeypatch) -> Path:
    """The folder of `book`, with two rows in a row group: each client has row groups of its own."""
    monkeypatch.setattr(sliced, "ROWS_AT_A_TIME", 2)
    save_book(book, tmp_path / "saved")
    return tmp_path / "saved"


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """Names of the files that were read since."""
    names, read = [], sliced.read
    monkeypatch.setattr(sliced, "read", lambda file, *who: names.append(file.stem) or read(file, *who))
    return names


def same(found: Book, expected: Book) -> None:
    for name, rows in expected.tables.items():
        # A book that a test made lacks the columns that opening adds to money.
        pd.testing.assert_frame_equal(found.tables[name][list(rows)], rows, obj=name)


def test_each_clients_tables_are_those_of_the_book_that_was_saved(sample_book, tmp_path):
    save_book(sample_book, tmp_path)
    same(open_book(tmp_path), sample_book)
    for client_id in sample_book.clients.client_id:
        mine = sample_book.of_client(client_id)
        same(open_book(tmp_path).of_client(client_id), mine)
        same(open_book(tmp_path).of_client(client_id).as_of("2026-05"), mine.as_of("2026-05"))
    for client_id in sample_book.as_of("2026-05").clients.client_id:
        mine = sample_book.as_of("2026-05").of_client(client_id)
        same(open_book(tmp_path).as_of("2026-05").of_client(client_id), mine)
        same(sample_book.of_client(client_id).as_of("2026-05"), mine)


def test_rows_come_in_the_order_they_had(book, saved):
    same(open_book(saved), book)
    assert open_book(saved).of_client("B").invoices.invoice_id.tolist() == ["I1", "I4", "I6", "I9"]
    assert open_book(saved).of_client("B").payments.invoice_id.tolist() == ["I9", "I6", "I4", "I1"]
    assert open_book(saved).of_client("D").invoices.empty


def test_opening_reads_no_table_and_each_is_read_once(saved, reads):
    book = open_book(saved)
    assert reads == []
    assert len(book.invoices) == len(book.invoices) == 12
    march = book.as_of("2026-03").as_of("2026-02")
    assert reads == ["invoices"]
    assert march.invoices.invoice_id.tolist() == [f"I{i}" for i in range(8)]
    assert reads == ["invoices"]


def test_a_clients_rows_are_read_without_the_others(saved):
    """Every other client's row groups are overwritten: nobody who reads B's rows notices, whoever reads all does."""
    for name in ("invoices", "payments"):
        file = saved / f"{name}.parquet"
        metadata = pq.ParquetFile(file).metadata
        assert metadata.num_row_groups == 6
        content = bytearray(file.read_bytes())
        for at in range(6):
            group = metadata.row_group(at)
            columns = [group.column(i) for i in range(group.num_columns)]
            (owner,) = (column for column in columns if column.path_in_schema == sliced.OWNER)
            assert owner.statistics.min == owner.statistics.max
            if owner.statistics.min != "B":
                for column in columns:
                    start = column.dictionary_page_offset or column.data_page_offset
                    content[start : start + column.total_compressed_size] = bytes(column.total_compressed_size)
        file.write_bytes(content)
    mine = open_book(saved).of_client("B")
    assert mine.invoices.amount.tolist() == [100, 400, 600, 900]
    assert mine.payments.amount.tolist() == [2, 5, 7, 10]
    with pytest.raises(BookError, match="was changed after it was saved"):
        _ = open_book(saved).of_client("A").invoices
    with pytest.raises(BookError, match="was changed after it was saved"):
        _ = open_book(saved).payments


def test_rows_of_nobody_belong_to_no_client(book_of, tmp_path):
    """Without projects nobody knows whose a cost is."""
    costs = frame(
        "cost_id project_id spent_on amount", ("X1", "J1", "2026-01-01", 5.0), ("X2", "J2", "2026-01-02", 6.0)
    )
    book = book_of(clients=CLIENTS, costs=costs)
    save_book(book, tmp_path)
    same(open_book(tmp_path), book)
    assert open_book(tmp_path).of_client("A").costs.empty
    assert book.of_client("A").costs.empty


@pytest.mark.parametrize("id", ["../../etc/passwd", "🍜🍜", "x" * 9000, "a'b\"c", " "])
def test_ids_of_any_kind(book_of, tmp_path, id):
    clients = pd.concat([CLIENTS, CLIENTS.head(1).assign(client_id=id)], ignore_index=True)
    invoices = pd.concat([INVOICES, INVOICES.head(1).assign(invoice_id="own", client_id=id)], ignore_index=True)
    book = book_of(clients=clients, invoices=invoices)
    save_book(book, tmp_path)
    same(open_book(tmp_path), book)
    same(open_book(tmp_path).of_client(id), book.of_client(id))
    assert open_book(tmp_path).of_client(id).invoices.invoice_id.tolist() == ["own"]


def test_an_unknown_client(saved):
    with pytest.raises(BookError, match=r"The book has no client 'a' \(it has 4\)"):
        open_book(saved).of_client("a")


def test_the_hashes_are_there_without_reading_a_table(book, saved, reads):
    again = open_book(saved)
    assert again.fingerprint == book.fingerprint
    assert again.fingerprints == book.fingerprints
    assert reads == ["fingerprints"]
    other = replace(again, settings=replace(again.settings, language="vi"))
    assert other.fingerprint != book.fingerprint
    assert not {*other.fingerprints.values()} & {*book.fingerprints.values()}
    assert other.fingerprints["A"] == other.of_client("A").fingerprint


def test_a_change_that_keeps_the_size_shows_when_the_rows_cannot_be_read(saved):
    file = saved / "invoices.parquet"
    file.write_bytes(bytes(file.stat().st_size))
    again = open_book(saved)
    assert len(again.payments) == 12
    with pytest.raises(BookError, match="was changed after it was saved"):
        _ = again.invoices


def test_saving_again_leaves_nothing_of_before(book, saved, book_of):
    assert len(open_book(saved).answer("who", lambda whole: whole.clients)) == 4
    save_book(book_of(clients=CLIENTS.head(2)), saved)
    assert sorted(path.name for path in saved.iterdir()) == [
        "answers",
        "book.toml",
        "clients.parquet",
        "fingerprints.parquet",
    ]
    assert not [*(saved / "answers").iterdir()]
    assert open_book(saved).answer("who", lambda whole: whole.clients).client_id.tolist() == ["C", "A"]


def test_a_book_can_be_saved_where_it_was_opened(book, saved):
    save_book(open_book(saved).as_of("2026-02"), saved)
    again = open_book(saved)
    same(again, book.as_of("2026-02"))
    assert again.fingerprint == replace(again, tables=dict(again.tables)).fingerprint
    assert len(again.invoices) == 8


def test_files_of_somebodys_own_are_left_alone(book, tmp_path):
    (tmp_path / "notes.parquet").write_text("mine")
    save_book(book, tmp_path)
    save_book(book, tmp_path)
    assert (tmp_path / "notes.parquet").read_text() == "mine"
    same(open_book(tmp_path), book)


def test_large_tables_stay_in_their_files_but_money_that_was_converted(write, tmp_path, monkeypatch):
    invoices = "invoice_id,client_id,issued_on,amount,currency\nI1,C2,2026-01-31,1000,\nI2,C1,2026-01-15,10,USD\n"
    payments = "payment_id,invoice_id,paid_on,amount\nP1,I1,2026-03-01,400\n"
    messages = "message_id,client_id,received_at\nM1,C2,2026-01-05 10:00\nM2,C1,2026-01-06 10:00\n"
    fx = "month,currency,rate\n2026-01,USD,25000\n"
    book = open_book(write(invoices=invoices, payments=payments, messages=messages, fx=fx))
    save_book(book, tmp_path / "saved")
    monkeypatch.setattr(LARGE, 0)
    saved = open_book(tmp_path / "saved")
    assert stay(saved) == {"payments", "messages"}
    same(saved, book)
    assert saved.invoices.amount.tolist() == [1000, 250_000]


@pytest.mark.parametrize("spoilt", ["all of it", "a page"])
def test_a_change_of_a_large_table_shows_when_it_is_asked(sample_book, tmp_path, monkeypatch, spoilt):
    save_book(sample_book, tmp_path)
    monkeypatch.setattr(LARGE, 0)
    file = tmp_path / "messages.parquet"
    content = bytearray(file.read_bytes())
    column = pq.ParquetFile(file).metadata.row_group(0).column(1)
    begin, length = column.dictionary_page_offset or column.data_page_offset, column.total_compressed_size
    begin, length = (begin, length) if spoilt == "a page" else (0, len(content))
    content[begin : begin + length] = bytes(length)
    file.write_bytes(content)
    saved = open_book(tmp_path)
    with pytest.raises(BookError, match="was changed after it was saved"):
        _ = saved.messages


def test_what_was_gathered_of_a_table_that_cannot_be_read_to_its_end_is_gone(tmp_path):
    def parts() -> Iterator[pa.Table]:
        yield pa.table({"message_id": ["M1"], sliced.OWNER: ["A"]})
        raise BookError("the database is gone")

    with pytest.raises(BookError, match="gone"):
        sliced.gather(parts(), tmp_path / "messages.gathered")
    assert not [*tmp_path.iterdir()]

"""A table that stays where it is gives the rows, figures and hashes that it would give in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from in_place import CAN_STAY, LARGE, Frames, assert_same_rows, by_place, many_at_once, stay, without_left
from pandas.testing import assert_frame_equal

from amlib import health, kpis, portfolio, schema
from amlib.book import Book, open_book, save_book, sliced
from amlib.book.inplace import InPlace
from amlib.book.reading import to_arrow
from amlib.checkup.checkup import check_book
from amlib.kpis import engine


@pytest.fixture
def opened(write, both) -> tuple[Book, Book]:
    """The sample with two wrong rows left out, in memory and in its files."""
    return both(open_book, write(many_at_once, "reject"))


def test_cut_books_are_the_same(opened):
    held, stays = opened
    assert_same_rows(held.for_clients(), stays.for_clients())
    clients = held.clients.client_id.iloc[[0, 2]]
    for month in ("2026-10", "2025-03"):
        assert_same_rows(held.as_of(month), stays.as_of(month))
        for client in clients:
            assert_same_rows(held.as_of(month).of_client(client), stays.as_of(month).of_client(client))
            assert_same_rows(held.of_client(client).as_of(month), stays.of_client(client).as_of(month))
    for name in CAN_STAY:
        left, right = (book.between(name, "2026-08", "2026-09") for book in opened)
        assert len(left)
        assert_frame_equal(left, right)
    assert (held.last_month, held.known_until) == (stays.last_month, stays.known_until)
    assert repr(held) == repr(stays)


@pytest.mark.parametrize("large", [0, 1_000_000], ids=["stays", "read"])
@pytest.mark.parametrize("which", [0, 1], ids=["held", "left where it was"])
def test_a_saved_book_has_the_same_rows(opened, which, large, tmp_path, monkeypatch):
    held, saved_from = opened[0], opened[which]
    monkeypatch.setattr(sliced, "ROWS_AT_A_TIME", 50)
    save_book(saved_from, tmp_path / "saved")
    assert {file.suffix for file in (tmp_path / "saved").iterdir()} == {".parquet", ".toml"}
    monkeypatch.setattr(LARGE, large)
    saved = open_book(tmp_path / "saved")
    assert stay(saved) == (set(CAN_STAY) if large == 0 else set())
    assert_same_rows(held, saved)
    assert saved.fingerprint == saved_from.fingerprint
    assert saved.fingerprints == saved_from.fingerprints
    for client in held.clients.client_id:
        assert_same_rows(held.of_client(client), saved.of_client(client))
        assert held.of_client(client).counts == saved.of_client(client).counts
    assert_same_rows(held.as_of("2026-03"), saved.as_of("2026-03"))


def test_a_saved_book_that_stays_in_its_files_is_saved_into_its_own_folder(opened, tmp_path, monkeypatch):
    held, stays = opened
    save_book(stays, tmp_path / "saved")
    monkeypatch.setattr(LARGE, 0)
    save_book(open_book(tmp_path / "saved"), tmp_path / "saved")
    assert_same_rows(held, open_book(tmp_path / "saved"))


def test_a_clients_hash_is_that_of_its_rows_in_whatever_order_and_file(write, both):
    _, stays = both(open_book, folder := write(lambda frames: None))
    before = stays.fingerprints
    file = folder / "messages.parquet"
    rows = pq.read_table(file)
    pq.write_table(rows.take(np.arange(len(rows))[::-1]), file)
    _, turned = both(open_book, folder)
    assert turned.fingerprints == before
    assert turned.fingerprint != stays.fingerprint
    pq.write_table(rows.slice(1), file)
    _, shorter = both(open_book, folder)
    changed = {client for client, found in shorter.fingerprints.items() if found != before[client]}
    assert changed == {rows["client_id"][0].as_py()}
    payments = pq.read_table(folder / "payments.parquet")  # which belong to a client by their invoice
    invoices = pq.read_table(folder / "invoices.parquet").to_pandas().set_index("invoice_id")
    pq.write_table(payments.slice(1), folder / "payments.parquet")
    _, unpaid = both(open_book, folder)
    changed = {client for client, found in unpaid.fingerprints.items() if found != shorter.fingerprints[client]}
    assert changed == {invoices.client_id[payments["invoice_id"][0].as_py()]}


def test_a_hash_is_that_of_the_files_and_of_the_cut(opened, monkeypatch):
    _, stays = opened
    found = [book.fingerprint for book in (stays, stays.as_of("2026-09"), stays.as_of("2026-08"), stays.for_clients())]
    assert len({*found}) == 4
    monkeypatch.setattr(LARGE, 0)
    assert open_book(stays.path).fingerprint == found[0]
    with (stays.path / "messages.parquet").open("ab") as file:
        file.truncate()
    assert open_book(stays.path).fingerprint == found[0]
    messages = pq.read_table(stays.path / "messages.parquet")
    pq.write_table(messages.slice(0, len(messages) - 1), stays.path / "messages.parquet")
    assert open_book(stays.path).fingerprint != found[0]


@pytest.mark.parametrize("kpi", kpis.CATALOGUE)
def test_kpis_are_the_same(kpi, kept):
    held, stays = kept
    entry = kpis.find(kpi)
    segment = ["segment"] if "client_id" in asked_of(entry) else []
    for by in ([], segment, ["month"] if entry.month else []):
        found = []
        for book in (held, stays):
            try:
                found.append(kpis.ask(book, kpi, "2026-10", by))
            except ValueError as error:
                found.append(str(error))
        if isinstance(found[0], str):
            assert found[0] == found[1]
        else:
            assert_frame_equal(*found, rtol=1e-9)


def test_health_is_the_same(kept):
    held, stays = (health.history(book, "2026-10") for book in kept)
    assert held.score.notna().sum() > 50
    assert_frame_equal(held, stays)
    assert_frame_equal(*(health.measures(book, "2026-03") for book in kept))
    assert_frame_equal(*(portfolio.clients(book, "2026-10") for book in kept))


def asked_of(entry: kpis.Kpi) -> set[str]:
    return {column for name in entry.groups for column in schema.TABLES[name].columns}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, frames: Frames) -> tuple[Book, Book]:
    folder = tmp_path_factory.mktemp("kept")
    for name, rows in frames.items():
        pq.write_table(to_arrow(rows), folder / f"{name}.parquet")
    (folder / "book.toml").write_text('name = "A"\ncurrency = "VND"\ncountry = "VN"\n', "utf-8")
    held = open_book(folder)
    with pytest.MonkeyPatch.context() as small:
        small.setattr(LARGE, 0)
        return held, open_book(folder)


def test_a_check_says_the_same(write, both):
    held, stays = (asdict(found) for found in both(check_book, write(many_at_once, "reject")))
    for found in (held, stays):
        del found["hash"], found["refused"]
        found["rejections"] = by_place(found["rejections"]).to_dict("records")
    held["notes"], stays["notes"] = sorted(held["notes"]), sorted(without_left(stays["notes"]))
    assert held == stays


def test_twins_are_found_in_files(write, both):
    def twins(frames: Frames) -> None:
        twin = frames["messages"].iloc[[3, 5, 5]].assign(message_id=["X1", "X2", "X3"])
        frames["messages"] = pd.concat([frames["messages"], twin], ignore_index=True)

    held, stays = both(check_book, write(twins))
    assert [doubt for doubt in held.doubts if doubt.kind == "twin"] == [d for d in stays.doubts if d.kind == "twin"]
    assert any(doubt.kind == "twin" and doubt.rows == 3 for doubt in stays.doubts)


def test_a_file_that_changes_is_told(opened, frames):
    _, stays = opened
    file = stays.path / "messages.parquet"
    pq.write_table(to_arrow(frames["messages"].iloc[:10]), file)
    with pytest.raises(ValueError, match=r"messages\.parquet was changed after the book was opened.*Open it again"):
        stays.messages  # noqa: B018


def test_what_is_asked_of_one_client_reads_its_rows_alone(opened, monkeypatch):
    held, stays = opened
    read = []
    monkeypatch.setattr("amlib.book.inplace.table.InPlace._typed", spy(read))
    client = held.clients.client_id.iloc[0]
    assert len(stays.of_client(client).payments) == len(held.of_client(client).payments)
    assert max(read) <= max(len(held.of_client(client).invoices), len(held.of_client(client).projects))


def spy(read: list[int]) -> Callable:
    typed = InPlace._typed

    def spied(self: InPlace, rows: pa.Table) -> pd.DataFrame:
        read.append(len(rows))
        return typed(self, rows)

    return spied


def test_no_engine_draws_a_bar_into_a_page(sample_book, tmp_path, monkeypatch):
    """DuckDB draws one for whatever takes two seconds, where it sees that it is in a notebook."""
    made, connect, quiet = [], duckdb.connect, engine.quiet

    def as_in_a_notebook(*args: object, **kwargs: object) -> duckdb.DuckDBPyConnection:
        connection = connect(*args, **kwargs)
        connection.execute("SET enable_progress_bar = true")
        made.append(connection)
        return connection

    def quieted(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
        made.append(connection)
        connection.execute("SET enable_progress_bar = true")  # a question's own connection has settings of its own
        return quiet(connection)

    monkeypatch.setattr(duckdb, "connect", as_in_a_notebook)
    monkeypatch.setattr(engine, "quiet", quieted)
    monkeypatch.setattr(engine, "_THREAD", threading.local())
    kpis.ask(sample_book, "revenue", "2026-10")
    save_book(sample_book, tmp_path)
    monkeypatch.setattr(LARGE, 0)
    assert len(open_book(tmp_path).messages) == len(sample_book.messages)
    drawn = [bar for one in made for (bar,) in one.execute("SELECT current_setting('enable_progress_bar')").fetchall()]
    assert len(drawn) >= 4  # a database twice, as made and as quieted, a question's connection, the files'
    assert not any(drawn)

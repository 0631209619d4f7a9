"""A book whose tables stay in their files is the one that holds them in memory: its rows, and what is said of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from amlib import kpis, schema
from amlib.book import Book, Examined, examine_book, open_book, save_book
from amlib.book.reading import to_arrow
from amlib.checkup.checkup import check_book

Frames = dict[str, pd.DataFrame]
CAN_STAY = ("projects", "costs", "tasks", "invoices", "payments", "messages", "surveys")


@pytest.fixture(scope="module")
def frames(sample_book: Book) -> Frames:
    """The tables of the sample, as they were before anything was converted."""
    found = {name: sample_book.tables[name] for name in schema.TABLES if name not in sample_book.missing}
    return {name: rows[list(schema.TABLES[name].columns)] for name, rows in found.items() if name != "salaries"}


@pytest.fixture
def write(tmp_path: Path, frames: Frames) -> Callable[..., Path]:
    """Write the tables as Parquet, after `change` has changed them."""

    def write(change: Callable[[Frames], None], bad_rows: str = "refuse", toml: str = "") -> Path:
        changed = {name: rows.copy() for name, rows in frames.items()}
        change(changed)
        for name, rows in changed.items():
            table = rows if isinstance(rows, pa.Table) else to_arrow(rows)
            pq.write_table(table, tmp_path / f"{name}.parquet", row_group_size=500)
        settings = f'name = "A"\ncurrency = "VND"\ncountry = "VN"\nbad_rows = "{bad_rows}"\n{toml}'
        (tmp_path / "book.toml").write_text(settings, "utf-8")
        return tmp_path

    return write


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable, Path], tuple]:
    """What a function says of a folder with all tables in memory, and with those that can in their files."""

    def both(function: Callable, folder: Path) -> tuple:
        held = function(folder)
        with monkeypatch.context() as small:
            small.setattr("amlib.book.inplace.standing.LARGE", 0)
            return held, function(folder)

    return both


def stay(book: Book) -> set[str]:
    return {name for name in schema.TABLES if book.tables.in_place(name) is not None}


def assert_same_rows(left: Book, right: Book) -> None:
    assert left.missing == right.missing
    assert left.counts == right.counts
    for name in schema.TABLES:
        assert_frame_equal(left.tables[name], right.tables[name], obj=name)


def assert_same(held: Examined, stays: Examined) -> None:
    assert list(map(str, held.problems)) == list(map(str, stays.problems))
    assert sorted(map(str, held.rejections)) == sorted(map(str, stays.rejections))
    assert_frame_equal(by_place(held.files), by_place(stays.files))
    assert_frame_equal(by_place(held.left_out), by_place(stays.left_out))
    assert sorted(held.notes) == sorted(without_left(stays.notes))
    assert (held.book is None) == (stays.book is None)
    if held.book:
        assert_same_rows(held.book, stays.book)


def without_left(notes: Iterable[str]) -> list[str]:
    return [note for note in notes if "rows, left in the file" not in note]


def by_place(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(list(rows.columns[:4]), kind="stable", ignore_index=True)


def cell(table: str, at: int, column: str, value: object) -> Callable[[Frames], None]:
    def change(frames: Frames) -> None:
        frames[table].loc[at, column] = value

    change.__name__ = f"{table}-{column}-{value}"
    return change


def column(table: str, name: str, make: Callable[[pd.Series], object]) -> Callable[[Frames], None]:
    def change(frames: Frames) -> None:
        frames[table][name] = make(frames[table][name])

    change.__name__ = f"{table}-{name}"
    return change


def nothing(frames: Frames) -> None:
    pass


def key_again(frames: Frames) -> None:
    frames["messages"].loc[7, "message_id"] = frames["messages"].loc[3, "message_id"]
    frames["messages"].loc[2000, "message_id"] = frames["messages"].loc[3, "message_id"]


def reply_before_message(frames: Frames) -> None:
    frames["messages"].loc[11, "replied_at"] = frames["messages"].loc[11, "received_at"] - pd.Timedelta(hours=1)


def many_at_once(frames: Frames) -> None:
    reply_before_message(frames)
    frames["messages"].loc[11, "client_id"] = "nobody"
    frames["messages"].loc[[12, 13], "client_id"] = "nobody"
    frames["messages"].loc[14, "am_id"] = "none"
    frames["surveys"].loc[5, "score"] = 11
    frames["tasks"].loc[5, "department"] = "kitchen"


def wrong_project(frames: Frames) -> None:
    """Its tasks, costs and invoices link to a row that is left out, and payments to those invoices."""
    billed = frames["invoices"].project_id.dropna().iloc[0]
    frames["projects"].loc[frames["projects"].project_id == billed, "briefed_on"] = pd.NaT


def wrong_client(frames: Frames) -> None:
    frames["clients"].loc[0, "since"] = pd.NaT


def dollars(frames: Frames) -> None:
    frames["invoices"].loc[4, "currency"] = "USD"
    month = frames["invoices"].loc[4, "issued_on"].to_period("M")
    frames["fx"] = pd.DataFrame({"month": [month], "currency": ["USD"], "rate": [25000.0]})


def euros_without_rate(frames: Frames) -> None:
    frames["invoices"].loc[4, "currency"] = "EUR"


def another_name(frames: Frames) -> None:
    frames["messages"] = frames["messages"].rename(columns={"client_id": "Mã KH"}).assign(extra=1, khac="x")


def ids_in_figures(frames: Frames) -> None:
    frames["messages"]["message_id"] = np.arange(len(frames["messages"]))


def unknown_file(frames: Frames) -> None:
    del frames["payments"]


def no_invoices(frames: Frames) -> None:
    del frames["invoices"]


def no_projects(frames: Frames) -> None:
    del frames["projects"]


def blank_row(frames: Frames) -> None:
    frames["messages"].loc[9, :] = None


STAY = (
    nothing,
    key_again,
    reply_before_message,
    many_at_once,
    wrong_project,
    wrong_client,
    another_name,
    ids_in_figures,
    unknown_file,
    no_invoices,
    no_projects,
    cell("messages", 4, "client_id", None),
    cell("messages", 4, "client_id", "nobody"),
    cell("messages", 4, "message_id", None),
    cell("messages", 4, "channel", "điện thoại"),
    cell("messages", 4, "received_at", pd.NaT),
    cell("messages", 4, "received_at", pd.Timestamp("2206-01-01", tz="Asia/Ho_Chi_Minh")),
    cell("surveys", 4, "score", 11),
    cell("surveys", 4, "answered_on", pd.NaT),
    cell("invoices", 4, "amount", np.nan),
    cell("invoices", 4, "amount", np.inf),
    cell("invoices", 4, "pass_through", np.nan),
    cell("invoices", 4, "issued_on", pd.Timestamp("1960-01-01")),
    cell("tasks", 4, "hours", -1.0),
    cell("tasks", 4, "department", "kitchen"),
    cell("tasks", 4, "done_on", pd.NaT),
    cell("costs", 4, "planned", None),
)
READ = (
    (dollars, "invoices"),
    (euros_without_rate, "invoices"),
    (cell("invoices", 4, "currency", "XYZ"), "invoices"),
    (blank_row, "messages"),
    (cell("messages", 4, "client_id", " C001"), "messages"),
    (cell("messages", 4, "channel", ""), "messages"),
    (cell("messages", 4, "channel", unicodedata.normalize("NFD", "điện thoại")), "messages"),
    (cell("messages", 4, "channel", "Ä‘iá»‡n thoáº¡i"), "messages"),
    (cell("messages", 4, "channel", "email\ufffd"), "messages"),
    (cell("messages", 4, "received_at", pd.Timestamp("1975-06-13", tz="Asia/Ho_Chi_Minh")), "messages"),
    (cell("invoices", 4, "issued_on", pd.Timestamp("2026-01-05 14:30")), "invoices"),
    (column("invoices", "issued_on", lambda days: days.dt.strftime("%d/%m/%Y")), "invoices"),
    (column("invoices", "amount", lambda money: money.astype(str)), "invoices"),
    (column("costs", "planned", lambda flags: flags.astype("str")), "costs"),
)


@pytest.mark.parametrize(
    ("change", "bad_rows"),
    [*((change, "reject") for change in STAY), *((change, "refuse") for change in (nothing, key_again, many_at_once))],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_what_is_wrong_in_files_is_found_as_in_memory(change, bad_rows, write, both):
    held, stays = both(examine_book, write(change, bad_rows))
    assert_same(held, stays)
    if stays.book:
        assert stay(stays.book) == {name for name in CAN_STAY if name not in stays.book.missing}


@pytest.mark.parametrize(("change", "table"), READ, ids=lambda change: getattr(change, "__name__", change))
def test_what_must_be_read_is_read(change, table, write, both):
    held, stays = both(examine_book, write(change, "reject"))
    assert_same(held, stays)
    expected = {*CAN_STAY} - {table}
    if (table == "invoices" and "currency" in change.__name__) or change is dollars:
        expected -= {"payments"}  # their currency is that of their invoice
    assert stays.book is None or stay(stays.book) == expected


def test_local_time_without_a_zone_stays_too(write, both):
    def local(frames: Frames) -> None:
        for name in ("received_at", "replied_at"):
            frames["messages"][name] = frames["messages"][name].dt.tz_localize(None)

    held, stays = both(examine_book, write(local))
    assert_same(held, stays)
    assert "messages" in stay(stays.book)


def test_where_clocks_are_changed_instants_are_read(write, both):
    held, stays = both(examine_book, write(nothing, toml='time_zone = "Europe/Berlin"\n'))
    assert_same(held, stays)
    assert stay(stays.book) == {*CAN_STAY} - {"messages"}


@pytest.mark.parametrize(
    "toml",
    [
        '[[tables.messages.set_aside]]\nwhere = "channel = \'zalo\'"\nbecause = "not ours"\n',
        '[tables.messages.values.channel]\nzalo = "Zalo"\n',
        '[tables.messages]\ntime_zone = "UTC"\n',
    ],
)
def test_what_book_toml_changes_is_read(toml, write, both):
    held, stays = both(examine_book, write(nothing, toml=toml))
    assert_same(held, stays)
    assert stay(stays.book) == {*CAN_STAY} - {"messages"}


@pytest.fixture
def in_parts(write: Callable[..., Path], frames: Frames) -> Callable[[pd.DataFrame, int], Path]:
    """The messages in two files of a folder each, the second from a row on."""

    def in_parts(messages: pd.DataFrame, second: int) -> Path:
        folder = write(
            lambda tables: tables.pop("messages"), "reject", '[tables.messages]\nfile = "*/messages.parquet"\n'
        )
        for month, rows in {"2026-09": messages[:200], "2026-10": messages[second:]}.items():
            (folder / month).mkdir()
            pq.write_table(to_arrow(rows.reset_index(drop=True)), folder / month / "messages.parquet")
        return folder

    return in_parts


def test_a_table_in_several_files_stays(in_parts, both, frames):
    messages = frames["messages"].copy()
    messages.loc[[199, 200, 201], "client_id"] = "nobody"
    held, stays = both(examine_book, in_parts(messages, 200))
    assert_same(held, stays)
    assert "messages" in stay(stays.book)
    assert stays.left_out.file.tolist() == ["2026-09/messages.parquet", *["2026-10/messages.parquet"] * 2]
    assert stays.left_out.row.tolist() == [201, 2, 3]


def test_rows_that_stand_in_two_files_count_once(in_parts, both, frames):
    held, stays = both(examine_book, in_parts(frames["messages"], 190))
    assert_same(held, stays)
    assert len(stays.book.messages) == len(frames["messages"])
    assert "messages" not in stay(stays.book)


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


def test_a_saved_book_has_the_same_rows(opened, tmp_path):
    held, stays = opened
    save_book(stays, tmp_path / "saved")
    saved = open_book(tmp_path / "saved")
    assert_same_rows(held, saved)
    assert saved.fingerprint == stays.fingerprint
    client = held.clients.client_id.iloc[1]
    assert_same_rows(held.of_client(client), saved.of_client(client))


def test_clients_are_told_apart_by_the_same_hashes(opened):
    held, stays = opened
    assert held.fingerprints == stays.fingerprints


def test_a_hash_is_that_of_the_files_and_of_the_cut(opened, monkeypatch):
    _, stays = opened
    found = [book.fingerprint for book in (stays, stays.as_of("2026-09"), stays.as_of("2026-08"), stays.for_clients())]
    assert len({*found}) == 4
    monkeypatch.setattr("amlib.book.inplace.standing.LARGE", 0)
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
            assert_frame_equal(*found, check_dtype=False, rtol=1e-9)


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
        small.setattr("amlib.book.inplace.standing.LARGE", 0)
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
    from amlib.book.inplace.table import InPlace

    typed = InPlace._typed

    def spied(self: InPlace, rows: pa.Table) -> pd.DataFrame:
        read.append(len(rows))
        return typed(self, rows)

    return spied


def test_small_tables_are_held(write):
    assert stay(open_book(write(nothing))) == set()

"""Which tables can stay where they are, and what is wrong in them: all as if they were read."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from in_place import CAN_STAY, Frames, assert_same, many_at_once, nothing, reply_before_message, stay

from amlib.book import examine_book, open_book
from amlib.book.inplace import InPlace
from amlib.book.reading import to_arrow


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


def key_again(frames: Frames) -> None:
    frames["messages"].loc[7, "message_id"] = frames["messages"].loc[3, "message_id"]
    frames["messages"].loc[2000, "message_id"] = frames["messages"].loc[3, "message_id"]


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
    assert (stays.book is None) == (change is euros_without_rate)
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


def test_small_tables_are_held(write):
    assert stay(open_book(write(nothing))) == set()


def test_what_may_be_meant_is_looked_for_once_however_many_rows_link_to_nothing(write, both, monkeypatch):
    asked, values = [], InPlace.values

    def counted(self: InPlace, column: str, at_most: int | None = None) -> np.ndarray:
        asked.append((self.table.name, column, at_most))
        return values(self, column, at_most)

    monkeypatch.setattr(InPlace, "values", counted)
    _, stays = both(examine_book, write(column("payments", "invoice_id", lambda ids: ids.str.replace("HD", "HX"))))
    assert len(stays.rejections) > 50
    assert "Did you mean 'HD202" in stays.rejections[0].expected
    assert asked.count(("invoices", "invoice_id", 1001)) == 1

"""Books whose large tables stay where they are, held against those that have them in memory."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from pandas.testing import assert_frame_equal

from amlib import schema
from amlib.book import Book, Examined
from amlib.book.tables import day

Frames = dict[str, pd.DataFrame]
CAN_STAY = ("projects", "costs", "tasks", "invoices", "payments", "messages", "surveys")
LARGE = "amlib.book.inplace.standing.LARGE"


def stay(book: Book) -> set[str]:
    return {name for name in schema.TABLES if book.tables.in_place(name) is not None}


def assert_same_rows(left: Book, right: Book) -> None:
    assert left.missing == right.missing
    assert left.counts == right.counts
    for name in schema.TABLES:
        assert_frame_equal(left.tables[name], right.tables[name], obj=name)


def assert_counted(held: Book, stays: Book) -> None:
    """What is remembered of the rows that stay, or counted in some of them, is what pandas counts in them."""
    _assert_counted(held, stays)
    _assert_counted(held.as_of("2026-08"), stays.as_of("2026-08"))


def _assert_counted(held: Book, stays: Book) -> None:
    for name in stay(stays):
        told, rows, columns = stays.tables.in_place(name).tally, held.tables[name], schema.TABLES[name].columns
        days = day(rows[schema.TABLES[name].known_on]).dt.normalize()
        assert (told.rows, *map(str, told.days)) == (len(rows), str(days.min()), str(days.max())), name
        assert {one: told.filled(one) for one in columns} == {one: rows[one].notna().sum() for one in columns}, name
        for one, known_on in ((one, column.known_on) for one, column in columns.items()):
            if known_on not in ("", one):
                assert told.filled(one, known_on) == (rows[one].notna() & rows[known_on].isna()).sum(), (name, one)


def assert_same(held: Examined, stays: Examined) -> None:
    assert list(map(str, held.problems)) == list(map(str, stays.problems))
    assert sorted(map(str, held.rejections)) == sorted(map(str, stays.rejections))
    assert_frame_equal(by_place(held.files), by_place(stays.files))
    assert_frame_equal(by_place(held.left_out), by_place(stays.left_out))
    assert sorted(held.notes) == sorted(without_left(stays.notes))
    assert (held.book is None) == (stays.book is None)
    if held.book:
        assert_same_rows(held.book, stays.book)
        assert_counted(held.book, stays.book)


def without_left(notes: Iterable[str]) -> list[str]:
    return [note for note in notes if ", left in the " not in note]


def by_place(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(list(rows.columns[:4]), kind="stable", ignore_index=True)


def nothing(frames: Frames) -> None:
    pass


def reply_before_message(frames: Frames) -> None:
    frames["messages"].loc[11, "replied_at"] = frames["messages"].loc[11, "received_at"] - pd.Timedelta(hours=1)


def many_at_once(frames: Frames) -> None:
    reply_before_message(frames)
    frames["messages"].loc[11, "client_id"] = "nobody"
    frames["messages"].loc[[12, 13], "client_id"] = "nobody"
    frames["messages"].loc[14, "am_id"] = "none"
    frames["surveys"].loc[5, "score"] = 11
    frames["tasks"].loc[5, "department"] = "kitchen"

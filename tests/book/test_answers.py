"""What is computed for all clients at once: by whom, how often, and what is left when the computer dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from frames import frame

from amlib.book import Book, answers, open_book, save_book
from amlib.book.saved import Saved

CLIENTS = frame("client_id name since", *((id, f"Client {id}", "2025-01-01") for id in "CABD"))
INVOICES = frame(
    "invoice_id client_id issued_on amount",
    ("I1", "A", "2026-01-05", 10.0),
    ("I2", "B", "2026-01-06", 20.0),
    ("I3", "A", "2026-02-05", 30.0),
)


@pytest.fixture
def book(book_of) -> Book:
    return book_of(clients=CLIENTS, invoices=INVOICES)


@pytest.fixture
def saved(book, tmp_path) -> Path:
    save_book(book, tmp_path / "saved")
    return tmp_path / "saved"


class Total:
    """What each client was billed, and how often it was computed."""

    def __init__(self) -> None:
        self.books: list[Book] = []

    def __call__(self, book: Book) -> pd.DataFrame:
        self.books.append(book)
        share = book.invoices.groupby("client_id", as_index=False).amount.sum()
        return share.assign(of_all=share.amount / share.amount.sum())


def rows(answer: pd.DataFrame) -> list[tuple]:
    return list(answer.itertuples(index=False, name=None))


def test_a_client_is_seen_among_all(book, saved):
    for opened in (book, open_book(saved)):
        total = Total()
        assert rows(opened.answer("total", total)) == [("A", 40, 40 / 60), ("B", 20, 20 / 60)]
        assert rows(opened.of_client("B").answer("total", total)) == [("B", 20, 20 / 60)]
        nothing = opened.of_client("D").answer("total", total)
        assert nothing.empty
        assert nothing.dtypes.astype(str).to_dict() == {"client_id": "str", "amount": "float64", "of_all": "float64"}
        assert {whole.client for whole in total.books} == {None}


def test_a_saved_book_computes_once_for_everybody(saved):
    total = Total()
    for client_id in (None, "A", "B", "D"):
        opened = open_book(saved)
        _ = (opened.of_client(client_id) if client_id else opened).answer("total", total)
    assert len(total.books) == 1


def test_a_book_in_memory_computes_once_for_its_clients(book):
    total = Total()
    for client_id in "ABD":
        book.of_client(client_id).answer("total", total)
    assert len(total.books) == 1
    book.answer("total", total)
    book.answer("total", total)
    assert len(total.books) == 3


def test_an_answer_of_the_whole_book_needs_no_clients(saved):
    asked = []

    def by_quarter(whole: Book) -> pd.DataFrame:
        asked.append(whole.client)
        return pd.DataFrame({"quarter": ["Q1", None], "amount": [60.0, None]})

    for _ in range(2):
        found = open_book(saved).answer("by quarter", by_quarter)
        pd.testing.assert_frame_equal(found, by_quarter(open_book(saved)))
    assert len(asked) == 1 + 2


def test_rows_of_a_saved_book_are_counted_once(saved, monkeypatch):
    expected = {"clients": 4, "invoices": 3}
    assert open_book(saved).counts == expected
    monkeypatch.setattr(Saved, "table", lambda *_: pytest.fail("a table was read"))
    assert open_book(saved).counts == expected
    monkeypatch.undo()
    assert open_book(saved).as_of("2026-01").counts == {"clients": 4, "invoices": 2}


def test_an_answer_is_of_its_month(book, saved):
    for opened in (book, open_book(saved)):
        total, one = Total(), opened.of_client("A")
        assert rows(one.as_of("2026-01").answer("total", total)) == [("A", 10, 10 / 30)]
        assert rows(opened.as_of("2026-01").of_client("A").answer("total", total)) == [("A", 10, 10 / 30)]
        assert len(total.books) == 1
        assert rows(one.as_of("2026-02").answer("total", total)) == [("A", 40, 40 / 60)]
        assert rows(one.as_of("2026-02").as_of("2026-01").answer("total", total)) == [("A", 10, 10 / 30)]
        assert len(total.books) == 2


def test_questions_settings_and_other_code_are_told_apart(saved, monkeypatch):
    total, one = Total(), open_book(saved).of_client("A")
    one.answer(["total", pd.Period("2026-01")], total)
    one.answer(["total", pd.Period("2026-02")], total)
    replace(one, settings=replace(one.settings, response_hours=1.0)).answer(["total", pd.Period("2026-02")], total)
    replace(one, missing=("invoices", *one.missing)).answer(["total", pd.Period("2026-02")], total)
    assert len(total.books) == 4
    monkeypatch.setattr(answers, "_code", lambda: "another version")
    one.answer(["total", pd.Period("2026-02")], total)
    assert len(total.books) == 5


def test_columns_come_back_as_they_were(saved):
    given = pd.DataFrame(
        {
            "client_id": ["B", "A", "B"],
            "month": pd.PeriodIndex(["2026-02", "2026-01", "2026-01"], freq="M"),
            "n": [1, 2, 3],
            "value": [None, 1.5, 2.5],
            "flag": pd.array([True, None, False], dtype="boolean"),
            "count": pd.array([1, None, 3], dtype="Int64"),
            "day": pd.to_datetime(["2026-01-01", None, "2026-01-02"]).astype("datetime64[us]"),
            "nothing": [None, None, None],
        }
    )
    for _ in range(2):  # computed, and read
        pd.testing.assert_frame_equal(open_book(saved).answer("all", lambda book: given), given)
    mine = open_book(saved).of_client("B").answer("all", lambda book: given)
    pd.testing.assert_frame_equal(mine, given.iloc[[0, 2]].reset_index(drop=True))


def test_an_error_is_everybodys_own(saved):
    def fail(book):
        raise OSError("no such thing")

    with pytest.raises(OSError, match="no such thing"):
        open_book(saved).answer("total", fail)
    assert not [*(saved / "answers").glob("*.parquet*")]
    assert len(open_book(saved).answer("total", Total())) == 2


def test_where_nothing_can_be_written_everybody_computes(saved):
    (saved / "answers").write_text("in the way")
    total = Total()
    for _ in range(2):
        assert rows(open_book(saved).of_client("B").answer("total", total)) == [("B", 20, 20 / 60)]
    assert len(total.books) == 2


# -- other processes

ASK = """
import os, signal, sys, time
from pathlib import Path
from amlib.book import open_book, sliced

folder, log, how = sys.argv[1:]

def total(book):
    with open(log, "a") as file:
        print("computes", file=file)
    if how == "hangs":
        time.sleep(600)
    time.sleep(0.5)
    return book.invoices.groupby("client_id", as_index=False).amount.sum()

if how == "dies while it writes":
    def half(rows, file, **how):
        Path(file).write_bytes(b"PAR1")
        os.kill(os.getpid(), signal.SIGKILL)
    sliced.pq.write_table = half

print(open_book(folder).of_client("A").answer("total", total).amount.tolist())
"""


@pytest.fixture
def ask(saved, tmp_path) -> Callable[[str], subprocess.Popen]:
    """Starts a process that asks for A's total and logs each time that it computes."""

    def ask(how: str = "") -> subprocess.Popen:
        command = [sys.executable, "-c", ASK, str(saved), str(tmp_path / "log"), how]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    return ask


def computed(log: Path) -> int:
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_of_processes_that_ask_at_once_one_computes(ask, tmp_path):
    asked = [ask() for _ in range(3)]
    assert [process.communicate(timeout=60)[0] for process in asked] == ["[40.0]\n"] * 3
    assert computed(tmp_path / "log") == 1


def test_after_a_kill_the_next_one_computes(ask, saved, tmp_path):
    killed = ask("hangs")
    until = time.monotonic() + 60
    while not computed(tmp_path / "log"):
        assert time.monotonic() < until
        time.sleep(0.02)
    waiting = ask()
    killed.kill()
    assert killed.communicate(timeout=60)[0] == ""
    assert waiting.communicate(timeout=60)[0] == "[40.0]\n"
    assert computed(tmp_path / "log") == 2
    assert len([*(saved / "answers").glob("*.parquet*")]) == 1


def test_half_an_answer_is_none(ask, saved, tmp_path):
    killed = ask("dies while it writes")
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    (half,) = (saved / "answers").glob("*.parquet*")
    assert half.suffix == ".tmp"
    assert ask().communicate(timeout=60)[0] == "[40.0]\n"
    assert [os.path.splitext(path)[1] for path in (saved / "answers").glob("*.parquet*")] == [".parquet"]
    assert computed(tmp_path / "log") == 2

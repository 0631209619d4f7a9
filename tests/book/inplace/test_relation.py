"""A book whose tables stay in a database is the one that reads them: on a real PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import engines
import ibis
import pandas as pd
import pyarrow as pa
import pytest
from in_place import LARGE, assert_counted, assert_same_rows, stay, without_left
from pandas.testing import assert_frame_equal

from amlib import kpis, schema
from amlib.book import Book, BookError, examine_book, open_book, save_book
from amlib.book.databases import Relation, close, may_be_asked
from amlib.book.inplace import sieve
from amlib.book.inplace.table import FEW
from amlib.book.reading import to_arrow
from amlib.checkup.checkup import check_book

THERE = ("projects", "tasks", "invoices", "payments", "messages", "surveys")
TOML = 'name = "A"\ncurrency = "VND"\ncountry = "VN"\nbad_rows = "reject"\n'


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with engines.postgres_database("in_place") as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path, server: str, sample_book: Book) -> Callable[..., Path]:
    """A book with the tables that can in the database and the others in files, after `change` has changed them."""

    def folder(change: Callable[[dict[str, pd.DataFrame]], None] = lambda frames: None, toml: str = "") -> Path:
        frames = {name: sample_book.tables[name][list(table.columns)] for name, table in schema.TABLES.items()}
        frames = {name: frames[name].copy() for name in (*THERE, "clients", "account_managers", "contracts")}
        frames["messages"] = frames["messages"].apply(
            lambda cells: cells.dt.tz_localize(None) if isinstance(cells.dtype, pd.DatetimeTZDtype) else cells
        )
        change(frames)
        text = f'{TOML}[databases.agency]\nurl = "{server}"\n'
        connection = ibis.connect(server)
        for name, rows in frames.items():
            if name in THERE:
                connection.create_table(name, to_arrow(rows.sample(frac=1.0, random_state=1)), overwrite=True)
                text += f'[tables.{name}]\ndatabase = "agency"\ntable = "{name}"\n'
            else:
                rows.to_csv(tmp_path / f"{name}.csv", index=False)
        close(connection)
        (tmp_path / "book.toml").write_text(text + toml, "utf-8")
        return tmp_path

    return folder


def wrong(frames: dict[str, pd.DataFrame]) -> None:
    frames["messages"].loc[[3, 500], "client_id"] = "nobody"
    frames["messages"].loc[9, "replied_at"] = frames["messages"].loc[9, "received_at"] - pd.Timedelta(hours=1)
    frames["surveys"].loc[2, "score"] = 11
    frames["projects"].loc[4, "briefed_on"] = pd.NaT  # and with it what links to it


def test_tables_stay_and_are_the_same(folder, both):
    read, left = both(open_book, folder())
    assert (stay(read), stay(left)) == (set(), {*THERE})
    assert_same_rows(read, left)
    client = read.clients.client_id.iloc[1]
    assert_same_rows(read.as_of("2026-08").of_client(client), left.as_of("2026-08").of_client(client))
    assert_frame_equal(read.between("messages", "2026-08", "2026-09"), left.between("messages", "2026-08", "2026-09"))
    assert sorted(without_left(left.notes)) == sorted(read.notes)
    assert "agency: messages: 742 rows, left in the database and asked there" in " ".join(left.notes)


@pytest.mark.parametrize("month", ["2026-10", "2020-01"], ids=["all", "before there was anything"])
def test_a_saved_book_has_the_same_rows(month, folder, both, tmp_path):
    read, left = (book.as_of(month) for book in both(open_book, folder()))
    save_book(left, tmp_path / "saved")
    saved = open_book(tmp_path / "saved")
    assert_same_rows(read, saved)
    assert (saved.fingerprint, saved.fingerprints) == (left.fingerprint, left.fingerprints)
    for client in read.clients.client_id:
        assert_same_rows(read.of_client(client), saved.of_client(client))
        assert read.of_client(client).counts == left.of_client(client).counts


def test_instants_with_a_zone_are_those_of_the_book(folder, both, server):
    import psycopg

    path = folder()
    with psycopg.connect(server, autocommit=True) as connection:
        for name in ("received_at", "replied_at"):
            here = f"{name} at time zone 'Asia/Ho_Chi_Minh'"
            connection.execute(f"alter table messages alter {name} type timestamptz using {here}")
    read, left = both(open_book, path)
    assert stay(left) == {*THERE}
    assert_same_rows(read, left)


def wrong_in_figures(frames: dict[str, pd.DataFrame]) -> None:
    wrong(frames)
    frames["messages"]["message_id"] = range(3, len(frames["messages"]) + 3)


def many_wrong(frames: dict[str, pd.DataFrame]) -> None:
    wrong(frames)
    frames["messages"].loc[100 : 100 + FEW, "client_id"] = "nobody"
    frames["surveys"].loc[:, "score"] = 11
    frames["tasks"]["project_id"] = [f"P{at % (2 * FEW)}" for at in range(len(frames["tasks"]))]


@pytest.mark.parametrize("wrong", [wrong, wrong_in_figures, many_wrong])
def test_wrong_rows_are_found_there_and_told_as_if_they_were_read(wrong, folder, both):
    read, left = both(examine_book, folder(wrong))
    assert stay(left.book) == {*THERE}
    assert sorted(map(str, read.rejections)) == sorted(map(str, left.rejections))
    assert len(left.rejections) >= 5
    for name, order in {"left_out": ["table", "row"], "files": ["table"]}.items():
        frames = (getattr(found, name).sort_values(order, ignore_index=True) for found in (read, left))
        assert_frame_equal(*frames, obj=name)
    assert_same_rows(read.book, left.book)
    assert_counted(read.book, left.book)


def key_again(frames: dict[str, pd.DataFrame]) -> None:
    frames["messages"].loc[7, "message_id"] = frames["messages"].loc[3, "message_id"]


def no_key(frames: dict[str, pd.DataFrame]) -> None:
    frames["messages"].loc[7, "message_id"] = None


def space(frames: dict[str, pd.DataFrame]) -> None:
    frames["messages"].loc[7, "channel"] = "zalo "


def dollars(frames: dict[str, pd.DataFrame]) -> None:
    frames["invoices"].loc[7, "currency"] = "USD"
    frames["invoices"].loc[7, "amount"] = None


@pytest.mark.parametrize(
    ("change", "tables"),
    [
        (key_again, {"messages"}),
        (no_key, {"messages"}),
        (space, {"messages"}),
        (dollars, {"invoices", "payments"}),
    ],
)
def test_what_must_be_read_is_read(change, tables, folder, both):
    read, left = both(examine_book, folder(change))
    assert sorted(map(str, read.rejections)) == sorted(map(str, left.rejections))
    assert_same_rows(read.book, left.book)
    assert stay(left.book) == {*THERE} - tables


def test_a_key_that_the_database_holds_unique_is_not_counted(folder, server, monkeypatch):
    import psycopg

    path = folder()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("alter table messages add primary key (message_id)")
        connection.execute("create unique index on surveys (survey_id) where score > 5")  # of a part: proves nothing
    counted = []
    monkeypatch.setattr(LARGE, 0)
    told = "amlib.book.inplace.relation.databases.held_unique"
    from amlib.book.databases import held_unique

    monkeypatch.setattr(told, lambda *of: counted.append((of[2], held_unique(*of))) or counted[-1][1])
    open_book(path)
    assert dict(counted) == {
        "message_id": True,
        **dict.fromkeys(("project_id", "task_id", "invoice_id", "payment_id", "survey_id"), False),
    }


@pytest.mark.parametrize("encoding", ["UTF8", "LATIN1"])
def test_a_text_that_reading_would_change_is_unusual(encoding, server):
    import psycopg

    odd = [*map(chr, range(1, 128)), "\xa0", "é", *(["đ", "e\u0301", "\u200b", "\u3000"] if encoding == "UTF8" else [])]
    texts = ["", *(text for one in odd for text in (one, f"a{one}", f"{one}a", f"a{one}a"))]
    name = f"texts_{encoding.lower()}_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as owner:
        owner.execute(f"create database {name} encoding '{encoding}' locale 'C' template template0")
        connection = ibis.connect(server.replace(owner.info.dbname, name))
        table = connection.create_table("texts", ibis.memtable(pa.table({"text": texts})))
        usual = table.filter(~sieve.unusual(table.text)).text.to_pyarrow().to_pylist()
        close(connection)
        owner.execute(f"drop database {name}")
    assert sieve.clean(pd.Series(usual, dtype="str"))
    assert {text for text in texts if text.isascii() and text.isprintable() and text.strip() == text != ""} <= {*usual}


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """What is sent to a PostgreSQL from now on."""
    import psycopg

    asked = []
    for kind in (psycopg.Cursor, psycopg.ServerCursor):

        def execute(self, query, *of, then=kind.execute, **how):
            asked.append(str(query))
            return then(self, query, *of, **how)

        monkeypatch.setattr(kind, "execute", execute)
    return asked


@pytest.mark.parametrize(("look", "times"), [(open_book, 4), (check_book, 5)])
def test_all_rows_are_looked_at_a_few_times(look, times, folder, asked, monkeypatch):
    """To count them, for the different values of two links, for keys that are there twice; to check, for two months."""
    path = folder()
    monkeypatch.setattr(LARGE, 0)
    asked.clear()
    look(path)
    assert sum('FROM "messages"' in sql and "LIMIT 0" not in sql for sql in asked) == times


@pytest.mark.parametrize("kpi", ["response_time", "revenue", "overdue_share", "nps", "on_time_tasks", "win_rate"])
def test_kpis_are_asked_there(kpi, folder, both):
    read, left = both(open_book, folder())
    for by in ([], ["segment"], ["month"]):
        answers = [kpis.ask(book, kpi, "2026-10", by) for book in (read, left)]
        assert_frame_equal(*answers, rtol=1e-9)


def test_a_check_says_the_same_and_names_what_it_did_not_look_at(folder, both):
    read, left = both(check_book, folder(wrong))
    for name in ("usable", "tables", "problems", "rejected", "doubts", "measured", "lacking", "known_until"):
        assert getattr(read, name) == getattr(left, name), name
    assert (len(read.hash), left.hash) == (64, "")
    assert any("not looked at is whether rows are there twice" in note for note in left.notes)


def test_what_may_do_more_than_read_is_read_in_a_session_that_only_reads(folder, both, server):
    import psycopg

    path = folder()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("create or replace function own() returns boolean language sql as $$ select true $$")
        connection.execute("create or replace view all_tasks as select * from tasks where own()")
    toml = (path / "book.toml").read_text("utf-8").replace('table = "tasks"', 'table = "all_tasks"')
    toml = toml.replace('table = "messages"', 'table = "messages"\nwhere = "own()"')
    toml = toml.replace('table = "surveys"', 'table = "surveys"\nwhere = "sent_on >= date \'2025-01-01\'"')
    (path / "book.toml").write_text(toml.replace('table = "projects"', 'query = "select * from projects"'), "utf-8")
    read, left = both(open_book, path)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("drop view all_tasks")
    assert_same_rows(read, left)
    assert stay(left) == {*THERE} - {"tasks", "messages", "projects"}


def test_where_no_table_of_our_own_can_be_made_all_is_read(folder, both, server):
    """KPIs make some, for as long as they are asked: who may not, as on a replica, can only read."""
    import psycopg

    path, reader = folder(), f"reader_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"revoke temporary on database {connection.info.dbname} from public")
        connection.execute(f"create role {reader} login")
        connection.execute(f"grant select on all tables in schema public to {reader}")
    toml = path / "book.toml"
    toml.write_text(toml.read_text("utf-8").replace("amlib@", f"{reader}@"), "utf-8")
    try:
        read, left = both(open_book, path)
        assert_same_rows(read, left)
        assert stay(left) == set()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"drop owned by {reader}")
            connection.execute(f"drop role {reader}")


@pytest.mark.parametrize(
    ("url", "table", "query", "where", "asked"),
    [
        ("postgresql://h/d", "x", "", "", True),
        ("postgres://h/d", "x", "", "ngay >= date '2026-01-01' and lower(loai) = 'a'", True),
        ("postgresql://h/d", "x", "", "own(ngay)", False),
        ("postgresql://h/d", "x", "", "crm.own() = 1", False),
        ("postgresql://h/d", "", "select * from x", "", False),
        ("mysql://h/d", "x", "", "", False),  # no engine but PostgreSQL is tried
        ("mssql://h/d", "x", "", "", False),
    ],
)
def test_only_a_plain_table_of_a_postgresql_is_asked_more_than_its_rows(url, table, query, where, asked):
    assert may_be_asked(Relation("agency", url, table, query, where)) is asked


def test_hashes_tell_rows_apart(folder, monkeypatch, server):
    import psycopg

    path = folder()
    monkeypatch.setattr(LARGE, 0)
    before = open_book(path).fingerprint
    assert open_book(path).fingerprint == before
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("update messages set channel = 'fax' where message_id = 'TN000004'")
    assert open_book(path).fingerprint != before


def test_what_fails_later_is_told_without_the_address(folder, server, monkeypatch):
    import psycopg

    monkeypatch.setattr(LARGE, 0)
    book = open_book(folder())
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("drop table messages")
    with pytest.raises(BookError, match="agency: messages: ") as told:
        book.between("messages", "2026-08", "2026-09")
    assert not any(secret in str(told.value) for secret in ("postgresql:", "host=", "in_place_"))

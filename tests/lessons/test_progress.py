"""What a trainee has done is kept, and nothing that is damaged is taken for it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from amlib.lessons import overview, progress, shelf


def test_nothing_is_done_at_first_and_then_each_exercise_once(kept):
    assert progress.done() == {}
    for number in (2, 1, 2):
        progress.mark("05_nps", number)
    progress.mark("06_returning_clients", 1)
    assert progress.done() == {"05_nps": [1, 2], "06_returning_clients": [1]}
    assert json.loads(kept.read_text()) == progress.done()
    assert [file.name for file in kept.parent.iterdir()] == ["progress.json"]


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"05_nps": 3}', '{"05_nps": ["x"]}', "\xff"])
def test_a_damaged_file_is_named_and_left_as_it_is(damaged, kept):
    kept.parent.mkdir()
    kept.write_bytes(damaged.encode("latin-1"))
    for ask in (progress.done, lambda: progress.mark("05_nps", 1)):
        with pytest.raises(progress.ProgressUnreadable, match="Delete it or move it away") as caught:
            ask()
        assert str(kept) in str(caught.value)
    assert kept.read_bytes() == damaged.encode("latin-1")


def test_a_write_that_breaks_off_leaves_the_old_file(kept, monkeypatch):
    progress.mark("05_nps", 1)
    monkeypatch.setattr(progress.json, "dump", lambda *_, **__: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        progress.mark("05_nps", 2)
    assert progress.done() == {"05_nps": [1]}
    assert [file.name for file in kept.parent.iterdir()] == ["progress.json"]


def test_an_empty_place_keeps_nothing_and_reads_nothing(monkeypatch, tmp_path):
    users = tmp_path / "users.json"
    monkeypatch.setattr(progress, "place", lambda: users)
    monkeypatch.setenv(progress.PLACE, "")
    progress.mark("05_nps", 1)
    assert not users.exists()
    users.write_text('{"05_nps": [2]}')
    assert progress.done() == {}


@pytest.mark.skipif(sys.platform != "linux", reason="each system has a folder of its own")
def test_it_stands_in_the_users_folder_for_data(monkeypatch):
    monkeypatch.delenv(progress.PLACE)
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert progress.place() == Path("/somewhere/amlib/progress.json")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert progress.place() == Path.home() / ".local/share/amlib/progress.json"


def test_the_overview_counts_what_is_done_and_says_what_comes_next(shown, kept):
    lesson = shelf.lessons()[0]
    first, *_ = lesson.exercises
    progress.mark(lesson.name, first)
    progress.mark(lesson.name, 99)  # of an older edition
    overview("en")
    table, after = shown
    row = next(line for line in table.splitlines() if f"({lesson.name}.ipynb)" in line)
    assert row.startswith(f"| {lesson.number} | [{lesson.title['en']}]({lesson.name}.ipynb) | {lesson.minutes} | ●○")
    assert row.endswith(f" 1/{len(lesson.exercises)} |")
    assert after == f"→ Next: lesson {lesson.number}, {lesson.title['en']}"


def test_the_overview_of_all_done_and_of_damaged_progress(shown, kept):
    for lesson in shelf.lessons():
        for number in lesson.exercises:
            progress.mark(lesson.name, number)
    overview("vi")
    assert shown[1] == "✓ Bạn đã học xong tất cả các bài."
    kept.write_text("{")
    overview("vi")
    assert "cannot be read as progress" in shown[2]
    assert " 0/" in shown[3]

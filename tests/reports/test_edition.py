"""The folder of a month: one run at a time, exchanged in one step, taken up wherever a run was killed."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from amlib.reports import edition as editions
from amlib.reports.edition import DONE, Edition, Locked, link, write

PUBLISH = """
import os, signal, sys
from pathlib import Path
from amlib.reports import edition

stop, fallback = int(sys.argv[2]), sys.argv[3] == "fallback"
if fallback:
    edition._exchange = lambda one, other: False
steps = 0

def step(event, args):
    # What Python tells of the file system before it is changed: each change is a moment to be killed at.
    global steps
    if event in ("os.rename", "os.remove", "os.rmdir") or event == "ctypes.dlsym" and args[1] == "renameat2":
        steps += 1
        if steps == stop:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(step)
edition.Edition(Path(sys.argv[1])).publish()
"""


def before(edition: Edition) -> None:
    """The month's folder as an earlier edition has left it."""
    write(edition.folder / "page.html", "old")
    write(edition.folder / "only-old.html", "old")


def complete(edition: Edition) -> None:
    """An edition that lacks nothing but to be published."""
    edition.open()
    write(edition.site / "page.html", "new")
    write(edition.done / "page" / "note.json", "{}")


def files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


OLD, NEW = {"page.html": "old", "only-old.html": "old"}, {"page.html": "new"}


@pytest.fixture
def edition(tmp_path: Path) -> Edition:
    return Edition(tmp_path / "out" / "2026-10")


@pytest.fixture
def holder(edition: Edition) -> Iterator[subprocess.Popen]:
    """Another process, which holds the lock of the edition."""
    held = (
        "import sys; from pathlib import Path; from amlib.reports.edition import Edition\n"
        "with Edition(Path(sys.argv[1])).locked(): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", held, str(edition.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_second_run_says_who_holds_the_lock(edition: Edition, holder: subprocess.Popen):
    with pytest.raises(Locked) as error, edition.locked():
        pass
    who = rf"process {holder.pid} on {re.escape(socket.gethostname())}, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.fullmatch(f"Another run is making these reports: {who}", str(error.value))


def test_another_month_is_free(edition: Edition, holder: subprocess.Popen):
    with Edition(edition.folder.with_name("2026-09")).locked():
        pass


def test_a_lock_ends_with_its_run_or_with_its_process(edition: Edition, holder: subprocess.Popen):
    holder.kill()
    holder.wait()
    for _ in range(2):
        with edition.locked():
            pass
    assert not list(edition.folder.parent.iterdir())


def test_nobody_takes_a_lock_whose_file_is_being_removed(edition: Edition, monkeypatch: pytest.MonkeyPatch):
    edition.folder.parent.mkdir(parents=True)
    path = edition.folder.with_name(".2026-10.lock")
    lock, removed = editions._lock, []

    def removes(file) -> bool:
        # As a run does that ends between the moment this one opens the file and the moment it locks it.
        if not removed:
            removed.append(path.unlink())
        return lock(file)

    monkeypatch.setattr(editions, "_lock", removes)
    with edition.locked():
        monkeypatch.undo()
        with pytest.raises(Locked), edition.locked():
            pass


def test_an_edition_takes_the_place_of_the_month_and_leaves_nothing(edition: Edition):
    complete(edition)
    edition.publish()
    assert files(edition.folder.parent) == {"2026-10/page.html": "new"}
    before(edition)
    complete(edition)
    edition.publish()
    assert files(edition.folder.parent) == {"2026-10/page.html": "new"}
    assert [path.name for path in edition.folder.parent.iterdir()] == ["2026-10"]


@pytest.mark.skipif(sys.platform != "linux", reason="folders are exchanged at once on Linux alone")
def test_the_month_is_never_missing_where_folders_can_be_exchanged(edition: Edition, monkeypatch: pytest.MonkeyPatch):
    before(edition)
    complete(edition)
    there = []
    rmtree = editions.shutil.rmtree
    monkeypatch.setattr(Path, "rename", lambda *_: pytest.fail("a folder was moved away"))
    monkeypatch.setattr(editions.shutil, "rmtree", lambda path: there.append(files(edition.folder)) or rmtree(path))
    edition.publish()
    assert {text for seen in there for path, text in seen.items() if DONE not in path} == {"new"}


@pytest.mark.parametrize("way", ["exchange", "fallback"])
@pytest.mark.parametrize("earlier", [True, False], ids=["after-an-earlier-edition", "the-first-edition"])
def test_an_edition_killed_at_any_step_of_its_publication_is_old_or_new_as_a_whole(
    tmp_path: Path, way: str, earlier: bool
):
    if way == "exchange" and sys.platform != "linux":
        way = "fallback"
    seen = []
    for step in range(1, 100):
        edition = Edition(tmp_path / str(step) / "2026-10")
        if earlier:
            before(edition)
        complete(edition)
        command = [sys.executable, "-c", PUBLISH, str(edition.folder), str(step), way]
        code = subprocess.run(command, check=False).returncode
        with edition.locked():
            found = files(edition.folder)
            if edition.making.exists():
                # Nothing of what was made is lost: it is published by the run that takes it up.
                assert found == (OLD if earlier else {})
                assert files(edition.site) == {**NEW, f"{DONE}/page/note.json": "{}"}
                edition.publish()
            else:
                assert found == NEW
        assert files(edition.folder.parent) == {"2026-10/page.html": "new"}, step
        seen.append(found == NEW)
        if code == 0:
            break
        assert code == -signal.SIGKILL
    else:
        pytest.fail("publication has no end")
    # Both came to be, in this order: it was killed before the exchange and after.
    assert seen == sorted(seen)
    assert set(seen) == {False, True}


def test_where_folders_cannot_be_exchanged_they_are_moved(edition: Edition, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(editions, "_exchange", lambda one, other: False)
    before(edition)
    complete(edition)
    edition.publish()
    assert files(edition.folder.parent) == {"2026-10/page.html": "new"}


def test_a_file_under_two_names_is_one_file_and_a_new_page_leaves_the_other_as_it_was(tmp_path: Path):
    write(tmp_path / "old" / "page.html", "old")
    link(tmp_path / "old" / "page.html", tmp_path / "new" / "client" / "page.html")
    assert (tmp_path / "old" / "page.html").samefile(tmp_path / "new" / "client" / "page.html")
    write(tmp_path / "new" / "client" / "page.html", "new")
    assert (tmp_path / "old" / "page.html").read_text() == "old"


def test_where_files_have_one_name_only_they_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuses(*_) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuses)
    write(tmp_path / "page.html", "old")
    (tmp_path / "elsewhere").symlink_to("nowhere")
    for name in ("page.html", "elsewhere"):
        link(tmp_path / name, tmp_path / "new" / name)
    assert (tmp_path / "new" / "page.html").read_text() == "old"
    assert os.readlink(tmp_path / "new" / "elsewhere") == "nowhere"
    assert not (tmp_path / "page.html").samefile(tmp_path / "new" / "page.html")


def test_whoever_may_read_the_folder_may_read_a_page(tmp_path: Path):
    write(tmp_path / "page.html", "text")
    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o644

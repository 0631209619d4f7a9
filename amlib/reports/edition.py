"""Where a month's reports are made: in a hidden folder beside the month's, whose place they take in one step."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

DONE = ".done"


class Locked(RuntimeError):
    """Somebody else is making this month's reports."""


@dataclass(frozen=True)
class Edition:
    """The next edition of the reports of a month: `folder` is the month's, which a reader sees.

    Beside it lies `.<month>`, where the next edition is made: `site` with its files, among them in `.done` a note on
    each report that is complete there, and `begun` with a mark for each that is being made. What a note says of the
    files beside it is true at every moment, so a run that was killed can be taken up again.
    """

    folder: Path

    @property
    def making(self) -> Path:
        """The hidden folder."""
        return self.folder.with_name(f".{self.folder.name}")

    @property
    def site(self) -> Path:
        """What becomes the month's folder."""
        return self.making / "site"

    @property
    def done(self) -> Path:
        """Notes on what is complete: in `site`, so that nothing can part them from what they speak of."""
        return self.site / DONE

    @property
    def begun(self) -> Path:
        """Marks of what is being made."""
        return self.making / "begun"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other run out of this month. A lock ends with the process that holds it, however it ends.

        Raises:
            Locked: naming the process that holds it, its machine and since when.
            OSError: the folder cannot be written to.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        path = self._lock
        with _held(path) as file:
            file.write(f"process {os.getpid()} on {socket.gethostname()}, since {datetime.now():%Y-%m-%d %H:%M:%S}")
            file.flush()
            self._finish()
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    def holder(self) -> str:
        """What the lock says of who holds it; empty where nobody does."""
        try:
            return self._lock.read_text("utf-8")
        except OSError:
            return ""

    @property
    def _lock(self) -> Path:
        return self.folder.with_name(f".{self.folder.name}.lock")

    def open(self) -> None:
        """Make the hidden folder, or take up the one that a killed run has left."""
        for folder in (self.site, self.done, self.begun):
            folder.mkdir(parents=True, exist_ok=True)
        for mark in self.begun.iterdir():
            mark.unlink()

    def publish(self) -> None:
        """Put the edition in the place of the month's folder, in one step where the system has one."""
        if not self.folder.exists():
            self.site.rename(self.folder)
        elif not _exchange(self.site, self.folder):
            self.folder.rename(self._before)
            self.site.rename(self.folder)
        self._finish()

    @property
    def _before(self) -> Path:
        return self.making / "before"

    def _finish(self) -> None:
        """Do what is left of a publication; of one that was stopped half-way too."""
        if self._before.exists() and not self.folder.exists():
            self._before.rename(self.folder)
        # Only an edition has notes: where they stand in the month's folder, the edition has come there.
        notes = self.folder / DONE
        if notes.exists():
            if self.making.exists():
                shutil.rmtree(self.making)
            shutil.rmtree(notes)


@contextmanager
def _held(path: Path) -> Iterator:
    """A file that no other process holds, empty, to write in who does."""
    while True:
        file = path.open("a+", encoding="utf-8")
        try:
            if not _lock(file):
                file.seek(0)
                raise Locked(f"Another run is making these reports: {file.read() or 'it has just begun'}")
            if _is_at(file, path):
                file.truncate(0)
                yield file
                return
        finally:
            file.close()


def _is_at(file, path: Path) -> bool:
    """Whether an open file is still the one of that path: who held it before may have removed it since."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    return False


def _lock(file) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places at once; False where the system cannot."""
    if sys.platform != "linux":
        return False
    here, rename_exchange = -100, 2  # AT_FDCWD: the paths are no relatives of an open folder
    return ctypes.CDLL(None).renameat2(here, os.fsencode(one), here, os.fsencode(other), rename_exchange) == 0


def write(path: Path, text: str) -> None:
    """Write a file in one step: whoever reads meanwhile sees the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        # mkstemp keeps others out; a report is for others.
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, content: object) -> None:
    """Write what JSON can say, in one step."""
    write(path, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def link(source: Path, target: Path) -> None:
    """The file `source` under another name too, without a second copy where the file system can."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)

"""Show a folder of reports in the browser of this machine, and to nobody else."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
"""The only address that is listened at: pages name clients and what they owe."""


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of the files in `folder` at a port of this machine alone; 0 takes any that is free.

    Hidden files are not shown (a month that is being made, its lock), nor are lists of a folder.

    Raises:
        NotADirectoryError: there is no such folder.
        OSError: the port is taken.
    """
    if not folder.is_dir():
        raise NotADirectoryError(
            f"{folder} is not a folder: make the reports first, with am report BOOK --out {folder}"
        )
    return ThreadingHTTPServer((LOOPBACK, port), partial(_Pages, directory=str(folder.resolve())))


class _Pages(SimpleHTTPRequestHandler):
    """Files as they are, to whoever asks for this machine by its own name."""

    protocol_version = "HTTP/1.1"

    def send_head(self):
        # A page of the web that has its own name resolve to this machine would read the reports.
        asked_for = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        if asked_for not in (LOOPBACK, "localhost"):
            self.send_error(HTTPStatus.FORBIDDEN)
            return None
        folder = Path(self.directory)
        wanted = Path(self.translate_path(self.path)).relative_to(folder)
        if any(part.startswith(".") for part in wanted.parts):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def list_directory(self, path):
        self.send_error(HTTPStatus.NOT_FOUND)

    def end_headers(self):
        # The next run makes other pages of the same name.
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing: the terminal shows where to look, and no more."""

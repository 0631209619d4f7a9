"""Reports in the browser of this machine: what is shown, and to whom."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from amlib.reports.serve import server


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A served folder: a month, an index, and what a run hides."""
    out = tmp_path / "out"
    (out / "2026-10").mkdir(parents=True)
    (out / ".2026-11").mkdir()
    (out / "index.html").write_text("<p>Tất cả</p>", encoding="utf-8")
    (out / "2026-10" / "page.html").write_text("page")
    (out / ".2026-11" / "half.html").write_text("half made")
    (out / ".2026-11.lock").write_text("process 1")
    (tmp_path / "beside.txt").write_text("not ours")
    with server(out, 0) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield listening.server_port
        listening.shutdown()
        thread.join()


def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": host})
    response = connection.getresponse()
    found = response.status, response.read()
    connection.close()
    return found


def test_pages_are_shown(port: int):
    assert get(port, "/") == (200, "<p>Tất cả</p>".encode())
    assert get(port, "/2026-10/page.html?x=1") == (200, b"page")
    assert get(port, "/2026-10/page.html", "localhost:8000")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/.2026-11/half.html",
        "/.2026-11.lock",
        "/%2e2026-11/half.html",
        "/2026-10/",
        "/../beside.txt",
        "/%2e%2e/beside.txt",
    ],
)
def test_what_is_being_made_lists_and_other_folders_are_not(port: int, path: str):
    status, body = get(port, path)
    assert status == 404
    assert b"half made" not in body
    assert b"not ours" not in body


@pytest.mark.parametrize("host", ["agency.example", "agency.example:80", "127.0.0.1.agency.example", ""])
def test_a_page_of_the_web_that_points_here_is_refused(port: int, host: str):
    assert get(port, "/", host)[0] == 403


def test_nobody_else_is_listened_to(tmp_path: Path):
    with server(tmp_path, 0) as listening:
        assert listening.server_address[0] == "127.0.0.1"


def serving(*arguments: str | Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "amlib", "serve", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_command_says_where_and_ends_with_ctrl_c(tmp_path: Path):
    (tmp_path / "index.html").write_text("all months")
    with serving(tmp_path, "--port", "0") as process:
        said = process.stdout.readline()
        assert (
            get(int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/ \(Ctrl-C ends it\)\n", said)[1]), "/")[1] == b"all months"
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def test_a_port_that_is_taken_and_a_folder_that_is_not_there(tmp_path: Path):
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        serving(tmp_path, "--port", other.getsockname()[1]) as process,
    ):
        assert process.wait(20) == 2
        assert "give another --port, or 0 for any" in process.stderr.read()
    with serving(tmp_path / "none") as process:
        assert process.wait(20) == 2
        assert "none is not a folder: make the reports first" in process.stderr.read()

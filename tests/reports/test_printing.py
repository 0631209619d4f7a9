"""Pages printed by a real Chromium; and what is said where there is nothing to print with."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

from amlib.reports import printing
from amlib.reports.printing import BROWSER, PrintError, printer

PAGE = """<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>Sức khỏe · Đông Trà</title></head><body>
<h1>Sức khỏe khách hàng</h1><p>Một trang</p><h2 style="break-before: page">Phí dịch vụ</h2>
<img src="http://127.0.0.1:9/none.png" alt="không tải"><script>document.title = "changed"</script></body></html>"""


@pytest.fixture
def prints():
    """What prints; never skipped where tests decide whether a change lands."""
    if not importlib.util.find_spec("playwright") or not shutil.which("chromium"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "Debian's chromium and the extra 'pdf' are not installed"
        )
    return printer()


def test_a_page_becomes_a_tagged_pdf_with_title_and_outline(tmp_path: Path, prints):
    for name in ("một", "hai"):
        (tmp_path / f"{name}.html").write_text(PAGE, encoding="utf-8")
    prints([(tmp_path / f"{name}.html", tmp_path / f"{name}.pdf") for name in ("một", "hai")])
    for name in ("một", "hai"):
        pdf = (tmp_path / f"{name}.pdf").read_bytes()
        assert pdf.startswith(b"%PDF-")
        assert b"/StructTreeRoot" in pdf
        assert b"/Lang (vi)" in pdf
        assert b"/Outlines" in pdf
        assert pdf.count(b"/Type /Page\n") == 2
        title = "Sức khỏe · Đông Trà".encode("utf-16-be")
        assert title in pdf or title.hex().upper().encode() in pdf


def test_a_page_that_is_not_there_is_named(tmp_path: Path, prints):
    with pytest.raises(
        PrintError, match=r"none\.html could not be printed: .*ERR_FILE_NOT_FOUND.*; what was made is kept"
    ):
        prints([(tmp_path / "none.html", tmp_path / "none.pdf")])


def test_a_browser_that_does_not_start_is_named(tmp_path: Path, prints, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(BROWSER, shutil.which("false"))
    with pytest.raises(PrintError, match=r"/false does not start: "):
        printer()([(tmp_path / "a.html", tmp_path / "a.pdf")])


def test_a_browser_that_is_no_program(monkeypatch: pytest.MonkeyPatch, prints):
    monkeypatch.setenv(BROWSER, "no-such-browser")
    with pytest.raises(PrintError, match="AMLIB_BROWSER is 'no-such-browser', which is no program: install Chromium"):
        printer()


def test_no_browser_and_no_playwright(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, prints):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    with pytest.raises(PrintError, match=r"found no browser: install Chromium \(Debian: apt-get install chromium"):
        printer()
    monkeypatch.setattr(printing.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        PrintError, match=r"needs Playwright, which is not installed: pip install --editable '\.\[pdf\]'"
    ):
        printer()

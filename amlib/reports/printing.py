"""Pages as PDF, printed by a Chromium that is on the machine."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

BROWSER = "AMLIB_BROWSER"
"""The environment variable that names the browser to print with."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
_HOW = (
    "install Chromium (Debian: apt-get install chromium; elsewhere: playwright install chromium), "
    f"or name a Chromium, Chrome or Edge in the environment variable {BROWSER}"
)
_KEPT = "what was made is kept, and the same command without --pdf puts it into the month's folder"
# Chromium prints a footer in its own page, at a size of its own: it has to be told everything.
_FOOTER = (
    '<div style="width: 100%; padding: 0 16mm; font: 7pt sans-serif; color: #555; text-align: right">'
    '<span class="pageNumber"></span>/<span class="totalPages"></span></div>'
)
_SHEET: Mapping[str, Any] = {
    "prefer_css_page_size": True,
    "print_background": True,
    "tagged": True,
    "outline": True,
    "display_header_footer": True,
    "header_template": "<span></span>",
    "footer_template": _FOOTER,
}


class PrintError(RuntimeError):
    """There is nothing to print with, or a page could not be printed."""


def printer() -> Callable[[Sequence[tuple[Path, Path]]], None]:
    """What prints pages (each an HTML file, and the PDF to write) by the browser that is found now.

    That is the one the environment names, else one that is installed, else Playwright's own. A PDF is tagged and has
    its page's title, and its headings as an outline; A4, or what the page's own style says. Nothing that a page may
    name is fetched, and no script runs. Printing raises `PrintError` where the browser does not start, or for a page
    that could not be printed, which it names.

    Raises:
        PrintError: the extra 'pdf' is not installed, or there is no browser; it says what to install.
    """
    if not importlib.util.find_spec("playwright"):
        raise PrintError("--pdf needs Playwright, which is not installed: pip install --editable '.[pdf]'")
    named = os.environ.get(BROWSER)
    program = next(filter(None, map(shutil.which, [named] if named else _NAMES)), None)
    if named and not program:
        raise PrintError(f"{BROWSER} is {named!r}, which is no program: {_HOW}")
    if not program:
        with _playwright() as playwright:
            if not Path(playwright.chromium.executable_path).exists():
                raise PrintError(f"--pdf found no browser: {_HOW}")
    return partial(_print, program)


def _print(program: str | None, pages: Sequence[tuple[Path, Path]]) -> None:
    from playwright.sync_api import Error

    with _playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=program)
        except Error as error:
            raise PrintError(f"{program or 'The browser'} does not start: {_first_line(error)}; {_KEPT}") from None
        context = browser.new_context(java_script_enabled=False, offline=True)
        for page, target in pages:
            sheet = context.new_page()
            try:
                sheet.goto(page.resolve().as_uri())
                sheet.pdf(path=target, **_SHEET)
            except Error as error:
                raise PrintError(f"{page.name} could not be printed: {_first_line(error)}; {_KEPT}") from None
            sheet.close()
        browser.close()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


@contextmanager
def _playwright() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright

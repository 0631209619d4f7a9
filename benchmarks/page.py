"""What pages weigh, and how fast an index of a thousand clients opens and is searched, in Chromium.

Needs a Chromium on the machine, and Playwright (`make bench` installs it).
"""

from __future__ import annotations

import gzip
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from amlib.reports.job import Report
from amlib.reports.site import BANDS, Look, Manifest, index

from .wanted import wanted

CLIENTS = 1_000
TURNS = 9
MOST = {"client_health": 350, "kpi_review": 700}
SAMPLE = Path(__file__).parent.parent / "data" / "sample"
NAMES = ("Nguyễn Gia", "Đồng Tâm", "Phở Hòa", "Trần Lê", "Bách Việt", "Cát Tường", "Sông Hồng")

# A search ends when what it found has been painted.
_SEARCH = """text => new Promise(done => {
  const field = document.querySelector('.am-tools input'), start = performance.now()
  field.value = text
  field.dispatchEvent(new Event('input'))
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - start))) })"""


def run() -> None:
    """Print the weight of the sample's charts as SVG and as PNG, and the times of the index."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        opened, searched = _index(browser, Path(folder))
        wanted(f"page: an index of {CLIENTS:,} clients opens in under a second ({opened:.0f} ms)", opened < 1000)
        wanted(f"page: it is searched in under 100 ms ({searched:.0f})", searched < 100)
        for name, weight, charts in _charts(browser, Path(folder)):
            most = MOST[name]
            wanted(f"page: {name} under {most} KB ({weight:.0f})", weight < most)
            for kind, content in charts.items():
                packed = sum(len(gzip.compress(one)) for one in content)
                print(f"{name}: {len(content)} charts as {kind} {sum(map(len, content)) / 1024:.0f} KB, ", end="")
                print(f"packed {packed / 1024:.0f} KB")
        browser.close()


def _index(browser: Browser, folder: Path) -> tuple[float, float]:
    """Milliseconds to open it, and of the slowest letter of a search; medians over turns."""
    path = folder / "index.html"
    path.write_text(index(_manifest(), Look(), ["2026-09", "2026-10"]), encoding="utf-8")
    opened, searched = [], []
    for _ in range(TURNS):
        tab = browser.new_page()
        tab.goto(path.as_uri())
        opened.append(tab.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
        typed = ["nguyen gia 7"[: letters + 1] for letters in range(12)]
        searched.append(max(tab.evaluate(_SEARCH, text) for text in [*typed, ""]))
        tab.close()
    return statistics.median(opened), statistics.median(searched)


def _manifest() -> Manifest:
    reports = [
        Report(
            notebook="client_health", id=f"KH{i:04}", per="client", title="Health", name=f"{NAMES[i % 7]} {i}",
            segment=("key", "retainer", "project")[i % 3], account_manager=f"{NAMES[i % 5]}", params={}, status="ok",
            html=f"client_health/kh{i:04}.html", executed=None, seconds=1.0, data="a", book="a",
            facts={"score": i % 100, "band": BANDS[i % 4]},
        )
        for i in range(CLIENTS)
    ]  # fmt: skip
    return Manifest("2026-10", {"name": "Agency", "hash": "a"}, "vi", {"amlib": "0"}, tuple(reports))


def _charts(browser: Browser, folder: Path) -> Iterator[tuple[str, float, dict[str, list[bytes]]]]:
    """Of each kind of page its KB and its charts, as they stand in it and as pictures of twice the size."""
    asked = ["--only", "kpi_review", "--only", "client_health", "--client", "KH001", "--out", str(folder / "out")]
    subprocess.run([sys.executable, "-m", "amlib", "report", str(SAMPLE), *asked], check=True, capture_output=True)
    context = browser.new_context(device_scale_factor=2, viewport={"width": 1440, "height": 1000})
    for path in sorted((folder / "out").glob("????-??/*/*.html")):
        tab = context.new_page()
        tab.goto(path.as_uri())
        drawn = tab.locator("svg.am-chart").all()
        yield (
            path.parent.name,
            path.stat().st_size / 1024,
            {
                "SVG": [one.evaluate("one => one.outerHTML").encode() for one in drawn],
                "PNG": [one.screenshot() for one in drawn],
            },
        )
        tab.close()
    context.close()

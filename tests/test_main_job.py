"""The main job as a user runs it: `am report` on the sample and on real exports, and the pages that come out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import nbformat
import pandas as pd
import pytest
from typer.testing import CliRunner

from amlib.__main__ import app

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample"
REAL = ROOT.parent / "shared/data/online-retail-export/online_retail_II_export.xlsx"


class Page(HTMLParser):
    """What a reader meets: text, headings, images, and whatever a page could load or run."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._unseen = 0
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._unseen += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.text += data + " "

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@dataclass(frozen=True)
class Month:
    """One run's folder."""

    folder: Path
    code: int

    @property
    def reports(self) -> list[dict]:
        return json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))["reports"]

    def page(self, name: str) -> Page:
        return Page(self.folder / name)


def report(book: Path, out: Path, month: str, *options: str) -> Month:
    result = CliRunner().invoke(app, ["report", str(book), "--month", month, "--out", str(out), *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return Month(out / month, result.exit_code)


@pytest.fixture(scope="module")
def gone() -> str:
    """A client of the sample who left long before the month reported on."""
    clients = pd.read_csv(SAMPLE / "clients.csv", dtype="str").dropna(subset="until")
    return clients[clients.until < "2026-01"].client_id.iloc[0]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, gone: str) -> Month:
    return report(SAMPLE, tmp_path_factory.mktemp("out"), "2026-10", "--client", "KH001", "--client", gone)


@pytest.fixture(scope="module")
def retail(tmp_path_factory: pytest.TempPathFactory) -> Month:
    if not REAL.is_file():
        pytest.skip("the real data (../shared/data) is not on this machine")
    out = tmp_path_factory.mktemp("out")
    return report(ROOT / "examples" / "online-retail", out, "2011-11", "--client", "12413")


def test_the_sample_gives_every_report(sample: Month, gone: str):
    assert sample.code == 0
    made = {(r["notebook"], r["id"]): r["status"] for r in sample.reports}
    managers = pd.read_csv(SAMPLE / "account_managers.csv").am_id
    assert made == {
        **{("am_review", manager): "ok" for manager in managers},
        ("client_health", "KH001"): "ok",
        ("client_health", gone): "ok",
        ("glossary", "book"): "ok",
        ("kpi_review", "book"): "ok",
        ("pay_benchmark", "book"): "ok",
        ("receivables", "book"): "ok",
    }
    index = sample.page("index.html")
    assert {a["href"] for a in index.named("a")} >= {r["html"] for r in sample.reports}


def test_pages_load_nothing_run_nothing_and_show_no_code(sample: Month):
    pages = list(sample.folder.rglob("*.html"))
    assert len(pages) == len(sample.reports) + 1
    for path in pages:
        page = Page(path)
        assert len(page.named("script")) == (path.name == "index.html"), path
        assert not page.named("link"), path
        # The address of a source may be read, but nothing is fetched from one.
        assert not re.search(r"""=\s*["']?https?:|url\(\s*["']?https?:|@import""", page.source), path
        assert all(image["src"].startswith("data:") for image in page.named("img")), path
        assert all((image.get("alt") or "").strip() for image in page.named("img")), path
        assert not re.search(r"\bimport\b|open_book|kpis\.|Traceback", page.text), path
        assert len(page.named("h1")) == 1, path


def test_pages_are_in_vietnamese(sample: Month):
    page = sample.page("kpi_review/book.html")
    assert page.named("html")[0]["lang"] == "vi"
    assert "Khách hàng nào có nguy cơ rời đi?" in page.text
    assert "Which clients do we risk losing?" not in page.text
    assert "31/10/2026" in page.text  # day first
    drawn = [element["aria-label"] for element in page.named("div") if element.get("role") == "img"]
    assert len(drawn) == len(page.named("svg")) == 7
    assert all(drawn)


def test_the_headline_revenue_is_what_sql_says(sample: Month):
    """Revenue of October 2026: amount less pass-through, USD at the rate of the invoice's month."""
    query = f"""
        select sum((amount - pass_through) * case i.currency when 'VND' then 1 else f.rate end)
        from '{SAMPLE}/invoices.csv' i left join '{SAMPLE}/fx.csv' f
          on f.currency = i.currency and f.month = strftime(i.issued_on, '%Y-%m')
        where strftime(issued_on, '%Y-%m') = '2026-10'
    """
    with duckdb.connect() as connection:
        (revenue,) = connection.execute(query).fetchone()
    said = f"{revenue / 1e9:.2f}".rstrip("0").rstrip(".").replace(".", ",")
    assert f"{said} tỷ đồng" in sample.page("kpi_review/book.html").text


def test_a_client_who_left_has_a_page_that_says_so(sample: Month, gone: str):
    text = sample.page(f"client_health/{gone.lower()}.html").text
    assert "không có điểm sức khỏe" in text
    assert "/100" not in text


def test_executed_notebooks_tell_no_place_of_this_machine(sample: Month):
    for path in sample.folder.rglob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        nbformat.validate(nbformat.reads(text, as_version=4))
        for place in (str(ROOT), str(Path.home()), str(sample.folder)):
            assert place not in text, path


def test_real_exports_give_their_reports(retail: Month):
    assert retail.code == 0
    assert {r["status"] for r in retail.reports} == {"ok"}
    text = retail.page("kpi_review/book.html").text
    # 80,650.90 by SQL over the workbook: distinct lines with a client and a price, without POST and C2.
    assert "Revenue of November 2011 was £80.7 thousand" in text


def test_what_real_exports_cannot_tell_is_said_plainly(retail: Month):
    text = retail.page("kpi_review/book.html").text
    for table in ("surveys", "messages", "payments"):
        assert f"the book has no table of {table}" in text
    assert "Cannot measure average response time: the book has no table of messages." in text
    assert "Without a table of account managers there is no clients per account manager." in text
    assert "590 rows were set aside: no client on the line." in text
    listed = pd.read_csv(retail.folder / "set_aside.csv")
    assert (listed.reason == "no client on the line").sum() == 590
    assert "1,114 rows were set aside, with their reasons" in retail.page("index.html").text
    client = retail.page("client_health/12413.html").text
    assert "not enough data for a score" in client
    assert "out of 100 (" not in client

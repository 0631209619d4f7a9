"""The manifest and the index page of a month."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from amlib.book.brand import Brand
from amlib.reports.edition import write
from amlib.reports.job import Report
from amlib.reports.site import Look, Manifest, index, lead_to


def report(notebook: str, id: str, per: str = "client", **more) -> Report:
    about = {
        "title": f"Title of {notebook}",
        "name": f"Name of {id}",
        "segment": None,
        "params": {"lang": "en"},
        "status": "ok",
        "html": f"{notebook}/{id}.html",
        "executed": f"executed/{notebook}/{id}.ipynb",
        "seconds": 1.0,
        "data": "abc",
        "book": "abc",
    }
    return Report(notebook=notebook, id=id, per=per, **(about | more))


def month(*reports: Report) -> Manifest:
    return Manifest("2026-10", {"name": "<b>Agency</b>", "hash": "abc"}, "en", {"amlib": "0.1"}, reports)


def in_order(html: str, *texts: str) -> bool:
    places = [html.index(text) for text in texts]
    return places == sorted(places)


def test_a_manifest_is_sorted_and_reads_back_what_was_written(tmp_path: Path):
    manifest = month(report("b", "2"), report("b", "1", facts={"score": 1.5}), report("a", "9"))
    assert [(r.notebook, r.id) for r in manifest.reports] == [("a", "9"), ("b", "1"), ("b", "2")]
    manifest.write(tmp_path, Look())
    first = (tmp_path / "manifest.json").read_bytes()
    assert Manifest.read(tmp_path) == manifest
    manifest.write(tmp_path, Look())
    assert (tmp_path / "manifest.json").read_bytes() == first
    assert {path.name for path in tmp_path.iterdir()} == {"manifest.json", "index.html"}


def test_a_folder_without_manifest_has_none_and_a_broken_one_is_refused(tmp_path: Path):
    assert Manifest.read(tmp_path) is None
    (tmp_path / "manifest.json").write_text('{"reports": []}')
    with pytest.raises(ValueError, match=r"manifest\.json is not a manifest of this version"):
        Manifest.read(tmp_path)


def test_a_rerun_keeps_the_other_reports():
    earlier = month(report("a", "1", seconds=1.0), report("a", "2", seconds=1.0))
    now = month(report("a", "2", seconds=5.0)).beside(earlier)
    assert [(r.id, r.seconds) for r in now.reports] == [("1", 1.0), ("2", 5.0)]


def test_a_rerun_of_one_notebook_keeps_the_same_clients_other_reports():
    now = month(report("a", "1")).beside(month(report("a", "1"), report("b", "1")))
    assert [(r.notebook, r.id) for r in now.reports] == [("a", "1"), ("b", "1")]


def test_clients_at_risk_come_first_lowest_score_first_and_those_without_last():
    html = index(
        month(
            report("health", "1", name="Zed", facts={"score": None, "band": "grey"}),
            report("health", "2", name="Ann", facts={"score": 80.4, "band": "green"}),
            report("health", "3", name="Bob", facts={"score": 12, "band": "red"}),
            report("debts", "3", name="Bob"),
            report("health", "4", name="Abe", facts={}),
            report("health", "5", name="Cam", facts={"score": 12, "band": "<i>"}),
            report("health", "6", name="Dot", facts={"score": 86, "band": "red"}),  # set by hand
        ),
        Look(),
    )
    assert in_order(html, ">Bob\n", ">Dot</a>", ">Ann</a>", ">Cam</a>", ">Zed</a>", ">Abe</a>")
    assert html.count('href="health/3.html"') == html.count('href="debts/3.html"') == 1
    assert html.count(">Bob\n") == 1
    assert '<td class="num" data-value="80.4">80</td>' in html
    assert "<i>" not in html
    assert re.findall(r'<li class="am-band am-(\w+)"><strong>(\d)', html) == [
        ("red", "2"),
        ("green", "1"),
        ("grey", "1"),
    ]


def test_the_pages_a_reader_starts_from_wear_the_accent_and_the_logo(tmp_path: Path):
    logo = "data:image/png;base64,aGk="
    look, plain = Look(brand=Brand("#8a1538", logo)), index(month(report("a", "1")), Look())
    manifest = month(report("a", "1"))
    manifest.write(tmp_path / "2026-10", look)
    lead_to(tmp_path, manifest, look)
    for page in (tmp_path / "index.html", tmp_path / "2026-10" / "index.html"):
        html = page.read_text(encoding="utf-8")
        assert f'<p class="am-agency"><img src="{logo}" alt="">' in html
        assert ":root { --accent: #8a1538; }" in html
    assert "<img" not in plain


def test_failures_come_first_with_their_error_and_whatever_is_data_is_escaped():
    failed = report("health", "1", name="<script>", status="failed", html=None, error="KeyError: '<b>fee</b>'")
    html = index(month(report("overview", "book", per="book"), failed), Look())
    assert in_order(html, "KeyError", "Title of overview", "&lt;script&gt;\n")
    assert "KeyError: &#39;&lt;b&gt;fee&lt;/b&gt;&#39;" in html
    assert html.count("<script") == 1
    assert "<b>" not in html
    assert 'href="executed/health/1.ipynb"' in html
    assert 'href="health/1.html"' not in html
    assert "1 failed" in html
    assert "://" not in html


def test_the_index_says_which_reports_are_of_earlier_data():
    current, old = report("a", "1"), replace(report("a", "2"), book="older")
    assert "earlier data" not in index(month(current), Look())
    assert "1 report was made from earlier data" in index(month(current, old), Look())


def test_every_part_of_the_index_has_its_vietnamese():
    band = {"band": "grey"}
    failed = report("a", "3", status="failed", html=None, error="x")
    reports = [report("a", "1", facts=band), failed, report("b", "book", per="book"), report("c", "4", book="older")]
    full = replace(month(*reports, report("t", "lan", per="account_manager")), lang="vi")
    html = index(full, Look())
    assert '<html lang="vi">' in html
    assert "tháng 10/2026" in html


def test_the_one_script_is_the_one_that_the_page_allows():
    html = index(month(report("a", "1")), Look())
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in html
    assert re.search(r"""\son\w+=|javascript:""", html) is None


def test_a_client_is_found_by_what_the_table_says_of_it():
    tall = report("a", "<1>", name='"Ân" & <b>', segment="key", account_manager="Lê", facts={"band": "red", "score": 1})
    gone = report("a", "2", account_manager="Lan", facts={"note": "has left"})
    html = index(month(tall, gone), Look())
    row = re.search(r'<tr id="client-1--\w{10}"[^>]*>', html)[0]
    assert row.endswith('data-band="red" data-segment="key" data-keeper="Lê">')
    assert "&#34;Ân&#34; &amp; &lt;b&gt;" in html
    assert "<td>has left</td>" in html.replace(' data-value="4"', "")
    # A choice of one is none: all have the segment, or none is said.
    assert re.findall(r'<select name="(\w+)">', html) == ["keeper"]
    assert re.findall(r'<option value="(\w+)">', html) == ["Lan", "Lê"]


def test_a_name_does_not_turn_the_page_around():
    turned = report("a", "1", name="A\u202eB\u2067C\u200f", account_manager="L\u202dan", facts={"note": "x\u061cy"})
    html = index(month(turned), Look())
    assert ">ABC</a>" in html
    assert "<td>Lan</td>" in html
    assert ">xy</td>" in html


def test_the_months_beside_are_led_to():
    alone = index(month(report("a", "1")), Look(), ["2026-10"])
    assert re.findall(r'href="(\.\./[^"]+)"', alone) == ["../index.html"]
    among = index(month(report("a", "1")), Look(), ["2025-12", "2026-08", "2026-10", "2026-12", "2027-01"])
    led_to = ["../2026-08/index.html", "../index.html", "../2026-12/index.html"]
    assert re.findall(r'href="(\.\./[^"]+)"', among) == led_to


def test_tiles_that_reports_of_the_book_told_stand_on_the_index():
    tiles = [
        {"label": "Revenue <b>", "value": "VND 5 billion", "change": "▲ 4%", "tone": "good"},
        {"label": "NPS", "value": "–", "change": None, "tone": "flat"},
    ]
    told = report("review", "book", per="book", facts={"glance": tiles})
    html = index(month(told, report("health", "1", facts={"glance": tiles})), Look())
    assert html.count('class="am-tile"') == 2
    assert in_order(html, "Revenue &lt;b&gt;", "VND 5 billion", "am-change am-good", "▲ 4%", "NPS", "–")
    assert html.count("am-change am-") == 1


# -- over all months


def put(out: Path, of: str, *reports: Report) -> Manifest:
    manifest = replace(month(*reports), month=of)
    manifest.write(out / of, Look())
    lead_to(out, manifest, Look())
    return manifest


def test_all_months_and_each_client_in_them(tmp_path: Path):
    """A goes from red to green, B leaves, C comes; in December A's report fails."""
    put(
        tmp_path, "2026-10", report("h", "A", facts={"score": 40, "band": "red"}), report("h", "B", facts={"score": 80})
    )
    put(tmp_path, "2026-11", report("h", "A", facts={"score": 90, "band": "green"}), report("r", "book", per="book"))
    failed = report("h", "A", name="A & Co", status="failed", html=None)
    put(tmp_path, "2026-12", failed, report("h", "C", facts={"score": 70, "band": "amber"}))
    (tmp_path / "2026-12-client").mkdir()
    html = (tmp_path / "index.html").read_text("utf-8")
    months = re.findall(r'<li class="am-card">\s*<a href="([^"]+)">([^<]+)</a>', html)
    assert months == [
        ("2026-12/index.html", "December 2026"),
        ("2026-11/index.html", "November 2026"),
        ("2026-10/index.html", "October 2026"),
    ]
    assert 'href="2026-11/r/book.html"' in html
    rows = dict(re.findall(r'<tr id="client-(\w)">(.*?)</tr>', html, re.DOTALL))
    cells = {id: re.findall(r"<td[^>]*>(?:<a[^>]*>)?([^<]*)", row) for id, row in rows.items()}
    assert cells == {"a": ["40", "90", "failed"], "b": ["80", "", ""], "c": ["", "", "70"]}
    assert "A &amp; Co" in rows["a"]
    assert 'href="2026-10/h/A.html"' in rows["a"]
    assert 'aria-label="A &amp; Co, November 2026: 90, green"' in rows["a"]


def test_months_long_ago_have_a_link_and_no_column(tmp_path: Path):
    for of in pd.period_range("2025-09", "2026-10", freq="M"):
        put(tmp_path, str(of), report("h", "A"))
    html = (tmp_path / "index.html").read_text("utf-8")
    assert re.findall(r'<li><a href="([\d-]+)/index.html">', html) == ["2025-10", "2025-09"]
    assert html.count('<th scope="col" class="num"') == 12


def test_a_month_of_another_version_keeps_its_link(tmp_path: Path):
    put(tmp_path, "2026-09", report("h", "A"))
    (tmp_path / "2026-09" / "manifest.json").write_text("{}")
    put(tmp_path, "2026-10", report("h", "A"))
    html = (tmp_path / "index.html").read_text("utf-8")
    assert '<li><a href="2026-09/index.html">September 2026</a></li>' in html


def test_a_page_of_somebody_else_is_left_alone(tmp_path: Path):
    (tmp_path / "index.html").write_text("<h1>Mine</h1>")
    put(tmp_path, "2026-10", report("h", "A"))
    assert (tmp_path / "index.html").read_text() == "<h1>Mine</h1>"


def test_the_page_over_all_months_speaks_the_language_of_the_last_run(tmp_path: Path):
    manifest = replace(month(report("h", "A", facts={"note": "đã ngừng hợp tác"})), lang="vi")
    manifest.write(tmp_path / "2026-10", Look())
    lead_to(tmp_path, manifest, Look())
    html = (tmp_path / "index.html").read_text("utf-8")
    assert "<h1>Báo cáo các tháng</h1>" in html
    assert 'aria-label="Name of A, tháng 10/2026: đã ngừng hợp tác"' in html


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path):
    file = tmp_path / "page.html"
    write(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write(file, "new \ud800")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]

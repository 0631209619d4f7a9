"""The manifest and the index page of a month."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from amlib.reports.edition import write
from amlib.reports.job import Report
from amlib.reports.run import TEMPLATES
from amlib.reports.site import Manifest, index


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
    manifest.write(tmp_path, TEMPLATES)
    first = (tmp_path / "manifest.json").read_bytes()
    assert Manifest.read(tmp_path) == manifest
    manifest.write(tmp_path, TEMPLATES)
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
        TEMPLATES,
    )
    assert in_order(html, ">Bob\n", ">Dot</a>", ">Ann</a>", ">Cam</a>", ">Abe</a>", ">Zed</a>")
    assert html.count('href="health/3.html"') == html.count('href="debts/3.html"') == 1
    assert html.count(">Bob\n") == 1
    assert '<td class="num">80</td>' in html
    assert "<i>" not in html


def test_failures_come_first_with_their_error_and_whatever_is_data_is_escaped():
    failed = report("health", "1", name="<script>", status="failed", html=None, error="KeyError: '<b>fee</b>'")
    html = index(month(report("overview", "book", per="book"), failed), TEMPLATES)
    assert in_order(html, "KeyError", "Title of overview", "&lt;script&gt;\n")
    assert "KeyError: &#39;&lt;b&gt;fee&lt;/b&gt;&#39;" in html
    assert "<script" not in html
    assert "<b>" not in html
    assert 'href="executed/health/1.ipynb"' in html
    assert 'href="health/1.html"' not in html
    assert "1 failed" in html
    assert "://" not in html


def test_the_index_says_which_reports_are_of_earlier_data():
    current, old = report("a", "1"), replace(report("a", "2"), book="older")
    assert "earlier data" not in index(month(current), TEMPLATES)
    assert "1 report was made from earlier data" in index(month(current, old), TEMPLATES)


def test_every_part_of_the_index_has_its_vietnamese():
    band = {"band": "grey"}
    failed = report("a", "3", status="failed", html=None, error="x")
    reports = [report("a", "1", facts=band), failed, report("b", "book", per="book"), report("c", "4", book="older")]
    full = replace(month(*reports, report("t", "lan", per="account_manager")), lang="vi")
    html = index(full, TEMPLATES)
    assert '<html lang="vi">' in html
    assert "tháng 10/2026" in html


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path):
    file = tmp_path / "page.html"
    write(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write(file, "new \ud800")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]

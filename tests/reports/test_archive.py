"""Archives to send: who gets which pages."""

from __future__ import annotations

import zipfile
from pathlib import Path

from amlib.reports.archive import archive
from amlib.reports.job import Report
from amlib.reports.site import Look, Manifest

KEEPERS = {"K1": "lan", "K2": "lan", "K3": "minh"}


def report(notebook: str, id: str, per: str = "client", *, html: bool = True, pdf: bool = False) -> Report:
    return Report(
        notebook=notebook,
        id=id,
        per=per,
        title=notebook,
        name=f"Name of {id}",
        segment=None,
        params={},
        status="ok" if html else "failed",
        html=f"{notebook}/{id}.html" if html else None,
        executed=f"executed/{notebook}/{id}.ipynb",
        seconds=1.0,
        data="a",
        book="a",
        pdf=f"{notebook}/{id}.pdf" if pdf else None,
    )


def archived(site: Path, *reports: Report, audience: str = "internal") -> dict[str, dict[str, bytes]]:
    """What is in each archive of a month with these reports, each file of which holds its own path."""
    for path in (path for report in reports for path in report.paths):
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(path)
    manifest = Manifest("2026-10", {"name": "A", "hash": "a"}, "en", {}, reports, audience=audience)
    manifest = archive(manifest, KEEPERS, site, Look())
    found = {}
    for name in manifest.archives:
        with zipfile.ZipFile(site / name) as file:
            found[name] = {about.filename: file.read(about) for about in file.infolist()}
    assert {*manifest.archives} == {path.relative_to(site).as_posix() for path in site.glob("archives/*")}
    return found


MONTH = (
    report("health", "K1", pdf=True),
    report("health", "K2", html=False),
    report("health", "K3"),
    report("health", "K4"),  # whom nobody keeps
    report("fees", "K1"),
    report("own", "lan", "account_manager"),
    report("kpis", "book", "book"),
)


def test_a_manager_gets_the_own_pages_and_those_of_the_own_clients(tmp_path: Path):
    found = archived(tmp_path, *MONTH)
    assert [sorted(files) for files in found.values()] == [
        ["fees/K1.html", "health/K1.html", "health/K1.pdf", "index.html", "own/lan.html"],
        ["health/K3.html", "index.html"],
    ]
    assert [name.partition("--")[0] for name in found] == ["archives/lan", "archives/minh"]
    of_lan = found[next(iter(found))]
    assert of_lan["health/K1.pdf"] == b"health/K1.pdf"
    for led_to in ("fees/K1.html", "health/K1.html", "own/lan.html"):
        assert f'href="{led_to}"'.encode() in of_lan["index.html"]
    assert b"K3" not in of_lan["index.html"]
    assert b'href="../' not in of_lan["index.html"]  # nothing stands beside it


def test_a_client_gets_the_own_pages_alone(tmp_path: Path):
    found = archived(tmp_path, report("health", "K1", pdf=True), report("health", "K4"), audience="client")
    assert {name: sorted(files) for name, files in found.items()} == {
        "archives/k1.zip": ["health/K1.html", "health/K1.pdf"],
        "archives/k4.zip": ["health/K4.html"],
    }


def test_the_same_pages_give_the_same_bytes(tmp_path: Path):
    for name in ("one", "other"):
        archived(tmp_path / name, *MONTH)
    one, other = (sorted((tmp_path / name / "archives").iterdir()) for name in ("one", "other"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]

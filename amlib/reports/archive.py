"""Archives to send: one for each account manager with their clients' pages, or one for each client."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from amlib.reports.audience import CLIENT
from amlib.reports.job import Report, slug
from amlib.reports.site import INDEX, Look, Manifest, index

ARCHIVES = "archives"
"""The folder that they stand in."""

_SAME_FOR_ALL = (1980, 1, 1, 0, 0, 0)


def archive(manifest: Manifest, keepers: Mapping[str, str], site: Path, look: Look) -> Manifest:
    """Write the archives of a month's folder `site`, and give the manifest that names them.

    Pages for clients: one archive for each client. Others: one for each account manager, of whom `keepers` tells by
    client id; in it an index of its own leads to the manager's pages and to those of each client. The same pages give
    the same bytes. Notebooks as they ran are in none.
    """
    theirs: dict[str, list[Report]] = {}
    for report in manifest.reports:
        if report.html and report.per != "book":
            keeper = report.id if manifest.audience == CLIENT or report.per != "client" else keepers.get(report.id)
            if keeper is not None:
                theirs.setdefault(keeper, []).append(report)
    names = []
    for keeper, reports in sorted(theirs.items()):
        names.append(f"{ARCHIVES}/{slug(keeper)}.zip")
        own = index(replace(manifest, reports=tuple(reports)), look, None)
        _write(site / names[-1], site, reports, {} if manifest.audience == CLIENT else {INDEX: own})
    return replace(manifest, archives=tuple(names))


def _write(target: Path, site: Path, reports: Sequence[Report], more: Mapping[str, str]) -> None:
    target.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in sorted(_contents(site, reports, more)):
            about = zipfile.ZipInfo(name, _SAME_FOR_ALL)
            about.external_attr = 0o644 << 16
            file.writestr(about, content, zipfile.ZIP_DEFLATED)


def _contents(site: Path, reports: Sequence[Report], more: Mapping[str, str]) -> Iterable[tuple[str, bytes]]:
    for path in (path for report in reports for path in (report.html, report.pdf) if path):
        yield path, (site / path).read_bytes()
    for name, text in more.items():
        yield name, text.encode()

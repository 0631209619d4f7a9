"""The projects that clients said yes to, of a whole book and of one client's."""

from __future__ import annotations

import pytest
from frames import frame

from amlib import kpis
from amlib.book import open_book, save_book

CLIENTS = frame("client_id name", ("A", "A"), ("B", "B"))
PROJECTS = frame(
    "project_id client_id briefed_on decided_on won",
    ("won", "A", "2026-08-01", "2026-09-01", True),
    ("lost", "A", "2026-08-01", "2026-09-01", False),
    ("won later", "A", "2026-08-01", "2026-11-01", True),
    ("open", "B", "2026-10-01", None, None),
    ("briefed later", "B", "2026-11-01", None, None),
)
UNSAID = PROJECTS.assign(won=None)


@pytest.mark.parametrize(
    ("projects", "month", "expected"),
    [
        (PROJECTS, "2026-10", ["won"]),
        (PROJECTS, "2026-11", ["won", "won later"]),
        (PROJECTS, "2026-08", ["won", "lost", "won later"]),  # in August nobody has decided on anything
        (UNSAID, "2026-10", ["won", "lost", "won later", "open"]),
    ],
)
def test_what_counts_as_a_project(book_of, projects, month, expected):
    found = kpis.ordered_projects(book_of(clients=CLIENTS, projects=projects), month)
    assert found.project_id.tolist() == expected


def test_a_client_alone_is_told_by_the_whole_book(book_of, tmp_path):
    """B's one project is open, and nothing of B alone says that others of the book are decided on."""
    for name, projects, expected in (("said", PROJECTS, []), ("unsaid", UNSAID, ["open"])):
        save_book(book_of(clients=CLIENTS, projects=projects), tmp_path / name)
        alone = open_book(tmp_path / name).of_client("B")
        assert kpis.ordered_projects(alone, "2026-10").project_id.tolist() == expected

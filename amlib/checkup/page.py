"""A check as a page, by `templates/site/check.html.j2`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amlib import kpis, words
from amlib.checkup.checkup import Checkup
from amlib.checkup.saying import doubt, fresh, verdict
from amlib.reports import inputs
from amlib.reports.site import Look, page


def html(
    checkup: Checkup, earlier: Mapping[str, Any] | None = None, rejected: str = "", look: Look | None = None
) -> str:
    """The page of a check, held against an `earlier` record; `rejected` is the address of the list of rejected rows."""
    say = words.of(checkup.language)
    new = fresh(checkup, earlier)
    return page(
        "check.html.j2",
        look or Look(),
        say,
        manifest={
            "lang": checkup.language,
            "book": {"name": checkup.name, "hash": checkup.hash},
            "versions": inputs.versions(),
        },
        check=checkup,
        verdict=verdict(checkup, say),
        doubts=[doubt(one, say, checkup.currency) for one in new],
        told_before=len(checkup.doubts) - len(new),
        files=[(file, kept_before(file, earlier)) for file in checkup.files],
        before=earlier["known_until"] if earlier else "",
        unlocks=[
            (what, ", ".join(getattr(kpis.CATALOGUE[id], say.language) for id in ids))
            for what, ids in checkup.unlocks.items()
        ],
        rejected=rejected,
    )


def kept_before(file: Mapping[str, Any], earlier: Mapping[str, Any] | None) -> int | None:
    """How many rows an earlier check kept of a table and sheet; None where it knew none."""
    same = [
        one
        for one in (earlier or {}).get("files", ())
        if (one["table"], one["sheet"]) == (file["table"], file["sheet"])
    ]
    return sum(one["kept"] for one in same) if same else None

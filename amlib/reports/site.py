"""A month's folder: the manifest of what was made, and the index page a reader starts from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from amlib import words
from amlib.reports.audience import CLIENT, INTERNAL
from amlib.reports.edition import write, write_json
from amlib.reports.inputs import MANIFEST
from amlib.reports.job import Report
from amlib.reports.render import stylesheet

INDEX, SET_ASIDE = "index.html", "set_aside.csv"


@dataclass(frozen=True)
class Manifest:
    """What stands in a month's folder: `book`, `versions` and `lang` of the last run, and the reports.

    `book` has its name, its hash and set_aside, how many rows were. `made_of` stands for all that went into the
    last run, where that could be told before the book was opened. Reports for the `audience` "client" have no index:
    each is for one client alone.
    """

    month: str
    book: Mapping[str, str | int]
    lang: str
    versions: Mapping[str, str]
    reports: tuple[Report, ...]
    made_of: str = ""
    audience: str = INTERNAL

    def __post_init__(self) -> None:
        object.__setattr__(self, "reports", tuple(sorted(self.reports, key=lambda r: (r.notebook, r.id))))

    @property
    def failed(self) -> tuple[Report, ...]:
        """The reports that could not be made."""
        return tuple(report for report in self.reports if report.status == "failed")

    def beside(self, earlier: Manifest | None) -> Manifest:
        """This manifest with the reports of an earlier one that it does not make anew."""
        if earlier is None:
            return self
        own = {(report.notebook, report.id) for report in self.reports}
        kept = [report for report in earlier.reports if (report.notebook, report.id) not in own]
        return replace(self, reports=(*self.reports, *kept))

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """The manifest of a month's folder, None where it has none.

        Raises:
            ValueError: the file is not a manifest.
        """
        try:
            found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            return cls(**{**found, "reports": tuple(Report(**report) for report in found["reports"])})
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{folder.name}/{MANIFEST} is not a manifest of this version ({error})") from None

    def write(self, folder: Path, templates: Path) -> None:
        """Write the manifest, and the index page if there is to be one, into a month's folder."""
        write_json(folder / MANIFEST, asdict(self))
        if self.audience != CLIENT:
            write(folder / INDEX, index(self, templates))


def index(manifest: Manifest, templates: Path) -> str:
    """The index page of a month, by `templates/site/index.html.j2`: failures first, then agency, managers, clients."""
    say = words.of(manifest.lang)
    jinja = Environment(
        loader=FileSystemLoader(templates / "site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made = [report for report in manifest.reports if report.status != "failed"]
    stale = [report for report in made if report.book != manifest.book["hash"]]
    return jinja.get_template("index.html.j2").render(
        say=say,
        manifest=manifest,
        month=say.month(manifest.month),
        as_of=say.day(pd.Period(manifest.month, "M").end_time.date()),
        made=made,
        stale=stale,
        stylesheet=stylesheet(templates),
        books=[report for report in made if report.per == "book"],
        managers=_people(manifest, "account_manager"),
        clients=_people(manifest, "client"),
    )


@dataclass(frozen=True)
class Person:
    """A client or account manager of the index: its reports, and the score and band that one of them told."""

    name: str
    segment: str | None
    score: float | None
    band: str | None
    reports: Sequence[Report]


_RISK = {"red": 0, "amber": 1, "green": 2}


def _people(manifest: Manifest, per: str) -> list[Person]:
    """Red ones first, then amber, then green, lowest score first; those without a score last; then by name."""
    reports: dict[str, list[Report]] = {}
    for report in manifest.reports:
        if report.per == per:
            reports.setdefault(report.id, []).append(report)
    people = [
        Person(
            name=of[0].name,
            segment=of[0].segment,
            score=next((r.score for r in of if r.score is not None), None),
            band=next((b for r in of if (b := r.facts.get("band")) in ("red", "amber", "green", "grey")), None),
            reports=of,
        )
        for of in reports.values()
    ]
    return sorted(
        people, key=lambda p: (p.score is None, _RISK.get(p.band, len(_RISK)), p.score or 0.0, p.name.casefold())
    )

"""A month's folder: the manifest of what was made, and the pages a reader starts from: of the month, of all months."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from amlib import words
from amlib.book.brand import Brand
from amlib.reports.audience import CLIENT, INTERNAL
from amlib.reports.edition import write, write_json
from amlib.reports.inputs import MANIFEST, TEMPLATES
from amlib.reports.job import Report, place
from amlib.reports.render import stylesheet, undirected

INDEX, SET_ASIDE = "index.html", "set_aside.csv"


@dataclass(frozen=True)
class Look:
    """What the pages of a folder look like: the folder of templates, and the agency's brand."""

    templates: Path = TEMPLATES
    brand: Brand = field(default_factory=Brand)


@dataclass(frozen=True)
class Manifest:
    """What stands in a month's folder: `book`, `versions` and `lang` of the last run, and the reports.

    `book` has its name, its hash and set_aside, how many rows were. `made_of` stands for all that went into the
    last run, where that could be told before the book was opened. Reports for the `audience` "client" have no index:
    each is for one client alone. `archives` are the files that were put together to be sent.
    """

    month: str
    book: Mapping[str, str | int]
    lang: str
    versions: Mapping[str, str]
    reports: tuple[Report, ...]
    made_of: str = ""
    audience: str = INTERNAL
    archives: tuple[str, ...] = ()

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
            reports = tuple(Report(**report) for report in found["reports"])
            return cls(**{**found, "reports": reports, "archives": tuple(found.get("archives", ()))})
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{folder.name}/{MANIFEST} is not a manifest of this version ({error})") from None

    def write(self, folder: Path, look: Look, months: Sequence[str] = ()) -> None:
        """Write the manifest, and the index page if there is to be one, into a month's folder.

        `months` are those that stand beside it, which the index leads to.
        """
        write_json(folder / MANIFEST, asdict(self))
        if self.audience != CLIENT:
            write(folder / INDEX, index(self, look, months))


def months_of(out: Path) -> list[str]:
    """The months that have reports for the agency in a folder, the first one first."""
    return sorted(file.parent.name for file in out.glob(f"[0-9][0-9][0-9][0-9]-[0-9][0-9]/{MANIFEST}"))


def latest_of(out: Path) -> Manifest | None:
    """What stands in the latest month of a folder that this version can read; None where none does."""
    return next((found for month in reversed(months_of(out)) if (found := _readable(out / month))), None)


def lead_to(out: Path, last: Manifest, look: Look) -> None:
    """Write the page over all months of a folder, once the run `last` has made one of them.

    A page of that name that is not ours stays as it is, and so does what stands in the months' own folders.
    """
    page, months = out / INDEX, months_of(out)
    if not page.exists() or _OURS in page.read_text("utf-8", errors="replace"):
        known = [found for month in months[-SHOWN:] if (found := _readable(out / month))]
        write(page, overview(known, months, last, look))


def index(manifest: Manifest, look: Look, months: Sequence[str] | None = ()) -> str:
    """The index page of a month, by `templates/site/index.html.j2`: failures first, then agency, managers, clients.

    `months` are all months that there are; None where nothing stands beside the page that it could lead to.
    """
    say = words.of(manifest.lang)
    made = [report for report in manifest.reports if report.status != "failed"]
    stale = [report for report in made if report.book != manifest.book["hash"]]
    clients = _people(manifest, "client")
    bands = _bands(clients)
    return page(
        "index.html.j2",
        look,
        say,
        manifest=manifest,
        month=say.month(manifest.month),
        alone=months is None,
        before=max((month for month in months or () if month < manifest.month), default=None),
        after=min((month for month in months or () if month > manifest.month), default=None),
        as_of=say.day(pd.Period(manifest.month, "M").end_time.date()),
        made=made,
        stale=stale,
        books=sorted((r for r in made if r.per == "book"), key=lambda r: ("glance" not in r.facts, r.title)),
        glance=[tile for report in made if report.per == "book" for tile in report.facts.get("glance", ())],
        bands=bands,
        managers=_people(manifest, "account_manager"),
        clients=clients,
        choices={
            "band": [(band, say.of_data(band)) for band in bands],
            "segment": [(name, name) for name in sorted({p.segment for p in clients if p.segment})],
            "keeper": [(name, name) for name in sorted({p.account_manager for p in clients if p.account_manager})],
        },
    )


def overview(known: Sequence[Manifest], months: Sequence[str], last: Manifest, look: Look) -> str:
    """The page over all months, by `templates/site/overview.html.j2`, in the language and name of the run `last`.

    `known` are the manifests of the latest of `months`, the first month first.
    """
    people = {manifest.month: _people(manifest, "client") for manifest in known}
    by_client = {month: {person.id: person for person in of} for month, of in people.items()}
    clients = {person.id: person for of in people.values() for person in of}  # by the latest name
    return page(
        "overview.html.j2",
        look,
        words.of(last.lang),
        manifest=last,
        known=list(reversed(known)),
        older=[month for month in reversed(months) if month not in people],
        bands={month: _bands(of) for month, of in people.items()},
        columns=list(people),
        rows=[
            (client, [by_client[month].get(client.id) for month in people])
            for client in sorted(clients.values(), key=_worst_first)
        ],
    )


@dataclass(frozen=True)
class Person:
    """A client or account manager of the index: its reports, and the score, band and note that one of them told."""

    id: str
    place: str
    name: str
    segment: str | None
    account_manager: str | None
    score: float | None
    band: str | None
    note: str | None
    reports: Sequence[Report]

    @property
    def risk(self) -> int:
        """0 for the band at most risk; those of no known band last."""
        return list(BANDS).index(self.band) if self.band else len(BANDS)

    @property
    def page(self) -> str | None:
        """The page to open first: the one that told the score, else any there is."""
        pages = sorted((r for r in self.reports if r.html), key=lambda report: report.score is None)
        return pages[0].html if pages else None


BANDS = ("red", "amber", "green", "grey")
"""The bands of clients, those at most risk first."""

SHOWN = 12
"""How many months the page over all months shows client by client; of the others it has the links."""

_OURS = '<meta name="generator" content="amlib">'


def _readable(folder: Path) -> Manifest | None:
    with suppress(ValueError):  # of another version of amlib; its month is led to, and its own index stays as it is
        return Manifest.read(folder)
    return None


def page(name: str, look: Look, say: words.Words, **about: object) -> str:
    """A page of `templates/site`, in the agency's look and the language of `say`; `about` is what it tells."""
    folder = look.templates / "site"
    jinja = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = (folder / "site.js").read_text("utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    style = stylesheet(look.templates) + (folder / "site.css").read_text("utf-8")
    template = jinja.get_template(name)
    trusted = {"ours": _OURS, "stylesheet": style, "script": script, "digest": digest, "brand": look.brand}
    return undirected(template.render(say=say, **trusted, **about))


def _bands(people: Sequence[Person]) -> dict[str, int]:
    return {band: count for band in BANDS if (count := sum(person.band == band for person in people))}


def _people(manifest: Manifest, per: str) -> list[Person]:
    """Everyone that has a report: red, amber, then green, lowest score first; those without one last; then by name."""
    reports: dict[str, list[Report]] = {}
    for report in manifest.reports:
        if report.per == per:
            reports.setdefault(report.id, []).append(report)
    people = [
        Person(
            id=id,
            place=place(per, id),
            name=of[0].name,
            segment=of[0].segment,
            account_manager=of[0].account_manager,
            score=next((r.score for r in of if r.score is not None), None),
            band=next((b for r in of if (b := r.facts.get("band")) in BANDS), None),
            note=next((note for r in of if (note := r.facts.get("note"))), None),
            reports=of,
        )
        for id, of in reports.items()
    ]
    return sorted(people, key=_worst_first)


def _worst_first(person: Person) -> tuple[bool, int, float, str]:
    return person.score is None, person.risk, person.score or 0.0, person.name.casefold()

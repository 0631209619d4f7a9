"""A report before it is made, and after."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nbformat import NotebookNode

from amlib.words import LANGUAGES

# The processes that make reports import this: it must not import the book, which they have no use for.

Per = Literal["book", "account_manager", "client"]
Status = Literal["ok", "unchanged", "failed"]

BOOK = "book"
"""Where a notebook finds the checked book, seen from the folder it runs in; also the id of a report per book."""

_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")
_LONGEST = 48


@dataclass(frozen=True)
class Job:
    """One report to make. `id` is the client's or account manager's, 'book' for the whole book; `name` is its name.

    `segment` and `account_manager` (by name) are a client's.
    """

    notebook: str
    per: Per
    title: str
    id: str
    name: str
    segment: str | None = None
    account_manager: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def slug(self) -> str:
        """What the report's files are called."""
        return BOOK if self.per == "book" else slug(self.id)

    @property
    def place(self) -> str:
        """Where the index shows it, as an address there; empty where it has no row of its own."""
        return "" if self.per == "book" else place(self.per, self.id)


@dataclass(frozen=True)
class Report:
    """One entry of the manifest. Paths are relative to the month's folder; `html` is null where no page was made, and
    `pdf` where it was not printed.

    `status` is 'unchanged' where an earlier run has made the page and all that it is made of is as it was then;
    `key` stands for all of that, `data` for the data it rests on, `book` for the whole book of the last run that
    made it or found it unchanged. `error` is what went wrong in words, `cell` the
    number of the cell it went wrong in, `source` that cell's source. `parts` are the seconds of its parts, `facts`
    what the notebook told of itself (score, band, …).
    """

    notebook: str
    id: str
    per: str
    title: str
    name: str
    segment: str | None
    params: Mapping[str, Any]
    status: Status
    html: str | None
    executed: str | None
    seconds: float
    data: str
    book: str = ""
    key: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None
    cell: int | None = None
    source: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    account_manager: str | None = None
    pdf: str | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """Its files."""
        return tuple(path for path in (self.html, self.executed, self.pdf) if path)

    @property
    def score(self) -> float | None:
        """The score among the facts, null where there is none."""
        score = self.facts.get("score")
        return float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None


def place(per: str, id: str) -> str:
    """The name of the row of a client or account manager in an index."""
    return f"{per}-{slug(id)}"


def slug(id: str) -> str:
    """A file name for an id: ASCII, lower case, at most 60 characters, different for different ids.

    An id of capitals, digits, single hyphens and underscores (C001, KH-17) is its own name in lower case. Any
    other gives its readable letters and a hash of the whole id: 'Phở 24' -> 'pho-24--9d5ed678fe'.
    """
    if re.fullmatch(r"[A-Z0-9_]+(-[A-Z0-9_]+)*", id) and len(id) <= _LONGEST and not _RESERVED.fullmatch(id.lower()):
        return id.lower()
    plain = unicodedata.normalize("NFKD", re.sub("[đĐ]", "d", id)).encode("ascii", "ignore").decode().lower()
    readable = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-")
    digest = hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{readable or 'id'}--{digest}"


def title(nb: NotebookNode, lang: str) -> str:
    """The first `#` heading of a notebook in a language; empty where there is none."""
    for cell in nb.cells:
        if cell.cell_type == "markdown" and not set(cell.metadata.get("tags", ())) & (set(LANGUAGES) - {lang}):
            found = re.search(r"^# +(.+?) *#*$", cell.source, re.MULTILINE)
            if found:
                return found[1]
    return ""

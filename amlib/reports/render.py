"""An executed notebook as one HTML page that opens anywhere: no script, no code, no address to load from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from html import escape
from html.parser import HTMLParser
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
from nbconvert import HTMLExporter, TemplateExporter
from nbconvert.filters import DataTypeFilter, Highlight2HTML
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from nbformat import NotebookNode

from amlib import words
from amlib.book.brand import Brand
from amlib.reports.audience import CLIENT, INTERNAL
from amlib.reports.job import title

FACTS = "application/vnd.amlib.facts+json"
"""The MIME type of a flat dict that a notebook tells the run; it is collected and never printed."""

_IMAGES = ("image/svg+xml", "image/png", "image/jpeg")
_PRINTED = ("text/html", "text/markdown", *_IMAGES, "text/plain")
_NO_ALT = "No description has been provided for this image"  # what nbconvert puts where there is none
_FORBIDDEN = {
    "script",
    "iframe",
    "frame",
    "object",
    "embed",
    "applet",
    "form",
    "base",
    "link",
    "audio",
    "video",
    "source",
}
_EMPTY = {"area", "br", "col", "hr", "img", "input", "meta", "track", "wbr"}
"""Elements that have no end tag."""
_LOADING = {"src", "srcset", "poster", "background", "data", "action", "formaction", "ping", "xlink:href"}
_BLANKS = " \t\n\r\f"
_DIRECTIONS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SCHEMES = {"", "http", "https", "mailto", "tel"}


class RenderError(ValueError):
    """A page that may not go out: the text names the cell and what to mend."""


@dataclass(frozen=True)
class Page:
    """What a page says around its content. `name` is the client's or account manager's, empty for the whole book.

    `place` is the row of the index that leads to it (`Job.place`).
    """

    agency: str
    name: str
    month: str
    lang: str
    fingerprint: str
    made_on: date
    versions: Mapping[str, str]
    audience: str = INTERNAL
    place: str = ""
    brand: Brand = field(default_factory=Brand)


def render(nb: NotebookNode, page: Page, templates: Path, *, without: Collection[str] = ("interactive",)) -> str:
    """The page of an executed notebook, by the nbconvert template `report` in the folder `templates`.

    Cells tagged with another language, or with a tag in `without`, are left out. The first `#` heading becomes
    the title in the masthead. Code, warnings, widgets and facts are never printed.

    Raises:
        RenderError: an image has no alt text, a second `#` heading, a script, or an address to load from.
    """
    heading = title(nb, page.lang)
    if not heading:
        raise RenderError(f"The notebook has no `# heading` in {page.lang}, which is the page's title")
    nb = _prepared(nb, heading, {other for other in words.LANGUAGES if other != page.lang} | {*without})
    html, _ = _exporter(str(templates), page.lang).from_notebook_node(nb, {"am": _around(page, heading, nb)})
    inspection = _Inspection()
    inspection.feed(html)
    inspection.close()
    return undirected(inspection.page)


class _Exporter(HTMLExporter):
    """nbconvert's, of a notebook that is a copy, and of a page that is inspected: neither is looked at once more."""

    def _preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        return CoalesceStreamsPreprocessor()(nb, resources)

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        return TemplateExporter.from_notebook_node(self, nb, resources, **kw)


@cache
def _exporter(templates: str, lang: str) -> HTMLExporter:
    """Kept for the next page: compiling the templates takes longer than a page."""
    exporter = _Exporter(
        template_name="report",
        extra_template_basedirs=[templates],
        language_code=lang,
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    exporter.register_filter("highlight_code", Highlight2HTML())  # named in base.html.j2; a page shows no code
    exporter.register_filter("filter_data_type", DataTypeFilter(display_data_priority=list(_PRINTED)))
    return exporter


def facts(nb: NotebookNode) -> dict[str, Any]:
    """What the notebook told the run, of all its facts outputs; a later one overrides an earlier one.

    Raises:
        RenderError: facts that are not a dict of texts, numbers, true or false, and null, or of lists of such dicts.
    """
    told: dict[str, Any] = {}
    for number, cell in enumerate(nb.cells, 1):
        for output in cell.get("outputs", ()):
            found = output.get("data", {}).get(FACTS)
            if found is None:
                continue
            if not _flat(found, lists=True):
                raise RenderError(f"Cell {number} tells facts that are not a flat dict: {found!r}")
            told |= found
    return told


def _flat(found: Any, *, lists: bool = False) -> bool:
    return isinstance(found, dict) and all(
        value is None
        or isinstance(value, str | bool | int | float)
        or (lists and isinstance(value, list) and all(map(_flat, value)))
        for value in found.values()
    )


def undirected(html: str) -> str:
    """A page without marks that turn the direction of writing: in a name they would turn what it stands in."""
    return _DIRECTIONS.sub("", html)


def stylesheet(templates: Path) -> str:
    """The CSS that report pages and the index share."""
    return (templates / "report" / "static" / "report.css").read_text(encoding="utf-8")


def _around(page: Page, heading: str, nb: NotebookNode) -> dict[str, Any]:
    say = words.of(page.lang)
    end = pd.Period(page.month, "M").end_time.date()
    row = f"#{page.place}" if page.place else ""
    # What a client is handed stands alone.
    ways = {
        "../index.html": say.text("Reports of {month}", month=say.month(page.month)),
        "../../index.html": say.text("All months"),
    }
    return {
        "ways": {} if page.audience == CLIENT else {f"{address}{row}": text for address, text in ways.items()},
        "way": say.text("Months"),
        "audience": page.audience,
        "say": say,
        "contents": [(cell.metadata.am_place, cell.metadata.am_question) for cell in nb.cells if _asks(cell)],
        "title": heading,
        "agency": page.agency,
        "brand": page.brand,
        "name": page.name,
        "month": say.month(page.month),
        "as_of": say.text("Data as of {date}", date=say.day(end)),
        "made": say.text("Made on {date}", date=say.day(page.made_on)),
        "data": say.text("Data {hash}", hash=page.fingerprint[:12]),
        "versions": " · ".join(f"{name} {version}" for name, version in page.versions.items()),
    }


def _prepared(nb: NotebookNode, heading: str, dropped: Collection[str]) -> NotebookNode:
    """A copy that holds only what a page prints: no cell with a `dropped` tag, each cell with its number, each with a
    `##` heading with its place, each image with alt text and size.
    """
    nb = deepcopy(nb)
    nb.metadata.pop("widgets", None)
    lifted, drawings = False, count(1)
    for number, cell in enumerate(nb.cells, 1):
        # A code cell goes by the number that Jupyter shows beside it.
        executed = cell.get("execution_count")
        cell.metadata["am_number"] = f"[{executed}]" if executed else str(number)
    nb.cells = [cell for cell in nb.cells if not {*cell.metadata.get("tags", ())} & {*dropped}]
    for cell in nb.cells:
        if cell.cell_type == "markdown" and not lifted:
            cell.source, found = re.subn(
                rf"^# +{re.escape(heading)} *#*$", "", cell.source, count=1, flags=re.MULTILINE
            )
            lifted = bool(found)
        if cell.cell_type == "markdown" and (asked := re.search(r"^## +(.+?) *#*$", cell.source, re.MULTILINE)):
            cell.metadata.update(am_question=asked[1], am_place=f"am-{cell.metadata.am_number}")
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if _shown(output)]
            for output in cell.outputs:
                _describe(output, cell.metadata.am_number, drawings)
    return nb


def _asks(cell: NotebookNode) -> bool:
    return "am_question" in cell.metadata


def _shown(output: NotebookNode) -> bool:
    if output.output_type == "stream":
        return output.name == "stdout"
    data = output.get("data", {})
    interactive = FACTS in data or "application/javascript" in data or any("widget" in mime for mime in data)
    return not interactive and any(mime in _PRINTED for mime in data)


def _describe(output: NotebookNode, number: str, drawings: Iterator[int]) -> None:
    data = output.get("data", {})
    mime = next((mime for mime in _PRINTED if mime in data), None)
    if mime not in _IMAGES:
        return
    about = output.metadata.setdefault(mime, NotebookNode())
    alt = about.get("alt") or output.metadata.get("alt")
    if not alt or not str(alt).strip():
        raise RenderError(f"Cell {number} shows an image without alt text: give its output the metadata {{'alt': …}}")
    about["alt"] = str(alt)
    if mime != "image/svg+xml":
        return
    svg = "".join(data[mime])
    if svg.startswith('<svg class="am-chart"'):
        # It stands in the page itself, so that it has the page's colours and its text is found; its ids are its own.
        svg = svg.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1)  # HTML knows what an <svg> is
        about["inline"] = re.sub(r'(?<= id=")|(?<=url\(#)|(?<= href="#)', f"am-{next(drawings)}-", svg)
    else:
        about.update(_size(svg))


def _size(svg: str) -> dict[str, int]:
    """Width and height in CSS pixels, where the SVG says so; a page that knows them does not jump while it loads."""
    root = re.search(r"<svg\b[^>]*>", svg)
    sizes = re.findall(r"""\s(width|height)=["']([\d.]+)(pt|px)?["']""", root[0] if root else "")
    return {side: round(float(length) * (4 / 3 if unit == "pt" else 1)) for side, length, unit in sizes}


class _Inspection(HTMLParser):
    """Raises where a finished page would run or load something: notebooks escape their data, and this proves it.

    `page` is the page as it was understood here, written out anew without comments: of sloppy HTML a browser may
    understand something else, which nobody has inspected.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.cell, self.headings, self.style = "The template", 0, False
        self._written: list[str] = []
        self._open: list[str] = []

    @property
    def page(self) -> str:
        return "".join([*self._written, *(f"</{tag}>" for tag in reversed(self._open))])

    def handle_decl(self, decl: str) -> None:
        self._written.append(f"<!{decl}>\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._inspect(tag, given)
        about = "".join(f" {name}={_quoted(value)}" for name, value in sorted(given.items()))
        if tag in _EMPTY:
            self._written.append(f"<{tag}{about}/>")
        else:
            self._written.append(f"<{tag}{about}>")
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def _inspect(self, tag: str, given: Mapping[str, str]) -> None:
        if "data-cell" in given:
            self.cell = f"Cell {given['data-cell']}"
        if why := _refused(tag, given):
            shown = f"<{tag}{''.join(f' {name}={value[:60]!r}' for name, value in given.items())}>"
            raise RenderError(f"{self.cell} has {shown}: {why}")
        if "style" in given:
            self._check_style(given["style"])
        self.style = tag == "style"
        if tag == "img" and given.get("alt", _NO_ALT) == _NO_ALT:
            raise RenderError(f"{self.cell} shows an image without alt text")
        self.headings += tag == "h1"
        if self.headings > 1:
            raise RenderError(f"{self.cell} has a second `# heading`; a page has one, the rest are `##`")

    def handle_data(self, data: str) -> None:
        if self.style:
            self._check_style(data)
        elif not data.strip(_BLANKS) and "pre" not in self._open:
            data = "\n" if "\n" in data else " "
        self._written.append(data if self.style else escape(data, quote=False))

    def handle_endtag(self, tag: str) -> None:
        self.style = self.style and tag != "style"
        if tag in self._open:
            ended = ""
            while ended != tag:
                ended = self._open.pop()
                self._written.append(f"</{ended}>")

    def _check_style(self, css: str) -> None:
        css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
        if found := re.search(r"@import[^;]*|url\((?!\s*['\"]?(?:data:image/|#))[^)]*\)?", css, re.IGNORECASE):
            raise RenderError(f"{self.cell} has CSS that loads from elsewhere: {found[0][:80]}")


def _refused(tag: str, given: Mapping[str, str]) -> str:
    """Why a page may not have such an element; empty where it may."""
    if tag in _FORBIDDEN or any(name.startswith("on") for name in given):
        return "a page runs and embeds nothing; escape what comes from data"
    if not _LOADING.isdisjoint(given) and not all(
        given[name].startswith("data:image/") for name in _LOADING & {*given}
    ):
        return "a page loads nothing from elsewhere"
    if "href" in given and not (_scheme(given["href"]) in _SCHEMES if tag == "a" else given["href"][:1] == "#"):
        return "a link leads to a page, or to a place on this one"
    if tag == "meta" and given.get("http-equiv", "").casefold() == "refresh":
        return "a page does not send its reader elsewhere"
    return ""


def _quoted(value: str) -> str:
    value = escape(value, quote=False)
    return f"'{value}'" if '"' in value and "'" not in value else '"' + value.replace('"', "&quot;") + '"'


def _scheme(address: str) -> str:
    # Browsers skip control characters and blanks inside a scheme: 'java\nscript:' runs.
    address = re.sub(r"[\x00-\x20]", "", address).casefold()
    found = re.match(r"([^/?#:]*):", address)
    return found[1] if found else ""

"""Whole pages: what they are built of, as it was last looked at, and the one language that they speak.

The structures stand in `golden/`. Where a change is meant, look at the pages, then write them anew:
`pytest tests/notebooks/test_whole_pages.py --write-golden`, and read the difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from pages import FAILURE, PAGES, published

from amlib import pay, schema, words
from amlib.book import Book, salary_benchmarks
from amlib.kpis import CATALOGUE

GOLDEN = Path(__file__).parent / "golden"
SPOKEN = ("alt", "title", "aria-label", "placeholder", "data-said")
VOID = ("meta", "img", "input", "br", "hr")


class Parts(HTMLParser):
    """The headings, images, tables and controls of a page in their order, and every text that it says or draws.

    What says that it is in another language, as a term in both does, is not among the texts.
    """

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.texts: list[str] = []
        self.drawn: list[str] = []
        self.row: list[str] | None = None
        self.rows, self.open = 0, []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.open.append((tag, tag in ("style", "script", "code") or ("lang" in given and tag != "html")))
        if not self.foreign:
            self.texts += [given[name] for name in SPOKEN if given.get(name)]
        match tag:
            case "table":
                self.rows = 0
            case "tr":
                self.row, self.rows = [], self.rows + 1
            case "img" if given["alt"]:
                self.parts.append(f"image: {given['alt']}")
            case "nav" | "form" | "div" if given.get("role") == "img" or tag != "div":
                self.parts.append(f"{given.get('role') or tag}: {given.get('aria-label', '')}".rstrip(" :"))
            case "input" | "select":
                self.parts.append(f"{tag} {given.get('type') or given.get('name')}")

    def handle_endtag(self, tag: str) -> None:
        while tag not in VOID and self.open.pop()[0] != tag:
            pass
        if tag == "thead":
            self.parts.append(f"table: {' | '.join(self.row or [])}")
        if tag == "table":
            self.parts.append(f"  rows: {self.rows - 1}")

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if not text or self.foreign:
            return
        tags = [tag for tag, _ in self.open]
        (self.drawn if "svg" in tags else self.texts).append(text)
        if tags[-1] in ("h1", "h2", "h3", "summary"):
            self.parts.append(f"{'#' * int(tags[-1][1]) if tags[-1] != 'summary' else 'folded:'} {text}")
        if "thead" in tags and self.row is not None:
            self.row.append(text)

    @property
    def foreign(self) -> bool:
        return any(foreign for _, foreign in self.open)


@pytest.fixture(scope="module", params=PAGES, ids="-".join)
def made(request, page_file) -> tuple[str, str, Parts]:
    """The name of a page, its language, and what it is built of."""
    path = page_file(*request.param)
    return path.stem, request.param[-1], Parts(path.read_text(encoding="utf-8"))


def test_a_page_is_built_as_it_was_last_looked_at(made, request):
    name, _, page = made
    golden, built = GOLDEN / f"{name}.txt", "\n".join(page.parts) + "\n"
    if request.config.getoption("--write-golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(built, encoding="utf-8")
    assert built.splitlines() == golden.read_text(encoding="utf-8").splitlines()


def test_there_is_no_structure_of_a_page_that_is_gone():
    assert {path.stem for path in GOLDEN.iterdir()} == {"-".join(page) for page in PAGES}


def test_a_page_speaks_one_language(made, sample_book):
    _, lang, page = made
    own = _own(sample_book)
    assert len(page.texts) > 20
    names = [name for rows in sample_book.tables.values() if "name" in rows for name in rows["name"]]
    parts = {word for name in (*names, *salary_benchmarks().country) for word in _words(name)}
    # A chart writes what is long in several lines.
    everywhere = [(text, parts) for text in {*page.texts}]
    in_charts = [(text, parts | {word for one in own for word in _words(one)}) for text in {*page.drawn}]
    english = _english_only()
    for text, parts in everywhere + in_charts:
        said = {*_words(_without(re.sub(r"{\w*}", " ", text), own))} - parts
        assert not (said & english if lang == "vi" else {word for word in said if re.search(_VIETNAMESE, word)}), text


def test_the_other_language_is_found():
    assert re.search(_VIETNAMESE, "Due in 3 ngày: hạn")
    assert {"overdue", "clients", "since"} <= _english_only()
    assert not {"account", "brief", "retainer"} & _english_only()  # which are said in Vietnamese as well


_VIETNAMESE = "[ăâđêôơưĂÂĐÊÔƠƯ\u1ea0-\u1ef9àáảãèéẻẽìíỉĩòóỏõùúủũýỳỷỹ]"


def _words(text: str) -> Iterator[str]:
    return (word.casefold() for word in re.findall(r"[^\W\d_]{2,}", text))


def _english_only() -> set[str]:
    """The words of English texts that stand in no Vietnamese one."""
    with Path(words.__file__).with_name("vi.po").open("rb") as file:
        messages = [message for message in read_po(file, locale="vi") if message.id]
    english = {word for message in messages for word in _words(re.sub(r"{\w*}", " ", str(message.id)))}
    english |= {word for kpi in CATALOGUE.values() for word in _words(f"{kpi.en} {kpi.definition}")}
    spoken = [
        *(str(message.string) for message in messages),
        *(f"{k.vi} {k.definition_vi}" for k in CATALOGUE.values()),
    ]
    return english - {word for text in spoken for word in _words(re.sub(r"{\w*}", " ", text))}


def _own(book: Book) -> list[str]:
    """What the agency wrote, or a source that is cited, in whichever language; the longest first."""
    tables = {name: rows for name, rows in book.tables.items() if len(rows)}
    free = [
        tables[name][column].dropna().astype(str).unique()
        for name, table in schema.TABLES.items()
        for column, about in table.columns.items()
        if about.kind == "text" and not about.values and name in tables and column in tables[name]
    ]
    own = {text for texts in free for text in texts} | {book.settings.name, FAILURE, *published()}
    own |= {rule["source"] for rules in pay.law.law().values() for rule in rules}
    return sorted((text for text in own if len(text) > 2), key=len, reverse=True)


def _without(text: str, own: list[str]) -> str:
    for one in own:
        if one in text:  # which is much sooner seen than whether it stands there as a word
            text = re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", " ", text)
    return text

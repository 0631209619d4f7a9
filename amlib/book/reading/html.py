"""Web pages that are called .xls or .csv: the largest table of the page, as rows of cells."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from amlib.book.reading.grid import Cells
from amlib.book.reading.place import WIDEST, Place

TALLEST = 1_048_576
_START = re.compile(
    rb"\s*(<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(!doctype html|html|head|body|table|meta|div|style)\b", re.I | re.S
)
_CHARSET = re.compile(rb"""<meta[^>]*charset=["']?([\w-]+)""", re.I)


def is_page(data: bytes) -> bool:
    """Whether a file begins as a web page does, in any encoding whose ASCII letters are bytes."""
    return _START.match(data[:4096].removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip(b"\xff\xfe")) is not None


def charset(data: bytes) -> str:
    """The encoding that a page names, which is not always the one that it has."""
    found = _CHARSET.search(data[:4096])
    return found[1].decode("ascii").casefold() if found else ""


def tables(text: str, here: Place) -> tuple[Cells, list]:
    """The cells of the page's largest table and its merged blocks. Raises `Unreadable` where it has none."""
    page = _Page()
    page.feed(text)
    page.close()
    found = [table for table in page.tables if table.rows]
    if not found:
        raise here.unreadable("a web page (HTML) without a table", "a workbook; open it in Excel and save it as .xlsx")
    return max(found, key=lambda table: sum(map(len, table.rows))).laid_out(here)


class _Table:
    def __init__(self) -> None:
        self.rows: list[list[tuple[str, int, int]]] = []
        self.cell: list[str] | None = None
        self.spans = (1, 1)

    def end_cell(self) -> None:
        if self.cell is not None:
            if not self.rows:
                self.rows.append([])
            self.rows[-1].append((" ".join("".join(self.cell).split()), *self.spans))
        self.cell = None

    def laid_out(self, here: Place) -> tuple[Cells, list]:
        """Cells where they stand on the page: those that reach over others leave these empty."""
        cells, merged, taken = [], [], {}
        for at, row in enumerate(self.rows):
            line: list[str] = []
            for text, down, across in row:
                while taken.get(len(line), 0) > at:
                    line.append("")
                for column in range(len(line), len(line) + across):
                    if down > 1:
                        taken[column] = at + down
                if down > 1 or across > 1:
                    last = min(at + down, len(self.rows)) - 1
                    merged.append(((at, len(line)), (last, len(line) + across - 1)))
                line += [text, *[""] * (across - 1)]
                if len(line) > WIDEST:
                    raise here.unreadable("a web page (HTML) whose table is too wide", f"at most {WIDEST:,} columns")
            cells.append(line)
        return cells, merged


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self.open: list[_Table] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self.unseen += 1
        elif tag == "table":
            self.tables.append(_Table())
            self.open.append(self.tables[-1])
        elif self.open and tag == "tr":
            self.open[-1].end_cell()
            self.open[-1].rows.append([])
        elif self.open and tag in ("td", "th"):
            self.open[-1].end_cell()
            spans = dict(attrs)
            self.open[-1].cell = []
            self.open[-1].spans = (_span(spans.get("rowspan"), TALLEST), _span(spans.get("colspan"), WIDEST))
        elif tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.unseen = max(0, self.unseen - 1)
        elif self.open and tag in ("td", "th", "tr"):
            self.open[-1].end_cell()
        elif self.open and tag == "table":
            self.open.pop().end_cell()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1].cell is not None and not self.unseen:
            self.open[-1].cell.append(data)

    def close(self) -> None:
        super().close()
        for table in self.open:
            table.end_cell()


def _span(text: str | None, most: int) -> int:
    return min(most, max(1, int(text))) if text and re.fullmatch(r"\d{1,9}", text) else 1

"""What a notebook prints: tiles, tables, charts and sentences, in the reader's language.

The only module that knows IPython. Whatever comes from a book is escaped before it becomes HTML.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from itertools import count
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from IPython import get_ipython
from IPython.display import HTML, display

from amlib import schema, words
from amlib.book.reading import REASONS
from amlib.charts import Chart, svg
from amlib.kpis import CATALOGUE, Kpi, ask, measurable, too_few, too_wide
from amlib.sentences import EARLIER, glossary, grammar, kpi_name, kpi_value

FACTS = "application/vnd.amlib.facts+json"
"""The MIME type of what a notebook tells the run: a flat dict, printed on no page."""

# Columns by whose headings a table is called.
_NAMED = 3

# Letters from which a cell of a table is a sentence rather than a few words.
_LONG = 40

# From here on the fraction of a number tells a trainee nothing: it is money.
_WHOLE = 10_000

_ASIDE = {"right": ("✓", "#3f8f5b"), "waiting": ("…", "#9aa3ad"), "hint": ("→", "#1f5fa8")}


def aside(tone: Literal["right", "waiting", "hint"], text: str, points: Sequence[str] = ()) -> None:
    """A line to whoever works in the notebook, with points below it; a sign says which kind, and not colour alone.

    What stands between backticks is code.
    """
    sign, colour = _ASIDE[tone]
    spoken, *below = (re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(said)) for said in (text, *points))
    listed = f"<ul>{''.join(f'<li>{point}</li>' for point in below)}</ul>" if below else ""
    # JupyterLab has none of our styles.
    style = f"border-left: 4px solid {colour}; padding: .4em .8em; margin: .3em 0; max-width: 46em; line-height: 1.5"
    html = f'<div class="am-aside am-{tone}" style="{style}"><strong>{sign}</strong> {spoken}{listed}</div>'
    lines = [f"{sign} {text}", *(f"  - {point}" for point in points)]
    display({"text/html": html, "text/plain": "\n".join(lines)}, raw=True)


def plain_numbers() -> None:
    """Print numbers as people read them: 0.39 and 3,972,135,904, not np.float64(0.39) and 3.972136e+09."""
    if shell := get_ipython():
        as_they_are = shell.display_formatter.formatters["text/plain"]
        for code in "?" + np.typecodes["AllInteger"]:
            as_they_are.for_type(np.dtype(code).type, lambda number, printer, _: printer.text(str(number)))
        for kind in (float, *(np.dtype(code).type for code in np.typecodes["Float"])):
            as_they_are.for_type(kind, lambda number, printer, _: printer.text(_plain(number)))
        pd.set_option("display.float_format", _plain)


def _plain(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= _WHOLE else f"{number:.6g}"


def markdown(text: str) -> None:
    """Markdown, whose links lead where those of the notebook's own cells would."""
    display({"text/markdown": text, "text/plain": text}, raw=True)


def image(chart: Chart) -> None:
    """A chart as an image with its alt text: of an SVG alone, JupyterLab and plain nbconvert make one without."""
    drawn = base64.b64encode(svg(chart.figure).encode()).decode()
    # JupyterLab may be dark.
    style = "background: #fff; max-width: 100%"
    html = f'<img alt="{escape(chart.alt)}" style="{style}" src="data:image/svg+xml;base64,{drawn}">'
    display({"text/html": html, "text/plain": chart.alt}, raw=True)


class Page:
    """One report being written: a book as known at the end of `month`, and a language to write in.

    `book` is that book, `month` a `pandas.Period`, `words` the language's `Words`. A KPI's definition names the lessons
    that teach it, except where the `audience` is "client": they are for the agency's own people.
    """

    def __init__(self, book: Any, month: str | pd.Period, lang: str, audience: str = "internal") -> None:
        self.month = pd.Period(month, "M")
        self.book = book.as_of(self.month)
        self.words = words.of(lang)
        self.currency = book.settings.currency
        self._internal = audience == "internal"
        self._notes = count(1)

    def text(self, message: str, **values: object) -> str:
        """A message of the catalogue in the page's language."""
        return self.words.text(message, **values)

    def name(self, kpi: str) -> str:
        """A KPI's name in the page's language."""
        return kpi_name(self.words, kpi)

    def value(self, kpi: str, value: float | None) -> str:
        """A KPI's value in its unit, null as '–'."""
        return kpi_value(self.words, kpi, value, self.currency)

    def ask(self, kpi: str, by: str | Sequence[str] = (), since: pd.Period | None = None) -> pd.DataFrame:
        """A KPI of the page's month by groups (`kpis.ask`); no rows where the book lacks a table that it needs."""
        found = ask(self.book, kpi, self.month, by, since=since, lacking="empty")
        # Without payments every invoice would seem open.
        return found.iloc[:0] if by and not measurable(self.book, kpi) else found

    # -- sentences

    def say(self, *sentences: str, needs: str | None = None) -> None:
        """A paragraph of sentences; nothing without one. `needs` as in `table`."""
        if not self._can_tell(needs) or not sentences:
            return
        _html(f'<p class="am-say">{escape(" ".join(sentences))}</p>')

    def missing(self, sentence: str) -> None:
        """A sentence about what cannot be said."""
        _html(f'<p class="am-missing">{escape(sentence)}</p>')

    def points(self, points: Mapping[str, Sequence[str]]) -> None:
        """What a page says first: sentences under a word or two (a message) each; one without sentences is left out."""
        items = "".join(
            f"<dt>{escape(self.text(head))}</dt><dd>{escape(' '.join(sentences))}</dd>"
            for head, sentences in points.items()
            if sentences
        )
        _html(f'<dl class="am-points">{items}</dl>')

    def facts(self, **facts: str | float | None) -> None:
        """Tell the run what its index should show of this page; prints nothing."""
        display({FACTS: {name: None if pd.isna(fact) else fact for name, fact in facts.items()}}, raw=True)

    def glance(self, compared: pd.DataFrame) -> None:
        """Tell the run which tiles of `kpis.compare` its index should show, in words; prints nothing."""
        told = []
        for row in compared.itertuples():
            few = too_few(row.kpi, row.n)
            change, line = next(self._changes(row, CATALOGUE[row.kpi]), (None, None))
            tone = grammar.tone(row.kpi, change.way) if change else "flat"
            value = self.value(row.kpi, None if few else row.value)
            told.append({"label": self.name(row.kpi), "value": value, "change": line, "tone": tone})
        display({FACTS: {"glance": told}}, raw=True)

    def tiles(self, compared: pd.DataFrame) -> None:
        """Tiles of `kpis.compare`: value, change on the month before and last year, target, what it rests on."""
        _html(f'<div class="am-tiles">{"".join(self._tile(row) for row in compared.itertuples())}</div>')

    def _tile(self, row: Any) -> str:
        kpi = CATALOGUE[row.kpi]
        notes, few = [self._period(row)] if self._period(row) else [], False
        if not pd.isna(row.target):
            notes.append(self.text("target {value}", value=self.value(row.kpi, row.target)))
        if not pd.isna(row.low) and not too_wide(row.kpi, row.low, row.high):
            spoken = (self.value(row.kpi, row.low), self.value(row.kpi, row.high))
            notes.append(self.text("95% between {low} and {high}", low=spoken[0], high=spoken[1]))
        if pd.isna(row.value):
            notes = [self._lacking(row.kpi) or self.text("nothing to count in this period")]
        elif few := too_few(row.kpi, row.n):
            notes = [
                *notes[: bool(self._period(row))],
                self.text("too few to read (n = {n})", n=self.words.number(row.n)),
            ]
        parts = [
            f'<div class="am-label">{self._explained(row.kpi)}</div>',
            f'<div class="am-value">{escape(self.value(row.kpi, None if few else row.value))}</div>',
            *(
                f'<div class="am-change am-{grammar.tone(row.kpi, change.way)}">{escape(line)}</div>'
                for change, line in self._changes(row, kpi)
            ),
            *(f'<div class="am-note">{escape(note)}</div>' for note in notes),
        ]
        return f'<div class="am-tile">{"".join(parts)}</div>'

    def _explained(self, kpi: str, period: str = "") -> str:
        """The name of a KPI, which opens its definition; no script is needed for it."""
        said, place = ", ".join(filter(None, (self.name(kpi), period))), f"am-note-{next(self._notes)}"
        return (
            f'<button type="button" class="am-kpi" popovertarget="{place}">{escape(said)}</button>'
            f'<div popover id="{place}" class="am-definition"><strong>{escape(self.name(kpi))}</strong> '
            f"{self._definition(kpi)}{self._lessons(kpi)}</div>"
        )

    def _definition(self, kpi: str) -> str:
        return escape(CATALOGUE[kpi].definition_vi if self.words.language == "vi" else CATALOGUE[kpi].definition)

    def _lessons(self, kpi: str) -> str:
        taught = glossary.lessons(self.words, kpi) if self._internal else []
        return "".join(
            f' <small class="am-lesson">{_leading(f"../lessons/{place}", said)} · <code>{command}</code></small>'
            for said, command, place in taught
        )

    def _changes(self, row: Any, kpi: Kpi) -> Iterator[tuple[grammar.Change, str]]:
        """What became of a figure since last month and last year, where both were measured."""
        for than, column in EARLIER.items():
            before, n = getattr(row, column), getattr(row, f"{column}_n")
            change = grammar.change(self.words, row.value, before, kpi.unit, self.currency)
            if change and not too_few(row.kpi, min(row.n, n)):
                yield change, grammar.against(self.words, grammar.arrow(self.words, change), than)

    def _period(self, row: Any) -> str:
        """How far a row of `kpis.compare` looks back: 'last 3 months'; nothing for the month alone and for a state."""
        if pd.isna(row.months) or row.months == 1:
            return ""
        return self.text("last {count} months", count=self.words.number(row.months))

    def scorecard(self, compared: pd.DataFrame) -> None:
        """A table of `kpis.compare`, a row for each KPI in its own unit; those without any value in one sentence."""

        def said(row: Any, column: str) -> str:
            few = f"{column}_n" in compared and too_few(row.kpi, getattr(row, f"{column}_n"))
            return self.value(row.kpi, None if few else getattr(row, column))

        unknown = compared[["value", "before", "year_before"]].isna().all(axis=1)
        rows = [
            {
                "measure": (row.kpi, self._period(row)),
                "now": self.value(row.kpi, None if too_few(row.kpi, row.n) else row.value),
                "month_before": said(row, "before"),
                "year_before": said(row, "year_before"),
                "target": self.value(row.kpi, row.target),
                "rests_on": row.n,
            }
            for row in compared[~unknown].itertuples()
        ]
        figures = {"now": "figure", "month_before": "figure", "year_before": "figure", "target": "figure"}
        if rows:
            self.table(pd.DataFrame(rows), {"measure": "kpi"} | figures | {"rests_on": "number"})
        if unknown.any():
            names = [grammar.in_a_sentence(self.name(kpi)) for kpi in compared.kpi[unknown]]
            self.missing(self.text("Not measured: {kpis}.", kpis=self.words.enumerate(names)))

    # -- tables and charts

    def table(
        self,
        frame: pd.DataFrame,
        formats: Mapping[str, str],
        *,
        empty: str | None = "Nothing to list.",
        most: int | None = None,
        needs: str | None = None,
        heads: Mapping[str, str] | None = None,
    ) -> None:
        """The columns named in `formats`, in that order, one header row; the first column heads its row.

        A format is text, kpi (its id, or that and a period: the name, which opens the definition), figure (a number as
        text), word (a code of the book), band, number, number1 (one decimal),
        money (in the book's currency), short (the same as people say it), pay (that too, but to the unit below a
        million, as in dollars), amount (in another), share, score, hours,
        days, day, month, year or gross. Column headings are the column's name in the page's language, or its text in
        `heads`, as it stands there. A frame
        without rows prints the `empty` message, or nothing where that is None and a sentence has said it. Of more than
        `most` rows the first are printed, and how many more there are. Where `needs` names a KPI that the book cannot
        measure, the reason is printed instead.
        """
        if not self._can_tell(needs):
            return
        if frame.empty:
            if empty is not None:
                self.missing(self.text(empty))
            return
        shown = frame.head(len(frame) if most is None else most)
        given = heads or {}
        headings = [given.get(column) or self.heading(column) for column in formats]
        _html(self._table(shown, formats, headings) + self._more(len(frame) - len(shown)))

    def _table(self, frame: pd.DataFrame, formats: Mapping[str, str], heads: Sequence[str]) -> str:
        columns = "".join(
            f'<th scope="col"{_numeric(how)}>{escape(head)}</th>'
            for head, how in zip(heads, formats.values(), strict=True)
        )
        rows = []
        for _, row in frame.iterrows():
            cells = []
            for i, (column, how) in enumerate(formats.items()):
                said = self._cell(row[column], how)
                tag, scope = ("th", ' scope="row"') if i == 0 else ("td", "")
                cells.append(f"<{tag}{scope}{_numeric(how) or _room(said, how)}>{said}</{tag}>")
            rows.append(f"<tr>{''.join(cells)}</tr>")
        label = self.text("Table: {columns}", columns=", ".join(heads[:_NAMED]))
        return (
            f'<div class="am-scroll" tabindex="0" role="region" aria-label="{escape(label)}"><table class="am-table">'
            f"<thead><tr>{columns}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        )

    def _more(self, rows: int) -> str:
        if rows <= 0:
            return ""
        said = self.words.plural(rows, "{count} more is not shown.", "{count} more are not shown.")
        return f'<p class="am-missing">{escape(said)}</p>'

    def heading(self, column: str) -> str:
        """A column's heading in the page's language."""
        spoken = self.words.of_data(column)
        if spoken == column:
            try:
                spoken = self.text(_capital(column.replace("_", " ")))
            except words.Untranslated as error:
                raise words.Untranslated(f"{error}, or say it by heads={{{column!r}: …}}") from None
        return _capital(spoken)

    def _cell(self, value: Any, how: str) -> str:
        if how == "band":
            return f'<span class="am-band am-{escape(value)}">{escape(self.words.of_data(value))}</span>'
        if how == "kpi":
            return self._explained(value) if isinstance(value, str) else self._explained(*value)
        if not isinstance(value, str) and pd.isna(value):
            return words.NOTHING
        match how:
            case "text" | "figure":
                return escape(str(value))
            case "word":
                return escape(self.words.of_data(value))
            case "gross":
                return escape(self.text("gross" if value else "net"))
            case "year":
                return str(int(value))  # a row of numbers makes it 2025.0
            case "amount":
                return self.words.number(value)
            case "number" | "number1":
                return self.words.number(value, digits=how == "number1")
            case "money":
                return self.words.money(value, self.currency)
            case "short":
                return self.words.short_amount(value, self.currency)
            case "pay":
                return self.words.pay_amount(value, self.currency)
            case "day":
                return self.words.day(value)
            case "month":
                return self.words.short_month(value)
            case "share" | "score" | "hours" | "days":
                return self.words.measure(value, how, self.currency)
        raise ValueError(f"There is no format {how!r} for a table cell.")

    def chart(
        self,
        draw: Callable[..., Chart],
        frame: pd.DataFrame,
        otherwise: str | None,
        *,
        needs: str | None = None,
        **how: Any,
    ) -> None:
        """A chart of a frame; where it has nothing to draw, why.

        `otherwise` is the id of the KPI drawn, for the reason that it cannot be measured, or a message; None where a
        sentence has said it. `needs` as in `table`.
        """
        if not self._can_tell(needs):
            return
        drawn = next(column for column in ("value", "score", "gained", "points", "low") if column in frame)
        if not frame[drawn].isna().all() and (otherwise not in CATALOGUE or measurable(self.book, otherwise)):
            self.figure(draw(frame, self.words, **how))
        elif otherwise is not None:
            self.missing(self.not_measured(otherwise) if otherwise in CATALOGUE else self.text(otherwise))

    def figure(self, chart: Chart) -> None:
        """A chart as SVG, with its alt text and its numbers as a table for the page."""
        about = {"alt": chart.alt, "needs_background": "light"}  # in JupyterLab, whose own may be dark
        if len(chart.numbers):
            heads = [*chart.numbers]
            formats = dict.fromkeys(heads, "figure") | {heads[0]: "text"}
            about["numbers"] = self._table(chart.numbers, formats, [_capital(head) for head in heads])
        drawn = {"image/svg+xml": svg(chart.figure), "text/plain": chart.alt}
        display(drawn, raw=True, metadata={"image/svg+xml": about})

    # -- what the page rests on

    def _can_tell(self, needs: str | None) -> bool:
        """Whether the book can measure the KPI `needs`, if one is named; prints why where it cannot."""
        if needs is None or measurable(self.book, needs):
            return True
        self.missing(self.not_measured(needs))
        return False

    def not_measured(self, kpi: str) -> str:
        """Why a KPI has no value: a table that the book lacks, or nothing in it."""
        name = grammar.in_a_sentence(self.name(kpi))
        if lacking := self._lacking(kpi):
            return self.text("Cannot measure {name}: {lacking}.", name=name, lacking=lacking)
        return self.text("Cannot measure {name}: there is nothing to count in this period.", name=name)

    def _lacking(self, kpi: str) -> str:
        """Which tables of a KPI the book lacks, as a clause; nothing where it has them all."""
        missing = [self.words.of_data(table) for table in CATALOGUE[kpi].tables if table in self.book.missing]
        if not missing:
            return ""
        return self.text("the book has no table of {tables}", tables=self.words.enumerate(missing))

    def definitions(self, *ids: str) -> None:
        """How each KPI is defined, from the catalogue, and which lessons teach it."""
        items = "".join(
            f"<dt>{escape(self.name(kpi))}</dt><dd>{self._definition(kpi)}{self._lessons(kpi)}</dd>" for kpi in ids
        )
        _html(f'<dl class="am-definitions">{items}</dl>')

    def glossary(self, *families: str) -> None:
        """Every KPI of these families (`kpis.FAMILIES`): its names, definition, unit, direction, tables, lessons."""
        (other,) = (language for language in words.LANGUAGES if language != self.words.language)
        items = []
        for kpi in glossary.of_families(families):
            about = " · ".join(glossary.about(self.words, kpi, self.book.missing))
            items.append(
                f'<dt id="{kpi.id}">{escape(self.name(kpi.id))} '
                f'<small lang="{other}">{escape(getattr(kpi, other))}</small></dt>'
                f"<dd>{self._definition(kpi.id)} <small>{escape(about)} · <code>{kpi.id}</code></small>"
                f"{self._lessons(kpi.id)}</dd>"
            )
        _html(f'<dl class="am-definitions am-glossary">{"".join(items)}</dl>')

    def basis(self) -> None:
        """What data the page rests on: rows per table, tables that are missing, rows set aside and why."""
        book = self.book
        counted = [
            self.text("{table} ({rows})", table=self.words.of_data(name), rows=self.words.number(rows))
            for name, rows in book.counts.items()
        ]
        self.say(
            self.text(
                "Data known at the end of {month}: {tables}.", month=self._month(), tables=self.words.enumerate(counted)
            )
        )
        if lacking := [name for name, table in schema.TABLES.items() if name in book.missing and not table.by_hand]:
            tables = self.words.enumerate([self.words.of_data(name) for name in lacking])
            self.missing(self.text("Not in the book: {tables}.", tables=tables))
        rejected = book.set_aside.rejected.astype(bool)
        for table, rows in book.set_aside[rejected].groupby("table", sort=False):
            self.missing(
                self.words.plural(
                    len(rows),
                    "{table}: {count} row is wrong and in no figure; set_aside.csv says what is wrong with it.",
                    "{table}: {count} rows are wrong and in no figure; set_aside.csv says what is wrong with each.",
                    table=self.words.of_data(table),
                )
            )
        for reason, rows in book.set_aside[~rejected].groupby("reason", sort=False):
            self.missing(
                self.words.plural(
                    len(rows),
                    "{count} row was set aside: {reason}.",
                    "{count} rows were set aside: {reason}.",
                    reason=self.text(reason) if reason in REASONS else reason,
                )
            )

    def actions(self, todo: pd.DataFrame, needs: str | None = None) -> None:
        """A list of what to do, of `sentences.to_do`: columns action, why, owner (null for nobody), due_on (or null).

        `needs` as in `table`.
        """
        if not self._can_tell(needs):
            return
        if todo.empty:
            self.say(self.text("Nothing calls for action now."))
            return
        items = []
        for row in todo.itertuples():
            owner = self.text("nobody") if pd.isna(row.owner) else row.owner
            who = owner
            if not pd.isna(row.due_on):
                late = row.due_on < self.month.end_time.normalize()
                message = "{owner}, overdue since {day}" if late else "{owner}, by {day}"
                who = self.text(message, owner=owner, day=self.words.day(row.due_on))
            items.append(
                f"<li><strong>{escape(row.action)}</strong> "
                f"<span>{escape(who)}</span> <small>{escape(row.why)}</small></li>"
            )
        _html(f'<ul class="am-actions">{"".join(items)}</ul>')

    def _month(self) -> str:
        return self.words.month(self.month)


def _leading(place: str, said: str) -> str:
    """A text that leads to a notebook where that lies beside the one that runs; a page has the text alone."""
    return f'<a href="{place}">{escape(said)}</a>' if Path(place).is_file() else escape(said)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _numeric(how: str) -> str:
    return "" if how in ("text", "kpi", "word", "band", "gross", "day", "month") else ' class="num"'


def _room(said: str, how: str) -> str:
    """How much room the text of a cell needs: a word stays in one line, a sentence is read in a few."""
    if how == "kpi":
        return ""
    if " " not in said or how == "band":
        return ' class="am-word"'
    return ' class="am-long"' if len(said) > _LONG else ""


def _html(html: str) -> None:
    display(HTML(html))

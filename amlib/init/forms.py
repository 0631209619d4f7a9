"""What the cells of a column are: dates, instants, numbers, flags or words, and how SQL reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

import pandas as pd

from amlib.book.cells import typed
from amlib.book.cells.found import Found
from amlib.book.cells.numbers import COMMA, DOT, FIGURE, PLAIN, numbers, unit_of
from amlib.schema import Column

NOTHING = ("?", "-", "--", "–", "—", "n/a", "#n/a", "na", "null", "none", "nan")
"""What stands in a cell in which there is nothing."""

_DAYS = (
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%Y/%m/%d", "%d/%b/%y", "%d/%b/%Y",
    "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%d/%m/%y", "%m/%d/%y",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_OFFSET = re.compile(r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|[+-]\d{2}:?\d{2})$")
_MONTH = re.compile(r"^(\d{4}-\d{2}|((tháng|T) ?)?\d{1,2}/\d{4})$", re.IGNORECASE)
_FRACTION = re.compile(r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}\.\d+$")
_WHOLE, _MARKED, _BRACKETS = re.compile(r"[+-]?\d+"), re.compile(r"[+-]?[\d.,]+"), re.compile(r"^\((.*)\)$")
_FIGURE, _PLAIN = re.compile(FIGURE), re.compile(PLAIN)
_NUMBER = Column("number", "")
_FLAGS = {"true", "false", "yes", "no", "có", "không", "đúng", "sai", "x"}
SAMPLE = 3000
FEW = 0.1
"""The share of a column's cells that may be slips ('hôm qua', 31/09/2026) and leave it what the others are."""


@dataclass(frozen=True)
class Form:
    """How the cells of a column are written.

    `kind` is date, instant, month, number, integer, flag, text or empty. `how` is the format of strptime for dates as
    text (two of them with ` | ` between), `1.234,5` or `1,234.5` for numbers as text with marks; empty where SQL can
    take the cells as they are. `unclear` tells that days and months, or the marks of thousands and of decimals, could
    be swapped. `nothing` are the cells that stand for an empty one. `spoilt` tells that a few cells are written
    otherwise: the book names each of them as wrong.

    Of numbers as text `unit` is the ISO 4217 code that cells say, `signs` how they write it, `brackets` whether some
    are negative by brackets. `summable` is false where SQL cannot reckon with them, though the book reads them:
    `1,2 tỷ`, `90%`, two currencies.
    """

    kind: str
    how: str = ""
    unclear: bool = False
    nothing: tuple[str, ...] = ()
    is_text: bool = False
    spoilt: bool = False
    unit: str = ""
    signs: tuple[str, ...] = ()
    brackets: bool = False
    summable: bool = True

    def sql(self, header: str, column: Column) -> str:
        """The SQL of a column as `column` wants it: the cells as they are where the book can read those."""
        cell = f"nullif({quoted(header)}, {text(self.nothing[0])})" if len(self.nothing) == 1 else quoted(header)
        if len(self.nothing) > 1:
            cell = f"case when {cell} not in ({', '.join(map(text, self.nothing))}) then {cell} end"
        if column.kind == "date" and self.kind == "instant":
            day = f"{self._parsed(cell)}::date"
            # A cell that is no day stays as it is, for the book to name.
            return f"coalesce({day}::varchar, {cell})" if self.spoilt else day
        return cell

    def day(self, header: str) -> str:
        """The SQL of the day of a date or an instant, to be compared."""
        return f"{self._parsed(self.sql(header, Column('text', '')))}::date"

    def instant(self, header: str) -> str:
        """The SQL of an instant, to be compared."""
        return self._parsed(self.sql(header, Column("text", "")))

    def number(self, header: str) -> str:
        """The SQL of a number of a `summable` form; null where a cell of a spoilt column is none."""
        cell = self.sql(header, Column("text", ""))
        if not self.is_text:
            return cell
        if self.signs:
            cell = f"regexp_replace({cell}, {text(_pattern(self.signs))}, '', 'gi')"
        if self.brackets:
            cell = f"regexp_replace({cell}, {text(_BRACKETS.pattern)}, '-\\1')"
        if self.how == COMMA.example:
            cell = f"replace(replace({cell}, '.', ''), ',', '.')"
        elif self.how:
            cell = f"replace({cell}, ',', '')"
        return f"try_cast({cell} as double)" if self.spoilt else f"{cell}::double"

    def currency(self, header: str) -> str:
        """The SQL of the currency that a cell says; null where it says none."""
        return f"case when regexp_matches({quoted(header)}, {text(_pattern(self.signs))}, 'i') then '{self.unit}' end"

    def _parsed(self, cell: str) -> str:
        if not self.is_text:
            return cell
        if not self.how:
            return f"try_cast({cell} as timestamp)" if self.spoilt else f"{cell}::timestamp"
        formats = self.how.split(" | ")
        return f"{'try_' if self.spoilt else ''}strptime({cell}, {text(self.how) if len(formats) == 1 else formats})"


@cache
def _formats() -> tuple[tuple[str, str], ...]:
    return tuple((day, day + time) for time in _TIMES for day in _DAYS)


def form(cells: pd.Series) -> Form:
    """The form of a column's cells, found from all of them, or from some thousands that differ."""
    filled = cells.dropna()
    if filled.empty:
        return Form("empty")
    if pd.api.types.is_datetime64_any_dtype(filled.dtype):
        local = filled.dt.tz_localize(None) if filled.dt.tz is not None else filled
        return Form("date" if (local == local.dt.normalize()).all() else "instant")
    if pd.api.types.is_bool_dtype(filled.dtype):
        return Form("flag")
    if pd.api.types.is_numeric_dtype(filled.dtype):
        return Form("integer" if (filled % 1 == 0).all() else "number")
    words = filled.astype("str").drop_duplicates()
    nothing = tuple(sorted(word for word in words if word.strip().casefold() in NOTHING))
    words = [word.strip() for word in words.head(SAMPLE) if word not in nothing]
    found = _of_text(words) if words else Form("empty", is_text=True)
    spoilt = False
    if found.kind == "text" and (most := _all_but_few(words, filled.astype("str").str.strip().value_counts())):
        found, spoilt = _of_text(most), True
    return replace(found, nothing=nothing, is_text=True, spoilt=spoilt and found.kind != "text")


def _of_text(words: list[str]) -> Form:
    if any(char.isdigit() for char in words[0]):
        fits = [how for _, how in _formats() if all(_parses(word, how) for word in words)]
        if fits:
            how = fits[0]
            return Form("instant" if "%H" in how or "%I" in how else "date", how, _swapped(how) in fits)
        if all(_OFFSET.match(word) for word in words) or all(_FRACTION.match(word) for word in words):
            return Form("instant")
        if all(_MONTH.match(word) for word in words):
            return Form("month")
        if both := _mixed(words):
            return Form("instant" if "%H" in both else "date", both)
        if (number := _number(words)) is not None:
            return number
    if {word.casefold() for word in words} <= _FLAGS:
        return Form("flag")
    return Form("text")


def _all_but_few(words: list[str], cells: pd.Series) -> list[str]:
    """The words that are a date, an instant or a number, where few of the `cells` that each stands in are none.

    Empty where more than a few are none.
    """
    # The first words tell what is worth trying: every format on every word would take seconds.
    first = words[:50]
    formats = [how for _, how in _formats() if sum(_parses(word, how) for word in first) >= len(first) / 2]
    if formats:
        most = [word for word in words if any(_parses(word, how) for how in formats)]
    else:
        read = _read(words)
        most = [word for word, value in zip(words, read.values.notna(), strict=True) if value]
    return most if cells[most].sum() >= (1 - FEW) * cells[words].sum() else []


def _mixed(words: list[str]) -> str:
    """Two formats between which all words are, as where real dates stand among typed ones; empty where none are."""
    for time in ("", " %H:%M", " %H:%M:%S"):
        for day in _DAYS[1:]:
            first, second = f"%Y-%m-%d{time}", f"{day}{time}"
            fits = [_parses(word, first) for word in words]
            others = [word for word, fit in zip(words, fits, strict=True) if not fit]
            clear = all(_parses(word, second) for word in others) and not all(
                _parses(word, _swapped(second)) for word in others
            )
            if any(fits) and others and clear:
                return f"{first} | {second}"
    return ""


def _read(words: list[str]) -> Found:
    return numbers(pd.Series(words, dtype="str"), _NUMBER)


def _number(words: list[str]) -> Form | None:
    """How numbers are written, by the rule that reads them; None where some are none."""
    read = _read(words)
    if read.values.isna().any():
        return None
    units = set() if read.units is None else set(read.units.dropna())
    unit = units.pop() if len(units) == 1 else ""
    signs = _signs(words)
    bare = [re.sub(_pattern(signs), "", word, flags=re.IGNORECASE) if signs else word for word in words]
    plain = [_BRACKETS.sub(r"-\1", word) for word in bare]
    one = {unit_of(sign) for sign in signs} == ({unit} if unit else set()) and unit != "%"
    found = Form("number", unit=unit, summable=one and all(map(_MARKED.fullmatch, plain)))
    if found.summable:
        found = replace(found, signs=signs, brackets=plain != bare)
    if all(map(_WHOLE.fullmatch, plain)):
        return replace(found, kind="integer")
    if read.undecided:
        # A mark before three digits alone is taken for that of thousands.
        dots = any("." in word for word in plain)
        return replace(found, how=(COMMA if dots else DOT).example, unclear=True)
    marked = any(mark in word for word in plain for mark in ".,") and not all(map(_PLAIN.match, plain))
    return replace(found, how=read.mark) if marked else found


def _signs(words: list[str]) -> tuple[str, ...]:
    """What stands around the figures but minus and brackets, in small letters, the longest first."""
    around = {side for word in words if (found := _FIGURE.match(word)) for side in found.group("before", "after")}
    signs = {side.strip(" +-()\u00a0").casefold() for side in around} - {""}
    return tuple(sorted(signs, key=lambda sign: (-len(sign), sign)))


def _pattern(signs: tuple[str, ...]) -> str:
    return rf"\s*({'|'.join(map(re.escape, signs))})\s*"


def _parses(word: str, how: str) -> bool:
    try:
        datetime.strptime(word, how)
    except ValueError:
        return False
    return True


def _swapped(how: str) -> str:
    return how.translate(str.maketrans("dm", "md"))


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"


def fits(found: Form, column: Column, cells: pd.Series) -> float:
    """How well cells fit a column, from 0 (they cannot be it) to 1."""
    if found.kind == "empty":
        return 0.5 if column.optional else 0.0
    by_kind = {
        "text": {"text": 1.0, "integer": 1.0, "flag": 0.5, "number": 0.4, "date": 0.3, "instant": 0.3, "month": 0.3},
        "date": {"date": 1.0, "instant": 0.9},
        "instant": {"instant": 1.0, "date": 0.2},
        "month": {"month": 1.0, "date": 0.8},
        "number": {"number": 1.0, "integer": 1.0},
        "integer": {"integer": 1.0},
        "flag": {"flag": 1.0},
    }[column.kind]
    share = by_kind.get(found.kind, 0.0)
    least = column.at_least if column.kind == "integer" else None
    if share and column.kind in ("number", "integer") and (least, column.at_most) != (None, None):
        values = typed(cells, column, "UTC").values
        if column.at_most is not None and (values > column.at_most).any():
            return 0.0
        if least is not None and (values < least).any():
            return 0.0
    return share

"""Numbers as people write them: `1.234.567,50`, `(1.200)`, `1,2 tỷ`, `$500`, `12,5%`.

Every cell is rewritten as digits, a dot and a power of ten, and read once: no arithmetic changes its last digit.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from babel.numbers import list_currencies

from amlib.book.cells.found import Found, Undecided, matches, nothing, settle
from amlib.book.problem import printed
from amlib.pay.wording import CURRENCY_OF, SCALES, folded
from amlib.schema import Column

PLAIN = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
# `1.200` is 1200 in Vietnam and 1.2 elsewhere.
EITHER = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"

FIGURE = (
    r"^(?P<before>[^0-9.,]*)"
    r"(?P<figure>[.,]?[0-9](?:[0-9., ']*[0-9.,])?(?:[eE][+-]?[0-9]+)?)"
    r"(?P<after>[^0-9]*)$"
)
SPACES, APOSTROPHES = "[\u00a0\u2007\u2009\u202f]", "[’ʼ‘´`]"


class Mark(NamedTuple):
    """What separates decimals, what separates thousands, and a cell as an example of both."""

    decimal: str
    thousands: str
    example: str

    @property
    def pattern(self) -> str:
        """The figures that can be read with this mark."""
        groups = "|".join(f"(?:{re.escape(by)}[0-9]{{3}})+" for by in (self.thousands, " ", "'"))
        decimals = rf"(?:{re.escape(self.decimal)}[0-9]*)?"
        return rf"^(?:[1-9][0-9]{{0,2}}(?:{groups}){decimals}|[0-9]*{decimals}(?:[eE][+-]?[0-9]+)?)$"

    def digits(self, figures: pa.Array) -> pa.Array:
        """The figures with a dot before their decimals and no other mark; null where they cannot be read so."""
        figures = pc.if_else(pc.match_substring_regex(figures, self.pattern), figures, None)
        figures = pc.replace_substring_regex(figures, rf"[{re.escape(self.thousands)} ']", "")
        return pc.replace_substring(figures, ",", ".") if self.decimal == "," else figures


DOT, COMMA = Mark(".", ",", "1,234.5"), Mark(",", ".", "1.234,5")


def mark_of(example: str) -> Mark | None:
    """The mark that the example of a cell shows; None where it is no number or fits both."""
    figure = _figures(pd.Series([example], dtype="str"))["figure"]
    fits = [mark for mark in (DOT, COMMA) if matches(figure, mark.pattern).any()]
    return fits[0] if len(fits) == 1 else None


def numbers(cells: pd.Series, column: Column, example: str = "") -> Found:
    """The cells as numbers; `example` is one of them that shows which mark separates decimals."""
    if pd.api.types.is_bool_dtype(cells.dtype) or pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return Found(nothing(cells, "float64"))
    if cells.dtype != "str":
        values = cells.astype("float64")
        infinite = np.isinf(values)
        return Found(values.mask(infinite), lambda cell: "not an infinite one" if abs(cell) == np.inf else "")
    plain = matches(cells, PLAIN)
    if (plain | cells.isna()).all() and not example and not matches(cells, EITHER).any():
        return Found(_cast(pc.replace_substring_regex(_arrow(cells), r"^\+", "")))
    return _written(cells, column, mark_of(example) if example else None)


def integers(cells: pd.Series, column: Column, example: str = "") -> Found:
    """The cells as whole numbers."""
    if cells.dtype == "Int64":
        return Found(cells)
    found = numbers(cells, column, example)
    whole = found.values.where((found.values % 1 == 0) & (found.values.abs() < 2**53)).astype("Int64")
    return Found(whole, found.hint, found.form, found.undecided, found.units)


def _written(cells: pd.Series, column: Column, mark: Mark | None) -> Found:
    parts = _figures(cells)
    words = _Words(parts["before"], parts["after"], parts["figure"])
    undecided = None
    if mark is None:
        dot, comma = words.fits(DOT), words.fits(COMMA)
        both = dot & comma & matches(parts["figure"], "[.,]")
        if not (dot ^ comma).any() and both.any():
            # Nothing in how they are written decides; what the column allows may: no score is 1.5, none is 1,500.
            dot, comma = (_allowed(words.numbers(each), column) for each in (DOT, COMMA))
            both &= dot & comma
        by_dot, open_cells = settle(dot & ~comma, comma & ~dot, both)
        mark = DOT if by_dot else COMMA
        undecided = _undecided(open_cells, cells, words) if open_cells else None
    values = words.numbers(mark)
    why = {}
    if (bad := (values.isna() & cells.notna()).to_numpy()).any():
        otherwise = words.fits(COMMA if mark is DOT else DOT)
        reasons = np.where(otherwise, f"as the column writes them: {mark.example}", words.why())
        why = dict(zip(cells[bad], reasons[bad], strict=True))
    said = [f"as {mark.example}"] if _marked(parts["figure"], values) else []
    said += [f"with {told}"] if (told := words.told(values.notna().to_numpy())) else []
    form = f"read {' '.join(said)}" if said else ""
    return Found(values, lambda cell: why.get(cell, ""), form, undecided, words.units(values), mark.example)


def _undecided(at: tuple[int, ...], cells: pd.Series, words: _Words) -> Undecided:
    def said(mark: Mark) -> tuple[str, str]:
        value = words.numbers(mark).iloc[at[0]]
        return mark.example, f"{cells.iloc[at[0]]} is " + ("no number" if np.isnan(value) else printed(value))

    return Undecided(at, (said(COMMA), said(DOT)))


def _allowed(values: pd.Series, column: Column) -> np.ndarray:
    """Where the column allows the value: whole numbers only, or a range."""
    right = values.notna()
    right &= values % 1 == 0 if column.kind == "integer" else True
    right &= values >= column.at_least if column.at_least is not None else True
    return (right & (values <= column.at_most) if column.at_most is not None else right).to_numpy()


def _arrow(cells: pd.Series) -> pa.Array:
    return pa.array(cells, pa.large_string(), from_pandas=True)


def _cast(text: pa.Array) -> pd.Series:
    # Arrow reads no bare trailing dot.
    text = pc.replace_substring_regex(text, r"\.($|[eE])", r"\1")
    values = pd.Series(pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False), dtype="float64")
    return values.mask(np.isinf(values))


def _figures(cells: pd.Series) -> dict[str, pa.Array]:
    """Each cell as its one figure and what stands before and after it; nulls where there is no one figure."""
    text = _arrow(cells)
    text = pc.replace_substring_regex(pc.replace_substring_regex(text, SPACES, " "), APOSTROPHES, "'")
    found = pc.extract_regex(text, FIGURE)
    # The children of a null struct are not null but empty.
    there = found.is_valid()
    return {name: pc.if_else(there, found.field(name), None) for name in ("before", "figure", "after")}


def _marked(figures: pa.Array, values: pd.Series) -> bool:
    """Whether the cells that are read have separators which our own format does not have."""
    return bool((matches(figures, r"[, ']|\.[0-9]*\.|^[1-9][0-9]{0,2}\.[0-9]{3}$") & values.notna().to_numpy()).any())


# -- Words around a figure ---------------------------------------------------------------------------------------


def _any(words: object) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_UNIT = rf"(?P<unit>{_any(CURRENCY_OF)}|%|[a-z]{{3}})"
_BEFORE = re.compile(rf"(?P<open>\()? ?(?P<sign>[+-])? ?{_UNIT}? ?(?P<sign_after>[+-])? ?(?P<open_after>\()?")
_AFTER = re.compile(rf"(?P<scale>{_any(SCALES)})? ?(?P<close>\))? ?{_UNIT}? ?(?P<minus>-)? ?(?P<close_after>\))?")
_CODES = frozenset(code.casefold() for code in list_currencies())


class Around(NamedTuple):
    """What the words around a figure make of it; `wrong` where they are not understood, and why, if that is known."""

    negative: bool = False
    power: int = 0
    scale: str = ""
    unit: str | None = None
    wrong: str | None = None


def _around(before: str, after: str) -> Around:
    ahead, behind = _BEFORE.fullmatch(folded(before)), _AFTER.fullmatch(folded(after))
    if not ahead or not behind:
        return Around(wrong=f"{after.strip()!r} is no unit that is known" if ahead else "")
    opened = bool(ahead["open"]) + bool(ahead["open_after"])
    minus = [ahead["sign"], ahead["sign_after"], behind["minus"]]
    signs = sum(sign is not None for sign in minus) + opened
    if opened != bool(behind["close"]) + bool(behind["close_after"]) or signs > 1:
        return Around(wrong="two signs, or a bracket without its other half")
    times, meant = SCALES[behind["scale"]] if behind["scale"] else (1, None)
    units = {unit_of(word) for word in (ahead["unit"], behind["unit"]) if word}
    if None in units:
        return Around(wrong=f"{(ahead['unit'] or behind['unit'])!r} is no unit that is known")
    if len(units) > 1:
        return Around(wrong=f"two units, {' and '.join(sorted(units))}")
    unit = next(iter(units), meant)
    if unit == "%" and times != 1:
        return Around(wrong="a percentage of thousands")
    power = -2 if unit == "%" else len(str(times)) - 1
    return Around("-" in minus or opened > 0, power, behind["scale"] or "", unit)


def unit_of(word: str) -> str | None:
    """The ISO 4217 code that a word means, '%' for itself; None where it is no unit."""
    word = folded(word)
    return word if word == "%" else CURRENCY_OF.get(word) or (word.upper() if word in _CODES else None)


class _Words:
    """What stands around the figures of a column, understood once for each that is different."""

    def __init__(self, before: pa.Array, after: pa.Array, figures: pa.Array) -> None:
        pairs = pc.binary_join_element_wise(before, after, _string("\n")).dictionary_encode()
        self.around = [_around(*pair.split("\n", 1)) for pair in pairs.dictionary.to_pylist()]
        self.codes = pairs.indices
        # `.5` is a half, but the dot of `VND.500` is part of the word; `2e3 triệu` has two powers of ten.
        word = pc.invert(pc.is_in(before, pa.array(["", "-", "+"], pa.large_string())))
        power = pa.array([around.power != 0 for around in self.around], pa.bool_()).take(self.codes)
        wrong = pc.or_(
            pc.and_(word, pc.match_substring_regex(figures, r"^[.,]")),
            pc.and_(power, pc.match_substring_regex(figures, r"[eE]")),
        )
        self.figures = pc.if_else(wrong, None, figures)

    def each(self, texts: list[str | None]) -> pa.Array:
        """For each cell the text of the words around it."""
        return pa.array(texts, pa.large_string()).take(self.codes)

    def why(self) -> np.ndarray:
        """What is the matter with the words of each cell, where something is and is known."""
        told = self.each([around.wrong or "" for around in self.around])
        return pc.fill_null(told, "").to_numpy(zero_copy_only=False)

    def fits(self, mark: Mark) -> np.ndarray:
        """The cells that are numbers where `mark` reads them."""
        known = pa.array([around.wrong is None for around in self.around], pa.bool_()).take(self.codes)
        return matches(pc.if_else(known, self.figures, None), mark.pattern)

    def numbers(self, mark: Mark) -> pd.Series:
        """The numbers as `mark` reads their figures; null where the words around them are not understood."""
        signs = self.each(["-" * around.negative if around.wrong is None else None for around in self.around])
        powers = self.each([f"e{around.power}" if around.power else "" for around in self.around])
        return _cast(pc.binary_join_element_wise(signs, mark.digits(self.figures), powers, _string("")))

    def units(self, values: pd.Series) -> pd.Series | None:
        """The unit in each cell that is read; None where there is none."""
        if not any(around.unit for around in self.around):
            return None
        units = pd.Series(self.each([around.unit for around in self.around]), index=values.index, dtype="str")
        return units.where(values.notna())

    def told(self, read: np.ndarray) -> str:
        """The units and the words for thousands and more in the cells that are read, to be told in a note."""
        codes = self.codes.to_numpy(zero_copy_only=False)
        used = [self.around[int(code)] for code in np.unique(codes[read])]
        units = sorted({around.unit for around in used if around.unit})
        return ", ".join(units + [POWERS[power] for power in sorted({around.power for around in used} & set(POWERS))])


POWERS = {3: "thousands", 6: "millions", 9: "billions"}


def _string(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())

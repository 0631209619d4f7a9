"""Answers: one plain form for whatever a trainee may give, and what sets two of them apart."""

from __future__ import annotations

import math
import numbers
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from amlib.words import NOTHING, Words

Plain = dict[str, Any]
"""An answer as JSON can hold it: `kind`, and what makes up an answer of that kind."""

CLOSE = 1e-6
"""How far a number may lie from the right one where an exercise says nothing else, as a share of the right one."""

_NEAR = 0.02


class NoAnswer(TypeError):
    """A value that is no answer to anything, such as a function."""


def plain(value: object) -> Plain:
    """The plain form of a value.

    number, truth, text, day, month and nothing (null) are single values; set and list have `items`; a table has
    `columns` and `rows`. A frame, a series and a dict are tables; an index that has a name or holds no plain count is
    part of the table.

    Raises:
        NoAnswer: for any other value.
    """
    match value:
        case pd.DataFrame() | pd.Series() | Mapping():
            return _table(value)
        case set() | frozenset():
            return {"kind": "set", "items": _items(value)}
        case list() | tuple() | pd.Index() | np.ndarray() | pd.api.extensions.ExtensionArray():
            return {"kind": "list", "items": _items(value)}
    return _single(value)


def _single(value: object) -> Plain:
    match value:
        case bool() | np.bool_():
            return {"kind": "truth", "value": bool(value)}
        case str():
            return {"kind": "text", "value": str(value)}
        case pd.Period():
            return {"kind": "month", "value": str(value)}
        case _ if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
            return {"kind": "nothing", "value": None}
        case numbers.Number() | np.number() if not isinstance(value, complex):
            # The tenth digit is below any tolerance, and the same on every machine.
            return {"kind": "number", "value": float(f"{float(value):.10g}")}
        case date() | np.datetime64():
            return {"kind": "day", "value": pd.Timestamp(value).isoformat()}
        case pd.Timedelta() | np.timedelta64():
            return {"kind": "number", "value": pd.Timedelta(value) / pd.Timedelta(days=1)}
    raise NoAnswer(type(value).__name__)


def _items(values: Iterable[object]) -> list[Plain]:
    return (
        sorted((_single(value) for value in values), key=_order)
        if isinstance(values, set | frozenset)
        else [_single(value) for value in values]
    )


def _table(value: pd.DataFrame | pd.Series | Mapping) -> Plain:
    series = pd.Series(value, dtype="object") if isinstance(value, Mapping) else value
    frame = series.to_frame() if isinstance(series, pd.Series) else series.copy(deep=False)
    counted = frame.index.nlevels == 1 and pd.api.types.is_integer_dtype(frame.index) and frame.index.name is None
    if not counted:
        frame = frame.reset_index(names=[name or f"index {i + 1}" for i, name in enumerate(frame.index.names)])
    columns = ["_".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in frame.columns]
    rows = [[_single(cell) for cell in row] for row in frame.itertuples(index=False, name=None)]
    return {"kind": "table", "columns": columns, "rows": rows, "one": isinstance(value, pd.Series) and len(value) == 1}


def _order(item: Plain) -> tuple:
    """Words and days before numbers: near numbers must not change the order of two tables that agree."""
    value = item["value"]
    return (item["kind"] == "number", item["kind"], value if value is not None else 0)


def same(given: Plain, right: Plain, tolerance: float | None = None, ordered: bool = False) -> bool:
    """Whether an answer is the right one."""
    return difference(given, right, tolerance, ordered) is None


def difference(
    given: Plain, right: Plain, tolerance: float | None = None, ordered: bool = False
) -> tuple[str, dict] | None:
    """What sets an answer apart from the right one: a kind of difference and its particulars; None where nothing does.

    It never holds the right value. The order of rows and items counts only where it is `ordered`, and the names of
    columns only as far as they tell which is which.
    """
    if right["kind"] == "table" and right["one"]:  # a series of one value is that value
        right = right["rows"][0][-1]
    given = _as(given, right["kind"])
    if given["kind"] != right["kind"]:
        return "kind", {"given": given["kind"], "asked": right["kind"], "fraction": _fraction(right)}
    match right["kind"]:
        case "table":
            return _between_tables(given, right, tolerance, ordered)
        case "set" | "list":
            return _between_items(given["items"], right["items"], tolerance, ordered)
    return None if _equal(given, right, tolerance) else _between_values(given, right)


def _as(given: Plain, kind: str) -> Plain:
    """An answer as the kind that is asked, where that loses nothing: a column of ids is a list of them."""
    if given["kind"] == "table" and kind in ("set", "list"):
        columns = len(given["columns"])
        if columns == 1:
            given = {"kind": "list", "items": [row[0] for row in given["rows"]]}
    elif given["kind"] == "table" and given["one"] and kind != "table":
        return given["rows"][0][-1]
    if given["kind"] in ("set", "list") and kind in ("set", "list"):
        items = given["items"]
        once = [item for i, item in enumerate(items) if item not in items[:i]]
        return {"kind": kind, "items": items if kind == "list" else once}
    return given


def _fraction(right: Plain) -> bool:
    return right["kind"] == "number" and abs(right["value"]) <= 1 and right["value"] % 1 != 0


def _equal(given: Plain, right: Plain, tolerance: float | None) -> bool:
    if given["kind"] != right["kind"]:
        return False
    if right["kind"] == "number":
        reach = CLOSE * abs(right["value"]) if tolerance is None else tolerance
        return math.isclose(given["value"], right["value"], rel_tol=1e-9, abs_tol=max(reach, 1e-12))
    if right["kind"] == "text":
        return _letters(given["value"]) == _letters(right["value"])
    return given["value"] == right["value"]


def _letters(text: str) -> str:
    """A text as far as it matters: keyboards write Vietnamese letters in two ways."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _between_values(given: Plain, right: Plain) -> tuple[str, dict]:
    if right["kind"] != "number" or not math.isfinite(given["value"]):
        return "value", {}
    told, asked = given["value"], right["value"]
    for what, other in (("percent", asked * 100), ("share", asked / 100), ("sign", -asked)):
        # Whoever answers 31 for 0.3143 has rounded as well.
        if asked and math.isclose(told, other, rel_tol=_NEAR):
            return what, {}
    if asked and math.isclose(told, asked, rel_tol=_NEAR):
        return "near", {}
    return ("high" if told > asked else "low"), {}


def _between_items(
    given: list[Plain], right: list[Plain], tolerance: float | None, ordered: bool
) -> tuple[str, dict] | None:
    odd = next((a for a in given if not any(_equal(a, b, tolerance) for b in right)), None)
    if len(given) != len(right):
        # Counted only where something is right: of a wrong one alone there are not "too few".
        if odd and not any(_equal(a, b, tolerance) for a in given for b in right):
            return "odd", {"item": odd["value"]}
        return "items", {"given": len(given), "asked": len(right)}
    one, other = (given, right) if ordered else (sorted(given, key=_order), sorted(right, key=_order))
    if all(_equal(a, b, tolerance) for a, b in zip(one, other, strict=True)):
        return None
    if ordered and _between_items(given, right, tolerance, ordered=False) is None:
        return "order", {}
    return ("odd", {"item": odd["value"]}) if odd else ("value", {})


def _between_tables(given: Plain, right: Plain, tolerance: float | None, ordered: bool) -> tuple[str, dict] | None:
    places = _places(given, right)
    for name, place in zip(right["columns"], places, strict=True):
        if place is None:
            return "column", {"column": name, "columns": given["columns"]}
    if len(given["rows"]) != len(right["rows"]):
        return "rows", {"given": len(given["rows"]), "asked": len(right["rows"])}
    told = [[row[place] for place in places] for row in given["rows"]]
    apart = _first_apart(told, right["rows"], tolerance, ordered)
    if apart is None:
        return None
    if ordered and _first_apart(told, right["rows"], tolerance, ordered=False) is None:
        return "order", {}
    row, column = apart
    heads = [cell["value"] for cell in row if cell["kind"] not in ("number", "nothing")]
    return "cell", {"column": right["columns"][column], "row": heads, "value": row[column]["value"]}


def _first_apart(
    given: list[list[Plain]], right: list[list[Plain]], tolerance: float | None, ordered: bool
) -> tuple[list[Plain], int] | None:
    """The first row that differs, and in which column."""

    columns = range(len(right[0])) if right else ()
    figures = [column for column in columns if any(row[column]["kind"] == "number" for row in right)]
    labels = [column for column in columns if column not in figures]

    def order(row: list[Plain]) -> list[tuple]:
        return [_order(row[column]) for column in (*labels, *figures)]

    one, other = (given, right) if ordered else (sorted(given, key=order), sorted(right, key=order))
    for told, asked in zip(one, other, strict=True):
        for column, (a, b) in enumerate(zip(told, asked, strict=True)):
            if not _equal(a, b, tolerance):
                return told, column
    return None


def _places(given: Plain, right: Plain) -> list[int | None]:
    """Where the columns that are asked stand in a table: by name, and one that is called otherwise by what it holds."""

    def head(name: str) -> str:
        return _letters(name).replace(" ", "_")

    names = [head(name) for name in given["columns"]]
    places = [names.index(head(name)) if head(name) in names else None for name in right["columns"]]
    for at, place in enumerate(places):
        if place is None and len(given["columns"]) == len(right["columns"]):
            kinds = {row[at]["kind"] for row in right["rows"]} - {"nothing"}
            free = [
                i
                for i in range(len(names))
                if i not in places and {row[i]["kind"] for row in given["rows"]} - {"nothing"} == kinds
            ]
            places[at] = free[0] if len(free) == 1 else None
    return places


def told(words: Words, what: str, about: Mapping[str, Any]) -> str:
    """A difference in a sentence."""
    kinds = {
        "number": words.text("a number"),
        "truth": words.text("True or False"),
        "text": words.text("a text"),
        "day": words.text("a day"),
        "month": words.text("a month"),
        "nothing": words.text("nothing (None)"),
        "set": words.text("a set"),
        "list": words.text("a list"),
        "table": words.text("a table"),
    }
    match what:
        case "kind" if about["fraction"]:
            given = kinds[about["given"]]
            return words.text("A share such as 0.25 is asked for, and your answer is {given}.", given=given)
        case "kind":
            asked, given = kinds[about["asked"]], kinds[about["given"]]
            return words.text("The question asks for {asked}, and your answer is {given}.", asked=asked, given=given)
        case "percent":
            return words.text("Your number is a hundred times what is asked: a share is written 0.25, not 25.")
        case "share":
            return words.text("Your number is a hundredth of what is asked.")
        case "sign":
            return words.text("Your number has the wrong sign.")
        case "near":
            return words.text("You are close: round only at the end, and look at who is counted at the edges.")
        case "high":
            return words.text("Your number is too high.")
        case "low":
            return words.text("Your number is too low.")
        case "items":
            many = about["given"] > about["asked"]
            message = "Your answer has too many: {count}." if many else "Your answer has too few: {count}."
            return words.text(message, count=words.number(about["given"]))
        case "rows":
            many = about["given"] > about["asked"]
            message = "Your table has too many rows: {count}." if many else "Your table has too few rows: {count}."
            return words.text(message, count=words.number(about["given"]))
        case "odd":
            return words.text("{item} does not belong there.", item=_spoken(words, about["item"]))
        case "order":
            return words.text("All of it is there, but in another order than asked.")
        case "column":
            said = {"column": about["column"], "there": ", ".join(about["columns"])}
            return words.text("Your table has no column {column}; it has: {there}.", **said)
        case "cell":
            row = ", ".join(_spoken(words, head) for head in about["row"]) or NOTHING
            said = {"column": about["column"], "value": _spoken(words, about["value"]), "row": row}
            return words.text("In column {column}, {value} is not right (row: {row}).", **said)
    return words.text("That is not it.")


def _spoken(words: Words, value: object) -> str:
    return words.number(value, 4) if isinstance(value, float | None) else str(value)

"""Rows that a book leaves out: those that a rule sets aside, and those that break the contract of their table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from amlib.book import checking
from amlib.book.problem import Problem
from amlib.book.reading import listed


def set_aside(table: str, rows: pd.DataFrame, reason: str | pd.Series, *, told: bool) -> pd.DataFrame:
    """Rows as `Book.set_aside` lists them: place, reason, and (if `told`) the cells that are not empty."""
    return of_file(table, listed(checking.places(rows), rows if told else rows[[]], reason))


def of_file(table: str, aside: pd.DataFrame) -> pd.DataFrame:
    """Rows that reading left out of a file of `table`, as `Book.set_aside` lists them."""
    aside = aside.assign(rejected=False)
    aside.insert(0, "table", pd.Series(table, index=aside.index, dtype="str"))
    return aside


def rejected(table: str, rows: pd.DataFrame, problems: Iterable[Problem], *, told: bool) -> pd.DataFrame:
    """The rows that `problems` speak of, each once with all that is wrong with it, in the order of the file."""
    wrong: dict[int, list[Problem]] = {}
    for problem in problems:
        wrong.setdefault(problem.at, []).append(problem)
    order = sorted(wrong)
    reasons = pd.Series(["; ".join(_reason(problem, told) for problem in wrong[at]) for at in order], dtype="str")
    return set_aside(table, rows.iloc[order].reset_index(drop=True), reasons, told=told).assign(rejected=True)


def unread(problems: Iterable[Problem]) -> pd.DataFrame:
    """Rows that are in no frame, since they have not the cells of a row."""
    found = [(p.table, p.file, p.sheet, p.row, _reason(p, True), p.values) for p in problems]
    frame = pd.DataFrame(found, columns=["table", "file", "sheet", "row", "reason", "values"])
    return frame.astype({"row": "int64"}).assign(rejected=True)


def without(tables: Mapping[str, checking.Rows], problems: Iterable[Problem]) -> dict[str, checking.Rows]:
    """The tables without the rows that `problems` speak of."""
    wrong: dict[str, set[int]] = {}
    for problem in problems:
        if problem.at is not None:
            wrong.setdefault(problem.table, set()).add(problem.at)
    return {
        name: rows.at(np.flatnonzero(~np.isin(rows.read_at, list(wrong[name])))) if name in wrong else rows
        for name, rows in tables.items()
    }


def _reason(problem: Problem, told: bool) -> str:
    column = f"{problem.column}{f' ({problem.header!r})' if problem.header else ''}: " if problem.column else ""
    return column + (f"found {problem.found}, expected {problem.expected}" if told else f"expected {problem.expected}")

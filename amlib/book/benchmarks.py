"""Published figures that come with the toolkit, beside every book: one row per figure, none without source and year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from amlib import kpis, schema
from amlib.book import checking, reading
from amlib.book.origins import Origin
from amlib.book.problem import BookError, Problem, printed
from amlib.schema import Column, Table

FOLDER = Path(__file__).parents[2] / "data" / "benchmarks"

WIDEST = 6
"""A range whose high is more than so many times its low says nothing about a title: it is no benchmark."""


def _text(description: str, *values: str, optional: bool = False) -> Column:
    return Column("text", description, optional=optional, values=values)


def _figure(description: str) -> Column:
    return Column("number", description, optional=True, at_least=0)


_FROM_LOW_TO_HIGH = (("low", "mid"), ("mid", "high"), ("low", "high"))
_ID = _text("figure")
_TITLE = _text("title as published")
_COUNTRY = _text("ISO 3166 code; empty = not said", optional=True)
_YEAR = {
    "year": Column("integer", "year, as `year_is` says", at_least=2000, at_most=2100),
    "year_is": _text(
        "year the figures are of, year they were published, or, where the source states none, the year it was read",
        "figures",
        "published",
        "read",
    ),
}
_BASIS = {
    "n": Column("integer", "records the figure rests on; empty = not said", optional=True, at_least=1),
    "source": _text("where it stands"),
    "note": _text("what to know before it is believed", optional=True),
    "note_vi": _text("the note in Vietnamese", optional=True),
}

TABLES: Mapping[str, Table] = {
    "salaries": Table(
        "salaries",
        "Published pay",
        ("id",),
        {
            "id": _ID,
            "title": _TITLE,
            "level": Column("text", "step of the career ladder", optional=True, values=schema.LEVELS),
            "city": _text("where; empty = all", optional=True),
            "employer": _text("agency, top_agency, …; empty = all", optional=True),
            "country": _COUNTRY,
            **_YEAR,
            "p10": _figure("10th percentile"),
            "low": _figure("as `spread` says"),
            "mid": _figure("as `spread` says"),
            "high": _figure("as `spread` says"),
            "p90": _figure("90th percentile"),
            "spread": _text(
                "what low, mid and high are: ends and middle of a range that was named, quartiles of pay, "
                "or medians of the low, middle and high that advertisements name",
                "range",
                "quartiles",
                "medians",
            ),
            "currency": _text("ISO 4217 code"),
            "period": _text("what the money is for", "month", "year"),
            "basis": _text("before or after tax and insurance", "gross", "net", "unstated"),
            **_BASIS,
        },
        order=(("p10", "low"), *_FROM_LOW_TO_HIGH, ("high", "p90")),
    ),
    "kpis": Table(
        "kpis",
        "Published KPI figures",
        ("id",),
        {
            "id": _ID,
            "kpi": _text("the KPI of the catalogue that it can stand beside"),
            "title": _TITLE,
            "what": _text("what it holds for"),
            "what_vi": _text("the same in Vietnamese"),
            "country": _COUNTRY,
            **_YEAR,
            "low": _figure("lower end"),
            "mid": _figure("the figure, or its middle"),
            "high": _figure("upper end"),
            "unit": _text("what is counted; shares are fractions"),
            **_BASIS,
        },
        order=_FROM_LOW_TO_HIGH,
    ),
}


def salary_benchmarks(folder: Path = FOLDER) -> pd.DataFrame:
    """Published pay, one row per figure, as `salaries.csv` in `folder` has it.

    p10, low, mid, high and p90 are in `currency` per `period`; `spread` says what low, mid and high are: the
    ends of a named range, quartiles, or medians of advertised ones. `basis` is gross, net or unstated; `n` is how
    many records a figure rests on, null where the source does not say. `year_is` says what the year is: 'read'
    where the source states none, so that the figure may be older than its year.

    Raises:
        BookError: for a column that is missing and a cell that is not of its kind, with file, row and column.
    """
    return _typed("salaries", folder)


def kpi_benchmarks(folder: Path = FOLDER) -> pd.DataFrame:
    """Published KPI figures, one row per figure, as `kpis.csv` in `folder` has it.

    `kpi` is the id in the catalogue, `what` what the figure holds for, low, mid and high are in `unit`, shares as
    fractions; `n`, `year` and `year_is` as in `salary_benchmarks`, and so are the errors.
    """
    return _typed("kpis", folder)


def benchmark_problems(folder: Path = FOLDER) -> list[Problem]:
    """Everything that is wrong with the benchmarks in `folder`, with file, row and column; empty if all is right.

    Beyond types: empty cells (source and year first of all), values, ranges, repeated ids, figures that fall from
    low to high, none at all, or high over `WIDEST` times low, unknown currencies and KPIs, a year of reading
    without a note that says so, and a note without its Vietnamese.
    """
    found: list[Problem] = []
    for name in TABLES:
        rows, problems = _read(name, folder)
        found += problems
        if rows is not None:
            found += [*checking.contract(rows), *checking.currencies(rows), *checking.units(rows, {}, "")]
            found += [*_figures(rows), *_kpis(rows)]
    return found


def _read(name: str, folder: Path) -> tuple[checking.Rows | None, list[Problem]]:
    try:
        read = reading.read(folder / f"{name}.csv", name)
    except reading.Unreadable as error:
        return None, [error.problem]
    rows, more, _ = checking.fill(TABLES[name], read.rows, Origin(), f"{name}.csv", "UTC")
    return rows, [*read.problems, *more]


def _typed(name: str, folder: Path) -> pd.DataFrame:
    rows, problems = _read(name, folder)
    if problems or rows is None:
        raise BookError("\n  ".join(["The benchmarks cannot be read:", *map(str, problems)]), problems)
    return rows.values


def _figures(rows: checking.Rows) -> Iterator[Problem]:
    values = rows.values
    for at in np.flatnonzero(values[["low", "mid", "high"]].isna().all(axis="columns")):
        yield rows.problem(int(at), "mid", printed(None), "a number in one of low, mid and high")
    for at in np.flatnonzero(values.high > WIDEST * values.low):
        low = printed(values.low.iloc[at])
        yield rows.problem(int(at), "high", printed(values.high.iloc[at]), f"at most {WIDEST} times low ({low})")
    for at in np.flatnonzero((values.year_is == "read") & values.note.isna()):
        yield rows.problem(int(at), "note", printed(None), "a word on the year, which is only the one it was read in")
    for at in np.flatnonzero(values.note.notna() != values.note_vi.notna()):
        yield rows.problem(
            int(at), "note_vi", printed(values.note_vi.iloc[at]), "the note in Vietnamese, if there is one"
        )


def _kpis(rows: checking.Rows) -> Iterator[Problem]:
    if "kpi" in rows.values:
        known = rows.values.kpi.isin(list(kpis.CATALOGUE)) | rows.values.kpi.isna()
        for at in np.flatnonzero(~known):
            yield rows.problem(int(at), "kpi", printed(rows.values.kpi.iloc[at]), "a KPI that `am kpi` lists")

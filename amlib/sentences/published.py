"""What is published: abroad, as a ladder, beside the agency's own KPIs, and where each figure stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from amlib import pay
from amlib.sentences.kpis import kpi_name, kpi_value
from amlib.sentences.pay import joined, published_label, unit, weakness, year
from amlib.words import Words


def abroad(bands: pd.DataFrame, currency: str) -> pd.DataFrame:
    """The rows of `pay.side_by_side` of other countries, in `currency`; low, mid and high null without a rate."""
    found, money = bands[bands.abroad], ["low", "mid", "high"]
    return found.assign(**found[money].where(found.currency == currency))


def ladders(words: Words, published: pd.DataFrame, month: pd.Period) -> list[str]:
    """How each published ladder pays: the steps between the middles of three levels or more of one source and year."""
    said = []
    for _, rows in published.dropna(subset="level").groupby(
        ["source", "country", "year", "currency", "period", "basis"], dropna=False, sort=False
    ):
        rungs = rows.assign(level=rows.level.astype(pay.LADDER)).sort_values("level")
        middles = rungs.mid.fillna((rungs.low + rungs.high) / 2).dropna()
        if len(middles) < 3 or rungs.level.duplicated().any():
            continue
        steps = [words.percent(after / before - 1) for before, after in pairwise(middles)]
        names = [words.of_data(level) for level in rungs.level[middles.index]]
        row = next(rows.itertuples())
        message = (
            "Published ({label}): from {first} to {last} pay rises {times} times, step by step by {steps}, "
            "by the middles of the ranges."
        )
        told = {"first": names[0], "last": names[-1], "steps": words.enumerate(steps)}
        times = words.number(middles.iloc[-1] / middles.iloc[0], 1)
        said.append(words.text(message, label=joined([row.country, year(words, row, month)]), times=times, **told))
    return said


def beside_published(
    words: Words, ours: Mapping[str, pd.DataFrame], published: pd.DataFrame, month: pd.Period
) -> pd.DataFrame:
    """Published KPI figures (`book.kpi_benchmarks`) beside the book's own: one row per figure, as it is printed.

    `ours` has each KPI's own answer, one row of value. Columns: indicator, this_agency, published,
    holds_for, year, n, weakness, source.
    """
    rows = []
    for row in published[published.kpi.isin([*ours])].itertuples():
        ends = [kpi_value(words, row.kpi, end, "") for end in (row.low, row.high) if not pd.isna(end)]
        rows.append(
            {
                "indicator": kpi_name(words, row.kpi),
                "this_agency": kpi_value(words, row.kpi, ours[row.kpi].value.iloc[0], ""),
                "published": "–".join(ends) or kpi_value(words, row.kpi, row.mid, ""),
                "holds_for": joined([row.title, _spoken(words, row, "what")]),
                "year": year(words, row, month),
                "n": row.n,
                "weakness": _weak(words, row, month),
                "source": _short(row.source),
            }
        )
    return pd.DataFrame(
        rows, columns=["indicator", "this_agency", "published", "holds_for", "year", "n", "weakness", "source"]
    )


def figures(words: Words, published: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """Published pay as it was published, with `label`, `unit` (currency and period) and `weakness`."""
    return published.assign(
        label=[published_label(words, row, month, "") for row in published.itertuples()],
        unit=[unit(words, row) for row in published.itertuples()],
        weakness=[weakness(words, row, month) for row in published.itertuples()],
    )


def sources(words: Words, month: pd.Period, *published: pd.DataFrame) -> pd.DataFrame:
    """Where published figures stand, one row per source: gives (their titles), year, weakness, source."""
    columns = ["gives", "year", "weakness", "source"]
    told = pd.DataFrame(
        [
            (row.title, year(words, row, month), _weak(words, row, month), row.source)
            for frame in published
            for row in frame.itertuples()
        ],
        columns=columns,
    )
    each = told.groupby("source", sort=False, as_index=False).agg(
        {name: lambda texts: "; ".join(dict.fromkeys("; ".join(texts).split("; "))) for name in columns[:-1]}
    )
    # An address alone is one long word; beside its site it breaks into lines.
    web = each.source.str.contains("://")
    return each.assign(source=each.source.mask(web, each.source.map(_short) + ": " + each.source))[columns]


def _weak(words: Words, row: Any, month: pd.Period) -> str:
    return "; ".join(_known(weakness(words, row, month), _spoken(words, row, "note")))


def _known(*texts: Any) -> Iterator[str]:
    yield from (text for text in texts if not pd.isna(text) and text)


def _spoken(words: Words, row: Any, column: str) -> Any:
    """What a figure's own `column` says in this language."""
    return getattr(row, f"{column}_vi" if words.language == "vi" else column)


def _short(source: str) -> str:
    """The site of an address, else the name before the first comma."""
    return urlsplit(source).netloc.removeprefix("www.").removeprefix("blog.") or source.split(",")[0]

"""The registry of KPIs: what reports, lessons, the glossary and the data dictionary read about each."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

Unit = Literal["money", "share", "score", "hours", "days", "years", "count", "points"]
Better = Literal["more", "less", "neither"]

FAMILIES: dict[str, tuple[str, str]] = {
    "billing": ("Doanh thu", "Revenue"),
    "growth": ("Phát triển khách hàng", "Growth"),
    "retention": ("Duy trì và tái ký", "Retention"),
    "loyalty": ("Khách hàng quay lại", "Loyalty"),
    "lifetime": ("Giá trị vòng đời", "Lifetime value"),
    "satisfaction": ("Mức độ hài lòng", "Satisfaction"),
    "response": ("Phản hồi", "Response"),
    "pipeline": ("Đề xuất và chốt hợp đồng", "Pipeline"),
    "delivery": ("Triển khai", "Delivery"),
    "cost": ("Chi phí", "Cost"),
    "receivables": ("Công nợ", "Receivables"),
    "cash": ("Dòng tiền", "Cash"),
    "workload": ("Khối lượng công việc", "Workload"),
}
"""Each module of KPIs with its Vietnamese and English name, in the order of a list for readers."""


class EngineCannot(NotImplementedError):
    """The engine of a table lacks something that a KPI needs."""


@dataclass(frozen=True, eq=False)
class Kpi:
    """A catalogue entry: what reports, lessons, the glossary and the data dictionary read about a KPI.

    `counted` are a share of n things that were counted and a score of n answers: few of them tell nothing.
    """

    id: str
    family: str
    vi: str
    en: str
    unit: Unit
    better: Better
    needs: Mapping[str, tuple[str, ...]]
    optional: Mapping[str, tuple[str, ...]]
    groups: tuple[str, ...]
    month: Mapping[str, str]
    makes: tuple[str, ...]
    cannot: Mapping[str, str]
    counted: bool
    definition: str
    definition_vi: str
    function: Callable[..., Any]

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables of a book that it is computed from."""
        return tuple(self.needs)

    @property
    def questions(self) -> Mapping[str, inspect.Parameter]:
        """Its parameters beside the tables: what it must be told (as_of, month, hours, …) and may be."""
        parameters = inspect.signature(self.function).parameters
        return {name: parameter for name, parameter in parameters.items() if name not in self.needs}


CATALOGUE: dict[str, Kpi] = {}

MIN_COUNT = 5
"""Below so many a share of counted things, or a score of answers, is too few to read; reports say so instead of it.

The 95 % interval of two out of four goes from 15 % to 85 %; of five, whatever they say, it is never as wide as
`WIDEST`.
"""

WIDEST = 2 / 3
"""An interval of a share that is wider says nothing: reports do not print it, and conclude nothing from it."""


def too_few(kpi: str, n: float) -> bool:
    """Whether a KPI rests on too few to be shown: an NPS of two answers is no NPS, and 0 of 1 is no rate."""
    return CATALOGUE[kpi].counted and n < MIN_COUNT


def too_wide(kpi: str, low: float, high: float) -> bool:
    """Whether the interval of a KPI says nothing, as it spans most of the scale from 0 to 1; not where it is null."""
    return CATALOGUE[kpi].unit == "share" and high - low > WIDEST


def catalogue() -> pd.DataFrame:
    """All KPIs in the order of their families: family, kpi, en, vi, unit, better, tables, definition, one row each."""
    families = list(FAMILIES)
    listed = sorted(CATALOGUE.values(), key=lambda entry: families.index(entry.family))
    return pd.DataFrame(
        [
            {
                "family": FAMILIES[entry.family][1],
                "kpi": entry.id,
                "en": entry.en,
                "vi": entry.vi,
                "unit": entry.unit,
                "better": entry.better,
                "tables": ", ".join(entry.tables),
                "definition": entry.definition,
            }
            for entry in listed
        ]
    )


def glossary() -> str:
    """The catalogue as Markdown, a table for each family: what stands in the data dictionary."""
    listed = catalogue()
    page = ["## KPIs", "", "What `amlib.kpis` computes from the tables; `am kpi <id>` prints a definition in full.", ""]
    for family, rows in listed.groupby("family", sort=False):
        page += [f"### {family}", "", "| KPI | English | Vietnamese | unit | better | tables | definition |"]
        page += ["|---|---|---|---|---|---|---|"]
        page += [
            f"| `{row.kpi}` | {row.en} | {row.vi} | {row.unit} | {row.better} | {row.tables} | {row.definition} |"
            for row in rows.itertuples()
        ]
        page.append("")
    return "\n".join(page)

"""Where a report uses a KPI: the link from a lesson to that section."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat

from amlib.kpis import CATALOGUE

from .source import tags


@dataclass
class Section:
    """A heading of a report and its cell by language, and the KPIs that its code names, itself or by a list."""

    heads: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    direct: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Link:
    """A text and the address that it leads to, from the folder `notebooks`."""

    text: str
    address: str


def link(report: Path, kpi: str | None, lang: str) -> Link:
    """The section of a report that uses a KPI, by the section's own words; the report where no section does."""
    title, *sections = _sections(report)
    address = f"reports/{report.name}"
    for used in ("direct", "named"):
        # The last section lists how everything is defined.
        for section in sections[:-1]:
            if kpi in getattr(section, used):
                return Link(f"{title.heads[lang]} · {section.heads[lang]}", f"{address}{to_cell(section.cells[lang])}")
    return Link(title.heads[lang], address)


def to_cell(id: str) -> str:
    """The fragment by which JupyterLab finds a cell: of letters alone, unlike those of Vietnamese headings."""
    return f"#cell-id={id}"


@cache
def _sections(report: Path) -> tuple[Section, ...]:
    """The title of a report and its sections, in their order."""
    found = [Section()]
    given: dict[str, set[str]] = {}
    for cell in nbformat.read(report, 4).cells:
        if cell.cell_type == "markdown":
            (lang,) = (tag for tag in tags(cell) if tag in ("vi", "en"))
            if cell.source.startswith("## ") and lang in found[-1].heads:
                found.append(Section())
            found[-1].heads.setdefault(lang, cell.source.splitlines()[0].lstrip("# "))
            found[-1].cells.setdefault(lang, cell.id)
        else:
            tree = ast.parse(cell.source)
            for names, kpis in _lists(tree):
                given |= dict.fromkeys(names, kpis)
            found[-1].direct |= _kpis(tree)
            for node in ast.walk(tree):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    found[-1].named |= given.get(node.id, set())
    return tuple(found)


def _lists(tree: ast.AST) -> Iterator[tuple[list[str], set[str]]]:
    """The names of lists and dicts that are written out, and the KPIs in them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict | ast.List | ast.Tuple):
            yield [name.id for name in node.targets if isinstance(name, ast.Name)], _kpis(node.value)


def _kpis(tree: ast.AST) -> set[str]:
    """KPIs that are asked for: `kpis.nps`, a name handed to a function, one in a list or with months in a dict.

    A column or a parameter of a KPI's name is none.
    """
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="kpis"), attr=name):
                found.add(name)
            case ast.Call(args=args, keywords=keywords):
                found |= _texts([*args, *(keyword.value for keyword in keywords)])
            case ast.List(elts=items) | ast.Tuple(elts=items):
                found |= _texts(items)
            case ast.Dict(keys=keys, values=values):
                months = [isinstance(value, ast.Constant) and not isinstance(value.value, str) for value in values]
                found |= _texts([key for key, is_months in zip(keys, months, strict=True) if is_months])
    return found & {*CATALOGUE}


def _texts(nodes: Iterable[ast.AST | None]) -> set[object]:
    return {node.value for node in nodes if isinstance(node, ast.Constant)}

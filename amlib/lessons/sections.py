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
    """A heading of a report and its cell by language, and the KPIs that its code names.

    It names them itself (`direct`), by a list (`named`), by what another section has made of a list (`derived`), or as
    those of a family in the glossary (`listed`).
    """

    heads: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    direct: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    derived: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Link:
    """A text and the address that it leads to, from the folder `notebooks`."""

    text: str
    address: str


def link(report: Path, kpi: str | None, lang: str) -> Link:
    """The section of a report that uses a KPI, by the section's own words; the report where no section does."""
    title, *sections = _sections(report)
    address = f"reports/{report.name}"
    *body, _ = sections  # the last section lists how everything is defined
    # Of what is made of a list the first section shows a few, the last one all.
    for used, there in {"direct": body, "named": body, "derived": body[::-1], "listed": sections}.items():
        for section in there:
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
    made: dict[str, set[str]] = {}
    for cell in nbformat.read(report, 4).cells:
        if cell.cell_type == "markdown":
            (lang,) = (tag for tag in tags(cell) if tag in ("vi", "en"))
            if cell.source.startswith("## ") and lang in found[-1].heads:
                found.append(Section())
            found[-1].heads.setdefault(lang, cell.source.splitlines()[0].lstrip("# "))
            found[-1].cells.setdefault(lang, cell.id)
        else:
            tree = ast.parse(cell.source)
            for name, kpis in _lists(tree):
                given[name] = given.get(name, set()) | kpis
            for names, value in _assigned(tree):
                made |= dict.fromkeys(names, set().union(*(given.get(name, set()) for name in _loaded(value))))
            found[-1].direct |= _kpis(tree)
            found[-1].listed |= _listed(tree)
            for name in _loaded(tree):
                found[-1].named |= given.get(name, set())
                found[-1].derived |= made.get(name, set())
    return tuple(found)


def _lists(tree: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """The names of lists and dicts that are written out, and the KPIs in them."""
    for names, value in _assigned(tree):
        if isinstance(value, ast.Dict | ast.List | ast.Tuple):
            for name in names:
                yield name, _kpis(value)


def _assigned(tree: ast.AST) -> Iterator[tuple[list[str], ast.AST]]:
    """Names, and what is assigned or added to them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield [name.id for name in targets if isinstance(name, ast.Name)], node.value


def _loaded(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _listed(tree: ast.AST) -> set[str]:
    """KPIs of the families that a glossary prints."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="glossary"), args=families):
                return {kpi for kpi, of in CATALOGUE.items() if of.family in _texts(families)}
    return set()


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

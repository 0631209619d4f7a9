"""The school's glossary: every KPI in plain words, with the lessons that teach it and the reports that use it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from amlib import words
from amlib.kpis import CATALOGUE, FAMILIES

from .sections import link, to_cell
from .shelf import GLOSSARY, Lesson


def glossary(lang: str, lessons: Sequence[Lesson], notebooks: Path) -> NotebookNode:
    """The glossary in a language as a notebook beside its lessons: a cell for each KPI."""
    say = words.of(lang)
    head = say.text("KPIs in plain words")
    about = say.text("What each KPI means, the lesson that teaches it and the report section that uses it.")
    texts = {"head": f"# {head}\n\n{about}"}
    for family, (vi, en) in FAMILIES.items():
        texts[f"family-{family}"] = f"## {vi if lang == 'vi' else en}"
        of_family = [kpi for kpi, of in CATALOGUE.items() if of.family == family]
        texts |= {kpi: _entry(say, kpi, lessons, notebooks) for kpi in of_family}
    cells = [nbformat.v4.new_markdown_cell(text, id=name) for name, text in texts.items()]
    return notebook(cells)


def _entry(say: words.Words, kpi: str, lessons: Sequence[Lesson], notebooks: Path) -> str:
    lang, of = say.language, CATALOGUE[kpi]
    name, definition = (of.vi, of.definition_vi) if lang == "vi" else (of.en, of.definition)
    links = []
    for one in lessons:
        if kpi in one.kpis:
            title = f"[{one.title[lang]}]({one.name}.ipynb)"
            links.append(say.text("Lesson {number}: {link}", number=one.number, link=title))
    for report in sorted((notebooks / "reports").glob("*.ipynb")):
        used = link(report, kpi, lang)
        if "#" in used.address and report.stem != GLOSSARY:  # which has every KPI
            links.append(say.text("Report: {link}", link=f"[{used.text}](../../{used.address})"))
    said = f"### {name}\n\n`{kpi}` – {definition}"
    return "\n".join([said, "", *(f"- {one}" for one in links)]) if links else said


def seen_again(lang: str, kpis: Sequence[str], reports: Sequence[str], notebooks: Path) -> str:
    """Where a lesson's KPIs are met again, as its last cell: sections of the reports, and the glossary."""
    say = words.of(lang)
    lines = {}
    for report in reports:
        links = [link(notebooks / "reports" / f"{report}.ipynb", kpi, lang) for kpi in kpis or [None]]
        for used in [one for one in links if "#" in one.address] or links:
            lines[used.address] = say.text("Report: {link}", link=f"[{used.text}](../../{used.address})")
    for kpi in kpis:
        name = CATALOGUE[kpi].vi if lang == "vi" else CATALOGUE[kpi].en
        address = f"{GLOSSARY}.ipynb{to_cell(kpi)}"
        lines[address] = say.text("Glossary: {link}", link=f"[{name}]({address})")
    return "\n".join([f"## {say.text('Where you meet this again')}", "", *(f"- {line}" for line in lines.values())])


def notebook(cells: list[NotebookNode]) -> NotebookNode:
    """A notebook that is read."""
    nb = nbformat.v4.new_notebook(cells=cells)
    nb.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return nb

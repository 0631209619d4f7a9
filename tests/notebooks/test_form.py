"""How the report notebooks are written."""

from __future__ import annotations

import ast
import re
import tokenize
from io import StringIO

import nbformat
from pages import (
    EVERY,
    LANGUAGES,
    NOTEBOOKS,
    audiences_of,
    code_of,
    parameters_of,
    read,
)

from amlib import words
from amlib.reports.audience import AUDIENCES, INTERACTIVE, meant_for


def test_the_notebooks_of_the_issue_are_there():
    assert {"kpi_review", "am_review", "client_health", "pay_benchmark"} <= {path.stem for path in NOTEBOOKS}


@EVERY
def test_a_valid_notebook_with_ids_and_without_outputs(path):
    nb = read(path)
    nbformat.validate(nb)
    assert (nb.nbformat, nb.nbformat_minor >= 5) == (4, True)
    ids = [cell.id for cell in nb.cells]
    assert len(ids) == len({*ids})
    assert nb.metadata.amlib.per in ("book", "account_manager", "client")
    assert {*nb.metadata} == {"amlib", "kernelspec", "language_info"}
    for cell in code_of(nb):
        assert (cell.outputs, cell.execution_count) == ([], None)


@EVERY
def test_parameters_are_annotated_literals_with_a_comment(path):
    nb = read(path)
    cell = parameters_of(nb)
    assert cell is code_of(nb)[0]
    lines = cell.source.splitlines()
    names = []
    for line in lines:
        (statement,) = ast.parse(line).body
        assert isinstance(statement, ast.AnnAssign), line
        ast.literal_eval(statement.value)
        names.append(statement.target.id)
        comments = [t for t in tokenize.generate_tokens(StringIO(line).readline) if t.type == tokenize.COMMENT]
        assert comments, line
    subject = [] if nb.metadata.amlib.per == "book" else [nb.metadata.amlib.per]
    assert names[: 3 + len(subject)] == ["book", *subject, "month", "lang"]


@EVERY
def test_every_markdown_cell_has_its_partner_in_the_other_language(path):
    nb = read(path)
    tags = [cell.metadata.tags for cell in nb.cells if cell.cell_type == "markdown"]
    assert [tag for tag, *_ in tags] == ["vi", "en"] * (len(tags) // 2)
    for first, second in zip(nb.cells, nb.cells[1:], strict=False):
        if first.metadata.get("tags", ["code"])[0] == "vi":
            assert second.metadata.tags == ["en", *first.metadata.tags[1:]]
            for mark in ("#", "##"):
                heads = [bool(re.match(rf"{mark} \S", cell.source)) for cell in (first, second)]
                assert heads[0] == heads[1]
            assert first.source.count("\n\n") == second.source.count("\n\n")


@EVERY
def test_every_tag_is_one_that_is_known(path):
    for cell in read(path).cells:
        tags = {*cell.metadata.get("tags", [])}
        assert tags <= {"parameters", "nbval-skip", INTERACTIVE, *words.LANGUAGES, *AUDIENCES}
        assert ("nbval-skip" in tags) == (INTERACTIVE in tags)  # nbval runs notebooks as they stand


@EVERY
@LANGUAGES
def test_one_title_and_then_questions_without_a_number(path, lang):
    for audience in audiences_of(path):
        cells = meant_for(read(path), audience).cells
        sources = [cell.source for cell in cells if lang in cell.metadata.get("tags", [])]
        heads = [source.splitlines()[0] for source in sources]
        assert [head.split()[0] for head in heads] == ["#", *["##"] * (len(heads) - 1)]
        assert all(head.endswith("?") for head in heads[1:]), heads
        assert not re.search(r"\d", " ".join(sources))


@EVERY
def test_code_cells_are_short_and_define_nothing(path):
    nb = read(path)
    for cell in code_of(nb):
        # Parameters stand one a line, as many as there are.
        assert len(cell.source.splitlines()) <= 10 or cell is parameters_of(nb), cell.source
        defined = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        assert defined == [], cell.source
        assert "print(" not in cell.source


@EVERY
def test_about_twenty_cells_a_reader_sees(path):
    for audience in audiences_of(path):
        cells = meant_for(read(path), audience).cells
        assert sum("en" not in cell.metadata.get("tags", []) for cell in cells) <= 30

"""The glossary of KPIs."""

from __future__ import annotations

import re
from html import escape

import pytest
from pages import FOLDER, LANGUAGES, given, run

from amlib.kpis import CATALOGUE


@LANGUAGES
def test_every_kpi_stands_in_the_glossary_once_with_both_names_and_its_definition(lang, report):
    shown = " ".join(one.get("text/html", "") for one in report("glossary", lang))
    entries = dict(re.findall(r'<dt id="(\w+)">(.*?</dd>)', shown))
    assert sorted(re.findall(r'<dt id="(\w+)">', shown)) == sorted(CATALOGUE)
    for id, kpi in CATALOGUE.items():
        assert kpi.vi in entries[id]
        assert kpi.en in entries[id]
        assert escape(kpi.definition_vi if lang == "vi" else kpi.definition) in entries[id]


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "the book has no table of payments"), ("vi", "không có bảng thanh toán")]
)
def test_a_kpi_that_the_book_lacks_a_table_for_says_so(lang, said, book_of, sample_book):
    book = book_of(**{name: table for name, table in sample_book.tables.items() if name != "payments"})
    path = FOLDER / "glossary.ipynb"
    shown = " ".join(one.get("text/html", "") for one in run(path, book, **given(path, book, lang)))
    assert shown.count(said) == sum("payments" in kpi.tables for kpi in CATALOGUE.values())

"""The contract itself: it holds together, and the data dictionary says what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlib import kpis, schema

ROOT = Path(__file__).parents[1]


def test_the_data_dictionary_is_up_to_date():
    written = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert written == f"{schema.dictionary()}\n{kpis.glossary()}", "make it again: see the end of its introduction"


@pytest.mark.parametrize("table", schema.TABLES.values(), ids=schema.TABLES)
def test_a_table_names_only_columns_that_exist(table):
    named = {*table.key, *table.money, *(name for pair in table.order for name in pair)}
    named |= {table.known_on, table.money_on, table.money_from} - {""}
    named |= {column.known_on for column in table.columns.values()} - {""}
    assert named <= set(table.columns)
    for link in table.links.values():
        other, column = link.split(".")
        assert schema.TABLES[other].key == (column,)


@pytest.mark.parametrize("table", schema.TABLES.values(), ids=schema.TABLES)
def test_an_empty_table_fulfils_its_contract(table):
    frame = table.empty("Asia/Ho_Chi_Minh")
    assert list(table.contract.validate(frame).columns) == list(table.columns)

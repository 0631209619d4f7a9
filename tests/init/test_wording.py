"""What words of an export mean, where a column of ours knows only certain ones."""

from __future__ import annotations

import tomllib
from collections import Counter

import pandas as pd

from amlib import schema
from amlib.book.aliases import plain
from amlib.init import wording

CONTENT = tomllib.loads(wording.FILE.read_text(encoding="utf-8"))


def test_every_word_means_one_thing_that_the_column_may_be():
    allowed = {
        name: column.values
        for table in schema.TABLES.values()
        for name, column in table.columns.items()
        if column.values
    }
    assert set(CONTENT) == set(allowed)
    for column, entry in CONTENT.items():
        assert set(entry) == set(allowed[column]), column
        said = Counter(plain(word) for ours, words in entry.items() for word in (ours, *words))
        assert [word for word, n in said.items() if n > 1] == [], column


def test_words_known_and_unknown():
    cells = pd.Series(["Thiết kế", "thiet ke", "Media", "?", "Backlog", None], dtype="str")
    found = wording.meant("department", schema.DEPARTMENTS, cells, nothing=("?",))
    assert found.known == {"Thiết kế": "creative", "thiet ke": "creative", "Media": "media"}
    assert found.unknown == ("Backlog",)

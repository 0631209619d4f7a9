"""Every report for every month of the sample from the 13th on, and of the real export: honest text, nothing broken.

Each month has all reports on the book, and its turn of account managers and clients, so that each of them has one.
"""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from pages import NOTEBOOKS, english, parameters_of, published, read, run, texts

from amlib.book import Book, open_book

ROOT = Path(__file__).parents[2]
EXPORT = ROOT.parent / "shared" / "data" / "online-retail-export" / "online_retail_II_export.xlsx"
SUBJECTS = {"account_manager": "am_id", "client": "client_id"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sample() -> Book:
    return open_book(ROOT / "data" / "sample")


@pytest.fixture(scope="module")
def export() -> Book:
    if not EXPORT.is_file():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("the real data (../shared/data) is not on this machine")
    return open_book(ROOT / "examples" / "online-retail")


def turn(book: Book, per: str, month: pd.Period, place: int, months: int) -> list[dict[str, str]]:
    """The subjects of a kind of report whose turn a month is: those known by then, dealt out over the months."""
    if per == "book":
        return [{}]
    known = book.as_of(month).clients[SUBJECTS[per]].dropna().sort_values().unique()
    return [{per: subject} for subject in known[place % months :: months]]


def broken(text: str) -> bool:
    return "nan" in text.split() or any(mark in text for mark in ("NaT", "<NA>", "None", "Infinity", "∞"))


def check(book: Book, month: pd.Period, lang: str, place: int, months: int) -> int:
    made = 0
    foreign = english() if lang == "vi" else []
    for path in NOTEBOOKS:
        for subject in turn(book, read(path).metadata.amlib.per, month, place, months):
            asked = {"book": "somewhere", "month": str(month), "lang": lang, **subject}
            assert set(asked) <= {line.split(":")[0] for line in parameters_of(read(path)).source.splitlines()}
            said = texts(run(path, book, **asked))
            assert len(said) >= 5, (path.stem, asked)
            assert not [text for text in said if broken(text)], (path.stem, asked)
            own = " ".join(said)
            for of_others in published():
                own = own.replace(of_others, "")
            assert not [stretch for stretch in foreign if stretch in own], (path.stem, asked)
            made += 1
    return made


SAMPLE_MONTHS = pd.period_range("2024-11", "2026-10", freq="M")


@pytest.mark.parametrize("month", SAMPLE_MONTHS, ids=str)
def test_of_the_sample(sample: Book, month: pd.Period):
    place = SAMPLE_MONTHS.get_loc(month)
    made = check(sample, month, ("vi", "en")[place % 2], place, len(SAMPLE_MONTHS))
    assert made >= 5  # three on the book, a client or two, a manager in some months


EXPORT_MONTHS = pd.PeriodIndex(["2010-12", "2011-06", "2011-12"], freq="M")  # its 13th month, the 19th and the last


@pytest.mark.parametrize("month", EXPORT_MONTHS, ids=str)
def test_of_the_real_export(export: Book, month: pd.Period):
    made = check(export, month, "en", EXPORT_MONTHS.get_loc(month), 90)
    assert made >= 4

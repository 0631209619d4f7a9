"""The page of pay."""

from __future__ import annotations

import re

import pytest
from pages import (
    FOLDER,
    LANGUAGES,
    given,
    rows,
    run,
    texts,
)

from amlib import words


def test_an_offer_is_placed_among_the_bands(sample_book):
    path = FOLDER / "pay_benchmark.ipynb"
    shown = run(path, sample_book, **given(path, sample_book, "en"), level="manager", offer=45e6)
    said = " ".join(texts(shown))
    assert "The offer is VND 45 million gross a month for manager" in said
    # TopCV's account managers: 20 to 30 million, middle 22.5 million.
    (row,) = (row for row in rows(shown) if row[0] == "Account Manager · 2025" and len(row) == 9)
    assert row[5:8] == ["200%", "–", "15 million"]
    assert "The offer: VND 45 million" in said


@LANGUAGES
@pytest.mark.parametrize("asked", [{"offer": 25e6, "gross_or_net": "net", "dependants": 2}, {"city": "Huế"}])
@pytest.mark.parametrize("level", ["executive", "director"])
def test_pay_is_told_for_every_offer_and_level(sample_book, lang, asked, level):
    path = FOLDER / "pay_benchmark.ipynb"
    said = " ".join(texts(run(path, sample_book, **given(path, sample_book, lang), level=level, **asked)))
    assert "nan" not in said.split()
    of_offer = "25 triệu đồng net" if lang == "vi" else "VND 25 million net"
    assert ("Huế" if "city" in asked else of_offer) in said


def test_the_published_percentiles_stand_as_they_were_published(report):
    """US BLS, OEWS May 2025: 36.1/49.0/72.9/101.0/138.4 thousand dollars a year, and the others beside them."""
    told = {row[0]: row[1:8] for row in rows(report("pay_benchmark", "en")) if len(row) == 11}
    assert told["Advertising sales agents · agency · US · 2025"] == [
        *["36,100", "49,000", "72,900", "101,000", "138,400"],
        *["USD", "a year"],
    ]
    assert told["Public relations specialists · agency · US · 2025"][:5] == [
        *["47,900", "60,900", "77,500", "104,600", "175,500"]
    ]
    assert told["Account Manager · agency · NZ · 2016, old figure"][1] == "50,000"


def test_no_page_tells_a_single_persons_pay(sample_book, book_of):
    """Each record of the book is given pay that nobody else has; none of it is printed, drawn or told in words."""
    path = FOLDER / "pay_benchmark.ipynb"
    salaries = sample_book.tables["salaries"]
    marked = salaries.assign(mid=salaries.mid + 1_111 + 7 * salaries.index, low=None, high=None)
    marked = marked.astype(salaries.dtypes.to_dict())
    book = book_of(clients=sample_book.clients, salaries=marked)
    for lang in words.LANGUAGES:
        shown = run(path, book, **given(path, book, lang), offer=25e6)
        printed = re.sub(r"[.,\s\xa0]", "", " ".join(map(str, shown)))
        assert len(printed) > 10_000
        assert [pay for pay in marked.mid if f"{pay:.0f}" in printed] == []

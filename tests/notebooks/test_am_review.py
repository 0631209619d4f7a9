"""The page of an account manager."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from pages import (
    FOLDER,
    LANGUAGES,
    MONTH,
    run,
    texts,
)

from amlib import words
from amlib.book import Book


def of_manager(book: Book, am_id: str, month: str = MONTH, lang: str = "en") -> str:
    shown = run(FOLDER / "am_review.ipynb", book, book="x", account_manager=am_id, month=month, lang=lang)
    return re.sub(r"\s+", " ", " ".join(texts(shown)))


@pytest.fixture
def kept_by(sample_book) -> Callable[..., Book]:
    """The sample with other account managers of its clients."""

    def kept_by(am_id: str | list[str] | None) -> Book:
        clients = sample_book.clients.assign(am_id=am_id).astype({"am_id": "str"})
        return replace(sample_book, tables={**sample_book.tables, "clients": clients})

    return kept_by


def test_an_account_managers_page_names_own_clients_alone(kept_by):
    book = kept_by(["AM01", "AM02"] * 4)
    names = book.clients.set_index("client_id").name
    said = of_manager(book, "AM02")
    own = book.clients.am_id == "AM02"
    assert not any(name in said for name in names[~own.to_numpy()])
    active = own & ~(book.clients.until < "2026-10-01")
    assert all(name in said for name in names[active.to_numpy()])
    assert "so the comparison is with all 2 account managers." in said


def test_an_only_account_manager_is_compared_with_nobody(kept_by):
    said = of_manager(kept_by("AM01"), "AM01")
    assert "No other account manager keeps a client this month, so there is nobody to compare with." in said
    assert "There is no figure to compare." in said


def test_an_account_manager_without_clients_has_a_page_that_says_so(kept_by):
    said = of_manager(kept_by(None), "AM01")
    assert "keeps no client in October 2026." in said
    assert "Nothing calls for action now." in said
    assert "An account manager without clients is compared with nobody." in said


def test_an_account_manager_that_the_book_does_not_know_is_refused(sample_book):
    with pytest.raises(LookupError, match=r"The book has no account manager 'AM99' \(it has: AM01"):
        of_manager(sample_book, "AM99")


@LANGUAGES
def test_the_first_month_of_a_book_has_a_page(sample_book, lang):
    first = sample_book.invoices.issued_on.min().to_period("M")
    keeper = sample_book.as_of(str(first)).clients.am_id.iloc[0]
    assert words.of(lang).month(first) in of_manager(sample_book, keeper, str(first), lang)

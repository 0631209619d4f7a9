"""The sample's pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from pages import (
    FOLDER,
    audiences_of,
    given,
    run,
)


@pytest.fixture(scope="module")
def report(sample_book) -> Callable[..., list[dict]]:
    """What a notebook (by name) shows of the sample in a language, to an audience; each is run once."""

    @cache
    def report(name: str, lang: str, audience: str = "internal") -> list[dict]:
        path = FOLDER / f"{name}.ipynb"
        knows = {"audience": audience} if len(audiences_of(path)) > 1 else {}
        return run(path, sample_book, **given(path, sample_book, lang), **knows)

    return report

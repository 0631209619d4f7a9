"""The sample's pages."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from pages import (
    FOLDER,
    audiences_of,
    given,
    page_of,
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


@pytest.fixture(scope="session")
def page_file(sample_book, tmp_path_factory) -> Callable[..., Path]:
    """The file of one of `pages.PAGES` of the sample, made once for all tests and all their processes."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "pages"
    folder.mkdir(exist_ok=True)

    def page_file(name: str, audience: str, lang: str) -> Path:
        path = folder / f"{name}-{audience}-{lang}.html"
        if not path.exists():
            half = folder / f"{path.name}.{os.getpid()}"
            half.write_text(page_of(name, audience, lang, sample_book), encoding="utf-8")
            half.replace(path)
        return path

    return page_file

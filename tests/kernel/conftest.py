"""Kernels of these tests are forked, and from one parent for each file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from amlib import kernel


@pytest.fixture(scope="module")
def parent() -> Iterator[kernel.Parent]:
    with kernel.Parent() as parent:
        yield parent


@pytest.fixture(autouse=True)
def of_parent(parent: kernel.Parent, monkeypatch: pytest.MonkeyPatch) -> None:
    """All kernels of these tests are forked from one parent."""
    monkeypatch.setenv(kernel.PARENT, parent.address)


@pytest.fixture
def on_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Kernels of a test are forked from parents of its own."""
    monkeypatch.delenv(kernel.PARENT)
    yield
    while kernel._own:
        kernel._own.popitem()[1].close()

"""A PostgreSQL that is asked for a whole answer at once, on which it may put several processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg


class _AtOnce(psycopg.Cursor):
    """A cursor that is made as one of the server's would be, and is none."""

    def __init__(self, connection: psycopg.Connection, name: str, *, row_factory: Any = None, **how: Any) -> None:
        super().__init__(connection, row_factory=row_factory)


@contextmanager
def at_once(connection: psycopg.Connection) -> Iterator[None]:
    """While this lasts no cursor is held by the server."""
    before = connection.server_cursor_factory
    connection.server_cursor_factory = _AtOnce
    try:
        yield
    finally:
        connection.server_cursor_factory = before

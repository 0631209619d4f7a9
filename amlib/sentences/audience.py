"""Whom a sentence is for: the agency's own people read about the client, the client is spoken to."""

from __future__ import annotations

from amlib.words import Words


def addressed(words: Words, audience: str, about: str, to: str, **values: object) -> str:
    """The message `about` a client for the audience "internal", the one said `to` it for "client"."""
    return words.text(to if audience == "client" else about, **values)

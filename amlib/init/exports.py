"""Ready mappings: exports of systems whose columns are known, in `amlib/book/exports`, told by their headers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from amlib import book
from amlib.book.aliases import plain

FOLDER = Path(book.__file__).parent / "exports"


@dataclass(frozen=True)
class Export:
    """An export that was recognised: its columns by header, or by SQL over its rows, and what is to be known of it."""

    title: str
    table: str
    columns: Mapping[str, str]
    sql: Mapping[str, str]
    notes: tuple[str, ...]


@cache
def known() -> tuple[Mapping[str, Any], ...]:
    """The ready mappings as they are written; the one with the longest signature first."""
    content = [tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.toml"))]
    return tuple(sorted(content, key=lambda entry: -len(entry["signature"])))


def find(headers: Iterable[str]) -> Export | None:
    """The export whose signature these headers hold."""
    headers = list(headers)
    for entry in known():
        if all(_header(name, headers) for name in entry["signature"]):
            columns = {ours: _first(theirs, headers) for ours, theirs in entry["columns"].items()}
            sql = {
                ours: filled
                for ours, given in entry.get("sql", {}).items()
                if (filled := next((f for one in _list(given) if (f := _filled(one, headers))), ""))
            }
            return Export(
                title=entry["title"],
                table=entry["table"],
                columns={ours: header for ours, header in columns.items() if header and ours not in sql},
                sql=sql,
                notes=tuple(entry.get("notes", ())),
            )
    return None


def _list(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def _first(theirs: str | list[str], headers: list[str]) -> str:
    return next((header for name in _list(theirs) if (header := _header(name, headers))), "")


def _header(name: str, headers: list[str]) -> str:
    """The header of a name; a name between slashes is a pattern over its plain letters."""
    if name.startswith("/"):
        return next((header for header in headers if re.search(name.strip("/"), plain(header))), "")
    return next((header for header in headers if plain(header) == plain(name)), "")


def _filled(sql: str, headers: list[str]) -> str:
    """SQL with `{Name}` put as the quoted header; empty where the file does not have one of them."""
    names = re.findall(r"\{([^}]+)\}", sql)
    there = {name: _header(name, headers) for name in names}
    if not all(there.values()):
        return ""
    for name, header in there.items():
        sql = sql.replace("{" + name + "}", '"' + header.replace('"', '""') + '"')
    return sql

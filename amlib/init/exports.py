"""Ready mappings: exports of systems whose columns are known, in `amlib/book/exports`, told by their headers.

A mapping names its table, a signature of headers that must all be there, `columns` (ours = header, or the first that is
there of several) and `sql` (ours = an expression). A header between slashes is a pattern over its plain letters. In an
expression `{Header}` is the column, `{Header:day}` and `{Header:number}` read it as such however it is written, and
what stands in `[…]` falls away where its header is not there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from amlib import book
from amlib.book.aliases import bare, plain
from amlib.init.forms import Form, quoted

FOLDER = Path(book.__file__).parent / "exports"


@dataclass(frozen=True)
class Export:
    """An export that was recognised: its columns by header, by SQL over its rows, and what is to be known of it.

    `not_told` are columns that it has, and whose SQL cannot reckon with the cells as they are written.
    """

    title: str
    table: str
    columns: Mapping[str, str]
    sql: Mapping[str, str]
    notes: tuple[str, ...]
    not_told: tuple[str, ...] = ()


class _NotSummable(Exception):
    """A header whose cells SQL cannot reckon with as they are written."""


@cache
def known() -> tuple[Mapping[str, Any], ...]:
    """The ready mappings as they are written; the one with the longest signature first."""
    content = [tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.toml"))]
    return tuple(sorted(content, key=lambda entry: -len(entry["signature"])))


def find(forms: Mapping[str, Form]) -> Export | None:
    """The export whose signature the headers of these forms hold."""
    for entry in known():
        if all(_header(name, forms) for name in entry["signature"]):
            columns = {ours: _first(theirs, forms) for ours, theirs in entry.get("columns", {}).items()}
            sql = {ours: _expression(given, forms) for ours, given in entry.get("sql", {}).items()}
            return Export(
                title=entry["title"],
                table=entry["table"],
                columns={ours: header for ours, header in columns.items() if header},
                sql={ours: filled for ours, filled in sql.items() if filled},
                notes=tuple(entry.get("notes", ())),
                not_told=tuple(ours for ours, filled in sql.items() if filled is None),
            )
    return None


def _first(theirs: str | list[str], headers: Collection[str]) -> str:
    names = [theirs] if isinstance(theirs, str) else theirs
    return next((header for name in names if (header := _header(name, headers))), "")


def _header(name: str, headers: Collection[str]) -> str:
    fits = re.compile(name[1:-1] if name.startswith("/") else f"^{re.escape(plain(name))}$").search
    return next((header for header in headers if fits(plain(bare(header, headers)))), "")


def _expression(sql: str, forms: Mapping[str, Form]) -> str | None:
    """As `_filled`; None where SQL cannot reckon with what stands under a header, be it one that may be missing."""
    try:
        return _filled(sql, forms)
    except _NotSummable:
        return None


def _filled(sql: str, forms: Mapping[str, Form]) -> str:
    """An expression with the file's own headers; empty where one is not there that must be."""
    sql = re.sub(r"\[([^\]]*)\]", lambda found: _filled(found[1], forms), sql)

    def column(found: re.Match[str]) -> str:
        name, _, kind = found[1].rpartition(":") if found[1].endswith((":day", ":number")) else (found[1], "", "")
        if not (header := _header(name, forms)):
            raise LookupError
        if kind == "number" and not forms[header].summable:
            raise _NotSummable(header)
        return {"day": forms[header].day, "number": forms[header].number, "": quoted}[kind](header)

    try:
        return re.sub(r"\{([^}]+)\}", column, sql)
    except LookupError:
        return ""

"""What exports call our tables and columns: `aliases.toml`, compared without accents, case, punctuation and space."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from amlib import schema
from amlib.book.problem import printed

FILE = Path(__file__).with_suffix(".toml")

MONTHS = re.compile(r"(?<![^\W_])(tháng|thang|quý|quy|năm|nam|th|t|q)[\s._-]*\d+|\d+", re.IGNORECASE)
"""Numbers in the name of a file, with the word for the month, quarter or year before them."""


def plain(name: str) -> str:
    """A name as it is compared: `Số HĐ`, `so_hd` and `SO HD.` are all `sohd`. Signs alone stay as they are."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("đ", "d"))
    return "".join(c for c in letters if c.isalnum()) or name.strip()


def bare(header: str, headers: Collection[str]) -> str:
    """A header without the number that reading gives to those that share a name: `Labels` of `Labels (2)`."""
    numbered = re.fullmatch(r"(.+) \(\d+\)", header)
    return numbered[1] if numbered and {f"{numbered[1]} ({n})" for n in (1, 2)} <= {*headers} else header


@dataclass(frozen=True)
class Names:
    """What a table and its columns are called, in plain letters.

    `columns` maps a name to our column, our own names among them; `second` has names that count only where no other
    name of their column is there, `with_tax` those of amounts with VAT where ours is before.
    """

    files: frozenset[str]
    columns: Mapping[str, str]
    second: Mapping[str, str]
    with_tax: Mapping[str, str]


@dataclass(frozen=True)
class Match:
    """Headers of a file found for our columns. `several` has the headers of each column that more than one fits."""

    columns: Mapping[str, str]
    several: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@cache
def names() -> Mapping[str, Names]:
    """The names of every table of `schema.TABLES`."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))

    def by_name(columns: Mapping[str, list[str]]) -> dict[str, str]:
        return {plain(name): ours for ours, theirs in columns.items() for name in theirs}

    return {
        table: Names(
            files=frozenset(map(plain, [table, *entry["files"]])),
            columns={plain(ours): ours for ours in schema.TABLES[table].columns} | by_name(entry["columns"]),
            second=by_name(entry.get("second", {})),
            with_tax=by_name(entry.get("with_tax", {})),
        )
        for table, entry in content.items()
    }


def match(table: schema.Table, headers: Iterable[str], given: Mapping[str, str] = {}) -> Match:
    """Which header is which column of `table`: as `given` says, by our own name, or by a name of `names()`.

    `given` maps our column to a header, which need not be written letter by letter as the file has it, or to nothing
    where no header is it. No header is taken for two columns, unless `given` says so. A table that is not of
    `schema.TABLES` has our names alone.
    """
    headers = list(headers)
    found = {ours: _written(theirs, headers) for ours, theirs in given.items()}
    found |= {ours: ours for ours in table.columns if ours not in found and ours in headers}
    if schema.TABLES.get(table.name) is not table:
        return Match(found)
    several: dict[str, tuple[str, ...]] = {}
    known = names()[table.name]
    for by_name in (known.columns, known.second):
        free = [header for header in headers if header not in found.values()]
        hits: dict[str, list[str]] = {}
        for header in free:
            ours = by_name.get(plain(bare(header, headers)))
            if ours and ours not in found and ours not in several:
                hits.setdefault(ours, []).append(header)
        several |= {ours: tuple(theirs) for ours, theirs in hits.items() if len(theirs) > 1}
        found |= {ours: theirs[0] for ours, theirs in hits.items() if len(theirs) == 1}
    return Match(found, several)


def with_tax(table: schema.Table, column: str, headers: Iterable[str]) -> str | None:
    """The header of an amount that includes VAT, where `column` is the amount before it."""
    known = names()[table.name].with_tax if schema.TABLES.get(table.name) is table else {}
    return next((header for header in headers if known.get(plain(header)) == column), None)


def table_of(name: str) -> str | None:
    """The table that a file or sheet of this name holds, numbers and months aside: `hoa_don_T10.2026` is invoices."""
    letters = plain(MONTHS.sub(" ", name))
    return next((table for table, known in names().items() if letters in known.files), None)


def choose(table: str, column: str, header: str) -> str:
    """The line of book.toml that says which header is meant."""
    return f"under [tables.{table}.columns] in book.toml: {column} = {_quoted(header)}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def told(columns: Mapping[str, str]) -> str:
    """Columns read under another name, for a note: `'Mã KH' as client_id, 'Ngày lập' as issued_on`."""
    return ", ".join(f"{printed(theirs)} as {ours}" for ours, theirs in columns.items())


def _written(name: str, headers: list[str]) -> str:
    """The only header that is `name` in plain letters; `name` as it is where several are, or none."""
    alike = [header for header in headers if plain(header) == plain(name)]
    return alike[0] if len(alike) == 1 else name

"""Tables that name clients and account managers by their names, where the list of those has a code as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from amlib.init.recognising import LIKELY, Choice, Recognised

LISTS = {"clients": "client_id", "account_managers": "am_id"}


def by_one_name(tables: Sequence[Recognised]) -> list[Recognised]:
    """The tables, each list keyed as the others name its rows: by its code, or by its name where they have no code.

    Where only some of them have the code, the others are marked `by_name`: a query looks it up.
    """
    by_name = {found.table.name: found for found in tables}
    for table, key in LISTS.items():
        listed = by_name.get(table)
        if listed is None or not listed.header("name"):
            continue
        others = [found for found in by_name.values() if found is not listed and found.header(key)]
        codes, names = (_cells(listed, column) for column in (key, "name"))
        by_their_names = [found for found in others if _share(found, key, names) > _share(found, key, codes)]
        if key not in listed.choices or (others and len(by_their_names) == len(others)):
            why = "the other tables name it so" if by_their_names else "there is no code"
            listed = listed.with_choice(key, Choice(listed.header("name"), LIKELY, why=why))
            listed = replace(listed, notes=(*listed.notes, f"{key} is the name: {why}"))
        else:
            for found in by_their_names:
                by_name[found.table.name] = replace(found, by_name=(*found.by_name, key))
        by_name[table] = listed
    return list(by_name.values())


def _cells(found: Recognised, column: str) -> set[str]:
    header = found.header(column)
    return set(found.sheet.rows[header].dropna().astype("str").str.strip()) if header else set()


def _share(found: Recognised, column: str, known: set[str]) -> float:
    """The share of what stands in a column that is known."""
    said = _cells(found, column)
    return len(said & known) / len(said) if said else 0.0

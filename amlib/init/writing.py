"""The commented `book.toml` of a proposal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from amlib import schema
from amlib.book import aliases
from amlib.init.leaving_out import Rule
from amlib.init.looking import Sheet, counted
from amlib.init.proposing import Proposal, Proposed

HEAD = """\
# Written by `am init`. What it could not tell says so; all else is as sure as the comment above it says.
# Change what is wrong, then: am check FOLDER. Where other keys are told: README.md, data/README.md.
"""


def write(proposal: Proposal, *, reject: bool = False) -> str:
    """The text of the book.toml; with `reject` rows that are wrong are left out of the book and do not refuse it."""
    lines = [HEAD.rstrip("\n")]
    for key in ("name", "currency", "language"):
        doubt = proposal.doubts.get(key, "")
        lines.append(f"{key} = {string(getattr(proposal, key))}" + (f"  # {doubt}" if doubt else ""))
    if reject:
        lines.append('bad_rows = "reject"  # what is wrong is left out, each row with its reason; else: "refuse"')
    for table in proposal.tables:
        if table.source:
            lines += [
                "",
                *_about(table),
                f"[sources.{table.source}]",
                *_origin(table.found.sheet),
                *_rules(table.rules),
            ]
        if table.source or table.sql:
            lines += [
                "",
                f"[tables.{table.name}]",
                *(f"# {told}" for told in table.told),
                f"sql = '''\n{table.sql}\n'''",
                *_values(table),
                *_formats(table),
            ]
        else:
            lines += ["", *_about(table), *(f"# {told}" for told in table.told), f"[tables.{table.name}]"]
            lines += [*_origin(table.found.sheet), *_rules(table.rules), *_columns(table)]
            lines += [*_values(table), *_formats(table)]
    for sheet, why in proposal.not_used:
        lines += ["", f"# Not used: {sheet.title}. {why}.", f"#   Its columns: {', '.join(sheet.headers)}"]
    lines += _left(proposal)
    lines += ["" if proposal.unread else None, *(f"# Not read: {place}" for place in proposal.unread)]
    return "\n".join(line for line in lines if line is not None).rstrip() + "\n"


def _left(proposal: Proposal) -> Iterator[str]:
    """The tables that a file is called as and that the book has not: it would be read by its name alone."""
    sheets = [*(t.found.sheet for t in proposal.tables if t.found), *(sheet for sheet, _ in proposal.not_used)]
    files = dict.fromkeys(Path(file) for sheet in sheets for file in sheet.files if "/" not in file)
    named = {table: [file.name for file in files if file.stem == table] for table in schema.TABLES}
    there = {"clients", *(table.name for table in proposal.tables)}
    for table, names in named.items():
        if names and table not in there:
            yield from ("", f"[tables.{table}]", f"file = []  # not {', '.join(names)}, whatever its name says")


def _about(table: Proposed) -> Iterator[str]:
    """What was found in a sheet, column by column, with examples, and what could not be told."""
    found = table.found
    system = f", {found.export}" if found.export else ""
    yield f"# {found.sheet.title}: {counted(len(found.sheet.rows))}, {table.name} ({found.confidence}{system})"
    rows = []
    for ours in found.table.columns:
        if choice := found.choices.get(ours):
            examples = found.sheet.examples(choice.header) if choice.header and not found.table.private else []
            rows.append((ours, choice.why if choice.sql else choice.header, choice.confidence, " · ".join(examples)))
    widths = [max(len(row[at]) for row in rows) for at in range(3)] if rows else []
    for row in rows:
        yield (
            "#   " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) + "  " + row[3]
        ).rstrip()
    if more := [header for header in found.sheet.headers if header not in used(table)]:
        yield f"#   not used: {', '.join(more)}"
    for note in found.notes:
        yield f"#   {note}"
    for doubt in table.doubts:
        yield f"# am init could not tell {doubt}"


def used(table: Proposed) -> set[str]:
    """The headers that a table rests on."""
    found = table.found
    named = {choice.header for choice in found.choices.values()}
    queries = table.sql + " ".join(choice.sql for choice in found.choices.values())
    return named | {header for header in found.sheet.headers if f'"{header}"' in queries}


def _origin(sheet: Sheet) -> Iterator[str]:
    files, sheets = list(map(string, sheet.file)), list(map(string, sheet.sheets))
    yield f"file = {files[0] if len(files) == 1 else '[' + ', '.join(files) + ']'}"
    if sheets:
        yield f"sheet = {sheets[0] if len(sheets) == 1 else '[' + ', '.join(sheets) + ']'}"


def _columns(table: Proposed) -> Iterator[str]:
    named = [
        (ours, table.found.choices[ours].header) for ours in table.found.table.columns if ours in table.found.choices
    ]
    # What the book would find by name, though its cells do not fit or somebody said no.
    found = aliases.match(table.found.table, table.found.sheet.headers, dict(named))
    left = [ours for ours in (*found.columns, *found.several) if ours not in table.found.choices]
    if named or left:
        yield f"[tables.{table.name}.columns]"
        yield from (f"{ours} = {string(header)}" for ours, header in named)
        for ours in left:
            headers = found.several.get(ours) or (found.columns[ours],)
            yield f'{ours} = ""  # {", ".join(headers)}: not what the cells look like'


def _values(table: Proposed) -> Iterator[str]:
    """What words of the file mean, and those that nobody knows."""
    for ours, words in (table.found.words if table.found else {}).items():
        if ours not in table.found.choices or (all(a == b for a, b in words.known.items()) and not words.unknown):
            continue
        values = table.found.table.columns[ours].values
        yield f"[tables.{table.name}.values.{ours}]  # {', '.join(values)}"
        yield from (f"{string(word)} = {string(meaning)}" for word, meaning in words.known.items() if word != meaning)
        yield from (f"# {string(word)} = {string(values[0])}  # am init could not tell" for word in words.unknown)


def _formats(table: Proposed) -> Iterator[str]:
    """How cells are read that could be read in two ways; the guess is told among the doubts."""
    found = table.found
    lines = []
    for ours, choice in (found.choices if found else {}).items():
        form = found.forms.get(choice.header)
        if form is None or not form.unclear or choice.sql or found.table.columns[ours].kind == "text":
            continue
        day_first = "%d" in form.how and form.how.index("%d") < form.how.index("%m")
        example = form.how if form.kind == "number" else "31/12/2026" if day_first else "12/31/2026"
        lines.append(f"{ours} = {string(example)}  # am init could not tell")
    if lines:
        yield f"[tables.{table.name}.formats]"
        yield from lines


def _rules(rules: tuple[Rule, ...]) -> Iterator[str]:
    if not rules:
        return
    yield "set_aside = ["
    for rule in rules:
        line = f"{{ where = {string(rule.where)}, because = {string(rule.because)} }},"
        yield f"# {line}  # am init could not tell {rule.doubt}" if rule.doubt else f"  {line}  # {counted(rule.rows)}"
    yield "]"


def string(value: str) -> str:
    """A string of TOML on one line: as it is where it holds no quotes of that kind."""
    if '"' in value and "'" not in value and "\n" not in value:
        return f"'{value}'"
    if '"' in value and "'''" not in value and not value.endswith("'") and "\n" not in value:
        return f"'''{value}'''"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def summary(proposal: Proposal) -> Iterator[str]:
    """What was found, for the terminal: as the comments of the book.toml tell it."""
    for table in proposal.tables:
        if table.found is None:
            yield f"{table.name}: made of the other tables"
            yield from (f"  {told}" for told in table.told)
            continue
        first, *more = _about(table)
        yield first.removeprefix("# ")
        yield from (line.removeprefix("# ").removeprefix("#") for line in more)
        yield from (f"  {told}" for told in table.told)
        yield from (f"  set aside: {counted(rule.rows)}, {rule.because}" for rule in table.rules if not rule.doubt)
        yield from (f"am init could not tell {rule.doubt}" for rule in table.rules if rule.doubt)
    for sheet, why in proposal.not_used:
        yield f"Not used: {sheet.title}. {why}."
    yield from (f"{key}: {doubt}" for key, doubt in proposal.doubts.items())

"""Which reports a month needs: notebooks × what each runs for, every parameter checked before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import nbformat
import pandas as pd

from amlib.book import Book
from amlib.book.problem import near
from amlib.reports.audience import AUDIENCES, CLIENT, INTERNAL, PARAMETER, folder_of, meant_for
from amlib.reports.job import BOOK, Job, Per, title
from amlib.reports.parameters import Parameter, declared
from amlib.words import LANGUAGES

_SET_BY = {
    "book": "the argument BOOK",
    "month": "--month",
    "lang": "--lang",
    "client": "--client",
    "account_manager": "the run",
    PARAMETER: "--audience",
}
_FOR: Mapping[str, tuple[str, ...]] = {
    "book": ("book", "month", "lang"),
    "account_manager": ("book", "month", "lang", "account_manager"),
    "client": ("book", "month", "lang", "client"),
}


class PlanError(ValueError):
    """A run was asked for that cannot be: the text says what was found and what there is."""


@dataclass(frozen=True)
class Notebook:
    """A report notebook: its file, what it runs for and rests on, its title in each language, its parameters.

    `rests_on` is 'client' for a notebook per client whose pages change with that client's rows and the tables that
    all share, and with nothing else; 'book' for any other.
    """

    path: Path
    per: Per
    rests_on: Literal["book", "client"]
    titles: Mapping[str, str]
    parameters: tuple[Parameter, ...]

    @property
    def name(self) -> str:
        """The file's name without its ending, which names the report everywhere."""
        return self.path.stem

    @property
    def knows_audience(self) -> bool:
        """Whether it can be run for clients."""
        return any(parameter.name == PARAMETER for parameter in self.parameters)


@dataclass(frozen=True)
class Plan:
    """The reports of one month in one language. `whole` unless only some of the month's reports were asked for.

    `left_out` names the notebooks that are not for the audience.
    """

    month: str
    lang: str
    notebooks: tuple[Notebook, ...]
    jobs: tuple[Job, ...]
    whole: bool
    audience: str = INTERNAL
    left_out: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """What the folder of the edition is called."""
        return folder_of(self.month, self.audience)


def plan(
    book: Book,
    notebooks: Path,
    *,
    month: str | None = None,
    lang: str | None = None,
    only: Sequence[str] = (),
    clients: Sequence[str] = (),
    audience: str = INTERNAL,
    values: Mapping[str, str] | None = None,
) -> Plan:
    """The reports of `month` (the book's last by default) from every notebook in the folder `notebooks`.

    Per client: one report for each client the agency has had by the end of the month, since one who left may still
    owe money. Per account manager: one for each who keeps a client of that month, under the id where the
    book does not name them. A month is one from that of the first invoice to `Book.known_until`. `only` names the
    notebooks to run, all by default; `clients` are the ids of the clients to report on and leaves the other notebooks
    alone. `values` are texts for parameters that the
    notebooks declare; a notebook that does not declare one of them runs without it. For the `audience` "client" run
    the notebooks that declare a parameter `audience`, and they alone.

    Raises:
        PlanError: a notebook is not fit to run, or month, language, audience, name, client or parameter is not one
            there is, or a notebook of `only` is not for the audience.
    """
    month = _month(book, month)
    lang = lang or book.settings.language
    if lang not in LANGUAGES:
        raise PlanError(f"There is no language {lang!r} (there are: {', '.join(LANGUAGES)})")
    if audience not in AUDIENCES:
        raise PlanError(f"There is no audience {audience!r} (there are: {', '.join(AUDIENCES)})")
    chosen, left_out = _for_audience(_chosen(read(notebooks, audience), only), audience, only)
    if clients and all(notebook.per != "client" for notebook in chosen):
        raise PlanError(f"--client has no use here: {', '.join(n.name for n in chosen)} runs once for all clients")
    known = _known(book, pd.Period(month, "M"), clients)
    given = _given(chosen, values or {})
    jobs = []
    for notebook in chosen:
        for id, name, *of_client in _subjects(notebook.per, book, known, pd.Period(month, "M"), clients):
            own = {"book": BOOK, "month": month, "lang": lang, **({} if notebook.per == "book" else {notebook.per: id})}
            own |= {PARAMETER: audience} if notebook.knows_audience else {}
            params = own | given[notebook.name]
            # What the agency calls a group of clients is nothing for a client to read.
            segment, manager = (None, None) if audience == CLIENT or not of_client else of_client
            jobs.append(Job(notebook.name, notebook.per, notebook.titles[lang], id, name, segment, manager, params))
    if not jobs:
        raise PlanError(f"Nothing to report: the book had no client by the end of {month}")
    whole = not only and not clients
    return Plan(month, lang, chosen, tuple(jobs), whole, audience, left_out)


def read(folder: Path, audience: str = INTERNAL) -> tuple[Notebook, ...]:
    """The report notebooks of a folder, by name, each with the title that it has for an audience.

    Raises:
        PlanError: there is none, or one is not fit to run; it names the file and what to mend.
    """
    files = sorted(folder.glob("*.ipynb"))
    if not files:
        raise PlanError(f"There is no notebook in {folder}. Run from a clone of the repository, or give --notebooks")
    return tuple(_notebook(file, audience) for file in files)


def _month(book: Book, month: str | None) -> str:
    last = book.last_month
    if month is None:
        return str(last)
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise PlanError(f"The month is {month!r}; expected one such as {str(last)!r}")
    day, _ = book.tables.days("invoices")
    first = (book.clients["since"].min() if pd.isna(day) else day).to_period("M")
    if pd.Period(month, "M") < first:
        raise PlanError(f"The book has no data for {month}: it begins in {first}")
    if pd.Period(month, "M") > book.known_until:
        raise PlanError(
            f"The book knows nothing of {month}: its last invoice is of {last}, the last row of any other table of "
            f"{book.known_until}. Bring the exports in its folder up to date, or ask for --month {last}"
        )
    return month


def _chosen(notebooks: tuple[Notebook, ...], only: Sequence[str]) -> tuple[Notebook, ...]:
    names = [notebook.name for notebook in notebooks]
    for name in only:
        if name not in names:
            raise PlanError(f"There is no report {name!r} (there are: {', '.join(names)}){near(name, names)}")
    return tuple(notebook for notebook in notebooks if not only or notebook.name in only)


def _for_audience(
    notebooks: tuple[Notebook, ...], audience: str, only: Sequence[str]
) -> tuple[tuple[Notebook, ...], tuple[str, ...]]:
    """The notebooks that are for an audience, and the names of those that are not."""
    if audience == INTERNAL:
        return notebooks, ()
    fit = tuple(notebook for notebook in notebooks if notebook.knows_audience)
    left_out = tuple(notebook.name for notebook in notebooks if not notebook.knows_audience)
    if left_out and (only or not fit):
        raise PlanError(
            f"{', '.join(left_out)}: for the agency alone; a notebook that is also for clients declares "
            f"`{PARAMETER}: str` in its parameters cell"
        )
    return fit, left_out


def _known(book: Book, month: pd.Period, ids: Sequence[str]) -> pd.DataFrame:
    """Who had become a client by the end of the month; all of `ids` must be among them."""
    clients = book.clients
    known = clients[clients["since"] < (month + 1).to_timestamp()]
    for id in ids:
        found = clients[clients["client_id"] == id]
        if found.empty:
            named = clients.loc[clients["name"].str.casefold() == id.casefold(), "client_id"]
            hint = f". Did you mean {named.iloc[0]!r}?" if len(named) else near(id, clients["client_id"])
            raise PlanError(f"The book has no client {id!r} (it has {len(clients):,}){hint}")
        if id not in set(known["client_id"]):
            raise PlanError(f"{id} was no client yet in {month}: it is one since {found['since'].iloc[0]:%Y-%m-%d}")
    return known


def _subjects(
    per: Per, book: Book, known: pd.DataFrame, month: pd.Period, ids: Sequence[str]
) -> Iterable[Sequence[str | None]]:
    """Id and name of everyone a notebook makes a report for, of a client also the segment and who keeps it."""
    if per == "book":
        return [(BOOK, book.settings.name)]
    names = book.account_managers.set_index("am_id")["name"]
    if per == "client":
        wanted = (known[known["client_id"].isin(ids)] if ids else known).sort_values("client_id")
        rows = wanted[["client_id", "name", "segment", "am_id"]].astype(object)
        rows = rows.where(rows.notna(), None).itertuples(index=False, name=None)
        return [(id, name, segment, names.get(am_id, am_id)) for id, name, segment, am_id in rows]
    active = known[~(known["until"] < month.to_timestamp())]
    return [(id, names.get(id, id)) for id in sorted(active["am_id"].dropna().unique())]


def _given(notebooks: tuple[Notebook, ...], texts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The values of `texts` per notebook that declares them."""
    there = "\n".join(
        f"  {notebook.name}: {parameter}"
        for notebook in notebooks
        for parameter in notebook.parameters
        if parameter.name not in _SET_BY
    )
    there = f"\nThe parameters there are:\n{there}" if there else "\nThese notebooks have no parameters to set."
    given: dict[str, dict[str, Any]] = {notebook.name: {} for notebook in notebooks}
    for name, text in texts.items():
        if name in _SET_BY:
            raise PlanError(f"The parameter {name} is set by {_SET_BY[name]}, not by --param")
        having = [(n, p) for n in notebooks for p in n.parameters if p.name == name]
        if not having:
            names = {p.name for n in notebooks for p in n.parameters} - set(_SET_BY)
            raise PlanError(f"No notebook has a parameter {name!r}{near(name, names)}{there}")
        for notebook, parameter in having:
            try:
                given[notebook.name][name] = parameter.read(text)
            except ValueError as error:
                raise PlanError(f"{notebook.name}: {error}{there}") from None
    return given


def _notebook(file: Path, audience: str) -> Notebook:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", file.stem) or file.stem == "executed":
        raise PlanError(f"{file.name}: expected a file name of letters, digits, _ and -, and not 'executed'")
    try:
        nb = meant_for(nbformat.read(file, as_version=4), audience)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise PlanError(f"{file.name} is not a notebook: {str(error).splitlines()[0][:200]}") from None
    about = nb.metadata.get("amlib")
    per = about.get("per") if isinstance(about, Mapping) else None
    if per not in _FOR:
        found = "nothing" if per is None else repr(per)
        raise PlanError(
            f'{file.name}: its metadata must say what it runs for, {{"amlib": {{"per": …}}}} with one of '
            f"{', '.join(_FOR)}; found {found}"
        )
    cells = [cell for cell in nb.cells if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", ())]
    if len(cells) != 1:
        raise PlanError(f"{file.name}: expected one code cell tagged 'parameters', found {len(cells)}")
    try:
        parameters = declared(cells[0].source)
    except ValueError as error:
        raise PlanError(f"{file.name}, parameters cell: {error}") from None
    types = {parameter.name: parameter.type for parameter in parameters}
    for name in (*_FOR[per], *({PARAMETER} & {*types})):
        if name not in types:
            raise PlanError(
                f"{file.name} runs per {per} and needs the parameter {name}: add `{name}: str = …` to its "
                f"parameters cell (it has: {', '.join(types) or 'none'})"
            )
        if not types[name].fits(""):
            raise PlanError(f"{file.name}: the parameter {name} is {types[name]}; the run gives it a str")
    rests_on = about.get("rests_on", "book")
    if rests_on not in ("book", per) or rests_on == "account_manager":
        raise PlanError(
            f"{file.name}: its metadata says that it rests on {rests_on!r}; expected 'book', or 'client' for a "
            "notebook per client"
        )
    return Notebook(file, per, rests_on, {lang: title(nb, lang) or file.stem for lang in LANGUAGES}, parameters)

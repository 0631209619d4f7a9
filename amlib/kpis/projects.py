"""Which projects count, for all KPIs of them."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir
import pandas as pd


def ordered(projects: ir.Table) -> ir.Table:
    """The projects that clients said yes to; all of them where the table says of none whether it was won."""
    if "won" not in projects.columns:
        return projects
    # A book without the column has it empty once it is opened.
    unsaid = (projects.won.count() == 0).as_scalar()
    return projects.filter(projects.won.fill_null(unsaid))


def ordered_projects(book: Any, month: str | pd.Period) -> pd.DataFrame:
    """The rows of the book's projects known at a month's end that clients said yes to.

    As the KPIs count them: of a client's own book as well, the whole book tells whether anybody says what was won
    (`Book.answer`).
    """
    month = pd.Period(month, "M")
    known = book.as_of(month)
    asked = known.answer(["ordered projects", month], lambda whole: _ids(whole.projects))
    return known.projects[known.projects.project_id.isin(asked.project_id)]


def _ids(projects: pd.DataFrame) -> pd.DataFrame:
    won = projects.won.fillna(not projects.won.notna().any()).astype(bool)
    return projects.loc[won, ["client_id", "project_id"]]

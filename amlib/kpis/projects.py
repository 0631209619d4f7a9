"""Which projects count, for all KPIs of them."""

from __future__ import annotations

import ibis.expr.types as ir


def ordered(projects: ir.Table) -> ir.Table:
    """The projects that clients said yes to; all of them where the table says of none whether it was won."""
    if "won" not in projects.columns:
        return projects
    # A book without the column has it empty once it is opened.
    unsaid = (projects.won.count() == 0).as_scalar()
    return projects.filter(projects.won.fill_null(unsaid))

"""The run: plan which reports a month needs, execute their notebooks, render pages, write index and manifest.

>>> from amlib.reports import plan, run
>>> planned = plan(book, Path("notebooks/reports"), month="2026-10")
>>> manifest = run(planned, book, Path("out"))

Notebooks and templates are files to it; it knows nothing of KPIs.
"""

from amlib.reports.parameters import Parameter
from amlib.reports.plan import Job, Notebook, Plan, PlanError, plan, slug
from amlib.reports.render import RenderError
from amlib.reports.run import RunError, run
from amlib.reports.site import Manifest, Report

__all__ = [
    "Job",
    "Manifest",
    "Notebook",
    "Parameter",
    "Plan",
    "PlanError",
    "RenderError",
    "Report",
    "RunError",
    "plan",
    "run",
    "slug",
]

"""The run: plan which reports a month needs, execute their notebooks, render pages, write index and manifest.

>>> from amlib.reports.plan import plan
>>> from amlib.reports.run import run
>>> planned = plan(book, Path("notebooks/reports"), month="2026-10")
>>> manifest = run(planned, book, Path("out"))

Notebooks and templates are files to it; it knows nothing of KPIs.
"""

# Nothing is imported here: the processes that make reports need a part of it only.

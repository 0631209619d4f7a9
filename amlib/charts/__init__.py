"""Charts: a frame in, a figure and its alt text out; one function per chart, one style for all.

Every chart takes `words` (the reader's language) and returns a `Chart` whose alt text is written from the
same numbers. Frames are as KPIs return them; undefined values are left out of the drawing, never drawn as 0.
"""

from amlib.charts.bridges import nps_bridge, revenue_bridge
from amlib.charts.by_month import fees_by_month, kpi_by_month, revenue_by_month
from amlib.charts.cohorts import cohort_heatmap
from amlib.charts.delivery import on_time_by_department
from amlib.charts.drawing import svg
from amlib.charts.health import losses_by_score, points_moved, score_by_month
from amlib.charts.manager import (
    clients_by_health_and_value,
    hours_by_month,
    new_and_existing_revenue,
    standing_of_manager,
)
from amlib.charts.managers import workload_of_managers
from amlib.charts.pay import pay_bands, pay_by_experience
from amlib.charts.receivables import ageing_of_clients, dso_by_month, expected_by_week
from amlib.charts.response import waiting_times
from amlib.charts.style import Chart

__all__ = [
    "Chart",
    "ageing_of_clients",
    "clients_by_health_and_value",
    "cohort_heatmap",
    "dso_by_month",
    "expected_by_week",
    "fees_by_month",
    "hours_by_month",
    "kpi_by_month",
    "losses_by_score",
    "new_and_existing_revenue",
    "nps_bridge",
    "on_time_by_department",
    "pay_bands",
    "pay_by_experience",
    "points_moved",
    "revenue_bridge",
    "revenue_by_month",
    "score_by_month",
    "standing_of_manager",
    "svg",
    "waiting_times",
    "workload_of_managers",
]

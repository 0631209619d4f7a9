"""The KPIs: pure functions, tables in, a table out; `CATALOGUE` lists them all."""

from .billing import revenue
from .compare import compare, measurable, target
from .delivery import on_time_delivery
from .kpi import CATALOGUE, FAMILIES, EngineCannot, Kpi
from .lifetime import lifetime_value
from .loyalty import repeat_rate, returning_clients
from .receivables import overdue_share
from .response import response_time
from .satisfaction import MIN_ANSWERS, nps
from .tables import ColumnMissing
from .workload import clients_per_manager

__all__ = [
    "CATALOGUE",
    "FAMILIES",
    "MIN_ANSWERS",
    "ColumnMissing",
    "EngineCannot",
    "Kpi",
    "clients_per_manager",
    "compare",
    "lifetime_value",
    "measurable",
    "nps",
    "on_time_delivery",
    "overdue_share",
    "repeat_rate",
    "response_time",
    "returning_clients",
    "revenue",
    "target",
]

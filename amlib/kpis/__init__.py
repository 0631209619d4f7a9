"""The KPIs: pure functions, tables in, a table out; `CATALOGUE` lists them all."""

from .asking import ask, compute, counted_from, find, rows
from .billing import (
    new_client_revenue,
    recurring_revenue,
    revenue,
    revenue_bridge,
    revenue_growth,
    revenue_per_client,
    target_attainment,
)
from .cash import expected_cash, payment_delay
from .compare import compare, measurable, target
from .cost import billable_share, budget_burn, fee_per_hour, project_margin, unapproved_cost, unplanned_cost
from .delivery import days_late, handover_wait, on_time_delivery, on_time_tasks, open_overdue
from .growth import concentration, expansion_per_client, key_account_share, white_space
from .lifetime import lifetime_value
from .loyalty import cohort_retention, repeat_rate, returning_clients
from .pipeline import open_briefs, proposal_time, win_rate
from .projects import ordered_projects
from .receivables import (
    collection_rate,
    credit_balance,
    days_sales_outstanding,
    overdue_share,
    receivables_ageing,
    reconciliation,
)
from .registry import CATALOGUE, FAMILIES, MIN_COUNT, EngineCannot, Kpi, catalogue, glossary, too_few, too_wide
from .response import response_time
from .retention import (
    active_clients,
    client_churn,
    client_retention,
    expiring_contracts,
    gross_retention,
    net_retention,
    renewal_rate,
)
from .satisfaction import complaint_rate, nps, nps_bridge
from .standing import scorecard, standing
from .tables import ColumnMissing
from .workload import clients_per_manager, revenue_per_manager, utilisation

__all__ = [
    "CATALOGUE",
    "FAMILIES",
    "MIN_COUNT",
    "ColumnMissing",
    "EngineCannot",
    "Kpi",
    "active_clients",
    "ask",
    "billable_share",
    "budget_burn",
    "catalogue",
    "client_churn",
    "client_retention",
    "clients_per_manager",
    "cohort_retention",
    "collection_rate",
    "compare",
    "complaint_rate",
    "compute",
    "concentration",
    "counted_from",
    "credit_balance",
    "days_late",
    "days_sales_outstanding",
    "expansion_per_client",
    "expected_cash",
    "expiring_contracts",
    "fee_per_hour",
    "find",
    "glossary",
    "gross_retention",
    "handover_wait",
    "key_account_share",
    "lifetime_value",
    "measurable",
    "net_retention",
    "new_client_revenue",
    "nps",
    "nps_bridge",
    "on_time_delivery",
    "on_time_tasks",
    "open_briefs",
    "open_overdue",
    "ordered_projects",
    "overdue_share",
    "payment_delay",
    "project_margin",
    "proposal_time",
    "receivables_ageing",
    "reconciliation",
    "recurring_revenue",
    "renewal_rate",
    "repeat_rate",
    "response_time",
    "returning_clients",
    "revenue",
    "revenue_bridge",
    "revenue_growth",
    "revenue_per_client",
    "revenue_per_manager",
    "rows",
    "scorecard",
    "standing",
    "target",
    "target_attainment",
    "too_few",
    "too_wide",
    "unapproved_cost",
    "unplanned_cost",
    "utilisation",
    "white_space",
    "win_rate",
]

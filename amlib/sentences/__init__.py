"""Sentences written from numbers, in the reader's language: frames in, text out; a module per subject."""

from amlib.sentences import glossary, grammar, manager, pay, receivables
from amlib.sentences.contract import contracts, fees, renewal, together
from amlib.sentences.debt import open_invoices, owed
from amlib.sentences.health import bands, findings, moved, override, reason, score, to_do, watch_list
from amlib.sentences.kpis import EARLIER, counted, headline, kpi_name, kpi_value, meets_target
from amlib.sentences.next_steps import next_steps
from amlib.sentences.proof import backtest, proved
from amlib.sentences.review import at_risk, causes, first_step, gaps
from amlib.sentences.service import answered, answers, deliveries, extra_cost, projects, replies, white_space

__all__ = [
    "EARLIER",
    "answered",
    "answers",
    "at_risk",
    "backtest",
    "bands",
    "causes",
    "contracts",
    "counted",
    "deliveries",
    "extra_cost",
    "fees",
    "findings",
    "first_step",
    "gaps",
    "glossary",
    "grammar",
    "headline",
    "kpi_name",
    "kpi_value",
    "manager",
    "meets_target",
    "moved",
    "next_steps",
    "open_invoices",
    "override",
    "owed",
    "pay",
    "projects",
    "proved",
    "reason",
    "receivables",
    "renewal",
    "replies",
    "score",
    "to_do",
    "together",
    "watch_list",
    "white_space",
]

"""Sentences written from numbers, in the reader's language: frames in, text out; a module per subject."""

from amlib.sentences import grammar, manager, receivables
from amlib.sentences.health import bands, moved, override, reason, score, to_do, watch_list
from amlib.sentences.kpis import EARLIER, headline, in_a_sentence, kpi_name, kpi_value, meets_target, too_few
from amlib.sentences.pay import few_records, own_records, pay_of_level
from amlib.sentences.proof import backtest, signs
from amlib.sentences.review import at_risk, causes, first_step, gaps

__all__ = [
    "EARLIER",
    "at_risk",
    "backtest",
    "bands",
    "causes",
    "few_records",
    "first_step",
    "gaps",
    "grammar",
    "headline",
    "in_a_sentence",
    "kpi_name",
    "kpi_value",
    "manager",
    "meets_target",
    "moved",
    "override",
    "own_records",
    "pay_of_level",
    "reason",
    "receivables",
    "score",
    "signs",
    "to_do",
    "too_few",
    "watch_list",
]

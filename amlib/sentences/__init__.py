"""Sentences written from numbers, in the reader's language: frames in, text out; a module per subject."""

from amlib.sentences import grammar, pay, receivables
from amlib.sentences.health import bands, moved, override, reason, score, to_do
from amlib.sentences.kpis import headline, in_a_sentence, kpi_name, kpi_value, meets_target, too_few
from amlib.sentences.proof import backtest, signs

__all__ = [
    "backtest",
    "bands",
    "grammar",
    "headline",
    "in_a_sentence",
    "kpi_name",
    "kpi_value",
    "meets_target",
    "moved",
    "override",
    "pay",
    "reason",
    "receivables",
    "score",
    "signs",
    "to_do",
    "too_few",
]

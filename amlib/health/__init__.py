"""Client health: measures -> points -> score -> band -> reasons -> actions, and the proof that it foretells losses.

Each measure is a number about one client, turned into 0–100 points by stated breakpoints. The score is
the weighted mean of the points of the measures that exist, so a client without surveys is judged by the
rest; below half the weight there is no score. All is computed from the book as it was known at a month's end.
Weights and breakpoints are stated by the book or the toolkit; they are never fitted to who left.
"""

from amlib.health.bands import CLEAR, EDGES, band, steady_bands
from amlib.health.explain import actions, moved, reasons
from amlib.health.measure import MEASURES, Measure
from amlib.health.override import overrides
from amlib.health.proof import AIMS, ENOUGH_LOSSES, Backtest, backtest
from amlib.health.scorecard import MIN_COVERAGE, active_clients, measures, score
from amlib.health.timeline import history, record, scores
from amlib.health.weight import weights

__all__ = [
    "AIMS",
    "CLEAR",
    "EDGES",
    "ENOUGH_LOSSES",
    "MEASURES",
    "MIN_COVERAGE",
    "Backtest",
    "Measure",
    "actions",
    "active_clients",
    "backtest",
    "band",
    "history",
    "measures",
    "moved",
    "overrides",
    "reasons",
    "record",
    "score",
    "scores",
    "steady_bands",
    "weights",
]

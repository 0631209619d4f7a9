"""The score held against the book's own past: did it stand low before clients left, and lower than cheaper signs?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from amlib.health.bands import band
from amlib.health.timeline import timeline
from amlib.health.windows import month_number

AHEAD = 3
"""Months within which a loss counts as foretold."""

ENOUGH_LOSSES = 10
"""Of fewer lost clients nobody can tell whether a sign foretells a loss."""

AIMS = {"lift": 3.0, "green": 0.8}
"""A red client is to be at least so many times as likely to leave as the average; at most so much is to be green."""

PREDICTORS = ("health", "overdue", "nps")
"""The score, and two rivals that cost nothing: the points of one measure alone."""

GROUPS = 5
_RESAMPLES, _SEED = 500, 1


@dataclass(frozen=True)
class Backtest:
    """What the past says of the score, and of two rivals: the points of the measure overdue alone, and of nps alone.

    `losses`: one row per lost client, months_before (1, 2, 3) and predictor: client_id, lost_on, months_before,
    predictor, points, band (grey where it had none), of the months in which the client was there and known.

    `predictors`: one row each for 'health', 'overdue' and 'nps':

    - warned_1, warned_2, warned_3: of the clients lost, the share that stood below green (red or amber) so many
      months before; one without points was not warned of. Null where nobody was lost.
    - n, lost: client-months with points, at the end of which the client was still there and of which the next
      three months are known; lost, the clients among them who left within those.
    - enough: whether lost reaches `ENOUGH_LOSSES`. lift, auc, low and high are null where it does not.
    - lift: the share of red client-months followed by a loss within three months ÷ that share of all client-months,
      those without points included. Null where none was red.
    - green: the share of all client-months that was green.
    - auc: the chance that a client-month followed by a loss has fewer points than one that is not, ties counting
      half; low and high: its 95 % interval, by drawing whole clients again and again, with a fixed seed.
    - lead_low, lead_high: the 95 % interval of how far the score's auc lies above that of a rival, by the same draws;
      the score tells more where both are above 0. Null for the score itself, and where either has no auc.

    `calibration`: the client-months with a score in fifths by score, lowest first: group, low, high (their scores),
    n, lost (client-months followed by a loss), share. A score that foretells has falling shares.
    """

    losses: pd.DataFrame
    predictors: pd.DataFrame
    calibration: pd.DataFrame

    @property
    def enough(self) -> bool:
        """Whether the book has enough losses to tell whether the score foretells them."""
        return bool(self.predictors.enough.iloc[0])


def backtest(book: Any, month: str | pd.Period) -> Backtest:
    """How the score, as it was known each month, stood before each loss up to `month`.

    A loss is a client whose last day (`until`) lies in a month up to `month`; the month of that day is the month of
    the loss, and what was known at its end is not looked at. The bands are those that hold (`steady_band`), of the
    rivals those of their points by the same edges. Overrides do not count: somebody may have known more. Nothing is
    fitted, so the same past may judge the weights that it was not used for.
    """
    month = pd.Period(month, "M")
    known = timeline(book, month)
    until = book.as_of(month).clients.set_index("client_id").until
    told = pd.concat([_told(known, predictor) for predictor in PREDICTORS], ignore_index=True)
    # Months from each row to the loss; of those who stay, more than any.
    told["lost_on"] = until.reindex(told.client_id).array
    told["months_before"] = month_number(told.lost_on) - told.month.astype("int64")
    before = told[told.months_before.between(1, AHEAD)]
    columns = ["client_id", "lost_on", "months_before", "predictor", "points", "band"]
    losses = before[columns].sort_values(["lost_on", "client_id", "months_before"], kind="stable", ignore_index=True)
    at_risk = told[(told.months_before > 0) & (told.month <= month - AHEAD)]
    at_risk = at_risk.assign(lost=at_risk.months_before <= AHEAD)
    draws = _draws(at_risk.client_id)
    rows, again = [], {}
    for predictor in PREDICTORS:
        of = at_risk[at_risk.predictor == predictor]
        again[predictor] = _aucs_drawn(of, draws)
        rows.append(
            {
                "predictor": predictor,
                **_warned(losses[losses.predictor == predictor]),
                **_foretold(of),
                **_interval("low", "high", again[predictor]),
                **_interval("lead_low", "lead_high", again["health"] - again[predictor]),
            }
        )
    predictors = pd.DataFrame(rows)
    predictors.loc[predictors.predictor == "health", ["lead_low", "lead_high"]] = np.nan
    return Backtest(losses, predictors, _calibration(at_risk[at_risk.predictor == "health"]))


def _told(known: pd.DataFrame, predictor: str) -> pd.DataFrame:
    found = known[["client_id", "month"]].assign(predictor=predictor)
    if predictor == "health":
        return found.assign(points=known.score, band=known.steady_band)
    return found.assign(points=known[predictor], band=known[predictor].map(band).astype("str"))


def _warned(losses: pd.DataFrame) -> dict[str, float]:
    below = losses.band.isin(["red", "amber"]).groupby(losses.months_before).mean()
    return {f"warned_{months}": below.get(months, np.nan) for months in range(1, AHEAD + 1)}


def _foretold(rows: pd.DataFrame) -> dict[str, Any]:
    pointed = rows.dropna(subset="points")
    lost = pointed[pointed.lost].client_id.nunique()
    enough = lost >= ENOUGH_LOSSES
    red, average = rows[rows.band == "red"].lost.mean(), rows.lost.mean()
    return {
        "n": len(pointed),
        "lost": lost,
        "enough": enough,
        "lift": red / average if enough else np.nan,
        "green": (rows.band == "green").mean(),
        "auc": _auc(*_ranked(pointed), np.ones(len(pointed))) if enough else np.nan,
    }


def _draws(clients: pd.Series) -> pd.DataFrame:
    """How often each client is drawn, a row for each draw of as many clients as there are.

    A client's months are alike, so that they are drawn together: a month is no new witness.
    """
    ids = np.sort(clients.unique())
    places = np.random.default_rng(_SEED).integers(0, max(len(ids), 1), (_RESAMPLES, len(ids)))
    often = [np.bincount(drawn, minlength=len(ids)) for drawn in places]
    return pd.DataFrame(often, columns=ids)


def _aucs_drawn(rows: pd.DataFrame, draws: pd.DataFrame) -> np.ndarray:
    """The AUC in each draw; null where the rows have too few losses."""
    rows = rows.dropna(subset="points")
    if rows[rows.lost].client_id.nunique() < ENOUGH_LOSSES:
        return np.full(len(draws), np.nan)
    client, ranked = draws.columns.get_indexer(rows.client_id), _ranked(rows)
    return np.array([_auc(*ranked, weight[client]) for weight in draws.to_numpy()])


def _interval(low: str, high: str, drawn: np.ndarray) -> dict[str, float]:
    known = drawn[~np.isnan(drawn)]
    return dict(zip((low, high), np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan), strict=True))


def _ranked(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return pd.factorize(rows.points, sort=True)[0], rows.lost.to_numpy()


def _auc(place: np.ndarray, lost: np.ndarray, weight: np.ndarray) -> float:
    """The area under the ROC curve of rows ranked by `place`, the lost ones lowest, each row so often as it weighs."""
    went, stayed = (np.bincount(place, weight * of, minlength=place.max() + 1) for of in (lost, ~lost))
    higher = stayed.sum() - stayed.cumsum()
    pairs = went.sum() * stayed.sum()
    return (went * (higher + stayed / 2)).sum() / pairs if pairs else np.nan


def _calibration(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.dropna(subset="points")
    group = np.ceil(rows.points.rank() / len(rows) * GROUPS).astype("int64")
    found = rows.groupby(group.rename("group")).agg(
        low=("points", "min"), high=("points", "max"), n=("lost", "size"), lost=("lost", "sum"), share=("lost", "mean")
    )
    return found.reset_index()

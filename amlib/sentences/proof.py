"""What the book's past says of the health score."""

from __future__ import annotations

import pandas as pd

from amlib.health import AIMS, ENOUGH_LOSSES, Backtest
from amlib.words import Words

SIGNS = {"health": "health score", "overdue": "overdue debt alone", "nps": "latest survey answer alone"}
"""The predictors of a back-test, as a sentence names them."""


def backtest(words: Words, found: Backtest) -> list[str]:
    """Whether the health score foretold the losses of the past, in words; or that the book has too few to tell."""
    health, *rivals = found.predictors.itertuples()
    if not health.enough:
        return [_too_few(words, health.lost), *_warned(words, found)]
    apart = [
        words.text(
            "{sign}: {auc} ({low} to {high})",
            sign=words.text(SIGNS[rival.predictor]),
            auc=words.percent(rival.auc),
            low=words.percent(rival.low),
            high=words.percent(rival.high),
        )
        for rival in rivals
        if rival.enough
    ]
    said = [*_warned(words, found), *_risk(words, health)]
    said.append(
        words.text(
            "Of a client about to leave and one who stays, the former has the lower score in {auc} of cases (95% "
            "between {low} and {high}; chance would be 50%).",
            auc=words.percent(health.auc),
            low=words.percent(health.low),
            high=words.percent(health.high),
        )
    )
    if apart:
        said.append(words.text("For comparison, {rivals}.", rivals=words.enumerate(apart)))
    able = [rival for rival in rivals if rival.enough]
    more = [words.text(SIGNS[rival.predictor]) for rival in able if rival.lead_low > 0]
    less = [words.text(SIGNS[rival.predictor]) for rival in able if rival.lead_high < 0]
    even = [words.text(SIGNS[rival.predictor]) for rival in able if rival.lead_low <= 0 <= rival.lead_high]
    if more:
        said.append(words.text("The score tells more than {rivals}.", rivals=words.enumerate(more)))
    if even:
        message = "Whether it tells more than {rivals} cannot be said: the difference may be chance."
        said.append(words.text(message, rivals=words.enumerate(even)))
    if less:
        message = "The score tells less than {rivals}: its weights need a second look."
        said.append(words.text(message, rivals=words.enumerate(less)))
    return said


def signs(words: Words, found: Backtest) -> pd.DataFrame:
    """The score and its rivals by name, for `charts.told_apart`: label, value (their AUC), low, high."""
    labels = [words.text(SIGNS[predictor]) for predictor in found.predictors.predictor]
    told = found.predictors.rename(columns={"auc": "value"})
    return told.assign(label=[label[0].upper() + label[1:] for label in labels])[["label", "value", "low", "high"]]


def _too_few(words: Words, lost: int) -> str:
    if not lost:
        return words.text(
            "No client with a score has left yet, so nothing can tell whether the score foretells losses."
        )
    return words.plural(
        lost,
        "{count} client with a score has left, and it takes {least} to tell whether the score foretells losses.",
        "{count} clients with a score have left, and it takes {least} to tell whether the score foretells losses.",
        least=words.number(ENOUGH_LOSSES),
    )


def _warned(words: Words, found: Backtest) -> list[str]:
    losses = found.losses[found.losses.predictor == "health"]
    if losses.empty:
        return []
    below = losses.band.isin(["red", "amber"]).groupby(losses.months_before).agg(["sum", "size"])
    one, two, three = (
        words.text("{some} of {all}", some=words.number(told["sum"]), all=words.number(told["size"]))
        for told in below.reindex([1, 2, 3], fill_value=0).to_dict("records")
    )
    return [
        words.text(
            "Of the clients lost, {one} stood below green one month before, {two} two months and {three} three months "
            "before.",
            one=one,
            two=two,
            three=three,
        )
    ]


def _risk(words: Words, health: pd.Series) -> list[str]:
    green = words.text(
        "On average {green} of the clients were green (aim: at most {most}).",
        green=words.percent(health.green),
        most=words.percent(AIMS["green"]),
    )
    if pd.isna(health.lift):
        return [words.text("No client was red."), green]
    return [
        words.text(
            "A red client was {times} times as likely to leave within three months as the average (aim: at least "
            "{least}).",
            times=words.number(health.lift, 1),
            least=words.number(AIMS["lift"]),
        ),
        green,
    ]

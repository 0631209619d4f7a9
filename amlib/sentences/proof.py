"""What the book's past says of the health score."""

from __future__ import annotations

from typing import Any

import pandas as pd

from amlib.health import AIMS, ENOUGH_LOSSES, Backtest
from amlib.words import NOTHING, Words

SIGNS = {"health": "health score", "overdue": "overdue debt alone", "nps": "latest survey answer alone"}
"""The predictors of a back-test, as a sentence names them."""

_WARNED = {
    1: "Below green one month before the loss",
    2: "Below green two months before the loss",
    3: "Below green three months before the loss",
}


def backtest(words: Words, found: Backtest) -> list[str]:
    """Whether the health score foretold the losses of the past; or that the book has too few to tell.

    `proved` has the figures.
    """
    health, *rivals = found.predictors.itertuples()
    if not health.enough:
        return [_too_few(words, health.lost)]
    verdict = (
        "The score foretells losses: in {auc} of cases a client about to leave had fewer points than one who stayed "
        "(chance: 50%)."
        if health.low > 0.5
        else "The score is no better than chance: in {auc} of cases a client about to leave had fewer points than one "
        "who stayed."
    )
    said = [words.text(verdict, auc=words.percent(health.auc)), *_short(words, health)]
    able = [rival for rival in rivals if rival.enough]
    more = [words.text(SIGNS[rival.predictor]) for rival in able if rival.lead_low > 0]
    less = [words.text(SIGNS[rival.predictor]) for rival in able if rival.lead_high < 0]
    even = [words.text(SIGNS[rival.predictor]) for rival in able if rival.lead_low <= 0 <= rival.lead_high]
    if more:
        said.append(words.text("It tells more than {rivals}.", rivals=words.enumerate(more)))
    if even:
        message = "Whether it tells more than {rivals} cannot be said: the difference may be chance."
        said.append(words.text(message, rivals=words.enumerate(even)))
    if less:
        message = "It tells less than {rivals}: its weights need a second look."
        said.append(words.text(message, rivals=words.enumerate(less)))
    return said


def proved(words: Words, found: Backtest) -> pd.DataFrame:
    """The figures of a back-test as a table of texts: in_the_past, and a column for the score and each rival.

    Of too few losses only how many were warned of, without a rate; no row where nobody was lost.
    """
    lost = found.losses
    rows = []
    for months in _WARNED if len(lost) else ():
        then = lost[lost.months_before == months]
        rows.append([words.text(_WARNED[months]), *(_below(words, then[then.predictor == sign]) for sign in SIGNS)])
    told = found.predictors.set_index("predictor").reindex([*SIGNS])
    if found.enough:
        aims = {"lift": words.number(AIMS["lift"]), "green": words.percent(AIMS["green"])}
        likelier = "A red client leaves more often (aim: at least {lift} times)"
        red = words.text(likelier, **aims)
        green = words.text("Clients who are green (aim: at most {green})", **aims)
        apart = words.text("Who leaves has fewer points (chance: 50%)")
        rows += [
            [red, *(words.amount(lift, "{number} time", "{number} times", 1) for lift in told.lift)],
            [green, *(words.percent(share) for share in told.green)],
            [apart, *(words.percent(auc) for auc in told.auc)],
            [words.text("95% interval"), *(_interval(words, sign) for sign in told.itertuples())],
        ]
    columns = ["in_the_past", "health_score", "overdue_debt_alone", "latest_survey_answer_alone"]
    return pd.DataFrame(rows, columns=columns)


def _below(words: Words, then: pd.DataFrame) -> str:
    if then.empty:
        return NOTHING
    some = words.number(int(then.band.isin(["red", "amber"]).sum()))
    return words.text("{some} of {all}", some=some, all=words.number(len(then)))


def _interval(words: Words, sign: Any) -> str:
    return NOTHING if pd.isna(sign.low) else f"{words.percent(sign.low)} – {words.percent(sign.high)}"


def _short(words: Words, health: Any) -> list[str]:
    """Where the score falls short of its aims by what a reader can see."""
    said = []
    if pd.isna(health.lift):
        said.append(words.text("No client was red."))
    elif round(health.lift, 1) < AIMS["lift"]:
        times, least = words.number(health.lift, 1), words.number(AIMS["lift"])
        message = "But a red client is only {times} times as likely to leave as the average (aim: at least {least})."
        said.append(words.text(message, times=times, least=least))
    if round(health.green, 2) > AIMS["green"]:
        green, most = words.percent(health.green), words.percent(AIMS["green"])
        message = "But {green} of the clients are green (aim: at most {most}): it warns of too few."
        said.append(words.text(message, green=green, most=most))
    return said


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

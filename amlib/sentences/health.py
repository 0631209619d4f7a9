"""What the health of clients says: bands, a score and its reasons, what to do."""

from __future__ import annotations

import pandas as pd

from amlib.health import MEASURES, reasons
from amlib.sentences import grammar
from amlib.words import Words


def bands(words: Words, found: pd.Series) -> str:
    """How many clients stand in each band of health."""
    counts = found.value_counts()
    said = [
        words.text("{count} {band}", count=words.number(counts[band]), band=words.of_data(band))
        for band in ("red", "amber", "green", "grey")
        if counts.get(band, 0)
    ]
    return (
        words.text("Health of the clients: {bands}.", bands=words.enumerate(said))
        if said
        else words.text("There is no active client in this month.")
    )


def score(words: Words, trend: pd.DataFrame, told: pd.DataFrame) -> list[str]:
    """The score of one client, its change on the month before, and what pulls it down most.

    `trend` is `health.scores` of that client, `told` its `health.measures`. Without enough data, the one
    sentence that says how much of the score is known.
    """
    if told.empty:
        return [words.text("The client was not active in this month, so there is no score.")]
    months = trend.sort_values("month")
    now = months.iloc[-1]
    if pd.isna(now.score):
        return [
            words.text(
                "There is not enough data for a score: the measures that exist make up {share} of its weight.",
                share=words.percent(now.coverage),
            )
        ]
    before = months.score.iloc[-2] if len(months) > 1 and months.month.iloc[-2] == now.month - 1 else None
    first = words.text(
        "The score is {score} out of 100 ({band}){change}.",
        score=words.number(now.score),
        band=words.of_data(now.band),
        change=_score_moved(words, now.score, before),
    )
    weak = [reason(words, row.measure, row.value) for row in reasons(told).itertuples()]
    if not weak:
        return [first, words.text("No measure pulls it down.")]
    return [first, words.text("Most points are lost by: {reasons}.", reasons=words.enumerate(weak))]


def _score_moved(words: Words, now: float, before: float | None) -> str:
    if before is None or pd.isna(before):
        return ""
    # Readers subtract the two printed scores, so the change is that of the rounded ones.
    change = grammar.change(words, round(now), round(before), "points")
    return ", " + grammar.against(words, grammar.moved(words, change), "month")


def reason(words: Words, measure: str, value: float | None) -> str:
    """What a health measure found, as a clause."""
    if measure == "overdue" and value == float("inf"):
        return words.text("overdue debt, and nothing billed in six months")
    if measure == "renewal" and value == 0:
        return words.text("the retainer has run out")
    return words.text(MEASURES[measure].reason, value=words.measure(value, MEASURES[measure].unit, ""))


def watch_list(
    words: Words,
    scores: pd.DataFrame,
    told: pd.DataFrame,
    clients: pd.DataFrame,
    managers: pd.DataFrame,
    earned: pd.DataFrame,
) -> pd.DataFrame:
    """The clients who are red or amber, red first and in each band by what they bring: a row for each.

    `scores` are `health.scores` of one month, `told` its `health.measures`, `earned` the revenue (`value`) of twelve
    months by client_id. Columns client_id, name, band, score, revenue_of_12_months (what `earned` says, 0 for who is
    not in it), share (of all that was earned; null where that is not above 0), account_manager (null where there is
    none) and reason, the measure that costs most points.
    """
    found = scores[scores.band.isin(["red", "amber"])].merge(clients[["client_id", "name", "am_id"]], on="client_id")
    named = managers[["am_id", "name"]].rename(columns={"name": "account_manager"})
    found = found.merge(named, on="am_id", how="left").merge(
        earned[["client_id", "value"]].rename(columns={"value": "revenue_of_12_months"}), on="client_id", how="left"
    )
    all_earned = earned["value"].sum()
    worst = reasons(told, most=1).set_index("client_id")
    said = {row.Index: reason(words, row.measure, row.value) for row in worst.itertuples()}
    found = found.assign(
        revenue_of_12_months=found.revenue_of_12_months.fillna(0),
        share=found.revenue_of_12_months.fillna(0) / all_earned if all_earned > 0 else float("nan"),
        account_manager=found.account_manager.fillna(found.am_id),
        reason=found.client_id.map(said),
        mild=found.band != "red",
    )
    order = ["mild", "revenue_of_12_months"]
    found = found.sort_values(order, ascending=[True, False], kind="stable", ignore_index=True)
    return found[["client_id", "name", "band", "score", "revenue_of_12_months", "share", "account_manager", "reason"]]


def to_do(words: Words, todo: pd.DataFrame, clients: pd.DataFrame, managers: pd.DataFrame) -> pd.DataFrame:
    """`health.actions` as `Page.actions` prints them: action, why, owner, due_on.

    The owner is a name, the id where the book does not name the account manager, null where there is none.
    """
    found = todo.merge(clients[["client_id", "name"]], on="client_id", how="left")
    owners = managers[["am_id", "name"]].rename(columns={"name": "owner"})
    found = found.merge(owners, on="am_id", how="left")
    why = [
        words.text("{client}: {reason}", client=row.name, reason=reason(words, row.measure, row.value))
        for row in found.itertuples(index=False)
    ]
    action = [words.text(MEASURES[measure].action) for measure in found.measure]
    owner = found.owner.fillna(found.am_id)
    return pd.DataFrame({"action": action, "why": why, "owner": owner, "due_on": found.due_on})

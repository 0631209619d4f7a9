"""What the health of clients says: bands, a score and its reasons, what to do."""

from __future__ import annotations

import pandas as pd

from amlib.health import CLEAR, MEASURES, reasons
from amlib.sentences import grammar
from amlib.words import Words

_MOVED = {
    "lost": ("Since last month it lost most on: {measures}.", "It lost most on: {measures}."),
    "gained": ("Since last month it gained most on: {measures}.", "It gained most on: {measures}."),
}


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
    sentence that says how much of the score is known. The band is the computed one: `override` says what was set by
    hand.
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
        band=words.of_data(now.steady_band),
        change=_score_moved(words, now.score, before),
    )
    if now.own_band != now.steady_band:
        first += " " + words.text(
            "By the score of this month alone it would be {own}; a band changes once the score is {points} points past "
            "its edge, or past it two months in a row.",
            own=words.of_data(now.own_band),
            points=words.number(CLEAR),
        )
    weak = [reason(words, row.measure, row.value) for row in reasons(told).itertuples()]
    if not weak:
        return [first, words.text("No measure pulls it down.")]
    return [first, words.text("Most points are lost by: {reasons}.", reasons=words.enumerate(weak))]


def moved(words: Words, found: pd.DataFrame) -> list[str]:
    """What the score of one client (`health.moved`) lost and gained most on since last month, two measures each.

    Nothing of a client who was not active.
    """
    if found.empty:
        return []
    if found.gained.isna().all():
        return [words.text("There is no score of last month to compare with.")]
    shown = found[found.gained.round(1).abs() > 0]
    if shown.empty:
        return [words.text("No measure moved the score since last month.")]
    lost, gained = shown[shown.gained < 0].nsmallest(2, "gained"), shown[shown.gained > 0].nlargest(2, "gained")
    ways = [(way, rows) for way, rows in (("lost", lost), ("gained", gained)) if len(rows)]
    # First the way it went.
    ways = ways if shown.gained.sum() < 0 else ways[::-1]
    return [words.text(_MOVED[way][at], measures=_measures_moved(words, rows)) for at, (way, rows) in enumerate(ways)]


def findings(words: Words, told: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """What the score of one client is made of, heaviest loss first: measure, finding, points, in_the_score, at_most and
    since_last_month.

    `told` is `health.measures`, `found` `health.moved`. in_the_score is what the measure adds to the score, at_most
    what it would add at 100 points; both are null, as the points are, where the book cannot tell.
    """
    rows = told.merge(found[["measure", "gained"]], on="measure").sort_values("lost", ascending=False, kind="stable")
    said = [
        words.text("nothing billed")
        if row.value == float("inf")
        else words.measure(row.value, MEASURES[row.measure].unit, "")
        for row in rows.itertuples()
    ]
    return pd.DataFrame(
        {
            "measure": [words.text(MEASURES[measure].name) for measure in rows.measure],
            "finding": said,
            "points": rows.points,
            "in_the_score": rows.part,
            "at_most": rows.part + rows.lost,
            "since_last_month": rows.gained,
        }
    )


def _measures_moved(words: Words, rows: pd.DataFrame) -> str:
    said = []
    for row in rows.itertuples():
        message = "{measure} ({points})"
        if pd.isna(row.points):
            message = "{measure} ({points}, no longer known)"
        elif pd.isna(row.points_before):
            message = "{measure} ({points}, known since this month)"
        points = words.amount(abs(row.gained), "{number} point", "{number} points", 1)
        name = words.text(MEASURES[row.measure].name)
        said.append(words.text(message, measure=name[0].lower() + name[1:], points=points))
    return words.enumerate(said)


def override(words: Words, found: pd.DataFrame, trend: pd.DataFrame) -> list[str]:
    """The band of one client that was set by hand (`health.overrides`), beside the computed one of `trend`; or nothing.

    The reason and the author are printed as the book has them.
    """
    return [
        words.text(
            "Set by hand to {band} until {day} by {author}: {reason}. The computed band is {computed}.",
            band=words.of_data(row.band),
            day=words.day(row.until_on),
            author=row.author,
            reason=row.reason.rstrip("."),
            computed=words.of_data(trend.sort_values("month").steady_band.iloc[-1]),
        )
        for row in found.itertuples()
        if len(trend)
    ]


def _score_moved(words: Words, now: float, before: float | None) -> str:
    if before is None or pd.isna(before):
        return ""
    # Readers subtract the two printed scores, so the change is that of the rounded ones.
    change = grammar.change(words, round(now), round(before), "points")
    return ", " + grammar.against(words, grammar.moved(words, change), "month")


def reason(words: Words, measure: str, value: float | None) -> str:
    """What a health measure found, as a clause."""
    if measure == "overdue" and value == float("inf"):
        return words.text("overdue debt, and no new invoice in six months")
    known = MEASURES[measure]
    if value == 0 and known.none:
        return words.text(known.none)
    return words.text(known.reason, value=words.measure(value, known.unit, ""))


def watch_list(
    words: Words,
    scores: pd.DataFrame,
    told: pd.DataFrame,
    by_hand: pd.DataFrame,
    clients: pd.DataFrame,
    managers: pd.DataFrame,
    earned: pd.DataFrame,
) -> pd.DataFrame:
    """The clients who are red or amber, red first and in each band by what they bring: a row for each.

    `scores` are `health.scores` of one month, `told` its `health.measures`, `by_hand` its `health.overrides`, `earned`
    the revenue (`value`) of twelve months by client_id. Columns client_id, name, band, score, revenue_of_12_months
    (what `earned` says, 0 for who is not in it), share (of all that was earned; null where that is not above 0),
    account_manager (null where there is none) and reason: the measure that costs most points, or why the band was
    set by hand.
    """
    found = scores[scores.band.isin(["red", "amber"])].merge(clients[["client_id", "name", "am_id"]], on="client_id")
    named = managers[["am_id", "name"]].rename(columns={"name": "account_manager"})
    found = found.merge(named, on="am_id", how="left").merge(
        earned[["client_id", "value"]].rename(columns={"value": "revenue_of_12_months"}), on="client_id", how="left"
    )
    all_earned = earned["value"].sum()
    worst = reasons(told, most=1).set_index("client_id")
    said = {row.Index: reason(words, row.measure, row.value) for row in worst.itertuples()}
    said |= {row.client_id: words.text("set by hand: {reason}", reason=row.reason) for row in by_hand.itertuples()}
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


def to_do(
    words: Words, todo: pd.DataFrame, clients: pd.DataFrame, managers: pd.DataFrame, *, named: bool = True
) -> pd.DataFrame:
    """`health.actions` as `Page.actions` prints them: action, why, owner, due_on.

    An action begins with its client, unless the page is that client's (`named` false). The owner is a name, the id
    where the book does not name the account manager, null where there is none.
    """
    found = todo.merge(clients[["client_id", "name"]], on="client_id", how="left")
    owners = managers[["am_id", "name"]].rename(columns={"name": "owner"})
    found = found.merge(owners, on="am_id", how="left")
    why = [reason(words, row.measure, row.value) for row in found.itertuples(index=False)]
    action = [words.text(MEASURES[measure].action) for measure in found.measure]
    if named:
        action = [grammar.for_client(words, *told) for told in zip(found.name, action, strict=True)]
    owner = found.owner.fillna(found.am_id)
    return pd.DataFrame({"action": action, "why": why, "owner": owner, "due_on": found.due_on})

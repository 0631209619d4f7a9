"""Sentences written from numbers, in the reader's language: frames in, text out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from amlib import schema
from amlib.health import MEASURES, reasons
from amlib.kpis import CATALOGUE, MIN_ANSWERS
from amlib.words import Words


def kpi_name(words: Words, kpi: str) -> str:
    """A KPI's name."""
    return getattr(CATALOGUE[kpi], words.language)


def in_a_sentence(name: str) -> str:
    """A name as it stands inside a sentence: 'Net promoter score' -> 'net promoter score', 'NPS' as it is."""
    return name if name[:2].isupper() else name[0].lower() + name[1:]


def kpi_value(words: Words, kpi: str, value: float | None, currency: str) -> str:
    """A KPI's value in its unit, null as '–'."""
    return words.measure(value, CATALOGUE[kpi].unit, currency)


def too_few(kpi: str, n: float) -> bool:
    """Whether a KPI rests on too few answers to be shown: an NPS of two answers is no NPS."""
    return kpi == "nps" and n < MIN_ANSWERS


def meets_target(row: Any) -> bool:
    """Whether a row of `kpis.compare` reaches its target: not above it where less is better, else not below it."""
    return row.value <= row.target if CATALOGUE[row.kpi].better == "less" else row.value >= row.target


def headline(words: Words, compared: pd.DataFrame, month: pd.Period, currency: str) -> list[str]:
    """Two sentences on a `kpis.compare`: the first KPI against last month, and which KPIs are behind their target.

    Only the first where no KPI has both a value and a target. A KPI whose value is printed as its target is not
    behind it: a reader could not see by what.
    """

    def said(row: Any) -> tuple[str, str]:
        return kpi_value(words, row.kpi, row.value, currency), kpi_value(words, row.kpi, row.target, currency)

    lead = compared.iloc[0]
    name, when = kpi_name(words, lead.kpi), words.month(month)
    if pd.isna(lead["value"]):
        first = words.text("{name} of {month} cannot be measured.", name=name, month=when)
    else:
        first = words.text(
            "{name} of {month} was {value}{change}.",
            name=name,
            month=when,
            value=kpi_value(words, lead.kpi, lead["value"], currency),
            change=_against_last_month(words, lead),
        )
    aimed = compared.dropna(subset=["value", "target"])
    kept = [CATALOGUE[row.kpi].better != "neither" and not too_few(row.kpi, row.n) for row in aimed.itertuples()]
    aimed = aimed[kept]
    behind = [row for row in aimed.itertuples() if not meets_target(row) and len({*said(row)}) > 1]
    if aimed.empty:
        return [first]
    if not behind:
        return [
            first,
            words.plural(len(aimed), "The one KPI with a target meets it.", "All {count} KPIs with a target meet it."),
        ]
    missed = [
        words.text(
            "{name} ({value} against {target})",
            name=in_a_sentence(kpi_name(words, row.kpi)),
            value=said(row)[0],
            target=said(row)[1],
        )
        for row in behind
    ]
    return [first, words.text("Behind target: {behind}.", behind=words.enumerate(missed))]


def _against_last_month(words: Words, row: pd.Series) -> str:
    # A ratio to nothing, or to a month of net credit notes, says nothing.
    if CATALOGUE[row.kpi].unit != "money" or pd.isna(row.before) or row.before <= 0:
        return ""
    share = row["value"] / row.before - 1
    if not round(share, 3):
        return words.text(", as in the month before")
    message = ", up {share} on the month before" if share > 0 else ", down {share} on the month before"
    return words.text(message, share=words.percent(abs(share), 1))


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


def health(words: Words, trend: pd.DataFrame, told: pd.DataFrame) -> list[str]:
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
    moved = round(now) - round(before)
    if not moved:
        return words.text(", as in the month before")
    message = ", {points} up on the month before" if moved > 0 else ", {points} down on the month before"
    return words.text(message, points=words.plural(abs(moved), "{count} point", "{count} points"))


def reason(words: Words, measure: str, value: float | None) -> str:
    """What a health measure found, as a clause."""
    if measure == "overdue" and value == float("inf"):
        return words.text("overdue debt, and nothing billed in six months")
    if measure == "renewal" and value == 0:
        return words.text("the retainer has run out")
    return words.text(MEASURES[measure].reason, value=words.measure(value, MEASURES[measure].unit, ""))


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


def pay(words: Words, level: str, bands: pd.DataFrame, currency: str, offer: float | None = None) -> list[str]:
    """What a level pays by each of `bands` (`pay.position`), and where an offer stands in each.

    `bands` has label, low, mid, high, n, and with an offer compa_ratio and place.
    """
    if level not in schema.LEVELS:
        raise ValueError(f"There is no level {level!r}; there are: {', '.join(schema.LEVELS)}.")
    spoken = words.of_data(level)
    if bands.empty:
        return [words.text("No figure for {level} is known in {currency}.", level=spoken, currency=currency)]
    said = [words.text("Figures for {level}:", level=spoken)]
    for row in bands.itertuples():
        money = {name: words.short_money(getattr(row, name), currency) for name in ("low", "mid", "high")}
        # Some sources name only the ends of a range, others only its middle.
        message = "{label}: {low} to {high} a month, middle {mid} (n = {n})."
        if pd.isna(row.mid):
            message = "{label}: {low} to {high} a month (n = {n})."
        elif pd.isna(row.low) or pd.isna(row.high):
            message = "{label}: {mid} a month in the middle (n = {n})."
        said.append(words.text(message, label=row.label, n=words.number(row.n), **money))
        if offer is not None and not pd.isna(row.place):
            ratio = words.text(", at {ratio} of its middle", ratio=words.percent(row.compa_ratio))
            ratio = "" if pd.isna(row.compa_ratio) else ratio
            said.append(words.text(_PLACES[row.place], offer=words.short_money(offer, currency), ratio=ratio))
    return said


_PLACES = {
    "below": "An offer of {offer} lies below that band{ratio}.",
    "within": "An offer of {offer} lies within that band{ratio}.",
    "above": "An offer of {offer} lies above that band{ratio}.",
}


def own_records(words: Words, own: pd.DataFrame) -> pd.DataFrame:
    """`pay.own_bands` with the `label` that charts and sentences call each group by: gross, net or not stated."""
    names = {True: "Own records, gross", False: "Own records, net"}
    return own.assign(
        label=[words.text(names.get(gross, "Own records, gross or net not stated")) for gross in own.gross]
    )


def few_records(words: Words, n: float | None, enough: int) -> str:
    """The warning that a published figure needs: how many records it rests on is not said, or too few."""
    if n is None or pd.isna(n):
        return words.text("number of records not stated")
    return words.text("fewer than {enough} records", enough=words.number(enough)) if n < enough else ""

"""What an account manager's review says: the month, where the manager stands, the load, what to do."""

from __future__ import annotations

from typing import Any

import pandas as pd

from amlib import health
from amlib.collecting import STEPS
from amlib.kpis import too_few, too_wide
from amlib.portfolio import AHEAD
from amlib.sentences import grammar
from amlib.sentences.health import reason
from amlib.sentences.kpis import kpi_name, kpi_value
from amlib.sentences.receivables import call
from amlib.sentences.service import unanswered
from amlib.words import Words

_NAMED = 6

PLACES = {
    "better": "better",
    "worse": "worse",
    "alike": "not distinguishable",
    "untold": "no interval, so no verdict",
}
"""What each `place` of `kpis.standing` is called."""

_DIFFERENT = {
    "better": "Better than chance can explain: {kpis}.",
    "worse": "Worse than chance can explain: {kpis}.",
}


def month(words: Words, who: pd.Series, card: pd.DataFrame, own: pd.DataFrame, when: pd.Period, currency: str) -> str:
    """The clients and the revenue of a month.

    `who` is `portfolio.manager`, `card` the manager's `kpis.scorecard`, `own` the manager's `portfolio.clients`.
    """
    if own.empty:
        return words.text("{name} keeps no client in {month}.", name=who["name"], month=words.month(when))
    said = {"name": who["name"], "clients": grammar.count(words, len(own), "client"), "month": words.month(when)}
    revenue = card[(card.kpi == "revenue") & card["value"].notna()]
    if revenue.empty:
        return words.text("{name} keeps {clients} in {month}.", **said)
    row = revenue.iloc[0]
    change = grammar.change(words, row["value"], row.before, "money", currency)
    return words.text(
        "{name} keeps {clients} in {month}, with a revenue of {revenue}{moved}.",
        revenue=words.short_money(row["value"], currency),
        moved="" if change is None else ", " + grammar.against(words, grammar.moved(words, change), "month"),
        **said,
    )


def at_risk(words: Words, own: pd.DataFrame, currency: str) -> list[str]:
    """How many of a manager's clients (`portfolio.clients`) are at risk, what they are worth, and the first of them."""
    if own.empty:
        return []
    at_risk = own[own.band.isin(["red", "amber"])]
    if at_risk.empty:
        return [words.text("No client is known to be red or amber.")]
    worth, first = at_risk.revenue.sum(min_count=1), at_risk.iloc[0]
    said = words.plural(
        len(at_risk), "{count} client is at risk (red or amber)", "{count} clients are at risk (red or amber)"
    )
    if worth > 0:
        money = words.short_money(worth, currency)
        said = words.text("{said}, worth {money} in twelve months", said=said, money=money)
    told = {"said": said, "client": first["name"], "band": words.of_data(first.band)}
    if first.overridden:
        return [words.text("{said}; look first at {client} ({band}, set by hand).", **told)]
    return [
        words.text(
            "{said}; look first at {client} ({band}, {score} out of 100).", score=words.number(first.score), **told
        )
    ]


def by_hand(words: Words, own: pd.DataFrame, found: pd.DataFrame) -> list[str]:
    """Whose band among a manager's clients (`portfolio.clients`) was set by hand (`health.overrides`), and why."""
    rows = found.merge(own[["client_id", "name"]], on="client_id")
    return [
        words.text(
            "{client}: set by hand to {band} until {day} by {author} ({reason}).",
            client=row.name,
            band=words.of_data(row.band),
            day=words.day(row.until_on),
            author=row.author,
            reason=row.reason.rstrip("."),
        )
        for row in rows.itertuples(index=False)
    ]


def standing(words: Words, stands: pd.DataFrame) -> list[str]:
    """With whom the manager is compared (`kpis.standing`), and where the difference is more than chance.

    Nothing where no figure can be compared.
    """
    if stands.peers.isna().all():
        if stands.active.any():
            return [
                words.text("No other account manager keeps a client this month, so there is nobody to compare with.")
            ]
        return [words.text("An account manager without clients is compared with nobody.")]
    if stands["median"].isna().all():
        return []
    level = stands.level.iloc[0]
    said = {"count": words.number(stands.of.max()), "level": "" if pd.isna(level) else words.of_data(level)}
    if stands.peers.iloc[0] == "level":
        who = words.text("Compared with the median of the {count} account managers of the level {level}.", **said)
    elif pd.isna(level):
        who = words.text("The level is not known, so the comparison is with all {count} account managers.", **said)
    else:
        who = words.text(
            "The level {level} has too few account managers, so the comparison is with all {count}.", **said
        )
    found = [who]
    for place in ("better", "worse"):
        named = [grammar.in_a_sentence(kpi_name(words, kpi)) for kpi in stands.kpi[stands.place == place]]
        if named:
            found.append(words.text(_DIFFERENT[place], kpis=words.enumerate(named)))
    if len(found) == 1:
        found.append(words.text("No difference is larger than chance can explain."))
    return found


def scorecard(words: Words, stands: pd.DataFrame, currency: str) -> pd.DataFrame:
    """`kpis.standing` as a table: measure (the KPI's id), and in words period, result, interval, target, median and
    against_the_median.
    """

    def told(row: Any) -> dict[str, str]:
        few = too_few(row.kpi, row.n)
        untold = few or pd.isna(row.low) or too_wide(row.kpi, row.low, row.high)

        def said(value: float) -> str:
            return kpi_value(words, row.kpi, value, currency)

        return {
            "measure": row.kpi,
            "period": _period(words, row.months),
            "result": said(None if few else row.value),
            "interval": "–" if untold else f"{said(row.low)} – {said(row.high)}",
            "target": said(row.target),
            "median": said(row.median),
            "against_the_median": "–" if pd.isna(row.place) else words.text(PLACES[row.place]),
        }

    return pd.DataFrame([told(row) for row in stands.itertuples()])


def _period(words: Words, months: int | None) -> str:
    if pd.isna(months):
        return words.text("month's end")
    return words.plural(int(months), "{count} month", "{count} months")


def load(words: Words, hours: pd.DataFrame, tasks: pd.DataFrame) -> list[str]:
    """The last month's hours against the manager's own (`kpis.utilisation`), and open tasks (`kpis.open_overdue`)."""
    said = []
    last = hours[hours.capacity > 0].tail(1)
    for row in last.itertuples():
        if not row.hours:
            said.append(words.text("In {month} no hour was worked for these clients.", month=words.month(row.month)))
            continue
        said.append(
            words.text(
                "In {month} the departments worked {hours} for these clients, {share} of the manager's own {capacity}.",
                month=words.month(row.month),
                hours=words.measure(row.hours, "hours", ""),
                capacity=words.measure(row.capacity, "hours", ""),
                share=words.percent(row.value),
            )
        )
    for row in tasks[tasks.n > 0].itertuples():
        if row.overdue == row.n:
            late = "{count} task is open, past its due date.", "{count} tasks are open, all of them past the due date."
            said.append(words.plural(int(row.n), *late))
            continue
        late = "{tasks} open, {overdue} of them past the due date."
        message = late if row.overdue else "{tasks} open, none of them past the due date."
        overdue = words.number(row.overdue)
        said.append(words.text(message, tasks=grammar.count(words, row.n, "task"), overdue=overdue))
    return said


def to_do(words: Words, due: pd.DataFrame, owner: str, currency: str) -> pd.DataFrame:
    """`portfolio.due` as `Page.actions` prints them: action, why, owner, due_on. Replies to all clients are one action.

    An action begins with the client it is about, replies to several with how many they are.
    """
    replies = due[due.kind == "reply"]
    rows = []
    for row in due.drop(replies.index[1:]).itertuples():
        client = row.name
        match row.kind:
            case "reply":
                action, why = words.text("Answer the open messages"), _unanswered(words, replies)
                client = row.name if len(replies) == 1 else grammar.count(words, len(replies), "client")
            case "renewal":
                action, why = words.text(health.MEASURES["renewal"].action), _ending(words, row, currency)
            case "debt":
                action, why = words.text(STEPS[row.step].action), call(words, row, currency)
            case _:
                action, why = words.text(health.MEASURES[row.measure].action), reason(words, row.measure, row.value)
        action = grammar.for_client(words, client, action)
        rows.append({"action": action, "why": why, "owner": owner, "due_on": row.due_on})
    return pd.DataFrame(rows, columns=["action", "why", "owner", "due_on"])


def more(words: Words, todo: pd.DataFrame, most: int) -> list[str]:
    """How many actions a list of the first `most` leaves out."""
    if len(todo) <= most:
        return []
    return [
        words.plural(
            len(todo) - most,
            "{count} more action can wait: it is due later or is about a client who is worth less.",
            "{count} more actions can wait: they are due later or are about clients who are worth less.",
        )
    ]


def _ending(words: Words, row: Any, currency: str) -> str:
    said = words.text("contract {contract} ends on {day}", contract=row.contract_id, day=words.day(row.ends_on))
    if pd.isna(row.monthly_fee):
        return said
    return words.text("{said}, {fee} a month", said=said, fee=words.short_money(row.monthly_fee, currency))


def _unanswered(words: Words, replies: pd.DataFrame) -> str:
    waiting = [unanswered(words, row) for row in replies.itertuples()]
    if len(waiting) == 1:
        return waiting[0]
    each = zip(replies.name, waiting, strict=True)
    said = [words.text("{client} ({messages})", client=name, messages=messages) for name, messages in each]
    return grammar.listing(words, said, most=_NAMED)


def ending(words: Words, renewals: pd.DataFrame, currency: str) -> list[str]:
    """How many contracts end soon (`portfolio.renewals`), and the monthly fees at stake."""
    if renewals.empty:
        return []
    said = words.plural(
        len(renewals),
        "{count} contract ends within {days} days and is not renewed yet",
        "{count} contracts end within {days} days and are not renewed yet",
        days=words.number(AHEAD),
    )
    fees = renewals.monthly_fee.sum()
    if not fees:
        return [words.text("{said}.", said=said)]
    return [words.text("{said}: {money} of fees a month.", said=said, money=words.short_money(fees, currency))]

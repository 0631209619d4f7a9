"""What the service to one client says: survey answers, replies, projects delivered, extra cost, services not bought."""

from __future__ import annotations

from typing import Any

import pandas as pd

from amlib.sentences import grammar
from amlib.words import Words

NEARLY_ALL = 5
"""Names that a sentence lists before it counts the rest."""


def answers(words: Words, surveys: pd.DataFrame, audience: str) -> list[str]:
    """The latest survey answer of one client, the one before it, and how many of the surveys were answered."""
    if surveys.empty:
        return [words.text("No survey was sent yet.")]
    known = answered(surveys)
    counted = words.addressed(
        audience,
        "{answered} of {sent} surveys were answered.",
        "You answered {answered} of {sent} surveys.",
        answered=words.number(len(known)),
        sent=words.number(len(surveys)),
    )
    if known.empty:
        sent = words.number(len(surveys))
        return [
            words.addressed(
                audience,
                "None of the surveys sent ({sent}) was answered.",
                "You have not answered a survey yet ({sent} sent).",
                sent=sent,
            )
        ]
    said = {"day": words.day(known.answered_on.iloc[0]), "score": words.measure(known.score.iloc[0], "of_ten", "")}
    if len(known) == 1:
        latest = words.addressed(
            audience, "The one answer, of {day}, is {score}.", "Your answer of {day} was {score}.", **said
        )
    else:
        latest = words.addressed(
            audience,
            "The latest answer, of {day}, is {score}; the one before was {before}.",
            "Your latest answer, of {day}, was {score}; the one before was {before}.",
            before=words.measure(known.score.iloc[1], "of_ten", ""),
            **said,
        )
    return [latest, counted]


def answered(surveys: pd.DataFrame) -> pd.DataFrame:
    """The surveys that were answered, the latest answer first: one without a date is as old as its survey."""
    known = surveys.dropna(subset="score")
    known = known.assign(answered_on=known.answered_on.fillna(known.sent_on))
    return known.sort_values("answered_on", ascending=False, kind="stable")


def unanswered(words: Words, row: Any) -> str:
    """How many messages of a client wait for a reply, and since when, as a clause: a row of `portfolio.waiting`."""
    return words.plural(
        int(row.waiting),
        "{count} message, of {day}",
        "{count} messages, the oldest of {day}",
        day=words.day(row.waiting_since),
    )


def replies(words: Words, waited: pd.DataFrame, months: int, settings: Any, audience: str) -> str:
    """How many messages of one client were answered within the service level of the book's `settings`.

    `waited` is the KPI response_time by month of the last `months`.
    """
    received, span = int(waited.received.sum()), words.plural(months, "{count} month", "{count} months")
    if not received:
        return words.text("No message came in {months}.", months=span)
    in_time = round((waited.share_within * waited.received).sum())
    said = words.addressed(
        audience,
        "In {months} the client sent {messages}; answered within {hours}: {share} (aim: {aim}).",
        "In {months} you sent us {messages}; answered within {hours}: {share} (our aim: {aim}).",
        months=span,
        messages=grammar.count(words, received, "message"),
        share=words.percent(in_time / received),
        hours=words.amount(settings.response_hours, "{number} business hour", "{number} business hours", 1),
        aim=words.percent(settings.response_share),
    )
    if unanswered := int(waited.unanswered.sum()):
        said += " " + words.text("{count} of them got no answer.", count=words.number(unanswered))
    return said


def projects(words: Words, ordered: pd.DataFrame, due: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """The projects of one client that fell due lately or are not delivered, overdue ones first, then the last due.

    `ordered` are its `kpis.ordered_projects`, `due` the KPI on_time_delivery by project_id. Columns: project_id,
    promised_on, delivered_on, status in words, late (null while it runs in time) and overdue (late and not delivered).
    """
    today = month.end_time.normalize()
    shown = ordered[ordered.delivered_on.isna() | ordered.project_id.isin(due.project_id)]
    days = (shown.delivered_on.fillna(today) - shown.due_on).dt.days
    late = (days > 0).astype("boolean").mask(shown.due_on.isna() | (shown.delivered_on.isna() & (days <= 0)))
    shown = shown.assign(days=days, late=late, overdue=shown.delivered_on.isna() & (days > 0))
    status = [_delivered(words, row) for row in shown.itertuples()]
    shown = shown.assign(status=pd.Series(status, index=shown.index, dtype="str"))
    shown = shown.rename(columns={"due_on": "promised_on"})
    shown = shown.sort_values(["overdue", "promised_on", "project_id"], ascending=[False, False, True], kind="stable")
    return shown[["project_id", "promised_on", "delivered_on", "status", "late", "overdue"]]


def _delivered(words: Words, row: object) -> str:
    if pd.isna(row.days):
        return words.text("runs, without a due date" if pd.isna(row.delivered_on) else "delivered")
    days = words.measure(abs(row.days), "days", "")
    if row.overdue:
        return words.text("{days} overdue", days=days)
    if pd.isna(row.delivered_on):
        return words.text("runs, {days} left", days=days)
    return words.text("{days} late", days=days) if row.late else words.text("on time")


def deliveries(words: Words, shown: pd.DataFrame, due: pd.DataFrame, months: int) -> str:
    """How many of the `projects` (`shown`) that fell due were delivered on time, and which are overdue.

    `due` is the KPI on_time_delivery by project_id of the last `months`.
    """
    ended, running = shown.late[shown.project_id.isin(due.project_id)], int(shown.late.isna().sum())
    span = words.plural(months, "{count} month", "{count} months")
    on_time = int((~ended).sum())
    if ended.empty:
        said = [words.text("No project fell due in {months}.", months=span)]
    elif len(ended) == 1:
        kept = "The one project that fell due in {months} was delivered on time."
        not_kept = "The one project that fell due in {months} was not delivered on time."
        said = [words.text(kept if on_time else not_kept, months=span)]
    else:
        some = "{count} projects fell due in {months}, {on_time} of them delivered on time."
        edge = {
            0: "{count} projects fell due in {months}, none of them delivered on time.",
            len(ended): "{count} projects fell due in {months}, all of them delivered on time.",
        }
        said = [
            words.text(
                edge.get(on_time, some),
                count=words.number(len(ended)),
                months=span,
                on_time=words.number(on_time),
            )
        ]
    if len(overdue := shown[shown.overdue]):
        names = grammar.listing(words, list(overdue.project_id), NEARLY_ALL)
        said.append(words.text("Not delivered and overdue: {projects}.", projects=names))
    if running:
        said.append(words.plural(running, "{count} project is under way.", "{count} projects are under way."))
    return " ".join(said)


def extra_cost(words: Words, approved: pd.DataFrame, months: int, currency: str) -> str:
    """The unplanned cost of one client's projects, who bears it, and how much of it nobody has approved.

    `approved` is the KPI billable_share by approved_by.
    """
    span = words.plural(months, "{count} month", "{count} months")
    total = approved.unplanned.sum()
    if not total:
        return words.text("No unplanned cost in {months}.", months=span)
    billable, absorbed = approved.billable.sum(), approved.absorbed.sum()
    message = (
        "Unplanned cost in {months}: {money}, of which the client pays {billable} and the agency bears {absorbed}."
    )
    if not absorbed:
        message = "Unplanned cost in {months}: {money}, all of it paid by the client."
    elif not billable:
        message = "Unplanned cost in {months}: {money}, all of it borne by the agency."
    said = words.text(
        message,
        months=span,
        money=words.short_money(total, currency),
        billable=words.short_money(billable, currency),
        absorbed=words.short_money(absorbed, currency),
    )
    if nobody := approved[approved.approved_by.isna()].unplanned.sum():
        said += " " + words.text("Nobody is on record for {money} of it.", money=words.short_money(nobody, currency))
    return said


def white_space(words: Words, services: pd.DataFrame, clients: pd.DataFrame) -> str:
    """Which services clients like this one buy and this one does not.

    `services` is the KPI white_space of one client by department, `clients` its row.
    """
    if services.empty and clients.until.notna().all():
        return words.text("Like clients are those of now: this one has left, so there is nothing to compare.")
    if services.empty:
        return words.text("Nothing is known of the services that clients buy.")
    segment = clients.segment.iloc[0]
    like = words.text("like clients")
    if not pd.isna(segment):
        like = words.text("clients of the segment {segment}", segment=segment)
    missing = [words.of_data(service) for service in services[services.gaps > 0].department]
    if not missing:
        return words.text("Compared with {clients}, no service is missing.", clients=like)
    return words.text(
        "Compared with {clients}, most of whom buy it, this client has not bought: {services}.",
        clients=like,
        services=words.enumerate(missing),
    )

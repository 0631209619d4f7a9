"""What a client's contracts and fees say: what runs until when, what it is worth, whether it is renewed."""

from __future__ import annotations

import pandas as pd

from amlib.sentences import grammar
from amlib.words import Words

SOON = 90
"""Days before the end of a retainer from which its renewal is on the table."""


def together(words: Words, clients: pd.DataFrame, agency: str) -> str:
    """Since when the one client of `clients` and the agency work together, said to the client."""
    since, until = clients.since.iloc[0], clients.until.iloc[0]
    said = {"agency": agency, "since": words.month(since.to_period("M"))}
    if pd.isna(until):
        return words.text("You have worked with {agency} since {since}. Thank you for your trust.", **said)
    return words.text(
        "You worked with {agency} from {since} to {until}. Thank you for your trust.",
        until=words.month(until.to_period("M")),
        **said,
    )


def contracts(words: Words, signed: pd.DataFrame, month: pd.Period, currency: str) -> pd.DataFrame:
    """The contracts of one client that run at the end of a month, have yet to begin, or ended lately without renewal.

    One row each, first what ends first: contract_id, fee (of a retainer by month, of a project in all), ends_on and
    status, the renewal clock in words. Lately means within `SOON` days; that is said of retainers alone, since a
    project ends when it is done.
    """
    today = month.end_time.normalize()
    renewed = dict(signed.dropna(subset="renews")[["renews", "contract_id"]].itertuples(index=False, name=None))
    left = (signed.ends_on - today).dt.days
    lapsed = (signed.kind == "retainer") & (left < 0) & (left >= -SOON) & ~signed.contract_id.isin(renewed)
    shown = signed.assign(left=left)[lapsed | ~(left < 0)].sort_values(["ends_on", "contract_id"], kind="stable")
    fees = [_fee(words, row, currency) for row in shown.itertuples()]
    status = [_status(words, row, renewed.get(row.contract_id), today) for row in shown.itertuples()]
    return shown[["contract_id", "ends_on"]].assign(fee=fees, status=status)


def _fee(words: Words, row: object, currency: str) -> str:
    if row.kind == "project" or pd.isna(row.monthly_fee):
        return words.short_money(row.value if row.kind == "project" else row.monthly_fee, currency)
    return words.text("{money} a month", money=words.short_money(row.monthly_fee, currency))


def _status(words: Words, row: object, successor: str | None, today: pd.Timestamp) -> str:
    if row.starts_on > today:
        return words.text("begins on {day}", day=words.day(row.starts_on))
    if pd.isna(row.left):
        return words.text("open-ended")
    days = words.measure(abs(row.left), "days", "")
    if row.left == 0:
        message = "ends that day, not renewed yet" if row.kind == "retainer" else "ends that day"
        if successor:
            message = "ends that day, renewed by {contract}"
        return words.text(message, contract=successor)
    if row.left < 0:
        return words.text("ended {days} ago, not renewed", days=days)
    if successor:
        return words.text("{days} left, renewed by {contract}", days=days, contract=successor)
    if row.kind == "retainer" and row.left <= SOON:
        return words.text("{days} left, not renewed yet", days=days)
    return words.text("{days} left", days=days)


def unrenewed(signed: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """The retainers that end within `SOON` days after a month and are not renewed by its end."""
    left = (signed.ends_on - month.end_time.normalize()).dt.days
    return signed[(signed.kind == "retainer") & left.between(0, SOON) & ~signed.contract_id.isin(signed.renews)]


def renewal(words: Words, signed: pd.DataFrame, month: pd.Period, audience: str) -> str:
    """Until when the retainers of one client run, the renewals that are signed among them, and how soon that is."""
    retainers = signed[signed.kind == "retainer"]
    if retainers.empty:
        return words.addressed(
            audience,
            "There is no retainer: the client works by the project.",
            "There is no retainer between us: we work by the project.",
        )
    end = retainers.ends_on.max(skipna=False)
    if pd.isna(end):
        return words.text("The retainer is open-ended.")
    left = (end - month.end_time.normalize()).days
    said = {"day": words.day(end), "days": words.measure(abs(left), "days", "")}
    if left < 0:
        return words.text("The last retainer ended on {day}, {days} ago.", **said)
    if left > SOON:
        return words.text("The retainer runs until {day}: {days} left.", **said)
    return words.addressed(
        audience,
        "The retainer runs until {day}: {days} left, and the renewal is not signed.",
        "The retainer runs until {day}: {days} left. We would be glad to talk about its renewal.",
        **said,
    )


def fees(words: Words, billed: pd.DataFrame, month: pd.Period, currency: str, audience: str) -> str:
    """What one client was billed in the twelve months to `month`, media money passed on left out, and the change.

    `billed` is the KPI revenue by month, of the last 24. The change is told where the year before has an invoice.
    """
    year = billed[billed.month > month - 12]
    before = billed[billed.month <= month - 12]
    if year.empty:
        return words.text("No fee was billed in the twelve months to {month}.", month=words.month(month))
    total, earlier = year.value.sum(), before.value.sum() if len(before) else None
    change = grammar.change(words, total, earlier, "money", currency)
    than = words.text(", {moved} on the twelve months before", moved=grammar.moved(words, change)) if change else ""
    said = words.addressed(
        audience,
        "Fees billed in the twelve months to {month}: {money}{than}.",
        "Our fees in the twelve months to {month}: {money}{than}.",
        month=words.month(month),
        money=words.short_money(total, currency),
        than=than,
    )
    if audience != "client" and (last := year.month.max()) < month:
        said += " " + words.text("Nothing was billed since {month}.", month=words.month(last))
    return said

"""An account manager's clients: how they are and what they are worth, what ends, what waits, what to do about it."""

from __future__ import annotations

import difflib
from typing import Any

import pandas as pd

from amlib import collecting, health, kpis

AHEAD = 90
"""How many days ahead a contract's end is looked for."""

MOST = 10
"""How many actions stand on a list: more than these nobody does in the first days of a month."""

_RISK = {"red": 0, "amber": 1, "grey": 2, "green": 3}
_PREPARE = 60


def manager(book: Any, am_id: str) -> pd.Series:
    """am_id, name and level of an account manager; the id for a name and no level where only clients name them.

    Raises `LookupError` for an id that neither the account managers nor the clients have.
    """
    found = book.account_managers[book.account_managers.am_id == am_id]
    if len(found):
        return found.iloc[0][["am_id", "name", "level"]]
    ids = sorted({*book.account_managers.am_id, *book.clients.am_id.dropna()})
    if am_id in ids:
        return pd.Series({"am_id": am_id, "name": am_id, "level": None})
    near = difflib.get_close_matches(am_id, ids, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise LookupError(f"The book has no account manager {am_id!r} (it has: {', '.join(ids) or 'none'}).{hint}")


def clients(book: Any, month: str | pd.Period) -> pd.DataFrame:
    """One row per client active in a month, the most valuable at risk first (red, amber, no score, green).

    client_id, name, am_id, segment, score, band and overridden (`health.scores`), revenue (of the twelve months that
    end with `month`; null where nothing was invoiced), overdue (money past its due date; null where nothing is open),
    waiting (0 for who does not wait) and waiting_since (of the function `waiting`).
    Computed for all clients at once (`Book.answer`).
    """
    month = pd.Period(month, "M")
    return book.as_of(month).answer(["portfolio", month], lambda known: _clients(known, month))


def _clients(known: Any, month: pd.Period) -> pd.DataFrame:
    active = health.active_clients(known.clients, month)[["client_id", "name", "am_id", "segment"]]
    scores = health.scores(known, [month])[["client_id", "score", "band", "overridden"]]
    earned = kpis.ask(known, "revenue", month, "client_id", since=month - 11, lacking="empty")
    owed = kpis.ask(known, "overdue_share", month, "client_id", lacking="empty")
    found = active.merge(scores, on="client_id", how="left")
    found = found.merge(earned[["client_id", "value"]].rename(columns={"value": "revenue"}), on="client_id", how="left")
    found = found.merge(owed.loc[owed["value"].notna(), ["client_id", "overdue"]], on="client_id", how="left")
    found = found.merge(waiting(known, month), on="client_id", how="left")
    found = found.assign(waiting=found.waiting.fillna(0).astype("int64"), risk=found.band.map(_RISK))
    ordered = found.sort_values(["risk", "revenue"], ascending=[True, False], kind="stable", ignore_index=True)
    return ordered.drop(columns="risk")


def waiting(known: Any, month: pd.Period) -> pd.DataFrame:
    """The clients with messages of the last three months that have no reply and that nobody closed.

    client_id, waiting (how many) and waiting_since (the day of the oldest), of a book known at the end of `month`.
    """
    asked = ("client_id", "received_at", "replied_at", "closed_unanswered")
    messages = known.between("messages", month - 2, month, *asked)
    messages = messages[messages.replied_at.isna() & ~messages.closed_unanswered.fillna(False).astype(bool)]
    messages = messages.assign(day=messages.received_at.dt.tz_localize(None).dt.normalize())
    return messages.groupby("client_id", as_index=False).agg(waiting=("day", "size"), waiting_since=("day", "min"))


def new_and_existing(book: Any, month: str | pd.Period, am_id: str) -> pd.DataFrame:
    """`kpis.new_client_revenue` of a manager's clients in each of the twelve months that end with `month`.

    am_id, month, value, n, new, existing, revenue. No row for a month of the first year that the book's invoices tell
    of: nobody can have been a client for a year in it.
    """
    month = pd.Period(month, "M")
    billed = kpis.ask(book, "revenue", month, "month", lacking="empty").month
    found = kpis.ask(book, "new_client_revenue", month, ["am_id", "month"], since=month - 11, lacking="empty")
    if billed.empty:
        return found
    return found[(found.am_id == am_id) & (found.month >= billed.min() + 12)].reset_index(drop=True)


def renewals(book: Any, month: str | pd.Period, own: pd.DataFrame) -> pd.DataFrame:
    """The retainers of `own` clients that run at a month's end, end within `AHEAD` days and are not renewed yet.

    One row per contract, the first to end on top: contract_id, client_id, name, am_id, band, revenue, ends_on,
    monthly_fee (null where none is written down), days_left. As `kpis.expiring_contracts` counts them.
    """
    end = pd.Period(month, "M").end_time.normalize()
    known = book.as_of(month)
    contracts, left = known.contracts, known.clients.client_id[known.clients.until < end]
    running = contracts[(contracts.kind == "retainer") & (contracts.starts_on <= end)]
    running = running[~running.client_id.isin(left)]
    ending = running[running.ends_on.between(end, end + pd.Timedelta(days=AHEAD))]
    ending = ending[~ending.contract_id.isin(contracts.renews)]
    ending = ending[["contract_id", "client_id", "ends_on", "monthly_fee"]]
    found = ending.merge(own[["client_id", "name", "am_id", "band", "revenue"]], on="client_id")
    found = found.assign(days_left=(found.ends_on - end).dt.days)
    return found.sort_values(["ends_on", "monthly_fee"], ascending=[True, False], kind="stable", ignore_index=True)


def due(book: Any, month: str | pd.Period, own: pd.DataFrame) -> pd.DataFrame:
    """What calls for action at `own` clients (rows of `clients`), by day, and on a day by the client's revenue.

    One row per action: client_id, name, am_id, revenue, due_on, kind, and what the kind is about. 'health': measure
    and value, the two that cost a red or amber client most points. 'renewal': contract_id, ends_on, monthly_fee;
    due 60 days before the end, five days after the month's end at the earliest. 'reply': waiting, waiting_since;
    due the next day. 'debt': the columns of `collecting.order`, where money waits longer than the client usually
    lets it, also of clients of the same managers who have left (without revenue). A measure of health that one of
    the others is about is not said again. A due_on that is no working day becomes the next one.
    """
    month = pd.Period(month, "M")
    end, hours = month.end_time.normalize(), book.settings.working_hours
    left = book.clients[book.clients.am_id.isin(own.am_id) & ~book.clients.client_id.isin(own.client_id)]
    who = pd.concat([own, left])[["client_id", "name", "am_id", "revenue"]]
    at_risk = own.client_id[own.band.isin(["red", "amber"])]
    told = health.measures(book, month)
    weak = health.reasons(told[told.client_id.isin(at_risk)], most=2)
    on_hold = collecting.on_hold(book, month)
    advice = health.actions(weak, book.clients, month, hours, on_hold=on_hold).drop(columns="am_id")
    ending = renewals(book, month, own)[["client_id", "contract_id", "ends_on", "monthly_fee"]]
    soonest = end + pd.Timedelta(days=health.MEASURES["renewal"].days)
    ending = ending.assign(due_on=(ending.ends_on - pd.Timedelta(days=_PREPARE)).clip(lower=soonest))
    waiting = own.loc[own.waiting > 0, ["client_id", "waiting", "waiting_since"]]
    waiting = waiting.assign(due_on=end + pd.Timedelta(days=health.MEASURES["response_time"].days))
    debts = collecting.actions(collecting.order(book, month), book.clients, month, hours)
    debts = debts[debts.beyond > 0].drop(columns="am_id")
    for measure, rows in {"renewal": ending, "response_time": waiting, "overdue": debts}.items():
        advice = advice[(advice.measure != measure) | ~advice.client_id.isin(rows.client_id)]
    kinds = {"health": advice, "renewal": ending, "reply": waiting, "debt": debts}
    found = [who.merge(rows, on="client_id").assign(kind=kind) for kind, rows in kinds.items()]
    found = pd.concat([rows for rows in found if len(rows)] or found[:1])
    found = found.assign(due_on=found.due_on.map(hours.working_day_from))
    return found.sort_values(["due_on", "revenue"], ascending=[True, False], kind="stable", ignore_index=True)

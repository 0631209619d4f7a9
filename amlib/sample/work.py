"""What the sample's clients sign and order: contracts, projects, and the tasks and costs of projects."""

from __future__ import annotations

import numpy as np
import pandas as pd

from amlib.sample.agency import Agency
from amlib.sample.days import RUN_UP, nulled, numbered
from amlib.schema import DEPARTMENTS

# department -> share of projects it works on, begin and end of its stage between decision and due day
STAGES = {
    "planner": (0.70, 0.00, 0.25),
    "creative": (0.95, 0.10, 0.60),
    "production": (0.75, 0.45, 0.95),
    "media": (0.60, 0.65, 1.00),
    "partner": (0.35, 0.40, 0.90),
}
BRIEFS = {"key": 0.32, "mid": 0.20, "small": 0.12, "project": 0.50}  # a month


def fees(agency: Agency) -> np.ndarray:
    """Monthly fee in VND, clients × terms of a year: at each renewal raised for the content, cut for the discontent."""
    rng, days = agency.dice("fees"), agency.days
    terms = (days.months - int(agency.begins.min())) // 12 + 2
    everyone = np.arange(agency.size)
    fee = np.zeros((agency.size, terms))
    fee[:, 0] = agency.first_fee
    for term in range(1, terms):
        start = agency.begins + 12 * term
        mood = np.where(start < -RUN_UP, 0.3, agency.mood(everyone, start - 1)) + 0.4 * rng.standard_normal(agency.size)
        change = rng.random(agency.size)
        up, same, down = 1.06 + 0.16 * change, 1.0 + 0.04 * change, 0.75 + 0.2 * change
        fee[:, term] = fee[:, term - 1] * np.where(mood > 0.7, up, np.where(mood < -0.6, down, same))
    return fee


def contracts(agency: Agency, fee: np.ndarray, orders: pd.DataFrame) -> pd.DataFrame:
    """The table `contracts`: yearly retainers, each renewing the one before, and one contract per project won.

    `ends_on` stays as signed when a client leaves before it. A renewal is signed about three weeks ahead,
    later by the discontent, now and then after the new term has begun.
    """
    rng, days = agency.dice("contracts"), agency.days
    client, term = np.nonzero(np.broadcast_to(agency.retainer[:, None], fee.shape))
    start = agency.begins[client] + 12 * term
    ahead = 24 + 9 * agency.mood(client, start - 2) + 7 * rng.standard_normal(len(client))
    signed = days.workday(days.month(start) - np.clip(np.rint(ahead), -15, 60).astype(int))
    signed = np.where(term == 0, agency.since[client], signed)
    monthly = agency.money(fee[client, term], client, days.number(signed), 500_000)
    retainers = pd.DataFrame(
        {
            "client": client,
            "term": term,
            "kind": "retainer",
            "signed_on": signed,
            "starts_on": days.month(start),
            "ends_on": days.month(start + 12) - 1,
            "monthly_fee": monthly,
            "value": np.nan,
            "order": -1,
        }
    )[(start <= agency.last_month[client]) & (signed <= agency.limit[client])]
    won = orders[orders["won"].eq(True) & orders["decided_on"].notna()]
    single = pd.DataFrame(
        {
            "client": won["client"],
            "term": -1,
            "kind": "project",
            "signed_on": won["decided_on"],
            "starts_on": won["decided_on"],
            "ends_on": won["due_on"],
            "monthly_fee": np.nan,
            "value": won["fee"],
            "order": won.index,
        }
    )
    table = pd.concat([retainers, single]).sort_values(["signed_on", "client", "term", "order"], ignore_index=True)
    table["contract_id"] = numbered("HDV", table["signed_on"], 3)
    table["client_id"] = agency.client_id[table["client"]]
    table["currency"] = agency.currency(table["client"])
    before = table.loc[table["term"] >= 0, ["client", "term", "contract_id"]].assign(term=lambda own: own["term"] + 1)
    return table.merge(
        before.rename(columns={"contract_id": "renews"}), "left", ["client", "term"], validate="many_to_one"
    )


def projects(agency: Agency) -> pd.DataFrame:
    """The table `projects` without contracts, with `client` (position) and the agency's inner dates.

    Briefs follow the campaigns' calendar and the client's mood; so do the win, the delay and the fee.
    Briefs up to half a year before the book are kept where the work still ran when it began.
    """
    rng, days = agency.dice("projects"), agency.days
    number = np.arange(-RUN_UP, days.months)
    client, month = (side.ravel() for side in np.meshgrid(np.arange(agency.size), number, indexing="ij"))
    mood = agency.mood(client, month)
    rate = pd.Series(agency.segment[client]).map(BRIEFS).to_numpy() * days.total(days.campaigns, month)
    rate *= agency.served(number).ravel() * np.exp(0.4 * np.clip(mood - 0.3, -2.5, 1))
    count = rng.poisson(rate)
    client, month, mood = (np.repeat(side, count) for side in (client, month, mood))
    n = len(client)
    own = np.exp(0.35 * agency.dice("order size").standard_normal(agency.size))[client]
    usual = np.where(agency.retainer[client], 1.3 * agency.first_fee[client] + 20e6, 170e6) * own
    vnd = np.clip(usual * np.exp(0.45 * rng.standard_normal(n) + 0.15 * np.clip(mood, -2, 1)), 15e6, 900e6)
    briefed = days.draw(month, days.campaigns + 1e-9 * days.working, rng)
    proposed = days.workday(briefed, 2 + rng.gamma(3, 1.8, n))
    decided = days.workday(proposed, 2 + np.minimum(rng.gamma(2, 3.5, n), 25))
    silent = rng.random(n) < 0.04
    won = rng.random(n) < 1 / (1 + np.exp(-(0.3 + 0.35 * np.clip(mood, -2, 1.5))))
    due = np.maximum(days.workday(briefed + rng.integers(45, 100, n)), days.workday(decided, 10))
    late = 4.0 * rng.standard_normal(n) - 3.5 + 4.5 * np.maximum(0, 0.1 - agency.mood(client, days.number(due)))
    late += 2.0 * (agency.load(client, days.number(due)) - 1)
    delivered = np.maximum(days.workday(due + np.rint(late).astype(int)), days.workday(decided, 5))
    fee = agency.money(vnd, client, month)
    table = pd.DataFrame(
        {
            "client": client,
            "briefed_on": briefed,
            "proposed_on": nulled(proposed, proposed > agency.limit[client]),
            "decided_on": nulled(decided, silent | (decided > agency.limit[client])),
            "won": won,
            "due_on": due,
            "finished": delivered,
            "late": late,
            "fee": fee,
            "budget_cost": agency.money(vnd * (0.45 + 0.2 * rng.random(n)), client, month),
            "vnd": vnd,
        }
    )
    decided_on, begins = table["decided_on"], pd.Timestamp(days.opening)
    table["delivered_on"] = table["finished"].where(
        table["won"] & decided_on.notna() & (table["finished"] <= agency.limit[client])
    )
    table["won"] = table["won"].astype("boolean").where(decided_on.notna())
    running = (decided_on >= begins) | (table["won"].eq(True) & ~(table["delivered_on"] < begins)).fillna(False)
    table = table[(table["briefed_on"] >= begins) | running | (decided_on.isna() & (month >= -2))]
    table = table.sort_values(["briefed_on", "client", "vnd"], ignore_index=True)
    table["project_id"] = numbered("DA", table["briefed_on"], 3)
    table["client_id"] = agency.client_id[table["client"]]
    table["currency"] = agency.currency(table["client"])
    return table


def _stages(agency: Agency, orders: pd.DataFrame) -> pd.DataFrame:
    """One row per project won and department at work, with the dates of its stage (inner columns)."""
    rng = agency.dice("stages")
    won = orders[orders["won"].eq(True)].reset_index(drop=True)
    takes_part = rng.random((len(won), len(STAGES))) < [share for share, *_ in STAGES.values()]
    takes_part[:, DEPARTMENTS.index("creative")] |= ~takes_part.any(axis=1)
    project, stage = np.nonzero(takes_part)
    rows = won.iloc[project].reset_index(drop=True)
    decided, due = rows["decided_on"].to_numpy("M8[D]"), rows["due_on"].to_numpy("M8[D]")
    begin, end = np.array([row[1:] for row in STAGES.values()])[stage].T
    time = (due - decided).astype(int)
    handed = agency.days.workday(decided + np.rint(begin * time).astype(int))
    planned = np.maximum(agency.days.workday(decided + np.rint(end * time).astype(int)), agency.days.workday(handed, 1))
    delay = end * rows["late"].to_numpy() + 2.0 * rng.standard_normal(len(rows))
    done = np.maximum(agency.days.workday(planned + np.rint(delay).astype(int)), handed)
    return rows.assign(department=np.array(list(STAGES))[stage], handed_on=handed, stage_due=planned, done=done)


def tasks(agency: Agency, orders: pd.DataFrame) -> pd.DataFrame:
    """The table `tasks`: one or two per project won and department; null `done_on` and `hours` while open."""
    rng, days, stages = agency.dice("tasks"), agency.days, _stages(agency, orders)
    table = stages.loc[stages.index.repeat(1 + (rng.random(len(stages)) < 0.3))].reset_index(drop=True)
    table = table.drop(columns="due_on").rename(columns={"stage_due": "due_on"})
    done = days.workday(table["done"].to_numpy("M8[D]"), rng.integers(0, 3, len(table)))
    limit = agency.limit[table["client"]]
    hours = np.clip(
        np.rint(2 * 18 * (table["vnd"] / 150e6) ** 0.4 * np.exp(0.5 * rng.standard_normal(len(table)))) / 2, 1, 160
    )
    table = table.assign(done_on=nulled(done, done > limit), hours=hours.where(done <= limit))
    table = table[table["handed_on"] <= limit].sort_values(["handed_on", "project_id", "department"], kind="stable")
    return table.assign(task_id=numbered("CV", table["handed_on"], 4))


def costs(agency: Agency, orders: pd.DataFrame) -> pd.DataFrame:
    """The table `costs`, always in VND: the budget by department, and what nobody had planned.

    Discontent and unplanned cost come together. `approved_by` is the account manager or a head, or null.
    """
    rng, days, stages = agency.dice("costs"), agency.days, _stages(agency, orders)
    keeper = agency.am_name[agency.keeper[stages["client"]]]
    n = len(stages)
    budget = stages["budget_cost"].to_numpy() * np.where(
        stages["currency"] == "USD",
        agency.rate.reindex(days.number(stages["briefed_on"].to_numpy("M8[D]")), method="ffill").to_numpy(),
        1.0,
    )
    share = np.exp(0.4 * rng.standard_normal(n))
    share /= stages.assign(share=share).groupby("project_id")["share"].transform("sum").to_numpy()
    spend = budget * share * (0.86 + 0.16 * rng.random(n))
    length = (stages["done"] - stages["handed_on"]).dt.days.to_numpy()
    handed = stages["handed_on"].to_numpy("M8[D]")
    day = days.workday(handed + np.rint(length * rng.random(n)).astype(int))
    planned = stages.assign(spent_on=day, amount=spend, planned=True, billable=False, approved_by=keeper)

    mood = agency.mood(stages["client"].to_numpy(), days.number(handed))
    extra = np.repeat(np.arange(n), rng.poisson(0.18 + 0.24 * np.clip(0.3 - mood, 0, 2.5)))
    m = len(extra)
    who = rng.choice(4, m, p=[0.45, 0.25, 0.12, 0.18])
    heads = np.array(["", "Trưởng phòng Account", "Giám đốc Khách hàng", None], dtype=object)[who]
    unplanned = stages.iloc[extra].assign(
        spent_on=days.workday(handed[extra] + np.rint((length[extra] + 5) * rng.random(m)).astype(int)),
        amount=budget[extra] * (0.02 + 0.10 * rng.random(m) ** 1.5),
        planned=False,
        billable=rng.random(m) < 0.3,
        approved_by=np.where(who == 0, keeper[extra], heads),
    )
    table = pd.concat([planned, unplanned], ignore_index=True)
    table["amount"] = np.maximum(np.rint(table["amount"] / 10_000), 1) * 10_000
    table = table[table["spent_on"] <= agency.limit[table["client"]]].assign(currency="VND")
    table = table.sort_values(["spent_on", "project_id", "department", "amount"], kind="stable")
    return table.assign(cost_id=numbered("CP", table["spent_on"], 4))

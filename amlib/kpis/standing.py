"""Where an account manager stands: own KPIs beside target and peers, with an interval and no ranking of noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from .asking import Opened, ask
from .compare import looking_back, measurable, target
from .period import month_of
from .registry import CATALOGUE, too_few, too_wide

MIN_PEERS = 3
"""With fewer account managers in a level, its median says little, and the comparison is with all of them."""

SUMS = frozenset({"active_clients", "expiring_contracts", "open_briefs", "recurring_revenue", "revenue"})
"""What managers' figures add up to the book's: a target of the whole book for one of these is nobody's own."""

# KPIs without an interval of their own that weigh clients by money: by which component, and the most they can be.
_WEIGHTS = {
    "gross_retention": ("start", 1.0),
    "net_retention": ("start", np.inf),
    "overdue_share": ("open", 1.0),
    "unplanned_cost": ("budget", np.inf),
}

_EARLIER = {"before": 1, "year_before": 12}


def scorecard(book: Opened, month: pd.Period | str, questions: Mapping[str, int | None]) -> pd.DataFrame:
    """`compare` for every account manager: one row each and per KPI, with am_id, level and active in front.

    Managers are those of the table and those whom clients name; active are those who keep a client in the month. low
    and high are the KPI's own 95 % interval; gross_retention, net_retention, overdue_share and unplanned_cost get one
    from the spread between the manager's clients (`interval_over_clients`); null for any other. `target` is the
    manager's own, else the level's, else the book's, but for the `SUMS`. Every figure is null (n = 0) where the KPI
    is undefined for that manager or the book lacks a table for it. Computed for all managers at once (`Book.answer`).
    """
    month = month_of(month)
    asked = ["scorecard", month, *questions.items()]
    return book.as_of(month).answer(asked, lambda whole: _scorecard(whole, month, questions))


def _scorecard(book: Opened, month: pd.Period, questions: Mapping[str, int | None]) -> pd.DataFrame:
    known = book.tables["account_managers"][["am_id", "level"]]
    named = pd.DataFrame({"am_id": book.tables["clients"].am_id.dropna().unique()})
    team = known.merge(named, on="am_id", how="outer")
    keeps = ask(book, "clients_per_manager", month, "am_id", lacking="empty").dropna(subset=["am_id", "value"])
    team["active"] = team.am_id.isin(keeps.am_id)
    figures = ["value", "n", "low", "high", *(f"{earlier}{n}" for earlier in _EARLIER for n in ("", "_n"))]
    rows = []
    for kpi, months in questions.items():
        found = team.assign(kpi=kpi, months=months)
        for told in _figures(book, kpi, month, months) if measurable(book, kpi) else ():
            found = found.merge(told, on="am_id", how="left")
        found["target"] = [_aim(book, kpi, month, row.am_id, row.level) for row in team.itertuples()]
        rows.append(found.reindex(columns=[*team, "kpi", "months", *figures, "target"]))
    card = pd.concat(rows, ignore_index=True)
    counts = [name for name in figures if name.endswith("n")]
    types = dict.fromkeys([*figures, "target"], "float64") | dict.fromkeys(counts, "int64") | {"months": "Int64"}
    return card.fillna(dict.fromkeys(counts, 0)).astype(types)


def _figures(book: Opened, kpi: str, month: pd.Period, months: int | None) -> Iterator[pd.DataFrame]:
    """The figures of the managers who have any, by am_id: those of the month, then those of earlier ones."""
    now = looking_back(book, kpi, month, months, ["am_id"]).dropna(subset="am_id")
    if kpi in _WEIGHTS:
        each = looking_back(book, kpi, month, months, ["am_id", "client_id"]).dropna(subset="am_id")
        now = now.merge(interval_over_clients(each, *_WEIGHTS[kpi]), on="am_id", how="left")
    yield now[[name for name in ("am_id", "value", "n", "low", "high") if name in now]]
    for earlier, back in _EARLIER.items():
        then = looking_back(book, kpi, month - back, months, ["am_id"]).dropna(subset="am_id")
        yield then[["am_id", "value", "n"]].rename(columns={"value": earlier, "n": f"{earlier}_n"})


def interval_over_clients(each: pd.DataFrame, weight: str, most: float = np.inf) -> pd.DataFrame:
    """How far a manager's figure would move with other clients of the same kind: am_id, low, high.

    `each` is a KPI by am_id and client_id whose figure over several clients is the mean of its `value` weighted by
    the column `weight`. R ± t·√(k ÷ (k−1) · Σ(w·(value − R))²) ÷ Σw, the ratio estimator's 95 % interval over the
    manager's k clients with a weight above 0 (t has k−1 degrees of freedom), not below 0 nor above `most`. Null
    below three such clients, of whom it would say nothing, and where all have the same value: no spread is no proof
    that there is none.
    """
    from scipy.special import stdtrit  # here: every command of the toolkit would wait for it

    each = each[each["value"].notna() & (each[weight] > 0)]
    each = each.assign(part=each["value"] * each[weight])
    sums = each.groupby("am_id").agg(part=("part", "sum"), weight=(weight, "sum"), k=("part", "size"))
    ratio = sums.part / sums.weight
    off = each.part - each.am_id.map(ratio).astype(float) * each[weight]
    spread = (off**2).groupby(each.am_id).sum()
    k = sums.k.where(sums.k > 2).astype(float)
    error = np.sqrt(k / (k - 1) * spread) / sums.weight
    reach = stdtrit(k - 1, 0.975) * error.where(error > 1e-9)
    low, high = (ratio - reach).clip(lower=0), (ratio + reach).clip(upper=most)
    return pd.DataFrame({"low": low, "high": high}).rename_axis("am_id").reset_index()


def _aim(book: Opened, kpi: str, month: pd.Period, am_id: str, level: str | None) -> float | None:
    scopes = [am_id, *([] if pd.isna(level) else [level]), *([] if kpi in SUMS else ["book"])]
    found = (target(book.tables["targets"], kpi, month, scope) for scope in scopes)
    return next((aim for aim in found if aim is not None), None)


def standing(card: pd.DataFrame, am_id: str) -> pd.DataFrame:
    """The rows of a `scorecard` for one manager, and where they stand among peers.

    Added are peers, of, others, median, usual_low, usual_high and place. peers is 'level' where at least `MIN_PEERS`
    active managers have the manager's level, else 'all' for all active ones; null where the manager is not active or
    is the only one. `of` is how many of them, the manager among them, have a value, `others` the values of the rest.
    median is that of all `of`, null without another; usual_low and usual_high are the medians of their intervals'
    ends, or the median where nobody has an interval.

    place is 'better' or 'worse' where the manager's interval has nothing in common with the usual one (so it does not
    hold the median either), else 'alike': such a difference is made by chance. It is 'untold' where there is no
    interval (a KPI of too few has none: `too_few`), where it is `too_wide` to be told apart, or where the KPI knows no
    better; null without value or median.

    Raises `LookupError` for a manager who is not in the scorecard.
    """
    active = card[card.active]
    mine = card[card.am_id == am_id].reset_index(drop=True)
    if mine.empty:
        there = ", ".join(card.am_id.unique()) or "none"
        raise LookupError(f"the scorecard has no account manager {am_id!r} (known by its month: {there})")
    peers, group = None, active.iloc[:0]
    if mine.active.any() and active.am_id.nunique() > 1:
        same = active[active.level == mine.level.iloc[0]]
        peers, group = ("level", same) if same.am_id.nunique() >= MIN_PEERS else ("all", active)
    rows = [_among(row, group[group.kpi == row.kpi]) for row in mine.itertuples()]
    columns = ["of", "others", "median", "usual_low", "usual_high", "place"]
    return mine.assign(peers=peers).join(pd.DataFrame(rows, columns=columns, index=mine.index))


def _among(row: Any, group: pd.DataFrame) -> tuple[int, list[float], float, float, float, str | None]:
    told = group.dropna(subset="value")
    others = told.loc[told.am_id != row.am_id, "value"].tolist()
    if not others:
        return len(told), others, np.nan, np.nan, np.nan, None
    median = told["value"].median()
    # Of some managers an interval may be missing: what is left never leaves the median out.
    low, high = np.fmin(told.low.median(), median), np.fmax(told.high.median(), median)
    return len(told), others, median, low, high, _place(row, low, high)


def _place(row: Any, usual_low: float, usual_high: float) -> str | None:
    if pd.isna(row.value):
        return None
    better = CATALOGUE[row.kpi].better
    if better == "neither" or pd.isna(row.low) or too_few(row.kpi, row.n):
        return "untold"
    if row.low <= usual_high and row.high >= usual_low:
        return "untold" if too_wide(row.kpi, row.low, row.high) else "alike"
    return "better" if (row.low > usual_high) == (better == "more") else "worse"

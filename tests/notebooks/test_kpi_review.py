"""Every number of the sample's KPI review of October 2026 against a computation of its own, in both languages.

The figures come from the sample's CSV files by plain DuckDB SQL (that of `kpis/sql/` where there is one) and pandas,
and are written by formats of this file: nothing of `amlib` computes or prints them. Each output of the page is read as
the row of its numbers, with ▲, ▼ and ● for the words of direction; a number that nobody expects fails like a wrong one.
"""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from pages import FOLDER, run
from pages import rows as rows_of
from scipy.stats import mannwhitneyu

from amlib import show
from amlib.book import open_book
from amlib.kpis import CATALOGUE

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample"
SQL = Path(__file__).parents[1] / "kpis" / "sql"
MONTH = pd.Period("2026-10", "M")
SETTINGS = tomllib.loads((SAMPLE / "book.toml").read_text(encoding="utf-8"))
WITHIN, PROMISED = SETTINGS["service_level"]["response_hours"], SETTINGS["service_level"]["share"]


# -- the book as it was known at the end of a month

# Table -> the day a row became known, the amounts converted at that month's rate, and columns known on a later day.
TABLES: dict[str, tuple[str, list[str], dict[str, str]]] = {
    "account_managers": ("hired_on", [], {}),
    "clients": ("since", [], {"until": "until"}),
    "contracts": ("signed_on", ["monthly_fee", "value"], {}),
    "projects": (
        "briefed_on",
        ["fee", "budget_cost"],
        {name: name for name in ("proposed_on", "decided_on", "delivered_on")}
        | {"won": "decided_on", "contract_id": "decided_on"},
    ),
    "costs": ("spent_on", ["amount"], {}),
    "tasks": ("handed_on", [], {"done_on": "done_on", "hours": "done_on"}),
    "invoices": ("issued_on", ["amount", "pass_through"], {}),
    "payments": ("paid_on", ["amount"], {}),
    "statements": ("as_of", [], {}),
    "messages": ("received_at", [], {"replied_at": "replied_at"}),
    "surveys": ("sent_on", [], {"answered_on": "answered_on", "score": "answered_on"}),
}


@cache
def files() -> duckdb.DuckDBPyConnection:
    """The CSV files as they are."""
    db = duckdb.connect()
    db.execute(f"create table fx as from read_csv('{SAMPLE}/fx.csv', types = {{'month': 'varchar'}})")
    for name in TABLES:
        db.execute(f"create table all_{name} as from read_csv('{SAMPLE / name}.csv', sample_size = -1)")
    return db


@cache
def known(month: pd.Period) -> duckdb.DuckDBPyConnection:
    """The tables of the sample as they were known at the end of a month, all money in đồng."""
    db, end = files().cursor(), f"date '{(month + 1).start_time.date()}'"
    db.execute(f"create schema month{month.ordinal}")
    db.execute(f"set search_path = 'month{month.ordinal},main'")
    for name, (seen_on, money, later) in TABLES.items():
        # Payments are in the currency of their invoice, at its rate.
        of = "join all_invoices as o using (invoice_id)" if name == "payments" else ""
        row, dated = ("o", "issued_on") if of else ("t", seen_on)
        rate = f"left join fx as x on x.currency = {row}.currency and x.month = strftime({row}.{dated}, '%Y-%m')"
        changed = [f"case when t.{on} < {end} then t.{column} end as {column}" for column, on in later.items()]
        changed += [f"t.{column} * coalesce(x.rate, 1) as {column}" for column in money]
        replaced = f"replace ({', '.join(changed)})" if changed else ""
        db.execute(
            f"create table month{month.ordinal}.{name} as select t.* {replaced} from all_{name} as t "
            f"{of} {rate if money else ''} where t.{seen_on} < {end}"
        )
    return db


def frame(month: pd.Period, query: str, **given: object) -> pd.DataFrame:
    """The answer to a query of the tables known at the end of a month; {end}, {first} and `given` are filled in."""
    told = {"end": f"date '{month.end_time.date()}'", "first": f"date '{month.start_time.date()}'"} | given
    return known(month).execute(query.format(**told)).df()


def back(month: pd.Period, months: int) -> str:
    """The first day of the month so many months before."""
    return f"date '{(month - months).start_time.date()}'"


def of_file(month: pd.Period, kpi: str, replace: Mapping[str, str], tables: Mapping[str, str]) -> dict[str, Any]:
    """The first row of `kpis/sql/<kpi>.sql` with other dates, and with tables cut or flattened by a query each."""
    query = (SQL / f"{kpi}.sql").read_text(encoding="utf-8")
    for old, new in replace.items():
        assert old in query, f"{kpi}.sql has no {old}"
        query = query.replace(old, new)
    db = known(month)
    for name, cut in tables.items():
        db.execute(f"create or replace temp view cut_{name} as {cut}")
        query = re.sub(rf"\b{name}\b", f"cut_{name}", query)
    found = db.execute(query).df()
    return found.iloc[0].to_dict() if len(found) else {"value": None, "n": 0}


def flat(table: str, column: str, where: str = "true") -> str:
    """A table in which a column is the same in all rows, so that SQL by that column has one group."""
    return f"select * replace ('all' as {column}) from {table} where {where}"


@cache
def figure(kpi: str, month: pd.Period) -> dict[str, Any]:
    """value, n, and low and high where there is an interval."""
    end, last = str(month.end_time.date()), str((month - 12).end_time.date())
    lasting = {"2026-02-28": last, "2026-05-31": end}
    m1, m3, m12 = back(month, 0), back(month, 2), back(month, 11)
    match kpi:
        case "revenue":
            query = f"select sum(amount - pass_through) as value, count(*) as n from invoices where issued_on >= {m1}"
            return frame(month, query).iloc[0].to_dict()
        case "nps":
            return of_file(month, kpi, {}, {"surveys": flat("surveys", "client_id", f"sent_on >= {m3}")})
        case "gross_retention" | "net_retention" | "client_retention":
            return of_file(month, kpi, lasting, {})
        case "renewal_rate":
            changed = {"2026-04-15": end, "2025-10-01": str((month - 11).start_time.date()), "> 45": "> 30"}
            return of_file(month, kpi, changed | {"date_trunc('month', ends_on)::date": "1"}, {})
        case "returning_clients":
            return of_file(month, kpi, {"2026-01-01": str(month.start_time.date()), "2026-06-17": end}, {})
        case "lifetime_value":
            return of_file(month, kpi, {"2026-06-30": end}, {"clients": flat("clients", "segment")})
        case "win_rate":
            return of_file(month, kpi, {}, {"projects": flat("projects", "client_id", f"briefed_on >= {m12}")})
        case "open_briefs":
            whole = {"select client_id, count": "select count", "group by client_id order by client_id": ""}
            return of_file(month, kpi, {"2025-12-10": end} | whole, {})
        case "proposal_time":
            cut = {"projects": f"select * from projects where briefed_on >= {m3}"}
            return of_file(month, kpi, {"date_trunc('month', briefed_on)::date": "1"}, cut)
        case "clients_per_manager":
            changed = {"2026-03-31": end, "2026-03-01": str(month.start_time.date())}
            return of_file(month, kpi, changed, {"clients": flat("clients", "segment")})
        case "unplanned_cost":
            return of_file(month, kpi, {"2026-06-30": end}, {"projects": flat("projects", "client_id")})
        case "unapproved_cost" | "billable_share":
            changed = {"date_trunc('month', spent_on)::date": "1"}
            return of_file(month, kpi, changed, {"costs": flat("costs", "department", f"spent_on >= {m3}")})
        case "on_time_delivery":
            cut = {"projects": flat("projects", "client_id", f"due_on >= {m3}")}
            return of_file(month, kpi, {"2026-06-17": end}, cut)
        case "overdue_share":
            return of_file(month, kpi, {"2026-06-30": end}, {"clients": flat("clients", "segment")})
        case "response_time":
            return of_file(month, kpi, {}, {"messages": flat("messages", "channel", f"received_at >= {m1}")})
    raise LookupError(kpi)


# -- the health of the clients

# What each measure is worth, by value; what follows late: days.
BREAKPOINTS = {
    "nps": ([0, 6, 7, 8, 9, 10], [0, 25, 55, 70, 90, 100], 2),
    "response_time": ([0.5, 0.7, 0.9, 1], [0, 40, 85, 100], 1),
    "fee_trend": ([0.5, 0.9, 1, 1.1], [0, 40, 80, 100], 5),
    "renewal": ([0, 30, 60, 90, 120], [0, 30, 55, 80, 100], 5),
    "on_time": ([0.3, 0.6, 0.8, 1], [0, 40, 70, 100], 2),
    "extra_cost": ([0, 0.05, 0.15, 0.3], [100, 80, 40, 0], 14),
    "overdue": ([0, 0.1, 0.25, 0.5, 1], [100, 75, 45, 10, 0], 1),
    "messages": ([0.3, 0.7, 0.9, 1.1], [0, 50, 80, 100], 14),
    "orders": ([0.3, 0.7, 1, 1.3], [0, 45, 80, 100], 14),
}
MEASURES = {
    "nps": """select client_id, arg_max(score, coalesce(answered_on, sent_on))::double as value from surveys
        where score is not null and sent_on >= {m6} group by all""",
    "response_time": """select client_id, avg((hours is not null and hours <= {within})::int) as value from waits
        where received_at >= {m2} group by all""",
    "fee_trend": """select client_id, coalesce(sum(monthly_fee) filter ({end} between starts_on and closes), 0)
        / sum(monthly_fee) filter ({then} between starts_on and closes) as value
        from (select *, coalesce(ends_on, date '2999-01-01') as closes from contracts where kind = 'retainer')
        group by all having value is not null""",
    "renewal": """select client_id, greatest(0, max(ends_on) - {end})::double as value from contracts
        where kind = 'retainer' group by all having max(ends_on) - {end} >= -60 and count(ends_on) = count(*)""",
    "on_time": """select client_id, avg((coalesce(delivered_on, date '2999-01-01') <= due_on)::int) as value
        from projects where due_on between {m6} and {end} and won group by all""",
    "extra_cost": """select client_id, sum(if(planned, 0, amount)) / sum(amount) as value
        from costs join projects using (project_id) where spent_on >= {m6} and planned is not null group by all""",
    "overdue": """select client_id, coalesce(sum(greatest(owed, 0)) filter (due_on < {end}), 0)
        / greatest(0, sum(amount) filter (issued_on >= {m6})) as value from (
            select i.*, round(amount - coalesce((select sum(amount) from payments as p
                where p.invoice_id = i.invoice_id), 0), 2) as owed from invoices as i) group by all""",
    "messages": """select client_id, count(*) filter (received_at >= {m3}) / n_before as value
        from messages join (select client_id, count(*) as n_before from messages
            where received_at >= {m6} and received_at < {m3} group by all) using (client_id)
        where n_before >= 6 group by client_id, n_before""",
    "orders": """select client_id, coalesce(sum(amount - pass_through) filter (issued_on >= {m6}), 0)
        / sum(amount - pass_through) filter (issued_on < {m6}) as value from invoices where issued_on >= {m12}
        group by all having sum(amount - pass_through) filter (issued_on < {m6}) > 0""",
}


@cache
def waits(month: pd.Period = MONTH) -> pd.DataFrame:
    """Each message of two months with the business hours until its reply, as `kpis/sql/response_time.sql` counts."""
    query = (SQL / "response_time.sql").read_text(encoding="utf-8")
    counted = query[query.index("with days as") : query.index("), waited as")]
    counted = counted.replace("from messages", f"from messages where received_at >= {back(month, 1)}")
    hours = "case when replied_at is not null then coalesce(hours, 0) end as hours"
    return frame(month, f"{counted}) select received.*, {hours} from received left join worked using (id)")


@cache
def measures(month: pd.Period = MONTH) -> pd.DataFrame:
    """client_id, measure, value, points, lost of the clients who are active in the month."""
    known(month).register("waits", waits(month))
    told = {f"m{n}": back(month, n - 1) for n in (2, 3, 6, 12)} | {"within": WITHIN}
    told["then"] = f"date '{(month - 3).end_time.date()}'"
    clients = frame(month, "select client_id, segment from clients where until is null or until >= {first}")
    found = []
    for place, (name, query) in enumerate(MEASURES.items()):
        values = clients.merge(frame(month, query, **told), on="client_id", how="left")
        at, worth, _ = BREAKPOINTS[name]
        points = np.interp(values["value"].astype(float), at, worth)
        found.append(values.assign(measure=name, place=place, points=np.where(values["value"].isna(), np.nan, points)))
    told = pd.concat(found)
    weights = SETTINGS["health"]["weights"]
    told["weight"] = [weights.get(s, weights["default"])[m] for s, m in zip(told.segment, told.measure, strict=True)]
    present = told.weight.where(told.points.notna(), 0).groupby(told.client_id).transform("sum")
    return told.assign(lost=(100 - told.points) * told.weight / present, known=present)


@cache
def past() -> pd.DataFrame:
    """client_id, month, score, band, and the points of overdue and nps, of every month since the data begins.

    Each edge is held by itself: a score crosses it when it is 3 points past it, or was past it last month too.
    """
    found = []
    for month in pd.period_range("2023-11", MONTH, freq="M"):
        told = measures(month)
        by = told.groupby("client_id")
        score = ((told.points * told.weight).groupby(told.client_id).sum() / by.known.first()).round(9)
        score = score.where(by.known.first() >= 0.5 * by.weight.sum())
        points = told.pivot(index="client_id", columns="measure", values="points")[["overdue", "nps"]]
        found.append(points.assign(month=month, score=score).reset_index())
    found = pd.concat(found, ignore_index=True)
    for _, rows in found.groupby("client_id"):
        above, last = {50: None, 75: None}, {}
        for row in rows.itertuples():
            if np.isnan(row.score):
                found.loc[row.Index, "band"], last = "grey", {}
                continue
            for edge in (50, 75):
                now = row.score >= edge if edge == 50 else row.score > edge
                if above[edge] is None or abs(row.score - edge) >= 3 or last.get(edge) == now:
                    above[edge] = now
                last[edge] = now
            found.loc[row.Index, "band"] = "red" if not above[50] else "green" if above[75] else "amber"
    return found


@cache
def by_hand() -> pd.DataFrame:
    """The bands that were set by hand and are in force at the end of the month."""
    rows = pd.read_csv(SAMPLE / "health_overrides.csv", parse_dates=["from_on", "until_on"])
    end = MONTH.end_time.normalize()
    return rows[(rows.from_on <= end) & (rows.until_on >= end)].set_index("client_id")


@cache
def scores() -> pd.DataFrame:
    """client_id, score and band of the month; a band set by hand goes before the computed one."""
    found = past().query("month == @MONTH")[["client_id", "score", "band"]]
    return found.assign(band=found.client_id.map(by_hand().band).fillna(found.band)).reset_index(drop=True)


def reasons(clients: pd.Series, most: int) -> pd.DataFrame:
    """The measures that cost most points, of each client, in the order of client_id."""
    weak = measures()[lambda t: t.client_id.isin(clients) & (t.points <= 75) & (t.lost > 0)]
    return (
        weak.sort_values(["client_id", "lost", "place"], ascending=[True, False, True]).groupby("client_id").head(most)
    )


# -- how numbers are written


@dataclass(frozen=True)
class Language:
    """How a language writes numbers."""

    name: str

    def number(self, value: float, digits: int = 0, fixed: bool = False) -> str:
        text = f"{round(value, digits) + 0.0:,.{digits}f}"
        text = text if fixed or "." not in text else text.rstrip("0").rstrip(".")
        return text.translate(str.maketrans(",.", ".,")) if self.name == "vi" else text

    def percent(self, value: float, digits: int = 0) -> str:
        return f"{self.number(100 * round(value, digits + 2), digits, fixed=True)}%"

    def money(self, value: float) -> str:
        for size, step, digits, vi, en in ((1e9, 1e7, 2, "tỷ", "billion"), (1e6, 1e5, 1, "triệu", "million")):
            if abs(value) >= size:
                unit = vi if self.name == "vi" else en
                return f"{self.number(round(value / step) * step / size, digits)} {unit}"
        assert value == 0, "the sample has no such small money: say here how it is written"
        return "0"

    def of(self, unit: str, value: float | None) -> list[str]:
        """The number of a KPI in its unit; none where it is not known."""
        if value is None or pd.isna(value):
            return []
        match unit:
            case "money":
                return [self.money(value)]
            case "share":
                return [self.percent(value)]
            case "score":
                return [self.number(100 * value)]
            case "days":
                return [self.number(value)]
            case _:
                return [self.number(value, 1)]

    def month(self, month: pd.Period) -> list[str]:
        return [f"{month.month}/{month.year}"] if self.name == "vi" else [str(month.year)]

    def quarter(self, quarter: pd.Period) -> list[str]:
        return [f"{quarter.quarter}/{quarter.year}"] if self.name == "vi" else [str(quarter.quarter), str(quarter.year)]

    def ratio(self, part: str, whole: str) -> list[str]:
        return [f"{part}/{whole}"] if self.name == "vi" else [part, whole]


def change(say: Language, unit: str, now: float, before: float | None) -> list[str]:
    """A change: its direction and its size."""
    if before is None or pd.isna(before) or (unit == "money" and before <= 0):
        return []
    moved = abs(now - before)
    size = {
        "money": lambda: say.percent(moved / before, 1),
        "share": lambda: say.number(100 * moved, 1),
        "score": lambda: say.number(100 * moved),
    }.get(unit, lambda: say.of(unit, moved)[0])()
    return ["▲" if now > before else "▼", size] if re.search("[1-9]", size) else ["●"]


WAYS = {"▲": "▲|up|rose|rises|tăng", "▼": "▼|down|fell|falls|giảm", "●": "unchanged|held|không đổi|đi ngang"}
NUMBER = r"[-+]?\d+(?:[.,/]\d+)*%?(?: (?:tỷ|triệu|billion|million)\b)?"


def numbers(text: str) -> list[str]:
    """The numbers and directions of a text, in their order; those of lessons tell of no data."""
    text = re.sub(r'<small class="am-lesson">.*?</small>', " ", text)
    text = html.unescape(re.sub(r"<[^>]*>", " ", text)).replace("VND ", "")
    for sign, said in WAYS.items():
        text = re.sub(rf"(?<!\w)(?:{said})(?!\w)", sign, text, flags=re.IGNORECASE)
    return re.findall(rf"[▲▼●]|(?<!\w){NUMBER}|(?<=Q){NUMBER}", text)


# -- the page, output by output

MAIN = {"revenue": 1, "nps": 3, "gross_retention": 12, "on_time_delivery": 3, "response_time": 1, "overdue_share": None}
STAY = {"net_retention": 12, "client_retention": 12, "renewal_rate": 12, "returning_clients": 1, "lifetime_value": None}
WORK = {"win_rate": 12, "open_briefs": None, "proposal_time": 3, "clients_per_manager": None}
COST = {"unplanned_cost": None, "unapproved_cost": 3, "billable_share": 3}
DRAWN = ["revenue_bridge", "cohort_retention", "nps_bridge", "utilisation", "on_time_tasks"]
UNIT = {
    "revenue": "money",
    "lifetime_value": "money",
    "nps": "score",
    "response_time": "hours",
    "proposal_time": "days",
}
UNIT |= {"open_briefs": "count", "clients_per_manager": "count"}
LESS = {"response_time", "overdue_share"}  # of the tiles: the less of it the better


def unit(kpi: str) -> str:
    return UNIT.get(kpi, "share")


@cache
def target(kpi: str) -> float | None:
    rows = pd.read_csv(SAMPLE / "targets.csv").query("kpi == @kpi and scope == 'book' and from_month <= '2026-10'")
    return None if rows.empty else float(rows.sort_values("from_month").target.iloc[-1])


def values(kpi: str) -> tuple[float, float, float]:
    """A KPI now, a month before and a year before, each as that month's report knew it."""
    return tuple(figure(kpi, MONTH - months)["value"] for months in (0, 1, 12))


@dataclass
class Said:
    """What an output must say: its numbers in their order, and names that must stand in it in theirs."""

    numbers: list[str]
    names: list[str] = field(default_factory=list)


def headline(say: Language) -> list[str]:
    now, before, year = values("revenue")
    found = [*say.month(MONTH), say.money(now), *change(say, "money", now, before), *change(say, "money", now, year)]
    for kpi in MAIN:
        value, aim = figure(kpi, MONTH)["value"], target(kpi)
        if aim is not None and (value > aim if kpi in LESS else value < aim):
            said, aimed = say.of(unit(kpi), value), say.of(unit(kpi), aim)
            found += [*said, *aimed] if said != aimed else []
    for kpi in [*MAIN][1:]:
        now, before, _ = values(kpi)
        chance = figure(kpi, MONTH).get("low"), figure(kpi, MONTH).get("high")
        moved = change(say, unit(kpi), now, before)
        within = chance[0] is not None and chance[0] <= before <= chance[1]
        found += moved if moved[0] == ("▲" if kpi in LESS else "▼") and not within else []
    return found


@cache
def moved() -> pd.DataFrame:
    """The change of each client's revenue since the month before, the largest fall first."""
    return frame(
        MONTH,
        """select name, sum(if(issued_on >= {first}, 1, -1) * (amount - pass_through)) as value
        from invoices join clients using (client_id) where issued_on >= {before} group by all order by value, name""",
        before=back(MONTH, 1),
    )


@cache
def watched() -> pd.DataFrame:
    """Red and amber clients, red first, who brought most in twelve months first."""
    earned = frame(
        MONTH,
        """select client_id, sum(amount - pass_through) as earned from invoices where issued_on >= {since}
        group by all""",
        since=back(MONTH, 11),
    )
    people = frame(
        MONTH,
        """select c.client_id, c.name, m.name as owner from clients as c join account_managers as m using (am_id)""",
    )
    found = scores().merge(people, on="client_id").merge(earned, on="client_id", how="left")
    found = found.fillna({"earned": 0}).assign(all=earned.earned.sum())
    found = found[found.band.isin(["red", "amber"])]
    found = found.merge(reasons(found.client_id, 1)[["client_id", "measure", "value"]])
    return found.sort_values(["band", "earned"], ascending=False, ignore_index=True)


def reason(say: Language, row: Any) -> list[str]:
    if row.measure == "nps":
        return say.ratio(say.number(row.value, 1), "10")
    if row.measure == "renewal":
        return [say.number(row.value)] if row.value else []
    return [] if np.isinf(row.value) or row.value == 0 else [say.percent(row.value)]  # nothing is said in words


def why_watched(say: Language, row: Any) -> list[str]:
    return numbers(by_hand().reason[row.client_id]) if row.client_id in by_hand().index else reason(say, row)


class Near(str):
    """A percentage that was drawn by lot: another draw is some points off."""

    def __eq__(self, other: object) -> bool:
        return str(other).endswith("%") and abs(int(self[:-1]) - int(str(other)[:-1])) <= 3

    __hash__ = str.__hash__


@cache
def lives() -> pd.DataFrame:
    """`past` with the months until the client left (more than any for who stays)."""
    until = frame(MONTH, "select client_id, until from clients").set_index("client_id").until
    left = pd.PeriodIndex(past().client_id.map(until).fillna(pd.Timestamp("2099-01-01")), freq="M")
    found = past().assign(ahead=left.astype("int64") - pd.PeriodIndex(past().month).astype("int64"))
    return found.assign(lost=found.ahead <= 3)


def judged() -> pd.DataFrame:
    """The client-months of which the next three months are known."""
    return lives()[lambda t: (t.ahead > 0) & (t.month <= MONTH - 3)]


@cache
def told_apart(sign: str) -> tuple[float, float, float]:
    """How often who leaves within three months has fewer points than who stays, with its interval by the bootstrap."""
    rows = judged().dropna(subset=sign)

    def auc(of: pd.DataFrame) -> float:
        went, stayed = of[of.lost][sign], of[~of.lost][sign]
        return 1 - mannwhitneyu(went, stayed).statistic / (len(went) * len(stayed)) if len(went) else np.nan

    lots, of_client = np.random.default_rng(7), [group for _, group in rows.groupby("client_id")]
    draws = lots.integers(0, len(of_client), (200, len(of_client)))
    drawn = [auc(pd.concat([of_client[at] for at in draw])) for draw in draws]
    return auc(rows), *np.nanquantile(drawn, [0.025, 0.975])


def verdict(say: Language) -> list[str]:
    """Numbers of the sentences: how often the score ranks right; it falls short of none of its aims."""
    rows = judged()
    assert rows[rows.band == "red"].lost.mean() / rows.lost.mean() >= 3
    assert (rows.band == "green").mean() <= 0.8
    return [say.percent(told_apart("score")[0]), "50%"]


def band_of(sign: str, rows: pd.DataFrame) -> pd.Series:
    """The band by a sign: of the score it is the one that holds, of a measure's points the one they lie in."""
    if sign == "score":
        return rows.band
    points = rows[sign]
    bands = np.select([points.isna(), points < 50, points > 75], ["grey", "red", "green"], "amber")
    return pd.Series(bands, rows.index)


def back_test(say: Language) -> list[str]:
    said, rows, signs = [], judged(), ("score", "overdue", "nps")
    for months in (1, 2, 3):
        before = lives()[lambda t, months=months: t.ahead == months]
        for sign in signs:
            warned = band_of(sign, before).isin(["red", "amber"]).sum()
            said += say.ratio(say.number(warned), say.number(len(before)))
    lifts = [rows[band_of(sign, rows) == "red"].lost.mean() / rows.lost.mean() for sign in signs]
    said += ["3", *(say.number(lift, 1) for lift in lifts)]
    said += ["80%", *(say.percent((band_of(sign, rows) == "green").mean()) for sign in signs), "50%"]
    apart = [told_apart(sign) for sign in signs]
    said += [say.percent(auc) for auc, _, _ in apart]
    return [*said, "95%", *(Near(say.percent(end)) for _, *ends in apart for end in ends)]


def losses_by_score(say: Language) -> list[str]:
    rows, said = judged().dropna(subset="score"), []
    for _, of in rows.groupby(np.ceil(rows.score.rank() / len(rows) * 5)):
        said += [say.number(of.score.min()), say.number(of.score.max()), say.percent(of.lost.mean(), 1)]
        said += say.ratio(say.number(of.lost.sum()), say.number(len(of)))
    return said


@cache
def to_do() -> pd.DataFrame:
    """What to do about the two worst measures of each red client, by the days, then by the points they cost."""
    red = watched().query("band == 'red'")
    found = reasons(red.client_id, 2).merge(red[["client_id", "name", "owner"]], on="client_id")
    found = found[(found.measure != "orders") | ~found.client_id.isin(on_hold())].reset_index(drop=True)
    days = [MONTH.end_time.normalize() + pd.Timedelta(days=BREAKPOINTS[m][2]) for m in found.measure]
    found["due_on"] = [day + pd.offsets.BDay(0) for day in days]  # no holiday is among them
    return found.sort_values(["due_on", "lost"], ascending=[True, False], kind="stable", ignore_index=True)


def on_hold() -> set[str]:
    """The clients of whom no new work is taken: money over 90 days past its day, and nothing of it disputed."""
    query = """
        with sent as (
            select client_id, max(as_of) as as_of from statements where as_of <= {end} group by client_id
        ), owed as (
            select i.client_id, due_on, round(amount - coalesce((
                select sum(amount) from payments as p where p.invoice_id = i.invoice_id), 0), 2) as owed,
                if(issued_on <= as_of, round(amount - coalesce((select sum(amount) from payments as p
                    where p.invoice_id = i.invoice_id and paid_on <= as_of), 0), 2), 0) as ours,
                coalesce((select sum(amount) from statements as s where s.invoice_id = i.invoice_id
                    and s.client_id = i.client_id and s.as_of = sent.as_of), 0) as theirs, as_of
            from invoices as i left join sent using (client_id)
        )
        select client_id from owed where owed > 0 and due_on < {end} group by client_id
        having max({end} - due_on) > 90 and not coalesce(bool_or(as_of is not null and ours <> theirs), false)"""
    return {*frame(MONTH, query).client_id}


def tiles(say: Language) -> list[str]:
    found = []
    for kpi, months in MAIN.items():
        now, before, year = values(kpi)
        low, high = figure(kpi, MONTH).get("low"), figure(kpi, MONTH).get("high")
        found += say.of(unit(kpi), now)
        found += change(say, unit(kpi), now, before) + change(say, unit(kpi), now, year)
        found += [str(months)] if months and months > 1 else []
        found += say.of(unit(kpi), target(kpi))
        found += [] if low is None else ["95%", *say.of(unit(kpi), low), *say.of(unit(kpi), high)]
    return found


def scorecard(say: Language, asked: Mapping[str, int | None]) -> list[str]:
    found = []
    for kpi, months in asked.items():
        found += [str(months)] if months and months > 1 else []
        for value in (*values(kpi), target(kpi)):
            found += say.of(unit(kpi), value)
        found.append(say.number(figure(kpi, MONTH)["n"]))
    return found


def signed(text: str) -> str:
    return text if text.startswith("-") or not re.search("[1-9]", text) else f"+{text}"


def revenue_bridge(say: Language) -> list[str]:
    changed = {"2026-03-01": "2026-09-01", "2026-05-01": "2026-10-01"}
    found = of_file(MONTH, "revenue_bridge", changed, {})
    ends = [say.money(found["start"]), say.money(found["end"])]
    steps = [found["new"], found["returned"], found["expansion"], -found["contraction"], -found["lost"]]
    way = "▲" if found["end"] > found["start"] else "▼"
    return [*say.month(MONTH - 1), *say.month(MONTH), way, *ends, *(signed(say.money(step)) for step in steps)]


@cache
def cohort_table() -> pd.DataFrame:
    """year of the first invoice, age in months, n clients who have reached it, active ones."""
    return frame(
        MONTH,
        """with months as (select distinct client_id, date_trunc('month', issued_on)::date as month from invoices
            where amount > 0), firsts as (select client_id, min(month) as first from months group by all)
        select year(first) as year, age, count(*) as n, count(month) as active
        from firsts cross join range(13) as ages(age) left join months
            on months.client_id = firsts.client_id and month = first + to_months(age::int)
        where first + to_months(age::int) <= {first} group by all order by all""",
    )


def cohorts(say: Language) -> list[str]:
    said = []
    for year, rows in cohort_table().groupby("year"):
        said += [str(year), say.number(rows.n.iloc[0])]
        readable = rows[(rows.age > 0) & (rows.n >= 5)]
        for row in readable.iloc[[0, -1]].itertuples() if len(readable) else ():
            said += [say.percent(row.active / row.n), str(row.age)]
    return said


def nps_bridge(say: Language) -> list[str]:
    changed = {"2025-10-01": "2026-04-01", "2026-03-31": "2026-09-30", "2026 * 4 + 1": "2026 * 4 + 3"}
    found = of_file(MONTH, "nps_bridge", changed, {"clients": flat("clients", "segment")})
    q = pd.Period("2026Q3")
    steps = [found["improved"], -found["worsened"], found["joined"], found["turnout"]]
    said = [*say.quarter(q - 1), *say.quarter(q), "▲" if found["end"] > found["start"] else "▼"]
    said += [*say.of("score", found["start"]), *say.of("score", found["end"])]
    said += [signed(say.of("score", step)[0]) for step in steps] + ["95%"]
    for quarter in (q - 1, q):
        sent = f"sent_on between '{quarter.start_time.date()}' and '{quarter.end_time.date()}'"
        whole = of_file(MONTH, "nps", {}, {"surveys": flat("surveys", "client_id", sent)})
        said += [*say.quarter(quarter), *say.of("score", whole["low"]), *say.of("score", whole["high"])]
    return said


def waiting(say: Language) -> list[str]:
    hours = waits()[lambda t: t.received_at >= MONTH.start_time].hours
    in_time, never = (hours <= WITHIN).mean(), hours.isna().mean()
    quantiles = [say.of("hours", hours.quantile(q))[0] for q in (0.5, 0.9)]
    return [say.number(len(hours)), say.percent(in_time), say.number(WITHIN, 1), say.percent(never), *quantiles]


def workload(say: Language) -> Said:
    rows = frame(
        MONTH,
        """select m.name, capacity_hours as capacity,
            (select coalesce(sum(hours), 0) from tasks
             join projects using (project_id) join clients as c using (client_id)
             where c.am_id = m.am_id and done_on between {first} and {end}) as hours,
            (select count(*) from clients as c
             where c.am_id = m.am_id and (until is null or until >= {first})) as clients
        from account_managers as m order by hours desc, am_id""",
    )
    said = [
        part
        for row in rows.itertuples()
        for part in (*say.ratio(say.number(row.hours, 1), say.number(row.capacity, 1)), say.number(row.clients))
    ]
    return Said(said, rows.name.tolist())


def departments(say: Language) -> list[str]:
    rows = frame(
        MONTH,
        """select department, count(*) as n, count(*) filter (done_on <= due_on) as kept from tasks
        where due_on between {since} and {end} group by all order by kept / n""",
        since=back(MONTH, 2),
    )
    return [part for row in rows.itertuples() for part in (say.percent(row.kept / row.n), f"{row.kept}/{row.n}")]


def gaps(say: Language) -> list[str]:
    due = "select count(*) as n from tasks where due_on between {since} and {end} group by department"
    few = frame(MONTH, due, since=back(MONTH, 2)).n
    grey = int((scores().band == "grey").sum())
    return [*(say.number(n) for n in few[few < 5]), *([say.number(grey)] if grey else [])]


def basis(say: Language) -> list[str]:
    rows = [frame(MONTH, f"select count(*) as n from {name}").n[0] for name in TABLES]
    whole = ("targets", "fx", "salaries", "health_overrides")
    rows += [len(pd.read_csv(SAMPLE / f"{name}.csv")) for name in whole]
    return [*say.month(MONTH), *(say.number(n) for n in rows)]


def expected(say: Language) -> dict[str, Said]:
    """What each output of the page must say, in the order of the page."""
    watch, todo, everything = watched(), to_do(), watched().earned.sum()
    falls, rises = moved().head(2), moved()[::-1].head(2)
    why = ["▼", *(say.money(-value) for value in falls["value"]), "▲", *(say.money(value) for value in rises["value"])]
    risk = [say.number(len(watch)), say.money(everything), "12", say.percent(everything / watch["all"][0])]
    if say.name == "vi":
        risk = [risk[0], "12", *risk[1::2]]
    first = [f"{todo.due_on[0]:%d/%m/%Y}", *reason(say, todo.iloc[0]), say.number(len(todo))]
    rows = watch.head(10)
    listed = [
        part
        for row in rows.itertuples()
        for part in (say.number(row.score), say.money(row.earned), *why_watched(say, row))
    ]
    listed += [say.number(len(watch) - 10)] if len(watch) > 10 else []
    actions = [part for row in todo.itertuples() for part in (f"{row.due_on:%d/%m/%Y}", *reason(say, row))]
    defined = [getattr(CATALOGUE[kpi], "definition_vi" if say.name == "vi" else "definition") for kpi in ASKED]
    return {
        "points": Said([*headline(say), *why, *risk, *first], [*falls.name, *rises.name, todo.name[0]]),
        "tiles": Said(tiles(say)),
        "watch list": Said(["12", *listed], rows.name.tolist()),
        "revenue bridge": Said(revenue_bridge(say)),
        "who stays": Said(scorecard(say, STAY)),
        "cohorts": Said(cohorts(say)),
        "NPS bridge": Said(nps_bridge(say)),
        "waiting": Said(waiting(say)),
        "workload": workload(say),
        "departments": Said(departments(say)),
        "pipeline and cost": Said(scorecard(say, WORK | COST)),
        "verdict": Said(verdict(say)),
        "back-test": Said(back_test(say)),
        "losses by score": Said(losses_by_score(say)),
        "actions": Said(actions, [name for row in todo.itertuples() for name in (row.name, row.owner)]),
        "gaps": Said(gaps(say)),
        "definitions": Said(numbers(" ".join(defined))),
        "basis": Said(basis(say)),
    }


ASKED = [*MAIN, *STAY, *WORK, *COST, *DRAWN]


class Shown(list):
    """The page's outputs as text, charts by their alt text; `svg` has the numbers written in each chart, `tables` those
    of each cell of its table, but for what heads rows and columns.
    """

    svg: list[list[str] | None]
    tables: list[list[list[list[str]]]]


@pytest.fixture(scope="module", params=["vi", "en"])
def page(request) -> tuple[Language, Shown]:
    outputs = run(FOLDER / "kpi_review.ipynb", open_book(SAMPLE), book="there", month=str(MONTH), lang=request.param)
    outputs = [one for one in outputs if show.FACTS not in one]  # what the run's index shows is no part of the page
    texts = [one.get("text/html") or one["text/plain"] for one in outputs]
    shown = Shown(re.sub(r"<div popover .*?</div>", "", text) for text in texts)  # read where it is asked for
    drawn = [one.get("image/svg+xml") for one in outputs]
    shown.svg = [svg and numbers(" | ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))) for svg in drawn]
    tables = [(one["metadata"] or {}).get("image/svg+xml", {}).get("numbers", "") for one in outputs]
    tables = [rows_of([{"text/html": table}])[1:] for table in tables]
    shown.tables = [[[numbers(cell) for cell in row[1:]] for row in table] for table in tables]
    return Language(request.param), shown


def test_every_number_of_the_page_is_what_the_files_say(page):
    say, shown = page
    asked = expected(say)
    assert len(shown) == len(asked)
    for (name, said), text in zip(asked.items(), shown, strict=True):
        assert numbers(text) == said.numbers, name


def test_who_is_named_stands_beside_the_right_numbers(page):
    say, shown = page
    for (name, said), text in zip(expected(say).items(), shown, strict=True):
        plain = html.unescape(text)
        places = [plain.find(one) for one in said.names]
        assert -1 not in places, name
        ordered = re.findall("|".join(map(re.escape, {*said.names})), plain) if said.names else []
        assert [one for one in ordered if one in said.names][: len(said.names)] == said.names, name


def test_what_is_written_in_the_charts_is_expected_too(page):
    say, shown = page
    drawn = {name: one for name, one in zip(expected(say), shown.svg, strict=True) if one}
    for name in ("losses by score", "revenue bridge", "NPS bridge", "workload", "departments"):
        assert {*drawn[name]} <= {*expected(say)[name].numbers, "95%"}, name
    hours = waits()[lambda t: t.received_at >= MONTH.start_time].hours
    shares = [say.percent(share) for share in (PROMISED, (hours <= WITHIN).mean(), hours.isna().mean())]
    assert {*shares} <= {*drawn["waiting"]}
    found = cohort_table()
    cells = [say.number(100 * row.active / row.n) for row in found.itertuples() if row.age and row.n >= 5]
    heads = [part for row in found[found.age == 0].itertuples() for part in (str(row.year), say.number(row.n))]
    assert sorted(drawn["cohorts"]) == sorted([*cells, *heads, *map(str, range(1, 13))])


def test_the_numbers_of_each_chart_are_expected_too(page):
    say, shown = page
    table = dict(zip(expected(say), shown.tables, strict=True))
    told = {name: {cell for row in table[name] for cells in row for cell in cells} for name in table}
    for name in ("losses by score", "revenue bridge", "NPS bridge", "workload"):
        assert told[name], name
        # '5 of 22' is one number in Vietnamese: 5/22.
        assert told[name] <= {part for one in expected(say)[name].numbers for part in (one, *one.split("/"))}, name
    shares = expected(say)["departments"].numbers
    shares = [[share, *kept.split("/")] for share, kept in zip(shares[::2], shares[1::2], strict=True)]
    assert [row[0] + row[2] + row[3] for row in table["departments"]] == shares
    found = cohort_table()
    for row, (_, ages) in zip(table["cohorts"], found.groupby("year"), strict=True):
        shares = [say.percent(age.active / age.n) for age in ages.itertuples() if age.age and age.n >= 5]
        assert [cell for cells in row for cell in cells] == [say.number(ages.n.iloc[0]), *shares]
    hours = waits()[lambda t: t.received_at >= MONTH.start_time].hours
    answered = [(hours <= hour).sum() for hour in range(1, len(table["waiting"]) + 1)]
    assert table["waiting"] == [[[say.number(n)], [say.percent(n / len(hours))]] for n in answered]
    assert len(answered) >= 2 * WITHIN


def test_a_number_nobody_expects_is_seen():
    assert numbers("<p>VND 3.99 billion, down 26.7%, 5 clients</p>") == ["3.99 billion", "▼", "26.7%", "5"]
    assert numbers("tăng 1,5 triệu đồng, hạn 01/11/2026") == ["▲", "1,5 triệu", "01/11/2026"]
    assert numbers("Q3 2026 (6/22), NPS -14") == ["3", "2026", "6/22", "-14"]
    assert Language("vi").money(2_312_000_000) == "2,31 tỷ"
    assert Language("en").money(572_412_000) == "572.4 million"

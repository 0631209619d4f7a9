"""What a client is worth over the years it stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal, get_args

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from .fits import BetaGeometricNBD, GammaGamma, ShiftedBetaGeometric
from .kpi import Fitted, kpi
from .period import Day, last_day

# In whole days: some engines take 365.25 for a decimal, and round what is divided by it.
FOUR_YEARS = 1461
WEEKS_A_YEAR = FOUR_YEARS / 4 / 7

Method = Literal["simple", "margin", "contractual", "noncontractual"]


@kpi(
    vi="Giá trị vòng đời khách hàng",
    en="Customer lifetime value",
    definition_vi=(
        "Giá trị đơn hàng trung bình × số đơn hàng mỗi năm × số năm gắn bó với agency, "
        "có tính đến những khách hàng vẫn đang hợp tác."
    ),
    unit="money",
    better="more",
    needs={
        "invoices": ["client_id", "issued_on", "amount", "pass_through"],
        "clients": ["client_id", "since", "until"],
    },
    optional={"invoices": ["currency"]},
    groups=["clients"],
)
def lifetime_value(
    invoices: ir.Table,
    clients: ir.Table,
    as_of: Day,
    *,
    by: Sequence[str] = (),
    method: Method = "simple",
    margin: float = 1.0,
    discount: float = 0.1,
    horizon: int = 3,
) -> ir.Table | Fitted:
    """Average order value × orders per year × years retained.

    That is the `method` 'simple'. An order is an invoice with a positive amount, its value amount −
    pass_through; credit notes are no orders. orders_per_year = orders ÷ client-years from `since` to `until`
    or `as_of`, both days included. years_retained is the Kaplan–Meier mean: clients still there have not
    finished their stay, so their years count as 'at least'; it ends at the longest stay seen, so it is
    cautious while few have left. Beside it years_retained_naive, the mean years so far. Later invoices and
    departures are ignored; clients that came later, and invoices of clients that `clients` does not list, are
    left out. For a single client the value is what it has brought so far. n = clients; components
    average_order_value, orders_per_year, years_retained, years_retained_naive. Years from before the first invoice
    count as years without an order: where clients are older than the invoices, what a year brings is told too low, so
    hand in invoices as far back as there are.

    Three more methods look ahead from `as_of`, with `margin`, the share of revenue (amount − pass_through,
    credit notes included) that is left after cost, and `discount` a year:

    - 'margin': m·r ÷ (1 + d − r) for a client of the group, where m is its margin a year, r the share of clients
      that stay for a year, exp(−departures ÷ client-years). The first payment counted is the one at the end of
      the first year. n = clients; components margin_per_year, retention.
    - 'contractual': for clients on retainer, mean over those still there of margin per year × discounted
      expected years to come, by a shifted beta-geometric model of the years that all clients stayed; a client's
      next payment comes at once. n = clients still there; components margin_per_year, years_ahead.
    - 'noncontractual': for project clients, mean over clients with an order of the margin expected in the next
      `horizon` years, by BG/NBD (how often they order, and whether they still do; days with an order, in weeks)
      and Gamma-Gamma (how much). Each year's margin is discounted from its middle. n = clients with an order;
      components orders_ahead, alive (mean probability), order_value.

    The models are fitted by maximum likelihood over all clients handed in, whatever `by` asks for (see `fits`),
    and so are computed here, not by the tables' engine. `by` names columns of `clients`. Null where there is no
    client or no order, and by 'margin' where nobody leaves and `discount` is 0. Raises `ValueError` where the
    invoices' column 'currency' has several values, for an unknown method, a `discount` below 0 or a `horizon`
    that is no number of years, and where a model has fewer than 30 clients to rest on.

    Sources: Gupta & Lehmann 2003 (margin); Fader & Hardie 2007 and 2010 (contractual); Fader, Hardie & Lee
    2005, Fader & Hardie 2013 (non-contractual).
    """
    if method not in get_args(Method):
        raise ValueError(f"method is {method!r}: give one of {', '.join(get_args(Method))}")
    if discount < 0:
        raise ValueError(f"discount={discount}: give the interest of a year, such as 0.1; it is not below 0")
    if horizon < 1 or horizon != int(horizon):
        raise ValueError(f"horizon={horizon}: give how many years to look ahead, a whole number of at least 1")
    end = last_day(as_of)
    if method == "margin":
        return _margin_multiple(invoices, clients, end, by, margin, discount)
    if method == "contractual":
        return _contractual(invoices, clients, end, by, margin, discount)
    if method == "noncontractual":
        return _noncontractual(invoices, clients, end, by, margin, discount, horizon)
    orders = invoices.filter(invoices.amount > 0, invoices.issued_on.cast("date") <= end)
    orders = orders.group_by("client_id").aggregate(
        orders=orders.count(), spent=(orders.amount - orders.pass_through.fill_null(0)).sum()
    )
    stays = _stays(clients.filter(clients.since.cast("date") <= end), end, by).left_join(orders, "client_id")
    found = stays.aggregate(
        by=by,
        n=stays.count(),
        average_order_value=stays.spent.sum() / stays.orders.sum().nullif(0),
        orders_per_year=stays.orders.sum().fill_null(0) / stays.years.sum(),
        years_retained=stays.expected.sum(),
        years_retained_naive=stays.years.mean(),
    )
    return found.mutate(value=found.average_order_value * found.orders_per_year * found.years_retained)


def _stays(clients: ir.Table, end: date, by: Sequence[str]) -> ir.Table:
    """`clients` with `years` stayed until `end` and `expected`, whose sum over a group is the Kaplan–Meier mean.

    Queued by years, each client adds the stretch since the one before it, weighed with the share of
    clients that stays so long: the product of 1 − 1 ÷ (clients still there) over all departures before.
    Departures go before open stays of the same length, as Kaplan–Meier has it.
    """
    since, until = clients.since.cast("date"), clients.until.cast("date")
    left = until.notnull() & (until <= end)
    stays = clients.mutate(
        left=left, years=(ibis.ifelse(left, until, end).delta(since, unit="day") + 1) * 4 / FOUR_YEARS
    )
    queue = ibis.window(group_by=by, order_by=[stays.years, stays.left.desc(), stays.client_id])
    still_there = stays.count().over(group_by=by) - ibis.row_number().over(queue)
    stays = stays.mutate(
        stretch=stays.years - stays.years.lag().over(queue).fill_null(0),
        # A product is a sum of logarithms. The last to leave has none (of 0), and nobody behind it to need one.
        staying=ibis.ifelse(stays.left, 1 - 1 / still_there, 1.0).nullif(0).log(),
    )
    before = ibis.window(group_by=by, order_by=[stays.years, stays.left.desc(), stays.client_id], preceding=(None, 1))
    return stays.mutate(expected=stays.stretch * stays.staying.sum().over(before).fill_null(0).exp())


def _with_earnings(invoices: ir.Table, clients: ir.Table, end: date) -> ir.Table:
    """The clients by `end` with `years` stayed, `renewals`, whether they `left`, and what they `earned` the agency.

    A client has renewed on each anniversary of `since` that it was there on, leap years or not.
    """
    earned = invoices.filter(invoices.issued_on.cast("date") <= end)
    earned = earned.group_by("client_id").aggregate(earned=(earned.amount - earned.pass_through.fill_null(0)).sum())
    known = clients.filter(clients.since.cast("date") <= end)
    since, until = known.since.cast("date"), known.until.cast("date")
    left = until.notnull() & (until <= end)
    known = known.mutate(left=left, last=ibis.ifelse(left, until, end))
    early = known.last.month() * 100 + known.last.day() < since.month() * 100 + since.day()
    known = known.mutate(
        years=(known.last.delta(since, unit="day") + 1) * 4 / FOUR_YEARS,
        renewals=known.last.year() - since.year() - ibis.ifelse(early, 1, 0),
    )
    known = known.left_join(earned, "client_id")
    return known.mutate(earned=known.earned.fill_null(0))


def _margin_multiple(
    invoices: ir.Table, clients: ir.Table, end: date, by: Sequence[str], margin: float, discount: float
) -> ir.Table:
    known = _with_earnings(invoices, clients, end)
    found = known.aggregate(
        by=by,
        n=known.count(),
        margin_per_year=known.earned.sum() * margin / known.years.sum(),
        retention=(-known.count(where=known.left) / known.years.sum()).exp(),
        orders=known.earned.abs().sum(),
    )
    m, r = ibis.ifelse(found.orders > 0, found.margin_per_year, None), found.retention
    return found.mutate(value=m * r / (1 + discount - r).nullif(0)).drop("orders")


def _contractual(
    invoices: ir.Table, clients: ir.Table, end: date, by: Sequence[str], margin: float, discount: float
) -> Fitted:
    known = _with_earnings(invoices, clients, end).select(*by, "left", "years", "renewals", "earned")

    def finish(stays: pd.DataFrame) -> pd.DataFrame:
        whole = stays["renewals"].astype("int64")
        left = stays["left"].to_numpy(dtype=bool)
        # Who leaves in the course of a year of theirs does not renew at its end.
        length = int(whole.max()) + 1 if len(stays) else 0
        lost, active = np.bincount(whole[left], minlength=length), np.bincount(whole[~left], minlength=length + 1)
        model = ShiftedBetaGeometric.fit(lost, active[1:])
        here = stays[~left].assign(margin_per_year=lambda t: t["earned"] * margin / t["years"])
        ahead = {renewals: model.residual(discount, renewals) for renewals in set(whole[~left])}
        here["years_ahead"] = whole[~left].map(ahead)
        here["value"] = here["margin_per_year"] * here["years_ahead"]
        return _mean_of_clients(here, stays, by, ["margin_per_year", "years_ahead"])

    return Fitted(known, finish)


def _noncontractual(
    invoices: ir.Table, clients: ir.Table, end: date, by: Sequence[str], margin: float, discount: float, horizon: int
) -> Fitted:
    day = invoices.issued_on.cast("date")
    orders = invoices.mutate(day=day).filter(invoices.amount > 0, day <= end)
    days = orders.group_by(["client_id", "day"]).aggregate(
        spent=(orders.amount - orders.pass_through.fill_null(0)).sum().cast("float64")
    )
    days = days.mutate(first=days.day.min().over(ibis.window(group_by="client_id")))
    again = days.day > days.first
    per_client = days.group_by("client_id").aggregate(
        frequency=days.count(where=again),
        recency=days.day.max().delta(days.first.min(), unit="day") / 7,
        age=ibis.literal(end).delta(days.first.min(), unit="day") / 7,
        spent=days.spent.mean(where=again),
    )
    known = clients.filter(clients.since.cast("date") <= end)
    summary = known.inner_join(per_client, "client_id").select(*by, "frequency", "recency", "age", "spent")

    def finish(seen: pd.DataFrame) -> pd.DataFrame:
        x, recency, age = (seen[column].to_numpy(dtype=float) for column in ("frequency", "recency", "age"))
        often = BetaGeometricNBD.fit(x, recency, age)
        spent = seen["spent"].fillna(0).to_numpy(dtype=float)
        repeats = (x > 0) & (spent > 0)
        much = GammaGamma.fit(x[repeats], spent[repeats])
        # Without a repeat order that brought money, only the other clients say what to expect.
        order_value = much.expected_spend(np.where(repeats, x, 0), np.where(repeats, spent, 0))
        by_then = [often.expected_orders(year * WEEKS_A_YEAR, x, recency, age) for year in range(1, horizon + 1)]
        each_year = np.diff(by_then, axis=0, prepend=0)
        worth = (1 + discount) ** -(np.arange(horizon) + 0.5)
        clients_ahead = seen.assign(
            orders_ahead=by_then[-1],
            alive=often.alive(x, recency, age),
            order_value=order_value,
            value=(each_year * worth[:, None]).sum(axis=0) * order_value * margin,
        )
        return _mean_of_clients(clients_ahead, seen, by, ["orders_ahead", "alive", "order_value"])

    return Fitted(summary, finish)


def _mean_of_clients(
    here: pd.DataFrame, everyone: pd.DataFrame, by: Sequence[str], components: Sequence[str]
) -> pd.DataFrame:
    """Mean value and components over the clients of each group; a group of `everyone` without any is null."""
    figures = ["value", *components]
    if not by:
        return pd.DataFrame([{**here[figures].mean(), "n": len(here)}])[["value", "n", *components]]
    groups = everyone[[*by]].drop_duplicates().sort_values([*by], na_position="last")
    found = here.groupby([*by], dropna=False)[figures].mean()
    found["n"] = here.groupby([*by], dropna=False).size()
    found = groups.merge(found.reset_index(), on=[*by], how="left").fillna({"n": 0}).astype({"n": "int64"})
    return found[[*by, "value", "n", *components]]

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
        "Giá trị đơn hàng trung bình × số đơn hàng mỗi năm × số năm gắn bó với agency, có tính đến những "
        "khách hàng vẫn đang hợp tác và chỉ xét khoảng thời gian đã có hóa đơn."
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
    """Average order value × orders per year × years retained, as far back as there are invoices.

    That is the `method` 'simple'. An order is an invoice with a positive amount, its value amount −
    pass_through; credit notes are no orders. orders_per_year = orders ÷ client-years from `since` to `until`
    or `as_of`, both days included. years_retained is the Kaplan–Meier mean: clients still there have not
    finished their stay, so their years count as 'at least'; it ends at the longest stay seen, so it is
    cautious while few have left. Beside it years_retained_naive, the mean years so far since `since`. Later invoices
    and departures are ignored; clients that came later, and invoices of clients that `clients` does not list, are
    left out. n = clients; components average_order_value, orders_per_year, years_retained, years_retained_naive,
    left_before.

    By every method a client is in sight from the first day of the month of the first invoice of all: of the time
    before it nobody knows what was ordered, nor which other clients came and left. Client-years of a client older
    than the invoices begin that day, and the Kaplan–Meier curve takes such a client in late, at the age it has then
    (delayed entry). Nobody is taken to leave at ages at which no client is in sight; nor does the departure of the
    last one in sight count where others come in sight at later ages, as the curve would say that these cannot be.
    Clients that left before are in no figure but left_before. For a single client whose years are all in sight the
    value is what it has brought so far.

    Three more methods look ahead from `as_of`, with `margin`, the share of revenue (amount − pass_through,
    credit notes included) that is left after cost, and `discount` a year:

    - 'margin': m·r ÷ (1 + d − r) for a client of the group, where m is its margin a year, r the share of clients
      that stay for a year, exp(−departures ÷ client-years); departures and years are those in sight. The first
      payment counted is the one at the end of the first year. n = clients; components margin_per_year, retention,
      left_before.
    - 'contractual': for clients on retainer, mean over those still there of margin per year × discounted
      expected years to come, by a shifted beta-geometric model of the years that all clients stayed; a client's
      next payment comes at once. A client older than the invoices has, when it comes in sight, renewed already,
      which proves nothing: its likelihood is divided by the chance of that. n = clients still there; components
      margin_per_year, years_ahead, left_before.
    - 'noncontractual': for project clients, mean over clients with an order who are still there of the margin
      expected in the next `horizon` years, by BG/NBD (how often they order, and whether they still do; days with an
      order, in weeks) and Gamma-Gamma (how much). Each year's margin is discounted from its middle. Clients who have
      left order no more; their orders, and their silence, are what the models are fitted on all the same. BG/NBD
      has no delayed entry: a client older than the invoices begins with its first order in them. It has stayed
      already, so where many are older fewer seem to fall silent than do, and the value is told rather high. n =
      clients with an order who are still there; components orders_ahead, alive (mean probability), order_value,
      older (those of n that are older than the invoices).

    The models are fitted by maximum likelihood over all clients handed in, whatever `by` asks for (see `fits`),
    and so are computed here, not by the tables' engine. `by` names columns of `clients`. Null where there is no
    client or no order, and by 'margin' where nobody leaves and `discount` is 0. Raises `ValueError` where the
    invoices' column 'currency' has several values, for an unknown method, a `discount` below 0 or a `horizon`
    that is no number of years, and where a model has fewer than 30 clients to rest on.

    Sources: Tsai, Jewell & Wang 1987 (delayed entry); Lai & Ying 1991 (the last one in sight); Gupta & Lehmann 2003
    (margin); Fader & Hardie 2007 and 2010 (contractual); Fader, Hardie & Lee 2005, Fader & Hardie 2013
    (non-contractual).
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
    billed = _billed(invoices, end)
    stays = _survival(_in_sight(billed, clients, end), by).left_join(billed, "client_id")
    found = stays.aggregate(
        by=by,
        n=stays.count(where=stays.seen),
        average_order_value=stays.spent.sum(where=stays.seen) / stays.orders.sum(where=stays.seen).nullif(0),
        orders_per_year=stays.orders.sum(where=stays.seen).fill_null(0) / stays.years.sum(where=stays.seen),
        years_retained=stays.expected.sum(),
        years_retained_naive=stays.stayed.mean(where=stays.seen),
        left_before=stays.count(where=~stays.seen),
    )
    return found.mutate(value=found.average_order_value * found.orders_per_year * found.years_retained)


def _billed(invoices: ir.Table, end: date) -> ir.Table:
    """For each client with invoices by `end`: the day of the `earliest`, `orders`, what they brought (`spent`) and
    with credit notes `earned`."""
    issued = invoices.filter(invoices.issued_on.cast("date") <= end)
    own, order = issued.amount - issued.pass_through.fill_null(0), issued.amount > 0
    return issued.group_by("client_id").aggregate(
        earliest=issued.issued_on.cast("date").min(),
        orders=issued.count(where=order),
        spent=own.sum(where=order),
        earned=own.sum(),
    )


def _in_sight(billed: ir.Table, clients: ir.Table, end: date) -> ir.Table:
    """The clients by `end`: their `last` day, whether they `left`, and whether they were `seen`.

    A client comes in sight on `first`, the day it came or that from which there are invoices, whichever is later: it
    has then stayed `entry` days, and `exit` on its last. Between them lie `years`, 0 where it left before; `stayed`
    are all its years.
    """
    begin = billed.aggregate(begin=billed.earliest.min().truncate("M").cast("date"))
    known = clients.filter(clients.since.cast("date") <= end).cross_join(begin)
    since, until = known.since.cast("date"), known.until.cast("date")
    left = until.notnull() & (until <= end)
    known = known.mutate(
        left=left, last=ibis.ifelse(left, until, end), first=ibis.ifelse(known.begin > since, known.begin, since)
    )
    known = known.mutate(
        seen=known["last"] >= known["first"],
        entry=known["first"].delta(since, unit="day"),
        exit=known["last"].delta(since, unit="day") + 1,
    )
    return known.mutate(
        years=ibis.ifelse(known.seen, known.exit - known.entry, 0) * 4 / FOUR_YEARS, stayed=known.exit * 4 / FOUR_YEARS
    ).drop("begin")


def _survival(stays: ir.Table, by: Sequence[str]) -> ir.Table:
    """`stays` with `expected`, whose sum over a group is the Kaplan–Meier mean; and rows of nothing but that.

    Clients are queued by the age at which they go out of sight, and once more by that at which they come in. Each
    adds the stretch since the one before it, weighed with the share of clients that stays so long: the product of
    1 − 1 ÷ (clients in sight) over all departures before. At the same age departures go first, then open stays, as
    Kaplan–Meier has it, then who comes in sight.
    """
    figures = ["seen", "left", "years", "stayed"]
    keys = [*by, *({"client_id"} - {*by})]
    goes = stays.select(
        *keys,
        *figures,
        age=ibis.ifelse(stays.seen, stays.exit, 0),
        step=ibis.ifelse(stays.seen, -1, 0),
        place=ibis.ifelse(stays.left, 0, 1),
    )
    comes = stays.filter(stays.seen)
    nothing = {name: ibis.literal(None, type=goes[name].type()) for name in figures}
    comes = comes.select(*keys, **nothing, age=comes.entry, step=1, place=2).cast(goes.schema())
    queued = goes.union(comes)
    order = [queued.age, queued.place, queued.client_id]
    queue = ibis.window(group_by=by, order_by=order)
    before = ibis.window(group_by=by, order_by=order, preceding=(None, 1))
    queued = queued.mutate(
        stretch=(queued.age - queued.age.lag().over(queue).fill_null(0)) * 4 / FOUR_YEARS,
        there=queued.step.sum().over(before),
    )
    # A product is a sum of logarithms. That of the last one in sight to leave would be of 0, and is left out.
    queued = queued.mutate(
        staying=ibis.ifelse(queued.seen & queued.left, 1 - 1 / queued.there, 1.0).nullif(0).log(),
    )
    return queued.mutate(expected=queued.stretch * queued.staying.sum().over(before).fill_null(0).exp())


def _with_earnings(invoices: ir.Table, clients: ir.Table, end: date) -> ir.Table:
    """The clients `_in_sight`, how often they had `renewed` when they came in and when they went out of it
    (`renewals`), and what they `earned` the agency.

    A client has renewed on each anniversary of `since` that it was there on, leap years or not.
    """
    billed = _billed(invoices, end)
    known = _in_sight(billed, clients, end)
    since = known.since.cast("date")

    def anniversaries(day: ir.DateValue) -> ir.IntegerValue:
        early = day.month() * 100 + day.day() < since.month() * 100 + since.day()
        return day.year() - since.year() - ibis.ifelse(early, 1, 0)

    known = known.mutate(renewed=anniversaries(known["first"]), renewals=anniversaries(known["last"]))
    known = known.left_join(billed, "client_id")
    return known.mutate(earned=known.earned.fill_null(0))


def _margin_multiple(
    invoices: ir.Table, clients: ir.Table, end: date, by: Sequence[str], margin: float, discount: float
) -> ir.Table:
    known = _with_earnings(invoices, clients, end)
    years = known.years.sum().nullif(0)
    found = known.aggregate(
        by=by,
        n=known.count(where=known.seen),
        margin_per_year=known.earned.sum(where=known.seen) * margin / years,
        retention=(-known.count(where=known.left & known.seen) / years).exp(),
        orders=known.earned.abs().sum(where=known.seen),
        left_before=known.count(where=~known.seen),
    )
    m, r = ibis.ifelse(found.orders > 0, found.margin_per_year, None), found.retention
    return found.mutate(value=m * r / (1 + discount - r).nullif(0)).drop("orders")


def _contractual(
    invoices: ir.Table, clients: ir.Table, end: date, by: Sequence[str], margin: float, discount: float
) -> Fitted:
    known = _with_earnings(invoices, clients, end)
    known = known.select(*by, "left", "years", "renewed", "renewals", "earned", left_before=~known.seen)

    def finish(everyone: pd.DataFrame) -> pd.DataFrame:
        stays = everyone[~everyone["left_before"].astype(bool)]
        came, whole = stays["renewed"].astype("int64"), stays["renewals"].astype("int64")
        left = stays["left"].to_numpy(dtype=bool)
        # Who leaves in the course of a year of theirs does not renew at its end.
        length = int(whole.max()) + 1 if len(stays) else 0
        lost, active = np.bincount(whole[left], minlength=length), np.bincount(whole[~left], minlength=length + 1)
        model = ShiftedBetaGeometric.fit(lost, active[1:], np.bincount(came)[1:])
        here = stays[~left].assign(margin_per_year=lambda t: t["earned"] * margin / t["years"])
        ahead = {renewals: model.residual(discount, renewals) for renewals in set(whole[~left])}
        here["years_ahead"] = whole[~left].map(ahead)
        here["value"] = here["margin_per_year"] * here["years_ahead"]
        return _mean_of_clients(here, everyone, by, ["margin_per_year", "years_ahead"], "left_before")

    return Fitted(known, finish)


def _noncontractual(
    invoices: ir.Table, clients: ir.Table, end: date, by: Sequence[str], margin: float, discount: float, horizon: int
) -> Fitted:
    day = invoices.issued_on.cast("date")
    orders = invoices.mutate(day=day).filter(invoices.amount > 0, day <= end)
    days = orders.group_by(["client_id", "day"]).aggregate(
        spent=(orders.amount - orders.pass_through.fill_null(0)).sum().cast("float64")
    )
    days = days.mutate(first_day=days.day.min().over(ibis.window(group_by="client_id")))
    again = days.day > days.first_day
    per_client = days.group_by("client_id").aggregate(
        frequency=days.count(where=again),
        recency=days.day.max().delta(days.first_day.min(), unit="day") / 7,
        age=ibis.literal(end).delta(days.first_day.min(), unit="day") / 7,
        spent=days.spent.mean(where=again),
    )
    known = _in_sight(_billed(invoices, end), clients, end).inner_join(per_client, "client_id")
    older = ~known.left & (known.entry > 0)
    summary = known.select(*by, "left", "frequency", "recency", "age", "spent", older=older)

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
        here = clients_ahead[~seen["left"].to_numpy(dtype=bool)]
        return _mean_of_clients(here, seen, by, ["orders_ahead", "alive", "order_value"], "older")

    return Fitted(summary, finish)


def _mean_of_clients(
    here: pd.DataFrame, everyone: pd.DataFrame, by: Sequence[str], components: Sequence[str], counted: str
) -> pd.DataFrame:
    """Mean value and components over the clients of each group; a group of `everyone` without any is null.

    `counted` is a flag of `everyone`, and a component that says of how many in the group it is true.
    """
    figures = ["value", *components]
    everyone = everyone.astype({counted: "int64"})
    if not by:
        counts = {"n": len(here), counted: int(everyone[counted].sum())}
        return pd.DataFrame([{**here[figures].mean(), **counts}])[["value", "n", *components, counted]]
    groups = everyone.groupby([*by], dropna=False)[counted].sum().reset_index()
    groups = groups.sort_values([*by], na_position="last")
    found = here.groupby([*by], dropna=False)[figures].mean()
    found["n"] = here.groupby([*by], dropna=False).size()
    found = groups.merge(found.reset_index(), on=[*by], how="left").fillna({"n": 0}).astype({"n": "int64"})
    return found[[*by, "value", "n", *components, counted]]

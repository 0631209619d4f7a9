"""What pay says: bands side by side and how far to believe them, where an offer stands, what experience pays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from amlib import pay, schema
from amlib.words import Words

OLD = 3
"""Figures of more than so many years before the report carry a mark."""

_PERIODS = {"month": "{currency} a month", "year": "{currency} a year"}
_BASES = {True: "gross", False: "net"}


def side_by_side(
    words: Words,
    published: pd.DataFrame,
    own: pd.DataFrame,
    month: pd.Period,
    country: str = "VN",
    currency: str = "VND",
    fx: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Published figures (`book.salary_benchmarks`) per month and own bands (`pay.own_bands`) in the same columns.

    cut (null where published), level, city, employer, years, label, abroad, gross (null unstated), currency, p10, low,
    mid, high, p90, spread, n, as_published (null of own), exchange (null where none was needed), weakness and source.
    `label` says title or 'own records', employer, city and year; `country` is the one that need not be named, and a
    figure of another is `abroad`. What `fx` has a rate for is in `currency` (`pay.in_own_currency`), and `exchange`
    says at which rate, or that there is none.
    """
    market = pay.monthly(published)
    market = market.assign(
        gross=market.basis.map({"gross": True, "net": False}).astype("boolean"),
        abroad=market.country.notna() & (market.country != country),
        label=[published_label(words, row, month, country) for row in market.itertuples()],
        as_published=[_as_published(words, row) for row in published.itertuples()],
        weakness=[weakness(words, row, month) for row in market.itertuples()],
        source=market.source.str.split(",").str[0],  # `published.sources` has it whole
    )
    mine = own.assign(
        abroad=False,
        label=[_own(words, row, currency) for row in own.itertuples()],
        weakness=[_own_weakness(words, row, month) for row in own.itertuples()],
        source=words.text("own records"),
    )
    columns = ["cut", "level", "city", "employer", "years", "label", "abroad", "gross", "currency", *pay.SHARES]
    both = [
        frame.reindex(columns=[*columns, "spread", "n", "as_published", "weakness", "source"])
        for frame in (mine, market)
    ]
    texts = dict.fromkeys((*columns[:6], "currency", "spread", "as_published", "weakness", "source"), "str")
    kinds = texts | {"gross": "boolean", "abroad": "bool"} | dict.fromkeys(pay.SHARES, "float64")
    bands = pd.concat([frame.astype(kinds) for frame in both], ignore_index=True)
    rates = schema.TABLES["fx"].empty("UTC") if fx is None else fx
    bands = pay.in_own_currency(bands, currency, month=month, fx=rates)
    told = [_exchange(words, row, currency) for row in bands.itertuples()]
    return bands.assign(exchange=pd.Series(told, index=bands.index, dtype="str"))


def of_level(bands: pd.DataFrame, level: str, city: str | None, currency: str) -> pd.DataFrame:
    """The rows of `side_by_side` that an offer for a level in a city is held against: the nearest first, of
    own groups equally near the largest.

    Own groups of the level in the city and of the level; published ones of the level, and of no level in particular
    (those of another city or country left out). Raises `ValueError` for a level that there is not.
    """
    if level not in schema.LEVELS:
        raise ValueError(f"There is no level {level!r}; there are: {', '.join(schema.LEVELS)}.")
    own = (bands.cut == "level") | ((bands.cut == "level, city") & (bands.city == city))
    market = bands.cut.isna() & ~bands.abroad & (bands.city.isna() | (bands.city == city))
    level_of = bands.level == level
    fit = bands[((own & level_of) | (market & (level_of | bands.level.isna()))) & (bands.currency == currency)]
    nearness = {
        "market": fit.cut.isna(),
        "any": fit.level.isna(),
        "wide": fit.city.isna(),
        "n": -fit.n.astype("float64"),
    }
    return fit.loc[pd.DataFrame(nearness).sort_values([*nearness], kind="stable").index]


def by_group(bands: pd.DataFrame, currency: str, gross: bool) -> pd.DataFrame:
    """The rows of `side_by_side` of each city, then of each kind of employer, then by years in the trade.

    Own groups are those of gross (or net) pay; published figures mostly do not say which they are. None is of a
    level in particular or of abroad.
    """
    alike = bands.cut.isna() | (bands.cut.isin(["city", "employer", "years"]) & (bands.gross == gross).fillna(False))
    here = bands[alike & (bands.currency == currency) & bands.level.isna() & ~bands.abroad]
    # Cities and employers by name, years from the least on.
    ranks = here.assign(first=here.years.str.extract(r"^(\d+)", expand=False).astype("float64"))
    cities = ranks[here.city.notna()].sort_values(["city", "cut"], kind="stable")
    employers = ranks[here.city.isna() & here.employer.notna()].sort_values(["employer", "cut"], kind="stable")
    return pd.concat([cities, employers, ranks[here.years.notna()].sort_values("first")]).drop(columns="first")


def placed(bands: pd.DataFrame, level: str, city: str | None, offer: pay.Offer, currency: str) -> pd.DataFrame:
    """`of_level` with where an offer stands in each (`pay.position`): gross against gross, net against net."""
    fit = of_level(bands, level, city, currency)
    return pay.position(offer.against(fit.gross), fit)


def published_label(words: Words, row: Any, month: pd.Period, country: str) -> str:
    """What a published figure is called: title, employer, city, country if it is not `country`, and year."""
    abroad = pd.NA if row.country == country else row.country
    return joined([row.title, _spoken(words, row.employer), row.city, abroad, year(words, row, month)])


def year(words: Words, row: Any, month: pd.Period) -> str:
    """The year of a published figure, with a mark where it is old."""
    # A year that is only the one a figure was read in: the figure may be older.
    said = f"≤\u00a0{row.year}" if row.year_is == "read" else str(row.year)
    return words.text("{year}, old figure", year=said) if month.year - row.year > OLD else said


def unit(words: Words, row: Any) -> str:
    """Currency and period of a published figure: USD a year."""
    return words.text(_PERIODS[row.period], currency=row.currency)


def _as_published(words: Words, row: Any) -> str:
    money = " – ".join(words.number(one) for one in (row.low, row.mid, row.high) if not pd.isna(one))
    return f"{money} {unit(words, row)}"


def _own(words: Words, row: Any, currency: str) -> str:
    names = {True: "Own, gross", False: "Own, net"}
    name = "Own, gross or net not stated" if pd.isna(row.gross) else names[row.gross]
    span = str(row.first_year) if row.first_year == row.last_year else f"{row.first_year}–{row.last_year}"
    years = pd.NA if pd.isna(row.years) else words.text("{years} years in the trade", years=row.years)
    said_in = pd.NA if row.currency == currency else row.currency
    return joined([row.city, _spoken(words, row.employer), years, words.text(name), said_in, span])


def _own_weakness(words: Words, row: Any, month: pd.Period) -> str:
    found = [few_records(words, row.n)]
    if month.year - row.last_year > OLD:
        found.append(words.text("over {years} years old", years=OLD))
    elif month.year - row.first_year > OLD:
        found.append(words.text("partly over {years} years old", years=OLD))
    return "; ".join(filter(None, found))


def _exchange(words: Words, row: Any, currency: str) -> str | None:
    if row.said_in == currency:
        return None
    if pd.isna(row.rate):
        return words.text("no rate for {currency} in the book", currency=row.said_in)
    return _rate(words, row.said_in, currency, row.rate, row.rate_month)


def _rate(words: Words, currency: str, to: str, rate: float, month: pd.Period) -> str:
    if rate < 0.01:  # of đồng in dollars: said the way round that people know
        currency, to, rate = to, currency, 1 / rate
    told = f"{words.number(rate, 2)} {words.currency(to)}"
    return words.text("1 {currency} = {rate} ({month})", currency=currency, rate=told, month=words.month(month))


def _spoken(words: Words, code: Any) -> Any:
    return code if pd.isna(code) else words.of_data(code)


def joined(parts: Iterable[Any]) -> str:
    """The parts that are there, with dots between them."""
    return " · ".join(str(part) for part in parts if not pd.isna(part))


def few_records(words: Words, n: float | None, enough: int = pay.FEW_RECORDS) -> str:
    """The warning that a figure needs: how many records it rests on is not said, or too few."""
    if n is None or pd.isna(n):
        return words.text("n not stated")
    return words.text("n below {enough}", enough=words.number(enough)) if n < enough else ""


def weakness(words: Words, row: Any, month: pd.Period) -> str:
    """What to know before a published figure is believed."""
    found = [few_records(words, row.n)]
    if row.year_is == "read":
        found.append(words.text("year not stated"))
    if month.year - row.year > OLD:
        found.append(words.text("over {years} years old", years=OLD))
    if getattr(row, "basis", "") == "unstated":
        found.append(words.text("gross/net not stated"))
    return "; ".join(filter(None, found))


def standing(
    words: Words, level: str, placed: pd.DataFrame, offer: pay.Offer, currency: str, city: str | None = None
) -> list[str]:
    """Where an offer stands among the bands of its level (`of_level`, then `pay.position`), the nearest first."""
    role = words.of_data(level) if city is None else f"{words.of_data(level)}, {city}"
    if placed.empty:
        return [words.text("No figure for {level} is known in {currency}.", level=role, currency=currency)]
    unknown = []
    if placed.level.isna().all():
        message = "No figure for {level} is known in {currency}: the bands below are of no level in particular."
        unknown.append(words.text(message, level=role, currency=currency))
    if offer.said is None:
        return unknown or [_first_band(words, role, placed.iloc[0], currency)]
    told = {"offer": words.pay(offer.said, currency), "basis": words.text(offer.basis), "level": role}
    if offer.slip is None:
        said = [words.text("The offer is {offer} {basis} a month for {level}.", **told)]
    else:
        other = (offer.slip.net, "net") if offer.basis == "gross" else (offer.slip.gross, "gross")
        spoken = {"other": words.pay(other[0], currency), "other_basis": words.text(other[1])}
        message = "The offer is {offer} {basis} a month for {level}, which is {other} {other_basis}."
        said = [words.text(message, **told, **spoken)]
    said += unknown
    if city is not None and not (placed.city == city).any():
        said.append(words.text("No figure is known for {city}: these are of all cities.", city=city))
    places = placed.place.value_counts()
    if bands := int(places.sum()):
        counts = {place: words.number(places.get(place, 0)) for place in ("above", "within", "below")}
        against = words.plural(bands, "{count} band", "{count} bands")
        message = "Against {bands}: above {above}, within {within}, below {below}."
        said.append(words.text(message, bands=against, **counts))
    return said + _percentiles(words, placed, currency)


def offer_in(
    words: Words, said: float | None, currency: str | None, offer: pay.Offer, to: str, month: pd.Period
) -> list[str]:
    """What an offer `said` in another `currency` is in the book's (`to`), and at which rate; else nothing."""
    if said is None or offer.said is None or currency in (None, to):
        return []
    exchange = _rate(words, currency, to, offer.said / said, month)
    message = "The offer of {said} {currency} is put into {to}: {exchange}."
    told = {"said": words.number(said, 2), "currency": currency, "to": words.currency(to), "exchange": exchange}
    return [words.text(message, **told)]


def _first_band(words: Words, role: str, row: pd.Series, currency: str) -> str:
    money = {name: words.pay(row[name], currency) for name in ("low", "mid", "high")}
    # Some sources name only the ends of a range, others only its middle.
    message = "{level} is paid {low} to {high} a month, middle {mid} ({label}; n = {n})."
    if pd.isna(row.mid):
        message = "{level} is paid {low} to {high} a month ({label}; n = {n})."
    elif pd.isna(row.low) or pd.isna(row.high):
        message = "{level} is paid {mid} a month in the middle ({label}; n = {n})."
    return words.text(message, level=role, label=row.label, n=words.number(row.n), **money)


def _percentiles(words: Words, placed: pd.DataFrame, currency: str) -> list[str]:
    """The percentile in the nearest own group, or how far the offer lies from it."""
    own = placed.dropna(subset=["cut", "offer"])
    if own.empty:
        return []
    row = own.iloc[0]
    told = {"label": row.label, "n": words.number(row.n), "ratio": words.percent(row.compa_ratio)}
    said = [words.text("Against the nearest own group ({label}; n = {n}) it is {ratio} of the middle.", **told)]
    if not pd.isna(row.percentile):
        edges = {"low": words.percent(row.percentile_low), "high": words.percent(row.percentile_high)}
        message = "About {share} of that group earn less (95% between {low} and {high})."
        said.append(words.text(message, share=words.percent(row.percentile), **edges))
    elif row.distance:
        gap = words.pay(abs(row.distance), currency)
        message = "It is {gap} above its upper quarter." if row.distance > 0 else "It is {gap} below its lower quarter."
        said.append(words.text(message, gap=gap))
    return said


def experience(words: Words, curve: pd.DataFrame, gross: bool, currency: str) -> list[str]:
    """What a year of experience pays (`pay.by_experience`), or how many records are too few to say."""
    row = curve.iloc[0]
    basis = words.text(_BASES[gross])
    if not row.n:
        message = "No own record of {basis} pay in {currency} states years of experience; a curve needs {enough}."
        told = {"basis": basis, "currency": words.currency(currency), "enough": words.number(30)}
        return [words.text(message, **told)]
    if pd.isna(row.growth):
        return [
            words.plural(
                row.n,
                "{count} own record of {basis} pay states years of experience; a curve needs {enough} that differ.",
                "{count} own records of {basis} pay state years of experience; a curve needs {enough} that differ.",
                basis=basis,
                enough=words.number(30),
            )
        ]
    edges = {"low": words.percent(row.growth_low, 1), "high": words.percent(row.growth_high, 1)}
    message = (
        "One more year in the trade pays about {growth} more (95% between {low} and {high}), by {n} own records of "
        "{basis} pay, put at the pay of {year}."
    )
    growth, n = words.percent(row.growth, 1), words.number(row.n)
    return [words.text(message, growth=growth, n=n, basis=basis, year=int(row.last_year), **edges)]


def own_records(words: Words, own: pd.DataFrame, why: pd.Series) -> list[str]:
    """What own records are not in any band (`pay.own_bands`): none, too few, or by `pay.left_out` some, and why."""
    if why.empty:
        return [words.text("The book has no pay records of the agency itself: these are published figures alone.")]
    shown = [] if len(own) else [words.text("No group of records is large enough to be shown.")]
    counts = why.value_counts(sort=False)
    if counts.empty:
        return shown
    parts = [f"{words.text(reason)} ({words.number(n)})" for reason, n in counts.items()]
    message = "{count} own record is in no figure: {reasons}. Its row is named by am check."
    messages = "{count} own records are in no figure: {reasons}. Their rows are named by am check."
    return [*shown, words.plural(int(counts.sum()), message, messages, reasons=words.enumerate(parts))]


def career(words: Words, ladder: pd.DataFrame) -> list[str]:
    """The largest step of the career ladder (`pay.ladder`), and the levels of which nothing can be shown."""
    said = []
    names = [words.of_data(level) for level in ladder.level]
    if not ladder.step.isna().all():
        at = int(ladder.step.argmax())
        message = "The largest step shown is from {before} to {level}: {more} more in the middle."
        more = words.percent(ladder.step.iloc[at])
        said.append(words.text(message, before=names[at - 1], level=names[at], more=more))
    hidden = [name for name, mid in zip(names, ladder.mid, strict=True) if pd.isna(mid)]
    if 0 < len(hidden) < len(names):
        message = "Too few records to show without giving single people's pay away: {levels}."
        said.append(words.text(message, levels=words.enumerate(hidden)))
    return said


def rungs(words: Words, ladder: pd.DataFrame) -> pd.DataFrame:
    """The levels of `pay.ladder` that can be shown, with a `label` of n and the step from the one below."""
    shown = ladder.dropna(subset="mid")
    labels = []
    for row in shown.itertuples():
        label = words.text("{level} (n = {n})", level=words.of_data(row.level), n=words.number(row.n))
        step = f"{'+' if row.step > 0 else ''}{words.percent(row.step)}"
        labels.append(label if pd.isna(row.step) else f"{label} · {step}")
    return shown.assign(label=labels)

"""What is left of pay and what it costs: by the month, over a year with bonus and commission, and by which law."""

from __future__ import annotations

from datetime import date

import pandas as pd

from amlib import pay
from amlib.words import Words

_RULES = {
    "tax": "tax brackets",
    "deduction": "deductions",
    "insurance": "insurance rates",
    "base_wage": "base wage",
    "minimum_wage": "regional minimum wage",
    "union_fee": "union fee",
}
_KNOWN_FROM = {
    pay.REPORTED: "By reports on the law: {rules}.",
    pay.GENERAL: "By general knowledge, not looked up: {rules}.",
}


def worked_with(
    words: Words, placed: pd.DataFrame, offer: pay.Offer, month: pd.Period, currency: str
) -> tuple[str, pay.Offer]:
    """The pay to work things out for, and its name: the offer, or without one the middle of the nearest band, on the
    same terms.

    `placed` is `sentences.pay.placed`. What is not said to be net counts as gross. No pay where no band has a middle.
    """
    middles = placed.dropna(subset="mid")
    if offer.said is not None or middles.empty:
        return words.text("The offer"), offer
    nearest = middles.iloc[0]
    basis = {True: pay.GROSS, False: pay.NET}.get(nearest.gross, pay.GROSS)
    said = pay.Offer.of(round(nearest.mid), basis, month, currency=currency, terms=offer.terms)
    return words.text("The middle of {label}", label=nearest.label), said


def payslips(words: Words, name: str, offer: pay.Offer, month: pd.Period) -> pd.DataFrame:
    """`pay.raise_cost` of an offer and a tenth more, with the `case` of each row; no rows without a payslip."""
    if offer.slip is None:
        return pd.DataFrame(columns=["case"])
    raised = pay.raise_cost(offer.slip.gross, offer.slip.gross * 11 // 10, month, **vars(offer.terms))
    more = words.text("With {share} more", share=words.percent(0.1))
    return raised.assign(case=[name, more, words.text("The difference")])


def whole_year(
    words: Words,
    offer: pay.Offer,
    month: pd.Period,
    *,
    bonus_months: float = 0,
    commission: pay.Commission | None = None,
    revenue: float | None = None,
) -> pd.DataFrame:
    """The year of `month` at that pay: part, a_year, a_month and share (of the gross total), one row per part.

    Base, bonus, commission and their total (`pay.total_pay`) are gross. Where the law of the whole year is told there
    is also what is taken off it, what is left, and what the employer pays. A commission without a known revenue is
    null, and so is all that it is a part of. No rows without gross pay.
    """
    gross = offer.slip.gross if offer.slip else offer.said if offer.basis == pay.GROSS else None
    if gross is None:
        return pd.DataFrame(columns=["part", "a_year", "a_month", "share"])
    unknown = commission is not None and pd.isna(revenue)
    total = pay.total_pay(
        gross, bonus_months=bonus_months, commission=None if unknown else commission, revenue=0 if unknown else revenue
    )
    if unknown:
        total[["commission", "total"]] = float("nan")
    bonus = words.amount(bonus_months, "Bonus, {number} month of pay", "Bonus, {number} months of pay", digits=1)
    parts = {words.text("Base pay, twelve months"): total.base, bonus: total.bonus}
    if commission is not None:
        parts[words.text("Commission")] = total.commission
    parts[words.text("Gross in all")] = total.total
    if offer.slip and not unknown and pay.is_told(date(month.year, 1, 1)):
        extra = round(total.bonus + total.commission)
        settled = pay.year_of_pay(offer.slip.gross, month.year, bonus=extra, **vars(offer.terms))
        parts |= {
            words.text("Insurance and tax"): settled.insurance + settled.tax,
            words.text("Left, net"): settled.net,
            words.text("What the employer pays"): settled.employer_cost,
        }
    told = pd.DataFrame({"part": [*parts], "a_year": [*parts.values()]}).astype({"a_year": "float64"})
    return told.assign(a_month=told.a_year / 12, share=told.a_year / total.total)


def commission_basis(
    words: Words, commission: pay.Commission | None, asked: float | None, revenue: float | None, currency: str
) -> list[str]:
    """Which revenue a commission is reckoned on: the one `asked` for, or the agency's own (`revenue`)."""
    if commission is None:
        return [words.text("No commission is counted: the report was given no scheme.")]
    if pd.isna(revenue):
        return [words.text("The commission cannot be told: the book has no revenue per account manager.")]
    message = "The commission rests on a revenue of {revenue} a year: {scheme}."
    if asked is None:
        message = (
            "The commission rests on a revenue of {revenue}, the agency's per account manager in twelve months: "
            "{scheme}."
        )
    told = {"revenue": words.short_money(revenue, currency), "scheme": _scheme(words, commission, currency)}
    return [words.text(message, **told)]


def _scheme(words: Words, commission: pay.Commission, currency: str) -> str:
    """A commission as people say it: 0.5% of revenue, 1% of what is above VND 5 billion, at most VND 60 million."""
    said = []
    for edge, rate in commission.tiers:
        share = f"{words.number(100 * rate, 1)}%"
        if edge:
            above = words.short_money(edge, currency)
            said.append(words.text("{share} of what is above {edge}", share=share, edge=above))
        else:
            said.append(words.text("{share} of revenue", share=share))
    if commission.cap is not None:
        said.append(words.text("at most {money}", money=words.short_money(commission.cap, currency)))
    return ", ".join(said)


def reckoned(words: Words, terms: pay.Terms, currency: str) -> str:
    """On which terms payslips are worked out: dependants, region, and the pay that is insured."""
    message = (
        "Reckoned with {dependants}, in minimum wage region {region}, with insurance on the full gross pay up to the "
        "caps of the law."
    )
    told = {"region": terms.region}
    if terms.insured is not None:
        message = (
            "Reckoned with {dependants}, in minimum wage region {region}, with insurance on {insured} a month, up to "
            "the caps of the law."
        )
        told["insured"] = words.money(terms.insured, currency)
    dependants = words.text("no dependants")
    if terms.dependants:
        dependants = words.plural(terms.dependants, "{count} dependant", "{count} dependants")
    return words.text(message, dependants=dependants, **told)


def law(words: Words, month: pd.Period) -> list[str]:
    """By which law a month is reckoned, each rule with its first day, and what each is known from; nothing before
    the law is told."""
    if not pay.is_told(month):
        return []
    sources = pay.regime(month).sources
    said = []
    for known_from in _KNOWN_FROM:
        rules = [
            words.text(
                "{rule} ({law}, from {day})",
                rule=words.text(_RULES[kind]),
                law=sources[kind].law,
                day=words.day(pd.Timestamp(sources[kind].since)),
            )
            for kind in _RULES
            if sources[kind].known_from == known_from
        ]
        if rules:
            said.append(words.text(_KNOWN_FROM[known_from], rules=words.enumerate(rules)))
    return said

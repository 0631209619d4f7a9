"""Pay as people write it: `17 - 25 triệu`, `Tới 20 triệu`, `Trên 1.000 USD`, `Thoả thuận`, `15tr net`, `25k/giờ`.

What is written is read word by word; a word that is not understood makes the whole text unreadable, since 'lương 20tr +
thưởng' is not 20 million. Accents may be composed or not, stand on either vowel (`thoả`, `thỏa`), or be left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import pandas as pd

from amlib.pay.wording import BASIS_OF, CURRENCY_OF, PERIOD_OF, SCALES, TOKEN, folded

Period = Literal["hour", "day", "week", "month", "year"]
Basis = Literal["gross", "net", "unstated"]


class UnreadablePay(ValueError):
    """A text that does not say plainly what is paid; `why` says what is the matter, `found` which stretch of it."""

    def __init__(self, text: str, why: str, found: str) -> None:
        self.text, self.why, self.found = text, why, found
        super().__init__(f"Pay {text!r} cannot be read: {why}" + (f" ({found})" if found else ""))

    def __reduce__(self) -> tuple:
        return type(self), (self.text, self.why, self.found)


NO_FIGURE = "no figure in it"
NOT_UNDERSTOOD = "a word that is not understood"
NOT_A_RANGE = "not one figure and not one range"
EITHER = "a thousand or a decimal"
TWO_MEANINGS = "two meanings at once"
FALLS = "the low end is above the high end"
NO_PERIOD = "no period, which only đồng and US dollars can do without"
NO_PAY = "nobody is paid that: a unit or a period may be missing"
REASONS = (NO_FIGURE, NOT_UNDERSTOOD, NOT_A_RANGE, EITHER, TWO_MEANINGS, FALLS, NO_PERIOD, NO_PAY)
"""All that can be the matter with a text."""


@dataclass(frozen=True)
class WrittenPay:
    """Pay as it was written: `low` to `high`, null where an end is open, in `currency` for a `period`.

    A single figure is both ends. `negotiable` is pay that is to be agreed: it has no figure, currency and period.
    """

    low: Decimal | None
    high: Decimal | None
    currency: str | None
    period: Period | None
    basis: Basis
    negotiable: bool = False


def parse_pay(text: str, *, currency: str = "VND", period: Period | None = None) -> WrittenPay:
    """What `text` says is paid.

    `currency` and `period` hold where the text names none. Without a `period` that is a month, as advertisements in
    Vietnam mean it, and of đồng and US dollars alone. triệu, tr, củ, tỷ, nghìn are đồng always, `$` is the US dollar.
    A dot or comma before three digits separates thousands (`1.000 USD`), any other decimals. `15tr5` and
    `15 triệu rưỡi` are 15,500,000.

    Raises:
        UnreadablePay: for a word that is not understood; more than one figure or range; `1.500 triệu`, which may be
            a thousand or a decimal; gross and net, or two currencies, at once; and pay that nobody gets in đồng or US
            dollars, such as 17 đồng a month. Where the text names no period, 500k is refused as well.
    """
    return _Reading(text).pay(currency, period)


def parse_pay_column(texts: pd.Series, *, currency: str = "VND", period: Period | None = None) -> pd.DataFrame:
    """Each text of a column as `parse_pay` reads it: low, high, currency, period, basis, kind, why, found.

    The rows are those of `texts`. `kind` is 'pay', 'negotiable', 'unreadable', or null for an empty cell; only 'pay'
    has figures. `why` and `found` say what made a text unreadable: list those rows, they are left out of any figure.
    """
    known = {text: _row(text, currency, period) for text in texts.dropna().unique()}
    rows = [_BLANK if pd.isna(text) else known[text] for text in texts]
    return pd.DataFrame.from_records(rows, columns=list(_COLUMNS), index=texts.index).astype(_COLUMNS)


_COLUMNS = {
    "low": "float64",
    "high": "float64",
    **dict.fromkeys(("currency", "period", "basis", "kind", "why", "found"), "str"),
}
_BLANK = (None,) * len(_COLUMNS)


def _row(text: object, currency: str, period: Period | None) -> tuple:
    if not str(text).strip():
        return _BLANK
    try:
        read = parse_pay(str(text), currency=currency, period=period)
    except UnreadablePay as error:
        return None, None, None, None, None, "unreadable", error.why, error.found
    ends = (None if end is None else float(end) for end in (read.low, read.high))
    return *ends, read.currency, read.period, read.basis, "negotiable" if read.negotiable else "pay", None, None


# Roughly: only to see what nobody is paid.
_TIMES_A_MONTH = {"hour": 160, "day": 22, "week": 4, "month": 1, "year": Decimal(1) / 12}
# What is paid in a month where a text does not say the period; ten times less or more where it does.
_PAID = {"VND": (1_000_000, 500_000_000), "USD": (50, 20_000)}

# What stands before one figure and after it -> whether it is the low end, the high end.
_ENDS = {
    ("", ""): (True, True),
    ("about", ""): (True, True),
    ("wave", ""): (True, True),
    ("at_most", ""): (False, True),
    ("to", ""): (False, True),
    ("at_least", ""): (True, False),
    ("from", ""): (True, False),
    ("", "and_more"): (True, False),
    ("from", "and_more"): (True, False),
}
# A dot or comma before three digits; thousands for certain where there is more than one, or a space.
_ONE_GROUP, _GROUPED = r"[1-9][0-9]{0,2}[.,][0-9]{3}", r" |[.,][0-9]{3}[.,]"
_BEFORE_A_RANGE, _WITHIN_A_RANGE = ("", "from", "about", "wave"), ("dash", "wave", "to")
_ANYWHERE = ("amount", "basis", "currency", "negotiable", "period", "silent")


class _Reading:
    """One text on its way to what it says."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[re.Match[str]] = []
        at, plain = 0, folded(text)
        while at < len(plain):
            token = TOKEN.match(plain, at)
            if token is None:
                raise self.unreadable(NOT_UNDERSTOOD, plain[at:].split(" ")[0])
            self.tokens.append(token)
            at = token.end() + plain[token.end() :].startswith(" ")

    def unreadable(self, why: str, found: str = "") -> UnreadablePay:
        return UnreadablePay(self.text, why, found)

    def pay(self, currency: str, period: Period | None) -> WrittenPay:
        basis = self.one(BASIS_OF, "basis") or "unstated"
        figures = [token for token in self.tokens if token["amount"]]
        if not figures:
            if any(token["negotiable"] for token in self.tokens) and self.around(self.tokens) == "":
                return WrittenPay(None, None, None, None, basis, negotiable=True)
            raise self.unreadable(NO_FIGURE)
        amounts = self.amounts(figures)
        scales = [SCALES[token["scale"]][1] for token in figures if token["scale"]]
        currency = self.one(CURRENCY_OF, "currency") or next(filter(None, scales), currency)
        stated = self.one(PERIOD_OF, "unit", "period")
        low, high = self.ends(figures, amounts)
        if low is not None and high is not None and low > high:
            raise self.unreadable(FALLS)
        self.believe([end for end in (low, high) if end is not None], currency, stated, period)
        return WrittenPay(low, high, currency, stated or period or "month", basis)

    def one(self, names: dict[str, str], *groups: str) -> str | None:
        """The one thing that the tokens of a group name; None where there is no such token."""
        words = [next(filter(None, map(token.group, groups)), None) for token in self.tokens]
        found = {names[word]: word for word in words if word}
        if len(found) > 1:
            raise self.unreadable(TWO_MEANINGS, ", ".join(found.values()))
        return next(iter(found), None)

    def around(self, tokens: list[re.Match[str]]) -> str:
        """The kinds of `tokens` that say how figures belong together."""
        return " ".join(token.lastgroup for token in tokens if token.lastgroup not in _ANYWHERE)

    def ends(self, figures: list[re.Match[str]], amounts: list[Decimal]) -> tuple[Decimal | None, Decimal | None]:
        first, last = self.tokens.index(figures[0]), self.tokens.index(figures[-1])
        parts = self.tokens[:first], self.tokens[first:last], self.tokens[last:]
        before, within, after = map(self.around, parts)
        if len(amounts) == 1 and (before, after) in _ENDS:
            is_low, is_high = _ENDS[before, after]
            return amounts[0] if is_low else None, amounts[0] if is_high else None
        if len(amounts) == 2 and before in _BEFORE_A_RANGE and within in _WITHIN_A_RANGE and not after:
            return amounts[0], amounts[1]
        raise self.unreadable(NOT_A_RANGE)

    def amounts(self, figures: list[re.Match[str]]) -> list[Decimal]:
        """The figures in units of money; in '17 - 25 triệu' the last one's scale is the first one's too."""
        after, found = None, []
        for token in reversed(figures):
            scale = token["scale"] or (None if re.search(_GROUPED, token["number"]) else after)
            found.append(self.amount(token, scale))
            after = scale
        return found[::-1]

    def amount(self, token: re.Match[str], scale: str | None) -> Decimal:
        number = self.number(token["number"], scaled=scale is not None)
        times = SCALES[scale][0] if scale else 1
        if rest := token["rest"]:
            # 15tr5 and 15tr500 are said one way, 15tr50 is not: 15.5 or 15.05 million.
            if len(rest) not in (1, 3) or number % 1:
                raise self.unreadable(EITHER if len(rest) == 2 else NOT_UNDERSTOOD, token.group())
            number += Decimal(rest) / 10 ** len(rest)
        elif token["half"]:
            number += Decimal("0.5")
        return number * times

    def number(self, text: str, *, scaled: bool) -> Decimal:
        if len(text) > 20:
            raise self.unreadable(NO_PAY, text)
        if re.fullmatch(_ONE_GROUP, text) and scaled:
            raise self.unreadable(EITHER, text)
        for thousands, decimal in ((".", ","), (",", "."), (" ", ",")):
            if re.fullmatch(rf"[1-9][0-9]{{0,2}}(?:[{thousands}][0-9]{{3}})+(?:[{decimal}][0-9]{{1,2}})?", text):
                return Decimal(text.replace(thousands, "").replace(decimal, "."))
        if re.fullmatch(r"[0-9]+(?:[.,][0-9]{1,2})?|0[.,][0-9]+", text):
            return Decimal(text.replace(",", "."))
        raise self.unreadable(NOT_UNDERSTOOD, text)

    def believe(self, ends: list[Decimal], currency: str, stated: Period | None, period: Period | None) -> None:
        if stated is None and period is None and currency not in _PAID:
            raise self.unreadable(NO_PERIOD)
        least, most = _PAID.get(currency, (0, None))
        wider = 1 if stated is None else 10
        for end in ends:
            monthly = end * _TIMES_A_MONTH[stated or period or "month"]
            if not end or monthly < Decimal(least) / wider or (most is not None and monthly > most * wider):
                raise self.unreadable(NO_PAY)

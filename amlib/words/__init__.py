"""Vietnamese and English: the message catalogue, and numbers, money and dates as each language writes them.

The English text is the message id. `vi.po` beside this file holds the Vietnamese; a text that is not in
it raises instead of slipping through in English.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import pandas as pd
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import (
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
    get_currency_symbol,
)

from amlib import schema

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")

_CODES = {
    **{code: code.replace("_", " ") for code in (*schema.TABLES, *schema.LEVELS, *schema.DEPARTMENTS)},
    **{code: code for code in (*schema.KINDS_OF_CONTRACT, "red", "amber", "green")},
    "grey": "not enough data",
    "top_agency": "top agency",
    "b2b": "B2B company",
    "not_due": "not due yet",
    "days_1_30": "1–30 days overdue",
    "days_31_60": "31–60 days overdue",
    "days_61_90": "61–90 days overdue",
    "over_90": "over 90 days overdue",
    "no_due_date": "no due date",
}

NOTHING = "–"  # how an undefined value is printed: never 0, never empty
_LOCALES = {"vi": "vi_VN", "en": "en_GB"}


class Untranslated(LookupError):
    """A text has no Vietnamese in vi.po."""


@cache
def of(language: str) -> Words:
    """The words of a language, 'vi' or 'en'.

    Raises:
        ValueError: for any other language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"There is no language {language!r}; there are: {', '.join(LANGUAGES)}.")
    return Words(language)


@cache
def _vietnamese() -> Catalog:
    with Path(__file__).with_name("vi.po").open("rb") as file:
        return read_po(file, locale="vi")


@dataclass(frozen=True)
class Words:
    """Texts and formats of one language. Null values are printed as '–'."""

    language: Language

    @property
    def locale(self) -> str:
        """The Babel locale."""
        return _LOCALES[self.language]

    def text(self, message: str, **values: object) -> str:
        """The message in this language, its `{placeholders}` filled from `values`.

        Raises:
            Untranslated: where vi.po has no translation.
        """
        return self._translated(message).format(**values)

    def plural(self, count: int, one: str, many: str, **values: object) -> str:
        """`one` where `count` is 1, else `many`, with `{count}` filled in; vi.po has both."""
        return self.text(one if count == 1 else many, count=self.number(count), **values)

    def addressed(self, audience: str, about: str, to: str, **values: object) -> str:
        """The message `about` a client for the audience "internal", the one spoken `to` it for "client"."""
        return self.text(to if audience == "client" else about, **values)

    def amount(self, value: float | None, one: str, many: str, digits: int = 0) -> str:
        """A number with its unit: `one` where it is printed as 1, else `many`, with `{number}` filled in."""

        def printed() -> str:
            number = self.number(value, digits)
            return self.text(one if number == "1" else many, number=number)

        return self._or_nothing(value, printed)

    def _translated(self, message: str) -> str:
        if self.language == "en":
            return message
        found = _vietnamese().get(message)
        if found is None or not found.string:
            raise Untranslated(f"{message!r} has no Vietnamese: add it to amlib/words/vi.po")
        return str(found.string)

    def of_data(self, code: str) -> str:
        """A table, level, department, kind of contract or band in this language; a code of the agency's own stays."""
        return self.text(_CODES[code]) if code in _CODES else code

    def enumerate(self, items: Iterable[str]) -> str:
        """'a, b and c'."""
        *first, last = items
        return f"{', '.join(first)} {self.text('and')} {last}" if first else last

    def number(self, value: float | None, digits: int = 0) -> str:
        """A number with at most `digits` decimals: 1.234.567,5."""
        return self._or_nothing(value, lambda: format_decimal(_round(value, digits), _pattern(digits), self.locale))

    def percent(self, value: float | None, digits: int = 0) -> str:
        """A fraction as a percentage: 0.123 -> 12,3%."""
        pattern = "#,##0." + "0" * digits + "%" if digits else "#,##0%"
        return self._or_nothing(value, lambda: format_percent(_round(value, digits + 2), pattern, self.locale))

    def money(self, value: float | None, currency: str) -> str:
        """An amount to the last unit, for tables: 1.234.567 ₫."""

        def printed() -> str:
            return format_currency(_round(value, get_currency_precision(currency)), currency, locale=self.locale)

        return self._or_nothing(value, printed)

    def short_money(self, value: float | None, currency: str) -> str:
        """An amount as people say it: 2,31 tỷ đồng, 15,5 triệu đồng, £1.2 million."""

        return self._or_nothing(value, lambda: self._of_currency(self.short_amount(value, currency), currency))

    def _of_currency(self, amount: str, currency: str) -> str:
        sign, amount = ("-", amount[1:]) if amount.startswith("-") else ("", amount)
        unit = self.currency(currency)
        if self.language == "vi":
            return f"{sign}{amount} {unit}"
        return f"{sign}{unit}{' ' if len(unit) > 1 else ''}{amount}"

    def pay(self, value: float | None, currency: str) -> str:
        """`pay_amount` with its currency: 15,5 triệu đồng, USD 1,052."""
        return self._or_nothing(value, lambda: self._of_currency(self.pay_amount(value, currency), currency))

    def pay_amount(self, value: float | None, currency: str) -> str:
        """A month's pay as `short_amount` says it, but to the unit below a million: 15,5 triệu, 1.052 (dollars)."""
        return self.number(value) if not pd.isna(value) and abs(value) < 1e6 else self.short_amount(value, currency)

    def short_amount(self, value: float | None, currency: str) -> str:
        """`short_money` without its currency, for an axis that names it: 2,31 tỷ, 15.5 million."""

        def printed() -> str:
            # Rounded first: 999,960 is '1 million', not '1000 thousand'.
            shown = _round(value, _short_digits(abs(value), currency))
            digits = 2 if abs(shown) >= 1e9 or abs(shown) < 1e3 else 1
            return format_compact_decimal(shown, format_type="long", fraction_digits=digits, locale=self.locale)

        return self._or_nothing(value, printed)

    def currency(self, currency: str) -> str:
        """A currency as `short_money` writes it: đồng, USD, £."""
        if self.language == "vi":
            return "đồng" if currency == "VND" else currency
        symbol = get_currency_symbol(currency, locale="en_GB")
        return currency if currency == "VND" or len(symbol) > 1 else symbol

    def day(self, value: date | pd.Timestamp | None) -> str:
        """A date, day first: 31/10/2026."""
        return self._or_nothing(value, lambda: format_date(value, "dd/MM/yyyy", self.locale))

    def month(self, value: pd.Period | str) -> str:
        """A month: 'tháng 10/2026', 'October 2026'."""
        first = pd.Period(value, "M").to_timestamp()
        return f"tháng {first.month}/{first.year}" if self.language == "vi" else format_date(first, "MMMM yyyy", "en")

    def short_month(self, value: pd.Period | str) -> str:
        """A month on an axis: '10/2026', 'Oct 2026'."""
        first = pd.Period(value, "M").to_timestamp()
        return f"{first.month}/{first.year}" if self.language == "vi" else format_date(first, "MMM yyyy", "en")

    def quarter(self, value: pd.Period) -> str:
        """A quarter: 'quý 3/2026', 'Q3 2026'."""
        return f"quý {value.quarter}/{value.year}" if self.language == "vi" else f"Q{value.quarter} {value.year}"

    def measure(self, value: float | None, unit: str, currency: str) -> str:
        """A KPI's value in its unit, as a sentence prints it."""

        def printed() -> str:
            match unit:
                case "money":
                    return self.short_money(value, currency)
                case "share":
                    return self.percent(value)
                case "score":
                    return self.number(value * 100)
                case "hours":
                    return self.amount(value, "{number} hour", "{number} hours", 1)
                case "days":
                    return self.amount(value, "{number} day", "{number} days")
                case "years":
                    return self.amount(value, "{number} year", "{number} years", 1)
                case "of_ten":
                    return self.text("{number} out of 10", number=self.number(value, 1))
                case _:
                    return self.number(value, 1)

        return self._or_nothing(value, printed)

    def _or_nothing(self, value: object, printed: Callable[[], str]) -> str:
        return NOTHING if value is None or pd.isna(value) else printed()


# How many digits `Words.measure` keeps of a value that is no money.
_DIGITS = {"share": 2, "score": 2, "days": 0}


def as_printed(value: float, unit: str, currency: str = "") -> float:
    """The number that `Words.measure` prints of a value: of 2,312,345,678 đồng it is 2,310,000,000."""
    return _round(value, _short_digits(abs(value), currency) if unit == "money" else _DIGITS.get(unit, 1))


def _round(value: float, digits: int) -> float:
    # Adding 0.0 turns the -0.0 that rounding can leave into 0.0, which no reader expects as '-0'.
    return round(float(value), digits) + 0.0


def _short_digits(size: float, currency: str) -> int:
    """How many digits a short amount of that size keeps: 2 of a billion or more, 1 of a million or a thousand."""
    if size >= 1e12:
        return -10
    return -7 if size >= 1e9 else -5 if size >= 1e6 else -2 if size >= 1e3 else get_currency_precision(currency)


def _pattern(digits: int) -> str:
    return "#,##0." + "#" * digits if digits else "#,##0"

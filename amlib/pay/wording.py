"""The words that pay is written with, in Vietnamese and English, as `folded` makes them: small and without accents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

SCALES = {  # how many, and the currency that the word alone says
    **dict.fromkeys(("k", "thousand"), (1_000, None)),
    **dict.fromkeys(("m", "mil", "mio", "million", "millions"), (1_000_000, None)),
    **dict.fromkeys(("nghin", "ngan"), (1_000, "VND")),
    **dict.fromkeys(("trieu", "tr", "cu"), (1_000_000, "VND")),
    **dict.fromkeys(("ty", "ti"), (1_000_000_000, "VND")),
}
_CURRENCIES = {
    "VND": ("vnd", "dong", "d", "₫"),
    "USD": ("usd", "us$", "$", "dollars", "dollar", "do la", "do"),
    "EUR": ("eur", "euro", "€"),
    "GBP": ("gbp", "£"),
    "SGD": ("sgd", "s$"),
    "AUD": ("aud", "a$"),
    "NZD": ("nzd", "nz$"),
    "JPY": ("jpy",),
    "KRW": ("krw",),
}
_PERIODS = {
    "hour": ("gio", "tieng", "hour", "hr", "h"),
    "day": ("ngay", "day"),
    "week": ("tuan", "week", "wk"),
    "month": ("thang", "th", "month", "mo"),
    "year": ("nam", "year", "yr", "annum"),
}
_ADVERBS = {f"{unit}ly": unit for unit in ("hour", "week", "month", "year")} | {"daily": "day", "annually": "year"}
_BASES = {
    "gross": ("gross", "truoc thue", "before tax"),
    "net": ("net", "sau thue", "thuc nhan", "thuc linh", "after tax"),
}
_NEGOTIABLE = (
    *("thoa thuan", "thuong luong", "trao doi khi phong van", "trao doi", "theo nang luc", "canh tranh"),
    *("negotiable", "negotiation", "competitive", "deal"),
)
_AT_MOST = (
    *("toi da", "len toi", "len den", "khong qua", "duoi"),
    *("up to", "upto", "max", "maximum", "under", "<=", "<", "≤"),
)
_AT_LEAST = (
    *("toi thieu", "it nhat", "tren", "hon"),
    *("over", "above", "min", "minimum", "at least", "more than", ">=", ">", "≥"),
)
_AND_MORE = ("tro len", "or more", "+")
_ABOUT = ("khoang", "tam", "xap xi", "about", "around", "≈")
_SILENT = ("muc luong", "luong cung", "luong co ban", "luong", "salary", "pay")


def _any(words: Iterable[str]) -> str:
    """A pattern of one of `words`, the longest that fits, none of which ends within a word."""
    longest = sorted(words, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(word) + ("(?![a-z])" if word[-1].isalpha() else "") for word in longest) + ")"


def _names(words: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {word: name for name, several in words.items() for word in several}


CURRENCY_OF, PERIOD_OF, BASIS_OF = _names(_CURRENCIES), _names(_PERIODS) | _ADVERBS, _names(_BASES)
_NUMBER = r"[0-9]{1,3}(?: [0-9]{3})+(?![0-9])|[0-9]+(?:[.,][0-9]+)*"
TOKEN = re.compile(  # its last group says what kind of word it is
    rf"(?P<amount>(?P<number>{_NUMBER})"
    rf"(?: ?(?P<scale>{_any(SCALES)})(?:(?P<rest>[0-9]+)|(?P<half> ruoi(?![a-z])))?)?)"
    rf"|(?P<period>(?:/|per |a |moi |mot |hang |theo ) ?(?:1 ?)?(?P<unit>{_any(_names(_PERIODS))})|{_any(_ADVERBS)})"
    rf"|(?P<negotiable>{_any(_NEGOTIABLE)})"
    rf"|(?P<basis>{_any(BASIS_OF)})"
    rf"|(?P<at_most>{_any(_AT_MOST)})"
    rf"|(?P<at_least>{_any(_AT_LEAST)})"
    rf"|(?P<and_more>{_any(_AND_MORE)})"
    rf"|(?P<about>{_any(_ABOUT)})"
    rf"|(?P<silent>{_any(_SILENT)}|[:;()\[\]]|[.,](?![0-9]))"
    rf"|(?P<from>{_any(('tu', 'from'))})"
    rf"|(?P<to>{_any(('den', 'toi', 'to'))})"
    rf"|(?P<dash>-)|(?P<wave>~)"
    rf"|(?P<currency>{_any(CURRENCY_OF)})"
)

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("～∼", "~"))
# Grave, acute, circumflex, tilde, breve, hook, horn, dot below: a line through a letter is none of them.
_ACCENTS = re.compile(r"(?<=[a-z])[\u0300-\u0303\u0306\u0309\u031b\u0323]+")


def folded(text: str) -> str:
    """`text` in small letters without Vietnamese accents, with plain dashes and single spaces."""
    # Without its accents 'thưởng', a bonus, would be the half of 'thương lượng', to be agreed.
    text = unicodedata.normalize("NFC", text.casefold()).replace("thưởng", "tienthuong").replace("đ", "d")
    text = unicodedata.normalize("NFD", text).translate(_DASHES)
    return " ".join(_ACCENTS.sub("", text).split())

"""Own records whose pay stands as people wrote it, read into figures; and which records are in no figure, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from amlib.pay.market import MONTHS
from amlib.pay.parsing import REASONS, TWO_MEANINGS, UnreadablePay, parse_pay

AGREED = "to be agreed"
ONE_END = "only one end of a range"
NO_MONTH = "pay per hour, day or week"
WHY = (*REASONS, AGREED, ONE_END, NO_MONTH)
"""All that can keep a record out of every figure."""

_GROSS = {"gross": True, "net": False}


def as_written(salaries: pd.DataFrame, currency: str) -> pd.DataFrame:
    """`salaries` with low, mid, high, currency, period and gross filled in from the text in the column `pay`.

    What the text does not say the row's own currency, period and gross say, and where they are empty the book's
    `currency`, a month (of đồng and US dollars alone, see `parse_pay`), and gross or net unstated. mid is the figure or
    the middle of the range, low and high are of a range; of one open at one end there is no mid. Where a text cannot
    be read, is to be agreed, or says other than its row, nothing is filled in. `left_out` says why.
    """
    return _read(salaries, currency).drop(columns="why")


def left_out(salaries: pd.DataFrame, currency: str) -> pd.Series:
    """Why each record is in no figure of pay, one of `WHY`; null for a record that is in one.

    `salaries` and `currency` as in `as_written`, before or after it.
    """
    read = _read(salaries, currency)
    why = read.why.mask(read.why.isna() & read.mid.isna(), ONE_END)
    return why.mask(why.isna() & ~read.period.isin([*MONTHS]), NO_MONTH)


def _read(salaries: pd.DataFrame, currency: str) -> pd.DataFrame:
    rows = [row | (_said(row, currency) if isinstance(row["pay"], str) else {}) for row in salaries.to_dict("records")]
    read = pd.DataFrame(rows, index=salaries.index, columns=[*salaries.columns, "why"])
    return read.astype({**salaries.dtypes, "why": "str"})


def _said(row: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """What the text of a row says of its columns, or why it says nothing."""
    beside = {name: None if pd.isna(row[name]) else row[name] for name in ("currency", "period", "gross")}
    try:
        pay = parse_pay(row["pay"], currency=beside["currency"] or currency, period=beside["period"])
    except UnreadablePay as error:
        return {"why": error.why}
    if pay.negotiable:
        return {"why": AGREED}
    said = {"currency": pay.currency, "period": pay.period, "gross": _GROSS.get(pay.basis, beside["gross"])}
    if any(known not in (None, said[name]) for name, known in beside.items()):
        return {"why": TWO_MEANINGS}
    low, high = (None if end is None else float(end) for end in (pay.low, pay.high))
    mid = None if low is None or high is None else (low + high) / 2
    return said | {"low": None if low == high else low, "mid": mid, "high": None if low == high else high}

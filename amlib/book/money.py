"""All money of a book in the book's own currency, at the rate of the row's month."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from amlib.book.checking import Rows
from amlib.book.problem import Problem


def convert(book: Mapping[str, Rows], currency: str) -> tuple[dict[str, pd.DataFrame], list[Problem], list[str]]:
    """The tables with money converted into `currency`, problems of missing rates, and notes on what was assumed.

    Tables with money get `original_currency` and `rate` (amount ÷ rate = the amount as it was read); their
    `currency`, if they have one, becomes the book's. A row without currency is in the book's. Payments and
    statements take currency and rate from their invoice. A statement whose invoice the book does not know
    takes the currency of the client's invoices, where they have one only, at the rate of the statement's
    month; where they have several it is a problem; where there is none it is in the book's currency.
    """
    rates = _rates(book)
    problems: list[Problem] = []
    notes: list[str] = []
    frames = {name: rows.values for name, rows in book.items()}
    # Tables with a currency of their own come first: the others look theirs up.
    for name in sorted(book, key=lambda name: bool(book[name].table.money_from)):
        rows = book[name]
        table, values = rows.table, rows.values
        if not table.money:
            continue
        if table.money_from:
            codes, rate = _from_invoices(rows, book.get("invoices"), frames, currency, problems, notes)
            month_of = table.known_on
        else:
            codes, rate = values["currency"].fillna(currency), pd.Series(np.nan, index=values.index)
            month_of = table.money_on
        rate = rate.mask(rate.isna() & (codes == currency), 1.0)
        months = values[month_of].dt.to_period("M")
        open_rows = rate.isna() & codes.notna() & months.notna()
        if open_rows.any():
            pairs = pd.MultiIndex.from_arrays([months[open_rows], codes[open_rows]])
            rate[open_rows] = rates.reindex(pairs).to_numpy()
        missing = rate.isna() & codes.notna() & months.notna() & values[list(table.money)].notna().any(axis=1)
        problems += _missing(rows, codes[missing], months[missing], currency)
        own = {"currency": pd.Series(currency, index=values.index, dtype="str")} if "currency" in values else {}
        frames[name] = values.assign(
            **{column: values[column] * rate for column in table.money},
            **own,
            original_currency=codes.astype("str"),
            rate=rate.astype("float64"),
        )
    return frames, problems, notes


def _rates(book: Mapping[str, Rows]) -> pd.Series:
    if "fx" not in book:
        return pd.Series(dtype="float64", index=pd.MultiIndex.from_arrays([[], []]))
    fx = book["fx"].values.dropna().drop_duplicates(["month", "currency"])
    return fx.set_index(["month", "currency"])["rate"]


def _from_invoices(
    rows: Rows,
    invoices: Rows | None,
    frames: Mapping[str, pd.DataFrame],
    currency: str,
    problems: list[Problem],
    notes: list[str],
) -> tuple[pd.Series, pd.Series]:
    name, values = rows.table.name, rows.values
    if invoices is None:
        notes.append(f"{name}: the book has no invoices, so its amounts count as {currency}")
    if invoices is None or invoices.in_place is not None:
        # Those that stay in their files are in the book's currency.
        return pd.Series(currency, index=values.index, dtype="str"), pd.Series(1.0, index=values.index)
    known = frames["invoices"].dropna(subset=["invoice_id"]).drop_duplicates("invoice_id").set_index("invoice_id")
    codes = values[rows.table.money_from].map(known["original_currency"]).astype("str")
    rate = values[rows.table.money_from].map(known["rate"]).astype("float64")
    unknown = codes.isna() & values[rows.table.money_from].notna()
    if "client_id" in values and unknown.any():
        used = known.groupby("client_id")["original_currency"].agg(["nunique", "first"])
        clients = values["client_id"][unknown]
        codes[unknown] = clients.map(used["first"]).astype("str").fillna(currency)
        for at in clients.index[clients.map(used["nunique"]).fillna(1) > 1]:
            codes[at] = None
            problems.append(
                rows.problem(
                    at,
                    rows.table.money_from,
                    f"{values.at[at, 'invoice_id']!r}, an invoice that the book does not know",
                    f"a known one: client {values.at[at, 'client_id']} has invoices in several currencies, "
                    "so that of this amount is open",
                )
            )
        if count := int((~clients.isin(used.index)).sum()):
            notes.append(f"{name}: {count} rows of clients without an invoice count as {currency}")
    return codes, rate


def _missing(rows: Rows, codes: pd.Series, months: pd.Series, currency: str) -> list[Problem]:
    problems = []
    for (month, code), group in codes.groupby([months, codes]):
        file, sheet, row = rows.places.iloc[group.index[0]]
        place = f"{file or 'table ' + rows.table.name}{f' sheet {sheet!r}' if sheet else ''} row {row}"
        more = f" and {len(group) - 1} more" if len(group) > 1 else ""
        found = f"no rate for {code} in {month}, which {place}{more} needs"
        problems.append(Problem("fx", found, f"a line {month},{code},<{currency} for 1 {code}>", column="rate"))
    return problems

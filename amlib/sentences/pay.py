"""What pay says: the bands of a level, and where an offer stands in them."""

from __future__ import annotations

import pandas as pd

from amlib import schema
from amlib.words import Words


def pay_of_level(words: Words, level: str, bands: pd.DataFrame, currency: str, offer: float | None = None) -> list[str]:
    """What a level pays by each of `bands` (`pay.position`), and where an offer stands in each.

    `bands` has label, low, mid, high, n, and with an offer compa_ratio and place.
    """
    if level not in schema.LEVELS:
        raise ValueError(f"There is no level {level!r}; there are: {', '.join(schema.LEVELS)}.")
    spoken = words.of_data(level)
    if bands.empty:
        return [words.text("No figure for {level} is known in {currency}.", level=spoken, currency=currency)]
    said = [words.text("Figures for {level}:", level=spoken)]
    for row in bands.itertuples():
        money = {name: words.short_money(getattr(row, name), currency) for name in ("low", "mid", "high")}
        # Some sources name only the ends of a range, others only its middle.
        message = "{label}: {low} to {high} a month, middle {mid} (n = {n})."
        if pd.isna(row.mid):
            message = "{label}: {low} to {high} a month (n = {n})."
        elif pd.isna(row.low) or pd.isna(row.high):
            message = "{label}: {mid} a month in the middle (n = {n})."
        said.append(words.text(message, label=row.label, n=words.number(row.n), **money))
        if offer is not None and not pd.isna(row.place):
            ratio = words.text(", at {ratio} of its middle", ratio=words.percent(row.compa_ratio))
            ratio = "" if pd.isna(row.compa_ratio) else ratio
            said.append(words.text(_PLACES[row.place], offer=words.short_money(offer, currency), ratio=ratio))
    return said


_PLACES = {
    "below": "An offer of {offer} lies below that band{ratio}.",
    "within": "An offer of {offer} lies within that band{ratio}.",
    "above": "An offer of {offer} lies above that band{ratio}.",
}


def own_records(words: Words, own: pd.DataFrame) -> pd.DataFrame:
    """`pay.own_bands` with the `label` that charts and sentences call each group by: gross, net or not stated."""
    names = {True: "Own records, gross", False: "Own records, net"}
    return own.assign(
        label=[words.text(names.get(gross, "Own records, gross or net not stated")) for gross in own.gross]
    )


def few_records(words: Words, n: float | None, enough: int) -> str:
    """The warning that a published figure needs: how many records it rests on is not said, or too few."""
    if n is None or pd.isna(n):
        return words.text("number of records not stated")
    return words.text("fewer than {enough} records", enough=words.number(enough)) if n < enough else ""

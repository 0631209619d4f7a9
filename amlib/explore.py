"""Widgets for JupyterLab: what a report asks once, asked again with every move of a slider."""

from __future__ import annotations

import pandas as pd

from amlib import charts, pay, schema
from amlib.sentences import pay as said
from amlib.show import Page


def offers(
    page: Page,
    bands: pd.DataFrame,
    level: str,
    city: str | None = None,
    offered: pay.Offer | None = None,
) -> None:
    """Sliders for level, city and offer, and below them where the offer stands among `bands` (`side_by_side`).

    Starts from the values given, without an offer from the middle of all bands; each move keeps the offer's basis and
    terms. Raises `ImportError` where ipywidgets is not installed, with the command that installs it, and `ValueError`
    where no band is in the page's currency.
    """
    try:
        import ipywidgets
    except ImportError as error:
        raise ImportError("The sliders need ipywidgets: pip install --editable '.[interactive]'") from error
    offered = offered or pay.Offer(None, pay.GROSS)
    here = bands[(bands.currency == page.currency) & ~bands.abroad]
    if here.empty:
        raise ValueError(f"There is no pay in {page.currency} to hold an offer against")
    most = float(f"{1.5 * here[['mid', 'high']].max(axis=None):.1g}")
    step = most / 200
    start = step * round(here.mid.median() / step) if offered.said is None else offered.said
    words = page.words

    def stand(level: str, city: str, offer: float) -> None:
        whole = round(offer)  # a browser's slider says 22999999.999999996
        try:
            asked = pay.Offer.of(whole, offered.basis, page.month, currency=page.currency, terms=offered.terms)
        except ValueError:  # the one thing that a slider can ask for and that cannot be
            insured = words.money(offered.terms.insured, page.currency)
            page.missing(page.text("Pay with {insured} insured cannot be so low.", insured=insured))
            return
        placed = said.placed(bands, level, city or None, asked, page.currency)
        page.say(*said.standing(words, level, placed, asked, page.currency, city or None))
        page.chart(
            charts.pay_bands, placed, "No pay is published in the currency of this book.", currency=page.currency
        )

    # A widget shows no choice where the value is None.
    cities = [(words.text("anywhere"), ""), *((name, name) for name in sorted({*here.city.dropna(), city} - {None}))]
    levels = [(words.of_data(name), name) for name in schema.LEVELS]
    ipywidgets.interact(
        stand,
        level=ipywidgets.Dropdown(options=levels, value=level, description=page.text("Level")),
        city=ipywidgets.Dropdown(options=cities, value=city or "", description=page.text("City")),
        offer=ipywidgets.FloatSlider(
            start, min=step, max=max(most, start), step=step, description=page.text("Offer"), readout=False
        ),
    )

"""Where a gross pay goes, and what of it is taxed at all."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import ACCENT, INK, MUTED, PALE, TARGET, Chart, canvas, row_names
from amlib.pay import Payslip
from amlib.words import Words

_CURRENCY = "VND"


def slices(words: Words, slip: Payslip, taxable: float) -> Chart:
    """One pay as the agency pays it, as the contract has it and as it arrives; and the slice that is taxed."""
    free = slip.gross - slip.insurance - taxable
    rows = [
        (words.text("The agency pays"), [(slip.gross, ACCENT), (slip.employer_cost - slip.gross, MUTED)]),
        (words.text("Gross"), [(free, PALE), (taxable, TARGET), (slip.insurance, MUTED)]),
        (words.text("Net"), [(slip.net, ACCENT)]),
    ]
    figure, axes = canvas(height=2.3)
    for row, (_, parts) in enumerate(rows):
        left = 0.0
        for width, colour in parts:
            axes.barh(row, width, left=left, height=0.56, color=colour)
            left += width
        total = words.short_amount(left, _CURRENCY)
        axes.text(left + slip.gross * 0.015, row, total, va="center", weight="bold", color=INK)
    axes.text(free / 2, 1, words.text("free of tax"), ha="center", va="center", fontsize=9.5, color=INK)
    # The taxed slice is too thin to be written on, and its neighbour too short.
    axes.text(free, 1.45, words.text("taxed"), ha="right", va="center", fontsize=9.5, color=TARGET)
    insured = slip.gross - slip.insurance
    axes.text(insured, 1.45, words.text("insurance"), ha="left", va="center", fontsize=9.5, color=INK)
    row_names(axes, [name for name, _ in rows])
    axes.set(xticks=[], ylim=(2.5, -0.5), xlim=(0, slip.employer_cost * 1.2))
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    parts = [
        (words.text("The agency pays"), slip.employer_cost),
        (words.text("Gross"), slip.gross),
        (words.text("insurance"), slip.insurance),
        (words.text("free of tax"), free),
        (words.text("taxed"), taxable),
        (words.text("Net"), slip.net),
    ]
    told = "; ".join(f"{name}: {words.money(value, _CURRENCY)}" for name, value in parts)
    alt = words.text("One month of pay, and the thin slice of it that is taxed. {told}.", told=told)
    columns = {
        words.text("Part"): [name for name, _ in parts],
        words.text("A month"): [words.money(value, _CURRENCY) for _, value in parts],
    }
    return Chart(figure, alt, pd.DataFrame(columns))

"""Pay bands."""

from __future__ import annotations

import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator

from amlib.charts.style import ACCENT, INK, MUTED, TARGET, Chart, canvas, key, plain
from amlib.words import Words


def pay_bands(frame: pd.DataFrame, words: Words, currency: str, offer: float | None = None) -> Chart:
    """Ranges from `low` to `high` with a dot at `mid`, one per row (`label`), and the offer as a line."""
    figure, axes = canvas(height=0.9 + 0.42 * len(frame))
    for row, band in enumerate(frame.itertuples()):
        axes.plot([band.low, band.high], [row, row], color=MUTED, lw=7, solid_capstyle="round")
        axes.plot(band.mid, row, "o", color=ACCENT, ms=8)
    axes.set_yticks(range(len(frame)), [plain(label) for label in frame.label])
    axes.set_ylim(len(frame) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.short_amount(value, currency)))
    axes.set_title(words.currency(currency), loc="left", fontsize=9, color=INK)
    if offer is not None and not pd.isna(offer):
        axes.axvline(offer, color=TARGET, lw=1.6)
        key(axes, "|", words.text("offer {value}", value=words.short_money(offer, currency)))
    parts = [
        words.text(
            "{label}: {low} to {high}" if pd.isna(band.mid) else "{label}: {low} to {high}, middle {mid}",
            label=band.label,
            **{name: words.short_money(getattr(band, name), currency) for name in ("low", "mid", "high")},
        )
        for band in frame.itertuples()
    ]
    return Chart(figure, words.text("Pay bands. {parts}.", parts="; ".join(parts)))

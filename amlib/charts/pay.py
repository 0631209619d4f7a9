"""Charts of pay: bands side by side, and pay over years of experience."""

from __future__ import annotations

import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator

from amlib.charts.style import (
    ACCENT,
    MUTED,
    TARGET,
    Chart,
    above,
    canvas,
    in_lines,
    key,
    plain,
)
from amlib.words import Words

_WIDEST = 24  # letters of a label on one line


def pay_bands(frame: pd.DataFrame, words: Words, currency: str) -> Chart:
    """Ranges from `low` to `high` with a dot at `mid`, one per row (`label`).

    Where the frame has `offer`, it stands as a stroke in each row: gross in a band of gross pay, net in one of net pay.
    """
    labels = ["\n".join(in_lines(label, _WIDEST)) for label in frame.label]
    figure, axes = canvas(height=0.9 + sum(0.26 + 0.17 * (1 + label.count("\n")) for label in labels))
    for row, band in enumerate(frame.itertuples()):
        axes.plot([band.low, band.high], [row, row], color=MUTED, lw=7, solid_capstyle="round")
        axes.plot(band.mid, row, "o", color=ACCENT, ms=8)
    offers = frame.offer if "offer" in frame else pd.Series(dtype="float64")
    if offers.notna().any():
        axes.plot(offers, range(len(frame)), "|", color=TARGET, ms=17, mew=2.4)
        key(axes, "|", words.text("the offer"))
    axes.set_yticks(range(len(frame)), [plain(label) for label in labels])
    axes.set_ylim(len(frame) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.short_amount(value, currency)))
    above(axes, words.currency(currency))
    said = [_band(words, band, currency) for band in frame.itertuples()]
    text = words.text("Pay bands. {parts}.", parts="; ".join(said))
    if offers.notna().any():
        spoken = dict.fromkeys(words.pay(offer, currency) for offer in offers.dropna())
        text = f"{text} {words.text('The offer: {value}.', value=' / '.join(spoken))}"
    ends = {words.text("Low"): "low", words.text("Mid"): "mid", words.text("High"): "high"}
    numbers = {head: [words.pay_amount(value, currency) for value in frame[end]] for head, end in ends.items()}
    return Chart(figure, text, pd.DataFrame({words.text("Figure"): [*frame.label], **numbers}))


def _band(words: Words, band: object, currency: str) -> str:
    message = "{label}: {low} to {high}, middle {mid}"
    if pd.isna(band.mid):
        message = "{label}: {low} to {high}"
    elif pd.isna(band.low) or pd.isna(band.high):
        message = "{label}: middle {mid}"
    money = {name: words.pay(getattr(band, name), currency) for name in ("low", "mid", "high")}
    return words.text(message, label=band.label, **money)


def pay_by_experience(frame: pd.DataFrame, words: Words, currency: str) -> Chart:
    """Pay over years of experience (`pay.by_experience`) as a line with its 95 % interval; no single record."""
    figure, axes = canvas()
    axes.fill_between(frame.years, frame.low, frame.high, color=MUTED, alpha=0.45, lw=0)
    axes.plot(frame.years, frame.value, color=ACCENT, lw=2)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.short_amount(value, currency)))
    above(axes, words.currency(currency))
    axes.set_xlabel(words.text("years in the trade"))
    first, last = frame.iloc[0], frame.iloc[-1]
    return Chart(
        figure,
        words.text(
            "Pay a month by years in the trade: {first} at {first_years}, {last} at {last_years}, each the middle.",
            first=words.pay(first.value, currency),
            first_years=words.measure(first.years, "years", ""),
            last=words.pay(last.value, currency),
            last_years=words.measure(last.years, "years", ""),
        ),
        _curve(words, frame, currency),
    )


def _curve(words: Words, frame: pd.DataFrame, currency: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            words.text("years in the trade"): [words.number(years) for years in frame.years],
            words.text("Mid"): [words.pay_amount(value, currency) for value in frame.value],
            words.text("95% interval"): [
                f"{words.pay_amount(row.low, currency)} – {words.pay_amount(row.high, currency)}"
                for row in frame.itertuples()
            ],
        }
    )

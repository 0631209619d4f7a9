"""The health of a client."""

from __future__ import annotations

import pandas as pd

from amlib.charts.style import (
    ACCENT,
    BANDS,
    INK,
    Chart,
    bars,
    canvas,
    every_month,
    key,
    last_label,
    month_axis,
    numbers_by_month,
    trend,
)
from amlib.words import NOTHING, Words

_FAR = 5.0
"""Points that a score may move by without anybody minding: the least width of a picture of moves."""


def score_by_month(frame: pd.DataFrame, words: Words, edges: tuple[float, float]) -> Chart:
    """The health score by `month` over the bands red, amber and green, which meet at `edges`.

    A dot has the colour of the `band` that counts, which holds while a score wavers at an edge; where it was set by
    hand (`overridden`) it is a diamond.
    """
    figure, axes = canvas()
    shown = every_month(frame, "score")
    for low, high, band in ((0, edges[0], "red"), (edges[0], edges[1], "amber"), (edges[1], 100, "green")):
        axes.axhspan(low, high, color=BANDS[band], alpha=0.13, lw=0)
    axes.plot(shown.index, shown.score, color=INK, lw=1.2)
    known = shown.dropna(subset="score")
    by_hand = known.overridden.astype(bool)
    for rows, marker, size in ((known[~by_hand], "o", 34), (known[by_hand], "D", 52)):
        if rows.empty:
            continue
        colours = [BANDS[band] for band in rows.band]
        axes.scatter(rows.index, rows.score, c=colours, marker=marker, s=size, ec=INK, lw=0.8, zorder=3, clip_on=False)
    month_axis(axes, shown.month, words)
    axes.set(ylim=(0, 100), yticks=[0, *edges, 100])
    axes.grid(visible=False)
    last_label(axes, shown.score, words.number(shown.score.iloc[-1]))
    # Readers compare the printed scores, so the words do too.
    said = [trend(words, words.text("Health score"), shown.assign(value=shown.score.round()), "count", "")]
    if by_hand.any():
        key(axes, "◆", words.text("set by hand"))
        months = words.enumerate([words.month(month) for month in known.month[by_hand]])
        said.append(words.text("Set by hand: {months}.", months=months))
    bands = [NOTHING if pd.isna(band) else words.of_data(band) for band in shown.band]
    numbers = {words.text("Score"): [words.number(score) for score in shown.score], words.text("Band"): bands}
    return Chart(figure, " ".join(said), numbers_by_month(words, shown, numbers))


def points_moved(frame: pd.DataFrame, words: Words) -> Chart:
    """Bars of the points of the score that each measure (`label`) added or took (`gained`), what took most first.

    Measures that moved nothing are left out.
    """
    shown = frame[frame.gained.round(1).abs() > 0].sort_values("gained", kind="stable")
    figure, axes = canvas(height=0.6 + 0.36 * max(len(shown), 1))
    said = [("+" if gained > 0 else "−") + words.number(abs(gained), 1) for gained in shown.gained]
    bars(axes, shown.label, shown.gained, [BANDS["green" if gained > 0 else "red"] for gained in shown.gained], said)
    axes.axvline(0, color=INK, lw=0.8)
    # A point more or less must not look like ten.
    most = max(shown.gained.abs().max(), _FAR) if len(shown) else _FAR
    # Left of a bar its points need room before the names begin.
    axes.set_xlim(-1.5 * most if (shown.gained < 0).any() else -0.02 * most, 1.2 * most)
    if shown.empty:
        nothing = words.text("No measure moved the score since last month.")
        axes.set_title(nothing, y=1, fontsize=10, color=INK)
        return Chart(figure, nothing, pd.DataFrame())
    parts = [f"{label} {points}" for label, points in zip(shown.label, said, strict=True)]
    alt = words.text("Points of the score since last month: {parts}.", parts="; ".join(parts))
    numbers = {words.text("Measure"): [*shown.label], words.text("Since last month"): said}
    return Chart(figure, alt, pd.DataFrame(numbers))


def losses_by_score(frame: pd.DataFrame, words: Words) -> Chart:
    """Of the client-months in each fifth by score (`Backtest.calibration`), the share followed by a loss.

    Bars from the lowest scores down to the highest: where the score foretells, they get shorter.
    """
    figure, axes = canvas(height=0.8 + 0.36 * len(frame))
    labels = pd.Series(
        [
            words.text("score {low} to {high}", low=words.number(row.low), high=words.number(row.high))
            for row in frame.itertuples()
        ],
        index=frame.index,
    )
    said = [words.percent(share, 1) for share in frame.share]
    counts = [
        words.text("{share} ({lost} of {n})", share=share, lost=words.number(row.lost), n=words.number(row.n))
        for share, row in zip(said, frame.itertuples(), strict=True)
    ]
    bars(axes, labels, frame.share, [ACCENT] * len(frame), counts)
    axes.set_xlim(0, max(frame.share.max() * 1.5, 0.01))
    parts = [f"{label}: {count}" for label, count in zip(labels, counts, strict=True)]
    alt = words.text("Clients lost within three months, by their score before: {parts}.", parts="; ".join(parts))
    numbers = {
        words.text("Score"): [*labels],
        words.text("Lost"): [words.number(lost) for lost in frame.lost],
        words.text("Client-months"): [words.number(n) for n in frame.n],
        words.text("Share lost"): said,
    }
    return Chart(figure, alt, pd.DataFrame(numbers))

"""A figure as SVG for a page: its text stays text, its colours follow the page into the dark."""

from __future__ import annotations

import io
import re

from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from amlib.charts.style import ACCENT, AGES, BANDS, GRID, INK, MUTED, PALE, PAPER, TARGET

# The reader's own font; the figure was laid out with DejaVu Sans, which is a little wider than these.
_FONTS = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"

# Each colour by the name under which a page may give another; without a page the colour itself holds.
_NAMES = {
    ACCENT: "accent",
    PALE: "pale",
    MUTED: "muted",
    TARGET: "target",
    INK: "ink",
    GRID: "grid",
    PAPER: "paper",
    **{colour: band for band, colour in BANDS.items()},
    **{colour: age.replace("_", "-") for age, colour in AGES.items() if colour != MUTED},
}


_AS_IT_STANDS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "amlib",
    # Of a figure with any layout all is measured once more.
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
}


def svg(figure: Figure) -> str:
    """A figure as an SVG element that can stand in a page, the same bytes each time.

    Its colours are `var(--chart-ink, #2b3440)` and the like. Two in one page share ids: whoever puts them there gives
    each its own.
    """
    file = io.StringIO()
    with rc_context(_AS_IT_STANDS):
        _lay_out(figure)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    drawn = file.getvalue()
    drawn = re.sub(r"<(metadata|style)\b.*?</\1>", "", drawn[drawn.index("<svg") :], flags=re.DOTALL)
    used = {*re.findall(r'(?:url\(|href=")#([\w-]+)', drawn)}
    # Angle brackets in a text of the book are escaped: these are tags, all of them.
    drawn = re.sub(r"<[^>]*>", lambda tag: _tag(tag[0], used), drawn)
    drawn = re.sub(r">\s+<", "><", drawn).strip()
    # Groups of one and of nothing, and the paper that is not drawn.
    drawn = re.sub(r'<g/>|<defs></defs>|<path d="[^"]*" style="fill: none"/>', "", drawn)
    for _ in range(3):
        drawn = re.sub(r"<g>((?:<(?:path|use)[^<>]*/>|<text[^<>]*>[^<]*</text>)?)</g>", r"\1", drawn)
    return drawn.replace("<svg ", f'<svg class="am-chart" font-family="{_FONTS}" stroke-linejoin="round" ', 1)


def _lay_out(figure: Figure) -> None:
    """What saving would do by drawing the whole figure once more, for nobody."""
    figure.dpi = FigureCanvasSVG(figure).fixed_dpi
    if layout := figure.get_layout_engine():
        layout.execute(figure)
        figure.set_layout_engine(None)


def _tag(tag: str, used: set[str]) -> str:
    tag = re.sub(r"\s+", " ", tag)
    tag = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", tag)
    tag = re.sub(r' font-family: [^;"]*;?| transform="rotate\(-0 [^"]*"| xmlns:xlink="[^"]*"', "", tag)
    tag = re.sub(r"(\.\d\d)\d+", r"\1", tag).replace("xlink:href", "href")
    return re.sub(r"#[0-9a-f]{6}", lambda colour: _colour(colour[0]), tag)


def _colour(colour: str) -> str:
    return f"var(--chart-{_NAMES[colour]}, {colour})" if colour in _NAMES else colour

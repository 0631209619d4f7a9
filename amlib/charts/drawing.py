"""A figure as SVG for a page: its text stays text, its colours follow the page into the dark."""

from __future__ import annotations

import io
import re
from functools import lru_cache
from typing import Literal

from matplotlib import rc_context, rcParams
from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

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
        _draw(figure, file)
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


def _draw(figure: Figure, file: io.StringIO) -> None:
    """What `savefig` does, which measures all words once to lay them out and once more to draw them."""
    canvas = FigureCanvasSVG(figure)
    figure.dpi = canvas.fixed_dpi
    width, height = figure.get_size_inches() * figure.dpi
    renderer = _Renderer(width, height, file, metadata={"Date": None, "Creator": None})
    canvas.get_renderer = lambda: renderer
    if layout := figure.get_layout_engine():
        layout.execute(figure)
        figure.set_layout_engine(None)
    figure.draw(renderer)
    renderer.finalize()


class _Renderer(RendererSVG):
    """Matplotlib's, which remembers how large words are: to measure them takes a tenth of the time of a chart."""

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: bool | Literal["TeX"]
    ) -> tuple[float, float, float]:
        return _size(s, prop.copy(), ismath, *rcParams["font.sans-serif"])


@lru_cache(4096)
def _size(text: str, font: FontProperties, ismath: bool | Literal["TeX"], *_: str) -> tuple[float, float, float]:
    return TextToPath().get_text_width_height_descent(text, font, ismath)


def _tag(tag: str, used: set[str]) -> str:
    tag = re.sub(r"\s+", " ", tag)
    tag = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", tag)
    tag = re.sub(r' font-family: [^;"]*;?| transform="rotate\(-0 [^"]*"| xmlns:xlink="[^"]*"', "", tag)
    tag = re.sub(r"(\.\d\d)\d+", r"\1", tag).replace("xlink:href", "href")
    return re.sub(r"#[0-9a-f]{6}", lambda colour: _colour(colour[0]), tag)


def _colour(colour: str) -> str:
    return f"var(--chart-{_NAMES[colour]}, {colour})" if colour in _NAMES else colour

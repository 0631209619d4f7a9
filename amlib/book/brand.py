"""How an agency's pages look: an accent colour that can be read, and a logo."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path

DAY, NIGHT = "#ffffff", "#14181d"
"""The paper of a page, by day and by night."""

LEAST = 4.5
"""The contrast that text needs (WCAG 2.2, 1.4.3)."""

LARGEST = 64
"""KB of a logo, which stands in every page."""

_KINDS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"RIFF": "webp"}

_SVG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<\?xml[^>]*>|<!DOCTYPE[^>]*>|<!--.*?-->)*<svg\b", re.DOTALL)


@dataclass(frozen=True)
class Brand:
    """`accent` as #rrggbb and `logo` as a data: address, each empty where the book names none.

    It belongs to pages and not to data: no hash of a book depends on it, and a saved book has none.
    """

    accent: str = ""
    logo: str = ""

    @property
    def accent_by_night(self) -> str:
        """The accent, as much lighter as dark paper asks for."""
        return self.accent and readable(self.accent, NIGHT)

    @property
    def style(self) -> str:
        """The CSS that puts the accent into a page, by day and by night; empty where the book names none."""
        if not self.accent:
            return ""
        return (
            f":root {{ --accent: {self.accent}; }}\n"
            f"@media screen and (prefers-color-scheme: dark) {{ :root {{ --accent: {self.accent_by_night}; }} }}"
        )


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (#rrggbb), 1 to 21, as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(colour: str, paper: str) -> str:
    """The colour itself where text in it can be read on `paper`, else its first darker (on dark paper lighter) shade
    that can.
    """
    end = "#000000" if _luminance(paper) > 0.18 else "#ffffff"
    shades = (_mixed(colour, end, step / 256) for step in range(257))
    return next(shade for shade in shades if contrast(shade, paper) >= LEAST)


def colour_of(text: str) -> str | None:
    """`#1f5fa8` or `#abc` as six small digits; None for anything else."""
    found = re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", text.strip().lower())
    if not found:
        return None
    return "#" + (found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1]))


def logo_of(path: Path) -> str:
    """An image file as a data: address.

    Raises:
        ValueError: what is wrong with it; it is no PNG, JPEG, WebP or SVG, or larger than `LARGEST` KB.
        OSError: it cannot be read.
    """
    content = path.read_bytes()
    if len(content) > LARGEST << 10:
        raise ValueError(f"an image of {len(content) >> 10} KB")
    kind = next((kind for start, kind in _KINDS.items() if content.startswith(start)), None)
    if kind is None and _SVG.match(content):
        kind = "svg+xml"
    if kind is None:
        raise ValueError("no PNG, JPEG, WebP or SVG")
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _parts(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _luminance(colour: str) -> float:
    linear = [x / 12.92 if (x := part / 255) <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for part in _parts(colour)]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _mixed(colour: str, end: str, share: float) -> str:
    parts = zip(_parts(colour), _parts(end), strict=True)
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in parts)

"""The look of an agency's pages: a colour that can be read, and a logo that is an image."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest

from amlib.book import BookError, open_book, save_book
from amlib.book.brand import DAY, LEAST, NIGHT, Brand, colour_of, contrast, readable
from amlib.reports.inputs import TEMPLATES, of_book

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SVG = '<?xml version="1.0"?>\n<!-- Sông Hồng -->\n<svg xmlns="http://www.w3.org/2000/svg"/>'.encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clients.csv").write_text("client_id,name,since\nA,Phở,2025-01-01\n", encoding="utf-8")
    (tmp_path / "logo.png").write_bytes(PNG)
    return tmp_path


def book_of(folder: Path, *lines: str):
    (folder / "book.toml").write_text('name = "A"\ncurrency = "VND"\n' + "\n".join(lines), encoding="utf-8")
    return open_book(folder)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),  # the pair that just fails
        ("#767676", "#ffffff", 4.54),  # and the one that just passes
        ("#ff0000", "#ffffff", 4.00),  # (1 + 0.05) / (0.2126 + 0.05)
    ],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("colour", ["#ffcc00", "#1f5fa8", "#ffffff", "#000000", "#e8894a", "#8a1538"])
@pytest.mark.parametrize("paper", [DAY, NIGHT])
def test_the_nearest_readable_colour_is_readable_and_no_farther_than_needed(colour, paper):
    found = readable(colour, paper)
    assert contrast(found, paper) >= LEAST
    if contrast(colour, paper) >= LEAST:
        assert found == colour
    else:
        assert contrast(found, paper) < LEAST + 0.2


def test_the_paper_is_that_of_the_stylesheet():
    css = (TEMPLATES / "report" / "static" / "report.css").read_text(encoding="utf-8")
    assert re.findall(r"--paper: (#\w+);", css)[:2] == [DAY, NIGHT]


def test_colours_are_written_in_three_digits_or_six():
    assert [colour_of(text) for text in ("#8A1538", " #abc ", "red", "#12", "8a1538", "")] == [
        "#8a1538",
        "#aabbcc",
        *[None] * 4,
    ]


def test_a_book_has_an_accent_and_a_logo_or_none(folder):
    assert book_of(folder).settings.brand == Brand()
    (folder / "logo.svg").write_bytes(SVG)
    found = book_of(folder, 'accent = "#8A1538"', 'logo = "logo.svg"').settings.brand
    assert found.accent == "#8a1538"
    kind, _, content = found.logo.partition(";base64,")
    assert (kind, base64.b64decode(content)) == ("data:image/svg+xml", SVG)
    assert contrast(found.accent_by_night, NIGHT) >= LEAST
    assert book_of(folder, 'logo = "logo.png"').settings.brand.logo.startswith("data:image/png;base64,")


def test_an_accent_that_cannot_be_read_names_the_nearest_that_can(folder):
    with pytest.raises(BookError) as raised:
        book_of(folder, 'accent = "#ffcc00"')
    (problem,) = raised.value.problems
    said = str(problem)
    assert said.startswith("book.toml, key accent: found '#ffcc00', whose contrast is 1.5, expected a contrast of at ")
    nearest = re.search(r"the nearest is '(#\w{6})'", said)[1]
    assert book_of(folder, f'accent = "{nearest}"').settings.brand.accent == nearest


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('accent = "red; } body { display: none"', "expected a colour such as '#1f5fa8'"),
        ("accent = 5", "key accent: found 5"),
        ('logo = "nowhere.png"', "found 'nowhere.png', which cannot be read, expected a PNG, JPEG, WebP or SVG of at "),
        ('logo = "clients.csv"', "found 'clients.csv', no PNG, JPEG, WebP or SVG, expected"),
        ('logo = "large.png"', "found 'large.png', an image of 65 KB, expected"),
        ('logo = "."', "found '.', which cannot be read"),
    ],
)
def test_what_is_no_colour_and_no_image_is_named(folder, line, said):
    (folder / "large.png").write_bytes(PNG + bytes(65 << 10))
    with pytest.raises(BookError, match=re.escape(said)):
        book_of(folder, line)


def test_a_look_is_no_data_but_pages_are_made_of_it(folder, tmp_path_factory):
    plain, before = book_of(folder), of_book(folder)
    coloured = book_of(folder, 'accent = "#8a1538"', 'logo = "logo.png"')
    assert coloured.fingerprint == plain.fingerprint
    assert replace(coloured.settings, brand=Brand()) == plain.settings
    named = of_book(folder)
    assert named != before
    (folder / "logo.png").write_bytes(PNG + b"!")
    assert of_book(folder) != named
    saved = tmp_path_factory.mktemp("saved")
    save_book(coloured, saved)
    assert open_book(saved).fingerprint == coloured.fingerprint

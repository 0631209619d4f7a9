"""What a page is given of a figure: text as text, colours by name, and nothing that only matplotlib needs."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pandas as pd
import pytest
from matplotlib import rc_context
from matplotlib.axes import Axes

from amlib import charts, words
from amlib.charts import style

EN = words.of("en")
SVG = "{http://www.w3.org/2000/svg}"


def by_month() -> charts.Chart:
    months = pd.period_range("2025-10", "2026-10", freq="M")
    frame = pd.DataFrame({"month": months, "value": [0.5] * 13, "low": [0.4] * 13, "high": [0.6] * 13})
    return charts.kpi_by_month(frame, EN, "In time", "share", level=0.9)


def waiting() -> charts.Chart:
    return charts.waiting_times(pd.DataFrame({"value": [0.5, 2.0, None, 7.25]}), EN, within=4, aim=0.9)


def owed(name: str = "A & <b>Sons</b> 3.14159") -> charts.Chart:
    ages = dict(zip(style.AGES, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], strict=True))
    return charts.ageing_of_clients(pd.DataFrame([{"name": name, "value": 21.0, **ages}]), EN, "VND")


def load() -> charts.Chart:
    row = {"name": "Lan", "value": 0.5, "hours": 50.0, "capacity": 100.0, "clients": 3}
    return charts.workload_of_managers(pd.DataFrame([row]), EN)


@pytest.mark.parametrize("draw", [by_month, waiting, owed, load])
def test_every_colour_has_a_name_by_which_the_night_changes_it(draw):
    drawn = charts.svg(draw().figure)
    named = re.findall(r"var\(--chart-[\w-]+, (#[0-9a-f]{6})\)", drawn)
    assert sorted(re.findall("#[0-9a-f]{6}", drawn)) == sorted(named)
    # Text without a colour would be black on black.
    texts = ElementTree.fromstring(drawn).iter(f"{SVG}text")
    assert all("fill: var(--chart-" in text.get("style") for text in texts)


def test_text_stays_what_it_is_and_is_set_in_the_readers_font():
    drawn = charts.svg(owed().figure)
    lines = [text.text for text in ElementTree.fromstring(drawn).iter(f"{SVG}text")]
    assert "A & <b>Sons</b> 3.14159" in " ".join(lines)
    assert "<b>" not in drawn
    assert drawn.count("font-family") == 1
    assert "system-ui" in drawn[: drawn.index(">")]


def test_an_element_without_metadata_whose_ids_are_those_it_uses():
    drawn = charts.svg(by_month().figure)
    assert drawn.startswith('<svg class="am-chart"')
    assert not re.search(r"<metadata|<style|<!|<\?|xlink|\n", drawn)
    ids, used = re.findall(r' id="([^"]*)"', drawn), re.findall(r"#([\w-]+)", re.sub("#[0-9a-f]{6}", "", drawn))
    assert {*ids} == {*used}
    assert len(ids) == len({*ids}) > 0


@pytest.mark.parametrize("layout", ["figure.autolayout", "figure.constrained_layout.use"])
def test_a_figure_is_drawn_once_whatever_layout_somebody_prefers(monkeypatch: pytest.MonkeyPatch, layout: str):
    """Matplotlib draws a figure with any layout once more, for nobody."""
    draws, draw = [], Axes.draw
    monkeypatch.setattr(Axes, "draw", lambda axes, *given: draws.append(draw(axes, *given)))
    drawn = charts.svg(by_month().figure)
    with rc_context({layout: True}):
        assert charts.svg(by_month().figure) == drawn
    assert len(draws) == 2  # once for each


def test_the_same_figure_is_the_same_bytes():
    assert charts.svg(by_month().figure) == charts.svg(by_month().figure)


@pytest.mark.parametrize("draw", [by_month, waiting, owed, load])
def test_letters_are_readable_where_a_phone_shows_the_whole_drawing(draw):
    drawn = ElementTree.fromstring(charts.svg(draw().figure))
    width = float(drawn.get("width").removesuffix("pt"))
    sizes = [float(re.search(r"font-size: ([\d.]+)px", text.get("style"))[1]) for text in drawn.iter(f"{SVG}text")]
    assert min(sizes) / width * 380 >= 10  # CSS pixels on the 380 that a drawing has at least

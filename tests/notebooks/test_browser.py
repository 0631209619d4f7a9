"""The sample's pages as a browser shows them: readable by everyone, at every width, by day and by night, in print."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pages import EACH_AUDIENCE, ENTRANCES, PAGES, page_of

from amlib.book import Book

try:
    import axe_playwright_python
    from playwright.sync_api import Browser, Page, sync_playwright
except ImportError:
    if os.environ.get("CI"):  # where it is decided whether a change lands, nothing is skipped
        raise
    pytest.skip("Playwright is not installed: make test", allow_module_level=True)

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# Night changes colours and nothing else.
RULES = {
    "light": {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]},
    "dark": {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"]},
}
WIDTHS = (360, 768, 1440)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("There is no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=PAGES, ids="-".join)
def file(request, page_file) -> Path:
    """The file of a page of the sample, named for its notebook (or what it leads to), its audience and language."""
    return page_file(*request.param)


def written(folders: pytest.TempPathFactory, book: Book, name: str, lang: str, audience: str = "internal") -> Path:
    path = folders.mktemp("page") / f"{name}-{audience}-{lang}.html"
    path.write_text(page_of(name, audience, lang, book), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a file; at the end nothing may have been asked of a network or said on the console."""
    asked, said = [], []
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")

    def opened(path: Path, width: int = 1440) -> Page:
        tab = context.new_page()
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.set_viewport_size({"width": width, "height": 1000})
        tab.goto(path.as_uri())
        assert asked.pop(0) == path.as_uri()
        return tab

    yield opened
    context.close()
    assert [url for url in asked if not url.startswith("data:")] == []
    assert said == []


def unfold(tab: Page) -> None:
    tab.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")


def test_no_violation_of_wcag_2_2_aa_by_day_or_night_at_any_width(opened, file):
    tab = opened(file)
    unfold(tab)
    tab.evaluate(AXE)
    found = []
    for scheme, rules in RULES.items():
        tab.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            tab.set_viewport_size({"width": width, "height": 1000})
            found += [(scheme, width, *one) for one in violations(tab, rules)]
    assert found == []


def violations(tab: Page, rules: dict) -> list[tuple[str, str]]:
    """Rule and element; within a drawing, which is an image, nothing is asked."""
    found = tab.evaluate("rules => axe.run({exclude: ['.am-chart']}, rules)", rules)["violations"]
    return [(one["id"], node["html"][:200]) for one in found for node in one["nodes"]]


def test_what_is_against_the_rules_is_found(opened, tmp_path):
    (tmp_path / "page.html").write_text(
        "<!DOCTYPE html><html lang='en'><title>A</title><main><p style='color: #aaa'>pale</p><input></main></html>"
    )
    tab = opened(tmp_path / "page.html")
    tab.evaluate(AXE)
    assert [rule for rule, _ in violations(tab, RULES["light"])] == ["color-contrast", "label"]
    assert [rule for rule, _ in violations(tab, RULES["dark"])] == ["color-contrast"]


def test_a_page_never_scrolls_sideways_and_its_letters_can_be_read(opened, file):
    tab = opened(file, 360)
    for width in (360, 390, 768):
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.set_viewport_size({"width": 390, "height": 800})
    drawn = tab.evaluate(
        """[...document.querySelectorAll('.am-chart text')].map(text => {
             const chart = text.ownerSVGElement
             return parseFloat(getComputedStyle(text).fontSize) * chart.clientWidth / chart.viewBox.baseVal.width })"""
    )
    assert not drawn or min(drawn) >= 10
    cut = "[...document.querySelectorAll('.am-drawing')].filter(one => one.scrollWidth > one.clientWidth).length"
    assert tab.evaluate(cut) == 0
    unfold(tab)
    for box in tab.locator(".am-reading input").all():
        box.check()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert tab.evaluate(cut) == len(tab.locator(".am-drawing").all())


_CONTRASTS = """(night) => {
  const luminance = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255)
      .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b }
  const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((a, b) => b - a)
    return (x + 0.05) / (y + 0.05) }
  const paper = getComputedStyle(document.body).backgroundColor
  return [...document.querySelectorAll('.am-chart text')].filter(text => text.style.fill.startsWith('var'))
    .map(text => [text.textContent, contrast(getComputedStyle(text).fill, paper)]) }"""


def test_the_words_in_charts_stand_out_by_day_and_by_night(opened, file):
    tab = opened(file)
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        assert [(text, contrast) for text, contrast in tab.evaluate(_CONTRASTS) if contrast < 4.5] == []


_REACHABLE = "a[href], button, summary, input, select, [tabindex='0']"


def test_the_keyboard_alone_reaches_everything(opened, file):
    tab = opened(file)
    unfold(tab)
    there = tab.evaluate(
        """what => [...document.querySelectorAll(what)].filter(one => one.checkVisibility())
             .map((one, i) => one.dataset.place = i)""",
        _REACHABLE,
    )
    reached = []
    for _ in there:
        tab.keyboard.press("Tab")
        place, ring = tab.evaluate(
            "[document.activeElement.dataset.place, getComputedStyle(document.activeElement).outlineStyle]"
        )
        reached.append(int(place))
        assert ring != "none"
    assert reached == there


def test_the_keyboard_alone_works_what_it_reaches(opened, sample_book, tmp_path_factory):
    tab = opened(written(tmp_path_factory, sample_book, "kpi_review", "vi"), 390)
    tab.locator(".am-contents summary").focus()
    tab.keyboard.press("Enter")
    link = tab.locator(".am-contents a").nth(2)
    link.focus()
    tab.keyboard.press("Enter")
    heading = tab.locator(f"section[id='{link.get_attribute('href')[1:]}'] h2")
    assert heading.inner_text() == link.inner_text()
    assert 0 <= heading.bounding_box()["y"] < 400

    figure = tab.locator(".am-figure").first
    width = figure.locator("svg").bounding_box()["width"]
    figure.locator("input").focus()
    tab.keyboard.press("Space")
    assert figure.locator("svg").bounding_box()["width"] > 1.5 * width
    drawing = figure.locator(".am-drawing")
    drawing.focus()
    for _ in range(5):
        tab.keyboard.press("ArrowRight")
    tab.wait_for_function("one => one.scrollLeft > 0", arg=drawing.element_handle())  # which glides

    table = figure.locator("table")
    assert not table.is_visible()
    figure.locator("summary").focus()
    tab.keyboard.press("Enter")
    assert table.is_visible()

    name = tab.locator(".am-tile .am-kpi").first
    definition = tab.locator(f"[id='{name.get_attribute('popovertarget')}']")
    assert not definition.is_visible()
    name.focus()
    tab.keyboard.press("Enter")
    assert definition.is_visible()
    box = definition.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    tab.keyboard.press("Escape")
    assert not definition.is_visible()


def test_a_page_is_small_and_in_print_shows_its_charts_and_no_controls(opened, file):
    name, audience, _ = file.stem.split("-")
    assert file.stat().st_size <= (700 if name == "kpi_review" else 350) * 1024
    tab = opened(file)
    tab.emulate_media(media="print", color_scheme="dark")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for what in (".am-contents", ".am-reading"):
        assert not any(one.is_visible() for one in tab.locator(what).all())
    assert all(one.is_visible() for one in tab.locator(".am-chart").all())
    tab.set_viewport_size({"width": 672, "height": 1000})  # of a sheet of A4 within its margins
    cut = "[...document.querySelectorAll('.am-scroll')].filter(one => one.scrollWidth > one.clientWidth + 1).length"
    assert tab.evaluate(cut) == 0
    sheets = len(re.findall(rb"/Type\s*/Page\b", tab.pdf(prefer_css_page_size=True)))
    assert sheets == 1 if audience == "client" else sheets >= 1


EVIL = "</title><script>document.title = 'hacked'</script>{{ 7 * 7 }}<img src=x onerror=\"document.title = 'hacked'\">"


@pytest.fixture(scope="module")
def hostile_book(sample_book) -> Book:
    tables = {**sample_book.tables}
    tables["clients"] = tables["clients"].assign(name=[f"{EVIL} {i}" for i in range(len(tables["clients"]))])
    tables["account_managers"] = tables["account_managers"].assign(name=EVIL)
    tables["surveys"] = tables["surveys"].assign(comment=EVIL)
    return replace(sample_book, tables=tables, settings=replace(sample_book.settings, name=EVIL))


@pytest.mark.parametrize("name", ["kpi_review", "am_review", "client_health", "receivables"])
def test_hostile_names_are_text_everywhere(opened, hostile_book, tmp_path_factory, name):
    tab = opened(written(tmp_path_factory, hostile_book, name, "vi"))
    assert tab.title() != "hacked"
    assert tab.evaluate("document.scripts.length + document.querySelectorAll('img, iframe, object').length") == 0
    assert EVIL in tab.evaluate("document.body.textContent")
    assert EVIL in tab.locator(".am-agency").inner_text()


# -- what leads to the pages


def shown_names(tab: Page) -> list[str]:
    return [row.inner_text().split("\n")[0] for row in tab.locator("#clients tbody th").all() if row.is_visible()]


def test_clients_are_found_by_keyboard_without_their_marks(opened, book_of, sample_book, tmp_path_factory):
    clients = sample_book.clients.assign(name=["Nguyễn Gia", "Đồng Tâm", "Phở Nguyên", *"ABCDE"])
    tab = opened(written(tmp_path_factory, book_of(**{**sample_book.tables, "clients": clients}), "index", "vi"))
    tab.locator(".am-tools input").focus()
    tab.keyboard.type("nguyen")
    assert sorted(shown_names(tab)) == ["Nguyễn Gia", "Phở Nguyên"]
    assert tab.locator(".am-tools [role=status]").inner_text() == "2/8 khách hàng"
    tab.keyboard.type(" gia")
    assert shown_names(tab) == ["Nguyễn Gia"]
    tab.keyboard.press("Enter")  # goes to the first one found
    assert tab.evaluate("document.activeElement.textContent") == "Nguyễn Gia"
    tab.locator(".am-tools input").focus()
    tab.keyboard.press("Escape")
    assert len(shown_names(tab)) == 8
    tab.keyboard.type("DONG")
    assert shown_names(tab) == ["Đồng Tâm"]


def test_every_client_is_shown_again_also_those_below_the_screen(opened, book_of, sample_book, tmp_path_factory):
    clients = pd.DataFrame({"name": [f"Client {i}" for i in range(150)]})
    clients = clients.assign(client_id=[f"K{i:03}" for i in range(150)], since=pd.Timestamp("2026-01-01"))
    clients = clients.reindex(columns=sample_book.clients.columns)
    tables = {**sample_book.tables, "clients": clients.astype(sample_book.clients.dtypes)}
    tab = opened(written(tmp_path_factory, book_of(**tables), "index", "en"))
    shown = "() => document.querySelectorAll('#clients tbody tr:not([hidden])').length"
    tab.wait_for_function(f"{shown} === 150")
    tab.locator(".am-tools input").fill("client 149")
    assert tab.evaluate(shown) == 1
    tab.locator(".am-tools input").fill("")
    tab.wait_for_function(f"{shown} === 150")
    # Within one turn of the page, so that those of the first search are still to come.
    tab.evaluate(
        """() => { const search = document.querySelector('.am-tools input')
             for (const said of ['client', 'client 149']) {
               search.value = said; search.dispatchEvent(new Event('input')) } }"""
    )
    tab.wait_for_timeout(300)
    assert tab.evaluate(shown) == 1


def test_clients_are_chosen_and_sorted_by_keyboard(opened, sample_book, tmp_path_factory):
    tab = opened(written(tmp_path_factory, sample_book, "index", "en"))
    tab.locator(".am-tools select[name=band]").focus()
    tab.keyboard.type("red")
    assert [row.get_attribute("data-band") for row in tab.locator("#clients tbody tr:visible").all()] == ["red"] * 2
    tab.locator(".am-tools select[name=band]").select_option("")
    head = tab.locator("#clients thead th").nth(2)
    head.locator("button").focus()
    for order, ordered in (("ascending", sorted), ("descending", lambda given: sorted(given, reverse=True))):
        tab.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == order
        scores = [cell.get_attribute("data-value") for cell in tab.locator("#clients tbody td:nth-child(3)").all()]
        known = [float(score) for score in scores if score]
        assert (known, scores[len(known) :]) == (ordered(known), [""] * (len(scores) - len(known)))


@pytest.mark.parametrize("name", ENTRANCES)
def test_without_a_script_everything_can_be_read(browser, sample_book, tmp_path_factory, name):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(written(tmp_path_factory, sample_book, name, "vi").as_uri())
    assert all(tab.get_by_text(client).first.is_visible() for client in sample_book.clients.name)
    assert not tab.locator(".am-tools").first.is_visible()
    assert len(tab.locator("#clients tbody tr").all()) == len(sample_book.clients)
    context.close()


@pytest.mark.parametrize("name", ENTRANCES)
def test_hostile_names_are_text_where_they_lead_to_pages(opened, hostile_book, tmp_path_factory, name):
    tab = opened(written(tmp_path_factory, hostile_book, name, "vi"))
    assert tab.title() != "hacked"
    assert tab.evaluate("[document.scripts.length, document.querySelectorAll('img, iframe, object').length]") == [1, 0]
    assert EVIL in tab.locator(".am-agency").inner_text()
    assert EVIL in tab.locator("#clients tbody th").first.inner_text()


LONG = "CôngtyTNHHMộtThànhViênThươngMạiDịchVụXuấtNhậpKhẩu" * 4


@pytest.mark.parametrize("name", [*ENTRANCES, *(path.stem for path, _ in EACH_AUDIENCE)])
def test_long_names_do_not_push_a_page_over_its_edge(opened, sample_book, tmp_path_factory, name):
    named = {table: sample_book.tables[table] for table in ("clients", "account_managers", "projects")}
    named = {table: rows.assign(name=[f"{LONG}{i}" for i in range(len(rows))]) for table, rows in named.items()}
    settings = replace(sample_book.settings, name=LONG)
    book = replace(sample_book, tables={**sample_book.tables, **named}, settings=settings)
    tab = opened(written(tmp_path_factory, book, name, "vi"), 360)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360

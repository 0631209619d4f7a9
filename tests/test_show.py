"""What a notebook prints: escaped, with heads and alt texts, and honest about what is missing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from frames import frame
from pages import read_of

import amlib
from amlib import charts, show, words
from amlib.kpis import CATALOGUE

EVIL = """<script>alert("x")</script> & 'Sons'"""
SAFE = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#x27;Sons&#x27;"
CLIENTS = frame("client_id name since", ("A", EVIL, "2025-01-01"))


@pytest.fixture
def shown(monkeypatch) -> list[dict]:
    """What was displayed: the data by MIME type, with the metadata under 'metadata'."""
    seen: list[dict] = []

    def display(thing, raw=False, metadata=None):
        data = thing if raw else {"text/html": thing.data}
        seen.append({**data, "metadata": metadata})

    monkeypatch.setattr(show, "display", display)
    return seen


@pytest.fixture
def page(book_of) -> show.Page:
    """An English page on a book of one client and nothing else."""
    return show.Page(book_of(clients=CLIENTS), "2026-10", "en")


def html(shown: list[dict]) -> str:
    (one,) = shown
    assert set(one) == {"text/html", "metadata"}
    return one["text/html"]


# -- the page


def test_a_page_knows_what_was_known(book_of):
    clients = frame(
        "client_id name since until", ("A", "Phở", "2025-01-01", "2026-11-05"), ("B", "Trà", "2026-11-01", None)
    )
    page = show.Page(book_of(clients=clients), "2026-10", "vi")
    assert page.book.clients.client_id.tolist() == ["A"]
    assert page.book.clients.until.isna().all()
    assert (page.month, page.currency, page.words.language) == (pd.Period("2026-10", "M"), "VND", "vi")
    assert page.name("nps") == "Chỉ số hài lòng (NPS)"
    assert page.value("nps", None) == "–"


def test_a_page_asks_about_its_month_and_has_no_rows_of_what_is_missing(book_of, page):
    invoices = frame(
        "invoice_id client_id issued_on amount pass_through",
        *((f"I{month}", "A", f"2026-{month}-05", float(month), 0.0) for month in ("08", "09", "10", "11")),
    )
    billed = show.Page(book_of(clients=CLIENTS, invoices=invoices), "2026-10", "en")
    assert billed.ask("revenue", by="month", since=billed.month - 1).value.tolist() == [9, 10]
    assert page.ask("revenue", by="month").empty
    # What is open nobody knows without payments; by no group there is a row all the same.
    assert billed.ask("receivables_ageing", by="invoice_id").empty
    assert len(billed.ask("receivables_ageing", by=())) == 1


def test_there_is_no_page_in_another_language(book_of):
    with pytest.raises(ValueError, match="no language 'fr'"):
        show.Page(book_of(clients=CLIENTS), "2026-10", "fr")


def test_sentences_are_escaped(page, shown):
    page.say(EVIL, "Second.")
    page.missing(EVIL)
    assert shown[0]["text/html"] == f'<p class="am-say">{SAFE} Second.</p>'
    assert shown[1]["text/html"] == f'<p class="am-missing">{SAFE}</p>'


def test_facts_are_plain_json_and_print_nothing(page, shown):
    scores = pd.DataFrame({"score": [61.5, float("nan")], "band": ["amber", "grey"]})
    for row in scores.itertuples():
        page.facts(score=row.score, band=row.band)
    first, second = (one[show.FACTS] for one in shown)
    assert json.loads(json.dumps(first, allow_nan=False)) == {"score": 61.5, "band": "amber"}
    assert json.loads(json.dumps(second, allow_nan=False)) == {"score": None, "band": "grey"}
    assert all(set(one) == {show.FACTS, "metadata"} for one in shown)


# -- tiles


def compared(kpi: str, **figures: float | None) -> pd.DataFrame:
    """A `kpis.compare` of one KPI, resting on 10 in each month."""
    numbers = ["value", "low", "high", "before", "year_before", "target"]
    row = {"kpi": kpi, "months": 1, **dict.fromkeys(numbers), "n": 10, "before_n": 10, "year_before_n": 10, **figures}
    return pd.DataFrame([row]).astype({**dict.fromkeys(numbers, "float64"), "months": "Int64"})


def tile(page: show.Page, shown: list[dict], kpi: str, **figures: float | None) -> str:
    page.tiles(compared(kpi, **figures))
    return shown.pop()["text/html"]


def test_at_a_glance_the_index_shows_what_the_tiles_say(page, shown):
    known = [
        compared("revenue", value=110e6, before=100e6),
        compared("nps", value=0.5).assign(n=2),  # of two answers there is no NPS
        compared("response_time"),
    ]
    page.glance(pd.concat(known, ignore_index=True))
    (told,) = (one[show.FACTS]["glance"] for one in shown)
    assert json.loads(json.dumps(told)) == [
        {"label": "Revenue", "value": "VND 110 million", "change": "▲ 10.0% on the month before", "tone": "good"},
        {"label": "Net promoter score", "value": "–", "change": None, "tone": "flat"},
        {"label": "Average response time", "value": "–", "change": None, "tone": "flat"},
    ]


@pytest.mark.parametrize(
    ("kpi", "before", "value", "tone", "change"),
    [
        ("revenue", 100e6, 110e6, "am-good", "▲ 10.0% on the month before"),
        ("revenue", 100e6, 95.5e6, "am-bad", "▼ 4.5% on the month before"),
        ("revenue", 100e6, 100.01e6, "am-flat", "unchanged on the month before"),
        ("response_time", 2, 3, "am-bad", "▲ 1 hour on the month before"),
        ("response_time", 3, 1, "am-good", "▼ 2 hours on the month before"),
        ("overdue_share", 0.3, 0.1, "am-good", "▼ 20 percentage points on the month before"),
        ("overdue_share", 0.01, 0.02, "am-bad", "▲ 1 percentage point on the month before"),
        ("nps", 0.5, 0.2, "am-bad", "▼ 30 points on the month before"),
        ("clients_per_manager", 5, 6, "am-flat", "▲ 1 on the month before"),
        ("clients_per_manager", 5, 5.01, "am-flat", "unchanged on the month before"),
    ],
)
def test_a_change_is_good_or_bad_by_what_the_kpi_wants(page, shown, kpi, before, value, tone, change):
    assert f'<div class="am-change {tone}">{change}</div>' in tile(page, shown, kpi, value=value, before=before)


@pytest.mark.parametrize("before", [None, 0, -5e6])
def test_no_change_is_claimed_against_nothing(page, shown, before):
    assert "am-change" not in tile(page, shown, "revenue", value=1e6, before=before)
    assert "am-change" not in tile(page, shown, "revenue", value=None, before=1e6)


def test_a_tile_says_target_and_interval(page, shown):
    found = tile(page, shown, "nps", value=0.5, low=0.3, high=0.7, target=0.4)
    assert '</div></div><div class="am-value">50</div>' in found
    assert re.findall(r'am-note">([^<]*)<', found) == ["target 40", "95% between 30 and 70"]


def test_the_name_of_a_kpi_opens_its_definition_without_a_script(page, shown):
    page.tiles(pd.concat([compared("nps", value=0.5), compared("revenue", value=1e6)]))
    page.scorecard(compared("nps", value=0.5, months=3))
    found = "".join(one["text/html"] for one in shown)
    opened = re.findall(r'<button type="button" class="am-kpi" popovertarget="([\w-]+)">([^<]*)</button>', found)
    notes = re.findall(r'<div popover id="([\w-]+)" class="am-definition"><strong>([^<]*)</strong> ([^<]*)<', found)
    assert [name for _, name in opened] == ["Net promoter score", "Revenue", "Net promoter score, last 3 months"]
    assert [place for place, _ in opened] == [place for place, _, _ in notes]
    assert len({place for place, _ in opened}) == 3
    assert [name for _, name, _ in notes] == ["Net promoter score", "Revenue", "Net promoter score"]
    assert notes[1][2].startswith("What was invoiced, before VAT, less the media money passed on")


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", ("NPS: would clients recommend us?", "Lesson 5: {title} · <code>am lessons 5 --lang en</code>")),
        ("vi", ("NPS: khách hàng có giới thiệu mình không?", "Bài 5: {title} · <code>am lessons 5</code>")),
    ],
)
def test_a_definition_names_the_lessons_that_teach_it_and_how_to_open_them(book_of, shown, monkeypatch, lang, told):
    title, said = told
    page = show.Page(book_of(clients=CLIENTS), "2026-10", lang)
    page.tiles(compared("nps", value=0.5))
    page.definitions("nps")
    page.glossary("satisfaction")
    for one in shown:
        assert one["text/html"].count(f'<small class="am-lesson">{said.format(title=title)}</small>') == 1
    page.definitions("white_space")
    assert "am-lesson" not in shown[-1]["text/html"]  # none teaches it
    monkeypatch.chdir(Path(amlib.__file__).parents[1] / "notebooks" / "reports")  # where it is worked on by hand
    page.definitions("nps")
    assert f'<a href="../lessons/{lang}/05_nps.ipynb">' in shown[-1]["text/html"]
    for_client = show.Page(book_of(clients=CLIENTS), "2026-10", lang, "client")
    for_client.tiles(compared("nps", value=0.5))
    assert "am-definition" in shown[-1]["text/html"]
    assert "am-lesson" not in shown[-1]["text/html"]


def test_a_score_or_share_of_few_is_not_shown(page, shown):
    found = tile(page, shown, "nps", value=1.0, n=4, low=0.0, high=1.0, target=0.4, before=0.0)
    assert '<div class="am-value">–</div><div class="am-note">too few to read (n = 4)</div>' in found
    assert "too few to read (n = 1)" in tile(page, shown, "on_time_delivery", value=0.0, n=1, low=0.0, high=0.79)
    assert '<div class="am-value">0%</div>' in tile(page, shown, "overdue_share", value=0.0, n=1)  # money, not counted
    assert '<div class="am-value">100</div>' in tile(page, shown, "nps", value=1.0, n=5)
    assert "am-change" not in tile(page, shown, "nps", value=1.0, n=5, before=0.0, before_n=4)


def test_an_undefined_kpi_says_why(page, book_of, shown):
    assert ">the book has no table of invoices<" in tile(page, shown, "revenue", value=None)
    said = tile(page, shown, "overdue_share", value=None, target=0.1)
    assert re.findall(r'am-note">([^<]*)<', said) == ["the book has no table of invoices and payments"]
    billed = show.Page(book_of(clients=CLIENTS, invoices=frame("invoice_id issued_on")), "2026-10", "vi")
    assert ">không phát sinh trong kỳ<" in tile(billed, shown, "revenue", value=None)


def test_every_kpi_has_a_tile_in_both_languages(book_of, shown):
    for lang in ("vi", "en"):
        page = show.Page(book_of(clients=CLIENTS), "2026-10", lang)
        for kpi in CATALOGUE:
            assert getattr(CATALOGUE[kpi], lang) in tile(page, shown, kpi, value=0.5, before=0.4, target=0.6)
            assert "–" in tile(page, shown, kpi, value=None)


def test_a_tile_says_its_months_and_what_was_a_year_before(page, shown):
    found = tile(page, shown, "on_time_delivery", value=0.8, months=3, before=0.7, year_before=0.9)
    assert re.findall(r'am-change (am-\w+)">([^<]*)<', found) == [
        ("am-good", "▲ 10 percentage points on the month before"),
        ("am-bad", "▼ 10 percentage points on the year before"),
    ]
    assert re.findall(r'am-note">([^<]*)<', found) == ["last 3 months"]
    alone = tile(page, shown, "nps", value=0.5, year_before=0.2, year_before_n=4)
    assert "am-change" not in alone


def test_a_scorecard_has_each_kpi_in_its_unit(page, shown):
    rows = [
        compared("win_rate", value=0.5, months=12, n=30, before=0.4),
        compared("overdue_share", value=0.25, months=None, target=0.2, year_before=0.1),
        compared("nps", value=0.4, n=4, before=0.3, months=3),
        compared("days_late", n=0),
    ]
    page.scorecard(pd.concat(rows, ignore_index=True))
    table, unknown = (one["text/html"] for one in shown)
    cells = [read_of(cell) for cell in re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", table)]
    assert cells == [
        *("Measure", "Now", "Month before", "Year before", "Target", "Rests on"),
        *("Win rate, last 12 months", "50%", "40%", "–", "–", "30"),
        *("Overdue share", "25%", "–", "10%", "20%", "10"),
        *("Net promoter score, last 3 months", "–", "30", "–", "–", "4"),
    ]
    assert unknown == '<p class="am-missing">Not measured: days late.</p>'


def test_the_points_of_a_page_are_escaped_and_an_empty_one_is_left_out(page, shown):
    page.points({"What changed": [EVIL, "Second."], "Why": []})
    assert html(shown) == f'<dl class="am-points"><dt>What changed</dt><dd>{SAFE} Second.</dd></dl>'


# -- tables


def test_a_table_has_heads_for_columns_and_rows(page, shown):
    why = "a sentence that says in more than forty letters why"
    rows = pd.DataFrame(
        {"hidden": [1, 2], "name": ["Phở", "Bún bò"], "score": [61.5, None], "comment": [why, "no way"]}
    )
    page.table(rows, {"name": "text", "score": "number", "comment": "text"})
    assert html(shown) == (
        '<div class="am-scroll" tabindex="0" role="region" aria-label="Table: Name, Score, Comment">'
        '<table class="am-table">'
        '<thead><tr><th scope="col">Name</th><th scope="col" class="num">Score</th><th scope="col">Comment</th></tr>'
        '</thead><tbody><tr><th scope="row" class="am-word">Phở</th><td class="num">62</td>'
        f'<td class="am-long">{why}</td></tr>'
        '<tr><th scope="row">Bún bò</th><td class="num">–</td><td>no way</td></tr></tbody></table></div>'
    )


def test_names_from_the_book_are_escaped_in_every_text_cell(page, shown):
    rows = pd.DataFrame({"name": [EVIL], "segment": [EVIL], "band": [EVIL]})
    page.table(rows, {"name": "text", "segment": "word", "band": "band"})
    found = html(shown)
    assert found.count(SAFE) == 4
    assert "<script" not in found
    assert '"x"' not in found


FORMATS = {
    "text": ("Phở", "Phở"),
    "word": ("senior_manager", "Senior Account Manager"),
    "number": (1234.5, "1.234"),
    "number1": (1234.56, "1.234,6"),
    "figure": ("12%", "12%"),
    "money": (1234567.0, "1.234.567\N{NO-BREAK SPACE}₫"),
    "short": (1234567.0, "1,2 triệu"),
    "pay": (1234567.0, "1,2 triệu"),
    "amount": (1234.0, "1.234"),
    "share": (0.125, "12%"),
    "score": (0.4, "40"),
    "hours": (2.25, "2,2 giờ"),
    "days": (3.0, "3 ngày"),
    "day": (pd.Timestamp("2026-10-31"), "31/10/2026"),
    "month": (pd.Period("2026-10"), "10/2026"),
    "year": (2025, "2025"),
    "gross": (False, "net"),
}


@pytest.mark.parametrize("how", FORMATS)
def test_formats_of_cells_and_null_in_each(book_of, shown, how):
    value, printed = FORMATS[how]
    page = show.Page(book_of(clients=CLIENTS), "2026-10", "vi")
    page.table(pd.DataFrame({"now": [value, None]}), {"now": how})
    assert re.findall(r'<th scope="row"[^>]*>([^<]*)</th>', html(shown)) == [printed, "–"]


def test_pay_in_dollars_is_told_to_the_dollar(page, shown):
    page.table(pd.DataFrame({"low": [1052.4, -818_500.0, 0.0]}), {"low": "pay"})
    assert re.findall(r'<th scope="row"[^>]*>([^<]*)</th>', html(shown)) == ["1,052", "-818,500", "0"]


def test_a_year_beside_numbers_stays_a_year(page, shown):
    page.table(pd.DataFrame({"year": [2025], "low": [1.5]}), {"year": "year", "low": "number"})
    assert ">2025<" in html(shown)


def test_a_band_is_marked_and_spoken(page, shown):
    page.table(pd.DataFrame({"name": ["x"], "band": ["grey"]}), {"name": "text", "band": "band"})
    assert '<span class="am-band am-grey">not enough data</span>' in html(shown)


def test_an_unknown_format_is_an_error(page):
    with pytest.raises(ValueError, match="no format 'monney'"):
        page.table(pd.DataFrame({"name": [1]}), {"name": "monney"})


def test_no_rows_say_so_or_why(page, book_of, shown):
    page.table(pd.DataFrame({"name": []}), {"name": "text"})
    page.table(pd.DataFrame({"name": []}), {"name": "text"}, empty="Nothing is open.")
    page.table(pd.DataFrame({"name": [1]}), {"name": "text"}, needs="overdue_share")
    assert [re.sub("<[^>]*>", "", one["text/html"]) for one in shown] == [
        "Nothing to list.",
        "Nothing is open.",
        "Cannot measure overdue share: the book has no table of invoices and payments.",
    ]
    assert all('class="am-missing"' in one["text/html"] for one in shown)


# -- charts


def by_month(*values: float | None) -> pd.DataFrame:
    months = pd.period_range(end="2026-10", periods=len(values), freq="M")
    return pd.DataFrame({"month": months, "value": pd.Series(values, dtype="float64")})


@pytest.fixture
def billed(book_of) -> show.Page:
    return show.Page(book_of(clients=CLIENTS, invoices=frame("invoice_id issued_on")), "2026-10", "en")


def test_a_chart_is_svg_with_its_alt_text(billed, shown):
    billed.chart(charts.revenue_by_month, by_month(1e6, 2e6), "revenue", currency="VND")
    (one,) = shown
    alt = one["metadata"]["image/svg+xml"]["alt"]
    assert alt.startswith("Revenue, September 2026 to October 2026: rose from VND 1 million to VND 2 million")
    assert one["text/plain"] == alt
    numbers = one["metadata"]["image/svg+xml"]["numbers"]
    assert re.findall(r"<t[hd]\b[^>]*>([^<]*)<", numbers)[2:] == [
        *("Oct 2026", "VND 2 million", "Sep 2026", "VND 1 million")
    ]
    assert one["image/svg+xml"].startswith("<svg")
    assert "system-ui" in one["image/svg+xml"]
    assert ">target" not in one["image/svg+xml"]


def test_the_same_chart_is_the_same_bytes(billed, shown):
    for _ in range(2):
        billed.chart(charts.revenue_by_month, by_month(1e6, 2e6), "revenue", currency="VND")
    assert shown[0] == shown[1]


def test_names_in_a_chart_are_escaped(billed, shown):
    load = pd.DataFrame({"name": [EVIL], "value": [0.5], "hours": [50.0], "capacity": [100.0], "clients": [3]})
    billed.chart(charts.workload_of_managers, load, "Nothing to list.")
    assert "<script" not in shown[0]["image/svg+xml"]
    about = shown[0]["metadata"]["image/svg+xml"]
    assert EVIL in about["alt"]  # the template escapes it
    assert f'<th scope="row" class="am-long">{SAFE}</th><td class="num">50</td>' in about["numbers"]


@pytest.mark.parametrize("frame", [by_month(), by_month(None, None)], ids=["no rows", "all null"])
def test_a_chart_of_nothing_says_why(billed, page, shown, frame):
    billed.chart(charts.revenue_by_month, frame, "revenue", currency="VND")
    page.chart(charts.revenue_by_month, frame, "revenue", currency="VND")
    page.chart(charts.score_by_month, frame.rename(columns={"value": "score"}), "Nothing to list.", edges=(50, 75))
    assert [re.sub("<[^>]*>", "", one["text/html"]) for one in shown] == [
        "Cannot measure revenue: there is nothing to count in this period.",
        "Cannot measure revenue: the book has no table of invoices.",
        "Nothing to list.",
    ]


def test_what_a_sentence_has_said_is_not_said_again(page, shown):
    page.chart(charts.revenue_by_month, by_month(), None, currency="VND")
    page.table(pd.DataFrame({"name": []}), {"name": "text"}, empty=None)
    assert shown == []


def test_a_column_without_a_word_is_refused_with_the_way_out_and_takes_the_heading_it_is_given(book_of, shown):
    page, rows = show.Page(book_of(clients=CLIENTS), "2026-10", "vi"), pd.DataFrame({"name": ["An"], "own": [0.5]})
    with pytest.raises(words.Untranslated, match=r"'Own' has no Vietnamese: .*, or say it by heads=\{'own': …\}"):
        page.table(rows, {"name": "text", "own": "share"})
    page.table(rows, {"name": "text", "own": "share"}, heads={"own": "Tỷ trọng <b>"})
    assert '<th scope="col" class="num">Tỷ trọng &lt;b&gt;</th>' in html(shown)


def test_a_chart_is_not_drawn_from_a_table_that_is_missing(page, shown):
    page.chart(charts.kpi_by_month, by_month(0.5), "overdue_share", name="x", unit="share")
    assert "the book has no table of invoices and payments" in html(shown)


def test_pay_whose_middle_nobody_published_is_drawn(page, shown):
    bands = pd.DataFrame({"label": ["NZ"], "low": [1e6], "mid": [None], "high": [2e6]}).astype({"mid": "float64"})
    page.chart(charts.pay_bands, bands, "No pay is published in the currency of this book.", currency="NZD")
    assert "image/svg+xml" in shown[0]


# -- what the page rests on


def test_definitions_come_from_the_catalogue(page, book_of, shown):
    page.definitions("nps", "revenue")
    assert shown[0]["text/html"].count("<dt>") == 2
    assert "What was invoiced, before VAT, less the media money passed on" in shown[0]["text/html"]
    show.Page(book_of(clients=CLIENTS), "2026-10", "vi").definitions("nps")
    assert f"<dt>Chỉ số hài lòng (NPS)</dt><dd>{CATALOGUE['nps'].definition_vi} <small" in shown[1]["text/html"]


def test_the_basis_names_what_is_there_what_is_missing_and_what_was_set_aside(book_of, shown):
    book = book_of(clients=CLIENTS, invoices=frame("invoice_id issued_on", ("I1", "2026-10-01"), ("I2", "2026-11-01")))
    aside = pd.DataFrame({"table": "invoices", "reason": ["<b>total</b> row", "twice", "twice"], "rejected": False})
    wrong = pd.DataFrame({"table": ["payments", "payments", "clients"], "reason": ["x", "y", "z"], "rejected": True})
    aside = pd.concat([aside, wrong])
    show.Page(replace(book, set_aside=aside), "2026-10", "en").basis()
    said = [re.sub("<[^>]*>", "", one["text/html"]) for one in shown]
    assert said == [
        "Data known at the end of October 2026: clients (1) and invoices (1).",
        "Not in the book: account managers, contracts, projects, costs, tasks, payments, statements, messages, "
        "surveys, targets, fx and salaries.",
        "payments: 2 rows are wrong and in no figure; set_aside.csv says what is wrong with each.",
        "clients: 1 row is wrong and in no figure; set_aside.csv says what is wrong with it.",
        "1 row was set aside: &lt;b&gt;total&lt;/b&gt; row.",
        "2 rows were set aside: twice.",
    ]


def test_what_reading_sets_aside_is_told_in_the_pages_language(book_of, shown):
    aside = pd.DataFrame({"table": "invoices", "reason": ["a total in the file, not a row of it"], "rejected": False})
    show.Page(replace(book_of(clients=CLIENTS), set_aside=aside), "2026-10", "vi").basis()
    assert "dòng tổng cộng trong file, không phải dòng dữ liệu" in shown.pop()["text/html"]


def test_actions_are_escaped_and_name_their_owner(page, shown):
    todo = pd.DataFrame(
        {"action": ["Call"] * 2, "why": [EVIL, "b"], "owner": [EVIL, None], "due_on": [pd.Timestamp("2026-11-02")] * 2}
    )
    page.actions(todo)
    found = shown.pop()["text/html"]
    assert found.count("<li>") == 2
    assert f"<span>{SAFE}, by 02/11/2026</span> <small>{SAFE}</small>" in found
    assert "<span>nobody, by 02/11/2026</span>" in found
    page.actions(todo.head(1).assign(owner="Lan", due_on=pd.NaT))
    assert "<span>Lan</span>" in shown.pop()["text/html"]
    page.actions(todo.head(1).assign(owner="Lan", due_on=pd.Timestamp("2026-10-30")))  # before the month's end
    assert "<span>Lan, overdue since 30/10/2026</span>" in shown.pop()["text/html"]
    page.actions(todo.head(1).assign(owner="Lan", due_on=pd.Timestamp("2026-10-31")))
    assert "<span>Lan, by 31/10/2026</span>" in shown.pop()["text/html"]
    page.actions(todo.iloc[:0])
    assert "Nothing calls for action now." in html(shown)


def test_of_a_long_table_the_first_rows_are_printed_and_how_many_more_there_are(page, shown):
    rows = pd.DataFrame({"name": ["A", "B", "C"]})
    page.table(rows, {"name": "text"}, most=2)
    assert "B</th>" in html(shown)
    assert "C</th>" not in html(shown)
    assert html(shown).endswith('</div><p class="am-missing">1 more is not shown.</p>')
    shown.clear()
    page.table(rows, {"name": "text"}, most=3)
    assert "not shown" not in html(shown)

"""What a page prints of an executed notebook, and what it refuses to print."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from nbformat import NotebookNode, v4

from amlib.book.brand import LEAST, NIGHT, Brand, contrast
from amlib.reports.render import FACTS, Page, RenderError, facts, render
from amlib.reports.run import TEMPLATES

SVG = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36px"><path/></svg>'


def page(lang: str = "en", name: str = "<script>alert(1)</script> & Co") -> Page:
    return Page("Agency & <b>Sons</b>", name, "2026-10", lang, "0123456789abcdef", date(2026, 11, 2), {"amlib": "0.1"})


def shown(data: dict, **metadata) -> NotebookNode:
    return v4.new_output("display_data", data=data, metadata=metadata)


def notebook(*outputs: NotebookNode, text: str = "", source: str = "secret = 1") -> NotebookNode:
    return v4.new_notebook(
        cells=[
            v4.new_markdown_cell("# Tiêu đề\n\nDành cho ai?", metadata={"tags": ["vi"]}),
            v4.new_markdown_cell("# Title & <i>more</i>\n\nFor whom?", metadata={"tags": ["en"]}),
            v4.new_markdown_cell(text),
            v4.new_code_cell(source, outputs=list(outputs), execution_count=3),
            v4.new_markdown_cell("only by hand", metadata={"tags": ["interactive"]}),
        ]
    )


def rendered(*outputs: NotebookNode, text: str = "", **about) -> str:
    return render(notebook(*outputs, text=text), page(**about), TEMPLATES)


def test_a_page_has_one_language_and_no_code():
    html = rendered()
    assert '<html lang="en">' in html
    assert "For whom?" in html
    assert "Dành cho ai?" not in html
    assert "only by hand" not in html
    assert "secret" not in html


def test_a_vietnamese_page_says_it_in_vietnamese():
    html = rendered(lang="vi")
    assert '<html lang="vi">' in html
    assert "<h1>Tiêu đề</h1>" in html
    assert "tháng 10/2026" in html
    assert "31/10/2026" in html
    assert "For whom?" not in html


def test_a_page_leads_to_its_row_and_a_clients_own_page_nowhere():
    ours = render(notebook(), replace(page(), place="client-k1"), TEMPLATES)
    assert re.findall(r'<a href="(\.\.[^"]*)">([^<]*)</a>', ours) == [
        ("../index.html#client-k1", "Reports of October 2026"),
        ("../../index.html#client-k1", "All months"),
    ]
    of_book = render(notebook(), page(name=""), TEMPLATES)
    assert re.findall(r'<a href="(\.\.[^"]*)">', of_book) == ["../index.html", "../../index.html"]
    theirs = render(notebook(), replace(page(), place="client-k1", audience="client"), TEMPLATES)
    assert "index.html" not in theirs


def test_masthead_and_title_escape_what_comes_from_data():
    html = rendered()
    escaped = "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co"
    assert "<h1>Title &amp; &lt;i&gt;more&lt;/i&gt;</h1>" in html
    assert f'<p class="am-subject">{escaped}</p>' in html
    assert f"<title>Title &amp; &lt;i&gt;more&lt;/i&gt; · {escaped} · October 2026</title>" in html
    assert "Agency &amp; &lt;b&gt;Sons&lt;/b&gt;" in html
    assert "<script" not in html
    assert html.count("<h1>") == 1


def test_a_mark_that_turns_the_direction_of_writing_turns_nothing():
    turned = "\N{RIGHT-TO-LEFT OVERRIDE}gnp.gnol\N{POP DIRECTIONAL FORMATTING}\N{RIGHT-TO-LEFT ISOLATE}"
    html = rendered(shown({"text/html": f"<p>{turned} owes</p>"}), name=turned, text=turned)
    assert html.count("gnp.gnol") == 4
    assert not any(mark in html for mark in turned if not mark.isascii())


def test_a_page_wears_the_accent_and_the_logo_of_its_agency():
    plain, logo = rendered(), "data:image/png;base64,aGk="
    html = render(notebook(), replace(page(), brand=Brand("#8a1538", logo)), TEMPLATES)
    assert f'<p class="am-agency"><img alt="" src="{logo}"/>' in html
    assert ":root { --accent: #8a1538; }" in html
    night = re.search(r"\(prefers-color-scheme: dark\) { :root { --accent: (#\w{6}); } }", html)[1]
    assert contrast(night, NIGHT) >= LEAST
    assert "<img" not in plain
    assert plain.count("<style") == html.count("<style") - 1


def test_a_page_of_the_whole_book_names_nobody():
    assert 'class="am-subject"' not in rendered(name="")


def test_a_page_has_no_address_no_script_and_forbids_both():
    html = rendered(shown({"image/svg+xml": SVG}, alt="a path"))
    assert "://" not in html
    assert "<script" not in html
    forbidden = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    assert forbidden in html
    for landmark in ("<header", "<main>", "<footer"):
        assert html.count(landmark) == 1


def test_an_svg_is_an_image_with_alt_text_and_its_size_in_pixels():
    html = rendered(shown({"image/svg+xml": SVG}, **{"image/svg+xml": {"alt": 'Revenue "rose"\nto <5>'}}))
    (image,) = (part for part in html.split("<") if part.startswith("img "))
    assert 'src="data:image/svg+xml;base64,' in image
    # 72 points are an inch, which is 96 pixels.
    assert 'width="96"' in image
    assert 'height="36"' in image
    assert "alt='Revenue \"rose\"\nto &lt;5&gt;'" in image


OWN = '<svg class="am-chart" viewBox="0 0 1 1"><use href="#p1"/><g clip-path="url(#p1)"><path id="p1"/></g></svg>'


def test_a_drawing_of_our_own_stands_in_the_page_with_its_numbers_and_ids_of_its_own():
    about = {"image/svg+xml": {"alt": 'Revenue "rose" to <5>', "numbers": "<table><tr><td>5</td></tr></table>"}}
    html = rendered(shown({"image/svg+xml": OWN}, **about), shown({"image/svg+xml": OWN}, alt="without numbers"))
    assert "<img" not in html
    assert """<div aria-label='Revenue "rose" to &lt;5&gt;' class="am-drawing" role="img" tabindex="0">""" in html
    for n in (1, 2):
        for own in (f'href="#am-{n}-p1"', f"url(#am-{n}-p1)", f' id="am-{n}-p1"'):
            assert html.count(own) == 1
    assert html.count("Show the numbers</summary>\n<table><tr><td>5</td></tr></table>") == 1
    assert html.count('<label><input type="checkbox"/>Enlarge</label>') == 2


@pytest.mark.parametrize(
    "evil",
    ["<script>alert(1)</script>", '<use href="other.svg#x"/>', '<g onload="alert(1)"/>', '<image href="x.png"/>'],
)
def test_a_drawing_that_runs_or_loads_something_fails(evil):
    with pytest.raises(RenderError, match=r"Cell \[3\] has <"):
        rendered(shown({"image/svg+xml": OWN.replace("<use", evil + "<use")}, alt="a drawing"))


def test_the_contents_lead_to_the_questions_of_the_pages_language():
    nb = notebook(text="## Who <b>owes</b> us?\n\nRead on.")
    nb.cells.append(v4.new_markdown_cell("## Ai đang nợ?", metadata={"tags": ["vi"]}))
    html = render(nb, page(), TEMPLATES)
    assert '<nav aria-label="Contents" class="am-contents">' in html
    assert '<li><a href="#am-3">Who &lt;b&gt;owes&lt;/b&gt; us?</a></li>' in html
    assert 'data-cell="3" id="am-3"' in html
    assert "Ai đang nợ?" not in html
    assert 'class="am-contents"' not in rendered()


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg"])
def test_a_bitmap_is_an_image_with_the_alt_text_of_its_output(mime: str):
    html = rendered(shown({mime: "aGk=", "text/plain": "<Figure>"}, alt="a figure"))
    assert f'src="data:{mime};base64,aGk="' in html
    assert 'alt="a figure"' in html
    assert "Figure&gt;" not in html


@pytest.mark.parametrize("metadata", [{}, {"alt": "  "}, {"image/png": {"alt": ""}}])
def test_an_image_without_alt_text_fails_by_cell(metadata: dict):
    with pytest.raises(RenderError, match=r"Cell \[3\] shows an image without alt text"):
        rendered(shown({"image/png": "aGk="}, **metadata))


def test_warnings_facts_and_widgets_are_not_printed_and_text_stays_readable():
    html = rendered(
        v4.new_output("stream", name="stderr", text="SomeWarning"),
        v4.new_output("stream", name="stdout", text="a < b"),
        shown({FACTS: {"score": 71}, "text/plain": "the facts"}),
        shown({"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "a widget"}),
        shown({"application/javascript": "alert(1)", "text/plain": "a script"}),
        v4.new_output("execute_result", data={"text/plain": "<Book of Ân>"}),
    )
    for gone in ("SomeWarning", "the facts", "a widget", "a script", "alert(1)</script"):
        assert gone not in html
    assert "<pre>a &lt; b</pre>" in html
    assert "<pre>&lt;Book of Ân&gt;</pre>" in html


def test_a_notebook_that_was_read_is_not_changed():
    nb = notebook(shown({FACTS: {"score": 1}}), v4.new_output("stream", name="stderr", text="x"))
    before = nb.copy(), str(nb)
    render(nb, page(), TEMPLATES)
    assert str(nb) == before[1]


@pytest.mark.parametrize(
    "unsafe",
    [
        "<script>alert(1)</script>",
        "<SCRIPT src=x></SCRIPT>",
        "<img src=x onerror=alert(1) alt=''>",
        "<p onclick='alert(1)'>x</p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='java&#10;script:alert(1)'>x</a>",
        "<a href='&#106;avascript:alert(1)'>x</a>",
        "<a href='data:text/html,x'>x</a>",
        "<a href='vbscript:x'>x</a>",
        "<iframe srcdoc='x'></iframe>",
        "<svg><use href='https://example.org/x#y'></use></svg>",
        "<svg><image xlink:href='https://example.org/x.png'></image></svg>",
        "<img src='https://example.org/x.png' alt='x'>",
        "<img src='picture.png' alt='x'>",
        "<form action='/x'></form>",
        "<base href='/'>",
        "<link rel='stylesheet' href='x.css'>",
        "<meta http-equiv='refresh' content='0;url=x'>",
        "<style>@import 'x.css';</style>",
        "<style>p { background: url(x.png) }</style>",
        "<p style='background: URL(\"//example.org/x\")'>x</p>",
        "<img src='data:image/png;base64,aGk='>",
        "<h1>again</h1>",
    ],
)
def test_html_that_runs_or_loads_something_fails_by_cell(unsafe: str):
    with pytest.raises(RenderError, match=r"^Cell \[3\] "):
        rendered(shown({"text/html": unsafe}))


@pytest.mark.parametrize(
    ("sloppy", "written"),
    [
        # An element that a cell leaves open ends with the cell.
        ("<p>a <b>b", "</b></p></section>"),
        ("<p>a</i></q></p>", "<p>a</p>"),
        # Browsers take the first of two attributes, this page the one that was inspected.
        ("<a href='x' href='#y'>z</a>", '<a href="#y">z</a>'),
        # A browser reads on at `--!>`, and ends `<noscript>` inside the attribute where scripts may run.
        ("a<!-- --!><img src=x onerror=alert(1)> -->b", "\nab\n"),
        (
            "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
            '<noscript><p title="&lt;/noscript&gt;&lt;img src=x onerror=alert(1)&gt;">',
        ),
        ("<svg><style/><g onload=x></svg>", None),
        ("<pre>a\n\n <b>b</b>  \n\n</pre> &nbsp;&lt;&amp;", "<pre>a\n\n <b>b</b>  \n\n</pre> \xa0&lt;&amp;\n"),
    ],
)
def test_what_is_written_is_what_was_inspected(sloppy: str, written: str | None):
    if written is None:
        with pytest.raises(RenderError, match=r"^Cell \[3\] has <g onload='x'>"):
            rendered(shown({"text/html": sloppy}))
    else:
        assert written in rendered(shown({"text/html": sloppy}))


@pytest.mark.parametrize(
    "safe",
    [
        "<a href='#there'>x</a>",
        "<a href='mailto:a@b'>x</a>",
        "<style>p { color: red } /* url(x) */</style>",
        "<p style='fill: url(#gradient)'>x</p>",
        "<p>javascript:alert(1) and &lt;script&gt;</p>",
        "<img src='data:image/png;base64,aGk=' alt=''>",
        "<details><summary>more</summary>x</details>",
    ],
)
def test_html_that_only_prints_passes(safe: str):
    rendered(shown({"text/html": safe}))


def test_a_link_of_markdown_cannot_run_a_script():
    with pytest.raises(RenderError, match=r"^Cell 3 has <a href='javascript:"):
        rendered(text="[x](javascript:alert(1))")


def test_a_second_title_and_a_missing_one_fail():
    with pytest.raises(RenderError, match="Cell 3 has a second"):
        rendered(text="# Another")
    nb = notebook()
    nb.cells = nb.cells[2:]
    with pytest.raises(RenderError, match="no `# heading` in en"):
        render(nb, page(), TEMPLATES)


def test_facts_of_all_cells_are_collected_and_later_ones_win():
    assert facts(notebook(shown({FACTS: {"score": 7, "band": "red"}}), shown({FACTS: {"score": None}}))) == {
        "score": None,
        "band": "red",
    }
    assert facts(notebook()) == {}
    tiles = {"glance": [{"label": "Revenue", "change": None}]}
    assert facts(notebook(shown({FACTS: tiles}))) == tiles


@pytest.mark.parametrize("wrong", [[1], {"score": {"value": 1}}, "red", {"glance": [1]}, {"glance": [{"of": []}]}])
def test_facts_that_are_not_a_flat_dict_fail(wrong: object):
    with pytest.raises(RenderError, match="Cell 4 tells facts that are not a flat dict"):
        facts(notebook(shown({FACTS: wrong})))

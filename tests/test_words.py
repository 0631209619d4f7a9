"""Numbers, money and dates of both languages, and a catalogue that has every text and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

import amlib
from amlib import collecting, health, kpis, schema, words
from amlib.book import reading
from amlib.pay import written

VI, EN = words.of("vi"), words.of("en")
ROOT = Path(amlib.__file__).parents[1]
NULLS = [None, float("nan"), pd.NA, pd.NaT]


# -- numbers


@pytest.mark.parametrize(
    ("value", "digits", "vi", "en"),
    [
        (1234567.5, 1, "1.234.567,5", "1,234,567.5"),
        (1234567, 1, "1.234.567", "1,234,567"),
        (0, 0, "0", "0"),
        (-0.0, 1, "0", "0"),
        (-0.04, 1, "0", "0"),
        (-1234.56, 1, "-1.234,6", "-1,234.6"),
        (2.6, 0, "3", "3"),
    ],
)
def test_numbers(value, digits, vi, en):
    assert (VI.number(value, digits), EN.number(value, digits)) == (vi, en)


@pytest.mark.parametrize(
    ("value", "digits", "vi", "en"),
    [
        (0.123, 1, "12,3%", "12.3%"),
        (0.123, 0, "12%", "12%"),
        (-0.0001, 0, "0%", "0%"),
        (-0.5, 1, "-50,0%", "-50.0%"),
        (12.5, 0, "1.250%", "1,250%"),
    ],
)
def test_percentages(value, digits, vi, en):
    assert (VI.percent(value, digits), EN.percent(value, digits)) == (vi, en)


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (0, "0 đồng", "VND 0"),
        (-0.0, "0 đồng", "VND 0"),
        (-0.4, "0 đồng", "VND 0"),
        (350, "350 đồng", "VND 350"),
        (999.6, "1 nghìn đồng", "VND 1 thousand"),
        (15_500, "15,5 nghìn đồng", "VND 15.5 thousand"),
        (999_949, "999,9 nghìn đồng", "VND 999.9 thousand"),
        (999_951, "1 triệu đồng", "VND 1 million"),
        (15_500_000, "15,5 triệu đồng", "VND 15.5 million"),
        (999_940_000, "999,9 triệu đồng", "VND 999.9 million"),
        (999_950_001, "1 tỷ đồng", "VND 1 billion"),
        (1e9, "1 tỷ đồng", "VND 1 billion"),
        (2_312_000_000, "2,31 tỷ đồng", "VND 2.31 billion"),
        (-2_312_000_000, "-2,31 tỷ đồng", "-VND 2.31 billion"),
        (1.5e12, "1,5 nghìn tỷ đồng", "VND 1.5 trillion"),
    ],
)
def test_short_money(value, vi, en):
    assert (VI.short_money(value, "VND"), EN.short_money(value, "VND")) == (vi, en)
    assert VI.short_amount(value, "VND") == vi.removesuffix(" đồng")


def test_short_money_of_other_currencies():
    assert EN.short_money(1_200_000, "GBP") == "£1.2 million"
    assert EN.short_money(-1_200_000, "GBP") == "-£1.2 million"
    assert EN.short_money(12.5, "GBP") == "£12.5"
    assert EN.short_money(-0.001, "GBP") == "£0"
    assert EN.short_money(2_500, "USD") == "USD 2.5 thousand"
    assert VI.short_money(2_500, "USD") == "2,5 nghìn USD"
    assert (EN.pay(2_549.6, "USD"), VI.pay(2_549.6, "USD")) == ("USD 2,550", "2.550 USD")
    assert (EN.pay(15.5e6, "VND"), VI.pay(-818_500, "VND"), EN.pay(None, "GBP")) == (
        "VND 15.5 million",
        "-818.500 đồng",
        "–",
    )


def test_money_to_the_last_unit():
    assert VI.money(1_234_567, "VND") == "1.234.567\N{NO-BREAK SPACE}₫"
    assert VI.money(-0.3, "VND") == "0\N{NO-BREAK SPACE}₫"
    assert VI.money(-1_500, "VND") == "-1.500\N{NO-BREAK SPACE}₫"
    assert EN.money(-0.001, "USD") == "US$0.00"
    assert EN.money(1234.5, "GBP") == "£1,234.50"


@pytest.mark.parametrize("say", [VI, EN], ids=["vi", "en"])
@pytest.mark.parametrize("null", NULLS, ids=str)
def test_null_is_a_dash_everywhere(say, null):
    printed = [say.number(null), say.percent(null), say.money(null, "VND"), say.short_money(null, "VND"), say.day(null)]
    printed += [say.measure(null, unit, "VND") for unit in UNITS] + [say.amount(null, "{number} day", "{number} days")]
    assert set(printed) == {"–"}


UNITS = {
    "money": (1_500_000, "1,5 triệu đồng", "VND 1.5 million"),
    "share": (0.125, "12%", "12%"),
    "score": (-0.004, "0", "0"),
    "hours": (2.25, "2,2 giờ", "2.2 hours"),
    "days": (30, "30 ngày", "30 days"),
    "years": (1.5, "1,5 năm", "1.5 years"),
    "of_ten": (6, "6/10", "6 out of 10"),
    "count": (6.25, "6,2", "6.2"),
}


@pytest.mark.parametrize("unit", UNITS)
def test_measures_in_their_units(unit):
    value, vi, en = UNITS[unit]
    assert (VI.measure(value, unit, "VND"), EN.measure(value, unit, "VND")) == (vi, en)


def test_one_is_singular_in_english():
    assert [EN.measure(1, unit, "") for unit in ("hours", "days", "years")] == ["1 hour", "1 day", "1 year"]
    assert [EN.measure(value, "hours", "") for value in (0, 1.04, 1.05, -1)] == [
        "0 hours",
        "1 hour",
        "1.1 hours",
        "-1 hours",
    ]
    assert EN.plural(1, "{count} client", "{count} clients") == "1 client"
    assert EN.plural(0, "{count} client", "{count} clients") == "0 clients"
    assert EN.plural(1200, "{count} client", "{count} clients") == "1,200 clients"
    assert [VI.plural(n, "{count} client", "{count} clients") for n in (1, 2)] == ["1 khách hàng", "2 khách hàng"]


# -- dates and lists


def test_dates_day_first():
    assert VI.day(pd.Timestamp("2026-10-01")) == EN.day(pd.Timestamp("2026-10-01")) == "01/10/2026"
    assert (VI.month("2026-10"), EN.month(pd.Period("2026-10"))) == ("tháng 10/2026", "October 2026")
    assert (VI.short_month("2026-01"), EN.short_month("2026-01")) == ("1/2026", "Jan 2026")


def test_lists():
    assert EN.enumerate(["a"]) == "a"
    assert EN.enumerate(iter(["a", "b", "c"])) == "a, b and c"
    assert VI.enumerate(["a", "b"]) == "a và b"


def test_codes_of_the_book_have_words_and_the_agencys_own_stay():
    assert (VI.of_data("salaries"), EN.of_data("senior_manager")) == ("hồ sơ lương", "senior manager")
    assert (VI.of_data("grey"), EN.of_data("grey")) == ("chưa đủ dữ liệu", "not enough data")
    assert VI.of_data("<b>vip</b>") == "<b>vip</b>"
    known = [*schema.TABLES, *schema.LEVELS, *schema.DEPARTMENTS, *schema.KINDS_OF_CONTRACT]
    assert all(EN.of_data(code) == code.replace("_", " ") for code in known)


def test_there_are_two_languages():
    with pytest.raises(ValueError, match="no language 'fr'; there are: vi, en"):
        words.of("fr")
    assert words.of("vi") is VI


# -- the catalogue


def test_a_text_without_vietnamese_raises_and_is_not_let_through():
    with pytest.raises(
        words.Untranslated, match=r"'Not in any catalogue' has no Vietnamese: add it to amlib/words/vi\.po"
    ):
        VI.text("Not in any catalogue")
    assert EN.text("Not in any {where}", where="catalogue") == "Not in any catalogue"


def test_braces_in_data_are_data():
    assert VI.text("{client}: {action}", client="{x}", action="{0}") == "{x}: {0}"


def catalogue() -> dict[str, str]:
    with Path(words.__file__).with_name("vi.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file, locale="vi") if message.id}


def test_every_text_has_its_vietnamese_and_vi_po_has_no_other():
    asked, there = set(texts()), set(catalogue())
    assert len(asked) > 100
    assert sorted(asked - there) == []
    assert sorted(there - asked) == []


def test_translations_have_the_placeholders_of_their_text():
    for text, vietnamese in catalogue().items():
        assert set(re.findall(r"{(\w*)}", text)) == set(re.findall(r"{(\w*)}", vietnamese)), text
        assert vietnamese.strip(), text
        assert text[-1:] != "." or vietnamese.endswith("."), text


def test_the_catalogue_says_nothing_twice():
    lines = Path(words.__file__).with_name("vi.po").read_text(encoding="utf-8").splitlines()
    ids = [line for line in lines if line.startswith("msgid ") and line != 'msgid ""']
    assert len(ids) == len({*ids}) == len(catalogue())


# Who asks for texts, and which arguments are texts.
_ASKED = {"text": [0], "points": [], "plural": [1, 2], "addressed": [1, 2], "amount": [1, 2], "chart": [2], "table": []}
_SPEAKERS = {"words", "self", "page", "say"}


def texts() -> Iterator[str]:
    """Every English text that code, notebooks or templates ask for."""
    yield from words._CODES.values()
    for measure in health.MEASURES.values():
        yield from filter(None, (measure.name, measure.reason, measure.none, measure.action))
    yield from written.WHY
    yield from reading.REASONS
    yield from (step.action for step in collecting.STEPS.values())
    sources = [path for path in Path(amlib.__file__).parent.rglob("*.py") if "book" not in path.parts[-2:-1]]
    for path in sources:
        yield from _of_code(ast.parse(path.read_text(encoding="utf-8")))
    for path in (ROOT / "notebooks" / "reports").glob("*.ipynb"):
        cells = nbformat.read(path, 4).cells
        yield from _of_code(ast.parse("\n".join(cell.source for cell in cells if cell.cell_type == "code")))
    for path in (ROOT / "templates").rglob("*.j2"):
        parsed = Environment(extensions=["jinja2.ext.do"]).parse(path.read_text(encoding="utf-8"))
        for call in parsed.find_all(nodes.Call):
            if isinstance(call.node, nodes.Getattr) and call.node.attr in _ASKED:
                for position in _ASKED[call.node.attr]:
                    assert isinstance(call.args[position], nodes.Const), f"{path.name}: {call.args[position]}"
                    yield call.args[position].value


def _of_code(module: ast.Module) -> Iterator[str]:
    named: dict[str, list[ast.expr]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    named.setdefault(target.id, []).append(node.value)
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef):
            defaults = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            yield from (d.value for a, d in defaults if a.arg == "empty" and isinstance(d, ast.Constant))
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ASKED):
            continue
        if not {n.id for n in ast.walk(node.func) if isinstance(n, ast.Name)} & _SPEAKERS:
            continue
        for position in _ASKED[node.func.attr]:
            if position < len(node.args):  # one star may stand for several texts
                yield from _strings(node.args[position], named)
        yield from (k.value.value for k in node.keywords if k.arg == "empty" and k.value.value is not None)
        if node.func.attr == "points":
            yield from _keys(node.args[0], named)
        if node.func.attr == "table":
            yield from (name.replace("_", " ").capitalize() for name in _keys(node.args[1], named))


def _strings(node: ast.expr, named: dict[str, list[ast.expr]]) -> Iterator[str]:
    """The texts that an argument can be: itself, what its name was given, the values of a dict it picks from."""
    match node:
        case ast.Constant(value=str(text)):
            # The KPI that a chart asks for is no text.
            if text not in kpis.CATALOGUE:
                yield text
        case ast.IfExp(body=body, orelse=other):
            yield from _strings(body, named)
            yield from _strings(other, named)
        case ast.Name(id=name):
            for value in named.get(name, []):
                yield from _strings(value, named)
        case ast.Dict(values=values):
            for value in values:
                yield from _strings(value, named)
        case ast.Tuple(elts=values):
            for value in values:
                yield from _strings(value, named)
        case ast.Subscript(value=picked) | ast.Starred(value=picked):
            yield from _strings(picked, named)
        case ast.Call(func=ast.Attribute(value=picked, attr="get"), args=[_, *default]):
            yield from _strings(picked, named)
            for value in default:
                yield from _strings(value, named)


def _keys(node: ast.expr, named: dict[str, list[ast.expr]]) -> Iterator[str]:
    match node:
        case ast.Dict(keys=keys):
            yield from (key.value for key in keys)
        case ast.Name(id=name):
            for value in named[name]:
                yield from _keys(value, named)
        case ast.IfExp(body=left, orelse=right) | ast.BinOp(left=left, right=right):
            yield from _keys(left, named)
            yield from _keys(right, named)

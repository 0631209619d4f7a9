"""Pay as people write it: by hand, and what must hold whatever is written."""

from __future__ import annotations

import pickle
import unicodedata
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlib import pay
from amlib.pay import parsing

M = 1_000_000


def read(text: str, **asked) -> tuple:
    found = pay.parse_pay(text, **asked)
    return found.low, found.high, found.currency, found.period, found.basis


FORMS = pytest.mark.parametrize("form", ["NFC", "NFD"])


@FORMS
@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("17 - 25 triệu", 17 * M, 25 * M),
        ("17-25tr", 17 * M, 25 * M),
        ("17 – 25 Triệu", 17 * M, 25 * M),
        ("15tr - 20tr", 15 * M, 20 * M),
        ("15~20tr", 15 * M, 20 * M),
        ("từ 15 đến 20tr", 15 * M, 20 * M),
        ("Từ 15 triệu tới 20 triệu", 15 * M, 20 * M),
        ("tu 15 den 20 trieu", 15 * M, 20 * M),
        ("15 to 20 million VND per month", 15 * M, 20 * M),
        ("Khoảng 15 - 20 triệu đồng", 15 * M, 20 * M),
        ("1.5-2 củ", 1.5 * M, 2 * M),
        ("900k - 1,2tr/tháng", 900_000, 1.2 * M),
        ("800 nghìn - 1 triệu /tháng", 800_000, 1 * M),
        ("15.000.000 - 20.000.000 VNĐ", 15 * M, 20 * M),
        ("15,000,000 – 20,000,000 đ/tháng", 15 * M, 20 * M),
        ("8.000.000 - 15 triệu", 8 * M, 15 * M),
        ("8 500 000 đ", 8.5 * M, 8.5 * M),
        ("Lương: 15 triệu", 15 * M, 15 * M),
        ("mức lương 12,5tr", 12.5 * M, 12.5 * M),
        ("15tr5", 15.5 * M, 15.5 * M),
        ("15tr500", 15.5 * M, 15.5 * M),
        ("15 triệu rưỡi", 15.5 * M, 15.5 * M),
        ("0.5 tỷ", 500 * M, 500 * M),
        ("~15tr", 15 * M, 15 * M),
        ("tầm 15 củ.", 15 * M, 15 * M),
        ("15.000.000", 15 * M, 15 * M),
        ("15M", 15 * M, 15 * M),
        ("Tới 20 triệu", None, 20 * M),
        ("Lên đến 20 triệu", None, 20 * M),
        ("Up to 20 triệu", None, 20 * M),
        ("Tối đa 20tr", None, 20 * M),
        ("< 20tr", None, 20 * M),
        ("Trên 20 triệu", 20 * M, None),
        ("từ 20tr", 20 * M, None),
        ("20tr+", 20 * M, None),
        ("Từ 20 triệu trở lên", 20 * M, None),
        (">= 20tr", 20 * M, None),
        ("Thỏa thuận, 15-20 triệu", 15 * M, 20 * M),
    ],
)
def test_dong_a_month(text, low, high, form):
    assert read(unicodedata.normalize(form, text)) == (low, high, "VND", "month", "unstated")


@pytest.mark.parametrize(
    ("text", "low", "high", "currency", "period"),
    [
        ("Trên 1.000 USD", 1000, None, "USD", "month"),
        ("$1,200", 1200, 1200, "USD", "month"),
        ("1.200$", 1200, 1200, "USD", "month"),
        ("US$ 1,200.50", Decimal("1200.5"), Decimal("1200.5"), "USD", "month"),
        ("1.234,56 USD", Decimal("1234.56"), Decimal("1234.56"), "USD", "month"),
        ("$1,200 - $1,500", 1200, 1500, "USD", "month"),
        ("1.000 - 1.500 USD", 1000, 1500, "USD", "month"),
        ("$1.2k", 1200, 1200, "USD", "month"),
        ("800 đô", 800, 800, "USD", "month"),
        ("1 nghìn đô la một tháng", 1000, 1000, "USD", "month"),
        ("60,000 USD/year", 60000, 60000, "USD", "year"),
        ("25k/giờ", 25_000, 25_000, "VND", "hour"),
        ("25k/h", 25_000, 25_000, "VND", "hour"),
        ("25.000 đ một giờ", 25_000, 25_000, "VND", "hour"),
        ("25-30k/1h", 25_000, 30_000, "VND", "hour"),
        ("300k/ngày", 300_000, 300_000, "VND", "day"),
        ("2tr mỗi tuần", 2 * M, 2 * M, "VND", "week"),
        ("1 tỷ/năm", 1000 * M, 1000 * M, "VND", "year"),
        ("1tỷ2/năm", 1200 * M, 1200 * M, "VND", "year"),
        ("500k/tháng", 500_000, 500_000, "VND", "month"),
        ("5,000 SGD monthly", 5000, 5000, "SGD", "month"),
        ("NZ$60,000 per annum", 60000, 60000, "NZD", "year"),
        ("€ 2.500 / month", 2500, 2500, "EUR", "month"),
    ],
)
def test_currencies_and_periods(text, low, high, currency, period):
    assert read(text) == (low, high, currency, period, "unstated")


@pytest.mark.parametrize(
    ("text", "basis"),
    [
        ("15tr net", "net"),
        ("NET 15tr", "net"),
        ("15tr (gross)", "gross"),
        ("Gross: 15tr/tháng", "gross"),
        ("15 triệu trước thuế", "gross"),
        ("15 triệu sau thuế", "net"),
        ("Thực nhận 15tr", "net"),
        ("15tr", "unstated"),
    ],
)
def test_gross_net_and_unstated(text, basis):
    assert read(text) == (15 * M, 15 * M, "VND", "month", basis)


@FORMS
@pytest.mark.parametrize(
    "text",
    [
        "Thoả thuận",
        "Thỏa thuận",
        "THOẢ THUẬN",
        "thoa thuan",
        " Thỏa  thuận. ",
        "Lương thỏa thuận",
        "Thương lượng",
        "Cạnh tranh",
        "Negotiable",
        "Trao đổi khi phỏng vấn",
        "Net, thoả thuận",
    ],
)
def test_to_be_agreed_is_no_figure_and_no_failure(text, form):
    found = pay.parse_pay(unicodedata.normalize(form, text))
    assert found.negotiable
    assert (found.low, found.high, found.currency, found.period) == (None,) * 4


@pytest.mark.parametrize(
    ("text", "why", "found"),
    [
        ("", parsing.NO_FIGURE, ""),
        ("Lương", parsing.NO_FIGURE, ""),
        ("USD/tháng", parsing.NO_FIGURE, ""),
        ("năm triệu", parsing.NOT_UNDERSTOOD, "nam"),
        ("20tr + thưởng", parsing.NOT_UNDERSTOOD, "tienthuong"),
        ("20tr + hoa hồng", parsing.NOT_UNDERSTOOD, "hoa"),
        ("Thưởng lương", parsing.NOT_UNDERSTOOD, "tienthuong"),
        ("Thu nhập 20tr", parsing.NOT_UNDERSTOOD, "thu"),
        ("20 triệu, nam", parsing.NOT_UNDERSTOOD, "nam"),
        ("2 năm kinh nghiệm", parsing.NOT_UNDERSTOOD, "nam"),
        ("20 điểm", parsing.NOT_UNDERSTOOD, "diem"),
        (".5tr", parsing.NOT_UNDERSTOOD, ".5tr"),
        ("15..5tr", parsing.NOT_UNDERSTOOD, ".5tr"),
        ("1.00.000 đ", parsing.NOT_UNDERSTOOD, "1.00.000"),
        ("1.234,567 đ", parsing.NOT_UNDERSTOOD, "1.234,567"),
        ("15,1234tr", parsing.NOT_UNDERSTOOD, "15,1234"),
        ("٢٠ triệu", parsing.NOT_UNDERSTOOD, "٢٠"),
        ("1̶5̶ 12tr", parsing.NOT_UNDERSTOOD, "̶5̶"),
        ("15²tr", parsing.NOT_UNDERSTOOD, "²tr"),
        ("TÆ° váº¥n 20", parsing.NOT_UNDERSTOOD, "tæ°"),
        ("10-15-20tr", parsing.NOT_A_RANGE, ""),
        ("10, 15tr", parsing.NOT_A_RANGE, ""),
        ("-5tr", parsing.NOT_A_RANGE, ""),
        ("15tr-", parsing.NOT_A_RANGE, ""),
        ("Trên 15 - 20tr", parsing.NOT_A_RANGE, ""),
        ("1 tỷ 2/năm", parsing.NOT_A_RANGE, ""),
        ("1 tỷ 200 triệu/năm", parsing.NOT_A_RANGE, ""),
        ("1.500 triệu", parsing.EITHER, "1.500"),
        ("1,500k/ngày", parsing.EITHER, "1,500"),
        ("1.500 - 2.000k", parsing.EITHER, "2.000"),
        ("15tr50", parsing.EITHER, "15tr50"),
        ("15,5tr5", parsing.NOT_UNDERSTOOD, "15,5tr5"),
        ("15tr gross, 13tr net", parsing.TWO_MEANINGS, "gross, net"),
        ("1.000 USD - 20.000.000 VND", parsing.TWO_MEANINGS, "usd, vnd"),
        ("25k/giờ/ngày", parsing.TWO_MEANINGS, "gio, ngay"),
        ("25 - 17 triệu", parsing.FALLS, ""),
        ("500 - 1 triệu", parsing.FALLS, ""),
        ("15 - 20", parsing.NO_PAY, ""),
        ("17 - 25.000.000 đ/tháng", parsing.NO_PAY, ""),
        ("500k", parsing.NO_PAY, ""),
        ("60k/năm", parsing.NO_PAY, ""),
        ("0 triệu", parsing.NO_PAY, ""),
        ("0 EUR/month", parsing.NO_PAY, ""),
        ("60,000 USD", parsing.NO_PAY, ""),
        ("900 triệu", parsing.NO_PAY, ""),
        ("1" * 30 + " EUR/month", parsing.NO_PAY, "1" * 30),
        ("60,000 NZD", parsing.NO_PERIOD, ""),
    ],
)
def test_what_is_not_plain_is_refused_with_the_reason(text, why, found):
    with pytest.raises(pay.UnreadablePay) as error:
        pay.parse_pay(text)
    assert (error.value.text, error.value.why, error.value.found) == (text, why, found)
    assert repr(text) in str(error.value)
    assert why in str(error.value)
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


def test_what_the_column_means_is_told():
    assert read("1,200", currency="USD") == (1200, 1200, "USD", "month", "unstated")
    assert read("240tr", period="year") == (240 * M, 240 * M, "VND", "year", "unstated")
    # A word of the text wins over what the column means.
    assert read("20tr/tháng", currency="USD", period="year") == (20 * M, 20 * M, "VND", "month", "unstated")


def test_a_column_keeps_its_rows_and_lists_what_it_cannot_read():
    texts = pd.Series(
        ["17 - 25 triệu", None, "xin hỏi", "Thoả thuận", "  ", "25k/giờ net", "xin hỏi"], index=list("abcdefa")
    )
    found = pay.parse_pay_column(texts)
    assert list(found.columns) == ["low", "high", "currency", "period", "basis", "kind", "why", "found"]
    assert list(found.index) == list(texts.index)
    assert found.kind.fillna("").tolist() == [*("pay", "", "unreadable", "negotiable", "", "pay", "unreadable")]
    assert found.low.dropna().tolist() == [17e6, 25e3]
    assert found.high.dropna().tolist() == [25e6, 25e3]
    assert found.loc["f", ["currency", "period", "basis"]].tolist() == ["VND", "hour", "net"]
    unreadable = found[found.kind == "unreadable"]
    assert texts[unreadable.index.unique()].tolist().count("xin hỏi") == 2
    assert unreadable.why.unique().tolist() == [parsing.NOT_UNDERSTOOD]
    assert unreadable.found.unique().tolist() == ["xin"]
    assert unreadable[["low", "high", "currency"]].isna().all(axis=None)


def test_a_column_without_rows_and_one_of_numbers():
    assert pay.parse_pay_column(pd.Series([], dtype="str")).dtypes.astype(str).tolist() == ["float64"] * 2 + ["str"] * 6
    assert pay.parse_pay_column(pd.Series([15_000_000, None], dtype="Int64")).low.tolist()[0] == 15e6


# -- Whatever is written -----------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        "15",
        "20",
        "1.000",
        "1,5",
        "tr",
        "triệu",
        "k",
        "củ",
        "tỷ",
        "USD",
        "$",
        "đ",
        "VNĐ",
        "-",
        "–",
        "đến",
        "tới",
        "từ",
        "trên",
        "/tháng",
        "/giờ",
        "/năm",
        "net",
        "gross",
        "lương",
        ".",
        ",",
        "+",
        "~",
        "rưỡi",
        "(",
        "x",
        "thoả thuận",
        "thỏa thuận",
        " ",
    ]
)


@given(
    st.one_of(st.text(max_size=20), st.lists(WORDS, max_size=8).map("".join), st.lists(WORDS, max_size=8).map(" ".join))
)
@settings(max_examples=600, deadline=None)
def test_any_text_is_read_soundly_or_refused(text):
    def outcome(form: str) -> object:
        try:
            return pay.parse_pay(unicodedata.normalize(form, text))
        except pay.UnreadablePay as error:
            return error.why

    found = outcome("NFC")
    assert found == outcome("NFD")
    if not isinstance(found, pay.WrittenPay):
        return
    ends = [end for end in (found.low, found.high) if end is not None]
    if found.negotiable:
        assert ends == []
        assert (found.currency, found.period) == (None, None)
    else:
        assert ends
        assert ends == sorted(ends)
        assert all(end > 0 for end in ends)
        assert found.period in ("hour", "day", "week", "month", "year")
        assert len(found.currency) == 3
        assert any(letter in "0123456789" for letter in text)


@st.composite
def written(draw) -> tuple[str, tuple]:
    """Pay, and one of the ways to write it."""
    low = draw(st.integers(2, 100))
    high = low + draw(st.integers(0, 50))
    unit = draw(st.sampled_from([" triệu", "tr", " Tr", " củ", ".000.000 đ", ",000,000 VND", " 000 000 đồng", "000k"]))
    form = draw(st.sampled_from(["{a} - {b}", "{a}–{b}", "từ {a} đến {b}", "{a} tới {b}", "Lương {a} ~ {b}"]))
    first = f"{low}{unit}" if unit[0] in ".,0" or unit.startswith(" 0") or draw(st.booleans()) else str(low)
    period, word = draw(
        st.sampled_from([("month", ""), ("month", "/tháng"), ("year", " / năm"), ("month", " một tháng")])
    )
    basis, how = draw(st.sampled_from([("unstated", ""), ("net", " net"), ("gross", " (GROSS)"), ("net", " sau thuế")]))
    text = form.format(a=first, b=f"{high}{unit}") + word + how
    text = draw(st.sampled_from([text, text.upper(), text.lower(), f"  {text} ", text.replace(" ", "\u00a0")]))
    text = unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD"])), text)
    return text, (low * M, high * M, "VND", period, basis)


@given(written())
@settings(max_examples=300, deadline=None)
def test_every_way_to_write_a_range_gives_it_back(case):
    text, expected = case
    assert read(text) == expected


@given(written(), st.sampled_from(["thưởng", "KPI", "năm", "x", "xx", "hoa hồng", "7", "½", "%"]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_word_more_makes_it_unreadable(case, word, first):
    text = f"{word} {case[0]}" if first else f"{case[0]} {word}"
    with pytest.raises(pay.UnreadablePay):
        pay.parse_pay(text)

"""Which encoding bytes are in, and which text was decoded wrongly before."""

from __future__ import annotations

import codecs
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlib.book.reading import vietnamese
from amlib.book.reading.encodings import Undecodable, decode, known, repaired
from amlib.book.reading.legacy import LEGACY

NAMES = [
    "Nguyễn Thị Ánh Tuyết",
    "Đặng Quốc Vượng",
    "Công ty Cổ phần Sữa Phương Đông",
    "Khuỷu tay",
    "Giường ngủ",
    "Quýt",
]


def in_cp1258(text: str) -> bytes:
    """Letters that cp1258 has stay; of others the tone stands behind the vowel, as Windows writes them."""
    written = b""
    for letter in text:
        try:
            written += letter.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            tone = next(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
            vowel = unicodedata.normalize("NFC", parts.replace(tone, ""))
            written += (vowel + tone).encode("cp1258")
    return written


@pytest.mark.parametrize(
    "word", ["nguyễn", "Đỗ", "KHUYẾN", "thuở", "gì", "giếng", "quýt", "uống", "yêu", "ả", "nghiêng"]
)
def test_a_syllable(word):
    assert vietnamese.syllable(word)


@pytest.mark.parametrize("word", ["săo", "façade", "müller", "łódź", "ờng", "thươ̈ng", "ñandú", "đơkn", "привет"])
def test_no_syllable(word):
    assert not vietnamese.syllable(word)


def test_words_with_letters_beyond_ascii_are_counted():
    """Of 'Phở Hà Müller 12 abc' three have such letters, two of them are Vietnamese: too few of five to be likely."""
    assert vietnamese.words("Phở Hà Müller 12 abc") == (3, 2)
    assert not vietnamese.likely("Phở Hà Müller 12 abc")
    assert vietnamese.likely("Phở Hà")
    assert not vietnamese.likely("Phở Hà", least=3)
    assert not vietnamese.likely("abc 12")


@pytest.mark.parametrize("text", NAMES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode(text, encoding):
    line = f"client_id,name\n1,{text}\n"
    assert decode(line.encode(encoding))[0] == line


@pytest.mark.parametrize("text", NAMES)
def test_the_mark_of_the_other_byte_order(text):
    line = f"client_id,name\n1,{text}\n"
    assert decode(codecs.BOM_UTF16_BE + line.encode("utf-16-be")) == (line, "utf-16-be")
    assert decode(codecs.BOM_UTF32_BE + line.encode("utf-32-be")) == (line, "utf-32-be")


@given(st.lists(st.sampled_from(" ".join(NAMES).split()), min_size=1, max_size=5).map(" ".join))
def test_vietnamese_in_cp1258_comes_back(text):
    assert decode(in_cp1258(text))[0] == text


def test_what_reads_the_same_in_both_needs_no_evidence():
    assert decode("Tr\xe0".encode("cp1252")) == ("Trà", "cp1258")


@pytest.mark.parametrize(
    "text", ["São Paulo, João", "Łódź".replace("Ł", "L").replace("ź", "z") + " ñandú Ýr", "Ærø – Þór"]
)
def test_western_letters(text):
    assert decode(text.encode("cp1252")) == (text, "cp1252")


def test_a_byte_that_is_no_letter_is_named():
    with pytest.raises(Undecodable) as error:
        decode("1,Nguyễn\n".encode() + b"2,Ng\xe1\xbb\n")
    assert (error.value.at, error.value.found) == (15, "byte 0xE1, which is not UTF-8")
    assert 'encoding = "cp1258"' in error.value.expected


@pytest.mark.parametrize("name", ["utf-8", "UTF-16", "cp1258", "tcvn3", "VNI", "latin-1"])
def test_a_known_encoding(name):
    assert known(name)


@pytest.mark.parametrize("name", ["cp9999", "base64", "rot13", "hex"])
def test_an_unknown_encoding(name):
    assert not known(name)


@given(st.lists(st.sampled_from(" ".join(NAMES).split()), min_size=1, max_size=5).map(" ".join), st.booleans())
def test_vietnamese_that_was_decoded_wrongly_is_repaired(text, as_latin1):
    data = text.encode()
    wrong = (
        data.decode("latin-1") if as_latin1 else "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in data)
    )
    assert repaired(wrong) == (None if text.isascii() else text)


@pytest.mark.parametrize("text", ["Phở Hòa", "MÃ¼ller", "Ã", "khoá…", "Nguyá»?n", "São", "100 €", ""])
def test_what_is_right_or_not_certain_stays(text):
    assert repaired(text) is None


def test_a_file_decoded_by_the_code_page_of_vietnam():
    """On a Vietnamese Windows what reads UTF-8 as ANSI reads it by cp1258: 'Đ' is C4 90, 'ơ' C6 A1, 'ó' C3 B3."""
    assert repaired("HĂ³a Ä\x91Æ¡n") == "Hóa đơn"
    assert repaired("HĂ³a Ä‘Æ¡n") == "Hóa đơn"


@pytest.mark.parametrize(
    ("font", "text", "expected"),
    [
        ("tcvn3", "Céng hßa x· héi chñ nghÜa ViÖt Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
        ("vni", "Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
        ("vni", "ÑOÄC LAÄP TÖÏ DO", "ĐỘC LẬP TỰ DO"),
        ("tcvn3", "§éc lËp", "Độc lập"),
    ],
)
def test_fonts_from_before_unicode(font, text, expected):
    assert LEGACY[font](text) == expected

"""Bytes as text: the encoding is found by strict trials, and by whether the letters then make Vietnamese."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from amlib.book.reading import vietnamese
from amlib.book.reading.legacy import LEGACY

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Inside a word stand letters and a few marks; anything else there is a letter in another encoding.
_BROKEN_WORD = re.compile(r"[^\W\d_][^\x00-\x7f\w’‘´`–—\xa0\xad]+[^\W\d_]")
# Letters of Vietnamese in UTF-8, which are none in another encoding: a file that has both was spoilt.
_IN_UTF8 = re.compile(rb"\xe1[\xba\xbb][\x80-\xbf]|[\xc3\xc4\xc6][\x80-\xbf]")
_WESTERN = re.compile(r"[\x80-\x9f¡-¢¤-¦¨¬¯±-´¶-¹¼-¾×÷ƒ†-‰‹›˜]")


@dataclass(frozen=True)
class Undecodable(Exception):
    """Bytes that are no text: the position of the first that is wrong, what it is and what would help."""

    at: int
    found: str
    expected: str


def known(name: str) -> bool:
    """Whether `name` is an encoding that text can be asked to be read by."""
    try:
        return name.casefold() in LEGACY or codecs.lookup(name)._is_text_encoding
    except LookupError:
        return False


def decode(data: bytes, asked: str = "") -> tuple[str, str]:
    """Text (in NFC where it was cp1258) and the encoding it was found in. Raises `Undecodable`.

    `asked` is an encoding to use instead of looking for it, also `tcvn3` and `vni`.
    """
    for mark, name in _MARKS:
        if data.startswith(mark) and asked.casefold() not in LEGACY:
            return _strictly(data[len(mark) :], name, len(mark)), name
    if asked:
        return _as_asked(data, asked.casefold()), asked.casefold()
    if name := _wide(data):
        return _strictly(data, name), name
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError as error:
        return _from_windows(data, error.start)


def _as_asked(data: bytes, asked: str) -> str:
    if asked in LEGACY:
        return LEGACY[asked](windows(data))
    return _strictly(data, asked)


def _strictly(data: bytes, name: str, skipped: int = 0) -> str:
    try:
        text = data.decode(name)
    except UnicodeDecodeError as error:
        found = f"byte 0x{data[error.start]:02X}, which is not {name.upper()}"
        raise Undecodable(error.start + skipped, found, f"a file saved as {name.upper()}") from None
    return unicodedata.normalize("NFC", text) if codecs.lookup(name).name == "cp1258" else text


def _wide(data: bytes) -> str:
    """UTF-16 without a mark: every other byte of what is in ASCII (delimiters, digits, line ends) is NUL."""
    start = data[:4096]
    if len(data) % 2 or len(start) < 8:
        return ""
    even, odd = start[::2].count(0), start[1::2].count(0)
    least = 0.3 * len(start) / 2
    if odd >= least and even <= odd / 20:
        return "utf-16-le"
    return "utf-16-be" if even >= least and odd <= even / 20 else ""


def _from_windows(data: bytes, at: int) -> tuple[str, str]:
    western = "" if _IN_UTF8.search(data) else windows(data)
    try:
        text = unicodedata.normalize("NFC", data.decode("cp1258")) if western else ""
    except UnicodeDecodeError:
        text = ""
    # Where both read the same, as in 'Hà', nothing has to be told apart.
    if text and not _BROKEN_WORD.search(text) and (vietnamese.likely(text) or text == western):
        return text, "cp1258"
    for name, unicode_of in LEGACY.items():
        if vietnamese.likely(unicode_of(western), least=3):
            raise Undecodable(
                at,
                f"letters of the font {name.upper()}, from before Unicode",
                f'a file saved as UTF-8, or encoding = "{name}" beside file = … in book.toml, which converts them '
                "(capitals of a capital font come out small)",
            )
    if western and not _WESTERN.search(western) and not _BROKEN_WORD.search(western):
        return western, "cp1252"
    raise Undecodable(
        at,
        f"byte 0x{data[at]:02X}, which is not UTF-8",
        "a file saved as UTF-8 (in Excel: Save as, 'CSV UTF-8 (Comma delimited)'), or its encoding beside file = … in "
        'book.toml, such as encoding = "cp1258"',
    )


_TABLES = [[bytes([byte]).decode(name, "ignore") or chr(byte) for byte in range(256)] for name in ("cp1252", "cp1258")]
_BYTES = [{ord(letter): byte for byte, letter in enumerate(table)} for table in _TABLES]


def windows(data: bytes) -> str:
    """Bytes as Windows shows them in cp1252, where those that mean nothing stand for themselves."""
    return data.decode("latin-1").translate(dict(enumerate(_TABLES[0])))


# -- UTF-8 that was read as something else, and saved like that --------------------------------------------------

_LEAD = "ÃÄÅÆáâĂ"
_NEXT = "".join(sorted({letter for table in _TABLES for letter in table[0x80:0xC0]} | set(map(chr, range(0x80, 0xC0)))))
MOJIBAKE = f"[{_LEAD}][{re.escape(_NEXT)}]"
"""Where a text may be UTF-8 read as cp1252, cp1258 or Latin-1."""


def repaired(text: str) -> str | None:
    """The Vietnamese text that was UTF-8 before it was read as something else; None where that is not certain.

    Certain is what goes back and forth without loss and has only Vietnamese words beyond ASCII.
    """
    found, at = None, text
    for _ in range(2):  # saved wrongly twice, it has to be taken back twice
        at = _back(at)
        if at is None:
            break
        if vietnamese.likely(at):
            found = at
    return found


def _back(text: str) -> str | None:
    for letters in _BYTES:
        data = bytearray()
        for letter in text:
            byte = letters.get(ord(letter), ord(letter) if ord(letter) < 256 else None)
            if byte is None:
                break
            data.append(byte)
        else:
            try:
                back = data.decode()
            except UnicodeDecodeError:
                continue
            return back if back != text else None
    return None

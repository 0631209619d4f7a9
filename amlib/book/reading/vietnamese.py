"""Whether letters make Vietnamese: the evidence by which encodings are told apart.

A Vietnamese word is one syllable, and of the syllables that letters could make few exist. A text that was decoded
wrongly has hardly any of them, so a handful of words settles it, where statistics over letters need pages.
"""

from __future__ import annotations

import re
import unicodedata

_ONSET = "b|ch|c|d|đ|gh|gi|g|h|kh|k|l|m|ngh|ng|nh|n|ph|p|qu|r|s|th|tr|t|v|x|"
_RIMES = """
    a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
    o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oem oen oeo oet oi om on ong ooc oong
    op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
    u ua uân uât uâng uây uc uê uêch uên uênh uêt ui um un ung uôc uôi uôm uôn uông uôt up ut uơ uơn uy uya uych uyên
    uyêt uynh uyt uyn uyu ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu
    y yêm yên yêng yêt yêu ych yn ynh yp yt
"""
_SYLLABLE = re.compile(f"({_ONSET})({'|'.join(_RIMES.split())})")
_WORD = re.compile(r"[^\W\d_]+")
_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323"))
_LETTERS = set("ăâđêôơư") | {unicodedata.normalize("NFC", v + t) for v in "aăâeêioôơuưy" for t in map(chr, _TONES)}

MOST = 5_000
"""So many words with letters beyond ASCII are looked at: more settle nothing that these do not."""


def words(text: str) -> tuple[int, int]:
    """How many words have letters beyond ASCII, and how many of those are Vietnamese syllables."""
    found = right = 0
    for match in _WORD.finditer(text):
        word = match[0]
        if word.isascii():
            continue
        found += 1
        right += syllable(word)
        if found == MOST:
            break
    return found, right


def syllable(word: str) -> bool:
    """Whether a word (in NFC) is one Vietnamese syllable."""
    word = word.lower()
    if not all(letter.isascii() or letter in _LETTERS for letter in word):
        return False
    bare = unicodedata.normalize("NFC", unicodedata.normalize("NFD", word).translate(_TONES))
    return bool(_SYLLABLE.fullmatch(bare))


def likely(text: str, least: int = 1) -> bool:
    """Whether at least `least` words have letters beyond ASCII, and four of five of those are Vietnamese."""
    found, right = words(text)
    return found >= least and right >= 0.8 * found

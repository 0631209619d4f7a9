"""Letters of the fonts before Unicode (TCVN3, also called ABC, and VNI), as they look in a Western encoding."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_TCVN3 = {
    **dict(zip(range(0xA1, 0xAF), "ĂÂÊÔƠƯĐăâêôơưđ", strict=True)),
    **dict(zip(range(0xB5, 0xBA), "àảãáạ", strict=True)),
    **dict(zip(range(0xBB, 0xBF), "ằẳẵắ", strict=True)),
    **dict(zip(range(0xC6, 0xCD), "ặầẩẫấậè", strict=True)),
    **dict(zip(range(0xCE, 0xD9), "ẻẽéẹềểễếệìỉ", strict=True)),
    **dict(zip(range(0xDC, 0xE0), "ĩíịò", strict=True)),
    **dict(zip(range(0xE1, 0xF0), "ỏõóọồổỗốộờởỡớợù", strict=True)),
    **dict(zip(range(0xF1, 0xFF), "ủũúụừửữứựỳỷỹýỵ", strict=True)),
}

_VNI_MARKS = {
    **{base: dict(zip("ùøûõï", tones, strict=True)) for base, tones in
       {"a": "áàảãạ", "e": "éèẻẽẹ", "o": "óòỏõọ", "u": "úùủũụ", "ô": "ớờởỡợ", "ö": "ứừửữự"}.items()},
    "y": dict(zip("ùøûõ", "ýỳỷỹ", strict=True)),
}  # fmt: skip
_VNI_MARKS["a"] |= dict(zip("âáàåãäêéèúüë", "âấầẩẫậăắằẳẵặ", strict=True))
_VNI_MARKS["e"] |= dict(zip("âáàåãä", "êếềểễệ", strict=True))
_VNI_MARKS["o"] |= dict(zip("âáàåãä", "ôốồổỗộ", strict=True))
_VNI = {base + mark: letter for base, marks in _VNI_MARKS.items() for mark, letter in marks.items()}
_VNI |= dict(zip("ñôöæóòî", "đơưỉĩịỵ", strict=True))
_VNI |= {theirs.upper(): letter.upper() for theirs, letter in _VNI.items()}
_VNI |= {theirs[0].upper() + theirs[1:]: letter.upper() for theirs, letter in _VNI.items() if len(theirs) == 2}
_IN_VNI = re.compile("|".join(sorted(_VNI, key=len, reverse=True)))


def _tcvn3(text: str) -> str:
    return text.translate(_TCVN3)


def _vni(text: str) -> str:
    return _IN_VNI.sub(lambda match: _VNI[match[0]], text)


LEGACY: Mapping[str, Callable[[str], str]] = {"tcvn3": _tcvn3, "vni": _vni}
"""Name -> text, whose letters look as the font's bytes do in cp1252, as Unicode."""

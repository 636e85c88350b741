"""Guess the encoding of text that says nothing of it: by chardet, and by whether what comes out reads as words."""

import codecs
import re
from collections.abc import Callable
from itertools import pairwise

_RARE = (
    *("iso8859-4", "iso8859-10", "iso8859-13", "iso8859-14", "iso8859-16", "cp1006", "kz1048", "ptcp154"),
    *("hp-roman8", "koi8-t", "cp720", "cp864", "cp1125"),
)
"""Encodings that short texts are more often taken for than written in."""
_FEW_BYTES = 4
"""A detector is of no use for so few characters."""
_SIGN_IN_WORD = re.compile(
    "[\x80-\x9f]|(?<=[^\\W\\d_])[\u201a-\u201e\u2020\u2021\u2030\u2039\u203a\u20ac£¥§©®±¿¡¬¦¤¶¸¯¨ˆ˜°†‡•“”](?=[^\\W\\d_])"
)
"""Control characters, and signs that are between letters in no language."""
_WORD = re.compile(r"[^\W\d_]+")
_KANA = re.compile("[\u3041-\u30fe]")
_LETTERS = re.compile("[\u3041-\u30fe\u4e00-\u9fff]")
_BAD = "\ufffd"


def guess_encoding(sample: bytes, find_codec: Callable[[str], str]) -> tuple[str, str]:
    """Return the name and the codec of the encoding of lines that are not ASCII.

    The encodings of DOS and of old Macs are taken only where those of the web give no words.
    """
    import chardet

    high = len(sample.translate(None, bytes(range(128))))
    if high <= _FEW_BYTES and reads_as_words(sample, "cp1252"):
        return "windows-1252", "cp1252"
    era = chardet.EncodingEra
    usual = era.MODERN_WEB | era.LEGACY_ISO | era.LEGACY_REGIONAL
    name, codec = "windows-1252", "cp1252"
    for eras in (usual, usual | era.DOS | era.LEGACY_MAC):
        found = chardet.detect(sample, encoding_era=eras, exclude_encodings=_RARE)
        name = str(found["encoding"] or "windows-1252").lower()
        codec = find_codec(name) or name
        if codec in ("gb18030", "big5hkscs", "cp1256", "cp949") and _is_japanese(sample):
            return "euc-jp", "euc_jis_2004"
        if reads_as_words(sample, codec):
            break
    return (name, codec) if _is_known(codec) else ("windows-1252", "cp1252")


def _is_known(codec: str) -> bool:
    """Return whether Python has a codec."""
    try:
        codecs.lookup(codec)
    except LookupError:
        return False
    return True


def reads_as_words(sample: bytes, codec: str) -> bool:
    """Return whether bytes in an encoding are words: no signs and no capitals inside of them, and nothing undefined."""
    if not _is_known(codec):
        return False
    text = sample.decode(codec, "replace")
    odd = text.count(_BAD) + len(_SIGN_IN_WORD.findall(text))
    odd += sum(
        before.islower() and letter.isupper() and not (before + letter).isascii() for before, letter in pairwise(text)
    )
    high = sum(letter > "\x7f" for letter in text)
    words = "".join(word for word in _WORD.findall(text) if not word.isascii())
    if codec == "cp1252" and 2 * sum(map(str.isascii, words)) < len(words):
        return False  # of no language that it is for
    return odd * 50 <= high


def _is_japanese(sample: bytes) -> bool:
    """Return whether bytes are EUC-JP: it shares its place with Chinese and Korean encodings, but has kana."""
    text = sample.decode("euc_jis_2004", "replace")
    kana = len(_KANA.findall(text))
    return text.count(_BAD) <= 1 and 8 * kana >= len(_LETTERS.findall(text)) and kana >= 2

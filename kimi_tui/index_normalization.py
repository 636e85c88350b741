"""Normalize text for a full-text index, so that spellings of one word or number match.

The same is done to what is indexed and to what is looked for, so that a word inside a Japanese, Chinese or Thai
sentence is found, `1234.5` finds `1,234.5`, and a ligature or a letter with a stroke finds its plain form. The result
is for an index alone; nobody reads it.
"""

import re
import unicodedata

DECIMAL_POINT_MARK = "\ue000"
"""The decimal point of a number in the index: a character that tokenizers take for a letter and no text has."""

_WITHOUT_SPACES = (
    "\u0e01-\u0e4e\u0e81-\u0ecd\u1000-\u109f\u1780-\u17d2"  # Thai, Lao, Myanmar, Khmer
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"  # Han, Hangul
    "\U00020000-\U0003ffff"
)
_RUN = re.compile(f"[{_WITHOUT_SPACES}]+")
_PLAIN = {
    "ß": "ss",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ı": "i",
    "þ": "th",
    "Þ": "TH",
    "\u02bc": "'",
    "ё": "е",
    "Ё": "Е",
    "ς": "σ",
    "أ": "ا",
    "إ": "ا",
    "آ": "ا",
    "ى": "ي",
    "ـ": "",
}
_TO_BE_PLAIN = re.compile(f"[{''.join(_PLAIN)}]")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
"""A digit of another script, as Hindi or full width ones."""
_ACCENTED = re.compile("[\u0370-\u03ff\u1f00-\u1fff\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]+")
"""Greek letters, and the vowel signs of Hebrew and Arabic: tokenizers keep their accents."""
_SPACED = re.compile(r"(\d(?<![\w.,]\d)\d{0,2}(?: \d{3})+),(\d{1,2})(?!\d)")
"""A number grouped by plain spaces, known by its comma: without one it may be two columns."""
_NUMBER = re.compile(r"(\d(?<![\w.,']\d)[\d.,'\u2019\u00a0\u2007\u2009\u202f]*\d)(?:(?=[^\W\d]{1,3}\b)|(?!\w))")
"""A number, alone or with a unit of a few letters right behind it; what is before is looked at after its first digit,
so that the search can skip to digits."""
_GROUPED = re.compile(r"(\d{1,3})((?:([,.'\u2019\u00a0\u2007\u2009\u202f])\d{2,3})(?:\3\d{2,3})*)(?:([.,])(\d+))?")
_DECIMAL = re.compile(r"(\d+)[.,](\d+)")
_MIN_WHOLE_DIGITS = 3
"""Digits before the point from which zeros at the end of a fraction say nothing."""


def normalize_for_index(text: str) -> str:
    """Return `text` for an index: scripts without spaces by character, numbers in one notation, letters plain."""
    text = _SPACED.sub(lambda match: _join_number(match[1].replace(" ", ""), match[2]), text)
    if not text.isascii():
        text = _OTHER_DIGIT.sub(lambda digit: str(unicodedata.digit(digit.group())), text)
        text = unicodedata.normalize("NFKC", _NUMBER.sub(_normalize_number, text))
        text = _ACCENTED.sub(lambda run: _without_accents(run.group()), text)
        text = text.replace("\u2019", "'")  # in most texts
        text = _TO_BE_PLAIN.sub(lambda letter: _PLAIN[letter.group()], text)
        text = _RUN.sub(lambda run: f" {' '.join(run.group())} ", text)
    return _NUMBER.sub(_normalize_number, text)


def _without_accents(text: str) -> str:
    """Return letters without their accents, and nothing of vowel signs."""
    return "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))


def alternative_numbers(word: str) -> tuple[str, ...]:
    """Return the other values that an ambiguous number may have, in the index's form.

    `1.234` is a thousand in some languages, and a little over one in others.
    """
    match = re.fullmatch(r"(\d{1,3})([.,])(\d{3})", word)
    if match:
        whole, mark, rest = match.groups()
        return (f"{whole}{rest}",) if mark == "." else (_join_number(whole, rest),)
    if re.fullmatch(r"[1-9]\d{3,5}", word) and not re.fullmatch(r"(?:19|20)\d\d", word):
        return (_join_number(word[:-3], word[-3:]),)
    return ()


def number_pattern(word: str) -> str:
    """Return a pattern that matches a number in every notation; empty for other words."""
    if not re.fullmatch(r"\d(?:[\d.,'\u2019\u00a0\u2007\u2009\u202f]*\d)?", word):
        return ""
    whole, _, fraction = normalize_for_index(word).partition(DECIMAL_POINT_MARK)
    if not whole.isascii() or not whole.isdigit():
        return ""
    head = len(whole) % 3 or 3
    groups = [whole[:head], *(whole[start : start + 3] for start in range(head, len(whole), 3))]
    return r"[.,'\u2019\u00a0\u2007\u2009\u202f]?".join(groups) + (rf"[.,]{fraction}" if fraction else "")


def _normalize_number(match: re.Match[str]) -> str:
    """Return a number without grouping, its point as `DECIMAL_POINT_MARK`, apart from a unit; else the text."""
    text = match.group()
    unit = " " if match.string[match.end() : match.end() + 1].isalpha() else ""
    if (grouped := _GROUPED.fullmatch(text)) and _is_grouped(grouped):
        return _join_number(grouped[1] + re.sub(r"\D", "", grouped[2]), grouped[5] or "") + unit
    if decimal := _DECIMAL.fullmatch(text):
        return _join_number(decimal[1], decimal[2]) + unit
    return text


def _is_grouped(match: re.Match[str]) -> bool:
    """Return whether the marks of a number group its digits: threes at the end, and no single point (a decimal)."""
    groups = re.split(r"\D", match[2])[1:]
    if len(groups[-1]) != 3 or match[1].startswith("0"):
        return False
    if match[3] == match[4]:
        return False
    return match[3] != "." or len(groups) > 1 or bool(match[4])


def _join_number(whole: str, fraction: str) -> str:
    """Join the digits before and after the point into one word."""
    if len(whole) >= _MIN_WHOLE_DIGITS:
        fraction = fraction.rstrip("0")
    return f"{whole}{DECIMAL_POINT_MARK}{fraction}" if fraction else whole

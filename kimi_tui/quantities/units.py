"""Parse units in captions and headers: `(in millions, except per share data)`, `$000s`, `%`."""

import re
from functools import lru_cache

import msgspec

from kimi_tui.quantities.currencies import CODES, SYMBOLS, currency_code

_SCALES = (
    (r"trillions?|trn\b|billones|兆|조", 12),
    (r"billions?|bn\b|milliarden|mrd\b\.?|milliards?|miliardi|млрд\b\.?|十億|십억", 9),
    (r"億|亿|억", 8),
    (r"crores?\b|(?<=₹)\s?cr\b\.?|千万|천만", 7),
    (
        r"millions?|mn\b|mio\b\.?|mill\b\.?|millionen|millones|milioni|(?<=[€$£])\s?m\b|^\W*m\W*$|млн\b\.?|百万|百萬|백만",
        6,
    ),
    (r"lakhs?\b|lacs?\b", 5),
    (r"万|萬|만", 4),
    (
        r"thousands?|000s\b|['‘’]000s?|^\W*000\W*$|(?<=[$€£])000|tsd\b\.?|tausend|teur\b|t€|milliers|miles\b(?= de)"
        r"|тыс\b\.?|千|천",
        3,
    ),
)
_SCALE = re.compile("|".join(f"(?P<s{power}>{words})" for words, power in _SCALES), re.IGNORECASE)
_UNLIKELY_CODES = frozenset({"TRY", "COP", "RON", "PHP", "ARS"})
"""Codes that are words when they are written small."""
_ISO = "|".join(sorted(CODES - _UNLIKELY_CODES))
_MONEY = re.compile(
    rf"(?i)\b(?:{_ISO})\b|\b(?:dollars?|euros?|pounds|sterling|yen|renminbi|rmb|yuan|rupees|won|teur|francs|руб(?:лей|ля)?)\b"
    rf"|(?:\b(?:us|ca|c|a|hk|nz|nt|r))?[{SYMBOLS}]|\brs\b\.?|人民币|[円元원]"
)
_NOTE_WORDS = re.compile(
    r"(?i)\b(?:amounts?|all|figures?|dollars?|u\.?s\.?|shares?|expressed|stated|presented|reported|tabular|except|per|share"
    r"|data|and|or|where|otherwise|noted|indicated|unless|number|of|percentages?|percent|for|in|the|as|are|par|value|stock"
    r"|common|weighted|average|units?|ratios?|information|headcount|euros?|years?|unaudited|columnar|rates?|nearest|rounded"
    r"|to|values?|price|prices|options?|rsus?|contract|contracts|(?:notional\s+)?currency|other|than|which|nature|days|table"
    r"|einheit|angaben|beträge|en|de|d|в|単位|单位|單位|단위|金額|金额|금액)\b"
)
_IN = re.compile(r"(?i)\b(?:in|as|and|or|nearest|are)\s+(?:(?:u\.?s\.?|[a-z]{3,12}|[$€£])\s+){0,2}$")
_AFTER_CODE = re.compile(r"(?i)(?<!\d)(?<!\d\s)\b(?:" + _ISO + r"|[$€£¥])\s*$")
_OWN_UNIT = re.compile(r"(?i)teur|t€")
"""A currency and its power of ten in one word."""
_YEAR_BEFORE = re.compile(r"(?<!\d)(?:19|20)\d\d\s*$")
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")


_PER_SHARE_DATA = re.compile(
    r"\b(?:earnings\s+|loss\s+)?per[\s-]+(?:\w+\s+){0,2}(?:shares?|units?|ads|adr)\b"
    r"(?:\s+(?:data|amounts?|information|prices?|figures|results))?"
)
_SHARES_IN = re.compile(r"shares?\b[^;()]{0,40}\bin (thousands|millions|billions)")


class Unit(msgspec.Struct, frozen=True):
    """The unit and scale of amounts."""

    scale: int | None = None
    """Power of ten; None if nothing is said."""
    money: str = ""
    """The currency's code; empty if none is named."""
    percent: bool = False
    shares_scaled: bool = False
    """True when numbers of shares are counted in the same."""
    per_share_apart: bool = False
    """True when amounts per share are excepted."""
    shares_apart: bool = False
    """True when numbers of shares are excepted."""
    share_scale: int | None = None
    """The power of ten that numbers of shares are counted in, where that is said apart."""

    @property
    def says_anything(self) -> bool:
        """Return whether something is said."""
        return self.scale is not None or bool(self.money) or self.percent


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> Unit:
    """Parse the unit of amounts in a caption, header or row's label."""
    lower = text.lower()
    match = _naming(text) or _SCALE.search(text)
    scale = next((int(name[1:]) for name, found in match.groupdict().items() if found), None) if match else None
    money = _MONEY.search(text)
    excepted = lower.partition("except")[2]
    apart_from_shares = _PER_SHARE_DATA.sub(" ", excepted)
    kept = lower.partition("except")[0]
    apart = _SHARES_IN.search(excepted) or (_SHARES_IN.search(kept) if money else None)
    return Unit(
        scale,
        currency_code(money.group()) if money else "",
        bool(re.search(r"%|\bpercent(?:age)?s?\b", lower)) and scale is None,
        bool(re.search(r"\bshares\b|\bshare (?:data|amounts|counts?)\b", _PER_SHARE_DATA.sub(" ", kept))),
        apart_from_shares != excepted,
        re.search(r"\bshares?\b", apart_from_shares) is not None,
        _power(apart[1]) if apart else None,
    )


def _power(word: str) -> int | None:
    return {"thousands": 3, "millions": 6, "billions": 9}.get(word)


@lru_cache(maxsize=4096)
def is_unit_note(text: str) -> bool:
    """Return whether a short text says nothing but what amounts are counted in."""
    if len(text) > 200 or not (_SCALE.search(text) or _MONEY.search(text)):
        return False
    rest = _NOTE_WORDS.sub(" ", _MONEY.sub(" ", _SCALE.sub(" ", text)))
    return not re.sub(r"[\W_]+", "", rest)


def names_unit(text: str) -> bool:
    """Return whether a text says somewhere in which power of ten amounts are counted: `(in millions)`.

    `revenue of $5 million` does not: what follows a number is that number's own.
    """
    return _naming(text) is not None


@lru_cache(maxsize=4096)
def _naming(text: str) -> re.Match[str] | None:
    """Return the word that says in which power of ten amounts are counted."""
    note = is_unit_note(text)
    bracketed = [found.span(1) for found in _IN_BRACKETS.finditer(text) if is_unit_note(found[1])]
    for match in _SCALE.finditer(text):
        before = text[max(0, match.start() - 40) : match.start()]
        word = match.group().lower().rstrip()
        is_own = _OWN_UNIT.fullmatch(word) is not None
        if re.search(r"\d[\d.,]*\s*[-\u2013]?\s*$", before) and not (is_own and _YEAR_BEFORE.search(before)):
            continue
        if note or before.rstrip().endswith(("$", "€", "£", "¥")) or _AFTER_CODE.search(before):
            return match
        if is_own or any(start <= match.start() < end for start, end in bracketed):
            return match
        if word.endswith(("s", "000", "n")) and not word.endswith("million") and _IN.search(before):
            return match
    return None

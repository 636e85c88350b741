"""What figures are counted in, as captions and headers say it: `(in millions, except per share data)`, `$000s`, `%`."""

import re
from functools import lru_cache

import msgspec

from kimi_tui.tools.text.figures import SYMBOLS

_SCALES = (
    (r"trillions?|trn\b|billones", 12),
    (r"billions?|bn\b|milliarden|mrd\b\.?|milliards?|miliardi", 9),
    (r"millions?|mn\b|mio\b\.?|mill\b\.?|millionen|millones|milioni|(?<=[€$£])\s?m\b|百万", 6),
    (r"thousands?|000s\b|'000s?|’000s?|(?<=[$€£])000|tsd\b\.?|tausend|teur\b|t€|milliers|miles\b(?= de)|千", 3),
)
_SCALE = re.compile("|".join(f"(?P<s{power}>{words})" for words, power in _SCALES), re.IGNORECASE)
_CODES = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "₩": "KRW",
    "円": "JPY",
    "元": "CNY",
    "us$": "USD",
    "ca$": "CAD",
    "c$": "CAD",
    "a$": "AUD",
    "hk$": "HKD",
    "nz$": "NZD",
    "nt$": "TWD",
    "r$": "BRL",
    "dollars": "USD",
    "dollar": "USD",
    "euros": "EUR",
    "euro": "EUR",
    "pounds": "GBP",
    "sterling": "GBP",
    "yen": "JPY",
    "renminbi": "CNY",
    "rmb": "CNY",
    "yuan": "CNY",
    "rupees": "INR",
    "won": "KRW",
    "rs": "INR",
    "rs.": "INR",
    "teur": "EUR",
    "francs": "CHF",
}
_ISO = ("USD", "EUR", "GBP", "CHF", "JPY", "CNY", "CAD", "AUD", "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "BRL", "KRW")
_MONEY = re.compile(
    r"(?i)\b(?:"
    + "|".join(_ISO)
    + r")\b|\b(?:dollars?|euros?|pounds|sterling|yen|renminbi|rmb|yuan|rupees|won|teur|francs)\b"
    rf"|(?:\b(?:us|ca|c|a|hk|nz|nt|r))?[{SYMBOLS}]|\brs\b\.?|[円元]"
)
_NOTE_WORDS = re.compile(
    r"(?i)\b(?:amounts?|all|figures?|dollars?|u\.?s\.?|shares?|expressed|stated|presented|reported|tabular|except|per|share"
    r"|data|and|or|where|otherwise|noted|indicated|unless|number|of|percentages?|percent|for|in|the|as|are|par|value|stock"
    r"|common|weighted|average|units?|ratios?|information|headcount|euros?|years?|unaudited|columnar|rates?|nearest|rounded"
    r"|to|values?|price|prices|options?|rsus?|contract|contracts|(?:notional\s+)?currency|other|than|which|nature|days|table)\b"
)
_IN = re.compile(r"(?i)\b(?:in|expressed|stated|presented)\b")


class Unit(msgspec.Struct, frozen=True):
    """What amounts are counted in."""

    scale: int | None = None
    """Power of ten; None if nothing is said."""
    money: str = ""
    """The currency's code; empty if none is named."""
    percent: bool = False
    shares_scaled: bool = False
    """Whether numbers of shares are counted in the same."""
    per_share_apart: bool = False
    """Whether amounts per share are excepted."""
    shares_apart: bool = False
    """Whether numbers of shares are excepted."""

    @property
    def anything(self) -> bool:
        """Whether something is said."""
        return self.scale is not None or bool(self.money) or self.percent


@lru_cache(maxsize=4096)
def unit_of(text: str) -> Unit:
    """What a caption, header or row's label says of its amounts."""
    lower = text.lower()
    match = _SCALE.search(text)
    scale = next((int(name[1:]) for name, found in match.groupdict().items() if found), None) if match else None
    money = _MONEY.search(text)
    excepted = lower.partition("except")[2]
    per_share = bool(re.search(r"per[\s-]+(?:\w+\s+)?(?:share|unit|ads|adr)|earnings per", excepted))
    shares = bool(re.search(r"shares?\b(?!\s+(?:data|amounts?|information|price|figures))", excepted)) and (
        "number of shares" in excepted
        or bool(re.search(r"(?:^|,|and|or|except)\s*(?:for\s+)?(?:the\s+)?shares?\b", excepted))
        or bool(re.search(r"shares? (?:and|or) per", excepted))
        or bool(re.search(r"shares?,", excepted))
    )
    kept = lower.partition("except")[0]
    return Unit(
        scale,
        code_of(money.group()) if money else "",
        bool(re.search(r"%|\bpercent(?:age)?s?\b", lower)) and scale is None,
        bool(re.search(r"\bshares?\b", kept)),
        per_share or bool(re.search(r"per[\s-]+share", excepted)),
        shares
        or (
            bool(re.search(r"\bshare (?:data|amounts|and per)", excepted)) and not re.search("per share", excepted[:12])
        ),
    )


def code_of(mark: str) -> str:
    """The currency's code for a symbol or word."""
    mark = mark.strip().lower()
    if mark.upper() in _ISO:
        return mark.upper()
    return _CODES.get(mark, _CODES.get(mark[-1:], "") if mark else "")


@lru_cache(maxsize=4096)
def is_unit_note(text: str) -> bool:
    """Whether a short text says nothing but what amounts are counted in."""
    if len(text) > 200 or not (_SCALE.search(text) or _MONEY.search(text)):
        return False
    rest = _NOTE_WORDS.sub(" ", _MONEY.sub(" ", _SCALE.sub(" ", text)))
    return not re.sub(r"[\W_]+", "", rest)


@lru_cache(maxsize=4096)
def names_unit(text: str) -> bool:
    """Whether a text says somewhere in which power of ten amounts are counted: `(in millions)`."""
    for match in _SCALE.finditer(text):
        around = text[max(0, match.start() - 40) : match.start()]
        if is_unit_note(text) or _IN.search(around) or around.rstrip().endswith(("$", "€", "£", "(")):
            return True
    return False

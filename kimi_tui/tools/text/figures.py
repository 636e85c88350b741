"""Parse figures as tables show them: `$1,234`, `(567)`, `12.5%`, `1.234,5`, `5 678`, with or without a note mark."""

import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from kimi_tui.quantities.currencies import SYMBOLS
from kimi_tui.tools.text.position_marks import remove_marks

DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
"""Marks that stand for minus, or alone for nothing."""
_MINUSES = f"{DASHES}△"
"""Signs of a negative figure; a triangle is how Japanese statements write it."""
_CURRENCY = (
    r"(?:(?:US|U\.S\.|CA|C|A|AU|NZ|HK|S|NT|R|MX)?\s?[" + SYMBOLS + r"]"
    r"|\b(?:USD|EUR|GBP|CHF|JPY|CNY|RMB|CAD|AUD|INR|SEK|NOK|DKK|kr|zł|PLN|CZK|BRL|KRW)\b|Rs\.?|[元円])"
)
_NUMBER = (
    r"\d{1,3}(?P<group>[,.'\u2019\u00a0\u2009\u202f ])\d{2,3}(?:(?P=group)\d{2,3})*(?:[.,]\d+)?"
    r"|\d+(?:[.,]\d+)?|[.,]\d+"
)
_NOTE = r"(?:\s*(?:\^?\(\d{1,2}\)|\^?\([a-z]{1,2}\)|\^\w{1,3}(?:,\s?\w{1,2})*|\*{1,3}|[†‡§¹²³⁴⁵⁶⁷⁸⁹]+|\[\w{1,2}\]))*"
_POWER = r"(?:thousands?|millions?|billions?|trillions?|crores?|lakhs?|mio|mrd|mn|bn|[kmb](?![\w.]))\.?"
_POWERS = {"t": 3, "k": 3, "l": 5, "m": 6, "c": 7, "b": 9}
FIGURE = re.compile(
    rf"\s*(?P<shown>(?P<sign>[{DASHES}+△])?\s*(?P<before>{_CURRENCY})?\s*(?P<open>\()?\s*(?P<inner>[{DASHES}+])?\s*"
    rf"(?P<money>{_CURRENCY})?\s*(?P<number>{_NUMBER})(?:[.,][{DASHES}]{{1,2}})?\s*(?P<power>{_POWER})?\s*(?P<after>{_CURRENCY})?\s*"
    rf"(?P<percent>%|pp|pts?\.?|bps)?\s*(?P<close>\))?\s*(?P<late>%|[x×](?!\w))?(?P<trail>[-\u2212](?!\w))?)"
    rf"(?P<note>{_NOTE})\s*",
    re.IGNORECASE,
)
"""A figure that fills a cell."""
NOTHING = re.compile(rf"\s*(?:{_CURRENCY})?\s*(?:[{DASHES}]{{1,3}}|nil)\s*%?{_NOTE}\s*", re.IGNORECASE)
"""A dash that stands for no amount."""
PREFIX = re.compile(rf"\s*(?:[{DASHES}+]?\s*{_CURRENCY}\s*\(?|\(\s*(?:{_CURRENCY})?|[{DASHES}+])\s*")
"""What stands in a cell of its own before a figure."""
SUFFIX = re.compile(rf"\s*(?:\)?\s*(?:%|pp|pts?\.?|bps|[x×])?\s*\)?|{_CURRENCY}){_NOTE}\s*")
"""What stands in a cell of its own after a figure: the end of a bracket, a percent sign, marks of notes."""
_COMMA_IS_DECIMAL = re.compile(r"\d\.\d{3},\d|\d\.\d{3}\.\d{3}|(?<![\d,.])\d+,\d{1,2}(?![\d,])|(?<![\d,.])0,\d")
_POINT_IS_DECIMAL = re.compile(r"\d,\d{3}\.\d|\d,\d{3},\d{3}|(?<![\d,.])\d+\.\d{1,2}(?!\d)|(?<![\d,.])0\.\d")

_POINTED = re.compile(r"\d\.\d")
_GROUPED_BY_POINTS = re.compile(rf"[^\w.,]*[1-9]\d{{0,2}}(?:\.\d{{3}})+\s*(?:{_CURRENCY})?[^\w.,]*", re.IGNORECASE)
_OF_COMMAS = re.compile(
    r"(?i)\bT(?:EUR\b|€)|\b(?:Mio|Mrd|Tsd|Millionen|Milliarden|Tausend|milioni|migliaia|miliardi|milhões|milhares)\b"
    r"|(?<!\d)(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?:19|20)\d\d(?!\d)"
)
"""Units and dates of languages that write a decimal comma."""


_ASCII = str.maketrans(
    {ord("，"): ",", ord("．"): ".", ord("٬"): ",", ord("٫"): "."}
    | {zero + digit: str(digit) for zero in (0x660, 0x6F0, 0x966, 0xFF10) for digit in range(10)}
)
"""Digits and marks of other scripts, one for one."""


class TableFigure(msgspec.Struct, frozen=True):
    """A number as shown in a table."""

    text: str
    """With its brackets, percent or currency mark, without marks of notes."""
    value: str
    """Decimal without grouping, with the sign that is shown."""
    percent: bool
    currency: str
    """Its mark as written; empty if there is none."""
    power: int | None = None
    """The power of ten that is written with it: 6 in `5.1 million`."""


def plain_digits(text: str) -> str:
    """Return a text of the same length with digits of other scripts as `0` to `9`."""
    return text if text.isascii() else text.translate(_ASCII)


@lru_cache(maxsize=1 << 16)
def parse_figure(text: str, *, comma_is_decimal: bool = False) -> TableFigure | None:
    """Return the figure that a cell's whole text is, None for any other text."""
    text = plain_digits(remove_marks(text))
    match = FIGURE.fullmatch(text) if len(text) <= 60 else None
    if match is None:
        return None
    number = match["number"]
    value = _decimal(number, comma_is_decimal)
    if value is None:
        return None
    currency = (match["before"] or match["money"] or match["after"] or "").strip()
    power = _power_of(match["power"])
    if power is not None and len(match["power"]) == 1 and not currency:
        return None  # `5 m` may be metres
    signs = (match["sign"] or "") + (match["inner"] or "")
    negative = bool(match["open"] and match["close"]) or any(mark in _MINUSES for mark in signs)
    negative = negative or match["trail"] is not None
    return TableFigure(
        match["shown"].strip(),
        "-" + value if negative and value.strip("0.") else value,
        (match["percent"] or match["late"] or "") == "%",
        currency,
        power,
    )


def _power_of(word: str | None) -> int | None:
    """Return the power of ten of a word or letter behind a number."""
    if not word:
        return None
    lower = word.lower()
    return 9 if lower.startswith("mrd") else 12 if lower.startswith("tr") else _POWERS[lower[0]]


def detect_decimal_commas(texts: Iterable[str], around: Iterable[str] = ()) -> bool:
    """Return whether the numbers in these texts have a decimal comma, by what is written in only one way.

    Where all are written in two ways, as `1.234`, the words `around` them decide: units and dates as of German.
    """
    texts = [text.partition("^")[0] for text in texts]  # the marks of notes, as `^1,2`, are no decimals
    commas = points = 0
    for text in texts:
        commas += len(_COMMA_IS_DECIMAL.findall(text))
        points += len(_POINT_IS_DECIMAL.findall(text))
    if commas or points:
        return commas > points
    pointed = {text for text in texts if _POINTED.search(text)}
    return len(pointed) > 1 and all(map(_GROUPED_BY_POINTS.fullmatch, pointed)) and any(map(_OF_COMMAS.search, around))


def _decimal(number: str, comma_is_decimal: bool) -> str | None:
    """Return a number with a decimal point and without grouping; None when it is grouped as no number is."""
    decimal, group = (",", ".") if comma_is_decimal else (".", ",")
    whole, point, fraction = number.rpartition(decimal) if decimal in number else (number, "", "")
    if decimal in whole:  # several of them group: 1.234.567
        if point and len(fraction) != 3:
            return None
        whole, point, fraction = number.replace(decimal, group), "", ""
    if fraction and not fraction.isdigit():
        return None
    groups = re.split(r"[,.'\u2019\u00a0\u2009\u202f ]", whole)
    if len(groups) > 1 and (len(groups[-1]) != 3 or any(len(one) not in (2, 3) for one in groups[1:])):
        return None
    digits = "".join(groups).lstrip("0") or "0"
    return f"{digits}.{fraction}" if point and fraction else digits

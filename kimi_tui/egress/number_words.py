"""Find the numbers of a text however they are written: joined to letters, in words, Roman, hexadecimal, rounded.

A number is given as decimal digits, so that it can be compared with figures. What ordinary addresses and queries are
full of is left out: years, dates, quarters, forms and standards.
"""

import re
import unicodedata
from collections.abc import Iterator

MIN_DIGITS = 3
"""Digits in one text that say something, alone or scattered."""
MIN_YEAR, MAX_YEAR = 1980, 2040
"""Years that anybody may name."""
MAX_YEARS = 3
"""Different years in one text; more of them are a row of figures."""

_HARMLESS = re.compile(
    r"""
    (?<!\d)(?:19[89]\d|20[0-3]\d)[-/._]?(?:0?[1-9]|1[0-2])[-/._]?(?:0?[1-9]|[12]\d|3[01])(?!\d)   # a date
    | \b(?:10|20|40|8|6|11)-?[KQF]\b | \bS(?:&|%26)P[\s_+-]?(?:500|400|600)\b
    | \b(?:Q[1-4]|H[12]|[1-4]Q|FY|CY)[-_ ]?\d{0,2}(?=[\W_]|(?:19|20)\d\d|$)
    | \b(?:ISO|IEC|EN)[-_ ]?(?:13485|14001|14040|14064|17025|19011|20000|20121|22000|22301|26000|2700[12]|2701[78]|27701
      |31000|37001|42001|45001|50001|55001|60601|61508|62304|62443)\b
    | \b(?:ISO|IEC|EN|IFRS|IAS|ASC|ASU|RFC|DAX|MDAX|CAC|FTSE|STOXX|MSCI|Nikkei|Russell|Nasdaq|Fortune|Basel|Euro
      |PM|CO|CH|NO|SO|HF|COVID|Web|Industry|Scope|G|EU|R|WLTP|USB|HTTP|IPv)[-_ ]?\d{1,4}(?:\.\d)?\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DIGITS = re.compile(r"\d(?:[\d.,' ]*\d)?")
_ROUNDED = re.compile(
    r"(?<!\d)\d+(?:[.,]\d+)?[\s_+-]*(?:k|m|mn|mio|bn|mrd|tn|e\d|thousand|million|billion|trillion|crore|lakh)s?\b",
    re.IGNORECASE,
)
_HEX = re.compile(r"\b(?:0x[0-9a-f]{2,12}|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{3,8})\b", re.IGNORECASE)
_BASED = re.compile(r"\b0([ob])([0-7]{3,40})\b", re.IGNORECASE)
_ROMAN = re.compile(r"\b(?=[MDCLXVI]{4,})M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})\b", re.IGNORECASE)
_ROMAN_VALUES = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}

_UNITS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
    "de": "null eins zwei drei vier fuenf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn fuenfzehn sechzehn "
    "siebzehn achtzehn neunzehn",
    "fr": "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince",
    "it": "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici",
}
_TENS = (
    "twenty thirty forty fifty sixty seventy eighty ninety",
    "zwanzig dreissig vierzig fuenfzig sechzig siebzig achtzig neunzig",
    "vingt trente quarante cinquante soixante septante huitante nonante",
    "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
)
_VALUES = {word: at for words in _UNITS.values() for at, word in enumerate(words.split())}
_VALUES |= {word: 10 * (at + 2) for words in _TENS for at, word in enumerate(words.split())}
_VALUES |= {"fuenf": 5, "funf": 5, "funfzehn": 15, "funfzig": 50, "zwoelf": 12, "ein": 1, "eine": 1, "dreizig": 30}
_HUNDREDS = {"hundred": 100, "hundert": 100, "cent": 100, "cents": 100, "cien": 100, "ciento": 100, "cento": 100}
_MAGNITUDES = {"thousand": 10**3, "tausend": 10**3, "mille": 10**3, "mil": 10**3, "mila": 10**3}
_MAGNITUDES |= {"million": 10**6, "millionen": 10**6, "millions": 10**6, "millones": 10**6, "milioni": 10**6}
_MAGNITUDES |= {"billion": 10**9, "milliarden": 10**9, "milliards": 10**9, "trillion": 10**12}
_FILLING = frozenset({"and", "und", "et", "y", "e", "point", "komma", "virgule"})
_WORDS = {*_VALUES, *_HUNDREDS, *_MAGNITUDES}
_COMPOUND = re.compile("|".join(sorted({*_WORDS, "und"}, key=len, reverse=True)))
_WORD = re.compile(r"[a-z]+")


def find_numbers(text: str) -> Iterator[str]:
    """Yield the numbers of a text that say something, each unchanged or in decimal digits."""
    plain = unicodedata.normalize("NFKC", text)
    plain = _ESCAPE.sub(" ", _HARMLESS.sub(" ", plain))
    years = [int(year) for year in _YEAR.findall(plain)]
    if len(set(years)) <= MAX_YEARS and all(MIN_YEAR <= year <= MAX_YEAR for year in years):
        plain = _YEAR.sub(" ", plain)
    yield from _ROUNDED.findall(plain)
    yield from decode_numerals(plain)
    rows = [row.strip(" .,'") for row in _DIGITS.findall(plain)]
    for row in rows:
        if len(_digits(row)) >= MIN_DIGITS or (len(_digits(row)) > 1 and re.search(r"\d[.,]\d", row)):
            yield row
    scattered = _digits("".join(rows))
    if len(rows) > 1 and len(scattered) > MIN_DIGITS - (len(rows) == len(scattered)):
        yield scattered


def decode_numerals(text: str) -> Iterator[str]:
    """Yield in decimal digits the numbers of three digits and more that are written in words or other numerals."""
    for match in _HEX.finditer(text):
        yield from _telling(int(match.group(), 16))
    for match in _BASED.finditer(text):
        if match.group(1) in "oO" or not match.group(2).strip("01"):
            yield from _telling(int(match.group(2), 8 if match.group(1) in "oO" else 2))
    for match in _ROMAN.finditer(text):
        yield from _telling(_roman_value(match.group().upper()))
    yield from _spelled_numbers(text)


def _telling(value: int) -> Iterator[str]:
    if value >= 10 ** (MIN_DIGITS - 1):
        yield str(value)


def _spelled_numbers(text: str) -> Iterator[str]:
    """Yield the numbers that runs of words are for: `four hundred and twelve`, `vierhundertzwölf`, `one seven four`."""
    folded = unicodedata.normalize("NFKD", text.lower().replace("\u00df", "ss").replace("\u00fc", "ue"))
    run: list[str] = []
    for word in [*_WORD.findall("".join(sign for sign in folded if not unicodedata.combining(sign))), ""]:
        parts = [word] if word in _WORDS else _split_compound(word)
        if parts:
            run += parts
        elif word not in _FILLING:
            if len(run) > 1:
                yield from _run_values(run)
            run = []


def _split_compound(word: str) -> list[str]:
    """Return the number words that a word is put together from; empty when it is another word."""
    parts = _COMPOUND.findall(word) if len(word) > 6 else []
    return [part for part in parts if part != "und"] if "".join(parts) == word and len(parts) > 1 else []


def _run_values(run: list[str]) -> Iterator[str]:
    """Yield what a run of number words is for: digits one after the other, or a number."""
    values = [_VALUES.get(word, -1) for word in run]
    if all(0 <= value <= 99 for value in values) and len(values) >= MIN_DIGITS:
        yield "".join(map(str, values))
    total = current = 0
    for word in run:
        if word in _HUNDREDS:
            current = max(current, 1) * 100
        elif word in _MAGNITUDES:
            total, current = total + max(current, 1) * _MAGNITUDES[word], 0
        else:
            current += _VALUES[word]
    yield from _telling(total + current)


def _roman_value(text: str) -> int:
    values = [_ROMAN_VALUES[sign] for sign in text]
    return sum(-one if one < after else one for one, after in zip(values, [*values, 0][1:], strict=True))


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))

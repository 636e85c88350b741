"""Find amounts in text: numbers with scale, unit and sign, as people write them.

`$32,765 million`, `EUR 11,1 Mrd`, `(969)`, `eleven percent`, `Rs 7,92,756 crore`, `9 new jobs`, `doubled`. Years, dates
and numbers inside names (`Q3`, `S12`, `10-K`) are no amounts. A number that reads two ways (`1.234`) keeps both.
"""

import re
from decimal import Decimal
from typing import Literal

import msgspec

from kimi_tui.evidence.bounds import Bound, bound_before
from kimi_tui.evidence.vocabulary import ADJECTIVES, NO_UNITS
from kimi_tui.quantities.currencies import CODES, SIGN, WORDS, currency_code
from kimi_tui.quantities.numbers import NUMBER_WORDS, parse_number_words
from kimi_tui.quantities.text_periods import find_date_spans

AmountKind = Literal["amount", "percent", "points", "multiple"]
"""`points` are percentage or basis points; a `multiple` is a factor such as `doubled` or `3.2x`."""

MAX_DIGITS = 24
_BLANKS = " \u00a0\u2007\u2009\u202f'\u2019"
_GROUPED = rf"\d{{1,3}}(?P<mark>[{_BLANKS},.])\d{{3}}(?!\d)(?:(?P=mark)\d{{3}}(?!\d))*(?:[.,]\d+)?"
_INDIAN = r"\d{1,3}(?:,\d{2})+,\d{3}(?!\d)(?:\.\d+)?"
_SCALES = {
    2: ("hundred",),
    3: ("thousand", "thousands", "tsd", "tausend", "k", "\u5343"),
    4: ("\u4e07", "\u842c"),
    5: ("lakh", "lakhs", "lac"),
    6: ("million", "millions", "millionen", "mio", "mill", "mln", "mn", "m"),
    7: ("crore", "crores", "cr"),
    8: ("\u4ebf", "\u5104", "\u5104\u5186"),
    9: ("billion", "billions", "milliarde", "milliarden", "milliard", "milliards", "mrd", "bln", "bn", "b"),
    12: ("trillion", "trillions", "billionen", "tn", "\u5146"),
}
_POWERS = {word: power for power, words in _SCALES.items() for word in words}
_SCALE = "|".join(sorted(map(re.escape, _POWERS), key=len, reverse=True))
_CODE = "|".join(sorted(CODES))
_MONEY = "|".join(WORDS)
_SIGN = r"[-\u2212\u2013+]|(?:minus|negative|plus|a\s+positive|positive)\s+(?:of\s+)?"
_NUMBER = re.compile(
    rf"""
    (?<![\w.,/\u00a7])
    (?P<sign>{_SIGN})?
    (?P<open>\(\s*)?
    (?:(?P<before>{SIGN}|(?:{_CODE})(?![A-Za-z]))\s?)?
    (?P<sign2>[-\u2212])?
    (?P<open2>\(\s*)?
    (?:(?P<digits>{_INDIAN}|{_GROUPED}|\d+(?:[.,]\d+)?|\.\d+)|(?P<words>{NUMBER_WORDS}))
    (?P<close2>\s*\))?
    (?:[\s\u00a0]?-?(?P<percent>%|\u2030|\uff05|per\s?cent(?:age)?(?!\s+points?)\b|prozent\b|pct\.?(?!\w)))?
    (?:[\s\u00a0]?-?(?P<points>percentage\s+points?\b|basis\s+points?\b|bps?\b|pp\b|ppts?\b))?
    (?:(?:[\s\u00a0]?|-(?=[a-z]{{4}}))(?P<scale>{_SCALE})(?![\w]|[-\u2010][a-z]))?
    (?P<close>\s*\))?
    (?:[\s\u00a0]?(?P<after>(?:{_CODE})(?!\w)|\u20ac|\u00a3|\u00a5|\u5186|\u5143|(?:(?:U\.?S\.?|Canadian|Australian)\s+)?(?:{_MONEY})s?\b))?
    (?P<close3>\s*\))?
    (?:[\s\u00a0]?(?P<times>x\b|times\b|-?fold\b))?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MULTIPLES: dict[str, int | Decimal] = {
    "doubled": 2, "doubling": 2, "tripled": 3, "tripling": 3, "trebled": 3,
    "quadrupled": 4, "quadrupling": 4, "quintupled": 5, "halved": Decimal("0.5"),
    "halving": Decimal("0.5"), "verdoppelte": 2, "verdoppelt": 2, "verdreifachte": 3, "halbierte": Decimal("0.5"),
}  # fmt: skip
_MULTIPLE = re.compile(rf"\b(?:{'|'.join(_MULTIPLES)})\b", re.IGNORECASE)
_UNIT_WORD = re.compile(
    r"[\s\u00a0]+(?P<noun>[a-z][a-z\u00df-\u024f-]{1,30})(?:[\s\u00a0]+(?P<next>[a-z][a-z-]{1,30}))?"
)
_PER_SHARE = re.compile(
    r"[\s\u00a0]*(?:a|per|/)\s*(?:diluted\s+|basic\s+|common\s+|ordinary\s+)*share\b", re.IGNORECASE
)
_NAME_BEFORE = re.compile(
    r"(?:\b(?:note|item|section|chapter|page|pages|p\.|part|figure|table|exhibit|appendix|annex|schedule|form|article|"
    r"rule|topic|asc|asu|ifrs|ias|level|tier|phase|class|series|type|version|no\.?|number|nr\.?|row|rows|line|step|"
    r"category|stage|scope|covid|windows|top|section)|[\u00a7#]|[A-Z]{2,}-)[\s\u00a0]?$",
    re.IGNORECASE,
)
"""What makes of a number behind it a name: `Note 7`, `Level 3`."""


_PAIR = re.compile(r"\s*(?:to|and|or|und|bis|[-\u2013])\s*", re.IGNORECASE)


_FOOTNOTE = re.compile(r".?(?:[\w)]\(\|\d\d?\)|[^\W\d] \(\|\d\))")
"""A small number in brackets behind a word: the mark of a note."""


class Amount(msgspec.Struct, frozen=True):
    """One amount as written, with its possible readings."""

    start: int
    """Where it begins in its text, its sign and currency included."""
    end: int
    """Behind its scale and unit."""
    text: str
    """As written."""
    readings: tuple[Decimal, ...]
    """What its digits may mean, without sign and scale; more than one for `1.234`."""
    places: int
    """Decimal places of its first reading."""
    kind: AmountKind = "amount"
    power: int | None = None
    """The scale that it names, as a power of ten; None if it names none."""
    unit: str = ""
    """A currency's code, `%`, `shares`, ...; empty if it names none."""
    per_share: bool = False
    """True when it is an amount for each share."""
    sign: int = 0
    """-1 for a minus, brackets or `negative`; 1 for `+` or `positive`; 0 if it shows none."""
    noun: str = ""
    """What is counted, if a plain word follows: `jobs`."""
    in_words: bool = False
    """True when the number is spelled out."""
    bracketed: bool = False
    """True when it stands alone in brackets, which may mean a minus or an aside."""
    bound: Bound = ""
    """What the words before it say of the true figure: `more than`, `nearly`, `about`."""

    @property
    def is_money(self) -> bool:
        """Return whether it is an amount of money by its own words."""
        return len(self.unit) == 3 and self.unit.isupper()

    @property
    def is_count(self) -> bool:
        """Return whether it is a bare whole number, such as `3 segments`."""
        return self.kind == "amount" and not self.unit and self.power is None and not self.places and not self.sign

    def values(self) -> tuple[Decimal, ...]:
        """Return the possible values, scaled, without sign."""
        return tuple(reading.scaleb(self.power or 0) for reading in self.readings)

    def last_digit_step(self, reading: Decimal) -> Decimal:
        """Return the size of the last digit that a reading shows, scaled."""
        return Decimal(1).scaleb(int(reading.as_tuple().exponent) + (self.power or 0))


def find_amounts(text: str) -> list[Amount]:
    """Return the amounts of a text in order."""
    masked = list(text)
    for start, end in find_date_spans(text):
        masked[start:end] = "\x00" * (end - start)
    blanked = "".join(masked)
    found = _share_units([a for match in _NUMBER.finditer(blanked) if (a := _amount(match, blanked))], blanked)
    found += [
        Amount(match.start(), match.end(), match.group(), (Decimal(_MULTIPLES[match.group().lower()]),), 0, "multiple")
        for match in _MULTIPLE.finditer(blanked)
    ]
    bounded = ((amount, bound_before(blanked, amount.start)) for amount in found)
    found = [msgspec.structs.replace(amount, bound=bound) if bound else amount for amount, bound in bounded]
    return sorted(found, key=lambda amount: amount.start)


def _share_units(amounts: list[Amount], text: str) -> list[Amount]:
    """Amounts with the unit of their partner: `10-15%`, `from 0.5 to 0.7 million`, `48.3 and 52 million`."""
    shared = list(amounts)
    for at in range(len(amounts) - 2, -1, -1):
        first, second = shared[at], shared[at + 1]
        bare = first.kind == "amount" and first.power is None and not first.noun and not first.per_share
        named = (second.power is not None or second.unit) and first.unit in ("", second.unit)
        if bare and named and _PAIR.fullmatch(text[first.end : second.start]):
            shared[at] = msgspec.structs.replace(first, kind=second.kind, power=second.power, unit=second.unit)
    return shared


def parse_readings(digits: str) -> tuple[Decimal, ...]:
    """Return the possible values of digits with points, commas and blanks, the likelier first."""
    bare = re.sub(f"[{_BLANKS}]", "", digits)
    if not 0 < sum(map(str.isdigit, bare)) <= MAX_DIGITS:
        return ()
    marks = re.findall("[.,]", bare)
    if not marks:
        return (Decimal(bare),)
    if re.fullmatch(_INDIAN, bare):
        return (Decimal(bare.replace(",", "")),)
    if len(set(marks)) == 2:  # the last one begins the decimals
        return (Decimal(bare.replace(marks[0], "").replace(",", ".")),)
    grouped = bool(re.fullmatch(r"[1-9]\d{0,2}([.,]\d{3})+", bare))
    whole = Decimal(re.sub("[.,]", "", bare))
    if len(marks) > 1:
        return (whole,) if grouped else ()
    decimal = Decimal(bare.replace(",", "."))
    if not grouped:
        return (decimal,)
    return (whole,) if marks[0] == "," else (decimal, whole)


def _amount(match: re.Match[str], text: str) -> Amount | None:
    """Return the amount of a match; None for a number that is a name or a year."""
    digits, words = match["digits"], match["words"]
    readings = parse_readings(digits) if digits else _spelled_value(words)
    if not readings or _is_name(match, text):
        return None
    kind, unit = _kind(match)
    power = _POWERS[match["scale"].lower()] if match["scale"] else None
    places = max(-int(readings[0].as_tuple().exponent), 0)
    start, end = _bounds(match)
    noun, following = _noun(text, match.end()) if kind == "amount" and not unit else ("", "")
    per_share = bool(_PER_SHARE.match(text, match.end())) and kind == "amount"
    if not unit and kind == "amount" and (noun == "shares" or following == "shares"):
        unit = "shares"
    amount = Amount(
        start,
        end,
        text[start:end].strip(),
        readings,
        places,
        kind,
        power,
        unit,
        per_share,
        _sign(match),
        noun,
        bool(words),
        bracketed=bool((match["open"] or match["open2"]) and (match["close"] or match["close2"] or match["close3"])),
    )
    if words and amount.is_count and not noun:
        return None  # a bare `one` or `two` is no figure
    return amount


def _spelled_value(words: str) -> tuple[Decimal, ...]:
    """Return the value of a number in words; none for `one`, which is an article more often than a number."""
    value = parse_number_words(words)
    return () if value is None or value == 1 else (Decimal(value),)


def _kind(match: re.Match[str]) -> tuple[AmountKind, str]:
    """Return the kind of amount, and the unit that its own words name."""
    if match["percent"]:
        return "percent", "%"
    if match["points"]:
        return "points", "bp" if match["points"].lower().startswith("b") else "pp"
    if match["times"]:
        return "multiple", ""
    named = match["before"] or match["after"] or ""
    return "amount", currency_code(named)


def _sign(match: re.Match[str]) -> int:
    """Return the sign that an amount shows; brackets count behind a currency's sign, as in `$(777) million`."""
    if match["open2"] and match["close2"]:
        return -1
    mark = (match["sign"] or match["sign2"] or "").strip().lower()
    if not mark or mark == "\u2013":
        return 0
    return 1 if mark[0] in "+p" or "positive" in mark else -1


def _bounds(match: re.Match[str]) -> tuple[int, int]:
    """Return where the amount begins and ends, without a bracket that only opens or only closes."""
    start, end = match.span()
    opened = bool(match["open"] or match["open2"])
    closed = bool(match["close"] or match["close2"] or match["close3"])
    if opened and not closed and match["open"]:
        start = match.end("open")
    if closed and not opened:
        end = min(match.start(name) for name in ("close", "close2", "close3") if match[name])
    return start, end


def _is_name(match: re.Match[str], text: str) -> bool:
    """Return whether the number belongs to a name: `Note 7`, `10-K`, or is a year that is alone."""
    if match["before"] or match["percent"] or match["scale"] or match["after"] or match["points"]:
        return False
    at = match.start("digits") if match["digits"] else match.start("words")
    if _NAME_BEFORE.search(text, max(at - 24, 0), at):
        return True
    if match["digits"] and _FOOTNOTE.match(text[max(at - 3, 0) : at] + "|" + text[at : at + 3]):
        return True
    return bool(
        re.match(
            r"(?:st|nd|rd|th)\b|\s(?:months?|weeks?|quarters?|years?)\s(?:end|to)|[-\u2010\u2011](?:K|Q|F|A|year|month|day|week)\b",
            text[match.end() : match.end() + 14],
        )
    )


def _noun(text: str, at: int) -> tuple[str, str]:
    """Return the plain word behind an amount, and the one after it; an adjective gives way to its noun."""
    match = _UNIT_WORD.match(text, at)
    if not match:
        return "", ""
    noun, following = match["noun"], match["next"] or ""
    if noun in ADJECTIVES and following and following not in NO_UNITS:
        noun = following
    return ("", following) if noun in NO_UNITS else (noun, following)

"""Find figures in sentences: measure, period, and disagreements between sources.

Only plain cases are taken: one measure, one period and one amount with its unit in one sentence. Two amounts that
differ for the same measure, period and company in different sources are reported as they stand, never settled.
"""

import re
from itertools import combinations

import msgspec

from kimi_tui.embedded.question_parser import SYNONYMS, ParsedQuestion
from kimi_tui.embedded.relevance import split_words, stem
from kimi_tui.embedded.sentences import PassageSentence

_SCALES = {"thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9}
_AMOUNT = re.compile(
    r"(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?:(?P<scale>thousand|million|billion|bn|mn|m|k)\b|(?P<percent>%|per\s?cent\b))",
    re.IGNORECASE,
)
_PERIOD_TEXT = r"(?:(Q[1-4])\s*(?:of\s*)?(?:FY\s*)?)?(?:FY\s*|fiscal\s*(?:year\s*)?)?((?:19|20)\d{2})\b"
_PERIOD = re.compile(rf"\b{_PERIOD_TEXT}", re.IGNORECASE)
_BESIDE = re.compile(rf"\s*(?:\(|in |for |during )(?:the )?(?:full )?(?:year )?{_PERIOD_TEXT}", re.IGNORECASE)
_TABLE_UNIT = re.compile(
    r"\bin\s+(?:[A-Z]{3}\s+|[€$£]\s*|US\$\s*)?(thousands?|millions?|billions?)\b|\b[A-Z]{3}\s(thousand|million|billion)s?\b"
)
_RESTATED = re.compile(
    r"\b(?:restat|correct(?:ed|ion)|as (?:previously|originally|first) reported|revised|amended)\w*", re.IGNORECASE
)
_DATED = re.compile(
    r"\b(?:last (?:updated|reviewed|modified)|updated|published|as (?:of|at)|archived)\b"
    r"\D{0,30}?(?:\d{1,2}\D{1,12})?((?:19|20)\d{2})",
    re.IGNORECASE,
)
_MEASURES = {stem(split_words(phrase)[0]): group[0] for group in SYNONYMS for phrase in group if " " not in phrase}


class SentenceFigure(msgspec.Struct, frozen=True):
    """One amount in a sentence."""

    measure: str
    """The general word for what is measured: `revenue`."""
    period: str
    """`2024` or `Q3 2024`."""
    company: str
    """A name of the question, or of the document; empty when neither is there."""
    amount: float
    """In units, or in per cent."""
    percent: bool
    """True when the amount is a share."""
    written: str
    """As it stands in the sentence."""
    sentence: PassageSentence


class Disagreement(msgspec.Struct, frozen=True):
    """Two sources that give different amounts for the same thing."""

    first: SentenceFigure
    """The one that was seen first."""
    second: SentenceFigure
    """The one from another source."""

    @property
    def by_scale(self) -> bool:
        """Return whether one amount is about a thousand times the other, so that a unit is likely to be wrong."""
        low, high = sorted((self.first.amount, self.second.amount))
        return low > 0 and 900 <= high / low <= 1100


def count_amounts(text: str) -> int:
    """Return how many amounts with a unit, or shares, a text has."""
    return sum(1 for _ in _AMOUNT.finditer(text))


def find_figures(sentence: PassageSentence, names: tuple[str, ...]) -> list[SentenceFigure]:
    """Return the figures of a sentence about one measure: an amount beside a period, or the only amount.

    Shares belong to margins alone: a share of anything else is a change, not the thing.
    """
    measures = {_MEASURES[key] for key in map(stem, split_words(sentence.text)) if key in _MEASURES} - {
        "growth",
        "restated",
    }
    if len(measures) != 1 or sentence.tabular:
        return []
    measure = measures.pop()
    shares = measure == "margin"
    amounts = [match for match in _AMOUNT.finditer(sentence.text) if (match["percent"] is not None) == shares]
    periods = {_period(match) for match in _PERIOD.finditer(sentence.text)}
    pairs = [(match, _period(beside)) for match in amounts if (beside := _BESIDE.match(sentence.text, match.end()))]
    if len(amounts) == 1 and len(periods) == 1:
        pairs = [(amounts[0], periods.pop())]
    about = f"{sentence.text} {sentence.passage.title} {sentence.passage.path.replace('-', ' ')}".lower()
    company = next((name for name in names if name.lower() in about), "")
    return [
        SentenceFigure(measure, period, company, _value(match), shares, match.group(), sentence)
        for match, period in pairs
    ]


def _value(match: re.Match[str]) -> float:
    """Return the amount that a match represents, in units or in per cent."""
    number = float(match["number"].replace(",", ""))
    return number if match["percent"] is not None else number * _SCALES[match["scale"].lower()]


def _period(match: re.Match[str]) -> str:
    """Return a period in one spelling."""
    return f"{match.group(1).upper()} {match.group(2)}" if match.group(1) else match.group(2)


def find_disagreements(found: list[PassageSentence], question: ParsedQuestion, limit: int = 4) -> list[Disagreement]:
    """Pairs of different sources that give different amounts for the same measure, period and company."""
    names = (*question.names, *(name for steer in question.steers for name in steer.names))
    groups: dict[tuple[object, ...], list[SentenceFigure]] = {}
    for sentence in found:
        for figure in find_figures(sentence, names) if sentence.quote else ():
            if figure.company or not names:
                groups.setdefault((figure.measure, figure.period, figure.company), []).append(figure)
    pairs: list[Disagreement] = []
    for figures in groups.values():
        for one, other in combinations(figures, 2):
            pair = Disagreement(one, other)
            seen = any({one.written, other.written} == {p.first.written, p.second.written} for p in pairs)
            if one.sentence.passage.source != other.sentence.passage.source and not seen and _disagree(pair):
                pairs.append(pair)
    return pairs[:limit]


def _disagree(pair: Disagreement) -> bool:
    """Return whether two amounts differ by more than rounding, but not so much that they measure different things."""
    low, high = sorted((pair.first.amount, pair.second.amount))
    if low <= 0 or pair.by_scale:
        return low > 0
    return 1.005 < high / low < 1.6


def is_restatement(sentence: PassageSentence) -> bool:
    """Return whether a sentence is about restated or corrected figures."""
    tokens = sentence.text.split()
    numeric = sum(any(map(str.isdigit, token)) for token in tokens)
    return bool(_RESTATED.search(sentence.text)) and 0 < numeric < len(tokens) / 4


def table_unit(sentence: PassageSentence) -> str:
    """`thousands` or `millions` when the passage of a table's line says so once, else empty."""
    units = {(a or b).rstrip("s").lower() + "s" for a, b in _TABLE_UNIT.findall(sentence.passage.text)}
    return units.pop() if sentence.tabular and len(units) == 1 else ""


def find_dates(found: list[PassageSentence]) -> dict[str, tuple[int, PassageSentence]]:
    """Return for each source the latest year in which it says it was written, with that sentence."""
    years: dict[str, tuple[int, PassageSentence]] = {}
    for sentence in found:
        match = _DATED.search(sentence.text)
        if match and len(sentence.text) < 160:
            year, source = int(match.group(1)), sentence.passage.source
            if source not in years or years[source][0] < year:
                years[source] = (year, sentence)
    return years

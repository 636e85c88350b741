"""Search for a figure in the prose of a passage: the same number about the same thing.

A figure of prose is supported when a sentence of the passage has it for the same period, in the same direction, and
has the words of the claim. Where the number stands and the words differ, nobody knows what it means: unchecked.
"""

import re

import msgspec

from kimi_tui.evidence.amounts import Amount, find_amounts
from kimi_tui.evidence.bounds import LOWER_BOUNDS, STRICT_BOUNDS
from kimi_tui.evidence.cell_values import equals_rounded
from kimi_tui.evidence.claims import Claim, direction_of, is_negated, period_beside
from kimi_tui.evidence.findings import Verdict
from kimi_tui.evidence.labels import content_stems, stem
from kimi_tui.evidence.measures import find_measures, measures_in
from kimi_tui.evidence.vocabulary import EMPTY_WORDS
from kimi_tui.quantities.text_periods import TextPeriod, find_periods

_SENTENCE_END = re.compile(
    r"(?<=[.!?])[\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c(]?[A-Z0-9\u00c0-\u024f])|\n\s*\n|(?<=[\u3002\uff01\uff1f])"
)
_MIN_WORD_SHARE = 0.7
"""The share of the claim's content words that a sentence of the passage must have."""
_LINE_HYPHEN = re.compile(r"(?<=[a-z\u00df-\u024f])-[ \t]*\n\s*(?=[a-z\u00df-\u024f])")
_MAX_LOOSE_CHARS = 400
"""A longer sentence is more likely a page without full stops: its words must stand near the figure."""
_NEAR_CHARS = 120
_BESIDE_CHARS = 25
"""A figure so near behind the name of a measure is that measure's."""
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z\u00c0-\u024f][\w\u00c0-\u024f]+")
_EMPTY = frozenset(map(stem, EMPTY_WORDS)) | EMPTY_WORDS


class _SentenceMatch(msgspec.Struct, frozen=True):
    """A sentence of the passage that has the figure."""

    text: str
    """The sentence."""
    amount: Amount
    """The figure in it."""
    others: tuple[Amount, ...]
    """All figures of its kind there, itself included."""
    period: TextPeriod | None
    """Its period there."""
    around: str
    """The sentence with its neighbours."""


def check_prose(
    amount: Amount, claim: Claim, period: TextPeriod | None, passage: str, ignored: frozenset[str]
) -> Verdict:
    """Return the verdict on a figure by a passage's sentences; `ignored` are words that no sentence needs to repeat."""
    found = list(_find_matches(amount, passage))
    if not found and amount.bound in STRICT_BOUNDS:
        reason = f"{amount.bound} {amount.text} could not be compared: name the row in the citation"
        return Verdict("unchecked", "", reason, (), True)
    if not found:
        return Verdict("not found", "", f"the figure {amount.text} is not there; correct it, or cite where it stands")
    verdicts = [_judge(amount, claim, period, place, ignored) for place in found]
    if not any(verdict.finding == "supported" for verdict in verdicts):
        verdicts = [verdict for verdict in (_other_measure(amount, claim, found, passage), *verdicts) if verdict]
        if verdicts[0].finding == "contradicted":
            return verdicts[0]
    for finding in ("supported", "unchecked"):
        for verdict in verdicts:
            if verdict.finding == finding:
                return verdict
    return verdicts[0]


def _other_measure(amount: Amount, claim: Claim, found: list[_SentenceMatch], passage: str) -> Verdict | None:
    """Return `contradicted` when the passage has another figure for the claim's measure, and this one without it."""
    measures = measures_in(claim.own)
    if len(measures) != 1 or amount.is_count or any(_speaks_of(place, measures) for place in found):
        return None
    for sentence in sentences_in(passage):
        figures = find_amounts(sentence)
        for _, end, name in find_measures(sentence):
            behind = next((one for one in figures if end <= one.start <= end + _BESIDE_CHARS), None)
            if name in measures and behind and _may_be_compared(amount, behind) and not find_periods(sentence):
                reason = f"the {name} there is {behind.text}: \u201c{_short(sentence)}\u201d"
                return Verdict("contradicted", "words", reason)
    return None


def _speaks_of(place: _SentenceMatch, measures: set[str]) -> bool:
    """Return whether the sentence of a figure has one of these measures."""
    return bool(measures & measures_in(place.text))


def _may_be_compared(amount: Amount, other: Amount) -> bool:
    """Return whether two figures are of one kind and scale, and may be in one unit."""
    same_unit = amount.unit == other.unit or not amount.unit or not other.unit
    return same_unit and (amount.kind, amount.power) == (other.kind, other.power) and other.power is not None


def sentences_in(passage: str) -> list[str]:
    """Return a passage's sentences; rows of tables and list items are sentences of their own."""
    pieces: list[str] = []
    for block in re.split(r"\n(?=\s*(?:\||[-*\u2022]\s|\d+[.)]\s|row \d+:))|\n\s*\n", passage):
        if block.lstrip().startswith(("|", "row ")):
            pieces.extend(block.split("\n"))
        else:
            pieces.extend(_SENTENCE_END.split(" ".join(_LINE_HYPHEN.sub("", block).split())))
    return [piece for piece in pieces if piece and piece.strip()]


def _find_matches(amount: Amount, passage: str) -> list[_SentenceMatch]:
    places = []
    sentences = sentences_in(passage)
    for number, sentence in enumerate(sentences):
        if not _may_hold(amount, sentence):
            continue
        amounts, periods = find_amounts(sentence), find_periods(sentence)
        around = " ".join(sentences[max(number - 1, 0) : number + 2])
        places += [
            _SentenceMatch(
                sentence, one, _of_kind(one, amounts), period_beside(sentence, one, amounts, periods), around
            )
            for one in amounts
            if _is_same(amount, one)
        ]
    return places


def _may_hold(amount: Amount, sentence: str) -> bool:
    """Return a quick look before a sentence is read: a number in words may be anywhere, others need a digit."""
    return amount.in_words or amount.kind == "multiple" or any(map(str.isdigit, sentence)) or amount.is_count


def _is_same(amount: Amount, other: Amount) -> bool:
    """Return whether two figures are the same number of the same kind."""
    if (amount.kind == "multiple") != (other.kind == "multiple") or (amount.kind == "points") != (
        other.kind == "points"
    ):
        return False
    if (amount.kind == "percent") != (other.kind == "percent") or (
        amount.is_money and other.is_money and amount.unit != other.unit
    ):
        return False
    if amount.is_money and other.noun and not other.unit:
        return False
    values = other.values()
    if amount.power is None and other.power is not None and not amount.unit:
        values = (*values, *other.readings)
    return any(equals_rounded(amount, value) for value in values)


def _judge(
    amount: Amount, claim: Claim, period: TextPeriod | None, place: _SentenceMatch, ignored: frozenset[str]
) -> Verdict:
    quoted = f"\u201c{_short(place.text)}\u201d"
    if "|" in place.text or place.text.startswith("row "):
        return Verdict(
            "unchecked",
            "",
            f"the figure is in a table there, but its row, period and scale are not read: {quoted}",
        )
    bounds = {amount.bound, place.amount.bound} & STRICT_BOUNDS
    if len({one in LOWER_BOUNDS for one in bounds}) > 1:
        return Verdict("contradicted", "words", f"the figure is {place.amount.bound} {amount.text} there: {quoted}")
    if period and place.period and not _same_period(period, place.period):
        return Verdict("contradicted", "words", f"{amount.text} is said of {place.period.text} there: {quoted}")
    if claim.direction and (other := direction_of(place.text)) and other != claim.direction:
        return Verdict("contradicted", "words", f"the direction is the other way there: {quoted}")
    if is_negated(place.text) != claim.is_negated:
        return Verdict("unchecked", "", f"one of the two sentences denies something: {quoted}")
    has = frozenset(content_stems(place.text))
    wanted = frozenset(content_stems(claim.words_without_figures)) - _EMPTY - ignored
    names = (
        frozenset(word for name in _NAME.findall(claim.words_without_figures) for word in content_stems(name))
        - ignored
        - _EMPTY
    )
    missing = names - frozenset(content_stems(place.around))
    if missing:
        return Verdict("unchecked", "", f"the figure is there, but {sorted(missing)[0].title()} is not: {quoted}")
    if not wanted or len(wanted & has) / len(wanted) < _MIN_WORD_SHARE or not _is_nearest(place, wanted):
        return Verdict(
            "unchecked", "", f"the figure is there; whether it is about the same thing is not checked: {quoted}"
        )
    if bounds and amount.bound != place.amount.bound:
        return Verdict("unchecked", "", f"the figure is there, and not as the same bound: {quoted}")
    if period and not place.period and str(period.year) not in place.around:
        return Verdict("unchecked", "", f"the figure is there, but {period.text} is not: {quoted}")
    return Verdict("supported", "words")


def _of_kind(amount: Amount, amounts: list[Amount]) -> tuple[Amount, ...]:
    return tuple(one for one in amounts if one.kind == amount.kind)


def _is_nearest(place: _SentenceMatch, wanted: frozenset[str]) -> bool:
    """Return whether no other figure of the sentence is nearer to the claim's words.

    Names stand before their figures (`revenue was 5 and profit 7`) or behind them (`5 stores in Ohio`), whichever side
    has more of the words.
    """
    if len(place.others) < 2:
        return len(place.text) < _MAX_LOOSE_CHARS or _words_near(place, 0, wanted) >= len(wanted) * _MIN_WORD_SHARE
    at = place.others.index(place.amount)
    before = [_overlap(place, number - 1, number, wanted) for number in range(len(place.others))]
    behind = [_overlap(place, number, number + 1, wanted) for number in range(len(place.others))]
    scores = before if max(before) >= max(behind) else behind
    near = scores[at] == max(scores)
    return near and (len(place.text) < _MAX_LOOSE_CHARS or scores[at] >= len(wanted) * _MIN_WORD_SHARE)


def _words_near(place: _SentenceMatch, at: int, wanted: frozenset[str]) -> int:
    start, end = max(place.others[at].start - _NEAR_CHARS, 0), place.others[at].end + _NEAR_CHARS
    return len(wanted & frozenset(content_stems(place.text[start:end])))


def _overlap(place: _SentenceMatch, left: int, right: int, wanted: frozenset[str]) -> int:
    """Return how many of the words are between two neighbouring figures of a sentence, or its ends."""
    start = place.others[left].end if left >= 0 else 0
    end = place.others[right].start if right < len(place.others) else len(place.text)
    return len(wanted & frozenset(content_stems(place.text[start:end])))


def _same_period(one: TextPeriod, other: TextPeriod) -> bool:
    """Return whether two periods as written may be the same."""
    if one.kind == other.kind:
        return (one.year, one.number, one.day) == (other.year, other.number, other.day)
    return one.year == other.year


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else line[:159] + "\u2026"

"""The short answer of a memo: figures that the question asks for, or sentences that answer it.

Nothing is said here that only shares some words with the question; such passages come further down.
"""

import math
import re
from collections.abc import Sequence

import msgspec

from kimi_tui.embedded.asked import Asked, all_stems
from kimi_tui.embedded.clauses import split_question
from kimi_tui.embedded.figure_answer import FigureAnswer
from kimi_tui.embedded.figure_finder import MIN_COVER, FigureFinder
from kimi_tui.embedded.figures import count_amounts, is_restatement
from kimi_tui.embedded.memo_evidence import MemoEvidence
from kimi_tui.embedded.observation_parser import ObservedPassage
from kimi_tui.embedded.operations import read_operation
from kimi_tui.embedded.owners import names_of, owners
from kimi_tui.embedded.question_parser import YEAR, read_question
from kimi_tui.embedded.relevance import split_words, stem
from kimi_tui.embedded.sentences import PassageSentence
from kimi_tui.embedded.turn_history import TurnHistory

_MIN_BESIDE = 0.6
"""The share of the asked words that a sentence must say which follows such a one on the same page."""
_MIN_OWN = 0.6
"""The share of the asked words that it must say itself, not its heading."""
_MAX_SENTENCES = 2
_MIN_WORDS_OF_PART = 2
"""Telling words that a part of a question must have to be answered by a sentence."""
_NAME = re.compile(r"[A-ZÀ-Þ][\w.’'-]+(?:\s+(?:&\s+)?(?:von|van|de|der)?\s?[A-ZÀ-Þ][\w.’'-]*)+|[a-z]?[A-Z]\w+[A-Z]\w+")
_BODY_WORDS = """
committee board company group corporation firm public directors annual report form audit finance executive officer chief
president vice act securities exchange commission united states accounting oversight standards note
"""
_BODIES = frozenset(map(stem, _BODY_WORDS.split()))
"""Stems of capitalised words that name nobody."""
_RESTATING = frozenset(map(stem, ("restated", "restatement", "corrected", "revised")))
"""Stems that a sentence says in other words when it gives a restated figure."""
_NUMBER_WORD = re.compile(
    r"(?i)\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|zwei|drei|vier|deux|trois)\b"
)
_GROUPING = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")


class ShortAnswer(msgspec.Struct, frozen=True):
    """The figures or sentences that the short answer rests on."""

    figures: list[FigureAnswer]
    sentences: tuple[PassageSentence, ...]
    nearest: dict[str, str]
    """By name that nothing on the desk has, the nearest one, which the answer is about."""
    missing: tuple[str, ...]
    """Names that nothing on the desk has, nor anything like them."""


def find_answer(trail: TurnHistory, evidence: MemoEvidence) -> ShortAnswer:
    """Return the figures or sentences that say what is asked; nothing when nothing says enough of it."""
    finder = FigureFinder(trail)
    if finder.missing and not owners(trail):
        return ShortAnswer([], (), finder.nearest, finder.missing)
    figures, sentences = _answer(trail, evidence, finder, "")
    if not figures and not sentences:
        for number, part in enumerate(split_question(trail.question.text)):
            found = _answer(trail, evidence, FigureFinder(trail, part), part, is_first=number == 0)
            figures += found[0]
            pair = len(found[1]) > 1 and found[1][1].before == found[1][0].text
            sentences += [one for one in found[1][: 1 + pair] if one not in sentences]
    return ShortAnswer(figures, tuple(sentences), finder.nearest, finder.missing)


def find_figures(trail: TurnHistory) -> list[FigureAnswer]:
    """Return the figures that a question, or each of its parts, asks for."""
    found = FigureFinder(trail).find()
    parts = () if found else split_question(trail.question.text)
    return found or [one for part in parts for one in FigureFinder(trail, part).find()]


def _answer(
    trail: TurnHistory, evidence: MemoEvidence, finder: FigureFinder, part: str, *, is_first: bool = False
) -> tuple[list[FigureAnswer], list[PassageSentence]]:
    """Return the figures, else the sentences that answer a question or a part of it."""
    figures = finder.find()
    if (
        figures and (figures[0].is_exact or read_operation(trail.question.text).change)
    ) or not finder.asked.alternatives:
        return figures, []
    owned, named = owners(trail), names_of(read_question(part)) if part else ()
    owned = {name: own for name, own in owned.items() if name in named} if named else owned
    years = " ".join(trail.question.years)
    asked = Asked(read_question(f"{part} {years}") if part else trail.question, tuple(owned))
    if part and Asked(trail.question).restated and not asked.restated:
        return figures, []
    if len(asked.alternatives) < _MIN_WORDS_OF_PART and is_first:
        return figures, []
    if len(asked.alternatives) < _MIN_WORDS_OF_PART and part:  # `how many were returned`: of what the question is about
        others = [word for word in trail.question.subjects if not asked.says(stem(word))]
        asked = Asked(read_question(f"{part} {' '.join(others[:1])} {years}"), tuple(owned))
    groups = [set(sources) for sources in owned.values()] if len(set(owned.values())) > 1 else []
    each = [_best_sentences(evidence.candidates, asked, meant)[:1] for meant in groups]
    all_meant = {source for sources in owned.values() for source in sources}
    found = [one for some in each for one in some] if all(each) else []
    found = found or (_best_sentences(evidence.candidates, asked, all_meant) if len(groups) < 2 else [])
    found = found or (_with_the_one_before(evidence.sentences, asked, all_meant) if len(groups) < 2 else [])
    return ([], found) if found else (figures, [])


def _of(passage: ObservedPassage, meant: set[str]) -> bool:
    return not meant or passage.source in meant or passage.path in meant


def _best_sentences(found: Sequence[PassageSentence], asked: Asked, meant: set[str]) -> list[PassageSentence]:
    """Return the best sentences of one document that say what is asked, and one beside them that says most of it."""
    scored = []
    for place, sentence in enumerate(found):
        if _of(sentence.passage, meant) and (score := _says(sentence, asked)):
            scored.append((score - 0.002 * place, sentence))
    scored.sort(key=lambda one: -one[0])
    ranked = [sentence for score, sentence in scored if score >= MIN_COVER]
    if not ranked:
        return []
    first = [one for one in ranked if one.passage.source == ranked[0].passage.source][:_MAX_SENTENCES]
    beside = [one for _, one in scored if ranked and one not in first and one.passage == ranked[0].passage]
    return first + beside[: _MAX_SENTENCES + 1 - len(first)]


def _with_the_one_before(found: Sequence[PassageSentence], asked: Asked, meant: set[str]) -> list[PassageSentence]:
    """Return two sentences in a row that say together what is asked; none when no two do."""
    for sentence in found:
        earlier = msgspec.structs.replace(sentence, text=sentence.before, before="")
        if not (sentence.before and earlier.quote and _is_of_years(sentence, asked) and _of(sentence.passage, meant)):
            continue
        both = asked.met(all_stems(sentence.text) | all_stems(sentence.before))
        figure = _holds_what_is_asked(sentence, asked) and not asked.restated
        if figure and asked.met(all_stems(sentence.text)) and len(both) >= MIN_COVER * len(asked.alternatives):
            return [earlier, sentence]
    return []


def _is_of_years(sentence: PassageSentence, asked: Asked) -> bool:
    """Return whether a sentence, or else its document's title, names a year that is asked for, or none at all."""
    years = set(YEAR.findall(sentence.quote))
    years = years or set(YEAR.findall(f"{sentence.passage.title} {sentence.passage.path}"))
    return not asked.years or not years or bool(years & set(asked.years))


def _holds_what_is_asked(sentence: PassageSentence, asked: Asked) -> bool:
    """Return whether a sentence has a figure, a share or a name, where one is asked for."""
    text = sentence.quote
    if asked.percent and not re.search(r"\d\s?(?:%|percent|per cent)", text):
        return False
    if asked.person:
        return _names_somebody(sentence, asked)
    figure = bool(count_amounts(text)) or bool(_plain_numbers(text)) or bool(_NUMBER_WORD.search(text))
    return not (asked.amount or asked.count) or figure


def _says(sentence: PassageSentence, asked: Asked) -> float:
    """Return how well a sentence says what is asked; 0 when it does not say enough."""
    text = sentence.quote
    if sentence.tabular or not text or not sentence.is_closed:
        return 0.0
    years = set(YEAR.findall(text))
    if not _is_of_years(sentence, asked):
        return 0.0
    own = all_stems(text) | (_RESTATING if is_restatement(sentence) else frozenset())
    heading = all_stems(sentence.passage.heading)
    cover = asked.cover((own, 1.0), (heading, 0.7))
    needed = max(min(2, len(asked.alternatives)), math.ceil(_MIN_OWN * len(asked.alternatives)))
    if cover < _MIN_BESIDE or len(asked.met(own)) < needed:
        return 0.0
    if asked.restated and not is_restatement(sentence):
        return 0.0
    if not _holds_what_is_asked(sentence, asked):
        return 0.0
    if cover < MIN_COVER:
        return cover
    return cover + 0.3 * (asked.count and _counts(text, asked)) + 0.1 * bool(years & set(asked.years))


def _names_somebody(sentence: PassageSentence, asked: Asked) -> bool:
    """Return whether a sentence has a name of two words or more, not that of its document or of a body."""
    text, known = sentence.quote, _BODIES | all_stems(f"{sentence.passage.title} {sentence.passage.path}")
    names = [all_stems(match.group()) for match in _NAME.finditer(text)]
    return any(
        len([one for one in name if len(one) > 1 and not asked.says(one) and one not in known]) > 1 for name in names
    )


def _plain_numbers(text: str) -> list[str]:
    """Return the numbers of a text that are no years."""
    return [number for number in _NUMBER.findall(_GROUPING.sub("", text)) if not YEAR.fullmatch(number)]


def _counts(text: str, asked: Asked) -> bool:
    """Return whether a number is next to what is counted: `2,347 stores`, `store count of 2,347`."""
    tokens = text.split()
    for n, token in enumerate(tokens):
        bare = token.strip("(),.;")
        if _NUMBER.fullmatch(bare) and not YEAR.fullmatch(bare):
            near = {stem(word) for one in tokens[max(n - 4, 0) : n + 4] for word in split_words(one)}
            if asked.met(frozenset(near)):
                return True
    return False

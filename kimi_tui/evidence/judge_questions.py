"""Find the questions for a judge: cited statements that nothing mechanical could decide, with their passages."""

import hashlib
import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import msgspec

from kimi_tui.evidence.absence_check import absent_subject
from kimi_tui.evidence.memo import CheckedMemo, Statement
from kimi_tui.evidence.passages import CitedPassage, PassageFinder
from kimi_tui.evidence.places import SourcePlace
from kimi_tui.evidence.quotes import MIN_QUOTE_IDEOGRAPHS, MIN_QUOTE_WORDS, count_ideographs
from kimi_tui.evidence.source_lookup import SourceLookup
from kimi_tui.evidence.typography import normalize_typography
from kimi_tui.session import SessionError
from kimi_tui.text import replace_surrogates

MAX_JUDGED_CHARS = 24_000
"""Characters of the passages that a judge reads for one statement: about six thousand tokens."""
MAX_JUDGED_WORDS_CHARS = 1_000
"""Characters of the words that an answer may rest on."""
_MARKER = re.compile(r"\s*[\[\u3010]S\d[^\[\]\u3010\u3011\n]*[\]\u3011]")
_EVIDENCE_KINDS = frozenset({"document", "page", "query"})
"""Kinds of sources whose words are not the model's own, as those of a calculation are."""


class JudgeQuestion:
    """One statement with its passages."""

    def __init__(self, number: int, sentence: str, passages: tuple[CitedPassage, ...]) -> None:
        self.number = number
        """The statement's number among all of the memo, from 0."""
        self.sentence = sentence
        """Its words without citations."""
        self.passages = passages

    @cached_property
    def material(self) -> str:
        """SHA-256 over the sentence and the passages with their places."""
        read = [
            [replace_surrogates(text) for text in (place_in_words(one.place), one.source.ref.title, one.text)]
            for one in self.passages
        ]
        encoded = msgspec.json.encode([replace_surrogates(self.sentence), read])
        return hashlib.sha256(encoded).hexdigest()

    def find_words(self, words: str) -> CitedPassage | None:
        """Return the passage that has these words as its own; None if no passage does, or they are too few to count."""
        plain = normalize_typography(words)
        enough = len(re.findall(r"\w+", plain)) >= MIN_QUOTE_WORDS or count_ideographs(plain) >= MIN_QUOTE_IDEOGRAPHS
        if not enough or len(words) > MAX_JUDGED_WORDS_CHARS or "\u2026" in words or "..." in words:
            return None
        return next((one for one in self.passages if one.contains_quote(words)), None)


class JudgeQuestions(NamedTuple):
    """The statements of a memo that are left for a judge."""

    questions: tuple[JudgeQuestion, ...]
    not_asked: dict[int, str]
    """Cited unchecked statements that no judge can be asked about, by their numbers, with the reason."""


def find_judge_questions(memo: CheckedMemo, stored: SourceLookup) -> JudgeQuestions:
    """Return what is left for a judge, in the memo's order."""
    finder = PassageFinder(stored)
    questions: list[JudgeQuestion] = []
    not_asked: dict[int, str] = {}
    for number, statement in enumerate(memo.statements):
        if statement.finding != "unchecked" or not statement.citations:
            continue
        sentence = " ".join(_MARKER.sub("", memo.text[statement.start : statement.end]).split())
        passages, problem = _passages(memo, statement, finder)
        if problem or absent_subject(sentence):
            not_asked[number] = problem or "that something is not mentioned has no words to show"
        else:
            questions.append(JudgeQuestion(number, sentence, passages))
    return JudgeQuestions(tuple(questions), not_asked)


def place_in_words(place: SourcePlace) -> str:
    """`S3 p.4 "Net sales" 2018`."""
    row = f'"{place.row}"' if place.row else ""
    return " ".join(word for word in (place.source, place.label, row, place.period) if word)


def _passages(memo: CheckedMemo, statement: Statement, finder: PassageFinder) -> tuple[tuple[CitedPassage, ...], str]:
    """Return the passages that a statement cites, or why they cannot be judged by."""
    found = list(_found(memo, statement, finder))
    read = tuple(one for one in found if one.source.ref.kind in _EVIDENCE_KINDS)
    whole = next((one for one in read if one.is_too_large), None)
    if whole is not None:
        return (), f"it cites the whole of {whole.source.ref.id}, and not the place"
    if sum(len(one.text) for one in read) > MAX_JUDGED_CHARS:
        return (), f"its passages are longer than the {MAX_JUDGED_CHARS:,} characters that a judge reads"
    return read, "" if read else "a calculation has no words that could decide it"


def _found(memo: CheckedMemo, statement: Statement, finder: PassageFinder) -> Iterator[CitedPassage]:
    places = dict.fromkeys(place for number in statement.citations for place in memo.citations[number].places)
    for place in places:
        try:
            passage = finder.find_passage(place)
        except SessionError:
            continue
        if isinstance(passage, CitedPassage):
            yield passage

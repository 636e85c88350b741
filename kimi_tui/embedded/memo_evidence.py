"""Select evidence for the memo from the observations: sentences, disagreements, cautions and gaps.

Every sentence that is chosen can be quoted word for word at its place; nothing is added to it.
"""

import msgspec

from kimi_tui.embedded.asked import Asked, all_stems
from kimi_tui.embedded.clauses import split_question
from kimi_tui.embedded.figures import Disagreement, count_amounts, find_dates, find_disagreements, is_restatement
from kimi_tui.embedded.observation_parser import ObservedPassage
from kimi_tui.embedded.owners import is_named, names_of, owners, squeeze
from kimi_tui.embedded.question_parser import YEAR, ParsedQuestion, read_question
from kimi_tui.embedded.relevance import Bm25Index, ScoredCandidate, choose_diverse, split_words, stem, unique_by
from kimi_tui.embedded.sentences import PassageSentence, split_sentences
from kimi_tui.embedded.turn_history import TurnHistory

MIN_SHARE_OF_WORDS = 0.3
"""The share of the asked words that a quote must have, with its title and the sentence before it."""
MIN_SHARE_OF_PART = 0.6
"""The same for the words of one part of a question that asks for several things."""
MAX_QUOTES = 10
"""Sentences in a memo."""
MAX_SOURCES = 7
"""Sources whose best sentence comes first."""


class MemoEvidence(msgspec.Struct, frozen=True):
    """The material of a memo."""

    chosen: tuple[PassageSentence, ...]
    """The sentences to quote, the best first."""
    candidates: tuple[PassageSentence, ...]
    """All sentences that share words with the question, the best first."""
    sentences: tuple[PassageSentence, ...]
    """All sentences that were read."""
    restated: tuple[PassageSentence, ...]
    """Sentences that speak of restated or corrected figures."""
    disagreements: tuple[Disagreement, ...]
    dates: tuple[tuple[int, PassageSentence], ...]
    """What old sources say of their own date: the year and the sentence."""
    newest: int
    """The latest year that a source says it was written in; 0 when none does."""
    flagged: tuple[ObservedPassage, ...]
    """Passages that hold something like instructions to a model, one a source."""
    missing: tuple[str, ...]
    """Aspects of the question that no chosen sentence speaks of."""


def gather_evidence(trail: TurnHistory) -> MemoEvidence:
    """Select the evidence from everything that was observed."""
    found: list[PassageSentence] = []
    flagged: list[ObservedPassage] = []
    shown = trail.passages()
    read = {(passage.source, passage.label) for passage in shown if passage.weight == 1.0}
    for passage in shown:
        repeats = passage.weight < 1.0 and (passage.source, passage.label) in read
        if not repeats and not passage.label.startswith("row"):
            parts, suspicious = split_sentences(passage)
            found.extend(parts)
            flagged.extend([passage] if suspicious else [])
    found = unique_by(found, lambda sentence: (sentence.passage.source, sentence.text))
    question = trail.question
    index = Bm25Index([sentence.text for sentence in found])
    scored = rank_sentences(index, found, question)
    fits = _Fitting(trail)
    fitting = [one for one in scored if fits.holds(found[one.number])]
    chosen = [found[one.number] for one in choose_diverse(index, fitting, MAX_QUOTES, MAX_SOURCES)]
    relevant = [sentence for sentence in found if _is_relevant(sentence, question, 2)]
    restated = [
        one
        for one in relevant
        if is_restatement(one) and count_amounts(one.text) and one.quote and one not in chosen and fits.holds(one)
    ]
    dates = find_dates(found)
    newest = max((year for year, _ in dates.values()), default=0)
    cited = {sentence.passage.source for sentence in [*chosen, *relevant]}
    old = tuple(
        (year, one) for source, (year, one) in dates.items() if source in cited and year <= newest - 2 and one.quote
    )
    return MemoEvidence(
        chosen=tuple(chosen),
        candidates=tuple(found[one.number] for one in scored),
        sentences=tuple(found),
        restated=tuple(restated[:3]),
        disagreements=tuple(find_disagreements(relevant, question)),
        dates=old,
        newest=newest,
        flagged=tuple(unique_by(flagged, lambda passage: passage.source)),
        missing=tuple(aspect for aspect in question.aspects if not any(mentions_aspect(one, aspect) for one in chosen)),
    )


def rank_sentences(index: Bm25Index, found: list[PassageSentence], question: ParsedQuestion) -> list[ScoredCandidate]:
    """Return the sentences to quote: by BM25, weighted by how they were read, then diversified."""
    weights = question.weights()
    candidates = []
    for number, sentence in enumerate(found):
        if index.matched(number, weights) and sentence.quote and _is_relevant(sentence, question, 2):
            covered = 1 + 0.1 * len(index.matched(number, weights))
            score = index.score(number, weights) * covered * _sentence_weight(sentence, question)
            candidates.append(ScoredCandidate(number, score, sentence.passage.source))
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.number))


class _Fitting:
    """Tells which sentences may be shown below the short answer."""

    def __init__(self, trail: TurnHistory) -> None:
        question, owned = trail.question, owners(trail)
        parts = [*split_question(question.text), *(steer.text for steer in question.steers)]
        self._whole = Asked(question, tuple(owned))
        self._parts = [Asked(read_question(part), tuple(owned)) for part in parts]
        self._meant = {source for sources in owned.values() for source in sources}
        self._names = names_of(question)

    def holds(self, sentence: PassageSentence) -> bool:
        """Return whether a sentence is about one that is meant, is no heading, and has enough of the asked words."""
        passage = sentence.passage
        if not self._whole.alternatives:
            return True
        about = squeeze(f"{sentence.text} {passage.title}")
        meant = not self._meant or bool({passage.source, passage.path} & self._meant)
        if not sentence.is_closed or not (meant or any(is_named(name, about) for name in self._names)):
            return False
        own, title = all_stems(sentence.text), all_stems(f"{passage.title} {passage.heading} {sentence.before}")
        return _covers(self._whole, own, title, MIN_SHARE_OF_WORDS) or any(
            _covers(part, own, title, MIN_SHARE_OF_PART) for part in self._parts
        )


def _covers(asked: Asked, own: frozenset[str], title: frozenset[str], least: float) -> bool:
    return bool(asked.met(own)) and asked.cover((own, 1.0), (title, 0.5)) >= least


def _sentence_weight(sentence: PassageSentence, question: ParsedQuestion) -> float:
    """Return the weight of a sentence apart from its words."""
    worth = sentence.passage.weight
    count = len(sentence.text.split())
    if count < 7 or count > 60:
        worth *= 0.5
    if sentence.tabular:
        worth *= 0.45
    elif question.asks_for_figures:
        worth *= (1.0, 1.4, 1.7)[min(count_amounts(sentence.text), 2)]
    if sentence.text.endswith("?") or sentence.text[:1].islower():
        worth *= 0.7
    if not sentence.is_closed and not sentence.tabular:
        worth *= 0.35  # most likely a heading
    years = set(YEAR.findall(sentence.text))
    if years and question.years and not years & set(question.years):
        worth *= 0.75
    about = (sentence.passage.title + " " + sentence.text).lower()
    return worth * (1.2 if any(name.lower() in about for name in question.names) else 1.0)


def _is_relevant(sentence: PassageSentence, question: ParsedQuestion, needed: int) -> bool:
    """Return whether a sentence and its document's title share at least `needed` stems with the question."""
    weights = question.weights()
    own = {stem(word) for word in split_words(sentence.text + " " + sentence.passage.title)}
    return len(own & weights.keys()) >= (needed if len(weights) > 3 else 1)


def mentions_aspect(sentence: PassageSentence, aspect: str) -> bool:
    """Return whether a sentence, or its document's title, has the words of an aspect."""
    wanted = {stem(word) for word in split_words(aspect)}
    own = {stem(word) for word in split_words(sentence.text)}
    return wanted <= own or (
        aspect[:1].isupper() and wanted <= {stem(word) for word in split_words(sentence.passage.title)}
    )

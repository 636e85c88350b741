"""What the trail's observations say to the question: chosen sentences, disagreements, cautions and gaps.

Every sentence that is chosen can be quoted word for word at its place; nothing is added to it.
"""

import msgspec

from kimi_tui.embedded.figures import Disagreement, amounts_in, dated, disagreements, says_restated
from kimi_tui.embedded.question import YEAR, Question
from kimi_tui.embedded.reading import Passage
from kimi_tui.embedded.relevance import Index, Scored, choose, first_of_each, stem, words
from kimi_tui.embedded.sentences import Sentence, sentences
from kimi_tui.embedded.trail import Trail

MOST_QUOTES = 10
"""Sentences in a memo."""
MOST_SOURCES = 7
"""Sources whose best sentence comes first."""


class Evidence(msgspec.Struct, frozen=True):
    """What a memo is made of."""

    chosen: tuple[Sentence, ...]
    """The sentences to quote, the best first."""
    candidates: tuple[Sentence, ...]
    """All sentences that share words with the question, the best first."""
    restated: tuple[Sentence, ...]
    """Sentences that speak of restated or corrected figures."""
    disagreements: tuple[Disagreement, ...]
    dates: tuple[tuple[int, Sentence], ...]
    """What old sources say of their own date: the year and the sentence."""
    newest: int
    """The latest year that a source says it was written in; 0 when none does."""
    flagged: tuple[Passage, ...]
    """Passages that hold something like instructions to a model, one a source."""
    missing: tuple[str, ...]
    """Aspects of the question that no chosen sentence speaks of."""


def gather(trail: Trail) -> Evidence:
    """Choose from everything that was shown."""
    found: list[Sentence] = []
    flagged: list[Passage] = []
    shown = trail.passages()
    read = {(passage.source, passage.label) for passage in shown if passage.weight == 1.0}
    for passage in shown:
        repeats = passage.weight < 1.0 and (passage.source, passage.label) in read
        if not repeats and not passage.label.startswith("row"):
            parts, suspicious = sentences(passage)
            found.extend(parts)
            flagged.extend([passage] if suspicious else [])
    found = first_of_each(found, lambda sentence: (sentence.passage.source, sentence.text))
    question = trail.question
    index = Index([sentence.text for sentence in found])
    scored = rank(index, found, question)
    chosen = [found[one.number] for one in choose(index, scored, MOST_QUOTES, MOST_SOURCES)]
    relevant = [sentence for sentence in found if _is_relevant(sentence, question, 2)]
    restated = [one for one in relevant if says_restated(one) and one.closed and one.quote and one not in chosen]
    dates = dated(found)
    newest = max((year for year, _ in dates.values()), default=0)
    cited = {sentence.passage.source for sentence in [*chosen, *relevant]}
    old = tuple(
        (year, one) for source, (year, one) in dates.items() if source in cited and year <= newest - 2 and one.quote
    )
    return Evidence(
        chosen=tuple(chosen),
        candidates=tuple(found[one.number] for one in scored),
        restated=tuple(restated[:3]),
        disagreements=tuple(disagreements(relevant, question)),
        dates=old,
        newest=newest,
        flagged=tuple(first_of_each(flagged, lambda passage: passage.source)),
        missing=tuple(aspect for aspect in question.aspects if not any(speaks_of(one, aspect) for one in chosen)),
    )


def rank(index: Index, found: list[Sentence], question: Question) -> list[Scored]:
    """The sentences that may be quoted, the best first: by BM25, weighed by how they were seen."""
    weights = question.weights()
    candidates = []
    for number, sentence in enumerate(found):
        if index.matched(number, weights) and sentence.quote and _is_relevant(sentence, question, 2):
            covered = 1 + 0.1 * len(index.matched(number, weights))
            score = index.score(number, weights) * covered * _worth(sentence, question)
            candidates.append(Scored(number, score, sentence.passage.source))
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.number))


def _worth(sentence: Sentence, question: Question) -> float:
    """How much a sentence counts besides its words."""
    worth = sentence.passage.weight
    count = len(sentence.text.split())
    if count < 7 or count > 60:
        worth *= 0.5
    if sentence.tabular:
        worth *= 0.45
    elif question.about_figures:
        worth *= (1.0, 1.4, 1.7)[min(amounts_in(sentence.text), 2)]
    if sentence.text.endswith("?") or sentence.text[:1].islower():
        worth *= 0.7
    if not sentence.closed and not sentence.tabular:
        worth *= 0.35  # most likely a heading
    years = set(YEAR.findall(sentence.text))
    if years and question.years and not years & set(question.years):
        worth *= 0.75
    about = (sentence.passage.title + " " + sentence.text).lower()
    return worth * (1.2 if any(name.lower() in about for name in question.names) else 1.0)


def _is_relevant(sentence: Sentence, question: Question, needed: int) -> bool:
    """Whether a sentence and its document's title share at least `needed` stems with the question."""
    weights = question.weights()
    own = {stem(word) for word in words(sentence.text + " " + sentence.passage.title)}
    return len(own & weights.keys()) >= (needed if len(weights) > 3 else 1)


def speaks_of(sentence: Sentence, aspect: str) -> bool:
    """Whether a sentence, or the title of its document, has the words of an aspect."""
    wanted = {stem(word) for word in words(aspect)}
    own = {stem(word) for word in words(sentence.text)}
    return wanted <= own or (aspect[:1].isupper() and wanted <= {stem(word) for word in words(sentence.passage.title)})

"""Rank sentences by relevance: words to stems, stems to a BM25 score, and a diverse choice of the best.

Everything is arithmetic over shared words. The same sentences and the same question always give the same choice.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec

from kimi_tui.embedded.wordings import in_one_wording

Item = TypeVar("Item")

_STOP = """
annual counted end far fiscal large reconcile went wrong year years
database databases desk document documents filing filings source sources using
wer wem wen wo wann warum hatte hatten wurde wurden waren beträgt betrug lag gibt était étaient combien où quand
a about above across after all also an and any are as at based be because been before being between both but by can
compare compared comparison could did develop developed develops differ difference discuss do does during
each either evolve evolved evolution explain find for from further get give given had has have how however i if in
into is it its latest list made main make many may me more most much must my no not of on one only or other our out
over per please report reported reports say says see should show since so some state such summarise summarize tell
than that the their them then there these they this those through to under until up us use used using very was we were
what when where whether which while who whose why will versus vs with within would you your aber als am an auch auf
aus bei bis das dass dem den der des die durch ein eine einem einen einer für hat im ist mit nach nicht oder sich sind
über um und unter vom von vor war was welche wie wird zu zum zur zwischen au aux avec ce ces comment dans de du elle
en est et il la le les leur mais ou où par pas plus pour que quel quelle quels qui sa se ses son sont sur un une al
como con cuál cuáles del donde el entre es esta este las los más para pero por qué sin su sus una y
"""
STOP_WORDS = frozenset(_STOP.split())
"""Words that say nothing about a subject, in English, German, French and Spanish."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
IDEOGRAPHS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Characters of scripts that do not put spaces between words."""
_SATURATION = 1.2
_LENGTH_WEIGHT = 0.75


def split_words(text: str) -> list[str]:
    """Return the words of a text, lower case, in one wording; scripts without spaces give pairs of characters."""
    found: list[str] = []
    for word in _WORD.findall(in_one_wording(text)):
        if len(word) > 2 and IDEOGRAPHS.search(word):
            found.extend(word[n : n + 2] for n in range(len(word) - 1))
        else:
            found.append(word.removesuffix("'s").removesuffix("’s"))
    return found


def stem(word: str) -> str:
    """Return the beginning that inflected forms of a word share, roughly and in any language."""
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        word = word[:-1]
    return word[:7]


def stems(text: str) -> list[str]:
    """Return the stems of a text's words, stop words left out."""
    return [stem(word) for word in split_words(text) if word not in STOP_WORDS]


class Bm25Index:
    """Word statistics over a set of texts, for scoring each against weighted stems (BM25)."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = [Counter(stems(text)) for text in texts]
        lengths = [sum(counts.values()) for counts in self._counts]
        self._average = max(sum(lengths) / len(lengths), 1) if lengths else 1.0
        self._lengths = lengths
        self._having = Counter(key for counts in self._counts for key in counts)

    def score(self, number: int, weights: Mapping[str, float]) -> float:
        """Return how well text `number` matches; 0 when it shares no stem."""
        counts, total = self._counts[number], len(self._counts)
        norm = _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * self._lengths[number] / self._average)
        score = 0.0
        for key, weight in weights.items():
            if count := counts.get(key, 0):
                having = self._having[key]
                rarity = math.log(1 + (total - having + 0.5) / (having + 0.5))
                score += weight * rarity * count * (_SATURATION + 1) / (count + norm)
        return score

    def matched(self, number: int, weights: Mapping[str, float]) -> frozenset[str]:
        """Return the weighted stems that text `number` has."""
        return frozenset(key for key in weights if key in self._counts[number])

    def similarity(self, one: int, other: int) -> float:
        """Return the share of common stems of two texts, 0 to 1."""
        first, second = self._counts[one].keys(), self._counts[other].keys()
        union = len(first | second)
        return len(first & second) / union if union else 0.0


class ScoredCandidate(msgspec.Struct, frozen=True):
    """One candidate of a choice."""

    number: int
    """Its place in the index."""
    score: float
    group: str
    """What it came from; the choice spreads over groups."""


def choose_diverse(
    index: Bm25Index, candidates: Sequence[ScoredCandidate], limit: int, groups: int, variety: float = 0.35
) -> list[ScoredCandidate]:
    """Return at most `limit` candidates: the best of up to `groups` groups, then by marginal relevance.

    `variety` is how much likeness to what is chosen already counts against a candidate, 0 to 1.
    """
    ranked = sorted(candidates, key=lambda candidate: (-candidate.score, candidate.number))
    chosen: list[ScoredCandidate] = []
    for candidate in ranked:
        taken = {one.group for one in chosen}
        if candidate.group not in taken and len(taken) < min(groups, limit) and _is_different(index, candidate, chosen):
            chosen.append(candidate)
    top = ranked[0].score if ranked else 1.0
    rest = [candidate for candidate in ranked if candidate not in chosen]

    def gain(candidate: ScoredCandidate) -> float:
        likeness = max((index.similarity(candidate.number, one.number) for one in chosen), default=0.0)
        return (1 - variety) * candidate.score / top - variety * likeness

    while rest and len(chosen) < limit:
        best = max(rest, key=gain)
        rest.remove(best)
        if _is_different(index, best, chosen):
            chosen.append(best)
    return chosen


def _is_different(index: Bm25Index, candidate: ScoredCandidate, chosen: Sequence[ScoredCandidate]) -> bool:
    """Return whether a candidate says something new compared to the chosen ones."""
    return all(index.similarity(candidate.number, one.number) < 0.9 for one in chosen)


def unique_by(items: Sequence[Item], key: Callable[[Item], object]) -> list[Item]:
    """`items` without those whose key was seen before, in order."""
    seen: dict[object, Item] = {}
    for item in items:
        seen.setdefault(key(item), item)
    return list(seen.values())

"""Check prose that denies what the cited place says, or says what it denies.

Two sentences with the same words, one of them with a `not`, cannot both be true. Whether a sentence is true is not
decided here: one that agrees stays unchecked.
"""

import re
from collections.abc import Iterator, Sequence

from kimi_tui.evidence.claims import Claim, is_negated
from kimi_tui.evidence.findings import Verdict
from kimi_tui.evidence.labels import content_stems, stem
from kimi_tui.evidence.passages import CitedPassage
from kimi_tui.evidence.prose_check import sentences_in
from kimi_tui.evidence.vocabulary import EMPTY_WORDS
from kimi_tui.quantities.text_periods import find_periods

_MIN_WORDS = 2
"""Words of its own that a sentence must have to be compared."""
_MIN_SHARE = 0.75
"""The share of them that a clause of the passage must have."""
_MAX_CLAUSE_WORDS = 30
"""In a longer clause a negation may belong to anything."""
_CLAUSE_END = re.compile(r"[;:]\s|,?\s(?:but|although|though|whereas|while|except|unless)\s", re.IGNORECASE)
_TWO_DENIALS = re.compile(
    r"(?:\b(?:not|no|never|without|cannot)\b|n['\u2019]t\b).*\b(?:not|no|never|without|un\w+|dis\w+|in\w+able)\b",
    re.IGNORECASE,
)
_MODAL_WORDS = (
    "generally usually still longer currently yet ever any some certain all not no never neither nor none do does did "
    "can cannot could may might will would shall should must be being without have"
)
_EMPTY = frozenset(map(stem, (*EMPTY_WORDS, *_MODAL_WORDS.split())))
_ROOT_CHARACTERS = 5
"""Words with so many first letters in common are one: `recognize` and `recognition`."""


def check_denial(claim: Claim, passages: Sequence[CitedPassage], ignored: frozenset[str]) -> Verdict | None:
    """Return `contradicted` when the clauses with most of the claim's words all say the opposite; else None.

    `ignored` are words that name the source or its owner.
    """
    wanted = _roots(claim.words_without_figures) - {_root(word) for word in ignored}
    if len(wanted) < _MIN_WORDS or _TWO_DENIALS.search(claim.own):
        return None
    years = {period.year for period in claim.periods if period.year}
    clauses = [(len(wanted & _roots(clause)), clause) for one in passages for clause in _clauses(one.text)]
    most = max((count for count, _ in clauses), default=0)
    if most < max(_MIN_SHARE * len(wanted), _MIN_WORDS):
        return None
    shown = ""
    for clause in (clause for count, clause in clauses if count == most):
        own_years = {period.year for period in find_periods(clause) if period.year}
        if years and own_years and not years & own_years:
            continue
        long = len(_roots(clause)) > _MAX_CLAUSE_WORDS or _TWO_DENIALS.search(clause)
        if long or is_negated(clause) == claim.is_negated:
            return None
        shown = shown or " ".join(clause.split())[:160]
    return (
        Verdict("contradicted", "words", f"the cited place says the opposite: \u201c{shown}\u201d") if shown else None
    )


def _clauses(passage: str) -> Iterator[str]:
    for sentence in sentences_in(passage):
        if not sentence.startswith(("|", "row ")):
            yield from filter(None, _CLAUSE_END.split(sentence))


def _roots(text: str) -> set[str]:
    return {_root(word) for word in content_stems(text) if word not in _EMPTY and not word.isdigit()}


def _root(word: str) -> str:
    return word[:_ROOT_CHARACTERS]

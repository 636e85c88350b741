"""Check statements of absence by searching the whole source; absence is never taken as proven."""

import re

from kimi_tui.evidence.findings import Verdict
from kimi_tui.evidence.labels import content_stems, has_synonym
from kimi_tui.evidence.prose_check import sentences_in
from kimi_tui.sources import Source

_ABSENCE = re.compile(
    r"\b(?:does|do|did|has|have|had|is|are|was|were|can(?:not)?|could)(?:\s+not|n['\u2019]t)\s+(?:be\s+)?"
    r"(?:mention(?:ed)?|name[ds]?|contain(?:ed)?|state[ds]?|disclose[ds]?|discuss(?:ed)?|"
    r"refer(?:red)? to|report(?:ed)?|found)\s+"
    r"(?P<object>[^.;\[]{2,160})"
    r"|\bno\s+(?:statement|mention|reference|information|word|figure|indication|discussion|disclosure)s?\s+"
    r"(?:is made\s+)?(?:of|on|to|about|for|regarding)\s+(?P<topic>[^.;\[]{2,160})"
    r"|\b(?:nothing|silent)\s+(?:is said\s+)?(?:on|about)\s+(?P<matter>[^.;\[]{2,160})",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"\s+(?:is|are|was|were|has|have|can|could)\s+(?:to be\s+|be\s+|been\s+)?(?:found|made|given)\b.*$"
    r"|\s+in\s+(?:the|this)\s+\w+$",
    re.IGNORECASE,
)
_RELATED = {"growth": ("grew", "grow", "increase", "increased", "rose"), "decline": ("fell", "declined", "decrease")}


def absent_subject(text: str) -> str:
    """Return what a sentence says is absent; empty when it says no such thing."""
    match = _ABSENCE.search(text)
    found = next(filter(None, match.groups()), "") if match else ""
    return _TRAILING.sub("", found).strip(" .,")


def check_absence(text: str, sources: list[Source]) -> Verdict | None:
    """Return the verdict on a statement of absence by a full search; None when it is no such statement."""
    wanted = absent_subject(text)
    words = frozenset(content_stems(wanted))
    if not words:
        return None
    for source in sources:
        for part in source.parts:
            if not _may_mention(words, part.text):
                continue
            for sentence in sentences_in(part.text):
                if _mentions(words, sentence):
                    shown = " ".join(sentence.split())[:160]
                    reason = f"{source.ref.id} {part.label} speaks of it: \u201c{shown}\u201d"
                    return Verdict("contradicted", "words", reason)
    return Verdict(
        "unchecked", "", f"a search of the source for \u201c{wanted[:80]}\u201d found nothing, which proves nothing"
    )


def _may_mention(words: frozenset[str], text: str) -> bool:
    """Return whether a text may have one of the words: a quick look before its sentences are read."""
    folded = text.casefold()
    forms = words.union(*(_RELATED.get(word, ()) for word in words))
    return any(has_synonym(form) or form.removesuffix("y") in folded for form in forms)


def _mentions(words: frozenset[str], sentence: str) -> bool:
    has = frozenset(content_stems(sentence))
    return all(word in has or any(other in has for other in _RELATED.get(word, ())) for word in words)

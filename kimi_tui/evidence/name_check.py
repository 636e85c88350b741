"""Check names that a sentence has and the cited source has not."""

import re
from collections.abc import Sequence

from kimi_tui.cells import Cell
from kimi_tui.evidence.claims import Claim
from kimi_tui.evidence.entity_check import find_subject
from kimi_tui.evidence.findings import Verdict
from kimi_tui.evidence.labels import content_stems
from kimi_tui.evidence.passages import CitedPassage
from kimi_tui.evidence.vocabulary import EMPTY_WORDS, HEADER_WORDS, NO_UNITS, ORDINARY_NAMES, STOP_WORDS
from kimi_tui.sources import Source

_PROPER_NAME = re.compile(
    r"\b(?:to|in|with|by|from|at|near|against|into|for|of) "
    r"(?P<name>[A-Z\u00c0-\u00de][a-z\u00df-\u00ff]{3,})\b(?! [A-Z])"
)
"""A single word behind a preposition that is written as a name."""
_NO_NAMES = EMPTY_WORDS | HEADER_WORDS | NO_UNITS | STOP_WORDS | ORDINARY_NAMES
_NAME_ROOT = 5
"""First letters that a name shares with what is made of it: `German`, `Germany`."""


def check_owner(text: str, cited: list[tuple[Source, str, str]], cells: Sequence[Cell]) -> Verdict | None:
    """Return `not found` for a figure of somebody whom neither the cited place nor any table there speaks of.

    Segments and products of a company are in its tables and titles; another company is only mentioned.
    """
    name = find_subject(text)
    words = set(content_stems(name))
    titles = (part.title for source, _, _ in cited for part in source.parts)
    labels = (f"{cell.row} {cell.section} {cell.column} {cell.caption}" for cell in cells)
    if not words or any(words & set(content_stems(one)) for one in (*titles, *labels)):
        return None
    source, entity, _ = cited[0]
    reason = f"{source.ref.id} is a document of {entity}, and no title or table there speaks of \u201c{name}\u201d"
    return Verdict("not found", "words", reason)


def check_names(claim: Claim, passages: Sequence[CitedPassage]) -> Verdict | None:
    """Return `not found` for prose with a name that is nowhere in the cited sources; else None."""
    sources = [one.source for one in passages if one.source.ref.kind in ("document", "page")]
    if not sources or len(sources) < len(passages):
        return None
    about = " ".join(f"{one.entity} {one.source.ref.title} {one.source.ref.address}" for one in passages).casefold()
    for match in _PROPER_NAME.finditer(claim.words_without_figures):
        name = match["name"]
        root = name.casefold()[:_NAME_ROOT]
        if (
            name.casefold() in _NO_NAMES
            or root in about
            or any(root in part.text.casefold() for source in sources for part in source.parts)
        ):
            continue
        return Verdict("not found", "words", f"\u201c{name}\u201d is nowhere in {sources[0].ref.id}")
    return None

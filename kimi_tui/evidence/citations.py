"""Citations of a memo: reading them and checking them against the stored text.

The model writes ids, places and quotes (`"... words ..." [S12 p.4]`). Nothing here reads a disk: sources come from the
function that is passed in.
"""

import re
from collections.abc import Callable

from kimi_tui.evidence.figures import figures_of
from kimi_tui.evidence.memo import Citation, Memo, Outcome, short
from kimi_tui.evidence.passages import Passage, Passages
from kimi_tui.evidence.places import places_of
from kimi_tui.evidence.quotes import quotes_of, without_quotes
from kimi_tui.evidence.sentences import SentenceSpan, sentences_of
from kimi_tui.sources import Source

_MARKER = re.compile(r"\[(S\d{1,6}\b[^\[\]\n]{0,120})\]")
_BETWEEN = " ,;.:()*_|\t\n"
"""What may stand between two markers that vouch for the same words."""


def check(title: str, text: str, source: Callable[[str], Source | None]) -> Memo:
    """Resolve and check every citation of a memo."""
    passages = Passages(source)
    found: list[Citation] = []
    uncited: list[str] = []
    for span in sentences_of(text):
        cited = _check_sentence(text, span, passages)
        found.extend(cited)
        if not cited and span.needs_source:
            uncited.append(short(text[span.start : span.end], 160))
    known: dict[str, None] = {}
    for cite in found:
        if cite.outcome == "supported":
            known.update(dict.fromkeys(place.source for place in cite.places))
    return Memo(title, text, tuple(found), tuple(known), tuple(uncited))


def _check_sentence(text: str, span: SentenceSpan, passages: Passages) -> list[Citation]:
    """The citations of one sentence; each vouches for the words since the one before it, the last for the rest too."""
    cited: list[Citation] = []
    markers = list(_MARKER.finditer(text, span.start, span.end))
    claim, at = "", span.start
    for number, match in enumerate(markers, 1):
        words = text[at : match.start()]
        at = match.end()
        if number == len(markers):
            words += " " + text[at : span.end]
        claim = words if words.strip(_BETWEEN) else claim  # one right behind another vouches for the same
        cited.append(_check_marker(match, claim, passages))
    return cited


def _check_marker(match: re.Match[str], claim: str, passages: Passages) -> Citation:
    """Resolve one marker and look for what it vouches for in the places it names."""
    quotes = quotes_of(claim)
    places = places_of(match.group(1))
    found = [passages.at(place) for place in places or ()]
    read = [passage for passage in found if isinstance(passage, Passage)]
    outcome: Outcome = "supported"
    if places is None:
        outcome, detail = "unresolved", "this is not a citation; write [S12 p.4], [S12 \u00a73] or [S12 row 7; S13 p.2]"
    elif missing := [why for why in found if isinstance(why, str)]:
        outcome, detail = "unresolved", missing[0]
    elif detail := _what_is_missing(claim, quotes, read, match.group()):
        outcome = "not-found"
    return Citation(match.start(), match.end(), match.group(), places or (), quotes, outcome, detail)


def _what_is_missing(claim: str, quotes: tuple[str, ...], read: list[Passage], marker: str) -> str:
    """What the claim says that the passages do not, empty if nothing."""
    for quote in quotes:
        if not any(passage.says(quote) for passage in read):
            return f"\u201c{short(quote, 80)}\u201d does not stand in {marker} word for word; quote what stands there"
    for figure in figures_of(without_quotes(claim)):
        if not any(passage.holds(figure) for passage in read):
            return f"the figure {figure} does not stand in {marker}; correct it, or cite where it stands"
    return ""

"""Citations of a memo: reading them, checking them against the stored text, and printing them.

The model writes ids, places and quotes (`"... words ..." [S12 p.4]`); everything a reader sees of a source, its
title and address, is printed by the application from what was stored. A citation that cannot be resolved is marked
as such and never printed as a source. Nothing here reads a disk: sources come from the function that is passed in.
"""

import re
from collections.abc import Callable
from typing import Literal

import msgspec

from kimi_tui.projections.fences import code_lines
from kimi_tui.projections.figures import figures_of
from kimi_tui.projections.inert import code, neutral, plain, without_links
from kimi_tui.projections.passages import Passage, Passages
from kimi_tui.projections.places import Place, places_of
from kimi_tui.projections.quotes import quotes_of, without_quotes
from kimi_tui.projections.sentences import SentenceSpan, sentences_of
from kimi_tui.sources import Source, SourceRef

Outcome = Literal["supported", "not-found", "unresolved"]

_MARKER = re.compile(r"\[(S\d{1,6}\b[^\[\]\n]{0,120})\]")
_BETWEEN = " ,;.:()*_|\t\n"
"""What may stand between two markers that vouch for the same words."""


class Citation(msgspec.Struct, frozen=True):
    """One marker of the memo with what was found behind it."""

    start: int
    """Where `[` stands in the memo's text."""
    end: int
    """Behind `]`."""
    marker: str
    """As written, brackets included."""
    places: tuple[Place, ...]
    """The sources and places it names; none when it cannot be read."""
    quotes: tuple[str, ...]
    """Quoted passages that it vouches for."""
    outcome: Outcome
    """`supported`: all it vouches for stands there; `not-found`: it does not; `unresolved`: no such source or place."""
    detail: str = ""
    """What is wrong, in words the model can act on."""


class Memo(msgspec.Struct, frozen=True):
    """A checked memo."""

    title: str
    text: str
    """Markdown as the model wrote it."""
    citations: tuple[Citation, ...]
    """Every marker, in order."""
    sources: tuple[str, ...]
    """Ids of the sources that stand behind supported citations, in order of first mention."""
    uncited: tuple[str, ...] = ()
    """Sentences that lead to no source."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that a better draft would mend, in words the model can act on."""
        failed = [
            f"{cite.marker} at \u201c{_around(self.text, cite)}\u201d: {cite.detail}"
            for cite in self.citations
            if cite.outcome != "supported"
        ]
        bare = [f"no source is cited for: \u201c{sentence}\u201d" for sentence in self.uncited]
        return tuple(failed + bare)

    @property
    def holds(self) -> bool:
        """Whether every citation is supported and there is at least one."""
        return bool(self.citations) and all(cite.outcome == "supported" for cite in self.citations)


def check(title: str, text: str, source: Callable[[str], Source | None]) -> Memo:
    """Resolve and check every citation of a memo."""
    passages = Passages(source)
    found: list[Citation] = []
    uncited: list[str] = []
    for span in sentences_of(text):
        cited = _check_sentence(text, span, passages)
        found.extend(cited)
        if not cited and span.needs_source:
            uncited.append(_short(text[span.start : span.end], 160))
    known: dict[str, None] = {}
    for cite in found:
        if cite.outcome == "supported":
            known.update(dict.fromkeys(place.source for place in cite.places))
    return Memo(title, text, tuple(found), tuple(known), tuple(uncited))


def rendered(memo: Memo, refs: dict[str, SourceRef]) -> str:
    """The memo as Markdown with numbered citations and its list of sources; titles and addresses are escaped."""
    numbers = {source: n for n, source in enumerate(memo.sources, 1)}
    pieces: list[str] = []
    at = 0
    for cite in memo.citations:
        pieces += [neutral(memo.text[at : cite.start]), _printed(cite, numbers)]
        at = cite.end
    body = without_links("".join([*pieces, neutral(memo.text[at:])])).rstrip()
    _, open_fence = code_lines(body.split("\n"))
    closing = f"{open_fence}\n" if open_fence else ""
    title = f"# {plain(memo.title)}\n\n" if memo.title.strip() else ""
    listed = "".join(_source_line(numbers[source], refs.get(source), source) for source in memo.sources)
    sources = f"\n## Sources\n\n{listed}" if listed else ""
    return f"{title}{body}\n{closing}{sources}"


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
            return f"\u201c{_short(quote, 80)}\u201d does not stand in {marker} word for word; quote what stands there"
    for figure in figures_of(without_quotes(claim)):
        if not any(passage.holds(figure) for passage in read):
            return f"the figure {figure} does not stand in {marker}; correct it, or cite where it stands"
    return ""


def _printed(cite: Citation, numbers: dict[str, int]) -> str:
    """A marker as readers see it."""
    if cite.outcome == "supported":
        inside = "; ".join(
            f"{numbers[place.source]}, {place.label}" if place.label else str(numbers[place.source])
            for place in cite.places
        )
        return f"[{inside}]"
    words = "not found in source" if cite.outcome == "not-found" else "unresolved citation"
    return f"**\\[{words}: {plain(cite.marker.strip('[]'))}\\]**"


def _source_line(number: int, ref: SourceRef | None, source: str) -> str:
    if ref is None:
        return f"{number}. {source}\n"
    title = f"{plain(ref.title)} \u2014 " if ref.title.strip() else ""
    when = ref.retrieved_at[:16].replace("T", " ")
    address = code(_short(ref.address, 300))
    return f"{number}. {title}{address} ({source}, retrieved {plain(when)} UTC, SHA-256 {plain(ref.digest[:16])})\n"


def _around(text: str, cite: Citation) -> str:
    return _short(text[max(cite.start - 70, 0) : cite.start], 70)


def _short(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "\u2026"

"""Citations of a memo: reading them, checking them against the stored text, and printing them.

The model writes ids, places and quotes (`"... words ..." [S12 p.4]`); everything a reader sees of a source, its
title and address, is printed by the application from what was stored. A citation that cannot be resolved is marked
as such and never printed as a source. Nothing here reads a disk: sources come from the function that is passed in.
"""

import re
from collections.abc import Callable
from typing import Literal

import msgspec

from kimi_tui.projections.figures import figures_of, missing_figures
from kimi_tui.projections.folding import fold
from kimi_tui.projections.places import Place, locate, places_of
from kimi_tui.projections.sentences import SentenceSpan, sentences_of
from kimi_tui.sources import Source, SourceRef
from kimi_tui.text import one_line, printable

Outcome = Literal["supported", "not-found", "unresolved"]

_MARKER = re.compile(r"\[(S\d{1,6}\b[^\[\]\n]{0,120})\]")
_QUOTE = re.compile(r"[\"\u201c\u201e\u00ab]([^\"\u201c\u201d\u201e\u00ab\u00bb]{3,2000})[\"\u201d\u201c\u00bb]")
_LEAST_WORDS = 3
"""A quoted passage of fewer words is a name or a term, not a quote."""


class Citation(msgspec.Struct, frozen=True):
    """One marker of the memo with what was found behind it."""

    start: int
    """Where `[` stands in the memo's text."""
    end: int
    """Behind `]`."""
    marker: str
    """As written, brackets included."""
    places: tuple[Place, ...]
    """The sources and places it names."""
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
    spans = sentences_of(text)
    found: list[Citation] = []
    uncited: list[str] = []
    for span in spans:
        cited = _check_sentence(text, span, source)
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
    pieces: list[str] = [f"# {plain(memo.title)}\n\n"] if memo.title else []
    at = 0
    for cite in memo.citations:
        pieces.append(_neutral(memo.text[at : cite.start]))
        pieces.append(_printed(cite, numbers))
        at = cite.end
    pieces.append(_neutral(memo.text[at:]).rstrip() + "\n")
    if memo.sources:
        pieces.append("\n## Sources\n\n")
        pieces.extend(_source_line(numbers[source], refs.get(source), source) for source in memo.sources)
    return "".join(pieces)


def plain(text: str) -> str:
    """Text with everything that Markdown or HTML would act on escaped, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>|#~!&])", r"\\\1", one_line(text))


def _neutral(text: str) -> str:
    """The model's Markdown without links, images or HTML of its own: it may not send a reader anywhere."""
    text = printable(text).replace("<", "&lt;").replace("](", "] (").replace("![", "!\\[")
    text = re.sub(r"(?m)^(\s*\[[^\]\n]*\]):", r"\1\\:", text)
    return re.sub(r"(?<![`\w])((?:https?://|www\.|mailto:)[^\s<>`\])]+)", r"`\1`", text)


def _check_sentence(text: str, span: SentenceSpan, source: Callable[[str], Source | None]) -> list[Citation]:
    """The citations of one sentence; each vouches for the words since the one before it."""
    cited: list[Citation] = []
    claim_start = span.start
    for match in _MARKER.finditer(text, span.start, span.end):
        places = places_of(match.group(1))
        if places is None:
            continue
        claim = text[claim_start : match.start()]
        if not claim.strip(" ,;.:()") and cited:
            claim = text[span.start : cited[0].start]
        claim_start = match.end()
        cited.append(_check_marker(match, places, claim, source))
    return cited


def _check_marker(
    match: re.Match[str], places: tuple[Place, ...], claim: str, source: Callable[[str], Source | None]
) -> Citation:
    """Resolve one marker and look for what it vouches for in the places it names."""
    quotes = tuple(q.strip() for q in _QUOTE.findall(claim) if len(q.split()) >= _LEAST_WORDS)
    outcome: Outcome = "supported"
    detail = ""
    read: list[tuple[Source, str]] = []
    for place in places:
        stored = source(place.source)
        passage = locate(stored, place) if stored else None
        if stored is None:
            outcome, detail = "unresolved", f"there is no source {place.source}; cite ids that observations gave"
        elif passage is None:
            labels = f"{stored.parts[0].label} to {stored.parts[-1].label}" if stored.parts else "nothing"
            outcome, detail = "unresolved", f"{place.source} has no {place.label}; it has {labels}"
        else:
            read.append((stored, passage))
    if outcome == "supported":
        detail = _what_is_missing(claim, quotes, read, match.group())
        outcome = "not-found" if detail else "supported"
    return Citation(match.start(), match.end(), match.group(), places, quotes, outcome, detail)


def _what_is_missing(claim: str, quotes: tuple[str, ...], read: list[tuple[Source, str]], marker: str) -> str:
    """What the claim says that the passages do not, empty if nothing."""
    for quote in quotes:
        for piece in re.split(r"\s*(?:\[\u2026\]|\[\.\.\.\]|\u2026|\.\.\.)\s*", quote):
            wanted = fold(piece).strip(" .,;:")
            if wanted and not any(_says(source, passage, wanted) for source, passage in read):
                return (
                    f"\u201c{_short(piece, 80)}\u201d does not stand in {marker} word for word; quote what stands there"
                )
    outside = _QUOTE.sub(" ", claim) if quotes else claim
    missing = missing_figures(figures_of(outside), "\n".join(passage for _, passage in read))
    if missing:
        return f"the figure {missing[0]} does not stand in {marker}; correct it, or cite where it stands"
    return ""


def _says(source: Source, passage: str, wanted: str) -> bool:
    """Whether a passage holds words of a source, and not words that the model put there itself.

    A calculation never does; a query only what its statement does not spell out.
    """
    if source.ref.kind == "calculation" or (source.ref.kind == "query" and wanted in fold(source.ref.address)):
        return False
    return wanted in fold(passage)


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
    address = plain(_short(ref.address, 300))
    titled = ref.title and not ref.address.startswith(ref.title.rstrip("\u2026"))
    what = f"{plain(ref.title)} \u2014 {address}" if titled else address
    return f"{number}. {what} ({source}, retrieved {ref.retrieved_at[:16].replace('T', ' ')} UTC, SHA-256 {ref.digest[:16]})\n"


def _around(text: str, cite: Citation) -> str:
    return _short(text[max(cite.start - 70, 0) : cite.start], 70)


def _short(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "\u2026"

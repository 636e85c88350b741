"""A checked memo: its citations with what was found behind each, and how readers see it.

Whatever is printed of a source, its title and address, comes from what was stored; a citation that could not be
resolved is marked as such and never printed as a source.
"""

from typing import Literal

import msgspec

from kimi_tui.evidence.fences import code_lines
from kimi_tui.evidence.inert_markdown import code, neutral, plain, without_links
from kimi_tui.evidence.places import Place
from kimi_tui.sources import SourceRef

Outcome = Literal["supported", "not-found", "unresolved"]


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
    address = code(short(ref.address, 300))
    return f"{number}. {title}{address} ({source}, retrieved {plain(when)} UTC, SHA-256 {plain(ref.digest[:16])})\n"


def _around(text: str, cite: Citation) -> str:
    return short(text[max(cite.start - 70, 0) : cite.start], 70)


def short(text: str, limit: int) -> str:
    """The text on one line of so many characters at most."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "\u2026"
